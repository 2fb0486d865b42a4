/* Archive files that are to go: noted in the transaction after which no message names them, so that
 * whoever is killed before they are gone leaves them to the next one. */
#ifndef MILTICKET_DOOMED_H
#define MILTICKET_DOOMED_H

#include "model/ticket.h"
#include "store/store.h"

/* The file of a message that has one and will not name it any more. */
enum status doomed_add(struct txn *txn, const struct entry *entry, struct error *err);
/* Adds at most max names, char *. */
enum status doomed_list(struct txn *txn, guint max, GPtrArray *names, struct error *err);
/* Is it a row of these in TABLE_META? An export has none. */
bool doomed_is_row(struct bytes key);

/* Removes all that are noted from the archive in dir, but for those that a message came to name
 * again, and forgets them. */
enum status doomed_remove(
	struct store *store, const char *dir, uint64_t *count_out, struct error *err);

#endif
