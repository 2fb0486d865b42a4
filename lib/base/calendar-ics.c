/* Holidays from a file of iCalendar: what libical reads of it, as closed days and closed times. Who
 * recurs is followed occurrence by occurrence, under a cap that holds for the whole file. */
#include "base/calendar-parts.h"

#include <libical/ical.h>
#include <string.h>
#include <time.h>

#include "base/library.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/textfile.h"
#include "base/tongue.h"
#include "build-config.h"

enum { YEARS_END = 2100 };

/* libical, which only who has such a file needs: ical.time_is_utc() is icaltime_is_utc(). */
/* clang-format off */
#define ICAL_FUNCTIONS(F) \
	F(ical, component_free) F(ical, component_get_first_component) \
	F(ical, component_get_first_property) F(ical, component_get_next_component) \
	F(ical, component_get_next_property) F(ical, component_get_status) \
	F(ical, component_get_summary) F(ical, component_get_timezone) \
	F(ical, component_get_uid) F(ical, component_isa) F(ical, durationtype_as_int) \
	F(ical, error_set_errors_are_fatal) F(ical, memory_free_ring) \
	F(ical, parameter_get_tzid) F(ical, parser_parse_string) \
	F(ical, property_get_dtstart) F(ical, property_get_duration) \
	F(ical, property_get_exdate) F(ical, property_get_first_parameter) \
	F(ical, property_get_rdate) F(ical, property_get_rrule) F(ical, property_get_value) \
	F(ical, recur_iterator_free) F(ical, recur_iterator_new) \
	F(ical, recur_iterator_next) F(ical, time_as_timet_with_zone) \
	F(ical, time_is_null_time) F(ical, time_is_utc) F(ical, time_is_valid_time) \
	F(ical, value_get_datetimedate)
/* clang-format on */

static struct ical {
	ICAL_FUNCTIONS(LIBRARY_POINTER)
} ical;

static struct library ical_library = LIBRARY(ICAL_LIBRARY, ICAL_FUNCTIONS, ical);

static enum status ical_load(struct error *err)
{
	return library_load(&ical_library, err);
}

/* When something begins: a local day, or a second since 1970. */
struct moment {
	bool is_day;
	int64_t at;
};

struct ics {
	struct calendar *calendar;
	const char *path;
	icalcomponent *root; /* the calendar at hand */
	GHashTable *moved;   /* set of "UID at": occurrences that have an event of their own */
	unsigned events, rules, occurrences;
	int64_t began_ms; /* with the first rule */
	struct error *err;
};

/* --- what is refused before libical sees it --- */

/* RFC 5545 section 3.1. Owned. */
static char *ics_unfold(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *p = text; *p; p++) {
		size_t end = p[0] == '\r' && p[1] == '\n' ? 2 : *p == '\n';

		if (end && (p[end] == ' ' || p[end] == '\t'))
			p += end;
		else
			g_string_append_c(out, *p);
	}
	return g_string_free(out, FALSE);
}

/* libical frees what is nested by recursion. */
static bool ics_is_sane(const char *text)
{
	unsigned depth = 0, begun = 0;

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (g_ascii_strncasecmp(line, "BEGIN:", 6) == 0) {
			begun++;
			depth++;
		} else if (g_ascii_strncasecmp(line, "END:", 4) == 0 && depth) {
			depth--;
		}
		if (depth > LIMIT_CALENDAR_DEPTH || begun > LIMIT_CALENDAR_EVENTS)
			return false;
	}
	return true;
}

static enum status ics_fail(const struct ics *ics, const char *why)
{
	return error_set(ics->err, ST_BAD_INPUT, _("cannot use '%s': %s"), ics->path, why);
}

static enum status ics_fail_event(const struct ics *ics, icalcomponent *event, const char *why)
{
	const char *summary = ical.component_get_summary(event);
	g_autofree char *name = text_line(summary ? summary : "", LIMIT_NAME_BYTES);

	return error_set(
		ics->err, ST_BAD_INPUT, _("cannot use '%s': event '%s': %s"), ics->path, name, why);
}

