/* Commands in mail: which lines of a text are commands, what they do, and the transcript that answers them (PRODUCT section 7). */
#ifndef MILTICKET_COMMAND_MAIL_H
#define MILTICKET_COMMAND_MAIL_H

#include "command.h"

/* What was run, for the answer. */
struct transcript {
	GString *text;		/* "> line" and its result, a blank line between; empty when nothing looked like a command */
	unsigned done, refused;
};
void transcript_init(struct transcript *transcript);
void transcript_release(struct transcript *transcript);

/* Commands at the head of a note on this ticket, up to an empty line that other text follows, to "--", to "quit" or to quoted text.
 * A text whose first line is no command, nor nearly one, is a plain note: nothing is run or answered.
 *
 * Each line stands alone: what a person got wrong is answered, and leaves the other lines done. Only a store that fails undoes them all; the
 * mail is then not accepted, and comes again. */
enum status command_mail_note(struct txn *txn, const struct commander *commander, uint64_t ticket, const char *text,
	struct transcript *transcript, struct error *err);

/* A control message: every line names its ticket, and a line that is no command is answered as such. text NULL: the mail has no text/plain part. */
enum status command_mail_control(struct txn *txn, const struct commander *commander, const char *text,
	struct transcript *transcript, struct error *err);

/* The words taken out of a reply's Subject: "close", "wait 3d". */
enum status command_mail_words(struct txn *txn, const struct commander *commander, uint64_t ticket, char *const *commands,
	struct transcript *transcript, struct error *err);

#endif
