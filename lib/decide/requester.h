/* Who wants the answer to a message: the one mailbox in Reply-To, else the author, else the
 * envelope sender. Pure. The candidates are read first; which of them it is depends on who is an
 * agent, which the store knows. */
#ifndef MILTICKET_REQUESTER_H
#define MILTICKET_REQUESTER_H

#include "decide/classify.h"

/* Whom the headers offer. Without an address: nobody. */
struct requester_choices {
	struct mailbox reply;        /* of Reply-To */
	struct mailbox originals[2]; /* whom a list took out of From */
	struct mailbox author;       /* of From */
	struct mailbox sender;       /* the envelope's */
	char *from;                  /* the first in From, whoever that is; NULL */
};

/* Reply-To counts (policy.requester) when one mailbox is left in it without ours (accounts, their
 * senders and tokens, control addresses) and without the list's own: that of List-Post or List-Id
 * and, in a message with List-*, those in From and To. A robot's does not count. Its name is
 * Reply-To's, else X-Original-From's (lists that rewrite From), else From's without " via ..."
 * after it, unless From is a robot's or ours. Where a list wrote its own address into From, those
 * whom X-Original-From and X-Original-Sender name are the originals. */
void requester_read(const struct message *message, const char *sender,
	const struct settings *settings, struct requester_choices *out);
void requester_choices_release(struct requester_choices *choices);

struct requester_query {
	const struct requester_choices *choices;
	is_agent_fn *is_agent;
	void *arg;    /* is_agent's */
	bool vouched; /* an agent sends it: their own Reply-To is no customer's */
};

/* The first that counts; Reply-To's and the originals do not count where they are an agent's.
 * Borrowed from the choices; NULL: nobody. */
const struct mailbox *requester_choose(const struct requester_query *query);

#endif