/* --- times --- */

/* A path must not lead out of the system's database. */
static bool ics_zone_name_valid(const char *name)
{
	return *name && *name != '/' && !strstr(name, "..") &&
		strspn(name,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			"0123456789_+-/") == strlen(name);
}

/* "Europe/Berlin", "/mozilla.org/20050126_1/Europe/Berlin". Owned; NULL: unknown here. */
static GTimeZone *ics_zone(const char *name)
{
	for (const char *p = name; p; p = strchr(p, '/')) {
		GTimeZone *zone;

		p += *p == '/';
		zone = ics_zone_name_valid(p) ? g_time_zone_new_identifier(p) : NULL;
		if (zone)
			return zone;
	}
	return NULL;
}

static bool ics_second_in(GTimeZone *zone, struct icaltimetype t, int64_t *second_out)
{
	g_autoptr(GDateTime) time = g_date_time_new(
		zone, t.year, t.month, t.day, t.hour, t.minute, MIN(t.second, 59));

	*second_out = time ? g_date_time_to_unix(time) : 0;
	return time != NULL;
}

/* The file's own zones are asked only for names that the system does not know. */
static bool ics_second(
	const struct ics *ics, icalproperty *property, struct icaltimetype t, int64_t *second_out)
{
	icalparameter *parameter = ical.property_get_first_parameter(property, ICAL_TZID_PARAMETER);
	const char *name = parameter ? ical.parameter_get_tzid(parameter) : NULL;
	g_autoptr(GTimeZone) zone = NULL;
	icaltimezone *own;

	if (ical.time_is_utc(t))
		zone = g_time_zone_new_utc();
	else
		zone = name ? ics_zone(name) : g_time_zone_ref(ics->calendar->zone);
	if (zone)
		return ics_second_in(zone, t, second_out);
	own = ical.component_get_timezone(ics->root, name);
	if (own)
		*second_out = ical.time_as_timet_with_zone(t, own);
	return own != NULL;
}

static bool ics_moment(const struct ics *ics, icalproperty *property, struct icaltimetype t,
	struct moment *moment_out)
{
	if (ical.time_is_null_time(t) || !ical.time_is_valid_time(t))
		return false;
	moment_out->is_day = t.is_date;
	if (t.is_date)
		return calendar_date(t.year, t.month, t.day, &moment_out->at);
	return ics_second(ics, property, t, &moment_out->at);
}

static bool ics_property_moment(
	const struct ics *ics, icalcomponent *event, icalproperty_kind kind, struct moment *out)
{
	icalproperty *property = ical.component_get_first_property(event, kind);
	const icalvalue *value = property ? ical.property_get_value(property) : NULL;

	return value && ics_moment(ics, property, ical.value_get_datetimedate(value), out);
}

/* Days or seconds; false when the event says nothing that makes sense. */
static bool ics_length(const struct ics *ics, icalcomponent *event, const struct moment *start,
	int64_t *length_out)
{
	icalproperty *duration = ical.component_get_first_property(event, ICAL_DURATION_PROPERTY);
	struct moment end;

	*length_out = start->is_day;
	if (ics_property_moment(ics, event, ICAL_DTEND_PROPERTY, &end)) {
		/* Some write the last day of one that has no other as its end. */
		*length_out = MAX(end.at - start->at, *length_out);
		return end.is_day == start->is_day;
	}
	if (duration) {
		int64_t seconds = ical.durationtype_as_int(ical.property_get_duration(duration));

		*length_out = start->is_day ? (seconds + DAY_SECONDS - 1) / DAY_SECONDS : seconds;
	}
	return *length_out >= 0;
}

/* --- occurrences --- */

static void ics_close(const struct ics *ics, const struct moment *start, int64_t length)
{
	stretch_add(start->is_day ? ics->calendar->days : ics->calendar->spans, start->at,
		start->at + length);
}

