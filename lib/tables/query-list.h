/* The tickets of a query, found by whatever leads to them soonest: numbers, Message-IDs, links,
 * words of the search index, few tickets of a requester or tag; else the list of all tickets, whose
 * rows tell of most that they are not wanted. */
#ifndef MILTICKET_QUERY_LIST_H
#define MILTICKET_QUERY_LIST_H

#include "tables/query-look.h"

struct query_walk {
	const struct query_tree *query;
	struct ticket_filter
		filter; /* and these; .statuses 0: any; .unwanted is not the caller's */
	int64_t now;
	GTimeZone *zone;        /* of days; NULL: the local one */
	struct fulltext *index; /* whole, or NULL */
	/* The words that all have to hold are known to lead to more than it is worth. */
	bool words_are_common;
	const guint8 *known; /* what the caller is to be believed of the terms; as in query_look */
	/* Set before the first visit: the messages of all tickets are read, for want of anything
	 * that leads to some. */
	bool reads_all;
};

/* Each ticket that is wanted, in the order of activity as the filter says; else as
 * tickets_list(). */
enum status query_list(
	struct txn *txn, struct query_walk *walk, ticket_visit *fn, void *arg, struct error *err);

#endif
