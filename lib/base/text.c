/* Strings. */
#include "base/text.h"

#include <string.h>
#include <time.h>

/* --- globs --- */

gunichar text_small(gunichar c)
{
	gunichar lower = g_unichar_tolower(c);

	return c >= 0x80 && lower < 0x80 ? c : lower;
}

static gunichar text_folded(const char *p)
{
	return text_small(g_utf8_get_char(p));
}

/* One star to come back to is enough: an earlier one can never do better. */
static bool glob_valid(const char *g, const char *s)
{
	const char *star = NULL, *resume = NULL;

	while (*s) {
		if (*g == '*') {
			star = ++g;
			resume = s;
		} else if (*g == '?' || (*g && text_folded(g) == text_folded(s))) {
			g = g_utf8_next_char(g);
			s = g_utf8_next_char(s);
		} else if (star) {
			g = star;
			s = resume = g_utf8_next_char(resume);
		} else {
			return false;
		}
	}
	while (*g == '*')
		g++;
	return *g == '\0';
}

bool text_glob(const char *pattern, const char *s)
{
	g_autofree char *g = NULL, *t = NULL;

	if (!pattern || !*pattern)
		return true;
	g = g_utf8_make_valid(pattern, -1);
	t = g_utf8_make_valid(s ? s : "", -1);
	return glob_valid(g, t);
}

/* --- lines --- */

const char *text_line_end(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));

	return newline ? newline + 1 : end;
}

const char *text_past_blanks(const char *p)
{
	while (*p && g_unichar_isspace(g_utf8_get_char(p)))
		p = g_utf8_next_char(p);
	return p;
}

bool text_starts_with_one(const char *s, const char *const *heads, size_t n)
{
	char first = s ? g_ascii_tolower(*s) : '\0';

	for (size_t i = 0; s && i < n; i++)
		if (g_ascii_tolower(*heads[i]) == first &&
			g_ascii_strncasecmp(s, heads[i], strlen(heads[i])) == 0)
			return true;
	return false;
}

