/* Reading: one moment of the store, whatever is written meanwhile. */
#include "store/postgresql/pg-store.h"

#include "base/tongue.h"

static void read_end(struct pg_txn *txn)
{
	if (txn->begun && !txn->link->broken)
		pg_link_run(txn->link, "commit", NULL);
	g_queue_free_full(txn->given, (GDestroyNotify)pg_rows_free);
}

static enum status read_once(
	struct pg_store *store, struct pg_link *link, store_fn *fn, void *arg, struct error *err)
{
	struct pg_txn txn = {
		.txn = { .store = &store->store, .reads = true },
		.store = store,
		.link = link,
		.given = g_queue_new(),
	};
	enum status st = txn_run(&txn.txn, "read", fn, arg, err);

	read_end(&txn);
	return st;
}

/* A connection that broke says nothing of the next one. */
enum status pg_read(struct store *base, store_fn *fn, void *arg, struct error *err)
{
	struct pg_store *store = pg_of(base);
	int64_t deadline = pg_server_deadline(&store->server);
	enum status st;
	bool again;

	do {
		struct pg_link *link;

		st = pg_pool_take(store->pool, deadline, &link, err);
		if (st != ST_OK)
			return st;
		st = read_once(store, link, fn, arg, err);
		again = link->broken && st == ST_BUSY && g_get_monotonic_time() < deadline;
		pg_pool_give(store->pool, link);
	} while (again);
	return st;
}
