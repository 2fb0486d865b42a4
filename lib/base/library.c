/* The dynamic linker, asked late. */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

#include "base/tongue.h"

static enum status library_fail(const struct library *library, struct error *err)
{
	const char *why = dlerror(), *reason = why ? strstr(why, ": ") : NULL;

	/* "FILE: REASON" */
	return error_set(err, ST_IO, _("cannot load library '%s': %s"), library->file,
		reason ? reason + 2 : why);
}

static enum status library_find(struct library *library, void *handle, struct error *err)
{
	char *place = library->functions;

	for (const char *const *name = library->names; *name; name++, place += sizeof(void *)) {
		void *function = dlsym(handle, *name);

		if (!function)
			return library_fail(library, err);
		memcpy(place, &function, sizeof(function));
	}
	return ST_OK;
}

enum status library_load(struct library *library, struct error *err)
{
	static GMutex one_at_a_time;
	enum status st = ST_OK;
	void *handle;

	if (g_atomic_int_get(&library->loaded))
		return ST_OK;
	g_mutex_lock(&one_at_a_time);
	handle = dlopen(library->file, RTLD_LAZY | RTLD_LOCAL);
	st = handle ? library_find(library, handle, err) : library_fail(library, err);
	if (st == ST_OK)
		g_atomic_int_set(&library->loaded, 1);
	else if (handle)
		dlclose(handle);
	g_mutex_unlock(&one_at_a_time);
	return st;
}
