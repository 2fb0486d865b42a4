/* mbox: where each mail begins. Programs disagree on what a From line is; this takes what any of them writes, and no sentence that
 * begins with "From". */
#include "box-parts.h"

#include <string.h>

#include "address.h"
#include "record.h"
#include "text.h"

enum { FROM_LINE_MAX = 500 };

static bool begins_from(const char *p, const char *end)
{
	return end - p >= 5 && memcmp(p, "From ", 5) == 0;
}

static const char *line_end(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));

	return newline ? newline + 1 : end;
}

/* "12:34" or "12:34:56". */
static bool is_time(const char *word, int hms[3])
{
	char *rest;

	hms[2] = 0;
	for (int i = 0; i < 3; i++, word = rest + 1) {
		if (!g_ascii_isdigit(*word))
			return false;
		hms[i] = (int)g_ascii_strtoull(word, &rest, 10);
		if (*rest != ':')
			return *rest == '\0' && i > 0;
	}
	return false;
}

/* asctime's "Jan 5 12:34:56 2024" around the time at words[t], a zone before or behind the year passed over. 0: no date. */
static int64_t date_around(char **words, guint t, const int hms[3])
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", NULL };
	int month = t >= 2 ? names_find(months, words[t - 2]) : -1, day = t >= 1 ? (int)g_ascii_strtoull(words[t - 1], NULL, 10) : 0;
	g_autoptr(GDateTime) time = NULL;

	for (char **w = words + t + 1; month >= 0 && *w && !time; w++)
		if (strlen(*w) == 4 && g_ascii_isdigit(**w))
			time = g_date_time_new_utc((int)g_ascii_strtoull(*w, NULL, 10), month + 1, day, hms[0], hms[1], hms[2]);
	return time ? g_date_time_to_unix(time) * TEXT_SECOND : 0;
}

/* The words of a From line behind "From", none empty. */
static char **words_of(const char *line, size_t len)
{
	g_autofree char *text = g_strndup(line + 5, MIN(len - 5, (size_t)FROM_LINE_MAX));
	char **words = g_strsplit_set(g_strchomp(text), " \t", -1), **kept = words;

	for (char **w = words; *w; w++) {
		if (**w)
			*kept++ = *w;
		else
			g_free(*w);
	}
	*kept = NULL;
	return words;
}

static int64_t date_in(char **words)
{
	int hms[3];

	for (guint t = 0; words[t]; t++)
		if (is_time(words[t], hms))
			return date_around(words, t, hms);
	return 0;
}

void mbox_from_line(const char *line, size_t len, char **sender_out, int64_t *came_out)
{
	g_auto(GStrv) words = words_of(line, len);

	*came_out = date_in(words);
	*sender_out = NULL;
	/* Some write the null sender like that, others what they do not know (Python's mailbox, some mail clients). */
	if (!words[0] || g_ascii_strcasecmp(words[0], "MAILER-DAEMON") == 0)
		return;
	if (strcmp(words[0], "<>") == 0)
		*sender_out = g_strdup("");
	else if (address_canonical(words[0], sender_out) != ST_OK)
		*sender_out = NULL;
}

/* With a date, wherever it stands: some programs leave out the empty line. Without one, only behind an empty line, with nothing but a
 * sender, and before a header field. */
static bool separates(const char *line, const char *next, const char *end, bool after_empty)
{
	g_auto(GStrv) words = NULL;

	if (!begins_from(line, end))
		return false;
	words = words_of(line, (size_t)(next - line));
	if (date_in(words))
		return true;
	return after_empty && words[0] && !words[1] && mail_field_name(next, end) > 0;
}

static bool is_empty_line(const char *p, const char *next)
{
	return *p == '\n' || (*p == '\r' && next - p == 2);
}

/* The empty line in front of the next From line is the mbox's, not the mail's. */
static const char *without_empty_line(const char *data, const char *end)
{
	if (end - data >= 2 && end[-1] == '\n' && end[-2] == '\n')
		return end - 1;
	if (end - data >= 4 && memcmp(end - 4, "\r\n\r\n", 4) == 0)
		return end - 2;
	return end;
}

static void begin_mail(struct box *box, const char *data, const char *line, const char *next)
{
	struct place place = { .from = (size_t)(line - data), .at = (size_t)(next - data), .nth = box->places->len + 1 };

	g_array_append_val(box->places, place);
}

static void end_mail(struct box *box, const char *data, const char *end)
{
	struct place *last = &g_array_index(box->places, struct place, box->places->len - 1);

	last->end = (size_t)(without_empty_line(data + last->at, end) - data);
}

enum status mbox_scan(struct box *box, struct error *err)
{
	const char *data = g_mapped_file_get_contents(box->mbox), *end;
	bool after_empty = true;

	/* An empty file has no map. */
	if (!data)
		return ST_OK;
	end = data + g_mapped_file_get_length(box->mbox);
	if (!begins_from(data, end))
		return error_set(err, ST_BAD_INPUT, "'%s' is no mbox: it does not begin with a From line", box->path);
	for (const char *p = data, *next; p < end; p = next) {
		next = line_end(p, end);
		if (p == data || separates(p, next, end, after_empty)) {
			if (p > data)
				end_mail(box, data, p);
			begin_mail(box, data, p, next);
		}
		after_empty = is_empty_line(p, next);
	}
	end_mail(box, data, end);
	return ST_OK;
}
