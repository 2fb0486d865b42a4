/* Opening the store. What works inside a transaction is in store-txn.c, copies in store-copy.c. */
#include "store/lmdb/store-engine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tongue.h"

static const struct bytes format_key = { "format", 6 };

/* Format 1's own place for what TABLE_META has. */
static bool is_of_format_1(MDB_txn *txn)
{
	MDB_dbi tree;

	return mdb_dbi_open(txn, "meta", 0, &tree) == 0;
}

/* Before anything else is read or made: what a newer program wrote is not for us to touch. */
static enum status check_version(struct lmdb *store, struct error *err)
{
	MDB_val value = { 0, NULL };
	g_autofree char *version = NULL;
	MDB_stat trees;
	MDB_txn *txn;
	MDB_dbi tree;
	bool lost, older;
	int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

	if (rc)
		return engine_error(err, store, _("open"), rc);
	rc = mdb_dbi_open(txn, engine_tree_name(TABLE_META), 0, &tree);
	lost = rc == MDB_NOTFOUND && mdb_env_stat(store->env, &trees) == 0 && trees.ms_entries > 0;
	older = rc == MDB_NOTFOUND && is_of_format_1(txn);
	if (rc == 0)
		rc = engine_get(txn, tree, TABLE_META, format_key, &value);
	version = rc ? NULL : g_strndup(value.mv_data, value.mv_size);
	mdb_txn_abort(txn);
	if (older)
		return error_set(err, ST_REFUSED,
			_("cannot open store '%s': format 1 is of an older milticket: export there, and import here into a new store"),
			store->path);
	/* All trees are made at once. */
	if (lost)
		return engine_damaged(store, _("its tables cannot be found"), err);
	if (rc == MDB_NOTFOUND)
		return ST_NOT_FOUND;
	if (rc)
		return engine_error(err, store, _("open"), rc);
	if (g_ascii_strtoull(version, NULL, 10) <= ENGINE_FORMAT)
		return ST_OK;
	return error_set(err, ST_REFUSED,
		_("cannot open store '%s': format %s is of a newer milticket, this one knows up to %d"),
		store->path, version, ENGINE_FORMAT);
}

static enum status read_secret(struct txn *txn, void *arg, struct error *err)
{
	static const struct bytes key = { "secret", 6 };
	struct bytes value;
	enum status st = txn_get(txn, TABLE_META, key, &value);

	(void)arg;
	if (st == ST_OK && value.len == sizeof txn->store->secret)
		memcpy(txn->store->secret, value.data, value.len);
	else if (st == ST_OK)
		st = error_set(err, ST_IO, _("store '%s' has a damaged secret"),
			lmdb_txn_of(txn)->store->path);
	return st;
}

static enum status make_format(struct txn *txn, void *arg, struct error *err)
{
	static const struct bytes secret = { "secret", 6 };
	enum status st = read_secret(txn, arg, err);

	/* Another process may have been first. */
	if (st != ST_NOT_FOUND)
		return st;
	if (getrandom(txn->store->secret, sizeof txn->store->secret, 0) !=
		sizeof txn->store->secret)
		return error_set(err, ST_IO, _("no random numbers: %s"), g_strerror(errno));
	st = txn_put(txn, TABLE_META, secret,
		(struct bytes){ txn->store->secret, sizeof txn->store->secret });
	return st == ST_OK ? engine_put_format(txn) : st;
}

/* --- files --- */

/* Modes and owner depend neither on who came first nor on a umask. Only before LMDB opens them:
 * closing a file drops every lock that this process has on it. */
static int open_make_file(const struct store_options *options, const char *name)
{
	g_autofree char *path = g_build_filename(options->path, name, NULL);
	int rc = 0, fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0660);
	struct stat stat;

	if (fd < 0)
		return errno;
	if (fstat(fd, &stat) != 0)
		rc = errno;
	else if (stat.st_uid == geteuid() &&
		((geteuid() == 0 && fchown(fd, options->uid, options->gid) != 0) ||
			fchmod(fd, 0660) != 0))
		rc = errno;
	close(fd);
	return rc;
}

/* The set-group-id bit gives what admins make here to the group. */
int engine_make_directory(const struct store_options *options)
{
	if (g_file_test(options->path, G_FILE_TEST_IS_DIR))
		return 0;
	if (g_mkdir_with_parents(options->path, 0770) != 0)
		return errno;
	if (geteuid() == 0 && chown(options->path, options->uid, options->gid) != 0)
		return errno;
	return chmod(options->path, 02770) == 0 ? 0 : errno;
}

static bool open_is_there(const struct store_options *options)
{
	g_autofree char *path = g_build_filename(options->path, "data.mdb", NULL);
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size > 0 : errno != ENOENT;
}

