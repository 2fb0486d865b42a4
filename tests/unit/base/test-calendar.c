/* Business time, against a slow model that goes minute by minute; hours and holidays as people and
 * other programs write them. */
#include "base/calendar.h"

#include <glib/gstdio.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/limits.h"
#include "base/text.h"

#define MINUTE (INT64_C(60) * TEXT_SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

struct text {
	const char *zone, *hours[4], *holidays[4];
};

static struct calendar *make(const struct text *text)
{
	struct calendar *calendar = NULL;
	struct error err = { "" };

	g_assert_cmpint(calendar_new(text->zone, &calendar, &err), ==, ST_OK);
	for (unsigned i = 0; i < G_N_ELEMENTS(text->hours) && text->hours[i]; i++)
		g_assert_cmpint(calendar_add_hours(calendar, text->hours[i], &err), ==, ST_OK);
	for (unsigned i = 0; i < G_N_ELEMENTS(text->holidays) && text->holidays[i]; i++)
		g_assert_cmpint(calendar_add_holiday(calendar, text->holidays[i], &err), ==, ST_OK);
	g_assert_cmpint(calendar_finish(calendar, &err), ==, ST_OK);
	return calendar;
}

/* "2026-03-27 16:00" on the clock of that zone. */
static int64_t at(const char *zone, const char *text)
{
	g_autoptr(GTimeZone) tz = g_time_zone_new_identifier(zone);
	g_autofree char *iso = g_strconcat(text, ":00", NULL);
	g_autoptr(GDateTime) time = NULL;

	g_strdelimit(iso, " ", 'T');
	time = g_date_time_new_from_iso8601(iso, tz);
	g_assert_nonnull(time);
	return g_date_time_to_unix(time) * TEXT_SECOND;
}

static char *shown(const char *zone, int64_t when)
{
	g_autoptr(GTimeZone) tz = g_time_zone_new_identifier(zone);
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(when / TEXT_SECOND);
	g_autoptr(GDateTime) time = g_date_time_to_timezone(utc, tz);

	return g_date_time_format(time, "%Y-%m-%d %H:%M");
}

/* --- what people expect --- */

static const struct text office = { "Europe/Berlin", { "Mon-Fri 08:00-17:00" },
	{ "2026-12-25", "2026-05-01" } };

static void test_office(void)
{
	static const struct {
		const char *from;
		int64_t amount;
		enum business unit;
		const char *by;
	} rows[] = {
		{ "2026-11-24 10:00", 4 * HOUR, BUSINESS_HOURS, "2026-11-24 14:00" },
		/* The end of business, not the next morning. */
		{ "2026-11-24 13:00", 4 * HOUR, BUSINESS_HOURS, "2026-11-24 17:00" },
		{ "2026-11-24 16:00", 4 * HOUR, BUSINESS_HOURS, "2026-11-25 11:00" },
		/* Friday to Monday, from the evening, from the weekend. */
		{ "2026-11-27 16:00", 4 * HOUR, BUSINESS_HOURS, "2026-11-30 11:00" },
		{ "2026-11-27 20:00", 4 * HOUR, BUSINESS_HOURS, "2026-11-30 12:00" },
		{ "2026-11-28 12:00", 4 * HOUR, BUSINESS_HOURS, "2026-11-30 12:00" },
		/* Over a holiday. */
		{ "2026-12-24 16:00", 2 * HOUR, BUSINESS_HOURS, "2026-12-28 09:00" },
		/* Days keep the time of day. */
		{ "2026-11-24 10:00", 2 * DAY, BUSINESS_DAYS, "2026-11-26 10:00" },
		{ "2026-11-27 10:00", 1 * DAY, BUSINESS_DAYS, "2026-11-30 10:00" },
		{ "2026-11-28 12:00", 1 * DAY, BUSINESS_DAYS, "2026-11-30 17:00" },
		{ "2026-11-24 08:00", 1 * DAY, BUSINESS_DAYS, "2026-11-24 17:00" },
		/* Over the change to summer time. */
		{ "2026-03-27 16:00", 2 * HOUR, BUSINESS_HOURS, "2026-03-30 09:00" },
		{ "2026-03-27 16:00", 5 * DAY, BUSINESS_DAYS, "2026-04-03 16:00" },
	};
	struct calendar *calendar = make(&office);

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int64_t from = at("Europe/Berlin", rows[i].from);
		g_autofree char *by = shown("Europe/Berlin",
			calendar_after(calendar, from, rows[i].amount, rows[i].unit));

		g_assert_cmpstr(by, ==, rows[i].by);
		g_assert_cmpint(calendar_between(calendar, from, at("Europe/Berlin", rows[i].by),
					rows[i].unit),
			==, rows[i].amount);
	}
	g_assert_cmpint(calendar_after(calendar, 12345, 0, BUSINESS_HOURS), ==, 12345);
	g_assert_cmpint(calendar_between(calendar, 5 * DAY, 4 * DAY, BUSINESS_HOURS), ==, 0);
	calendar_free(calendar);
}

