/* The wall clock, looked at beside one that nobody sets: has it been wrong for a while? */
#ifndef MILTICKET_CLOCK_WATCH_H
#define MILTICKET_CLOCK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct clock_watch {
	int64_t usual; /* microseconds that the wall clock is ahead of the other */
	int64_t since; /* when it was seen to be elsewhere first; 0: it is where it was */
	bool ahead;    /* it was ahead of that since then */
};

/* Microseconds since the machine started, suspended or not. */
int64_t clock_since_boot(void);

void clock_watch_init(struct clock_watch *watch, int64_t wall, int64_t boot);
/* True: it is where it was again, after it had been ahead for a while. A clock that is elsewhere
 * for a day was set right. To be called every few seconds. */
bool clock_watch_look(struct clock_watch *watch, int64_t wall, int64_t boot);
/* Is it neither where it was, nor elsewhere for long enough to be believed? */
bool clock_watch_doubts(const struct clock_watch *watch);

#endif
