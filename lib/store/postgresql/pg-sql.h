/* Statements over the tables of the store, made of their shapes. Each has a name, under which a
 * connection prepares it once. All columns of a row are asked for, in the order of its shape. */
#ifndef MILTICKET_PG_SQL_H
#define MILTICKET_PG_SQL_H

#include "store/store-shape.h"

struct pg_statement {
	char *name, *sql;
	uint32_t *types;
	int n; /* values */
};
void pg_statement_free(void *statement); /* NULL */

/* "\"a\", \"b\"": all columns, of a table that the statement calls `of`; "": its only one. Owned.
 */
char *pg_sql_columns(const struct shape *shape, const char *of);

/* Owned. Values of the key. */
struct pg_statement *pg_sql_get(enum store_table table);

/* Rows that are written: an array a column that is set, those of the key first. */
enum pg_how {
	HOW_DELETE, /* of a row that may be there */
	HOW_UPDATE, /* of one that is */
	HOW_INSERT, /* of one that is not */
	HOW_PUT,    /* of one of which that is not known; sets all columns */
	HOW_COUNT
};
struct pg_write {
	enum store_table table;
	enum pg_how how;
	bool sets[SHAPE_COLUMNS_MAX]; /* those of the key are */
};
struct pg_statement *pg_sql_write(const struct pg_write *write);
char *pg_sql_write_name(const struct pg_write *write);

/* A page of rows in the order of their keys: values of the prefix, of its end if it is open, of
 * `at`, and how many. */
struct pg_page {
	enum store_table table;
	size_t prefix;   /* columns of the key that are given */
	bool open, ends; /* the last of them is what it begins with; and it has an end */
	size_t at;       /* columns of the key to begin at; 0: at the end of the range */
	bool inclusive;
	bool reverse;
};
struct pg_statement *pg_sql_page(const struct pg_page *page);
char *pg_sql_page_name(const struct pg_page *page);

#endif
