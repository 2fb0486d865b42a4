/* Which agent a queue gives a ticket to by itself. */
#ifndef MILTICKET_ASSIGNING_H
#define MILTICKET_ASSIGNING_H

#include "model/ticket.h"
#include "store/store.h"

/* By the queue's `assign`: round-robin, the next by login after who got one last; least-loaded, who
 * has the fewest open tickets of all queues, of those with as few the next by login. Passed over
 * are inactive and absent agents and those of other queues. Who was chosen is kept in the queue, in
 * this transaction: so each gets their share, however many tickets come at once. *login_out is
 * owned; ST_NOT_FOUND: nobody is chosen, or the queue is not there. */
enum status assigning_choose(
	struct txn *txn, const char *queue, int64_t now, char **login_out, struct error *err);

#endif
