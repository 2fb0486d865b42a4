/* Mail from outside: a follow-up or a new ticket. What each kind of automatic mail may do is one
 * table. */
#include "act/intake-work.h"

#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "base/why.h"
#include "mail/forwarded.h"
#include "tables/outbox.h"

/* What becomes of unthreaded mail of a kind. */
enum unthreaded { OPENS_WITH_ANSWER, OPENS, OPENS_AS_SPAM, ASKS_POLICY };

/* clang-format off */
/* PRODUCT section 6, a row a kind. Which of them reopen a ticket: automatic_moves(). */
static const struct manner {
	enum event_kind event;		/* when it is threaded */
	enum direction direction;
	enum unthreaded unthreaded;
} manners[] = {
	[AUTO_NONE] = { EVENT_FOLLOWUP, DIRECTION_IN, OPENS_WITH_ANSWER },
	[AUTO_BOUNCE] = { EVENT_BOUNCE, DIRECTION_BOUNCE, ASKS_POLICY },
	[AUTO_DELAYED] = { EVENT_AUTO, DIRECTION_AUTO, ASKS_POLICY },
	[AUTO_RECEIPT] = { EVENT_AUTO, DIRECTION_AUTO, ASKS_POLICY },
	[AUTO_VACATION] = { EVENT_AUTO, DIRECTION_AUTO, ASKS_POLICY },
	[AUTO_LIST] = { EVENT_FOLLOWUP, DIRECTION_IN, OPENS },
	[AUTO_GENERATED] = { EVENT_FOLLOWUP, DIRECTION_IN, OPENS },
	[AUTO_SPAM] = { EVENT_AUTO, DIRECTION_AUTO, OPENS_AS_SPAM },
	[AUTO_OWN] = { EVENT_AUTO, DIRECTION_AUTO, OPENS },
	[AUTO_REACTION] = { EVENT_AUTO, DIRECTION_AUTO, OPENS },
	[AUTO_SUSPECTED] = { EVENT_FOLLOWUP, DIRECTION_IN, OPENS },
};
/* clang-format on */

static const struct manner *manner_of(const struct work *w)
{
	return &manners[w->outcome->automatic];
}

/* SPF fails for whatever is forwarded; a signature of the author's house says more. */
static bool inbound_is_forged(const struct work *w)
{
	const struct auth_results *auth = &w->auth;

	if (w->settings->policy.answer_failed_auth)
		return false;
	return auth->dmarc_fail || (auth->spf_fail && !auth->dkim_pass);
}

static enum status inbound_answer(struct work *w, enum answer which)
{
	const struct reply_context context = work_reply_context(w);
	const struct answerable mail = { .message = w->message,
		.kind = w->outcome->automatic,
		.sender = w->envelope->sender,
		.requester = work_requester(w),
		.vouched = w->auth.dmarc_pass || w->auth.dkim_author,
		.forged = inbound_is_forged(w),
		.joins = w->joins };
	const struct answer_request request = { &w->match.ticket, work_account(w), which, &mail,
		w->why };
	enum answer_fate fate = ANSWER_NONE;
	enum status st;

	if (w->arrival->import || w->is_agent)
		return ST_OK;
	st = reply_automatic(&context, &request, &fate, w->err);
	w->outcome->queued |= fate == ANSWER_QUEUED;
	w->outcome->over_hour |= fate == ANSWER_OVER_HOUR;
	return st;
}

/* --- follow-ups --- */

/* The customer has spoken: it is the desk's turn again. Says whether that reopened the ticket. */
static bool inbound_wake(struct work *w)
{
	struct ticket *t = &w->match.ticket;
	const struct account *account = work_account(w);
	bool was_closed = t->status == TICKET_CLOSED;

	if (was_closed && account && account->close_on_arrival)
		return false;
	if (t->status == TICKET_WAITING || was_closed) {
		t->status = TICKET_OPEN;
		t->wait_until = 0;
		t->closed = 0;
	}
	/* Only a person's own mail tells that they can be reached. */
	if (w->outcome->automatic == AUTO_NONE)
		t->undelivered = false;
	return was_closed;
}

static enum status status_event(struct work *w, int before)
{
	const struct actor actor = work_actor(w);
	int after = w->match.ticket.status;

	if (before == after)
		return ST_OK;
	return history_add(w->txn, w->match.ticket.number, &actor,
		NOTE(EVENT_STATUS, .from = ticket_status_names[before],
			.to = ticket_status_names[after]),
		w->err);
}

/* Who wants the answer, not who wrote: the ticket's title and token would go to them. */
static bool takes_part_already(struct work *w)
{
	const struct mailbox *requester = work_requester(w);

	return requester && ticket_has_person(&w->match.ticket, requester->address);
}

static enum status follow_up_by_person(struct work *w)
{
	int before = w->match.ticket.status;
	enum event_kind event = inbound_wake(w) ? EVENT_REOPENED : EVENT_FOLLOWUP;
	enum status st;

