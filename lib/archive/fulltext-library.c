/* SQLite, loaded by the name that configure found. */
#include "archive/fulltext-library.h"

#include "build-config.h"

struct sqlite sqlite;

enum status fulltext_library_load(struct error *err)
{
	static const char *const names[] = { SQLITE_FUNCTIONS(LIBRARY_NAME) NULL };
	static struct library library = {
		.file = SQLITE_LIBRARY,
		.names = names,
		.functions = &sqlite,
	};

	return library_load(&library, err);
}
