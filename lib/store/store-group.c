/* Group commit: concurrent writers are gathered by one of them, the leader, who has the engine run
 * one after the other and commit once. One writer alone waits for nobody. */
#include "store/engine.h"
#include "store/wants.h"

/* The caller holds the lock, and is the first of them. */
static struct job *group_gather(struct store *store)
{
	struct job *jobs = store->first;

	store->first = NULL;
	store->last = &store->first;
	return jobs;
}

static void group_run(struct store *store, struct job *jobs)
{
	struct group group = { .jobs = jobs, .begun = jobs->since, .led = g_get_monotonic_time() };
	enum group_end end = GROUP_AGAIN;

	for (int i = 1; i <= GROUP_TRIES && end != GROUP_DONE; i++) {
		for (struct job *j = jobs; j; j = j->next)
			j->status = ST_OK;
		group.last = i == GROUP_TRIES;
		end = store->engine->write(store, &group);
		group.apart |= end == GROUP_APART;
	}
}

/* Hands the lead to the first job that came meanwhile, before the others are woken: the disk should
 * not stay idle. */
static void group_hand_over(struct store *store)
{
	struct job *next;

	pthread_mutex_lock(&store->lock);
	next = store->first;
	store->leading = next != NULL;
	if (next)
		next->leads = true;
	pthread_mutex_unlock(&store->lock);
	if (next)
		sem_post(&next->turn);
}

/* Wakes them with no lock held that they would wait for next. A woken caller may return at once;
 * its job is on its stack. */
static void group_tell(struct job *jobs, const struct job *own)
{
	for (struct job *next; jobs; jobs = next) {
		next = jobs->next;
		if (jobs != own)
			sem_post(&jobs->turn);
	}
}

static void group_lead(struct store *store, const struct job *own)
{
	struct job *jobs;

	pthread_mutex_lock(&store->lock);
	jobs = group_gather(store);
	pthread_mutex_unlock(&store->lock);
	group_run(store, jobs);
	group_hand_over(store);
	group_tell(jobs, own);
}

static void group_wait(struct job *job)
{
	while (sem_wait(&job->turn) != 0)
		;
}

static void group_join(struct store *store, struct job *job)
{
	pthread_mutex_lock(&store->lock);
	*store->last = job;
	store->last = &job->next;
	job->leads = !store->leading;
	store->leading = true;
	pthread_mutex_unlock(&store->lock);
}

enum status store_write_wanting(
	struct store *store, const struct wants *wants, store_fn *fn, void *arg, struct error *err)
{
	struct job job = { .fn = fn, .arg = arg, .err = err, .wants = wants };

	job.since = wants && wants->since ? wants->since : g_get_monotonic_time();
	sem_init(&job.turn, 0, 0);
	group_join(store, &job);
	if (!job.leads)
		group_wait(&job);
	if (job.leads)
		group_lead(store, &job);
	sem_destroy(&job.turn);
	return job.status;
}

enum status store_write(struct store *store, store_fn *fn, void *arg, struct error *err)
{
	return store_write_wanting(store, NULL, fn, arg, err);
}

bool store_reads_ahead(const struct store *store)
{
	return store->engine->reads_ahead;
}
