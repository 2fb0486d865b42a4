/* libpq, loaded by the name that configure found. */
#include "store/postgresql/pg-library.h"

#include "build-config.h"

struct pq pq;

static struct library pg_library = LIBRARY(PQ_LIBRARY, PQ_FUNCTIONS, pq);

enum status pg_library_load(struct error *err)
{
	return library_load(&pg_library, err);
}
