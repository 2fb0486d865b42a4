/* The engine's codes, as statuses and in words. */
#include "store/lmdb/store-engine.h"

#include <errno.h>
#include <string.h>

#include "base/tongue.h"

enum status engine_status(int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return ST_OK;
	case MDB_NOTFOUND:
		return ST_NOT_FOUND;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ST_FULL;
	case MDB_READERS_FULL:
	case EAGAIN:
	case EBUSY:
		return ST_BUSY;
	case EACCES:
	case EPERM:
	case EROFS:
	case MDB_VERSION_MISMATCH:
		return ST_REFUSED;
	case MDB_BAD_VALSIZE:
		return ST_BAD_INPUT;
	default:
		return ST_IO;
	}
}

/* What LMDB answers where a page is not what it should be. */
static bool is_damage(int rc)
{
	return rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_CURSOR_FULL ||
		rc == MDB_PAGE_FULL;
}

static enum status open_say(
	struct error *err, enum status st, const struct lmdb *store, const char *what, int rc)
{
	return error_set(err, st, _("cannot %s store '%s': %s%s"), what, store->path,
		mdb_strerror(rc), is_damage(rc) ? _("; it is damaged: restore a backup") : "");
}

enum status engine_error(struct error *err, const struct lmdb *store, const char *what, int rc)
{
	return open_say(err, engine_status(rc), store, what, rc);
}

enum status lmdb_say(struct txn *txn, const char *what, enum status st, struct error *err)
{
	return open_say(err, st, lmdb_txn_of(txn)->store, what, lmdb_txn_of(txn)->rc);
}
