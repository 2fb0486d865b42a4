/* Dying at a named step. */
#include "base/failpoint.h"

#ifdef ENABLE_FAILPOINTS

#include <glib.h>
#include <signal.h>
#include <string.h>

/* Dies as a power cut would have it: at once, with nothing tidied up. */
void failpoint(const char *name)
{
	static gint passed;
	const char *wanted = g_getenv("MILTICKET_DIE_AT");
	size_t len = wanted ? strcspn(wanted, ":") : 0;
	gint nth = len && wanted[len] ? (gint)g_ascii_strtoll(wanted + len + 1, NULL, 10) : 1;

	if (len && strlen(name) == len && strncmp(name, wanted, len) == 0 &&
		g_atomic_int_add(&passed, 1) + 1 == nth)
		raise(SIGKILL);
}

#endif
