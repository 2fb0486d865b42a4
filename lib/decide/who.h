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
/* Is the agent its author? From is an address of theirs or, where they write as the desk, one of
 * ours; else they pass on what another wrote. */
bool who_wrote_it(const struct who *who, const struct arrival *arrival);
/* The same, but From may also be an address of the agent's that the store does not have: then it is
 * the envelope's sender too. A client that redirects a mail silently keeps its From, and mostly
 * names its own user in the envelope; where it does not, the mail has a Received field from its
 * first journey. */
bool who_wrote_its_words(const struct who *who, const struct arrival *arrival);

/* Reasons, for who asks (why.h). */
void who_say(const struct who *who, const struct arrival *arrival, GPtrArray *why);

#endif
