/* Who does what one of the hosts does. */
#include "tables/leases.h"

#include "../store-fixture.h"

static enum status take(struct txn *txn, const char *holder, int64_t now, uint64_t *token_inout)
{
	struct lease_wish wish = { "them", holder, now, now + 30, *token_inout };
	struct error err;
	enum status st = lease_take(txn, &wish, &err);

	*token_inout = wish.token;
	return st;
}

static enum status one_at_a_time(struct txn *txn, void *arg, struct error *err)
{
	uint64_t first = 0, second = 0, again = 0;
	struct lease lease = { 0 };

	(void)arg;
	g_assert_cmpint(lease_load(txn, "them", &lease, err), ==, ST_OK);
	g_assert_null(lease.holder);
	g_assert_cmpint(take(txn, "a:/x", 100, &first), ==, ST_OK);
	g_assert_cmpint(take(txn, "b:/x", 129, &second), ==, ST_EXISTS);
	g_assert_cmpint(take(txn, "a:/x", 120, &first), ==, ST_OK);
	g_assert_cmpint(take(txn, "b:/x", 149, &second), ==, ST_EXISTS);
	g_assert_cmpint(lease_load(txn, "them", &lease, err), ==, ST_OK);
	g_assert_cmpstr(lease.holder, ==, "a:/x");
	g_assert_cmpint(lease.until, ==, 150);
	/* It has run out: another's now, and no more that of who was late. */
	g_assert_cmpint(take(txn, "b:/x", 150, &second), ==, ST_OK);
	g_assert_cmpuint(second, >, first);
	g_assert_cmpint(take(txn, "a:/x", 151, &first), ==, ST_EXISTS);
	g_assert_cmpint(take(txn, "a:/x", 999, &first), ==, ST_EXISTS);
	/* The same after a restart; then the one before it is late. */
	g_assert_cmpint(take(txn, "b:/x", 160, &again), ==, ST_OK);
	g_assert_cmpuint(again, >, second);
	g_assert_cmpint(take(txn, "b:/x", 161, &second), ==, ST_EXISTS);
	/* Given back, it is free at once; who lost it gives nothing back. */
	first = 0;
	g_assert_cmpint(lease_give_back(txn, "them", second, err), ==, ST_OK);
	g_assert_cmpint(take(txn, "a:/x", 162, &first), ==, ST_EXISTS);
	g_assert_cmpint(lease_give_back(txn, "them", again, err), ==, ST_OK);
	g_assert_cmpint(take(txn, "a:/x", 162, &first), ==, ST_OK);
	g_assert_cmpint(lease_give_back(txn, "others", 1, err), ==, ST_OK);
	lease_release(&lease);
	return ST_OK;
}

static void test_one_at_a_time(void)
{
	struct place p;

	place_open(&p, 0);
	place_write(&p, one_at_a_time, NULL, ST_OK);
	place_close(&p);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/leases/one-at-a-time", test_one_at_a_time);
	return g_test_run();
}
