/* See promise.h. */
#include "decide/promise.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "tables/history.h"
#include "tables/queues.h"

/* --- numbers in a record --- */

static void runs_add(struct ticket *t, int64_t when)
{
	struct numbers *runs = &t->runs;
	uint64_t least = runs->n ? runs->v[runs->n - 1] + 1 : 1;

	/* They only grow, whatever the clock does. */
	runs->v = g_renew(uint64_t, runs->v, runs->n + 1);
	runs->v[runs->n++] = MAX(least, (uint64_t)MAX(when, 1));
}

/* The oldest pause is forgotten, and the time before it moved up to what came after. */
static void runs_shorten(struct ticket *t)
{
	struct numbers *runs = &t->runs;

	if (runs->n <= LIMIT_RUNS)
		return;
	runs->v[2] -= runs->v[1] - runs->v[0];
	memmove(runs->v, runs->v + 2, (runs->n - 2) * sizeof *runs->v);
	runs->n -= 2;
}

static bool is_running(const struct ticket *t)
{
	return t->runs.n % 2 == 1;
}

static void kept_count(struct ticket *t, enum kept_place place)
{
	struct numbers *kept = &t->kept;

	if (!kept->n) {
		kept->v = g_new0(uint64_t, KEPT_PLACES);
		kept->n = KEPT_PLACES;
	}
	if (kept->n == KEPT_PLACES)
		kept->v[place]++;
}

static void numbers_clear(struct numbers *numbers)
{
	g_clear_pointer(&numbers->v, g_free);
	numbers->n = 0;
}

/* --- facts --- */

static const struct promise_deadline promise_shapes[PROMISE_DEADLINES] = {
	{ .kind = OVERDUE_RESPOND,
		.warned = TOLD_RESPOND_WARNED,
		.missed = TOLD_RESPOND_MISSED,
		.when_kept = KEPT_RESPOND,
		.when_missed = KEPT_RESPOND_MISSED },
	{ .kind = OVERDUE_RESOLVE,
		.warned = TOLD_RESOLVE_WARNED,
		.missed = TOLD_RESOLVE_MISSED,
		.when_kept = KEPT_RESOLVE,
		.when_missed = KEPT_RESOLVE_MISSED },
};

void promise_miss(struct ticket *t, const struct promise_deadline *d)
{
	kept_count(t, d->when_missed);
	t->told |= d->missed | d->warned;
}

/* It is met, or given up as the ticket is closed. True: too late, and nobody knows. */
static bool promise_meet(
	struct ticket *t, const struct promise_deadline *d, int64_t by, int64_t now)
{
	bool open = by && !(t->told & d->missed) && t->status != TICKET_SPAM && !t->merged_into;
	bool late = open && now > by;

	if (open)
		kept_count(t, late ? d->when_missed : d->when_kept);
	t->told &= ~(d->warned | d->missed);
	return late;
}

static bool is_worked_on(const struct ticket *t)
{
	return ticket_status_active(t->status) && !t->merged_into;
}

/* Written to first: their answer is what we wait for, not they for ours. */
static bool is_opened_inside(const struct ticket *t)
{
	return t->first_response && t->first_response <= t->opened;
}

static int64_t owed_now(const struct ticket *t, int64_t now, bool anew)
{
	if (is_opened_inside(t) || t->last_in <= t->last_out)
		return 0;
	if (t->owed_since > t->last_out && !anew)
		return t->owed_since;
	if (anew)
		return now;
	return t->first_response || !t->opened ? t->last_in : t->opened;
}

static bool follow_answers(struct ticket *t, int64_t now, bool anew)
{
	int64_t owed = is_worked_on(t) ? owed_now(t, now, anew) : 0;
	/* What was owed until now was met by an answer, or by the end. */
	int64_t met = t->last_out > t->owed_since ? t->last_out : now;
	bool late = false;

	if (t->owed_since && owed != t->owed_since)
		late = promise_meet(t, &promise_shapes[0], t->respond_by, MIN(met, now));
	t->owed_since = owed;
	return late;
}

static bool follow_end(struct ticket *t, int64_t now)
{
	bool late;

	if (t->told & TOLD_ENDED)
		return false;
	if (is_running(t))
		runs_add(t, now);
	late = promise_meet(t, &promise_shapes[1], t->resolve_by, now);
	t->told = TOLD_ENDED;
	return late;
}

