/* Inside a transaction: get, put, delete, scan, numbers. */
#include "store/lmdb/store-engine.h"

#include <string.h>

/* The first failure is the reason, and the answer to all that follows. */
enum status engine_settle(struct lmdb_txn *txn, int rc)
{
	if (rc && rc != MDB_NOTFOUND && !txn->rc)
		txn->rc = rc;
	if (rc == MDB_MAP_FULL)
		txn->full = true;
	return engine_status(txn->rc ? txn->rc : rc);
}

static MDB_val in_tree(const struct tree_key *key)
{
	return (MDB_val){ key->len, (void *)key->data };
}

const char *lmdb_reason(struct txn *txn)
{
	return mdb_strerror(lmdb_txn_of(txn)->rc);
}

int engine_get(
	MDB_txn *txn, MDB_dbi tree, enum store_table table, struct bytes key, MDB_val *value_out)
{
	struct tree_key place;
	MDB_val k;

	if (!engine_tree_key(table, key, &place))
		return MDB_BAD_VALSIZE;
	k = in_tree(&place);
	return mdb_get(txn, tree, &k, value_out);
}

enum status lmdb_get(
	struct txn *base, enum store_table table, struct bytes key, struct bytes *value_out)
{
	struct lmdb_txn *txn = lmdb_txn_of(base);
	MDB_val v;
	int rc = engine_get(txn->mdb, engine_tree(txn->store, table), table, key, &v);

	if (rc == 0)
		*value_out = (struct bytes){ v.mv_data, v.mv_size };
	return engine_settle(txn, rc);
}

enum status lmdb_put(struct txn *base, enum store_table table, struct bytes key, struct bytes value)
{
	struct lmdb_txn *txn = lmdb_txn_of(base);
	MDB_val k, v = { value.len, (void *)value.data };
	struct tree_key place;

	if (!engine_tree_key(table, key, &place))
		return engine_settle(txn, MDB_BAD_VALSIZE);
	k = in_tree(&place);
	return engine_settle(txn, mdb_put(txn->mdb, engine_tree(txn->store, table), &k, &v, 0));
}

/* --- scans --- */

static bool has_prefix(const struct scan *scan, const MDB_val *k)
{
	return k->mv_size >= scan->prefix.len &&
		memcmp(k->mv_data, scan->prefix.data, scan->prefix.len) == 0;
}

static MDB_cursor_op txn_onwards(const struct scan *scan)
{
	return scan->reverse ? MDB_PREV : MDB_NEXT;
}

/* The first key after all that have this prefix; false when there is none. */
static bool after_prefix(const struct scan *scan, struct tree_key *out)
{
	size_t len = scan->prefix.len;

	memcpy(out->data, scan->prefix.data, len);
	while (len > 0 && out->data[len - 1] == 0xff)
		len--;
	if (len == 0)
		return false;
	out->data[len - 1]++;
	out->len = len;
	return true;
}

/* From a row that the cursor is at: where it is another table's, the next that is ours. */
static enum status txn_show(struct scan *scan, int rc, MDB_val *k, MDB_val *v)
{
	while (rc == 0 && has_prefix(scan, k) && !engine_is_of(scan->table, k))
		rc = mdb_cursor_get(scan->cursor, k, v, txn_onwards(scan));
	if (rc == 0 && !has_prefix(scan, k))
		return ST_NOT_FOUND;
	if (rc == 0 && k->mv_size > sizeof scan->at.data)
		rc = MDB_CORRUPTED;
	if (rc == 0) {
		/* The key is kept, for writes between two steps may move it. */
		memcpy(scan->at.data, k->mv_data, k->mv_size);
		scan->at.len = k->mv_size;
		scan->key = engine_key(scan->table, &scan->at);
		scan->value = (struct bytes){ v->mv_data, v->mv_size };
	}
	return engine_settle(lmdb_txn_of(scan->txn), rc);
}

static int seek_forward(struct scan *scan, const struct tree_key *from, MDB_val *k, MDB_val *v)
{
	const struct tree_key *start = from->len ? from : &scan->prefix;

	*k = in_tree(start);
	return mdb_cursor_get(scan->cursor, k, v, start->len ? MDB_SET_RANGE : MDB_FIRST);
}

static bool txn_is_at(const MDB_val *k, const struct tree_key *key)
{
	return k->mv_size == key->len && memcmp(k->mv_data, key->data, key->len) == 0;
}

static int seek_backward(struct scan *scan, const struct tree_key *from, MDB_val *k, MDB_val *v)
{
	struct tree_key end;
	int rc;

	if (!from->len && !after_prefix(scan, &end))
		return mdb_cursor_get(scan->cursor, k, v, MDB_LAST);
	*k = in_tree(from->len ? from : &end);
	rc = mdb_cursor_get(scan->cursor, k, v, MDB_SET_RANGE);
	if (rc == MDB_NOTFOUND)
		return mdb_cursor_get(scan->cursor, k, v, MDB_LAST);
	if (rc == 0 && from->len && txn_is_at(k, from))
		return 0;
	return rc ? rc : mdb_cursor_get(scan->cursor, k, v, MDB_PREV);
}

enum status lmdb_scan_first(struct scan *scan, struct bytes prefix, struct bytes from)
{
	struct lmdb_txn *txn = lmdb_txn_of(scan->txn);
	struct tree_key start = { .len = 0 };
	MDB_cursor *cursor;
	MDB_val k, v;
	int rc;

