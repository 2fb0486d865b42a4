/* Mail that people cause: an agent's answer from the shell, notes, the ticket's mails to an agent,
 * transcripts. */
#include "act/reply-parts.h"

#include <string.h>

#include "act/others.h"
#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "decide/plan.h"
#include "decide/times.h"
#include "mail/attachment.h"
#include "mail/letter.h"
#include "tables/agents.h"
#include "tables/outbox.h"
#include "tables/queues.h"
#include "tables/tickets.h"
#include "tables/workers.h"

/* --- from the shell --- */

static char **others_of(const struct ticket *ticket)
{
	GPtrArray *out = g_ptr_array_new();

	for (char **p = ticket->participants; p && *p; p++)
		if (g_strcmp0(*p, ticket->requester_address) != 0)
			g_ptr_array_add(out, g_strdup(*p));
	g_ptr_array_add(out, NULL);
	return (char **)g_ptr_array_free(out, FALSE);
}

static void describe_answer(const struct reply_context *c, const struct ticket *ticket,
	const struct reply_text *text, const struct account *account, struct entry *answer)
{
	const struct agent *agent = text->agent;
	const char *name = agent && agent->name ? agent->name : account->sender_name;

	answer->direction = DIRECTION_OUT;
	answer->message_id = reply_new_id(account);
	answer->from = name ? g_strdup_printf("%s <%s>", name, account->sender_address)
			    : g_strdup(account->sender_address);
	answer->to = reply_one_address(ticket_requester(ticket));
	answer->subject = text->canned ? g_strdup(text->canned->subject)
				       : g_strdup_printf("Re: %s", ticket->subject);
	answer->date = answer->received = c->actor.now;
	answer->sender = g_strdup(account->sender_address);
	answer->match = MATCH_NONE;
	answer->event = EVENT_REPLY;
	answer->author = agent ? g_strdup(agent->login) : NULL;
	if (text->all)
		answer->cc = others_of(ticket);
}

/* RFC 3676 section 4.3: below a line of two dashes and a blank. What a template quotes is no
 * instruction. Owned. */
static char *desk_sign(const struct reply_text *t, const char *signature)
{
	const char *text = t->text;
	g_auto(GStrv) parts = g_strsplit(text, "{signature}", t->canned ? 1 : -1);
	g_autofree char *clean = text_block(signature ? signature : "", -1, LIMIT_SIGNATURE_BYTES);

	g_strchomp(clean);
	if (parts[0] && parts[1])
		return g_strjoinv(clean, parts);
	if (!*clean || (t->canned && t->canned->is_signed))
		return g_strdup(text);
	return g_strdup_printf(
		"%s%s\n-- \n%s\n", text, g_str_has_suffix(text, "\n") ? "" : "\n", clean);
}

