/* Tickets that have waited long enough. */
#include "act/notice.h"
#include "base/tongue.h"
#include "decide/times.h"
#include "keep/due-work.h"
#include "tables/history.h"
#include "tables/tickets.h"

static enum status wake_tell(struct due_work *w, int before)
{
	const struct reply_context context = due_mail_context(w);
	const struct notice notice = { .lead = _("This ticket has waited long enough.") };
	enum status st = history_add(w->txn, w->ticket.number, &context.actor,
		NOTE(EVENT_WAKE, .from = ticket_status_names[before],
			.to = ticket_status_names[w->ticket.status]),
		w->err);

	return st == ST_OK && ticket_status_active(w->ticket.status)
		? notice_send(&context, &w->ticket, &notice, w->err)
		: st;
}

enum status due_wake(struct due_work *w)
{
	struct ticket *t = &w->ticket;
	int before = t->status;
	enum status st;

	t->wait_until = 0;
	ticket_touch(t, w->now, false);
	if (before == TICKET_WAITING || before == TICKET_INTERNAL)
		t->status = TICKET_OPEN;
	st = times_keep(w->txn, w->settings, t, w->now, w->err);
	if (st == ST_OK)
		st = tickets_save(w->txn, t, w->err);
	return st == ST_OK ? wake_tell(w, before) : st;
}
