/* mbox: where each mail begins. Programs disagree on what a From line is; this takes what any of
 * them writes, and no sentence that begins with "From". */
#include "keep/box-parts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/field.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/record.h"

enum { FROM_LINE_MAX = 500, CHUNK = 1024 * 1024 };

static bool begins_from(const char *p, const char *end)
{
	return end - p >= 5 && memcmp(p, "From ", 5) == 0;
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

/* asctime's "Jan 5 12:34:56 2024" around the time at words[t], a zone before or after the year
 * passed over. 0: no date. */
static int64_t date_around(char **words, guint t, const int hms[3])
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec", NULL };
	int month = t >= 2 ? names_find(months, words[t - 2]) : -1;
	int day = t >= 1 ? (int)g_ascii_strtoull(words[t - 1], NULL, 10) : 0;
	g_autoptr(GDateTime) time = NULL;

	for (char **w = words + t + 1; month >= 0 && *w && !time; w++)
		if (strlen(*w) == 4 && g_ascii_isdigit(**w))
			time = g_date_time_new_utc((int)g_ascii_strtoull(*w, NULL, 10), month + 1,
				day, hms[0], hms[1], hms[2]);
	return time ? g_date_time_to_unix(time) * TEXT_SECOND : 0;
}

/* The words of a From line after "From", none empty. */
static char **mbox_words_of(const char *line, size_t len)
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
	g_auto(GStrv) words = mbox_words_of(line, len);

	*came_out = date_in(words);
	*sender_out = NULL;
	/* Some write the null sender like that, others what they do not know (Python's mailbox,
	 * some mail clients). */
	if (!words[0] || g_ascii_strcasecmp(words[0], "MAILER-DAEMON") == 0)
		return;
	if (strcmp(words[0], "<>") == 0)
		*sender_out = g_strdup("");
	else if (address_canonical(words[0], sender_out) != ST_OK)
		*sender_out = NULL;
}

/* --- where mails begin --- */

/* What is known while the lines go by. A From line without a date is one only before a header
 * field: it waits for the next line. */
struct reader {
	struct box *box;
	uint64_t at;  /* of the current line */
	size_t empty; /* length of the line before, if that was empty */
	bool waits;
	uint64_t waiting, waiting_end;
	size_t empty_before_waiting;
};

enum from_line { NO_FROM_LINE, DATED, UNDATED };

/* With a date, wherever it is: some programs leave out the empty line. Without one, only after
 * an empty line, with nothing but a sender. */
static enum from_line from_line(const struct reader *r, const char *line, size_t len)
{
	g_auto(GStrv) words = NULL;

	if (!begins_from(line, line + len))
		return NO_FROM_LINE;
	words = mbox_words_of(line, len);
	if (r->at == 0 || date_in(words))
		return DATED;
	return r->empty && words[0] && !words[1] ? UNDATED : NO_FROM_LINE;
}

/* The empty line in front of the next From line is the mbox's, not the mail's. */
static void end_mail(struct box *box, uint64_t end, size_t empty)
{
	struct place *last = box->places->len
		? &g_array_index(box->places, struct place, box->places->len - 1)
		: NULL;

	if (last)
		last->end = end - last->at > empty ? end - empty : end;
}

static void begin_mail(struct box *box, uint64_t from, uint64_t at)
{
	struct place place = { .from = from, .at = at, .end = at, .nth = box->places->len + 1 };

	g_array_append_val(box->places, place);
}

static size_t empty_length(const char *line, size_t len)
{
	return *line == '\n' || (len == 2 && line[0] == '\r' && line[1] == '\n') ? len : 0;
}

static void mbox_read_line(struct reader *r, const char *line, size_t len)
{
	enum from_line kind = from_line(r, line, len);

	if (r->waits && field_name_strict(line, line + len) > 0) {
		end_mail(r->box, r->waiting, r->empty_before_waiting);
		begin_mail(r->box, r->waiting, r->waiting_end);
	}
	r->waits = kind == UNDATED;
	if (kind == DATED) {
		end_mail(r->box, r->at, r->empty);
		begin_mail(r->box, r->at, r->at + len);
	}
	if (r->waits) {
		r->waiting = r->at;
		r->waiting_end = r->at + len;
		r->empty_before_waiting = r->empty;
	}
	r->empty = empty_length(line, len);
}

/* The lines that are whole in the chunk; its last bytes too when there are no more, or no room for
 * more. Gives how many were read. */
static size_t read_lines(
	struct reader *r, const char *chunk, size_t len, bool all, bool *within_out)
{
	const char *p = chunk, *end = chunk + len;

	while (p < end) {
		const char *next = text_line_end(p, end);
		bool whole = next[-1] == '\n';

		if (!whole && !all)
			break;
		if (!*within_out)
			mbox_read_line(r, p, (size_t)(next - p));
		*within_out = !whole;
		r->at += (uint64_t)(next - p);
		p = next;
	}
	return (size_t)(p - chunk);
}

static enum status read_box(struct reader *r, char *chunk, struct error *err)
{
	size_t kept = 0, used;
	bool within = false; /* a line that is longer than the chunk */
	ssize_t n;

	while ((n = read(r->box->mbox, chunk + kept, CHUNK - kept)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ST_IO, _("cannot read '%s': %s"), r->box->path,
				g_strerror(errno));
		kept += (size_t)n;
		if (r->at == 0 && !begins_from(chunk, chunk + kept))
			return error_set(err, ST_BAD_INPUT,
				_("'%s' is no mbox: it does not begin with a From line"),
				r->box->path);
		used = read_lines(
			r, chunk, kept, kept == CHUNK && !memchr(chunk, '\n', CHUNK), &within);
		kept -= used;
		memmove(chunk, chunk + used, kept);
	}
	read_lines(r, chunk, kept, true, &within);
	end_mail(r->box, r->at, r->empty);
	return ST_OK;
}

enum status mbox_scan(struct box *box, struct error *err)
{
	struct reader reader = { .box = box };
	g_autofree char *chunk = g_malloc(CHUNK);

	return read_box(&reader, chunk, err);
}
