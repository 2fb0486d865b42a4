/* Rows of the store that no ticket, message, event, queue, agent or outgoing mail tells of, so that
 * an export is whole: counters, purged numbers, the secret, ids of automatic mail, further
 * identities, counts of answers. Taken and put back as bytes. */
#ifndef MILTICKET_ROWS_H
#define MILTICKET_ROWS_H

#include <stdbool.h>

#include "model/record.h"
#include "store/store.h"

struct row {
	const char *table; /* its name in an export; static */
	struct bytes key, value;
};
typedef enum status row_visit(struct txn *txn, const struct row *row, void *arg, struct error *err);

struct rows_wanted {
	const struct numbers *numbers; /* only ids of those tickets; NULL: all */
	bool secret;                   /* of token addresses, too */
};

/* Each of them, in order. */
enum status rows_each(struct txn *txn, const struct rows_wanted *wanted, row_visit *fn, void *arg,
	struct error *err);
/* ST_BAD_INPUT when there is no table of that name among them, or the row is none of theirs. */
enum status rows_put(struct txn *txn, const struct row *row, struct error *err);

/* Nothing was ever recorded: no record but those of every store, and no number was given. */
enum status rows_store_is_new(struct txn *txn, bool *new_out, struct error *err);

#endif
