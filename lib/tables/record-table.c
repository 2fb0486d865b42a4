/* Rows that are records, and the index rows that are kept beside them. */
#include "tables/record-table.h"

#include <string.h>

#include "base/tongue.h"

/* --- index rows --- */

struct derived_row {
	enum store_table table;
	struct key key;
	GBytes *value;
};

struct derived {
	GPtrArray *v; /* struct derived_row * */
};

static void derived_row_free(void *row)
{
	g_bytes_unref(((struct derived_row *)row)->value);
	g_free(row);
}

void derived_add(
	struct derived *rows, enum store_table table, const struct key *key, struct bytes value)
{
	struct derived_row *row = g_new(struct derived_row, 1);

	*row = (struct derived_row){ table, *key, g_bytes_new(value.data, value.len) };
	g_ptr_array_add(rows->v, row);
}

static struct bytes derived_row_value(const struct derived_row *row)
{
	gsize len;
	const void *data = g_bytes_get_data(row->value, &len);

	return (struct bytes){ data ? data : "", len };
}

static bool derived_row_is(
	const struct derived_row *row, enum store_table table, struct bytes key, struct bytes value)
{
	return row->table == table && bytes_same(key_bytes(&row->key), key) &&
		bytes_same(derived_row_value(row), value);
}

/* record may be NULL: it has none. */
static void derived_init(struct derived *rows, const struct table_type *type, const void *record)
{
	rows->v = g_ptr_array_new_with_free_func(derived_row_free);
	if (record && type->index)
		type->index(rows, record);
}

static bool derived_has(
	const struct derived *rows, enum store_table table, struct bytes key, struct bytes value)
{
	for (guint i = 0; i < rows->v->len; i++)
		if (derived_row_is(g_ptr_array_index(rows->v, i), table, key, value))
			return true;
	return false;
}

/* Deletes what is in no row afterwards. */
static enum status derived_drop(
	struct txn *txn, const struct derived *before, const struct derived *after)
{
	for (guint i = 0; i < before->v->len; i++) {
		const struct derived_row *row = g_ptr_array_index(before->v, i);
		struct bytes key = key_bytes(&row->key);
		enum status st = derived_has(after, row->table, key, derived_row_value(row))
			? ST_OK
			: txn_delete(txn, row->table, key);

		if (st != ST_OK && st != ST_NOT_FOUND)
			return st;
	}
	return ST_OK;
}

