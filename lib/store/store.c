/* The door to the engine: what is the same for all of them, and calls through its table. */
#include "store/engine.h"

#include <poll.h>
#include <string.h>

#include "base/tongue.h"

void store_init(struct store *store, const struct engine *engine)
{
	store->engine = engine;
	store->last = &store->first;
	pthread_mutex_init(&store->lock, NULL);
}

void store_release(struct store *store)
{
	pthread_mutex_destroy(&store->lock);
	memset(store->secret, 0, sizeof store->secret);
}

void store_close(struct store *store)
{
	if (store)
		store->engine->close(store);
}

enum status store_secret(
	struct store *store, guint8 secret_out[STORE_SECRET_BYTES], struct error *err)
{
	enum status st = store->engine->ready ? store->engine->ready(store, err) : ST_OK;

	if (st == ST_OK)
		memcpy(secret_out, store->secret, sizeof store->secret);
	return st;
}

const char *store_engine(const struct store *store)
{
	return store->engine->name;
}

bool store_shared(const struct store *store)
{
	return store->engine->shared;
}

bool store_tells(const struct store *store)
{
	return store->engine->wait != NULL;
}

bool store_wait(struct store *store, unsigned ms, int stop_fd)
{
	struct pollfd stop = { stop_fd, POLLIN, 0 };

	if (store->engine->wait)
		return store->engine->wait(store, ms, stop_fd);
	poll(&stop, 1, (int)ms);
	return true;
}

void store_hurry(struct store *store)
{
	if (store->engine->hurry)
		store->engine->hurry(store);
}

bool store_is_away(const struct store *store)
{
	return store->engine->away && store->engine->away(store);
}

/* --- transactions --- */

static enum status txn_end(struct txn *txn, const char *what, enum status st, struct error *err)
{
	/* Whatever the work made of it. */
	if (txn->failed != ST_OK && (st == ST_OK || st == ST_NOT_FOUND))
		st = txn->failed;
	if (st == ST_OK || st == ST_NOT_FOUND || txn->failed == ST_OK || !err || err->text[0])
		return st;
	return txn->store->engine->say(txn, what, st, err);
}

enum status txn_run(struct txn *txn, const char *what, store_fn *fn, void *arg, struct error *err)
{
	if (err)
		err->text[0] = '\0';
	return txn_end(txn, what, fn(txn, arg, err), err);
}

void job_run(struct txn *txn, struct job *job)
{
	job->status = txn_run(txn, "write", job->fn, job->arg, job->err);
}

enum status store_read(struct store *store, store_fn *fn, void *arg, struct error *err)
{
	return store->engine->read(store, fn, arg, err);
}

/* --- inside them: the first failure is the answer to all that follows --- */

static enum status txn_settle(struct txn *txn, enum status st)
{
	if (st != ST_OK && st != ST_NOT_FOUND && txn->failed == ST_OK)
		txn->failed = st;
	return txn->failed != ST_OK ? txn->failed : st;
}

static bool key_fits(struct bytes key)
{
	return key.len > 0 && key.len <= STORE_KEY_MAX;
}

enum status txn_get(
	struct txn *txn, enum store_table table, struct bytes key, struct bytes *value_out)
{
	if (txn->failed != ST_OK || !key_fits(key))
		return txn_settle(txn, ST_BAD_INPUT);
	return txn_settle(txn, txn->store->engine->get(txn, table, key, value_out));
}

enum status txn_put(struct txn *txn, enum store_table table, struct bytes key, struct bytes value)
{
	if (txn->failed != ST_OK || !key_fits(key))
		return txn_settle(txn, ST_BAD_INPUT);
	txn->changed = true;
	return txn_settle(txn, txn->store->engine->put(txn, table, key, value));
}

const char *txn_reason(struct txn *txn)
{
	return txn->store->engine->reason(txn);
}

bool txn_derives(const struct txn *txn)
{
	return txn->store->engine->derives;
}

/* --- scans --- */

static void scan_init(struct scan *scan, struct txn *txn, enum store_table table, bool reverse)
{
	memset(scan, 0, offsetof(struct scan, prefix));
	scan->txn = txn;
	scan->table = table;
	scan->reverse = reverse;
}

enum status scan_first(struct scan *scan, struct txn *txn, enum store_table table,
	struct bytes prefix, struct bytes from, bool reverse)
{
	scan_init(scan, txn, table, reverse);
	if (txn->failed != ST_OK || prefix.len > STORE_KEY_MAX || from.len > STORE_KEY_MAX)
		return txn_settle(txn, ST_BAD_INPUT);
	return txn_settle(txn, txn->store->engine->scan_first(scan, prefix, from));
}

enum status txn_query(struct scan *scan, struct txn *txn, const struct query *query)
{
	scan_init(scan, txn, TABLE_TICKETS, query->reverse);
	if (txn->failed != ST_OK)
		return txn->failed;
	return txn_settle(txn, txn->store->engine->query(scan, query));
}

enum status scan_next(struct scan *scan)
{
	struct txn *txn = scan->txn;

	if (txn->failed != ST_OK)
		return txn->failed;
	return txn_settle(txn, txn->store->engine->scan_next(scan));
}

void scan_release(struct scan *scan)
{
	if (scan->cursor)
		scan->txn->store->engine->scan_release(scan);
	scan->cursor = NULL;
}

