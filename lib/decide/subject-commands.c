/* Commands in a Subject. */
#include "decide/subject-commands.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "mail/subject-words.h"
#include "model/verb.h"

/* A Subject at work. */
struct search {
	struct words words;
	GArray *parts;    /* struct subject_word */
	GHashTable *left; /* word with "!" → how many of it are still the sender's own */
	const struct foreign *foreign;
};

static struct subject_word *commands_part(const struct search *s, guint i)
{
	return &g_array_index(s->parts, struct subject_word, i);
}

static char *part_text(const struct search *s, guint i)
{
	return g_strndup(s->words.text->str + commands_part(s, i)->start,
		commands_part(s, i)->end - commands_part(s, i)->start);
}

/* --- what looks like one --- */

/* The verb that a word "!close" is, or nearly is; -1. Verbs of the shell alone are answered,
 * too. */
static int verb_of(const char *word)
{
	int verb = *word == '!' ? verb_find(word + 1) : -1;

	return verb < 0 && *word == '!' ? verb_nearest(word + 1) : verb;
}

static char *bang_at(const struct search *s, guint i)
{
	const char *rest;

	return commands_part(s, i)->form ? foreign_bang_in(commands_part(s, i)->form, &rest) : NULL;
}

/* A "!" that no word follows could not be told from a foreign one. */
static int verb_at(const struct search *s, guint i)
{
	g_autofree char *bang = bang_at(s, i), *word = bang ? part_text(s, i) : NULL;

	return word ? verb_of(word) : -1;
}

/* --- whose it is --- */

static guint commands_left(const struct search *s, const char *bang)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(s->left, bang));
}

/* How often each word with a "!" is there; owned. */
static GHashTable *commands_count_bangs(const GArray *parts, bool foreign_only)
{
	GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < parts->len; i++) {
		const struct subject_word *word = &g_array_index(parts, struct subject_word, i);

		if (word->foreign || !foreign_only)
			foreign_count_bangs(counts, word);
	}
	return counts;
}

/* How much more often each stands here than in any foreign Subject. Where such a Subject was
 * edited, nobody knows which of the words came with it. */
static void count_own(struct search *s)
{
	g_autoptr(GHashTable) known = commands_count_bangs(s->parts, true);
	GHashTableIter iter;
	void *bang, *n;

	s->left = commands_count_bangs(s->parts, false);
	g_hash_table_iter_init(&iter, s->left);
	while (g_hash_table_iter_next(&iter, &bang, &n)) {
		guint others = foreign_bangs(s->foreign, bang), all = GPOINTER_TO_UINT(n);
		guint found = GPOINTER_TO_UINT(g_hash_table_lookup(known, bang));

		g_hash_table_iter_replace(
			&iter, GUINT_TO_POINTER(found < others || all < others ? 0 : all - others));
	}
}

/* From the end, where people add to the Subject that they answer: of two equal words the last is
 * theirs. */
static void mark_others_bangs(struct search *s)
{
	for (guint i = s->parts->len; i-- > 0;) {
		g_autofree char *bang = bang_at(s, i);
		guint n = bang ? commands_left(s, bang) : 0;

		if (!bang || commands_part(s, i)->foreign)
			continue;
		commands_part(s, i)->foreign = n == 0;
		if (n > 0)
			g_hash_table_insert(
				s->left, g_steal_pointer(&bang), GUINT_TO_POINTER(n - 1));
	}
}

static void search_init(struct search *s, const char *raw, const struct foreign *foreign)
{
	words_init(&s->words, raw);
	s->parts = subject_words(s->words.text->str, foreign->format);
	s->foreign = foreign;
	foreign_mark(foreign, s->parts);
	count_own(s);
	mark_others_bangs(s);
}

static void search_release(struct search *s)
{
	g_hash_table_destroy(s->left);
	g_array_unref(s->parts);
	words_release(&s->words);
}

/* --- how far it reaches --- */

static bool is_argument(const struct search *s, guint i)
{
	const struct subject_word *p = i < s->parts->len ? commands_part(s, i) : NULL;

	return p && p->form && !p->foreign;
}

static char first_byte(const struct search *s, guint i)
{
	return s->words.text->str[commands_part(s, i)->start];
}

/* The index after the arguments of the verb at i. */
static guint past_arguments(const struct search *s, guint i, enum verb_reach reach)
{
	guint at = i + 1;

	switch (reach) {
	case REACH_NONE:
		return at;
	case REACH_WORD:
		return is_argument(s, at) && first_byte(s, at) != '!' ? at + 1 : at;
	case REACH_SIGNED:
		while (is_argument(s, at) && strchr("+-", first_byte(s, at)))
			at++;
		return at;
	case REACH_REST:
		while (is_argument(s, at) && first_byte(s, at) != '!')
			at++;
		return at;
	}
	return at;
}

