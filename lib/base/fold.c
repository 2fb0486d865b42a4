/* Words are runs of letters and digits in text_searchable()'s form. */
#include "base/fold.h"

#include <string.h>

#include "base/text.h"

/* Runs of these are cut in pairs. */
static bool fold_is_paired(gunichar c)
{
	switch (g_unichar_get_script(c)) {
	case G_UNICODE_SCRIPT_HAN:
	case G_UNICODE_SCRIPT_HIRAGANA:
	case G_UNICODE_SCRIPT_KATAKANA:
	case G_UNICODE_SCRIPT_BOPOMOFO:
	case G_UNICODE_SCRIPT_HANGUL:
		return true;
	default: /* of another library's */
		/* The prolonged sound mark belongs to both kana. */
		return c == 0x30fc;
	}
}

static bool fold_is_of_word(gunichar c)
{
	return c < 128 ? g_ascii_isalnum((char)c) : g_unichar_isalnum(c) || c == 0x30fc;
}

static void fold_put(GString *out, const char *start, const char *end)
{
	gsize len = (gsize)(end - start);

	if (len > FOLD_WORD_BYTES)
		len = (gsize)(g_utf8_find_prev_char(start, start + FOLD_WORD_BYTES + 1) - start);
	if (out->len)
		g_string_append_c(out, ' ');
	g_string_append_len(out, start, (gssize)len);
}

/* "東京都": 東京, 京都, and 都 when the last is to stand alone. A Hangul syllable is two or three
 * characters after NFKD, and so are its pairs. */
static const char *fold_put_pairs(const char *p, bool last, GString *out)
{
	bool any = false;

	for (;;) {
		const char *next = g_utf8_next_char(p), *end;

		if (!*next || !fold_is_paired(g_utf8_get_char(next))) {
			if (last || !any)
				fold_put(out, p, next);
			return next;
		}
		end = g_utf8_next_char(next);
		fold_put(out, p, end);
		any = true;
		p = next;
	}
}

static const char *fold_put_word(const char *p, GString *out)
{
	const char *start = p;
	gunichar c;

	while (*p && (c = g_utf8_get_char(p), fold_is_of_word(c)) && !fold_is_paired(c))
		p = g_utf8_next_char(p);
	fold_put(out, start, p);
	return p;
}

/* Most text is ASCII, and needs no more than this. Owned. */
static char *fold_form(const char *text)
{
	g_autofree char *valid = NULL;

	if (g_str_is_ascii(text))
		return g_ascii_strdown(text, -1);
	valid = g_utf8_make_valid(text, -1);
	return text_searchable(valid);
}

static void fold_words(const char *text, bool last, GString *out)
{
	g_autofree char *form = fold_form(text);

	for (const char *p = form; *p;) {
		gunichar c = g_utf8_get_char(p);

		if (!fold_is_of_word(c))
			p = g_utf8_next_char(p);
		else
			p = fold_is_paired(c) ? fold_put_pairs(p, last, out)
					      : fold_put_word(p, out);
	}
}

void fold_text(const char *text, GString *out)
{
	if (text)
		fold_words(text, true, out);
}

char **fold_asked(const char *text, bool *open_out)
{
	g_autoptr(GString) words = g_string_new(NULL);
	char **asked;
	guint n;

	fold_words(text, false, words);
	asked = words->len ? g_strsplit(words->str, " ", -1) : g_new0(char *, 1);
	n = g_strv_length(asked);
	*open_out = n > 0 && g_utf8_strlen(asked[n - 1], -1) == 1 &&
		fold_is_paired(g_utf8_get_char(asked[n - 1]));
	return asked;
}
