/* What strangers wrote, cleaned: for the record, for headers and mails, for whoever looks at it. */
#include "base/text.h"

#include <string.h>

/* What becomes of characters that nobody sees. */
enum unseen { UNSEEN_DROPPED, UNSEEN_KEPT, UNSEEN_SHOWN };

static bool is_selector(gunichar c)
{
	return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef);
}

static bool clean_is_joiner(gunichar c)
{
	return c == 0x200c || c == 0x200d;
}

bool text_is_hidden(gunichar c)
{
	static const guint32 types = 1u << G_UNICODE_CONTROL | 1u << G_UNICODE_FORMAT |
		1u << G_UNICODE_UNASSIGNED | 1u << G_UNICODE_PRIVATE_USE |
		1u << G_UNICODE_SURROGATE | 1u << G_UNICODE_LINE_SEPARATOR |
		1u << G_UNICODE_PARAGRAPH_SEPARATOR | 1u << G_UNICODE_SPACE_SEPARATOR;
	/* Default_Ignorable_Code_Point of other types, and what has an empty glyph. */
	static const gunichar others[][2] = {
		{ 0x34f, 0x34f },
		{ 0x115f, 0x1160 },
		{ 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f },
		{ 0x2800, 0x2800 },
		{ 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f },
		{ 0xffa0, 0xffa0 },
		{ 0x16fe4, 0x16fe4 },
		{ 0x1d159, 0x1d159 },
		{ 0xe0000, 0xe0fff },
	};

	if (c < 0x80)
		return c < ' ' || c == 0x7f;
	if (1u << g_unichar_type(c) & types)
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		if (c >= others[i][0] && c <= others[i][1])
			return true;
	return false;
}

/* Signs of Arabic, Syriac and Kaithi numbers, and of hieroglyphs, are format characters that have a
 * form. */
static bool has_form(gunichar c)
{
	return (c >= 0x0600 && c <= 0x0605) || c == 0x06dd || c == 0x070f || c == 0x0890 ||
		c == 0x0891 || c == 0x08e2 || c == 0x110bd || c == 0x110cd ||
		(c >= 0x13430 && c <= 0x1343f);
}

/* A character of a newer Unicode, or of somebody's own, has some form; tags without a name have
 * none. */
bool text_is_unseen(gunichar c)
{
	static const guint32 seen = 1u << G_UNICODE_UNASSIGNED | 1u << G_UNICODE_PRIVATE_USE |
		1u << G_UNICODE_SPACE_SEPARATOR;

	if (!text_is_hidden(c) || has_form(c))
		return false;
	return (c >= 0xe0000 && c <= 0xe0fff) || !(1u << g_unichar_type(c) & seen);
}

/* Joiners are part of how Persian, Indic scripts and emoji are written, and one selector of an
 * emoji or an ideograph. */
static bool belongs_to(gunichar c, gunichar before)
{
	if (clean_is_joiner(c))
		return before >= 0x0600 && (before < 0x2000 || before > 0x206f);
	if (is_selector(c) && !is_selector(before) && !clean_is_joiner(before))
		return before >= 0x2000 ||
			(before && before < 0x80 && strchr("#*0123456789", (int)before)) ||
			before == 0xa9 || before == 0xae;
	return false;
}

/* *before: the character before it, 0 when that is none that is seen. */
static bool clean_is_hidden(gunichar c, gunichar *before)
{
	bool hidden = text_is_unseen(c) && !belongs_to(c, *before);

	*before = hidden ? 0 : c;
	return hidden;
}

static bool is_dropped(gunichar c, enum unseen unseen)
{
	if (unseen == UNSEEN_KEPT)
		return c < ' ' || c == 0x7f;
	/* Marks that turn the direction of text can make one address look like another. */
	return g_unichar_iscntrl(c) || (c >= 0x202a && c <= 0x202e) ||
		(c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

static void append_as(GString *out, gunichar c, enum unseen unseen, gunichar *before)
{
	if (unseen == UNSEEN_SHOWN && clean_is_hidden(c, before))
		g_string_append_printf(out, "<U+%04X>", c);
	else
		g_string_append_unichar(out, c);
}

/* Eight bytes at once: a borrow from a NUL, or a bit that ASCII has not, shows in the highest bit
 * of its byte. */
bool text_is_ascii(const char *s, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highest = UINT64_C(0x8080808080808080);
	uint64_t word;

	for (; len >= sizeof word; s += sizeof word, len -= sizeof word) {
		memcpy(&word, s, sizeof word);
		if (((word - ones) | word) & highest)
			return false;
	}
	for (; len; s++, len--)
		if ((guchar)(*s - 1) >= 0x7f)
			return false;
	return true;
}

size_t text_cut(const char *utf8, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((guchar)utf8[max] & 0xc0) == 0x80)
		max--;
	return max;
}

static bool is_gap(gunichar c, enum unseen unseen)
{
	return g_unichar_isspace(c) || (unseen != UNSEEN_SHOWN && is_dropped(c, unseen));
}

/* The length of what begins a line and is one already: ASCII that is seen, and single blanks
 * between it. */
static size_t clean_start(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len &&
		(g_ascii_isgraph(s[n]) ||
			(s[n] == ' ' && n && n + 1 < len && g_ascii_isgraph(s[n + 1]))))
		n++;
	return n;
}

