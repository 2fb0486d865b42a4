/* What a group of writers is going to read, in the trip that begins its transaction: what they have
 * told, what hangs on that, and the last rows of tables that grow at their end. */
#include "store/postgresql/pg-array.h"
#include "store/postgresql/pg-store.h"

#include <string.h>

#include "store/wants.h"

struct pg_ahead {
	struct pg_store *store;
	struct pg_rows *rows;
	struct pg_batch *batch;
	struct pg_learn learn[TABLE_COUNT]; /* what the statements' rows go to */
	struct pg_array keys[TABLE_COUNT][SHAPE_PARTS_MAX];
	struct pg_array ids, tickets; /* hashes, numbers */
	GArray *told;                 /* struct want_row: hashes of ids, and tickets */
};

static const struct column ahead_hash = { .type = COLUMN_BYTES },
			   ahead_number = { .type = COLUMN_NUMBER };

/* --- what is told --- */

static void ahead_row(struct pg_ahead *ahead, enum store_table table, struct bytes key)
{
	const struct shape *shape = store_shape(table);
	struct cells cells;

	cells_init(&cells);
	if (shape_key_cells(shape, key, &cells))
		for (size_t i = 0; i < shape->n_keys; i++)
			pg_array_add(&ahead->keys[table][i], &shape->columns[i],
				cells_data(&cells, i), cells.len[i]);
	cells_release(&cells);
}

static void ahead_ticket(struct pg_ahead *ahead, struct bytes key)
{
	struct cells cells;

	cells_init(&cells);
	if (shape_key_cells(store_shape(TABLE_TICKETS), key, &cells))
		pg_array_add(&ahead->tickets, &ahead_number, cells_data(&cells, 0), cells.len[0]);
	cells_release(&cells);
}

static void ahead_want(struct pg_ahead *ahead, const struct want_row *want)
{
	struct bytes key = key_bytes(&want->key);

	switch (want->kind) {
	case WANT_ROW:
		ahead_row(ahead, want->table, key);
		break;
	case WANT_TICKET:
		ahead_ticket(ahead, key);
		g_array_append_vals(ahead->told, want, 1);
		break;
	case WANT_ID:
		pg_array_add(&ahead->ids, &ahead_hash, key.data, (int)key.len);
		g_array_append_vals(ahead->told, want, 1);
		break;
	case WANT_ADDRESS:
		ahead_row(ahead, TABLE_AGENT_ADDRESSES, key);
		break;
	}
}

static void ahead_name_key(struct key *key, const char *name)
{
	key_init(key);
	key_text(key, "next");
	key_text(key, name);
}

static void ahead_name(struct pg_ahead *ahead, const char *name)
{
	struct key key;

	ahead_name_key(&key, name);
	ahead_row(ahead, TABLE_META, key_bytes(&key));
}

static void ahead_wants(struct pg_ahead *ahead, const struct wants *wants)
{
	for (guint i = 0; i < wants->rows->len; i++)
		ahead_want(ahead, &g_array_index(wants->rows, struct want_row, i));
	for (guint i = 0; i < wants->names->len; i++)
		ahead_name(ahead, g_ptr_array_index(wants->names, i));
}

/* --- statements --- */

/* "select … from TABLE TAIL" */
static char *ahead_select(enum store_table table, const char *tail)
{
	const struct shape *shape = store_shape(table);
	g_autofree char *columns = pg_sql_columns(shape, "r");

	return g_strdup_printf("select %s from %s r %s", columns, shape->name, tail);
}

static const struct pg_statement *ahead_statement(struct pg_ahead *ahead, const char *name,
	enum store_table table, const char *tail, const uint32_t *types, int n)
{
	const struct pg_statement *found = pg_statement_find(ahead->store, name);

	return found ? found
		     : pg_statement_add(ahead->store, name, ahead_select(table, tail), types, n);
}

static void ahead_add(struct pg_ahead *ahead, const struct pg_statement *statement,
	const struct cells *cells, enum store_table table)
{
	pg_batch_add(ahead->batch, statement, cells, pg_learn_rows, &ahead->learn[table]);
}

/* "join unnest($1, $2) k("a", "b") on r."a" = k."a" and …" */
static char *ahead_keys_tail(const struct shape *shape)
{
	g_autoptr(GString) values = g_string_new(NULL), names = g_string_new(NULL),
			   same = g_string_new(NULL);

	if (shape->n_keys == 1)
		return g_strdup_printf("where r.\"%s\" = any($1)", shape->columns[0].name);
	for (size_t i = 0; i < shape->n_keys; i++) {
		const char *name = shape->columns[i].name;

		g_string_append_printf(values, "%s$%zu", i ? ", " : "", i + 1);
		g_string_append_printf(names, "%s\"%s\"", i ? ", " : "", name);
		g_string_append_printf(same, "%sr.\"%s\" = k.\"%s\"", i ? " and " : "", name, name);
	}
	return g_strdup_printf("join unnest(%s) k(%s) on %s", values->str, names->str, same->str);
}

