/* Statements that go to the server together, in one round trip, and what becomes of their rows. */
#ifndef MILTICKET_PG_BATCH_H
#define MILTICKET_PG_BATCH_H

#include "store/postgresql/pg-link.h"
#include "store/postgresql/pg-sql.h"

/* Called for each statement that gave rows. */
typedef void pg_rows_fn(const PGresult *result, void *arg);

struct pg_batch {
	struct pg_link *link;
	GArray *awaited; /* struct batch_awaited */
	bool lost;       /* something could not be sent */
};

void pg_batch_begin(struct pg_batch *batch, struct pg_link *link);
/* A short text without values, for ever there; it is its own name. */
void pg_batch_text(struct pg_batch *batch, const char *sql);
/* Prepared, if it is not yet; statement is borrowed until the batch has run. fn may be NULL. */
void pg_batch_add(struct pg_batch *batch, const struct pg_statement *statement,
	const struct cells *cells, pg_rows_fn *fn, void *arg);
/* A text that is not kept. types are those of the cells. */
void pg_batch_once(struct pg_batch *batch, const char *sql, const uint32_t *types,
	const struct cells *cells, pg_rows_fn *fn, void *arg);
/* Sends all, and waits. The first failure, with the link's reason; what comes after it was not
 * done. */
enum status pg_batch_run(struct pg_batch *batch);

/* Cell of a result. */
struct cell pg_cell(const PGresult *result, int row, int column);
/* The cells of a row from that column on; n of them. */
void pg_row_cells(const PGresult *result, int row, int column, size_t n, struct cell *cells_out);

#endif
