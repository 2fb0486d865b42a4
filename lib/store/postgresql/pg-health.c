/* How the servers are. */
#include "store/postgresql/pg-store.h"

#include <stdlib.h>

#include "base/tongue.h"

enum { HEALTH_PRIMARY, HEALTH_QUORUM, HEALTH_STANDBYS, HEALTH_BYTES };

/* Of standbys, only who may read statistics is told more than that they are there. */
static const char health_sql[] =
	"select not pg_is_in_recovery(), current_setting('synchronous_standby_names') <> '',"
	" (select case when count(*) > count(sync_state) then -1"
	" else count(*) filter (where sync_state in ('sync', 'quorum')) end"
	" from pg_stat_replication), pg_database_size(current_database())";

enum status pg_health(struct store *base, struct store_health *health_out, struct error *err)
{
	struct pg_store *store = pg_of(base);
	PGresult *said = NULL;
	struct pg_link *link;
	enum status st = pg_pool_take(store->pool, pg_server_deadline(&store->server), &link, err);

	if (st != ST_OK)
		return st;
	st = pg_link_run(link, health_sql, &said);
	if (st == ST_OK) {
		health_out->primary = pq.getvalue(said, 0, HEALTH_PRIMARY)[0] == 't';
		health_out->quorum = pq.getvalue(said, 0, HEALTH_QUORUM)[0] == 't';
		health_out->standbys = strtoll(pq.getvalue(said, 0, HEALTH_STANDBYS), NULL, 10);
		health_out->bytes = g_ascii_strtoull(pq.getvalue(said, 0, HEALTH_BYTES), NULL, 10);
	} else {
		pg_link_error(link, _("read"), st, err);
	}
	pq.clear(said);
	pg_pool_give(store->pool, link);
	return st;
}
