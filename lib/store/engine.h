/* What an engine is: the named functions that store.h stands on. Included by lib/store/ alone.
 *
 * Above it are leader and group, the retry, keys, options and sticky errors; below it, in a folder
 * of its own, all that is peculiar to an engine. An engine's own structs begin with
 * struct store and struct txn. */
#ifndef MILTICKET_ENGINE_H
#define MILTICKET_ENGINE_H

#include <pthread.h>
#include <semaphore.h>

#include "store/store.h"

/* How often what another process undid is tried again. */
enum { GROUP_TRIES = 64 };

/* A call of store_write, on its caller's stack; leads and next belong to store->lock. turn: it is
 * done, or has to lead. */
struct job {
	store_fn *fn;
	void *arg;
	struct error *err;
	const struct wants *wants; /* NULL: nothing was told */
	enum status status;
	int64_t since; /* monotonic time; waiting for one's turn counts */
	bool leads;
	sem_t turn;
	struct job *next;
};

/* Writers that were gathered, to be run one after the other and committed once. */
struct group {
	struct job *jobs;
	bool apart;    /* each is to be undoable by itself: GROUP_APART was answered */
	bool last;     /* nobody will try again: what fails has failed */
	int64_t begun; /* monotonic time since which the first of them waits */
	int64_t led;   /* the same, of when they were gathered */
};

enum group_end {
	GROUP_DONE,  /* each job has its status, of a failed commit too */
	GROUP_AGAIN, /* nothing is committed; all are to be run again */
	GROUP_APART, /* the same, and one of them has to be undone */
};

struct engine;

/* Files beside the rows; see store.h. */
struct engine_files {
	enum status (*put)(struct store *store, const char *name, store_pieces_fn *next, void *arg,
		struct error *err);
	enum status (*get)(struct store *store, const char *name, store_piece_fn *fn, void *arg,
		struct error *err);
	enum status (*remove)(struct store *store, const char *name, struct error *err);
	enum status (*rename)(
		struct store *store, const char *from, const char *to, struct error *err);
	enum status (*each)(
		struct store *store, store_file_visit *fn, void *arg, struct error *err);
	enum status (*remove_before)(struct store *store, const char *name, uint64_t max,
		uint64_t *count_out, struct error *err);
};

struct store {
	const struct engine *engine;
	guint8 secret[STORE_SECRET_BYTES];
	/* Writers that wait to be gathered. Locks are pthread's, not GLib's: thread sanitizers see
	 * through those only. */
	pthread_mutex_t lock;
	struct job *first, **last;
	bool leading;
};

struct txn {
	struct store *store;
	enum status failed; /* how the first call failed that did; else ST_OK */
	bool reads;         /* nothing changes under a cursor */
	bool changed;       /* something was put or deleted */
};

struct engine {
	const char *name;   /* "lmdb" */
	const char *scheme; /* what its urls begin with; NULL: it is the one without a url */
	/* It answers txn_query() from index rows, which are kept beside the records. Without, it
	 * finds by itself, and TABLE_INDEX stays empty. */
	bool derives;
	bool reads_ahead; /* it makes use of job->wants */
	bool shared;      /* by several hosts */

	enum status (*open)(const struct engine *engine, const struct store_options *options,
		struct store **store_out, struct error *err);
	void (*close)(struct store *store);
	/* Has it been opened, so that its secret is known? NULL: always. Else it is tried. */
	enum status (*ready)(struct store *store, struct error *err);

	/* Begins, calls txn_run(), ends. */
	enum status (*read)(struct store *store, store_fn *fn, void *arg, struct error *err);
	/* Begins, calls job_run() for each, undoes by itself what each failed one wrote, commits,
	 * if any came to ST_OK: a job that wrote nothing has read what others did, and that must be
	 * durable when store_write() returns. */
	enum group_end (*write)(struct store *store, const struct group *group);

	/* As their namesakes in store.h. Keys are neither empty nor too long. */
	enum status (*get)(
		struct txn *txn, enum store_table table, struct bytes key, struct bytes *value_out);
	enum status (*put)(
		struct txn *txn, enum store_table table, struct bytes key, struct bytes value);
	enum status (*delete)(struct txn *txn, enum store_table table, struct bytes key);
	enum status (*scan_first)(struct scan *scan, struct bytes prefix, struct bytes from);
	enum status (*scan_next)(struct scan *scan);
	void (*scan_release)(struct scan *scan);
	/* NULL with .derives. Rows are scanned as those of scan_first(). */
	enum status (*query)(struct scan *scan, const struct query *query);
	enum status (*count)(struct txn *txn, struct queue_count *counts, size_t n);
	const char *(*reason)(struct txn *txn);
	/* Says in err that the store could not be read or written (`what`), and why; returns st. */
	enum status (*say)(struct txn *txn, const char *what, enum status st, struct error *err);

	/* As store_wait(); NULL: nobody tells. */
	bool (*wait)(struct store *store, unsigned ms, int stop_fd);
	bool (*away)(const struct store *store); /* NULL: never */
	void (*hurry)(struct store *store);      /* NULL: there is no server to wait for */
	/* NULL: there are no servers. */
	enum status (*health)(
		struct store *store, struct store_health *health_out, struct error *err);

	const struct engine_files *files; /* NULL: it has none */

	/* --- upkeep; NULL: the database's own tools do that, by these commands --- */
	const char *copy_by, *restore_by;
	enum status (*stat)(struct store *store, struct store_stat *stat_out, struct error *err);
	enum status (*check_pages)(struct store *store, enum store_look how, struct error *err);
	unsigned (*clear_readers)(struct store *store);
	enum status (*copy)(struct store *store, const char *path, struct error *err);
	enum status (*rewrite)(struct store *store, struct error *err);
	enum status (*restore)(const struct engine *engine, const struct store_options *options,
		const char *backup, bool force, char **kept_out, struct error *err);
};

/* For an engine's open() and close(): the part that all have in common. */
void store_init(struct store *store, const struct engine *engine);
void store_release(struct store *store);

/* Runs fn in a transaction that has begun; what failed in it is its status, and said. */
enum status txn_run(struct txn *txn, const char *what, store_fn *fn, void *arg, struct error *err);
/* The same for one of a group; sets job->status. */
void job_run(struct txn *txn, struct job *job);

#endif
