/* Files beside the rows, where the engine has them. */
#include "store/engine.h"

#include "base/tongue.h"

static enum status files_of(
	const struct store *store, const struct engine_files **files_out, struct error *err)
{
	*files_out = store->engine->files;
	return *files_out ? ST_OK
			  : error_set(err, ST_REFUSED, _("a store of %s has no place for mails"),
				    store->engine->name);
}

enum status store_file_put(
	struct store *store, const char *name, store_pieces_fn *next, void *arg, struct error *err)
{
	const struct engine_files *files;
	enum status st = files_of(store, &files, err);

	return st == ST_OK ? files->put(store, name, next, arg, err) : st;
}

enum status store_file_get(
	struct store *store, const char *name, store_piece_fn *fn, void *arg, struct error *err)
{
	const struct engine_files *files;
	enum status st = files_of(store, &files, err);

	return st == ST_OK ? files->get(store, name, fn, arg, err) : st;
}

enum status store_file_remove(struct store *store, const char *name, struct error *err)
{
	const struct engine_files *files;
	enum status st = files_of(store, &files, err);

	return st == ST_OK ? files->remove(store, name, err) : st;
}

enum status store_file_rename(
	struct store *store, const char *from, const char *to, struct error *err)
{
	const struct engine_files *files;
	enum status st = files_of(store, &files, err);

	return st == ST_OK ? files->rename(store, from, to, err) : st;
}

enum status store_file_each(struct store *store, store_file_visit *fn, void *arg, struct error *err)
{
	const struct engine_files *files;
	enum status st = files_of(store, &files, err);

	return st == ST_OK ? files->each(store, fn, arg, err) : st;
}

enum status store_files_remove_before(
	struct store *store, const char *name, uint64_t max, uint64_t *count_out, struct error *err)
{
	const struct engine_files *files;
	enum status st = files_of(store, &files, err);

	return st == ST_OK ? files->remove_before(store, name, max, count_out, err) : st;
}
