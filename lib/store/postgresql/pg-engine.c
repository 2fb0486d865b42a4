/* The engine in its parts: opening and closing. */
#include "store/postgresql/pg-store.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/tongue.h"
#include "store/postgresql/pg-schema.h"

/* Writers are gathered into one; the others are readers. */
enum { LINKS_MAX = 16 };

/* --- the first link --- */

static enum status pg_keep_secret(struct pg_store *store, const PGresult *found, struct error *err)
{
	if (pq.ntuples(found) == 0)
		return ST_NOT_FOUND;
	if (pq.getlength(found, 0, 0) != sizeof store->store.secret)
		return error_set(
			err, ST_IO, _("store '%s' has a damaged secret"), store->server.shown);
	memcpy(store->store.secret, pq.getvalue(found, 0, 0), sizeof store->store.secret);
	return ST_OK;
}

static enum status pg_read_secret(struct pg_store *store, struct pg_link *link, struct error *err)
{
	const struct pg_values none = { .n = 0 };
	PGresult *found = NULL;
	enum status st = pg_link_fetch(
		link, "select value from milticket.meta where name = 'secret'", &none, &found);

	st = st == ST_OK ? pg_keep_secret(store, found, err)
			 : pg_link_error(link, _("read"), st, err);
	pq.clear(found);
	return st;
}

/* Another process may have been first. */
static enum status pg_make_secret(struct pg_store *store, struct pg_link *link, struct error *err)
{
	guint8 secret[STORE_SECRET_BYTES];
	const char *const values[] = { (const char *)secret };
	const int lengths[] = { sizeof secret }, formats[] = { 1 };
	enum status st;

	if (getrandom(secret, sizeof secret, 0) != sizeof secret)
		return error_set(err, ST_IO, _("no random numbers: %s"), g_strerror(errno));
	st = pg_link_fetch(link,
		"insert into milticket.meta (name, value) values ('secret', $1)"
		" on conflict do nothing",
		&(struct pg_values){ values, lengths, formats, 1 }, NULL);
	if (st != ST_OK)
		return pg_link_error(link, _("write"), st, err);
	return pg_read_secret(store, link, err);
}

static enum status pg_begin(struct pg_store *store, struct pg_link *link, struct error *err)
{
	enum status st = pg_schema_ensure(link, !store->server.read_only, err);

	if (st == ST_NOT_FOUND)
		return error_set(err, st, _("there is no store in '%s' yet"), store->server.shown);
	if (st == ST_OK)
		st = pg_read_secret(store, link, err);
	if (st == ST_NOT_FOUND && !store->server.read_only)
		st = pg_make_secret(store, link, err);
	return st;
}

/* Nobody has a link before the database is known to be as we need it. */
static enum status pg_greet(struct pg_link *link, void *arg, struct error *err)
{
	struct pg_store *store = arg;
	enum status st = ST_OK;

	pthread_mutex_lock(&store->begin_lock);
	if (!g_atomic_int_get(&store->begun)) {
		st = pg_begin(store, link, err);
		g_atomic_int_set(&store->begun, st == ST_OK);
	}
	pthread_mutex_unlock(&store->begin_lock);
	return st;
}

static enum status pg_ready(struct store *base, struct error *err)
{
	struct pg_store *store = pg_of(base);
	struct pg_link *link = NULL;
	enum status st;

	if (g_atomic_int_get(&store->begun))
		return ST_OK;
	st = pg_pool_take(store->pool, pg_server_deadline(&store->server), &link, err);
	pg_pool_give(store->pool, link);
	return st;
}

/* --- opening and closing --- */

static struct pg_store *pg_store_new(const struct engine *engine)
{
	struct pg_store *store = g_new0(struct pg_store, 1);

	store_init(&store->store, engine);
	pthread_mutex_init(&store->lock, NULL);
	pthread_mutex_init(&store->begin_lock, NULL);
	store->statements = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, pg_statement_free);
	return store;
}

static enum status pg_connect(
	struct pg_store *store, const struct store_options *options, struct error *err)
{
	struct pg_link *link = NULL;
	enum status st = pg_server_init(&store->server, options->url, options->password_file, err);

	if (st != ST_OK)
		return st;
	store->server.deadline_s = options->deadline_s;
	store->server.require_sync = options->require_sync;
	store->server.durable = options->durable;
	store->server.read_only = options->read_only;
	store->pool = pg_pool_new(&store->server, LINKS_MAX, pg_greet, store);
	if (getrandom(store->writer, sizeof store->writer, 0) != sizeof store->writer)
		return error_set(err, ST_IO, _("no random numbers: %s"), g_strerror(errno));
	st = pg_pool_try(store->pool, &link, err);
	pg_pool_give(store->pool, link);
	return st;
}

static void pg_free(struct pg_store *store)
{
	pg_link_close(store->listener);
	pg_pool_free(store->pool);
	pg_server_release(&store->server);
	g_hash_table_unref(store->statements);
	pthread_mutex_destroy(&store->lock);
	pthread_mutex_destroy(&store->begin_lock);
	store_release(&store->store);
	g_free(store);
}

static void pg_close(struct store *base)
{
	pg_free(pg_of(base));
}

/* What is worth to be waited for by who is patient. */
static bool pg_may_pass(struct pg_store *store, enum status st)
{
	return store->pool && (st == ST_BUSY || g_atomic_int_get(&store->server.unsafe));
}

static enum status pg_open(const struct engine *engine, const struct store_options *options,
	struct store **store_out, struct error *err)
{
	struct pg_store *store = pg_store_new(engine);
	enum status st = pg_connect(store, options, err);

	if (st != ST_OK && options->patient && pg_may_pass(store, st))
		st = ST_BUSY;
	else if (st != ST_OK)
		g_clear_pointer(&store, pg_free);
	if (store)
		*store_out = &store->store;
	return st;
}

static bool pg_away(const struct store *store)
{
	return pg_pool_away(((const struct pg_store *)store)->pool, 0);
}

static void pg_hurry(struct store *store)
{
	pg_server_hurry(&pg_of(store)->server);
}

const struct engine pg_engine = {
	.name = "postgresql",
	.scheme = "postgresql:",
	.reads_ahead = true,
	.shared = true,
	.open = pg_open,
	.close = pg_close,
	.ready = pg_ready,
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
	.hurry = pg_hurry,
	.rewrite = pg_rewrite,
	.health = pg_health,
	.files = &pg_files,
	.copy_by = "pg_dump --format=custom --file=FILE DATABASE",
	.restore_by = "pg_restore --clean --if-exists --dbname=DATABASE FILE",
};
