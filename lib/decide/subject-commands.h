/* Commands in a Subject: words that begin with "!". Pure. */
#ifndef MILTICKET_SUBJECT_COMMANDS_H
#define MILTICKET_SUBJECT_COMMANDS_H

#include "mail/foreign.h"

struct subject_commands {
	/* "close", "wait 3d", and what is nearly one, "clsoe": to be run, or answered. NULL:
	 * none */
	char **taken;
	/* where each of them stands in the decoded Subject, "12+6": bytes before it and of it.
	 * NULL: none */
	char **places;
	/* "!close": words like these that are not the sender's own, and stay. NULL: none */
	char **kept;
	const char *doubt; /* the foreign ones' subject_doubt */
	char *rest;        /* the raw Subject without what is taken; NULL when nothing is */
};

/* Which words of a raw Subject are commands, LIMIT_COMMANDS at most. A word is the sender's own
 * that the Subject has more often than any foreign one does; the words that go with it are theirs,
 * too, so no command takes along what another wrote. */
void subject_commands_init(
	struct subject_commands *commands, const char *raw, const struct foreign *foreign);
void subject_commands_release(struct subject_commands *commands);

/* Is there any word that would be one, whoever wrote it? Tells whether it is worth the while to
 * look for foreign ones. */
bool subject_has_commands(const char *raw, const struct tag_format *format);

/* The raw Subject without what stands in these places, as it was when they were found; owned. NULL:
 * there is none there. */
char *subject_without(const char *raw, char *const *places);

#endif
