/* See pg-sql.h. */
#include "store/postgresql/pg-sql.h"

#include "store/postgresql/pg-array.h"

void pg_statement_free(void *data)
{
	struct pg_statement *statement = data;

	if (!statement)
		return;
	g_free(statement->name);
	g_free(statement->sql);
	g_free(statement->types);
	g_free(statement);
}

struct sql_text {
	GString *text;
	GArray *types;
};

static void sql_begin(struct sql_text *sql, const char *text)
{
	sql->text = g_string_new(text);
	sql->types = g_array_new(FALSE, FALSE, sizeof(uint32_t));
}

static struct pg_statement *sql_end(struct sql_text *sql, char *name)
{
	struct pg_statement *statement = g_new(struct pg_statement, 1);

	statement->name = name;
	statement->n = (int)sql->types->len;
	statement->sql = g_string_free(sql->text, FALSE);
	statement->types = (uint32_t *)(void *)g_array_free(sql->types, FALSE);
	return statement;
}

/* "$3", and its type. */
static void sql_value(struct sql_text *sql, uint32_t type)
{
	g_array_append_val(sql->types, type);
	g_string_append_printf(sql->text, "$%u", sql->types->len);
}

static void sql_values(struct sql_text *sql, const struct shape *shape, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			g_string_append(sql->text, ", ");
		sql_value(sql, column_oid(&shape->columns[i]));
	}
}

static void sql_names(GString *text, const struct shape *shape, size_t n, const char *of)
{
	for (size_t i = 0; i < n; i++) {
		g_string_append(text, i ? ", " : "");
		g_string_append(text, of);
		g_string_append_printf(text, "%s\"%s\"", *of ? "." : "", shape->columns[i].name);
	}
}

char *pg_sql_columns(const struct shape *shape, const char *of)
{
	GString *text = g_string_new(NULL);

	sql_names(text, shape, shape->n, of);
	return g_string_free(text, FALSE);
}

static void sql_select(struct sql_text *sql, const struct shape *shape)
{
	g_string_append(sql->text, "select ");
	sql_names(sql->text, shape, shape->n, "");
	g_string_append_printf(sql->text, " from %s", shape->name);
}

/* "a = $1 and b = $2" */
static void sql_key_is(struct sql_text *sql, const struct shape *shape, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_string_append_printf(
			sql->text, "%s\"%s\" = ", i ? " and " : "", shape->columns[i].name);
		sql_value(sql, column_oid(&shape->columns[i]));
	}
}

struct pg_statement *pg_sql_get(enum store_table table)
{
	const struct shape *shape = store_shape(table);
	struct sql_text sql;

	sql_begin(&sql, NULL);
	sql_select(&sql, shape);
	g_string_append(sql.text, " where ");
	sql_key_is(&sql, shape, shape->n_keys);
	return sql_end(&sql, g_strdup_printf("get %d", table));
}

/* --- writing --- */

char *pg_sql_write_name(const struct pg_write *write)
{
	const size_t n = store_shape(write->table)->n;
	GString *name = g_string_new(NULL);

	g_string_printf(name, "write %d %d ", write->table, write->how);
	for (size_t i = 0; i < n; i += 4) {
		unsigned digit = 0;

		for (size_t bit = 0; bit < 4 && i + bit < n; bit++)
			digit |= (unsigned)write->sets[i + bit] << bit;
		g_string_append_printf(name, "%x", digit);
	}
	return g_string_free(name, FALSE);
}

/* What stands between others of its kind for each column that is set, from `first` on: "u."c"" */
typedef void sql_column_fn(struct sql_text *sql, const struct column *column);

static void sql_each_set(struct sql_text *sql, const struct pg_write *write, size_t first,
	const char *between, sql_column_fn *fn)
{
	const struct shape *shape = store_shape(write->table);
	bool begun = false;

	for (size_t i = first; i < shape->n; i++) {
		if (!write->sets[i])
			continue;
		g_string_append(sql->text, begun ? between : "");
		fn(sql, &shape->columns[i]);
		begun = true;
	}
}

static void sql_column_name(struct sql_text *sql, const struct column *column)
{
	g_string_append_printf(sql->text, "\"%s\"", column->name);
}

static void sql_column_array(struct sql_text *sql, const struct column *column)
{
	sql_value(sql, pg_array_oid(column));
}

/* Of the rows "u". */
static void sql_column_given(struct sql_text *sql, const struct column *column)
{
	g_string_append_printf(sql->text, "u.\"%s\"", column->name);
	if (pg_array_is_cast(column))
		g_string_append_printf(sql->text, "::%s", column_sql_type(column));
}

static void sql_column_set(struct sql_text *sql, const struct column *column)
{
	g_string_append_printf(sql->text, "\"%s\" = ", column->name);
	sql_column_given(sql, column);
}

static void sql_column_replace(struct sql_text *sql, const struct column *column)
{
	g_string_append_printf(sql->text, "\"%s\" = excluded.\"%s\"", column->name, column->name);
}

/* "unnest($1, $2) u("a", "b")" */
static void sql_given(struct sql_text *sql, const struct pg_write *write)
{
	g_string_append(sql->text, "unnest(");
	sql_each_set(sql, write, 0, ", ", sql_column_array);
	g_string_append(sql->text, ") u(");
	sql_each_set(sql, write, 0, ", ", sql_column_name);
	g_string_append_c(sql->text, ')');
}

