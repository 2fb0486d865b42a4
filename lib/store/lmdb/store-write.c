/* A group of writers in one transaction. A failure is rare, and a child transaction copies every
 * page that it changes: they share one, and only when one of several has to be undone are all run
 * again, each in a child of its own. */
#include "store/lmdb/store-engine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tongue.h"

enum { PROBE_BYTES = 1 << 20 };

/* Beside LMDB's own codes: a job has failed after it had changed something. */
enum { UNDO_ONE = -30601 };

void engine_gate(int gate, int operation)
{
	while (flock(gate, operation) != 0 && errno == EINTR)
		;
}

/* LMDB's lock goes to whoever is quickest, which is the process that has just given it back: an
 * admin's command would wait for ever for a busy daemon. At the gate the daemon queues after the
 * command, and each waits for one commit of the other. */
static int begin_in_turn(struct lmdb *store, MDB_txn **mdb_out)
{
	int rc;

	engine_gate(store->gate, LOCK_EX);
	rc = mdb_txn_begin(store->env, NULL, 0, mdb_out);
	engine_gate(store->gate, LOCK_UN);
	return rc;
}

static int write_begin(struct lmdb *store, MDB_txn **mdb_out)
{
	for (int i = 0;; i++) {
		int rc;

		pthread_rwlock_rdlock(&store->map_lock);
		rc = store->env ? begin_in_turn(store, mdb_out) : MDB_PANIC;
		if (rc == 0 && !engine_replaced(store))
			return 0;
		if (rc == 0) {
			mdb_txn_abort(*mdb_out);
			rc = ENGINE_REPLACED;
		}
		pthread_rwlock_unlock(&store->map_lock);
		if (i >= GROUP_TRIES || !engine_recover(store, rc))
			return rc;
	}
}

/* What a file beside the store's, as long as it and a little longer, fails with. */
static int probe_space(int fd, const char *data)
{
	g_autofree char *block = g_malloc0(PROBE_BYTES);
	struct stat status;
	ssize_t n;

	if (stat(data, &status) != 0)
		return 0;
	for (off_t at = 0; at < PROBE_BYTES; at += n) {
		n = pwrite(fd, block, (size_t)(PROBE_BYTES - at), status.st_size + at);
		if (n <= 0)
			return errno;
	}
	return 0;
}

/* LMDB says EIO of a short write, which is how a disk that fills up shows first. */
static int real_reason(struct lmdb *store, int rc)
{
	g_autofree char *data = g_build_filename(store->path, "data.mdb", NULL),
			*probe = g_strdup_printf("%s.probe-%d", data, (int)getpid());
	int found, fd;

	if (rc != EIO)
		return rc;
	fd = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == ENOSPC || errno == EDQUOT ? errno : rc;
	found = probe_space(fd, data);
	unlink(probe);
	close(fd);
	return found ? found : rc;
}

/* Also those that had failed by themselves: what they saw of the others was never committed. */
static void fail_all(struct lmdb *store, struct job *jobs, int rc)
{
	for (struct job *j = jobs; j; j = j->next)
		j->status = engine_error(j->err, store, _("write"), rc);
}

static struct lmdb_txn write_txn(struct lmdb *store, MDB_txn *mdb)
{
	return (struct lmdb_txn){ .txn = { .store = &store->store }, .store = store, .mdb = mdb };
}

/* A job in a child transaction: its failure undoes only itself. 0, or what failed for all. */
static int run_child(struct lmdb *store, MDB_txn *parent, struct job *job, bool *full_out)
{
	struct lmdb_txn txn = write_txn(store, NULL);
	int rc = mdb_txn_begin(store->env, parent, 0, &txn.mdb);

	if (rc)
		return rc;
	job_run(&txn.txn, job);
	*full_out |= txn.full;
	if (job->status != ST_OK || txn.full) {
		mdb_txn_abort(txn.mdb);
		return 0;
	}
	return mdb_txn_commit(txn.mdb);
}

/* A job in the transaction that it shares with the others. After an error of LMDB's it may be of no
 * use to them. */
static int run_shared(struct lmdb *store, MDB_txn *mdb, struct job *job, bool *full_out)
{
	struct lmdb_txn txn = write_txn(store, mdb);

	job_run(&txn.txn, job);
	*full_out |= txn.full;
	return txn.rc || (job->status != ST_OK && txn.txn.changed) ? UNDO_ONE : 0;
}

static int run_alone(struct lmdb *store, MDB_txn *mdb, struct job *job, bool *full_out)
{
	struct lmdb_txn txn = write_txn(store, mdb);

	job_run(&txn.txn, job);
	*full_out |= txn.full;
	return 0;
}

typedef int run_way(struct lmdb *store, MDB_txn *mdb, struct job *job, bool *full_out);

/* 0 when each job has its status; MDB_MAP_FULL and the like when all are to be run again. */
static int run_once(struct lmdb *store, struct job *jobs, run_way *way)
{
	bool full = false, any = false;
	MDB_txn *mdb;
	int rc = write_begin(store, &mdb);

	if (rc)
		return rc;
	for (struct job *j = jobs; j && rc == 0 && !full; j = j->next) {
		rc = way(store, mdb, j, &full);
		any |= j->status == ST_OK;
	}
	if (full)
		rc = MDB_MAP_FULL;
	/* Commit frees the handle even when it fails. */
	if (rc == 0 && any)
		rc = mdb_txn_commit(mdb);
	else
		mdb_txn_abort(mdb);
	pthread_rwlock_unlock(&store->map_lock);
	return rc;
}

static run_way *way_of(const struct group *group)
{
	if (group->apart)
		return run_child;
	return group->jobs->next ? run_shared : run_alone;
}

enum group_end lmdb_write(struct store *base, const struct group *group)
{
	struct lmdb *store = lmdb_of(base);
	int rc = run_once(store, group->jobs, way_of(group));
	bool passes = rc == MDB_MAP_FULL || rc == MDB_MAP_RESIZED || rc == MDB_PANIC;

	if (rc == UNDO_ONE && !group->last)
		return GROUP_APART;
	if (passes && engine_recover(store, rc) && !group->last)
		return GROUP_AGAIN;
	if (rc)
		fail_all(store, group->jobs, real_reason(store, rc));
	return GROUP_DONE;
}
