/* Who waits is told what others commit. Only with PostgreSQL. */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../store-fixture.h"

/* Milliseconds: TOO_LONG is more than any answer takes. */
enum { MOMENT = 200, TOO_LONG = 20 * 1000, ENOUGH = 10 * 1000 };

static enum status wait_write(struct txn *txn, void *arg, struct error *err)
{
	const struct bytes name = { "name", 4 };

	(void)err;
	return *(bool *)arg ? txn_put(txn, TABLE_ANSWERED, name, name) : ST_OK;
}

static void commit(struct place *place, bool something)
{
	place_write(place, wait_write, &something, ST_OK);
}

static int64_t ms_of(struct store *store, unsigned ms, int stop_fd, bool *news_out)
{
	int64_t before = g_get_monotonic_time();

	*news_out = store_wait(store, ms, stop_fd);
	return (g_get_monotonic_time() - before) / G_TIME_SPAN_MILLISECOND;
}

static void wait_open(struct place *place)
{
	place_open(place, 0);
	g_assert_true(store_tells(place->store));
	/* What was committed before it listens, nobody has told. */
	g_assert_true(store_wait(place->store, TOO_LONG, -1));
	g_assert_false(store_wait(place->store, MOMENT, -1));
}

static void test_told(void)
{
	struct place place;
	bool news;

	wait_open(&place);
	commit(&place, true);
	g_assert_cmpint(ms_of(place.store, TOO_LONG, -1, &news), <, ENOUGH);
	g_assert_true(news);
	g_assert_false(store_wait(place.store, MOMENT, -1));
	/* A group that has only read is nothing new. */
	commit(&place, false);
	g_assert_false(store_wait(place.store, MOMENT, -1));
	place_close(&place);
}

static void test_stopped(void)
{
	struct place place;
	int fd = eventfd(1, EFD_CLOEXEC);
	bool news;

	wait_open(&place);
	g_assert_cmpint(ms_of(place.store, TOO_LONG, fd, &news), <, ENOUGH);
	g_assert_false(news);
	close(fd);
	place_close(&place);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wait/ends when something was committed, and only then", test_told);
	g_test_add_func("/wait/ends when who waits is to stop", test_stopped);
	return g_test_run();
}
