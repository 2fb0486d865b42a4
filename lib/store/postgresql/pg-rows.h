/* What a group of writers has read and written, row by row, until it is committed: read from the
 * server once, and written to it in one batch. Each writer's part can be undone by itself. */
#ifndef MILTICKET_PG_ROWS_H
#define MILTICKET_PG_ROWS_H

#include "store/store.h"

enum pg_theirs { THEIRS_UNKNOWN, THEIRS_ABSENT, THEIRS_PRESENT };

struct pg_row {
	enum store_table table;
	struct bytes key, value; /* value: while it is there */
	bool there;
	bool dirty; /* the server may not have it so */
	/* What the server has: known of rows that were learnt before they were written. */
	enum pg_theirs theirs;
	struct bytes was; /* of THEIRS_PRESENT, once it is dirty */
};

struct pg_rows;
struct pg_rows *pg_rows_new(void);
void pg_rows_free(struct pg_rows *rows); /* NULL */
/* Forgets all of them. */
void pg_rows_clear(struct pg_rows *rows);
/* Bytes of keys and values. */
size_t pg_rows_size(const struct pg_rows *rows);

/* NULL: nothing is known of it. */
const struct pg_row *pg_rows_find(
	const struct pg_rows *rows, enum store_table table, struct bytes key);
/* Is the row known, or known not to be there? */
bool pg_rows_known(const struct pg_rows *rows, enum store_table table, struct bytes key);

/* As the server has it; value NULL: not at all. What is known already stays. */
void pg_rows_learn(
	struct pg_rows *rows, enum store_table table, struct bytes key, const struct bytes *value);
/* All rows with that prefix whose keys are not before `low` have been learnt. */
void pg_rows_learn_range(
	struct pg_rows *rows, enum store_table table, struct bytes prefix, struct bytes low);
/* From where on they have; false: from nowhere. */
bool pg_rows_range(const struct pg_rows *rows, enum store_table table, struct bytes prefix,
	struct bytes *low_out);

/* Writes; value NULL: deletes. */
void pg_rows_set(
	struct pg_rows *rows, enum store_table table, struct bytes key, const struct bytes *value);
/* Here a writer begins; what the one before wrote stays. Its values are valid until then. */
void pg_rows_mark(struct pg_rows *rows);
/* Undoes all since the mark. */
void pg_rows_undo(struct pg_rows *rows);

/* Where a walk is: the row whose key is next to `at` among those that are there. NULL: none. */
struct pg_rows_place {
	enum store_table table;
	struct bytes prefix;
	struct bytes at; /* empty: the end that the walk begins at */
	bool inclusive;  /* `at` itself, too */
	bool reverse;
};
const struct pg_row *pg_rows_next(const struct pg_rows *rows, const struct pg_rows_place *place);

/* Those that are to be written, by table and key. */
GPtrArray *pg_rows_dirty(const struct pg_rows *rows); /* struct pg_row *, borrowed; owned */

#endif
