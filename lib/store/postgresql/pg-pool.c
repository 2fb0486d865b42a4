/* Links that several threads share. */
#include "store/postgresql/pg-link.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/tongue.h"

/* Milliseconds: between two tries of a server that is not there; and how old the knowledge may be
 * that the server is one for us. */
enum { PAUSE_FIRST = 100, PAUSE_LONGEST = 2000, CHECK_EVERY = 5000 };

/* Others may have use for connections that only a burst of mail needed. */
enum { UNUSED_MS = 10 * 1000, UNUSED_KEPT = 2 };

struct pg_pool {
	struct pg_server *server;
	pg_greet_fn *greet;
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t given; /* a link, or the right to make one */
	GPtrArray *idle;      /* struct pg_link *, the last used at the end */
	unsigned out, max;    /* how many are with somebody, those being made among them */
	int64_t not_before;   /* of the next try to connect */
	int64_t pause;
	int64_t away;      /* since when none is to be had, and no other has served; 0: they are */
	struct error last; /* why the last try failed */
	enum status last_status;
	struct pg_counts counts;
};

struct pg_pool *pg_pool_new(struct pg_server *server, unsigned max, pg_greet_fn *greet, void *arg)
{
	struct pg_pool *pool = g_new0(struct pg_pool, 1);
	pthread_condattr_t clock;

	pool->server = server;
	pool->max = max;
	pool->greet = greet;
	pool->arg = arg;
	pool->idle = g_ptr_array_new();
	pool->pause = PAUSE_FIRST;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->given, &clock);
	pthread_condattr_destroy(&clock);
	return pool;
}

void pg_pool_free(struct pg_pool *pool)
{
	if (!pool)
		return;
	for (guint i = 0; i < pool->idle->len; i++)
		pg_link_close(g_ptr_array_index(pool->idle, i));
	g_ptr_array_unref(pool->idle);
	pthread_cond_destroy(&pool->given);
	pthread_mutex_destroy(&pool->lock);
	g_free(pool);
}

struct pg_counts pg_pool_counts(struct pg_pool *pool)
{
	struct pg_counts counts;

	pthread_mutex_lock(&pool->lock);
	counts = pool->counts;
	pthread_mutex_unlock(&pool->lock);
	return counts;
}

bool pg_pool_away(struct pg_pool *pool, int64_t us)
{
	bool away;

	pthread_mutex_lock(&pool->lock);
	away = pool->away && g_get_monotonic_time() - pool->away >= us;
	pthread_mutex_unlock(&pool->lock);
	return away;
}

/* --- all that follow are called with the lock --- */

/* False at the time. Some wake up early. */
static bool pool_wait(struct pg_pool *pool, int64_t until)
{
	const struct timespec at = { .tv_sec = until / G_TIME_SPAN_SECOND,
		.tv_nsec = until % G_TIME_SPAN_SECOND * 1000 };

	return pthread_cond_timedwait(&pool->given, &pool->lock, &at) == 0;
}

/* Something to read from a server that was asked nothing is its good-bye, as a rule. */
static bool link_is_dead(struct pg_link *link)
{
	return !pq.consumeInput(link->conn) || pq.status(link->conn) != CONNECTION_OK;
}

static struct pg_link *pool_idle(struct pg_pool *pool)
{
	while (pool->idle->len) {
		struct pg_link *link = g_ptr_array_steal_index(pool->idle, pool->idle->len - 1);

		if (!link_is_dead(link))
			return link;
		pg_link_close(link);
	}
	return NULL;
}

/* The first ones have been unused for the longest. */
void pg_pool_trim(struct pg_pool *pool)
{
	int64_t since = g_get_monotonic_time() - UNUSED_MS * G_TIME_SPAN_MILLISECOND;

	pthread_mutex_lock(&pool->lock);
	while (pool->idle->len > UNUSED_KEPT) {
		struct pg_link *link = g_ptr_array_index(pool->idle, 0);

		if (link->unused > since)
			break;
		pg_link_close(g_ptr_array_steal_index(pool->idle, 0));
	}
	pthread_mutex_unlock(&pool->lock);
}

static void pool_failed(struct pg_pool *pool, enum status st, const struct error *err)
{
	pool->counts.failures++;
	pool->last = *err;
	pool->last_status = st;
	if (!pool->away)
		pool->away = g_get_monotonic_time();
	pool->not_before = g_get_monotonic_time() + pool->pause * G_TIME_SPAN_MILLISECOND;
	pool->pause = MIN(2 * pool->pause, PAUSE_LONGEST);
}

