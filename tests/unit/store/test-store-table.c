/* Tables share trees of the engine: each sees its own rows only, in their order. */
#include <string.h>

#include "../store-fixture.h"

/* What keys are told apart by: lengths of a number, and bytes that a carry runs over. */
static const uint64_t numbers[] = { 0, 1, 2, 255, 256, 65535, 65536, UINT64_MAX };

enum { NUMBERS = G_N_ELEMENTS(numbers) };

/* How many rows a table has of each number. */
static size_t rows_each(enum store_table table)
{
	return table == TABLE_TICKETS ? 1 : 2;
}

/* Of the i-th row of a table. */
static void key_of(struct key *key, enum store_table table, size_t i)
{
	size_t each = rows_each(table);

	key_init(key);
	key_number(key, numbers[i / each]);
	if (each > 1)
		key_number(key, i % each ? 256 : 255);
}

/* The value of a row is its table. */
static enum status fill(struct txn *txn, void *arg, struct error *err)
{
	enum status st = ST_OK;

	(void)arg;
	(void)err;
	for (int table = 0; table < TABLE_COUNT; table++)
		for (size_t i = 0; i < rows_each((enum store_table)table) * NUMBERS && st == ST_OK;
			i++) {
			const guint8 value = (guint8)table;
			struct key key;

			key_of(&key, (enum store_table)table, i);
			st = txn_put(txn, (enum store_table)table, key_bytes(&key),
				(struct bytes){ &value, 1 });
		}
	return st;
}

struct look {
	enum store_table table;
	bool reverse, deleting;
};

static void assert_row(const struct look *look, const struct scan *scan, size_t i)
{
	struct key key;

	key_of(&key, look->table, i);
	g_assert_cmpmem(scan->key.data, scan->key.len, key.data, key.len);
	g_assert_cmpuint(scan->value.len, ==, 1);
	g_assert_cmpint(*(const guint8 *)scan->value.data, ==, look->table);
}

/* All of a table that tests made from nothing. */
static enum status look_at_all(struct txn *txn, void *arg, struct error *err)
{
	const struct look *look = arg;
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	size_t n = 0, count = rows_each(look->table) * NUMBERS;
	enum status st;

	(void)err;
	for (st = scan_first(&scan, txn, look->table, all, all, look->reverse); st == ST_OK;
		st = scan_next(&scan)) {
		assert_row(look, &scan, look->reverse ? count - 1 - n : n);
		n++;
		if (look->deleting)
			g_assert_cmpint(txn_delete(txn, look->table, scan.key), ==, ST_OK);
	}
	scan_release(&scan);
	g_assert_cmpint(st, ==, ST_NOT_FOUND);
	g_assert_cmpuint(n, ==, count);
	return ST_OK;
}

/* What the store itself has there would be among the test's rows. */
static enum status make_room(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	empty_table(txn, TABLE_META);
	return ST_OK;
}

static void open_filled(struct place *place)
{
	place_open(place, 0);
	place_write(place, make_room, NULL, ST_OK);
	place_write(place, fill, NULL, ST_OK);
}

static void test_apart(void)
{
	struct place place;

	open_filled(&place);
	for (int i = 0; i < 2 * TABLE_COUNT; i++) {
		struct look look = { .table = (enum store_table)(i / 2), .reverse = i % 2 };

		place_read(&place, look_at_all, &look, ST_OK);
		place_write(&place, look_at_all, &look, ST_OK);
	}
	place_close(&place);
}

static void test_emptied_apart(void)
{
	struct place place;

	open_filled(&place);
	for (int i = 0; i < TABLE_COUNT; i++) {
		struct look look = {
			.table = (enum store_table)i, .reverse = i % 2, .deleting = true
		};

		place_write(&place, look_at_all, &look, ST_OK);
		g_assert_cmpuint(rows_of(place.store, look.table), ==, 0);
	}
	place_close(&place);
}

