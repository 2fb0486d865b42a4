/* What a query tells of where its tickets are. */
#ifndef MILTICKET_QUERY_PLAN_H
#define MILTICKET_QUERY_PLAN_H

#include "model/query-parts.h"
#include "tables/query-list.h"
#include "tables/tickets-index.h"

/* What a row of the list has to have for a term of one of its fields to hold. */
struct query_traits {
	bool known;   /* false: the row does not tell */
	bool none;    /* one of the values is "none" */
	char kind;    /* enum index_kind */
	GArray *list; /* struct trait; one is enough */
	/* Of a term of time: within these, or it does not hold; all of them when no bound is
	 * known. Nothing was opened, closed or touched after it was last changed. */
	struct query_bounds bounds;
	char time; /* the row tells it: enum index_kind; 0 */
};

struct query_plan {
	const struct query_walk *walk;
	struct query_look *look;
	struct ticket_filter filter; /* with what the query tells */
	struct query_traits *traits; /* of each term */
	bool *held;                  /* terms that the index has told of, by their place */
	GArray *numbers;             /* uint64_t: no other ticket is wanted; NULL: any may be */
};

/* The words of the outermost terms that all have to hold, as the index is asked for them. */
struct query_words {
	GArray *terms;   /* struct fulltext_term */
	GPtrArray *made; /* struct sought * */
	bool *held;      /* terms of which a hit tells that they hold, by their place */
};
/* *words_out: release it. */
void query_index_words(const struct query_tree *query, struct query_words *words_out);
void query_words_release(struct query_words *words);

/* The look is borrowed. *plan_out must be zeroed; release it in any case. */
enum status query_plan(const struct query_walk *walk, struct query_look *look,
	struct query_plan *plan_out, struct error *err);
void query_plan_release(struct query_plan *plan);

#endif
