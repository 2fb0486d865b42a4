/* Fills the index of words (archive/fulltext.h) from the store: first with all tickets, by number,
 * then by following the log. Whoever calls brings it further, the daemon after each change, the
 * tool before it asks; who is killed leaves it where the last commit was. */
#ifndef MILTICKET_INDEXING_H
#define MILTICKET_INDEXING_H

#include "archive/fulltext.h"
#include "store/store.h"

/* The store's index, in its directory. Fails as fulltext_open() does. */
enum status indexing_open(struct store *store, const char *directory, bool writable,
	struct fulltext **fulltext_out, struct error *err);

/* By who is in a transaction: one that is complete but for what happened just now, to be asked
 * only. ST_NOT_FOUND: it is not built yet. secret: the store's. */
enum status indexing_open_whole(const guint8 secret[STORE_SECRET_BYTES], const char *directory,
	struct fulltext **fulltext_out, struct error *err);

struct indexing_progress {
	bool done;       /* nothing of the store is missing in it */
	bool building;   /* its tickets are, and not only what happened lately */
	uint64_t behind; /* events of the log that it has not seen; 0 while it is built */
	uint64_t number, last_number; /* building: up to which ticket it has come, of how many */
	int64_t since; /* µs, of indexing_look(): the first of these events happened then; 0 */
};
/* How far it is, without going on. */
enum status indexing_look(struct store *store, struct fulltext *fulltext,
	struct indexing_progress *progress_out, struct error *err);

/* The last serial of the store's log: nothing is missing in an index that was done at it. */
enum status indexing_log_end(struct store *store, uint64_t *serial_out, struct error *err);

/* One step: at most so many tickets, or events of the log. ST_BUSY: another process does. */
enum status indexing_step(struct store *store, struct fulltext *fulltext, unsigned most,
	struct indexing_progress *progress_out, struct error *err);

/* How far it is, for who wants to know or to end it. */
struct indexing_watch {
	struct indexing_progress progress;
	bool (*go_on)(struct indexing_watch *watch); /* after each step; false: no more of them */
	void *arg;
};
/* Steps until it is done or nobody wants it to go on. Two threads work while it is built. */
enum status indexing_all(struct store *store, struct fulltext *fulltext, unsigned most,
	struct indexing_watch *watch, struct error *err);

/* For purge and redact, before they return: what they removed is in the index no more. One that had
 * any of it is empty afterwards; the daemon, or who searches next, fills it again. Nothing when
 * there is none. */
enum status indexing_forget(struct store *store, const char *directory, struct error *err);

#endif