int engine_make_files(const struct store_options *options)
{
	int rc;

	/* LMDB's own lock file would have a reader's umask; where none can be made, LMDB knows what
	 * to do. */
	if (options->read_only) {
		open_make_file(options, "lock.mdb");
		return 0;
	}
	rc = engine_make_directory(options);
	if (rc == 0)
		rc = open_make_file(options, "data.mdb");
	return rc ? rc : open_make_file(options, "lock.mdb");
}

/* --- the store --- */

static struct lmdb *store_new(const struct engine *engine, const struct store_options *options)
{
	struct lmdb *store = g_new0(struct lmdb, 1);

	store_init(&store->store, engine);
	store->path = g_strdup(options->path);
	store->flags = MDB_NOTLS | (options->read_only ? MDB_RDONLY : 0);
	store->flags |= options->durable ? 0 : MDB_NOSYNC;
	store->gate = -1;
	pthread_rwlock_init(&store->map_lock, NULL);
	return store;
}

static enum status not_there(const struct lmdb *store, struct error *err)
{
	return error_set(err, ST_NOT_FOUND, _("there is no store in '%s' yet"), store->path);
}

static enum status begin_use(
	struct lmdb *store, const struct store_options *options, struct error *err)
{
	int rc = engine_make_files(options);
	enum status st;

	if (rc == 0)
		rc = engine_open_current(store, options->map_size);
	if (rc)
		return engine_error(err, store, _("open"), rc);
	store->gate = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	st = engine_check_pages(store, options->look, err);
	if (st != ST_OK)
		return st;
	st = check_version(store, err);
	if (st == ST_NOT_FOUND && options->read_only)
		return not_there(store, err);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	rc = engine_open_trees(store);
	if (rc)
		return engine_error(err, store, _("open"), rc);
	st = store_read(&store->store, read_secret, NULL, err);
	return st == ST_NOT_FOUND && !options->read_only
		? store_write(&store->store, make_format, NULL, err)
		: st;
}

static enum status is_of_format_before(struct txn *txn, void *arg, struct error *err)
{
	uint64_t format;
	enum status st = engine_format(txn, &format);

	(void)err;
	*(bool *)arg = st == ST_OK && format < ENGINE_FORMAT;
	return st;
}

/* Who only reads an older store opens it anew, to bring it to this format. */
static enum status bring_up_to_date(
	struct lmdb **store, const struct store_options *options, struct error *err)
{
	const struct engine *engine = (*store)->store.engine;
	struct store_options writing = *options;
	bool older = false;
	enum status st = store_read(&(*store)->store, is_of_format_before, &older, err);

	if (st != ST_OK || !older || options->as_it_is)
		return st;
	writing.read_only = false;
	if (options->read_only && options->migrate) {
		lmdb_close(&(*store)->store);
		*store = store_new(engine, &writing);
		st = begin_use(*store, &writing, err);
	}
	return st == ST_OK ? engine_migrate(*store, &writing, err) : st;
}

enum status lmdb_open(const struct engine *engine, const struct store_options *options,
	struct store **store_out, struct error *err)
{
	struct lmdb *store = store_new(engine, options);
	enum status st = options->read_only && !open_is_there(options)
		? not_there(store, err)
		: begin_use(store, options, err);

	if (st == ST_OK)
		st = bring_up_to_date(&store, options, err);
	if (st == ST_OK)
		*store_out = &store->store;
	else
		lmdb_close(&store->store);
	return st;
}

void lmdb_close(struct store *base)
{
	struct lmdb *store = lmdb_of(base);

	if (store->env && store->flags & MDB_NOSYNC && !(store->flags & MDB_RDONLY))
		mdb_env_sync(store->env, 1);
	if (store->env)
		mdb_env_close(store->env);
	if (store->gate >= 0)
		close(store->gate);
	pthread_rwlock_destroy(&store->map_lock);
	store_release(base);
	g_free(store->path);
	g_free(store);
}

/* --- looking at it --- */

unsigned lmdb_clear_readers(struct store *base)
{
	struct lmdb *store = lmdb_of(base);
	int dead = 0;

	pthread_rwlock_rdlock(&store->map_lock);
	if (store->env)
		mdb_reader_check(store->env, &dead);
	pthread_rwlock_unlock(&store->map_lock);
	return (unsigned)dead;
}

static enum status open_count(struct txn *txn, void *arg, struct error *err)
{
	MDB_env *env = lmdb_txn_of(txn)->store->env;
	struct store_stat *out = arg;
	MDB_envinfo info;
	MDB_stat stat;

	(void)err;
	mdb_env_info(env, &info);
	mdb_env_stat(env, &stat);
	out->map_size = info.me_mapsize;
	out->used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
	out->commits = info.me_last_txnid;
	out->readers = info.me_numreaders;
	return ST_OK;
}

enum status lmdb_stat(struct store *store, struct store_stat *stat_out, struct error *err)
{
	return store_read(store, open_count, stat_out, err);
}
