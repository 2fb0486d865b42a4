/* What lives as long as the daemon: the store, and the settings in force, which a reload replaces
 * as a whole. */
#ifndef MILTICKET_DAEMON_H
#define MILTICKET_DAEMON_H

#include <glib.h>
#include <pthread.h>
#include <stdbool.h>

#include "settings/settings.h"
#include "store/store.h"
#include "tables/agents-known.h"

struct daemon {
	const char *config; /* path of milticket.conf */
	struct store *store;
	struct agents_known *agents; /* of the store, while it is not there */
	pthread_mutex_t lock;
	struct settings *settings; /* under lock; take a reference with daemon_settings() */
	pthread_cond_t idle;
	/* Of the thread that asks the store all the time; before, of the start. */
	enum status away; /* how it failed to answer when it was last asked; ST_OK: it did not */
	bool queues_due;  /* the accounts' queues are still to be made */
	unsigned at_hand; /* under lock; messages between DATA and their end */
	bool stopping;    /* under lock */
	int lock_fd;      /* daemon.lock in the state directory; -1 */
};

void daemon_init(
	struct daemon *daemon, const char *config, struct settings *settings); /* takes settings */

/* After daemon_drain(): closes the store. Threads of libmilter may outlive it, so the rest stays,
 * in static memory. */
void daemon_close(struct daemon *daemon);

/* A reference to the settings in force; settings_unref() it. */
struct settings *daemon_settings(struct daemon *daemon);

/* Claims the store for this daemon and opens it, and makes the accounts' queues. ST_BUSY: another
 * daemon has it. A database that is away is no failure: it is told of, and mail waits for it. */
enum status daemon_open_store(struct daemon *daemon, struct error *err);

/* How the store answered, and why it did not: when it is gone or there again, that is told once,
 * and what could not be done at the start is done. */
void daemon_note_store(struct daemon *daemon, enum status st, const struct error *err);
/* Did it not answer, or is that still to be done? For the thread that asks. */
bool daemon_waits_for_store(const struct daemon *daemon);
/* A thread's own "cannot ...": nothing while the store is away, as that was told. */
void daemon_cannot(struct daemon *daemon, const char *what, const struct error *err);

/* A message that may have to be recorded begins; daemon_end() when it is done. False: the daemon is
 * stopping and takes no more. */
bool daemon_begin(struct daemon *daemon);
void daemon_end(struct daemon *daemon);

/* From now on no message begins. Waits for those at hand, but no longer than so many µs; true if
 * all of them are done. */
bool daemon_drain(struct daemon *daemon, int64_t us);

/* Loads the configuration again. On an error, which is logged, the old one stays in force. */
enum status daemon_reload(struct daemon *daemon, struct error *err);

#endif
