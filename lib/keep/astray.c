/* See astray.h. */
#include "keep/astray.h"

#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "decide/times.h"
#include "tables/history.h"
#include "tables/tickets.h"

#define ASTRAY_DAYS (INT64_C(2) * 86400 * TEXT_SECOND)
/* The clock went right again so long ago, at most, where the timers are alive: what has come since
 * is newer than what is mended. */
#define ASTRAY_SINCE (INT64_C(5) * TEXT_SECOND)
/* Clocks of hosts differ. */
#define ASTRAY_SLACK (INT64_C(300) * TEXT_SECOND)

enum { WRITTEN_AT_ONCE = 50, MENDED_AT_ONCE = 1000 };

struct astray {
	const struct settings *settings;
	int64_t now;
	int64_t first, last; /* changes that lie ahead */
	int64_t before;      /* the newest that does not; 0: there is none */
	struct numbers found;
	size_t at;
	unsigned count;
};

/* --- which --- */

static bool astray_is(const struct astray *a, int64_t time)
{
	return time > a->now + ASTRAY_DAYS;
}

static enum status astray_see(struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct astray *a = arg;

	(void)txn;
	(void)err;
	if (!astray_is(a, t->updated)) {
		a->before = t->updated;
		return ST_NOT_FOUND;
	}
	a->first = t->updated;
	a->last = MAX(a->last, t->updated);
	if (a->last - a->first > ASTRAY_DAYS)
		return ST_NOT_FOUND;
	/* Each is seen once: no need to look for it among the others. */
	a->found.v = g_renew(uint64_t, a->found.v, a->found.n + 1);
	a->found.v[a->found.n++] = t->number;
	return ST_OK;
}

static enum status astray_find(struct txn *txn, void *arg, struct error *err)
{
	const struct ticket_filter all = { .statuses = ~0U, .priority = -1, .merged = true };
	struct astray *a = arg;

	a->first = a->last = a->before = 0;
	a->found.n = 0;
	return tickets_list(txn, &all, astray_see, a, err);
}

static bool astray_is_plain(const struct astray *a)
{
	return a->found.n && a->before > a->now - ASTRAY_DAYS && a->before <= a->now + ASTRAY_SLACK;
}

/* --- one ticket --- */

/* What its messages and events tell. */
struct astray_story {
	const struct astray *astray;
	uint64_t in, out;    /* the last message of each kind; 0 */
	bool waits, reminds; /* that was said by the clock that was ahead */
};

static enum status astray_read_entry(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct astray_story *s = arg;

	(void)txn;
	(void)err;
	if (e->direction == DIRECTION_IN && e->match != MATCH_COPY)
		s->in = e->seq;
	else if (e->direction == DIRECTION_OUT)
		s->out = e->seq;
	return ST_OK;
}

static enum status astray_read_event(
	struct txn *txn, const struct event *e, void *arg, struct error *err)
{
	struct astray_story *s = arg;

	(void)txn;
	(void)err;
	if (e->kind == EVENT_STATUS)
		s->waits = astray_is(s->astray, e->time);
	else if (e->kind == EVENT_REMIND && e->to)
		s->reminds = astray_is(s->astray, e->time);
	return ST_OK;
}

/* The same time by a clock that goes right. */
static int64_t astray_mended(const struct astray *a, int64_t time)
{
	return MIN(a->now, astray_is(a, time) ? time - (a->last - a->now + ASTRAY_SINCE) : time);
}

/* They only grow. */
static void astray_mend_runs(const struct astray *a, struct numbers *runs)
{
	int64_t most = a->now;

	for (size_t i = runs->n; i-- > 0; most--) {
		most = MIN(most, astray_mended(a, (int64_t)runs->v[i]));
		runs->v[i] = (uint64_t)most;
	}
}

static void astray_mend_times(const struct astray *a, struct ticket *t)
{
	int64_t *const been[] = { &t->opened, &t->updated, &t->touched, &t->last_in, &t->last_out,
		&t->first_response, &t->closed, &t->owed_since, &t->automation_stopped };
	bool inside = t->first_response && t->first_response == t->opened;

	for (size_t i = 0; i < G_N_ELEMENTS(been); i++)
		*been[i] = astray_mended(a, *been[i]);
	astray_mend_runs(a, &t->runs);
	if (t->first_response && !inside)
		t->opened = MIN(t->opened, t->first_response - 1);
	if (t->closed)
		t->opened = MIN(t->opened, t->closed);
}

static void astray_mend_order(struct ticket *t, const struct astray_story *s)
{
	if (!t->last_in || !t->last_out)
		return;
	if (s->out > s->in)
		t->last_in = MIN(t->last_in, t->last_out);
	else
		t->last_out = MIN(t->last_out, t->last_in - 1);
}

static void astray_mend_waits(
	const struct astray *a, struct ticket *t, const struct astray_story *s)
{
	const int64_t ahead = a->last - a->now;

	if (s->waits && t->wait_until)
		t->wait_until -= ahead;
	if (s->reminds && t->remind_at)
		t->remind_at -= ahead;
}

static enum status astray_mend_ticket(
	struct txn *txn, const struct astray *a, struct ticket *t, struct error *err)
{
	struct astray_story story = { .astray = a };
	g_autofree char *was = text_rfc3339(t->updated);
	const struct actor actor = { PROGRAM_ACTOR, a->now };
	enum status st = tickets_each_entry(txn, t->number, astray_read_entry, &story, err);

	if (st == ST_OK)
		st = history_each(txn, t->number, 0, astray_read_event, &story, err);
	if (st != ST_OK)
		return st;
	astray_mend_waits(a, t, &story);
	astray_mend_times(a, t);
	astray_mend_order(t, &story);
	st = times_keep(txn, a->settings, t, a->now, err);
	if (st == ST_OK)
		st = tickets_save(txn, t, err);
	return st == ST_OK
		? history_add(txn, t->number, &actor,
			  NOTE(EVENT_REPAIRED, .from = was, .text = "the clock was ahead"), err)
		: st;
}

static enum status astray_mend_one(
	struct txn *txn, struct astray *a, uint64_t number, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, number, &t, err);

	if (st == ST_OK && astray_is(a, t.updated)) {
		st = astray_mend_ticket(txn, a, &t, err);
		a->count++;
	}
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- some --- */

/* The oldest first: `last` is the same for those of the next call. */
static enum status astray_mend_some(struct txn *txn, void *arg, struct error *err)
{
	struct astray *a = arg;
	enum status st = ST_OK;

	a->count = 0;
	for (size_t i = a->at; i < MIN(a->found.n, a->at + WRITTEN_AT_ONCE) && st == ST_OK; i++)
		st = astray_mend_one(txn, a, a->found.v[a->found.n - 1 - i], err);
	return st;
}

enum status astray_mend(struct store *store, const struct settings *settings, int64_t now,
	unsigned *count_out, struct error *err)
{
	struct astray a = { .settings = settings, .now = now };
	enum status st = store_read(store, astray_find, &a, err);
	size_t most = st == ST_OK && astray_is_plain(&a) ? MIN(a.found.n, MENDED_AT_ONCE) : 0;

	*count_out = 0;
	for (; st == ST_OK && a.at < most; a.at += WRITTEN_AT_ONCE) {
		st = store_write(store, astray_mend_some, &a, err);
		*count_out += st == ST_OK ? a.count : 0;
	}
	g_free(a.found.v);
	return st;
}
