/* Business time: the open stretches of one local day after the other. */
#include "base/calendar-parts.h"
#include "base/text.h"

enum {
	WINDOW = 16 * 3600,  /* no clock is further from UTC */
	PROBE = 28 * 3600,   /* no zone changes its clock twice in that time */
	DAYS_MAX = 40 * 366, /* looked at for open hours */
	THURSDAY = 3,        /* of the first of January 1970 */
	MILLISECOND = 1000,  /* µs */
	DAY_MS = DAY_SECONDS * 1000
};

#define BUSINESS_DAY (INT64_C(24) * 3600 * TEXT_SECOND)

/* --- the zone --- */

static int64_t offset_at(GTimeZone *zone, int64_t second)
{
	int interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, second);

	return g_time_zone_get_offset(zone, interval);
}

/* The first second of (from, to] whose offset differs from that at `from`, and which is known to be
 * there. */
static int64_t change_between(GTimeZone *zone, int64_t from, int64_t to)
{
	const int64_t offset = offset_at(zone, from);

	while (to - from > 1) {
		int64_t middle = from + (to - from) / 2;

		if (offset_at(zone, middle) == offset)
			from = middle;
		else
			to = middle;
	}
	return to;
}

/* To where the offset at `from` holds, at most `limit`. */
static int64_t offset_end(GTimeZone *zone, int64_t from, int64_t limit)
{
	const int64_t offset = offset_at(zone, from);

	for (int64_t at = from; at < limit - 1;) {
		int64_t next = MIN(at + PROBE, limit - 1);

		if (offset_at(zone, next) != offset)
			return change_between(zone, at, next);
		at = next;
	}
	return limit;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t calendar_day(GTimeZone *zone, int64_t second, int64_t *of_day_out)
{
	int64_t local = second + offset_at(zone, second), day = floor_div(local, DAY_SECONDS);

	if (of_day_out)
		*of_day_out = local - day * DAY_SECONDS;
	return day;
}

/* --- one day --- */

static bool stretch_has(const GArray *stretches, int64_t at)
{
	guint low = 0, high = stretches->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		const struct stretch *s = &g_array_index(stretches, struct stretch, middle);

		if (at < s->from)
			high = middle;
		else if (at >= s->to)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

static const GArray *week_of(const struct calendar *calendar, int64_t day)
{
	return calendar->week[(day + THURSDAY) - floor_div(day + THURSDAY, WEEK_DAYS) * WEEK_DAYS];
}

/* Adds what of the stretch is not closed. */
static void add_unless_closed(
	const struct calendar *calendar, GArray *open, int64_t from, int64_t to)
{
	for (guint i = 0; i < calendar->spans->len && from < to; i++) {
		const struct stretch *closed = &g_array_index(calendar->spans, struct stretch, i);

		if (closed->to <= from)
			continue;
		if (closed->from >= to)
			break;
		stretch_add(open, from, closed->from);
		from = closed->to;
	}
	stretch_add(open, from, to);
}

/* The open seconds of a local day, in order. An hour that the clock shows twice is open twice, one
 * that it leaves out never. */
static void day_open(const struct calendar *calendar, int64_t day, GArray *open)
{
	const GArray *hours = week_of(calendar, day);
	const int64_t midnight = day * DAY_SECONDS, end = midnight + DAY_SECONDS + WINDOW;
	int64_t next;

	g_array_set_size(open, 0);
	if (!hours->len || stretch_has(calendar->days, day))
		return;
	for (int64_t at = midnight - WINDOW; at < end; at = next) {
		const int64_t start = midnight - offset_at(calendar->zone, at);

		next = offset_end(calendar->zone, at, end);
		for (guint i = 0; i < hours->len; i++) {
			const struct stretch *s = &g_array_index(hours, struct stretch, i);

			add_unless_closed(calendar, open, MAX(at, start + s->from * 60),
				MIN(next, start + s->to * 60));
		}
	}
}

static int64_t open_us(const GArray *open)
{
	int64_t sum = 0;

	for (guint i = 0; i < open->len; i++) {
		const struct stretch *s = &g_array_index(open, struct stretch, i);

		sum += s->to - s->from;
	}
	return sum * TEXT_SECOND;
}

/* Of what is open, in µs between two instants. */
static int64_t open_within(const GArray *open, int64_t from, int64_t to)
{
	int64_t sum = 0;

	for (guint i = 0; i < open->len; i++) {
		const struct stretch *s = &g_array_index(open, struct stretch, i);
		int64_t begin = MAX(from, s->from * TEXT_SECOND);
		int64_t end = MIN(to, s->to * TEXT_SECOND);

		sum += MAX(0, end - begin);
	}
	return sum;
}

bool calendar_is_open(const struct calendar *calendar, int64_t when)
{
	int64_t second = floor_div(when, TEXT_SECOND), of_day;
	int64_t day = calendar_day(calendar->zone, second, &of_day);

	return stretch_has(week_of(calendar, day), of_day / 60) &&
		!stretch_has(calendar->days, day) && !stretch_has(calendar->spans, second);
}

/* --- many --- */

/* Open time as it counts: in milliseconds, as µs have no room to be multiplied. */
static int64_t as_days(int64_t part, int64_t whole)
{
	return part / MILLISECOND * DAY_MS / (whole / MILLISECOND) * MILLISECOND;
}

/* The open time that counts as so much of a day, never too little. */
static int64_t from_days(int64_t amount, int64_t whole)
{
	int64_t product = (amount + MILLISECOND - 1) / MILLISECOND * (whole / MILLISECOND);

	return (product + DAY_MS - 1) / DAY_MS * MILLISECOND;
}

static int64_t business_counted(int64_t part, int64_t whole, enum business unit)
{
	if (unit == BUSINESS_HOURS || !part)
		return part;
	return part == whole ? BUSINESS_DAY : as_days(part, whole);
}

int64_t calendar_between(
	const struct calendar *calendar, int64_t from, int64_t to, enum business unit)
{
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(struct stretch));
	int64_t day = calendar_day(calendar->zone, floor_div(from, TEXT_SECOND), NULL), sum = 0;
	const int64_t last = calendar_day(calendar->zone, floor_div(to, TEXT_SECOND), NULL);

	for (; day <= last && from < to; day++) {
		day_open(calendar, day, open);
		sum += business_counted(open_within(open, from, to), open_us(open), unit);
	}
	return sum;
}

/* The instant by which so many µs of what is open after `from` have gone. */
static int64_t instant_of(const GArray *open, int64_t from, int64_t left)
{
	for (guint i = 0; i < open->len; i++) {
		const struct stretch *s = &g_array_index(open, struct stretch, i);
		int64_t begin = MAX(from, s->from * TEXT_SECOND), end = s->to * TEXT_SECOND;

		if (end - begin >= left)
			return begin + left;
		left -= MAX(0, end - begin);
	}
	return INT64_MAX;
}

/* The open time of a day of which so much is open, that is still to go. */
static int64_t business_needed(int64_t amount, int64_t whole, enum business unit)
{
	if (unit == BUSINESS_HOURS)
		return amount;
	return amount > BUSINESS_DAY ? INT64_MAX : from_days(amount, whole);
}

int64_t calendar_after(
	const struct calendar *calendar, int64_t from, int64_t amount, enum business unit)
{
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(struct stretch));
	int64_t day = calendar_day(calendar->zone, floor_div(from, TEXT_SECOND), NULL);

	if (amount <= 0)
		return from;
	for (int i = 0; i < DAYS_MAX; i++, day++) {
		int64_t whole, part, need;

		day_open(calendar, day, open);
		whole = open_us(open);
		part = open_within(open, from, INT64_MAX);
		need = business_needed(amount, whole, unit);
		if (part && part >= need)
			return instant_of(open, from, need);
		amount -= business_counted(part, whole, unit);
	}
	return INT64_MAX;
}
