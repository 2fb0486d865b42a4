/* A query (model/query.h) asked of a ticket and its messages. */
#ifndef MILTICKET_QUERY_LOOK_H
#define MILTICKET_QUERY_LOOK_H

#include "archive/fulltext.h"
#include "model/query.h"
#include "tables/tickets.h"

struct query_term;

/* What an index has told of a term: nothing; that it may hold, and messages tell; that it does. */
enum query_known { KNOWN_NOTHING, KNOWN_MAYBE, KNOWN_HOLDS };

/* What is asked with, in one transaction: any number of queries, of any number of tickets. */
struct query_look {
	struct txn *txn;
	int64_t now;
	GTimeZone *zone; /* borrowed; of days; NULL: the local one */
	/* Would it hold at another time, as the ticket is: times of the query may be anything. */
	bool timeless;
	/* enum query_known of each term, by its place; NULL: nothing of any. Borrowed. */
	const guint8 *known;
	/* One that has all that the store has; NULL: messages are read. Borrowed. */
	struct fulltext *index;
	/* what follows is the look's own */
	GPtrArray *agents;    /* struct agent * */
	GHashTable *searches; /* const struct query_operand * → struct fulltext_search * */
	GPtrArray *terms;     /* const struct query_term *: that messages are asked for */
	GArray *found;        /* bool of each of these */
	unsigned missing;
	bool read; /* the messages of the ticket */
	const struct query_asking *asking;
	enum status st;
	struct error *err;
};

void query_look_init(struct query_look *look, struct txn *txn, int64_t now);
void query_look_release(struct query_look *look);

/* The logins that an agent's name or address stands for, its own among them: char *. Owned. */
struct query_operand;
enum status query_logins(struct query_look *look, const struct query_operand *value,
	GPtrArray **logins_out, struct error *err);

/* The columns of the index that tell of a term whether it holds (and then do so for any value of
 * it), or whether it may; 0: none do. */
struct query_columns {
	unsigned columns;
	bool surely;
};
struct query_columns query_columns_of(const struct query_term *term);
/* Does it have a term that the index could tell of? */
bool query_asks_index(const struct query_tree *query);
/* Is a ticket asked for it by the index sooner than by its messages? */
bool query_is_soon_asked(const struct sought *sought);
/* What a value of such a term is in the index. Borrowed; NULL: nothing; *made_out is owned. */
const struct sought *query_sought_of(
	const struct query_term *term, const struct query_operand *value, struct sought **made_out);

/* The ticket is as it is given, and the query lives as long as the look; messages are read where
 * its record does not tell. */
enum status query_matches(const struct query_tree *query, struct query_look *look,
	const struct ticket *ticket, bool *holds_out, struct error *err);

#endif
