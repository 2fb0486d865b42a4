/* The index of words: which messages of which tickets have them. A file of SQLite's (FTS5) beside
 * the store, derived from it: it may lag, be missing or be damaged, and is made anew then. The only
 * door to SQLite. Knows nothing of the store's rows: tables/indexing.h fills it.
 *
 * Of a text it keeps the words, folded: in the index where they stand, and packed once more, each
 * once, as they are needed to take them out again. */
#ifndef MILTICKET_FULLTEXT_H
#define MILTICKET_FULLTEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct fulltext;

/* The first takes least room: most is text. */
enum fulltext_column { FULLTEXT_TEXT, FULLTEXT_SUBJECT, FULLTEXT_PEOPLE, FULLTEXT_FILES };
enum { FULLTEXT_COLUMNS = FULLTEXT_FILES + 1 };

struct fulltext_options {
	const char *directory; /* the store's */
	const char *store;     /* names the store: an index of another one is ST_NOT_FOUND */
	bool writable;         /* made when it is missing, or another store's or format's */
};

struct fulltext_place {
	uint64_t serial; /* of the store's log: what came up to it is in */
	bool built;      /* once all tickets are; till then those up to a number: */
	uint64_t number;
};

/* ST_NOT_FOUND: there is none that could be read; ST_BUSY: somebody holds it too long; ST_IO: it is
 * damaged, or cannot be read. *fulltext_out owned. */
enum status fulltext_open(
	const struct fulltext_options *options, struct fulltext **fulltext_out, struct error *err);
/* One that was found to be damaged is removed, if it was to be written: the next one is new. */
void fulltext_close(struct fulltext *fulltext);
/* Is there a file? */
bool fulltext_exists(const char *directory);
/* Removes the file; nothing when it is not there. Nobody may have it open in this process. */
enum status fulltext_destroy(const char *directory, struct error *err);

/* As it was when it was new, whoever else has it open. */
enum status fulltext_empty(struct fulltext *fulltext, struct error *err);

/* --- writing: begin, any number of these, commit or undo --- */

/* ST_BUSY after some seconds when another process writes. */
enum status fulltext_begin(struct fulltext *fulltext, struct error *err);
/* How far it has come; all 0 in a new one. */
enum status fulltext_place(
	struct fulltext *fulltext, struct fulltext_place *place_out, struct error *err);
/* A message of a ticket; seq 0 is what the ticket itself says. Replaces. texts: as they are, NULL
 * where there is none. */
enum status fulltext_put(struct fulltext *fulltext, uint64_t number, uint64_t seq,
	const char *const texts[FULLTEXT_COLUMNS], struct error *err);
/* Message `seq` and all that follow it; 0: the ticket. ST_OK when there is nothing. */
enum status fulltext_remove(
	struct fulltext *fulltext, uint64_t number, uint64_t seq, struct error *err);
/* The last message of the ticket that it has; 0: none. */
enum status fulltext_last(
	struct fulltext *fulltext, uint64_t number, uint64_t *seq_out, struct error *err);
enum status fulltext_commit(
	struct fulltext *fulltext, const struct fulltext_place *place, struct error *err);
void fulltext_undo(struct fulltext *fulltext);
/* Nothing of what was removed is left in the file afterwards: it is written anew. Outside of begin
 * and commit. */
enum status fulltext_scrub(struct fulltext *fulltext, struct error *err);

/* --- asking --- */

/* A word, several in a row, or a part of one. */
struct fulltext_term {
	const char *text; /* as somebody wrote it */
	unsigned columns; /* 1 << FULLTEXT_SUBJECT …; 0: all */
	bool open;        /* the last word may go on: "print*" */
	bool exact;       /* whole words only; else one alone may be a part of words, too */
};

struct fulltext_hit {
	uint64_t number;
	unsigned score; /* more is better: where the terms were found */
};

/* Where a search goes on: begin with FULLTEXT_BEGIN; FULLTEXT_END when there is no more. */
enum { FULLTEXT_BEGIN = 0, FULLTEXT_END = -1 };

/* Tickets in which each term is found, in whichever of their messages, those that came last first:
 * the next ones, at most limit, and among these the best first, then the newest. ST_BAD_INPUT: a
 * term has no letter or digit. *hits_out: struct fulltext_hit, owned. */
enum status fulltext_find(struct fulltext *fulltext, const struct fulltext_term *terms, unsigned n,
	unsigned limit, int64_t *at, GArray **hits_out, struct error *err);

struct fulltext_status {
	struct fulltext_place place;
	uint64_t tickets, words, bytes; /* words: those that parts are looked for in */
};
enum status fulltext_look(
	struct fulltext *fulltext, struct fulltext_status *status_out, struct error *err);

#endif
