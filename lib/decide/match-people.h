/* How a message's sender stands to a ticket: takes part, names somebody who wrote to it. Shared
 * by the files of match.h. Reads the store, LIMIT_MATCH_TICKETS tickets and LIMIT_MATCH_ENTRIES
 * messages of them for one message at most. */
#ifndef MILTICKET_MATCH_PEOPLE_H
#define MILTICKET_MATCH_PEOPLE_H

#include "decide/match.h"

/* In the order of what they prove. */
enum standing {
	STANDING_GONE, /* there is no such ticket any more */
	/* or nobody: several authors, a forged one, one of ours; or too much had to be read */
	STANDING_STRANGER,
	STANDING_TAKES_PART, /* a participant, or an agent */
	/* and From, Reply-To, To or Cc names somebody who wrote to the ticket */
	STANDING_KNOWS_WRITER
};

struct people {
	struct txn *txn;
	const struct match_query *query;
	char *sender;              /* canonical; NULL: nobody */
	GHashTable *named;         /* canonical addresses, ours excepted; NULL: not asked for yet */
	unsigned tickets, entries; /* looked at so far */
};
void people_init(struct people *people, struct txn *txn, const struct match_query *query);
void people_release(struct people *people);

/* May the sender reach this ticket by its tag in the Subject? */
bool people_may_use_tag(const struct people *people, const struct ticket *ticket);

/* *standing_out is about the ticket that `number` was merged into, if it was. */
enum status people_standing(
	struct people *people, uint64_t number, enum standing *standing_out, struct error *err);

#endif
