/* Mail of ours. What may be answered at all is decided here and in automatic.c; how a mail is written, in letter.c. */
#include "reply.h"

#include <string.h>

#include "address.h"
#include "agents.h"
#include "letter.h"
#include "limits.h"
#include "outbox.h"
#include "plan.h"
#include "text.h"
#include "tickets.h"

/* --- pieces --- */

static char *id_for(const struct account *account)
{
	return message_new_id(strrchr(account->address, '@') + 1);
}

/* "[tag] subject", encoded; a reply prefix after the tag as the receiver's client would put it. */
static char *tagged(const struct reply_context *c, const struct ticket *ticket, const char *subject)
{
	g_autofree char *encoded = message_encode_header("Subject", subject);

	return subject_retag(encoded, &c->settings->tag_format, ticket->number, (size_t)c->settings->tag.max_subject);
}

static char **one_address(const char *address)
{
	char **list = g_new0(char *, 2);

	list[0] = g_strdup(address);
	return list;
}

/* The account that speaks for this ticket: its own, else the first there is. NULL without any. */
static const struct account *account_of(const struct settings *settings, const struct ticket *ticket)
{
	g_autofree char *detail = NULL;
	const struct account *account = ticket && ticket->account ? settings_account(settings, ticket->account, &detail) : NULL;

	if (!account && settings->accounts->len)
		account = g_ptr_array_index(settings->accounts, 0);
	return account;
}

static char *sender_header(const struct account *account)
{
	return address_header(account->sender_name, account->sender_address);
}

static enum status queue_mail(const struct reply_context *c, struct outgoing *outgoing, const GString *mail, struct error *err)
{
	enum status st;

	outgoing->created = c->actor.now;
	st = outbox_put(c->txn, outgoing, mail->str, mail->len, err);
	if (st == ST_OK && outgoing->ticket && outgoing->message_id)
		st = tickets_index_id(c->txn, outgoing->message_id, outgoing->ticket, 0, ID_SENT, err);
	return st;
}

/* --- the automatic answer --- */

static const char *const answer_names[ANSWER_COUNT] = { "opened", "followup", "closed", "late" };

struct answering {
	const struct reply_context *c;
	struct ticket *ticket;
	const struct account *account;
	enum answer answer;
	const struct message *message;
	char *to;		/* canonical */
	struct error *err;
};

/* Once per ticket and event; follow-ups once per turn of ours, so that two robots do not talk for ever. */
static char *answer_mark(const struct answering *a)
{
	const struct ticket *t = a->ticket;

	if (a->answer == ANSWER_FOLLOWUP)
		return g_strdup_printf("followup:%" G_GINT64_FORMAT, t->last_out);
	if (a->answer == ANSWER_CLOSED)
		return g_strdup_printf("closed:%" G_GINT64_FORMAT, t->closed);
	return g_strdup("opened");
}

static void mark_answered(struct ticket *ticket, const char *mark)
{
	guint n = ticket->answered ? g_strv_length(ticket->answered) : 0;

	ticket->answered = g_renew(char *, ticket->answered, n + 2);
	ticket->answered[n] = g_strdup(mark);
	ticket->answered[n + 1] = NULL;
}

static bool is_agent(const struct reply_context *c, const char *address)
{
	struct agent agent = { 0 };
	enum status st = agents_find(c->txn, address, &agent, NULL);

	record_release(&agent_type, &agent);
	return st == ST_OK;
}

/* Where a person's client would send the answer. */
static const char *answer_address(const struct answering *a)
{
	struct mailboxes reply_to, from;

	if (!a->message)
		return a->ticket->requester_address;
	reply_to = message_reply_to(a->message);
	from = message_from(a->message);
	return reply_to.n ? reply_to.v[0].address : from.n ? from.v[0].address : NULL;
}

static bool may_be_answered(const struct answering *a, enum automatic kind, const char *sender)
{
	const char *to = answer_address(a);

	if (!to || address_is_robot(to) || settings_is_own(a->c->settings, to) || settings_is_control(a->c->settings, to) || is_agent(a->c, to))
		return false;
	return !a->message || automatic_may_answer(a->message, kind, sender, NULL);
}

