/* Reads Reply-To, From and the names of lists; the order of what counts is in the header. */
#include "decide/requester.h"

#include <string.h>

#include "base/address.h"
#include "base/text.h"

/* --- the list's own address --- */

/* Is the word in the value, with nothing of an address beside it? */
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

/* --- Reply-To --- */

/* Some clients and lists put the desk's or the list's address beside the author's. */
static const struct mailbox *only_stranger(const struct requester_query *q)
{
	struct mailboxes list = message_reply_to(q->message);
	const struct mailbox *only = NULL;

	for (size_t i = 0; i < list.n; i++) {
		const struct mailbox *box = &list.v[i];

		if (settings_is_desk(q->settings, box->address) ||
			is_lists_own(q->message, box->address))
			continue;
		if (only && strcmp(only->address, box->address) != 0)
			return NULL;
		if (!only)
			only = box;
	}
	return only;
}

static bool speaks_for_themself(const struct requester_query *q)
{
	struct mailboxes from = message_from(q->message);

	return q->vouched && from.n && q->is_agent(from.v[0].address, q->arg);
}

static bool is_persons(const struct requester_query *q, const char *address)
{
	return !address_is_robot(address) && !q->is_agent(address, q->arg);
}

static const struct mailbox *requester_reply_address(const struct requester_query *q)
{
	const struct mailbox *box;

	if (q->settings->policy.requester == REQUESTER_FROM || speaks_for_themself(q))
		return NULL;
	box = only_stranger(q);
	return box && is_persons(q, box->address) ? box : NULL;
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
static bool list_wrote_from(const struct requester_query *q)
{
	struct mailboxes from = message_from(q->message);
	const char *address = from.n ? from.v[0].address : NULL;

	if (!address || !came_by_list(q->message))
		return false;
	return settings_is_desk(q->settings, address) || is_named_by_list(q->message, address) ||
		mailboxes_have(message_to(q->message), address);
}

/* That is how a list names Carla; a form's From names the form. A list may be ours. */
static char *authors_name(const struct requester_query *q)
{
	struct mailboxes list = message_from(q->message);
	const struct mailbox *from = list.n ? &list.v[0] : NULL;
	g_autofree char *name = NULL;
	bool via;

	if (!from || !from->name || address_is_robot(from->address))
		return NULL;
	name = g_strdup(from->name);
	via = cut_via(name);
	if (settings_is_desk(q->settings, from->address) && !(via && list_wrote_from(q)))
		return NULL;
	return text_unquoted(name);
}

static char *requester_name_of(const struct requester_query *q, const struct mailbox *box)
{
	struct mailbox original = { 0 };
	char *name = g_strdup(box->name);

	if (!name && message_first_mailbox(q->message, "X-Original-From", &original))
		name = g_steal_pointer(&original.name);
	mailbox_release(&original);
	return name ? name : authors_name(q);
}

/* --- who it is --- */

static const struct mailbox *requester_author(const struct requester_query *q)
{
	struct mailboxes from = message_from(q->message);

	for (size_t i = 0; i < from.n; i++)
		if (!settings_is_desk(q->settings, from.v[i].address))
			return &from.v[i];
	return NULL;
}

/* Google Groups and others keep whom they took out of From. */
static bool take_original(const struct requester_query *q, struct mailbox *out)
{
	static const char *const fields[] = { "X-Original-From", "X-Original-Sender" };

	if (!list_wrote_from(q))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (!message_first_mailbox(q->message, fields[i], out))
			continue;
		if (!settings_is_desk(q->settings, out->address) &&
			!is_named_by_list(q->message, out->address) &&
			is_persons(q, out->address)) {
			if (!out->name)
				out->name = authors_name(q);
			return true;
		}
		mailbox_release(out);
	}
	return false;
}

static bool take_sender(const struct requester_query *q, struct mailbox *out)
{
	g_autofree char *canonical = NULL;

	if (address_canonical(q->sender, &canonical) != ST_OK ||
		settings_is_desk(q->settings, canonical))
		return false;
	*out = (struct mailbox){ .as_written = address_as_written(q->sender, canonical) };
	out->address = g_steal_pointer(&canonical);
	return true;
}

bool requester_find(const struct requester_query *query, struct mailbox *out)
{
	const struct mailbox *reply = requester_reply_address(query),
			     *box = reply ? reply : requester_author(query);

	if (!reply && take_original(query, out))
		return true;
	if (!box)
		return take_sender(query, out);
	*out = (struct mailbox){ .name = reply ? requester_name_of(query, reply)
					       : g_strdup(box->name),
		.address = g_strdup(box->address),
		.as_written = g_strdup(box->as_written),
		.guessed = box->guessed };
	return true;
}
