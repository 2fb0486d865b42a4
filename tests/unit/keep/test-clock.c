/* A clock that jumps a month ahead and back, against one that goes right: what is done is the same,
 * each thing once. */
#include <string.h>

#include "../desk.h"
#include "base/text.h"
#include "keep/astray.h"
#include "keep/digest.h"
#include "keep/due.h"
#include "tables/history.h"

#define MINUTE (60 * (int64_t)TEXT_SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const char conf[] =
	"slas = ( { name = \"gold\"; respond = \"4h\"; resolve = \"2d\"; warn_percent = 50; } );\n"
	"automations = (\n"
	"  { name = \"nudge\"; when = \"status:waiting idle:3d..\"; do = ( \"tag +nudged\" ); },\n"
	"  { name = \"again\"; when = \"tag:nudged idle:9d..\"; do = ( \"priority high\" ); } );\n"
	"digest: { at = \"Mon-Fri 08:00\"; to = \"agents\"; };\n";

struct clock {
	struct desk d;
	int64_t began;
	GString *digests; /* "3 4 7 ": days on which there was one */
	GHashTable *told; /* "1 overdue respond" → how often */
};

static void clock_shows(struct clock *c, int64_t after)
{
	int64_t now = c->began + after;
	unsigned digests = 0;

	for (bool more = true; more;) {
		struct due_done done = { .why = NULL };

		g_assert_cmpint(
			due_run(c->d.store, c->d.settings, now, &done, &c->d.err), ==, ST_OK);
		g_assert_cmpuint(done.postponed, ==, 0);
		more = done.more;
		due_done_release(&done);
	}
	g_assert_cmpint(
		digest_send(c->d.store, c->d.settings, now, &digests, &c->d.err), ==, ST_OK);
	for (; digests; digests--)
		g_string_append_printf(
			c->digests, "%d ", (int)((now - c->began + 14 * HOUR) / DAY));
}

static void clock_goes(struct clock *c, int64_t from, int64_t to)
{
	for (; from < to; from += 7 * MINUTE)
		clock_shows(c, from);
}

/* 1: nobody answers, and anna wants a reminder; 2: waits, for five days; 3: waits, for ever. */
static void clock_tickets(struct clock *c)
{
	struct ticket t;

	for (unsigned n = 1; n <= 3; n++) {
		g_autofree char *mail = g_strdup_printf("From: carla@example.net\nSubject: x\n"
							"Message-ID: <m%u@example.net>\n\nx\n",
			n);

		desk_mail(&c->d, "carla@example.net", "support@example.com", NULL, mail);
		desk_ticket(&c->d, n, &t);
		g_free(t.agent);
		t.agent = g_strdup("anna");
		t.remind_at = n == 1 ? c->began + 6 * DAY : 0;
		t.status = n == 1 ? TICKET_OPEN : TICKET_WAITING;
		t.wait_until = n == 2 ? c->began + 5 * DAY : 0;
		t.automation_at = n == 1 ? 0 : c->began + MINUTE;
		desk_save(&c->d, &t);
		record_release(&ticket_type, &t);
	}
}

static enum status clock_count(struct txn *txn, const struct event *e, void *arg, struct error *err)
{
	struct clock *c = arg;
	char *line;

	(void)txn;
	(void)err;
	/* Who is told that it is late is not warned any more. */
	if (e->kind == EVENT_SLA_WARNED)
		return ST_OK;
	line = g_strdup_printf("%" G_GUINT64_FORMAT " %s %s %s", e->ticket,
		event_kind_names[e->kind], text_or_none(e->actor), text_or_none(e->to));
	g_hash_table_insert(c->told, line,
		GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(c->told, line)) + 1));
	return ST_OK;
}

static enum status clock_count_all(struct txn *txn, void *arg, struct error *err)
{
	return history_each(txn, 0, 0, clock_count, arg, err);
}

static void clock_begin(struct clock *c)
{
	memset(c, 0, sizeof *c);
	desk_open(&c->d, conf);
	c->began = c->d.now;
	c->digests = g_string_new(NULL);
	c->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	clock_tickets(c);
}

static void clock_end(struct clock *c)
{
	g_hash_table_unref(c->told);
	g_string_free(c->digests, TRUE);
	desk_close(&c->d);
}

