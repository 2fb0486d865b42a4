/* What is due, and when: one index of times over all kinds of work that time brings. Its rows are
 * made of the ticket alone: a kind is a field of time whose row in model/ticket.c has .due. Who
 * does the work sets that field back, or on, in the same transaction, and so takes the row: it is
 * done once, whoever else looks. */
#ifndef MILTICKET_DUE_INDEX_H
#define MILTICKET_DUE_INDEX_H

#include "model/ticket.h"
#include "store/store.h"

struct due_row {
	int64_t time;
	uint64_t number;
	enum due_kind kind; /* one that only a newer program knows is passed over */
};
/* The row in TABLE_DUE: time, number; and the kind, but for DUE_WAKE, which older stores have. */
void due_row_key(struct key *key, const struct due_row *row);
struct due_row due_row_read(struct bytes key);

/* When work of that kind is due; 0: never. */
int64_t due_time(const struct ticket *ticket, enum due_kind kind);
void due_set_time(struct ticket *ticket, enum due_kind kind, int64_t time);

/* Moves the rows of a ticket from how it was (NULL: new) to how it is (NULL: gone). */
enum status due_index_move(
	struct txn *txn, const struct ticket *before, const struct ticket *after);
/* Has it all of its rows? */
enum status due_index_right(struct txn *txn, const struct ticket *ticket, bool *right_out);

/* The oldest rows that are due, at most max, in the order of time. */
enum status due_index_find(struct txn *txn, int64_t now, struct due_row *rows, size_t max,
	size_t *n_out, struct error *err);

/* When the first of all rows is due; 0: there is none. */
enum status due_index_next(struct txn *txn, int64_t *time_out, struct error *err);

/* Takes a row away that leads to no ticket, or to one that says otherwise. */
enum status due_index_drop(struct txn *txn, const struct due_row *row, struct error *err);

#endif
