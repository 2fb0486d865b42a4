/* Waiting for what others commit: one connection listens, for all threads that wait. */
#include "store/postgresql/pg-store.h"

#include <errno.h>
#include <poll.h>

enum { LISTEN_CONNECT_S = 2 };

static struct pg_link *wait_listener(struct pg_store *store)
{
	struct pg_link *link = NULL;
	int64_t deadline = g_get_monotonic_time() + LISTEN_CONNECT_S * G_TIME_SPAN_SECOND;

	if (pg_link_open(&store->server, deadline, &link, NULL) != ST_OK)
		return NULL;
	if (pg_link_run(link, "listen milticket", NULL) == ST_OK)
		return link;
	pg_link_close(link);
	return NULL;
}

/* Was anything told? */
static bool wait_hear(struct pg_link *link)
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

static void wait_listen(struct pg_link *link, int64_t until)
{
	bool told = wait_hear(link);

	while (!told && !link->broken) {
		int64_t left = (until - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;
		struct pollfd fd = { pq.socket(link->conn), POLLIN, 0 };

		if (left <= 0 || (poll(&fd, 1, (int)left) < 0 && errno != EINTR))
			return;
		told = wait_hear(link);
	}
}

/* Who comes second waits for what the first hears. */
static void wait_beside(struct pg_store *store, int64_t until)
{
	const struct timespec at = { .tv_sec = until / G_TIME_SPAN_SECOND,
		.tv_nsec = until % G_TIME_SPAN_SECOND * 1000 };

	pthread_cond_timedwait(&store->heard, &store->lock, &at);
}

static void wait_sleep(int64_t until)
{
	int64_t left = until - g_get_monotonic_time();

	if (left > 0)
		g_usleep((gulong)left);
}

void pg_wait(struct store *base, unsigned ms)
{
	struct pg_store *store = pg_of(base);
	int64_t until = g_get_monotonic_time() + (int64_t)ms * G_TIME_SPAN_MILLISECOND;

	pthread_mutex_lock(&store->lock);
	if (store->listens) {
		wait_beside(store, until);
		pthread_mutex_unlock(&store->lock);
		return;
	}
	store->listens = true;
	pthread_mutex_unlock(&store->lock);
	if (!store->listener)
		store->listener = wait_listener(store);
	if (store->listener)
		wait_listen(store->listener, until);
	else
		wait_sleep(until);
	if (store->listener && store->listener->broken)
		g_clear_pointer(&store->listener, pg_link_close);
	pthread_mutex_lock(&store->lock);
	store->listens = false;
	pthread_cond_broadcast(&store->heard);
	pthread_mutex_unlock(&store->lock);
}
