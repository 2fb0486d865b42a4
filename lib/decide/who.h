/* Who sends a message, as the store knows them. Nobody is an agent by From. */
#ifndef MILTICKET_WHO_H
#define MILTICKET_WHO_H

#include "decide/arrival.h"
#include "store/store.h"

struct who {
	/* whom the MTA vouches for; in an import, whom From names. No login: nobody */
	struct agent agent;
	bool is_agent; /* it is that agent who sends it; of an import the caller says so */
	char *claimed; /* login of the agent that From names while nobody vouches; NULL */
};

/* *out must be zeroed or released. */
enum status who_find(
	struct txn *txn, const struct arrival *arrival, struct who *out, struct error *err);
void who_release(struct who *who);

/* Is From the address of the agent who sends it? */
bool who_is_author(const struct who *who, const struct arrival *arrival);
/* Did the agent write it? From is theirs, or ours; else they pass on what another wrote. Whoever
 * writes as the desk writes by themself, too. */
bool who_wrote_it(const struct who *who, const struct arrival *arrival);
/* The same of a mail that may have come from an address of the agent's that nobody has put down.
 * Clients that pass a mail on without a word about it keep its From, and name their own user as
 * sender in the envelope, or nobody does: but such a mail has come by a server before. */
bool who_wrote_its_words(const struct who *who, const struct arrival *arrival);

/* Reasons, for who asks (why.h). */
void who_say(const struct who *who, const struct arrival *arrival, GPtrArray *why);

#endif
