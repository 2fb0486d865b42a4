/* The rows of the store as rows of relational tables: what tables and columns are called, of which
 * type they are, and how bytes of the store become cells and cells become bytes again. Made of the
 * field tables (model/record.h): a new field is a new column, a new table without a row in
 * store-shape.c has its key as bytes. For engines; knows no SQL but the names of types.
 *
 * A cell is what PostgreSQL's protocol calls the binary format of its type. A text that no UTF-8
 * can be, or that has a NUL, is there all the same: each such byte is one character of U+10FF00 to
 * U+10FFFF. */
#ifndef MILTICKET_STORE_SHAPE_H
#define MILTICKET_STORE_SHAPE_H

#include "model/record.h"
#include "store/store.h"

enum { SHAPE_COLUMNS_MAX = 100, SHAPE_PARTS_MAX = 3 };

enum column_type {
	COLUMN_NUMBER,  /* bigint */
	COLUMN_TIME,    /* timestamptz; a field's that is unknown (0) is null */
	COLUMN_BOOL,    /* boolean */
	COLUMN_TEXT,    /* text */
	COLUMN_LIST,    /* text[] */
	COLUMN_NUMBERS, /* bigint[] */
	COLUMN_BYTES,   /* bytea */
};

/* How a column that is no field stands in a key, or in a value that is no record. */
enum column_part {
	PART_NONE,
	PART_U8,
	PART_U32,
	PART_U64,
	PART_TIME,   /* key_u64() of microseconds; 0 is 1970 */
	PART_NUMBER, /* key_number(); more than INT64_MAX is taken for that */
	PART_TEXT,   /* key_text(), the last of a key */
	PART_HASH,   /* KEY_HASH_BYTES */
	PART_REST,   /* all that is left, as bytes */
	PART_WORDS,  /* all that is left, as text */
};

struct column {
	const char *name;
	enum column_type type;
	enum column_part part;
	const struct field *field; /* of the record; a part of the key may be one, too */
	bool always;               /* never null */
};

struct shape {
	const char *name;
	const struct record_type *record; /* NULL: the value is made of parts */
	/* Those of the key, in its order; those of the value; and at last `raw`: a value that is
	 * none of them, as it came, when all the others of the value are null or empty. */
	struct column columns[SHAPE_COLUMNS_MAX];
	size_t n_keys, n;
};

/* For ever; from any thread. */
const struct shape *store_shape(enum store_table table);

const char *column_sql_type(const struct column *column); /* "bigint" */
uint32_t column_oid(const struct column *column);         /* of that type, in every PostgreSQL */

/* What a number, text or list that never is null has where nothing is given: "0", "''"; NULL where
 * there is no such value. Rows that were there before their column have it. */
const char *column_sql_default(const struct column *column);

/* --- bytes to cells --- */

struct cells {
	size_t n;
	int len[SHAPE_COLUMNS_MAX]; /* -1: null */
	guint at[SHAPE_COLUMNS_MAX];
	GByteArray *bytes;
};
void cells_init(struct cells *cells);
void cells_release(struct cells *cells);
/* Borrowed until cells are added; NULL when it is null. */
const char *cells_data(const struct cells *cells, size_t i);

/* Appends the cells of a whole key. False, and nothing appended, when it is none of this table. */
bool shape_key_cells(const struct shape *shape, struct bytes key, struct cells *cells);

/* Appends the cells of the parts that a key begins with. *open_out: the last of them is only what a
 * PART_REST begins with; its end is cells_after(). False when it is none. */
bool shape_prefix_cells(
	const struct shape *shape, struct bytes prefix, struct cells *cells, bool *open_out);

/* Appends the first bytes that don't begin with those of cell i any more; null: there are none. */
void cells_after(struct cells *cells, size_t i);

/* Appends the cells of a value, `raw` last. */
void shape_value_cells(const struct shape *shape, struct bytes value, struct cells *cells);

/* --- and back --- */

struct cell {
	const void *data;
	int len; /* -1: null */
};

/* Of the first n_keys cells of a row. */
void shape_row_key(const struct shape *shape, const struct cell *row, struct key *key_out);
/* Of all its cells; replaces what value_out had. Empty, which no record is, where a cell has what
 * only a newer program understands. */
void shape_row_value(const struct shape *shape, const struct cell *row, GByteArray *value_out);

/* --- texts --- */

/* Appends bytes as such a text, and the bytes of one. */
void shape_put_text(GByteArray *out, const void *data, size_t len);
void shape_get_text(GByteArray *out, const void *text, size_t len);

#endif
