/* Whom the token address of a desk stands for. An answer through the desk goes to who wrote the
 * message that it answers, as one ticket may be of several people; and what stands in Reply-To
 * before an agent says who that is. */
#ifndef MILTICKET_ADDRESSEE_H
#define MILTICKET_ADDRESSEE_H

#include "decide/classify.h"

struct addressee_query {
	const struct settings *settings;
	is_agent_fn *is_agent;
	void *arg; /* is_agent's */
	const struct ticket *ticket;
	const struct entry *answered; /* a message of the ticket; NULL: none of those that it has */
};

/* False: nobody. Fills *out, to be released with mailbox_release(). What came in is answered to
 * where its author wants it (requester.h), one of our answers to whom that went; a note or a
 * bounce, or what names only us, to the ticket's requester. */
bool addressee_find(const struct addressee_query *query, struct mailbox *out);

#endif
