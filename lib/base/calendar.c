/* Making a calendar: hours and holidays as people write them. */
#include "base/calendar.h"

#include <string.h>

#include "base/calendar-parts.h"
#include "base/limits.h"
#include "base/tongue.h"

enum { FIRST_YEAR = 1970, LAST_YEAR = 2100 };

enum status calendar_new(const char *zone, struct calendar **calendar_out, struct error *err)
{
	GTimeZone *known = *zone ? g_time_zone_new_identifier(zone) : g_time_zone_new_local();
	struct calendar *calendar;

	if (!known)
		return error_set(err, ST_BAD_INPUT,
			_("expected a time zone such as \"Europe/Berlin\", but there is no '%s'"),
			zone);
	calendar = g_new0(struct calendar, 1);
	calendar->zone = known;
	for (int day = 0; day < WEEK_DAYS; day++)
		calendar->week[day] = g_array_new(FALSE, FALSE, sizeof(struct stretch));
	calendar->days = g_array_new(FALSE, FALSE, sizeof(struct stretch));
	calendar->spans = g_array_new(FALSE, FALSE, sizeof(struct stretch));
	*calendar_out = calendar;
	return ST_OK;
}

void calendar_free(struct calendar *calendar)
{
	if (!calendar)
		return;
	for (int day = 0; day < WEEK_DAYS; day++)
		g_array_unref(calendar->week[day]);
	g_array_unref(calendar->days);
	g_array_unref(calendar->spans);
	g_time_zone_unref(calendar->zone);
	g_free(calendar);
}

GTimeZone *calendar_zone(const struct calendar *calendar)
{
	return calendar->zone;
}

/* --- stretches --- */

void stretch_add(GArray *stretches, int64_t from, int64_t to)
{
	const struct stretch stretch = { from, to };

	if (from < to)
		g_array_append_val(stretches, stretch);
}

