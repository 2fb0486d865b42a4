/* The limit of file descriptors, and libmilter's accept(). */
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

enum { WANTED = 65536, RESERVE_PART = 4, RESERVE_MAX = 1024, PAUSE_US = 100 * 1000 };
static const gint64 say_every = 60 * G_TIME_SPAN_SECOND;

static int room = G_MAXINT; /* connections get descriptors below it */

static struct {
	bool full;   /* now */
	gint64 said; /* when that was logged; 0: never */
} listener;          /* of libmilter's listening thread */

void descriptors_prepare(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_cur < WANTED) {
		const struct rlimit raised = { MIN(limit.rlim_max, WANTED), limit.rlim_max };

		if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
			limit = raised;
	}
	limit.rlim_cur = MIN(limit.rlim_cur, G_MAXINT);
	room = (int)(limit.rlim_cur - MIN(limit.rlim_cur / RESERVE_PART, RESERVE_MAX));
}

/* The kernel gives the lowest number that is free. */
static bool descriptors_scarce(int any)
{
	int lowest = fcntl(any, F_DUPFD_CLOEXEC, 0);

	if (lowest >= 0)
		close(lowest);
	return lowest < 0 || lowest >= room;
}

static bool out_of_resources(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* EINTR sends every version of libmilter once round its loop, where it also sees that it is to
 * stop. */
static int refuse_for_now(void)
{
	gint64 now = g_get_monotonic_time();

	if (!listener.full && (!listener.said || now - listener.said > say_every)) {
		log_error(
			"too many connections, or files, are open: new connections wait; "
			"allow more file descriptors (LimitNOFILE of the service), or fewer processes of the MTA");
		listener.said = now;
	}
	listener.full = true;
	g_usleep(PAUSE_US);
	errno = EINTR;
	return -1;
}

/* Replaces the C library's accept() for libmilter: when that fails because there are no
 * descriptors, libmilter calls it again at once, for ever, and keeps a whole processor busy. */
int listener_accept(int listening, struct sockaddr *address, socklen_t *len) __asm__("accept");

int listener_accept(int listening, struct sockaddr *address, socklen_t *len)
{
	int fd;

	if (descriptors_scarce(listening))
		return refuse_for_now();
	fd = accept4(listening, address, len, SOCK_CLOEXEC);
	if (fd < 0 && out_of_resources(errno))
		return refuse_for_now();
	listener.full = false;
	return fd;
}
