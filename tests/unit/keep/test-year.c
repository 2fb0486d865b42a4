/* A year of a desk, minute by minute, with a clock of its own: changes of summer time, holidays,
 * restarts, hours in which nothing runs, a clock that jumps. What is told is compared with what a
 * second book says that it must be: each deadline, wake and reminder once, never early, and late by
 * no more than a minute in which the timers ran. MILTICKET_YEAR_TICKETS: how many; 1,000. */
#include "keep/due.h"

#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/text.h"
#include "decide/promise.h"
#include "tables/history.h"
#include "../desk.h"

#define MINUTE (INT64_C(60) * TEXT_SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define BEGIN (INT64_C(1767225600) * TEXT_SECOND) /* 2026-01-01 in UTC */
#define YEAR (365 * DAY)

static const char conf[] =
	"calendars = ( { name = \"office\"; zone = \"Europe/Berlin\";\n"
	"  hours = ( \"Mon-Thu 08:00-12:00 13:00-17:00\", \"Fri 08:00-13:00\" );\n"
	"  holidays = ( \"01-01\", \"2026-04-03\", \"2026-04-06\", \"05-01\", \"12-24..12-26\" ); } );\n"
	"slas = ( { name = \"gold\"; calendar = \"office\"; respond = \"4bh\"; update = \"2bd\"; resolve = \"5bd\"; } );\n";

enum act { OPENED, CUSTOMER, ANSWER, INTERNAL, WAIT, CLOSE, REMIND, WOKEN, ACTS };

struct deed {
	int64_t time;
	unsigned ticket;
	enum act act;
	int64_t until; /* WAIT, REMIND, WOKEN */
};

/* The second book, of one ticket. */
struct page {
	int status;
	bool is_open, answered; /* ever */
	int64_t owed_since;
	bool respond_missed, respond_warned;
	int64_t runs_since; /* 0: its clock stands */
	int64_t spent;      /* µs of business days */
	bool resolve_missed, resolve_warned;
	int64_t wait_until, remind_at;
};

struct year {
	struct desk d;
	const struct calendar *office;
	GSequence *deeds; /* struct deed *, by time */
	struct page *pages;
	unsigned tickets;
	GHashTable *expected; /* set of "number kind what deadline" */
	int64_t tick;         /* the last one */
	int64_t quiet_until;  /* nothing runs until then */
	GRand *random;
};

/* --- what has to be told --- */

static void expect(
	struct year *y, unsigned ticket, const char *kind, const char *what, int64_t when)
{
	g_autofree char *time = text_rfc3339(when);
	char *line = g_strdup_printf("%u %s %s %s", ticket + 1, kind, what, time);

	g_assert_true(g_hash_table_add(y->expected, line));
}

/* Quiet times are known in advance: the first four hours of each tenth day. */
static bool is_quiet(int64_t when)
{
	return (when - BEGIN) / DAY % 10 == 3 && (when - BEGIN) % DAY < 4 * HOUR;
}

static int64_t next_tick(int64_t when)
{
	int64_t tick = BEGIN + (when - BEGIN + MINUTE - 1) / MINUTE * MINUTE;

	while (is_quiet(tick))
		tick += MINUTE;
	return tick;
}

/* One deadline, from when it was owed to when it was met. */
struct stretch_of {
	unsigned ticket;
	const char *what;
	int64_t by, warn, end;
	bool *warned, *missed;
};

static void expect_stretch(struct year *y, const struct stretch_of *s)
{
	if (!*s->warned && !*s->missed && next_tick(s->warn) < s->by &&
		next_tick(s->warn) <= s->end) {
		expect(y, s->ticket, "sla-warned", s->what, s->by);
		*s->warned = true;
	}
	if (!*s->missed && s->by < s->end) {
		expect(y, s->ticket, "overdue", s->what, s->by);
		*s->missed = *s->warned = true;
	}
}

