/* Tickets that have waited long enough. */
#include "keep/due-work.h"

#include "tables/history.h"
#include "tables/tickets.h"

enum status due_wake(struct due_work *w)
{
	const struct actor actor = { "milticket", w->now };
	struct ticket *t = &w->ticket;
	int before = t->status;
	enum status st;

	t->wait_until = 0;
	ticket_touch(t, w->now, false);
	if (before == TICKET_WAITING || before == TICKET_INTERNAL)
		t->status = TICKET_OPEN;
	st = tickets_save(w->txn, t, w->err);
	if (st != ST_OK)
		return st;
	return history_add(w->txn, t->number, &actor,
		NOTE(EVENT_WAKE, .from = ticket_status_names[before],
			.to = ticket_status_names[t->status]),
		w->err);
}