/* --- against the slow model --- */

struct model {
	GTimeZone *zone;
	bool open[7][24 * 60];
	const char *holidays[4];
};

struct rule {
	const char *zone, *from; /* around which the changes of the clock are */
	struct text text;
};

static bool model_open(const struct model *m, int64_t minute)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(minute * 60);
	g_autoptr(GDateTime) t = g_date_time_to_timezone(utc, m->zone);
	g_autofree char *date = g_date_time_format(t, "%Y-%m-%d");

	for (unsigned i = 0; i < G_N_ELEMENTS(m->holidays) && m->holidays[i]; i++)
		if (strcmp(m->holidays[i], date) == 0)
			return false;
	return m->open[g_date_time_get_day_of_week(t) - 1]
		      [g_date_time_get_hour(t) * 60 + g_date_time_get_minute(t)];
}

static int model_day(const struct model *m, int64_t minute)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(minute * 60);
	g_autoptr(GDateTime) t = g_date_time_to_timezone(utc, m->zone);

	return g_date_time_get_day_of_year(t);
}

enum { SPAN = 12 * 24 * 60, MARGIN = 3 * 24 * 60 };

/* Every minute around the change, once looked at. */
struct film {
	int64_t first; /* minute */
	bool open[SPAN];
	int day[SPAN];
	int day_length[367]; /* open minutes of each day */
};

static void film_make(struct film *film, const struct model *m, int64_t first)
{
	memset(film, 0, sizeof *film);
	film->first = first;
	for (int i = 0; i < SPAN; i++) {
		film->open[i] = model_open(m, first + i);
		film->day[i] = model_day(m, first + i);
		film->day_length[film->day[i]] += film->open[i];
	}
}

static int64_t film_hours(const struct film *film, int from, int to)
{
	int64_t sum = 0;

	for (int i = from; i < to; i++)
		sum += film->open[i];
	return sum * MINUTE;
}

static double film_days(const struct film *film, int from, int to)
{
	double sum = 0;

	for (int i = from; i < to; i++)
		if (film->open[i])
			sum += 1.0 / film->day_length[film->day[i]];
	return sum;
}

/* The minute at whose end that much has gone. */
static int film_after(const struct film *film, int from, int64_t minutes)
{
	int i = from;

	for (; minutes > 0 && i < SPAN; i++)
		minutes -= film->open[i];
	return i;
}

