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
	char time;     /* the row tells it: enum index_kind; 0 */
	guint8 *facts; /* of a term of facts, what tells of each value; NULL: it is none */
};

struct query_plan {
	const struct query_walk *walk;
	struct query_look *look;
	struct ticket_filter filter; /* with what the query tells */
	struct query_traits *traits; /* of each term */
	guint8 *known;               /* enum query_known of the terms: what the index has told */
	GArray *numbers;             /* uint64_t: no other ticket is wanted; NULL: any may be */
};

/* The words of the outermost terms that all have to hold, as the index is asked for them. */
struct query_words {
	GArray *terms;   /* struct fulltext_term */
	GPtrArray *made; /* struct sought * */
	guint8 *known;   /* what a hit tells of the terms, by their place: enum query_known */
	bool soon;       /* of each of them: query_is_soon_asked() */
};
/* *words_out: release it. */
void query_index_words(const struct query_tree *query, struct query_words *words_out);
void query_words_release(struct query_words *words);

/* The look is borrowed. *plan_out must be zeroed; release it in any case. */
enum status query_plan(const struct query_walk *walk, struct query_look *look,
	struct query_plan *plan_out, struct error *err);
void query_plan_release(struct query_plan *plan);

#endif
