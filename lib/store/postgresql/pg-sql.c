/* See pg-sql.h. */
#include "store/postgresql/pg-sql.h"

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

struct pg_statement *pg_sql_delete(enum store_table table)
{
	const struct shape *shape = store_shape(table);
	struct sql_text sql;

	sql_begin(&sql, NULL);
	g_string_append_printf(sql.text, "delete from %s where ", shape->name);
	sql_key_is(&sql, shape, shape->n_keys);
	return sql_end(&sql, g_strdup_printf("delete %d", table));
}

struct pg_statement *pg_sql_put(enum store_table table, unsigned rows)
{
	const struct shape *shape = store_shape(table);
	struct sql_text sql;

	sql_begin(&sql, NULL);
	g_string_append_printf(sql.text, "insert into %s (", shape->name);
	sql_names(sql.text, shape, shape->n, "");
	g_string_append(sql.text, ") values ");
	for (unsigned i = 0; i < rows; i++) {
		g_string_append(sql.text, i ? ", (" : "(");
		sql_values(&sql, shape, shape->n);
		g_string_append_c(sql.text, ')');
	}
	g_string_append(sql.text, " on conflict (");
	sql_names(sql.text, shape, shape->n_keys, "");
	g_string_append(sql.text, ") do update set ");
	for (size_t i = shape->n_keys; i < shape->n; i++)
		g_string_append_printf(sql.text, "%s\"%s\" = excluded.\"%s\"",
			i > shape->n_keys ? ", " : "", shape->columns[i].name,
			shape->columns[i].name);
	return sql_end(&sql, g_strdup_printf("put %d %u", table, rows));
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
