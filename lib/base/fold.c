/* Words are runs of letters and digits in text_searchable()'s form, made a character at a time. */
#include "base/fold.h"

#include <pthread.h>
#include <string.h>

#include "base/text.h"

enum {
	SMALL_END = 0x530, /* Latin, Greek, Cyrillic: their forms are kept */
	SMALL_BYTES = 12,
	SYLLABLES = 0x1100, /* the first of those that are cut in pairs */
	PROLONGED = 0x30fc, /* the sound mark that belongs to both kana */
	PARTS_LETTERS = 4,
	PARTS_MOST = 30
};

/* --- characters --- */

/* Runs of these are cut in pairs. */
static bool fold_is_paired(gunichar c)
{
	if (c < SYLLABLES)
		return false;
	switch (g_unichar_get_script(c)) {
	case G_UNICODE_SCRIPT_HAN:
	case G_UNICODE_SCRIPT_HIRAGANA:
	case G_UNICODE_SCRIPT_KATAKANA:
	case G_UNICODE_SCRIPT_BOPOMOFO:
	case G_UNICODE_SCRIPT_HANGUL:
		return true;
	default: /* of another library's */
		return c == PROLONGED;
	}
}

static bool fold_is_of_word(gunichar c)
{
	return c < 128 ? g_ascii_isalnum((char)c) : g_unichar_isalnum(c) || c == PROLONGED;
}

/* Some are a whole sentence: U+FDFA. Owned. */
static char *fold_character(gunichar c)
{
	char utf8[8] = "";

	g_unichar_to_utf8(c, utf8);
	return text_searchable(utf8);
}

static char (*small_forms)[SMALL_BYTES];

static void fold_make_small(void)
{
	small_forms = g_malloc(sizeof *small_forms * SMALL_END);
	for (gunichar i = 128; i < SMALL_END; i++) {
		g_autofree char *form = fold_character(i);

		g_assert(strlen(form) < SMALL_BYTES);
		g_strlcpy(small_forms[i], form, SMALL_BYTES);
	}
}

/* Borrowed: the form of a character that texts have many of. */
static const char *fold_small(gunichar c)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fold_make_small);
	return small_forms[c];
}

/* --- a text on its way --- */

struct folding {
	fold_visit *fn;
	void *arg;
	bool last; /* the last one of a run of pairs stands alone, too */
	const char *start, *end;
	size_t len;
	char word[FOLD_WORD_BYTES + 8];
	bool cut;
	gunichar one; /* the first half of a pair; 0: none */
	const char *one_start, *one_end;
	bool paired; /* it is the second half of another */
};

static void fold_tell(struct folding *f)
{
	const struct fold_word word = { f->word, f->len, f->start, f->end };

	if (f->len)
		f->fn(&word, f->arg);
	f->len = 0;
	f->cut = false;
}

static void fold_add(struct folding *f, const char *bytes, size_t len)
{
	f->cut |= f->len + len > FOLD_WORD_BYTES;
	if (f->cut)
		return;
	memcpy(f->word + f->len, bytes, len);
	f->len += len;
}

static void fold_add_point(struct folding *f, gunichar c)
{
	char utf8[8];

	fold_add(f, utf8, (size_t)g_unichar_to_utf8(c, utf8));
}

/* "東京都": 東京, 京都, and 都 when the last is to stand alone. A Hangul syllable is two or three
 * characters after NFKD, and so are its pairs. */
static void fold_end_pairs(struct folding *f)
{
	if (f->one && (f->last || !f->paired)) {
		fold_add_point(f, f->one);
		f->start = f->one_start;
		f->end = f->one_end;
		fold_tell(f);
	}
	f->one = 0;
}

static void fold_end(struct folding *f)
{
	if (f->one)
		fold_end_pairs(f);
	else
		fold_tell(f);
}

static void fold_pair(struct folding *f, gunichar c, const char *start, const char *end)
{
	if (!f->one)
		fold_tell(f);
	f->paired = f->one != 0;
	if (f->one) {
		fold_add_point(f, f->one);
		fold_add_point(f, c);
		f->start = f->one_start;
		f->end = end;
		fold_tell(f);
	}
	f->one = c;
	f->one_start = start;
	f->one_end = end;
}

