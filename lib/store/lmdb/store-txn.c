/* Inside a transaction: get, put, delete, scan, numbers. */
#include "store/lmdb/store-engine.h"

#include <string.h>

/* The first failure is the reason, and the answer to all that follows. */
/* The status of a call of LMDB's inside a transaction; a failure is kept as its reason. */
static enum status engine_settle(struct lmdb_txn *txn, int rc)
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

enum status lmdb_delete(struct txn *base, enum store_table table, struct bytes key)
{
	struct lmdb_txn *txn = lmdb_txn_of(base);
	struct tree_key place;
	MDB_val k;

	if (!engine_tree_key(table, key, &place))
		return engine_settle(txn, MDB_BAD_VALSIZE);
	k = in_tree(&place);
	return engine_settle(txn, mdb_del(txn->mdb, engine_tree(txn->store, table), &k, NULL));
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
	bool within = rc == 0 && has_prefix(scan, k);

	while (within && !engine_is_of(scan->table, k)) {
		rc = mdb_cursor_get(scan->cursor, k, v, txn_onwards(scan));
		within = rc == 0 && has_prefix(scan, k);
	}
	if (rc == 0 && !within)
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
