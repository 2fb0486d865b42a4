/* Snippets. */
#include "base/snippet.h"

#include <string.h>

#include "base/text.h"

enum { PLACES_MOST = 500, LEAD_BYTES = 40 };

#define ELLIPSIS "…"

static unsigned snippet_bits(const GArray *places)
{
	unsigned bits = 0;

	for (guint i = 0; i < places->len; i++)
		bits |= 1U << g_array_index(places, struct sought_place, i).which;
	return bits;
}

static GArray *snippet_places(const char *text, const struct sought *const *list, unsigned n)
{
	GArray *places = g_array_new(FALSE, FALSE, sizeof(struct sought_place));

	sought_places(list, MIN(n, SNIPPET_TERMS), text, PLACES_MOST, places);
	return places;
}

unsigned snippet_found(const char *text, const struct sought *const *list, unsigned n)
{
	g_autoptr(GArray) places = snippet_places(text, list, n);

	return snippet_bits(places);
}

/* How many there are from place i on, within the width of a snippet. */
static unsigned snippet_worth(const GArray *places, guint i)
{
	unsigned start = g_array_index(places, struct sought_place, i).start, bits = 0, worth = 0;

	for (; i < places->len; i++) {
		const struct sought_place *p = &g_array_index(places, struct sought_place, i);

		if (p->start + p->length <= start + SNIPPET_BYTES - LEAD_BYTES)
			bits |= 1U << p->which;
	}
	for (; bits; bits &= bits - 1)
		worth++;
	return worth;
}

static guint snippet_best(const GArray *places)
{
	unsigned most = 0;
	guint best = 0;

	for (guint i = 0; i < places->len; i++) {
		unsigned worth = snippet_worth(places, i);

		if (worth > most) {
			most = worth;
			best = i;
		}
	}
	return best;
}

/* Some of what comes before, from a blank on. */
static const char *snippet_begin(const char *text, const char *hit)
{
	const char *p = hit - text > LEAD_BYTES ? hit - LEAD_BYTES : text, *blank;

	while (p > text && p < hit && ((guchar)*p & 0xc0) == 0x80)
		p++;
	if (p == text)
		return p;
	for (blank = p; blank < hit && !g_ascii_isspace(*blank); blank++)
		;
	return blank < hit ? blank + 1 : p;
}

/* Up to a blank, if there is one after the hit. */
static const char *snippet_end(const char *begin, const char *hit_end)
{
	size_t len = strlen(begin);
	const char *end = begin + text_cut(begin, len, SNIPPET_BYTES), *blank;

	if (end == begin + len)
		return end;
	for (blank = end; blank > hit_end && !g_ascii_isspace(*blank); blank--)
		;
	return blank > hit_end ? blank : end;
}

/* Those of the line as it is shown; what overlaps is one. */
static GArray *snippet_marks(const char *line, const struct sought *const *list, unsigned n)
{
	g_autoptr(GArray) places = snippet_places(line, list, n);
	GArray *marks = g_array_new(FALSE, FALSE, sizeof(struct snippet_mark));
	guint8 *in = g_malloc0(strlen(line) + 1);

	for (guint i = 0; i < places->len; i++) {
		const struct sought_place *p = &g_array_index(places, struct sought_place, i);

		memset(in + p->start, 1, p->length);
	}
	for (unsigned i = 0; line[i];) {
		struct snippet_mark mark = { .start = i };

		for (; line[i] && in[i]; i++)
			mark.length++;
		if (mark.length)
			g_array_append_val(marks, mark);
		else
			i++;
	}
	g_free(in);
	return marks;
}

static char *snippet_between(bool more_before, const char *line, bool more_after)
{
	GString *out = g_string_new(more_before ? ELLIPSIS : NULL);

	g_string_append(out, line);
	if (more_after)
		g_string_append(out, ELLIPSIS);
	return g_string_free(out, FALSE);
}

bool snippet_cut(
	const char *text, const struct sought *const *list, unsigned n, struct snippet *snippet_out)
{
	g_autoptr(GArray) places = snippet_places(text, list, n);
	g_autofree char *part = NULL, *line = NULL;
	const struct sought_place *best;
	const char *begin, *end;

	if (places->len == 0)
		return false;
	best = &g_array_index(places, struct sought_place, snippet_best(places));
	begin = snippet_begin(text, text + best->start);
	end = snippet_end(begin, text + best->start + best->length);
	part = g_strndup(begin, (gsize)(end - begin));
	line = text_line_shown(part, SNIPPET_BYTES * 2);
	snippet_out->text = snippet_between(begin > text, line, *end != '\0');
	snippet_out->marks = snippet_marks(snippet_out->text, list, n);
	return true;
}

/* --- within some columns --- */

static int snippet_width(const char *begin, const char *end)
{
	g_autofree char *part = g_strndup(begin, (gsize)(end - begin));

	return text_width(part);
}

/* So that the first mark ends within the first two thirds, or all that follows has room. */
static const char *snippet_begin_within(const struct snippet *s, int columns)
{
	const struct snippet_mark *m = &g_array_index(s->marks, struct snippet_mark, 0);
	const char *begin = s->text, *hit = s->text + m->start, *end = hit + m->length;

	while (begin < hit && snippet_width(begin, end) > columns * 2 / 3 &&
		text_width(begin) >= columns)
		begin = g_utf8_next_char(begin);
	return begin > s->text && *begin == ' ' ? begin + 1 : begin;
}

/* The text from `from` up to `to` is now after `lead` bytes; the marks follow it. */
static void snippet_move_marks(struct snippet *s, unsigned from, unsigned to, unsigned lead)
{
	for (guint i = s->marks->len; i-- > 0;) {
		struct snippet_mark *m = &g_array_index(s->marks, struct snippet_mark, i);
		unsigned end = MIN(m->start + m->length, to);

		if (m->start < from || end <= m->start) {
			g_array_remove_index(s->marks, i);
		} else {
			m->length = end - m->start;
			m->start += lead - from;
		}
	}
}

void snippet_fit(struct snippet *s, int columns)
{
	const char *begin;
	g_autofree char *fitted = NULL;
	bool cut_before, cut_after;
	unsigned from, kept;

	if (!s->marks->len || text_width(s->text) <= columns)
		return;
	begin = snippet_begin_within(s, columns);
	cut_before = begin > s->text;
	fitted = text_fit(begin, columns - cut_before);
	cut_after = strcmp(fitted, begin) != 0;
	from = (unsigned)(begin - s->text);
	kept = (unsigned)(strlen(fitted) - (cut_after ? strlen(ELLIPSIS) : 0));
	snippet_move_marks(s, from, from + kept, cut_before ? strlen(ELLIPSIS) : 0);
	g_free(s->text);
	s->text = snippet_between(cut_before, fitted, false);
}

void snippet_release(struct snippet *s)
{
	g_clear_pointer(&s->text, g_free);
	g_clear_pointer(&s->marks, g_array_unref);
}

char *snippet_marked(const struct snippet *s, const char *before, const char *after)
{
	GString *out = g_string_new(NULL);
	unsigned at = 0;

	for (guint i = 0; i < s->marks->len; i++) {
		const struct snippet_mark *m = &g_array_index(s->marks, struct snippet_mark, i);

		g_string_append_len(out, s->text + at, m->start - at);
		g_string_append(out, before);
		g_string_append_len(out, s->text + m->start, m->length);
		g_string_append(out, after);
		at = m->start + m->length;
	}
	g_string_append(out, s->text + at);
	return g_string_free(out, FALSE);
}
