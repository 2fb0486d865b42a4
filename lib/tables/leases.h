/* What one of the hosts that share a store does for all: which of them, and until when. As with the
 * outbox (milter/sender.c) a lease runs out by the clock, so that one who died is followed by
 * another; and each that is taken has a later token than all before, so that one who was late finds
 * that it is not his any more. */
#ifndef MILTICKET_LEASES_H
#define MILTICKET_LEASES_H

#include "store/store.h"

struct lease {
	uint64_t token; /* of who has it; 0: nobody ever had */
	int64_t until;
	char *holder; /* owned; whoever it is, as people are told; NULL */
};
void lease_release(struct lease *lease);

/* As it is stored; *lease_out zeroed or released. */
enum status lease_load(
	struct txn *txn, const char *name, struct lease *lease_out, struct error *err);

/* Takes it, if nobody else has it; for the holder's own it goes on. *token_inout: 0 at first, then
 * what it gave: ST_EXISTS when another has it, or has had it since. Names are of our making. */
struct lease_wish {
	const char *name, *holder;
	int64_t now, until;
	uint64_t token;
};
enum status lease_take(struct txn *txn, struct lease_wish *wish, struct error *err);
/* Gives up what has that token; ST_OK also when it is another's by now. */
enum status lease_give_back(struct txn *txn, const char *name, uint64_t token, struct error *err);

#endif
