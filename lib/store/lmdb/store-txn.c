/* Inside a transaction: get, put, delete, scan, numbers. */
#include "store/lmdb/store-engine.h"

#include <string.h>

static enum status txn_settle(struct txn *txn, int rc)
{
	/* A transaction that failed once answers MDB_BAD_TXN to all that follows; the first failure
	 * is the reason. */
	if (rc && rc != MDB_NOTFOUND && (rc != MDB_BAD_TXN || !txn->rc))
		txn->rc = rc;
	if (rc == MDB_MAP_FULL)
		txn->full = true;
	return engine_status(rc);
}

static MDB_val in_tree(const struct tree_key *key)
{
	return (MDB_val){ key->len, (void *)key->data };
}

const char *txn_reason(struct txn *txn)
{
	return mdb_strerror(txn->rc);
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

enum status txn_get(
	struct txn *txn, enum store_table table, struct bytes key, struct bytes *value_out)
{
	MDB_val v;
	int rc = engine_get(txn->mdb, engine_tree(txn->store, table), table, key, &v);

	if (rc == 0)
		*value_out = (struct bytes){ v.mv_data, v.mv_size };
	return txn_settle(txn, rc);
}

enum status txn_put(struct txn *txn, enum store_table table, struct bytes key, struct bytes value)
{
	MDB_val k, v = { value.len, (void *)value.data };
	struct tree_key place;

	if (!engine_tree_key(table, key, &place))
		return txn_settle(txn, MDB_BAD_VALSIZE);
	txn->changed = true;
	k = in_tree(&place);
	return txn_settle(txn, mdb_put(txn->mdb, engine_tree(txn->store, table), &k, &v, 0));
}

enum status txn_delete(struct txn *txn, enum store_table table, struct bytes key)
{
	struct tree_key place;
	MDB_val k;

	if (!engine_tree_key(table, key, &place))
		return txn_settle(txn, MDB_BAD_VALSIZE);
	txn->changed = true;
	k = in_tree(&place);
	return txn_settle(txn, mdb_del(txn->mdb, engine_tree(txn->store, table), &k, NULL));
}

/* The key of a number's last value; ST_OK with 0 when none was given yet. */
static enum status last_number(
	struct txn *txn, const char *name, struct key *key, uint64_t *last_out)
{
	g_autofree char *text = NULL;
	struct bytes value = { "", 0 };
	enum status st;

	key_init(key);
	key_text(key, "next");
	key_text(key, name);
	st = txn_get(txn, TABLE_META, key_bytes(key), &value);
	if (st == ST_OK)
		text = g_strndup(value.data, value.len);
	*last_out = text ? g_ascii_strtoull(text, NULL, 10) : 0;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status put_last(struct txn *txn, const struct key *key, uint64_t last)
{
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, last);

	return txn_put(txn, TABLE_META, key_bytes(key), (struct bytes){ text, strlen(text) });
}

enum status txn_next_number(struct txn *txn, const char *name, uint64_t first, uint64_t *number_out)
{
	struct key key;
	uint64_t last;
	enum status st = last_number(txn, name, &key, &last);

	last = MAX(first, last + 1);
	if (st == ST_OK)
		st = put_last(txn, &key, last);
	if (st == ST_OK)
		*number_out = last;
	return st;
}

enum status txn_skip_numbers(struct txn *txn, const char *name, uint64_t number)
{
	struct key key;
	uint64_t last;
	enum status st = last_number(txn, name, &key, &last);

	return st == ST_OK && last < number ? put_last(txn, &key, number) : st;
}

enum status txn_last_number(struct txn *txn, const char *name, uint64_t *last_out)
{
	struct key key;

	return last_number(txn, name, &key, last_out);
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

/* The first key that is behind everything with this prefix; false when there is none. */
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
	return txn_settle(scan->txn, rc);
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

enum status scan_first(struct scan *scan, struct txn *txn, enum store_table table,
	struct bytes prefix, struct bytes from, bool reverse)
{
	struct tree_key start = { .len = 0 };
	MDB_cursor *cursor;
	MDB_val k, v;
	int rc;

	memset(scan, 0, offsetof(struct scan, prefix));
	scan->txn = txn;
	scan->table = table;
	scan->reverse = reverse;
	if (!engine_tree_prefix(table, prefix, &scan->prefix) ||
		(from.len && !engine_tree_key(table, from, &start)))
		return txn_settle(txn, MDB_BAD_VALSIZE);
	rc = mdb_cursor_open(txn->mdb, engine_tree(txn->store, table), &cursor);
	if (rc)
		return txn_settle(txn, rc);
	scan->cursor = cursor;
	rc = reverse ? seek_backward(scan, &start, &k, &v) : seek_forward(scan, &start, &k, &v);
	return txn_show(scan, rc, &k, &v);
}

/* From the key we were at, wherever a write has put the cursor. */
enum status scan_next(struct scan *scan)
{
	MDB_val k = in_tree(&scan->at), v;
	int rc;

	if (scan->txn->reads) {
		rc = mdb_cursor_get(scan->cursor, &k, &v, txn_onwards(scan));
		return txn_show(scan, rc, &k, &v);
	}
	rc = mdb_cursor_get(scan->cursor, &k, &v, MDB_SET_RANGE);
	if (scan->reverse)
		rc = mdb_cursor_get(scan->cursor, &k, &v, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
	else if (rc == 0 && txn_is_at(&k, &scan->at))
		rc = mdb_cursor_get(scan->cursor, &k, &v, MDB_NEXT);
	return txn_show(scan, rc, &k, &v);
}

void scan_release(struct scan *scan)
{
	if (scan->cursor)
		mdb_cursor_close(scan->cursor);
	scan->cursor = NULL;
}