/* A number's rows in one table, of all that have rows of it. */
static enum status look_at_one(struct txn *txn, void *arg, struct error *err)
{
	const struct look *look = arg;

	(void)err;
	for (size_t i = 0; i < NUMBERS; i++) {
		size_t n = 0, each = rows_each(look->table);
		struct key prefix;
		struct scan scan;
		enum status st;

		key_init(&prefix);
		key_number(&prefix, numbers[i]);
		for (st = scan_first(&scan, txn, look->table, key_bytes(&prefix),
			     (struct bytes){ NULL, 0 }, look->reverse);
			st == ST_OK; st = scan_next(&scan)) {
			assert_row(look, &scan, each * i + (look->reverse ? each - 1 - n : n));
			n++;
		}
		scan_release(&scan);
		g_assert_cmpuint(n, ==, each);
	}
	return ST_OK;
}

static void test_one_number(void)
{
	struct place place;

	open_filled(&place);
	for (int i = 0; i < 2 * TABLE_COUNT; i++) {
		struct look look = { .table = (enum store_table)(i / 2), .reverse = i % 2 };

		place_read(&place, look_at_one, &look, ST_OK);
	}
	place_close(&place);
}

/* --- keys that are none --- */

static const char longest[STORE_KEY_MAX + 1] = "";

static const struct {
	enum store_table table;
	struct bytes key;
	enum status wanted;
} keys[] = {
	{ TABLE_META, { "", 0 }, ST_BAD_INPUT },
	{ TABLE_META, { longest, STORE_KEY_MAX }, ST_OK },
	{ TABLE_META, { longest, STORE_KEY_MAX + 1 }, ST_BAD_INPUT },
	{ TABLE_ENTRIES, { "", 0 }, ST_BAD_INPUT },
	{ TABLE_ENTRIES, { longest, STORE_KEY_MAX }, ST_OK },
	{ TABLE_ENTRIES, { longest, STORE_KEY_MAX + 1 }, ST_BAD_INPUT },
	{ TABLE_ENTRIES, { "\2\1\1", 3 }, ST_OK },
	{ TABLE_ENTRIES, { "\2\1", 2 }, ST_BAD_INPUT },
	{ TABLE_TICKETS, { "\377", 1 }, ST_BAD_INPUT },
};

enum use { USE_PUT, USE_GET, USE_SCAN, USE_DELETE, USES };

/* One use a transaction: after a failure all the others fail. */
struct key_use {
	size_t key;
	enum use use;
};

static enum status use_key(struct txn *txn, void *arg, struct error *err)
{
	const struct key_use *u = arg;
	const enum store_table table = keys[u->key].table;
	const struct bytes key = keys[u->key].key;
	struct bytes value;
	struct scan scan;
	enum status st = ST_OK;

	(void)err;
	switch (u->use) {
	case USE_PUT:
		return txn_put(txn, table, key, (struct bytes){ "", 0 });
	case USE_GET:
		return txn_get(txn, table, key, &value);
	case USE_SCAN:
		st = scan_first(&scan, txn, table, key, key, false);
		scan_release(&scan);
		return st;
	case USE_DELETE:
		return txn_delete(txn, table, key);
	case USES:
		break;
	}
	return st;
}

static void test_keys(void)
{
	struct place place;

	place_open(&place, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		for (int use = 0; use < USES; use++)
			/* An empty prefix is of all rows. */
			if (use != USE_SCAN || keys[i].key.len)
				place_write(&place, use_key, &(struct key_use){ i, (enum use)use },
					keys[i].wanted);
	place_close(&place);
}

int main(int argc, char **argv)
{
	fixture_lmdb_alone();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store-table/each table has its own rows only", test_apart);
	g_test_add_func("/store-table/one is emptied and the others stay", test_emptied_apart);
	g_test_add_func(
		"/store-table/a ticket's rows in one table are those alone", test_one_number);
	g_test_add_func("/store-table/a key that is none is refused", test_keys);
	return g_test_run();
}