/* Owned. */
static char *moved_name(icalcomponent *event, const struct moment *moment)
{
	const char *uid = ical.component_get_uid(event);

	return g_strdup_printf(
		"%s %d %" G_GINT64_FORMAT, uid ? uid : "", moment->is_day, (gint64)moment->at);
}

static bool is_same_moment(const struct ics *ics, const struct moment *a, const struct moment *b)
{
	if (a->is_day == b->is_day)
		return a->at == b->at;
	return a->is_day && calendar_day(ics->calendar->zone, b->at, NULL) == a->at;
}

static bool ics_is_left_out(
	const struct ics *ics, icalcomponent *event, const struct moment *moment)
{
	g_autofree char *name = moved_name(event, moment);
	icalproperty *p;

	if (g_hash_table_contains(ics->moved, name) &&
		!ical.component_get_first_property(event, ICAL_RECURRENCEID_PROPERTY))
		return true;
	for (p = ical.component_get_first_property(event, ICAL_EXDATE_PROPERTY); p;
		p = ical.component_get_next_property(event, ICAL_EXDATE_PROPERTY)) {
		struct moment except;

		if (ics_moment(ics, p, ical.property_get_exdate(p), &except) &&
			is_same_moment(ics, &except, moment))
			return true;
	}
	return false;
}

static enum status ics_occur(struct ics *ics, icalcomponent *event, icalproperty *property,
	struct icaltimetype t, int64_t length)
{
	struct moment moment;

	if (++ics->occurrences > LIMIT_CALENDAR_OCCURRENCES)
		return ics_fail(ics, _("it has too many events"));
	if (!ics_moment(ics, property, t, &moment))
		return ics_fail_event(ics, event, _("a time that cannot be read"));
	if (!ics_is_left_out(ics, event, &moment))
		ics_close(ics, &moment, length);
	return ST_OK;
}