static void owed_ends(struct year *y, unsigned n, int64_t end)
{
	struct page *p = &y->pages[n];
	enum business unit = p->answered ? BUSINESS_DAYS : BUSINESS_HOURS;
	int64_t whole = p->answered ? 2 * DAY : 4 * HOUR;

	if (!p->owed_since)
		return;
	expect_stretch(y,
		&(struct stretch_of){ .ticket = n,
			.what = "respond",
			.by = calendar_after(y->office, p->owed_since, whole, unit),
			.warn = calendar_after(y->office, p->owed_since, whole / 100 * 80, unit),
			.end = end,
			.warned = &p->respond_warned,
			.missed = &p->respond_missed });
	p->owed_since = 0;
	p->respond_warned = p->respond_missed = false;
}

static void run_ends(struct year *y, unsigned n, int64_t end)
{
	struct page *p = &y->pages[n];
	const int64_t whole = 5 * DAY, part = whole / 100 * 80;

	if (!p->runs_since)
		return;
	if (p->spent < whole)
		expect_stretch(y,
			&(struct stretch_of){ .ticket = n,
				.what = "resolve",
				.by = calendar_after(
					y->office, p->runs_since, whole - p->spent, BUSINESS_DAYS),
				.warn = p->spent >= part ? p->runs_since
							 : calendar_after(y->office, p->runs_since,
								   part - p->spent, BUSINESS_DAYS),
				.end = end,
				.warned = &p->resolve_warned,
				.missed = &p->resolve_missed });
	p->spent += calendar_between(y->office, p->runs_since, end, BUSINESS_DAYS);
	p->runs_since = 0;
}

/* --- what is done --- */

static gint deed_compare(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct deed *x = a, *y = b;

	(void)data;
	return x->time < y->time ? -1 : x->time > y->time;
}

static void plan_deed(struct year *y, const struct deed *deed)
{
	if (deed->time < BEGIN + YEAR - DAY)
		g_sequence_insert_sorted(
			y->deeds, g_memdup2(deed, sizeof *deed), deed_compare, NULL);
}

static int64_t some_time(struct year *y, double mean_hours)
{
	double r = g_rand_double(y->random), hours = 3 * mean_hours * r * r;

	/* Never at a full minute, so that no tick is at the same moment. */
	return (int64_t)(hours * 60) * MINUTE + 17 * TEXT_SECOND;
}

static void plan_year(struct year *y)
{
	for (unsigned n = 0; n < y->tickets; n++) {
		int64_t time = BEGIN +
			(int64_t)(g_rand_double(y->random) * 300 * 24 * 60) * MINUTE + n % 50 + 1;
		int deeds = g_rand_int_range(y->random, 2, 14);

		plan_deed(y, &(struct deed){ time, n, OPENED, 0 });
		for (int i = 0; i < deeds; i++) {
			enum act act = (enum act)g_rand_int_range(y->random, CUSTOMER, WOKEN);
			int64_t until;

			time += some_time(y, i % 3 ? 20 : 4);
			until = time + some_time(y, 60);
			plan_deed(y, &(struct deed){ time, n, act, until });
		}
	}
}

/* The second book. */
static void book(struct year *y, const struct deed *deed)
{
	struct page *p = &y->pages[deed->ticket];
	unsigned n = deed->ticket;
	int before = p->status;

	switch (deed->act) {
	case OPENED:
	case CUSTOMER:
		if (!p->is_open) {
			p->is_open = true;
			p->spent = 0;
			p->resolve_missed = p->resolve_warned = false;
			p->status = TICKET_OPEN;
		}
		if (before == TICKET_WAITING)
			p->status = TICKET_OPEN;
		if (before == TICKET_WAITING)
			p->wait_until = 0;
		if (!p->owed_since)
			p->owed_since = deed->time;
		break;
	case ANSWER:
		owed_ends(y, n, deed->time);
		p->answered = true;
		p->status = TICKET_WAITING;
		p->wait_until = 0;
		break;
	case INTERNAL:
		p->status = TICKET_INTERNAL;
		p->wait_until = 0;
		break;
	case WAIT:
		p->status = TICKET_WAITING;
		p->wait_until = deed->until;
		break;
	case CLOSE:
		owed_ends(y, n, deed->time);
		p->is_open = false;
		p->wait_until = 0;
		break;
	case REMIND:
		p->remind_at = deed->until;
		break;
	case WOKEN:
		p->status = TICKET_OPEN;
		p->wait_until = 0;
		break;
	case ACTS:
		break;
	}
	if (!p->is_open || p->status == TICKET_WAITING)
		run_ends(y, n, deed->time);
	else if (!p->runs_since)
		p->runs_since = deed->time;
}

