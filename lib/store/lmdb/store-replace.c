/* Other files in the place of the store's: a backup's, or the same rows written anew. What replaces
 * them is written whole beside them first. A process that has the old ones open sees at its next
 * transaction that they are not the store's any more, and opens the new ones. */
#include "store/lmdb/store-engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory-sync.h"
#include "base/failpoint.h"
#include "base/tongue.h"

#define KEPT_LOCK "old-lock.mdb"

static int move_file(const char *from, const char *to, const char *name)
{
	g_autofree char *source = g_build_filename(from, name, NULL),
			*target = g_build_filename(to, name, NULL);

	return rename(source, target) == 0 ? 0 : errno;
}

/* The old lock has a second name meanwhile, to be put back if the data cannot be moved. */
static int move_files(const char *from, const char *to)
{
	g_autofree char *lock = g_build_filename(to, "lock.mdb", NULL),
			*kept = g_build_filename(from, KEPT_LOCK, NULL);
	int rc = link(lock, kept) == 0 || errno == ENOENT ? 0 : errno;

	if (rc == 0)
		rc = move_file(from, to, "lock.mdb");
	failpoint("lock-replaced");
	if (rc)
		return rc;
	rc = move_file(from, to, "data.mdb");
	failpoint("data-replaced");
	if (rc && rename(kept, lock) != 0)
		return errno;
	return rc ? rc : directory_sync(to);
}

/* Two files cannot be moved at once. Who opens them between the two moves gets the new lock with
 * the old data: he can read, but not write, for the new lock is held meanwhile, and after that he
 * sees that the data was replaced. (The new data under the old lock would be read by that lock's
 * count of commits, and be lost at the next.) Should we die in between, LMDB counts anew when it
 * finds the holder dead. */
static int replace_put_in_place(const char *from, const char *to)
{
	MDB_env *env;
	MDB_txn *held;
	int rc = mdb_env_create(&env);

	if (rc)
		return rc;
	rc = mdb_env_set_maxreaders(env, STORE_READERS_MAX);
	if (rc == 0)
		rc = mdb_env_open(env, from, 0, 0660);
	if (rc == 0)
		rc = mdb_txn_begin(env, NULL, 0, &held);
	if (rc == 0) {
		rc = move_files(from, to);
		mdb_txn_abort(held);
	}
	mdb_env_close(env);
	return rc;
}

static void remove_directory(const char *path)
{
	static const char *const names[] = { "data.mdb", "lock.mdb", KEPT_LOCK };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *file = g_build_filename(path, names[i], NULL);

		unlink(file);
	}
	rmdir(path);
}

/* A directory beside the store's files, for new ones. What one that died has left is removed.
 * Owned. */
static char *replace_workshop(const char *path, const char *name)
{
	char *dir = g_build_filename(path, name, NULL);

	remove_directory(dir);
	return dir;
}

static enum status replace_failed(struct error *err, const char *what, const char *path, int rc)
{
	return error_set(err, engine_status(rc), _("cannot %s store '%s': %s"), what, path,
		mdb_strerror(rc));
}

/* --- the same rows --- */

static int copy_tree(MDB_txn *from, MDB_dbi tree, MDB_txn *to, const char *name)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_dbi copy;
	int rc = mdb_dbi_open(to, name, MDB_CREATE, &copy);

	if (rc == 0)
		rc = mdb_cursor_open(from, tree, &cursor);
	if (rc)
		return rc;
	for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); rc == 0;
		rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
		rc = mdb_put(to, copy, &key, &value, MDB_APPEND);
		if (rc)
			break;
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int copy_trees(struct lmdb *store, MDB_txn *from, MDB_env *env)
{
	MDB_txn *to;
	int rc = mdb_txn_begin(env, NULL, 0, &to);

	if (rc)
		return rc;
	for (int i = 0; i < ENGINE_TREES && rc == 0; i++)
		rc = copy_tree(from, store->trees[i], to, engine_tree_names[i]);
	if (rc == 0)
		return mdb_txn_commit(to);
	mdb_txn_abort(to);
	return rc;
}

