/* Damage that shows without reading the tables: a data file that ends before its last page, a tree that begins in a page of another number, a
 * list of free pages that cannot be right. */
#include "store-engine.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHORTER "its file is shorter than it was"

/* The first two pages of a data file of LMDB 0.9, of which that with the later transaction counts. LMDB tells everything but the roots. */
struct tree {
	guint32 padding;
	guint16 flags, depth;
	size_t counts[4], root;
};

struct meta {
	size_t number;
	guint64 flags;
	guint32 magic, version;
	size_t address, map_size;
	struct tree unused, tables;
	size_t last, txn;
};

/* How many pages from the first one on, up to the last, are free by the record of one writer. */
static size_t free_among(const MDB_val *record, size_t first, size_t last)
{
	const size_t *pages = record->mv_data;
	size_t n = 0, count = record->mv_size >= sizeof *pages ? MIN(pages[0], record->mv_size / sizeof *pages - 1) : 0;

	for (size_t i = 1; i <= count; i++)
		n += pages[i] >= first && pages[i] <= last;
	return n;
}

/* LMDB's list of free pages is its first table. */
static int count_free(MDB_txn *txn, size_t first, size_t last, size_t *count_out)
{
	MDB_cursor *cursor;
	MDB_val key, record;
	int rc = mdb_cursor_open(txn, 0, &cursor);

	*count_out = 0;
	if (rc)
		return rc;
	while ((rc = mdb_cursor_get(cursor, &key, &record, MDB_NEXT)) == 0)
		*count_out += free_among(&record, first, last);
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Is the root of one of the two trees missing from a file of that many pages? Then LMDB would read past its end, which no call survives. */
static bool root_is_missing(int fd, size_t page_size, size_t txn, size_t end)
{
	for (int i = 0; i < 2; i++) {
		struct meta meta;

		if (pread(fd, &meta, sizeof meta, (off_t)(page_size * (size_t)i)) != sizeof meta || meta.txn != txn)
			continue;
		/* The root of an empty tree is no page. */
		return (meta.unused.root >= end && meta.unused.root != SIZE_MAX) ||
			(meta.tables.root >= end && meta.tables.root != SIZE_MAX);
	}
	return false;
}

enum status engine_damaged(const struct store *store, const char *how, struct error *err)
{
	return error_set(err, ST_IO, "store '%s' is damaged: %s; restore a backup", store->path, how);
}

/* A page that was taken and given back within one transaction is never written: only pages in use have to be in the file. */
static enum status check_end(const struct store *store, MDB_txn *txn, struct error *err)
{
	int fd;
	struct stat file;
	MDB_envinfo info;
	MDB_stat pages;
	size_t end, unused;

	if (mdb_env_info(store->env, &info) || mdb_env_stat(store->env, &pages) || mdb_env_get_fd(store->env, &fd) || fstat(fd, &file) != 0)
		return ST_OK;
	end = (size_t)file.st_size / pages.ms_psize;
	/* Somebody wrote meanwhile, and so had it open: it was whole enough for that. */
	if (end > info.me_last_pgno || info.me_last_txnid != mdb_txn_id(txn))
		return ST_OK;
	if (root_is_missing(fd, pages.ms_psize, info.me_last_txnid, end))
		return engine_damaged(store, SHORTER, err);
	if (count_free(txn, end, info.me_last_pgno, &unused))
		return engine_damaged(store, "its list of free pages cannot be read", err);
	return unused == info.me_last_pgno - end + 1 ? ST_OK : engine_damaged(store, SHORTER, err);
}

/* --- where trees begin --- */

struct places {
	int fd;
	size_t page_size;
};

/* Each page begins with its number. The root of an empty tree is no page. */
static bool is_root(const struct places *places, size_t root)
{
	size_t number;

	return root == SIZE_MAX || (pread(places->fd, &number, sizeof number, (off_t)(root * places->page_size)) == sizeof number && number == root);
}

/* Of the list of free pages and of the table of tables. Where a writer has come by since, its head is not to be found any more. */
static bool has_roots(const struct places *places, size_t txn)
{
	for (int i = 0; i < 2; i++) {
		struct meta meta;

		if (pread(places->fd, &meta, sizeof meta, (off_t)(places->page_size * (size_t)i)) == sizeof meta && meta.txn == txn)
			return is_root(places, meta.unused.root) && is_root(places, meta.tables.root);
	}
	return true;
}

static bool tables_have_roots(const struct places *places, MDB_txn *txn)
{
	MDB_cursor *cursor;
	MDB_val name, record;
	MDB_dbi tables;
	bool sound = true;

	if (mdb_dbi_open(txn, NULL, 0, &tables) != 0 || mdb_cursor_open(txn, tables, &cursor) != 0)
		return false;
	while (sound && mdb_cursor_get(cursor, &name, &record, MDB_NEXT) == 0) {
		struct tree tree;

		sound = record.mv_size == sizeof tree;
		if (sound)
			memcpy(&tree, record.mv_data, sizeof tree);
		sound = sound && is_root(places, tree.root);
	}
	mdb_cursor_close(cursor);
	return sound;
}

static enum status check_roots(const struct store *store, MDB_txn *txn, struct error *err)
{
	struct places places;
	MDB_stat pages;

	if (mdb_env_stat(store->env, &pages) != 0 || mdb_env_get_fd(store->env, &places.fd) != 0)
		return ST_OK;
	places.page_size = pages.ms_psize;
	if (has_roots(&places, mdb_txn_id(txn)) && tables_have_roots(&places, txn))
		return ST_OK;
	return engine_damaged(store, "a table does not begin where it should", err);
}

enum status engine_check_places(const struct store *store, struct error *err)
{
	MDB_txn *txn;
	enum status st;
	int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

	if (rc)
		return engine_error(err, store, "open", rc);
	st = check_end(store, txn, err);
	if (st == ST_OK)
		st = check_roots(store, txn, err);
	mdb_txn_abort(txn);
	return st;
}

/* --- the list of free pages --- */

/* LMDB's own record: how many, then their numbers from the largest down. Page 0 and 1 are never free. */
static bool record_is_sound(const MDB_val *record, size_t last)
{
	const size_t *pages = record->mv_data;
	size_t above = last + 1;

	if (record->mv_size < sizeof *pages || record->mv_size % sizeof *pages || pages[0] > record->mv_size / sizeof *pages - 1)
		return false;
	for (size_t i = 1; i <= pages[0]; above = pages[i++])
		if (pages[i] >= above || pages[i] < 2)
			return false;
	return true;
}

static enum status check_free(struct txn *txn, void *arg, struct error *err)
{
	MDB_cursor *cursor;
	MDB_envinfo info;
	MDB_val key, record;
	bool sound = true;
	int rc = mdb_env_info(txn->store->env, &info);

	(void)arg;
	if (rc == 0)
		rc = mdb_cursor_open(txn->mdb, 0, &cursor);
	if (rc)
		return engine_error(err, txn->store, "read", rc);
	while (sound && (rc = mdb_cursor_get(cursor, &key, &record, MDB_NEXT)) == 0)
		sound = record_is_sound(&record, info.me_last_pgno);
	mdb_cursor_close(cursor);
	return sound && rc == MDB_NOTFOUND ? ST_OK : engine_damaged(txn->store, "its list of free pages cannot be right", err);
}

enum status store_check_free(struct store *store, struct error *err)
{
	return store_read(store, check_free, NULL, err);
}
