/* Who wants the answer to a message: the one mailbox in Reply-To, else the author, else the
 * envelope sender. Pure. */
#ifndef MILTICKET_REQUESTER_H
#define MILTICKET_REQUESTER_H

#include "decide/classify.h"

struct requester_query {
	const struct message *message;
	const char *sender; /* envelope sender as given; "" is the null sender */
	const struct settings *settings;
	is_agent_fn *is_agent;
	void *arg;    /* is_agent's */
	bool vouched; /* an agent sends it: their own Reply-To is no customer's */
};

/* False: nobody. Fills *out, to be released with mailbox_release(). Reply-To counts
 * (policy.requester) when one mailbox is left in it without ours (accounts, their senders and
 * tokens, control addresses) and without the list's own: that of List-Post or List-Id and, in a
 * message with List-*, those in From and To. It does not count where that one is an agent's or a
 * robot's. Its name is Reply-To's, else X-Original-From's (lists that rewrite From), else From's
 * without " via ..." after it, unless From is a robot's or ours. Where a list wrote its own address
 * into From and no Reply-To counts, the author is whom X-Original-From or else X-Original-Sender
 * names. */
bool requester_find(const struct requester_query *query, struct mailbox *out);

#endif
