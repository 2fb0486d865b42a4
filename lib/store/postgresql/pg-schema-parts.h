/* What there is in the database, and the statements that add what is not; for pg-schema.c. */
#ifndef MILTICKET_PG_SCHEMA_PARTS_H
#define MILTICKET_PG_SCHEMA_PARTS_H

#include <glib.h>

#include "store/store-shape.h"

struct pg_there {
	GHashTable *columns;     /* "table.column" → type, as format_type() calls it */
	GHashTable *constraints; /* name → definition */
	GHashTable *views;       /* name → GPtrArray of columns, in their order */
};
void pg_there_init(struct pg_there *there);
void pg_there_release(struct pg_there *there);

/* NULL, or "table.column" that is of another type than it should be; owned. */
char *pg_schema_odd_column(const struct pg_there *there);

/* Appends what is missing; from nothing, it says all that this program has. */
void pg_schema_add_tables(GString *sql, const struct pg_there *there);
void pg_schema_add_views(GString *sql, const struct pg_there *there);

#endif
