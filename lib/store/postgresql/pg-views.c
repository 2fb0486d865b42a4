/* What people see of it: a view a table, with the columns that tell of no secret and hold no text
 * of a mail. Their names are those of JSON. A column once there keeps its place. */
#include "store/postgresql/pg-schema-parts.h"

#include <string.h>

static const struct view {
	enum store_table table;
	const char *comment;
} views[] = {
	{ TABLE_TICKETS,
		"Tickets. status closed and spam are done with; merged_into is 0, or the ticket that has it now." },
	{ TABLE_ENTRIES, "Messages of tickets, by seq; their texts are not here." },
	{ TABLE_QUEUES, "Queues; one without responsible is a department." },
	{ TABLE_AGENTS, "Agents, their addresses and the queues they belong to." },
	{ TABLE_OUTBOX,
		"Mail of ours that waits, has failed or was suppressed; what it says is not here." },
};

/* An event that a message tells is no row of its own. */
static const char events_view[] =
	"create or replace view milticket_report.events as"
	" select ticket, serial, time, actor, kind, \"from\", \"to\", text from milticket.events"
	" union all"
	" select ticket, told_serial, told_time, told_actor, event, told_from, told_to, told_text"
	" from milticket.messages where told_serial <> 0;\n"
	"comment on view milticket_report.events is"
	" 'What happened to tickets, by serial: who, what, and the values before and after.';\n";

static bool view_shows(const struct column *column)
{
	const struct field *field = column->field;

	if (!field)
		return column->part != PART_NONE;
	return !(field->flags & (FIELD_INNER | FIELD_HEX));
}

static bool has_column(const GPtrArray *columns, const char *name)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)columns, name, g_str_equal, NULL);
}

static void view_add_name(gpointer name, gpointer sql)
{
	g_string_append_printf(sql, "%s\"%s\"",
		g_str_has_suffix(((GString *)sql)->str, "select ") ? "" : ", ", (const char *)name);
}

static void comment_columns(GString *sql, const struct shape *shape)
{
	for (size_t i = 0; i < shape->n; i++) {
		const struct column *column = &shape->columns[i];
		g_auto(GStrv) parts = NULL;
		g_autofree char *text = NULL;

		if (!column->field || !column->field->help || !view_shows(column))
			continue;
		parts = g_strsplit(column->field->help, "'", -1);
		text = g_strjoinv("''", parts);
		g_string_append_printf(sql,
			"comment on column milticket_report.\"%s\".\"%s\" is '%s';\n", shape->name,
			column->name, text);
	}
}

static void add_view(GString *sql, const struct pg_there *there, const struct view *view)
{
	const struct shape *shape = store_shape(view->table);
	GPtrArray *before = g_hash_table_lookup(there->views, shape->name);

	g_string_append_printf(
		sql, "create or replace view milticket_report.\"%s\" as select ", shape->name);
	if (before)
		g_ptr_array_foreach(before, view_add_name, sql);
	for (size_t i = 0; i < shape->n; i++)
		if (view_shows(&shape->columns[i]) &&
			!(before && has_column(before, shape->columns[i].name)))
			view_add_name((gpointer)shape->columns[i].name, sql);
	g_string_append_printf(sql, " from milticket.\"%s\";\n", shape->name);
	g_string_append_printf(sql, "comment on view milticket_report.\"%s\" is '%s';\n",
		shape->name, view->comment);
	comment_columns(sql, shape);
}

/* Who may make roles makes it; else the database's own admin does, and grants what the manual says.
 * Another database's program may be as quick. */
static const char grants[] =
	"do $$ begin\n"
	" if not exists (select from pg_roles where rolname = 'milticket_report') and exists"
	" (select from pg_roles where rolname = current_user and (rolcreaterole or rolsuper)) then\n"
	"  begin create role milticket_report nologin;"
	" exception when duplicate_object or unique_violation then null; end;\n"
	" end if;\n"
	" if exists (select from pg_roles where rolname = 'milticket_report') then\n"
	"  grant usage on schema milticket_report to milticket_report;\n"
	"  grant select on all tables in schema milticket_report to milticket_report;\n"
	" end if;\n"
	"end $$;\n";

void pg_schema_add_views(GString *sql, const struct pg_there *there)
{
	for (size_t i = 0; i < G_N_ELEMENTS(views); i++)
		add_view(sql, there, &views[i]);
	g_string_append(sql, events_view);
	g_string_append(sql, grants);
}
