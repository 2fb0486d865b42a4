/* Inside a transaction: get, put, delete; and how what was written goes to the server. */
#include "store/postgresql/pg-store.h"

#include <string.h>

#include "base/tongue.h"

/* Gets without rows are valid for so many more; a group's rows go to the server at that size. */
enum { GIVEN_MAX = 256, ROWS_MAX_BYTES = 32 << 20 };

const char *pg_reason(struct txn *txn)
{
	return pg_txn_of(txn)->reason;
}

enum status pg_say(struct txn *base, const char *what, enum status st, struct error *err)
{
	struct pg_txn *txn = pg_txn_of(base);

	return error_set(err, st, _("cannot %s store '%s': %s"), what, txn->store->server.shown,
		txn->reason);
}

static enum status txn_bad_key(struct pg_txn *txn)
{
	g_strlcpy(txn->reason, _("a key that is none of its table"), sizeof txn->reason);
	return ST_BAD_INPUT;
}

/* --- batches --- */

void pg_cells_count(struct cells *cells, uint64_t number)
{
	static const struct shape counted = {
		.columns = { { .type = COLUMN_NUMBER, .part = PART_U64 } }, .n_keys = 1, .n = 1
	};
	struct key key;

	key_init(&key);
	key_u64(&key, number);
	shape_key_cells(&counted, key_bytes(&key), cells);
}

void pg_txn_batch(struct pg_txn *txn, struct pg_batch *batch)
{
	pg_batch_begin(batch, txn->link);
	if (!txn->begun)
		pg_batch_text(batch, "begin isolation level repeatable read read only");
}

enum status pg_txn_run(struct pg_txn *txn, struct pg_batch *batch)
{
	enum status st = pg_batch_run(batch);

	if (st == ST_OK) {
		txn->begun = true;
		/* What reads a whole store takes its time; a server that answers is there. */
		if (!txn->rows)
			txn->link->deadline = pg_server_deadline(&txn->store->server);
	} else {
		g_strlcpy(txn->reason, txn->link->reason, sizeof txn->reason);
	}
	return st;
}

static void learn_row(const struct pg_learn *learn, const struct shape *shape,
	const PGresult *result, int row, GByteArray *value)
{
	struct cell cells[SHAPE_COLUMNS_MAX];
	struct key key;

	pg_row_cells(result, row, 0, shape->n, cells);
	shape_row_key(shape, cells, &key);
	shape_row_value(shape, cells, value);
	pg_rows_learn(learn->rows, learn->table, key_bytes(&key),
		&(struct bytes){ value->data, value->len });
}

void pg_learn_rows(const PGresult *result, void *arg)
{
	const struct pg_learn *learn = arg;
	g_autoptr(GByteArray) value = g_byte_array_new();

	for (int row = 0; row < pq.ntuples(result); row++)
		learn_row(learn, store_shape(learn->table), result, row, value);
}

/* A writer that has the transaction for itself is undone by that. */
static enum status txn_flush(struct pg_txn *txn)
{
	struct pg_batch batch;
	enum status st;

	pg_txn_batch(txn, &batch);
	pg_writes_add(txn->store, txn->rows, &batch);
	st = pg_txn_run(txn, &batch);
	if (st == ST_OK)
		pg_rows_clear(txn->rows);
	txn->flushes++;
	return st;
}

/* --- get --- */

static enum status txn_ask(
	struct pg_txn *txn, enum store_table table, struct bytes key, struct pg_rows *rows)
{
	const struct shape *shape = store_shape(table);
	struct pg_learn learn = { rows, table };
	struct pg_batch batch;
	struct cells cells;
	enum status st;

	cells_init(&cells);
	if (!shape_key_cells(shape, key, &cells)) {
		cells_release(&cells);
		return txn_bad_key(txn);
	}
	pg_txn_batch(txn, &batch);
	pg_batch_add(&batch, pg_statement_get(txn->store, table), &cells, pg_learn_rows, &learn);
	st = pg_txn_run(txn, &batch);
	if (st == ST_OK)
		pg_rows_learn(rows, table, key, NULL);
	cells_release(&cells);
	return st;
}

static enum status txn_answer(const struct pg_row *row, struct bytes *value_out)
{
	if (!row || !row->there)
		return ST_NOT_FOUND;
	*value_out = row->value;
	return ST_OK;
}

static enum status get_of_group(
	struct pg_txn *txn, enum store_table table, struct bytes key, struct bytes *value_out)
{
	enum status st = ST_OK;

	if (!pg_rows_known(txn->rows, table, key)) {
		g_atomic_int_inc(&txn->store->untold);
		st = txn_ask(txn, table, key, txn->rows);
	}
	return st == ST_OK ? txn_answer(pg_rows_find(txn->rows, table, key), value_out) : st;
}

/* Nothing changes, and what is read may be all of a store: only the last values are kept. */
static enum status get_of_reader(
	struct pg_txn *txn, enum store_table table, struct bytes key, struct bytes *value_out)
{
	struct pg_rows *rows = pg_rows_new();
	enum status st = txn_ask(txn, table, key, rows);

	if (st == ST_OK)
		st = txn_answer(pg_rows_find(rows, table, key), value_out);
	g_queue_push_tail(txn->given, rows);
	if (txn->given->length > GIVEN_MAX)
		pg_rows_free(g_queue_pop_head(txn->given));
	return st;
}

enum status pg_get(
	struct txn *base, enum store_table table, struct bytes key, struct bytes *value_out)
{
	struct pg_txn *txn = pg_txn_of(base);

	return txn->rows ? get_of_group(txn, table, key, value_out)
			 : get_of_reader(txn, table, key, value_out);
}

/* --- put and delete --- */

static bool txn_is_key(enum store_table table, struct bytes key)
{
	struct cells cells;
	bool is;

	cells_init(&cells);
	is = shape_key_cells(store_shape(table), key, &cells);
	cells_release(&cells);
	return is;
}

static enum status txn_may_write(struct pg_txn *txn)
{
	if (txn->rows)
		return ST_OK;
	g_strlcpy(txn->reason, _("it was opened to be read"), sizeof txn->reason);
	return ST_REFUSED;
}

enum status pg_put(struct txn *base, enum store_table table, struct bytes key, struct bytes value)
{
	struct pg_txn *txn = pg_txn_of(base);
	enum status st = txn_may_write(txn);

	if (st != ST_OK)
		return st;
	if (!txn_is_key(table, key))
		return txn_bad_key(txn);
	pg_rows_set(txn->rows, table, key, &value);
	return txn->alone && pg_rows_size(txn->rows) > ROWS_MAX_BYTES ? txn_flush(txn) : ST_OK;
}

enum status pg_delete(struct txn *base, enum store_table table, struct bytes key)
{
	struct pg_txn *txn = pg_txn_of(base);
	struct bytes value;
	enum status st = txn_may_write(txn);

	if (st == ST_OK)
		st = get_of_group(txn, table, key, &value);
	if (st == ST_OK)
		pg_rows_set(txn->rows, table, key, NULL);
	return st;
}
