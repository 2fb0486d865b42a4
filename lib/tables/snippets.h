/* Where in a ticket what was looked for stands. Texts are those of the store, so that nothing is
 * shown that a redaction or purge took out. */
#ifndef MILTICKET_SNIPPETS_H
#define MILTICKET_SNIPPETS_H

#include "base/snippet.h"
#include "model/ticket.h"
#include "store/store.h"

struct found_snippet {
	uint64_t seq;      /* of the message; 0: there is none to show */
	const char *where; /* text, note, attachment, from or to: fields of a query; static */
	struct snippet snippet;
};

/* The message that has most of them, in its text or else its attachments' names, its author or its
 * recipients; of the last SNIPPETS_MESSAGES, and of like ones the newest. found_out: to be
 * released; seq is 0 when what was looked for stands in none of these, but in the Subject, say. */
enum status snippets_find(struct txn *txn, const struct ticket *ticket,
	const struct sought *const *list, unsigned n, struct found_snippet *found_out,
	struct error *err);
void snippets_release(struct found_snippet *found);

enum { SNIPPETS_MESSAGES = 100 };

#endif