static void assert_same(struct clock *right, struct clock *wrong)
{
	GHashTableIter i;
	gpointer line, times;

	g_assert_cmpint(store_read(right->d.store, clock_count_all, right, NULL), ==, ST_OK);
	g_assert_cmpint(store_read(wrong->d.store, clock_count_all, wrong, NULL), ==, ST_OK);
	g_assert_cmpuint(g_hash_table_size(right->told), >, 10);
	g_assert_cmpuint(g_hash_table_size(right->told), ==, g_hash_table_size(wrong->told));
	g_hash_table_iter_init(&i, right->told);
	while (g_hash_table_iter_next(&i, &line, &times))
		if (g_hash_table_lookup(wrong->told, line) != times)
			g_error("%s: %u times, and by the other clock %u", (char *)line,
				GPOINTER_TO_UINT(times),
				GPOINTER_TO_UINT(g_hash_table_lookup(wrong->told, line)));
	for (unsigned n = 1; n <= 3; n++) {
		g_assert_cmpuint(desk_events(&right->d, n, "sla-warned"), ==, 2);
		g_assert_cmpuint(desk_events(&wrong->d, n, "sla-warned"), ==, 1);
	}
}

static void test_month(void)
{
	struct clock right, wrong;

	clock_begin(&right);
	clock_goes(&right, MINUTE, 40 * DAY);
	clock_begin(&wrong);
	clock_goes(&wrong, MINUTE, 3 * HOUR);
	clock_goes(&wrong, 30 * DAY + 3 * HOUR, 30 * DAY + 4 * HOUR);
	clock_goes(&wrong, 4 * HOUR, 40 * DAY);
	assert_same(&right, &wrong);
	/* Opened on a Monday; the 31st day is the Wednesday that the wrong clock showed. */
	g_assert_true(g_str_has_prefix(right.digests->str, "0 1 2 3 4 7 8 9 10 11 14 "));
	g_assert_true(g_str_has_prefix(wrong.digests->str, "0 30 1 2 3 4 7 8 9 10 11 14 "));
	g_assert_cmpstr(
		strstr(right.digests->str, " 1 2 "), ==, strstr(wrong.digests->str, " 1 2 "));
	clock_end(&right);
	clock_end(&wrong);
}

/* In the night: the digest of the day that begins is still to come. */
static void test_night(void)
{
	struct clock c;

	clock_begin(&c);
	clock_goes(&c, MINUTE, 11 * HOUR);
	clock_goes(&c, 30 * DAY, 30 * DAY + HOUR);
	clock_goes(&c, 11 * HOUR, 2 * DAY);
	g_assert_cmpstr(c.digests->str, ==, "0 30 1 2 ");
	clock_end(&c);
}

/* --- mail that comes while the clock is ahead --- */

/* Ticket n is opened at that time; its customer writes again, and is answered, at these: 0 never.
 */
static void clock_story(struct clock *c, unsigned n, const int64_t times[3])
{
	for (unsigned i = 0; i < 3; i++) {
		bool answer = i == 2;
		const char *who = answer ? "anna@example.com" : "carla@example.net",
			   *whom = answer ? "carla@example.net" : "support@example.com";
		g_autofree char *mail = g_strdup_printf(
			"From: %s\nTo: %s\nSubject: x\nMessage-ID: <s%u.%u@example.net>\n"
			"In-Reply-To: <s%u.0@example.net>\n\nx\n",
			who, whom, n, i, n);

		c->d.now = times[i];
		if (times[i])
			desk_mail(&c->d, who, whom, answer ? "anna" : NULL, mail);
	}
}

static unsigned clock_mends(struct clock *c, int64_t now)
{
	unsigned count = 0;

	g_assert_cmpint(astray_mend(c->d.store, c->d.settings, now, &count, &c->d.err), ==, ST_OK);
	return count;
}

static void assert_times(struct clock *c, unsigned n, int64_t opened, int64_t updated)
{
	struct ticket t;

	desk_ticket(&c->d, n, &t);
	g_assert_cmpint(t.opened, ==, opened);
	g_assert_cmpint(t.updated, ==, updated);
	g_assert_cmpint(t.touched, ==, updated);
	g_assert_cmpuint(desk_events(&c->d, n, "repaired"), ==, n == 4 ? 0 : 1);
	record_release(&ticket_type, &t);
}

