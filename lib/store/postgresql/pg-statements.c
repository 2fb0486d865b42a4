/* The statements of a store: made once, for all of its connections. */
#include "store/postgresql/pg-store.h"

const struct pg_statement *pg_statement_find(struct pg_store *store, const char *name)
{
	const struct pg_statement *found;

	pthread_mutex_lock(&store->lock);
	found = g_hash_table_lookup(store->statements, name);
	pthread_mutex_unlock(&store->lock);
	return found;
}

/* Another thread may have been first. */
static const struct pg_statement *statement_keep(
	struct pg_store *store, struct pg_statement *statement)
{
	struct pg_statement *there;

	pthread_mutex_lock(&store->lock);
	there = g_hash_table_lookup(store->statements, statement->name);
	if (!there)
		g_hash_table_insert(store->statements, statement->name, statement);
	pthread_mutex_unlock(&store->lock);
	if (there)
		pg_statement_free(statement);
	return there ? there : statement;
}

const struct pg_statement *pg_statement_get(struct pg_store *store, enum store_table table)
{
	g_autofree char *name = g_strdup_printf("get %d", table);
	const struct pg_statement *found = pg_statement_find(store, name);

	return found ? found : statement_keep(store, pg_sql_get(table));
}

const struct pg_statement *pg_statement_write(struct pg_store *store, const struct pg_write *write)
{
	g_autofree char *name = pg_sql_write_name(write);
	const struct pg_statement *found = pg_statement_find(store, name);

	return found ? found : statement_keep(store, pg_sql_write(write));
}

const struct pg_statement *pg_statement_page(struct pg_store *store, const struct pg_page *page)
{
	g_autofree char *name = pg_sql_page_name(page);
	const struct pg_statement *found = pg_statement_find(store, name);

	return found ? found : statement_keep(store, pg_sql_page(page));
}

const struct pg_statement *pg_statement_add(
	struct pg_store *store, const char *name, char *sql, const uint32_t *types, int n)
{
	struct pg_statement *statement = g_new(struct pg_statement, 1);

	*statement = (struct pg_statement){
		.name = g_strdup(name),
		.sql = sql,
		.types = g_memdup2(types, (gsize)n * sizeof *types),
		.n = n,
	};
	return statement_keep(store, statement);
}
