/* Automations at work: their actions are commands, as people give them. */
#ifndef MILTICKET_AUTOMATION_H
#define MILTICKET_AUTOMATION_H

#include "act/command.h"

struct automation_work {
	struct txn *txn;
	const struct settings *settings;
	const struct token_key *key;
	int64_t now;
	struct ticket *ticket; /* is stored, and as it is stored afterwards */
	bool stopped;          /* it was too much for a day */
	struct error *err;
};

/* Runs it on the ticket, and marks that it has run in this stay; writes the commands' events and
 * one of its own, whose actor is "automation:NAME". What an action got wrong (an agent who is gone)
 * is in that event, and the others are done. At the bound of actions for a day all automations of
 * the ticket are stopped, with an event and a notice to whoever works on it. */
enum status automation_run(struct automation_work *work, const struct automation *automation);

/* Are its actions commands that an automation can do, with templates that there are? Notes what
 * they name in the store as a need of the settings. ST_BAD_INPUT names file, line and action. */
enum status automation_check(
	struct settings *settings, const struct automation *automation, struct error *err);

#endif