static void ahead_keys(struct pg_ahead *ahead, enum store_table table)
{
	const struct shape *shape = store_shape(table);
	g_autofree char *name = g_strdup_printf("any %d", table), *tail = ahead_keys_tail(shape);
	uint32_t types[SHAPE_PARTS_MAX];
	struct cells cells;

	cells_init(&cells);
	for (size_t i = 0; i < shape->n_keys; i++) {
		types[i] = pg_array_oid(&shape->columns[i]);
		pg_array_cell(&cells, &shape->columns[i], &ahead->keys[table][i]);
	}
	ahead_add(ahead, ahead_statement(ahead, name, table, tail, types, (int)shape->n_keys),
		&cells, table);
	cells_release(&cells);
}

static void ahead_owners(struct pg_ahead *ahead)
{
	const struct column *address = &store_shape(TABLE_AGENT_ADDRESSES)->columns[0];
	const uint32_t type = pg_array_oid(address);
	struct cells cells;

	cells_init(&cells);
	pg_array_cell(&cells, address, &ahead->keys[TABLE_AGENT_ADDRESSES][0]);
	ahead_add(ahead,
		ahead_statement(ahead, "ahead owners", TABLE_AGENTS,
			"where r.login in "
			"(select login from agent_addresses where address = any($1))",
			&type, 1),
		&cells, TABLE_AGENTS);
	cells_release(&cells);
}

/* Tickets that are known by an id, or were told. */
#define AHEAD_TICKETS "(select ticket from ids where hash = any($1) union select unnest($2))"

/* By ids ($1) and tickets' numbers ($2). */
static const struct ahead_join {
	const char *name;
	enum store_table table;
	const char *tail;
} ahead_joins[] = {
	{ "ahead ids", TABLE_IDS, "where r.hash = any($1) and $2 is not null" },
	{ "ahead tickets", TABLE_TICKETS, "where r.number in " AHEAD_TICKETS },
	{ "ahead entries", TABLE_ENTRIES,
		"join ids i on r.ticket = i.ticket and r.seq = i.seq and i.seq > 0"
		" where i.hash = any($1) and $2 is not null" },
	{ "ahead last", TABLE_ENTRIES,
		"join lateral (select m.seq from " AHEAD_TICKETS
		" x(n), lateral (select ticket, seq"
		" from messages where ticket = x.n order by seq desc limit 1) m"
		" where r.ticket = m.ticket and r.seq = m.seq) l on true" },
	{ "ahead queues", TABLE_QUEUES,
		"where r.name in (select queue from tickets where number in " AHEAD_TICKETS ")" },
	{ "ahead agents", TABLE_AGENTS,
		"where r.login in (select agent from tickets where number in " AHEAD_TICKETS ")" },
};

static void ahead_threads(struct pg_ahead *ahead)
{
	const uint32_t types[] = { pg_array_oid(&ahead_hash), pg_array_oid(&ahead_number) };
	struct cells cells;

	cells_init(&cells);
	pg_array_cell(&cells, &ahead_hash, &ahead->ids);
	pg_array_cell(&cells, &ahead_number, &ahead->tickets);
	for (size_t i = 0; i < G_N_ELEMENTS(ahead_joins); i++)
		ahead_add(ahead,
			ahead_statement(ahead, ahead_joins[i].name, ahead_joins[i].table,
				ahead_joins[i].tail, types, G_N_ELEMENTS(types)),
			&cells, ahead_joins[i].table);
	cells_release(&cells);
}

/* --- the ends of tables: what comes after is known not to be there --- */

static const struct ahead_tail {
	enum store_table table;
	struct bytes prefix;
} ahead_tails[] = {
	{ TABLE_LOG, { "", 0 } },
	{ TABLE_TICKETS, { "", 0 } },
	{ TABLE_ENTRIES, { "", 0 } },
	{ TABLE_META, { "gone", sizeof "gone" } },
};

static void ahead_end_of(struct pg_ahead *ahead, const struct ahead_tail *tail)
{
	struct pg_page page = { .table = tail->table, .inclusive = true, .reverse = true };
	struct cells cells;

	cells_init(&cells);
	shape_prefix_cells(store_shape(tail->table), tail->prefix, &cells, &page.open);
	page.prefix = cells.n;
	if (page.open) {
		cells_after(&cells, cells.n - 1);
		page.ends = true;
	}
	pg_cells_count(&cells, 1);
	ahead_add(ahead, pg_statement_page(ahead->store, &page), &cells, tail->table);
	cells_release(&cells);
}

static void ahead_know_from_last(struct pg_rows *rows, enum store_table table, struct bytes prefix)
{
	const struct pg_rows_place place = { .table = table, .prefix = prefix, .reverse = true };
	const struct pg_row *last = pg_rows_next(rows, &place);

	pg_rows_learn_range(rows, table, prefix, last ? last->key : prefix);
}