static int write_rows(struct lmdb *store, MDB_txn *from, const char *dir)
{
	MDB_envinfo info;
	MDB_env *env;
	int rc = mdb_env_create(&env);

	if (rc)
		return rc;
	mdb_env_info(store->env, &info);
	rc = mdb_env_set_maxdbs(env, ENGINE_TREES);
	if (rc == 0)
		rc = mdb_env_set_mapsize(env, info.me_mapsize);
	if (rc == 0)
		rc = mdb_env_open(env, dir, MDB_NOSYNC, 0660);
	if (rc == 0)
		rc = copy_trees(store, from, env);
	if (rc == 0)
		rc = mdb_env_sync(env, 1);
	mdb_env_close(env);
	return rc;
}

/* The new files are as the old ones: their owner, their mode. */
static int copy_owner(const char *from, const char *to, const char *name)
{
	g_autofree char *old = g_build_filename(from, name, NULL),
			*new = g_build_filename(to, name, NULL);
	struct stat status;

	if (stat(old, &status) != 0)
		return errno;
	if (geteuid() == 0 && chown(new, status.st_uid, status.st_gid) != 0)
		return errno;
	return chmod(new, status.st_mode & 07777) == 0 ? 0 : errno;
}

/* With the gate and the old files' write transaction, so that no commit is lost in between, and
 * nobody else replaces them. */
static int rewrite_under(struct lmdb *store, MDB_txn *from)
{
	g_autofree char *dir = replace_workshop(store->path, "rewritten");
	int rc = mkdir(dir, 0700) == 0 ? 0 : errno;

	if (rc == 0)
		rc = write_rows(store, from, dir);
	if (rc == 0)
		rc = copy_owner(store->path, dir, "data.mdb");
	if (rc == 0)
		rc = copy_owner(store->path, dir, "lock.mdb");
	failpoint("rewritten");
	if (rc == 0)
		rc = replace_put_in_place(dir, store->path);
	remove_directory(dir);
	return rc;
}

static int replace_rewrite(struct lmdb *store)
{
	MDB_txn *from;
	int rc;

	pthread_rwlock_rdlock(&store->map_lock);
	engine_gate(store->gate, LOCK_EX);
	rc = store->env ? mdb_txn_begin(store->env, NULL, 0, &from) : MDB_PANIC;
	if (rc == 0) {
		rc = engine_replaced(store) ? ENGINE_REPLACED : rewrite_under(store, from);
		mdb_txn_abort(from);
	}
	engine_gate(store->gate, LOCK_UN);
	pthread_rwlock_unlock(&store->map_lock);
	return rc;
}

enum status lmdb_rewrite(struct store *base, struct error *err)
{
	struct lmdb *store = lmdb_of(base);
	int rc = replace_rewrite(store);

	for (int i = 0; i < GROUP_TRIES &&
		(rc == ENGINE_REPLACED || rc == MDB_PANIC || rc == MDB_MAP_RESIZED) &&
		engine_recover(store, rc);
		i++)
		rc = replace_rewrite(store);
	return rc ? replace_failed(err, _("write anew the"), store->path, rc) : ST_OK;
}

/* --- a backup --- */

static int copy_bytes(int from, int to)
{
	char chunk[64 * 1024];
	ssize_t n;

	while ((n = read(from, chunk, sizeof chunk)) > 0)
		for (ssize_t at = 0, written; at < n; at += written) {
			written = write(to, chunk + at, (size_t)(n - at));
			if (written < 0)
				return errno;
		}
	if (n < 0)
		return errno;
	return fsync(to) == 0 ? 0 : errno;
}

