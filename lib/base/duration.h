/* Lengths of time as people write them: by the clock on the wall, or in business time. */
#ifndef MILTICKET_DURATION_H
#define MILTICKET_DURATION_H

#include "base/calendar.h"

enum duration_kind { DURATION_NONE, DURATION_WALL, DURATION_HOURS, DURATION_DAYS };

struct duration {
	enum duration_kind kind;
	int64_t amount; /* µs; a business day is 24 hours of them */
};

/* "45m", "4h", "1d12h" (text_parse_when()) by the clock; "30bm", "4bh", "1bh30bm" open hours; "2bd"
 * days that have any. Not zero, at most 10 years. False: it is none, *out stays. */
bool duration_read(const char *text, struct duration *out);

/* The instant at which it has gone since `from`; INT64_MAX: never. Without a calendar business
 * never closes. */
int64_t duration_end(
	const struct duration *duration, const struct calendar *calendar, int64_t from);
/* What of that kind lies between two instants. */
int64_t duration_between(
	enum duration_kind kind, const struct calendar *calendar, int64_t from, int64_t to);

#endif
