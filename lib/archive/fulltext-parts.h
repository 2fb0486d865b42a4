/* What the files of fulltext share: the open file and its statements. */
#ifndef MILTICKET_FULLTEXT_PARTS_H
#define MILTICKET_FULLTEXT_PARTS_H

#include <gio/gio.h>
#include <sqlite3.h>

#include "archive/fulltext.h"

/* Of a row's id: the ticket's own above, the message's seq below. */
enum { FULLTEXT_SEQ_BITS = 20 };

enum fulltext_sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_ABOUT,
	SQL_SET_ABOUT,
	SQL_TICKET_BY_NUMBER,
	SQL_TICKET_BY_ID,
	SQL_ADD_TICKET,
	SQL_SET_LAST,
	SQL_REMOVE_TICKET,
	SQL_DOCUMENTS,
	SQL_PUT_DOCUMENT,
	SQL_REMOVE_DOCUMENT,
	SQL_PUT_WORDS,
	SQL_REMOVE_WORDS,
	SQL_ADD_TERM,
	SQL_ADD_PART,
	SQL_BEGINNINGS,
	SQL_PARTS,
	SQL_COUNT
};

struct fulltext {
	sqlite3 *db;
	char *directory, *path;
	bool writable, damaged;
	dev_t device; /* of the file that was opened */
	ino_t inode;
	sqlite3_stmt *statements[SQL_COUNT]; /* prepared when first asked for */
	GConverter *packer, *unpacker;
	GHashTable *terms; /* char *: seen lately, so that they need not be added again */
	GHashTable *fresh; /* char *: of this transaction, to be added */
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
/* What the file says of itself. */
enum status fulltext_set_about(
	struct fulltext *f, const char *key, const char *value, struct error *err);

#endif
