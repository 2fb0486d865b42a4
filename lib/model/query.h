/* The query language: which tickets. What stands side by side holds together.
 *
 *     any    = all { "or" all }
 *     all    = factor { factor }
 *     factor = [ "-" | "not" ] ( "(" any ")" | "@" name | term )
 *     term   = field ":" value { "," value } | word | phrase
 *     value  = word | phrase          a time: [ point ] ".." [ point ] | point
 *     phrase = '"' … '"'
 *
 * Parsed once, and asked of any number of tickets at any time: days and durations are counted from
 * the moment of the asking. Here a ticket's record is asked; what needs its messages is asked by
 * tables/query-look.h, which is what nearly everybody wants. */
#ifndef MILTICKET_QUERY_H
#define MILTICKET_QUERY_H

#include <stdbool.h>

#include "base/status.h"
#include "model/ticket.h"

struct query_tree;

/* A query by its name, "@name". */
struct saved_query {
	const char *name, *text;
};

/* Who asks. */
struct query_asker {
	const char *me;                  /* the login that "agent:me" stands for; NULL: nobody's */
	const struct saved_query *saved; /* ends with a NULL name; NULL: there are none */
	/* char *, owned: names of queries that are not among these, which are no mistakes then: the
	 * query is to be parsed again when they are known. NULL: they are mistakes. */
	GPtrArray *later;
};

/* asker may be NULL. ST_BAD_INPUT names the column (in characters, from 1), what was expected there
 * and the nearest word. *query_out owned. */
enum status query_parse(const char *text, const struct query_asker *asker,
	struct query_tree **query_out, struct error *err);
void query_free(struct query_tree *query);
/* One that holds for no ticket. Owned. */
struct query_tree *query_never(void);

/* May it be the name of a saved query? 1 to 64 of a-z 0-9 . _ -, starting with a letter or digit.
 */
bool query_name_valid(const char *name);
/* Why it may not be: ST_BAD_INPUT. */
enum status query_name_check(const char *name, struct error *err);

/* Does the word begin a term with a known field, "status:…", "-status:…", or "-@name"? */
bool query_is_term(const char *word);

/* Does the query name one of these fields, anywhere? NULL-terminated. */
bool query_names_field(const struct query_tree *query, const char *const *names);

/* The values of that field, anywhere in it, that are names and no patterns: char *, borrowed. */
void query_names(const struct query_tree *query, const char *field, GPtrArray *names_out);

/* May it ask for more than a ticket's record, at any ticket? (A login is in the record; what else
 * an agent is known by is not, and does not count.) */
bool query_asks_messages(const struct query_tree *query);

/* MAYBE: the record alone does not tell. */
enum query_truth { QUERY_NO, QUERY_MAYBE, QUERY_YES };

struct query_term;

struct query_asking {
	const struct ticket *ticket;
	int64_t now;
	GTimeZone *zone; /* of days; NULL: the local one */
	/* Times may be anything: QUERY_NO is then "at no time, as the ticket is". */
	bool timeless;
	/* Asked for terms that the record leaves open; NULL: they stay so. */
	enum query_truth (*more)(const struct query_term *term, void *arg);
	void *arg;
};
enum query_truth query_ask(const struct query_tree *query, const struct query_asking *asking);

/* The next moment after asking->now at which a time of the query turns for the ticket, from true to
 * false or back, if nothing happens to it; 0: none does. The other terms are not asked. */
int64_t query_turns(const struct query_tree *query, const struct query_asking *asking);

/* --- the fields, for the manual and completion --- */

struct query_row {
	const char *name;
	const char *values;       /* "QUEUE|none": alternatives, as in the tables of commands */
	const char *const *words; /* the only values; NULL: any */
	const char *help;         /* to be translated */
};
/* The one at that place; false past the last. */
bool query_row_at(size_t at, struct query_row *row_out);

#endif