static void compare_at(const struct film *film, const struct calendar *c, int from, int to)
{
	int64_t base = film->first, hours = film_hours(film, from, to), by, days;
	double exact = film_days(film, from, to);

	for (int i = from; i < from + 3; i++)
		g_assert_cmpint(
			calendar_is_open(c, (base + i) * MINUTE + MINUTE / 2), ==, film->open[i]);
	g_assert_cmpint(
		calendar_between(c, (base + from) * MINUTE, (base + to) * MINUTE, BUSINESS_HOURS),
		==, hours);
	days = calendar_between(c, (base + from) * MINUTE, (base + to) * MINUTE, BUSINESS_DAYS);
	g_assert_cmpfloat_with_epsilon((double)days / (double)DAY, exact, 1e-6);
	if (!hours)
		return;
	by = calendar_after(c, (base + from) * MINUTE, hours, BUSINESS_HOURS);
	g_assert_cmpint(by, ==, (base + film_after(film, from, hours / MINUTE)) * MINUTE);
	/* Never early, nor later than rounding explains. */
	by = calendar_after(c, (base + from) * MINUTE, days, BUSINESS_DAYS);
	g_assert_cmpint(by, <=, (base + to) * MINUTE);
	g_assert_cmpint(calendar_between(c, (base + from) * MINUTE, by, BUSINESS_DAYS), >=,
		days - 2000 * 1000);
}

static const struct rule rules[] = {
	/* Spring in Berlin, at night work, and autumn, when an hour is there twice. */
	{ "Europe/Berlin", "2026-03-23 00:00",
		{ "Europe/Berlin", { "Mon-Sun 22:00-06:00" }, { "2026-03-31" } } },
	{ "Europe/Berlin", "2026-10-19 00:00",
		{ "Europe/Berlin",
			{ "Sun 01:00-02:30 02:45-04:00", "Mon-Fri 08:00-12:00,13:00-17:00" },
			{ "2026-10-27", "2026-10-28" } } },
	/* Half an hour of summer time, south of the equator. */
	{ "Australia/Lord_Howe", "2026-04-01 00:00",
		{ "Australia/Lord_Howe", { "Mon-Sun 00:00-24:00" }, { NULL } } },
	/* The clock changes at midnight: a day begins at one. */
	{ "America/Santiago", "2026-09-01 00:00",
		{ "America/Santiago", { "Sat-Sun 00:00-02:00 23:00-24:00", "Mon 09:00-10:00" },
			{ NULL } } },
	{ "America/New_York", "2026-03-03 00:00",
		{ "America/New_York", { "Sun 02:00-03:00", "Wed,Thu 09:30-18:15" }, { NULL } } },
	/* A day that never was. */
	{ "Pacific/Apia", "2011-12-26 00:00",
		{ "Pacific/Apia", { "Mon-Sun 08:00-16:00" }, { NULL } } },
	{ "Asia/Kathmandu", "2026-06-01 00:00",
		{ "Asia/Kathmandu", { "Mon-Thu 10:00-16:45", "Fri 10:00-13:00" }, { NULL } } },
};

static int minutes_of(const char *clock)
{
	return atoi(clock) * 60 + atoi(clock + 3);
}

/* The model's own reading of "Mon-Fri 08:00-12:00 …", for the forms that the rules above have. */
static void model_read(struct model *m, const char *hours)
{
	static const char names[] = "MonTueWedThuFriSatSun";
	g_auto(GStrv) words = g_strsplit_set(hours, " ,", -1);
	bool days[7] = { false };

	for (char **word = words; *word; word++) {
		if (g_ascii_isalpha(**word)) {
			g_autofree char *first = g_strndup(*word, 3);
			int from = (int)(strstr(names, first) - names) / 3, to = from;

			if ((*word)[3])
				to = (int)(strstr(names, *word + 4) - names) / 3;
			for (int day = from; day <= to; day++)
				days[day] = true;
			continue;
		}
		for (int day = 0; day < 7; day++)
			for (int i = minutes_of(*word), n = 0;
				days[day] && (n == 0 || i % 1440 != minutes_of(*word + 6) % 1440);
				i++, n++)
				m->open[(day + i / 1440) % 7][i % 1440] = true;
	}
}

