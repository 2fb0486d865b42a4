/* The query that a command's words are, and the tickets that it chooses. */
#ifndef MILTICKET_CHOOSING_H
#define MILTICKET_CHOOSING_H

#include "cli.h"
#include "tables/queries.h"
#include "tables/query-list.h"

/* Queries by name, one's own first. */
struct choosing_saved {
	GArray *list; /* struct saved_query, the last without a name */
	struct saved_queries store;
};
/* EXIT_DONE, or the code of what it said is wrong; release it in any case. own: those of cli->user,
 * too. */
int choosing_saved_load(struct choosing_saved *saved, struct cli *cli, bool own);
void choosing_saved_release(struct choosing_saved *saved);

struct choosing {
	struct cli *cli;
	char *text;
	struct query_tree *query; /* NULL: there is none */
	struct fulltext *index;   /* NULL: not asked for, or of no use: a line has said why */
};

/* Words as a shell gives them, which has taken the quotes off: one with blanks in it is a phrase if
 * it is words alone, and a piece of a query if it is more. Owned. */
char *choosing_words(char *const *words);

/* Reads the query, and opens the search index if it asks for it. EXIT_DONE, or the code of what it
 * said is wrong. The caller ends it in any case; *choosing must be zeroed. */
int choosing_begin(struct choosing *choosing, struct cli *cli, const char *text);
void choosing_end(struct choosing *choosing);

/* For query_list(): all statuses, all but merged ones. */
struct query_walk choosing_walk(const struct choosing *choosing);
/* Says so, once, when a walk that began reads everything. */
void choosing_say_wide(const struct choosing *choosing, const struct query_walk *walk);

/* The numbers of the tickets, oldest activity first; *numbers_out is the caller's to free in any
 * case. */
int choosing_numbers(struct choosing *choosing, struct numbers *numbers_out);

#endif
