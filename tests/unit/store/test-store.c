/* The store: keys, scans, numbers, growth, failure, copies. Its concurrency is in
 * test-store-group.c. */
#include "store/store.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/lmdb/store-engine.h"
#include "../store-fixture.h"

/* GCC's words, then clang's. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { RUNNING_UNDER_SANITIZER = 1 };
#elif defined __has_feature
enum {
	RUNNING_UNDER_SANITIZER = __has_feature(address_sanitizer) ||
		__has_feature(thread_sanitizer)
};
#else
enum { RUNNING_UNDER_SANITIZER = 0 };
#endif

enum { MIB = 1 << 20 };

static struct bytes text_bytes(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

/* --- small works to run --- */

struct pair {
	const char *key, *value; /* value NULL: delete */
	char *got;
};

static enum status put_pair(struct txn *txn, void *arg, struct error *err)
{
	const struct pair *p = arg;

	(void)err;
	return p->value ? txn_put(txn, TABLE_ANSWERED, text_bytes(p->key), text_bytes(p->value))
			: txn_delete(txn, TABLE_ANSWERED, text_bytes(p->key));
}

static enum status get_pair(struct txn *txn, void *arg, struct error *err)
{
	struct pair *p = arg;
	struct bytes value;
	enum status st = txn_get(txn, TABLE_ANSWERED, text_bytes(p->key), &value);

	(void)err;
	g_clear_pointer(&p->got, g_free);
	if (st == ST_OK)
		p->got = g_strndup(value.data, value.len);
	return st;
}

static void put(struct place *place, const char *key, const char *value)
{
	place_write(place, put_pair, &(struct pair){ .key = key, .value = value }, ST_OK);
}

static void assert_value(struct place *place, const char *key, const char *value)
{
	struct pair p = { .key = key };

	place_read(place, get_pair, &p, value ? ST_OK : ST_NOT_FOUND);
	g_assert_cmpstr(p.got, ==, value);
	g_free(p.got);
}

struct big {
	uint32_t first, count;
	size_t size;
	enum status end; /* what it returns after its writes */
};

static enum status put_big(struct txn *txn, void *arg, struct error *err)
{
	const struct big *b = arg;
	g_autofree char *data = g_malloc0(b->size);
	enum status st = ST_OK;

	for (uint32_t i = 0; i < b->count && st == ST_OK; i++) {
		struct key key;

		key_init(&key);
		key_u32(&key, b->first + i);
		st = txn_put(txn, TABLE_ANSWERED, key_bytes(&key), (struct bytes){ data, b->size });
	}
	return st == ST_OK && b->end != ST_OK ? error_set(err, b->end, "refused after writing")
					      : st;
}

static uint64_t rows(struct place *place)
{
	return rows_of(place->store, TABLE_ANSWERED);
}

static void test_wait(void)
{
	struct place place;
	int64_t before = g_get_monotonic_time();

	place_open(&place, 0);
	g_assert_false(store_tells(place.store));
	g_assert_true(store_wait(place.store, 20, -1));
	g_assert_cmpint(g_get_monotonic_time() - before, >=, 20 * G_TIME_SPAN_MILLISECOND);
	place_close(&place);
}

/* --- what is kept --- */

static void test_keeps(void)
{
	struct place place;

	place_open(&place, 0);
	put(&place, "a", "1");
	put(&place, "b", "");
	assert_value(&place, "a", "1");
	assert_value(&place, "b", "");
	assert_value(&place, "c", NULL);
	put(&place, "a", "2");
	assert_value(&place, "a", "2");
	place_write(&place, put_pair, &(struct pair){ .key = "c" }, ST_NOT_FOUND);
	put(&place, "a", NULL);
	assert_value(&place, "a", NULL);
	place_close(&place);
}

static void test_undoes(void)
{
	struct place place;
	struct big big = { .count = 10, .size = 10, .end = ST_REFUSED };

	place_open(&place, 0);
	place_write(&place, put_big, &big, ST_REFUSED);
	g_assert_cmpstr(place.err.text, ==, "refused after writing");
	g_assert_cmpuint(rows(&place), ==, 0);
	place_close(&place);
}

