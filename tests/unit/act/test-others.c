/* The requester's other tickets: which of them a reader is told. */
#include "act/others.h"

#include <string.h>

#include "../desk.h"

struct asking {
	const char *login; /* NULL: an admin */
	char *line;
};

static enum status tell_others(struct txn *txn, void *arg, struct error *err)
{
	struct asking *a = arg;
	struct agent agent = { 0 };
	struct ticket t = { 0 };

	g_assert_true(!a->login || agents_load(txn, a->login, &agent, err) == ST_OK);
	g_assert_cmpint(tickets_load(txn, 1, &t, err), ==, ST_OK);
	g_free(a->line);
	g_assert_cmpint(others_line(txn, &t, a->login ? &agent : NULL, &a->line, err), ==, ST_OK);
	record_release(&agent_type, &agent);
	record_release(&ticket_type, &t);
	return ST_OK;
}

static void is_told(struct desk *d, const char *login, const char *line)
{
	struct asking a = { login, NULL };

	g_assert_cmpint(store_read(d->store, tell_others, &a, &d->err), ==, ST_OK);
	g_assert_cmpstr(a.line, ==, line);
	g_free(a.line);
}

static void ask(struct desk *d, unsigned n, const char *to)
{
	g_autofree char *mail = g_strdup_printf(
		"From: carla@example.net\nSubject: Matter %u\nMessage-ID: <m%u@example.net>\n\nx\n",
		n, n);

	desk_mail(d, "carla@example.net", to, NULL, mail);
	g_assert_cmpuint(d->last.ticket, ==, n);
}

static void test_readers(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	is_told(&d, NULL, NULL);
	ask(&d, 2, "support@example.com");
	ask(&d, 3, "sales@example.com");
	is_told(&d, NULL, "#3 Matter 3 (new), #2 Matter 2 (new)");
	is_told(&d, "anna", "#2 Matter 2 (new)");
	is_told(&d, "ben", "#3 Matter 3 (new)");
	desk_close(&d);
}

static void test_many(void)
{
	struct desk d;

	desk_open(&d, NULL);
	for (unsigned n = 1; n <= 13; n++)
		ask(&d, n, "support@example.com");
	is_told(&d, "anna",
		"#13 Matter 13 (new), #12 Matter 12 (new), #11 Matter 11 (new), "
		"#10 Matter 10 (new), #9 Matter 9 (new), #8 Matter 8 (new), #7 Matter 7 (new), "
		"#6 Matter 6 (new), #5 Matter 5 (new), #4 Matter 4 (new) and 2 more");
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/others/a reader hears of those that they may work on", test_readers);
	g_test_add_func("/others/ten are named, the rest counted", test_many);
	return g_test_run();
}
