/* Rows of text: for a person aligned columns that fit the terminal; for a program each row at once,
 * whole, its cells separated by tabs. */
#ifndef MILTICKET_TABLE_H
#define MILTICKET_TABLE_H

#include <stdbool.h>

#include "terminal.h"

struct table_column {
	const char *title;
	bool right;     /* numbers */
	bool stretches; /* gets what width is left, and is cut to it */
	bool gives_way; /* not shown where the terminal is too narrow for all */
	/* a person is not shown a column that has nothing but this; NULL: always shown */
	const char *usual;
};

struct table;

/* columns: of static life. */
struct table *table_new(const struct table_column *columns, unsigned count);
/* Cells are copied; NULL is "-". colour is that of cell `coloured`. */
void table_add(
	struct table *table, const char *const *cells, unsigned coloured, enum colour colour);
/* Another cell of the row that was added last has a colour. */
void table_mark(struct table *table, unsigned cell, enum colour colour);
/* A line below that row, for a person: "label: text", the text as it is. */
void table_below(struct table *table, const char *label, const char *text);
/* The columns that the text may take then. */
int table_room_below(const char *label);
/* Prints what waits to be aligned, and frees. */
void table_print(struct table *table);

#endif
