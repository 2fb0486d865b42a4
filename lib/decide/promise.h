/* What is promised to a ticket's customer, and by when. The record has the facts: since when an
 * answer is owed, and the times in which work on it could go on; deadlines are reckoned from these
 * and the promise that holds now, each time anew, so that another queue, priority, requester or
 * configuration sets them again, and doing so twice changes nothing.
 *
 * A first answer is owed from the opening, and a further one from the oldest mail that nobody has
 * answered; nothing is owed to who was written to first. The clock of the solution stands while the
 * ticket waits for the customer. What is closed owes nothing; opened again it begins anew. */
#ifndef MILTICKET_PROMISE_H
#define MILTICKET_PROMISE_H

#include "model/ticket.h"
#include "settings/settings.h"
#include "store/store.h"

/* What holds for a ticket. Borrowed from the settings; both may be NULL. */
struct promise {
	const struct sla *sla;
	const struct calendar *calendar;
};

/* The first promise whose condition the ticket meets, with its calendar, else that of the queue. */
enum status promise_find(struct txn *txn, const struct settings *settings,
	const struct ticket *ticket, int64_t now, struct promise *promise_out, struct error *err);

/* Brings facts and deadlines up to date after a change of the ticket, which the caller saves; an
 * event tells of a deadline that had passed unnoticed when it was met. To be called before the
 * ticket is saved, by whoever changes it. Does nothing as long as nothing is promised to anybody.
 */
enum status promise_keep(struct txn *txn, const struct settings *settings, struct ticket *ticket,
	int64_t now, struct error *err);

/* A ticket that was made of another begins with nothing. */
void promise_forget(struct ticket *ticket);

/* --- pure --- */

/* Facts. The answer: OVERDUE_… bits (1 << enum overdue) of what was met too late. */
unsigned promise_follow(struct ticket *ticket, int64_t now);
/* Deadlines, and when something is to be told next. */
void promise_plan(struct ticket *ticket, const struct promise *promise, int64_t now);

/* One of the two deadlines. */
struct promise_deadline {
	enum overdue kind;
	int64_t by, warn;        /* 0: never */
	uint64_t warned, missed; /* its bits of told */
	enum kept_place when_kept, when_missed;
};
enum { PROMISE_DEADLINES = 2 };
void promise_deadlines(const struct ticket *ticket, const struct promise *promise,
	struct promise_deadline deadlines_out[PROMISE_DEADLINES]);
/* Counts one that was missed, and remembers that it is told. */
void promise_miss(struct ticket *ticket, const struct promise_deadline *deadline);

/* Who acts in its events: "sla:gold". Owned. */
char *promise_actor(const struct ticket *ticket);

#endif