static void test_reopens(void)
{
	struct place place;
	guint8 before[32], after[32], zero[32] = { 0 };

	place_open(&place, 0);
	put(&place, "kept", "yes");
	store_secret(place.store, before, NULL);
	g_clear_pointer(&place.store, store_close);
	g_assert_cmpint(place_reopen(&place, false), ==, ST_OK);
	store_secret(place.store, after, NULL);
	assert_value(&place, "kept", "yes");
	g_assert_cmpmem(before, 32, after, 32);
	g_assert_true(memcmp(before, zero, 32) != 0);
	place_close(&place);
}

static void test_secrets_differ(void)
{
	struct place a, b;
	guint8 of_a[32], of_b[32];

	place_open(&a, 0);
	place_open(&b, 0);
	store_secret(a.store, of_a, NULL);
	store_secret(b.store, of_b, NULL);
	g_assert_true(memcmp(of_a, of_b, 32) != 0);
	place_close(&a);
	place_close(&b);
}

/* --- files --- */

static void test_modes(void)
{
	struct place place;
	mode_t before = umask(077);

	place_open(&place, 0);
	umask(before);
	g_assert_cmphex(mode_of(place.path, ""), ==, 02770);
	g_assert_cmphex(mode_of(place.path, "data.mdb"), ==, 0660);
	g_assert_cmphex(mode_of(place.path, "lock.mdb"), ==, 0660);
	place_close(&place);
}

static void test_lost_lock_file(void)
{
	struct place place;
	g_autofree char *lock = NULL;
	mode_t before;

	place_open(&place, 0);
	g_clear_pointer(&place.store, store_close);
	lock = g_build_filename(place.path, "lock.mdb", NULL);
	g_assert_cmpint(g_unlink(lock), ==, 0);
	before = umask(077);
	g_assert_cmpint(place_reopen(&place, true), ==, ST_OK);
	umask(before);
	g_assert_cmphex(mode_of(place.path, "lock.mdb"), ==, 0660);
	place_close(&place);
}

static void test_read_only(void)
{
	struct place place;

	place_open(&place, 0);
	put(&place, "a", "1");
	g_clear_pointer(&place.store, store_close);
	g_assert_cmpint(place_reopen(&place, true), ==, ST_OK);
	assert_value(&place, "a", "1");
	place_write(&place, put_pair, &(struct pair){ "a", "2", NULL }, ST_REFUSED);
	g_assert_nonnull(strstr(place.err.text, "cannot write store"));
	place_close(&place);
}

static void test_nothing_there(void)
{
	struct place place = { .dir = g_dir_make_tmp("place-XXXXXX", NULL) };

	place.path = g_build_filename(place.dir, "store", NULL);
	g_assert_cmpint(place_reopen(&place, true), ==, ST_NOT_FOUND);
	g_assert_nonnull(strstr(place.err.text, "there is no store in"));
	g_assert_false(g_file_test(place.path, G_FILE_TEST_EXISTS));
	place_close(&place);
}

static enum status set_format(struct txn *txn, void *arg, struct error *err)
{
	(void)err;
	return txn_put(txn, TABLE_META, text_bytes("format"), text_bytes(arg));
}

static void test_newer_format(void)
{
	struct place place;

	place_open(&place, 0);
	place_write(&place, set_format, (void *)"4", ST_OK);
	for (int read_only = 0; read_only < 2; read_only++) {
		g_clear_pointer(&place.store, store_close);
		g_assert_cmpint(place_reopen(&place, read_only), ==, ST_REFUSED);
		g_assert_nonnull(strstr(place.err.text,
			"format 4 is of a newer milticket, this one knows up to 3"));
	}
	place_close(&place);
}

/* Takes no failure seriously. */
static enum status fail_and_go_on(struct txn *txn, void *arg, struct error *err)
{
	const struct bytes none = { "", 0 }, all = { NULL, 0 };
	struct bytes value;
	struct scan scan;

	(void)err;
	g_assert_cmpint(txn_get(txn, TABLE_META, none, &value), ==, ST_BAD_INPUT);
	g_assert_cmpint(txn_get(txn, TABLE_META, text_bytes("format"), &value), ==, ST_BAD_INPUT);
	g_assert_cmpint(txn_get(txn, TABLE_META, text_bytes("no"), &value), ==, ST_BAD_INPUT);
	g_assert_cmpint(scan_first(&scan, txn, TABLE_META, all, all, false), ==, ST_BAD_INPUT);
	scan_release(&scan);
	g_assert_cmpint(
		txn_put(txn, TABLE_META, text_bytes("k"), text_bytes("v")), ==, ST_BAD_INPUT);
	g_assert_cmpint(txn_delete(txn, TABLE_META, text_bytes("format")), ==, ST_BAD_INPUT);
	return *(const enum status *)arg;
}

