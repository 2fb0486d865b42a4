/* A merged ticket is a ticket of its own again. */
#ifndef MILTICKET_UNMERGE_H
#define MILTICKET_UNMERGE_H

#include "act/commander.h"

/* With the messages that it had. into: what it leads to, as it is; both are saved. ST_REFUSED
 * leaves them: nobody knows which messages these are, or none would be left. */
enum status unmerge(struct txn *txn, const struct commander *by, struct ticket *ticket,
	struct ticket *into, struct error *err);

#endif
