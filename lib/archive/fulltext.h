/* The index of words: which messages of which tickets have them. Two files of SQLite's (FTS5)
 * beside the store, derived from it: they may lag, be missing or be damaged, and are made anew
 * then. The only door to SQLite. Knows nothing of the store's rows: tables/indexing.h fills it.
 *
 * Of a text it keeps where its words are, folded, and nothing to take them out again by: messages
 * of a ticket that is removed are found no more, and their words go when the index is made anew. */
#ifndef MILTICKET_FULLTEXT_H
#define MILTICKET_FULLTEXT_H

#include <stdint.h>

#include "base/sought.h"
#include "base/status.h"

struct fulltext;

/* The first takes least room: most is text. */
enum fulltext_column {
	FULLTEXT_TEXT, /* of mails */
	FULLTEXT_NOTE, /* of notes: after FULLTEXT_IS_NOTE */
	FULLTEXT_SUBJECT,
	FULLTEXT_FROM,
	FULLTEXT_TO,     /* and Cc */
	FULLTEXT_PEOPLE, /* the ticket's requester and participants */
	FULLTEXT_FILES,  /* attachments' names */
	FULLTEXT_MARKS   /* the ticket's number and tags */
};
enum { FULLTEXT_COLUMNS = FULLTEXT_MARKS + 1 };

/* A word that no text has (of private use: fold_text() makes none of it): by it all notes are
 * found, those without words among them. */
#define FULLTEXT_IS_NOTE "\xee\x80\x80"

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
/* Is there any of its files; are there all? */
bool fulltext_exists(const char *directory);
bool fulltext_is_whole(const char *directory);
/* Removes the files; nothing when they are not there. Nobody may have it open in this process. */
enum status fulltext_destroy(const char *directory, struct error *err);

/* As it was when it was new, whoever else has it open; nothing of what it had is left in the file.
 */
enum status fulltext_empty(struct fulltext *fulltext, struct error *err);

/* --- writing: begin, any number of these, commit or undo --- */

/* ST_BUSY after some seconds when another process writes. */
enum status fulltext_begin(struct fulltext *fulltext, struct error *err);
/* How far it has come; all 0 in a new one. */
enum status fulltext_place(
	struct fulltext *fulltext, struct fulltext_place *place_out, struct error *err);
/* A message of a ticket, past the last one that it has; or, as seq 0, what the ticket itself says:
 * that replaces. texts: words that fold_text() made, NULL where there are none. */
struct fulltext_row {
	uint64_t number, seq;
	char *texts[FULLTEXT_COLUMNS];
};
/* rows: struct fulltext_row *. Many of them are put in by two threads. */
enum status fulltext_put(struct fulltext *fulltext, const GPtrArray *rows, struct error *err);
/* The ticket and all its messages. ST_OK when there is none. */
enum status fulltext_remove(struct fulltext *fulltext, uint64_t number, struct error *err);
/* What was removed is to go from the file, too: fulltext_empty() is owed since `now`. */
enum status fulltext_owe(struct fulltext *fulltext, int64_t now, struct error *err);
/* The last message of the ticket that it has; 0: none. */
enum status fulltext_last(
	struct fulltext *fulltext, uint64_t number, uint64_t *seq_out, struct error *err);
enum status fulltext_commit(
	struct fulltext *fulltext, const struct fulltext_place *place, struct error *err);
void fulltext_undo(struct fulltext *fulltext);
/* What was put in piece by piece becomes one, which is asked faster: due once when all tickets are
 * in, and as often as *merged_out is false. */
enum status fulltext_merge(struct fulltext *fulltext, bool *merged_out, struct error *err);

/* --- asking --- */

struct fulltext_term {
	const struct sought *sought; /* borrowed, as long as the search is */
	unsigned columns;            /* 1 << FULLTEXT_SUBJECT …; 0: all */
};

struct fulltext_hit {
	uint64_t number;
	uint64_t seq;   /* the newest message that has the first term; 0: the ticket itself has */
	unsigned score; /* more is better: where the terms were found */
};

/* Tickets in which each of the terms is found, in whichever of their messages. */
struct fulltext_search;

/* terms: n of them, at least one, borrowed until the search is freed. *search_out owned; it must be
 * freed before the index is closed. */
enum status fulltext_search_new(struct fulltext *fulltext, const struct fulltext_term *terms,
	unsigned n, struct fulltext_search **search_out, struct error *err);
void fulltext_search_free(struct fulltext_search *search);
/* The next ones, at most limit, those that came into the index last first; among these the best
 * first, then the newest. *hits_out: struct fulltext_hit, owned; none: there are no more. What is
 * written between two calls may be missed. ST_BUSY: it was emptied since fulltext_place() was
 * asked, and cannot tell. */
enum status fulltext_search_next(
	struct fulltext_search *search, unsigned limit, GArray **hits_out, struct error *err);
/* Its score, as a hit's; 0: it is none. Costs as much as to look up each term once. */
enum status fulltext_search_score(
	struct fulltext_search *search, uint64_t number, unsigned *score_out, struct error *err);
/* A part of a word that is in more words than are looked for: borrowed; NULL: there is none. */
const char *fulltext_search_cut(const struct fulltext_search *search);

struct fulltext_status {
	struct fulltext_place place;
	uint64_t tickets, words, bytes; /* words: those that parts are looked for in */
	uint64_t dead;      /* messages of removed tickets, whose words are still in it */
	int64_t owed_since; /* fulltext_owe(); 0: nothing is */
};
enum status fulltext_look(
	struct fulltext *fulltext, struct fulltext_status *status_out, struct error *err);

#endif
