/* Verbs that set the status, and the answer that closing sends. */
#include "act/change.h"

#include "act/assign.h"

#include "act/reply.h"
#include "base/text.h"
#include "base/tongue.h"
#include "decide/times.h"
#include "tables/tickets.h"

static const struct account *status_account(const struct change *c)
{
	g_autofree char *detail = NULL;

	return c->ticket.account ? settings_account(c->by->settings, c->ticket.account, &detail)
				 : NULL;
}

/* What was dragged by mistake can be dragged back. */
enum { UNDO_SECONDS = 60 };

static enum status answer_closed(struct change *c)
{
	const struct reply_context context = change_mail_context(c);
	const struct answer_request request = { .ticket = &c->ticket,
		.account = status_account(c),
		.answer = ANSWER_CLOSED,
		.not_before = c->by->hasty ? c->by->actor.now + UNDO_SECONDS * TEXT_SECOND : 0 };
	enum answer_fate fate;
	enum status st;

	if (!request.account)
		return ST_OK;
	st = reply_automatic(&context, &request, &fate, c->err);
	return st == ST_OK ? tickets_save(c->txn, &c->ticket, c->err) : st;
}

static void status_say_until(struct change *c, int status)
{
	g_autofree char *until = commander_time(c->by, c->ticket.wait_until);

	g_string_append_printf(c->done, _("#%" PRIu64 " %s until %s"), c->ticket.number,
		ticket_status_names[status], until);
}

/* For filters that learn from people. */
static enum status status_tell_filters(struct change *c, int before)
{
	const struct event_note *note = before == TICKET_SPAM ? NOTE(EVENT_HAM) : NOTE(EVENT_SPAM);

	if (before == c->ticket.status ||
		(before != TICKET_SPAM && c->ticket.status != TICKET_SPAM))
		return ST_OK;
	return change_tell(c, note);
}

static enum status status_reopened(struct change *c)
{
	const struct reply_context context = change_mail_context(c);
	enum status st = assign_reopened(&context, &c->ticket, c->err);

	if (st == ST_OK)
		st = times_keep(c->txn, c->by->settings, &c->ticket, c->by->actor.now, c->err);
	return st == ST_OK ? tickets_save(c->txn, &c->ticket, c->err) : st;
}

static enum status status_set(struct change *c, int status, int64_t wait_until)
{
	struct ticket *t = &c->ticket;
	int before = t->status;
	g_autofree char *until = text_rfc3339(wait_until);
	enum status st = ST_OK;

	if (before == status && t->wait_until == wait_until)
		return change_unchanged(c, ticket_status_names[status]);
	if (before == TICKET_CLOSED)
		st = reply_lapse(c->txn, t, c->by->actor.now, c->err);
	if (st != ST_OK)
		return st;
	t->status = status;
	t->wait_until = wait_until;
	t->closed = status == TICKET_CLOSED ? MAX(c->by->actor.now, t->opened) : 0;
	st = change_save(c,
		NOTE(EVENT_STATUS, .from = ticket_status_names[before],
			.to = ticket_status_names[status], .text = until));
	if (st == ST_OK)
		st = status_tell_filters(c, before);
	if (st == ST_OK && !ticket_status_active(before) && ticket_status_active(status))
		st = status_reopened(c);
	if (st == ST_OK && status == TICKET_CLOSED && before != TICKET_SPAM)
		st = answer_closed(c);
	if (until)
		status_say_until(c, status);
	else
		change_say(c, ticket_status_names[status]);
	return st;
}

enum status apply_status(struct change *c)
{
	return status_set(c, c->command->value, 0);
}

enum status apply_close(struct change *c)
{
	return status_set(c, TICKET_CLOSED, 0);
}

enum status apply_spam(struct change *c)
{
	return status_set(c, TICKET_SPAM, 0);
}

enum status apply_reopen(struct change *c)
{
	bool open = ticket_status_active(c->ticket.status) && c->ticket.status != TICKET_WAITING;

	return open ? change_unchanged(c, ticket_status_names[c->ticket.status])
		    : status_set(c, TICKET_OPEN, 0);
}

enum status apply_wait(struct change *c)
{
	int64_t when;
	enum status st = change_when(c, &when);

	return st == ST_OK ? status_set(c, TICKET_WAITING, when) : st;
}

/* --- reminders --- */

static enum status remind_never(struct change *c)
{
	g_autofree char *before = text_rfc3339(c->ticket.remind_at);

	if (!c->ticket.remind_at)
		return change_unchanged(c, _("without a reminder"));
	c->ticket.remind_at = 0;
	change_say(c, _("without a reminder"));
	return change_save(c, NOTE(EVENT_REMIND, .from = before));
}

enum status apply_remind(struct change *c)
{
	int64_t when;
	enum status st = change_when(c, &when);
	g_autofree char *until = NULL, *shown = NULL, *what = NULL;

	if (st != ST_OK)
		return st;
	if (!when)
		return remind_never(c);
	/* A whole second, as people read it; never early. */
	when += (TEXT_SECOND - when % TEXT_SECOND) % TEXT_SECOND;
	until = text_rfc3339_exact(when);
	shown = commander_time(c->by, when);
	what = g_strdup_printf(_("reminder at %s"), shown);
	c->ticket.remind_at = when;
	change_say(c, what);
	return change_save(c, NOTE(EVENT_REMIND, .to = until, .text = c->command->text));
}
