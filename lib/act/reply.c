/* The automatic answer: whether there is one, to whom, and what it says. How a mail is written is
 * in letter.c. */
#include "act/reply-parts.h"

#include <string.h>

#include "base/address.h"
#include "base/text.h"
#include "base/tongue.h"
#include "base/why.h"
#include "mail/answer-words.h"
#include "mail/letter.h"
#include "tables/agents.h"
#include "tables/answers.h"
#include "tables/outbox.h"
#include "tables/queues.h"
#include "tables/tickets.h"

struct answering {
	const struct reply_context *c;
	const struct answer_request *request;
	struct ticket *ticket;
	const struct arrival *arrival; /* NULL for closed */
	struct error *err;
	enum status failed;  /* of a look-up whose answer is a yes or no */
	const char *no_desk; /* the last address found to be none of ours: most are asked thrice */
	/* Whom it goes to. */
	char *mailbox;   /* canonical; NULL: nobody */
	char *to, *name; /* as written; NULL: none */
	/* What it may say. */
	bool own;               /* the words are the addressee's own; else no stranger's is in it */
	char *id, **references; /* the answer's In-Reply-To and References */
	char *subject, *quote;
	int64_t date;       /* of the mail that is answered */
	struct queue queue; /* the ticket's; empty when it is gone */
};

static void answering_release(struct answering *a)
{
	g_free(a->mailbox);
	g_free(a->to);
	g_free(a->name);
	g_free(a->id);
	g_strfreev(a->references);
	g_free(a->subject);
	g_free(a->quote);
	record_release(&queue_type, &a->queue);
}

