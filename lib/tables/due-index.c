/* See due-index.h. */
#include "tables/due-index.h"

#include "base/tongue.h"

enum { AT_NUMBER_OF_DUE = 8 };

void due_row_key(struct key *key, const struct due_row *row)
{
	key_init(key);
	key_u64(key, (uint64_t)row->time);
	key_number(key, row->number);
	if (row->kind != DUE_WAKE)
		key_u8(key, (uint8_t)row->kind);
}

struct due_row due_row_read(struct bytes key)
{
	size_t offset = AT_NUMBER_OF_DUE;
	struct due_row row = {
		.time = (int64_t)key_read_u64(key, 0),
		.number = key_read_number(key, &offset),
	};

	row.kind = offset < key.len ? ((const guint8 *)key.data)[offset] : DUE_WAKE;
	return row;
}

/* --- the fields --- */

static const struct field *due_field(enum due_kind kind)
{
	for (size_t i = 0; i < ticket_type.count; i++)
		if (ticket_type.fields[i].due == (int)kind)
			return &ticket_type.fields[i];
	return NULL;
}

int64_t due_time(const struct ticket *t, enum due_kind kind)
{
	const struct field *f = kind != DUE_NONE ? due_field(kind) : NULL;

	return f ? *(const int64_t *)(const void *)((const char *)t + f->offset) : 0;
}

void due_set_time(struct ticket *t, enum due_kind kind, int64_t time)
{
	const struct field *f = kind != DUE_NONE ? due_field(kind) : NULL;

	if (f)
		*(int64_t *)(void *)((char *)t + f->offset) = time;
}

/* --- the rows --- */

static enum status due_put(struct txn *txn, const struct due_row *row)
{
	struct key key;

	due_row_key(&key, row);
	return row->time ? txn_put(txn, TABLE_DUE, key_bytes(&key), (struct bytes){ "", 0 })
			 : ST_OK;
}

static enum status due_delete(struct txn *txn, const struct due_row *row)
{
	struct key key;
	enum status st;

	due_row_key(&key, row);
	st = row->time ? txn_delete(txn, TABLE_DUE, key_bytes(&key)) : ST_OK;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Of no ticket: a row that is none. */
static struct due_row due_row_of(const struct ticket *t, enum due_kind kind)
{
	if (!t)
		return (struct due_row){ .kind = kind };
	return (struct due_row){ .time = due_time(t, kind), .number = t->number, .kind = kind };
}

static enum status due_move_kind(struct txn *txn, const struct ticket *before,
	const struct ticket *after, enum due_kind kind)
{
	const struct due_row from = due_row_of(before, kind), to = due_row_of(after, kind);
	enum status st;

	if (before && after && from.time == to.time)
		return ST_OK;
	st = due_delete(txn, &from);
	return st == ST_OK ? due_put(txn, &to) : st;
}

enum status due_index_move(struct txn *txn, const struct ticket *before, const struct ticket *after)
{
	enum status st = ST_OK;

	for (int kind = DUE_WAKE; kind < DUE_KINDS && st == ST_OK; kind++)
		st = due_move_kind(txn, before, after, (enum due_kind)kind);
	return st;
}

static enum status due_row_there(struct txn *txn, const struct due_row *row, bool *there_out)
{
	struct bytes value;
	struct key key;
	enum status st;

	due_row_key(&key, row);
	st = row->time ? txn_get(txn, TABLE_DUE, key_bytes(&key), &value) : ST_OK;
	*there_out = st == ST_OK;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status due_index_right(struct txn *txn, const struct ticket *t, bool *right_out)
{
	enum status st = ST_OK;

	*right_out = true;
	for (int kind = DUE_WAKE; kind < DUE_KINDS && st == ST_OK && *right_out; kind++) {
		const struct due_row row = due_row_of(t, (enum due_kind)kind);

		st = due_row_there(txn, &row, right_out);
	}
	return st;
}

enum status due_index_find(struct txn *txn, int64_t now, struct due_row *rows, size_t max,
	size_t *n_out, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	*n_out = 0;
	for (st = scan_first(&scan, txn, TABLE_DUE, all, all, false);
		st == ST_OK && *n_out < max && due_row_read(scan.key).time <= now;
		st = scan_next(&scan)) {
		rows[*n_out] = due_row_read(scan.key);
		*n_out += rows[*n_out].kind < DUE_KINDS;
	}
	scan_release(&scan);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return error_set(err, st, _("cannot read what is due: %s"), txn_reason(txn));
	return ST_OK;
}

enum status due_index_next(struct txn *txn, int64_t *time_out, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st = scan_first(&scan, txn, TABLE_DUE, all, all, false);

	while (st == ST_OK && due_row_read(scan.key).kind >= DUE_KINDS)
		st = scan_next(&scan);
	*time_out = st == ST_OK ? due_row_read(scan.key).time : 0;
	scan_release(&scan);
	if (st == ST_OK || st == ST_NOT_FOUND)
		return ST_OK;
	return error_set(err, st, _("cannot read what is due: %s"), txn_reason(txn));
}

enum status due_index_drop(struct txn *txn, const struct due_row *row, struct error *err)
{
	enum status st = due_delete(txn, row);

	return st == ST_OK ? st
			   : error_set(err, st, _("cannot write what is due: %s"), txn_reason(txn));
}
