/* The automatic answer: whether there is one, to whom, and what it says. How a mail is written is in letter.c. */
#include "reply-parts.h"

#include <string.h>

#include "address.h"
#include "letter.h"
#include "limits.h"
#include "outbox.h"
#include "text.h"
#include "tickets.h"

static const char *const answer_names[ANSWER_COUNT] = { "opened", "followup", "closed", "late" };

struct answering {
	const struct reply_context *c;
	struct ticket *ticket;
	const struct account *account;
	enum answer answer;
	const struct message *message;		/* NULL for closed */
	/* Who is answered, and what they wrote. */
	char *to;				/* canonical */
	const char *author, *author_name;	/* either may be NULL */
	char *id, **references;			/* the answer's In-Reply-To and References */
	char *quote;
	struct error *err;
};

static void answering_release(struct answering *a)
{
	g_free(a->to);
	g_free(a->id);
	g_strfreev(a->references);
	g_free(a->quote);
}

/* --- may there be one --- */

/* A late reply's new ticket was opened by it: one answer to that. */
static const char *answer_mark(enum answer answer)
{
	return answer_names[answer == ANSWER_LATE ? ANSWER_OPENED : answer];
}

static bool is_marked(const struct ticket *ticket, const char *mark)
{
	return text_list_has(ticket->answered, mark);
}

static void mark_answered(struct ticket *ticket, const char *mark)
{
	if (!is_marked(ticket, mark))
		text_list_add(&ticket->answered, mark);
}

void reply_forgo(struct ticket *ticket)
{
	mark_answered(ticket, answer_mark(ANSWER_CLOSED));
}

static bool is_outside_person(const struct reply_context *c, const char *address)
{
	return !address_is_robot(address) && !settings_is_own(c->settings, address) && !settings_is_control(c->settings, address) && !reply_is_agent(c, address);
}

static bool may_be_answered(const struct answering *a, enum automatic kind, const char *sender)
{
	if (!a->to || !is_outside_person(a->c, a->to) || (a->author && !is_outside_person(a->c, a->author)))
		return false;
	return !a->message || automatic_may_answer(a->message, kind, sender, NULL);
}

static const struct template_set *template_for(const struct account *account, enum answer answer)
{
	if (answer == ANSWER_LATE && !account->templates[ANSWER_LATE])
		answer = ANSWER_OPENED;
	return account->templates[answer];
}

/* --- to whom, and about what --- */

static void answer_message(struct answering *a, const char *sender)
{
	struct mailboxes from = message_from(a->message);

	if (from.n) {
		a->author = from.v[0].address;
		a->author_name = from.v[0].name;
	}
	if (address_canonical(sender, &a->to) != ST_OK)
		a->to = NULL;
}

/* Not before it is known that there will be an answer: most messages get none. */
static void quote_message(struct answering *a)
{
	a->id = g_strdup(message_id(a->message));
	a->references = reply_references(message_references(a->message), a->id);
	a->quote = g_strdup(message_text(a->message));
}

/* Nobody wrote just now: it is the requester who hears of it, in the thread of the last mail from outside. */
static enum status answer_requester(struct answering *a)
{
	struct entry last = { 0 };
	enum status st = reply_last_inbound(a->c, a->ticket->number, &last, a->err);

	a->to = g_strdup(a->ticket->requester_address);
	a->author = a->to;
	a->author_name = a->ticket->requester_name;
	if (st == ST_OK) {
		a->id = g_strdup(last.message_id);
		a->references = reply_references((const char *const *)last.references, a->id);
		st = tickets_text(a->c->txn, a->ticket->number, last.seq, &a->quote, a->err);
	}
	record_release(&entry_type, &last);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- the mail --- */

static void fill(const struct answering *a, const struct template *template, struct template_text *text_out)
{
	const struct ticket *t = a->ticket;
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, t->number);
	g_autofree char *tag = tag_text(&a->c->settings->tag_format, t->number);
	g_autofree char *date = text_rfc5322_date(a->c->actor.now);
	const char *const values[VAR_COUNT] = {
		[VAR_NUMBER] = number, [VAR_TAG] = tag, [VAR_SUBJECT] = t->subject,
		[VAR_NAME] = a->author_name ? a->author_name : a->author ? a->author : a->to, [VAR_ADDRESS] = a->to,
		[VAR_QUEUE] = t->queue, [VAR_PROJECT] = t->project, [VAR_STATUS] = ticket_status_names[t->status], [VAR_AGENT] = t->agent,
		[VAR_DATE] = date, [VAR_QUOTE] = a->quote,
	};

	template_fill(template, values, text_out);
}