static bool reply_joins(const struct answering *a)
{
	return a->arrival && a->request->mail->joins;
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

struct lapse {
	const struct ticket *ticket;
	int64_t now;
	uint64_t id; /* of the mail; 0: none waits */
};

static enum status lapse_look(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	struct lapse *lapse = arg;

	(void)txn;
	(void)err;
	if (outgoing->ticket == lapse->ticket->number && outgoing->state == OUTGOING_WAITING &&
		outgoing->attempts == 0 && outgoing->next_try > lapse->now &&
		g_strcmp0(outgoing->event, answer_names[ANSWER_CLOSED]) == 0)
		lapse->id = outgoing->id;
	return ST_OK;
}

/* Nothing is sent before its time, so that what waits is in nobody's hands. */
enum status reply_lapse(struct txn *txn, struct ticket *ticket, int64_t now, struct error *err)
{
	struct lapse lapse = { ticket, now, 0 };
	enum status st = ST_OK;

	if (is_marked(ticket, answer_mark(ANSWER_CLOSED)))
		st = outbox_each(txn, lapse_look, &lapse, err);
	if (st != ST_OK || !lapse.id)
		return st;
	text_list_remove(ticket->answered, answer_mark(ANSWER_CLOSED));
	return outbox_remove(txn, lapse.id, err);
}

/* The answer is asked for in Reply-To: the web form of one's own house may write as the desk
 * itself. */
static bool is_invited(const struct answering *a)
{
	return !mailboxes_have(a->arrival->from, a->mailbox) &&
		mailboxes_have(a->arrival->reply_to, a->mailbox);
}

/* Of whom nobody knows whether they are ours is not answered either, nor is anything recorded. */
static bool is_desk(struct answering *a, const char *address)
{
	bool have = true;
	enum status st = ST_OK;

	if (g_strcmp0(address, a->no_desk) == 0)
		return false;
	if (settings_is_desk(a->c->settings, address))
		return true;
	st = agents_have(a->c->txn, address, &have, a->err);
	if (st != ST_OK)
		a->failed = st;
	a->no_desk = have ? a->no_desk : address;
	return have;
}

/* None of the authors of a mail that we answer may be one of ours, whoever gets the answer. */
static bool is_from_desk(struct answering *a)
{
	struct mailboxes from = a->arrival->from;
	const char *sender = a->arrival->sender;

	if (sender && is_desk(a, sender))
		return true;
	return from.n && is_desk(a, from.v[0].address);
}

static const char *why_not_mail(struct answering *a)
{
	const struct answerable *mail = a->request->mail;

	if (mail->forged)
		return N_("a verifier calls it forged");
	if (!is_invited(a) && is_from_desk(a))
		return N_("it is from our own");
	return mail->kind == AUTO_NONE ? a->arrival->not_answered : automatic_names[mail->kind];
}

/* Why nobody is to be answered at all. Static; NULL: somebody may be. */
static const char *reply_why_not(struct answering *a)
{
	if (!a->mailbox)
		return N_("nobody wants one");
	if (a->ticket->status == TICKET_SPAM)
		return N_("spam");
	if (address_is_robot(a->mailbox))
		return N_("the requester is a robot");
	if (is_desk(a, a->mailbox))
		return N_("the requester is our own");
	return a->arrival ? why_not_mail(a) : NULL;
}

static const struct template_set *template_for(const struct answer_request *request)
{
	const struct account *account = request->account;
	enum answer answer = request->answer;

	if (request->template)
		return request->template;
	if (answer == ANSWER_LATE && !account->templates[ANSWER_LATE])
		answer = ANSWER_OPENED;
	return account->templates[answer];
}

/* --- to whom, and about what --- */

/* Is one of the domains the other, or above it? */
static bool same_house(const char *a, const char *b)
{
	const char *longer = strlen(a) > strlen(b) ? a : b;
	const char *other = longer == a ? b : a;
	size_t more = strlen(longer) - strlen(other);

	if (more == 0)
		return strcmp(a, b) == 0;
	return strchr(other, '.') && longer[more - 1] == '.' && strcmp(longer + more, other) == 0;
}

/* From alone is what anybody writes there. The envelope's sender, which MTAs check by SPF, must be
 * of the same house, as DMARC wants it. */
static bool stands_behind(const char *sender, const char *address)
{
	g_autofree char *canonical = NULL;

	if (address_canonical(sender, &canonical) != ST_OK)
		return false;
	return same_house(strrchr(canonical, '@') + 1, strrchr(address, '@') + 1);
}

static bool reply_wrote_it_themself(const struct answering *a)
{
	struct mailboxes from = a->arrival->from;

	if (from.n != 1 || from.v[0].guessed || strcmp(from.v[0].address, a->mailbox) != 0)
		return false;
	return a->request->mail->vouched || stands_behind(a->arrival->envelope->sender, a->mailbox);
}

/* What they wrote in a Subject; owned. */
static char *plain_subject(const struct answering *a, const char *subject)
{
	struct subject_view view;
	char *plain;

	subject_view_init(&view, subject, &a->c->settings->tag_format);
	plain = g_strdup(view.plain);
	subject_view_release(&view);
	return plain;
}

/* Who joins a ticket of others gets their own Subject back, not the title that the others see. */
static char *subject_of(const struct answering *a)
{
	if (!reply_joins(a))
		return g_strdup(a->ticket->subject);
	return g_strdup(a->arrival->subject.plain);
}

static void address_to(struct answering *a)
{
	const struct mailbox *requester = a->request->mail->requester;

	if (!requester)
		return;
	a->mailbox = g_strdup(requester->address);
	a->to = g_strdup(requester->as_written);
	a->own = reply_wrote_it_themself(a);
	a->name = a->own ? g_strdup(requester->name) : NULL;
}

/* Not before it is known that there will be an answer: most messages get none. */
static void quote_message(struct answering *a)
{
	if (!a->own)
		return;
	a->id = g_strdup(a->arrival->id);
	a->references = reply_references(message_references(a->arrival->message), a->id);
	a->quote = g_strdup(message_text(a->arrival->message));
	a->date = message_date(a->arrival->message);
	a->subject = subject_of(a);
}

struct own_mail {
	const char *requester;
	bool opened_inside;  /* by an agent's mail */
	bool opened_by_them; /* the title is theirs */
	struct entry last;   /* the requester's own; seq 0: none */
};

static bool is_by(const struct entry *e, const char *requester)
{
	g_autofree char *from = mailbox_read_address(e->from);

	return g_strcmp0(from, requester) == 0 && e->sender && stands_behind(e->sender, from);
}

static enum status look_at_mail(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct own_mail *own = arg;

	(void)txn;
	(void)err;
	if (e->seq == 1)
		own->opened_inside = e->direction == DIRECTION_OUT;
	if (e->direction != DIRECTION_IN || !is_by(e, own->requester))
		return ST_OK;
	own->opened_by_them |= e->seq == 1;
	record_release(&entry_type, &own->last);
	record_copy(&entry_type, &own->last, e);
	own->last.seq = e->seq;
	return ST_OK;
}

/* The newest of the requester's own mails is quoted, never another participant's. */
static enum status quote_entry(struct answering *a, const struct entry *last)
{
	a->id = g_strdup(last->message_id);
	a->date = last->date ? last->date : last->received;
	a->references = reply_references((const char *const *)last->references, a->id);
	return tickets_text(a->c->txn, a->ticket->number, last->seq, &a->quote, a->err);
}

/* Whoever opened the ticket may have chosen its title, and the requester's name, for them to
 * read. */
static void say_own_words(struct answering *a, const struct own_mail *own)
{
	struct mailbox author = { .name = NULL };

	if (own->opened_inside || own->opened_by_them) {
		a->name = g_strdup(a->ticket->requester_name);
		a->subject = g_strdup(a->ticket->subject);
		return;
	}
	mailbox_read(own->last.from, &author);
	a->name = g_steal_pointer(&author.name);
	a->subject = plain_subject(a, own->last.subject);
	mailbox_release(&author);
}

static void address_requester(struct answering *a)
{
	a->mailbox = g_strdup(a->ticket->requester_address);
	a->to = g_strdup(ticket_requester(a->ticket));
}

/* As quote_message(), of what the ticket has. */
static enum status quote_ticket(struct answering *a)
{
	struct own_mail own = { .requester = a->mailbox };
	enum status st = tickets_each_entry(
		a->c->txn, a->ticket->number, look_at_mail, &own, a->err);

	a->own = own.last.seq || own.opened_inside;
	if (a->own)
		say_own_words(a, &own);
	if (st == ST_OK && own.last.seq)
		st = quote_entry(a, &own.last);
	record_release(&entry_type, &own.last);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- the mail --- */

static void reply_fill(const struct answering *a, const struct template *template,
	const char *language, struct template_text *text_out)
{
	const struct ticket *t = a->ticket;
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, t->number);
	g_autofree char *tag = tag_text(&a->c->settings->tag_format, t->number);
	g_autofree char *date = answer_date(a->date ? a->date : a->c->actor.now, language);
	g_autofree char *name = a->name ? answer_name(a->name) : NULL;
	const char *title = text_or_none(a->queue.title), *queue = *title ? title : t->queue;
	const char *values[VAR_COUNT] = {
		[VAR_NUMBER] = number,
		[VAR_TAG] = tag,
		[VAR_SUBJECT] = a->own ? a->subject : tag,
		[VAR_ADDRESS] = a->to,
		[VAR_QUEUE] = queue,
		[VAR_DATE] = date,
		[VAR_SIGNATURE] = a->queue.signature,
	};

	if (a->own) {
		values[VAR_NAME] = name ? name : a->to;
		values[VAR_QUOTE] = a->quote;
	}
	/* How a ticket of others stands is not for who comes to it uninvited. */
	if (!reply_joins(a)) {
		values[VAR_PROJECT] = t->project;
		values[VAR_STATUS] = ticket_status_names[t->status];
		values[VAR_AGENT] = t->agent;
	}
	template_fill(template, values, text_out);
}

/* "[tag] We have your message: [tag]": a tag in a tagged Subject says nothing, and nor does the
 * colon. */
static void drop_last_tag(const struct answering *a, char *subject)
{
	g_autofree char *tag = tag_text(&a->c->settings->tag_format, a->ticket->number);

	if (!g_str_has_suffix(subject, tag))
		return;
	subject[strlen(subject) - strlen(tag)] = '\0';
	g_strchomp(subject);
	if (g_str_has_suffix(subject, ":"))
		subject[strlen(subject) - 1] = '\0';
}

/* The token makes whoever has it a part of the ticket. */
static char *reply_reply_address(const struct answering *a)
{
	const struct account *account = a->request->account;

	if (reply_joins(a))
		return g_strdup(account->address);
	return token_address(a->c->key, a->ticket->number, account->address,
		a->c->settings->recipient_delimiter);
}

static GString *write_answer(const struct answering *a, const char *id)
{
	const struct account *account = a->request->account;
	g_autofree char *wanted = reply_languages(account, a->ticket);
	const char *language = NULL;
	const struct template_set *templates = template_for(a->request);
	const struct template *template = template_set_pick(templates, wanted, &language);
	struct template_text text;
	g_autofree char *from = reply_from(account), *subject = NULL;
	g_autofree char *to = address_header(a->name, a->to), *reply_to = reply_reply_address(a);
	GString *mail;

	reply_fill(a, template, language ? language : account->language, &text);
	if (!a->own)
		drop_last_tag(a, text.subject);
	subject = reply_tagged(a->c, a->ticket, text.subject);
	mail = letter_write(&(struct letter){ .from = from,
		.to = to,
		.subject = subject,
		.message_id = id,
		.reply_to = reply_to,
		.in_reply_to = a->id,
		.references = a->references,
		.auto_submitted = "auto-replied",
		.language = language,
		.extra = text.headers,
		.date = a->c->actor.now,
		.text = text.body });
	template_text_release(&text);
	return mail;
}

static const char *answer_event(const struct answer_request *request)
{
	return request->template ? event_kind_names[EVENT_AUTOMATION]
				 : answer_names[request->answer];
}

static void begin_outgoing(const struct answering *a, struct outgoing *outgoing)
{
	*outgoing = (struct outgoing){ .ticket = a->ticket->number,
		.event = g_strdup(answer_event(a->request)),
		.sender = g_strdup(""),
		.to = reply_one_address(a->to),
		.next_try = a->request->not_before };
}

static enum status find_queue(struct answering *a)
{
	enum status st = queues_load(a->c->txn, a->ticket->queue, &a->queue, a->err);

	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status reply_send_answer(struct answering *a)
{
	g_autofree char *id = reply_new_id(a->request->account);
	struct outgoing outgoing;
	enum status st = find_queue(a);
	GString *mail;

	if (st != ST_OK)
		return st;
	mail = write_answer(a, id);
	begin_outgoing(a, &outgoing);
	outgoing.message_id = g_steal_pointer(&id);
	st = reply_queue_new(a->c, &outgoing, mail, a->err);
	g_string_free(mail, TRUE);
	record_release(&outgoing_type, &outgoing);
	return st;
}

/* --- the caps --- */

/* Words that are not their own reach a mailbox this often in a day, whoever makes us send them. */
enum { STRANGE_PER_DAY = 2 };

/* Shows in the outbox and on the ticket that somebody was not answered, and why. */
static enum status suppress_answer(const struct answering *a, const char *why)
{
	struct outgoing outgoing;
	enum status st;

	begin_outgoing(a, &outgoing);
	outgoing.state = OUTGOING_SUPPRESSED;
	outgoing.next_try = 0;
	outgoing.last_reply = g_strdup(why);
	outgoing.created = a->c->actor.now;
	st = outbox_put(a->c->txn, &outgoing, "", 0, a->err);
	if (st == ST_OK)
		st = history_add(a->c->txn, a->ticket->number, &a->c->actor,
			NOTE(EVENT_SUPPRESSED, .to = a->mailbox, .text = why), a->err);
	record_release(&outgoing_type, &outgoing);
	return st;
}

/* Who hears that their ticket was closed has been known for long; the hour's cap is for what comes
 * in. */
static bool counts_in_hour(const struct answering *a)
{
	return a->arrival != NULL;
}

struct acquaintance {
	bool known;
	unsigned looked;
};

/* Of their last tickets: a flood may have opened thousands in one name. */
enum { LOOKED_AT_MAX = 20 };

static enum status note_answered(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	struct acquaintance *a = arg;

	(void)txn;
	(void)err;
	a->known = ticket->last_out != 0;
	return a->known || ++a->looked == LOOKED_AT_MAX ? ST_NOT_FOUND : ST_OK;
}

/* Has an agent answered them? */
static enum status is_known(const struct answering *a, bool *known_out)
{
	const struct ticket_filter filter = {
		.requester = a->mailbox, .statuses = ~0U, .priority = -1, .merged = true
	};
	struct acquaintance found = { false, 0 };
	enum status st = tickets_list(a->c->txn, &filter, note_answered, &found, a->err);

	*known_out = found.known;
	return st;
}

static enum status allowed_by_hour(const struct answering *a, bool *allowed_out)
{
	const uint64_t max = (uint64_t)a->c->settings->policy.answers_per_hour;
	enum answers_left left = LEFT_FOR_ALL;
	enum status st = ST_OK;

	if (counts_in_hour(a))
		st = answers_left(a->c->txn, a->c->actor.now, max, &left, a->err);
	*allowed_out = left == LEFT_FOR_ALL;
	return st == ST_OK && left == LEFT_FOR_KNOWN ? is_known(a, allowed_out) : st;
}

static enum status suppress_for_hour(const struct answering *a, enum answer_fate *fate_out)
{
	g_autofree char *why = g_strdup_printf("%" G_GINT64_FORMAT
					       " automatic answers in an hour are too many",
		a->c->settings->policy.answers_per_hour);
	enum status st = answers_count(a->c->txn, a->c->actor.now, ANSWERS_OVER_HOUR, a->err);

	*fate_out = ANSWER_OVER_HOUR;
	return st == ST_OK ? suppress_answer(a, why) : st;
}

static enum status suppress_for_day(
	const struct answering *a, uint64_t max, enum answer_fate *fate_out)
{
	g_autofree char *why = g_strdup_printf(
		"%s had %" G_GUINT64_FORMAT " automatic answers today", a->mailbox, max);
	enum status st = answers_count(a->c->txn, a->c->actor.now, ANSWERS_OVER_DAY, a->err);

	*fate_out = ANSWER_OVER_DAY;
	return st == ST_OK ? suppress_answer(a, why) : st;
}

static enum status answer_or_suppress(struct answering *a, enum answer_fate *fate_out)
{
	const uint64_t usual = (uint64_t)a->c->settings->mail_out.max_per_address_per_day;
	const uint64_t max = a->own ? usual : MIN(usual, STRANGE_PER_DAY);
	bool allowed = false;
	enum status st = allowed_by_hour(a, &allowed);

	if (st == ST_OK && !allowed)
		return suppress_for_hour(a, fate_out);
	if (st == ST_OK)
		st = outbox_count_answer(
			a->c->txn, a->mailbox, a->c->actor.now, max, &allowed, a->err);
	if (st == ST_OK && !allowed)
		return suppress_for_day(a, max, fate_out);
	if (st == ST_OK && counts_in_hour(a))
		st = answers_count(a->c->txn, a->c->actor.now, ANSWERS_SENT, a->err);
	*fate_out = ANSWER_QUEUED;
	return st == ST_OK ? reply_send_answer(a) : st;
}

/* Why there is none this time. */
static const char *why_none(const struct answering *a, const char *mark)
{
	if (!template_for(a->request))
		return N_("the account has no template for it");
	if (a->request->template)
		return NULL;
	return is_marked(a->ticket, mark) ? N_("the ticket had one") : NULL;
}

static enum status answer_once(struct answering *a, enum answer_fate *fate_out)
{
	const char *mark = answer_mark(a->request->answer), *none = reply_why_not(a);
	enum status st = ST_OK;

	if (none && strcmp(mark, answer_mark(ANSWER_OPENED)) == 0)
		reply_forgo(a->ticket);
	if (!none)
		none = why_none(a, mark);
	if (none) {
		why_add(a->request->why, _("no automatic answer: %s"), _(none));
		return ST_OK;
	}
	if (a->arrival)
		quote_message(a);
	else
		st = quote_ticket(a);
	if (st == ST_OK)
		st = answer_or_suppress(a, fate_out);
	if (st == ST_OK && !a->request->template)
		mark_answered(a->ticket, mark);
	why_add(a->request->why, _("automatic answer to %s, with %s"), a->to,
		a->own ? _("their own words") : _("nobody's words: it may not be theirs"));
	return st;
}

enum status reply_automatic(const struct reply_context *context,
	const struct answer_request *request, enum answer_fate *fate_out, struct error *err)
{
	struct answering a = { .c = context,
		.request = request,
		.ticket = request->ticket,
		.arrival = request->mail ? request->mail->arrival : NULL,
		.err = err };
	enum status st;

	*fate_out = ANSWER_NONE;
	if (!request->account)
		return ST_OK;
	if (a.arrival)
		address_to(&a);
	else
		address_requester(&a);
	st = answer_once(&a, fate_out);
	answering_release(&a);
	return a.failed != ST_OK ? a.failed : st;
}
