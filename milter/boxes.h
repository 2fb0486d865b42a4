/* The thread of the agents' mailboxes (keep/mailboxes.h): after the commit, and never in the way of
 * mail. What is wrong with them is a line in the log, and nothing else. */
#ifndef MILTICKET_BOXES_H
#define MILTICKET_BOXES_H

#include "daemon.h"

/* False: there is no thread to be had. */
bool boxes_start(struct daemon *daemon);
/* Returns after the step at hand. */
void boxes_stop(void);
/* The log may be longer. From any thread; cheap. */
void boxes_wake(void);

#endif