/* New, opened again, or never looked at before. */
static void follow_begin(struct ticket *t, int64_t now, bool anew)
{
	bool runs = t->status != TICKET_WAITING;

	if (t->runs.n)
		return;
	runs_add(t, anew || !t->opened ? now : t->opened);
	if (!runs)
		runs_add(t, 0);
}

static void follow_work(struct ticket *t, int64_t now)
{
	if (is_running(t) != (t->status != TICKET_WAITING))
		runs_add(t, now);
	runs_shorten(t);
}

unsigned promise_follow(struct ticket *t, int64_t now)
{
	bool anew = is_worked_on(t) && t->told & TOLD_ENDED;
	unsigned late;

	if (anew) {
		t->told = 0;
		numbers_clear(&t->runs);
	}
	late = (unsigned)follow_answers(t, now, anew) << OVERDUE_RESPOND;
	if (!is_worked_on(t))
		return late | (unsigned)follow_end(t, now) << OVERDUE_RESOLVE;
	follow_begin(t, now, anew);
	follow_work(t, now);
	return late;
}

void promise_forget(struct ticket *t)
{
	numbers_clear(&t->runs);
	numbers_clear(&t->kept);
	g_clear_pointer(&t->sla, g_free);
	t->respond_by = t->resolve_by = t->owed_since = t->sla_due = t->remind_at = 0;
	t->overdue = OVERDUE_NOT;
	t->told = 0;
}

/* --- deadlines --- */

static struct duration promise_part(const struct duration *whole, int64_t percent)
{
	struct duration part = *whole;

	part.amount = whole->amount / 100 * percent;
	return part;
}

static int64_t or_never(int64_t when)
{
	return when == INT64_MAX ? 0 : when;
}

/* When so much of the time in which work could go on has gone; 0: not as long as it waits. */
static int64_t runs_end(
	const struct ticket *t, const struct duration *whole, const struct calendar *calendar)
{
	struct duration left = *whole;
	const struct numbers *runs = &t->runs;
	size_t i;

	for (i = 0; i + 1 < runs->n; i += 2) {
		int64_t from = (int64_t)runs->v[i], to = (int64_t)runs->v[i + 1];
		int64_t gone = duration_between(left.kind, calendar, from, to);

		if (gone >= left.amount)
			return duration_end(&left, calendar, from);
		left.amount -= gone;
	}
	return i < runs->n ? or_never(duration_end(&left, calendar, (int64_t)runs->v[i])) : 0;
}

static int64_t end_of(const struct ticket *t, const struct promise *p, enum overdue kind,
	const struct duration *whole)
{
	if (kind == OVERDUE_RESOLVE)
		return runs_end(t, whole, p->calendar);
	return t->owed_since ? or_never(duration_end(whole, p->calendar, t->owed_since)) : 0;
}

static const struct duration *promise_length(
	const struct ticket *t, const struct sla *sla, enum overdue kind)
{
	if (kind == OVERDUE_RESOLVE)
		return &sla->solution;
	return t->first_response ? &sla->further : &sla->first;
}

void promise_deadlines(const struct ticket *t, const struct promise *p,
	struct promise_deadline deadlines_out[PROMISE_DEADLINES])
{
	memcpy(deadlines_out, promise_shapes, sizeof promise_shapes);
	for (size_t i = 0; p->sla && is_worked_on(t) && i < PROMISE_DEADLINES; i++) {
		struct promise_deadline *d = &deadlines_out[i];
		const struct duration *whole = promise_length(t, p->sla, d->kind);
		struct duration part = promise_part(whole, p->sla->warn_percent);

		if (whole->kind == DURATION_NONE)
			continue;
		d->by = end_of(t, p, d->kind, whole);
		if (d->by && p->sla->warn_percent)
			d->warn = end_of(t, p, d->kind, &part);
	}
}

static void due_sooner(int64_t *due, int64_t when)
{
	if (when && (!*due || when < *due))
		*due = when;
}

/* Its clock stands: there is no deadline, and will be one. */
static bool stands_still(const struct ticket *t, const struct promise_deadline *d)
{
	return d->kind == OVERDUE_RESOLVE && !is_running(t) && is_worked_on(t);
}

