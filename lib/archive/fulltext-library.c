/* SQLite, loaded by the name that configure found. */
#include "archive/fulltext-library.h"

#include "build-config.h"

struct sqlite sqlite;

static struct library sqlite_library = LIBRARY(SQLITE_LIBRARY, SQLITE_FUNCTIONS, sqlite);

enum status fulltext_library_load(struct error *err)
{
	return library_load(&sqlite_library, err);
}
