/* One wait for all of them, as one connection is enough to listen on. */
#include "wakes.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "boxes.h"
#include "indexer.h"
#include "sender.h"
#include "timers.h"

/* Milliseconds. What is committed within AT_ONCE is one wake. */
enum { WAIT = 10 * 1000, AT_ONCE = 100 };

static struct {
	struct store *store;
	GThread *thread; /* NULL: nobody tells */
	int stop_fd;     /* can be read when the thread is to end */
} wakes;

static bool wakes_stopping(int ms)
{
	struct pollfd stop = { wakes.stop_fd, POLLIN, 0 };

	return poll(&stop, 1, ms) > 0;
}

static gpointer wakes_run(gpointer arg)
{
	(void)arg;
	do {
		if (!store_wait(wakes.store, WAIT, wakes.stop_fd))
			continue;
		sender_wake();
		timers_wake();
		indexer_wake();
		boxes_wake();
	} while (!wakes_stopping(AT_ONCE));
	return NULL;
}

bool wakes_start(struct daemon *daemon)
{
	wakes.store = daemon->store;
	if (!store_tells(wakes.store))
		return true;
	wakes.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wakes.stop_fd < 0)
		return false;
	wakes.thread = g_thread_try_new("wakes", wakes_run, NULL, NULL);
	return wakes.thread != NULL;
}

void wakes_stop(void)
{
	if (!wakes.thread)
		return;
	eventfd_write(wakes.stop_fd, 1);
	g_thread_join(wakes.thread);
	close(wakes.stop_fd);
}
