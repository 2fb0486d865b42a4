/* Listings of tickets, which the database's own indexes answer; and counts of queues. */
#include "store/postgresql/pg-store.h"

#include <string.h>

#include "base/tongue.h"
#include "model/ticket.h"

enum { QUERY_PAGE_FIRST = 64, QUERY_PAGE_MAX = 1024, QUERY_PAGE_GROWTH = 4 };

/* A text that the database is asked with: cells of its values, and their types. */
struct query_sql {
	GString *text;
	struct cells cells;
	GArray *types;
};

static void query_sql_init(struct query_sql *sql)
{
	sql->text = g_string_new(NULL);
	cells_init(&sql->cells);
	sql->types = g_array_new(FALSE, FALSE, sizeof(uint32_t));
}

static void query_sql_release(struct query_sql *sql)
{
	g_string_free(sql->text, TRUE);
	cells_release(&sql->cells);
	g_array_unref(sql->types);
}

/* "$3": for the cell that was just appended, of that type. */
static unsigned query_sql_value(struct query_sql *sql, enum column_type type)
{
	const struct column column = { .type = type };
	uint32_t oid = column_oid(&column);

	g_array_append_val(sql->types, oid);
	return sql->types->len;
}

static unsigned query_sql_text(struct query_sql *sql, const char *text)
{
	static const struct shape of_text = {
		.columns = { { .type = COLUMN_TEXT, .part = PART_WORDS } }, .n_keys = 1, .n = 1
	};

	shape_key_cells(&of_text, (struct bytes){ text, strlen(text) }, &sql->cells);
	return query_sql_value(sql, COLUMN_TEXT);
}

static unsigned query_sql_time(struct query_sql *sql, int64_t time)
{
	static const struct shape of_time = {
		.columns = { { .type = COLUMN_TIME, .part = PART_TIME } }, .n_keys = 1, .n = 1
	};
	struct key key;

	key_init(&key);
	key_u64(&key, (uint64_t)time);
	shape_key_cells(&of_time, key_bytes(&key), &sql->cells);
	return query_sql_value(sql, COLUMN_TIME);
}

static unsigned query_sql_number(struct query_sql *sql, uint64_t number)
{
	pg_cells_count(&sql->cells, number);
	return query_sql_value(sql, COLUMN_NUMBER);
}

/* --- which --- */

#define QUERY_ACTIVE "status not in ('closed', 'spam')"

static unsigned query_active_statuses(void)
{
	unsigned statuses = 0;

	for (int i = 0; ticket_status_names[i]; i++)
		statuses |= ticket_status_active(i) ? 1U << i : 0;
	return statuses;
}

/* As the partial index says it, where it may be used. */
static void query_statuses(struct query_sql *sql, unsigned statuses)
{
	unsigned active = query_active_statuses();
	bool first = true;

	if (statuses && !(statuses & ~active))
		g_string_append(sql->text, " and " QUERY_ACTIVE);
	if (!statuses || statuses == active)
		return;
	g_string_append(sql->text, " and status in (");
	for (int i = 0; ticket_status_names[i]; i++)
		if (statuses & 1U << i) {
			g_string_append_printf(
				sql->text, "%s'%s'", first ? "" : ", ", ticket_status_names[i]);
			first = false;
		}
	g_string_append_c(sql->text, ')');
}

static void query_field(struct query_sql *sql, const struct field *f, const char *value)
{
	if (!value && f->type == FIELD_TEXT)
		g_string_append_printf(sql->text, "coalesce(\"%s\", '') = ''", f->name);
	else if (!value)
		g_string_append_printf(sql->text, "\"%s\" = '{}'", f->name);
	else if (f->type == FIELD_TEXT)
		g_string_append_printf(
			sql->text, "\"%s\" = $%u", f->name, query_sql_text(sql, value));
	else
		g_string_append_printf(sql->text, "(\"%s\" <> '{}' and \"%s\" @> array[$%u])",
			f->name, f->name, query_sql_text(sql, value));
}

/* Of one letter there may be several fields: a ticket's queue, and those that watch it. */
static void query_value(struct query_sql *sql, const struct query_value *value)
{
	bool first = true;

	for (size_t i = 0; i < ticket_type.count; i++) {
		const struct field *f = &ticket_type.fields[i];

		if (f->index != value->index || (f->type != FIELD_TEXT && f->type != FIELD_LIST))
			continue;
		g_string_append(sql->text, first ? " and (" : " or ");
		query_field(sql, f, value->value);
		first = false;
	}
	if (!first)
		g_string_append_c(sql->text, ')');
}