static void test_model(gconstpointer data)
{
	const struct rule *rule = data;
	struct calendar *calendar = make(&rule->text);
	struct model model = { .zone = g_time_zone_new_identifier(rule->zone) };
	struct film *film = g_new(struct film, 1);
	GRand *random = g_rand_new_with_seed(20261128);

	for (unsigned i = 0; i < G_N_ELEMENTS(rule->text.hours) && rule->text.hours[i]; i++)
		model_read(&model, rule->text.hours[i]);
	memcpy(model.holidays, rule->text.holidays, sizeof model.holidays);
	film_make(film, &model, at(rule->zone, rule->from) / MINUTE);
	for (int i = 0; i < 3000; i++) {
		int from = g_rand_int_range(random, MARGIN / 2, SPAN - MARGIN);
		int to = g_rand_int_range(random, from, SPAN - MARGIN + 1);

		compare_at(film, calendar, from, to);
	}
	g_rand_free(random);
	g_free(film);
	g_time_zone_unref(model.zone);
	calendar_free(calendar);
}

/* --- what is refused --- */

static void test_refused(void)
{
	static const char *const hours[] = { "", "Mon-Fri", "08:00-17:00", "Mon 8-17", "Mon 08:00",
		"Mon 08:00-08:00", "Mon 25:00-26:00", "Mon 24:00-24:00", "Mon 08:00-24:30",
		"Mun 08:00-09:00", "Mon-Tue-Wed 08:00-09:00", "Mon 08:00-09:00 Tue",
		"Mon 08:60-09:00", "Mon 08:00-00:00", "Mon 08:00-09:00-10:00" };
	static const char *const holidays[] = { "", "2026-02-30", "2026-13-01", "26-12-25",
		"2026-12-25..", "2026-12-26..2026-12-25", "13-01", "00-01", "christmas",
		"2026-12-25 ", "12-24..13-01", "2026-12-25..2026-12-26..2026-12-27" };
	struct calendar *calendar = NULL;
	struct error err = { "" };

	g_assert_cmpint(calendar_new("Europe/Berlyn", &calendar, &err), ==, ST_BAD_INPUT);
	g_assert_nonnull(strstr(err.text, "Europe/Berlyn"));
	g_assert_cmpint(calendar_new("", &calendar, &err), ==, ST_OK);
	for (size_t i = 0; i < G_N_ELEMENTS(hours); i++)
		g_assert_cmpint(calendar_add_hours(calendar, hours[i], &err), ==, ST_BAD_INPUT);
	for (size_t i = 0; i < G_N_ELEMENTS(holidays); i++)
		g_assert_cmpint(
			calendar_add_holiday(calendar, holidays[i], &err), ==, ST_BAD_INPUT);
	calendar_free(calendar);
	g_assert_cmpint(calendar_new("UTC", &calendar, &err), ==, ST_OK);
	g_assert_cmpint(calendar_finish(calendar, &err), ==, ST_BAD_INPUT);
	calendar_free(calendar);
}

/* A calendar with nothing but holidays is asked, too. */
static void test_never(void)
{
	struct calendar *calendar = NULL;
	struct error err = { "" };

	g_assert_cmpint(calendar_new("UTC", &calendar, &err), ==, ST_OK);
	g_assert_cmpint(calendar_add_hours(calendar, "Mon-Sun 00:00-24:00", &err), ==, ST_OK);
	g_assert_cmpint(calendar_add_holiday(calendar, "1971-01-01..2200-01-01", &err), ==, ST_OK);
	g_assert_cmpint(calendar_finish(calendar, &err), ==, ST_OK);
	g_assert_cmpint(
		calendar_after(calendar, 50 * 365 * DAY, HOUR, BUSINESS_HOURS), ==, INT64_MAX);
	calendar_free(calendar);
}

