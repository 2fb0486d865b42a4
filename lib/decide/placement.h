/* Where a ticket's messages are in an agent's mailbox, and what a file that is found there means.
 * Pure. */
#ifndef MILTICKET_PLACEMENT_H
#define MILTICKET_PLACEMENT_H

#include "model/ticket.h"
#include "model/verb.h"

enum folder_kind {
	FOLDER_NONE, /* it is in no folder of theirs */
	FOLDER_MINE,
	FOLDER_WAITING,
	FOLDER_QUEUE,
	FOLDER_COLLEAGUES,
	FOLDER_CLOSED,
	FOLDER_SPAM,
	FOLDER_NOT_TAKEN, /* what is no ticket */
	FOLDER_OTHER      /* one that a client made */
};

struct folder {
	enum folder_kind kind;
	const char *queue; /* of FOLDER_QUEUE and FOLDER_COLLEAGUES; borrowed */
};
bool folder_same(struct folder a, struct folder b);
/* As its directory is called: ".Queues.support". Owned; NULL for FOLDER_NONE and _OTHER. */
char *folder_name(struct folder folder);
/* The way back; `queue` borrows from name. */
struct folder folder_read(const char *name);

/* An agent as the folders see them. Borrowed. */
struct viewer {
	const char *login;
	char *const *queues; /* NULL-terminated; NULL is none */
};
/* The ticket's folder in the viewer's tree. shown_since: what was over before that is not shown. */
struct folder placement_folder(
	const struct placement *placed, const struct viewer *viewer, int64_t shown_since);

/* Do the two put a ticket into the same folders and say the same in its mails? */
bool placement_same(const struct placement *a, const struct placement *b);

/* What a regular file of a folder is. */
enum found {
	FOUND_HOME,    /* where it should be */
	FOUND_STALE,   /* of a ticket's former state, or of one that is not shown: it goes */
	FOUND_MOVED,   /* the agent has put it there: a command */
	FOUND_FOREIGN, /* not ours, dropped where a ticket can be opened */
	FOUND_LOST     /* not ours, dropped elsewhere: it is kept for them */
};
struct finding {
	bool ours;           /* the message is one of the store's, byte for byte */
	uint64_t generation; /* of what it says, if ours */
	uint64_t now;        /* that of the ticket's placement; 0: it has none */
	struct folder in, wanted;
	/* Where it was for the same ticket before the agent's own queues changed; the same as
	 * wanted when they did not. */
	struct folder before;
};
enum found placement_found(const struct finding *finding);

/* The verbs, in order, by which an agent who moved a ticket to that folder means it. */
enum { MOVE_VERBS_MAX = 3 };
struct move_verbs {
	enum verb verbs[MOVE_VERBS_MAX];
	unsigned n;
};
/* False: a move there says nothing. */
bool placement_verbs(struct folder to, const struct ticket *ticket, const char *login,
	struct move_verbs *verbs_out);

#endif
