/* What the files of the check share. The check is one engine over kinds of row: each kind says
 * what is wrong with a row, and how it is repaired. */
#ifndef MILTICKET_CHECK_PARTS_H
#define MILTICKET_CHECK_PARTS_H

#include "tables/check.h"
#include "tables/record-table.h"

/* One run of the check; in a transaction when txn is set. */
struct check {
	const struct check_options *options;
	struct txn *txn;
	GArray *kinds;        /* struct row_kind */
	GPtrArray *findings;  /* char *, the caller's */
	GPtrArray *wrong;     /* struct wrong_row *, owned: to be repaired */
	GHashTable *files;    /* names of files that messages have: char * */
	GPtrArray *unclaimed; /* char *: files that no message names */
	uint64_t tickets;     /* looked at */
};

struct check_row {
	struct bytes key, value;
	const void
		*record; /* of a kind with its own type: what the row says; NULL: it is damaged */
	const char *damage; /* then why */
};

struct row_kind;
typedef enum status row_check(struct check *check, const struct row_kind *kind,
	const struct check_row *row, struct error *err);

struct row_kind {
	enum store_table table;
	const struct table_type *type;   /* whose rows or index rows these are; NULL: anything's */
	const struct index_table *index; /* which of its index tables */
	row_check *look;                 /* adds findings when the row is wrong */
	row_check *repair;               /* NULL: a wrong row is removed */
};

/* The kinds that no description of a table tells; ended by look NULL. */
extern const struct row_kind check_row_kinds[];

/* How a damaged record is made anew. */
struct check_remake {
	const struct table_type *type;
	row_check *remake;
};
extern const struct check_remake check_remakes[]; /* ended by type NULL */

void check_find(struct check *check, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* Says the finding, N_("…"), when there is no such row. */
enum status check_need(
	struct check *check, enum store_table table, struct bytes key, const char *finding);
/* The number that a key of a ticket, a message or an event begins with. */
uint64_t check_ticket_of(struct bytes key);

/* --- messages against their files: check-files.c --- */

row_check check_file_look, check_file_repair;
/* Files that a purge or a redaction still has to remove are known, too. */
enum status check_files_begin(struct check *check, struct error *err);
/* After the rows: adds what no message names to `unclaimed`. */
enum status check_files_unnamed(struct check *check, struct error *err);
enum status check_files_set_aside(struct check *check, struct error *err);

#endif
