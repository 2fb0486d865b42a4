/* Every page of the data file is looked at: what was written by transactions is sound, and damage
 * of each kind is named. */
#include <string.h>

#include "../store-fixture.h"

/* As store-pages.c knows them: a page's number, kind, bounds and the places of its nodes; a node's
 * head. */
enum {
	PAGE = 4096,
	KIND = 10,
	LOWER = 12,
	UPPER = 14,
	PLACES = 16,
	BRANCH = 1,
	LEAF = 2,
	OVERFLOW = 4
};
enum { NODE_FLAGS = 4, NODE_HEAD = 8 };
enum { ROWS = 3000, LONG = 3 * PAGE };

/* --- a store --- */

static struct bytes key_of(struct key *key, uint64_t i)
{
	key_init(key);
	key_u64(key, i);
	return key_bytes(key);
}

static enum status fill(struct txn *txn, void *arg, struct error *err)
{
	g_autofree char *value = g_strnfill(LONG, 'x');
	enum status st = ST_OK;

	(void)arg;
	(void)err;
	for (uint64_t i = 0; i < ROWS && st == ST_OK; i++) {
		struct key key;

		st = txn_put(txn, TABLE_INDEX, key_of(&key, i * 2),
			(struct bytes){ value, i % 500 ? 20 + i % 3 : LONG });
	}
	return st;
}

/* Opens the store of a place once more, and looks at all of it. */
static enum status look(struct place *place)
{
	struct store_options options = place_options(place, 0);

	options.look = LOOK_AT_ALL_PAGES;
	return store_open(&options, &place->store, &place->err);
}

static void assert_sound(struct place *place)
{
	enum status st = look(place);

	if (st != ST_OK)
		g_test_message("%s", place->err.text);
	g_assert_cmpint(st, ==, ST_OK);
}

/* --- its pages --- */

struct file {
	char *path, *data;
	gsize length;
};

static void file_read(struct file *file, const struct place *place)
{
	file->path = g_build_filename(place->path, "data.mdb", NULL);
	g_assert_true(g_file_get_contents(file->path, &file->data, &file->length, NULL));
}

