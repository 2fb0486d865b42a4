/* Failed deliveries: what is recorded in the ticket, and what its agent is told. */
#include "act/attempt.h"

#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "tables/outbox.h"

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

/* There is no notice for each address that never took part: a forger of bounces has no end of
 * addresses. */
static enum status is_new_today(struct attempt *a, const struct report_recipient *r, bool *new_out)
{
	const struct ticket *t = &a->match.ticket;
	const char *name = r->address && text_list_has(t->participants, r->address) ? r->address
										    : "";

	return outbox_tell_once(a->txn, t->number, name, a->arrival->now, new_out, a->err);
}

/* What the agent has not been told today; "" if they know it all. Owned. */
static enum status list_news(struct attempt *a, const struct report *report, char **text_out)
{
	GString *out = g_string_new(NULL);
	enum status st = ST_OK;

	for (size_t i = 0; i < report->n && st == ST_OK; i++) {
		const struct report_recipient *r = &report->recipients[i];
		g_autofree char *why = inbound_diagnosis(r);
		bool is_new = false;

		st = is_new_today(a, r, &is_new);
		if (is_new)
			g_string_append_printf(out, "  %s\n    %s\n",
				r->address ? r->address : "a recipient", why);
	}
	*text_out = g_string_free(out, FALSE);
	return st;
}

/* The agent hears of a failed delivery, whatever the account's way of delivering: once a day, and
 * without the mails. */
static enum status tell_agent_of_bounce(struct attempt *a, const struct report *report)
{
	const struct reply_context context = attempt_reply_context(a);
	const char *agent = a->match.ticket.agent;
	g_autofree char *news = NULL, *text = NULL;
	enum status st;

	if (a->arrival->import || !agent ||
		(a->who.is_agent && strcmp(a->who.agent.login, agent) == 0))
		return ST_OK;
	st = list_news(a, report, &news);
	if (st != ST_OK || !*news)
		return st;
	text = g_strdup_printf(
		_("Mail of this ticket could not be delivered to\n\n%s\n"
		  "What else of it fails today is recorded, and you hear of it tomorrow.\n"),
		news);
	a->outcome->queued = true;
	return reply_notice_agent(&context, &a->match.ticket, text, a->err);
}

/* An event for each address, so that none is overlooked. */
static enum status record_others(struct attempt *a, const struct report *report)
{
	const struct actor actor = attempt_actor(a);
	enum status st = ST_OK;

	for (size_t i = 1; i < report->n && st == ST_OK; i++) {
		g_autofree char *why = inbound_diagnosis(&report->recipients[i]);

		st = history_add(a->txn, a->match.ticket.number, &actor,
			NOTE(EVENT_BOUNCE, .to = report->recipients[i].address, .text = why),
			a->err);
	}
	return st;
}

enum status follow_up_by_bounce(struct attempt *a)
{
	static const struct report_recipient nobody;
	const struct report *report = a->arrival->report;
	const struct report_recipient *first = report->n ? report->recipients : &nobody;
	g_autofree char *why = inbound_diagnosis(first);
	enum status st;

	a->match.ticket.undelivered = true;
	st = attempt_append(a, DIRECTION_BOUNCE,
		NOTE(EVENT_BOUNCE, .to = first->address, .text = *why ? why : NULL));
	if (st == ST_OK)
		st = record_others(a, report);
	return st == ST_OK ? tell_agent_of_bounce(a, report) : st;
}
