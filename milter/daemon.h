/* What lives as long as the daemon: the store, and the settings in force, which a reload replaces as a whole. */
#ifndef MILTICKET_DAEMON_H
#define MILTICKET_DAEMON_H

#include <glib.h>
#include <stdbool.h>

#include "settings.h"
#include "store.h"

struct daemon {
	const char *config;		/* path of milticket.conf */
	struct store *store;
	GMutex lock;
	struct settings *settings;	/* under lock; take a reference with daemon_settings() */
	gint stopping;			/* atomic */
	int lock_fd;			/* <store.path>/daemon.lock; -1 */
};

void daemon_init(struct daemon *daemon, const char *config, struct settings *settings);	/* takes settings */
void daemon_release(struct daemon *daemon);

/* A reference to the settings in force; settings_unref() it. */
struct settings *daemon_settings(struct daemon *daemon);

/* Claims the store for this daemon and opens it, and makes the accounts' queues. ST_BUSY: another daemon has it. */
enum status daemon_open_store(struct daemon *daemon, struct error *err);

/* Loads the configuration anew; on an error, which is logged, the old one stays. */
enum status daemon_reload(struct daemon *daemon, struct error *err);

#endif
