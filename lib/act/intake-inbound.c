/* Mail from outside: a follow-up or a new ticket. What each kind of automatic mail may do is one
 * table. */
#include "act/attempt.h"

#include <string.h>

#include "act/assign.h"
#include "base/text.h"
#include "base/tongue.h"
#include "base/why.h"

/* What becomes of unthreaded mail of a kind. */
enum unthreaded { OPENS_WITH_ANSWER, OPENS, OPENS_AS_SPAM, ASKS_POLICY };

/* PRODUCT section 6, a row a kind. Which of them reopen a ticket: automatic_moves(). */
static const struct manner {
	enum event_kind event; /* when it is threaded */
	enum direction direction;
	enum unthreaded unthreaded;
} manners[] = {
	[AUTO_NONE] = { .event = EVENT_FOLLOWUP,
		.direction = DIRECTION_IN,
		.unthreaded = OPENS_WITH_ANSWER },
	[AUTO_BOUNCE] = { .event = EVENT_BOUNCE,
		.direction = DIRECTION_BOUNCE,
		.unthreaded = ASKS_POLICY },
	[AUTO_DELAYED] = { .event = EVENT_AUTO,
		.direction = DIRECTION_AUTO,
		.unthreaded = ASKS_POLICY },
	[AUTO_RECEIPT] = { .event = EVENT_AUTO,
		.direction = DIRECTION_AUTO,
		.unthreaded = ASKS_POLICY },
	[AUTO_VACATION] = { .event = EVENT_AUTO,
		.direction = DIRECTION_AUTO,
		.unthreaded = ASKS_POLICY },
	[AUTO_LIST] = { .event = EVENT_FOLLOWUP, .direction = DIRECTION_IN, .unthreaded = OPENS },
	[AUTO_GENERATED] = { .event = EVENT_FOLLOWUP,
		.direction = DIRECTION_IN,
		.unthreaded = OPENS },
	[AUTO_SPAM] = { .event = EVENT_AUTO,
		.direction = DIRECTION_AUTO,
		.unthreaded = OPENS_AS_SPAM },
	[AUTO_OWN] = { .event = EVENT_AUTO, .direction = DIRECTION_AUTO, .unthreaded = OPENS },
	[AUTO_REACTION] = { .event = EVENT_AUTO, .direction = DIRECTION_AUTO, .unthreaded = OPENS },
	[AUTO_SUSPECTED] = { .event = EVENT_FOLLOWUP,
		.direction = DIRECTION_IN,
		.unthreaded = OPENS },
};

static const struct manner *manner_of(const struct attempt *a)
{
	return &manners[a->outcome->automatic];
}

/* SPF fails for all forwarded mail; a signature of the author's own domain counts for more. */
static bool inbound_is_forged(const struct attempt *a)
{
	const struct auth_results *auth = &a->arrival->auth;

	if (a->arrival->settings->policy.answer_failed_auth)
		return false;
	return auth->dmarc_fail || (auth->spf_fail && !auth->dkim_pass);
}

static enum status inbound_answer(struct attempt *a, enum answer which)
{
	const struct reply_context context = attempt_reply_context(a);
	const struct answerable mail = {
		.arrival = a->arrival,
		.kind = a->outcome->automatic,
		.requester = attempt_requester(a),
		.vouched = a->arrival->auth.dmarc_pass || a->arrival->auth.dkim_author,
		.forged = inbound_is_forged(a),
		.joins = a->joins,
	};
	const struct answer_request request = {
		.ticket = &a->match.ticket,
		.account = attempt_account(a),
		.answer = which,
		.mail = &mail,
		.why = a->why,
	};
	enum answer_fate fate = ANSWER_NONE;
	enum status st;

	if (a->arrival->import || a->who.is_agent)
		return ST_OK;
	st = reply_automatic(&context, &request, &fate, a->err);
	a->outcome->queued |= fate == ANSWER_QUEUED;
	a->outcome->over_hour |= fate == ANSWER_OVER_HOUR;
	return st;
}