static enum status has_no_k(struct txn *txn, void *arg, struct error *err)
{
	struct bytes value;

	(void)arg;
	(void)err;
	return txn_get(txn, TABLE_META, text_bytes("k"), &value);
}

static void test_failures_stick(void)
{
	enum status said[] = { ST_OK, ST_NOT_FOUND };
	struct place place;

	place_open(&place, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(said); i++) {
		place_write(&place, fail_and_go_on, &said[i], ST_BAD_INPUT);
		g_assert_nonnull(strstr(place.err.text, "cannot write store"));
		place_read(&place, fail_and_go_on, &said[i], ST_BAD_INPUT);
		place_read(&place, has_no_k, NULL, ST_NOT_FOUND);
	}
	place_close(&place);
}

/* Without a way to bring its rows up to date. */
static void test_format_before(void)
{
	struct place place;

	place_open(&place, 0);
	place_write(&place, set_format, (void *)"2", ST_OK);
	for (int read_only = 0; read_only < 2; read_only++) {
		g_clear_pointer(&place.store, store_close);
		g_assert_cmpint(place_reopen(&place, read_only), ==, ST_REFUSED);
		g_assert_nonnull(strstr(
			place.err.text, "format 2 is of an older milticket, this one knows 3"));
	}
	place_close(&place);
}

/* As format 1 was: a tree for each table. */
static void make_older_store(const char *path)
{
	MDB_val key = { 6, (void *)"format" }, value = { 1, (void *)"1" };
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi tree;

	g_assert_cmpint(g_mkdir(path, 0770), ==, 0);
	g_assert_cmpint(mdb_env_create(&env), ==, 0);
	g_assert_cmpint(mdb_env_set_maxdbs(env, 1), ==, 0);
	g_assert_cmpint(mdb_env_open(env, path, MDB_NOSYNC, 0660), ==, 0);
	g_assert_cmpint(mdb_txn_begin(env, NULL, 0, &txn), ==, 0);
	g_assert_cmpint(mdb_dbi_open(txn, "meta", MDB_CREATE, &tree), ==, 0);
	g_assert_cmpint(mdb_put(txn, tree, &key, &value, 0), ==, 0);
	g_assert_cmpint(mdb_txn_commit(txn), ==, 0);
	mdb_env_close(env);
}

static void test_older_format(void)
{
	struct place place = { .dir = g_dir_make_tmp("place-XXXXXX", NULL) };

	place.path = g_build_filename(place.dir, "store", NULL);
	make_older_store(place.path);
	for (int read_only = 0; read_only < 2; read_only++) {
		g_assert_cmpint(place_reopen(&place, read_only), ==, ST_REFUSED);
		g_assert_nonnull(strstr(place.err.text, "older milticket"));
	}
	place_close(&place);
}

enum { LARGE = 1 << 20 };

static enum status put_and_delete(struct txn *txn, size_t len)
{
	static const struct bytes key = { "key", 3 };
	static const char text[LARGE];
	enum status st = txn_put(txn, TABLE_ANSWERED, key, (struct bytes){ text, len });

	return st == ST_OK ? txn_delete(txn, TABLE_ANSWERED, key) : st;
}

static enum status put_and_delete_small(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	return put_and_delete(txn, 10);
}

static enum status put_and_delete_large(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	return put_and_delete(txn, LARGE);
}

/* What was taken and given back in one transaction is counted as pages of the file, and not in
 * it. */
static void test_unwritten_free_pages(void)
{
	g_autofree char *path = NULL;
	struct place place;
	struct stat file;

	place_open(&place, 0);
	path = g_build_filename(place.path, "data.mdb", NULL);
	/* LMDB takes pages back at once when it has read its list of free ones: when there are some
	 * of earlier transactions. */
	for (int i = 0; i < 5; i++)
		place_write(&place, put_and_delete_small, NULL, ST_OK);
	place_write(&place, put_and_delete_large, NULL, ST_OK);
	store_close(place.store);
	g_assert_cmpint(stat(path, &file), ==, 0);
	g_assert_cmpint(file.st_size, <, LARGE);
	g_assert_cmpint(place_reopen(&place, true), ==, ST_OK);
	place_close(&place);
}

