/* Read in one transaction of the one, written in many of the other. */
#include "tables/copying.h"

#include <string.h>

#include "base/tongue.h"
#include "tables/migrate.h"

enum { COPY_BYTES = 4 << 20 };

struct copied_row {
	enum store_table table;
	size_t key, value; /* their lengths */
};

struct copying {
	struct store *to;
	GArray *rows;      /* struct copied_row */
	GByteArray *bytes; /* keys and values, one after the other */
	bool begun;
};

static enum status copying_put(struct txn *txn, void *arg, struct error *err)
{
	struct copying *c = arg;
	const guint8 *at = c->bytes->data;
	enum status st = ST_OK;

	for (guint i = 0; i < c->rows->len && st == ST_OK; i++) {
		const struct copied_row *row = &g_array_index(c->rows, struct copied_row, i);

		st = txn_put(txn, row->table, (struct bytes){ at, row->key },
			(struct bytes){ at + row->key, row->value });
		at += row->key + row->value;
	}
	return st == ST_OK ? st : error_set(err, st, _("cannot copy: %s"), txn_reason(txn));
}

static enum status copying_flush(struct copying *c, struct error *err)
{
	enum status st = c->rows->len ? store_write(c->to, copying_put, c, err) : ST_OK;

	g_array_set_size(c->rows, 0);
	g_byte_array_set_size(c->bytes, 0);
	return st;
}

static enum status copying_add(
	struct copying *c, enum store_table table, const struct scan *scan, struct error *err)
{
	const struct copied_row row = { table, scan->key.len, scan->value.len };

	g_array_append_val(c->rows, row);
	g_byte_array_append(c->bytes, scan->key.data, (guint)scan->key.len);
	g_byte_array_append(c->bytes, scan->value.data, (guint)scan->value.len);
	return c->bytes->len > COPY_BYTES ? copying_flush(c, err) : ST_OK;
}

/* The format is the new store's own. */
static bool copying_wants(enum store_table table, struct bytes key)
{
	static const char format[] = "format";

	return table != TABLE_META || key.len != strlen(format) ||
		memcmp(key.data, format, key.len) != 0;
}

static enum status copying_table(
	struct txn *txn, struct copying *c, enum store_table table, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, table, all, all, false); st == ST_OK;
		st = scan_next(&scan)) {
		if (copying_wants(table, scan.key))
			st = copying_add(c, table, &scan, err);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Of one moment, or not at all. */
static enum status copying_run(struct txn *txn, void *arg, struct error *err)
{
	struct copying *c = arg;
	enum status st = ST_OK;

	if (c->begun)
		return error_set(err, ST_BUSY, _("the store went away while it was copied"));
	c->begun = true;
	for (enum store_table table = 0; table < TABLE_COUNT && st == ST_OK; table++)
		if (table != TABLE_INDEX)
			st = copying_table(txn, c, table, err);
	return st == ST_OK ? copying_flush(c, err) : st;
}

enum status store_copy_rows(struct store *from, struct store *to, struct error *err)
{
	struct copying c = { .to = to,
		.rows = g_array_new(FALSE, FALSE, sizeof(struct copied_row)),
		.bytes = g_byte_array_new() };
	enum status st = store_read(from, copying_run, &c, err);

	/* Lists of tickets are made of them. */
	if (st == ST_OK)
		st = store_write(to, tables_migrate, NULL, err);
	g_array_unref(c.rows);
	g_byte_array_unref(c.bytes);
	return st;
}
