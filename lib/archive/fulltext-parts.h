/* What the files of fulltext share: the open file and its statements. */
#ifndef MILTICKET_FULLTEXT_PARTS_H
#define MILTICKET_FULLTEXT_PARTS_H

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

/* Words that were met lately, by hash: most that come are among them. */
struct known {
	uint64_t *slots; /* 0: free */
	unsigned n, size;
};

struct fulltext {
	sqlite3 *db;
	char *directory, *path;
	bool writable, damaged;
	dev_t device; /* of the file that was opened */
	ino_t inode;
	int64_t made; /* counts how often it was emptied: as fulltext_place() met it; 0: it did not
	                 yet */
	sqlite3_stmt *statements[SQL_COUNT]; /* prepared when first asked for */
	struct known known;
	GPtrArray *fresh; /* char *: words of this transaction that may be new */
	/* the ticket that was written last; its `last` may not be in the file yet */
	uint64_t number, last; /* number 0: none */
	int64_t id;
	bool last_changed;
};

/* The statement, reset and without values; NULL: err says why. Borrowed. */
sqlite3_stmt *fulltext_statement(struct fulltext *f, enum fulltext_sql sql, struct error *err);
/* Runs one that gives no rows. */
enum status fulltext_step(struct fulltext *f, sqlite3_stmt *statement, struct error *err);
/* What the last call's failure is, in words. */
enum status fulltext_failed(struct fulltext *f, const char *what, struct error *err);
/* It is not as we wrote it: ST_IO, and the file goes when it is closed, as one does that SQLite
 * found damaged. */
enum status fulltext_is_damaged(struct fulltext *f, struct error *err);
/* ST_BUSY when it was emptied since its place was asked for: what is not found in it may be there.
 */
enum status fulltext_check_made(struct fulltext *f, struct error *err);
/* What the file says of itself. */
enum status fulltext_set_about(
	struct fulltext *f, const char *key, const char *value, struct error *err);
/* The ticket's id, and its last message; ST_NOT_FOUND. */
enum status fulltext_find_ticket(struct fulltext *f, uint64_t number, int64_t *id_out,
	uint64_t *last_out, struct error *err);

/* Forgets what a transaction that is not committed has in memory. */
void fulltext_forget(struct fulltext *f);

#endif
