/* Texts are read word by word. */
#include "base/sought.h"

#include <string.h>

#include "base/fold.h"

enum { PART_LETTERS = 3, WORDS_MOST = 64 };

static bool sought_is_number(const char *word)
{
	return word[strspn(word, "0123456789")] == '\0';
}

/* A code may go on, a number is itself, and letters may be a part of a word. */
static void sought_loosen(struct sought *s)
{
	const char *word = s->words[0];

	if (s->n != 1 || g_utf8_strlen(word, -1) < PART_LETTERS || sought_is_number(word))
		return;
	if (strpbrk(word, "0123456789"))
		s->open = true;
	else
		s->part = true;
}

struct sought *sought_new(const char *text, enum sought_how how)
{
	bool open;
	char **words = fold_asked(text, &open);
	struct sought *s;

	if (!words[0]) {
		g_strfreev(words);
		return NULL;
	}
	s = g_new0(struct sought, 1);
	s->words = words;
	s->n = MIN(g_strv_length(words), WORDS_MOST);
	s->open = open || how == SOUGHT_OPEN;
	if (how == SOUGHT_LOOSE && !s->open)
		sought_loosen(s);
	return s;
}

struct sought *sought_written(const char *text)
{
	return sought_new(text, g_str_has_suffix(text, "*") ? SOUGHT_OPEN : SOUGHT_LOOSE);
}

void sought_free(struct sought *s)
{
	if (!s)
		return;
	g_strfreev(s->words);
	g_free(s);
}

/* --- a text on its way --- */

struct seeking {
	const struct sought *sought;
	guint64 begun;                  /* bit i: the last i + 1 words are its first ones */
	const char *starts[WORDS_MOST]; /* of the last words, in a ring */
	unsigned at;
};

static bool sought_is(const struct sought *s, unsigned i, const struct fold_word *w)
{
	const char *word = s->words[i];
	size_t len = strlen(word);
	bool open = s->open && i + 1 == s->n;

	if (s->part && w->len > len && fold_has_parts(w->word, w->len))
		return memmem(w->word, w->len, word, len) != NULL;
	return (open ? w->len >= len : w->len == len) && memcmp(w->word, word, len) == 0;
}

/* Does the sought end with this word? */
static bool seeking_go_on(struct seeking *k, const struct fold_word *w)
{
	const struct sought *s = k->sought;
	guint64 begun = k->begun << 1 | 1, now = 0;

	for (unsigned i = 0; i < s->n; i++)
		if (begun >> i & 1 && sought_is(s, i, w))
			now |= G_GUINT64_CONSTANT(1) << i;
	k->begun = now;
	k->starts[k->at++ % WORDS_MOST] = w->start;
	return now >> (s->n - 1) & 1;
}

static const char *seeking_start(const struct seeking *k)
{
	return k->starts[(k->at - k->sought->n) % WORDS_MOST];
}

struct seek_all {
	struct seeking *each;
	unsigned n, most;
	const char *text;
	GArray *places;
};

static void seek_word(const struct fold_word *w, void *arg)
{
	struct seek_all *all = arg;

	for (unsigned i = 0; i < all->n && all->places->len < all->most; i++) {
		struct sought_place place = { .which = i };
		const char *start;

		if (!seeking_go_on(&all->each[i], w))
			continue;
		start = seeking_start(&all->each[i]);
		place.start = (unsigned)(start - all->text);
		place.length = (unsigned)(w->end - start);
		g_array_append_val(all->places, place);
	}
}

void sought_places(const struct sought *const *list, unsigned n, const char *text, unsigned most,
	GArray *places_out)
{
	g_autofree struct seeking *each = g_new0(struct seeking, n);
	struct seek_all all = { each, n, most, text, places_out };

	for (unsigned i = 0; i < n; i++)
		each[i] = (struct seeking){ .sought = list[i] };
	fold_each(text, seek_word, &all);
}

bool sought_in(const struct sought *sought, const char *text)
{
	g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(struct sought_place));

	sought_places(&sought, 1, text, 1, places);
	return places->len > 0;
}