static const struct template_set *template_for(const struct account *account, enum answer answer)
{
	if (answer == ANSWER_LATE && !account->templates[ANSWER_LATE])
		answer = ANSWER_OPENED;
	return account->templates[answer];
}

static void fill(const struct answering *a, const struct template *template, const char *subject, struct template_text *text_out)
{
	const struct ticket *t = a->ticket;
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, t->number);
	g_autofree char *tag = tag_text(&a->c->settings->tag_format, t->number);
	g_autofree char *date = text_rfc5322_date(a->c->actor.now);
	const char *const values[VAR_COUNT] = {
		[VAR_NUMBER] = number, [VAR_TAG] = tag, [VAR_SUBJECT] = subject,
		[VAR_NAME] = t->requester_name ? t->requester_name : t->requester_address, [VAR_ADDRESS] = a->to,
		[VAR_QUEUE] = t->queue, [VAR_PROJECT] = t->project, [VAR_STATUS] = ticket_status_names[t->status], [VAR_AGENT] = t->agent,
		[VAR_DATE] = date, [VAR_QUOTE] = a->message ? message_text(a->message) : "",
	};

	template_fill(template, values, text_out);
}

static char **thread_of(const struct message *message)
{
	const char *const *all = message_references(message);
	const char *id = message_id(message);
	GPtrArray *out = g_ptr_array_new();
	size_t n = 0, first;

	while (all[n])
		n++;
	first = n > LIMIT_REFERENCES_KEPT ? n - LIMIT_REFERENCES_KEPT : 0;
	for (size_t i = first; i < n; i++)
		g_ptr_array_add(out, g_strdup(all[i]));
	if (id && (n == 0 || strcmp(all[n - 1], id) != 0))
		g_ptr_array_add(out, g_strdup(id));
	g_ptr_array_add(out, NULL);
	return (char **)g_ptr_array_free(out, FALSE);
}

static GString *write_answer(const struct answering *a, const char *id)
{
	const struct ticket *t = a->ticket;
	const char *language = NULL, *wanted = a->account->language_from_mail ? t->language : NULL;
	const struct template *template = template_set_pick(template_for(a->account, a->answer), wanted, &language);
	struct template_text text;
	g_autofree char *from = sender_header(a->account), *subject = NULL;
	g_autofree char *to = address_header(t->requester_address && strcmp(a->to, t->requester_address) == 0 ? t->requester_name : NULL, a->to);
	g_autofree char *reply_to = token_address(a->c->key, t->number, a->account->address, a->c->settings->recipient_delimiter);
	g_auto(GStrv) references = a->message ? thread_of(a->message) : NULL;
	GString *mail;

	fill(a, template, t->subject, &text);
	subject = tagged(a->c, t, text.subject);
	mail = letter_write(&(struct letter){
		.from = from, .to = to, .subject = subject, .message_id = id, .reply_to = reply_to,
		.in_reply_to = a->message ? message_id(a->message) : NULL, .references = references,
		.auto_submitted = "auto-replied", .language = language, .extra = text.headers, .date = a->c->actor.now, .text = text.body });
	template_text_release(&text);
	return mail;
}

static enum status send_answer(const struct answering *a)
{
	g_autofree char *id = id_for(a->account);
	GString *mail = write_answer(a, id);
	struct outgoing outgoing = {
		.ticket = a->ticket->number, .event = g_strdup(answer_names[a->answer]), .sender = g_strdup(""), .to = one_address(a->to),
		.state = OUTGOING_WAITING, .message_id = g_steal_pointer(&id),
	};
	enum status st = queue_mail(a->c, &outgoing, mail, a->err);

	g_string_free(mail, TRUE);
	record_release(&outgoing_type, &outgoing);
	return st;
}

/* Shows in the outbox and on the ticket that somebody was not answered, and why. */
static enum status suppress_answer(const struct answering *a)
{
	const int64_t max = a->c->settings->mail_out.max_per_address_per_day;
	g_autofree char *why = g_strdup_printf("%s had %" G_GINT64_FORMAT " automatic answers today", a->to, max);
	struct outgoing outgoing = {
		.ticket = a->ticket->number, .event = g_strdup(answer_names[a->answer]), .sender = g_strdup(""), .to = one_address(a->to),
		.state = OUTGOING_SUPPRESSED, .last_reply = g_strdup(why), .created = a->c->actor.now,
	};
	enum status st = outbox_put(a->c->txn, &outgoing, "", 0, a->err);

