/* Which engine: the only file that knows them all. */
#include "store/engine.h"

#include "base/tongue.h"
#include "build-config.h"
#include "store/lmdb/store-engine.h"
#ifdef HAVE_POSTGRESQL
#include "store/postgresql/pg-store.h"
#endif

static const struct engine *const engines[] = {
	&lmdb_engine,
#ifdef HAVE_POSTGRESQL
	&pg_engine,
#endif
};

/* The first is the one without a url. */
static const struct engine *engine_of(const char *url)
{
	if (!url || !*url)
		return engines[0];
	for (size_t i = 1; i < G_N_ELEMENTS(engines); i++)
		if (g_str_has_prefix(url, engines[i]->scheme))
			return engines[i];
	return NULL;
}

static enum status choose_no_engine(const char *url, struct error *err)
{
	g_autofree char *scheme = g_strndup(url, strcspn(url, ":"));

	return error_set(
		err, ST_REFUSED, _("this program has no engine for a store of '%s'"), scheme);
}

enum status store_open(
	const struct store_options *options, struct store **store_out, struct error *err)
{
	const struct engine *engine = engine_of(options->url);

	return engine ? engine->open(engine, options, store_out, err)
		      : choose_no_engine(options->url, err);
}

enum status store_restore(const struct store_options *options, const char *backup, bool force,
	char **kept_out, struct error *err)
{
	const struct engine *engine = engine_of(options->url);

	if (!engine)
		return choose_no_engine(options->url, err);
	if (!engine->restore)
		return error_set(err, ST_REFUSED,
			_("a store of %s is its administrator's to care for: %s"), engine->name,
			engine->restore_by);
	return engine->restore(engine, options, backup, force, kept_out, err);
}