static void query_where(struct query_sql *sql, const struct query *query)
{
	g_string_append(sql->text, " where true");
	query_statuses(sql, query->statuses);
	if (!query->merged)
		g_string_append(sql->text, " and merged_into = 0");
	if (query->undelivered)
		g_string_append(sql->text, " and undelivered");
	for (size_t i = 0; i < QUERY_VALUES && query->values[i].index; i++)
		query_value(sql, &query->values[i]);
	if (query->from)
		g_string_append_printf(
			sql->text, " and updated >= $%u", query_sql_time(sql, query->from));
	if (query->until)
		g_string_append_printf(
			sql->text, " and updated < $%u", query_sql_time(sql, query->until));
}

/* --- a walk --- */

struct query_row {
	uint64_t number;
	int64_t updated;
	struct key key;
	GByteArray *value;
};

struct pg_query {
	struct pg_walk walk;
	struct pg_txn *txn;
	struct query query;
	GPtrArray *page, *own; /* struct query_row *, in the order of the walk */
	guint next, next_own;
	bool ended;
	unsigned size;
	uint64_t left;
	uint64_t number; /* of the last that came from the server; 0: none */
	int64_t updated;
	GByteArray *shown;
	struct key key;
};

static void query_row_free(gpointer data)
{
	struct query_row *row = data;

	g_byte_array_unref(row->value);
	g_free(row);
}

static struct query_row *query_row_new(struct bytes key, struct bytes value)
{
	struct query_row *row = g_new0(struct query_row, 1);
	struct ticket t = { 0 };
	size_t offset = 0;

	row->value = g_byte_array_new();
	if (value.len)
		g_byte_array_append(row->value, value.data, (guint)value.len);
	memcpy(row->key.data, key.data, key.len);
	row->key.len = key.len;
	row->number = key_read_number(key, &offset);
	if (record_decode(&ticket_type, value, &t, NULL) == ST_OK)
		row->updated = t.updated;
	record_release(&ticket_type, &t);
	return row;
}

