/* What the program itself does for the upkeep of a database. Backups are its administrator's. */
#include "store/postgresql/pg-store.h"

#include "base/tongue.h"

enum { REWRITE_S = 6 * 60 * 60 };

/* Rows that were deleted or changed stay in a table's file until their place is used again. (What
 * is in the write-ahead log, on standbys and in backups goes when these do.) */
static enum status upkeep_rewrite(struct pg_link *link)
{
	enum status st = pg_link_run(link, "set statement_timeout = 0; set lock_timeout = 0", NULL);

	link->deadline = g_get_monotonic_time() + REWRITE_S * G_TIME_SPAN_SECOND;
	for (int i = 0; i < TABLE_COUNT && st == ST_OK; i++) {
		g_autofree char *sql = g_strdup_printf(
			"vacuum full milticket.%s", store_shape((enum store_table)i)->name);

		st = pg_link_run(link, sql, NULL);
	}
	if (st == ST_OK)
		st = pg_link_run(link, "vacuum full milticket.archive_chunks", NULL);
	/* Its limits are others now. */
	link->broken = true;
	return st;
}

enum status pg_rewrite(struct store *base, struct error *err)
{
	struct pg_store *store = pg_of(base);
	struct pg_link *link;
	enum status st = pg_pool_take(store->pool, pg_server_deadline(&store->server), &link, err);

	if (st != ST_OK)
		return st;
	st = upkeep_rewrite(link);
	if (st != ST_OK)
		pg_link_error(link, _("write anew the"), st, err);
	pg_pool_give(store->pool, link);
	return st;
}
