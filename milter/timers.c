/* Once a second it is seen whether there is a reason to ask the store. Where others tell what they
 * commit, and nothing is due, there is one twice a minute. */
#include "timers.h"

#include "base/clock-watch.h"
#include "base/text.h"
#include "keep/astray.h"
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
	LOOK_EVERY = 30, /* where others tell */
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
	int64_t looked;           /* monotonic time when the store was last asked; 0: never */
	int64_t heard;            /* and of the last wake */
	int64_t next;             /* when work is due; 0: none is */
	bool old_mail;            /* there is more to remove */
	struct clock_watch clock;
	bool astray; /* the clock was ahead, and tickets may be for that */
	struct replan replan;
	struct settings *planned; /* those that it is about; NULL at first */
	char *state;              /* the directory that was ours when we began */
} timers;

/* --- reload --- */

/* True: it was tried. */
static bool reload_if_asked(bool signalled)
{
	struct error err = { "" }, why = { "" };
	uint64_t serial;
	bool asked = control_pending(timers.state, &serial) == ST_OK, done;

	if (!signalled && !asked)
		return false;
	done = daemon_reload(timers.daemon, &why) == ST_OK;
	if (done)
		sender_wake();
	if (asked && control_answer(timers.state, serial, done ? "ok" : why.text, &err) != ST_OK)
		log_error("cannot answer the reload request: %s", err.text);
	return true;
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
	enum status st = due_run(timers.daemon->store, settings, g_get_real_time(), &done, &err);
	bool more;

	if (st != ST_OK)
		daemon_cannot(timers.daemon, "do what is due", &err);
	timers_say_due(&done);
	more = done.more;
	timers.next = st == ST_OK ? done.next : g_get_real_time();
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

static void timers_mend(void)
{
	struct settings *settings = daemon_settings(timers.daemon);
	struct error err = { "" };
	unsigned count = 0;
	enum status st = astray_mend(
		timers.daemon->store, settings, g_get_real_time(), &count, &err);

	if (st != ST_OK)
		daemon_cannot(timers.daemon, "mend what a wrong clock left", &err);
	timers.astray = st != ST_OK || count;
	if (count)
		log_warning("timers: the clock was ahead: times of %u ticket%s set right", count,
			text_plural(count));
	settings_unref(settings);
}

/* Today's counts would be of a past day by a clock that is ahead. */
static void timers_forget(void)
{
	struct error err = { "" };

	if (!clock_watch_doubts(&timers.clock) &&
		due_forget(timers.daemon->store, g_get_real_time(), &err) != ST_OK)
		daemon_cannot(timers.daemon, "forget what is counted", &err);
}

/* A clock that is ahead for an hour must not cost all that is kept. Some at a time, so that the
 * other work does not wait. */
static void purge_old_mail(void)
{
	struct settings *settings = daemon_settings(timers.daemon);
	struct error err = { "" };
	uint64_t count = 0;
	int64_t days = clock_watch_doubts(&timers.clock) ? 0 : settings->archive.keep_days;

	if (purge_archive(settings_archive(settings), days, g_get_real_time(), PURGED_AT_ONCE,
		    &count, &err) != ST_OK)
		daemon_cannot(timers.daemon, "remove old mail from the archive", &err);
	if (count)
		log_info("timers: %" G_GUINT64_FORMAT
			 " mail%s removed from the archive after archive.keep_days",
			count, text_plural(count));
	settings_unref(settings);
	timers.old_mail = count == PURGED_AT_ONCE;
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

/* A queue may have another calendar. */
static void timers_look_at_queues(void)
{
	replan_reset(&timers.replan);
}

static void timers_clear_readers(void)
{
	store_clear_readers(timers.daemon->store);
}

/* --- when --- */

/* Each at the first look, and then at the first one after so many seconds. */
static struct timers_job {
	void (*fn)(void);
	unsigned every;
	bool heeds;   /* what others have committed is a reason to look */
	int64_t done; /* monotonic time; 0: never */
} timers_jobs[] = {
	{ .fn = timers_look_at_queues, .every = 60 },
	{ .fn = timers_send_digests, .every = 30 },
	{ .fn = know_agents, .every = 5, .heeds = true },
	{ .fn = timers_clear_readers, .every = 30 },
	{ .fn = timers_forget, .every = 3600 },
	{ .fn = remove_doomed, .every = 3600 },
	{ .fn = purge_old_mail, .every = 3600 },
};

/* A little early rather than a look later. */
static bool timers_passed(int64_t since, unsigned seconds, int64_t now)
{
	return !since || now - since > (seconds * 1000 - 500) * G_TIME_SPAN_MILLISECOND;
}

static void timers_work(int64_t now)
{
	/* First: what is due is then of times that are right. */
	if (timers.astray)
		timers_mend();
	for (size_t i = 0; i < G_N_ELEMENTS(timers_jobs); i++) {
		struct timers_job *job = &timers_jobs[i];

		if (!timers_passed(job->done, job->every, now))
			continue;
		job->fn();
		job->done = now;
		timers_live();
	}
	timers_replan();
	timers_do_due();
	timers_live();
	if (timers.old_mail)
		purge_old_mail();
}

/* Others have committed something since, which it was too early to look at then. */
static bool timers_behind(int64_t now)
{
	for (size_t i = 0; i < G_N_ELEMENTS(timers_jobs); i++) {
		const struct timers_job *job = &timers_jobs[i];

		if (job->heeds && job->done < timers.heard &&
			timers_passed(job->done, job->every, now))
			return true;
	}
	return false;
}

static bool timers_must_look(int64_t now)
{
	if (!store_tells(timers.daemon->store) || daemon_waits_for_store(timers.daemon))
		return true;
	if (timers.old_mail || timers.astray || !timers.replan.done || timers_behind(now))
		return true;
	return timers_passed(timers.looked, LOOK_EVERY, now) ||
		(timers.next && timers.next <= g_get_real_time());
}

/* While the store does not answer, each part of the work would wait for it as long, and who stops
 * us for all of them. */
static void timers_look(int64_t now)
{
	bool answers = timers_store_answers();

	timers.looked = now;
	timers_live();
	if (answers)
		timers_work(now);
}

static void timers_look_at_clock(void)
{
	if (clock_watch_look(&timers.clock, g_get_real_time(), clock_since_boot()))
		timers.astray = true;
}

static void timers_tick(bool signalled, bool woken)
{
	static int64_t reported;
	int64_t now = g_get_monotonic_time();

	timers_look_at_clock();
	if (woken)
		timers.heard = now;
	if (reload_if_asked(signalled) || woken || timers_must_look(now))
		timers_look(now);
	if (!timers.watchdog_every || daemon_waits_for_store(timers.daemon) ||
		!timers_passed(reported, timers.watchdog_every, now))
		return;
	report_health();
	reported = now;
}

/* A second, with the lock. */
static void timers_rest(void)
{
	const int64_t until = g_get_monotonic_time() + G_TIME_SPAN_SECOND;

	while (!timers.stop && !timers.reload && !timers.woken &&
		wait_until(&timers.cond, &timers.lock, until))
		;
}

static gpointer timers_run(gpointer arg)
{
	(void)arg;
	pthread_mutex_lock(&timers.lock);
	while (!timers.stop) {
		bool signalled = timers.reload, woken = timers.woken;

		timers.reload = timers.woken = false;
		pthread_mutex_unlock(&timers.lock);
		timers_tick(signalled, woken);
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
	clock_watch_init(&timers.clock, g_get_real_time(), clock_since_boot());
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