static void test_each_year(void)
{
	static const struct text text = { "UTC", { "Mon-Sun 00:00-24:00" },
		{ "12-25", "02-29", "07-30..08-02", "12-31..01-01" } };
	struct calendar *calendar = make(&text);

	g_assert_false(calendar_is_open(calendar, at("UTC", "2026-12-25 12:00")));
	g_assert_false(calendar_is_open(calendar, at("UTC", "2031-12-25 00:00")));
	g_assert_true(calendar_is_open(calendar, at("UTC", "2031-12-26 00:00")));
	g_assert_false(calendar_is_open(calendar, at("UTC", "2028-02-29 12:00")));
	g_assert_true(calendar_is_open(calendar, at("UTC", "2027-03-01 12:00")));
	g_assert_true(calendar_is_open(calendar, at("UTC", "2026-07-29 23:59")));
	g_assert_false(calendar_is_open(calendar, at("UTC", "2026-07-30 00:00")));
	g_assert_false(calendar_is_open(calendar, at("UTC", "2026-08-02 23:59")));
	g_assert_true(calendar_is_open(calendar, at("UTC", "2026-08-03 00:00")));
	g_assert_false(calendar_is_open(calendar, at("UTC", "2026-12-31 12:00")));
	g_assert_false(calendar_is_open(calendar, at("UTC", "2027-01-01 12:00")));
	g_assert_true(calendar_is_open(calendar, at("UTC", "2027-01-02 12:00")));
	calendar_free(calendar);
}

static void test_durations(void)
{
	static const struct {
		const char *text;
		enum duration_kind kind;
		int64_t amount;
	} rows[] = {
		{ "45m", DURATION_WALL, 45 * MINUTE },
		{ "4h", DURATION_WALL, 4 * HOUR },
		{ "1d12h", DURATION_WALL, 36 * HOUR },
		{ "2w", DURATION_WALL, 14 * DAY },
		{ "1y", DURATION_WALL, 365 * DAY },
		{ "30bm", DURATION_HOURS, 30 * MINUTE },
		{ "4bh", DURATION_HOURS, 4 * HOUR },
		{ "1bh30bm", DURATION_HOURS, 90 * MINUTE },
		{ "2bd", DURATION_DAYS, 2 * DAY },
		{ "3660bd", DURATION_DAYS, 3660 * DAY },
		{ "3661bd", DURATION_NONE, 0 },
		{ "11y", DURATION_NONE, 0 },
		{ "", DURATION_NONE, 0 },
		{ "0h", DURATION_NONE, 0 },
		{ "0bh", DURATION_NONE, 0 },
		{ "bh", DURATION_NONE, 0 },
		{ "4", DURATION_NONE, 0 },
		{ "4b", DURATION_NONE, 0 },
		{ "-4bh", DURATION_NONE, 0 },
		{ "4bh2bd", DURATION_NONE, 0 },
		{ "4bh2h", DURATION_NONE, 0 },
		{ "99999999999999999999bd", DURATION_NONE, 0 },
		{ "2026-12-24", DURATION_NONE, 0 },
		{ "february", DURATION_NONE, 0 },
	};
	struct calendar *calendar = make(&office);
	const struct duration hours = { DURATION_HOURS, 4 * HOUR };
	int64_t friday = at("Europe/Berlin", "2026-11-27 16:00");

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct duration d = { DURATION_NONE, 0 };

		g_test_message("%s", rows[i].text);
		g_assert_cmpint(duration_read(rows[i].text, &d), ==, rows[i].amount > 0);
		g_assert_cmpint(d.kind, ==, rows[i].kind);
		g_assert_cmpint(d.amount, ==, rows[i].amount);
	}
	g_assert_cmpint(duration_end(&hours, calendar, friday), ==,
		at("Europe/Berlin", "2026-11-30 11:00"));
	g_assert_cmpint(duration_end(&hours, NULL, friday), ==, friday + 4 * HOUR);
	g_assert_cmpint(duration_between(DURATION_DAYS, NULL, friday, friday + DAY), ==, DAY);
	calendar_free(calendar);
}

