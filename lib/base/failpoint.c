/* Dying, or waiting, at a named step. */
#include "base/failpoint.h"

#ifdef ENABLE_FAILPOINTS

#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

static bool failpoint_is(const char *name, const char *wanted, gint *passed)
{
	size_t len = wanted ? strcspn(wanted, ":") : 0;
	gint nth = len && wanted[len] ? (gint)g_ascii_strtoll(wanted + len + 1, NULL, 10) : 1;

	return len && strlen(name) == len && strncmp(name, wanted, len) == 0 &&
		g_atomic_int_add(passed, 1) + 1 == nth;
}

/* Dies as a power cut would have it: at once, with nothing tidied up. */
void failpoint(const char *name)
{
	static gint died, stopped;

	if (failpoint_is(name, g_getenv("MILTICKET_STOP_AT"), &stopped))
		raise(SIGSTOP);
	if (failpoint_is(name, g_getenv("MILTICKET_DIE_AT"), &died))
		raise(SIGKILL);
}

#endif