/* Of this thread. */
static int64_t ics_processor_ms(void)
{
	struct timespec used = { 0, 0 };

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* A rule that no day satisfies keeps libical looking through the centuries. */
static bool ics_has_time(struct ics *ics)
{
	if (!ics->rules++)
		ics->began_ms = ics_processor_ms();
	return ics->rules <= LIMIT_CALENDAR_RULES &&
		ics_processor_ms() - ics->began_ms <= LIMIT_CALENDAR_MS;
}

static enum status ics_recur(struct ics *ics, icalcomponent *event, icalproperty *start,
	icalproperty *rule, int64_t length)
{
	const struct icaltimetype first = ical.property_get_dtstart(start);
	struct icalrecurrencetype how = ical.property_get_rrule(rule);
	icalrecur_iterator *iterator;
	enum status st = ST_OK;

	if (how.freq < ICAL_DAILY_RECURRENCE)
		return ics_fail_event(ics, event, _("it recurs more than daily"));
	if (!ics_has_time(ics))
		return ics_fail(ics, _("too many of its events recur"));
	iterator = ical.recur_iterator_new(how, first);
	if (!iterator)
		return ics_fail_event(ics, event, _("it recurs in a way that cannot be read"));
	for (struct icaltimetype t = ical.recur_iterator_next(iterator);
		st == ST_OK && !ical.time_is_null_time(t) && t.year < YEARS_END;
		t = ical.recur_iterator_next(iterator))
		st = ics_occur(ics, event, start, t, length);
	ical.recur_iterator_free(iterator);
	return st;
}

static enum status ics_add_dates(struct ics *ics, icalcomponent *event, int64_t length)
{
	enum status st = ST_OK;
	icalproperty *p;

	for (p = ical.component_get_first_property(event, ICAL_RDATE_PROPERTY); p && st == ST_OK;
		p = ical.component_get_next_property(event, ICAL_RDATE_PROPERTY)) {
		struct icaldatetimeperiodtype when = ical.property_get_rdate(p);
		bool is_period = ical.time_is_null_time(when.time);

		st = ics_occur(ics, event, p, is_period ? when.period.start : when.time, length);
	}
	return st;
}

/* --- events --- */

static bool ics_is_cancelled(icalcomponent *event)
{
	return ical.component_get_status(event) == ICAL_STATUS_CANCELLED;
}

static enum status ics_add_event(struct ics *ics, icalcomponent *event)
{
	icalproperty *start = ical.component_get_first_property(event, ICAL_DTSTART_PROPERTY);
	icalproperty *rule = ical.component_get_first_property(event, ICAL_RRULE_PROPERTY);
	struct moment first;
	int64_t length;
	enum status st;

	ics->events++;
	if (ics_is_cancelled(event))
		return ST_OK;
	if (!ics_property_moment(ics, event, ICAL_DTSTART_PROPERTY, &first))
		return ics_fail_event(ics, event, _("it does not say when it begins"));
	if (!ics_length(ics, event, &first, &length))
		return ics_fail_event(ics, event, _("it does not say when it ends"));
	st = rule ? ics_recur(ics, event, start, rule, length)
		  : ics_occur(ics, event, start, ical.property_get_dtstart(start), length);
	return st == ST_OK ? ics_add_dates(ics, event, length) : st;
}

/* An occurrence that was moved, or cancelled, is an event with the master's UID. */
static enum status ics_note_moved(struct ics *ics, icalcomponent *event)
{
	struct moment moment;

	if (ics_property_moment(ics, event, ICAL_RECURRENCEID_PROPERTY, &moment))
		g_hash_table_add(ics->moved, moved_name(event, &moment));
	return ST_OK;
}

typedef enum status ics_visit(struct ics *ics, icalcomponent *event);

static enum status ics_each_event(struct ics *ics, icalcomponent *calendar, ics_visit *fn)
{
	enum status st = ST_OK;

	for (icalcomponent *event =
			ical.component_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
		event && st == ST_OK;
		event = ical.component_get_next_component(calendar, ICAL_VEVENT_COMPONENT))
		st = fn(ics, event);
	return st;
}

static enum status ics_add_calendar(struct ics *ics, icalcomponent *calendar)
{
	enum status st;

	ics->root = calendar;
	st = ics_each_event(ics, calendar, ics_note_moved);
	return st == ST_OK ? ics_each_event(ics, calendar, ics_add_event) : st;
}

/* --- the file --- */

/* One calendar, or several in a row. */
static enum status ics_add_all(struct ics *ics, icalcomponent *root)
{
	enum status st = ST_OK;

	if (ical.component_isa(root) == ICAL_VCALENDAR_COMPONENT)
		return ics_add_calendar(ics, root);
	for (icalcomponent *c = ical.component_get_first_component(root, ICAL_VCALENDAR_COMPONENT);
		c && st == ST_OK;
		c = ical.component_get_next_component(root, ICAL_VCALENDAR_COMPONENT))
		st = ics_add_calendar(ics, c);
	return st;
}

static enum status ics_read(struct ics *ics, const char *text)
{
	icalcomponent *root = ical.parser_parse_string(text);
	enum status st;

	if (!root)
		return ics_fail(ics, _("it is no iCalendar file"));
	st = ics_add_all(ics, root);
	if (st == ST_OK && !ics->events)
		st = ics_fail(ics, _("there are no events in it"));
	ical.component_free(root);
	ical.memory_free_ring();
	return st;
}

enum status calendar_add_ics(struct calendar *calendar, const char *path, struct error *err)
{
	struct ics ics = { .calendar = calendar, .path = path, .err = err };
	g_autofree char *text = NULL, *unfolded = NULL;
	enum status st = textfile_read(path, LIMIT_CALENDAR_BYTES, &text, err);

	if (st != ST_OK)
		return st;
	unfolded = ics_unfold(text);
	if (!ics_is_sane(unfolded))
		return ics_fail(&ics, _("it has too many parts"));
	st = ical_load(err);
	if (st != ST_OK)
		return st;
	/* Else a wrong value ends the process. */
	ical.error_set_errors_are_fatal(false);
	ics.moved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	st = ics_read(&ics, unfolded);
	g_hash_table_unref(ics.moved);
	return st;
}
