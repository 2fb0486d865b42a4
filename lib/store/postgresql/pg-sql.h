/* Statements over the tables of the store, made of their shapes. Each has a name, under which a
 * connection prepares it once. All columns of a row are asked for, in the order of its shape. */
#ifndef MILTICKET_PG_SQL_H
#define MILTICKET_PG_SQL_H

#include "store/store-shape.h"

/* Rows are written by statements of so many: powers of two. */
enum { SQL_ROWS_MAX = 64 };

struct pg_statement {
	char *name, *sql;
	uint32_t *types;
	int n; /* values */
};
void pg_statement_free(void *statement); /* NULL */

/* "\"a\", \"b\"": all columns, of a table that the statement calls `of`; "": its only one. Owned.
 */
char *pg_sql_columns(const struct shape *shape, const char *of);

/* Owned. values of the key; values of n rows; values of the key. */
struct pg_statement *pg_sql_get(enum store_table table);
struct pg_statement *pg_sql_put(enum store_table table, unsigned rows);
struct pg_statement *pg_sql_delete(enum store_table table);

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
