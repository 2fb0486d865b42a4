/* Rows that only make sense beside another one: each kind, what makes it right, and how it is
 * mended. For check.c. */
#ifndef MILTICKET_CHECK_ROWS_H
#define MILTICKET_CHECK_ROWS_H

#include "tables/check.h"

/* Adds a line per row that is wrong; mends it when there are options for that (NULL: there are
 * none). */
enum status check_rows(struct txn *txn, const struct check_options *repair, GPtrArray *findings,
	struct error *err);

#endif
