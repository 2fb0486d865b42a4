/* See duration.h. */
#include "base/duration.h"

#include <string.h>

#include "base/text.h"

#define MAX_US (INT64_C(3660) * 24 * 3600 * TEXT_SECOND)

/* --- reading --- */

struct business_unit {
	const char *name;
	enum duration_kind kind;
	int64_t us;
};

static const struct business_unit business_units[] = {
	{ "bm", DURATION_HOURS, INT64_C(60) * TEXT_SECOND },
	{ "bh", DURATION_HOURS, INT64_C(3600) * TEXT_SECOND },
	{ "bd", DURATION_DAYS, INT64_C(24) * 3600 * TEXT_SECOND },
};

/* "4bh" at *p, which moves past it. NULL: it is none. */
static const struct business_unit *business_read(const char **p, int64_t *count_out)
{
	char *end = (char *)*p;

	*count_out = g_ascii_isdigit(**p) ? (int64_t)g_ascii_strtoull(*p, &end, 10) : 0;
	for (size_t i = 0; i < G_N_ELEMENTS(business_units); i++)
		if (g_str_has_prefix(end, business_units[i].name)) {
			*p = end + strlen(business_units[i].name);
			return &business_units[i];
		}
	return NULL;
}

/* A sum of one kind. */
static bool duration_read_business(const char *text, struct duration *out)
{
	struct duration sum = { DURATION_NONE, 0 };

	while (*text) {
		int64_t count;
		const struct business_unit *unit = business_read(&text, &count);

		if (!unit || count < 1 || count > MAX_US / unit->us ||
			(sum.kind != DURATION_NONE && sum.kind != unit->kind))
			return false;
		sum.kind = unit->kind;
		sum.amount += count * unit->us;
		if (sum.amount > MAX_US)
			return false;
	}
	*out = sum;
	return sum.amount > 0;
}

bool duration_read(const char *text, struct duration *out)
{
	int64_t when;

	if (strchr(text, 'b'))
		return duration_read_business(text, out);
	/* A date is no duration. */
	if (!g_ascii_isdigit(*text) || strspn(text, "0123456789smhdwy") != strlen(text) ||
		text_parse_when(text, 0, 1, &when) != ST_OK || when < 1 || when > MAX_US)
		return false;
	*out = (struct duration){ DURATION_WALL, when };
	return true;
}

/* --- reckoning --- */

static bool is_business(enum duration_kind kind)
{
	return kind == DURATION_HOURS || kind == DURATION_DAYS;
}

static enum business business_of(enum duration_kind kind)
{
	return kind == DURATION_DAYS ? BUSINESS_DAYS : BUSINESS_HOURS;
}

int64_t duration_end(const struct duration *d, const struct calendar *calendar, int64_t from)
{
	if (calendar && is_business(d->kind))
		return calendar_after(calendar, from, d->amount, business_of(d->kind));
	return from + d->amount;
}

int64_t duration_between(
	enum duration_kind kind, const struct calendar *calendar, int64_t from, int64_t to)
{
	if (calendar && is_business(kind))
		return calendar_between(calendar, from, to, business_of(kind));
	return MAX(0, to - from);
}
