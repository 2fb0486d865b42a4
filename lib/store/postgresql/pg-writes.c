/* What a group has written becomes statements: rows that are known to be there, or not to be there,
 * are updated or inserted with the columns that need it, and so cost the server about half of what
 * "insert … on conflict" with all columns does. */
#include "store/postgresql/pg-array.h"
#include "store/postgresql/pg-store.h"

#include <string.h>

/* Of one statement. What unnest() gives is kept in the server's work_mem, 4 MB as a rule. */
enum { WRITES_ROWS = 256, WRITES_BYTES = 2 << 20 };

/* --- how --- */

static enum pg_how writes_how(const struct pg_row *row)
{
	if (!row->there)
		return HOW_DELETE;
	switch (row->theirs) {
	case THEIRS_ABSENT:
		return HOW_INSERT;
	case THEIRS_PRESENT:
		return HOW_UPDATE;
	case THEIRS_UNKNOWN:
		break;
	}
	return HOW_PUT;
}

/* The server has it so already. */
static bool writes_nothing(const struct pg_row *row)
{
	if (!row->there)
		return row->theirs == THEIRS_ABSENT;
	return row->theirs == THEIRS_PRESENT && bytes_same(row->value, row->was);
}

/* By table and how. Rows that go are first. */
static int writes_compare(gconstpointer a, gconstpointer b)
{
	const struct pg_row *x = *(struct pg_row *const *)a, *y = *(struct pg_row *const *)b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return (int)writes_how(x) - (int)writes_how(y);
}

/* --- which columns --- */

static void writes_cells(const struct pg_row *row, struct bytes value, struct cells *cells)
{
	const struct shape *shape = store_shape(row->table);

	cells_init(cells);
	shape_key_cells(shape, row->key, cells);
	if (row->there)
		shape_value_cells(shape, value, cells);
}

/* Is it what the column has where nothing is given? */
static bool writes_is_default(const struct column *column, const char *data, int len)
{
	static const char zero[sizeof(uint64_t)];
	const char *word = "";

	if (len < 0 || !column->always)
		return len < 0;
	switch (column->type) {
	case COLUMN_NUMBER:
	case COLUMN_BOOL:
		return memcmp(data, zero, (size_t)len) == 0;
	case COLUMN_TEXT:
		if (column->field && column->field->type == FIELD_ENUM)
			word = column->field->names[0];
		return (size_t)len == strlen(word) && memcmp(data, word, (size_t)len) == 0;
	case COLUMN_LIST:
	case COLUMN_NUMBERS:
		return key_read_u32((struct bytes){ data, (size_t)len }, 0) == 0;
	case COLUMN_TIME:
	case COLUMN_BYTES:
		break;
	}
	return false;
}

static bool writes_cell_same(const struct cells *a, const struct cells *b, size_t i)
{
	return a->len[i] == b->len[i] &&
		(a->len[i] <= 0 ||
			memcmp(cells_data(a, i), cells_data(b, i), (size_t)a->len[i]) == 0);
}

static void writes_note_changed(const struct pg_row *row, const struct cells *cells, bool *sets)
{
	struct cells was;

	writes_cells(row, row->was, &was);
	for (size_t i = 0; i < cells->n; i++)
		sets[i] |= !writes_cell_same(cells, &was, i);
	cells_release(&was);
}

static void writes_note(
	const struct pg_row *row, const struct cells *cells, enum pg_how how, bool *sets)
{
	const struct shape *shape = store_shape(row->table);

	for (size_t i = 0; i < cells->n; i++)
		sets[i] |= i < shape->n_keys || how == HOW_PUT ||
			(how == HOW_INSERT &&
				!writes_is_default(
					&shape->columns[i], cells_data(cells, i), cells->len[i]));
	if (how == HOW_UPDATE)
		writes_note_changed(row, cells, sets);
}

/* --- one statement --- */

/* An array of each column that is set. */
static void writes_values(
	const struct pg_write *write, const struct cells *rows, unsigned n, struct cells *values)
{
	const struct shape *shape = store_shape(write->table);

	for (size_t i = 0; i < shape->n; i++) {
		const struct column *column = &shape->columns[i];
		struct pg_array array = { NULL, 0 };

		if (!write->sets[i])
			continue;
		for (unsigned row = 0; row < n; row++)
			pg_array_add(&array, column, cells_data(&rows[row], i), rows[row].len[i]);
		pg_array_cell(values, column, &array);
		pg_array_release(&array);
	}
}

static void writes_statement(
	struct pg_store *store, struct pg_batch *batch, struct pg_row *const *rows, unsigned n)
{
	struct pg_write write = { .table = rows[0]->table, .how = writes_how(rows[0]) };
	bool *sets = store->sets[write.table][write.how];
	struct cells *cells = g_new(struct cells, n), values;

	cells_init(&values);
	for (unsigned i = 0; i < n; i++) {
		writes_cells(rows[i], rows[i]->value, &cells[i]);
		writes_note(rows[i], &cells[i], write.how, sets);
	}
	memcpy(write.sets, sets, sizeof write.sets);
	writes_values(&write, cells, n, &values);
	pg_batch_add(batch, pg_statement_write(store, &write), &values, NULL, NULL);
	for (unsigned i = 0; i < n; i++)
		cells_release(&cells[i]);
	cells_release(&values);
	g_free(cells);
}

/* How many of the next rows go into one statement. */
static unsigned writes_together(struct pg_row *const *rows, guint left)
{
	size_t size = 0;
	unsigned n = 0;

	while (n < MIN(left, WRITES_ROWS) && writes_compare(&rows[0], &rows[n]) == 0) {
		size += rows[n]->key.len + rows[n]->value.len;
		if (n && size > WRITES_BYTES)
			break;
		n++;
	}
	return n;
}

bool pg_writes_add(struct pg_store *store, const struct pg_rows *rows, struct pg_batch *batch)
{
	g_autoptr(GPtrArray) dirty = pg_rows_dirty(rows), written = g_ptr_array_new();

	for (guint i = 0; i < dirty->len; i++)
		if (!writes_nothing(g_ptr_array_index(dirty, i)))
			g_ptr_array_add(written, g_ptr_array_index(dirty, i));
	g_ptr_array_sort(written, writes_compare);
	for (guint at = 0, n; at < written->len; at += n) {
		struct pg_row **next = (struct pg_row **)written->pdata + at;

		n = writes_together(next, written->len - at);
		writes_statement(store, batch, next, n);
	}
	return written->len > 0;
}
