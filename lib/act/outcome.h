/* What the caller of intake() is to do with the message, and to log of it. */
#ifndef MILTICKET_OUTCOME_H
#define MILTICKET_OUTCOME_H

#include "decide/automatic.h"
#include "decide/classify.h"
#include "mail/edits.h"

struct outcome {
	struct edits edits; /* what is to be done to the message */
	enum whose whose;
	bool left_alone;   /* not recorded: accepted as it came; `reason` says why */
	bool duplicate;    /* recorded before: same ticket, same edits, nothing added */
	unsigned not_told; /* members of the queue past LIMIT_NOTIFIED */
	bool queued;       /* something is in the outbox: wake the sender */
	bool over_hour;    /* not answered: there were policy.answers_per_hour */
	uint64_t ticket, seq;
	const char *event; /* of its arrival (ticket.h), or "commands"; static */
	int match;         /* enum match_how */
	enum automatic automatic;
	const char *reason; /* static; NULL */
	char *queue;        /* owned */
	char *agent;        /* login of the authenticated agent who sent it; NULL; owned */
	/* login of the agent that From names while nobody vouches for the sender; NULL; owned */
	char *claimed;
};
void outcome_init(struct outcome *outcome);
void outcome_release(struct outcome *outcome);

#endif
