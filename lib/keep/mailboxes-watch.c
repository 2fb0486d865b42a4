/* inotify. An event says where to look, and nothing else. */
#include "keep/mailboxes-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/tongue.h"

/* A client moves many messages by links, renames and unlinks of all of them. */
enum { QUIET_MS = 100, QUIETS = 5, EVENT_BYTES = 64 * 1024 };

enum {
	APPEARS = IN_CREATE | IN_MOVED_TO,
	VANISHES = IN_DELETE | IN_MOVED_FROM,
	FOLDER_GOES = IN_DELETE_SELF | IN_MOVE_SELF,
};

struct watch {
	int fd;
	GHashTable *by_wd; /* wd → struct watched * */
};

static void watched_free(gpointer data)
{
	g_free(((struct watched *)data)->folder);
	g_free(data);
}

struct watch *watch_new(void)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct watch *watch;

	if (fd < 0)
		return NULL;
	watch = g_new(struct watch, 1);
	watch->fd = fd;
	watch->by_wd = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, watched_free);
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	close(watch->fd);
	g_hash_table_unref(watch->by_wd);
	g_free(watch);
}

int watch_fd(const struct watch *watch)
{
	return watch ? watch->fd : -1;
}

/* By the open directory, so that it is the one that was looked at. */
static void watch_directory(
	struct watch *watch, struct tree *tree, const char *folder, int fd, bool is_new)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	int wd = inotify_add_watch(watch->fd, path, APPEARS | VANISHES | FOLDER_GOES | IN_ONLYDIR);
	struct watched *watched;

	/* What cannot be watched is looked at from time to time. */
	if (wd < 0)
		return;
	watched = g_new(struct watched, 1);
	*watched = (struct watched){ wd, tree, g_strdup(folder), is_new };
	g_hash_table_replace(watch->by_wd, GINT_TO_POINTER(wd), watched);
}

void watch_folder(
	struct watch *watch, struct tree *tree, const char *folder, const struct maildir *opened)
{
	watch_directory(watch, tree, folder, opened->new_fd, true);
	watch_directory(watch, tree, folder, opened->cur_fd, false);
}

static gboolean watch_is_of(gpointer wd, gpointer watched, gpointer tree)
{
	(void)wd;
	return ((struct watched *)watched)->tree == tree;
}

void watch_forget(struct watch *watch, const struct tree *tree)
{
	g_hash_table_foreach_remove(watch->by_wd, watch_is_of, (gpointer)tree);
}

/* --- hearing --- */

struct watch_reader {
	watch_fn *fn;
	void *arg;
	struct error *err;
};

static enum status watch_event(
	struct watch *watch, const struct inotify_event *event, const struct watch_reader *r)
{
	const struct watched *w = g_hash_table_lookup(watch->by_wd, GINT_TO_POINTER(event->wd));
	bool named = w && event->len && event->name[0] != '.';
	enum status st = ST_OK;

	if (event->mask & (IN_Q_OVERFLOW | FOLDER_GOES))
		st = r->fn(NULL, NULL, HEARD_MISSED, r->arg, r->err);
	else if (named && event->mask & APPEARS)
		st = r->fn(w, event->name, HEARD_APPEARS, r->arg, r->err);
	else if (named && event->mask & VANISHES)
		st = r->fn(w, event->name, HEARD_VANISHES, r->arg, r->err);
	if (event->mask & IN_IGNORED)
		g_hash_table_remove(watch->by_wd, GINT_TO_POINTER(event->wd));
	return st;
}

/* ST_NOT_FOUND: there is nothing (more). */
static enum status watch_read_some(struct watch *watch, const struct watch_reader *r)
{
	union {
		char bytes[EVENT_BYTES];
		struct inotify_event align;
	} buffer;
	ssize_t n = read(watch->fd, &buffer, sizeof buffer);
	enum status st = ST_OK;

	if (n <= 0)
		return ST_NOT_FOUND;
	for (const char *p = buffer.bytes; st == ST_OK && p < buffer.bytes + n;) {
		const struct inotify_event *event = (const struct inotify_event *)(const void *)p;

		st = watch_event(watch, event, r);
		p += sizeof *event + event->len;
	}
	return st;
}

enum status watch_read(struct watch *watch, watch_fn *fn, void *arg, struct error *err)
{
	const struct watch_reader reader = { fn, arg, err };
	struct pollfd more = { .fd = watch->fd, .events = POLLIN };
	enum status st = ST_OK;

	if (poll(&more, 1, 0) <= 0)
		return ST_OK;
	for (unsigned i = 0; st == ST_OK && i < QUIETS; i++) {
		while (st == ST_OK)
			st = watch_read_some(watch, &reader);
		st = st == ST_NOT_FOUND ? ST_OK : st;
		if (st == ST_OK && poll(&more, 1, QUIET_MS) <= 0)
			break;
	}
	return st;
}
