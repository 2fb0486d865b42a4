/* What reads for long is read to its end. Only with PostgreSQL. */
#include "../store-fixture.h"

/* Longer than store.deadline_s, all of them together. */
enum { LOOKS = 20, PAUSE = 150 * 1000 };

static enum status look_slowly(struct txn *txn, void *arg, struct error *err)
{
	const struct bytes name = { "name", 4 };
	struct bytes value;

	(void)arg;
	(void)err;
	for (int i = 0; i < LOOKS; i++) {
		g_assert_cmpint(txn_get(txn, TABLE_ANSWERED, name, &value), ==, ST_NOT_FOUND);
		g_usleep(PAUSE);
	}
	return ST_OK;
}

static void test_long(void)
{
	struct store_options options;
	struct place place;

	place_open(&place, 0);
	store_close(place.store);
	options = place_options(&place, 0);
	options.deadline_s = 1;
	g_assert_cmpint(store_open(&options, &place.store, &place.err), ==, ST_OK);
	place_read(&place, look_slowly, NULL, ST_OK);
	place_close(&place);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/reads/longer than an answer may take", test_long);
	return g_test_run();
}
