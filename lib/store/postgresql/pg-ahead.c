/* What a group of writers is going to read, in the trip that begins its transaction: what they have
 * told, what hangs on that, and the last rows of tables that grow at their end. */
#include "store/postgresql/pg-store.h"

#include <string.h>

#include "store/wants.h"

enum {
	OID_BYTES = 17,
	OID_NUMBER = 20,
	OID_TEXT = 25,
	OID_BYTES_ARRAY = 1001,
	OID_TEXT_ARRAY = 1009,
	OID_NUMBER_ARRAY = 1016,
};

struct pg_ahead {
	struct pg_store *store;
	struct pg_rows *rows;
	struct pg_batch *batch;
	struct pg_learn learn[TABLE_COUNT]; /* what the statements' rows go to */
	GByteArray *keys[TABLE_COUNT];      /* elements of an array; NULL: none */
	uint32_t n_keys[TABLE_COUNT];
	GByteArray *ids, *tickets; /* the same: hashes, numbers */
	uint32_t n_ids, n_tickets;
	GArray *told; /* struct want_row: hashes of ids, and tickets */
};

/* --- arrays --- */

static void ahead_word(GByteArray *out, uint32_t word)
{
	word = GUINT32_TO_BE(word);
	g_byte_array_append(out, (const guint8 *)&word, sizeof word);
}

static void ahead_element(GByteArray *out, const char *data, int len)
{
	ahead_word(out, (uint32_t)len);
	g_byte_array_append(out, (const guint8 *)data, (guint)len);
}

static void ahead_array_cell(
	struct cells *cells, uint32_t of, const GByteArray *elements, uint32_t n)
{
	cells->at[cells->n] = cells->bytes->len;
	ahead_word(cells->bytes, n ? 1 : 0);
	ahead_word(cells->bytes, 0);
	ahead_word(cells->bytes, of);
	if (n) {
		ahead_word(cells->bytes, n);
		ahead_word(cells->bytes, 1);
		g_byte_array_append(cells->bytes, elements->data, elements->len);
	}
	cells->len[cells->n] = (int)(cells->bytes->len - cells->at[cells->n]);
	cells->n++;
}

/* The array type of a column's. */
static uint32_t ahead_array_oid(uint32_t oid)
{
	if (oid == OID_NUMBER)
		return OID_NUMBER_ARRAY;
	return oid == OID_TEXT ? OID_TEXT_ARRAY : OID_BYTES_ARRAY;
}

/* --- what is told --- */

static void ahead_get(struct pg_ahead *ahead, enum store_table table, struct cells *key)
{
	pg_batch_add(ahead->batch, pg_statement_get(ahead->store, table), key, 1, pg_learn_rows,
		&ahead->learn[table]);
}

static void ahead_row(struct pg_ahead *ahead, enum store_table table, struct bytes key)
{
	const struct shape *shape = store_shape(table);
	struct cells cells;

	cells_init(&cells);
	if (!shape_key_cells(shape, key, &cells)) {
		cells_release(&cells);
		return;
	}
	if (shape->n_keys > 1) {
		ahead_get(ahead, table, &cells);
	} else {
		if (!ahead->keys[table])
			ahead->keys[table] = g_byte_array_new();
		ahead_element(ahead->keys[table], cells_data(&cells, 0), cells.len[0]);
		ahead->n_keys[table]++;
	}
	cells_release(&cells);
}

static void ahead_ticket(struct pg_ahead *ahead, struct bytes key)
{
	struct cells cells;

	cells_init(&cells);
	if (shape_key_cells(store_shape(TABLE_TICKETS), key, &cells)) {
		ahead_element(ahead->tickets, cells_data(&cells, 0), cells.len[0]);
		ahead->n_tickets++;
	}
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
		ahead_element(ahead->ids, key.data, (int)key.len);
		ahead->n_ids++;
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
	pg_batch_add(ahead->batch, statement, cells, 1, pg_learn_rows, &ahead->learn[table]);
}

static void ahead_keys(struct pg_ahead *ahead, enum store_table table)
{
	const struct column *key = &store_shape(table)->columns[0];
	const uint32_t type = ahead_array_oid(column_oid(key));
	g_autofree char *name = g_strdup_printf("any %d", table),
			*tail = g_strdup_printf("where r.\"%s\" = any($1)", key->name);
	struct cells cells;

	cells_init(&cells);
	ahead_array_cell(&cells, column_oid(key), ahead->keys[table], ahead->n_keys[table]);
	ahead_add(ahead, ahead_statement(ahead, name, table, tail, &type, 1), &cells, table);
	cells_release(&cells);
}

static void ahead_owners(struct pg_ahead *ahead)
{
	static const uint32_t type = OID_TEXT_ARRAY;
	struct cells cells;

	cells_init(&cells);
	ahead_array_cell(&cells, OID_TEXT, ahead->keys[TABLE_AGENT_ADDRESSES],
		ahead->n_keys[TABLE_AGENT_ADDRESSES]);
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
	static const uint32_t types[] = { OID_BYTES_ARRAY, OID_NUMBER_ARRAY };
	struct cells cells;

	cells_init(&cells);
	ahead_array_cell(&cells, OID_BYTES, ahead->ids, ahead->n_ids);
	ahead_array_cell(&cells, OID_NUMBER, ahead->tickets, ahead->n_tickets);
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

static void ahead_know_thread(struct pg_rows *rows, uint64_t ticket)
{
	struct key key;

	key_init(&key);
	key_number(&key, ticket);
	if (!pg_rows_find(rows, TABLE_TICKETS, key_bytes(&key)))
		pg_rows_learn(rows, TABLE_TICKETS, key_bytes(&key), NULL);
	ahead_know_from_last(rows, TABLE_ENTRIES, key_bytes(&key));
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
	ahead->ids = g_byte_array_new();
	ahead->tickets = g_byte_array_new();
	ahead->told = g_array_new(FALSE, FALSE, sizeof(struct want_row));
	for (int i = 0; i < TABLE_COUNT; i++)
		ahead->learn[i] = (struct pg_learn){ rows, (enum store_table)i };
	for (const struct job *j = jobs; j; j = j->next)
		if (j->wants)
			ahead_wants(ahead, j->wants);
	ahead_name(ahead, "event");
	for (size_t i = 0; i < G_N_ELEMENTS(ahead_tails); i++)
		ahead_end_of(ahead, &ahead_tails[i]);
	if (ahead->n_ids || ahead->n_tickets)
		ahead_threads(ahead);
	if (ahead->keys[TABLE_AGENT_ADDRESSES])
		ahead_owners(ahead);
	for (int i = 0; i < TABLE_COUNT; i++)
		if (ahead->keys[i])
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
	for (guint i = 0; well && i < ahead->told->len; i++)
		ahead_know_told(ahead->rows, &g_array_index(ahead->told, struct want_row, i));
	for (const struct job *j = jobs; well && j; j = j->next)
		if (j->wants)
			ahead_know_absent(ahead->rows, j->wants);
	for (int i = 0; i < TABLE_COUNT; i++)
		if (ahead->keys[i])
			g_byte_array_unref(ahead->keys[i]);
	g_byte_array_unref(ahead->ids);
	g_byte_array_unref(ahead->tickets);
	g_array_unref(ahead->told);
	g_free(ahead);
}
