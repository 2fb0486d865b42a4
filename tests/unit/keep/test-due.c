/* What time brings. */
#include "keep/due.h"

#include <string.h>

#include "base/text.h"
#include "tables/due-index.h"
#include "../desk.h"

enum { DAY = 24 * 3600 };

static void waits(struct desk *d, int status, int64_t until)
{
	struct ticket t;

	desk_mail(d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: x\nMessage-ID: <m@example.net>\n\nx\n");
	desk_ticket(d, 1, &t);
	t.status = status;
	t.wait_until = until;
	desk_save(d, &t);
	record_release(&ticket_type, &t);
}

/* How many were woken. */
static unsigned run(struct desk *d, int64_t now)
{
	struct due_done done = { .why = NULL };
	unsigned woken;

	g_assert_cmpint(due_run(d->store, d->settings, now, &done, &d->err), ==, ST_OK);
	g_assert_cmpuint(done.postponed, ==, 0);
	g_assert_false(done.more);
	woken = done.done[DUE_WAKE];
	due_done_release(&done);
	return woken;
}

static void test_wake(void)
{
	static const struct {
		int before, after;
	} rows[] = {
		{ TICKET_WAITING, TICKET_OPEN },
		{ TICKET_INTERNAL, TICKET_OPEN },
		{ TICKET_CLARIFY, TICKET_CLARIFY },
		{ TICKET_CLOSED, TICKET_CLOSED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct desk d;
		struct ticket t;
		int64_t until;

		desk_open(&d, NULL);
		until = d.now + INT64_C(3) * DAY * TEXT_SECOND;
		waits(&d, rows[i].before, until);
		g_assert_cmpuint(run(&d, until - TEXT_SECOND), ==, 0);
		g_assert_cmpuint(run(&d, until), ==, 1);
		g_assert_cmpuint(run(&d, until + TEXT_SECOND), ==, 0);
		desk_ticket(&d, 1, &t);
		g_assert_cmpint(t.status, ==, rows[i].after);
		g_assert_cmpint(t.wait_until, ==, 0);
		record_release(&ticket_type, &t);
		g_assert_cmpuint(desk_events(&d, 1, "wake"), ==, 1);
		desk_close(&d);
	}
}

static void test_answer_ends_the_wait(void)
{
	struct desk d;
	struct ticket t;
	int64_t until;

	desk_open(&d, NULL);
	until = d.now + INT64_C(3) * DAY * TEXT_SECOND;
	waits(&d, TICKET_WAITING, until);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: y\nMessage-ID: <n@example.net>\nIn-Reply-To: <m@example.net>\n\nx\n");
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_OPEN);
	g_assert_cmpint(t.wait_until, ==, 0);
	record_release(&ticket_type, &t);
	g_assert_cmpuint(run(&d, until), ==, 0);
	desk_close(&d);
}

static enum status put_stray(struct txn *txn, void *arg, struct error *err)
{
	const struct due_row *row = arg;
	struct key key;

	(void)err;
	due_row_key(&key, row);
	return txn_put(txn, TABLE_DUE, key_bytes(&key), (struct bytes){ "", 0 });
}

static enum status find_due(struct txn *txn, void *arg, struct error *err)
{
	struct due_row rows[4];

	return due_index_find(txn, INT64_MAX, rows, G_N_ELEMENTS(rows), arg, err);
}

/* Damage must not have the timers go round for ever. */
static void test_stray_rows(void)
{
	struct due_row strays[] = {
		{ .time = 1, .number = 77, .kind = DUE_WAKE },
		{ .time = 2, .number = 1, .kind = DUE_WAKE },
	};
	struct desk d;
	size_t n = 0;

	desk_open(&d, NULL);
	waits(&d, TICKET_WAITING, d.now + DAY * (int64_t)TEXT_SECOND);
	for (size_t i = 0; i < G_N_ELEMENTS(strays); i++)
		g_assert_cmpint(store_write(d.store, put_stray, &strays[i], &d.err), ==, ST_OK);
	g_assert_cmpint(store_read(d.store, find_due, &n, &d.err), ==, ST_OK);
	g_assert_cmpuint(n, ==, 3);
	g_assert_cmpuint(run(&d, d.now), ==, 0);
	g_assert_cmpint(store_read(d.store, find_due, &n, &d.err), ==, ST_OK);
	g_assert_cmpuint(n, ==, 1);
	desk_close(&d);
}

static enum status damage_ticket(struct txn *txn, void *arg, struct error *err)
{
	struct key key;

	(void)arg;
	(void)err;
	key_init(&key);
	key_number(&key, 1);
	return txn_put(txn, TABLE_TICKETS, key_bytes(&key), (struct bytes){ "\377damage", 7 });
}

static void test_damaged(void)
{
	struct desk d;
	struct ticket t = { .number = 2, .status = TICKET_WAITING, .wait_until = 2 };
	size_t n = 9;

	desk_open(&d, NULL);
	waits(&d, TICKET_WAITING, 1);
	t.subject = t.queue = "support";
	desk_insert(&d, &t);
	g_assert_cmpint(store_write(d.store, damage_ticket, NULL, &d.err), ==, ST_OK);
	g_assert_cmpuint(run(&d, d.now), ==, 1);
	g_assert_cmpuint(desk_events(&d, 2, "wake"), ==, 1);
	g_assert_cmpint(store_read(d.store, find_due, &n, &d.err), ==, ST_OK);
	g_assert_cmpuint(n, ==, 0);
	desk_close(&d);
}

/* More than a batch: each once, and the caller is told that there is more. */
static void test_batches(void)
{
	enum { TICKETS = 120 };
	struct due_done done = { .why = NULL };
	struct desk d;
	unsigned woken = 0, rounds = 0;
	bool more = true;

	desk_open(&d, NULL);
	for (unsigned i = 1; i <= TICKETS; i++) {
		struct ticket t = { .number = i, .status = TICKET_WAITING, .wait_until = 100 + i };

		t.subject = t.queue = "support";
		desk_insert(&d, &t);
	}
	for (; more; rounds++) {
		g_assert_cmpint(due_run(d.store, d.settings, d.now, &done, &d.err), ==, ST_OK);
		woken += done.done[DUE_WAKE];
		more = done.more;
		due_done_release(&done);
		memset(&done, 0, sizeof done);
	}
	g_assert_cmpuint(woken, ==, TICKETS);
	g_assert_cmpuint(rounds, >, 2);
	g_assert_cmpuint(desk_events(&d, TICKETS, "wake"), ==, 1);
	desk_close(&d);
}

static void test_forget(void)
{
	struct desk d;

	desk_open(&d, "mail_out: { max_per_address_per_day = 1; };");
	waits(&d, TICKET_OPEN, 0);
	g_assert_cmpuint(desk_outbox(&d, "opened", NULL), ==, 1);
	g_assert_cmpint(due_forget(d.store, d.now, &d.err), ==, ST_OK);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: again\nMessage-ID: <o@example.net>\n\nx\n");
	g_assert_cmpuint(desk_events(&d, 2, "suppressed"), ==, 1);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/due/a ticket is opened when it has waited long enough, once", test_wake);
	g_test_add_func("/due/an answer ends the wait", test_answer_ends_the_wait);
	g_test_add_func("/due/rows that lead nowhere are dropped", test_stray_rows);
	g_test_add_func("/due/a damaged ticket holds up no other", test_damaged);
	g_test_add_func("/due/what is due comes in batches, each ticket once", test_batches);
	g_test_add_func("/due/today's counts are not forgotten", test_forget);
	return g_test_run();
}
