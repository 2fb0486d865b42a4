/* The timer thread: what is due, reloads that an admin asked for through the store, stale readers,
 * the watchdog. */
#ifndef MILTICKET_TIMERS_H
#define MILTICKET_TIMERS_H

#include "daemon.h"

bool timers_start(struct daemon *daemon);
void timers_stop(void);

/* Asks for a reload as soon as possible (SIGUSR1). From any thread. */
void timers_reload(void);
/* Another process or host has committed something. From any thread; cheap. */
void timers_wake(void);

#endif