enum status txn_count(struct txn *txn, struct queue_count *counts, size_t n)
{
	if (txn->failed != ST_OK)
		return txn->failed;
	return txn_settle(txn, txn->store->engine->count(txn, counts, n));
}

/* --- numbers --- */

/* Numbers that are the keys of a table are told by its last row, and need none of their own. */
static const struct series {
	const char *name;
	enum store_table table;
} all_series[] = { { .name = "event", .table = TABLE_LOG } };

static const struct series *number_series(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(all_series); i++)
		if (strcmp(all_series[i].name, name) == 0)
			return &all_series[i];
	return NULL;
}

static enum status number_in_table(struct txn *txn, enum store_table table, uint64_t *last_out)
{
	const struct bytes all = { NULL, 0 };
	size_t offset = 0;
	struct scan scan;
	enum status st = scan_first(&scan, txn, table, all, all, true);

	*last_out = st == ST_OK ? key_read_number(scan.key, &offset) : 0;
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static void number_key(struct key *key, const char *name)
{
	key_init(key);
	key_text(key, "next");
	key_text(key, name);
}

/* What its own row says; 0 when there is none. */
static enum status number_row(struct txn *txn, const char *name, uint64_t *last_out)
{
	g_autofree char *text = NULL;
	struct bytes value;
	struct key key;
	enum status st;

	number_key(&key, name);
	st = txn_get(txn, TABLE_META, key_bytes(&key), &value);
	if (st == ST_OK)
		text = g_strndup(value.data, value.len);
	*last_out = text ? g_ascii_strtoull(text, NULL, 10) : 0;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* The last that was given; 0 when none was. */
enum status txn_last_number(struct txn *txn, const char *name, uint64_t *last_out)
{
	const struct series *series = number_series(name);
	uint64_t in_table = 0;
	enum status st = number_row(txn, name, last_out);

	if (st == ST_OK && series)
		st = number_in_table(txn, series->table, &in_table);
	*last_out = MAX(*last_out, in_table);
	return st;
}

static enum status number_put(struct txn *txn, const char *name, uint64_t last)
{
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, last);
	struct key key;

	number_key(&key, name);
	return txn_put(txn, TABLE_META, key_bytes(&key), (struct bytes){ text, strlen(text) });
}

enum status txn_next_number(struct txn *txn, const char *name, uint64_t first, uint64_t *number_out)
{
	uint64_t last;
	enum status st = txn_last_number(txn, name, &last);

	last = MAX(first, last + 1);
	if (st == ST_OK && !number_series(name))
		st = number_put(txn, name, last);
	if (st == ST_OK)
		*number_out = last;
	return st;
}

enum status txn_skip_numbers(struct txn *txn, const char *name, uint64_t number)
{
	uint64_t last;
	enum status st = txn_last_number(txn, name, &last);

	return st == ST_OK && last < number ? number_put(txn, name, number) : st;
}

/* A number whose row goes is not given again. */
static enum status number_keep(struct txn *txn, const struct series *series, struct bytes key)
{
	size_t offset = 0;
	uint64_t gone = key_read_number(key, &offset), last, kept;
	enum status st = number_in_table(txn, series->table, &last);

	if (st != ST_OK || gone != last)
		return st;
	st = number_row(txn, series->name, &kept);
	return st == ST_OK && kept < gone ? number_put(txn, series->name, gone) : st;
}

static enum status number_keep_all(struct txn *txn, enum store_table table, struct bytes key)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < G_N_ELEMENTS(all_series) && st == ST_OK; i++)
		if (all_series[i].table == table)
			st = number_keep(txn, &all_series[i], key);
	return st;
}

enum status txn_delete(struct txn *txn, enum store_table table, struct bytes key)
{
	enum status st;

	if (txn->failed != ST_OK || !key_fits(key))
		return txn_settle(txn, ST_BAD_INPUT);
	st = number_keep_all(txn, table, key);
	if (st != ST_OK)
		return st;
	txn->changed = true;
	return txn_settle(txn, txn->store->engine->delete (txn, table, key));
}

/* --- upkeep --- */

/* Not every engine has files of ours. */
static enum status store_is_others(const struct store *store, const char *tool, struct error *err)
{
	return error_set(err, ST_REFUSED, _("a store of %s is its administrator's to care for: %s"),
		store->engine->name, tool);
}

enum status store_stat(struct store *store, struct store_stat *stat_out, struct error *err)
{
	*stat_out = (struct store_stat){ 0 };
	return store->engine->stat ? store->engine->stat(store, stat_out, err)
				   : store_is_others(store, _("its own tools tell its size"), err);
}

/* Where there are no pages of ours, none is damaged. */
enum status store_check_pages(struct store *store, enum store_look how, struct error *err)
{
	return store->engine->check_pages ? store->engine->check_pages(store, how, err) : ST_OK;
}

unsigned store_clear_readers(struct store *store)
{
	return store->engine->clear_readers ? store->engine->clear_readers(store) : 0;
}

enum status store_copy(struct store *store, const char *path, struct error *err)
{
	return store->engine->copy ? store->engine->copy(store, path, err)
				   : store_is_others(store, store->engine->copy_by, err);
}

enum status store_rewrite(struct store *store, struct error *err)
{
	return store->engine->rewrite
		? store->engine->rewrite(store, err)
		: store_is_others(store, _("its own tools write it anew"), err);
}

enum status store_health(struct store *store, struct store_health *health_out, struct error *err)
{
	return store->engine->health ? store->engine->health(store, health_out, err) : ST_NOT_FOUND;
}
