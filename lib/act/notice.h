/* What time, automations and colleagues bring, told to the people who work on a ticket: with the
 * texts of its last messages, and so that it can be answered from a phone. */
#ifndef MILTICKET_NOTICE_H
#define MILTICKET_NOTICE_H

#include "act/reply.h"

struct notice {
	const char *lead; /* what it is about, a sentence */
	int64_t when;     /* told after it, as the reader's clock shows it; 0: none */
	const char *text; /* lines of its own, what somebody wrote; NULL */
};

/* To the ticket's agent or who stands in for them, else the members of its queue, else its
 * responsible: who is inactive, away or no longer in the queue is passed over. Through the outbox,
 * in the caller's transaction. Nobody to tell is ST_OK. */
enum status notice_send(const struct reply_context *context, const struct ticket *ticket,
	const struct notice *notice, struct error *err);

/* The same to one agent, by an address of theirs. */
enum status notice_send_to(const struct reply_context *context, const struct ticket *ticket,
	const struct notice *notice, const char *to, struct error *err);

#endif