struct doing {
	const struct year *y;
	const struct deed *deed;
};

/* As intake and the commands do it. */
static enum status do_deed(struct txn *txn, void *arg, struct error *err)
{
	const struct doing *doing = arg;
	const struct deed *deed = doing->deed;
	struct ticket t = { 0 };
	g_autofree char *until = text_rfc3339(deed->until);
	const struct actor actor = { "unix:test", deed->time };
	enum status st = deed->act == OPENED ? ST_OK : tickets_load(txn, deed->ticket + 1, &t, err);

	switch (deed->act) {
	case OPENED:
		t.number = deed->ticket + 1;
		t.queue = g_strdup("support");
		t.subject = g_strdup("x");
		t.opened = deed->time;
		t.status = TICKET_OPEN;
		t.last_in = deed->time;
		break;
	case CUSTOMER:
		t.last_in = deed->time;
		if (t.status == TICKET_WAITING || t.status == TICKET_CLOSED) {
			t.status = TICKET_OPEN;
			t.wait_until = t.closed = 0;
		}
		break;
	case ANSWER:
		t.last_out = deed->time;
		if (!t.first_response)
			t.first_response = deed->time;
		t.status = TICKET_WAITING;
		t.wait_until = t.closed = 0;
		break;
	case INTERNAL:
		t.status = TICKET_INTERNAL;
		t.wait_until = 0;
		break;
	case WAIT:
		t.status = TICKET_WAITING;
		t.wait_until = deed->until;
		break;
	case CLOSE:
		t.status = TICKET_CLOSED;
		t.closed = deed->time;
		t.wait_until = 0;
		break;
	case REMIND:
		t.remind_at = deed->until;
		st = history_add(txn, t.number, &actor, NOTE(EVENT_REMIND, .to = until), err);
		break;
	case WOKEN:
	case ACTS:
		break;
	}
	t.updated = deed->time;
	if (st == ST_OK)
		st = promise_keep(txn, doing->y->d.settings, &t, deed->time, err);
	if (st == ST_OK)
		st = deed->act == OPENED ? tickets_insert(txn, &t, err)
					 : tickets_save(txn, &t, err);
	record_release(&ticket_type, &t);
	return st;
}

/* Deeds on a closed ticket are those that open it again. */
static bool is_possible(const struct year *y, const struct deed *deed)
{
	const struct page *p = &y->pages[deed->ticket];

	if (deed->act == WOKEN)
		return p->is_open && p->status == TICKET_WAITING && p->wait_until == deed->until;
	return p->is_open || deed->act == OPENED || deed->act == CUSTOMER;
}

static void deed_done(struct year *y, const struct deed *deed)
{
	struct doing doing = { y, deed };

	if (!is_possible(y, deed))
		return;
	if (deed->act == WOKEN)
		expect(y, deed->ticket, "wake", "", deed->time);
	else if (store_write(y->d.store, do_deed, &doing, &y->d.err) != ST_OK)
		g_error("%s", y->d.err.text);
	book(y, deed);
	if (deed->act == WAIT)
		plan_deed(y,
			&(struct deed){ next_tick(deed->until), deed->ticket, WOKEN, deed->until });
}

/* --- time --- */

static void year_tick(struct year *y, int64_t now)
{
	bool more = true;

	while (more) {
		struct due_done done = { .why = NULL };

		if (due_run(y->d.store, y->d.settings, now, &done, &y->d.err) != ST_OK)
			g_error("%s", y->d.err.text);
		g_assert_cmpuint(done.postponed, ==, 0);
		more = done.more;
		due_done_release(&done);
	}
	for (unsigned n = 0; n < y->tickets; n++)
		if (y->pages[n].remind_at && y->pages[n].remind_at <= now) {
			expect(y, n, "remind", "", now);
			y->pages[n].remind_at = 0;
		}
}

