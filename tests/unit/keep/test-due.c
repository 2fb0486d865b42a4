/* What time brings. */
#include "keep/due.h"

#include "base/text.h"
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
		unsigned woken = 9;
		int64_t until;

		desk_open(&d, NULL);
		until = d.now + INT64_C(3) * DAY * TEXT_SECOND;
		waits(&d, rows[i].before, until);
		g_assert_cmpint(due_wake(d.store, until - TEXT_SECOND, &woken, &d.err), ==, ST_OK);
		g_assert_cmpuint(woken, ==, 0);
		g_assert_cmpint(due_wake(d.store, until, &woken, &d.err), ==, ST_OK);
		g_assert_cmpuint(woken, ==, 1);
		g_assert_cmpint(due_wake(d.store, until + TEXT_SECOND, &woken, &d.err), ==, ST_OK);
		g_assert_cmpuint(woken, ==, 0);
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
	unsigned woken;
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
	g_assert_cmpint(due_wake(d.store, until, &woken, &d.err), ==, ST_OK);
	g_assert_cmpuint(woken, ==, 0);
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
	g_test_add_func("/due/today's counts are not forgotten", test_forget);
	return g_test_run();
}
