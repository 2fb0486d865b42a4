/* What the files of query.h share, and those that walk a query for an index to look into. */
#ifndef MILTICKET_QUERY_PARTS_H
#define MILTICKET_QUERY_PARTS_H

#include "base/sought.h"
#include "model/query-times.h"
#include "model/query.h"

/* What a field's values are. */
enum query_sort {
	QUERY_WORD,   /* a text, or a glob of it */
	QUERY_NUMBER, /* of a ticket */
	QUERY_PERSON, /* an address, "@domain", a glob, a part of a name or address */
	QUERY_TEXT,   /* words to be found in texts (base/sought.h) */
	QUERY_FILE,   /* the same, or a glob of a file's name */
	QUERY_TIME,   /* a span of points in time */
	QUERY_AGE,    /* a span of durations */
	QUERY_ID      /* a Message-ID */
};

/* What of a ticket's messages a term needs to be told; the record cannot. */
enum query_part {
	PART_NONE,
	PART_AGENT, /* names and addresses of the agent */
	PART_FROM,
	PART_TO,
	PART_TEXT,
	PART_NOTE,
	PART_FILE,
	PART_ID,
	PART_ANY, /* any of these, the Subject too */
	PART_HAS_NOTE
};

struct query_operand {
	char *text;    /* text_searchable(); an id as it is written */
	char *raw;     /* as it is written */
	char *address; /* canonical, where a person is given by one; NULL */
	bool glob;     /* it has a * or ?, and may be one */
	uint64_t number;
	int word; /* its place among the field's words, where it has any */
	struct query_span span;
	/* QUERY_TEXT and QUERY_FILE, unless it is a glob of a file's name. Of a QUERY_PERSON what
	 * it has to have besides; NULL: nothing. */
	struct sought *sought;
};

typedef enum query_truth query_field_ask(
	const struct query_asking *asking, const struct query_operand *value);

struct query_field {
	const char *name; /* NULL: a bare word */
	enum query_sort sort;
	query_field_ask *ask;
	int64_t (*time)(const struct ticket *ticket); /* QUERY_TIME, QUERY_AGE; 0 unknown */
	bool ahead;                                   /* its durations are counted from now on */
	const struct field *row;                      /* of ticket_type, with FIELD_FILTER */
	const char *const *words, *values, *help;     /* as in struct query_row */
	enum query_part part;
};

enum query_kind { QUERY_ALL, QUERY_ANY, QUERY_NOT, QUERY_TERM };

/* ALL and ANY have children, NOT has one, TERM a field and values. */
struct query_term {
	struct query_field field;
	GPtrArray *values; /* struct query_operand *; one that holds is enough */
	unsigned place;    /* among the terms of the query: 0, 1 … */
};
struct query_tree {
	enum query_kind kind;
	GPtrArray *children; /* struct query_tree * */
	struct query_term term;
	unsigned terms; /* of the outermost: how many there are */
};

/* The one at that place, bare words first; false past the last. */
bool query_field_at(size_t at, struct query_field *field_out);

/* Fills in the value of a field. quoted: it stood in quotes. ST_BAD_INPUT: *why_out (owned) says
 * what was expected. */
enum status query_value_read(const struct query_field *field, const char *raw, bool quoted,
	const char *me, struct query_operand *value_out, char **why_out);
void query_value_free(struct query_operand *value);

/* Is it this person? name and address may be NULL. */
bool query_is_person(const struct query_operand *value, const char *name, const char *address);

/* "did you mean 'x'?", or the list of what there is. Owned. */
char *query_hint(const char *word, const char *const *names);

/* What is known of the query when that much is known of its terms. */
typedef enum query_truth query_tell(const struct query_term *term, void *arg);
enum query_truth query_told(const struct query_tree *query, query_tell *tell, void *arg);

/* The bounds of a value of a QUERY_TIME or QUERY_AGE at a moment: of the field's time itself. */
struct query_bounds query_time_bounds(const struct query_field *field,
	const struct query_operand *value, int64_t now, GTimeZone *zone);

/* One value, and one term, of one ticket. */
enum query_truth query_value_ask(const struct query_field *field, const struct query_asking *asking,
	const struct query_operand *value);
enum query_truth query_term_ask(const struct query_term *term, const struct query_asking *asking);

#endif
