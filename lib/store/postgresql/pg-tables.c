/* The tables as statements. */
#include "store/postgresql/pg-schema-parts.h"

#include <string.h>

#include "model/ticket.h"

void pg_there_init(struct pg_there *there)
{
	there->columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	there->constraints = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	there->views = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
}

void pg_there_release(struct pg_there *there)
{
	g_hash_table_unref(there->columns);
	g_hash_table_unref(there->constraints);
	g_hash_table_unref(there->views);
}

static const char *type_there(
	const struct pg_there *there, const struct shape *shape, const struct column *column)
{
	g_autofree char *name = g_strconcat(shape->name, ".", column->name, NULL);

	return g_hash_table_lookup(there->columns, name);
}

char *pg_schema_odd_column(const struct pg_there *there)
{
	for (enum store_table table = 0; table < TABLE_COUNT; table++) {
		const struct shape *shape = store_shape(table);

		for (size_t i = 0; i < shape->n; i++) {
			const struct column *column = &shape->columns[i];
			const char *type = type_there(there, shape, column);

			if (type && strcmp(type, column_sql_type(column)) != 0)
				return g_strconcat(shape->name, ".", column->name, NULL);
		}
	}
	return NULL;
}

/* --- columns --- */

/* Bytes of texts are compared, as keys are; no language's order is in an index. */
static void add_column(GString *sql, const struct column *column)
{
	g_string_append_printf(sql, "\"%s\" %s", column->name, column_sql_type(column));
	if (column->type == COLUMN_TEXT || column->type == COLUMN_LIST)
		g_string_append(sql, " collate \"C\"");
	if (!column->always)
		return;
	g_string_append(sql, " not null");
	if (column->field && column->field->type == FIELD_ENUM)
		g_string_append_printf(sql, " default '%s'", column->field->names[0]);
	else if (!column->part)
		g_string_append_printf(sql, " default %s", column_sql_default(column));
}

static void add_table(GString *sql, const struct shape *shape)
{
	g_string_append_printf(sql, "create table milticket.\"%s\" (", shape->name);
	for (size_t i = 0; i < shape->n; i++) {
		add_column(sql, &shape->columns[i]);
		g_string_append(sql, ", ");
	}
	g_string_append(sql, "primary key (");
	for (size_t i = 0; i < shape->n_keys; i++)
		g_string_append_printf(sql, "%s\"%s\"", i ? ", " : "", shape->columns[i].name);
	g_string_append(sql, "));\n");
}

static void add_missing_columns(
	GString *sql, const struct pg_there *there, const struct shape *shape)
{
	for (size_t i = shape->n_keys; i < shape->n; i++) {
		if (type_there(there, shape, &shape->columns[i]))
			continue;
		g_string_append_printf(
			sql, "alter table milticket.\"%s\" add column ", shape->name);
		add_column(sql, &shape->columns[i]);
		g_string_append(sql, ";\n");
	}
}

/* --- constraints --- */

static void add_constraint(
	GString *sql, const struct shape *shape, const char *name, const char *definition)
{
	g_string_append_printf(sql, "alter table milticket.\"%s\" add constraint \"%s\" %s;\n",
		shape->name, name, definition);
}

/* The names that a constraint has already, as they stand in its definition: 'new'. */
static void add_names_there(GString *list, const char *definition)
{
	g_autoptr(GRegex) name = g_regex_new("'([^']*)'", 0, 0, NULL);
	g_autoptr(GMatchInfo) found = NULL;

	g_regex_match(name, definition, 0, &found);
	for (; g_match_info_matches(found); g_match_info_next(found, NULL)) {
		g_autofree char *quoted = g_match_info_fetch(found, 0);

		if (!strstr(list->str, quoted))
			g_string_append_printf(list, ", %s", quoted);
	}
}

static bool names_are_there(const char *const *names, const char *definition)
{
	for (; definition && *names; names++) {
		g_autofree char *quoted = g_strdup_printf("'%s'", *names);

		if (!strstr(definition, quoted))
			return false;
	}
	return definition != NULL;
}

/* Names that a newer program added stay allowed. */
static void add_allowed_names(GString *sql, const struct pg_there *there, const struct shape *shape,
	const struct column *column)
{
	g_autofree char *name = g_strconcat(shape->name, "_", column->name, "_names", NULL);
	g_autofree char *own = g_strjoinv("', '", (char **)column->field->names);
	g_autoptr(GString) list = g_string_new(NULL);
	const char *definition = g_hash_table_lookup(there->constraints, name);
	g_autofree char *check = NULL;

	if (names_are_there(column->field->names, definition))
		return;
	g_string_append_printf(list, "'%s'", own);
	if (definition) {
		add_names_there(list, definition);
		g_string_append_printf(sql,
			"alter table milticket.\"%s\" drop constraint \"%s\";\n", shape->name,
			name);
	}
	check = g_strdup_printf("check (\"%s\" in (%s)) not valid", column->name, list->str);
	add_constraint(sql, shape, name, check);
}

/* Of a row that is whole. */
static void add_presence(GString *sql, const struct pg_there *there, const struct shape *shape,
	const struct column *column)
{
	g_autofree char *name = g_strconcat(shape->name, "_", column->name, "_there", NULL);
	g_autofree char *check = g_strdup_printf(
		"check (\"%s\" is not null or raw is not null) not valid", column->name);

	if (!g_hash_table_contains(there->constraints, name))
		add_constraint(sql, shape, name, check);
}