static int query_row_compare(const struct query_row *a, const struct query_row *b)
{
	if (a->updated != b->updated)
		return a->updated < b->updated ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static void query_take(const PGresult *result, void *arg)
{
	const struct shape *shape = store_shape(TABLE_TICKETS);
	g_autoptr(GByteArray) value = g_byte_array_new();
	struct pg_query *q = arg;
	struct cell cells[SHAPE_COLUMNS_MAX];

	for (int i = 0; i < pq.ntuples(result); i++) {
		struct key key;

		pg_row_cells(result, i, 0, shape->n, cells);
		shape_row_key(shape, cells, &key);
		shape_row_value(shape, cells, value);
		g_ptr_array_add(q->page,
			query_row_new(key_bytes(&key), (struct bytes){ value->data, value->len }));
	}
	q->ended = (unsigned)pq.ntuples(result) < q->size;
}

static void query_page_sql(struct pg_query *q, struct query_sql *sql)
{
	g_autofree char *columns = pg_sql_columns(store_shape(TABLE_TICKETS), "");
	const char *order = q->query.reverse ? " desc" : "";

	g_string_append_printf(sql->text, "select %s from tickets", columns);
	query_where(sql, &q->query);
	if (q->number) {
		unsigned updated = query_sql_time(sql, q->updated);

		g_string_append_printf(sql->text, " and (updated, number) %s ($%u, $%u)",
			q->query.reverse ? "<" : ">", updated, query_sql_number(sql, q->number));
	}
	g_string_append_printf(
		sql->text, " order by updated%s, number%s limit %u", order, order, q->size);
}

static void query_note_last(struct pg_query *q)
{
	const struct query_row *last = q->page->len ? g_ptr_array_index(q->page, q->page->len - 1)
						    : NULL;

	if (!last)
		return;
	q->number = last->number;
	q->updated = last->updated;
}

/* Which index is best hangs on how many tickets a value has: there are tags that half of all have,
 * and others that one has. So it is planned with the values, each time. */
static void query_send(struct pg_query *q, const struct query_sql *sql, struct pg_batch *batch)
{
	pg_batch_text(batch, "set local plan_cache_mode = force_custom_plan");
	pg_batch_once(batch, sql->text->str, (const uint32_t *)(const void *)sql->types->data,
		&sql->cells, query_take, q);
	pg_batch_text(batch, "set local plan_cache_mode = force_generic_plan");
}

static enum status query_fetch(struct pg_query *q)
{
	struct pg_batch batch;
	struct query_sql sql;
	enum status st;

	g_ptr_array_set_size(q->page, 0);
	q->next = 0;
	q->size = q->size ? MIN(q->size * QUERY_PAGE_GROWTH, QUERY_PAGE_MAX) : QUERY_PAGE_FIRST;
	query_sql_init(&sql);
	query_page_sql(q, &sql);
	pg_txn_batch(q->txn, &batch);
	query_send(q, &sql, &batch);
	st = pg_txn_run(q->txn, &batch);
	query_sql_release(&sql);
	if (st == ST_OK)
		query_note_last(q);
	return st;
}

/* --- what the group has written itself: who asks looks at the records --- */

static int query_sort(gconstpointer a, gconstpointer b, gpointer reverse)
{
	const struct query_row *x = *(const struct query_row *const *)a,
			       *y = *(const struct query_row *const *)b;

	return GPOINTER_TO_INT(reverse) ? query_row_compare(y, x) : query_row_compare(x, y);
}

static void query_collect_own(struct pg_query *q)
{
	g_autoptr(GPtrArray) dirty = q->txn->rows ? pg_rows_dirty(q->txn->rows) : NULL;

	for (guint i = 0; dirty && i < dirty->len; i++) {
		const struct pg_row *row = g_ptr_array_index(dirty, i);

		if (row->table == TABLE_TICKETS && row->there)
			g_ptr_array_add(q->own, query_row_new(row->key, row->value));
	}
	g_ptr_array_sort_with_data(q->own, query_sort, GINT_TO_POINTER(q->query.reverse));
}

static bool query_is_own(const struct pg_query *q, const struct query_row *row)
{
	for (guint i = 0; i < q->own->len; i++)
		if (((const struct query_row *)g_ptr_array_index(q->own, i))->number == row->number)
			return true;
	return false;
}

/* As the group knows it by now; false: it is gone. */
static bool query_renew(struct pg_query *q, struct query_row *row)
{
	const struct pg_row *known = q->txn->rows
		? pg_rows_find(q->txn->rows, TABLE_TICKETS, key_bytes(&row->key))
		: NULL;

	if (!known || !known->dirty)
		return true;
	g_byte_array_set_size(row->value, 0);
	if (known->there)
		g_byte_array_append(row->value, known->value.data, (guint)known->value.len);
	return known->there;
}

static struct query_row *query_theirs(struct pg_query *q)
{
	for (; q->next < q->page->len; q->next++) {
		struct query_row *row = g_ptr_array_index(q->page, q->next);

		if (!query_is_own(q, row) && query_renew(q, row))
			return row;
	}
	return NULL;
}

static enum status query_their_next(struct pg_query *q, struct query_row **row_out)
{
	enum status st = ST_OK;

	*row_out = query_theirs(q);
	while (st == ST_OK && !*row_out && !q->ended) {
		st = query_fetch(q);
		if (st == ST_OK)
			*row_out = query_theirs(q);
	}
	return st;
}

static bool query_own_is_first(
	const struct pg_query *q, const struct query_row *own, const struct query_row *theirs)
{
	int c;

	if (!own || !theirs)
		return own != NULL;
	c = query_row_compare(own, theirs);
	return q->query.reverse ? c > 0 : c < 0;
}

static void query_show(struct scan *of, struct pg_query *q, const struct query_row *row)
{
	q->key = row->key;
	g_byte_array_set_size(q->shown, 0);
	g_byte_array_append(q->shown, row->value->data, row->value->len);
	of->key = key_bytes(&q->key);
	of->value = (struct bytes){ q->shown->data, q->shown->len };
}

static enum status query_next(struct scan *of)
{
	struct pg_query *q = of->cursor;
	struct query_row *own = q->next_own < q->own->len ? g_ptr_array_index(q->own, q->next_own)
							  : NULL;
	struct query_row *theirs = NULL;
	enum status st = q->left ? query_their_next(q, &theirs) : ST_NOT_FOUND;

	if (st != ST_OK)
		return st;
	if (!own && !theirs)
		return ST_NOT_FOUND;
	q->left--;
	if (query_own_is_first(q, own, theirs)) {
		q->next_own++;
		query_show(of, q, own);
	} else {
		q->next++;
		query_show(of, q, theirs);
	}
	return ST_OK;
}

static void query_release(struct scan *of)
{
	struct pg_query *q = of->cursor;

	g_ptr_array_unref(q->page);
	g_ptr_array_unref(q->own);
	g_byte_array_unref(q->shown);
	for (size_t i = 0; i < QUERY_VALUES; i++)
		g_free((char *)q->query.values[i].value);
	g_free(q);
}

enum status pg_query(struct scan *of, const struct query *query)
{
	struct pg_query *q = g_new0(struct pg_query, 1);

	q->walk = (struct pg_walk){ query_next, query_release };
	q->txn = pg_txn_of(of->txn);
	q->query = *query;
	for (size_t i = 0; i < QUERY_VALUES; i++)
		q->query.values[i].value = g_strdup(query->values[i].value);
	q->page = g_ptr_array_new_with_free_func(query_row_free);
	q->own = g_ptr_array_new_with_free_func(query_row_free);
	q->shown = g_byte_array_new();
	q->left = query->limit ? query->limit : UINT64_MAX;
	of->cursor = q;
	query_collect_own(q);
	return query_next(of);
}

/* --- counts --- */

struct query_counting {
	struct queue_count *counts;
	size_t n;
};

static void query_add_count(
	const struct query_counting *counting, const char *queue, uint64_t open, uint64_t new)
{
	for (size_t i = 0; i < counting->n; i++)
		if (strcmp(counting->counts[i].queue, queue) == 0) {
			counting->counts[i].open += open;
			counting->counts[i].new += new;
		}
}

static uint64_t query_result_number(const PGresult *result, int row, int column)
{
	struct cell cell = pg_cell(result, row, column);

	return key_read_u64((struct bytes){ cell.data, (size_t)MAX(cell.len, 0) }, 0);
}

static void query_take_counts(const PGresult *result, void *counting)
{
	for (int row = 0; row < pq.ntuples(result); row++)
		query_add_count(counting, pq.getvalue(result, row, 0),
			query_result_number(result, row, 1), query_result_number(result, row, 2));
}

/* What the group has written is counted here, and not by the server. */
static void query_count_own(const struct query_counting *counting, const struct pg_row *row)
{
	struct ticket t = { 0 };

	if (row->there && record_decode(&ticket_type, row->value, &t, NULL) == ST_OK &&
		ticket_status_active(t.status) && !t.merged_into) {
		uint64_t new = t.status == TICKET_NEW;

		if (t.queue)
			query_add_count(counting, t.queue, 1, new);
		for (char **w = t.watchers; w && *w; w++)
			if (g_strcmp0(*w, t.queue) != 0)
				query_add_count(counting, *w, 1, new);
	}
	record_release(&ticket_type, &t);
}

static void query_leave_out(struct query_sql *sql, const struct pg_row *row)
{
	size_t offset = 0;
	uint64_t number = key_read_number(row->key, &offset);

	g_string_append_printf(
		sql->text, "%s%" G_GUINT64_FORMAT, sql->text->len ? ", " : "", number);
}

#define QUERY_COUNTS "count(*), count(*) filter (where status = 'new') from tickets"

static enum status query_ask_counts(
	struct pg_txn *txn, struct query_counting *counting, const char *without)
{
	g_autofree char *some = g_strdup_printf(QUERY_ACTIVE " and merged_into = 0"
							     " and number not in (%s)",
		without);
	g_autofree char *text = g_strdup_printf(
		"select queue, " QUERY_COUNTS
		" where %s group by queue union all select w, " QUERY_COUNTS
		" t, unnest(t.watchers) w where %s and t.watchers <> '{}'"
		" and w <> t.queue group by w",
		some, some);
	struct pg_batch batch;
	struct cells cells;
	enum status st;

	cells_init(&cells);
	pg_txn_batch(txn, &batch);
	pg_batch_once(&batch, text, NULL, &cells, query_take_counts, counting);
	st = pg_txn_run(txn, &batch);
	cells_release(&cells);
	return st;
}

enum status pg_count(struct txn *base, struct queue_count *counts, size_t n)
{
	struct query_counting counting = { counts, n };
	struct pg_txn *txn = pg_txn_of(base);
	g_autoptr(GPtrArray) dirty = txn->rows ? pg_rows_dirty(txn->rows) : NULL;
	struct query_sql without;
	enum status st;

	for (size_t i = 0; i < n; i++)
		counts[i].open = counts[i].new = 0;
	query_sql_init(&without);
	for (guint i = 0; dirty && i < dirty->len; i++) {
		const struct pg_row *row = g_ptr_array_index(dirty, i);

		if (row->table != TABLE_TICKETS)
			continue;
		query_count_own(&counting, row);
		query_leave_out(&without, row);
	}
	if (!without.text->len)
		g_string_append(without.text, "0");
	st = query_ask_counts(txn, &counting, without.text->str);
	query_sql_release(&without);
	return st;
}