	if (!engine_tree_prefix(scan->table, prefix, &scan->prefix) ||
		(from.len && !engine_tree_key(scan->table, from, &start)))
		return engine_settle(txn, MDB_BAD_VALSIZE);
	rc = mdb_cursor_open(txn->mdb, engine_tree(txn->store, scan->table), &cursor);
	if (rc)
		return engine_settle(txn, rc);
	scan->cursor = cursor;
	rc = scan->reverse ? seek_backward(scan, &start, &k, &v)
			   : seek_forward(scan, &start, &k, &v);
	return txn_show(scan, rc, &k, &v);
}

/* From the key we were at, wherever a write has put the cursor. */
enum status lmdb_scan_next(struct scan *scan)
{
	MDB_val k = in_tree(&scan->at), v;
	int rc;

	if (scan->txn->reads) {
		rc = mdb_cursor_get(scan->cursor, &k, &v, txn_onwards(scan));
		return txn_show(scan, rc, &k, &v);
	}
	rc = mdb_cursor_get(scan->cursor, &k, &v, MDB_SET_RANGE);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return txn_show(scan, rc, &k, &v);
	if (scan->reverse)
		rc = mdb_cursor_get(scan->cursor, &k, &v, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
	else if (rc == 0 && txn_is_at(&k, &scan->at))
		rc = mdb_cursor_get(scan->cursor, &k, &v, MDB_NEXT);
	return txn_show(scan, rc, &k, &v);
}

void lmdb_scan_release(struct scan *scan)
{
	mdb_cursor_close(scan->cursor);
}

/* --- numbers --- */

/* Numbers that are the keys of a table are told by its last row, and need none of their own. */
static const struct series {
	const char *name;
	enum store_table table;
} all_series[] = { { .name = "event", .table = TABLE_LOG } };

static const struct series *series_of(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(all_series); i++)
		if (strcmp(all_series[i].name, name) == 0)
			return &all_series[i];
	return NULL;
}

static enum status last_in_table(struct txn *txn, enum store_table table, uint64_t *last_out)
{
	const struct bytes all = { NULL, 0 };
	size_t offset = 0;
	struct scan scan;
	enum status st = scan_first(&scan, txn, table, all, all, true);

	*last_out = st == ST_OK ? key_read_number(scan.key, &offset) : 0;
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static void number_key(struct key *key, const char *name)
{
	key_init(key);
	key_text(key, "next");
	key_text(key, name);
}

/* What its own row says; 0 when there is none. */
static enum status number_row(struct txn *txn, const char *name, uint64_t *last_out)
{
	g_autofree char *text = NULL;
	struct bytes value;
	struct key key;
	enum status st;

	number_key(&key, name);
	st = txn_get(txn, TABLE_META, key_bytes(&key), &value);
	if (st == ST_OK)
		text = g_strndup(value.data, value.len);
	*last_out = text ? g_ascii_strtoull(text, NULL, 10) : 0;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* The last that was given; 0 when none was. */
enum status lmdb_last_number(struct txn *txn, const char *name, uint64_t *last_out)
{
	const struct series *series = series_of(name);
	uint64_t in_table = 0;
	enum status st = number_row(txn, name, last_out);

	if (st == ST_OK && series)
		st = last_in_table(txn, series->table, &in_table);
	*last_out = MAX(*last_out, in_table);
	return st;
}

static enum status put_last(struct txn *txn, const char *name, uint64_t last)
{
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, last);
	struct key key;

	number_key(&key, name);
	return txn_put(txn, TABLE_META, key_bytes(&key), (struct bytes){ text, strlen(text) });
}

enum status lmdb_next_number(
	struct txn *txn, const char *name, uint64_t first, uint64_t *number_out)
{
	uint64_t last;
	enum status st = lmdb_last_number(txn, name, &last);

	last = MAX(first, last + 1);
	if (st == ST_OK && !series_of(name))
		st = put_last(txn, name, last);
	if (st == ST_OK)
		*number_out = last;
	return st;
}

enum status lmdb_skip_numbers(struct txn *txn, const char *name, uint64_t number)
{
	uint64_t last;
	enum status st = lmdb_last_number(txn, name, &last);

	return st == ST_OK && last < number ? put_last(txn, name, number) : st;
}

/* A number whose row goes is not given again. */
static enum status keep_number(struct txn *txn, const struct series *series, struct bytes key)
{
	size_t offset = 0;
	uint64_t gone = key_read_number(key, &offset), last, kept;
	enum status st = last_in_table(txn, series->table, &last);

	if (st != ST_OK || gone != last)
		return st;
	st = number_row(txn, series->name, &kept);
	return st == ST_OK && kept < gone ? put_last(txn, series->name, gone) : st;
}

static enum status keep_numbers(struct txn *txn, enum store_table table, struct bytes key)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < G_N_ELEMENTS(all_series) && st == ST_OK; i++)
		if (all_series[i].table == table)
			st = keep_number(txn, &all_series[i], key);
	return st;
}

enum status lmdb_delete(struct txn *base, enum store_table table, struct bytes key)
{
	struct lmdb_txn *txn = lmdb_txn_of(base);
	struct tree_key place;
	enum status st;
	MDB_val k;

	if (!engine_tree_key(table, key, &place))
		return engine_settle(txn, MDB_BAD_VALSIZE);
	st = keep_numbers(base, table, key);
	if (st != ST_OK)
		return st;
	k = in_tree(&place);
	return engine_settle(txn, mdb_del(txn->mdb, engine_tree(txn->store, table), &k, NULL));
}
