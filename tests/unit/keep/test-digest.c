/* Digests over a simulated week: one a day, by the reader's clock, and none of nothing. */
#include "keep/digest.h"

#include <string.h>

#include "../desk.h"
#include "base/text.h"

#define HOUR (3600 * (int64_t)TEXT_SECOND)

static const char weekdays[] = "digest: { at = \"Mon-Fri 08:00\"; to = \"agents\"; };";

struct change_agent {
	const char *login;
	int64_t away_until;
	const char *zone;
};

static enum status change_agent(struct txn *txn, void *arg, struct error *err)
{
	const struct change_agent *change = arg;
	struct agent agent = { 0 };
	enum status st = agents_load(txn, change->login, &agent, err);

	if (st == ST_OK) {
		agent.away_until = change->away_until;
		g_free(agent.zone);
		agent.zone = g_strdup(change->zone);
		st = agents_save(txn, &agent, err);
	}
	record_release(&agent_type, &agent);
	return st;
}

static void change(struct desk *d, struct change_agent change)
{
	g_assert_cmpint(store_write(d->store, change_agent, &change, &d->err), ==, ST_OK);
}

/* The desk's clock begins on Monday, 21 September 2026, 14:13 UTC. */
static void begin(struct desk *d, const char *conf)
{
	desk_open(d, conf);
	change(d, (struct change_agent){ "anna", 0, "UTC" });
	change(d, (struct change_agent){ "ben", 0, "UTC" });
	d->now -= d->now % (24 * HOUR);
}

static void add_ticket(struct desk *d, uint64_t number, const char *queue, const char *agent)
{
	struct ticket t = { .number = number, .status = TICKET_OPEN, .updated = d->now };

	t.subject = "Printer";
	t.queue = (char *)queue;
	t.agent = (char *)agent;
	desk_insert(d, &t);
}

static unsigned send_at(struct desk *d, int64_t at)
{
	unsigned n;

	g_assert_cmpint(digest_send(d->store, d->settings, at, &n, &d->err), ==, ST_OK);
	return n;
}

static void test_one_a_day(void)
{
	unsigned sent = 0;
	struct desk d;

	begin(&d, weekdays);
	add_ticket(&d, 1, "support", "anna");
	for (int minute = 0; minute < 7 * 24 * 60; minute += 3) {
		int64_t at = d.now + minute * (HOUR / 60);
		unsigned n = send_at(&d, at);

		if (n)
			g_assert_cmpint(minute % (24 * 60) - 8 * 60, <, 3);
		if (n)
			g_assert_cmpint(minute % (24 * 60), >=, 8 * 60);
		sent += n;
	}
	/* Ben has nothing to do. */
	g_assert_cmpuint(sent, ==, 5);
	g_assert_cmpuint(desk_outbox(&d, "notice", NULL), ==, 5);
	desk_close(&d);
}

/* Who was down at eight sends it later; a clock that goes back sends none twice. */
static void test_late_and_back(void)
{
	struct desk d;

	begin(&d, weekdays);
	add_ticket(&d, 1, "support", "anna");
	g_assert_cmpuint(send_at(&d, d.now + 11 * HOUR), ==, 1);
	g_assert_cmpuint(send_at(&d, d.now + 9 * HOUR), ==, 0);
	g_assert_cmpuint(send_at(&d, d.now - 14 * HOUR), ==, 0);
	g_assert_cmpuint(send_at(&d, d.now + 33 * HOUR), ==, 1);
	desk_close(&d);
}

static void test_by_the_readers_clock(void)
{
	struct desk d;

	begin(&d, weekdays);
	add_ticket(&d, 1, "support", "anna");
	change(&d, (struct change_agent){ "anna", 0, "America/New_York" });
	g_assert_cmpuint(send_at(&d, d.now + 8 * HOUR), ==, 0);
	g_assert_cmpuint(send_at(&d, d.now + 12 * HOUR), ==, 1);
	desk_close(&d);
}