static void test_damaged_file(void)
{
	struct place place;
	g_autofree char *data = NULL, *noise = g_malloc(3 * 4096);

	place_open(&place, 0);
	g_clear_pointer(&place.store, store_close);
	data = g_build_filename(place.path, "data.mdb", NULL);
	memset(noise, 0x5a, 3 * 4096);
	g_assert_true(g_file_set_contents(data, noise, 3 * 4096, NULL));
	g_assert_cmpint(place_reopen(&place, false), ==, ST_IO);
	g_assert_nonnull(strstr(place.err.text, "cannot open store"));
	place_close(&place);
}

/* --- numbers --- */

struct numbering_call {
	const char *name;
	uint64_t first, got;
	enum status end;
};

static enum status take_number(struct txn *txn, void *arg, struct error *err)
{
	struct numbering_call *c = arg;
	enum status st = txn_next_number(txn, c->name, c->first, &c->got);

	return st == ST_OK && c->end != ST_OK ? error_set(err, c->end, "refused") : st;
}

static void test_numbers(void)
{
	static const struct {
		const char *name;
		uint64_t first, wanted;
	} steps[] = {
		{ "x", 1, 1 },
		{ "x", 1, 2 },
		{ "y", 1, 1 },
		{ "x", 100, 100 },
		{ "x", 1, 101 },
		{ "x", 101, 102 },
		{ "y", 1, 2 },
		{ "z", 7, 7 },
		{ "z", 7, 8 },
	};
	struct place place;

	place_open(&place, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		struct numbering_call c = { .name = steps[i].name, .first = steps[i].first };

		place_write(&place, take_number, &c, ST_OK);
		g_assert_cmpuint(c.got, ==, steps[i].wanted);
	}
	place_close(&place);
}

/* --- keys --- */

