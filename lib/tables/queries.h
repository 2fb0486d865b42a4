/* Queries that everybody here may use by their name. */
#ifndef MILTICKET_QUERIES_H
#define MILTICKET_QUERIES_H

#include "model/query.h"
#include "model/ticket.h"
#include "tables/record-table.h"

extern const struct table_type shared_query_table;

/* Makes or replaces. */
enum status queries_save(struct txn *txn, const struct shared_query *query, struct error *err);
/* ST_NOT_FOUND. */
enum status queries_remove(struct txn *txn, const char *name, struct error *err);

/* The same as the parser asks for them. Zeroed or loaded; release it in any case. */
struct saved_queries {
	GPtrArray *shared; /* struct shared_query * */
	GArray *list;      /* struct saved_query, the last without a name */
};
enum status queries_load(struct txn *txn, struct saved_queries *saved_out, struct error *err);
void queries_release(struct saved_queries *saved);

#endif