	if (st == ST_OK)
		st = history_add(a->c->txn, a->ticket->number, &a->c->actor, "suppressed", NULL, a->to, why, a->err);
	record_release(&outgoing_type, &outgoing);
	return st;
}

static enum status answer_or_suppress(const struct answering *a, bool *queued_out)
{
	uint64_t max = (uint64_t)a->c->settings->mail_out.max_per_address_per_day;
	bool allowed = false;
	enum status st = outbox_count_answer(a->c->txn, a->to, a->c->actor.now, max, &allowed, a->err);

	if (st != ST_OK)
		return st;
	*queued_out = allowed;
	return allowed ? send_answer(a) : suppress_answer(a);
}

enum status reply_automatic(const struct reply_context *context, struct ticket *ticket, const struct account *account, enum answer answer,
	const struct message *message, enum automatic kind, const char *sender, bool *queued_out, struct error *err)
{
	struct answering a = { context, ticket, account, answer, message, NULL, err };
	g_autofree char *mark = answer_mark(&a);
	enum status st;

	*queued_out = false;
	if (!account || !template_for(account, answer) || !may_be_answered(&a, kind, sender))
		return ST_OK;
	if (ticket->answered && g_strv_contains((const char *const *)ticket->answered, mark))
		return ST_OK;
	a.to = g_strdup(answer_address(&a));
	st = answer_or_suppress(&a, queued_out);
	if (st == ST_OK)
		mark_answered(ticket, mark);
	g_free(a.to);
	return st;
}

/* --- from the shell --- */

/* The requester's last mail, to thread an answer to; ST_NOT_FOUND when there is none. */
static enum status last_inbound(const struct reply_context *c, const struct ticket *ticket, struct entry *entry_out, struct error *err)
{
	enum status st = ST_NOT_FOUND;

	for (uint64_t seq = ticket->messages_count + LIMIT_LINKS; seq > 0; seq--) {
		st = tickets_entry(c->txn, ticket->number, seq, entry_out, err);
		if (st == ST_OK && entry_out->direction == DIRECTION_IN)
			return ST_OK;
		record_release(&entry_type, entry_out);
		if (st != ST_OK && st != ST_NOT_FOUND)
			return st;
	}
	return ST_NOT_FOUND;
}

static char **thread_after(const struct entry *entry)
{
	guint n = entry->references ? g_strv_length(entry->references) : 0;
	char **out = g_new0(char *, n + 2);

	for (guint i = 0; i < n; i++)
		out[i] = g_strdup(entry->references[i]);
	out[n] = g_strdup(entry->message_id);
	return out;
}

static void describe_answer(const struct reply_context *c, const struct ticket *ticket, const struct agent *agent, bool all,
	const struct account *account, struct entry *answer)
{
	const char *name = agent && agent->name ? agent->name : account->sender_name;

	answer->direction = DIRECTION_OUT;
	answer->message_id = id_for(account);
	answer->from = name ? g_strdup_printf("%s <%s>", name, account->sender_address) : g_strdup(account->sender_address);
	answer->to = one_address(ticket->requester_address);
	answer->subject = g_strdup_printf("Re: %s", ticket->subject);
	answer->date = answer->received = c->actor.now;
	answer->sender = g_strdup(account->sender_address);
	answer->event = g_strdup("reply");
	if (all && ticket->participants && ticket->participants[0])
		answer->cc = g_strdupv(ticket->participants + (g_strcmp0(ticket->participants[0], ticket->requester_address) == 0));
}

static GString *write_shell_answer(const struct reply_context *c, const struct ticket *ticket, const struct agent *agent,
	const struct account *account, const struct entry *answer, const char *text)
{
	g_autofree char *from = plan_agent_from(account, agent, NULL), *subject = tagged(c, ticket, answer->subject);
	g_autofree char *to = address_header(ticket->requester_name, ticket->requester_address);
	g_autofree char *cc = answer->cc && answer->cc[0] ? g_strjoinv(",\n ", answer->cc) : NULL;
	g_autofree char *reply_to = account->reply_to == REPLY_TO_DESK ?
		token_address(c->key, ticket->number, account->address, c->settings->recipient_delimiter) : NULL;

	return letter_write(&(struct letter){
		.from = from, .to = to, .cc = cc, .subject = subject, .message_id = answer->message_id, .in_reply_to = answer->in_reply_to,
		.references = answer->references, .reply_to = reply_to, .date = c->actor.now, .text = text });
}

