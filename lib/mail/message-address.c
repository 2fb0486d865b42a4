/* Address headers of a message: groups flattened, names decoded by us, addresses canonical. */
#include "mail/message-parts.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "mail/charset.h"
#include "mail/subject-words.h"

enum { ADDRESS_HEADER_MAX = 64 * 1024 };

static void shorten_list(GArray *list, guint len)
{
	for (guint i = len; i < list->len; i++)
		mailbox_release(&g_array_index(list, struct mailbox, i));
	g_array_set_size(list, len);
}

void message_mailboxes_release(struct lazy_mailboxes *list)
{
	if (list->v)
		shorten_list(list->v, 0);
	g_clear_pointer(&list->v, g_array_unref);
}

/* GMime drops what follows an encoded-word that ends in '=' of base64, so it must not see any: this
 * stands for their "=?" meanwhile. */
static const char word_start[] = "=?", stand_in[] = "=^`{";

static char *address_replaced(const char *s, const char *what, const char *with)
{
	g_auto(GStrv) parts = g_strsplit(s ? s : "", what, -1);

	return g_strjoinv(with, parts);
}

/* Some encode the address with the name, and GMime ends the name at its bracket:
 * "=?utf-8?Q?Max_<max@x>?=". Takes name; owned. */
static char *closed_word(char *name)
{
	const char *last = g_strrstr(name, word_start);
	char *closed;

	if (!last || g_str_has_suffix(name, "?=") || strchr(last, ' '))
		return name;
	closed = g_strconcat(name, "?=", NULL);
	g_free(name);
	return closed;
}

/* Takes canonical. */
static void add_mailbox(const char *name, const char *address, char *canonical, GArray *out)
{
	g_autofree char *decoded = message_decode_header(name, LIMIT_NAME_BYTES);
	const struct mailbox box = {
		.name = message_mailbox_name(decoded, canonical),
		.address = canonical,
		.as_written = address_as_written(address, canonical),
	};

	g_array_append_val(out, box);
}

static void add_parsed(InternetAddress *ia, GArray *out)
{
	g_autofree char *name = closed_word(
		address_replaced(internet_address_get_name(ia), stand_in, word_start));
	g_autofree char *address = address_replaced(
		internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(ia)), stand_in,
		word_start);
	char *canonical;

	if (address_canonical(address, &canonical) == ST_OK)
		add_mailbox(name, address, canonical, out);
}

/* Atoms, dots and blanks (RFC 5322 section 3.2.3), a letter or digit first. */
static bool is_atoms(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!g_ascii_isalnum(name[i]) &&
			(i == 0 || !strchr("!#$%&'*+-/=?^_`{|}~ .", name[i])))
			return false;
	return true;
}

/* Most fields are one mailbox of atoms, "Kim Muster <kim@customer.example>" or the address alone,
 * and need no tree. */
static bool add_atoms(const char *value, GArray *out)
{
	size_t before = strcspn(value, "<@"), len = strlen(value);
	bool named = value[before] == '<' && value[len - 1] == '>';
	g_autofree char *name = g_strndup(value, named ? before : 0), *address = NULL,
			*canonical = NULL;

	if (!words_are_plain(value) || !is_atoms(value, before))
		return false;
	address = named ? g_strndup(value + before + 1, len - before - 2) : g_strdup(value);
	if (strchr(address, '"') || address_canonical(address, &canonical) != ST_OK ||
		g_ascii_strcasecmp(address, canonical) != 0)
		return false;
	add_mailbox(name, address, g_steal_pointer(&canonical), out);
	return true;
}

static void address_add_list(InternetAddressList *list, unsigned depth, GArray *out)
{
	int n = list ? internet_address_list_length(list) : 0;

	for (int i = 0; i < n && out->len < LIMIT_ADDRESSES; i++) {
		InternetAddress *ia = internet_address_list_get_address(list, i);

		if (INTERNET_ADDRESS_IS_MAILBOX(ia))
			add_parsed(ia, out);
		else if (INTERNET_ADDRESS_IS_GROUP(ia) && depth < 2)
			address_add_list(
				internet_address_group_get_members(INTERNET_ADDRESS_GROUP(ia)),
				depth + 1, out);
	}
}

/* The start of an address header that may be parsed. Groups in groups without end would exhaust the
 * stack. */
static char *address_parseable(const char *value, bool *cut)
{
	g_autofree char *head = g_strndup(value, ADDRESS_HEADER_MAX), *start = NULL;
	unsigned colons = 0;

	*cut |= strlen(value) > ADDRESS_HEADER_MAX;
	/* The bytes of ISO-2022-JP look like brackets and quotes. */
	start = strchr(head, '\x1b') ? charset_decode(NULL, head, strlen(head), NULL)
				     : g_steal_pointer(&head);
	for (char *p = start; *p; p++)
		if (*p == ':' && ++colons > LIMIT_ADDRESS_COLONS) {
			*p = '\0';
			*cut = true;
			break;
		}
	return address_replaced(start, word_start, stand_in);
}

static void parse_list(const char *text, GArray *out)
{
	InternetAddressList *list = internet_address_list_parse(message_options(), text);

	address_add_list(list, 0, out);
	if (list)
		g_object_unref(list);
}

/* Where the first of a list ends: at a comma, or at a semicolon, with which Outlook parts them.
 * Routes have commas in their brackets. */
static const char *piece_end(const char *bare)
{
	const char *p = bare;

	while (*p && *p != ',' && *p != ';') {
		size_t inside = *p == '<' ? strcspn(p + 1, "<>") : 0;

		p += *p == '<' && p[inside + 1] == '>' ? inside + 2 : 1;
	}
	return p;
}

