/* The tickets of a query, the best first, as the search index ranks what has the words that all of
 * them must have: in pages, the newest hits first. Where few of many hits are wanted for the rest
 * of the query, they are found as query_list() finds them, and then ranked. Without an index, or
 * without such a word: in the order of activity. */
#ifndef MILTICKET_QUERY_BEST_H
#define MILTICKET_QUERY_BEST_H

#include "tables/query-list.h"

struct query_best;

struct query_best_options {
	uint64_t most;    /* no more are wanted, but a few more may be given; 0: all */
	unsigned at_once; /* hits among which the best come first; 0: 500 */
};

/* walk is borrowed until it is freed; it should not be oldest first. ST_BUSY, ST_IO: the index
 * cannot be asked; err says why. *best_out owned. */
enum status query_best_new(struct query_walk *walk, const struct query_best_options *options,
	struct query_best **best_out, struct error *err);
void query_best_free(struct query_best *best);

/* Appends the numbers (uint64_t) of the next ones; none: there are no more. The transaction may be
 * another each time: what changes between two calls may be missed. Fails as query_best_new() when
 * the index does. */
enum status query_best_next(
	struct txn *txn, struct query_best *best, GArray *numbers, struct error *err);

/* A part of a word that is in more words than are looked for: borrowed; NULL: there is none. */
const char *query_best_cut(const struct query_best *best);

#endif
