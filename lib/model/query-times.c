/* Reading points in time, and what they come to at a moment. */
#include "model/query-times.h"

#include <string.h>

#include "base/duration.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/record.h"

const char *const query_time_words[] = { "today", "yesterday", "tomorrow", "monday", "tuesday",
	"wednesday", "thursday", "friday", "saturday", "sunday", NULL };
enum { WORD_MONDAY = 3 };
static const int time_word_days[WORD_MONDAY] = { 0, -1, 1 };

/* --- reading --- */

static bool times_word(const char *text, struct query_point *out)
{
	int word = names_find(query_time_words, text);

	if (word < 0)
		return false;
	if (word < WORD_MONDAY)
		*out = (struct query_point){ .kind = POINT_DAY, .day = time_word_days[word] };
	else
		*out = (struct query_point){ .kind = POINT_WEEKDAY, .day = word - WORD_MONDAY + 1 };
	return true;
}

static bool times_digits(const char **p, unsigned count, int *out)
{
	*out = 0;
	for (unsigned i = 0; i < count; i++, ++*p) {
		if (!g_ascii_isdigit(**p))
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

/* "2026", "2026-11", "2026-11-28". */
static bool times_date(const char *text, struct query_point *out)
{
	struct query_point point = { .kind = POINT_DATE };
	const char *p = text;

	if (!times_digits(&p, 4, &point.year) || point.year == 0)
		return false;
	if (*p == '-' && (p++, !times_digits(&p, 2, &point.month)))
		return false;
	if (*p == '-' && (p++, !times_digits(&p, 2, &point.of_month)))
		return false;
	if (*p || (text[4] && !g_date_valid_month((GDateMonth)point.month)) ||
		(strlen(text) > 7 &&
			!g_date_valid_dmy((GDateDay)point.of_month, (GDateMonth)point.month,
				(GDateYear)point.year)))
		return false;
	*out = point;
	return true;
}

static bool times_point(const char *text, enum query_way way, struct query_point *out)
{
	g_autofree char *lower = g_ascii_strdown(text, -1), *upper = g_ascii_strup(text, -1);

	*out = (struct query_point){ .kind = POINT_DURATION };
	if (text_parse_duration(lower, &out->us) == ST_OK)
		return true;
	if (way == WAY_LENGTH)
		return false;
	if (times_word(lower, out) || times_date(lower, out))
		return true;
	out->kind = POINT_MOMENT;
	return text_parse_date(upper, &out->us) == ST_OK;
}

static char *times_expected(const char *text, enum query_way way)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);
	const char *nearest = way == WAY_LENGTH ? NULL : nearest_name(lower, query_time_words);
	struct duration business;

	if (duration_read(lower, &business) && business.kind != DURATION_WALL)
		return g_strdup_printf(
			_("'%s' is business time, of which queries know none; expected a "
			  "duration by the clock, such as 3d"),
			text);
	if (nearest)
		return g_strdup_printf(_("'%s' is no time; did you mean '%s'?"), text, nearest);
	if (way == WAY_LENGTH)
		return g_strdup_printf(
			_("'%s' is no duration; expected one such as 3d, or 3d..2w"), text);
	return g_strdup_printf(
		_("'%s' is no time; expected one such as today, 2026-11, 2026-11-28, 3d, or 2w..3d"),
		text);
}

/* Durations may be given in either order, as 3d is nearer than 1w and less than it. */
static void times_order(struct query_span *span, enum query_way way)
{
	const struct query_point from = span->from;

	if (from.kind == POINT_DURATION && span->to.kind == POINT_DURATION &&
		(way == WAY_BACK ? from.us < span->to.us : from.us > span->to.us)) {
		span->from = span->to;
		span->to = from;
	}
}

static bool times_fixed(const struct query_point *point)
{
	return point->kind == POINT_DATE || point->kind == POINT_MOMENT;
}

static bool times_backward(const struct query_span *span, enum query_way way)
{
	struct query_bounds bounds;

	if (!times_fixed(&span->from) || !times_fixed(&span->to))
		return false;
	bounds = query_span_bounds(span, way, 0, NULL);
	return bounds.from >= bounds.to;
}

static enum status times_range(const char *text, const char *dots, enum query_way way,
	struct query_span *out, char **why_out)
{
	g_autofree char *from = g_strndup(text, (gsize)(dots - text));
	const char *to = dots + 2;

	if (!*from && !*to) {
		*why_out = g_strdup(_("expected a time before or after '..'"));
		return ST_BAD_INPUT;
	}
	if (*from && !times_point(from, way, &out->from)) {
		*why_out = times_expected(from, way);
		return ST_BAD_INPUT;
	}
	if (*to && !times_point(to, way, &out->to)) {
		*why_out = times_expected(to, way);
		return ST_BAD_INPUT;
	}
	times_order(out, way);
	if (!times_backward(out, way))
		return ST_OK;
	*why_out = g_strdup_printf(_("'%s' ends before it begins"), text);
	return ST_BAD_INPUT;
}

