/* The search index as commands use it: brought up to date first, and done without when that cannot
 * be. */
#ifndef MILTICKET_SEARCH_INDEX_H
#define MILTICKET_SEARCH_INDEX_H

#include "archive/fulltext.h"
#include "cli.h"

/* The index with all that the store has. NULL when there is none that could be asked at once: a
 * line on standard error says why. The caller closes it. */
struct fulltext *search_index_open(struct cli *cli);

/* The line of a failure. */
void search_index_say_unusable(const struct error *err);

/* After what takes texts out of the store: the index has none of them any more. An exit code. */
int search_index_forget(struct cli *cli);

#endif
