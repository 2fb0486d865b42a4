/* Commands in a Subject: words that begin with "!". Pure. */
#ifndef MILTICKET_SUBJECT_COMMANDS_H
#define MILTICKET_SUBJECT_COMMANDS_H

#include "mail/foreign.h"

struct subject_commands {
	/* "close", "wait 3d", and near misses such as "clsoe": to be run, or answered. NULL: none
	 */
	char **taken;
	/* where each of them stands in the decoded Subject, as "12+6": offset and length in bytes.
	 * NULL: none */
	char **places;
	/* "!close": words like these that are not the sender's own, and stay. NULL: none */
	char **kept;
	const char *doubt; /* the foreign ones' subject_doubt */
	char *rest;        /* the raw Subject without what is taken; NULL when nothing is */
};

/* Which words of a raw Subject are commands, LIMIT_COMMANDS at most. A word is the sender's own if
 * it stands here more often than in any foreign Subject. Its arguments must be the sender's own
 * too, so that no command takes words that another wrote. */
void subject_commands_init(
	struct subject_commands *commands, const char *raw, const struct foreign *foreign);
void subject_commands_release(struct subject_commands *commands);

/* Is there any word that would be a command, whoever wrote it? If not, foreign words need not be
 * looked for. */
bool subject_has_commands(const char *raw, const struct tag_format *format);

/* The raw Subject without what stands in these places; owned. NULL: no command stands there, as
 * this is not the Subject that they were found in. */
char *subject_without(const char *raw, char *const *places);

#endif