static bool has_at(const char *begin, const char *end)
{
	return memchr(begin, '@', (size_t)(end - begin)) != NULL;
}

static unsigned count_addressed(const char *bare)
{
	unsigned n = 0;

	for (const char *p = bare, *end;; p = end + 1) {
		end = piece_end(p);
		n += has_at(p, end);
		if (!*end)
			return n;
	}
}

static void add_loosely(const char *piece, GArray *out)
{
	g_autofree char *raw = address_replaced(piece, stand_in, word_start);
	struct mailbox box = { 0 };

	if (message_read_loosely(raw, &box))
		g_array_append_val(out, box);
}

static void add_piece(const char *text, size_t len, GArray *out)
{
	g_autofree char *piece = g_strndup(text, len);
	guint before = out->len;

	parse_list(piece, out);
	if (out->len == before)
		add_loosely(piece, out);
}

/* A name may hold a comma without quotes: what has no address goes with what comes next. */
static void add_pieces(const char *start, const char *bare, GArray *out)
{
	const char *begin = bare;

	for (const char *p = bare, *end; out->len < LIMIT_ADDRESSES; p = end + 1) {
		end = piece_end(p);
		if (has_at(p, end))
			add_piece(start + (begin - bare), (size_t)(end - begin), out);
		if (has_at(p, end) || *end == ';')
			begin = end + 1;
		if (!*end)
			return;
	}
}

/* GMime passes over what it cannot read: then each is read by itself. */
static void add_header_mailboxes(const char *value, GArray *out, bool *cut)
{
	g_autofree char *start = NULL, *bare = NULL;
	unsigned before = out->len, wanted;

	if (add_atoms(value, out))
		return;
	start = address_parseable(value, cut);
	bare = message_blanked(start);
	wanted = MIN(count_addressed(bare), LIMIT_ADDRESSES - before);
	parse_list(start, out);
	if (out->len - before < wanted) {
		shorten_list(out, before);
		add_pieces(start, bare, out);
	}
	if (out->len == before)
		add_loosely(start, out);
}

static struct mailboxes mailboxes_of(
	const struct message *m, const struct lazy_mailboxes *lazy, const char *name)
{
	struct lazy_mailboxes *list = (struct lazy_mailboxes *)lazy;
	const char *value;

	if (!list->v) {
		list->v = g_array_new(FALSE, FALSE, sizeof(struct mailbox));
		for (unsigned i = 0;
			(value = message_header(m, name, i)) && list->v->len < LIMIT_ADDRESSES; i++)
			add_header_mailboxes(value, list->v, &list->cut);
		list->cut |= list->v->len >= LIMIT_ADDRESSES;
	}
	return (struct mailboxes){ (const struct mailbox *)(const void *)list->v->data,
		list->v->len, list->cut };
}

struct mailboxes message_from(const struct message *m)
{
	return mailboxes_of(m, &m->from, "From");
}

#define SPECIALS "\"(),:;<>@[]\\"

/* A display name of atoms, dots and quoted strings, with nothing in them that could be taken for an
 * address. */
static bool plain_name(const char *p, const char *end)
{
	bool quoted = false;

	for (; p < end; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && quoted && p + 1 < end && strchr("\"\\", p[1]))
			p++;
		else if (strchr(quoted ? "<>@\\" : SPECIALS, *p))
			return false;
	}
	return !quoted;
}

/* The address of "a@b" or "name <a@b>"; NULL for all else that is allowed in From, and what is not.
 * Owned. */
static char *plain_address(const char *value)
{
	const char *open = strchr(value, '<'), *at;
	g_autofree char *address = NULL;

	if (open && (!plain_name(value, open) || !g_str_has_suffix(open, ">")))
		return NULL;
	address = open ? g_strndup(open + 1, strlen(open) - 2) : g_strdup(value);
	at = strchr(address, '@');
	if (!at || strcspn(address, SPECIALS " \t") < (size_t)(at - address) ||
		strpbrk(at + 1, SPECIALS " \t"))
		return NULL;
	/* Some decode encoded-words everywhere. */
	return strstr(address, "=?") ? NULL : g_steal_pointer(&address);
}

const char *message_sole_author(const struct message *m)
{
	struct mailboxes from = message_from(m);
	g_autofree char *value = NULL, *plain = NULL, *canonical = NULL;

	if (from.n != 1 || message_header_count(m, "From") != 1 ||
		message_header_had_nul(m, "From"))
		return NULL;
	value = g_strchomp(g_strdup(message_header(m, "From", 0)));
	plain = g_utf8_validate(value, -1, NULL) ? plain_address(value) : NULL;
	if (!plain || address_canonical(plain, &canonical) != ST_OK)
		return NULL;
	return strcmp(canonical, from.v[0].address) == 0 ? from.v[0].address : NULL;
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

bool message_first_mailbox(const struct message *m, const char *header, struct mailbox *out)
{
	struct lazy_mailboxes list = { .v = NULL };
	struct mailboxes boxes = mailboxes_of(m, &list, header);
	bool found = boxes.n > 0;

	if (found) {
		*out = boxes.v[0];
		memset(list.v->data, 0, sizeof *out);
	}
	message_mailboxes_release(&list);
	return found;
}

const char *message_sender_address(const struct message *m)
{
	struct message *known = (struct message *)m;
	struct mailbox box = { 0 };

	if (!m->sender_known && message_first_mailbox(m, "Sender", &box))
		known->sender_address = g_steal_pointer(&box.address);
	known->sender_known = true;
	mailbox_release(&box);
	return m->sender_address;
}