static GString *write_answer(const struct answering *a, const char *id)
{
	const struct ticket *t = a->ticket;
	const char *language = NULL, *wanted = a->account->language_from_mail ? t->language : NULL;
	const struct template *template = template_set_pick(template_for(a->account, a->answer), wanted, &language);
	struct template_text text;
	g_autofree char *from = reply_from(a->account), *subject = NULL;
	g_autofree char *to = address_header(g_strcmp0(a->to, a->author) == 0 ? a->author_name : NULL, a->to);
	g_autofree char *reply_to = token_address(a->c->key, t->number, a->account->address, a->c->settings->recipient_delimiter);
	GString *mail;

	fill(a, template, &text);
	subject = reply_tagged(a->c, t, text.subject);
	mail = letter_write(&(struct letter){
		.from = from, .to = to, .subject = subject, .message_id = id, .reply_to = reply_to, .in_reply_to = a->id,
		.references = a->references, .auto_submitted = "auto-replied", .language = language, .extra = text.headers,
		.date = a->c->actor.now, .text = text.body });
	template_text_release(&text);
	return mail;
}

static enum status send_answer(const struct answering *a)
{
	g_autofree char *id = reply_new_id(a->account);
	GString *mail = write_answer(a, id);
	struct outgoing outgoing = {
		.ticket = a->ticket->number, .event = g_strdup(answer_names[a->answer]), .sender = g_strdup(""), .to = reply_one_address(a->to),
		.state = OUTGOING_WAITING, .message_id = g_steal_pointer(&id),
	};
	enum status st = reply_queue(a->c, &outgoing, mail, a->err);

	g_string_free(mail, TRUE);
	record_release(&outgoing_type, &outgoing);
	return st;
}

/* --- the day's cap --- */

/* Shows in the outbox and on the ticket that somebody was not answered, and why. */
static enum status suppress_answer(const struct answering *a, const char *address)
{
	const int64_t max = a->c->settings->mail_out.max_per_address_per_day;
	g_autofree char *why = g_strdup_printf("%s had %" G_GINT64_FORMAT " automatic answers today", address, max);
	struct outgoing outgoing = {
		.ticket = a->ticket->number, .event = g_strdup(answer_names[a->answer]), .sender = g_strdup(""), .to = reply_one_address(a->to),
		.state = OUTGOING_SUPPRESSED, .last_reply = g_strdup(why), .created = a->c->actor.now,
	};
	enum status st = outbox_put(a->c->txn, &outgoing, "", 0, a->err);

	if (st == ST_OK)
		st = history_add(a->c->txn, a->ticket->number, &a->c->actor, "suppressed", NULL, a->to, why, a->err);
	record_release(&outgoing_type, &outgoing);
	return st;
}

/* Robots vary the envelope sender, some the author: who has had enough by either name gets no more. */
static enum status answer_or_suppress(const struct answering *a, bool *queued_out)
{
	const char *const names[] = { a->to, a->author };
	uint64_t max = (uint64_t)a->c->settings->mail_out.max_per_address_per_day;
	size_t n = a->author && strcmp(a->author, a->to) != 0 ? 2 : 1;

	for (size_t i = 0; i < n; i++) {
		bool allowed = false;
		enum status st = outbox_count_answer(a->c->txn, names[i], a->c->actor.now, max, &allowed, a->err);

		if (st != ST_OK)
			return st;
		if (!allowed)
			return suppress_answer(a, names[i]);
	}
	*queued_out = true;
	return send_answer(a);
}

static enum status answer_once(struct answering *a, enum automatic kind, const char *sender, bool *queued_out)
{
	const char *mark = answer_mark(a->answer);
	bool may = may_be_answered(a, kind, sender);
	enum status st;

	if (!may && strcmp(mark, answer_mark(ANSWER_OPENED)) == 0)
		reply_forgo(a->ticket);
	if (!may || !template_for(a->account, a->answer) || is_marked(a->ticket, mark))
		return ST_OK;
	if (a->message)
		quote_message(a);
	st = answer_or_suppress(a, queued_out);
	if (st == ST_OK)
		mark_answered(a->ticket, mark);
	return st;
}

enum status reply_automatic(const struct reply_context *context, struct ticket *ticket, const struct account *account, enum answer answer,
	const struct message *message, enum automatic kind, const char *sender, bool *queued_out, struct error *err)
{
	struct answering a = { .c = context, .ticket = ticket, .account = account, .answer = answer, .message = message, .err = err };
	enum status st = ST_OK;

	*queued_out = false;
	if (!account)
		return ST_OK;
	if (message)
		answer_message(&a, sender);
	else
		st = answer_requester(&a);
	if (st == ST_OK)
		st = answer_once(&a, kind, sender, queued_out);
	answering_release(&a);
	return st;
}