/* --- follow-ups --- */

/* The customer has written: it is the desk's turn again. True if that reopened the ticket. */
static bool inbound_wake(struct attempt *a)
{
	struct ticket *t = &a->match.ticket;
	const struct account *account = attempt_account(a);
	bool was_closed = t->status == TICKET_CLOSED;

	if (was_closed && account && account->close_on_arrival)
		return false;
	if (t->status == TICKET_WAITING || was_closed) {
		t->status = TICKET_OPEN;
		t->wait_until = 0;
		t->closed = 0;
	}
	/* Only a person's own mail proves that they can be reached again. */
	if (a->outcome->automatic == AUTO_NONE)
		t->undelivered = false;
	return was_closed;
}

static enum status status_event(struct attempt *a, int before)
{
	const struct actor actor = attempt_actor(a);
	int after = a->match.ticket.status;

	if (before == after)
		return ST_OK;
	return history_add(a->txn, a->match.ticket.number, &actor,
		NOTE(EVENT_STATUS, .from = ticket_status_names[before],
			.to = ticket_status_names[after]),
		a->err);
}

/* This is about who wants the answer, not who wrote: the ticket's title and token would go to them.
 */
static bool takes_part_already(struct attempt *a)
{
	const struct mailbox *requester = attempt_requester(a);

	return requester && ticket_has_person(&a->match.ticket, requester->address);
}

static enum status follow_up_by_person(struct attempt *a)
{
	int before = a->match.ticket.status;
	enum event_kind event = inbound_wake(a) ? EVENT_REOPENED : EVENT_FOLLOWUP;
	const struct reply_context context = attempt_reply_context(a);
	enum status st = ST_OK;

	a->joins = !takes_part_already(a);
	if (event == EVENT_REOPENED)
		st = reply_lapse(a->txn, &a->match.ticket, a->arrival->now, a->err);
	attempt_add_participants(a);
	attempt_watch_queues(a);
	if (st == ST_OK)
		st = attempt_append(a, DIRECTION_IN, NOTE(event));
	if (st == ST_OK)
		st = status_event(a, before);
	if (st == ST_OK && event == EVENT_REOPENED)
		st = assign_reopened(&context, &a->match.ticket, a->err);
	return st == ST_OK ? inbound_answer(a, ANSWER_FOLLOWUP) : st;
}

static enum status follow_up(struct attempt *a)
{
	const struct manner *manner = manner_of(a);

	if (manner->direction == DIRECTION_BOUNCE)
		return follow_up_by_bounce(a);
	if (automatic_moves(a->outcome->automatic))
		return follow_up_by_person(a);
	return attempt_append(
		a, manner->direction, NOTE(manner->event, .text = a->outcome->reason));
}

/* --- new tickets --- */

static int first_status(const struct attempt *a)
{
	const struct account *account = recipients_account(&a->recipients);

	if (manner_of(a)->unthreaded == OPENS_AS_SPAM)
		return TICKET_SPAM;
	return account->close_on_arrival ? TICKET_CLOSED : TICKET_NEW;
}

static enum status answer_opening(struct attempt *a, const struct rules_result *rules)
{
	if (rules->autoresponse && manner_of(a)->unthreaded == OPENS_WITH_ANSWER)
		return inbound_answer(a, a->match.late ? ANSWER_LATE : ANSWER_OPENED);
	why_add(a->why, _("no automatic answer: %s"),
		rules->autoresponse ? _(a->outcome->reason) : _("a rule says so"));
	reply_forgo(&a->match.ticket);
	return ST_OK;
}

/* A mail that a colleague forwards makes its author the requester. Not so a redirected one: its
 * author is in From, and its text may say anything. */
static const struct mailbox *inbound_requester_of(struct attempt *a)
{
	const struct mailbox *author = &a->arrival->own.forwarded;

	if (!author->address || !who_wrote_its_words(&a->who, a->arrival) ||
		settings_is_desk(a->arrival->settings, author->address) ||
		attempt_is_agent(author->address, a))
		return attempt_requester(a);
	why_add(a->why, _("the agent passes on the mail of %s"), author->address);
	return author;
}