static void sql_where_given(struct sql_text *sql, const struct shape *shape)
{
	for (size_t i = 0; i < shape->n_keys; i++)
		g_string_append_printf(sql->text, "%st.\"%s\" = u.\"%s\"", i ? " and " : " where ",
			shape->columns[i].name, shape->columns[i].name);
}

static void sql_delete(struct sql_text *sql, const struct pg_write *write)
{
	const struct shape *shape = store_shape(write->table);

	g_string_append_printf(sql->text, "delete from %s t using ", shape->name);
	sql_given(sql, write);
	sql_where_given(sql, shape);
}

static void sql_update(struct sql_text *sql, const struct pg_write *write)
{
	const struct shape *shape = store_shape(write->table);

	g_string_append_printf(sql->text, "update %s t set ", shape->name);
	sql_each_set(sql, write, shape->n_keys, ", ", sql_column_set);
	g_string_append(sql->text, " from ");
	sql_given(sql, write);
	sql_where_given(sql, shape);
}

static void sql_insert(struct sql_text *sql, const struct pg_write *write)
{
	g_string_append_printf(sql->text, "insert into %s (", store_shape(write->table)->name);
	sql_each_set(sql, write, 0, ", ", sql_column_name);
	g_string_append(sql->text, ") select ");
	sql_each_set(sql, write, 0, ", ", sql_column_given);
	g_string_append(sql->text, " from ");
	sql_given(sql, write);
}

static void sql_put(struct sql_text *sql, const struct pg_write *write)
{
	const struct shape *shape = store_shape(write->table);

	sql_insert(sql, write);
	g_string_append(sql->text, " on conflict (");
	sql_names(sql->text, shape, shape->n_keys, "");
	g_string_append(sql->text, ") do update set ");
	sql_each_set(sql, write, shape->n_keys, ", ", sql_column_replace);
}

struct pg_statement *pg_sql_write(const struct pg_write *write)
{
	static void (*const make[HOW_COUNT])(struct sql_text *, const struct pg_write *) = {
		[HOW_DELETE] = sql_delete,
		[HOW_UPDATE] = sql_update,
		[HOW_INSERT] = sql_insert,
		[HOW_PUT] = sql_put,
	};
	struct sql_text sql;

	sql_begin(&sql, NULL);
	make[write->how](&sql, write);
	return sql_end(&sql, pg_sql_write_name(write));
}

/* --- pages --- */

char *pg_sql_page_name(const struct pg_page *page)
{
	return g_strdup_printf("page %d %zu %d %d %zu %d %d", page->table, page->prefix, page->open,
		page->ends, page->at, page->inclusive, page->reverse);
}

static const char *sql_and(bool *first)
{
	const char *word = *first ? " where " : " and ";

	*first = false;
	return word;
}

static void sql_page_prefix(
	struct sql_text *sql, const struct shape *shape, const struct pg_page *page, bool *first)
{
	size_t whole = page->prefix - (page->open ? 1 : 0);
	const struct column *last = &shape->columns[whole];

	if (whole) {
		g_string_append(sql->text, sql_and(first));
		sql_key_is(sql, shape, whole);
	}
	if (!page->open)
		return;
	g_string_append_printf(sql->text, "%s\"%s\" >= ", sql_and(first), last->name);
	sql_value(sql, column_oid(last));
	if (!page->ends)
		return;
	g_string_append_printf(sql->text, " and \"%s\" < ", last->name);
	sql_value(sql, column_oid(last));
}

/* A key that is only begun is before all that go on. */
static const char *sql_page_compare(const struct shape *shape, const struct pg_page *page)
{
	bool whole = page->at == shape->n_keys;

	if (page->reverse)
		return page->inclusive && whole ? "<=" : "<";
	return page->inclusive ? ">=" : ">";
}

static void sql_page_at(
	struct sql_text *sql, const struct shape *shape, const struct pg_page *page, bool *first)
{
	if (!page->at)
		return;
	g_string_append_printf(sql->text, "%s(", sql_and(first));
	sql_names(sql->text, shape, page->at, "");
	g_string_append_printf(sql->text, ") %s (", sql_page_compare(shape, page));
	sql_values(sql, shape, page->at);
	g_string_append_c(sql->text, ')');
}

static void sql_page_order(
	struct sql_text *sql, const struct shape *shape, const struct pg_page *page)
{
	g_string_append(sql->text, " order by ");
	for (size_t i = 0; i < shape->n_keys; i++) {
		g_string_append(sql->text, i ? ", " : "");
		g_string_append_printf(sql->text, "\"%s\"%s", shape->columns[i].name,
			page->reverse ? " desc" : "");
	}
	g_string_append(sql->text, " limit ");
	sql_value(sql, column_oid(&(const struct column){ .type = COLUMN_NUMBER }));
}

struct pg_statement *pg_sql_page(const struct pg_page *page)
{
	const struct shape *shape = store_shape(page->table);
	struct sql_text sql;
	bool first = true;

	sql_begin(&sql, NULL);
	sql_select(&sql, shape);
	sql_page_prefix(&sql, shape, page, &first);
	sql_page_at(&sql, shape, page, &first);
	sql_page_order(&sql, shape, page);
	return sql_end(&sql, pg_sql_page_name(page));
}