const char *text_past_comment(const char *p)
{
	unsigned depth = 0;

	for (; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return NULL;
}

const char *text_past_quoted(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : NULL;
}

char *text_unquoted(const char *s)
{
	g_autofree char *text = g_strstrip(g_strdup(s ? s : ""));
	size_t len = strlen(text);

	while ((*text == '"' || *text == '\'') && strchr(text + 1, *text) == text + len - 1) {
		memmove(text, text + 1, len - 2);
		text[len - 2] = '\0';
		g_strstrip(text);
		len = strlen(text);
	}
	return g_steal_pointer(&text);
}

/* --- times --- */

char *text_rfc3339(int64_t when)
{
	g_autoptr(GDateTime) time = NULL;

	if (when == 0)
		return NULL;
	time = g_date_time_new_from_unix_utc(when / TEXT_SECOND);
	return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

char *text_rfc3339_exact(int64_t when)
{
	g_autofree char *whole = text_rfc3339(when);

	if (!whole || when % TEXT_SECOND == 0)
		return g_steal_pointer(&whole);
	whole[strlen(whole) - 1] = '\0';
	return g_strdup_printf("%s.%06dZ", whole, (int)(when % TEXT_SECOND));
}

char *text_zoned(int64_t when, const char *zone)
{
	g_autoptr(GTimeZone) known = zone ? g_time_zone_new_identifier(zone) : NULL;
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(when / TEXT_SECOND);
	g_autoptr(GDateTime) local = NULL;
	char *text = NULL;

	if (utc && known)
		local = g_date_time_to_timezone(utc, known);
	else if (utc)
		local = g_date_time_to_local(utc);
	if (local)
		text = g_date_time_format(local, known ? "%Y-%m-%d %H:%M %Z" : "%Y-%m-%d %H:%M");
	return text ? text : text_rfc3339(when);
}

char *text_rfc5322_date(int64_t when)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)(when / TEXT_SECOND);
	struct tm tm;

	gmtime_r(&t, &tm);
	return g_strdup_printf("%s, %02d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday],
		tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static bool text_digits(const char **p, unsigned count, int *value_out)
{
	int value = 0;

	for (unsigned i = 0; i < count; i++, ++*p) {
		if (!g_ascii_isdigit(**p))
			return false;
		value = value * 10 + (**p - '0');
	}
	*value_out = value;
	return true;
}

static bool text_literal(const char **p, char c)
{
	if (**p != c)
		return false;
	++*p;
	return true;
}

static bool parse_day(const char **p, int *year, int *month, int *day)
{
	return text_digits(p, 4, year) && text_literal(p, '-') && text_digits(p, 2, month) &&
		text_literal(p, '-') && text_digits(p, 2, day);
}

/* "T" or a blank, then HH:MM[:SS]. */
static bool parse_clock(const char **p, int *hour, int *minute, int *second)
{
	if (**p == '\0')
		return true;
	if (!text_literal(p, 'T') && !text_literal(p, ' '))
		return false;
	if (!text_digits(p, 2, hour) || !text_literal(p, ':') || !text_digits(p, 2, minute))
		return false;
	return !text_literal(p, ':') || text_digits(p, 2, second);
}

static enum status parse_unix(const char *s, int64_t *when_out)
{
	char *end;
	gint64 seconds = g_ascii_strtoll(s, &end, 10);

	if (end == s || *end || seconds < 0 || seconds > G_MAXINT64 / TEXT_SECOND)
		return ST_BAD_INPUT;
	*when_out = seconds * TEXT_SECOND;
	return ST_OK;
}

/* Digits after a point, microseconds of them. */
static int64_t parse_fraction(const char **p)
{
	int64_t micro = 0, unit = TEXT_SECOND / 10;

	if (**p != '.' || !g_ascii_isdigit((*p)[1]))
		return 0;
	for (++*p; g_ascii_isdigit(**p); ++*p, unit /= 10)
		micro += (**p - '0') * unit;
	return micro;
}

enum status text_parse_date(const char *s, int64_t *when_out)
{
	int year, month, day, hour = 0, minute = 0, second = 0;
	int64_t micro;
	g_autoptr(GDateTime) time = NULL;
	const char *p = s;
	bool utc;

	if (*s == '@')
		return parse_unix(s + 1, when_out);
	if (!parse_day(&p, &year, &month, &day) || !parse_clock(&p, &hour, &minute, &second))
		return ST_BAD_INPUT;
	micro = parse_fraction(&p);
	utc = text_literal(&p, 'Z');
	if (*p)
		return ST_BAD_INPUT;
	time = utc ? g_date_time_new_utc(year, month, day, hour, minute, second)
		   : g_date_time_new_local(year, month, day, hour, minute, second);
	if (!time)
		return ST_BAD_INPUT;
	*when_out = g_date_time_to_unix(time) * TEXT_SECOND + micro;
	return ST_OK;
}

static int64_t unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 24 * 3600;
	case 'w':
		return 7 * 24 * 3600;
	case 'y':
		return 365 * 24 * 3600;
	}
	return 0;
}

enum status text_parse_duration(const char *s, int64_t *us_out)
{
	const int64_t most = INT64_C(100) * 366 * 24 * 3600;
	int64_t total = 0;

	if (!*s)
		return ST_BAD_INPUT;
	while (*s) {
		char *end;
		gint64 n = g_ascii_isdigit(*s) ? g_ascii_strtoll(s, &end, 10) : -1;
		int64_t unit = n >= 0 ? unit_seconds(*end) : 0;

		if (unit == 0 || n > most / unit || total + n * unit > most)
			return ST_BAD_INPUT;
		total += n * unit;
		s = end + 1;
	}
	*us_out = total * TEXT_SECOND;
	return ST_OK;
}

enum status text_parse_when(const char *s, int64_t now, int forward, int64_t *when_out)
{
	int64_t us;

	if (text_parse_duration(s, &us) != ST_OK)
		return text_parse_date(s, when_out);
	*when_out = forward > 0 ? now + us : MAX(now - us, 1);
	return ST_OK;
}

/* --- numbers, codes --- */

enum status text_parse_number(const char *s, uint64_t *number_out)
{
	guint64 number;