static enum status open_for(
	struct attempt *a, const struct rules_result *rules, const struct mailbox *requester)
{
	enum status st = attempt_open_ticket(a, requester, rules, first_status(a));

	if (st == ST_OK)
		st = attempt_append(a, DIRECTION_IN,
			NOTE(EVENT_OPENED, .to = a->match.ticket.queue,
				.text = rules->names->len ? rules->names->str : NULL));
	if (st == ST_OK)
		st = attempt_tell_assigned(a);
	return st == ST_OK ? answer_opening(a, rules) : st;
}

/* Commands at the top of an agent's mail that opens a ticket are run on that ticket. */
static enum status open_by_agent(struct attempt *a, const struct rules_result *rules)
{
	const char *text = a->arrival->own.text;
	enum status st = commands_find(a, text);

	if (st == ST_OK)
		st = open_for(a, rules, inbound_requester_of(a));
	return st == ST_OK ? commands_run(a, text) : st;
}

static enum status open_by(struct attempt *a, const struct rules_result *rules)
{
	if (a->who.is_agent && !a->arrival->import && a->arrival->automatic == AUTO_NONE)
		return open_by_agent(a, rules);
	return open_for(a, rules, attempt_requester(a));
}

static enum status open_new(struct attempt *a)
{
	struct rules_result rules;
	enum status st;

	if (manner_of(a)->unthreaded == ASKS_POLICY &&
		a->arrival->settings->policy.auto_replies == AUTO_IGNORE) {
		why_add(a->why, _("policy.auto_replies = \"ignore\": such mail opens no ticket"));
		return attempt_leave_alone(a, a->outcome->reason);
	}
	attempt_apply_rules(a, &rules);
	if (rules.names->len)
		why_add(a->why, _("rules that match: %s"), rules.names->str);
	st = rules.ignore ? attempt_leave_alone(a, "rule") : open_by(a, &rules);
	rules_result_release(&rules);
	return st;
}

/* --- what is worth telling --- */

/* From proves nothing; but the mail's readers should know that it names an agent. */
static enum status note_claim(struct attempt *a)
{
	const struct actor actor = attempt_actor(a);

	if (!a->who.claimed || a->outcome->left_alone)
		return ST_OK;
	return history_add(a->txn, a->match.ticket.number, &actor,
		NOTE(EVENT_UNVERIFIED, .to = a->who.claimed,
			.text = "From is an agent's address, and nobody vouches for it"),
		a->err);
}

static bool same_domain(const char *a, const char *b)
{
	return strcmp(strrchr(a, '@'), strrchr(b, '@')) == 0;
}

/* An agent who answers at a desk sees only its token in Reply-To. If the customer's own Reply-To is
 * at another domain than From, an event says so, as nobody vouches for that. */
static enum status note_reply_to(struct attempt *a)
{
	const struct mailbox *wanted = attempt_requester(a);
	const struct account *account = attempt_account(a);
	struct mailboxes from = a->arrival->from;
	const struct actor actor = attempt_actor(a);

	if (a->outcome->left_alone || a->entry.direction != DIRECTION_IN || !wanted || !from.n)
		return ST_OK;
	if (!account || account->reply_to != REPLY_TO_DESK)
		return ST_OK;
	if (!mailboxes_have(a->arrival->reply_to, wanted->address) ||
		same_domain(wanted->address, from.v[0].address))
		return ST_OK;
	return history_add(a->txn, a->match.ticket.number, &actor,
		NOTE(EVENT_UNVERIFIED, .from = from.v[0].address, .to = wanted->address,
			.text = "Reply-To is at another domain than From"),
		a->err);
}

enum status inbound(struct attempt *a)
{
	enum status st = a->match.ticket.number ? follow_up(a) : open_new(a);

	if (st == ST_OK)
		st = note_claim(a);
	return st == ST_OK ? note_reply_to(a) : st;
}