/* All deeds before that moment; what a tick does at it comes after it. */
static void deeds_until(struct year *y, int64_t now, bool at)
{
	GSequenceIter *first = g_sequence_get_begin_iter(y->deeds);

	while (!g_sequence_iter_is_end(first)) {
		struct deed *deed = g_sequence_get(first);
		g_autofree struct deed *own = NULL;

		if (deed->time > now || (deed->time == now && !at))
			break;
		own = g_memdup2(deed, sizeof *deed);
		g_sequence_remove(first);
		deed_done(y, own);
		first = g_sequence_get_begin_iter(y->deeds);
	}
}

static void year_runs(struct year *y)
{
	bool was_quiet = false;

	for (int64_t now = BEGIN; now < BEGIN + YEAR; now += MINUTE) {
		bool quiet = is_quiet(now);

		deeds_until(y, now, false);
		if (was_quiet && !quiet)
			desk_restart(&y->d);
		was_quiet = quiet;
		if (!quiet) {
			year_tick(y, now);
			/* A clock that goes back repeats nothing. */
			if ((now - BEGIN) % (7 * DAY) == 0)
				year_tick(y, now - 2 * HOUR);
		}
		deeds_until(y, now, true);
	}
	for (unsigned n = 0; n < y->tickets; n++) {
		owed_ends(y, n, BEGIN + YEAR - MINUTE);
		run_ends(y, n, BEGIN + YEAR - MINUTE);
	}
}

/* --- what was told --- */

struct told_of {
	struct year *y;
	unsigned matched;
};

static enum status compare_event(
	struct txn *txn, const struct event *e, void *arg, struct error *err)
{
	struct told_of *told = arg;
	bool promise = e->kind == EVENT_SLA_WARNED || e->kind == EVENT_OVERDUE;
	bool reminded = e->kind == EVENT_REMIND && !e->to;
	g_autofree char *time = text_rfc3339(e->time), *line = NULL;
	int64_t by;

	(void)txn;
	(void)err;
	if (!promise && !reminded && e->kind != EVENT_WAKE)
		return ST_OK;
	if (promise)
		line = g_strdup_printf("%" G_GUINT64_FORMAT " %s %s %s", e->ticket,
			event_kind_names[e->kind], e->to, e->text);
	else
		line = g_strdup_printf(
			"%" G_GUINT64_FORMAT " %s  %s", e->ticket, event_kind_names[e->kind], time);
	if (!g_hash_table_remove(told->y->expected, line))
		g_error("told, and not expected, or twice: %s at %s", line, time);
	told->matched++;
	if (e->kind == EVENT_OVERDUE) {
		g_assert_cmpint(text_parse_date(e->text, &by), ==, ST_OK);
		g_assert_cmpint(e->time, >=, by);
		g_assert_cmpint(e->time, <=, next_tick(by + TEXT_SECOND));
	}
	return ST_OK;
}

static enum status compare_all(struct txn *txn, void *arg, struct error *err)
{
	return history_each(txn, 0, 0, compare_event, arg, err);
}

static void test_year(void)
{
	const char *wanted = g_getenv("MILTICKET_YEAR_TICKETS");
	struct year y = { .tickets = wanted ? (unsigned)atoi(wanted) : 1000 };
	struct told_of told = { &y, 0 };
	GHashTableIter iter;
	gpointer line;

	desk_open(&y.d, conf);
	y.office = settings_calendar(y.d.settings, "office");
	y.deeds = g_sequence_new(g_free);
	y.pages = g_new0(struct page, y.tickets);
	y.expected = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	y.random = g_rand_new_with_seed(20260101);
	plan_year(&y);
	year_runs(&y);
	g_assert_cmpint(store_read(y.d.store, compare_all, &told, &y.d.err), ==, ST_OK);
	g_hash_table_iter_init(&iter, y.expected);
	while (g_hash_table_iter_next(&iter, &line, NULL))
		g_error("expected, and never told: %s", (char *)line);
	g_test_message("%u things were told", told.matched);
	g_assert_cmpuint(told.matched, >, y.tickets);
	g_rand_free(y.random);
	g_hash_table_unref(y.expected);
	g_free(y.pages);
	g_sequence_free(y.deeds);
	desk_close(&y.d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/year/each thing is told once, never early, and not late", test_year);
	return g_test_run();
}