/* --- files --- */

static enum status read_ics(const char *text, struct calendar **calendar_out, struct error *err)
{
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("calendar-XXXXXX", &path, NULL);
	enum status st;

	g_assert_cmpint(fd, >=, 0);
	g_close(fd, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(calendar_new("Europe/Berlin", calendar_out, err), ==, ST_OK);
	g_assert_cmpint(calendar_add_hours(*calendar_out, "Mon-Sun 00:00-24:00", err), ==, ST_OK);
	st = calendar_add_ics(*calendar_out, path, err);
	g_assert_cmpint(calendar_finish(*calendar_out, &(struct error){ "" }), ==, ST_OK);
	g_unlink(path);
	return st;
}

static const char good_ics[] =
	"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
	"BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\n"
	"BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
	"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
	"BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
	"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
	"BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Christmas\r\nDTSTART;VALUE=DATE:20201225\r\n"
	"DTEND;VALUE=DATE:20201227\r\nRRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20281225\r\nEND:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:One day, fol\r\n ded\r\nDTSTART;VALUE=DATE:20260501\r\nEND:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:Afternoon\r\nDTSTART;TZID=Europe/Berlin:20260707T120000\r\n"
	"DTEND;TZID=Europe/Berlin:20260707T180000\r\nEND:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:4\r\nSUMMARY:UTC\r\nDTSTART:20260708T100000Z\r\nDURATION:PT2H\r\nEND:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:5\r\nSUMMARY:Theirs\r\nDTSTART;TZID=W. Europe Standard Time:20260709T100000\r\n"
	"DTEND;TZID=W. Europe Standard Time:20260709T110000\r\nEND:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:6\r\nSUMMARY:Floating\r\nDTSTART:20260710T100000\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:7\r\nSUMMARY:Meeting\r\nDTSTART;TZID=/x.org/2005_1/Europe/Berlin:20260105T090000\r\n"
	"DURATION:PT1H\r\nRRULE:FREQ=WEEKLY;UNTIL=20260401T000000Z\r\n"
	"RDATE;TZID=Europe/Berlin:20260414T090000\r\nEND:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:7\r\nSUMMARY:Moved\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260119T090000\r\n"
	"DTSTART;TZID=Europe/Berlin:20260120T090000\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
	"BEGIN:VEVENT\r\nUID:8\r\nSTATUS:CANCELLED\r\nSUMMARY:Off\r\nDTSTART;VALUE=DATE:20260801\r\nEND:VEVENT\r\n"
	"END:VCALENDAR\r\n";

static void test_ics(void)
{
	static const struct {
		const char *time;
		bool open;
	} rows[] = {
		{ "2026-12-24 23:59", true },
		{ "2026-12-25 00:00", false },
		{ "2026-12-26 23:59", false },
		{ "2026-12-27 00:00", true },
		{ "2030-12-25 12:00", false },
		{ "2028-12-25 12:00", true },
		{ "2026-05-01 12:00", false },
		{ "2026-07-07 11:59", true },
		{ "2026-07-07 12:00", false },
		{ "2026-07-07 18:00", true },
		{ "2026-07-08 11:59", true },
		{ "2026-07-08 12:00", false },
		{ "2026-07-08 13:59", false },
		{ "2026-07-08 14:00", true },
		{ "2026-07-09 09:59", true },
		{ "2026-07-09 10:30", false },
		{ "2026-07-10 10:30", false },
		{ "2026-07-10 11:00", true },
		{ "2026-01-05 09:30", false },
		{ "2026-01-12 09:30", false },
		{ "2026-01-19 09:30", true },
		{ "2026-01-20 09:30", false },
		/* After the change to summer time, at the same hour. */
		{ "2026-03-30 09:30", false },
		{ "2026-03-30 08:30", true },
		{ "2026-04-06 09:30", true },
		{ "2026-04-14 09:30", false },
		{ "2026-08-01 12:00", true },
	};
	struct calendar *calendar = NULL;
	struct error err = { "" };

	if (read_ics(good_ics, &calendar, &err) != ST_OK)
		g_error("%s", err.text);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s", rows[i].time);
		g_assert_cmpint(calendar_is_open(calendar, at("Europe/Berlin", rows[i].time)), ==,
			rows[i].open);
	}
	/* A day that is half a holiday is a whole day of business. */
	g_assert_cmpint(calendar_between(calendar, at("Europe/Berlin", "2026-07-07 00:00"),
				at("Europe/Berlin", "2026-07-08 00:00"), BUSINESS_DAYS),
		==, DAY);
	g_assert_cmpint(calendar_between(calendar, at("Europe/Berlin", "2026-07-07 00:00"),
				at("Europe/Berlin", "2026-07-08 00:00"), BUSINESS_HOURS),
		==, 18 * HOUR);
	calendar_free(calendar);
}