static enum status queue_answer(const struct reply_context *c, const struct ticket *ticket, const struct entry *answer, const GString *mail, struct error *err)
{
	guint cc = answer->cc ? g_strv_length(answer->cc) : 0;
	struct outgoing outgoing = {
		.ticket = ticket->number, .event = g_strdup("reply"), .sender = g_strdup(answer->sender), .to = g_new0(char *, cc + 2),
		.message_id = g_strdup(answer->message_id), .created = c->actor.now,
	};
	enum status st;

	outgoing.to[0] = g_strdup(ticket->requester_address);
	for (guint i = 0; i < cc; i++)
		outgoing.to[i + 1] = g_strdup(answer->cc[i]);
	st = outbox_put(c->txn, &outgoing, mail->str, mail->len, err);
	record_release(&outgoing_type, &outgoing);
	return st;
}

static enum status after_answer(const struct reply_context *c, struct ticket *ticket, const struct agent *agent, struct error *err)
{
	int before = ticket->status;
	enum status st = history_add(c->txn, ticket->number, &c->actor, "reply", NULL, ticket->requester_address, NULL, err);

	ticket->status = TICKET_WAITING;
	ticket->closed = 0;
	ticket->undelivered = false;
	ticket->updated = ticket->last_out = c->actor.now;
	if (!ticket->first_response)
		ticket->first_response = c->actor.now;
	if (!ticket->agent && agent)
		ticket->agent = g_strdup(agent->login);
	if (st == ST_OK && before != TICKET_WAITING)
		st = history_add(c->txn, ticket->number, &c->actor, "status", ticket_status_names[before], ticket_status_names[TICKET_WAITING], NULL, err);
	return st == ST_OK ? tickets_save(c->txn, ticket, err) : st;
}

enum status reply_from_shell(const struct reply_context *context, struct ticket *ticket, const struct agent *agent, const char *text, bool all, struct error *err)
{
	const struct account *account = account_of(context->settings, ticket);
	struct entry last = { 0 }, answer = { 0 };
	GString *mail = NULL;
	enum status st;

	if (!account || !ticket->requester_address)
		return error_set(err, ST_BAD_INPUT, "ticket #%" G_GUINT64_FORMAT " has %s to answer", ticket->number, account ? "nobody" : "no account");
	describe_answer(context, ticket, agent, all, account, &answer);
	st = last_inbound(context, ticket, &last, err);
	if (st == ST_OK && last.message_id) {
		answer.in_reply_to = g_strdup(last.message_id);
		answer.references = thread_after(&last);
	}
	mail = write_shell_answer(context, ticket, agent, account, &answer, text);
	answer.size = mail->len;
	if (st == ST_OK || st == ST_NOT_FOUND)
		st = tickets_append(context->txn, ticket, &answer, text, err);
	if (st == ST_OK)
		st = queue_answer(context, ticket, &answer, mail, err);
	if (st == ST_OK)
		st = after_answer(context, ticket, agent, err);
	g_string_free(mail, TRUE);
	record_release(&entry_type, &last);
	record_release(&entry_type, &answer);
	return st;
}

enum status reply_note(const struct reply_context *context, struct ticket *ticket, const struct agent *agent, const char *text, struct error *err)
{
	struct entry note = {
		.direction = DIRECTION_NOTE, .from = g_strdup(agent && agent->name ? agent->name : context->actor.name),
		.date = context->actor.now, .received = context->actor.now, .size = strlen(text), .event = g_strdup("note"),
	};
	enum status st = tickets_append(context->txn, ticket, &note, text, err);

	ticket->updated = MAX(ticket->updated, context->actor.now);
	if (st == ST_OK)
		st = history_add(context->txn, ticket->number, &context->actor, "note", NULL, NULL, NULL, err);
	if (st == ST_OK)
		st = tickets_save(context->txn, ticket, err);
	record_release(&entry_type, &note);
	return st;
}