static void add_checks(GString *sql, const struct pg_there *there, const struct shape *shape)
{
	for (size_t i = 0; i < shape->n; i++) {
		const struct column *column = &shape->columns[i];
		const struct field *field = column->field;

		if (field && field->type == FIELD_ENUM)
			add_allowed_names(sql, there, shape, column);
		else if (field && field->flags & FIELD_ALWAYS && !column->always)
			add_presence(sql, there, shape, column);
	}
}

/* Seen to when a transaction ends: within it, rows come and go in any order. */
static const struct pg_reference {
	enum store_table table;
	const char *name, *definition;
} pg_references[] = {
	{ TABLE_ENTRIES, "messages_of_ticket", "(ticket) references milticket.tickets" },
	{ TABLE_TEXTS, "texts_of_message", "(ticket, seq) references milticket.messages" },
	{ TABLE_OUTBOX_MAIL, "outbox_mail_of_outbox", "(id) references milticket.outbox" },
	{ TABLE_AGENT_ADDRESSES, "agent_addresses_of_agent",
		"(login) references milticket.agents" },
};

static void add_references(GString *sql, const struct pg_there *there)
{
	for (size_t i = 0; i < G_N_ELEMENTS(pg_references); i++) {
		const struct pg_reference *row = &pg_references[i];
		g_autofree char *definition = g_strdup_printf(
			"foreign key %s deferrable initially deferred", row->definition);

		if (!g_hash_table_contains(there->constraints, row->name))
			add_constraint(sql, store_shape(row->table), row->name, definition);
	}
}

/* --- indexes --- */

/* Of a field that lists of tickets are asked for by. Each change of a ticket is a new entry in each
 * index that has it: those that have nothing there are left out, and pg-query.c says so when it
 * asks. */
static const struct pg_index {
	enum field_type type;
	const char *before, *after, *where; /* each with the field's name */
} pg_indexes[] = {
	{ FIELD_TEXT, "(", ", updated, number)", "is not null" },
	{ FIELD_LIST, "using gin (", ")", "<> '{}'" },
	{ FIELD_BOOL, "(", ", updated, number)", "" },
};

static void add_field_index(GString *sql, const struct field *field)
{
	const char *name = field->name;

	for (size_t i = 0; i < G_N_ELEMENTS(pg_indexes); i++) {
		const struct pg_index *index = &pg_indexes[i];

		if (index->type != field->type)
			continue;
		g_string_append_printf(sql,
			"create index if not exists tickets_with_%s on milticket.tickets"
			" %s\"%s\"%s where \"%s\" %s;\n",
			name, index->before, name, index->after, name, index->where);
		/* Versions before had one of all tickets. */
		g_string_append_printf(
			sql, "drop index if exists milticket.tickets_by_%s;\n", name);
	}
}

static const char more_indexes[] =
	"create index if not exists tickets_by_activity on milticket.tickets (updated, number);\n"
	"create index if not exists tickets_active on milticket.tickets (updated, number)"
	" where status not in ('closed', 'spam') and merged_into = 0;\n"
	"create index if not exists events_by_serial on milticket.events (serial);\n";

static void add_indexes(GString *sql)
{
	for (size_t i = 0; i < ticket_type.count; i++)
		if (ticket_type.fields[i].index)
			add_field_index(sql, &ticket_type.fields[i]);
	g_string_append(sql, more_indexes);
}

/* What no row of the store is. */
static const char more_tables[] =
	/* Who writes, and how many groups of each are committed: see pg-group.c. */
	"create table if not exists milticket.writers (id bytea primary key,"
	" groups bigint not null, at timestamptz not null);\n"
	/* Has no rows: its lock is whose turn it is to write. */
	"create table if not exists milticket.turns ();\n"
	"create index if not exists writers_by_at on milticket.writers (at);\n"
	"create table if not exists milticket.archive (name text collate \"C\" primary key,"
	" size bigint not null, stored timestamptz not null default now());\n"
	"create table if not exists milticket.archive_chunks (name text collate \"C\" references"
	" milticket.archive on update cascade on delete cascade, seq integer, data bytea not null,"
	" primary key (name, seq));\n"
	/* A mail's bytes are not compressed twice, nor decompressed for a piece of them. */
	"alter table milticket.archive_chunks alter column data set storage external;\n"
	/* A tenth of the time that pglz takes; a server may be built without. */
	"do $$ begin\n"
	" execute 'alter table milticket.texts alter column text set compression lz4';\n"
	" execute 'alter table milticket.outbox_mail alter column mail set compression lz4';\n"
	" exception when feature_not_supported or syntax_error then null;\n"
	"end $$;\n";

void pg_schema_add_tables(GString *sql, const struct pg_there *there)
{
	for (enum store_table table = 0; table < TABLE_COUNT; table++) {
		const struct shape *shape = store_shape(table);

		if (type_there(there, shape, &shape->columns[0]))
			add_missing_columns(sql, there, shape);
		else
			add_table(sql, shape);
		add_checks(sql, there, shape);
	}
	add_references(sql, there);
	add_indexes(sql);
	g_string_append(sql, more_tables);
}
