/* Tickets that get an agent by themselves, or lose one who is gone. */
#ifndef MILTICKET_ASSIGN_H
#define MILTICKET_ASSIGN_H

#include "act/reply.h"

/* Gives an active ticket that is nobody's to whom its queue's policy chooses, with an event;
 * nothing where it chooses nobody. The caller saves the ticket and tells the agent:
 * *assigned_out. */
enum status assign_by_policy(const struct reply_context *context, struct ticket *ticket,
	bool *assigned_out, struct error *err);

/* A ticket that is opened again, and whose agent is inactive or gone, is the queue's, which may
 * give it to another. The caller saves the ticket; who is given it is told. */
enum status assign_reopened(
	const struct reply_context *context, struct ticket *ticket, struct error *err);

/* The ticket's mails to its agent, or to who stands in; nothing to `but` (a login; NULL). */
enum status assign_tell(const struct reply_context *context, const struct ticket *ticket,
	const char *but, const char *lead, struct error *err);

#endif
