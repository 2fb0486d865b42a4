/* What the files of the engine share. */
#ifndef MILTICKET_PG_STORE_H
#define MILTICKET_PG_STORE_H

#include <pthread.h>

#include "store/engine.h"
#include "store/postgresql/pg-batch.h"
#include "store/postgresql/pg-rows.h"

/* The engine itself, for who chooses one. */
extern const struct engine pg_engine;
extern const struct engine_files pg_files;

enum { PG_WRITER_BYTES = 16 };

struct pg_store {
	struct store store;
	struct pg_server server;
	struct pg_pool *pool;
	pthread_mutex_t begin_lock;
	int begun; /* atomic: the database was found to be as we need it, and its secret read */
	pthread_mutex_t lock;
	GHashTable *statements; /* name → struct pg_statement *; made once, kept */
	/* Who we are in table writers, and how many groups we have committed: whether one was, is
	 * asked there when the connection broke in COMMIT. */
	guint8 writer[PG_WRITER_BYTES];
	uint64_t groups;
	/* The columns that rows have set so far; of who leads. They only become more, so that
	 * statements are few. */
	bool sets[TABLE_COUNT][HOW_COUNT][SHAPE_COLUMNS_MAX];
	/* Looks that no writer had told; atomic. For tests. */
	int untold;
	/* Of who waits for what others commit; see pg-wait.c. */
	struct pg_link *listener; /* NULL: nobody listens */
	int64_t listen_from;      /* monotonic time of the next try to */
	int64_t listen_pause;
	int64_t looked; /* when it was last said that there may be something */
};

struct pg_txn {
	struct txn txn;
	struct pg_store *store;
	struct pg_link *link;
	struct pg_rows *rows; /* of a group of writers; NULL: only reads */
	bool begun;           /* in the server */
	bool alone;       /* the only writer: what it has written may go to the server at once */
	unsigned flushes; /* how often it did */
	GQueue *given;    /* without rows: what gets have given; struct pg_rows * */
	char reason[ERROR_MAX];
};

static inline struct pg_store *pg_of(struct store *store)
{
	return (struct pg_store *)store;
}

static inline struct pg_txn *pg_txn_of(struct txn *txn)
{
	return (struct pg_txn *)txn;
}

/* What the cursor of a struct scan begins with. */
struct pg_walk {
	enum status (*next)(struct scan *scan);
	void (*release)(struct scan *scan);
};

/* Functions of the engine's table; see engine.h. */
enum status pg_read(struct store *store, store_fn *fn, void *arg, struct error *err);
enum group_end pg_write(struct store *store, const struct group *group);
enum status pg_get(
	struct txn *txn, enum store_table table, struct bytes key, struct bytes *value_out);
enum status pg_put(struct txn *txn, enum store_table table, struct bytes key, struct bytes value);
enum status pg_delete(struct txn *txn, enum store_table table, struct bytes key);
enum status pg_scan_first(struct scan *scan, struct bytes prefix, struct bytes from);
enum status pg_scan_next(struct scan *scan);
void pg_scan_release(struct scan *scan);
enum status pg_query(struct scan *scan, const struct query *query);
enum status pg_count(struct txn *txn, struct queue_count *counts, size_t n);
const char *pg_reason(struct txn *txn);
enum status pg_say(struct txn *txn, const char *what, enum status st, struct error *err);
bool pg_wait(struct store *store, unsigned ms, int stop_fd);
enum status pg_rewrite(struct store *store, struct error *err);
enum status pg_health(struct store *store, struct store_health *health_out, struct error *err);

/* --- statements --- */

/* Made when they are first asked for; the store's. */
const struct pg_statement *pg_statement_get(struct pg_store *store, enum store_table table);
const struct pg_statement *pg_statement_write(struct pg_store *store, const struct pg_write *write);
const struct pg_statement *pg_statement_page(struct pg_store *store, const struct pg_page *page);
/* By a name that is the caller's; NULL: it was not added yet. sql is taken. */
const struct pg_statement *pg_statement_find(struct pg_store *store, const char *name);
const struct pg_statement *pg_statement_add(
	struct pg_store *store, const char *name, char *sql, const uint32_t *types, int n);

/* --- transactions --- */

/* Begins a batch; the first of a transaction that only reads begins it in the server. */
void pg_txn_batch(struct pg_txn *txn, struct pg_batch *batch);
/* Runs it; a failure is kept as the reason. Of who only reads each answer may take deadline_s. */
enum status pg_txn_run(struct pg_txn *txn, struct pg_batch *batch);
/* Puts what was written into a batch; false: nothing was. */
bool pg_writes_add(struct pg_store *store, const struct pg_rows *rows, struct pg_batch *batch);
/* Rows of a result, with all columns of the table. */
struct pg_learn {
	struct pg_rows *rows;
	enum store_table table;
};
void pg_learn_rows(const PGresult *result, void *learn);

/* What its jobs have told they will read goes into the batch; what comes back becomes known. */
struct pg_ahead;
struct pg_ahead *pg_ahead_add(struct pg_store *store, const struct job *jobs, struct pg_rows *rows,
	struct pg_batch *batch);
/* After the batch has run well. */
void pg_ahead_end(struct pg_ahead *ahead, const struct job *jobs, bool well);

/* Appends a number, as LIMIT has one. */
void pg_cells_count(struct cells *cells, uint64_t number);

#endif
