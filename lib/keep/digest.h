/* A mail a day to each agent, or to who is responsible for a queue: what is overdue, what wakes
 * today, what is theirs by age, what is nobody's in their queues. */
#ifndef MILTICKET_DIGEST_H
#define MILTICKET_DIGEST_H

#include "model/ticket.h"
#include "settings/settings.h"
#include "store/store.h"

/* The digest of an agent as it is now, times as their clock has them; empty: there is nothing.
 * lead: of all tickets of the queues that they are responsible for, too. */
enum status digest_write(struct txn *txn, const struct agent *agent, bool lead, int64_t now,
	GString *out, struct error *err);

/* Sends those that are due, through the outbox, each in the transaction that notes it in the
 * agent's record: once a day by their clock, whoever is killed when. None to who is away. */
enum status digest_send(struct store *store, const struct settings *settings, int64_t now,
	unsigned *count_out, struct error *err);

#endif
