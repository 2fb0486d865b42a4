/* Other files in the place of the store's: a backup's, or the same rows written anew. What replaces them is written whole beside them
 * first. Who has the old ones open sees at the next transaction that they are not the store's any more, and opens the new ones. */
#include "store-engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fsync(fd) != 0)
		rc = errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int move_file(const char *from, const char *to, const char *name)
{
	g_autofree char *source = g_build_filename(from, name, NULL), *target = g_build_filename(to, name, NULL);

	return rename(source, target) == 0 ? 0 : errno;
}

/* First the data: whoever opens it beside the old lock waits there, and finds the lock replaced afterwards. */
static int put_in_place(const char *from, const char *to)
{
	int rc = move_file(from, to, "data.mdb");

	if (rc == 0)
		rc = move_file(from, to, "lock.mdb");
	return rc ? rc : sync_directory(to);
}

static void remove_directory(const char *path)
{
	g_autofree char *data = g_build_filename(path, "data.mdb", NULL), *lock = g_build_filename(path, "lock.mdb", NULL);

	unlink(data);
	unlink(lock);
	rmdir(path);
}

/* A directory beside the store's files, for new ones. Owned. */
static char *workshop(const char *path)
{
	return g_strdup_printf("%s/new-%d", path, (int)getpid());
}

static enum status failed(struct error *err, const char *what, const char *path, int rc)
{
	return error_set(err, engine_status(rc), "cannot %s store '%s': %s", what, path, mdb_strerror(rc));
}

/* --- the same rows --- */

static int copy_table(MDB_txn *from, MDB_dbi table, MDB_txn *to, const char *name)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_dbi copy;
	int rc = mdb_dbi_open(to, name, MDB_CREATE, &copy);

	if (rc == 0)
		rc = mdb_cursor_open(from, table, &cursor);
	if (rc)
		return rc;
	for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
		rc = mdb_put(to, copy, &key, &value, MDB_APPEND);
		if (rc)
			break;
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int copy_tables(struct store *store, MDB_txn *from, MDB_env *env)
{
	MDB_txn *to;
	int rc = mdb_txn_begin(env, NULL, 0, &to);

	if (rc)
		return rc;
	for (int i = 0; i < TABLE_COUNT && rc == 0; i++)
		rc = copy_table(from, store->tables[i], to, engine_table_name(i));
	if (rc == 0)
		return mdb_txn_commit(to);
	mdb_txn_abort(to);
	return rc;
}

static int write_rows(struct store *store, MDB_txn *from, const char *dir)
{
	MDB_envinfo info;
	MDB_env *env;
	int rc = mdb_env_create(&env);

	if (rc)
		return rc;
	mdb_env_info(store->env, &info);
	rc = mdb_env_set_maxdbs(env, TABLE_COUNT);
	if (rc == 0)
		rc = mdb_env_set_mapsize(env, info.me_mapsize);
	if (rc == 0)
		rc = mdb_env_open(env, dir, MDB_NOSYNC, 0660);
	if (rc == 0)
		rc = copy_tables(store, from, env);
	if (rc == 0)
		rc = mdb_env_sync(env, 1);
	mdb_env_close(env);
	return rc;
}

/* The new files are as the old ones: their owner, their mode. */
static int copy_owner(const char *from, const char *to, const char *name)
{
	g_autofree char *old = g_build_filename(from, name, NULL), *new = g_build_filename(to, name, NULL);
	struct stat status;

	if (stat(old, &status) != 0)
		return errno;
	if (geteuid() == 0 && chown(new, status.st_uid, status.st_gid) != 0)
		return errno;
	return chmod(new, status.st_mode & 07777) == 0 ? 0 : errno;
}

/* With the old files' write transaction, so that no other is lost in between. */
static int rewrite_under(struct store *store, MDB_txn *from)
{
	g_autofree char *dir = workshop(store->path);
	int rc = engine_replaced(store) ? EAGAIN : mkdir(dir, 0700) == 0 ? 0 : errno;

	if (rc)
		return rc;
	rc = write_rows(store, from, dir);
	if (rc == 0)
		rc = copy_owner(store->path, dir, "data.mdb");
	if (rc == 0)
		rc = copy_owner(store->path, dir, "lock.mdb");
	if (rc == 0)
		rc = put_in_place(dir, store->path);
	remove_directory(dir);
	return rc;
}

