/* Once a second. */
#include "timers.h"

#include "base/text.h"
#include "keep/digest.h"
#include "keep/due.h"
#include "keep/purge.h"
#include "keep/replan.h"
#include "log.h"
#include "notify.h"
#include "sender.h"
#include "store/control.h"
#include "tables/doomed.h"
#include "tables/outbox.h"
#include "wait.h"

enum {
	QUEUES_EVERY = 60,
	DIGESTS_EVERY = 30,
	READERS_EVERY = 30,
	AGENTS_EVERY = 5,
	FORGET_EVERY = 3600,
	PURGE_EVERY = 3600,
	PURGED_AT_ONCE = 2000,
	REPLANS_AT_ONCE = 5,
	BATCHES_AT_ONCE = 20
};

static struct {
	struct daemon *daemon;
	GThread *thread;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool stop, reload, woken; /* under lock */
	unsigned watchdog_every;  /* seconds; 0: nobody asks */
	struct replan replan;
	struct settings *planned; /* those that it is about; NULL at first */
	char *state;              /* the directory that was ours when we began */
} timers;

/* --- reload --- */

static void reload_if_asked(bool signalled)
{
	struct error err = { "" }, why = { "" };
	uint64_t serial;
	bool asked = control_pending(timers.state, &serial) == ST_OK, done;

	if (!signalled && !asked)
		return;
	done = daemon_reload(timers.daemon, &why) == ST_OK;
	if (done)
		sender_wake();
	if (asked && control_answer(timers.state, serial, done ? "ok" : why.text, &err) != ST_OK)
		log_error("cannot answer the reload request: %s", err.text);
}

/* --- the store --- */

static enum status timers_ask(struct txn *txn, void *arg, struct error *err)
{
	return outbox_urged(txn, arg, err);
}

/* To any question: a row that every store can have. */
static bool timers_store_answers(void)
{
	struct error err = { "" };
	uint64_t urged;
	enum status st = store_read(timers.daemon->store, timers_ask, &urged, &err);

	daemon_note_store(timers.daemon, st, &err);
	return st == ST_OK;
}

/* --- the rest --- */

/* As `ticket log` has them. */
static const char *const due_words[DUE_KINDS] = {
	[DUE_WAKE] = "opened, having waited long enough",
	[DUE_SLA] = "told of for what was promised",
	[DUE_REMIND] = "told of to who wanted a reminder",
	[DUE_AUTOMATION] = "looked at for automations",
};

static void timers_say_due(const struct due_done *done)
{
	for (int kind = 0; kind < DUE_KINDS; kind++)
		if (done->done[kind]) {
			log_info("timers: %u ticket%s %s", done->done[kind],
				text_plural(done->done[kind]), due_words[kind]);
			sender_wake();
		}
	if (done->stopped)
		log_warning("timers: automations of %u ticket%s are stopped, having done too much "
			    "in a day",
			done->stopped, text_plural(done->stopped));
	if (done->postponed)
		log_error("timers: %u ticket%s put off for an hour: %s", done->postponed,
			text_plural(done->postponed), done->why);
}

/* Batch by batch, each a transaction of its own. True: there may be more. */
static bool due_batch_done(const struct settings *settings)
{
	struct due_done done = { .why = NULL };
	struct error err = { "" };
	bool more;

	if (due_run(timers.daemon->store, settings, g_get_real_time(), &done, &err) != ST_OK)
		daemon_cannot(timers.daemon, "do what is due", &err);
	timers_say_due(&done);
	more = done.more;
	due_done_release(&done);
	return more;
}

static void timers_send_digests(void)
{
	struct settings *settings = daemon_settings(timers.daemon);
	struct error err = { "" };
	unsigned count = 0;

	if (digest_send(timers.daemon->store, settings, g_get_real_time(), &count, &err) != ST_OK)
		daemon_cannot(timers.daemon, "send digests", &err);
	if (count) {
		log_info("timers: %u digest%s sent", count, text_plural(count));
		sender_wake();
	}
	settings_unref(settings);
}

static void timers_do_due(void)
{
	struct settings *settings = daemon_settings(timers.daemon);

	for (unsigned i = 0; i < BATCHES_AT_ONCE && due_batch_done(settings); i++)
		;
	settings_unref(settings);
}

/* Deadlines after a change of what is promised, some at a time. */
static void timers_replan(void)
{
	struct settings *settings = daemon_settings(timers.daemon);
	struct error err = { "" };
	enum status st = ST_OK;
	unsigned count = 0;

	if (settings != timers.planned)
		replan_reset(&timers.replan);
	settings_unref(timers.planned);
	timers.planned = settings_ref(settings);
	for (int i = 0; i < BATCHES_AT_ONCE && st == ST_OK && !timers.replan.done; i++) {
		unsigned some;

		st = replan_step(timers.daemon->store, settings, &timers.replan, g_get_real_time(),
			&some, &err);
		count += some;
	}
	if (st != ST_OK)
		daemon_cannot(timers.daemon, "reckon deadlines anew", &err);
	if (count)
		log_info("timers: deadlines of %u ticket%s reckoned anew", count,
			text_plural(count));
	settings_unref(settings);
}

static void timers_forget(void)
{
	struct error err = { "" };

	if (due_forget(timers.daemon->store, g_get_real_time(), &err) != ST_OK)
		daemon_cannot(timers.daemon, "forget what is counted", &err);
}

