/* Deadlines and automations after their configuration has changed: every ticket that it concerns is
 * reckoned anew, in small transactions, the timers' between their other work. Where it has come to
 * is in the store, so that who is killed goes on; and the same configuration is not gone through
 * twice. What was late before it was promised is overdue, and nobody is told. */
#ifndef MILTICKET_REPLAN_H
#define MILTICKET_REPLAN_H

#include "model/ticket.h"
#include "settings/settings.h"
#include "store/store.h"

struct replan {
	char *plan; /* what the store is being brought to; NULL: nothing has been looked at */
	bool done;
};

/* One step: at most some dozens of tickets are written. *count_out: how many changed. */
enum status replan_step(struct store *store, const struct settings *settings, struct replan *replan,
	int64_t now, unsigned *count_out, struct error *err);
/* The configuration, or a queue's calendar, may have changed. */
void replan_reset(struct replan *replan);

/* The deadlines of one ticket by the configuration; one that had none, as its record was made anew
 * of its messages, is told of nothing that is late already. The caller saves it. */
enum status replan_promise(struct txn *txn, const struct settings *settings, struct ticket *ticket,
	int64_t now, struct error *err);

#endif