/* One that moved is told of again, as far as it is still to come. */
static void plan_deadline(
	struct ticket *t, const struct promise_deadline *d, int64_t *by, int64_t now)
{
	bool gone = !d->by && !stands_still(t, d);

	if (*by != d->by && (gone || d->by > now))
		t->told &= ~d->missed;
	if (*by != d->by && (gone || d->warn > now))
		t->told &= ~d->warned;
	*by = d->by;
	if (!(t->told & d->missed))
		due_sooner(&t->sla_due, d->by);
	if (!(t->told & d->warned))
		due_sooner(&t->sla_due, d->warn);
}

void promise_plan(struct ticket *t, const struct promise *promise, int64_t now)
{
	struct promise_deadline d[PROMISE_DEADLINES];
	const char *name = promise->sla && is_worked_on(t) ? promise->sla->name : NULL;

	promise_deadlines(t, promise, d);
	t->sla_due = 0;
	plan_deadline(t, &d[0], &t->respond_by, now);
	plan_deadline(t, &d[1], &t->resolve_by, now);
	t->overdue = OVERDUE_NOT;
	if (t->told & TOLD_RESOLVE_MISSED)
		t->overdue = OVERDUE_RESOLVE;
	if (t->told & TOLD_RESPOND_MISSED)
		t->overdue = OVERDUE_RESPOND;
	/* Of one that is closed, stats want to know what was promised. */
	if (!name && !is_worked_on(t))
		return;
	g_free(t->sla);
	t->sla = g_strdup(name);
}

/* --- in a transaction --- */

static const struct sla *sla_of(
	const struct settings *settings, const struct ticket *t, int64_t now)
{
	const struct query_asking asking = { .ticket = t, .now = now };

	for (guint i = 0; i < settings->slas->len; i++) {
		const struct sla *sla = settings->slas->pdata[i];

		if (!sla->condition || query_ask(sla->condition, &asking) == QUERY_YES)
			return sla;
	}
	return NULL;
}

enum status promise_find(struct txn *txn, const struct settings *settings,
	const struct ticket *ticket, int64_t now, struct promise *promise_out, struct error *err)
{
	struct queue queue = { 0 };
	enum status st = ST_OK;

	*promise_out = (struct promise){ .sla = sla_of(settings, ticket, now) };
	if (!promise_out->sla)
		return ST_OK;
	promise_out->calendar = settings_calendar(settings, promise_out->sla->calendar);
	if (promise_out->calendar)
		return ST_OK;
	st = queues_load(txn, text_or_none(ticket->queue), &queue, err);
	promise_out->calendar = settings_calendar(settings, queue.calendar);
	record_release(&queue_type, &queue);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

char *promise_actor(const struct ticket *ticket)
{
	return g_strconcat(PROMISE_ACTOR, text_or_none(ticket->sla), NULL);
}

/* Nobody was there to notice before. */
static enum status promise_tell_late(struct txn *txn, const struct ticket *t, enum overdue kind,
	int64_t by, int64_t now, struct error *err)
{
	g_autofree char *name = promise_actor(t), *until = text_rfc3339(by);
	const struct actor actor = { name, now };

	return history_add(txn, t->number, &actor,
		NOTE(EVENT_OVERDUE, .to = overdue_names[kind], .text = until), err);
}

enum status promise_keep(struct txn *txn, const struct settings *settings, struct ticket *t,
	int64_t now, struct error *err)
{
	const int64_t respond_by = t->respond_by, resolve_by = t->resolve_by;
	struct promise promise;
	unsigned late;
	enum status st;

	if (!settings->slas->len && !t->sla && !t->sla_due)
		return ST_OK;
	late = promise_follow(t, now);
	st = promise_find(txn, settings, t, now, &promise, err);
	if (st == ST_OK && late & 1U << OVERDUE_RESPOND)
		st = promise_tell_late(txn, t, OVERDUE_RESPOND, respond_by, now, err);
	if (st == ST_OK && late & 1U << OVERDUE_RESOLVE)
		st = promise_tell_late(txn, t, OVERDUE_RESOLVE, resolve_by, now, err);
	if (st == ST_OK)
		promise_plan(t, &promise, now);
	return st;
}