	if (*s == '#')
		s++;
	if (*s < '1' || *s > '9' ||
		!g_ascii_string_to_unsigned(s, 10, 1, G_MAXUINT64, &number, NULL))
		return ST_BAD_INPUT;
	*number_out = number;
	return ST_OK;
}

char *text_base32(const void *data, size_t len)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	const guint8 *p = data;
	GString *out = g_string_new(NULL);
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < len; i++) {
		held = (held << 8 | p[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			g_string_append_c(out, alphabet[held >> (bits - 5) & 31]);
	}
	if (bits)
		g_string_append_c(out, alphabet[held << (5 - bits) & 31]);
	return g_string_free(out, FALSE);
}

/* --- header values --- */

enum {
	WORD_BYTES = 45,
	LINE_WANTED = 78,
	LINE_MAX_BYTES = 998
}; /* 45 bytes fill an encoded-word of 75 in base64 */

char *text_encoded_words(const char *utf8)
{
	GString *out = g_string_new(NULL);

	while (*utf8) {
		size_t n = MAX(text_cut(utf8, strlen(utf8), WORD_BYTES), 1);
		g_autofree char *code = g_base64_encode((const guchar *)utf8, n);

		g_string_append_printf(out, "%s=?UTF-8?B?%s?=", out->len ? " " : "", code);
		utf8 += n;
	}
	return g_string_free(out, FALSE);
}

char *text_fold(const char *s, size_t name_length)
{
	GString *out = g_string_new(NULL);
	size_t line = name_length;

	while (*s) {
		size_t blanks = strspn(s, " \t"), token = strcspn(s + blanks, " \t");

		/* A line of nothing else ends the headers for some. */
		if (blanks + token > LINE_MAX_BYTES && blanks > 1) {
			s += blanks - 1;
			blanks = 1;
		}
		if (out->len && blanks && line + blanks + token > LINE_WANTED) {
			g_string_append_c(out, '\n');
			line = 0;
		}
		g_string_append_len(out, s, (gssize)(blanks + token));
		line += blanks + token;
		s += blanks + token;
	}
	return g_string_free(out, FALSE);
}

bool text_is_language(const char *s)
{
	return g_regex_match_simple(
		"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", s, G_REGEX_DOLLAR_ENDONLY, 0);
}

const char *text_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

char *text_searchable(const char *s)
{
	g_autofree char *whole = g_utf8_normalize(s, -1, G_NORMALIZE_ALL),
			*folded = g_utf8_casefold(whole ? whole : "", -1);
	GString *out = g_string_sized_new(strlen(folded));

	for (const char *p = folded; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!g_unichar_ismark(c))
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

bool text_list_has(char *const *list, const char *s)
{
	return list && g_strv_contains((const char *const *)list, s);
}

void text_list_add(char ***list, const char *s)
{
	guint n = *list ? g_strv_length(*list) : 0;

	*list = g_renew(char *, *list, n + 2);
	(*list)[n] = g_strdup(s);
	(*list)[n + 1] = NULL;
}

void text_list_remove(char **list, const char *s)
{
	char **kept = list;

	for (char **p = list; p && *p; p++)
		if (strcmp(*p, s) == 0)
			g_free(*p);
		else
			*kept++ = *p;
	if (kept)
		*kept = NULL;
}

/* --- terminal columns --- */

static int char_width(gunichar c)
{
	if (g_unichar_iszerowidth(c) || g_unichar_iscntrl(c))
		return 0;
	return g_unichar_iswide(c) ? 2 : 1;
}

int text_width(const char *utf8)
{
	int width = 0;

	for (const char *p = utf8; *p; p = g_utf8_next_char(p))
		width += char_width(g_utf8_get_char(p));
	return width;
}

char *text_fit(const char *utf8, int columns)
{
	int width = 0;
	const char *p = utf8;

	if (text_width(utf8) <= columns)
		return g_strdup(utf8);
	if (columns < 1)
		return g_strdup("");
	for (; *p; p = g_utf8_next_char(p)) {
		int w = char_width(g_utf8_get_char(p));

		if (width + w > columns - 1)
			break;
		width += w;
	}
	return g_strdup_printf("%.*s…", (int)(p - utf8), utf8);
}
