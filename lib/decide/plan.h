/* What a recorded message will look like: PRODUCT section 5 as planned edits. Pure. */
#ifndef MILTICKET_PLAN_H
#define MILTICKET_PLAN_H

#include "decide/classify.h"
#include "decide/match.h"
#include "mail/edits.h"
#include "model/ticket.h"
#include "settings/settings.h"

struct plan {
	const struct arrival
		*arrival; /* its given_id is the Message-ID to add where there is none */
	const struct recipients *recipients;
	const struct ticket *ticket;
	const struct account
		*account; /* whose ticket it is; NULL when that account is no longer configured */
	const struct agent *agent; /* who sends it, if an agent does; NULL */
	/* addresses of the ticket's agent, else of its queue's members; NULL-terminated or NULL */
	char **workers;
	char **watchers; /* addresses that get a copy of it; NULL-terminated or NULL */
	const struct mailbox *addressee; /* addressee.h; NULL: nobody */
	enum whose whose;
	int match;
	const char *event;
	const char *new_id; /* the Message-ID in place of one that must not be seen; NULL */
	/* raw Subject to tag, when it is not the message's own (commands taken out); NULL */
	const char *subject;
};

/* Do clients answer to what a header of that name says, in place of From? */
bool plan_is_way_to_answer(const char *name);
/* May plan_edits() change or remove headers of that name in mail from outside? */
bool plan_edits_header(const char *name);

/* Adds the edits. They depend on nothing but the plan, so that a retry of the message gets the same
 * ones. */
void plan_edits(const struct plan *plan, struct edits *edits);

/* The account's sender with this agent's display name: "Anna <support@example.com>" as a header
 * value. Owned. */
char *plan_agent_from(
	const struct account *account, const struct agent *agent, const char *name_in_mail);

#endif
