/* How far a long command is, on standard error when it is a terminal. */
#ifndef MILTICKET_PROGRESS_H
#define MILTICKET_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *unit;     /* "mails" */
	bool quiet;           /* show nothing */
	int64_t began, shown; /* µs, monotonic */
};

void progress_begin(struct progress *progress);
/* At most ten times a second. */
void progress_show(struct progress *progress, uint64_t done, uint64_t total);
/* Takes the line away, for what is printed next. */
void progress_clear(struct progress *progress);

#endif
