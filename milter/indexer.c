/* Looks once a second what the log has that the index has not. */
#include "indexer.h"

#include <sys/resource.h>

#include "archive/fulltext.h"
#include "log.h"
#include "tables/indexing.h"
#include "wait.h"

enum {
	STEP = 200,      /* tickets or events at once */
	NICE = 10,       /* mail goes first */
	RETRY_AFTER = 60 /* seconds, when the index cannot be written */
};

static struct {
	struct daemon *daemon;
	GThread *thread;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool stop; /* under lock */
	struct fulltext *fulltext;
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

static enum status indexer_open(struct error *err)
{
	struct settings *settings;
	enum status st;

	if (indexer.fulltext && fulltext_is_in_place(indexer.fulltext))
		return ST_OK;
	g_clear_pointer(&indexer.fulltext, fulltext_close);
	settings = daemon_settings(indexer.daemon);
	st = indexing_open(
		indexer.daemon->store, settings->store.path, true, &indexer.fulltext, err);
	settings_unref(settings);
	return st;
}

/* All that is missing. */
static enum status indexer_go_on(struct error *err)
{
	struct indexing_progress progress = { .done = false };
	enum status st = indexer_open(err);

	if (st == ST_OK)
		st = indexing_look(indexer.daemon->store, indexer.fulltext, &progress, err);
	while (st == ST_OK && !progress.done && !indexer_stopping())
		st = indexing_step(indexer.daemon->store, indexer.fulltext, STEP, &progress, err);
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
	if (st == ST_OK || st == ST_BUSY) {
		indexer.failing = st != ST_OK && indexer.failing;
		return 1;
	}
	if (!indexer.failing)
		log_error("search index: %s; searches read all messages until it can be written",
			err.text);
	indexer.failing = true;
	g_clear_pointer(&indexer.fulltext, fulltext_close);
	return RETRY_AFTER;
}

static gpointer indexer_run(gpointer arg)
{
	(void)arg;
	/* On Linux this is the thread's own. */
	setpriority(PRIO_PROCESS, 0, NICE);
	pthread_mutex_lock(&indexer.lock);
	while (!indexer.stop) {
		unsigned seconds;

		pthread_mutex_unlock(&indexer.lock);
		seconds = indexer_tick();
		pthread_mutex_lock(&indexer.lock);
		if (!indexer.stop)
			wait_until(&indexer.cond, &indexer.lock,
				g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND);
	}
	pthread_mutex_unlock(&indexer.lock);
	g_clear_pointer(&indexer.fulltext, fulltext_close);
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

void indexer_stop(void)
{
	pthread_mutex_lock(&indexer.lock);
	indexer.stop = true;
	pthread_cond_signal(&indexer.cond);
	pthread_mutex_unlock(&indexer.lock);
	g_thread_join(indexer.thread);
}
