/* Promises whose deadline comes near, or has passed. */
#include "act/notice.h"
#include "base/text.h"
#include "base/tongue.h"
#include "decide/automating.h"
#include "decide/promise.h"
#include "keep/due-work.h"
#include "tables/history.h"
#include "tables/tickets.h"

/* Static, in the reader's language. */
static const char *sla_lead(const struct promise_deadline *d, bool missed)
{
	if (d->kind == OVERDUE_RESPOND)
		return missed ? _("An answer to this ticket was promised by")
			      : _("An answer to this ticket is promised by");
	return missed ? _("This ticket was promised to be solved by")
		      : _("This ticket is promised to be solved by");
}

static enum status sla_tell(struct due_work *w, const struct promise_deadline *d, bool missed)
{
	const struct reply_context context = due_mail_context(w);
	g_autofree char *name = promise_actor(&w->ticket), *until = text_rfc3339(d->by);
	const struct actor actor = { name, w->now };
	const struct notice notice = { .lead = sla_lead(d, missed), .when = d->by };
	enum status st = history_add(w->txn, w->ticket.number, &actor,
		NOTE(missed ? EVENT_OVERDUE : EVENT_SLA_WARNED, .to = overdue_names[d->kind],
			.text = until),
		w->err);

	return st == ST_OK ? notice_send(&context, &w->ticket, &notice, w->err) : st;
}

static enum status sla_look(struct due_work *w, const struct promise_deadline *d)
{
	struct ticket *t = &w->ticket;

	if (d->by && d->by <= w->now && !(t->told & d->missed)) {
		promise_miss(t, d);
		return sla_tell(w, d, true);
	}
	if (d->warn && d->warn <= w->now && !(t->told & d->warned)) {
		t->told |= d->warned;
		return sla_tell(w, d, false);
	}
	return ST_OK;
}

/* One may ask for is:overdue. What is due already stays in its place: another may be due after it
 * that ends its stay. */
static void sla_plan_automations(struct due_work *w)
{
	struct ticket *t = &w->ticket;
	int64_t before = t->automation_at;

	automating_plan(w->settings, t, w->now, false);
	if (before && before < t->automation_at)
		t->automation_at = before;
}

enum status due_sla(struct due_work *w)
{
	struct promise_deadline deadlines[PROMISE_DEADLINES];
	struct promise promise;
	enum status st = promise_find(w->txn, w->settings, &w->ticket, w->now, &promise, w->err);

	if (st != ST_OK)
		return st;
	/* The configuration may have changed since. */
	promise_plan(&w->ticket, &promise, w->now);
	promise_deadlines(&w->ticket, &promise, deadlines);
	for (size_t i = 0; i < PROMISE_DEADLINES && st == ST_OK; i++)
		st = sla_look(w, &deadlines[i]);
	promise_plan(&w->ticket, &promise, w->now);
	sla_plan_automations(w);
	return st == ST_OK ? tickets_save(w->txn, &w->ticket, w->err) : st;
}