/* --- to agents --- */

static enum status queue_to_agent(const struct reply_context *c, uint64_t ticket, const char *event, const char *to, const char *id,
	const struct numbers *attach, const GString *mail, struct error *err)
{
	struct outgoing outgoing = {
		.ticket = ticket, .event = g_strdup(event), .sender = g_strdup(""), .to = one_address(to), .message_id = g_strdup(id),
	};
	enum status st;

	for (size_t i = 0; attach && i < attach->n; i++)
		numbers_add(&outgoing.attach, attach->v[i]);
	st = queue_mail(c, &outgoing, mail, err);
	record_release(&outgoing_type, &outgoing);
	return st;
}

struct mail_list {
	bool notes;		/* may the reader see internal notes? */
	struct numbers *seqs;
	char *last_id;		/* of the newest that is no note: what an answer may name before a customer */
};

static enum status list_mail(struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	struct mail_list *list = arg;

	(void)txn;
	(void)err;
	if (entry->direction == DIRECTION_AUTO || (entry->direction == DIRECTION_NOTE && !list->notes))
		return ST_OK;
	numbers_add(list->seqs, entry->seq);
	if (entry->direction != DIRECTION_NOTE && entry->message_id) {
		g_free(list->last_id);
		list->last_id = g_strdup(entry->message_id);
	}
	return ST_OK;
}

/* Where the reader's answer goes by itself: to the customer, through the desk where there is one. */
static char *answer_there(const struct reply_context *c, const struct ticket *ticket, const struct account *account)
{
	if (account->reply_to == REPLY_TO_DESK)
		return token_address(c->key, ticket->number, account->address, c->settings->recipient_delimiter);
	return ticket->requester_address ? address_header(ticket->requester_name, ticket->requester_address) : NULL;
}

enum status reply_forward(const struct reply_context *context, const struct ticket *ticket, const char *to, const char *lead, const char *event, struct error *err)
{
	const struct account *account = account_of(context->settings, ticket);
	struct numbers seqs = { 0 };
	struct mail_list list = { is_agent(context, to), &seqs, NULL };
	g_autofree char *from = NULL, *subject = NULL, *id = NULL, *reply_to = NULL;
	enum status st;

	if (!account)
		return error_set(err, ST_BAD_INPUT, "there is no account to send from");
	st = tickets_each_entry(context->txn, ticket->number, list_mail, &list, err);
	from = sender_header(account);
	subject = tagged(context, ticket, ticket->subject);
	id = id_for(account);
	reply_to = answer_there(context, ticket, account);
	if (st == ST_OK) {
		GString *mail = (seqs.n ? letter_write_open : letter_write)(&(struct letter){
			.from = from, .to = to, .subject = subject, .message_id = id, .in_reply_to = list.last_id, .reply_to = reply_to,
			.auto_submitted = "auto-generated", .date = context->actor.now, .text = lead });

		st = queue_to_agent(context, ticket->number, event, to, id, &seqs, mail, err);
		g_string_free(mail, TRUE);
	}
	g_free(list.last_id);
	g_free(seqs.v);
	return st;
}

enum status reply_transcript(const struct reply_context *context, const struct transcript_mail *t, struct error *err)
{
	const struct account *account = account_of(context->settings, NULL);
	g_autofree char *from = NULL, *id = NULL, *encoded = NULL, *shown = NULL;
	GString *mail;
	enum status st;

	if (!account)
		return ST_OK;
	shown = g_strdup_printf("Re: %s", *t->subject ? t->subject : "commands");
	encoded = message_encode_header("Subject", shown);
	from = sender_header(account);
	id = id_for(account);
	mail = letter_write(&(struct letter){
		.from = from, .to = t->to, .subject = encoded, .message_id = id, .in_reply_to = t->in_reply_to, .reply_to = t->reply_to,
		.auto_submitted = "auto-replied", .date = context->actor.now, .text = t->text });
	st = queue_to_agent(context, 0, "transcript", t->to, id, NULL, mail, err);
	g_string_free(mail, TRUE);
	return st;
}
