/* An agent has moved a ticket's message in their mail client: that is a command. Done once, and
 * with it goes the ticket's new place in the mailboxes, so that nobody takes the file for another
 * command. */
#ifndef MILTICKET_MAILBOX_MOVE_H
#define MILTICKET_MAILBOX_MOVE_H

#include "act/command.h"
#include "decide/placement.h"
#include "mail/token.h"
#include "settings/settings.h"
#include "store/store.h"

struct mailbox_move {
	const struct settings *settings;
	struct token_key key;
	const char *box, *login;
	uint64_t ticket, generation; /* of the message that was moved */
	struct folder to;
	bool flag; /* it is where it was, and was flagged, or unflagged: the other of what is */
	bool hold; /* nothing is done but that the message goes back */
	int64_t now, shown_since;
};

/* Fills in what the command of a verb needs: the folder's queue, or the other of what the ticket's
 * mark is. Borrowed. */
void mailbox_command(struct command *command, struct folder to, bool flagged);

/* LOST: the ticket was no longer as the message said; it goes where the ticket is now. */
enum move_fate { MOVE_DONE, MOVE_REFUSED, MOVE_LOST, MOVE_HELD };
/* The same in a transaction. ST_REFUSED, ST_BAD_INPUT and ST_NOT_FOUND say why the command is
 * refused; it must be undone then. */
enum status mailbox_move_in(struct txn *txn, const struct mailbox_move *move,
	enum move_fate *fate_out, struct error *err);
/* Refused by the command, with a notice to the agent: the message goes back. */
enum status mailbox_move(struct store *store, const struct mailbox_move *move,
	enum move_fate *fate_out, struct error *err);

#endif
