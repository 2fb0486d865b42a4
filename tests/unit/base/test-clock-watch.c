/* A wall clock that is set wrong, and right again. */
#include <glib.h>

#include "base/clock-watch.h"

#define WALL (INT64_C(1795000000) * G_TIME_SPAN_SECOND)
#define YEAR (365 * G_TIME_SPAN_DAY)

/* What the clock shows more than at the start, and since when. */
struct sight {
	int64_t boot, set;
	bool doubts, came_back;
};

static const struct sight ahead_and_back[] = {
	{ 0, 0, false, false },
	{ 10, 0, false, false },
	{ 11, YEAR, true, false },
	{ 12, YEAR / 2, true, false },
	{ 13, 0, false, true },
	{ 14, 0, false, false },
	/* a clock that was put right a little is where it was */
	{ 15, YEAR, true, false },
	{ 16, 300 * G_TIME_SPAN_SECOND, false, true },
	{ 17, -300 * G_TIME_SPAN_SECOND, false, false },
};

static const struct sight behind_and_back[] = {
	{ 10, -YEAR, true, false },
	{ 11, -YEAR, true, false },
	{ 12, 0, false, false },
	{ 13, -301 * G_TIME_SPAN_SECOND, true, false },
	{ 14, 301 * G_TIME_SPAN_SECOND, true, false },
	{ 15, 0, false, true },
};

/* It was wrong when we began. */
static const struct sight set_for_good[] = {
	{ 10, YEAR, true, false },
	{ 10 + 86400, YEAR, true, false },
	{ 11 + 86400, YEAR, false, false },
	{ 12 + 86400, 0, true, false },
	{ 13 + 86400, YEAR, false, false },
	{ 14 + 86400, 2 * YEAR, true, false },
	{ 15 + 86400, YEAR, false, true },
};

static void assert_seen(const struct sight *seen, size_t n)
{
	struct clock_watch watch;

	clock_watch_init(&watch, WALL, 0);
	for (size_t i = 0; i < n; i++) {
		const struct sight *s = &seen[i];
		int64_t boot = s->boot * G_TIME_SPAN_SECOND;
		bool came_back = clock_watch_look(&watch, WALL + boot + s->set, boot);

		g_test_message("%d", (int)i);
		g_assert_cmpint(came_back, ==, s->came_back);
		g_assert_cmpint(clock_watch_doubts(&watch), ==, s->doubts);
	}
}

static void test_ahead(void)
{
	assert_seen(ahead_and_back, G_N_ELEMENTS(ahead_and_back));
}

static void test_behind(void)
{
	assert_seen(behind_and_back, G_N_ELEMENTS(behind_and_back));
}

static void test_for_good(void)
{
	assert_seen(set_for_good, G_N_ELEMENTS(set_for_good));
}

static void test_since_boot(void)
{
	int64_t before = clock_since_boot();

	g_assert_cmpint(before, >, 0);
	g_assert_cmpint(clock_since_boot(), >=, before);
	g_assert_cmpint(clock_since_boot() - before, <, 60 * G_TIME_SPAN_SECOND);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/clock-watch/ahead and back", test_ahead);
	g_test_add_func("/clock-watch/behind and back", test_behind);
	g_test_add_func("/clock-watch/set for good", test_for_good);
	g_test_add_func("/clock-watch/since boot", test_since_boot);
	return g_test_run();
}
