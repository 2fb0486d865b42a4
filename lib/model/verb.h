/* What people can say to do with tickets: one table for mail, Subjects and the shell. */
#ifndef MILTICKET_VERB_H
#define MILTICKET_VERB_H

#include <stdbool.h>

enum verb {
#define VERB(id, ...) VERB_##id,
#include "model/verbs.def"
#undef VERB
	VERB_COUNT
};

/* How far a verb reaches in a line that has other words, too. */
enum verb_reach {
	REACH_NONE,
	REACH_WORD,
	REACH_SIGNED /* words that begin with + or - */,
	REACH_REST
};

/* A verb as data: drives parsing, help by mail, and the shell's commands. */
struct verb_info {
	const char *name;
	const char *field;     /* that of a ticket which it sets; NULL */
	const char *arguments; /* "AGENT", "low|normal|high|urgent"; "" for none */
	const char *help;      /* marked for translation */
	bool by_mail;
	/* The group of the shell's help that has it as a command of its name; NULL: the shell has
	 * another form of it, or none. */
	const char *shell;
	bool ahead;     /* its dates are to come */
	bool of_closed; /* is for closed tickets */
	bool of_self;   /* makes the ticket the commander's own: only an agent can */
	enum verb_reach reach;
	bool marked;       /* a note has it only after "!": it begins sentences, too */
	bool by_time;      /* an automation can do it */
	bool alone;        /* is about no ticket */
	bool number_first; /* the ticket's number comes before what may end in another */
};
const struct verb_info *verb_info(enum verb verb);

/* The verb that a word is; -1. */
int verb_find(const char *word);
/* May the line be a command: are its first letters a verb, whatever stands before them? */
bool verb_leads(const char *line);
/* The verb, of those that mail may have, that a mistyped word comes nearest to; -1 when none is
 * near. */
int verb_nearest(const char *word);

#endif
