/* Libraries that most runs of a program do not need. Linked to it, each would cost every start: a
 * list of tickets spent four fifths of its time in the dynamic linker. So such a library is loaded
 * when its home is first used, and called through a struct of pointers:
 *
 *   #define SQLITE_FUNCTIONS(F) F(sqlite3_, open_v2) F(sqlite3_, step)
 *   struct sqlite { SQLITE_FUNCTIONS(LIBRARY_POINTER) };
 *   ... sqlite.step(statement)
 */
#ifndef MILTICKET_LIBRARY_H
#define MILTICKET_LIBRARY_H

#include <glib.h>

#include "base/status.h"

#define LIBRARY_POINTER(prefix, name) __typeof__(prefix##name) *name;
#define LIBRARY_NAME(prefix, name) #prefix #name,

struct library {
	const char *file;         /* by its SONAME, which configure finds out */
	const char *const *names; /* of functions, up to NULL */
	void *functions;          /* the struct of their pointers, in the same order */
	int loaded;               /* atomic */
};

/* Of a home's static one; pointers is its struct. */
#define LIBRARY(soname, functions_of, pointers) \
	{ \
		.file = soname, .names = (const char *const[]){ functions_of(LIBRARY_NAME) NULL }, \
		.functions = &pointers \
	}

/* Fills in the pointers, if that was not done yet; threads may call it at once. ST_IO: there is no
 * such library, or it lacks a function; the next call looks again. It is never unloaded. */
enum status library_load(struct library *library, struct error *err);

#endif
