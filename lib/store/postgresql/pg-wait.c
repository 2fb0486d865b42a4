/* Waiting for what others commit: a connection of its own listens. When it breaks, that may have
 * gone unheard, as what was committed before it listens again: who waits is sent to look. */
#include "store/postgresql/pg-store.h"

#include <poll.h>

/* Milliseconds. LOOK_EVERY: somebody looks so often however well we hear; a server that was a
 * primary once, say, takes questions still and has nothing to tell. */
enum {
	LISTEN_TIMEOUT = 2000,
	DEAF = 1000, /* so often somebody looks where nobody can be heard */
	LISTEN_PAUSE_FIRST = 500,
	LISTEN_PAUSE_LONGEST = 5 * 1000,
	LISTEN_CHECK_EVERY = 10 * 1000,
	LOOK_EVERY = 30 * 1000,
	STARVED = 1000,
};

/* There is none for those who read and write: where a role may have few connections, we may have
 * theirs. They go first. */
static bool wait_starves_others(const struct pg_store *store)
{
	return pg_pool_away(store->pool, STARVED * G_TIME_SPAN_MILLISECOND);
}

static int64_t wait_from_now(int64_t ms)
{
	return g_get_monotonic_time() + ms * G_TIME_SPAN_MILLISECOND;
}

static bool wait_is_over(int64_t since, int64_t ms)
{
	return g_get_monotonic_time() - since >= ms * G_TIME_SPAN_MILLISECOND;
}

/* --- the listener --- */

static void wait_give_up(struct pg_store *store)
{
	g_clear_pointer(&store->listener, pg_link_close);
	store->listen_pause = CLAMP(
		2 * store->listen_pause, LISTEN_PAUSE_FIRST, LISTEN_PAUSE_LONGEST);
	store->listen_from = wait_from_now(store->listen_pause);
}

/* One that is not there is tried for again after a pause. */
static void wait_listen(struct pg_store *store)
{
	struct pg_link *link = NULL;

	if (g_get_monotonic_time() < store->listen_from || pg_pool_away(store->pool, 0))
		return;
	if (pg_link_open(&store->server, wait_from_now(LISTEN_TIMEOUT), &link, NULL) == ST_OK &&
		pg_link_run(link, "listen milticket", NULL) == ST_OK) {
		store->listener = link;
		store->listen_pause = 0;
		return;
	}
	pg_link_close(link);
	wait_give_up(store);
}

/* Is it still there, and one for us? A connection that is only listened on does not tell. */
static bool wait_check(struct pg_link *link)
{
	if (!wait_is_over(link->checked, LISTEN_CHECK_EVERY))
		return true;
	link->deadline = wait_from_now(LISTEN_TIMEOUT);
	return pg_link_check(link, NULL) == ST_OK;
}

/* --- waiting --- */

static void wait_poll(const struct pg_link *link, int64_t until, int stop_fd)
{
	int64_t left = (until - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;
	struct pollfd fds[2] = { { link ? pq.socket(link->conn) : -1, POLLIN, 0 },
		{ stop_fd, POLLIN, 0 } };

	if (left > 0)
		poll(fds, G_N_ELEMENTS(fds), (int)left);
}

/* Was anything told? */
static bool wait_heard(struct pg_link *link)
{
	PGnotify *told;
	bool any = false;

	if (!pq.consumeInput(link->conn) || pq.status(link->conn) != CONNECTION_OK)
		link->broken = true;
	while ((told = pq.notifies(link->conn))) {
		any = true;
		pq.freemem(told);
	}
	return any;
}

/* False when it has broken. */
static bool wait_hear(struct pg_link *link, int64_t until, int stop_fd, bool *told_out)
{
	if (!wait_check(link))
		return false;
	*told_out = wait_heard(link);
	if (!*told_out && !link->broken) {
		wait_poll(link, until, stop_fd);
		*told_out = wait_heard(link);
	}
	return !link->broken;
}

static bool wait_for_news(struct pg_store *store, int64_t until, int stop_fd)
{
	bool told = false;

	if (!store->listener) {
		wait_listen(store);
		if (!store->listener)
			wait_poll(NULL, MIN(until, wait_from_now(DEAF)), stop_fd);
		return true;
	}
	if (!wait_starves_others(store) && wait_hear(store->listener, until, stop_fd, &told))
		return told;
	wait_give_up(store);
	return true;
}

bool pg_wait(struct store *base, unsigned ms, int stop_fd)
{
	struct pg_store *store = pg_of(base);
	bool look = wait_for_news(store, wait_from_now(ms), stop_fd) ||
		wait_is_over(store->looked, LOOK_EVERY);

	pg_pool_trim(store->pool);
	if (look)
		store->looked = g_get_monotonic_time();
	return look;
}
