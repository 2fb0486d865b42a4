/* The hour's cap of automatic answers: what is left, for whom, and that no 60 minutes have more. */
#include "tables/answers.h"

#include "base/text.h"
#include "../store-fixture.h"

enum { HOUR = 3600 };

static const int64_t some_day = INT64_C(1790000000);

struct ask {
	int64_t now;
	uint64_t max;
	enum answers_left left;
	enum answers_kind kind;
	struct answers_totals totals;
};

static enum status ask_and_count(struct txn *txn, void *arg, struct error *err)
{
	struct ask *a = arg;
	enum status st = answers_left(txn, a->now, a->max, &a->left, err);

	if (st != ST_OK)
		return st;
	return answers_count(
		txn, a->now, a->left == LEFT_FOR_ALL ? ANSWERS_SENT : ANSWERS_OVER_HOUR, err);
}

static enum status count_one(struct txn *txn, void *arg, struct error *err)
{
	struct ask *a = arg;

	return answers_count(txn, a->now, a->kind, err);
}

static enum status read_totals(struct txn *txn, void *arg, struct error *err)
{
	struct ask *a = arg;

	return answers_totals(txn, a->now, &a->totals, err);
}

/* Asks at this second of some day; true: it was answered. */
static bool answered(struct place *place, int64_t second, uint64_t max)
{
	struct ask a = { .now = (some_day + second) * TEXT_SECOND, .max = max };

	place_write(place, ask_and_count, &a, ST_OK);
	return a.left == LEFT_FOR_ALL;
}

static void test_a_quarter_is_kept(void)
{
	static const struct {
		uint64_t max, sent;
		enum answers_left left;
	} rows[] = {
		{ 0, 50, LEFT_FOR_ALL },
		{ 1, 0, LEFT_FOR_ALL },
		{ 1, 1, LEFT_FOR_NOBODY },
		{ 4, 2, LEFT_FOR_ALL },
		{ 4, 3, LEFT_FOR_KNOWN },
		{ 4, 4, LEFT_FOR_NOBODY },
		{ 10, 7, LEFT_FOR_ALL },
		{ 10, 8, LEFT_FOR_KNOWN },
		{ 10, 9, LEFT_FOR_KNOWN },
		{ 10, 10, LEFT_FOR_NOBODY },
		{ 10, 12, LEFT_FOR_NOBODY },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct ask a = { .now = some_day * TEXT_SECOND, .max = rows[i].max };
		struct place place;

		place_open(&place, 0);
		for (uint64_t n = 0; n < rows[i].sent; n++)
			place_write(&place, count_one, &a, ST_OK);
		place_write(&place, ask_and_count, &a, ST_OK);
		g_assert_cmpint(a.left, ==, rows[i].left);
		place_close(&place);
	}
}

/* Bursts and drops over a day: whichever hour is looked at. */
static void test_no_hour_has_more(void)
{
	enum { MAX = 4, ALL = MAX - MAX / 4, ASKED = 600 };
	g_autoptr(GRand) random = g_rand_new_with_seed(7);
	int64_t at[ASKED], second = 0;
	size_t n = 0;
	struct place place;

	place_open(&place, 0);
	for (int i = 0; i < ASKED; i++) {
		second += g_rand_int_range(random, 0, i % 20 ? 200 : 2 * HOUR);
		if (answered(&place, second, MAX))
			at[n++] = second;
		if (n > ALL)
			g_assert_cmpint(at[n - 1] - at[n - 1 - ALL], >=, HOUR);
	}
	g_assert_cmpuint(n, >, ASKED / 20);
	place_close(&place);
}

static void test_an_hour_and_a_minute_later(void)
{
	struct place place;

	place_open(&place, 0);
	g_assert_true(answered(&place, 0, 1));
	g_assert_false(answered(&place, HOUR - 1, 1));
	g_assert_false(answered(&place, HOUR, 1));
	place_close(&place);
	place_open(&place, 0);
	g_assert_true(answered(&place, 0, 1));
	g_assert_true(answered(&place, HOUR + 60, 1));
	place_close(&place);
}

static void test_a_restart_forgets_nothing(void)
{
	struct place place;

	place_open(&place, 0);
	g_assert_true(answered(&place, 0, 1));
	store_close(place.store);
	g_assert_cmpint(place_reopen(&place, false), ==, ST_OK);
	g_assert_false(answered(&place, 60, 1));
	place_close(&place);
}

/* By minutes, as NTP does; and by years, after which the hour must end all the same. */
static void test_a_clock_set_back(void)
{
	static const int64_t set_back[] = { 120, HOUR, 2 * HOUR, INT64_C(10) * 365 * 24 * HOUR };

	for (size_t i = 0; i < G_N_ELEMENTS(set_back); i++) {
		struct place place;

		place_open(&place, 0);
		g_assert_true(answered(&place, 0, 1));
		g_assert_false(answered(&place, -set_back[i], 1));
		g_assert_false(answered(&place, -set_back[i] + HOUR / 2, 1));
		g_assert_true(answered(&place, -set_back[i] + 2 * HOUR + 120, 1));
		place_close(&place);
	}
}

static void test_totals(void)
{
	struct ask a = { .now = some_day * TEXT_SECOND };
	struct place place;

	place_open(&place, 0);
	for (int kind = 0; kind < ANSWERS_KINDS; kind++)
		for (int n = 0; n <= kind; n++) {
			a.kind = (enum answers_kind)kind;
			place_write(&place, count_one, &a, ST_OK);
		}
	place_read(&place, read_totals, &a, ST_OK);
	g_assert_cmpuint(a.totals.by_kind[ANSWERS_SENT], ==, 1);
	g_assert_cmpuint(a.totals.by_kind[ANSWERS_OVER_DAY], ==, 2);
	g_assert_cmpuint(a.totals.by_kind[ANSWERS_OVER_HOUR], ==, 3);
	g_assert_cmpuint(a.totals.last_hour, ==, 1);
	a.now += INT64_C(2) * HOUR * TEXT_SECOND;
	place_read(&place, read_totals, &a, ST_OK);
	g_assert_cmpuint(a.totals.by_kind[ANSWERS_SENT], ==, 1);
	g_assert_cmpuint(a.totals.last_hour, ==, 0);
	place_close(&place);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/answers/the last quarter is for the known", test_a_quarter_is_kept);
	g_test_add_func("/answers/no 60 minutes have more than the cap", test_no_hour_has_more);
	g_test_add_func("/answers/and then there are some again", test_an_hour_and_a_minute_later);
	g_test_add_func("/answers/a restart forgets nothing", test_a_restart_forgets_nothing);
	g_test_add_func("/answers/a clock that is set back stops nothing", test_a_clock_set_back);
	g_test_add_func("/answers/totals are for ever, the hour is not", test_totals);
	return g_test_run();
}
