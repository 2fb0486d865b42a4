/* The dynamic linker, asked late. */
#include "base/library.h"

#include <dlfcn.h>
#include <pthread.h>
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

static enum status library_load_now(struct library *library, struct error *err)
{
	void *handle = dlopen(library->file, RTLD_LAZY | RTLD_LOCAL);
	enum status st = handle ? library_find(library, handle, err) : library_fail(library, err);

	if (st == ST_OK)
		g_atomic_int_set(&library->loaded, 1);
	else if (handle)
		dlclose(handle);
	return st;
}

enum status library_load(struct library *library, struct error *err)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	enum status st = ST_OK;

	if (g_atomic_int_get(&library->loaded))
		return ST_OK;
	pthread_mutex_lock(&one_at_a_time);
	/* Another thread may have done it meanwhile, and calls its functions. */
	if (!g_atomic_int_get(&library->loaded))
		st = library_load_now(library, err);
	pthread_mutex_unlock(&one_at_a_time);
	return st;
}
