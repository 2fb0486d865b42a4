/* The sender thread: outbox → courier. Sends outside any transaction, then records what became of
 * it. */
#ifndef MILTICKET_SENDER_H
#define MILTICKET_SENDER_H

#include "daemon.h"

/* Starts the thread. ST_BAD_INPUT: the relay's password cannot be read. daemon must outlive
 * sender_stop(). */
enum status sender_start(struct daemon *daemon, struct error *err);
/* Ends it within a second; a mail at hand is tried again at the next start. */
void sender_stop(void);

/* Something was put into the outbox. From any thread; cheap. */
void sender_wake(void);

#endif
