/* Answers that cross: an agent answers a mail that a colleague has answered since it came, and does
 * not know. */
#ifndef MILTICKET_CROSSED_H
#define MILTICKET_CROSSED_H

#include "act/reply.h"

struct crossed_query {
	uint64_t ticket;
	uint64_t after;    /* seq of the mail that is answered, or the last that the agent saw */
	const char *actor; /* who answers now: a login, or "unix:name" */
	const struct agent *agent;     /* the same, if an agent; NULL */
	char *const *to;               /* canonical addresses that the answer goes to */
	const char *const *references; /* ids that it names: those answers are known; NULL */
};

/* What it crosses. Nothing when when is 0. */
struct crossed {
	char **who;   /* logins of the colleagues, who answered last comes last */
	int64_t when; /* of the last answer */
};

/* The answers of colleagues after that mail to one of the same addresses. By place in the
 * conversation, not by Date; automatic mail and copies are no answers. */
enum status crossed_find(struct txn *txn, const struct crossed_query *query,
	struct crossed *crossed_out, struct error *err);
void crossed_release(struct crossed *crossed);

/* "ben answered on 2026-11-28 14:03": the last of them, by that zone's clock (NULL: the one here).
 * Owned. */
char *crossed_text(const struct crossed *crossed, const char *zone);

/* Says so in the ticket, and to the colleagues by mail. The caller saves the ticket.
 * self: the agent who answered now and is to be told, too; NULL. */
enum status crossed_tell(const struct reply_context *context, struct ticket *ticket,
	const struct crossed *crossed, const struct agent *self, struct error *err);

#endif
