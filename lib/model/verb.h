/* What people can say to do with tickets: one table for mail, Subjects and the shell. */
#ifndef MILTICKET_VERB_H
#define MILTICKET_VERB_H

#include <stdbool.h>

enum verb {
	VERB_TAKE,
	VERB_STEAL,
	VERB_RELEASE,
	VERB_ASSIGN,
	VERB_STATUS,
	VERB_CLOSE,
	VERB_REOPEN,
	VERB_WAIT,
	VERB_QUEUE,
	VERB_PROJECT,
	VERB_PRIORITY,
	VERB_TAG,
	VERB_MERGE,
	VERB_SPLIT,
	VERB_LINK,
	VERB_SPAM,
	VERB_TITLE,
	VERB_REQUESTER,
	VERB_WATCH,
	VERB_UNWATCH,
	VERB_SHOW,
	VERB_LIST,
	VERB_HELP, /* answered, change nothing; by mail only */
	VERB_COUNT
};

/* How far a verb reaches in a line that has other words, too. */
enum verb_reach {
	REACH_NONE,
	REACH_WORD,
	REACH_SIGNED /* words that begin with + or - */,
	REACH_REST
};

/* A verb as data: drives parsing, help by mail, and the shell's checks. */
struct verb_info {
	const char *name;
	const char *arguments; /* "AGENT", "low|normal|high|urgent"; "" for none */
	const char *help;
	bool by_mail, by_shell;
	enum verb_reach reach;
};
const struct verb_info *verb_info(enum verb verb);

/* The verb that a word is; -1. */
int verb_find(const char *word);
/* May the line be a command: are its first letters a verb, whatever stands before them? */
bool verb_leads(const char *line);
/* The verb that a mistyped word comes nearest to; -1 when none is near. */
int verb_nearest(const char *word, bool by_mail);

#endif
