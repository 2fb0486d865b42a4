/* The open environment: its trees, its map, and the files that it has open. */
#include "store/lmdb/store-engine.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static int open_trees_in(struct lmdb *store, bool make)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(store->env, NULL, make ? 0 : MDB_RDONLY, &txn);

	if (rc)
		return rc;
	for (int i = 0; i < ENGINE_TREES && rc == 0; i++)
		rc = mdb_dbi_open(
			txn, engine_tree_names[i], make ? MDB_CREATE : 0, &store->trees[i]);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/* Who opens a store waits for no writer, unless there is something to be made. */
int engine_open_trees(struct lmdb *store)
{
	int rc = open_trees_in(store, false);

	return rc == MDB_NOTFOUND && !(store->flags & MDB_RDONLY) ? open_trees_in(store, true) : rc;
}

static struct file_id id_at(const struct lmdb *store, const char *name)
{
	g_autofree char *path = g_build_filename(store->path, name, NULL);
	struct stat status;

	return stat(path, &status) == 0 ? (struct file_id){ status.st_dev, status.st_ino }
					: (struct file_id){ 0, 0 };
}

static bool same_file(struct file_id a, struct file_id b)
{
	return a.device == b.device && a.inode == b.inode;
}

bool engine_replaced(const struct lmdb *store)
{
	return !same_file(store->data, id_at(store, "data.mdb")) ||
		!same_file(store->locks, id_at(store, "lock.mdb"));
}

/* Noted before the files are opened: if they are replaced meanwhile, the first transaction sees
 * it. */
static void note_files(struct lmdb *store)
{
	store->data = id_at(store, "data.mdb");
	store->locks = id_at(store, "lock.mdb");
}

static int open_env(struct lmdb *store, size_t map_size)
{
	int dead, rc = mdb_env_create(&store->env);

	if (rc)
		return rc;
	note_files(store);
	rc = mdb_env_set_maxdbs(store->env, ENGINE_TREES);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(store->env, STORE_READERS_MAX);
	if (rc == 0 && map_size)
		rc = mdb_env_set_mapsize(store->env, map_size);
	if (rc == 0)
		rc = mdb_env_open(store->env, store->path, store->flags, 0660);
	if (rc == 0)
		rc = mdb_reader_check(store->env, &dead);
	if (rc)
		g_clear_pointer(&store->env, mdb_env_close);
	return rc;
}

/* The numbers of files that nobody has open are given again: what was noted counts only if it is
 * there still when they are open. */
int engine_open_current(struct lmdb *store, size_t map_size)
{
	int rc = open_env(store, map_size);

	for (int i = 0; i < GROUP_TRIES && rc == 0 && engine_replaced(store); i++) {
		g_clear_pointer(&store->env, mdb_env_close);
		rc = open_env(store, 0);
	}
	return rc;
}

static int open_reopen(struct lmdb *store)
{
	int rc;

	if (store->env)
		mdb_env_close(store->env);
	store->env = NULL;
	rc = engine_open_current(store, 0);
	if (rc == 0)
		rc = engine_open_trees(store);
	if (rc && store->env)
		g_clear_pointer(&store->env, mdb_env_close);
	return rc;
}

/* When a map cannot be had, LMDB is left without any. */
static int open_resize(struct lmdb *store, size_t size)
{
	int rc = mdb_env_set_mapsize(store->env, size);

	if (rc)
		open_reopen(store);
	return rc;
}

bool engine_recover(struct lmdb *store, int rc)
{
	MDB_envinfo info;
	int done = rc;

	pthread_rwlock_wrlock(&store->map_lock);
	if (rc == ENGINE_REPLACED)
		done = engine_replaced(store) ? open_reopen(store) : 0;
	/* A failed write of the meta page makes LMDB refuse everything until the environment is
	 * opened anew. */
	else if (!store->env || rc == MDB_PANIC)
		done = open_reopen(store);
	else if (rc == MDB_MAP_RESIZED)
		done = open_resize(store, 0);
	else if (rc == MDB_MAP_FULL && mdb_env_info(store->env, &info) == 0 &&
		info.me_mapsize <= SIZE_MAX / 2)
		done = open_resize(store, info.me_mapsize * 2);
	pthread_rwlock_unlock(&store->map_lock);
	return done == 0;
}
