/* Who gives commands, and what they may do. */
#ifndef MILTICKET_COMMANDER_H
#define MILTICKET_COMMANDER_H

#include "mail/token.h"
#include "settings/settings.h"
#include "store/store.h"
#include "tables/agents.h"
#include "tables/history.h"
#include "tables/tickets.h"

/* Everything in it is borrowed. */
struct commander {
	struct actor actor;
	const char *way; /* by which they come, for events: "mailbox"; NULL */
	bool hasty;      /* they may not have meant it: who is to hear of a closing hears later */
	const struct agent *agent; /* whose queues bound them; NULL: an admin, who may do all */
	const struct agent *self;  /* whom "take", "watch" and "assign me" mean; NULL: nobody */
	bool local_times; /* what is said has times as a person here reads them; else in UTC */
	const struct settings *settings;
	struct token_key key; /* for token addresses in mail that a command causes */
};

/* A time as who reads the answer has it: their own zone, else the local one; UTC where no person
 * reads. Owned. */
char *commander_time(const struct commander *commander, int64_t when);

/* May they work on this ticket: is it theirs, or in one of their queues, or watched by one? */
bool commander_may(const struct commander *commander, const struct ticket *ticket);

/* The ticket that this number leads to, through merges, to be released. ST_NOT_FOUND, ST_REFUSED:
 * there is none, or it is not theirs to work on; err says so. */
enum status commander_load(struct txn *txn, const struct commander *commander, uint64_t number,
	struct ticket *ticket_out, struct error *err);

#endif
