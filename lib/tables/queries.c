/* Queries on disk. */
#include "tables/queries.h"

#include "base/tongue.h"

static void shared_query_key(struct key *key, const void *query)
{
	key_init(key);
	key_text(key, ((const struct shared_query *)query)->name);
}

/* For one that is damaged. */
static void shared_query_read_key(struct bytes key, void *record)
{
	struct shared_query *query = record;

	if (!query->name)
		query->name = g_strndup(key.data, key.len);
}

static char *shared_query_subject(const void *query)
{
	return g_strdup_printf(_("query '%s'"), ((const struct shared_query *)query)->name);
}

const struct table_type shared_query_table = {
	.name = "query",
	.table = TABLE_QUERIES,
	.record = &shared_query_type,
	.key = shared_query_key,
	.read_key = shared_query_read_key,
	.subject = shared_query_subject,
	.exported_alone = true,
};

enum status queries_save(struct txn *txn, const struct shared_query *query, struct error *err)
{
	enum status st = query_name_check(query->name, err);

	return st == ST_OK ? table_save(txn, &shared_query_table, query, err) : st;
}

enum status queries_remove(struct txn *txn, const char *name, struct error *err)
{
	const struct shared_query like = { .name = (char *)name };

	return table_remove(txn, &shared_query_table, &like, err);
}

static enum status queries_add(struct txn *txn, const void *query, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_ptr_array_add(arg, record_dup(&shared_query_type, query));
	return ST_OK;
}

/* All, by name; struct shared_query *, owned. */
static enum status queries_all(struct txn *txn, GPtrArray **queries_out, struct error *err)
{
	g_autoptr(GPtrArray) queries = g_ptr_array_new_with_free_func(record_free);
	const struct table_walk walk = {
		.type = &shared_query_table,
		.fn = queries_add,
		.arg = queries,
	};
	enum status st = table_each(txn, &walk, err);

	if (st == ST_OK)
		*queries_out = g_steal_pointer(&queries);
	return st;
}

enum status queries_load(struct txn *txn, struct saved_queries *saved_out, struct error *err)
{
	const struct saved_query end = { NULL, NULL };
	enum status st;

	queries_release(saved_out);
	st = queries_all(txn, &saved_out->shared, err);
	if (st != ST_OK)
		return st;
	saved_out->list = g_array_new(FALSE, FALSE, sizeof(struct saved_query));
	for (guint i = 0; i < saved_out->shared->len; i++) {
		const struct shared_query *shared = g_ptr_array_index(saved_out->shared, i);
		const struct saved_query one = { shared->name, shared->query };

		g_array_append_val(saved_out->list, one);
	}
	g_array_append_val(saved_out->list, end);
	return ST_OK;
}

void queries_release(struct saved_queries *saved)
{
	g_clear_pointer(&saved->shared, g_ptr_array_unref);
	g_clear_pointer(&saved->list, g_array_unref);
}
