/* Inside a transaction: get, put, delete, scan, numbers. */
#include "store-engine.h"

#include <string.h>

static enum status settle(struct txn *txn, int rc)
{
	/* A transaction that failed once answers MDB_BAD_TXN to all that follows; the first failure is the reason. */
	if (rc && rc != MDB_NOTFOUND && (rc != MDB_BAD_TXN || !txn->rc))
		txn->rc = rc;
	if (rc == MDB_MAP_FULL)
		txn->full = true;
	return engine_status(rc);
}

static MDB_val val(struct bytes bytes)
{
	return (MDB_val){ bytes.len, (void *)bytes.data };
}

const char *txn_reason(struct txn *txn)
{
	return mdb_strerror(txn->rc);
}

enum status txn_get(struct txn *txn, enum store_table table, struct bytes key, struct bytes *value_out)
{
	MDB_val k = val(key), v;
	int rc = mdb_get(txn->mdb, txn->store->tables[table], &k, &v);

	if (rc == 0)
		*value_out = (struct bytes){ v.mv_data, v.mv_size };
	return settle(txn, rc);
}

enum status txn_put(struct txn *txn, enum store_table table, struct bytes key, struct bytes value)
{
	MDB_val k = val(key), v = val(value);

	txn->changed = true;
	return settle(txn, mdb_put(txn->mdb, txn->store->tables[table], &k, &v, 0));
}

enum status txn_delete(struct txn *txn, enum store_table table, struct bytes key)
{
	MDB_val k = val(key);

	txn->changed = true;
	return settle(txn, mdb_del(txn->mdb, txn->store->tables[table], &k, NULL));
}

/* The key of a number's last value; ST_OK with 0 when none was given yet. */
static enum status last_number(struct txn *txn, const char *name, struct key *key, uint64_t *last_out)
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

/* --- scans --- */

static bool has_prefix(const struct scan *scan, const MDB_val *k)
{
	return k->mv_size >= scan->prefix_len && memcmp(k->mv_data, scan->prefix, scan->prefix_len) == 0;
}

static enum status show(struct scan *scan, int rc, const MDB_val *k, const MDB_val *v)
{
	if (rc == 0 && !has_prefix(scan, k))
		return ST_NOT_FOUND;
	if (rc == 0) {
		/* The key is kept, for writes between two steps may move it. */
		memcpy(scan->at, k->mv_data, k->mv_size);
		scan->key = (struct bytes){ scan->at, k->mv_size };
		scan->value = (struct bytes){ v->mv_data, v->mv_size };
	}
	return settle(scan->txn, rc);
}

/* The first key that is behind everything with this prefix; false when there is none. */
static bool after_prefix(const struct scan *scan, guint8 *out, size_t *len_out)
{
	size_t len = scan->prefix_len;

	memcpy(out, scan->prefix, len);
	while (len > 0 && out[len - 1] == 0xff)
		len--;
	if (len == 0)
		return false;
	out[len - 1]++;
	*len_out = len;
	return true;
}

static int seek_forward(struct scan *scan, struct bytes from, MDB_val *k, MDB_val *v)
{
	struct bytes start = from.len ? from : (struct bytes){ scan->prefix, scan->prefix_len };

	*k = val(start);
	return mdb_cursor_get(scan->cursor, k, v, start.len ? MDB_SET_RANGE : MDB_FIRST);
}

static int seek_backward(struct scan *scan, struct bytes from, MDB_val *k, MDB_val *v)
{
	guint8 end[STORE_KEY_MAX];
	struct bytes start = { end, 0 };
	int rc;

	if (from.len)
		start = from;
	else if (!after_prefix(scan, end, &start.len))
		return mdb_cursor_get(scan->cursor, k, v, MDB_LAST);
	*k = val(start);
	rc = mdb_cursor_get(scan->cursor, k, v, MDB_SET_RANGE);
	if (rc == MDB_NOTFOUND)
		return mdb_cursor_get(scan->cursor, k, v, MDB_LAST);
	if (rc == 0 && from.len && k->mv_size == from.len && memcmp(k->mv_data, from.data, from.len) == 0)
		return 0;
	return rc ? rc : mdb_cursor_get(scan->cursor, k, v, MDB_PREV);
}

enum status scan_first(struct scan *scan, struct txn *txn, enum store_table table, struct bytes prefix, struct bytes from, bool reverse)
{
	MDB_cursor *cursor;
	MDB_val k, v;
	int rc;

	memset(scan, 0, offsetof(struct scan, prefix));
	scan->txn = txn;
	scan->reverse = reverse;
	scan->prefix_len = prefix.len;
	if (prefix.len)
		memcpy(scan->prefix, prefix.data, prefix.len);
	rc = mdb_cursor_open(txn->mdb, txn->store->tables[table], &cursor);
	if (rc)
		return settle(txn, rc);
	scan->cursor = cursor;
	rc = reverse ? seek_backward(scan, from, &k, &v) : seek_forward(scan, from, &k, &v);
	return show(scan, rc, &k, &v);
}

/* From the key we were at, wherever a write has put the cursor. */
enum status scan_next(struct scan *scan)
{
	MDB_val k = val(scan->key), v;
	int rc;

	if (scan->txn->reads) {
		rc = mdb_cursor_get(scan->cursor, &k, &v, scan->reverse ? MDB_PREV : MDB_NEXT);
		return show(scan, rc, &k, &v);
	}
	rc = mdb_cursor_get(scan->cursor, &k, &v, MDB_SET_RANGE);
	if (scan->reverse)
		rc = mdb_cursor_get(scan->cursor, &k, &v, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
	else if (rc == 0 && k.mv_size == scan->key.len && memcmp(k.mv_data, scan->at, k.mv_size) == 0)
		rc = mdb_cursor_get(scan->cursor, &k, &v, MDB_NEXT);
	return show(scan, rc, &k, &v);
}

void scan_release(struct scan *scan)
{
	if (scan->cursor)
		mdb_cursor_close(scan->cursor);
	scan->cursor = NULL;
}
