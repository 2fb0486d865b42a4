/* Opening, reading, copying the store. Writing is in store-write.c, what works inside a transaction in store-txn.c. */
#include "store-engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORMAT_VERSION = 1, READERS_MAX = 1024, RETRIES = 64 };

static const char *const table_names[TABLE_COUNT] = {
	"meta", "tickets", "entries", "texts", "events", "log", "ids", "digests", "index", "due", "queues", "agents",
	"agent-addresses", "outbox", "outbox-mail", "outbox-due", "answered",
};

/* --- errors --- */

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
		return ST_REFUSED;
	case MDB_BAD_VALSIZE:
		return ST_BAD_INPUT;
	default:
		return ST_IO;
	}
}

enum status engine_error(struct error *err, const struct store *store, const char *what, int rc)
{
	return error_set(err, engine_status(rc), "cannot %s store '%s': %s", what, store->path, mdb_strerror(rc));
}

/* --- opening --- */

static int open_tables(struct store *store)
{
	bool read_only = store->flags & MDB_RDONLY;
	MDB_txn *txn;
	int rc = mdb_txn_begin(store->env, NULL, read_only ? MDB_RDONLY : 0, &txn);

	if (rc)
		return rc;
	for (int i = 0; i < TABLE_COUNT && rc == 0; i++)
		rc = mdb_dbi_open(txn, table_names[i], read_only ? 0 : MDB_CREATE, &store->tables[i]);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

static int open_env(struct store *store, size_t map_size)
{
	int dead, rc = mdb_env_create(&store->env);

	if (rc)
		return rc;
	rc = mdb_env_set_maxdbs(store->env, TABLE_COUNT);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(store->env, READERS_MAX);
	if (rc == 0 && map_size)
		rc = mdb_env_set_mapsize(store->env, map_size);
	if (rc == 0)
		rc = mdb_env_open(store->env, store->path, store->flags, 0660);
	if (rc == 0)
		rc = mdb_reader_check(store->env, &dead);
	if (rc == 0)
		rc = open_tables(store);
	if (rc)
		g_clear_pointer(&store->env, mdb_env_close);
	return rc;
}

int engine_open(struct store *store)
{
	return open_env(store, 0);
}

bool engine_recover(struct store *store, int rc)
{
	MDB_envinfo info;
	int done = rc;

	g_rw_lock_writer_lock(&store->map_lock);
	if (!store->env || rc == MDB_PANIC) {
		/* A failed write of the meta page makes LMDB refuse everything until the environment is opened anew. */
		if (store->env)
			mdb_env_close(store->env);
		done = engine_open(store);
	} else if (rc == MDB_MAP_RESIZED) {
		done = mdb_env_set_mapsize(store->env, 0);
	} else if (rc == MDB_MAP_FULL && mdb_env_info(store->env, &info) == 0) {
		done = mdb_env_set_mapsize(store->env, info.me_mapsize * 2);
	}
	g_rw_lock_writer_unlock(&store->map_lock);
	return done == 0;
}

static enum status check_format(struct txn *txn, void *arg, struct error *err)
{
	static const struct bytes key = { "format", 6 };
	struct bytes value;
	g_autofree char *text = NULL;
	enum status st = txn_get(txn, TABLE_META, key, &value);

	(void)arg;
	if (st == ST_NOT_FOUND)
		return st;
	if (st != ST_OK)
		return error_set(err, st, "cannot read store '%s': %s", txn->store->path, txn_reason(txn));
	text = g_strndup(value.data, value.len);
	if (g_ascii_strtoull(text, NULL, 10) > FORMAT_VERSION)
		return error_set(err, ST_REFUSED, "store '%s' has format %s, made by a newer milticket; this one knows %d", txn->store->path, text, FORMAT_VERSION);
	return txn_get(txn, TABLE_META, (struct bytes){ "secret", 6 }, &value) == ST_OK && value.len == sizeof txn->store->secret
		? (memcpy(txn->store->secret, value.data, value.len), ST_OK)
		: error_set(err, ST_IO, "store '%s' has no secret", txn->store->path);
}

static enum status make_format(struct txn *txn, void *arg, struct error *err)
{
	g_autofree char *version = g_strdup_printf("%d", FORMAT_VERSION);
	enum status st = check_format(txn, arg, err);

	if (st != ST_NOT_FOUND)
		return st;
	if (getrandom(txn->store->secret, sizeof txn->store->secret, 0) != sizeof txn->store->secret)
		return error_set(err, ST_IO, "no random numbers: %s", g_strerror(errno));
	st = txn_put(txn, TABLE_META, (struct bytes){ "secret", 6 }, (struct bytes){ txn->store->secret, sizeof txn->store->secret });
	if (st == ST_OK)
		st = txn_put(txn, TABLE_META, (struct bytes){ "format", 6 }, (struct bytes){ version, strlen(version) });
	return st;
}

/* Modes and owner do not depend on who came first, nor on a umask. */
static void set_owner(const struct store_options *options)
{
	static const char *const files[] = { "", "data.mdb", "lock.mdb" };

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(options->path, files[i], NULL);
		struct stat stat;

		if (lstat(path, &stat) != 0 || S_ISLNK(stat.st_mode) || stat.st_uid != geteuid())
			continue;
		if (chmod(path, S_ISDIR(stat.st_mode) ? 02770 : 0660) == 0 && geteuid() == 0 && options->uid != (uid_t)-1 &&
			chown(path, options->uid, options->gid) != 0)
			g_debug("chown %s: %s", path, g_strerror(errno));
	}
}

