/* Times as a query has them: days, months, durations, and spans of them. */
#ifndef MILTICKET_QUERY_TIMES_H
#define MILTICKET_QUERY_TIMES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum query_point_kind {
	POINT_OPEN,     /* nothing: no bound */
	POINT_DURATION, /* before now, or after it */
	POINT_DAY,      /* so many days from today: "today", "yesterday" */
	POINT_WEEKDAY,  /* the last one, or the next: today is one */
	POINT_DATE,     /* a year, month or day: day and month may be 0 */
	POINT_MOMENT
};

struct query_point {
	enum query_point_kind kind;
	int64_t us; /* POINT_DURATION, POINT_MOMENT */
	int day;    /* POINT_DAY: from today; POINT_WEEKDAY: 1 is Monday */
	int year, month, of_month;
};

/* From the beginning of the first to the end of the second. */
struct query_span {
	bool none; /* the word "none": the time is unknown */
	struct query_point from, to;
};

/* Which way durations and weekdays are counted. */
enum query_way { WAY_BACK, WAY_AHEAD, WAY_LENGTH };

/* "today", "2026-11", "3d..", "monday..yesterday"; WAY_LENGTH has durations alone. A single
 * duration stands for all that is nearer than that, but of lengths for all that is longer.
 * ST_BAD_INPUT: *why_out (owned) says what was expected. */
enum status query_span_read(
	const char *text, enum query_way way, struct query_span *span_out, char **why_out);

struct query_bounds {
	int64_t from, to; /* from inclusive, to exclusive; INT64_MIN and INT64_MAX: none */
};
/* Of points in time, as it is now. */
struct query_bounds query_span_bounds(
	const struct query_span *span, enum query_way way, int64_t now, GTimeZone *zone);

/* The next moment after now at which a time comes into the span or leaves it; 0: none. */
int64_t query_span_turns(const struct query_span *span, enum query_way way, int64_t time,
	int64_t now, GTimeZone *zone);

/* The words that a time may be, NULL-terminated: for completion and hints. */
extern const char *const query_time_words[];

#endif
