/* The search index as commands use it: brought up to date first, and done without when that cannot
 * be. */
#ifndef MILTICKET_SEARCH_INDEX_H
#define MILTICKET_SEARCH_INDEX_H

#include "archive/fulltext.h"
#include "cli.h"
#include "tables/indexing.h"

/* The index with all that the store has. NULL when there is none that could be asked at once: a
 * line on standard error says why. The caller closes it. */
struct fulltext *search_index_open(struct cli *cli);

/* The line of a failure. */
void search_index_say_unusable(const struct error *err);

/* How it is, without going on with it. */
struct index_state {
	enum index_is {
		INDEX_READY,
		INDEX_BEHIND,
		INDEX_BUILDING,
		INDEX_MISSING,
		INDEX_UNUSABLE /* damaged, locked or not to be read */
	} is;
	struct indexing_progress progress;
	struct fulltext_status status;
};
extern const char *const index_state_names[];
/* Fails only as INDEX_UNUSABLE; why: err. */
void search_index_look(struct cli *cli, struct index_state *state_out, struct error *err);

/* After what takes texts out of the store: the index has none of them any more. An exit code. */
int search_index_forget(struct cli *cli);

#endif