static char *clean_line_of(const char *s, size_t max, enum unseen unseen)
{
	size_t len = strnlen(s, max > G_MAXSIZE / 8 ? max : max * 4 + 16);
	size_t clean = clean_start(s, len);
	g_autofree char *valid = NULL;
	gunichar before = clean ? (gunichar)s[clean - 1] : 0;
	bool gap = false;
	GString *out;

	if (clean == len || clean > max)
		return g_strchomp(g_strndup(s, MIN(clean, max)));
	valid = g_utf8_make_valid(s, (gssize)len);
	out = g_string_new_len(valid, (gssize)clean);
	for (const char *p = valid + clean; *p && out->len <= max + 8; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (is_gap(c, unseen)) {
			gap = out->len > 0;
			continue;
		}
		if (gap)
			g_string_append_c(out, ' ');
		gap = false;
		append_as(out, c, unseen, &before);
	}
	g_string_truncate(out, text_cut(out->str, out->len, max));
	while (out->len && out->str[out->len - 1] == ' ')
		g_string_truncate(out, out->len - 1);
	return g_string_free(out, FALSE);
}

char *text_line(const char *s, size_t max)
{
	return clean_line_of(s, max, UNSEEN_DROPPED);
}

char *text_line_kept(const char *s, size_t max)
{
	return clean_line_of(s, max, UNSEEN_KEPT);
}

char *text_line_shown(const char *s, size_t max)
{
	return clean_line_of(s, max, UNSEEN_SHOWN);
}

/* How many of eight bytes at a time are from ' ' to '~': what is less borrows, what is DEL or more
 * has the highest bit, or gets it. */
static size_t printable_words(const char *s, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highest = UINT64_C(0x8080808080808080);
	uint64_t word;
	size_t n = 0;

	for (; len - n >= sizeof word; n += sizeof word) {
		memcpy(&word, s + n, sizeof word);
		if (((word - ones * ' ') | word | (word + ones)) & highest)
			break;
	}
	return n;
}

/* Most text is ASCII, and is taken over in runs. */
static size_t ascii_run(const char *s, size_t len)
{
	size_t n = printable_words(s, len);

	while (n < len && ((s[n] >= ' ' && s[n] <= '~') || s[n] == '\n' || s[n] == '\t')) {
		n++;
		n += printable_words(s + n, len - n);
	}
	return n;
}

static void append_to_block(GString *out, const char *p, enum unseen unseen, gunichar *before)
{
	gunichar c = g_utf8_get_char(p);

	if (c == '\r' && p[1] != '\n')
		g_string_append_c(out, '\n');
	else if (c != '\r' && (unseen == UNSEEN_SHOWN || !is_dropped(c, unseen)))
		append_as(out, c, unseen, before);
}

static char *block_of_valid(const char *utf8, size_t max, enum unseen unseen)
{
	const char *end = utf8 + strlen(utf8);
	GString *out = g_string_sized_new(MIN((size_t)(end - utf8), max) + 1);
	gunichar before = 0;

	for (const char *p = utf8; p < end && out->len <= max;) {
		size_t run = ascii_run(p, (size_t)(end - p));

		g_string_append_len(out, p, (gssize)run);
		before = run ? (gunichar)p[run - 1] : before;
		p += run;
		if (*p == '\r' && p[1] == '\n') {
			p++;
		} else if (p < end && run == 0) {
			append_to_block(out, p, unseen, &before);
			p = g_utf8_next_char(p);
		}
	}
	g_string_truncate(out, text_cut(out->str, out->len, max));
	return g_string_free(out, FALSE);
}

static char *block_of(const char *s, gssize len, size_t max, enum unseen unseen)
{
	size_t n = MIN(len < 0 ? strlen(s) : (size_t)len, max * 2 + 16);
	g_autofree char *valid = g_utf8_make_valid(s, (gssize)n);

	return block_of_valid(valid, max, unseen);
}

char *text_block(const char *s, gssize len, size_t max)
{
	return block_of(s, len, max, UNSEEN_DROPPED);
}

char *text_block_kept(const char *s, gssize len, size_t max)
{
	return block_of(s, len, max, UNSEEN_KEPT);
}

char *text_block_valid(const char *utf8, size_t max)
{
	return block_of_valid(utf8, max, UNSEEN_KEPT);
}

char *text_block_shown(const char *s, gssize len, size_t max)
{
	return block_of(s, len, max, UNSEEN_SHOWN);
}
