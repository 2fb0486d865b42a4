/* Connections to PostgreSQL: made, waited for, tried again. Every wait is here, has a deadline, and
 * is counted. With pg-*.c the only file that includes <libpq-fe.h>. */
#ifndef MILTICKET_PG_LINK_H
#define MILTICKET_PG_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "store/postgresql/pg-library.h"

/* How a server is reached; of a store, and for its life. */
struct pg_server {
	char *url;      /* without a password */
	char *shown;    /* what of it error texts name: hosts and database */
	char *password; /* NULL: libpq looks for one in its own places */
	/* Tried one after the other: a dead one must not use up the time of all. NULL: none given;
	 * else as many as there are hosts, or one port for all. */
	char **hosts, **addresses, **ports;
	unsigned n_hosts; /* 1 where none is given */
	int last;         /* the one that was right; atomic */
	int unsafe;       /* the last one could be reached, and nothing is safe there; atomic */
	int hurries;      /* end_by is set, and for good; atomic */
	int64_t end_by;   /* monotonic time; nobody waits any longer */
	int64_t deadline_s;
	bool require_sync; /* committed means on a quorum of servers */
	bool durable;      /* a commit is on disk */
	bool read_only;
};

/* ST_REFUSED: the url has a password in it, is none, or the file of the password is not for us, or
 * for all. password_file may be NULL or "". */
enum status pg_server_init(
	struct pg_server *server, const char *url, const char *password_file, struct error *err);
void pg_server_release(struct pg_server *server);
/* deadline_s from now, or as soon as pg_server_hurry() has said. */
int64_t pg_server_deadline(const struct pg_server *server);
/* No later than it has said. */
int64_t pg_server_latest(const struct pg_server *server, int64_t deadline);
/* What begins to wait from now on waits until deadline_s from now, and no longer. Once. */
void pg_server_hurry(struct pg_server *server);

struct pg_link {
	PGconn *conn;
	const struct pg_server *server;
	int64_t deadline; /* monotonic time; set by who uses the link, before each use */
	int64_t checked;  /* when it was last seen that the server is one for us */
	int64_t unused;   /* since when nobody has it; the pool's */
	/* A wait for other servers was given up in COMMIT: it is not known whether they have it.
	 * Set by the server's warning; cleared by who asks. */
	bool unknown;
	bool unsafe; /* it was found to be set so that what is committed may be lost */
	bool broken; /* of no use any more: pg_link_close() it */
	uint64_t trips;
	int64_t waited;       /* microseconds, for the server, since the link was made */
	GHashTable *prepared; /* names of statements that this one knows; pg-batch.c's; NULL */
	char state[6];        /* SQLSTATE of the last failure; "": the network's */
	char reason[ERROR_MAX];
};

/* Connects, asks whether the server is one for us, and sets the session up: UTF-8, the schema, time
 * limits. ST_BUSY: not now; ST_REFUSED: not at all. */
enum status pg_link_open(
	struct pg_server *server, int64_t deadline, struct pg_link **link_out, struct error *err);
void pg_link_close(struct pg_link *link);

/* Is it still one for us: a primary, with a quorum where one is asked for? One round trip. */
enum status pg_link_check(struct pg_link *link, struct error *err);

/* libpq would not take what was put into its buffer: the link is broken. Gives ST_BUSY. */
enum status pg_link_lost(struct pg_link *link);
/* Sends what was put into libpq's buffer; a round trip begins. Not ST_OK: the link is broken. */
enum status pg_link_flush(struct pg_link *link);
/* PQgetResult(), at most until the deadline; NULL as there. Not ST_OK: the link is broken. */
enum status pg_link_result(struct pg_link *link, PGresult **result_out);

/* One statement from its start to its end, outside a pipeline; several in one text without values.
 * *result_out (may be NULL) is the caller's: the last one. What the server refuses is a status,
 * with link->state and link->reason, and leaves the link as it was. */
enum status pg_link_run(struct pg_link *link, const char *sql, PGresult **result_out);
enum status pg_link_ask(struct pg_link *link, const char *sql, const char *const *values, int n,
	PGresult **result_out);

/* The same with values and cells in the binary format. */
struct pg_values {
	const char *const *values;
	const int *lengths, *formats; /* 0: a text that NUL ends */
	int n;
};
enum status pg_link_fetch(struct pg_link *link, const char *sql, const struct pg_values *values,
	PGresult **result_out);

/* The status of a result; a failure is kept as link->state and link->reason. */
enum status pg_link_settle(struct pg_link *link, const PGresult *result);
/* "cannot WHAT store 'a,b/milticket': REASON"; returns st. */
enum status pg_link_error(
	const struct pg_link *link, const char *what, enum status st, struct error *err);

/* --- several of them --- */

/* Links that were made before are taken again; after a failure to connect there is a pause before
 * the next try, whoever tries. Threads share it. */
struct pg_pool;
/* A look at a new link before anybody has it. */
typedef enum status pg_greet_fn(struct pg_link *link, void *arg, struct error *err);
struct pg_pool *pg_pool_new(struct pg_server *server, unsigned max, pg_greet_fn *greet, void *arg);
void pg_pool_free(struct pg_pool *pool); /* all of them were given back; NULL */
/* Waits for a server, and for a link, until the deadline, which becomes its own. */
enum status pg_pool_take(
	struct pg_pool *pool, int64_t deadline, struct pg_link **link_out, struct error *err);
/* What cannot be had at once is refused: for who opens a store. */
enum status pg_pool_try(struct pg_pool *pool, struct pg_link **link_out, struct error *err);
void pg_pool_give(struct pg_pool *pool, struct pg_link *link); /* NULL; closes a broken one */

/* Closes those that only a burst of mail had needed: to be called every few seconds. */
void pg_pool_trim(struct pg_pool *pool);

struct pg_counts {
	uint64_t trips; /* of links that were given back */
	uint64_t connects, failures;
};
struct pg_counts pg_pool_counts(struct pg_pool *pool);
/* Has none been to be had for so long, and no other one served since? */
bool pg_pool_away(struct pg_pool *pool, int64_t us);

#endif
