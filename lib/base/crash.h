/* The end of a process that runs off its store: LMDB believes what it reads, so that in pages that
 * are not its own it leaves the map, or finds what cannot be and aborts. That shall end in words.
 */
#ifndef MILTICKET_CRASH_H
#define MILTICKET_CRASH_H

enum { CRASH_SIGNALS = 3 };
extern const int crash_signals[CRASH_SIGNALS];

/* "PROGRAM: the store may be damaged …", a line for fd. May be called in a signal handler. */
void crash_say_damaged(int fd, const char *program);

#endif