static enum status pool_make(
	struct pg_pool *pool, int64_t deadline, struct pg_link **link_out, struct error *err)
{
	struct pg_link *link = NULL;
	enum status st = pg_link_open(pool->server, deadline, &link, err);

	if (st != ST_OK)
		return st;
	link->deadline = deadline;
	st = pool->greet(link, pool->arg, err);
	if (st == ST_OK)
		*link_out = link;
	else
		pg_link_close(link);
	return st;
}

/* Connects without the lock. */
static enum status pool_connect(
	struct pg_pool *pool, int64_t deadline, struct pg_link **link_out, struct error *err)
{
	struct error why = { "" };
	enum status st;

	pool->out++;
	pthread_mutex_unlock(&pool->lock);
	st = pool_make(pool, deadline, link_out, &why);
	pthread_mutex_lock(&pool->lock);
	pool->out -= st != ST_OK;
	if (st == ST_OK) {
		pool->counts.connects++;
		pool->pause = PAUSE_FIRST;
		pool->not_before = pool->away = 0;
	} else {
		pool_failed(pool, st, &why);
		error_set(err, st, "%s", why.text);
	}
	pthread_cond_broadcast(&pool->given);
	return st;
}

static enum status pool_give_up(struct pg_pool *pool, struct error *err)
{
	if (pool->last.text[0])
		return error_set(err, pool->last_status, "%s", pool->last.text);
	return error_set(err, ST_BUSY, _("cannot open store '%s': all %u connections are in use"),
		pool->server->shown, pool->max);
}

static enum status pool_get(struct pg_pool *pool, int64_t deadline, bool patient,
	struct pg_link **link_out, struct error *err)
{
	enum status st;

	for (;;) {
		int64_t now = g_get_monotonic_time();

		*link_out = pool_idle(pool);
		if (*link_out) {
			pool->out++;
			return ST_OK;
		}
		if (now >= deadline)
			return pool_give_up(pool, err);
		if (pool->out >= pool->max || now < pool->not_before) {
			pool_wait(pool,
				pool->out >= pool->max ? deadline
						       : MIN(deadline, pool->not_before));
			continue;
		}
		st = pool_connect(pool, deadline, link_out, err);
		if (st != ST_BUSY || !patient)
			return st;
	}
}

/* --- and these without --- */

static bool pool_must_check(const struct pg_link *link)
{
	return g_get_monotonic_time() - link->checked > CHECK_EVERY * G_TIME_SPAN_MILLISECOND;
}

static enum status pool_take(struct pg_pool *pool, int64_t deadline, bool patient,
	struct pg_link **link_out, struct error *err)
{
	struct pg_link *link;
	enum status st;

	for (;;) {
		pthread_mutex_lock(&pool->lock);
		st = pool_get(pool, deadline, patient, &link, err);
		pthread_mutex_unlock(&pool->lock);
		if (st != ST_OK)
			return st;
		link->deadline = deadline;
		st = pool_must_check(link) ? pg_link_check(link, err) : ST_OK;
		if (st == ST_OK)
			break;
		pg_pool_give(pool, link);
		if (st != ST_BUSY || g_get_monotonic_time() >= deadline)
			return st;
	}
	*link_out = link;
	return ST_OK;
}

enum status pg_pool_take(
	struct pg_pool *pool, int64_t deadline, struct pg_link **link_out, struct error *err)
{
	return pool_take(pool, deadline, true, link_out, err);
}

enum status pg_pool_try(struct pg_pool *pool, struct pg_link **link_out, struct error *err)
{
	return pool_take(pool, pg_server_deadline(pool->server), false, link_out, err);
}

void pg_pool_give(struct pg_pool *pool, struct pg_link *link)
{
	if (!link)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->out--;
	pool->counts.trips += link->trips;
	link->trips = 0;
	if (link->broken || pq.transactionStatus(link->conn) != PQTRANS_IDLE) {
		pg_link_close(link);
	} else {
		link->unused = g_get_monotonic_time();
		pool->away = 0;
		g_ptr_array_add(pool->idle, link);
	}
	pthread_cond_signal(&pool->given);
	pthread_mutex_unlock(&pool->lock);
}
