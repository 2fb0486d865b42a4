/* The thread that hears what others commit, where the store tells, and wakes those of ours that
 * have something to do then. They look by themselves as well, only less often. */
#ifndef MILTICKET_WAKES_H
#define MILTICKET_WAKES_H

#include "daemon.h"

/* After those that it wakes. False: there is no thread to be had. */
bool wakes_start(struct daemon *daemon);
/* Before them; within some seconds. */
void wakes_stop(void);

#endif