/* A single one. */
static void times_alone(struct query_span *span, enum query_way way, struct query_point point)
{
	*span = (struct query_span){ .from = point, .to = point };
	if (point.kind == POINT_DURATION && way == WAY_AHEAD)
		span->from.kind = POINT_OPEN;
	else if (point.kind == POINT_DURATION)
		span->to.kind = POINT_OPEN;
	else if (point.kind == POINT_MOMENT)
		span->to.us += INT64_C(60) * TEXT_SECOND;
}

enum status query_span_read(
	const char *text, enum query_way way, struct query_span *span_out, char **why_out)
{
	const char *dots = strstr(text, "..");
	struct query_point point;

	*span_out = (struct query_span){ .none = g_ascii_strcasecmp(text, "none") == 0 };
	if (span_out->none)
		return ST_OK;
	if (dots)
		return times_range(text, dots, way, span_out, why_out);
	if (!times_point(text, way, &point)) {
		*why_out = times_expected(text, way);
		return ST_BAD_INPUT;
	}
	times_alone(span_out, way, point);
	return ST_OK;
}

/* --- at a moment --- */

/* Owned. */
static GTimeZone *times_zone(GTimeZone *zone)
{
	return zone ? g_time_zone_ref(zone) : g_time_zone_new_local();
}

static int64_t times_midnight(GTimeZone *zone, int year, int month, int day, int64_t otherwise)
{
	g_autoptr(GTimeZone) here = times_zone(zone);
	g_autoptr(GDateTime) time = g_date_time_new(here, year, month, day, 0, 0, 0);

	return time ? g_date_time_to_unix(time) * TEXT_SECOND : otherwise;
}

/* The midnight before the moment, so many days on. weekday: 1 is Monday; counted from today on its
 * way; 0: none. */
static int64_t times_day(int64_t now, GTimeZone *zone, int weekday, enum query_way way, int days)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(now / TEXT_SECOND);
	g_autoptr(GTimeZone) here = times_zone(zone);
	g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, here);
	g_autoptr(GDateTime) day = NULL;
	int ahead = (weekday - g_date_time_get_day_of_week(local) + 7) % 7;

	if (weekday)
		days += way == WAY_AHEAD ? ahead : -((7 - ahead) % 7);
	day = g_date_time_add_days(local, days);
	return times_midnight(zone, g_date_time_get_year(day), g_date_time_get_month(day),
		g_date_time_get_day_of_month(day), now);
}

static int64_t times_date_at(const struct query_point *p, GTimeZone *zone, bool end)
{
	int year = p->year, month = MAX(p->month, 1);
	GDate next;

	if (!end)
		return times_midnight(zone, year, month, MAX(p->of_month, 1), G_MININT64);
	g_date_clear(&next, 1);
	g_date_set_dmy(&next, (GDateDay)MAX(p->of_month, 1), (GDateMonth)month, (GDateYear)p->year);
	if (p->of_month)
		g_date_add_days(&next, 1);
	else if (p->month)
		g_date_add_months(&next, 1);
	else
		g_date_add_years(&next, 1);
	return times_midnight(zone, g_date_get_year(&next), (int)g_date_get_month(&next),
		g_date_get_day(&next), G_MAXINT64);
}

/* Where the point begins, or ends. */
static int64_t times_at(
	const struct query_point *p, enum query_way way, int64_t now, GTimeZone *zone, bool end)
{
	switch (p->kind) {
	case POINT_OPEN:
		return end ? G_MAXINT64 : G_MININT64;
	case POINT_DURATION:
		if (way == WAY_LENGTH)
			return p->us;
		return way == WAY_AHEAD ? now + p->us : now - p->us;
	case POINT_DAY:
		return times_day(now, zone, 0, way, p->day + end);
	case POINT_WEEKDAY:
		return times_day(now, zone, p->day, way, end);
	case POINT_DATE:
		return times_date_at(p, zone, end);
	case POINT_MOMENT:
		return p->us;
	}
	return 0;
}

struct query_bounds query_span_bounds(
	const struct query_span *span, enum query_way way, int64_t now, GTimeZone *zone)
{
	return (struct query_bounds){ times_at(&span->from, way, now, zone, false),
		times_at(&span->to, way, now, zone, true) };
}

/* A length is reached when it is full; a bound that goes with the clock has to have passed. */
static int64_t times_turn_of(
	const struct query_point *p, enum query_way way, int64_t time, int64_t now, GTimeZone *zone)
{
	if (p->kind == POINT_DURATION)
		return way == WAY_AHEAD ? time - p->us + 1 : time + p->us + (way == WAY_BACK);
	if (p->kind != POINT_DAY && p->kind != POINT_WEEKDAY)
		return 0;
	return times_day(now, zone, 0, way, 1);
}

int64_t query_span_turns(const struct query_span *span, enum query_way way, int64_t time,
	int64_t now, GTimeZone *zone)
{
	int64_t a = times_turn_of(&span->from, way, time, now, zone),
		b = times_turn_of(&span->to, way, time, now, zone);

	if (a <= now || (b > now && b < a))
		a = b;
	return a > now ? a : 0;
}