/* A character of a word that is no pair's. */
static void fold_letter(
	struct folding *f, const char *bytes, size_t len, const char *start, const char *end)
{
	if (f->one)
		fold_end_pairs(f);
	if (f->len == 0)
		f->start = start;
	f->end = end;
	fold_add(f, bytes, len);
}

/* One character may be several, and some of them no letters: ½. A mark has no form, and belongs to
 * the letter before it. */
static void fold_form(struct folding *f, const char *form, const char *start, const char *end)
{
	if (!*form && f->one)
		f->one_end = end;
	else if (!*form)
		f->end = end;
	for (const char *p = form; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!fold_is_of_word(c))
			fold_end(f);
		else if (fold_is_paired(c))
			fold_pair(f, c, start, end);
		else
			fold_letter(f, p, (size_t)(g_utf8_next_char(p) - p), start, end);
	}
}

/* Returns what follows. */
static const char *fold_beyond_ascii(struct folding *f, const char *p)
{
	gunichar c = g_utf8_get_char_validated(p, -1);
	const char *next;

	if (c == (gunichar)-1 || c == (gunichar)-2) {
		fold_end(f);
		return p + 1;
	}
	next = g_utf8_next_char(p);
	if (c < SMALL_END) {
		fold_form(f, fold_small(c), p, next);
	} else {
		g_autofree char *form = fold_character(c);

		fold_form(f, form, p, next);
	}
	return next;
}

/* ASCII letters and digits in a row: most of most texts. Returns what follows. */
static const char *fold_ascii(struct folding *f, const char *p)
{
	const char *start = p;
	size_t n = 0;

	if (f->one)
		fold_end_pairs(f);
	if (f->len == 0)
		f->start = start;
	f->cut |= f->len >= FOLD_WORD_BYTES;
	for (; g_ascii_isalnum(*p); p++)
		if (!f->cut && f->len + n < FOLD_WORD_BYTES)
			f->word[f->len + n++] = (char)(*p | (*p & 0x40) >> 1);
	f->cut |= n < (size_t)(p - start);
	f->len += n;
	f->end = p;
	return p;
}

static void fold_words(const char *text, bool last, fold_visit *fn, void *arg)
{
	struct folding f = { .fn = fn, .arg = arg, .last = last };

	for (const char *p = text; *p;) {
		if (g_ascii_isalnum(*p)) {
			p = fold_ascii(&f, p);
		} else if ((guchar)*p >= 128) {
			p = fold_beyond_ascii(&f, p);
		} else {
			fold_end(&f);
			p++;
		}
	}
	fold_end(&f);
}

/* --- what is asked for --- */

void fold_each(const char *text, fold_visit *fn, void *arg)
{
	if (text)
		fold_words(text, true, fn, arg);
}

static void fold_append(const struct fold_word *word, void *out)
{
	if (((GString *)out)->len)
		g_string_append_c((GString *)out, ' ');
	g_string_append_len(out, word->word, (gssize)word->len);
}

void fold_text(const char *text, GString *out)
{
	fold_each(text, fold_append, out);
}

char **fold_asked(const char *text, bool *open_out)
{
	g_autoptr(GString) words = g_string_new(NULL);
	char **asked;
	guint n;

	fold_words(text, false, fold_append, words);
	asked = words->len ? g_strsplit(words->str, " ", -1) : g_new0(char *, 1);
	n = g_strv_length(asked);
	*open_out = n > 0 && g_utf8_strlen(asked[n - 1], -1) == 1 &&
		fold_is_paired(g_utf8_get_char(asked[n - 1]));
	return asked;
}

bool fold_has_parts(const char *word, size_t len)
{
	size_t letters = 0, i;

	for (i = 0; i < len && !g_ascii_isdigit(word[i]) && letters < PARTS_LETTERS; i++)
		letters += ((guchar)word[i] & 0xc0) != 0x80;
	return letters == PARTS_LETTERS && len <= PARTS_MOST;
}
