/* Requests to the daemon through the store. */
#include "tables/control.h"

#include "../store-fixture.h"

static enum status talk(struct txn *txn, void *arg, struct error *err)
{
	uint64_t serial = 0, first = 0, second = 0;
	g_autofree char *text = NULL;

	(void)arg;
	g_assert_cmpint(control_pending(txn, &serial, err), ==, ST_NOT_FOUND);
	g_assert_cmpint(control_answered(txn, 1, &text, err), ==, ST_NOT_FOUND);
	g_assert_cmpint(control_request_reload(txn, &first, err), ==, ST_OK);
	g_assert_cmpint(control_request_reload(txn, &second, err), ==, ST_OK);
	g_assert_cmpuint(second, ==, first + 1);
	g_assert_cmpint(control_pending(txn, &serial, err), ==, ST_OK);
	g_assert_cmpuint(serial, ==, second);
	g_assert_cmpint(control_answer(txn, first, "ok", err), ==, ST_OK);
	g_assert_cmpint(control_answered(txn, second, &text, err), ==, ST_NOT_FOUND);
	g_assert_cmpint(control_pending(txn, &serial, err), ==, ST_OK);
	g_assert_cmpint(control_answer(txn, second, "line 3: no such key", err), ==, ST_OK);
	g_assert_cmpint(control_pending(txn, &serial, err), ==, ST_NOT_FOUND);
	g_assert_cmpint(control_answered(txn, first, &text, err), ==, ST_OK);
	g_assert_cmpstr(text, ==, "line 3: no such key");
	return ST_OK;
}

static void test_talk(void)
{
	struct place p;

	place_open(&p, 0);
	place_write(&p, talk, NULL, ST_OK);
	place_close(&p);
}

static enum status ask(struct txn *txn, void *arg, struct error *err)
{
	return control_request_reload(txn, arg, err);
}

static enum status see(struct txn *txn, void *arg, struct error *err)
{
	return control_pending(txn, arg, err);
}

static void test_survives(void)
{
	struct place p;
	uint64_t asked = 0, seen = 0;

	place_open(&p, 0);
	place_write(&p, ask, &asked, ST_OK);
	store_close(p.store);
	g_assert_cmpint(place_reopen(&p, false), ==, ST_OK);
	place_read(&p, see, &seen, ST_OK);
	g_assert_cmpuint(seen, ==, asked);
	place_close(&p);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
		"/control/the last request is answered, and with it those before", test_talk);
	g_test_add_func("/control/a request waits for a daemon that is not there", test_survives);
	return g_test_run();
}