static void test_none_to_who_is_away(void)
{
	struct desk d;

	begin(&d, weekdays);
	add_ticket(&d, 1, "support", "anna");
	change(&d, (struct change_agent){ "anna", d.now + 30 * HOUR, "UTC" });
	g_assert_cmpuint(send_at(&d, d.now + 9 * HOUR), ==, 0);
	g_assert_cmpuint(send_at(&d, d.now + 33 * HOUR), ==, 1);
	desk_close(&d);
}

static void test_what_it_says(void)
{
	g_autofree char *mail = NULL;
	struct ticket t;
	struct desk d;

	begin(&d, weekdays);
	add_ticket(&d, 1, "support", "anna");
	add_ticket(&d, 2, "desk", NULL);
	add_ticket(&d, 3, "sales", NULL);
	add_ticket(&d, 4, "support", "anna");
	add_ticket(&d, 5, "support", "anna");
	desk_ticket(&d, 4, &t);
	t.wait_until = d.now + 15 * HOUR;
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	desk_ticket(&d, 5, &t);
	t.overdue = OVERDUE_RESPOND;
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	g_assert_cmpuint(send_at(&d, d.now + 9 * HOUR), ==, 2);
	/* Ben's is the last. */
	g_assert_cmpuint(desk_outbox(&d, "notice", &mail), ==, 2);
	g_assert_nonnull(strstr(mail, "Nobody's in your queues:\n  #3 sales"));
	g_assert_null(strstr(mail, "#1"));
	g_assert_nonnull(strstr(mail, "To: ben@example.com"));
	desk_close(&d);
}

struct looking {
	const char *login;
	int64_t now;
	GString *out;
};

static enum status look(struct txn *txn, void *arg, struct error *err)
{
	struct looking *l = arg;
	struct agent agent = { 0 };
	enum status st = agents_load(txn, l->login, &agent, err);

	g_string_truncate(l->out, 0);
	if (st == ST_OK)
		st = digest_write(txn, &agent, true, l->now, l->out, err);
	record_release(&agent_type, &agent);
	return st;
}

static void test_each_ticket_stands_once(void)
{
	struct desk d;
	struct looking l = { "anna", 0, g_string_new(NULL) };
	struct ticket t;

	begin(&d, weekdays);
	add_ticket(&d, 1, "support", "anna");
	add_ticket(&d, 2, "desk", NULL);
	desk_ticket(&d, 1, &t);
	t.overdue = OVERDUE_RESPOND;
	t.wait_until = d.now + HOUR;
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	desk_ticket(&d, 2, &t);
	g_clear_pointer(&t.subject, g_free);
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	l.now = d.now;
	g_assert_cmpint(store_read(d.store, look, &l, &d.err), ==, ST_OK);
	g_assert_null(strstr(l.out->str, ": \n"));
	g_assert_true(g_str_has_prefix(l.out->str, "Overdue:\n  #1 support, open, anna, "));
	g_assert_true(strstr(l.out->str, "#1") == g_strrstr(l.out->str, "#1"));
	g_assert_nonnull(strstr(l.out->str, "\n\nNobody's in your queues:\n  #2 desk"));
	g_string_free(l.out, TRUE);
	desk_close(&d);
}

static void test_off(void)
{
	struct desk d;

	begin(&d, NULL);
	add_ticket(&d, 1, "support", "anna");
	g_assert_cmpuint(send_at(&d, d.now + 9 * HOUR), ==, 0);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/digest/one a day, and none of nothing", test_one_a_day);
	g_test_add_func(
		"/digest/late after a stop, once when the clock goes back", test_late_and_back);
	g_test_add_func("/digest/by the reader's clock", test_by_the_readers_clock);
	g_test_add_func("/digest/none to who is away", test_none_to_who_is_away);
	g_test_add_func("/digest/what it says", test_what_it_says);
	g_test_add_func("/digest/each ticket stands once", test_each_ticket_stands_once);
	g_test_add_func("/digest/off", test_off);
	return g_test_run();
}
