/* A store of the format before, brought to this one in one transaction: until it is committed, and
 * whatever ends the process, the store is what it was. */
#include "store/lmdb/store-engine.h"

#include "base/failpoint.h"
#include "base/tongue.h"
#include "store/store-lock.h"

enum { LOCK_TRIES = 60, LOCK_TRIES_PER_SECOND = 20 };

static enum status migrate_in(struct txn *txn, void *migrate, struct error *err)
{
	uint64_t format = 0;
	enum status st = engine_format(txn, &format);

	/* Another process may have been first. */
	if (st != ST_OK || format == ENGINE_FORMAT)
		return st;
	failpoint("migration-begun");
	st = (*(store_fn **)migrate)(txn, NULL, err);
	failpoint("migration-written");
	return st == ST_OK ? engine_put_format(txn) : st;
}

static enum status is_current(struct txn *txn, void *arg, struct error *err)
{
	uint64_t format;
	enum status st = engine_format(txn, &format);

	(void)err;
	*(bool *)arg = st == ST_OK && format == ENGINE_FORMAT;
	return st;
}

/* A daemon of before would go on to read and write what it knows, and keeps its lock. A command
 * that does our work keeps it for a while. */
static enum status lock_for_migration(struct lmdb *store, int *lock_out, struct error *err)
{
	enum status st = store_lock(store->path, lock_out, NULL);
	bool done = false;

	for (int i = 0; i < LOCK_TRIES && st == ST_BUSY && !done; i++) {
		g_usleep(G_USEC_PER_SEC / LOCK_TRIES_PER_SECOND);
		st = store_read(&store->store, is_current, &done, err);
		if (st == ST_OK && !done)
			st = store_lock(store->path, lock_out, NULL);
	}
	if (st == ST_BUSY)
		return error_set(err, st,
			_("store '%s' is of format %d, and milticketd runs on it: restart it, which brings the store to format %d"),
			store->path, ENGINE_FORMAT - 1, ENGINE_FORMAT);
	if (st == ST_OK)
		return st;
	return error_set(err, st, _("cannot bring store '%s' from format %d to %d: %s"),
		store->path, ENGINE_FORMAT - 1, ENGINE_FORMAT, _("its directory cannot be locked"));
}

enum status engine_migrate(
	struct lmdb *store, const struct store_options *options, struct error *err)
{
	store_fn *migrate = options->migrate;
	int lock = -1;
	enum status st;

	if (!migrate)
		return error_set(err, ST_REFUSED,
			_("cannot open store '%s': format %d is of an older milticket, this one knows %d"),
			options->path, ENGINE_FORMAT - 1, ENGINE_FORMAT);
	st = options->locked ? ST_OK : lock_for_migration(store, &lock, err);
	if (st == ST_OK)
		st = store_write(&store->store, migrate_in, &migrate, err);
	failpoint("migrated");
	store_unlock(lock);
	return st;
}
