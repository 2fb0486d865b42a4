/* What is to happen to a message, as values: planned by the core, done by milter/apply.c, looked at
 * by tests. */
#ifndef MILTICKET_EDITS_H
#define MILTICKET_EDITS_H

#include <glib.h>
#include <stdbool.h>

enum verdict { VERDICT_ACCEPT, VERDICT_DISCARD, VERDICT_REJECT, VERDICT_TEMPFAIL };

enum edit_kind {
	EDIT_CHANGE_HEADER, /* the index-th (from 1) header of that name gets value */
	EDIT_DELETE_HEADER, /* the index-th of that name goes; planned from the last to the first */
	EDIT_ADD_HEADER,    /* appended after all others */
	EDIT_ADD_RECIPIENT, /* value is an address without <> */
	EDIT_DELETE_RECIPIENT,
	EDIT_CHANGE_SENDER /* envelope; "" is the null sender */
};

struct edit {
	enum edit_kind kind;
	char *name;
	unsigned index;
	char *value; /* no CR; LF only as a fold, "\n " or "\n\t" */
};

struct edits {
	enum verdict verdict;
	/* text of a reject or tempfail, "5.7.1 …" with its enhanced code; NULL: the MTA's own */
	char *reply;
	GArray *list; /* of struct edit, in the order they are to be done */
};

void edits_init(struct edits *edits);
void edits_release(struct edits *edits);
void edits_change_header(struct edits *edits, const char *name, unsigned index, const char *value);
void edits_delete_header(struct edits *edits, const char *name, unsigned index);
void edits_add_header(struct edits *edits, const char *name, const char *value);
void edits_add_recipient(struct edits *edits, const char *address);
void edits_delete_recipient(struct edits *edits, const char *address);
void edits_change_sender(struct edits *edits, const char *address);
void edits_verdict(struct edits *edits, enum verdict verdict, const char *reply);
const struct edit *edits_at(const struct edits *edits, unsigned i); /* NULL past the last */

#endif