static enum status derived_put(
	struct txn *txn, const struct derived *before, const struct derived *after)
{
	for (guint i = 0; i < after->v->len; i++) {
		const struct derived_row *row = g_ptr_array_index(after->v, i);
		struct bytes key = key_bytes(&row->key), value = derived_row_value(row);
		enum status st = derived_has(before, row->table, key, value)
			? ST_OK
			: txn_put(txn, row->table, key, value);

		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* From how it was (NULL: new) to how it is (NULL: gone); touches only rows that differ. */
static enum status derived_move(
	struct txn *txn, const struct table_type *type, const void *before, const void *after)
{
	struct derived old, new;
	enum status st;

	derived_init(&old, type, before);
	derived_init(&new, type, after);
	st = derived_drop(txn, &old, &new);
	if (st == ST_OK)
		st = derived_put(txn, &old, &new);
	g_ptr_array_unref(old.v);
	g_ptr_array_unref(new.v);
	return st;
}

/* --- rows --- */

enum row_act { ROW_READ, ROW_WRITE, ROW_REMOVE };

static enum status table_error(struct txn *txn, enum status st, enum row_act act,
	const struct table_type *type, const void *like, struct error *err)
{
	g_autofree char *subject = NULL;
	const char *reason = txn_reason(txn);

	if (st == ST_OK || st == ST_NOT_FOUND)
		return st;
	subject = type->subject(like);
	switch (act) {
	case ROW_READ:
		return error_set(err, st, _("cannot read %s: %s"), subject, reason);
	case ROW_WRITE:
		return error_set(err, st, _("cannot write %s: %s"), subject, reason);
	case ROW_REMOVE:
		return error_set(err, st, _("cannot remove %s: %s"), subject, reason);
	}
	return st;
}

enum status row_present(struct txn *txn, enum store_table table, struct bytes key, bool *there_out)
{
	struct bytes value;
	enum status st = txn_get(txn, table, key, &value);

	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	*there_out = st == ST_OK;
	return ST_OK;
}

enum status table_decode(const struct table_type *type, struct bytes key, struct bytes value,
	void *record_out, struct error *err)
{
	enum status st = record_decode(type->record, value, record_out, err);

	if (st != ST_OK)
		return st;
	if (type->read_key)
		type->read_key(key, record_out);
	return ST_OK;
}

enum status table_load(struct txn *txn, const struct table_type *type, const void *like,
	void *record_out, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	type->key(&key, like);
	st = txn_get(txn, type->table, key_bytes(&key), &value);
	if (st != ST_OK)
		return table_error(txn, st, ROW_READ, type, like, err);
	st = table_decode(type, key_bytes(&key), value, record_out, err);
	return st == ST_OK ? ST_OK : ST_IO;
}

enum status table_has(struct txn *txn, const struct table_type *type, const void *like,
	bool *there_out, struct error *err)
{
	struct key key;

	type->key(&key, like);
	return table_error(txn, row_present(txn, type->table, key_bytes(&key), there_out), ROW_READ,
		type, like, err);
}

static enum status table_put(struct txn *txn, const struct table_type *type, const void *record)
{
	g_autoptr(GByteArray) value = g_byte_array_new();
	struct key key;

	type->key(&key, record);
	record_encode(type->record, record, value);
	return txn_put(
		txn, type->table, key_bytes(&key), (struct bytes){ value->data, value->len });
}

/* The stored one, for its index rows. One that is damaged has none that could be known. */
static enum status table_before(
	struct txn *txn, const struct table_type *type, const void *like, void **before_out)
{
	struct bytes value;
	struct key key;
	enum status st;

	type->key(&key, like);
	st = txn_get(txn, type->table, key_bytes(&key), &value);
	if (st != ST_OK)
		return st;
	*before_out = record_new(type->record);
	if (table_decode(type, key_bytes(&key), value, *before_out, NULL) != ST_OK)
		g_clear_pointer(before_out, record_free);
	return ST_OK;
}

static enum status table_write(struct txn *txn, const struct table_type *type, const void *before,
	const void *after, struct error *err)
{
	enum status st = derived_move(txn, type, before, after);

	if (st == ST_OK)
		st = table_put(txn, type, after);
	return table_error(txn, st, ROW_WRITE, type, after, err);
}

enum status table_insert(
	struct txn *txn, const struct table_type *type, const void *record, struct error *err)
{
	return table_write(txn, type, NULL, record, err);
}

enum status table_save(
	struct txn *txn, const struct table_type *type, const void *record, struct error *err)
{
	void *before = NULL;
	enum status st = type->index ? table_before(txn, type, record, &before) : ST_OK;

	if (st == ST_OK || st == ST_NOT_FOUND)
		st = table_write(txn, type, before, record, err);
	else
		table_error(txn, st, ROW_READ, type, record, err);
	record_free(before);
	return st;
}

enum status table_remove(
	struct txn *txn, const struct table_type *type, const void *like, struct error *err)
{
	void *before = NULL;
	struct key key;
	enum status st = table_before(txn, type, like, &before);

	type->key(&key, like);
	if (st == ST_OK)
		st = derived_move(txn, type, before, NULL);
	if (st == ST_OK)
		st = txn_delete(txn, type->table, key_bytes(&key));
	record_free(before);
	return table_error(txn, st, ROW_REMOVE, type, like, err);
}

static enum status table_visit(struct txn *txn, const struct table_walk *walk,
	const struct scan *row, void *record, struct error *err)
{
	enum status st = table_decode(walk->type, row->key, row->value, record, err);

	st = st == ST_OK ? walk->fn(txn, record, walk->arg, err) : ST_IO;
	record_release(walk->type->record, record);
	return st;
}

enum status table_each(struct txn *txn, const struct table_walk *walk, struct error *err)
{
	void *record = record_new(walk->type->record);
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, walk->type->table, walk->prefix, walk->from, false);
		st == ST_OK; st = scan_next(&scan)) {
		st = table_visit(txn, walk, &scan, record, err);
		if (st != ST_OK)
			break;
	}
	record_free(record);
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- for the check --- */

enum status table_load_sound(struct txn *txn, const struct table_type *type, const void *like,
	void *record_out, bool *sound_out)
{
	struct bytes value;
	struct key key;
	enum status st;

	*sound_out = false;
	type->key(&key, like);
	st = txn_get(txn, type->table, key_bytes(&key), &value);
	if (st == ST_OK)
		*sound_out = table_decode(type, key_bytes(&key), value, record_out, NULL) == ST_OK;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status derived_row_stands(
	struct txn *txn, const struct derived_row *row, bool *stands_out)
{
	struct bytes there;
	enum status st = txn_get(txn, row->table, key_bytes(&row->key), &there);

	*stands_out = st == ST_OK && bytes_same(there, derived_row_value(row));
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status table_indexes_present(
	struct txn *txn, const struct table_type *type, const void *record, bool *all_out)
{
	struct derived rows;
	enum status st = ST_OK;

	derived_init(&rows, type, record);
	*all_out = true;
	for (guint i = 0; i < rows.v->len && st == ST_OK && *all_out; i++)
		st = derived_row_stands(txn, g_ptr_array_index(rows.v, i), all_out);
	g_ptr_array_unref(rows.v);
	return st;
}

enum status table_indexes_write(struct txn *txn, const struct table_type *type, const void *record)
{
	struct derived rows;
	enum status st = ST_OK;

	derived_init(&rows, type, record);
	for (guint i = 0; i < rows.v->len && st == ST_OK; i++) {
		const struct derived_row *row = g_ptr_array_index(rows.v, i);
		bool there = false;

		st = row_present(txn, row->table, key_bytes(&row->key), &there);
		if (st == ST_OK && !there)
			st = txn_put(txn, row->table, key_bytes(&row->key), derived_row_value(row));
	}
	g_ptr_array_unref(rows.v);
	return st;
}

bool table_has_index(const struct table_type *type, const void *record, enum store_table table,
	struct bytes key, struct bytes value)
{
	struct derived rows;
	bool has;

	derived_init(&rows, type, record);
	has = derived_has(&rows, table, key, value);
	g_ptr_array_unref(rows.v);
	return has;
}
