/* Commands in mail: which lines of a text are commands, what they do, and the transcript that
 * answers them. */
#ifndef MILTICKET_COMMAND_MAIL_H
#define MILTICKET_COMMAND_MAIL_H

#include "act/command.h"
#include "mail/foreign.h"

/* What was run, for the answer. */
struct transcript {
	GString *text; /* "> line" and its result, a blank line between; empty: nothing to tell */
	unsigned done, refused;
};
void transcript_init(struct transcript *transcript);
void transcript_release(struct transcript *transcript);

/* "> line" and what became of it. */
void transcript_add(struct transcript *transcript, const char *line, const char *result);

/* A mail with commands. */
struct command_mail {
	const struct commander *commander;
	uint64_t ticket;               /* of a note or an answer */
	const struct foreign *foreign; /* what the commander did not write */
	struct transcript *transcript;
};

/* Commands at the head of a note on its ticket, a line each, that parses as a whole. Reading stops
 * at the first line that is none, nearly one included; at an empty line that other text follows; at
 * "--", "quit", and what quotes or forwards. It also stops at a line that is in a foreign text
 * as it is: a client may have put it there. What was meant as a command and not run is answered.
 *
 * Each line stands alone: what cannot be done is answered, and leaves the other lines done. Only a
 * store that fails undoes them all; the mail is then not accepted, and comes again. */
enum status command_mail_note(
	struct txn *txn, const struct command_mail *mail, const char *text, struct error *err);

/* A control message: every line names its ticket, and the first that is no command is answered as
 * such. text NULL: the mail has none. */
enum status command_mail_control(
	struct txn *txn, const struct command_mail *mail, const char *text, struct error *err);

/* The words taken out of a Subject: "close", "wait 3d"; "clsoe" is answered. */
enum status command_mail_words(
	struct txn *txn, const struct command_mail *mail, char *const *commands, struct error *err);

/* May text begin with a command? Tells whether it is worth the while to look for foreign texts. */
bool command_mail_begins(const char *text);

#endif
