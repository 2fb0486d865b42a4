/* Reads Reply-To, From and the names of lists; the order of what counts is in the header. */
#include "decide/requester.h"

#include <string.h>

#include "base/address.h"
#include "base/text.h"

/* --- the list's own address --- */

/* Does the value contain the word, not as a part of a longer address? */
static bool holds_word(const char *value, const char *word)
{
	g_autofree char *lower = g_ascii_strdown(value, -1);
	size_t len = strlen(word);

	for (const char *p = strstr(lower, word); p; p = strstr(p + 1, word))
		if ((p == lower || strchr(" \t<:", p[-1])) && strchr(" \t>?", p[len]))
			return true;
	return false;
}

/* List-Post: <mailto:users@lists.example> (RFC 2369); List-Id: <users.lists.example> (RFC 2919). */
static bool is_named_by_list(const struct message *message, const char *address)
{
	g_autofree char *id = g_strdelimit(g_strdup(address), "@", '.');
	const char *value;

	for (unsigned i = 0; (value = message_header(message, "List-Post", i)); i++)
		if (holds_word(value, address))
			return true;
	for (unsigned i = 0; (value = message_header(message, "List-Id", i)); i++)
		if (holds_word(value, id) || holds_word(value, address))
			return true;
	return false;
}

static bool came_by_list(const struct message *message)
{
	const char *name, *value;

	for (unsigned i = 0; message_header_at(message, i, &name, &value); i++)
		if (g_ascii_strncasecmp(name, "List-", strlen("List-")) == 0)
			return true;
	return false;
}

static bool is_lists_own(const struct message *message, const char *address)
{
	if (is_named_by_list(message, address))
		return true;
	return (mailboxes_have(message_from(message), address) ||
		       mailboxes_have(message_to(message), address)) &&
		came_by_list(message);
}

/* --- what is read --- */

struct reading_requester {
	const struct message *message;
	const struct settings *settings;
	struct mailboxes from;
};

/* Some clients and lists put the desk's or the list's address beside the author's. */
static const struct mailbox *only_stranger(const struct reading_requester *r)
{
	struct mailboxes list = message_reply_to(r->message);
	const struct mailbox *only = NULL;

	for (size_t i = 0; i < list.n; i++) {
		const struct mailbox *box = &list.v[i];

		if (settings_is_desk(r->settings, box->address) ||
			is_lists_own(r->message, box->address))
			continue;
		if (only && strcmp(only->address, box->address) != 0)
			return NULL;
		if (!only)
			only = box;
	}
	return only;
}

/* "Carla Kern via Users", "Carla Kern (via Users)", "Carla Kern - via Users". */
static bool cut_via(char *name)
{
	char *via = strstr(name, " via "), *bracket = strstr(name, " (via ");

	if (bracket && (!via || bracket < via))
		via = bracket;
	if (!via)
		return false;
	*via = '\0';
	if (g_str_has_suffix(name, " -"))
		name[strlen(name) - 2] = '\0';
	return true;
}

/* Has a list put its own address into From, so that the author's DMARC says nothing against it? */
static bool list_wrote_from(const struct reading_requester *r)
{
	const char *address = r->from.n ? r->from.v[0].address : NULL;

	if (!address || !came_by_list(r->message))
		return false;
	return settings_is_desk(r->settings, address) || is_named_by_list(r->message, address) ||
		mailboxes_have(message_to(r->message), address);
}

/* A list names Carla in From, a web form names the form. The list may be ours. */
static char *authors_name(const struct reading_requester *r)
{
	const struct mailbox *from = r->from.n ? &r->from.v[0] : NULL;
	g_autofree char *name = NULL;
	bool via;

	if (!from || !from->name || address_is_robot(from->address))
		return NULL;
	name = g_strdup(from->name);
	via = cut_via(name);
	if (settings_is_desk(r->settings, from->address) && !(via && list_wrote_from(r)))
		return NULL;
	return text_unquoted(name);
}

static char *requester_name(const struct reading_requester *r)
{
	struct mailbox original = { .address = NULL };
	char *name = NULL;

	if (message_first_mailbox(r->message, "X-Original-From", &original))
		name = g_steal_pointer(&original.name);
	mailbox_release(&original);
	return name ? name : authors_name(r);
}

static void requester_read_reply(const struct reading_requester *r, struct mailbox *out)
{
	bool counts = r->settings->policy.requester != REQUESTER_FROM;
	const struct mailbox *box = counts ? only_stranger(r) : NULL;

	if (!box || address_is_robot(box->address))
		return;
	mailbox_copy(out, box);
	if (!out->name)
		out->name = requester_name(r);
}

/* Google Groups and others keep whom they took out of From. */
static void requester_read_original(
	const struct reading_requester *r, const char *field, struct mailbox *out)
{
	if (!message_first_mailbox(r->message, field, out))
		return;
	if (settings_is_desk(r->settings, out->address) ||
		is_named_by_list(r->message, out->address) || address_is_robot(out->address))
		mailbox_release(out);
	else if (!out->name)
		out->name = authors_name(r);
}

static void requester_read_author(const struct reading_requester *r, struct mailbox *out)
{
	for (size_t i = 0; i < r->from.n; i++)
		if (!settings_is_desk(r->settings, r->from.v[i].address)) {
			mailbox_copy(out, &r->from.v[i]);
			return;
		}
}

void requester_read(const struct message *message, const char *sender,
	const struct settings *settings, struct requester_choices *out)
{
	const struct reading_requester r = { message, settings, message_from(message) };

	*out = (struct requester_choices){ .from = NULL };
	if (r.from.n)
		out->from = g_strdup(r.from.v[0].address);
	requester_read_reply(&r, &out->reply);
	if (list_wrote_from(&r)) {
		requester_read_original(&r, "X-Original-From", &out->originals[0]);
		requester_read_original(&r, "X-Original-Sender", &out->originals[1]);
	}
	requester_read_author(&r, &out->author);
	if (mailbox_read(sender, &out->sender) && settings_is_desk(settings, out->sender.address))
		mailbox_release(&out->sender);
}

void requester_choices_release(struct requester_choices *choices)
{
	mailbox_release(&choices->reply);
	for (size_t i = 0; i < G_N_ELEMENTS(choices->originals); i++)
		mailbox_release(&choices->originals[i]);
	mailbox_release(&choices->author);
	mailbox_release(&choices->sender);
	g_clear_pointer(&choices->from, g_free);
}

/* --- who it is --- */

static bool speaks_for_themself(const struct requester_query *q)
{
	return q->vouched && q->choices->from && q->is_agent(q->choices->from, q->arg);
}

static bool is_strangers(const struct requester_query *q, const struct mailbox *box)
{
	return box->address && !q->is_agent(box->address, q->arg);
}

const struct mailbox *requester_choose(const struct requester_query *q)
{
	const struct requester_choices *c = q->choices;

	if (c->reply.address && !speaks_for_themself(q) && is_strangers(q, &c->reply))
		return &c->reply;
	for (size_t i = 0; i < G_N_ELEMENTS(c->originals); i++)
		if (is_strangers(q, &c->originals[i]))
			return &c->originals[i];
	if (c->author.address)
		return &c->author;
	return c->sender.address ? &c->sender : NULL;
}