#define EVENT(lines) \
	"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Odd\n" lines "END:VEVENT\nEND:VCALENDAR\n"

static void assert_refused(const char *text, const char *word)
{
	struct calendar *calendar = NULL;
	struct error err = { "" };

	g_assert_cmpint(read_ics(text, &calendar, &err), ==, ST_BAD_INPUT);
	g_test_message("%s", err.text);
	g_assert_nonnull(strstr(err.text, word));
	calendar_free(calendar);
}

static void test_bad_ics(void)
{
	static const struct {
		const char *text, *word;
	} rows[] = {
		{ "", "no iCalendar file" },
		{ "hello\n", "no iCalendar file" },
		{ "BEGIN:VCALENDAR\nEND:VCALENDAR\n", "no events" },
		{ EVENT("DTEND:20260101T000000Z\n"), "Odd" },
		{ EVENT("DTSTART:yesterday\n"), "Odd" },
		{ EVENT("DTSTART;TZID=Nowhere/At_All:20260101T000000\n"), "Odd" },
		{ EVENT("DTSTART;TZID=/etc/passwd:20260101T000000\n"), "Odd" },
		{ EVENT("DTSTART;TZID=../../../etc/passwd:20260101T000000\n"), "Odd" },
		{ EVENT("DTSTART:20260101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY\n"),
			"daily" },
		{ EVENT("DTSTART;VALUE=DATE:20260101\nDTEND:20260102T000000Z\n"), "ends" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_refused(rows[i].text, rows[i].word);
}

/* So many times this. */
static char *repeated(const char *head, const char *line, unsigned n, const char *tail)
{
	GString *out = g_string_new(head);

	for (unsigned i = 0; i < n; i++)
		g_string_append(out, line);
	g_string_append(out, tail);
	return g_string_free(out, FALSE);
}

#define FOR_27_YEARS \
	"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20000101\nRRULE:FREQ=DAILY;COUNT=10000\nEND:VEVENT\n"
#define ONE_DAY "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nEND:VEVENT\n"
#define IN_MARCH \
	"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260301\nRRULE:FREQ=YEARLY;COUNT=1\nEND:VEVENT\n"

static void test_limits(void)
{
	static const struct {
		const char *line;
		unsigned most;
		const char *word;
	} rows[] = {
		{ ONE_DAY, LIMIT_CALENDAR_EVENTS - 1, "parts" },
		{ IN_MARCH, LIMIT_CALENDAR_RULES, "recur" },
		{ FOR_27_YEARS, LIMIT_CALENDAR_OCCURRENCES / 10000, "many events" },
	};
	g_autofree char *one_more = repeated("BEGIN:VCALENDAR\n", FOR_27_YEARS,
		LIMIT_CALENDAR_OCCURRENCES / 10000, IN_MARCH "END:VCALENDAR\n");
	g_autofree char *folded = repeated("", "BE\n GIN:VEVENT\n", 5 * LIMIT_CALENDAR_DEPTH, "");
	g_autofree char *large = repeated("BEGIN:VCALENDAR\n", ONE_DAY, 20000, "END:VCALENDAR\n");

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *most = repeated(
			"BEGIN:VCALENDAR\n", rows[i].line, rows[i].most, "END:VCALENDAR\n");
		g_autofree char *more = repeated(
			"BEGIN:VCALENDAR\n", rows[i].line, rows[i].most + 1, "END:VCALENDAR\n");
		struct calendar *calendar = NULL;
		struct error err = { "" };

		g_assert_cmpint(read_ics(most, &calendar, &err), ==, ST_OK);
		calendar_free(calendar);
		assert_refused(more, rows[i].word);
	}
	assert_refused(one_more, "many events");
	assert_refused(folded, "parts");
	assert_refused(large, "");
}

/* A calendar is one part, and in it lie others. */
static void test_calendar_depth(void)
{
	for (unsigned past = 0; past < 2; past++) {
		unsigned more = LIMIT_CALENDAR_DEPTH - 1 + past;
		g_autofree char *begin = repeated("", "BEGIN:X-IN\n", more, ""),
				*end = repeated("", "END:X-IN\n", more, "END:VCALENDAR\n"),
				*text = g_strconcat("BEGIN:VCALENDAR\n" ONE_DAY, begin, end, NULL);
		struct calendar *calendar = NULL;
		struct error err = { "" };

		if (past) {
			assert_refused(text, "parts");
			continue;
		}
		g_assert_cmpint(read_ics(text, &calendar, &err), ==, ST_OK);
		calendar_free(calendar);
	}
}

#define NO_DAY \
	"BEGIN:VEVENT\nDTSTART;VALUE=DATE:19000101\n" \
	"RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\nEND:VEVENT\n"

/* Each of these has libical try hundreds of thousands of days. */
static void test_no_day(void)
{
	g_autofree char *text = repeated(
		"BEGIN:VCALENDAR\n", NO_DAY, LIMIT_CALENDAR_RULES, "END:VCALENDAR\n");
	clock_t began = clock();

	assert_refused(text, "recur");
	/* Looked at between two rules, and a sanitizer makes the last one slow. */
	g_assert_cmpint((clock() - began) / (CLOCKS_PER_SEC / 1000), <, 3 * LIMIT_CALENDAR_MS);
}

static void test_missing_ics(void)
{
	struct calendar *calendar = NULL;
	struct error err = { "" };

	g_assert_cmpint(calendar_new("UTC", &calendar, &err), ==, ST_OK);
	g_assert_cmpint(calendar_add_ics(calendar, "/nowhere/x.ics", &err), ==, ST_IO);
	calendar_free(calendar);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/calendar/an office keeps its hours", test_office);
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		g_autofree char *name = g_strdup_printf(
			"/calendar/minute by minute/%zu %s", i, strrchr(rules[i].zone, '/') + 1);

		g_test_add_data_func(name, &rules[i], test_model);
	}
	g_test_add_func("/calendar/impossible ones are refused", test_refused);
	g_test_add_func("/calendar/one that never opens again has an end", test_never);
	g_test_add_func("/calendar/durations", test_durations);
	g_test_add_func("/calendar/days of each year", test_each_year);
	g_test_add_func("/calendar/events of a file", test_ics);
	g_test_add_func("/calendar/a file with an event that cannot be read", test_bad_ics);
	g_test_add_func("/calendar/a file that is too large", test_limits);
	g_test_add_func("/calendar/parts that lie too deep", test_calendar_depth);
	g_test_add_func("/calendar/a file that takes too long", test_no_day);
	g_test_add_func("/calendar/a file that is not there", test_missing_ics);
	return g_test_run();
}
