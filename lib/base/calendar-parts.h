/* What the files of calendar.h share. */
#ifndef MILTICKET_CALENDAR_PARTS_H
#define MILTICKET_CALENDAR_PARTS_H

#include "base/calendar.h"

enum { WEEK_DAYS = 7, DAY_MINUTES = 24 * 60, DAY_SECONDS = DAY_MINUTES * 60 };

/* Minutes of a day, local days since 1970, or seconds since 1970: from inclusive, to exclusive. */
struct stretch {
	int64_t from, to;
};

struct calendar {
	GTimeZone *zone;
	/* struct stretch, in order and apart once the calendar is finished */
	GArray *week[WEEK_DAYS]; /* open minutes, Monday first */
	GArray *days;            /* closed local days */
	GArray *spans;           /* closed times */
};

void stretch_add(GArray *stretches, int64_t from, int64_t to);
/* The local day of an instant, and the instant's second in it as the clock shows it. */
int64_t calendar_day(GTimeZone *zone, int64_t second, int64_t *of_day_out);
/* Days since 1970; false when there is no such date. */
bool calendar_date(int64_t year, int64_t month, int64_t day, int64_t *number_out);

#endif
