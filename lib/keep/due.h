/* Work that time brings: each kind of it (enum due_kind) is a row of a table in due.c. For the
 * timer thread. */
#ifndef MILTICKET_DUE_H
#define MILTICKET_DUE_H

#include "model/ticket.h"
#include "settings/settings.h"
#include "store/store.h"

struct due_done {
	unsigned done[DUE_KINDS]; /* of each kind */
	unsigned stopped;         /* tickets whose automations did too much in a day */
	unsigned postponed;       /* failed, and are tried again in an hour */
	char *why;                /* of the last of these; owned; NULL */
	bool more;                /* there may be more that is due */
	int64_t next; /* when it is time to look again, as far as is known now; 0: never */
};

/* Does what is due at `now`, the oldest first; at most some dozens of tickets in a transaction, and
 * one transaction, so that mail does not wait. What is done is done in the same transaction as it
 * is taken from the index: once, whoever is killed when. What cannot be done holds up no other.
 * Writes nothing while nothing is due. *done_out must be zeroed; release it. */
enum status due_run(struct store *store, const struct settings *settings, int64_t now,
	struct due_done *done_out, struct error *err);
void due_done_release(struct due_done *done);

/* Forgets counts of automatic answers of past days. */
enum status due_forget(struct store *store, int64_t now, struct error *err);

#endif
