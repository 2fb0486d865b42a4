/* Work that time brings: tickets that have waited long enough, counts that nobody needs any more.
 * For the timer thread. */
#ifndef MILTICKET_DUE_H
#define MILTICKET_DUE_H

#include "store/store.h"

/* Opens tickets whose wait is over, with an event; *count_out (may be NULL) how many. */
enum status due_wake(struct store *store, int64_t now, unsigned *count_out, struct error *err);

/* Forgets counts of automatic answers of past days. */
enum status due_forget(struct store *store, int64_t now, struct error *err);

#endif