static gint stretch_compare(gconstpointer a, gconstpointer b)
{
	const struct stretch *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* In order, and those that meet made one. */
static void stretch_settle(GArray *stretches)
{
	struct stretch *v = (struct stretch *)(void *)stretches->data;
	guint kept = 0;

	g_array_sort(stretches, stretch_compare);
	v = (struct stretch *)(void *)stretches->data;
	for (guint i = 0; i < stretches->len; i++) {
		if (kept && v[i].from <= v[kept - 1].to)
			v[kept - 1].to = MAX(v[kept - 1].to, v[i].to);
		else
			v[kept++] = v[i];
	}
	g_array_set_size(stretches, kept);
}

/* --- hours --- */

static const char *const weekday_names[] = { "monday", "tuesday", "wednesday", "thursday", "friday",
	"saturday", "sunday" };

/* "Mon", "monday"; -1: none. */
static int weekday_find(const char *word)
{
	size_t len = strlen(word);

	for (int day = 0; day < WEEK_DAYS; day++)
		if ((len == 3 && g_ascii_strncasecmp(word, weekday_names[day], len) == 0) ||
			g_ascii_strcasecmp(word, weekday_names[day]) == 0)
			return day;
	return -1;
}

/* "Mon", "Mon-Fri", "Sat-Mon": sets bits of days. */
static bool weekdays_read(const char *word, unsigned *days)
{
	g_auto(GStrv) ends = g_strsplit(word, "-", 3);
	int from = ends[0] ? weekday_find(ends[0]) : -1;
	int to = ends[0] && ends[1] ? weekday_find(ends[1]) : from;

	if (from < 0 || to < 0 || g_strv_length(ends) > 2)
		return false;
	for (int day = from;; day = (day + 1) % WEEK_DAYS) {
		*days |= 1U << day;
		if (day == to)
			return true;
	}
}

/* "08:00", "24:00": minutes. False: it is none. */
static bool clock_read(const char *word, int64_t *minutes_out)
{
	guint64 hour, minute;
	g_auto(GStrv) parts = g_strsplit(word, ":", 3);

	if (g_strv_length(parts) != 2 || strlen(parts[1]) != 2 || strlen(parts[0]) > 2 ||
		!g_ascii_string_to_unsigned(parts[0], 10, 0, 24, &hour, NULL) ||
		!g_ascii_string_to_unsigned(parts[1], 10, 0, 59, &minute, NULL))
		return false;
	*minutes_out = (int64_t)(hour * 60 + minute);
	return *minutes_out <= DAY_MINUTES;
}

static bool range_read(const char *word, struct stretch *range_out)
{
	g_auto(GStrv) ends = g_strsplit(word, "-", 3);

	return g_strv_length(ends) == 2 && clock_read(ends[0], &range_out->from) &&
		clock_read(ends[1], &range_out->to) && range_out->from < DAY_MINUTES &&
		range_out->from != range_out->to && range_out->to > 0;
}

static void hours_open(struct calendar *calendar, unsigned days, const struct stretch *range)
{
	for (int day = 0; day < WEEK_DAYS; day++) {
		if (!(days & 1U << day))
			continue;
		if (range->from < range->to) {
			stretch_add(calendar->week[day], range->from, range->to);
			continue;
		}
		stretch_add(calendar->week[day], range->from, DAY_MINUTES);
		stretch_add(calendar->week[(day + 1) % WEEK_DAYS], 0, range->to);
	}
}

static enum status hours_fail(const char *text, const char *word, struct error *err)
{
	return error_set(err, ST_BAD_INPUT,
		_("expected days and hours such as \"Mon-Fri 08:00-17:00\", found '%s' in \"%s\""),
		word, text);
}

enum status calendar_add_hours(struct calendar *calendar, const char *text, struct error *err)
{
	g_auto(GStrv) words = g_strsplit_set(text, " ,", -1);
	unsigned days = 0, ranges = 0;

	for (char **word = words; *word; word++) {
		struct stretch range;

		if (!**word)
			continue;
		if (!g_ascii_isdigit(**word) && !ranges) {
			if (!weekdays_read(*word, &days))
				return hours_fail(text, *word, err);
			continue;
		}
		if (!days || !range_read(*word, &range))
			return hours_fail(text, *word, err);
		hours_open(calendar, days, &range);
		ranges++;
	}
	return ranges ? ST_OK : hours_fail(text, "", err);
}

/* --- holidays --- */

bool calendar_date(int64_t year, int64_t month, int64_t day, int64_t *number_out)
{
	GDate date, epoch;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 ||
		!g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
		return false;
	g_date_clear(&date, 1);
	g_date_clear(&epoch, 1);
	g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
	g_date_set_dmy(&epoch, 1, G_DATE_JANUARY, 1970);
	*number_out = g_date_days_between(&epoch, &date);
	return true;
}

/* So many digits at *p, which moves past them and the end character after them. */
static bool digits_read(const char **p, unsigned n, char end, int64_t *value_out)
{
	*value_out = 0;
	for (unsigned i = 0; i < n; i++, ++*p) {
		if (!g_ascii_isdigit(**p))
			return false;
		*value_out = *value_out * 10 + (**p - '0');
	}
	if (**p != end)
		return false;
	*p += end != '\0';
	return true;
}

static bool holiday_day(const char *text, int64_t *number_out)
{
	int64_t year, month, day;
	const char *p = text;

	return digits_read(&p, 4, '-', &year) && digits_read(&p, 2, '-', &month) &&
		digits_read(&p, 2, '\0', &day) && calendar_date(year, month, day, number_out);
}

static bool holiday_month_day(const char *text, int64_t *month_out, int64_t *day_out)
{
	const char *p = text;

	return digits_read(&p, 2, '-', month_out) && digits_read(&p, 2, '\0', day_out);
}

/* One that ends earlier in the year than it begins goes on into the next. */
static bool holiday_each_year(struct calendar *calendar, const char *text)
{
	g_auto(GStrv) ends = g_strsplit(text, "..", 3);
	guint n = g_strv_length(ends);
	int64_t month[2], day[2], from, to;
	bool any = false, next;

	if (n < 1 || n > 2 || !holiday_month_day(ends[0], &month[0], &day[0]) ||
		!holiday_month_day(ends[n - 1], &month[1], &day[1]))
		return false;
	next = month[1] * 100 + day[1] < month[0] * 100 + day[0];
	for (int64_t year = FIRST_YEAR; year < LAST_YEAR; year++)
		if (calendar_date(year, month[0], day[0], &from) &&
			calendar_date(year + next, month[1], day[1], &to)) {
			stretch_add(calendar->days, from, to + 1);
			any = true;
		}
	return any;
}

static bool holiday_days(struct calendar *calendar, const char *text)
{
	g_auto(GStrv) ends = g_strsplit(text, "..", 3);
	guint n = g_strv_length(ends);
	int64_t from, to;

	if (n < 1 || n > 2 || !holiday_day(ends[0], &from) || !holiday_day(ends[n - 1], &to))
		return false;
	stretch_add(calendar->days, from, to + 1);
	return from <= to;
}

enum status calendar_add_holiday(struct calendar *calendar, const char *text, struct error *err)
{
	if (holiday_each_year(calendar, text) || holiday_days(calendar, text))
		return ST_OK;
	return error_set(err, ST_BAD_INPUT,
		_("expected a day such as \"2026-12-25\", \"2026-12-24..2027-01-01\" or, for each "
		  "year, \"12-25\", found \"%s\""),
		text);
}

/* --- the end --- */

enum status calendar_finish(struct calendar *calendar, struct error *err)
{
	guint open = 0;

	for (int day = 0; day < WEEK_DAYS; day++) {
		stretch_settle(calendar->week[day]);
		open += calendar->week[day]->len;
	}
	stretch_settle(calendar->days);
	stretch_settle(calendar->spans);
	return open ? ST_OK
		    : error_set(err, ST_BAD_INPUT,
			      _("expected open hours such as \"Mon-Fri 08:00-17:00\", found none"));
}

static void stretches_hash(const GArray *stretches, struct hash *hash)
{
	const int64_t n = stretches->len;

	hash_add(hash, &n, sizeof n);
	hash_add(hash, stretches->data, stretches->len * sizeof(struct stretch));
}

void calendar_hash(const struct calendar *calendar, struct hash *hash)
{
	for (int day = 0; day < WEEK_DAYS; day++)
		stretches_hash(calendar->week[day], hash);
	stretches_hash(calendar->days, hash);
	stretches_hash(calendar->spans, hash);
}
