/* Links between tickets: each says of the other that it belongs to the same matter. */
#ifndef MILTICKET_LINK_H
#define MILTICKET_LINK_H

#include "tables/history.h"

/* One side of a link: the ticket names the other, and an event of it says so. The caller saves the
 * ticket. *added_out false: it named the other already, or has LIMIT_LINKS. */
enum status link_add(struct txn *txn, struct ticket *ticket, uint64_t other,
	const struct actor *actor, bool *added_out, struct error *err);

/* The same for a ticket that is only in the store, and saves it. One that is gone is no error. */
enum status link_stored(struct txn *txn, uint64_t number, uint64_t other, const struct actor *actor,
	struct error *err);

#endif
