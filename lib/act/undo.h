/* Taking back what somebody did last: all events of one command or mail, on all its tickets. Each
 * is taken back by itself, if nobody has changed the same since; what has left the house, or would
 * lose a message, stays, and is told. */
#ifndef MILTICKET_UNDO_H
#define MILTICKET_UNDO_H

#include "act/change.h"

struct undo {
	GPtrArray *events; /* struct event *, the oldest first */
};
void undo_init(struct undo *undo);
void undo_release(struct undo *undo);

/* What that actor did last, to one ticket or (0) to any, and what has not been taken back yet.
 * ST_NOT_FOUND says so. */
enum status undo_find(struct txn *txn, const char *actor, uint64_t ticket, struct undo *undo_out,
	struct error *err);

/* What can be told, or is done, about one of its tickets. */
struct undoing {
	struct txn *txn;
	const struct commander *by;
	const struct undo *undo;
	bool dry_run;
	GString *said; /* lines: what it is, or why it stays */
	unsigned done; /* events */
	struct error *err;
};
/* The ticket is the one of that very number, merged or not. ST_REFUSED, ST_NOT_FOUND: as
 * commander_load(). */
enum status undo_ticket(struct undoing *undoing, uint64_t number);
/* Nothing of it could be undone: it is passed over from now on. */
enum status undo_pass(struct undoing *undoing, uint64_t number);

#endif