static int compare_keys(const struct key *a, const struct key *b)
{
	int order = memcmp(a->data, b->data, MIN(a->len, b->len));

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static void test_key_order(void)
{
	static const uint64_t numbers[] = { 0, 1, 255, 256, 65535, 65536, UINT32_MAX,
		(uint64_t)UINT32_MAX + 1, UINT64_MAX };
	static const char *const texts[] = { "", "a", "a b", "ab", "b", "\xc3\xa4" };
	struct key a, b;

	for (size_t i = 0; i + 1 < G_N_ELEMENTS(numbers); i++) {
		key_init(&a);
		key_init(&b);
		key_u64(&a, numbers[i]);
		key_u64(&b, numbers[i + 1]);
		g_assert_cmpint(compare_keys(&a, &b), <, 0);
		g_assert_cmpuint(key_read_u64(key_bytes(&a), 0), ==, numbers[i]);
	}
	for (size_t i = 0; i + 1 < G_N_ELEMENTS(texts); i++) {
		key_init(&a);
		key_init(&b);
		key_text(&a, texts[i]);
		key_u8(&a, 0xff);
		key_text(&b, texts[i + 1]);
		g_assert_cmpint(compare_keys(&a, &b), <, 0);
	}
}

static void test_key_long_text(void)
{
	g_autofree char *fits = g_strnfill(200, 'x'), *longer = g_strnfill(201, 'x'),
			*longest = g_strnfill(100000, 'x');
	struct key a, b, c;

	key_init(&a);
	key_init(&b);
	key_init(&c);
	key_text(&a, fits);
	key_text(&b, longer);
	key_text(&c, longest);
	g_assert_cmpuint(a.len, ==, 201);
	g_assert_cmpuint(b.len, ==, KEY_HASH_BYTES + 1);
	g_assert_cmpuint(c.len, ==, KEY_HASH_BYTES + 1);
	g_assert_cmpint(compare_keys(&b, &c), !=, 0);
}

static void test_key_short_read(void)
{
	struct key key;

	key_init(&key);
	key_u32(&key, 7);
	g_assert_cmpuint(key_read_u32(key_bytes(&key), 0), ==, 7);
	g_assert_cmpuint(key_read_u32(key_bytes(&key), 1), ==, 0);
	g_assert_cmpuint(key_read_u64(key_bytes(&key), 0), ==, 0);
}

/* --- scans --- */

struct walk {
	const char *prefix, *from;
	bool reverse, deleting;
	const char *wanted;
	GString *seen;
};

static enum status walk(struct txn *txn, void *arg, struct error *err)
{
	struct walk *w = arg;
	struct scan scan;
	enum status st;

	(void)err;
	g_string_truncate(w->seen, 0);
	for (st = scan_first(&scan, txn, TABLE_ANSWERED, text_bytes(w->prefix), text_bytes(w->from),
		     w->reverse);
		st == ST_OK; st = scan_next(&scan)) {
		g_string_append_len(w->seen, scan.key.data, (gssize)scan.key.len);
		g_string_append_len(w->seen, scan.value.data, (gssize)scan.value.len);
		if (w->deleting)
			g_assert_cmpint(txn_delete(txn, TABLE_ANSWERED, scan.key), ==, ST_OK);
	}
	scan_release(&scan);
	g_assert_cmpint(st, ==, ST_NOT_FOUND);
	return ST_OK;
}

static void test_scans(void)
{
	static const struct walk cases[] = {
		{ .prefix = "",
			.from = "",
			.wanted = "a1b1b2b3c1\xff\xff"
				  "1" },
		{ .prefix = "",
			.from = "",
			.reverse = true,
			.wanted = "\xff\xff"
				  "1c1b3b2b1a1" },
		{ .prefix = "b", .from = "", .wanted = "b1b2b3" },
		{ .prefix = "b", .from = "", .reverse = true, .wanted = "b3b2b1" },
		{ .prefix = "b", .from = "b2", .wanted = "b2b3" },
		{ .prefix = "b", .from = "b2", .reverse = true, .wanted = "b2b1" },
		{ .prefix = "b", .from = "b25", .wanted = "b3" },
		{ .prefix = "b", .from = "b25", .reverse = true, .wanted = "b2b1" },
		{ .prefix = "b", .from = "b9", .reverse = true, .wanted = "b3b2b1" },
		{ .prefix = "bb", .from = "", .wanted = "" },
		{ .prefix = "bb", .from = "", .reverse = true, .wanted = "" },
		{ .prefix = "c", .from = "", .reverse = true, .wanted = "c1" },
		{ .prefix = "\xff",
			.from = "",
			.reverse = true,
			.wanted = "\xff\xff"
				  "1" },
		{ .prefix = "z", .from = "", .reverse = true, .wanted = "" },
		{ .prefix = "b", .from = "", .deleting = true, .wanted = "b1b2b3" },
		{ .prefix = "",
			.from = "",
			.reverse = true,
			.deleting = true,
			.wanted = "\xff\xff"
				  "1c1a1" },
		{ .prefix = "", .from = "", .wanted = "" },
		{ .prefix = "", .from = "", .reverse = true, .wanted = "" },
	};
	static const char *const keys[] = { "a1", "b1", "b2", "b3", "c1",
		("\xff\xff"
		 "1") };
	struct place place;

	place_open(&place, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		put(&place, keys[i], "");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct walk w = cases[i];
		g_autoptr(GString) seen = g_string_new(NULL);

		w.seen = seen;
		place_write(&place, walk, &w, ST_OK);
		g_assert_cmpstr(seen->str, ==, w.wanted);
	}
	place_close(&place);
}

static enum status fill_while_walking(struct txn *txn, void *arg, struct error *err)
{
	unsigned *seen = arg;
	struct scan scan;
	enum status st;

	(void)err;
	*seen = 0;
	for (st = scan_first(&scan, txn, TABLE_ANSWERED, text_bytes("k"), text_bytes(""), false);
		st == ST_OK; st = scan_next(&scan)) {
		g_autofree char *before = g_strdup_printf(
			"a%.*s", (int)scan.key.len, (const char *)scan.key.data);
		g_autofree char *value = g_strnfill(300, 'v');

		++*seen;
		g_assert_cmpint(txn_put(txn, TABLE_ANSWERED, text_bytes(before), text_bytes(value)),
			==, ST_OK);
		g_assert_cmpint(
			txn_put(txn, TABLE_ANSWERED, scan.key, text_bytes(value)), ==, ST_OK);
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static void test_writes_while_walking(void)
{
	struct place place;
	unsigned seen;

	place_open(&place, 0);
	for (int i = 0; i < 1000; i++) {
		g_autofree char *key = g_strdup_printf("k%04d", i);

		put(&place, key, "");
	}
	place_write(&place, fill_while_walking, &seen, ST_OK);
	g_assert_cmpuint(seen, ==, 1000);
	g_assert_cmpuint(rows(&place), ==, 2000);
	place_close(&place);
}

/* --- growth and failure --- */

static void test_grows(void)
{
	struct place place;
	struct big big = { .count = 64, .size = MIB / 4 };
	struct store_stat stat;

	place_open(&place, MIB);
	place_write(&place, put_big, &big, ST_OK);
	g_assert_cmpuint(rows(&place), ==, 64);
	g_assert_cmpint(store_stat(place.store, &stat, NULL), ==, ST_OK);
	g_assert_cmpuint(stat.map_size, >=, 16 * MIB);
	g_assert_cmpuint(stat.used, >=, 16 * MIB);
	g_clear_pointer(&place.store, store_close);
	g_assert_cmpint(place_reopen(&place, false), ==, ST_OK);
	g_assert_cmpuint(rows(&place), ==, 64);
	place_close(&place);
}

static void test_no_space(void)
{
	struct place place;
	struct big big = { .count = 8, .size = MIB / 4 };

	place_open(&place, 0);
	put(&place, "a", "1");
	limit_file_size(MIB);
	place_write(&place, put_big, &big, ST_FULL);
	limit_file_size(0);
	g_assert_nonnull(strstr(place.err.text, "cannot write store"));
	assert_value(&place, "a", "1");
	g_assert_cmpuint(rows(&place), ==, 1);
	place_write(&place, put_big, &big, ST_OK);
	g_assert_cmpuint(rows(&place), ==, 9);
	place_close(&place);
}

/* A map that cannot be had leaves a store that still works: twice 64 TiB are more than a process
 * has. */
static void test_no_address_space(void)
{
	struct place place;

	place_open(&place, (size_t)1 << 46);
	put(&place, "a", "1");
	g_assert_false(engine_recover(lmdb_of(place.store), MDB_MAP_FULL));
	assert_value(&place, "a", "1");
	put(&place, "b", "2");
	place_close(&place);
}

static void test_recovers(void)
{
	struct place place;

	place_open(&place, 0);
	put(&place, "a", "1");
	g_assert_true(engine_recover(lmdb_of(place.store), MDB_PANIC));
	assert_value(&place, "a", "1");
	put(&place, "b", "2");
	/* Opened anew in vain: every call tries again. */
	g_clear_pointer(&lmdb_of(place.store)->env, mdb_env_close);
	assert_value(&place, "b", "2");
	g_clear_pointer(&lmdb_of(place.store)->env, mdb_env_close);
	put(&place, "c", "3");
	assert_value(&place, "c", "3");
	place_close(&place);
}

static enum status engine_fails(struct txn *txn, void *arg, struct error *err)
{
	struct bytes value;
	g_autofree char *key = g_strnfill(STORE_KEY_MAX + 1, 'k');

	(void)arg;
	(void)err;
	return txn_get(txn, TABLE_ANSWERED, text_bytes(""), &value) == ST_BAD_INPUT
		? txn_put(txn, TABLE_ANSWERED, text_bytes(key), text_bytes(""))
		: ST_OK;
}

static void test_explains(void)
{
	struct place place;

	place_open(&place, 0);
	strcpy(place.err.text, "of an earlier call");
	place_write(&place, engine_fails, NULL, ST_BAD_INPUT);
	g_assert_true(g_str_has_prefix(place.err.text, "cannot write store '"));
	place_close(&place);
}

static void test_statuses(void)
{
	static const struct {
		int rc;
		enum status wanted;
	} cases[] = {
		{ 0, ST_OK },
		{ MDB_NOTFOUND, ST_NOT_FOUND },
		{ MDB_MAP_FULL, ST_FULL },
		{ ENOSPC, ST_FULL },
		{ EDQUOT, ST_FULL },
		{ EIO, ST_IO },
		{ MDB_CORRUPTED, ST_IO },
		{ MDB_PANIC, ST_IO },
		{ MDB_INVALID, ST_IO },
		{ MDB_READERS_FULL, ST_BUSY },
		{ EACCES, ST_REFUSED },
		{ EROFS, ST_REFUSED },
		{ MDB_VERSION_MISMATCH, ST_REFUSED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(engine_status(cases[i].rc), ==, cases[i].wanted);
}

/* --- copies --- */

static void test_copies(void)
{
	struct place place, copy = { 0 };
	g_autofree char *file = NULL;
	guint8 of_store[32], of_copy[32];

	place_open(&place, 0);
	put(&place, "a", "1");
	copy.dir = g_dir_make_tmp("copy-XXXXXX", NULL);
	copy.path = g_build_filename(copy.dir, "store", NULL);
	file = g_build_filename(copy.path, "data.mdb", NULL);
	g_assert_cmpint(g_mkdir(copy.path, 0700), ==, 0);
	g_assert_cmpint(store_copy(place.store, file, &place.err), ==, ST_OK);
	g_assert_cmpint(store_copy(place.store, file, &place.err), ==, ST_EXISTS);
	put(&place, "a", "2");
	g_assert_cmpint(place_reopen(&copy, false), ==, ST_OK);
	assert_value(&copy, "a", "1");
	store_secret(place.store, of_store, NULL);
	store_secret(copy.store, of_copy, NULL);
	g_assert_cmpmem(of_store, 32, of_copy, 32);
	put(&copy, "b", "1");
	place_close(&copy);
	place_close(&place);
}

static void test_copy_without_space(void)
{
	struct place place;
	struct big big = { .count = 8, .size = MIB / 4 };
	g_autofree char *file = NULL;
	g_autoptr(GDir) dir = NULL;

	place_open(&place, 0);
	place_write(&place, put_big, &big, ST_OK);
	file = g_build_filename(place.dir, "copy", NULL);
	limit_file_size(MIB);
	g_assert_cmpint(store_copy(place.store, file, &place.err), ==, ST_FULL);
	limit_file_size(0);
	dir = g_dir_open(place.dir, 0, NULL);
	g_assert_cmpstr(g_dir_read_name(dir), ==, "store");
	g_assert_null(g_dir_read_name(dir));
	place_close(&place);
}

int main(int argc, char **argv)
{
	fixture_lmdb_alone();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/keeps what is put until it is deleted", test_keeps);
	g_test_add_func("/store/who waits where nobody tells has to look", test_wait);
	g_test_add_func("/store/undoes all writes of a function that fails", test_undoes);
	g_test_add_func("/store/has its records and its secret after reopening", test_reopens);
	g_test_add_func("/store/has a secret of its own", test_secrets_differ);
	g_test_add_func("/store/files are the group's whatever the umask", test_modes);
	g_test_add_func(
		"/store/a lock file made anew by a reader is the group's", test_lost_lock_file);
	g_test_add_func("/store/read-only reads and refuses writes", test_read_only);
	g_test_add_func(
		"/store/read-only says when there is none, and makes none", test_nothing_there);
	g_test_add_func("/store/a failure is no answer, and undoes the work", test_failures_stick);
	g_test_add_func("/store/of a newer format is refused", test_newer_format);
	g_test_add_func(
		"/store/of the format before, by who cannot migrate it", test_format_before);
	g_test_add_func(
		"/store/of an older format is refused, with the way out", test_older_format);
	g_test_add_func("/store/a damaged file is an error and no crash", test_damaged_file);
	g_test_add_func("/store/a file without its last pages is whole if those are free",
		test_unwritten_free_pages);
	g_test_add_func("/store/numbers go up by name and follow a larger first", test_numbers);
	g_test_add_func("/store/keys sort as what they hold", test_key_order);
	g_test_add_func("/store/a key of a long text is its hash", test_key_long_text);
	g_test_add_func("/store/reading past a key gives zero", test_key_short_read);
	g_test_add_func("/store/scans keep to prefix, start and direction", test_scans);
	g_test_add_func(
		"/store/a scan goes on over writes to its table", test_writes_while_walking);
	g_test_add_func("/store/grows when its map is full", test_grows);
	g_test_add_func("/store/without space says so and works when there is some", test_no_space);
	/* Sanitizers need the address space themselves. */
	if (!RUNNING_UNDER_SANITIZER)
		g_test_add_func("/store/without address space to grow into still works",
			test_no_address_space);
	g_test_add_func("/store/opens anew after a fatal error", test_recovers);
	g_test_add_func("/store/explains what a function left unexplained", test_explains);
	g_test_add_func("/store/tells full, refused, busy and broken apart", test_statuses);
	g_test_add_func("/store/a copy is a store of that moment", test_copies);
	g_test_add_func("/store/a copy that fails leaves nothing behind", test_copy_without_space);
	return g_test_run();
}
