/* Which tickets: terms "field:value", "field:a,b", "-term", "not term", "or" and brackets; what
 * stands side by side holds together. Asked of a ticket's record: what needs its messages is
 * `ticket search`. */
#ifndef MILTICKET_QUERY_H
#define MILTICKET_QUERY_H

#include <stdbool.h>

#include "base/status.h"
#include "model/ticket.h"

struct query;

/* me: the login that "agent:me" stands for; NULL: nobody's. ST_BAD_INPUT names the column (in
 * characters, from 1), what was expected there and the nearest word. *query_out owned. */
enum status query_parse(
	const char *text, const char *me, struct query **query_out, struct error *err);
void query_free(struct query *query);

/* Pure. */
bool query_matches(const struct query *query, const struct ticket *ticket);

#endif
