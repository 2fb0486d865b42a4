/* Address headers of a message: groups flattened, names decoded by us, addresses canonical. */
#include "message-parts.h"

#include <string.h>

#include "address.h"
#include "limits.h"

enum { ADDRESS_HEADER_MAX = 64 * 1024 };

void message_mailboxes_release(struct lazy_mailboxes *list)
{
	for (guint i = 0; list->v && i < list->v->len; i++) {
		struct mailbox *box = &g_array_index(list->v, struct mailbox, i);

		g_free(box->name);
		g_free(box->address);
	}
	g_clear_pointer(&list->v, g_array_unref);
}

/* GMime drops what follows an encoded-word that ends in '=' of base64, so it must not see any: this stands for their "=?" meanwhile. */
static const char word_start[] = "=?", stand_in[] = "=^`{";

static char *replaced(const char *s, const char *what, const char *with)
{
	g_auto(GStrv) parts = g_strsplit(s ? s : "", what, -1);

	return g_strjoinv(with, parts);
}

static void add_mailbox(InternetAddress *ia, GArray *out)
{
	g_autofree char *name = replaced(internet_address_get_name(ia), stand_in, word_start);
	g_autofree char *address = replaced(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(ia)), stand_in, word_start);
	struct mailbox box = { NULL, NULL };

	if (address_canonical(address, &box.address) != ST_OK)
		return;
	box.name = message_decode_header(name, LIMIT_NAME_BYTES);
	if (!*box.name)
		g_clear_pointer(&box.name, g_free);
	g_array_append_val(out, box);
}

static void add_list(InternetAddressList *list, unsigned depth, GArray *out)
{
	int n = list ? internet_address_list_length(list) : 0;

	for (int i = 0; i < n && out->len < LIMIT_ADDRESSES; i++) {
		InternetAddress *ia = internet_address_list_get_address(list, i);

		if (INTERNET_ADDRESS_IS_MAILBOX(ia))
			add_mailbox(ia, out);
		else if (INTERNET_ADDRESS_IS_GROUP(ia) && depth < 2)
			add_list(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(ia)), depth + 1, out);
	}
}

/* The start of an address header that may be parsed. Groups in groups without end would exhaust the stack. */
static char *parseable(const char *value)
{
	g_autofree char *start = g_strndup(value, ADDRESS_HEADER_MAX);
	unsigned colons = 0;

	for (char *p = start; *p; p++)
		if (*p == ':' && ++colons > LIMIT_ADDRESS_COLONS) {
			*p = '\0';
			break;
		}
	return replaced(start, word_start, stand_in);
}

static void add_header_mailboxes(const char *value, GArray *out)
{
	g_autofree char *start = parseable(value);
	InternetAddressList *list = internet_address_list_parse(message_options(), start);

	add_list(list, 0, out);
	if (list)
		g_object_unref(list);
}

static struct mailboxes mailboxes_of(const struct message *m, const struct lazy_mailboxes *lazy, const char *name)
{
	struct lazy_mailboxes *list = (struct lazy_mailboxes *)lazy;
	const char *value;

	if (!list->v) {
		list->v = g_array_new(FALSE, FALSE, sizeof(struct mailbox));
		for (unsigned i = 0; (value = message_header(m, name, i)) && list->v->len < LIMIT_ADDRESSES; i++)
			add_header_mailboxes(value, list->v);
	}
	return (struct mailboxes){ (const struct mailbox *)(const void *)list->v->data, list->v->len };
}

struct mailboxes message_from(const struct message *m)
{
	return mailboxes_of(m, &m->from, "From");
}

struct mailboxes message_to(const struct message *m)
{
	return mailboxes_of(m, &m->to, "To");
}

struct mailboxes message_cc(const struct message *m)
{
	return mailboxes_of(m, &m->cc, "Cc");
}

struct mailboxes message_reply_to(const struct message *m)
{
	return mailboxes_of(m, &m->reply_to, "Reply-To");
}

const char *message_sender_address(const struct message *m)
{
	struct lazy_mailboxes list = { NULL };

	if (!m->sender_known) {
		struct mailboxes boxes = mailboxes_of(m, &list, "Sender");

		((struct message *)m)->sender_address = boxes.n ? g_strdup(boxes.v[0].address) : NULL;
		((struct message *)m)->sender_known = true;
		message_mailboxes_release(&list);
	}
	return m->sender_address;
}
