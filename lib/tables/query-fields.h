/* The fields of the query language. */
#ifndef MILTICKET_QUERY_FIELDS_H
#define MILTICKET_QUERY_FIELDS_H

#include "model/ticket.h"

typedef bool query_ask(const struct ticket *ticket, const char *value, const char *me);

struct query_field {
	const char *name;
	query_ask *ask;           /* NULL: the row tells how */
	const struct field *row;  /* of ticket_type, with FIELD_FILTER; NULL */
	const char *const *words; /* the only values; NULL: any */
	bool number;              /* the values are numbers */
};

/* The one at that place; false past the last. */
bool query_field_at(size_t at, struct query_field *out);

/* value is searchable text (text_searchable()); me: the login that "me" stands for, or NULL. */
bool query_field_asks(const struct query_field *field, const struct ticket *ticket,
	const char *value, const char *me);

#endif