/* --- taking --- */

static char *commands_joined(const struct search *s, guint from, guint to)
{
	GString *out = g_string_new(NULL);

	for (guint i = from; i < to; i++) {
		g_autofree char *word = part_text(s, i);

		g_string_append_printf(out, "%s%s", i > from ? " " : "", word);
	}
	g_string_erase(out, 0, 1);
	return g_string_free(out, FALSE);
}

/* Removes the blanks after it as well. */
static void remove_range(struct words *w, guint start, guint end)
{
	const char *text = w->text->str;

	words_remove(w, start, (guint)(text_past_blanks(text + end) - text));
}

/* Removes the blanks that are left at the end. */
static void trim_end(struct words *w)
{
	const char *text = w->text->str;
	guint at = (guint)w->text->len;

	while (at > 0) {
		guint before = (guint)(g_utf8_prev_char(text + at) - text);

		if (!g_array_index(w->removed, gboolean, before) &&
			!g_unichar_isspace(g_utf8_get_char(text + before)))
			return;
		words_remove(w, before, at);
		at = before;
	}
}

static char *commands_rest_of(struct words *w)
{
	trim_end(w);
	return words_rebuild(w);
}

static guint commands_take(struct search *s, guint i, int verb, GPtrArray *taken, GPtrArray *places)
{
	guint to = past_arguments(s, i, verb_info((enum verb)verb)->reach),
	      start = commands_part(s, i)->start, end = commands_part(s, to - 1)->end;

	g_ptr_array_add(taken, commands_joined(s, i, to));
	g_ptr_array_add(places, g_strdup_printf("%u+%u", start, end - start));
	remove_range(&s->words, start, end);
	return to;
}

static char **as_list(GPtrArray *list)
{
	if (list->len == 0) {
		g_ptr_array_free(list, TRUE);
		return NULL;
	}
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(list, FALSE);
}

void subject_commands_init(
	struct subject_commands *c, const char *raw, const struct foreign *foreign)
{
	GPtrArray *taken = g_ptr_array_new(), *places = g_ptr_array_new(),
		  *kept = g_ptr_array_new();
	struct search s;

	search_init(&s, raw, foreign);
	c->doubt = foreign->subject_doubt;
	for (guint i = 0;
		i < s.parts->len && taken->len < LIMIT_COMMANDS && kept->len < LIMIT_COMMANDS;) {
		int verb = verb_at(&s, i);

		if (verb >= 0 && !c->doubt && !commands_part(&s, i)->foreign) {
			i = commands_take(&s, i, verb, taken, places);
			continue;
		}
		if (verb >= 0)
			g_ptr_array_add(kept, part_text(&s, i));
		i++;
	}
	c->rest = taken->len ? commands_rest_of(&s.words) : NULL;
	c->taken = as_list(taken);
	c->places = as_list(places);
	c->kept = as_list(kept);
	search_release(&s);
}

void subject_commands_release(struct subject_commands *c)
{
	g_strfreev(c->taken);
	g_strfreev(c->places);
	g_strfreev(c->kept);
	g_free(c->rest);
	memset(c, 0, sizeof *c);
}

bool subject_has_commands(const char *raw, const struct tag_format *format)
{
	struct subject_commands c;
	struct foreign nobody;
	bool has;

	if (!raw || (words_are_plain(raw) && !strchr(raw, '!')))
		return false;
	foreign_init(&nobody, format);
	subject_commands_init(&c, raw, &nobody);
	has = c.taken != NULL;
	subject_commands_release(&c);
	foreign_release(&nobody);
	return has;
}

/* --- once more --- */

static bool is_place(const struct words *w, const char *place, guint *start_out, guint *end_out)
{
	guint start, len;

	if (sscanf(place, "%u+%u", &start, &len) != 2 || len > w->text->len ||
		start > w->text->len - len)
		return false;
	*start_out = start;
	*end_out = start + len;
	return w->text->str[start] == '!';
}

char *subject_without(const char *raw, char *const *places)
{
	struct words w;
	guint start, end;
	bool all = places && *places;
	char *rest;

	words_init(&w, raw);
	for (char *const *p = places; all && *p; p++) {
		all = is_place(&w, *p, &start, &end);
		if (all)
			remove_range(&w, start, end);
	}
	rest = all ? commands_rest_of(&w) : NULL;
	words_release(&w);
	return rest;
}