static int copy_backup(const char *backup, const char *dir)
{
	g_autofree char *data = g_build_filename(dir, "data.mdb", NULL);
	int from = open(backup, O_RDONLY | O_CLOEXEC),
	    to = from < 0 ? -1 : open(data, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
	int rc = to < 0 ? errno : copy_bytes(from, to);

	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return rc;
}

/* A file that is cut short has all that is looked at when it is opened, and would end the process
 * later. */
static bool is_whole(const char *dir)
{
	g_autofree char *data = g_build_filename(dir, "data.mdb", NULL);
	struct stat file;
	MDB_envinfo info;
	MDB_stat stat_of;
	MDB_env *env;
	bool whole;

	if (stat(data, &file) != 0 || mdb_env_create(&env) != 0)
		return false;
	whole = mdb_env_open(env, dir, MDB_RDONLY | MDB_NOLOCK, 0) == 0 &&
		mdb_env_info(env, &info) == 0 && mdb_env_stat(env, &stat_of) == 0 &&
		(uint64_t)file.st_size >= (uint64_t)(info.me_last_pgno + 1) * stat_of.ms_psize;
	mdb_env_close(env);
	return whole;
}

/* A backup of an older format is brought to this one before it is in its place, where others may
 * have the store open. */
static enum status replace_verify(const struct engine *engine, const struct store_options *beside,
	const char *backup, struct error *err)
{
	const char *dir = beside->path;
	struct store_options options = *beside;
	struct store *store = NULL;
	struct error why;
	enum status st = ST_BAD_INPUT;

	error_set(&why, st, _("the file is no store, or was cut short"));
	options.read_only = options.locked = true;
	options.look = LOOK_AT_ALL_PAGES;
	if (is_whole(dir))
		st = lmdb_open(engine, &options, &store, &why);
	store_close(store);
	if (st == ST_OK)
		return ST_OK;
	return error_set(err, st == ST_REFUSED ? ST_REFUSED : ST_BAD_INPUT,
		_("'%s' is no backup that can be used: %s"), backup, why.text);
}

/* A new directory beside the store's files, named for the time. NULL, with errno. Owned. */
static char *make_kept(const char *path)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *stamp = g_date_time_format(now, "%Y%m%d-%H%M%S");
	char *kept = g_strdup_printf("%s/replaced-%s", path, stamp);

	for (unsigned i = 2; mkdir(kept, 0700) != 0; i++) {
		g_free(kept);
		if (errno != EEXIST)
			return NULL;
		kept = g_strdup_printf("%s/replaced-%s.%u", path, stamp, i);
	}
	return kept;
}

/* The old data under a second name, so that the store's is never without a file. */
static int keep_old(const char *path, char **kept_out)
{
	g_autofree char *old = g_build_filename(path, "data.mdb", NULL), *kept = make_kept(path),
			*copy = NULL;

	if (!kept)
		return errno;
	copy = g_build_filename(kept, "data.mdb", NULL);
	if (link(old, copy) != 0)
		return errno;
	*kept_out = g_steal_pointer(&kept);
	return directory_sync(*kept_out);
}

static bool holds_a_store(const char *path)
{
	g_autofree char *data = g_build_filename(path, "data.mdb", NULL);
	struct stat status;

	return stat(data, &status) == 0 && status.st_size > 0;
}

static enum status replace_replace(
	const struct store_options *options, const char *dir, char **kept_out, struct error *err)
{
	g_autofree char *kept = NULL;
	int gate = open(options->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    rc = gate < 0 ? errno : 0;

	engine_gate(gate, LOCK_EX);
	if (rc == 0 && holds_a_store(options->path))
		rc = keep_old(options->path, &kept);
	failpoint("old-kept");
	if (rc == 0)
		rc = replace_put_in_place(dir, options->path);
	if (gate >= 0)
		close(gate);
	if (rc)
		return replace_failed(err, _("replace"), options->path, rc);
	*kept_out = g_steal_pointer(&kept);
	return ST_OK;
}

enum status lmdb_restore(const struct engine *engine, const struct store_options *options,
	const char *backup, bool force, char **kept_out, struct error *err)
{
	g_autofree char *dir = replace_workshop(options->path, "restored");
	struct store_options beside = *options;
	enum status st;
	int rc;

	if (holds_a_store(options->path) && !force)
		return error_set(
			err, ST_EXISTS, _("there is a store in '%s' already"), options->path);
	if (access(backup, R_OK) != 0)
		return error_set(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO,
			_("cannot read '%s': %s"), backup, g_strerror(errno));
	beside.path = dir;
	rc = engine_make_directory(options);
	if (rc == 0)
		rc = engine_make_files(&beside);
	if (rc == 0)
		rc = copy_backup(backup, dir);
	failpoint("backup-copied");
	st = rc ? replace_failed(err, _("restore"), options->path, rc)
		: replace_verify(engine, &beside, backup, err);
	if (st == ST_OK)
		st = replace_replace(options, dir, kept_out, err);
	remove_directory(dir);
	return st;
}