/* A year ahead for an hour. */
static void test_ahead(void)
{
	struct clock c;
	struct ticket t;
	int64_t ahead, now;

	desk_open(&c.d, conf);
	c.began = c.d.now;
	ahead = c.began + 365 * DAY;
	now = c.began + HOUR;
	clock_story(&c, 1, (int64_t[]){ c.began, ahead, 0 });
	clock_story(&c, 2, (int64_t[]){ ahead + MINUTE, 0, ahead + 2 * MINUTE });
	clock_story(&c, 3, (int64_t[]){ ahead + HOUR - MINUTE, ahead + HOUR, 0 });
	clock_story(&c, 4, (int64_t[]){ now - MINUTE, 0, 0 });
	g_assert_cmpuint(clock_mends(&c, now), ==, 3);
	g_assert_cmpuint(clock_mends(&c, now), ==, 0);
	now -= 5 * (int64_t)TEXT_SECOND;
	assert_times(&c, 1, c.began, now - HOUR);
	assert_times(&c, 2, now - HOUR + MINUTE, now - HOUR + 2 * MINUTE);
	assert_times(&c, 3, now - MINUTE, now);
	assert_times(&c, 4, c.began + HOUR - MINUTE, c.began + HOUR - MINUTE);
	desk_ticket(&c.d, 1, &t);
	g_assert_cmpint(t.respond_by, ==, c.began + 4 * HOUR);
	g_assert_cmpint(t.last_in, >, t.last_out);
	record_release(&ticket_type, &t);
	desk_ticket(&c.d, 2, &t);
	g_assert_cmpint(t.respond_by, ==, 0);
	g_assert_cmpint(t.last_in, <=, t.last_out);
	g_assert_cmpint(t.first_response, ==, t.last_out);
	record_release(&ticket_type, &t);
	desk_close(&c.d);
}

/* Answered, or heard of again, before the times were mended. */
static void test_ahead_and_on(void)
{
	struct clock c;
	struct ticket t;
	int64_t ahead, now;

	desk_open(&c.d, conf);
	c.began = c.d.now;
	ahead = c.began + 365 * DAY;
	now = c.began + HOUR;
	clock_story(&c, 1, (int64_t[]){ ahead, 0, now });
	clock_story(&c, 2, (int64_t[]){ c.began, 0, ahead });
	clock_story(&c, 2, (int64_t[]){ 0, now, 0 });
	clock_story(&c, 3, (int64_t[]){ now, 0, 0 });
	g_assert_cmpuint(clock_mends(&c, now), ==, 2);
	desk_ticket(&c.d, 1, &t);
	g_assert_cmpint(t.last_in, <=, t.last_out);
	g_assert_cmpint(t.opened, <, t.first_response);
	g_assert_cmpint(t.respond_by, ==, 0);
	record_release(&ticket_type, &t);
	desk_ticket(&c.d, 2, &t);
	g_assert_cmpint(t.last_in, >, t.last_out);
	g_assert_cmpint(t.owed_since, >, t.last_out);
	record_release(&ticket_type, &t);
	desk_close(&c.d);
}

/* A clock that is behind finds all times ahead of it, and leaves them alone. */
static void test_behind(void)
{
	struct clock c;

	desk_open(&c.d, conf);
	c.began = c.d.now;
	for (unsigned n = 1; n <= 20; n++)
		clock_story(&c, n, (int64_t[]){ c.began + n * DAY, 0, 0 });
	for (unsigned days = 0; days <= 20; days++)
		g_assert_cmpuint(clock_mends(&c, c.began + days * DAY), ==, 0);
	g_assert_cmpuint(clock_mends(&c, c.began - 3650 * DAY), ==, 0);
	desk_close(&c.d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/clock/a month ahead and back", test_month);
	g_test_add_func("/clock/back in the night", test_night);
	g_test_add_func("/clock/mail while it is ahead", test_ahead);
	g_test_add_func("/clock/mail after it was ahead", test_ahead_and_on);
	g_test_add_func("/clock/behind", test_behind);
	return g_test_run();
}
