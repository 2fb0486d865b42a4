/* Looks what the log has that the index has not: once a second, or no more often when told. */
#include "indexer.h"

#include <malloc.h>
#include <sys/resource.h>

#include "archive/fulltext.h"
#include "log.h"
#include "tables/indexing.h"
#include "wait.h"

enum {
	STEP = 500,      /* tickets or events at once */
	NICE = 10,       /* mail goes first */
	PAUSE = 1,       /* seconds between looks */
	TOLD_PAUSE = 60, /* at most, where others tell when it is worth one */
	RETRY_AFTER = 60 /* when the index cannot be written */
};

static struct {
	struct daemon *daemon;
	GThread *thread;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool stop, woken; /* under lock */
	bool begun;       /* the index was done when the log ended at `end` */
	uint64_t end;
	bool looked;  /* nothing of before is missing, or its pages are sound */
	bool failing; /* it has been said */
} indexer;

static bool indexer_stopping(void)
{
	bool stop;

	pthread_mutex_lock(&indexer.lock);
	stop = indexer.stop;
	pthread_mutex_unlock(&indexer.lock);
	return stop;
}

/* What came before this daemon may lie in pages that no mail has met for long: LMDB crashes on a
 * damaged one, and the daemon with it. What comes from now on is in pages that mail has just met.
 */
static enum status indexer_look_at_store(bool missing, struct error *err)
{
	enum status st = missing && !indexer.looked
		? store_check_pages(indexer.daemon->store, LOOK_AT_ALL_PAGES, err)
		: ST_OK;

	indexer.looked = st == ST_OK;
	return st;
}

static bool indexer_wants_more(struct indexing_watch *watch)
{
	(void)watch;
	return !indexer_stopping();
}

/* Closed between times: the memory that it takes is the mail's. */
static enum status indexer_bring_up_to_date(const char *directory, struct error *err)
{
	struct indexing_progress progress = { .done = false };
	struct indexing_watch watch = { .go_on = indexer_wants_more };
	struct fulltext *f = NULL;
	enum status st = indexing_open(indexer.daemon->store, directory, true, &f, err);

	if (st == ST_OK)
		st = indexing_look(indexer.daemon->store, f, &progress, err);
	if (st == ST_OK)
		st = indexer_look_at_store(!progress.done, err);
	if (st == ST_OK && !progress.done)
		st = indexing_all(indexer.daemon->store, f, STEP, &watch, err);
	fulltext_close(f);
#ifdef __GLIBC__
	malloc_trim(0);
#endif
	return st;
}

/* All that is missing; nothing is looked at when the log ends where it did. */
static enum status indexer_go_on(struct error *err)
{
	struct settings *settings = daemon_settings(indexer.daemon);
	uint64_t end = 0;
	enum status st = indexing_log_end(indexer.daemon->store, &end, err);

	if (st == ST_OK &&
		!(indexer.begun && end == indexer.end &&
			fulltext_is_whole(settings_state(settings))))
		st = indexer_bring_up_to_date(settings_state(settings), err);
	indexer.begun = st == ST_OK;
	indexer.end = end;
	settings_unref(settings);
	return st;
}

/* Gives the seconds until the next look. One that another process writes is looked at again soon;
 * one that is damaged is made anew when it is opened. */
static unsigned indexer_tick(void)
{
	struct error err = { "" };
	enum status st = indexer_go_on(&err);

	if (st == ST_OK && indexer.failing)
		log_info("search index: up to date again");
	if (st == ST_OK || st == ST_BUSY || store_is_away(indexer.daemon->store)) {
		indexer.failing = st != ST_OK && indexer.failing;
		return PAUSE;
	}
	if (!indexer.failing)
		log_error("search index: %s; searches read all messages until it can be written",
			err.text);
	indexer.failing = true;
	return RETRY_AFTER;
}

/* With the lock. */
static void indexer_rest(unsigned seconds)
{
	int64_t now = g_get_monotonic_time(), until = now + seconds * G_TIME_SPAN_SECOND;

	while (!indexer.stop && wait_until(&indexer.cond, &indexer.lock, until))
		;
	if (indexer.failing || !store_tells(indexer.daemon->store))
		return;
	until = now + TOLD_PAUSE * G_TIME_SPAN_SECOND;
	while (!indexer.stop && !indexer.woken && indexer.begun &&
		wait_until(&indexer.cond, &indexer.lock, until))
		;
}

static gpointer indexer_run(gpointer arg)
{
	(void)arg;
	/* On Linux this is the thread's own. */
	setpriority(PRIO_PROCESS, 0, NICE);
	pthread_mutex_lock(&indexer.lock);
	while (!indexer.stop) {
		unsigned seconds;

		indexer.woken = false;
		pthread_mutex_unlock(&indexer.lock);
		seconds = indexer_tick();
		pthread_mutex_lock(&indexer.lock);
		indexer_rest(seconds);
	}
	pthread_mutex_unlock(&indexer.lock);
	return NULL;
}

bool indexer_start(struct daemon *daemon)
{
	indexer.daemon = daemon;
	pthread_mutex_init(&indexer.lock, NULL);
	wait_init(&indexer.cond);
	indexer.thread = g_thread_try_new("indexer", indexer_run, NULL, NULL);
	return indexer.thread != NULL;
}

static void indexer_set(bool *flag)
{
	pthread_mutex_lock(&indexer.lock);
	*flag = true;
	pthread_cond_signal(&indexer.cond);
	pthread_mutex_unlock(&indexer.lock);
}

void indexer_stop(void)
{
	indexer_set(&indexer.stop);
	g_thread_join(indexer.thread);
}

void indexer_wake(void)
{
	indexer_set(&indexer.woken);
}
