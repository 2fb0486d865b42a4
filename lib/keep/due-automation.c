/* Automations whose condition may hold now. */
#include "act/automation.h"
#include "base/text.h"
#include "decide/automating.h"
#include "keep/due-work.h"
#include "tables/query-look.h"
#include "tables/tickets.h"

struct automating {
	struct due_work *work;
	struct query_look look;
	bool ran; /* something: the ticket is another than was looked at */
};

static enum status automating_holds(
	struct automating *m, const struct automation *a, bool timeless, bool *holds_out)
{
	m->look.timeless = timeless;
	return query_matches(a->condition, &m->look, &m->work->ticket, holds_out, m->work->err);
}

/* A stay that only the messages show to have ended. */
static enum status automating_look_at_stay(struct automating *m, const struct automation *a)
{
	bool lasts = true;
	enum status st = automating_holds(m, a, true, &lasts);

	if (st == ST_OK && !lasts)
		automating_unmark(a, &m->work->ticket);
	return st;
}

static enum status automating_do(struct automating *m, const struct automation *a)
{
	struct due_work *w = m->work;
	struct automation_work work = {
		.txn = w->txn,
		.settings = w->settings,
		.key = &w->key,
		.now = w->now,
		.ticket = &w->ticket,
		.err = w->err,
	};
	enum status st = automation_run(&work, a);

	m->ran = true;
	w->stopped |= work.stopped;
	return st;
}

static enum status automating_try(struct automating *m, const struct automation *a)
{
	bool holds = false;
	enum status st;

	if (automating_has_run(a, &m->work->ticket))
		return automating_look_at_stay(m, a);
	if (!automating_is_open(a, m->work->now))
		return ST_OK;
	st = automating_holds(m, a, false, &holds);
	return st == ST_OK && holds ? automating_do(m, a) : st;
}

/* In the order of the file, each seeing what those before it did. */
enum status due_automation(struct due_work *w)
{
	const GPtrArray *all = w->settings->automations;
	struct automating m = { .work = w };
	struct ticket *t = &w->ticket;
	enum status st = ST_OK;

	query_look_init(&m.look, w->txn, w->now);
	for (guint i = 0; i < all->len && st == ST_OK; i++)
		if (!t->merged_into && !automating_is_stopped(t))
			st = automating_try(&m, all->pdata[i]);
	query_look_release(&m.look);
	if (st != ST_OK)
		return st;
	automating_plan(w->settings, t, w->now, !m.ran);
	/* One that another has made due is looked at in a second, not in this one for ever. */
	if (t->automation_at && t->automation_at <= w->now)
		t->automation_at = w->now + TEXT_SECOND;
	return tickets_save(w->txn, t, w->err);
}
