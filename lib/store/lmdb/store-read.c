/* Reading, and the format that a store has. */
#include "store/lmdb/store-engine.h"

#include <string.h>

#include "base/tongue.h"

static const struct bytes format_key = { "format", 6 };

static int begin_read(struct lmdb *store, MDB_txn **mdb_out)
{
	for (int i = 0;; i++) {
		int rc, dead;
		bool cleared;

		pthread_rwlock_rdlock(&store->map_lock);
		rc = store->env ? mdb_txn_begin(store->env, NULL, MDB_RDONLY, mdb_out) : MDB_PANIC;
		if (rc == 0 && !engine_replaced(store))
			return 0;
		if (rc == 0) {
			mdb_txn_abort(*mdb_out);
			rc = ENGINE_REPLACED;
		}
		cleared = rc == MDB_READERS_FULL && mdb_reader_check(store->env, &dead) == 0 &&
			dead > 0;
		pthread_rwlock_unlock(&store->map_lock);
		if (i >= GROUP_TRIES || !(cleared || engine_recover(store, rc)))
			return rc;
	}
}

enum status lmdb_read(struct store *base, store_fn *fn, void *arg, struct error *err)
{
	struct lmdb *store = lmdb_of(base);
	struct lmdb_txn txn = { .txn = { .store = base, .reads = true }, .store = store };
	enum status st;
	int rc = begin_read(store, &txn.mdb);

	if (rc)
		return engine_error(err, store, _("read"), rc);
	st = txn_run(&txn.txn, "read", fn, arg, err);
	mdb_txn_abort(txn.mdb);
	pthread_rwlock_unlock(&store->map_lock);
	return st;
}

/* --- the format --- */

enum status engine_format(struct txn *txn, uint64_t *format_out)
{
	struct bytes value;
	enum status st = txn_get(txn, TABLE_META, format_key, &value);
	g_autofree char *text = st == ST_OK ? g_strndup(value.data, value.len) : NULL;

	*format_out = text ? g_ascii_strtoull(text, NULL, 10) : 0;
	return st;
}

enum status engine_put_format(struct txn *txn)
{
	g_autofree char *text = g_strdup_printf("%d", ENGINE_FORMAT);

	return txn_put(txn, TABLE_META, format_key, (struct bytes){ text, strlen(text) });
}
