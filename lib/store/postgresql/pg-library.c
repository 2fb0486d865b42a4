/* libpq, loaded by the name that configure found. */
#include "store/postgresql/pg-library.h"

#include "build-config.h"

struct pq pq;

enum status pg_library_load(struct error *err)
{
	static const char *const names[] = { PQ_FUNCTIONS(LIBRARY_NAME) NULL };
	static struct library library = {
		.file = PQ_LIBRARY,
		.names = names,
		.functions = &pq,
	};

	return library_load(&library, err);
}