/* A text has an entry: there is none after the last one's. */
static void ahead_know_texts(struct pg_rows *rows, struct bytes prefix)
{
	const struct pg_rows_place place = {
		.table = TABLE_ENTRIES, .prefix = prefix, .reverse = true
	};
	const struct pg_row *last = pg_rows_next(rows, &place);
	size_t offset = 0;
	struct key low;

	if (!last) {
		pg_rows_learn_range(rows, TABLE_TEXTS, prefix, prefix);
		return;
	}
	key_init(&low);
	key_number(&low, key_read_number(last->key, &offset));
	key_number(&low, key_read_number(last->key, &offset) + 1);
	pg_rows_learn_range(rows, TABLE_TEXTS, prefix, key_bytes(&low));
}

static void ahead_know_thread(struct pg_rows *rows, uint64_t ticket)
{
	struct key key;

	key_init(&key);
	key_number(&key, ticket);
	if (!pg_rows_find(rows, TABLE_TICKETS, key_bytes(&key)))
		pg_rows_learn(rows, TABLE_TICKETS, key_bytes(&key), NULL);
	ahead_know_from_last(rows, TABLE_ENTRIES, key_bytes(&key));
	ahead_know_texts(rows, key_bytes(&key));
}

static void ahead_know_id(struct pg_rows *rows, struct bytes hash)
{
	struct pg_rows_place place = { .table = TABLE_IDS, .prefix = hash };
	const struct pg_row *row;

	pg_rows_learn_range(rows, TABLE_IDS, hash, hash);
	while ((row = pg_rows_next(rows, &place))) {
		size_t offset = hash.len;

		ahead_know_thread(rows, key_read_number(row->key, &offset));
		place.at = row->key;
	}
}

static void ahead_know_told(struct pg_rows *rows, const struct want_row *told)
{
	struct bytes key = key_bytes(&told->key);
	size_t offset = 0;

	if (told->kind == WANT_ID)
		ahead_know_id(rows, key);
	else
		ahead_know_thread(rows, key_read_number(key, &offset));
}

/* Rows that were asked for by their keys, and did not come. */
static void ahead_know_absent(struct pg_rows *rows, const struct wants *wants)
{
	for (guint i = 0; i < wants->rows->len; i++) {
		const struct want_row *want = &g_array_index(wants->rows, struct want_row, i);
		bool address = want->kind == WANT_ADDRESS;

		if (address || want->kind == WANT_ROW)
			pg_rows_learn(rows, address ? TABLE_AGENT_ADDRESSES : want->table,
				key_bytes(&want->key), NULL);
	}
	for (guint i = 0; i < wants->names->len; i++) {
		struct key key;

		ahead_name_key(&key, g_ptr_array_index(wants->names, i));
		pg_rows_learn(rows, TABLE_META, key_bytes(&key), NULL);
	}
}

/* --- all of it --- */

struct pg_ahead *pg_ahead_add(struct pg_store *store, const struct job *jobs, struct pg_rows *rows,
	struct pg_batch *batch)
{
	struct pg_ahead *ahead = g_new0(struct pg_ahead, 1);

	ahead->store = store;
	ahead->rows = rows;
	ahead->batch = batch;
	ahead->told = g_array_new(FALSE, FALSE, sizeof(struct want_row));
	for (int i = 0; i < TABLE_COUNT; i++)
		ahead->learn[i] = (struct pg_learn){ rows, (enum store_table)i };
	for (const struct job *j = jobs; j; j = j->next)
		if (j->wants)
			ahead_wants(ahead, j->wants);
	ahead_name(ahead, "event");
	for (size_t i = 0; i < G_N_ELEMENTS(ahead_tails); i++)
		ahead_end_of(ahead, &ahead_tails[i]);
	if (ahead->ids.n || ahead->tickets.n)
		ahead_threads(ahead);
	if (ahead->keys[TABLE_AGENT_ADDRESSES][0].n)
		ahead_owners(ahead);
	for (int i = 0; i < TABLE_COUNT; i++)
		if (ahead->keys[i][0].n)
			ahead_keys(ahead, (enum store_table)i);
	return ahead;
}

void pg_ahead_end(struct pg_ahead *ahead, const struct job *jobs, bool well)
{
	struct key event;

	ahead_name_key(&event, "event");
	if (well)
		pg_rows_learn(ahead->rows, TABLE_META, key_bytes(&event), NULL);
	for (size_t i = 0; well && i < G_N_ELEMENTS(ahead_tails); i++)
		ahead_know_from_last(ahead->rows, ahead_tails[i].table, ahead_tails[i].prefix);
	if (well)
		ahead_know_texts(ahead->rows, (struct bytes){ "", 0 });
	for (guint i = 0; well && i < ahead->told->len; i++)
		ahead_know_told(ahead->rows, &g_array_index(ahead->told, struct want_row, i));
	for (const struct job *j = jobs; well && j; j = j->next)
		if (j->wants)
			ahead_know_absent(ahead->rows, j->wants);
	for (int i = 0; i < TABLE_COUNT; i++)
		for (size_t part = 0; part < SHAPE_PARTS_MAX; part++)
			pg_array_release(&ahead->keys[i][part]);
	pg_array_release(&ahead->ids);
	pg_array_release(&ahead->tickets);
	g_array_unref(ahead->told);
	g_free(ahead);
}
