/* The engine in its parts: opening and closing. */
#include "store/postgresql/pg-store.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/tongue.h"
#include "store/postgresql/pg-schema.h"

/* Writers are gathered into one; the others are readers. */
enum { LINKS_MAX = 16 };

static const struct bytes pg_secret_key = { "secret", 6 };

static enum status pg_read_secret(struct txn *txn, void *arg, struct error *err)
{
	struct bytes value;
	enum status st = txn_get(txn, TABLE_META, pg_secret_key, &value);

	(void)arg;
	if (st == ST_OK && value.len == sizeof txn->store->secret)
		memcpy(txn->store->secret, value.data, value.len);
	else if (st == ST_OK)
		st = error_set(err, ST_IO, _("store '%s' has a damaged secret"),
			pg_of(txn->store)->server.shown);
	return st;
}

static enum status pg_make_secret(struct txn *txn, void *arg, struct error *err)
{
	enum status st = pg_read_secret(txn, arg, err);

	/* Another process may have been first. */
	if (st != ST_NOT_FOUND)
		return st;
	if (getrandom(txn->store->secret, sizeof txn->store->secret, 0) !=
		sizeof txn->store->secret)
		return error_set(err, ST_IO, _("no random numbers: %s"), g_strerror(errno));
	return txn_put(txn, TABLE_META, pg_secret_key,
		(struct bytes){ txn->store->secret, sizeof txn->store->secret });
}

static struct pg_store *pg_store_new(const struct engine *engine)
{
	struct pg_store *store = g_new0(struct pg_store, 1);

	store_init(&store->store, engine);
	pthread_mutex_init(&store->lock, NULL);
	store->statements = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, pg_statement_free);
	return store;
}

static enum status pg_connect(
	struct pg_store *store, const struct store_options *options, struct error *err)
{
	struct pg_link *link;
	enum status st = pg_server_init(&store->server, options->url, options->password_file, err);

	if (st != ST_OK)
		return st;
	store->server.deadline_s = options->deadline_s;
	store->server.require_sync = options->require_sync;
	store->server.durable = options->durable;
	store->server.read_only = options->read_only;
	store->pool = pg_pool_new(&store->server, LINKS_MAX);
	if (getrandom(store->writer, sizeof store->writer, 0) != sizeof store->writer)
		return error_set(err, ST_IO, _("no random numbers: %s"), g_strerror(errno));
	st = pg_pool_try(store->pool, &link, err);
	if (st != ST_OK)
		return st;
	st = pg_schema_ensure(link, !options->read_only, err);
	pg_pool_give(store->pool, link);
	if (st == ST_NOT_FOUND)
		error_set(err, st, _("there is no store in '%s' yet"), store->server.shown);
	return st;
}

static void pg_close(struct store *base)
{
	struct pg_store *store = pg_of(base);

	pg_link_close(store->listener);
	pg_pool_free(store->pool);
	pg_server_release(&store->server);
	g_hash_table_unref(store->statements);
	pthread_mutex_destroy(&store->lock);
	store_release(base);
	g_free(store);
}

static enum status pg_open(const struct engine *engine, const struct store_options *options,
	struct store **store_out, struct error *err)
{
	struct pg_store *store = pg_store_new(engine);
	enum status st = pg_connect(store, options, err);

	if (st == ST_OK)
		st = store_read(&store->store, pg_read_secret, NULL, err);
	if (st == ST_NOT_FOUND && store->pool && !options->read_only)
		st = store_write(&store->store, pg_make_secret, NULL, err);
	if (st == ST_OK)
		*store_out = &store->store;
	else
		pg_close(&store->store);
	return st;
}

static bool pg_away(const struct store *store)
{
	return pg_pool_away(((const struct pg_store *)store)->pool);
}

const struct engine pg_engine = {
	.name = "postgresql",
	.scheme = "postgresql:",
	.reads_ahead = true,
	.shared = true,
	.open = pg_open,
	.close = pg_close,
	.read = pg_read,
	.write = pg_write,
	.get = pg_get,
	.put = pg_put,
	.delete = pg_delete,
	.scan_first = pg_scan_first,
	.scan_next = pg_scan_next,
	.scan_release = pg_scan_release,
	.query = pg_query,
	.count = pg_count,
	.reason = pg_reason,
	.say = pg_say,
	.wait = pg_wait,
	.away = pg_away,
	.rewrite = pg_rewrite,
	.health = pg_health,
	.files = &pg_files,
	.copy_by = "pg_dump --format=custom --file=FILE DATABASE",
	.restore_by = "pg_restore --clean --if-exists --dbname=DATABASE FILE",
};
