/* Cells of many rows as one value each column: arrays, which unnest() makes rows of again. A
 * statement is then the same for any number of rows, and has few values. */
#ifndef MILTICKET_PG_ARRAY_H
#define MILTICKET_PG_ARRAY_H

#include "store/store-shape.h"

/* The type of elements, and of the array. An array of lists is none that has all lengths: a list is
 * its text, "{a,b}", that the statement has to cast. */
uint32_t pg_array_element_oid(const struct column *column);
uint32_t pg_array_oid(const struct column *column);
bool pg_array_is_cast(const struct column *column);

struct pg_array {
	GByteArray *elements; /* NULL: none yet */
	uint32_t n;
};
void pg_array_add(struct pg_array *array, const struct column *column, const char *data, int len);
/* Appends it as one cell. */
void pg_array_cell(struct cells *cells, const struct column *column, const struct pg_array *array);
void pg_array_release(struct pg_array *array);

#endif
