/* See pg-batch.h. A link is in pipeline mode while a batch runs, and never else. */
#include "store/postgresql/pg-batch.h"

#include <string.h>

#include "base/tongue.h"

struct batch_awaited {
	pg_rows_fn *fn;
	void *arg;
	const char *prepares; /* a name that is prepared from then on; NULL */
};

void pg_batch_begin(struct pg_batch *batch, struct pg_link *link)
{
	*batch = (struct pg_batch){ .link = link };
	batch->awaited = g_array_new(FALSE, FALSE, sizeof(struct batch_awaited));
	batch->lost = !pq.enterPipelineMode(link->conn);
}

static void batch_await(struct pg_batch *batch, int sent, const struct batch_awaited *awaited)
{
	if (!sent)
		batch->lost = true;
	else
		g_array_append_vals(batch->awaited, awaited, 1);
}

struct batch_values {
	const char **data;
	int *formats;
	int n;
};

static void batch_values_init(struct batch_values *values, const struct cells *cells)
{
	values->n = (int)cells->n;
	values->data = g_new(const char *, cells->n);
	values->formats = g_new(int, cells->n);
	for (size_t i = 0; i < cells->n; i++) {
		values->data[i] = cells_data(cells, i);
		values->formats[i] = 1;
	}
}

static void batch_values_release(struct batch_values *values)
{
	g_free(values->data);
	g_free(values->formats);
}

static void batch_prepare(struct pg_batch *batch, const struct pg_statement *statement)
{
	struct pg_link *link = batch->link;
	const struct batch_awaited awaited = { .prepares = statement->name };

	if (!link->prepared)
		link->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (g_hash_table_contains(link->prepared, statement->name))
		return;
	for (guint i = 0; i < batch->awaited->len; i++)
		if (g_strcmp0(g_array_index(batch->awaited, struct batch_awaited, i).prepares,
			    statement->name) == 0)
			return;
	batch_await(batch,
		pq.sendPrepare(link->conn, statement->name, statement->sql, statement->n,
			statement->types),
		&awaited);
}

void pg_batch_add(struct pg_batch *batch, const struct pg_statement *statement,
	const struct cells *cells, pg_rows_fn *fn, void *arg)
{
	const struct batch_awaited awaited = { .fn = fn, .arg = arg };
	struct batch_values values;

	batch_prepare(batch, statement);
	batch_values_init(&values, cells);
	g_assert(values.n == statement->n);
	batch_await(batch,
		pq.sendQueryPrepared(batch->link->conn, statement->name, values.n, values.data,
			cells->len, values.formats, 1),
		&awaited);
	batch_values_release(&values);
}

void pg_batch_text(struct pg_batch *batch, const char *sql)
{
	const struct pg_statement statement = { .name = (char *)sql, .sql = (char *)sql };
	struct cells none;

	cells_init(&none);
	pg_batch_add(batch, &statement, &none, NULL, NULL);
	cells_release(&none);
}

void pg_batch_once(struct pg_batch *batch, const char *sql, const uint32_t *types,
	const struct cells *cells, pg_rows_fn *fn, void *arg)
{
	const struct batch_awaited awaited = { .fn = fn, .arg = arg };
	struct batch_values values;

	batch_values_init(&values, cells);
	batch_await(batch,
		pq.sendQueryParams(batch->link->conn, sql, values.n, types, values.data, cells->len,
			values.formats, 1),
		&awaited);
	batch_values_release(&values);
}

/* --- what comes back --- */

static void batch_deliver(
	struct pg_batch *batch, const struct batch_awaited *awaited, const PGresult *result)
{
	if (awaited->prepares)
		g_hash_table_add(batch->link->prepared, g_strdup(awaited->prepares));
	if (awaited->fn && pq.resultStatus(result) == PGRES_TUPLES_OK)
		awaited->fn(result, awaited->arg);
}

/* After each of its results comes a NULL. */
static enum status batch_result(struct pg_batch *batch, PGresult **result_out)
{
	enum status st = pg_link_result(batch->link, result_out);

	return st == ST_OK && !*result_out ? pg_link_result(batch->link, result_out) : st;
}

/* Up to the point where the server is ready again. *failed_out: the first that did. */
static enum status batch_drain(struct pg_batch *batch, enum status *failed_out)
{
	enum status st = ST_OK;
	bool ready = false;

	for (guint i = 0; st == ST_OK && !ready; i++) {
		PGresult *result = NULL;
		enum status of;

		st = batch_result(batch, &result);
		if (st != ST_OK)
			break;
		ready = pq.resultStatus(result) == PGRES_PIPELINE_SYNC;
		of = *failed_out == ST_OK ? pg_link_settle(batch->link, result) : *failed_out;
		if (of == ST_OK && i < batch->awaited->len)
			batch_deliver(batch,
				&g_array_index(batch->awaited, struct batch_awaited, i), result);
		*failed_out = of;
		if (batch->link->broken)
			st = of;
		pq.clear(result);
	}
	return st;
}

enum status pg_batch_run(struct pg_batch *batch)
{
	struct pg_link *link = batch->link;
	enum status failed = ST_OK, st;

	/* It writes before it is asked to, when that is much. */
	if (batch->lost || !pq.pipelineSync(link->conn))
		st = pg_link_lost(link);
	else
		st = pg_link_flush(link);
	if (st == ST_OK)
		st = batch_drain(batch, &failed);
	if (st == ST_OK)
		st = failed;
	if (!link->broken && !pq.exitPipelineMode(link->conn))
		link->broken = true;
	g_array_unref(batch->awaited);
	return st == ST_OK && link->broken ? ST_BUSY : st;
}

struct cell pg_cell(const PGresult *result, int row, int column)
{
	struct cell cell = { pq.getvalue(result, row, column), pq.getlength(result, row, column) };

	if (pq.getisnull(result, row, column))
		cell.len = -1;
	return cell;
}

void pg_row_cells(const PGresult *result, int row, int column, size_t n, struct cell *cells_out)
{
	for (size_t i = 0; i < n; i++)
		cells_out[i] = pg_cell(result, row, column + (int)i);
}