/* Some at a time, so that the other work does not wait. True: there may be more. */
static bool purge_old_mail(void)
{
	struct settings *settings = daemon_settings(timers.daemon);
	struct error err = { "" };
	uint64_t count = 0;

	if (purge_archive(settings_archive(settings), settings->archive.keep_days,
		    g_get_real_time(), PURGED_AT_ONCE, &count, &err) != ST_OK)
		daemon_cannot(timers.daemon, "remove old mail from the archive", &err);
	if (count)
		log_info("timers: %" G_GUINT64_FORMAT
			 " mail%s removed from the archive after archive.keep_days",
			count, text_plural(count));
	settings_unref(settings);
	return count == PURGED_AT_ONCE;
}

/* Of a purge or a redaction that was killed. */
static void remove_doomed(void)
{
	struct settings *settings = daemon_settings(timers.daemon);
	struct error err = { "" };
	uint64_t count;

	if (settings_archive(settings) &&
		doomed_remove(timers.daemon->store, settings->archive.path, &count, &err) != ST_OK)
		daemon_cannot(timers.daemon, "remove mail from the archive", &err);
	settings_unref(settings);
}

static enum status timers_nothing(struct txn *txn, void *arg, struct error *err)
{
	(void)txn;
	(void)arg;
	(void)err;
	return ST_OK;
}

/* We are alive when the store lets us write and the reads of this tick have come back. A write that
 * fails is an answer too: a restart does not free a full disk, but it may free a writer that hangs.
 */
static void report_health(void)
{
	struct error err = { "" };

	store_write(timers.daemon->store, timers_nothing, NULL, &err);
	notify_watchdog();
}

static void know_agents(void)
{
	struct error err;

	agents_known_refresh(timers.daemon->agents, timers.daemon->store, &err);
}

/* What asks a store that is away comes back after store.deadline_s, which is less than the service
 * manager's patience; all of them together may take longer. */
static void timers_live(void)
{
	if (timers.watchdog_every)
		notify_watchdog();
}

static void timers_work(unsigned seconds)
{
	static bool more;

	timers_replan();
	timers_do_due();
	timers_live();
	if (seconds % DIGESTS_EVERY == 0)
		timers_send_digests();
	/* A queue may have another calendar. */
	if (seconds % QUEUES_EVERY == 0)
		replan_reset(&timers.replan);
	if (seconds % AGENTS_EVERY == 0)
		know_agents();
	if (seconds % READERS_EVERY == 0)
		store_clear_readers(timers.daemon->store);
	timers_live();
	if (seconds % FORGET_EVERY == 0)
		timers_forget();
	if (seconds % PURGE_EVERY == 0)
		remove_doomed();
	timers_live();
	if (more || seconds % PURGE_EVERY == 0)
		more = purge_old_mail();
	if (timers.watchdog_every && seconds % timers.watchdog_every == 0)
		report_health();
}

/* What another process may just have made due. */
static void timers_look(void)
{
	if (timers_store_answers())
		timers_do_due();
}

/* A second, with the lock. */
static void timers_rest(void)
{
	const int64_t until = g_get_monotonic_time() + G_TIME_SPAN_SECOND;

	while (!timers.stop && !timers.reload &&
		(timers.woken || wait_until(&timers.cond, &timers.lock, until))) {
		bool woken = timers.woken;

		timers.woken = false;
		pthread_mutex_unlock(&timers.lock);
		if (woken)
			timers_look();
		pthread_mutex_lock(&timers.lock);
	}
}

/* Gives the seconds that have passed: none while the store does not answer, as each part of the
 * work would wait for it as long, and who stops us for all of them. */
static unsigned timers_tick(unsigned seconds, bool signalled)
{
	bool answers;

	reload_if_asked(signalled);
	answers = timers_store_answers();
	timers_live();
	if (answers)
		timers_work(seconds);
	return answers ? 1 : 0;
}

static gpointer timers_run(gpointer arg)
{
	(void)arg;
	pthread_mutex_lock(&timers.lock);
	for (unsigned seconds = 0; !timers.stop;) {
		bool signalled = timers.reload;

		timers.reload = timers.woken = false;
		pthread_mutex_unlock(&timers.lock);
		seconds += timers_tick(seconds, signalled);
		pthread_mutex_lock(&timers.lock);
		timers_rest();
	}
	pthread_mutex_unlock(&timers.lock);
	return NULL;
}

bool timers_start(struct daemon *daemon)
{
	struct settings *settings = daemon_settings(daemon);

	timers.daemon = daemon;
	timers.state = g_strdup(settings_state(settings));
	settings_unref(settings);
	timers.watchdog_every = notify_watchdog_every();
	pthread_mutex_init(&timers.lock, NULL);
	wait_init(&timers.cond);
	timers.thread = g_thread_try_new("timers", timers_run, NULL, NULL);
	return timers.thread != NULL;
}

static void timers_set(bool *flag)
{
	pthread_mutex_lock(&timers.lock);
	*flag = true;
	pthread_cond_signal(&timers.cond);
	pthread_mutex_unlock(&timers.lock);
}

void timers_stop(void)
{
	timers_set(&timers.stop);
	g_thread_join(timers.thread);
	g_clear_pointer(&timers.state, g_free);
}

void timers_wake(void)
{
	timers_set(&timers.woken);
}

void timers_reload(void)
{
	timers_set(&timers.reload);
}