static enum status sign_for_queue(const struct reply_context *c, const struct ticket *ticket,
	const struct reply_text *text, char **text_out, struct error *err)
{
	struct queue queue = { 0 };
	enum status st = queues_load(c->txn, ticket->queue, &queue, err);

	if (st == ST_OK || st == ST_NOT_FOUND)
		*text_out = desk_sign(text, queue.signature);
	record_release(&queue_type, &queue);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static void attach_files(GString *mail, const struct reply_text *t, const char *message_id)
{
	for (unsigned i = 0; i < t->files->len; i++) {
		const struct reply_file *file = g_ptr_array_index(t->files, i);
		g_autofree char *part = message_encode_part(
			file->name, file->type, file->data->data, file->data->len);

		letter_attach_part(mail, message_id, part);
	}
	letter_close(mail, message_id);
}

static char **describe_files(const struct reply_text *t)
{
	char **list = g_new0(char *, t->files->len + 1);

	for (unsigned i = 0; i < t->files->len; i++) {
		const struct reply_file *file = g_ptr_array_index(t->files, i);

		list[i] = attachment_text(
			&(struct attachment){ file->name, file->type, file->data->len, false });
	}
	return list;
}

static GString *write_shell_answer(const struct reply_context *c, const struct ticket *ticket,
	const struct account *account, const struct reply_text *t, const struct reply_draft *draft)
{
	const struct entry *answer = &draft->entry;
	g_autofree char *from = plan_agent_from(account, t->agent, NULL),
			*subject = reply_tagged(c, ticket, answer->subject);
	g_autofree char *to = address_header(ticket->requester_name, ticket_requester(ticket));
	g_autofree char *cc = answer->cc && answer->cc[0] ? g_strjoinv(",\n ", answer->cc) : NULL;
	g_autofree char *reply_to = account->reply_to == REPLY_TO_DESK
		? token_address(c->key, ticket->number, account->address,
			  c->settings->recipient_delimiter)
		: NULL;
	const struct reply_canned none = { .body = NULL };
	const struct reply_canned *canned = t->canned ? t->canned : &none;
	const struct letter letter = { .from = from,
		.to = to,
		.cc = cc,
		.subject = subject,
		.message_id = answer->message_id,
		.in_reply_to = answer->in_reply_to,
		.references = answer->references,
		.reply_to = reply_to,
		.language = canned->language,
		.extra = canned->headers,
		.date = c->actor.now,
		.text = draft->text };
	GString *mail = (t->files ? letter_write_open : letter_write)(&letter);

	if (t->files)
		attach_files(mail, t, answer->message_id);
	return mail;
}

/* Those whom the customer's mail goes to, where the answer passes them by: it goes through the
 * desk. Not of a ticket that is the agent's own. Fills answer->copied. */
static enum status copy_to_colleagues(const struct reply_context *c, const struct ticket *ticket,
	const struct agent *agent, struct entry *answer, struct error *err)
{
	const struct account *account = reply_account(c->settings, ticket);
	const struct workers_query query = { ticket->agent, ticket->queue, c->actor.now };
	bool own = agent && g_strcmp0(ticket->agent, agent->login) == 0;
	g_autoptr(GPtrArray) to = NULL;
	unsigned not_told = 0;
	enum status st;

	if (own || account->reply_to != REPLY_TO_DESK ||
		(account->deliver != DELIVER_AGENTS && account->deliver != DELIVER_BOTH))
		return ST_OK;
	to = g_ptr_array_new_with_free_func(g_free);
	st = workers_find(c->txn, &query, to, &not_told, err);
	for (unsigned i = 0; i < to->len; i++)
		if (!agent || !agent_is(agent, to->pdata[i]))
			text_list_add(&answer->copied, to->pdata[i]);
	return st;
}

static void copy_in_envelope(struct outgoing *outgoing, char *const *addresses)
{
	for (char *const *p = addresses; p && *p; p++)
		if (!text_list_has(outgoing->to, *p))
			text_list_add(&outgoing->to, *p);
}

static enum status queue_answer(const struct reply_context *c, const struct ticket *ticket,
	const struct entry *answer, const GString *mail, struct error *err)
{
	guint cc = answer->cc ? g_strv_length(answer->cc) : 0;
	struct outgoing outgoing = {
		.ticket = ticket->number,
		.event = g_strdup("reply"),
		.sender = g_strdup(answer->sender),
		.to = g_new0(char *, cc + 2),
		.message_id = g_strdup(answer->message_id),
		.created = c->actor.now,
	};
	enum status st;

	outgoing.to[0] = g_strdup(ticket_requester(ticket));
	for (guint i = 0; i < cc; i++)
		outgoing.to[i + 1] = g_strdup(answer->cc[i]);
	/* The customer does not see them. */
	copy_in_envelope(&outgoing, ticket->watching);
	copy_in_envelope(&outgoing, answer->copied);
	st = outbox_put(c->txn, &outgoing, mail->str, mail->len, err);
	record_release(&outgoing_type, &outgoing);
	return st;
}

enum status reply_hand_over(struct txn *txn, struct ticket *ticket, const struct agent *agent,
	const struct actor *actor, struct error *err)
{
	int before = ticket->status;
	bool taken = !ticket->agent && agent;
	enum status st = ST_OK;

	if (before == TICKET_CLOSED)
		st = reply_lapse(txn, ticket, actor->now, err);
	ticket->status = TICKET_WAITING;
	ticket->closed = 0;
	ticket->undelivered = false;
	if (!ticket->first_response)
		ticket->first_response = MAX(actor->now, ticket->opened + 1);
	if (taken)
		ticket->agent = g_strdup(agent->login);
	if (st == ST_OK && before != TICKET_WAITING)
		st = history_add(txn, ticket->number, actor,
			NOTE(EVENT_STATUS, .from = ticket_status_names[before],
				.to = ticket_status_names[TICKET_WAITING]),
			err);
	return st == ST_OK && taken ? history_add(txn, ticket->number, actor,
					      NOTE(EVENT_AGENT, .to = ticket->agent), err)
				    : st;
}

static enum status after_answer(const struct reply_context *c, struct ticket *ticket,
	const struct agent *agent, struct error *err)
{
	enum status st = reply_hand_over(c->txn, ticket, agent, &c->actor, err);

	ticket_touch(ticket, c->actor.now, true);
	ticket_answered(ticket, c->actor.now);
	if (st == ST_OK)
		st = times_keep(c->txn, c->settings, ticket, c->actor.now, err);
	return st == ST_OK ? tickets_save(c->txn, ticket, err) : st;
}

enum status reply_draft(const struct reply_context *context, const struct ticket *ticket,
	const struct reply_text *text, struct reply_draft *draft, struct error *err)
{
	const struct account *account = reply_account(context->settings, ticket);
	struct entry last = { 0 };
	enum status st;

	if (!account || !ticket->requester_address)
		return error_set(err, ST_BAD_INPUT,
			account ? _("ticket #%" PRIu64 " has nobody to answer")
				: _("ticket #%" PRIu64 " has no account to answer"),
			ticket->number);
	describe_answer(context, ticket, text, account, &draft->entry);
	st = reply_last_inbound(context, ticket->number, &last, err);
	if (st == ST_OK && last.message_id) {
		draft->entry.in_reply_to = g_strdup(last.message_id);
		draft->entry.references = reply_references(
			(const char *const *)last.references, last.message_id);
	}
	record_release(&entry_type, &last);
	if (st == ST_OK || st == ST_NOT_FOUND)
		st = sign_for_queue(context, ticket, text, &draft->text, err);
	if (st != ST_OK)
		return st;
	if (text->files)
		draft->entry.attached = describe_files(text);
	draft->mail = write_shell_answer(context, ticket, account, text, draft);
	draft->entry.size = draft->mail->len;
	return ST_OK;
}

void reply_draft_release(struct reply_draft *draft)
{
	record_release(&entry_type, &draft->entry);
	if (draft->mail)
		g_string_free(draft->mail, TRUE);
	draft->mail = NULL;
	g_clear_pointer(&draft->text, g_free);
}

enum status reply_send(const struct reply_context *context, struct ticket *ticket,
	const struct agent *agent, const struct reply_draft *draft, struct error *err)
{
	struct entry answer = { 0 };
	enum status st;

	record_copy(&entry_type, &answer, &draft->entry);
	history_tell(&answer, &context->actor, NOTE(EVENT_REPLY, .to = ticket->requester_address));
	st = copy_to_colleagues(context, ticket, agent, &answer, err);
	if (st == ST_OK)
		st = tickets_append(context->txn, ticket, &answer, draft->text, err);
	if (st == ST_OK)
		st = queue_answer(context, ticket, &answer, draft->mail, err);
	if (st == ST_OK)
		st = after_answer(context, ticket, agent, err);
	record_release(&entry_type, &answer);
	return st;
}

enum status reply_note(const struct reply_context *context, struct ticket *ticket,
	const struct agent *agent, const char *text, struct error *err)
{
	struct entry note = {
		.direction = DIRECTION_NOTE,
		.match = MATCH_NONE,
		.from = g_strdup(agent && agent->name ? agent->name : context->actor.name),
		.date = context->actor.now,
		.received = context->actor.now,
		.size = strlen(text),
	};
	enum status st;

	history_tell(&note, &context->actor, NOTE(EVENT_NOTE));
	st = tickets_append(context->txn, ticket, &note, text, err);
	ticket_touch(ticket, context->actor.now, true);
	if (st == ST_OK)
		st = times_keep(context->txn, context->settings, ticket, context->actor.now, err);
	if (st == ST_OK)
		st = tickets_save(context->txn, ticket, err);
	record_release(&entry_type, &note);
	return st;
}

/* --- to agents --- */

static enum status queue_to_agent(const struct reply_context *c, uint64_t ticket, const char *event,
	const char *to, const char *id, const struct numbers *attach, const GString *mail,
	struct error *err)
{
	struct outgoing outgoing = {
		.ticket = ticket,
		.event = g_strdup(event),
		.sender = g_strdup(""),
		.to = reply_one_address(to),
		.message_id = g_strdup(id),
	};
	enum status st;

	for (size_t i = 0; attach && i < attach->n; i++)
		numbers_add(&outgoing.attach, attach->v[i]);
	st = reply_queue(c, &outgoing, mail, err);
	record_release(&outgoing_type, &outgoing);
	return st;
}

/* One without attachments. */
static enum status queue_letter_to_agent(const struct reply_context *c, uint64_t ticket,
	const char *event, const struct letter *letter, struct error *err)
{
	GString *mail = letter_write(letter);
	enum status st = queue_to_agent(
		c, ticket, event, letter->to, letter->message_id, NULL, mail, err);

	g_string_free(mail, TRUE);
	return st;
}

struct mail_list {
	bool notes; /* may the reader see internal notes? */
	struct numbers *seqs;
	/* of the newest that is no note: what an answer may name before a customer */
	char *last_id;
};

static enum status list_mail(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	struct mail_list *list = arg;

	(void)txn;
	(void)err;
	if (entry->direction == DIRECTION_AUTO ||
		(entry->direction == DIRECTION_NOTE && !list->notes))
		return ST_OK;
	numbers_add(list->seqs, entry->seq);
	if (entry->direction != DIRECTION_NOTE && entry->message_id) {
		g_free(list->last_id);
		list->last_id = g_strdup(entry->message_id);
	}
	return ST_OK;
}

/* An agent is told what else the requester is waiting for. *text_out is owned; is_agent_out may be
 * NULL. */
static enum status lead_and_others(const struct reply_context *c, const struct ticket *ticket,
	const char *to, const char *lead, char **text_out, bool *is_agent_out, struct error *err)
{
	struct agent agent = { 0 };
	g_autofree char *line = NULL;
	enum status st = agents_find(c->txn, to, &agent, err);
	bool is_agent = st == ST_OK;

	if (is_agent_out)
		*is_agent_out = is_agent;
	if (is_agent)
		st = others_line(c->txn, ticket, &agent, &line, err);
	record_release(&agent_type, &agent);
	*text_out = line ? g_strdup_printf(_("%s\nOther open tickets of %s:\n%s\n"), lead,
				   ticket->requester_address, line)
			 : g_strdup(lead);
	return is_agent || st != ST_NOT_FOUND ? st : ST_OK;
}

/* Where the reader's answer goes by itself: to the customer, through the desk where there is
 * one. */
static char *answer_there(
	const struct reply_context *c, const struct ticket *ticket, const struct account *account)
{
	g_autofree char *token = NULL;

	if (account->reply_to == REPLY_TO_DESK)
		token = token_address(
			c->key, ticket->number, account->address, c->settings->recipient_delimiter);
	if (token && ticket->requester_address)
		return address_header_behind(
			ticket->requester_name, ticket_requester(ticket), token);
	if (token)
		return g_steal_pointer(&token);
	if (!ticket->requester_address)
		return NULL;
	return address_header(ticket->requester_name, ticket_requester(ticket));
}

enum status reply_forward(const struct reply_context *context, const struct ticket *ticket,
	const char *to, const char *lead, const char *event, struct error *err)
{
	const struct account *account = reply_account(context->settings, ticket);
	struct numbers seqs = { 0 };
	struct mail_list list = { false, &seqs, NULL };
	g_autofree char *from = NULL, *subject = NULL, *id = NULL, *reply_to = NULL, *text = NULL;
	enum status st;

	if (!account)
		return error_set(err, ST_BAD_INPUT, _("there is no account to send from"));
	st = lead_and_others(context, ticket, to, lead, &text, &list.notes, err);
	if (st == ST_OK)
		st = tickets_each_entry(context->txn, ticket->number, list_mail, &list, err);
	from = reply_from(account);
	subject = reply_tagged(context, ticket, ticket->subject);
	id = reply_new_id(account);
	reply_to = answer_there(context, ticket, account);
	if (st == ST_OK) {
		GString *mail = (seqs.n ? letter_write_open : letter_write)(
			&(struct letter){ .from = from,
				.to = to,
				.subject = subject,
				.message_id = id,
				.in_reply_to = list.last_id,
				.reply_to = reply_to,
				.auto_submitted = "auto-generated",
				.date = context->actor.now,
				.text = text });

		st = queue_to_agent(context, ticket->number, event, to, id, &seqs, mail, err);
		g_string_free(mail, TRUE);
	}
	g_free(list.last_id);
	g_free(seqs.v);
	return st;
}

static enum status desk_notice(const struct reply_context *context, const struct ticket *ticket,
	const char *to, const char *lead, struct error *err)
{
	const struct account *account = reply_account(context->settings, ticket);
	g_autofree char *from = NULL, *subject = NULL, *id = NULL, *reply_to = NULL, *text = NULL;
	struct entry last = { 0 };
	enum status st;

	if (!account)
		return ST_OK;
	st = lead_and_others(context, ticket, to, lead, &text, NULL, err);
	if (st == ST_OK)
		st = reply_last_inbound(context, ticket->number, &last, err);
	if (st == ST_OK || st == ST_NOT_FOUND) {
		from = reply_from(account);
		subject = reply_tagged(context, ticket, ticket->subject);
		id = reply_new_id(account);
		reply_to = answer_there(context, ticket, account);
		st = queue_letter_to_agent(context, ticket->number, "notice",
			&(struct letter){ .from = from,
				.to = to,
				.subject = subject,
				.message_id = id,
				.in_reply_to = last.message_id,
				.reply_to = reply_to,
				.auto_submitted = "auto-generated",
				.date = context->actor.now,
				.text = text },
			err);
	}
	record_release(&entry_type, &last);
	return st;
}

enum status reply_notice_agent(const struct reply_context *context, const struct ticket *ticket,
	const char *lead, struct error *err)
{
	const struct workers_query query = { ticket->agent, ticket->queue, context->actor.now };
	g_autoptr(GPtrArray) to = NULL;
	unsigned not_told = 0;
	enum status st;

	if (!ticket->agent)
		return ST_OK;
	to = g_ptr_array_new_with_free_func(g_free);
	st = workers_find(context->txn, &query, to, &not_told, err);
	for (unsigned i = 0; i < to->len && st == ST_OK; i++)
		st = desk_notice(context, ticket, to->pdata[i], lead, err);
	return st;
}

enum status reply_transcript(
	const struct reply_context *context, const struct transcript_mail *t, struct error *err)
{
	const struct account *account = reply_account(context->settings, NULL);
	g_autofree char *from = NULL, *id = NULL, *encoded = NULL, *shown = NULL;
	enum status st;

	if (!account)
		return ST_OK;
	shown = g_strdup_printf("Re: %s", *t->subject ? t->subject : "commands");
	encoded = message_encode_header("Subject", shown);
	from = reply_from(account);
	id = reply_new_id(account);
	st = queue_letter_to_agent(context, 0, "transcript",
		&(struct letter){ .from = from,
			.to = t->to,
			.subject = encoded,
			.message_id = id,
			.in_reply_to = t->in_reply_to,
			.reply_to = t->reply_to,
			.auto_submitted = "auto-replied",
			.date = context->actor.now,
			.text = t->text },
		err);
	if (st == ST_OK && t->ticket)
		st = tickets_index_id(context->txn, id, t->ticket, 0, ID_SENT, err);
	return st;
}

enum status reply_letter(const struct reply_context *context, const char *to, const char *subject,
	const char *text, struct error *err)
{
	const struct account *account = reply_account(context->settings, NULL);
	g_autofree char *from = NULL, *id = NULL, *encoded = NULL;

	if (!account)
		return ST_OK;
	encoded = message_encode_header("Subject", subject);
	from = reply_from(account);
	id = reply_new_id(account);
	return queue_letter_to_agent(context, 0, "notice",
		&(struct letter){ .from = from,
			.to = to,
			.subject = encoded,
			.message_id = id,
			.auto_submitted = "auto-generated",
			.date = context->actor.now,
			.text = text },
		err);
}
