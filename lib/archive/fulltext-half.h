/* One of the files that an index is: an index of its own of some of the tickets. What the files of
 * fulltext share. */
#ifndef MILTICKET_FULLTEXT_HALF_H
#define MILTICKET_FULLTEXT_HALF_H

#include <sys/stat.h>

#include "archive/fulltext-library.h"
#include "archive/fulltext.h"

/* Of a row's id: the ticket's own above, the message's seq below. */
enum { FULLTEXT_SEQ_BITS = 20 };

enum fulltext_sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_ABOUT,
	SQL_SET_ABOUT,
	SQL_ADD_DEAD,
	SQL_OWE,
	SQL_TICKET_BY_NUMBER,
	SQL_TICKET_BY_ID,
	SQL_ADD_TICKET,
	SQL_SET_LAST,
	SQL_SET_OWN,
	SQL_REMOVE_TICKET,
	SQL_PUT_WORDS,
	SQL_REMOVE_WORDS,
	SQL_PARTS,
	SQL_ALL_PARTS,
	SQL_SET_PARTS,
	SQL_COUNT
};

enum { KNOWN_RECENT = 2048 };

/* Words that were met lately, by hash: most that come are among them. */
struct known {
	uint64_t *slots;               /* 0: free */
	uint64_t recent[KNOWN_RECENT]; /* some of them, that the processor has at hand */
	unsigned n, size;
};

struct half {
	struct fulltext *whole;
	sqlite3 *db;
	const char *name; /* its file's */
	char *directory, *path;
	bool writable, damaged;
	dev_t device; /* of the file that was opened */
	ino_t inode;
	int64_t made; /* counts how often it was emptied: as half_place() met it; 0: it did not
	                 yet */
	sqlite3_stmt *statements[SQL_COUNT]; /* prepared when first asked for */
	struct known known;
	GPtrArray *fresh; /* char *: words of this transaction that may be new */
	/* the ticket that was written last; its `last` may not be in the file yet */
	uint64_t number, last; /* number 0: none */
	int64_t id;
	bool last_changed;
	bool merged; /* nothing is left to be */
};

/* Tickets with odd numbers are in the first, the others in the second: two threads fill them. */
enum { FULLTEXT_HALVES = 2 };

struct fulltext {
	struct half halves[FULLTEXT_HALVES];
	bool many; /* rows are in this transaction */
};

static inline struct half *fulltext_half_of(struct fulltext *f, uint64_t number)
{
	return &f->halves[number % 2 ? 0 : 1];
}

/* How far both are; *alike_out: one is not new where the other is filled. */
enum status fulltext_places(struct fulltext *fulltext, struct fulltext_place *place_out,
	bool *alike_out, struct error *err);

/* --- the file --- */

/* As fulltext_open(). half: cleared; half_close() is due whatever becomes of it. */
enum status half_open(struct half *half, const struct fulltext_options *options, const char *name,
	struct error *err);
void half_close(struct half *half);
enum status half_destroy(const char *directory, const char *name, struct error *err);

/* The statement, reset and without values; NULL: err says why. Borrowed. */
sqlite3_stmt *half_statement(struct half *half, enum fulltext_sql sql, struct error *err);
/* Runs one that gives no rows. */
enum status half_step(struct half *half, sqlite3_stmt *statement, struct error *err);
enum status half_run(struct half *half, const char *sql, struct error *err);
/* What the last call's failure is, in words. */
enum status half_failed(struct half *half, const char *what, struct error *err);
/* It is not as we wrote it: ST_IO, and the file goes when it is closed, as one does that SQLite
 * found damaged. */
enum status half_is_damaged(struct half *half, struct error *err);

/* --- what it says of itself --- */

enum status half_place(struct half *half, struct fulltext_place *place_out, struct error *err);
enum status half_set_place(
	struct half *half, const struct fulltext_place *place, struct error *err);
/* ST_BUSY when it was emptied since its place was asked for: what is not found in it may be there.
 */
enum status half_check_made(struct half *half, struct error *err);
/* Words that parts are looked for in are added to words: owned by it. */
enum status half_look(struct half *half, struct fulltext_status *status_out, GHashTable *words,
	struct error *err);
enum status half_empty(struct half *half, struct error *err);
/* As fulltext_merge(). */
enum status half_merge(struct half *half, bool *merged_out, struct error *err);
/* The ticket's id, and its last message; ST_NOT_FOUND. */
enum status half_find_ticket(
	struct half *half, uint64_t number, int64_t *id_out, uint64_t *last_out, struct error *err);

/* Forgets what a transaction that is not committed has in memory. */
void half_forget(struct half *half);

#endif
