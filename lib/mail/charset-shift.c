/* Shifts and escapes undone. Bytes that make no pair are passed on as they are. */
#include "mail/charset-shift.h"

#include <stdbool.h>
#include <string.h>

#include "mail/charset.h"

enum { ESC = 0x1b, SO = 0x0e, SI = 0x0f, KANA_SHIFT = 0x80 };

/* --- Japanese --- */

enum jis_set { JIS_ROMAN, JIS_KANA, JIS_KANJI, JIS_SUPPLEMENT };

/* RFC 1468, 1554, and what Microsoft's code pages 50220 to 50222 add. */
static const struct {
	const char *escape;
	enum jis_set set;
} jis_escapes[] = {
	{ .escape = "\x1b(B", .set = JIS_ROMAN },
	{ .escape = "\x1b(J", .set = JIS_ROMAN },
	{ .escape = "\x1b(H", .set = JIS_ROMAN },
	{ .escape = "\x1b(I", .set = JIS_KANA },
	{ .escape = "\x1b$B", .set = JIS_KANJI },
	{ .escape = "\x1b$@", .set = JIS_KANJI },
	{ .escape = "\x1b$(B", .set = JIS_KANJI },
	{ .escape = "\x1b$(@", .set = JIS_KANJI },
	{ .escape = "\x1b$(D", .set = JIS_SUPPLEMENT },
};

static size_t jis_escape(const guchar *p, const guchar *end, enum jis_set *set_out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(jis_escapes); i++) {
		size_t len = strlen(jis_escapes[i].escape);

		if ((size_t)(end - p) >= len && memcmp(p, jis_escapes[i].escape, len) == 0) {
			*set_out = jis_escapes[i].set;
			return len;
		}
	}
	return 0;
}

static bool is_jis_byte(guchar c)
{
	return c >= 0x21 && c <= 0x7e;
}

/* JIS X 0208, row and cell, as Shift_JIS has it. */
static void put_kanji(GString *out, guchar row, guchar cell)
{
	guchar lead = (guchar)(((row - 0x21) >> 1) + 0x81);
	guchar odd = (guchar)(cell + (cell < 0x60 ? 0x1f : 0x20)), even = (guchar)(cell + 0x7e);

	g_string_append_c(out, (char)(lead > 0x9f ? lead + 0x40 : lead));
	g_string_append_c(out, (char)(row % 2 ? odd : even));
}

/* One character of a set; how many bytes it took. */
static size_t shift_put_jis(GString *out, enum jis_set set, const guchar *p, const guchar *end)
{
	bool pair = p + 1 < end && is_jis_byte(p[0]) && is_jis_byte(p[1]);

	if (set == JIS_KANJI && pair) {
		put_kanji(out, p[0], p[1]);
		return 2;
	}
	/* windows-31j has no JIS X 0212: U+FFFD stands for it. */
	if (set == JIS_SUPPLEMENT && pair) {
		g_string_append_c(out, (char)0xff);
		return 2;
	}
	if (set == JIS_KANA && p[0] >= 0x21 && p[0] <= 0x5f)
		g_string_append_c(out, (char)(p[0] | KANA_SHIFT));
	else
		g_string_append_c(out, (char)p[0]);
	return 1;
}

void charset_unshift_jis(const guchar *p, const guchar *end, GString *out)
{
	enum jis_set escaped = JIS_ROMAN;
	bool shifted = false;

	while (p < end) {
		size_t escape = *p == ESC ? jis_escape(p, end, &escaped) : 0;

		if (*p == SO || *p == SI)
			shifted = *p == SO;
		/* A line begins in ASCII (RFC 1468), so that a lost escape costs one. */
		if (*p == '\n') {
			escaped = JIS_ROMAN;
			shifted = false;
		}
		if (escape)
			p += escape;
		else if (*p == SO || *p == SI)
			p++;
		else
			p += shift_put_jis(out, shifted ? JIS_KANA : escaped, p, end);
	}
}

/* No blanks in it: those who do not know JIS see one run of signs, and no word but that. */
const char *charset_past_jis(const char *p, const char *end)
{
	const guchar *q = (const guchar *)p, *last = (const guchar *)end;
	enum jis_set set = JIS_ROMAN;

	if (*q != ESC || !jis_escape(q, last, &set) || set == JIS_ROMAN)
		return NULL;
	while (q < last && set != JIS_ROMAN) {
		size_t escape = *q == ESC ? jis_escape(q, last, &set) : 0;

		if (!escape && !is_jis_byte(*q))
			return NULL;
		q += MAX(escape, 1);
	}
	return (const char *)q;
}

void charset_unshift_euc(const guchar *p, const guchar *end, GString *out)
{
	while (p < end) {
		bool more = p + 1 < end && p[1] >= 0xa1 && p[1] != 0xff;

		if (more && p[0] >= 0xa1 && p[0] != 0xff)
			put_kanji(out, p[0] & 0x7f, p[1] & 0x7f);
		else if (more && p[0] == 0x8e && p[1] <= 0xdf)
			g_string_append_c(out, (char)p[1]);
		else
			g_string_append_c(out, (char)(p[0] < 0x80 ? p[0] : 0xff));
		p += more && p[0] >= 0x80 ? 2 : 1;
	}
}

/* --- Korean, Chinese --- */

/* From p on, in pairs that have no eighth bit. */
static const guchar *put_pairs(const guchar *p, const guchar *end, GString *out)
{
	while (p + 1 < end && is_jis_byte(p[0]) && is_jis_byte(p[1]) && p[0] != '~') {
		g_string_append_c(out, (char)(p[0] | 0x80));
		g_string_append_c(out, (char)(p[1] | 0x80));
		p += 2;
	}
	return p;
}

void charset_unshift_korean(const guchar *p, const guchar *end, GString *out)
{
	static const char announced[] = "\x1b$)C";
	bool shifted = false;

	while (p < end) {
		if ((size_t)(end - p) >= strlen(announced) &&
			memcmp(p, announced, strlen(announced)) == 0) {
			p += strlen(announced);
			continue;
		}
		if (shifted)
			p = put_pairs(p, end, out);
		if (p == end)
			return;
		shifted = *p == SO || (shifted && *p != SI && *p != '\n');
		if (*p != SO && *p != SI)
			g_string_append_c(out, (char)*p);
		p++;
	}
}

void charset_unshift_hz(const guchar *p, const guchar *end, GString *out)
{
	bool shifted = false;

	while (p < end) {
		guchar next = p + 1 < end ? p[1] : 0;

		if (*p == '~' && next && strchr("{}\n~", next)) {
			shifted = next == '{' || (next == '~' && shifted);
			if (next == '~')
				g_string_append_c(out, '~');
			p += 2;
			continue;
		}
		if (shifted && next && is_jis_byte(*p)) {
			const guchar *pairs = p;

			p = put_pairs(p, end, out);
			if (p > pairs)
				continue;
		}
		shifted = shifted && *p != '\n';
		g_string_append_c(out, (char)*p++);
	}
}
