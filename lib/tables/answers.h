/* How many automatic answers the whole installation gave in the last hour: one row of the store, so
 * that no restart and no second host forgets it. What each mailbox got in a day is in outbox.h. */
#ifndef MILTICKET_ANSWERS_H
#define MILTICKET_ANSWERS_H

#include "store/store.h"

/* Who may be answered now. The last quarter of `max` is kept for the known: those whom an agent has
 * answered before. */
enum answers_left { LEFT_FOR_ALL, LEFT_FOR_KNOWN, LEFT_FOR_NOBODY };

/* The row of the hour's count in TABLE_META. */
void answers_key(struct key *key);

/* max 0: no limit. Counted are whole minutes, the one that runs and the 60 before it, so that no 60
 * minutes, wherever they begin, have more than max. */
enum status answers_left(
	struct txn *txn, int64_t now, uint64_t max, enum answers_left *left_out, struct error *err);

/* An answer that is on its way counts in the hour; the others are only counted, for the metrics. */
enum answers_kind { ANSWERS_SENT, ANSWERS_OVER_DAY, ANSWERS_OVER_HOUR, ANSWERS_KINDS };
extern const char *const answers_kind_names[];
enum status answers_count(struct txn *txn, int64_t now, enum answers_kind kind, struct error *err);

struct answers_totals {
	uint64_t by_kind[ANSWERS_KINDS]; /* since the store was made */
	uint64_t last_hour;              /* sent */
};
enum status answers_totals(
	struct txn *txn, int64_t now, struct answers_totals *totals_out, struct error *err);

#endif