	w->joins = !takes_part_already(w);
	work_add_participants(w);
	work_watch_queues(w);
	st = work_append(w, DIRECTION_IN, NOTE(event));
	if (st == ST_OK)
		st = status_event(w, before);
	return st == ST_OK ? inbound_answer(w, ANSWER_FOLLOWUP) : st;
}

/* --- bounces --- */

/* "5.1.1 smtp; 550 no such user (passed on to b@c)"; "" if nothing is known. Owned. */
static char *inbound_diagnosis(const struct report_recipient *r)
{
	GString *out = g_string_new(r->status);

	if (r->diagnostic)
		g_string_append_printf(out, "%s%s", out->len ? " " : "", r->diagnostic);
	if (r->last)
		g_string_append_printf(out, "%s(passed on to %s)", out->len ? " " : "", r->last);
	return g_string_free(out, FALSE);
}

/* Who never took part has no notice of their own: whoever forges bounces has names without end. */
static enum status is_new_today(struct work *w, const struct report_recipient *r, bool *new_out)
{
	const struct ticket *t = &w->match.ticket;
	const char *name = r->address && text_list_has(t->participants, r->address) ? r->address
										    : "";

	return outbox_tell_once(w->txn, t->number, name, w->now, new_out, w->err);
}

/* What the agent has not been told today; "" if they know it all. Owned. */
static enum status list_news(struct work *w, const struct report *report, char **text_out)
{
	GString *out = g_string_new(NULL);
	enum status st = ST_OK;

	for (size_t i = 0; i < report->n && st == ST_OK; i++) {
		const struct report_recipient *r = &report->recipients[i];
		g_autofree char *why = inbound_diagnosis(r);
		bool is_new = false;

		st = is_new_today(w, r, &is_new);
		if (is_new)
			g_string_append_printf(out, "  %s\n    %s\n",
				r->address ? r->address : "a recipient", why);
	}
	*text_out = g_string_free(out, FALSE);
	return st;
}

/* The agent hears of a failed delivery, whatever the account's way of delivering: once a day, and
 * without the mails. */
static enum status tell_agent_of_bounce(struct work *w, const struct report *report)
{
	const struct reply_context context = work_reply_context(w);
	g_autofree char *address = NULL, *news = NULL, *text = NULL;
	enum status st = w->arrival->import ? ST_OK : work_agent_address(w, &address);

	if (st != ST_OK || !address)
		return st;
	st = list_news(w, report, &news);
	if (st != ST_OK || !*news)
		return st;
	text = g_strdup_printf(
		_("Mail of this ticket could not be delivered to\n\n%s\n"
		  "What else of it fails today is recorded, and you hear of it tomorrow.\n"),
		news);
	w->outcome->queued = true;
	return reply_notice(&context, &w->match.ticket, address, text, w->err);
}

/* An event for each address, so that none is overlooked. */
static enum status record_others(struct work *w, const struct report *report)
{
	const struct actor actor = work_actor(w);
	enum status st = ST_OK;

	for (size_t i = 1; i < report->n && st == ST_OK; i++) {
		g_autofree char *why = inbound_diagnosis(&report->recipients[i]);

		st = history_add(w->txn, w->match.ticket.number, &actor,
			NOTE(EVENT_BOUNCE, .to = report->recipients[i].address, .text = why),
			w->err);
	}
	return st;
}

static enum status follow_up_by_bounce(struct work *w)
{
	static const struct report_recipient nobody;
	const struct report *report = message_report(w->message);
	const struct report_recipient *first = report->n ? report->recipients : &nobody;
	g_autofree char *why = inbound_diagnosis(first);
	enum status st;

	w->match.ticket.undelivered = true;
	st = work_append(w, DIRECTION_BOUNCE,
		NOTE(EVENT_BOUNCE, .to = first->address, .text = *why ? why : NULL));
	if (st == ST_OK)
		st = record_others(w, report);
	return st == ST_OK ? tell_agent_of_bounce(w, report) : st;
}

static enum status follow_up(struct work *w)
{
	const struct manner *manner = manner_of(w);

	if (manner->direction == DIRECTION_BOUNCE)
		return follow_up_by_bounce(w);
	if (automatic_moves(w->outcome->automatic))
		return follow_up_by_person(w);
	return work_append(w, manner->direction, NOTE(manner->event, .text = w->outcome->reason));
}

/* --- new tickets --- */

static int first_status(const struct work *w)
{
	const struct account *account = recipients_account(&w->recipients);

	if (manner_of(w)->unthreaded == OPENS_AS_SPAM)
		return TICKET_SPAM;
	return account->close_on_arrival ? TICKET_CLOSED : TICKET_NEW;
}

