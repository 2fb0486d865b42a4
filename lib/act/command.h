/* What people do to tickets, by mail or by shell: one grammar, one implementation. */
#ifndef MILTICKET_COMMAND_H
#define MILTICKET_COMMAND_H

#include "act/commander.h"
#include "base/duration.h"
#include "model/verb.h"

struct command {
	enum verb verb;
	/* its argument, checked and canonical: login, address, queue, project, title, filter;
	 * NULL */
	char *text;
	char *name;   /* requester: the display name, where one was given; NULL */
	int value;    /* of a field with names: its place in them */
	int64_t when; /* wait, remind: µs */
	/* the same, in business time of the ticket's queue; DURATION_NONE: when tells */
	struct duration business;
	uint64_t number;      /* merge into, link with */
	char **add, **remove; /* tag */
	struct numbers seqs;  /* split: entries to move to a new ticket */
};

/* words: the verb and its arguments. ST_BAD_INPUT names the word and says what was expected, or the
 * nearest verb. */
enum status command_parse(
	const char *const *words, int64_t now, struct command *command_out, struct error *err);
/* One line as in mail, split at blanks; quotes around words keep them together. */
enum status command_parse_line(
	const char *line, int64_t now, struct command *command_out, struct error *err);
void command_release(struct command *command);

/* Applies it to one ticket (one that is about none: to who commands), with its event, and the
 * closing answer or the notice to an assigned agent where there is to be one. Unknown ticket,
 * agent, queue: ST_NOT_FOUND that says so. ST_BAD_INPUT, ST_REFUSED and ST_NOT_FOUND leave the
 * ticket as it was, so that further commands can follow in the same transaction; but a split that
 * fails must be undone by the caller with its transaction. A change to what is already so is ST_OK
 * and writes nothing. done_out: one line for the transcript, "closed #1042"; owned. */
enum status command_apply(struct txn *txn, const struct commander *commander, uint64_t number,
	const struct command *command, char **done_out, struct error *err);

#endif
