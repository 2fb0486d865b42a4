/* Signals that the daemon listens to. They come to the main thread and to no other. */
#ifndef MILTICKET_SIGNALS_H
#define MILTICKET_SIGNALS_H

#include <stdbool.h>

/* Before any thread is made: each inherits it. */
void signals_block(void);

/* Waits until the daemon is told to stop; calls that whenever it is told to reload. */
void signals_wait_for_stop(void (*reload)(void));

/* Was the daemon told to stop once more? Waits for nothing. */
bool signals_stop_again(void);

/* libmilter has a thread of its own that waits for TERM, INT and HUP. It hears of a stop from here
 * only. */
void signals_stop_milter(void);

#endif
