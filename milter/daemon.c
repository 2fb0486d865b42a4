/* The daemon's state, its store and its settings. */
#include "daemon.h"

#include <string.h>

#include "archive/archive-rows.h"
#include "act/configuration.h"
#include "log.h"
#include "notify.h"
#include "store/store-lock.h"
#include "tables/migrate.h"
#include "tables/queues.h"
#include "wait.h"

void daemon_init(struct daemon *daemon, const char *config, struct settings *settings)
{
	memset(daemon, 0, sizeof *daemon);
	daemon->config = config;
	daemon->settings = settings;
	daemon->lock_fd = -1;
	pthread_mutex_init(&daemon->lock, NULL);
	wait_init(&daemon->idle);
}

void daemon_close(struct daemon *daemon)
{
	archive_attach(NULL);
	g_clear_pointer(&daemon->agents, agents_known_free);
	store_close(daemon->store);
	daemon->store = NULL;
	store_unlock(daemon->lock_fd);
}

struct settings *daemon_settings(struct daemon *daemon)
{
	struct settings *settings;

	pthread_mutex_lock(&daemon->lock);
	settings = settings_ref(daemon->settings);
	pthread_mutex_unlock(&daemon->lock);
	return settings;
}

/* --- messages at hand --- */

bool daemon_begin(struct daemon *daemon)
{
	bool taken;

	pthread_mutex_lock(&daemon->lock);
	taken = !daemon->stopping;
	daemon->at_hand += taken;
	pthread_mutex_unlock(&daemon->lock);
	return taken;
}

void daemon_end(struct daemon *daemon)
{
	pthread_mutex_lock(&daemon->lock);
	daemon->at_hand--;
	pthread_cond_signal(&daemon->idle);
	pthread_mutex_unlock(&daemon->lock);
}

bool daemon_drain(struct daemon *daemon, int64_t us)
{
	gint64 until = g_get_monotonic_time() + us;
	bool idle;

	pthread_mutex_lock(&daemon->lock);
	daemon->stopping = true;
	while (daemon->at_hand && wait_until(&daemon->idle, &daemon->lock, until))
		;
	idle = !daemon->at_hand;
	pthread_mutex_unlock(&daemon->lock);
	return idle;
}

/* --- the store --- */

static enum status make_queues(struct txn *txn, void *arg, struct error *err)
{
	const struct settings *settings = arg;
	enum status st = ST_OK;

	for (unsigned i = 0; i < settings->accounts->len && st == ST_OK; i++) {
		const struct account *account = g_ptr_array_index(settings->accounts, i);

		st = queues_ensure(txn, account->queue, g_get_real_time(), err);
	}
	return st;
}

/* Saved queries that conditions name: read now, and at a reload. */
static enum status daemon_bind(struct daemon *daemon, struct settings *settings, struct error *err)
{
	GPtrArray *doubts = NULL;
	enum status st = configuration_bind(settings, daemon->store, &doubts, err);

	for (guint i = 0; doubts && i < doubts->len; i++)
		log_warning("%s", (const char *)doubts->pdata[i]);
	if (doubts)
		g_ptr_array_unref(doubts);
	return st;
}

/* It may have gone between two questions. */
static bool daemon_may_wait(const struct daemon *daemon, enum status st)
{
	return st == ST_BUSY && daemon->store && store_shared(daemon->store);
}

static enum status daemon_begin_store(struct daemon *daemon, struct error *err)
{
	enum status st = agents_known_refresh(daemon->agents, daemon->store, err);

	if (st == ST_OK)
		st = store_write(daemon->store, make_queues, daemon->settings, err);
	return st == ST_OK ? daemon_bind(daemon, daemon->settings, err) : st;
}

enum status daemon_open_store(struct daemon *daemon, struct error *err)
{
	const struct settings *s = daemon->settings;
	struct store_options options = store_options_of(s);
	enum status st = store_lock(settings_state(s), &daemon->lock_fd, err);

	options.look = LOOK_AT_FREE_PAGES;
	options.migrate = tables_migrate;
	options.locked = options.patient = true;
	if (st == ST_OK)
		st = store_open(&options, &daemon->store, err);
	if (daemon->store)
		archive_attach(daemon->store);
	daemon->agents = agents_known_new();
	if (st == ST_OK)
		st = daemon_begin_store(daemon, err);
	daemon->queues_due = daemon_may_wait(daemon, st);
	if (!daemon->queues_due)
		return st;
	daemon_note_store(daemon, st, err);
	return ST_OK;
}

void daemon_cannot(struct daemon *daemon, const char *what, const struct error *err)
{
	if (!store_is_away(daemon->store))
		log_error("cannot %s: %s", what, err->text);
}

/* --- reload --- */

static void say_what_needs_a_restart(const struct settings *old, const struct settings *new)
{
	static const char *const keys[] = { "socket", "socket_mode", "user", "group", "log",
		"store.path", "store.durable", "store.url", "store.password_file",
		"store.deadline_s", "store.require_sync" };

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autofree char *was = settings_value(old, keys[i]),
				*is = settings_value(new, keys[i]);

		if (g_strcmp0(was, is) != 0)
			log_warning("%s was changed; that takes effect at the next start", keys[i]);
	}
}

enum status daemon_reload(struct daemon *daemon, struct error *err)
{
	struct settings *new = NULL, *old;
	enum status st;

	notify_reloading();
	st = configuration_load(daemon->config, &new, err);
	if (st == ST_OK)
		st = store_write(daemon->store, make_queues, new, err);
	if (st == ST_OK)
		st = daemon_bind(daemon, new, err);
	notify_ready();
	if (st != ST_OK) {
		settings_unref(new);
		log_error("reload refused, the old settings stay: %s", err->text);
		return st;
	}
	pthread_mutex_lock(&daemon->lock);
	old = daemon->settings;
	daemon->settings = new;
	pthread_mutex_unlock(&daemon->lock);
	say_what_needs_a_restart(old, new);
	settings_unref(old);
	log_info("configuration reloaded");
	return ST_OK;
}

/* --- a store that is away --- */

/* Settings that others have got by now are bound by making them anew. */
static void daemon_begin_late(struct daemon *daemon)
{
	struct settings *settings = daemon_settings(daemon);
	struct error err = { "" };

	if (settings->unbound)
		daemon->queues_due = daemon_reload(daemon, &err) != ST_OK;
	else
		daemon->queues_due = store_write(daemon->store, make_queues, settings, &err) !=
			ST_OK;
	settings_unref(settings);
}

void daemon_note_store(struct daemon *daemon, enum status st, const struct error *err)
{
	enum status away = st != ST_OK && st != ST_NOT_FOUND ? st : ST_OK;

	if (!store_shared(daemon->store))
		return;
	if (away != daemon->away && away != ST_OK) {
		log_error("%s; tickets cannot be recorded until that works", err->text);
		notify_status(err->text);
	} else if (away != daemon->away) {
		log_info("the store is there again");
		notify_status("");
	}
	daemon->away = away;
	if (away == ST_OK && daemon->queues_due)
		daemon_begin_late(daemon);
}

bool daemon_waits_for_store(const struct daemon *daemon)
{
	return daemon->away != ST_OK || daemon->queues_due;
}
