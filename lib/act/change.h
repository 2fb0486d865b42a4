/* What the files of verbs share: a verb's two functions, and the steps of a change. A verb is a row
 * of model/verbs.def, a parse_…() of command.c or its own, and an apply_…() of a change-*.c. */
#ifndef MILTICKET_CHANGE_H
#define MILTICKET_CHANGE_H

#include "act/command.h"
#include "act/reply.h"

/* The words after a verb, on their way into the command, whose verb is set. */
struct parsing {
	char **args; /* NULL-terminated */
	size_t n;
	int64_t now;
	struct command *command;
	struct error *err;
};
/* ST_BAD_INPUT with a text, or ST_OK; the caller releases the command in any case. */
typedef enum status parse_fn(struct parsing *p);

/* One command at work on one ticket. */
struct change {
	struct txn *txn;
	const struct commander *by;
	const struct command *command;
	uint64_t named; /* the number that was said, which may lead to the ticket by a merge */
	struct ticket ticket;
	GString *done; /* what was done, a line for the transcript */
	struct error *err;
};
/* Changes the ticket, saves it with its event and says what it did. */
typedef enum status apply_fn(struct change *c);

#define VERB(id, parse, apply, ...) \
	parse_fn parse_##parse; \
	apply_fn apply_##apply;
#include "model/verbs.def"
#undef VERB

/* ST_BAD_INPUT that says what the verb takes; word: what was there instead, or NULL. */
enum status parse_expected(const struct parsing *p, const char *word);

/* Adds the event. */
enum status change_tell(struct change *c, const struct event_note *note);
/* Saves the ticket and adds the event. */
enum status change_save(struct change *c, const struct event_note *note);
/* The moment that the command names, business time by the calendar of the ticket's queue.
 * ST_REFUSED: it never comes. */
enum status change_when(struct change *c, int64_t *when_out);
/* "closed": says that, or that it is so already (and is ST_OK). */
void change_say(struct change *c, const char *what);
enum status change_unchanged(struct change *c, const char *what);
/* For mail that the change causes; borrows from c. */
struct reply_context change_mail_context(const struct change *c);
/* Union of two lists of texts; *into is replaced. */
void change_unite(char ***into, char *const *from, unsigned max);

#endif
