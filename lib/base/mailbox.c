/* Mailboxes, and their text form. */
#include "base/mailbox.h"

#include <glib.h>
#include <string.h>

#include "base/address.h"

void mailbox_release(struct mailbox *box)
{
	g_free(box->name);
	g_free(box->address);
	g_free(box->as_written);
	memset(box, 0, sizeof *box);
}

void mailbox_copy(struct mailbox *to, const struct mailbox *from)
{
	*to = (struct mailbox){
		.name = g_strdup(from->name),
		.address = g_strdup(from->address),
		.as_written = g_strdup(from->as_written),
		.guessed = from->guessed,
	};
}

/* The bracket that begins the address; NULL: the text is the address. */
static const char *mailbox_bracket(const char *text)
{
	return g_str_has_suffix(text, ">") ? strrchr(text, '<') : NULL;
}

bool mailbox_read(const char *text, struct mailbox *out)
{
	const char *open = text ? mailbox_bracket(text) : NULL;
	g_autofree char *name = open ? g_strchomp(g_strndup(text, (gsize)(open - text))) : NULL;
	const char *address = open ? open : text;
	char *canonical;

	if (!text || address_canonical(address, &canonical) != ST_OK)
		return false;
	*out = (struct mailbox){
		.name = name && *name ? g_steal_pointer(&name) : NULL,
		.address = canonical,
		.as_written = address_as_written(address, canonical),
	};
	return true;
}

char *mailbox_read_address(const char *text)
{
	struct mailbox box = { .address = NULL };
	char *address = NULL;

	if (mailbox_read(text, &box))
		address = g_steal_pointer(&box.address);
	mailbox_release(&box);
	return address;
}

char *mailbox_write(const char *name, const char *address)
{
	return name ? g_strdup_printf("%s <%s>", name, address) : g_strdup(address);
}

char *mailbox_shown(const struct mailbox *box)
{
	return mailbox_write(box->name, box->as_written);
}

bool mailboxes_have(struct mailboxes list, const char *canonical)
{
	for (size_t i = 0; i < list.n; i++)
		if (strcmp(list.v[i].address, canonical) == 0)
			return true;
	return false;
}
