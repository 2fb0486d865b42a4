/* What is due: rows come, move and go with the times of tickets. */
#include "tables/due-index.h"

#include "../store-fixture.h"

#define OK(call) g_assert_cmpint((call), ==, ST_OK)

static void assert_due(struct txn *txn, int64_t now, size_t max, const char *wanted)
{
	struct due_row rows[16];
	g_autoptr(GString) out = g_string_new(NULL);
	size_t n = 77;

	g_assert_cmpuint(max, <=, G_N_ELEMENTS(rows));
	OK(due_index_find(txn, now, rows, max, &n, NULL));
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, "%u:%u@%u ", (unsigned)rows[i].number, rows[i].kind,
			(unsigned)rows[i].time);
	g_assert_cmpstr(out->str, ==, wanted);
}

static void assert_next(struct txn *txn, int64_t wanted)
{
	int64_t next = -1;

	OK(due_index_next(txn, &next, NULL));
	g_assert_cmpint(next, ==, wanted);
}

static void assert_right(struct txn *txn, const struct ticket *t, bool wanted)
{
	bool right = !wanted;

	OK(due_index_right(txn, t, &right));
	g_assert_cmpint(right, ==, wanted);
}

static struct ticket due(uint64_t number, int64_t wake, int64_t sla)
{
	struct ticket t = { .number = number };

	due_set_time(&t, DUE_WAKE, wake);
	due_set_time(&t, DUE_SLA, sla);
	return t;
}

static enum status moving(struct txn *txn, void *arg, struct error *err)
{
	struct ticket none = due(1, 0, 0), both = due(1, 20, 10), later = due(1, 20, 30),
		      other = due(2, 20, 0);

	(void)arg;
	(void)err;
	assert_next(txn, 0);
	OK(due_index_move(txn, NULL, &none));
	assert_due(txn, 100, 16, "");
	assert_right(txn, &none, true);
	assert_right(txn, &both, false);
	OK(due_index_move(txn, &none, &both));
	OK(due_index_move(txn, NULL, &other));
	assert_due(txn, 100, 16, "1:2@10 1:1@20 2:1@20 ");
	assert_next(txn, 10);
	assert_due(txn, 20, 16, "1:2@10 1:1@20 2:1@20 ");
	assert_due(txn, 19, 16, "1:2@10 ");
	assert_due(txn, 10, 16, "1:2@10 ");
	assert_due(txn, 9, 16, "");
	assert_due(txn, 100, 2, "1:2@10 1:1@20 ");
	assert_due(txn, 100, 0, "");
	assert_right(txn, &both, true);
	assert_right(txn, &later, false);
	OK(due_index_move(txn, &both, &later));
	assert_due(txn, 100, 16, "1:1@20 2:1@20 1:2@30 ");
	OK(due_index_move(txn, &other, &other));
	assert_due(txn, 20, 16, "1:1@20 2:1@20 ");
	OK(due_index_move(txn, &later, NULL));
	assert_due(txn, 100, 16, "2:1@20 ");
	assert_right(txn, &later, false);
	return ST_OK;
}

/* The first kind that is not there is told; a later one alone is missed, too. */
static enum status missing(struct txn *txn, void *arg, struct error *err)
{
	struct ticket t = due(1, 20, 10);
	const struct due_row rows[] = { { 20, 1, DUE_WAKE }, { 10, 1, DUE_SLA } };

	(void)arg;
	(void)err;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		OK(due_index_move(txn, NULL, &t));
		assert_right(txn, &t, true);
		OK(due_index_drop(txn, &rows[i], NULL));
		OK(due_index_drop(txn, &rows[i], NULL));
		assert_right(txn, &t, false);
	}
	return ST_OK;
}

/* Nobody here knows what to do then. */
static enum status newer(struct txn *txn, void *arg, struct error *err)
{
	const struct due_row row = { 5, 7, DUE_KINDS }, known = { 6, 7, DUE_KINDS - 1 };
	const struct due_row *const both[] = { &row, &known };

	(void)arg;
	(void)err;
	for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
		struct key key;

		due_row_key(&key, both[i]);
		OK(txn_put(txn, TABLE_DUE, key_bytes(&key), (struct bytes){ "", 0 }));
	}
	assert_due(txn, 10, 1, "7:4@6 ");
	assert_next(txn, 6);
	return ST_OK;
}

static void test_keys(void)
{
	for (int kind = DUE_WAKE; kind < DUE_KINDS; kind++) {
		const struct due_row row = { 1234567, 89, (enum due_kind)kind };
		struct due_row back;
		struct key key;

		due_row_key(&key, &row);
		back = due_row_read(key_bytes(&key));
		g_assert_cmpint(back.time, ==, 1234567);
		g_assert_cmpuint(back.number, ==, 89);
		g_assert_cmpint(back.kind, ==, kind);
	}
}

static void test_fields(void)
{
	struct ticket t = { .number = 1 };

	for (int kind = DUE_WAKE; kind < DUE_KINDS; kind++) {
		g_assert_cmpint(due_time(&t, (enum due_kind)kind), ==, 0);
		due_set_time(&t, (enum due_kind)kind, 100 + kind);
	}
	for (int kind = DUE_WAKE; kind < DUE_KINDS; kind++)
		g_assert_cmpint(due_time(&t, (enum due_kind)kind), ==, 100 + kind);
	due_set_time(&t, DUE_NONE, 5);
	g_assert_cmpint(due_time(&t, DUE_NONE), ==, 0);
}

int main(int argc, char **argv)
{
	static const struct store_test in_store[] = {
		{ "/due-index/rows move with the times", moving },
		{ "/due-index/a row that is missing is missed", missing },
		{ "/due-index/a kind that only a newer program knows is passed over", newer },
	};

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/due-index/keys", test_keys);
	g_test_add_func("/due-index/fields", test_fields);
	add_store_tests(in_store, G_N_ELEMENTS(in_store));
	return g_test_run();
}