enum status store_rewrite(struct store *store, struct error *err)
{
	MDB_txn *from;
	int rc;

	pthread_rwlock_rdlock(&store->map_lock);
	rc = store->env ? mdb_txn_begin(store->env, NULL, 0, &from) : MDB_PANIC;
	if (rc == 0) {
		rc = rewrite_under(store, from);
		mdb_txn_abort(from);
	}
	pthread_rwlock_unlock(&store->map_lock);
	return rc ? failed(err, "write anew the", store->path, rc) : ST_OK;
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
	int from = open(backup, O_RDONLY | O_CLOEXEC), to = from < 0 ? -1 : open(data, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
	int rc = to < 0 ? errno : copy_bytes(from, to);

	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return rc;
}

/* A file that is cut short has all that is looked at when it is opened, and would end the process later. */
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
	whole = mdb_env_open(env, dir, MDB_RDONLY | MDB_NOLOCK, 0) == 0 && mdb_env_info(env, &info) == 0 && mdb_env_stat(env, &stat_of) == 0 &&
		(uint64_t)file.st_size >= (uint64_t)(info.me_last_pgno + 1) * stat_of.ms_psize;
	mdb_env_close(env);
	return whole;
}

static enum status read_all(struct txn *txn, void *arg, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	enum status st = ST_NOT_FOUND;

	(void)arg;
	(void)err;
	for (int i = 0; i < TABLE_COUNT && st == ST_NOT_FOUND; i++) {
		struct scan scan;

		for (st = scan_first(&scan, txn, (enum store_table)i, all, all, false); st == ST_OK;)
			st = scan_next(&scan);
		scan_release(&scan);
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status verify(const char *dir, const char *backup, struct error *err)
{
	const struct store_options options = { .path = dir, .read_only = true, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	struct store *store = NULL;
	struct error why = { "the file is no store, or was cut short" };
	enum status st = is_whole(dir) ? store_open(&options, &store, &why) : ST_BAD_INPUT;

	if (st == ST_OK)
		st = store_read(store, read_all, NULL, &why);
	store_close(store);
	if (st == ST_OK)
		return ST_OK;
	return error_set(err, st == ST_REFUSED ? ST_REFUSED : ST_BAD_INPUT, "'%s' is no backup that can be used: %s", backup, why.text);
}

/* The old data under a second name, so that the store's is never without a file. */
static int keep_old(const char *path, const char *kept)
{
	g_autofree char *old = g_build_filename(path, "data.mdb", NULL), *copy = g_build_filename(kept, "data.mdb", NULL);

	if (mkdir(kept, 0700) != 0)
		return errno;
	return link(old, copy) == 0 ? sync_directory(kept) : errno;
}

static bool holds_a_store(const char *path)
{
	g_autofree char *data = g_build_filename(path, "data.mdb", NULL);
	struct stat status;

	return stat(data, &status) == 0 && status.st_size > 0;
}

static enum status replace(const struct store_options *options, const char *dir, char **kept_out, struct error *err)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *stamp = g_date_time_format(now, "%Y%m%d-%H%M%S"), *kept = g_strdup_printf("%s/replaced-%s", options->path, stamp);
	bool old = holds_a_store(options->path);
	int rc = old ? keep_old(options->path, kept) : 0;

	if (rc == 0)
		rc = put_in_place(dir, options->path);
	if (rc)
		return failed(err, "replace", options->path, rc);
	*kept_out = old ? g_steal_pointer(&kept) : NULL;
	return ST_OK;
}

enum status store_restore(const struct store_options *options, const char *backup, bool force, char **kept_out, struct error *err)
{
	g_autofree char *dir = workshop(options->path);
	struct store_options beside = *options;
	enum status st;
	int rc;

	if (holds_a_store(options->path) && !force)
		return error_set(err, ST_EXISTS, "there is a store in '%s' already", options->path);
	if (access(backup, R_OK) != 0)
		return error_set(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO, "cannot read '%s': %s", backup, g_strerror(errno));
	beside.path = dir;
	rc = engine_make_files(&beside);
	if (rc == 0)
		rc = copy_backup(backup, dir);
	st = rc ? failed(err, "restore", options->path, rc) : verify(dir, backup, err);
	if (st == ST_OK)
		st = replace(options, dir, kept_out, err);
	remove_directory(dir);
	return st;
}
