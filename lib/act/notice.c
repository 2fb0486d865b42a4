/* See notice.h. */
#include "act/notice.h"

#include "act/reply-parts.h"
#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "mail/letter.h"
#include "tables/agents.h"
#include "tables/queues.h"
#include "tables/tickets.h"
#include "tables/workers.h"

enum { LAST_TEXTS = 3, LOOKED_AT = 20, TEXT_BYTES = 2000 };

/* --- to whom --- */

/* Whose ticket it is may have left its queue since. */
static enum status notice_agent(const struct reply_context *c, const struct ticket *t,
	const char **login_out, struct error *err)
{
	struct agent agent = { 0 };
	enum status st = t->agent ? agents_find(c->txn, t->agent, &agent, err) : ST_NOT_FOUND;

	*login_out = st == ST_OK && agent_in_queue(&agent, t->queue) ? t->agent : NULL;
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status notice_responsible(const struct reply_context *c, const struct ticket *t,
	GPtrArray *addresses, struct error *err)
{
	struct queue queue = { 0 };
	struct agent agent = { 0 };
	enum status st = queues_load(c->txn, text_or_none(t->queue), &queue, err);

	if (st == ST_OK && queue.responsible)
		st = agents_find(c->txn, queue.responsible, &agent, err);
	if (st == ST_OK && agent_address(&agent))
		g_ptr_array_add(addresses, g_strdup(agent_address(&agent)));
	record_release(&agent_type, &agent);
	record_release(&queue_type, &queue);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status notice_find(const struct reply_context *c, const struct ticket *t,
	GPtrArray *addresses, struct error *err)
{
	struct workers_query query = { .queue = text_or_none(t->queue), .now = c->actor.now };
	unsigned not_told;
	enum status st = notice_agent(c, t, &query.agent, err);

	if (st == ST_OK)
		st = workers_find(c->txn, &query, addresses, &not_told, err);
	return st == ST_OK && !addresses->len ? notice_responsible(c, t, addresses, err) : st;
}

/* --- the last texts --- */

struct last_texts {
	const char *zone;
	GPtrArray *shown; /* owned texts, oldest first */
};

static enum status notice_add_text(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct last_texts *last = arg;
	g_autofree char *text = NULL, *clean = NULL, *quoted = NULL, *time = NULL, *from = NULL;
	g_auto(GStrv) lines = NULL;
	enum status st;

	if (e->direction == DIRECTION_AUTO || e->direction == DIRECTION_BOUNCE)
		return ST_OK;
	st = tickets_text(txn, e->ticket, e->seq, &text, err);
	if (st != ST_OK)
		return st;
	clean = g_strchomp(text_block_shown(text, -1, TEXT_BYTES));
	lines = g_strsplit(clean, "\n", -1);
	quoted = g_strjoinv("\n> ", lines);
	time = text_zoned(e->received, last->zone);
	from = text_line_shown(text_or_none(e->from), LIMIT_NAME_BYTES);
	g_ptr_array_add(last->shown, g_strdup_printf("%s, %s:\n> %s\n", from, time, quoted));
	if (last->shown->len > LAST_TEXTS)
		g_ptr_array_remove_index(last->shown, 0);
	return ST_OK;
}

static enum status notice_add_texts(const struct reply_context *c, const struct ticket *t,
	const char *zone, GString *out, struct error *err)
{
	struct last_texts last = { zone, g_ptr_array_new_with_free_func(g_free) };
	uint64_t from = t->messages_count > LOOKED_AT ? t->messages_count - LOOKED_AT : 1;
	enum status st = tickets_each_entry_from(
		c->txn, t->number, from, notice_add_text, &last, err);

	for (guint i = 0; i < last.shown->len; i++)
		g_string_append_printf(out, "\n%s", (char *)last.shown->pdata[i]);
	g_ptr_array_unref(last.shown);
	return st;
}

/* --- the mail --- */

/* An answer to the token goes to the customer where the account is a desk, and is a note elsewhere.
 */
static void notice_add_help(GString *out, const struct ticket *t, const struct account *account)
{
	g_string_append(out, "\n-- \n");
	if (account->reply_to == REPLY_TO_DESK && t->requester_address)
		g_string_append_printf(out,
			_("Your answer goes to %s. Commands go into its Subject: !close, !wait 3d, !take\n"),
			ticket_requester(t));
	else
		g_string_append(out,
			_("Answer with commands, one a line: take, close, wait 3d, remind 2d, show, help.\n"
			  "Other text becomes a note that nobody outside sees.\n"));
}

static char *notice_reply_to(
	const struct reply_context *c, const struct ticket *t, const struct account *account)
{
	g_autofree char *token = token_address(
		c->key, t->number, account->address, c->settings->recipient_delimiter);

	if (account->reply_to == REPLY_TO_DESK && t->requester_address)
		return address_header_behind(t->requester_name, ticket_requester(t), token);
	return g_steal_pointer(&token);
}

static enum status notice_text(const struct reply_context *c, const struct ticket *t,
	const struct notice *notice, const char *zone, GString *out, struct error *err)
{
	g_autofree char *when = notice->when ? text_zoned(notice->when, zone) : NULL;
	g_autofree char *requester = mailbox_write(
		t->requester_name, text_or_none(t->requester_address));

	g_string_append_printf(out, "%s%s%s\n", notice->lead, when ? " " : "", text_or_none(when));
	if (notice->text && *notice->text)
		g_string_append_printf(out, "\n%s\n", notice->text);
	g_string_append_printf(out, "\n#%" PRIu64 " %s, %s%s%s\n", t->number,
		text_or_none(t->queue), ticket_status_names[t->status],
		t->subject && *t->subject ? ": " : "", text_or_none(t->subject));
	if (t->requester_address)
		g_string_append_printf(out, "%s\n", requester);
	return notice_add_texts(c, t, zone, out, err);
}

static enum status notice_queue(const struct reply_context *c, const struct ticket *t,
	const struct account *account, const char *to, const char *text, struct error *err)
{
	g_autofree char *from = reply_from(account), *id = reply_new_id(account);
	g_autofree char *subject = reply_tagged(c, t, text_or_none(t->subject));
	g_autofree char *reply_to = notice_reply_to(c, t, account);
	GString *mail = letter_write(&(struct letter){ .from = from,
		.to = to,
		.subject = subject,
		.message_id = id,
		.reply_to = reply_to,
		.auto_submitted = "auto-generated",
		.date = c->actor.now,
		.text = text });
	struct outgoing outgoing = {
		.ticket = t->number,
		.event = g_strdup("notice"),
		.sender = g_strdup(""),
		.to = reply_one_address(to),
		.message_id = g_strdup(id),
	};
	enum status st = reply_queue(c, &outgoing, mail, err);

	g_string_free(mail, TRUE);
	record_release(&outgoing_type, &outgoing);
	return st;
}

enum status notice_send_to(const struct reply_context *c, const struct ticket *t,
	const struct notice *notice, const char *to, struct error *err)
{
	const struct account *account = reply_account(c->settings, t);
	g_autoptr(GString) text = g_string_new(NULL);
	struct agent agent = { 0 };
	enum status st;

	if (!account)
		return ST_OK;
	st = agents_find(c->txn, to, &agent, err);
	if (st == ST_OK || st == ST_NOT_FOUND)
		st = notice_text(c, t, notice, agent.zone, text, err);
	record_release(&agent_type, &agent);
	if (st != ST_OK)
		return st;
	notice_add_help(text, t, account);
	return notice_queue(c, t, account, to, text->str, err);
}

enum status notice_send(const struct reply_context *context, const struct ticket *ticket,
	const struct notice *notice, struct error *err)
{
	g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func(g_free);
	enum status st = notice_find(context, ticket, addresses, err);

	for (guint i = 0; i < addresses->len && st == ST_OK; i++)
		st = notice_send_to(context, ticket, notice, addresses->pdata[i], err);
	return st;
}