static void file_write(struct file *file)
{
	g_assert_true(g_file_set_contents_full(file->path, file->data, (gssize)file->length,
		G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	g_free(file->data);
	g_free(file->path);
}

static guint16 get16(const char *p)
{
	guint16 n;

	memcpy(&n, p, sizeof n);
	return n;
}

static void put16(char *p, guint16 n)
{
	memcpy(p, &n, sizeof n);
}

static unsigned nodes_in(const char *page)
{
	return (unsigned)(get16(page + LOWER) - PLACES) / 2;
}

static char *node(char *page, unsigned i)
{
	return page + get16(page + PLACES + 2 * i);
}

/* The first page of a kind with so many nodes at least. The file is new: all of its pages are in
 * use. */
static char *find(const struct file *file, int kind, unsigned nodes)
{
	for (gsize at = 2 * PAGE; at < file->length; at += PAGE) {
		char *page = file->data + at;

		if (get16(page + KIND) == kind && (kind == OVERFLOW || nodes_in(page) >= nodes))
			return page;
	}
	g_assert_not_reached();
}

/* --- damage --- */

static void number(struct file *file)
{
	find(file, LEAF, 20)[0] ^= 1;
}

static void kind(struct file *file)
{
	find(file, LEAF, 20)[KIND] = BRANCH;
}

static void bounds(struct file *file)
{
	char *page = find(file, LEAF, 20);

	put16(page + LOWER, get16(page + UPPER) + 2);
}

static void outside(struct file *file)
{
	put16(find(file, LEAF, 20) + PLACES + 6, PAGE - 2);
}

static void long_key(struct file *file)
{
	put16(node(find(file, LEAF, 20), 3) + 6, 5000);
}

static void overlap(struct file *file)
{
	char *page = find(file, LEAF, 20);

	put16(node(page, 3), get16(node(page, 3)) + 2);
}

static void order(struct file *file)
{
	char *page = find(file, LEAF, 20);

	/* The last byte of a key, of an even number. */
	node(page, 3)[NODE_HEAD + 1 + 7] += 100;
}

static void row_of_another_kind(struct file *file)
{
	node(find(file, LEAF, 20), 3)[NODE_FLAGS] |= 4;
}

static void long_value(struct file *file)
{
	find(file, OVERFLOW, 0)[LOWER] = 1;
}

static void child_twice(struct file *file)
{
	char *page = find(file, BRANCH, 3);

	memcpy(node(page, 1), node(page, 0), NODE_FLAGS);
}

static void child_of_nobody(struct file *file)
{
	memset(node(find(file, BRANCH, 3), 1), 0xff, NODE_FLAGS);
}

/* The separator is less than what lies before it. */
static void branch(struct file *file)
{
	memset(node(find(file, BRANCH, 3), 1) + NODE_HEAD + 1, 0, 8);
}

/* The number of rows, which follows three numbers of pages, in the record of the tree that has
 * most. */
static void count(struct file *file)
{
	char *page = find(file, LEAF, 1);

	for (gsize at = 2 * PAGE; at < file->length; at += PAGE)
		if (get16(file->data + at + KIND) == LEAF &&
			memmem(file->data + at, PAGE, "threads", 7))
			page = file->data + at;
	for (unsigned i = 0; i < nodes_in(page); i++)
		node(page, i)[NODE_HEAD + get16(node(page, i) + 6) + 32] ^= 1;
}

static void not_in_the_file(struct file *file)
{
	file->length -= 40 * PAGE;
}

static const struct {
	const char *name;
	void (*damage)(struct file *file);
	const char *said;
} damages[] = {
	{ "a page of another number", number, "has another page's number" },
	{ "a page of another kind", kind, "is of another kind" },
	{ "a page without bounds", bounds, "has no bounds" },
	{ "a row that goes past the page", outside, "has a row outside of it" },
	{ "a key that goes past the page", long_key, "has a row outside of it" },
	{ "rows over one another", overlap, "has rows over one another" },
	{ "keys out of order", order, "has its keys out of order" },
	{ "a row of another kind", row_of_another_kind, "has a row of another kind" },
	{ "a long value of another length", long_value, "does not begin a long value" },
	{ "a page with two parents", child_twice, "is in use twice" },
	{ "a page that cannot be", child_of_nobody, "cannot be one of its pages" },
	{ "a branch that leads astray", branch, "has its keys out of order" },
	{ "another number of rows", count, "has not as many pages and rows as its record says" },
	{ "a file that ends early", not_in_the_file, "its file is shorter than it was" },
};

static void test_damage(gconstpointer data)
{
	size_t i = (size_t)GPOINTER_TO_INT(data);
	struct place place;
	struct file file;

	place_open(&place, 0);
	place_write(&place, fill, NULL, ST_OK);
	g_clear_pointer(&place.store, store_close);
	assert_sound(&place);
	g_clear_pointer(&place.store, store_close);
	file_read(&file, &place);
	damages[i].damage(&file);
	file_write(&file);
	g_assert_cmpint(look(&place), ==, ST_IO);
	g_test_message("%s", place.err.text);
	g_assert_nonnull(strstr(place.err.text, damages[i].said));
	g_assert_nonnull(strstr(place.err.text, "; restore a backup"));
	place_close(&place);
}

/* --- no damage --- */

enum { KEYS = 600, ROUNDS = 60 };

/* Many keys in few lengths, so that rows are found again; what a branch keeps of them is as
 * long. */
static void any_key(GRand *random, enum store_table table, struct key *key)
{
	guint32 number = (guint32)g_rand_int_range(random, 0, KEYS);

	key_init(key);
	key_number(key, number);
	/* Only these tables may have keys of any form. */
	if (table == TABLE_IDS || table == TABLE_INDEX)
		while (key->len < number * 7919 % STORE_KEY_MAX)
			key_u8(key, (guint8)(number >> 3));
}

/* Puts and deletes rows of all lengths; more of the one, then more of the other. */
static enum status work(struct txn *txn, void *arg, struct error *err)
{
	GRand *random = arg;
	g_autofree char *value = g_strnfill(LONG, 'y');
	int puts = g_rand_int_range(random, 1, 9);
	enum status st = ST_OK;

	(void)err;
	for (int i = 0; i < 150 && st == ST_OK; i++) {
		enum store_table table = (enum store_table)g_rand_int_range(random, 0, TABLE_COUNT);
		gsize length = (gsize)g_rand_int_range(
			random, 0, g_rand_boolean(random) ? 100 : LONG);
		struct key key;

		any_key(random, table, &key);
		if (g_rand_int_range(random, 0, 10) < puts)
			st = txn_put(txn, table, key_bytes(&key), (struct bytes){ value, length });
		else
			st = txn_delete(txn, table, key_bytes(&key));
		st = st == ST_NOT_FOUND ? ST_OK : st;
	}
	return st;
}

static void test_what_transactions_leave_is_sound(void)
{
	GRand *random = g_rand_new_with_seed(2026);
	struct place place;

	place_open(&place, 64 << 20);
	for (int i = 0; i < ROUNDS; i++) {
		place_write(&place, work, random, ST_OK);
		if (i % 10 == 9) {
			g_clear_pointer(&place.store, store_close);
			assert_sound(&place);
		}
	}
	place_close(&place);
	g_rand_free(random);
}

int main(int argc, char **argv)
{
	fixture_lmdb_alone();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store-pages/what transactions leave is sound",
		test_what_transactions_leave_is_sound);
	for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
		g_autofree char *name = g_strconcat(
			"/store-pages/", damages[i].name, " is named", NULL);

		g_test_add_data_func(name, GINT_TO_POINTER((int)i), test_damage);
	}
	return g_test_run();
}