static enum status answer_opening(struct work *w, const struct rules_result *rules)
{
	if (rules->autoresponse && manner_of(w)->unthreaded == OPENS_WITH_ANSWER)
		return inbound_answer(w, w->match.late ? ANSWER_LATE : ANSWER_OPENED);
	why_add(w->why, _("no automatic answer: %s"),
		rules->autoresponse ? _(w->outcome->reason) : _("a rule says so"));
	reply_forgo(&w->match.ticket);
	return ST_OK;
}

/* A colleague's forward is the ticket of whose mail it is. One that was passed on as it came has
 * its author in From, and in its text what that author likes. */
static const struct mailbox *inbound_requester_of(struct work *w, struct mailbox *spare)
{
	if (!w->is_agent || !commands_wrote_it(w) || !forwarded_author(w->message, spare))
		return work_requester(w);
	if (settings_is_desk(w->settings, spare->address) || is_agent_address(spare->address, w))
		return work_requester(w);
	why_add(w->why, _("the agent passes on the mail of %s"), spare->address);
	return spare;
}

static enum status open_for(
	struct work *w, const struct rules_result *rules, const struct mailbox *requester)
{
	enum status st = work_open_ticket(w, requester, rules, first_status(w));

	if (st == ST_OK)
		st = work_append(w, DIRECTION_IN,
			NOTE(EVENT_OPENED, .to = w->match.ticket.queue,
				.text = rules->names->len ? rules->names->str : NULL));
	if (st == ST_OK)
		st = work_tell_assigned(w);
	return st == ST_OK ? answer_opening(w, rules) : st;
}

/* What an agent says at the top of the mail that opens a ticket is done to it. */
static enum status open_by_agent(struct work *w, const struct rules_result *rules)
{
	g_autofree char *text = message_own_text(w->message);
	struct mailbox spare = { .name = NULL };
	enum status st = commands_find(w, text);

	if (st == ST_OK)
		st = open_for(w, rules, inbound_requester_of(w, &spare));
	if (st == ST_OK)
		st = commands_run(w, text);
	mailbox_release(&spare);
	return st;
}

static enum status open_by(struct work *w, const struct rules_result *rules)
{
	if (w->is_agent && !w->arrival->import && w->automatic == AUTO_NONE)
		return open_by_agent(w, rules);
	return open_for(w, rules, work_requester(w));
}

static enum status open_new(struct work *w)
{
	struct rules_result rules;
	enum status st;

	if (manner_of(w)->unthreaded == ASKS_POLICY &&
		w->settings->policy.auto_replies == AUTO_IGNORE) {
		why_add(w->why, _("policy.auto_replies = \"ignore\": such mail opens no ticket"));
		return work_leave_alone(w, w->outcome->reason);
	}
	rules_apply(w->settings, w->message, w->envelope, w->subject.plain, &rules);
	if (rules.names->len)
		why_add(w->why, _("rules that match: %s"), rules.names->str);
	st = rules.ignore ? work_leave_alone(w, "rule") : open_by(w, &rules);
	rules_result_release(&rules);
	return st;
}

/* A From proves nothing. That it names an agent is worth telling those who read the mail. */
static enum status note_claim(struct work *w)
{
	const struct actor actor = work_actor(w);

	if (!w->claimed || w->outcome->left_alone)
		return ST_OK;
	return history_add(w->txn, w->match.ticket.number, &actor,
		NOTE(EVENT_UNVERIFIED, .to = w->claimed,
			.text = "From is an agent's address, and nobody vouches for it"),
		w->err);
}

static bool same_domain(const char *a, const char *b)
{
	return strcmp(strrchr(a, '@'), strrchr(b, '@')) == 0;
}

/* Who answers at a desk sees no more of the Reply-To than its token. That it leads to another
 * domain than the author's is worth telling, as nobody vouches for that. */
static enum status note_reply_to(struct work *w)
{
	const struct mailbox *wanted = work_requester(w);
	const struct account *account = work_account(w);
	struct mailboxes from = message_from(w->message);
	const struct actor actor = work_actor(w);

	if (w->outcome->left_alone || w->entry.direction != DIRECTION_IN || !wanted || !from.n)
		return ST_OK;
	if (!account || account->reply_to != REPLY_TO_DESK)
		return ST_OK;
	if (!mailboxes_have(message_reply_to(w->message), wanted->address) ||
		same_domain(wanted->address, from.v[0].address))
		return ST_OK;
	return history_add(w->txn, w->match.ticket.number, &actor,
		NOTE(EVENT_UNVERIFIED, .from = from.v[0].address, .to = wanted->address,
			.text = "Reply-To is at another domain than From"),
		w->err);
}

enum status inbound(struct work *w)
{
	enum status st = w->match.ticket.number ? follow_up(w) : open_new(w);

	if (st == ST_OK)
		st = note_claim(w);
	return st == ST_OK ? note_reply_to(w) : st;
}