static enum status make_directory(const struct store_options *options, bool *fresh_out, struct error *err)
{
	g_autofree char *data = g_build_filename(options->path, "data.mdb", NULL);

	*fresh_out = !g_file_test(data, G_FILE_TEST_EXISTS);
	if (*fresh_out && options->read_only)
		return error_set(err, ST_NOT_FOUND, "there is no store at '%s' yet", options->path);
	if (g_mkdir_with_parents(options->path, 0770) != 0)
		return error_set(err, engine_status(errno), "cannot make directory '%s': %s", options->path, g_strerror(errno));
	return ST_OK;
}

enum status store_open(const struct store_options *options, struct store **store_out, struct error *err)
{
	struct store *store;
	bool fresh;
	enum status st = make_directory(options, &fresh, err);
	int rc;

	if (st != ST_OK)
		return st;
	store = g_new0(struct store, 1);
	store->path = g_strdup(options->path);
	store->flags = MDB_NOTLS | (options->read_only ? MDB_RDONLY : 0) | (options->durable ? 0 : MDB_NOSYNC);
	store->last = &store->first;
	g_rw_lock_init(&store->map_lock);
	g_mutex_init(&store->lock);
	g_cond_init(&store->done);
	rc = open_env(store, options->map_size);
	st = rc ? engine_error(err, store, "open", rc) : ST_OK;
	if (st == ST_OK && fresh)
		set_owner(options);
	if (st == ST_OK)
		st = options->read_only ? store_read(store, check_format, NULL, err) : store_write(store, make_format, NULL, err);
	if (st == ST_OK)
		*store_out = store;
	else
		store_close(store);
	return st;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->env)
		mdb_env_close(store->env);
	g_rw_lock_clear(&store->map_lock);
	g_mutex_clear(&store->lock);
	g_cond_clear(&store->done);
	memset(store->secret, 0, sizeof store->secret);
	g_free(store->path);
	g_free(store);
}

void store_secret(struct store *store, guint8 secret_out[32])
{
	memcpy(secret_out, store->secret, sizeof store->secret);
}

/* --- reading --- */

static int begin_read(struct store *store, MDB_txn **mdb_out)
{
	for (int i = 0;; i++) {
		int rc, dead;

		g_rw_lock_reader_lock(&store->map_lock);
		rc = store->env ? mdb_txn_begin(store->env, NULL, MDB_RDONLY, mdb_out) : MDB_PANIC;
		if (rc == 0)
			return 0;
		g_rw_lock_reader_unlock(&store->map_lock);
		if (rc == MDB_READERS_FULL && mdb_reader_check(store->env, &dead) == 0 && dead > 0 && i < RETRIES)
			continue;
		if (i >= RETRIES || !engine_recover(store, rc))
			return rc;
	}
}

enum status store_read(struct store *store, store_fn *fn, void *arg, struct error *err)
{
	struct txn txn = { .store = store };
	enum status st;
	int rc = begin_read(store, &txn.mdb);

	if (rc)
		return engine_error(err, store, "read", rc);
	st = fn(&txn, arg, err);
	mdb_txn_abort(txn.mdb);
	g_rw_lock_reader_unlock(&store->map_lock);
	return st;
}

unsigned store_clear_readers(struct store *store)
{
	int dead = 0;

	g_rw_lock_reader_lock(&store->map_lock);
	if (store->env)
		mdb_reader_check(store->env, &dead);
	g_rw_lock_reader_unlock(&store->map_lock);
	return (unsigned)dead;
}

static enum status count(struct txn *txn, void *arg, struct error *err)
{
	struct store_stat *out = arg;
	MDB_envinfo info;
	MDB_stat stat;

	(void)err;
	mdb_env_info(txn->store->env, &info);
	mdb_env_stat(txn->store->env, &stat);
	out->map_size = info.me_mapsize;
	out->used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
	out->readers = info.me_numreaders;
	for (int i = 0; i < TABLE_COUNT; i++)
		out->entries[i] = mdb_stat(txn->mdb, txn->store->tables[i], &stat) == 0 ? stat.ms_entries : 0;
	return ST_OK;
}

enum status store_stat(struct store *store, struct store_stat *stat_out, struct error *err)
{
	return store_read(store, count, stat_out, err);
}

/* --- copying --- */

static int write_copy(struct store *store, const char *temporary)
{
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), rc;

	if (fd < 0)
		return errno;
	g_rw_lock_reader_lock(&store->map_lock);
	rc = store->env ? mdb_env_copyfd2(store->env, fd, MDB_CP_COMPACT) : MDB_PANIC;
	g_rw_lock_reader_unlock(&store->map_lock);
	if (rc == 0 && fsync(fd) != 0)
		rc = errno;
	if (close(fd) != 0 && rc == 0)
		rc = errno;
	return rc;
}

static void sync_directory_of(const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

enum status store_copy(struct store *store, const char *path, struct error *err)
{
	g_autofree char *temporary = g_strdup_printf("%s.%d.tmp", path, (int)getpid());
	int rc;

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return error_set(err, ST_EXISTS, "'%s' is there already", path);
	rc = write_copy(store, temporary);
	/* link() refuses to replace what came into being meanwhile. */
	if (rc == 0 && link(temporary, path) != 0)
		rc = errno;
	unlink(temporary);
	if (rc)
		return error_set(err, rc == EEXIST ? ST_EXISTS : engine_status(rc), "cannot copy the store to '%s': %s", path, mdb_strerror(rc));
	sync_directory_of(path);
	return ST_OK;
}
