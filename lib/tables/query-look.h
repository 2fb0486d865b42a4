/* A query (model/query.h) asked of a ticket and its messages. */
#ifndef MILTICKET_QUERY_LOOK_H
#define MILTICKET_QUERY_LOOK_H

#include "model/query.h"
#include "tables/tickets.h"

/* What is asked with, in one transaction: any number of queries, of any number of tickets. */
struct query_look {
	struct txn *txn;
	int64_t now;
	GTimeZone *zone; /* borrowed; of days; NULL: the local one */
	/* Would it hold at another time, as the ticket is: times of the query may be anything. */
	bool timeless;
	/* Terms that are known to hold, by their place: an index has told. NULL: none. Borrowed. */
	const bool *known;
	/* what follows is the looks' own */
	GPtrArray *agents; /* struct agent * */
	GPtrArray *terms;  /* const struct query_term *: that messages are asked for */
	GArray *found;     /* bool of each of these */
	unsigned missing;
	bool read; /* the messages of the ticket */
	const struct query_asking *asking;
	enum status st;
	struct error *err;
};

void query_look_init(struct query_look *look, struct txn *txn, int64_t now);
void query_look_release(struct query_look *look);

/* The ticket is as it is given; messages are read where its record does not tell. */
enum status query_matches(const struct query_tree *query, struct query_look *look,
	const struct ticket *ticket, bool *holds_out, struct error *err);

#endif
