/* What would become of a message, and why: the same transaction as intake()'s, undone. */
#ifndef MILTICKET_EXPLAIN_H
#define MILTICKET_EXPLAIN_H

#include "act/intake.h"
#include "model/ticket.h"

struct explanation {
	struct outcome outcome; /* with its edits */
	GPtrArray *why;         /* char *: what was looked at and decided, in order */
	/* where the kind of automatic mail is described: "RFC 3834 section 5"; NULL; static */
	const char *source;
	struct mailbox requester; /* who wants the answer; address NULL: nobody */
	struct ticket ticket;     /* as it would be; number 0: none */
	GPtrArray *events;        /* struct event *: what the log would say */
	GPtrArray *outgoing;      /* struct outgoing *: mail of ours that it would cause */
	/* char *: the header fields afterwards: "  Name: value", with "+ " in front where it is new
	 * or changed, "- " where it is removed */
	GPtrArray *headers;
};
void explanation_init(struct explanation *explanation);
void explanation_release(struct explanation *explanation);

/* Writes nothing, neither to the store nor to the archive. */
enum status explain(struct store *store, struct arrival *arrival, struct explanation *explanation,
	struct error *err);

#endif
