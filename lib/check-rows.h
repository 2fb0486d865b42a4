/* Rows that only make sense beside another one: each kind, what makes it right, and how it is mended. For check.c. */
#ifndef MILTICKET_CHECK_ROWS_H
#define MILTICKET_CHECK_ROWS_H

#include "store.h"

/* Adds a line per row that is wrong; mends it when told to. */
enum status check_rows(struct txn *txn, bool repair, GPtrArray *findings, struct error *err);

#endif
