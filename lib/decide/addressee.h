/* Whom the token address of a desk stands for. An answer through the desk goes to the author of the
 * message that it answers, as several people may write to one ticket; the name in the Reply-To that
 * an agent sees says who that is. */
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

/* False: nobody. Fills *out, to be released with mailbox_release(). An answer to a message that
 * came in goes where its author wants it (requester.h); to one of our own answers, to whom that
 * went; to a note, a bounce or a message that names only us, to the ticket's requester. */
bool addressee_find(const struct addressee_query *query, struct mailbox *out);

#endif
