/* Hours of business: a time zone with its changes of summer time, the open hours of a week, and
 * holidays, from a list or from a file of iCalendar (RFC 5545). An instant is open if the clock on
 * the wall of that zone shows an open hour of that day of the week, and the day is no holiday. A
 * finished calendar never changes and may be asked from any thread. The only home of libical, in
 * calendar-ics.c. */
#ifndef MILTICKET_CALENDAR_H
#define MILTICKET_CALENDAR_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"

struct calendar;

/* zone: a name of the system's database ("Europe/Berlin"); "" is the local one. ST_BAD_INPUT: there
 * is none of that name. */
enum status calendar_new(const char *zone, struct calendar **calendar_out, struct error *err);
void calendar_free(struct calendar *calendar);

/* "Mon-Fri 08:00-12:00 13:00-17:00", "Sat,Sun 22:00-06:00", "Mon-Sun 00:00-24:00": days, then
 * ranges of the clock. One that ends earlier than it begins goes on past midnight. ST_BAD_INPUT
 * says what was expected. */
enum status calendar_add_hours(struct calendar *calendar, const char *text, struct error *err);
/* "2026-12-25", "2026-12-24..2027-01-01" with both days, "12-25" and
 * "12-24..01-02" in each year. */
enum status calendar_add_holiday(struct calendar *calendar, const char *text, struct error *err);
/* All events of a file, whatever they are called: whole days and times of day, those that recur as
 * well. Those that are cancelled are left out. ST_IO: it cannot be read; ST_BAD_INPUT: it is no
 * calendar, has no events, or one that cannot be read, or too many (LIMIT_CALENDAR_…). */
enum status calendar_add_ics(struct calendar *calendar, const char *path, struct error *err);
/* ST_BAD_INPUT: it has no open hour. Nothing can be added any more. */
enum status calendar_finish(struct calendar *calendar, struct error *err);

/* All that its answers hang on, but for the zone. */
void calendar_hash(const struct calendar *calendar, struct hash *hash);
/* Borrowed. */
GTimeZone *calendar_zone(const struct calendar *calendar);
bool calendar_is_open(const struct calendar *calendar, int64_t when);

/* Business time is counted in open hours, or in days that have any: each is one, however long, and
 * half of its open hours are half a day. Both in µs, a day as 24 hours of them. */
enum business { BUSINESS_HOURS, BUSINESS_DAYS };

/* The business time from one instant to another; 0 when the second is not later. */
int64_t calendar_between(
	const struct calendar *calendar, int64_t from, int64_t to, enum business unit);
/* The first instant by which that much business time has gone since `from`: the end of business
 * rather than the next morning. INT64_MAX: not in this life. */
int64_t calendar_after(
	const struct calendar *calendar, int64_t from, int64_t amount, enum business unit);

#endif
