/* Reasons, noted by the steps of a decision as they are taken, for whoever asks why. */
#ifndef MILTICKET_WHY_H
#define MILTICKET_WHY_H

#include <glib.h>

/* Adds a line. Where nobody asks (why is NULL), the arguments are not even looked at.
 * why: char *, owned by the array. */
#define why_add(why, ...) \
	do { \
		if (why) \
			why_add_line((why), __VA_ARGS__); \
	} while (0)
void why_add_line(GPtrArray *why, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

#endif
