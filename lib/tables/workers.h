/* Who is told of a ticket: its agent, or who stands in for them, else the members of its queue. */
#ifndef MILTICKET_WORKERS_H
#define MILTICKET_WORKERS_H

#include "model/ticket.h"
#include "store/store.h"

/* Is the agent away at this time? */
bool agent_is_away(const struct agent *agent, int64_t now);

/* Adds their addresses (owned), each once: of the ticket's agent; of their deputy while they are
 * away, who must be there and in the queue; else of the queue's members, LIMIT_NOTIFIED at most.
 * Members who are away are left out unless all are. not_told_out: members past the limit. */
struct workers_query {
	const char *agent; /* login; NULL: nobody has it */
	const char *queue;
	int64_t now;
};
enum status workers_find(struct txn *txn, const struct workers_query *query, GPtrArray *addresses,
	unsigned *not_told_out, struct error *err);

/* Who stands in for the agent at this time: themself while they are there, else their deputy if
 * that one is there and in the queue. ST_NOT_FOUND: nobody does, or there is no such agent. */
enum status workers_stand_in(struct txn *txn, const struct workers_query *query,
	struct agent *agent_out, struct error *err);

#endif
