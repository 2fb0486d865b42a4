/* Many tickets moved at once by an agent may be a slip of the hand: they are held, go back to where
 * they were, and are done when the agent confirms it by mail. */
#ifndef MILTICKET_MAILBOX_HOLD_H
#define MILTICKET_MAILBOX_HOLD_H

#include "act/commander.h"
#include "act/mailbox-move.h"

/* Moves of one agent, each of another ticket. They are told by mail how to confirm. All or
 * nothing. */
enum status mailbox_hold(
	struct store *store, const struct mailbox_move *moves, size_t n, struct error *err);

/* Does what was held under that code for the commander; a line each, in said. ST_NOT_FOUND: there
 * is no such code, or it is not theirs, or they have waited for too long. */
enum status mailbox_confirm(struct txn *txn, const struct commander *by, const char *code,
	GString *said, struct error *err);

#endif
