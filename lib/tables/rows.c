/* What an export takes as bytes, a row a table. */
#include "tables/rows.h"

#include <string.h>

#include "base/tongue.h"
#include "tables/doomed.h"
#include "tables/record-table.h"
#include "tables/tickets-index.h"

typedef bool row_wanted(struct txn *txn, const struct scan *row, const struct rows_wanted *wanted);

static bool key_is(struct bytes key, const char *name)
{
	return key.len == strlen(name) && memcmp(key.data, name, key.len) == 0;
}

static bool key_begins(struct bytes key, const char *name)
{
	return key.len >= strlen(name) && memcmp(key.data, name, strlen(name)) == 0;
}

/* The format is the new store's own, and a request to a daemon, or what a host does, of no other.
 */
static bool meta_is_exported(struct bytes key)
{
	return !key_is(key, "format") && !key_begins(key, "reload.") && !key_begins(key, "lease") &&
		!doomed_is_row(key);
}

static bool meta_wanted(struct txn *txn, const struct scan *row, const struct rows_wanted *wanted)
{
	(void)txn;
	return !wanted->numbers && (wanted->secret || !key_is(row->key, "secret")) &&
		meta_is_exported(row->key);
}

/* An entry's own id is indexed again with it. */
static bool id_wanted(struct txn *txn, const struct scan *row, const struct rows_wanted *wanted)
{
	const struct id_hit hit = id_read(row->key, row->value);

	(void)txn;
	return hit.seq == 0 && (!wanted->numbers || numbers_has(wanted->numbers, hit.ticket));
}

static bool digest_wanted(struct txn *txn, const struct scan *row, const struct rows_wanted *wanted)
{
	uint64_t number, seq;

	(void)txn;
	entry_key_read(row->value, &number, &seq);
	return !wanted->numbers || numbers_has(wanted->numbers, number);
}

static bool answered_wanted(
	struct txn *txn, const struct scan *row, const struct rows_wanted *wanted)
{
	(void)txn;
	(void)row;
	return !wanted->numbers;
}

static const struct {
	enum store_table table;
	const char *name;
	row_wanted *wanted;
} tables[] = {
	{ .table = TABLE_META, .name = "meta", .wanted = meta_wanted },
	{ .table = TABLE_IDS, .name = "ids", .wanted = id_wanted },
	{ .table = TABLE_DIGESTS, .name = "digests", .wanted = digest_wanted },
	{ .table = TABLE_ANSWERED, .name = "answered", .wanted = answered_wanted },
};

struct rows_visitor {
	row_visit *fn;
	void *arg;
};

static enum status each_of(struct txn *txn, size_t which, const struct rows_wanted *wanted,
	const struct rows_visitor *visitor, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, tables[which].table, all, all, false); st == ST_OK;
		st = scan_next(&scan)) {
		const struct row row = { tables[which].name, scan.key, scan.value };

		st = tables[which].wanted(txn, &scan, wanted)
			? visitor->fn(txn, &row, visitor->arg, err)
			: ST_OK;
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status rows_each(struct txn *txn, const struct rows_wanted *wanted, row_visit *fn, void *arg,
	struct error *err)
{
	const struct rows_visitor visitor = { fn, arg };
	enum status st = ST_OK;

	for (size_t i = 0; i < G_N_ELEMENTS(tables) && st == ST_OK; i++)
		st = each_of(txn, i, wanted, &visitor, err);
	return st;
}

/* A secret of another length is one that no store opens with. */
static bool row_fits(enum store_table table, const struct row *row)
{
	if (table != TABLE_META)
		return true;
	return meta_is_exported(row->key) &&
		(!key_is(row->key, "secret") || row->value.len == STORE_SECRET_BYTES);
}

enum status rows_put(struct txn *txn, const struct row *row, struct error *err)
{
	enum status st;

	if (row->key.len == 0 || row->key.len > STORE_KEY_MAX)
		return error_set(
			err, ST_BAD_INPUT, _("a row's key has 1 to %d bytes"), STORE_KEY_MAX);
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		if (g_strcmp0(tables[i].name, row->table) != 0)
			continue;
		if (!row_fits(tables[i].table, row))
			return error_set(err, ST_BAD_INPUT,
				_("a row of table '%s' that no export has"), row->table);
		st = txn_put(txn, tables[i].table, row->key, row->value);
		return st == ST_OK ? st
				   : error_set(err, st, _("cannot write table '%s': %s"),
					     row->table, txn_reason(txn));
	}
	return error_set(err, ST_BAD_INPUT, _("there is no table '%s' for rows"),
		row->table ? row->table : "");
}

/* --- a new store --- */

static enum status find_other(struct txn *txn, const struct row *row, void *arg, struct error *err)
{
	(void)txn;
	(void)row;
	(void)err;
	*(bool *)arg = true;
	return ST_OK;
}

static enum status has_rows(
	struct txn *txn, enum store_table table, bool *any_out, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st = scan_first(&scan, txn, table, all, all, false);

	scan_release(&scan);
	*any_out |= st == ST_OK;
	return st == ST_OK || st == ST_NOT_FOUND
		? ST_OK
		: error_set(err, st, _("cannot read the store: %s"), txn_reason(txn));
}

enum status rows_store_is_new(struct txn *txn, bool *new_out, struct error *err)
{
	static const struct rows_wanted all = { NULL, false };
	bool any = false;
	enum status st = ST_OK;

	for (size_t i = 0; table_types[i] && st == ST_OK; i++)
		if (!table_types[i]->of_every_store)
			st = has_rows(txn, table_types[i]->table, &any, err);
	if (st == ST_OK)
		st = rows_each(txn, &all, find_other, &any, err);
	*new_out = !any;
	return st;
}
