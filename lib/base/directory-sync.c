/* Each message that is archived needs its directory synced, and many arrive at once in the
 * directory of the day. A sync that begins after the name was made is as good as one's own; one
 * already under way is not. */
#include "base/directory-sync.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Locks are pthread's, not GLib's: thread sanitizers see through those only. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t turn;
	char *path; /* of those who use it now */
	unsigned users;
	bool running;
	guint64 started, finished; /* syncs, counted */
	guint64 failed;            /* the last one that did, for `reason` */
	int reason;
} shared = { .lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER };

static int sync_now(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return errno;
	rc = fsync(fd) == 0 ? 0 : errno;
	close(fd);
	return rc;
}

/* The caller holds the lock. */
static void sync_lead(const char *path)
{
	guint64 turn = ++shared.started;
	int rc;

	shared.running = true;
	pthread_mutex_unlock(&shared.lock);
	rc = sync_now(path);
	pthread_mutex_lock(&shared.lock);
	shared.running = false;
	shared.finished = turn;
	if (rc) {
		shared.failed = turn;
		shared.reason = rc;
	}
	pthread_cond_broadcast(&shared.turn);
}

/* The caller holds the lock, and is a user. A failure is said once by the kernel, so a later
 * success does not make up for it. */
static int sync_share(const char *path)
{
	guint64 wanted = shared.started + 1;

	while (shared.finished < wanted) {
		if (shared.running)
			pthread_cond_wait(&shared.turn, &shared.lock);
		else
			sync_lead(path);
	}
	return shared.failed >= wanted ? shared.reason : 0;
}

int directory_sync(const char *path)
{
	int rc;

	pthread_mutex_lock(&shared.lock);
	/* Another directory than that of the others: midnight, or a reload. */
	if (shared.users > 0 && strcmp(shared.path, path) != 0) {
		pthread_mutex_unlock(&shared.lock);
		return sync_now(path);
	}
	if (shared.users++ == 0) {
		g_free(shared.path);
		shared.path = g_strdup(path);
	}
	rc = sync_share(path);
	shared.users--;
	pthread_mutex_unlock(&shared.lock);
	return rc;
}
