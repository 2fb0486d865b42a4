/* Hears what clients do, and looks what the log has: four times a second, where nobody tells. */
#include "boxes.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/text.h"
#include "keep/mailboxes.h"
#include "log.h"
#include "sender.h"

/* While mail comes in, the thread sleeps nine times as long as it works. It is not nice(2)r than
 * others, as it would be with the store's lock, too. */
enum {
	TICK_MS = 250,
	IDLE_TICK_MS = 1000, /* some of its work is due each second; and a reload may bring some */
	PAUSES = 9,
	PAUSE_MAX_MS = 1000,
	RETRY_MS = 10 * 1000, /* when they cannot be written */
	WAIT_MS = 2000        /* while another host keeps them */
};

static struct {
	struct daemon *daemon;
	GThread *thread;
	int stop_fd; /* can be read when the thread is to end */
	int wake_fd; /* and when the log may be longer */
	struct trees *trees;
	struct settings *settings; /* with which they were opened */
	struct mailboxes_counts told;
	bool more;             /* to do after the last look */
	bool failing, waiting; /* it has been said */
} boxes;

/* --- open, or not --- */

static void boxes_close(void)
{
	mailboxes_close(boxes.trees);
	boxes.trees = NULL;
	if (boxes.settings)
		settings_unref(boxes.settings);
	boxes.settings = NULL;
}

static bool boxes_is_open_as(const struct settings *settings)
{
	return boxes.trees && boxes.settings == settings;
}

/* A reload replaces all settings at once; what is made of them is made again. */
static enum status boxes_open(struct settings *settings, struct error *err)
{
	enum status st;

	if (boxes_is_open_as(settings))
		return ST_OK;
	boxes_close();
	if (!*settings->mailboxes.path)
		return ST_OK;
	st = mailboxes_open(boxes.daemon->store, settings, true, &boxes.trees, err);
	if (st == ST_OK) {
		boxes.settings = settings_ref(settings);
		boxes.told = mailboxes_counts(boxes.trees);
		boxes.told.shut = 0;
		log_info("mailboxes: kept in %s", settings->mailboxes.path);
	}
	return st;
}

/* --- a look --- */

static void boxes_tell(void)
{
	struct mailboxes_counts is = mailboxes_counts(boxes.trees), was = boxes.told;

	if (is.shut != was.shut)
		log_error("mailboxes: %s; that one is let alone, and looked at again every minute",
			mailboxes_shut(boxes.trees));
	if (is.moves + is.refused + is.held != was.moves + was.refused + was.held ||
		is.opened + is.kept != was.opened + was.kept)
		log_info("mailboxes: moves=%" G_GUINT64_FORMAT " refused=%" G_GUINT64_FORMAT
			 " held=%" G_GUINT64_FORMAT " opened=%" G_GUINT64_FORMAT
			 " kept=%" G_GUINT64_FORMAT,
			is.moves - was.moves, is.refused - was.refused, is.held - was.held,
			is.opened - was.opened, is.kept - was.kept);
	/* Notices, and answers to who is told of a closing. */
	if (is.moves + is.refused + is.held + is.kept !=
		was.moves + was.refused + was.held + was.kept)
		sender_wake();
	boxes.told = is;
}

static enum status boxes_look(bool *more_out, struct error *err)
{
	struct settings *settings = daemon_settings(boxes.daemon);
	enum status st = boxes_open(settings, err);

	*more_out = false;
	if (st == ST_OK && boxes.trees) {
		st = mailboxes_step(boxes.trees, g_get_real_time(), more_out, err);
		boxes_tell();
	}
	if (st != ST_OK)
		boxes_close();
	settings_unref(settings);
	return st;
}

/* Milliseconds that mail goes first, after a look that took so long. */
static int boxes_pause(gint64 took)
{
	if (!boxes.trees || !mailboxes_log_grows(boxes.trees))
		return 0;
	return (int)MIN(took * PAUSES / G_TIME_SPAN_MILLISECOND, PAUSE_MAX_MS);
}

/* Another host's daemon does it: it is no failure. */
static int boxes_wait(const struct error *err)
{
	if (!boxes.waiting)
		log_info("mailboxes: %s; this daemon goes on with them when that one ends",
			err->text);
	boxes.waiting = true;
	boxes.more = false;
	return WAIT_MS;
}

/* Gives the milliseconds until the next look. */
static int boxes_tick(void)
{
	struct error err = { "" };
	enum status st = boxes_look(&boxes.more, &err);
	bool away = st != ST_OK && store_is_away(boxes.daemon->store);

	if (st == ST_EXISTS)
		return boxes_wait(&err);
	boxes.waiting = false;
	if (st == ST_OK && boxes.failing)
		log_info("mailboxes: up to date again");
	if (st != ST_OK && !boxes.failing && !away)
		log_error("mailboxes: %s; mail is not affected, and they are gone through again "
			  "every %d seconds",
			err.text, RETRY_MS / 1000);
	boxes.failing = st != ST_OK && (boxes.failing || !away);
	if (st != ST_OK)
		return RETRY_MS;
	if (boxes.more)
		return 0;
	return boxes.trees && !store_tells(boxes.daemon->store) ? TICK_MS : IDLE_TICK_MS;
}

static gpointer boxes_run(gpointer arg)
{
	struct pollfd fds[] = { { .fd = boxes.stop_fd, .events = POLLIN }, { .events = POLLIN },
		{ .events = POLLIN } };

	(void)arg;
	do {
		gint64 began = g_get_monotonic_time();
		eventfd_t wakes;
		int ms;

		eventfd_read(boxes.wake_fd, &wakes);
		ms = boxes_tick();
		/* What failed is not tried again any sooner. */
		fds[2].fd = boxes.failing || boxes.waiting ? -1 : boxes.wake_fd;
		fds[1].fd = boxes.trees ? mailboxes_fd(boxes.trees) : -1;
		/* It is one whatever happens in the folders: much of that is our own work. */
		poll(fds, 1, boxes_pause(g_get_monotonic_time() - began));
		if (!(fds[0].revents & POLLIN))
			poll(fds, G_N_ELEMENTS(fds), ms);
	} while (!(fds[0].revents & POLLIN));
	boxes_close();
	return NULL;
}

bool boxes_start(struct daemon *daemon)
{
	boxes.daemon = daemon;
	boxes.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	boxes.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (boxes.stop_fd < 0 || boxes.wake_fd < 0)
		return false;
	boxes.thread = g_thread_try_new("mailboxes", boxes_run, NULL, NULL);
	return boxes.thread != NULL;
}

void boxes_stop(void)
{
	eventfd_write(boxes.stop_fd, 1);
	g_thread_join(boxes.thread);
	close(boxes.stop_fd);
	close(boxes.wake_fd);
}

void boxes_wake(void)
{
	eventfd_write(boxes.wake_fd, 1);
}
