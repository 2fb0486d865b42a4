/* Words of others, compared as people read them. */
#include "mail/foreign.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/verb.h"

enum {
	CUT_BYTES = 8,    /* what is cut at a character and its blanks may lack of the limit */
	LABEL_BYTES = 40, /* bytes of a header field's name in a text */
	VALUE_BYTES = 1000,
	JOINED_BYTES = 16,  /* bytes of a word that was divided or cut; no verb has as many */
	CUT_BANG_BYTES = 4, /* bytes of "!tag", the shortest that says anything */
	LINE_BYTES = 200
};

/* --- forms --- */

static bool is_unseen(gunichar c)
{
	return g_unichar_iszerowidth(c) || c == 0xad ||
		(g_unichar_iscntrl(c) && !g_unichar_isspace(c));
}

/* Owned. s is one word, or a line. */
static char *form_of(const char *s, gsize len)
{
	g_autofree char *valid = g_utf8_make_valid(s, (gssize)len);
	g_autofree char *plain = g_utf8_normalize(valid, -1, G_NORMALIZE_ALL);
	g_autofree char *folded = g_utf8_casefold(plain, -1);
	GString *out = g_string_new(NULL);

	/* Decomposed, so that a mark which is one character here and two there is no difference:
	 * marks are left out. */
	for (const char *p = folded; *p; p = g_utf8_next_char(p))
		if (!is_unseen(g_utf8_get_char(p)))
			g_string_append_unichar(out, g_utf8_get_char(p));
	return g_string_free(out, FALSE);
}

char *foreign_bang_in(const char *form, const char **rest_out)
{
	for (const char *bang = strchr(form, '!'); bang; bang = strchr(bang + 1, '!')) {
		const char *end = bang + 1;

		while (*end && (g_unichar_isalnum(g_utf8_get_char(end)) || *end == '-'))
			end = g_utf8_next_char(end);
		*rest_out = end;
		if (end > bang + 1)
			return g_strndup(bang, (gsize)(end - bang));
	}
	return NULL;
}

/* NULL: all of it is ASCII. */
static char *ascii_form_of(const char *s, gsize len)
{
	g_autoptr(GString) ascii = g_string_new(NULL);

	for (gsize i = 0; i < len; i++)
		if (g_ascii_isprint(s[i]))
			g_string_append_c(ascii, s[i]);
	return ascii->len < len ? form_of(ascii->str, ascii->len) : NULL;
}

/* --- words --- */

static void word_clear(void *data)
{
	struct subject_word *word = data;

	g_free(word->form);
	g_free(word->ascii);
}

static const char *foreign_past_word(const char *p)
{
	while (*p && !g_unichar_isspace(g_utf8_get_char(p)))
		p = g_utf8_next_char(p);
	return p;
}

GArray *subject_words(const char *text, const struct tag_format *format)
{
	GArray *words = g_array_new(FALSE, FALSE, sizeof(struct subject_word));
	const char *end;

	g_array_set_clear_func(words, word_clear);
	for (const char *p = text_past_blanks(text); *p; p = text_past_blanks(end)) {
		gsize seam = MAX(subject_tag_length(format, text, p), subject_prefix_length(p));
		struct subject_word word = { .start = (guint)(p - text) };

		end = seam ? p + seam : foreign_past_word(p);
		word.end = (guint)(end - text);
		word.form = seam ? NULL : form_of(p, (gsize)(end - p));
		word.ascii = seam ? NULL : ascii_form_of(p, (gsize)(end - p));
		g_array_append_val(words, word);
	}
	return words;
}

static const struct subject_word *word_at(const GArray *words, guint i)
{
	return &g_array_index(words, struct subject_word, i);
}

/* --- collecting --- */

void foreign_init(struct foreign *f, const struct tag_format *format)
{
	memset(f, 0, sizeof *f);
	f->format = format;
	f->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	f->subjects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	f->pairs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	f->bangs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	f->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void foreign_release(struct foreign *f)
{
	g_clear_pointer(&f->texts, g_hash_table_destroy);
	g_clear_pointer(&f->subjects, g_hash_table_destroy);
	g_clear_pointer(&f->pairs, g_hash_table_destroy);
	g_clear_pointer(&f->bangs, g_hash_table_destroy);
	g_clear_pointer(&f->lines, g_hash_table_destroy);
}

static guint foreign_count_of(GHashTable *counts, const char *form)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(counts, form));
}

/* Takes form, where the table owns its keys. */
static void foreign_count_one(GHashTable *counts, char *form)
{
	guint n = foreign_count_of(counts, form) + 1;

	g_hash_table_replace(counts, form, GUINT_TO_POINTER(n));
}

static void count_cuts(GHashTable *counts, const char *bang)
{
	gsize len = strlen(bang);

	for (gsize cut = CUT_BANG_BYTES; cut < MIN(len, JOINED_BYTES); cut++)
		foreign_count_one(counts, g_strndup(bang, cut));
}

static void foreign_count_form(GHashTable *counts, const char *form)
{
	char *bang;

	while (form && (bang = foreign_bang_in(form, &form))) {
		count_cuts(counts, bang);
		foreign_count_one(counts, bang);
	}
}

void foreign_count_bangs(GHashTable *counts, const struct subject_word *word)
{
	foreign_count_form(counts, word->form);
	foreign_count_form(counts, word->ascii);
}

static void keep_most(struct foreign *f, GHashTable *counts)
{
	GHashTableIter iter;
	void *bang, *n;

	g_hash_table_iter_init(&iter, counts);
	while (g_hash_table_iter_next(&iter, &bang, &n))
		if (GPOINTER_TO_UINT(n) > foreign_bangs(f, bang))
			g_hash_table_replace(f->bangs, g_strdup(bang), n);
}

/* What cannot be seen was recorded as a blank, and a client may leave it out: "!clo se" of the
 * record is "!close" there. So a word with a "!" counts together with those after it, too. */
static void count_joined(GHashTable *counts, const GArray *words, guint i)
{
	const char *bang = strrchr(word_at(words, i)->form, '!'), *rest;
	g_autoptr(GString) joined = g_string_new(bang);
	g_autofree char *last = bang ? foreign_bang_in(bang, &rest) : NULL;

	while (bang && ++i < words->len && word_at(words, i)->form && joined->len < JOINED_BYTES) {
		char *whole;

		g_string_append(joined, word_at(words, i)->form);
		whole = foreign_bang_in(joined->str, &rest);
		if (!whole || (last && strcmp(whole, last) == 0)) {
			g_free(whole);
			continue;
		}
		g_free(last);
		last = g_strdup(whole);
		foreign_count_one(counts, whole);
	}
}

static char *pair_of(const char *first, const char *second)
{
	return g_strconcat(first, " ", second, NULL);
}

/* The Subjects of a ticket are nearly all the same. */
static void add_words(struct foreign *f, const char *text)
{
	g_autoptr(GHashTable) counts = NULL;
	g_autoptr(GArray) words = NULL;
	g_autoptr(GString) joined = NULL;
	const char *last = NULL;

	if (!g_hash_table_add(f->texts, g_strdup(text)))
		return;
	counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	words = subject_words(text, f->format);
	joined = g_string_new(NULL);
	for (guint i = 0; i < words->len; i++) {
		const char *form = word_at(words, i)->form;

		if (!form || !*form)
			continue;
		if (last)
			g_hash_table_add(f->pairs, pair_of(last, form));
		last = form;
		foreign_count_bangs(counts, word_at(words, i));
		count_joined(counts, words, i);
		g_string_append_printf(joined, "%s%s", joined->len ? " " : "", form);
	}
	keep_most(f, counts);
	if (joined->len && !g_hash_table_contains(f->subjects, joined->str))
		g_hash_table_insert(f->subjects, g_strdup(joined->str),
			GUINT_TO_POINTER(g_hash_table_size(f->subjects)));
}

/* Is there an "!" in the UTF-16 after a '+' (RFC 2152)? */
static bool is_utf_7_bang(const char *run)
{
	gsize len = strspn(run, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	g_autofree char *padded = g_strdup_printf("%.*sAAA", (int)MIN(len, VALUE_BYTES), run);
	gsize n;
	g_autofree guchar *bytes = NULL;

	padded[strlen(padded) / 4 * 4] = '\0';
	bytes = g_base64_decode(padded, &n);
	for (gsize i = 0; i + 1 < n; i += 2)
		if (bytes[i] == 0 && bytes[i + 1] == '!')
			return true;
	return false;
}

static bool has_utf_7_bang(const char *subject)
{
	const char *run = subject;

	while ((run = strchr(run, '+'))) {
		if (is_utf_7_bang(++run))
			return true;
		run += strcspn(run, " ");
	}
	return false;
}

/* Is there something left that another reader would decode: encoded-words with blanks in them, one
 * in another, UTF-7, an "!" of HTML? */
static bool is_ambiguous(const char *subject)
{
	static const char *const codes[] = { "=?", "&#", "&excl" };

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
		if (strstr(subject, codes[i]))
			return true;
	return has_utf_7_bang(subject);
}

/* Whoever answers may have shortened what is longer than we keep, and its end is not known here. */
void foreign_subject(struct foreign *f, const char *subject)
{
	if (!subject)
		return;
	add_words(f, subject);
	if (strlen(subject) + CUT_BYTES >= LIMIT_TITLE_BYTES)
		f->subject_doubt = N_("a Subject of these mails is too long to be compared");
	if (is_ambiguous(subject))
		f->subject_doubt = N_("a Subject of these mails can be read in more than one way");
}

/* --- texts --- */

/* Past what mail clients put in front of lines that they quote. */
static const char *foreign_unquoted(const char *line)
{
	return line + strspn(line, "> \t|*");
}

/* A line as it is compared; owned. */
static char *line_form(const char *line)
{
	g_autofree char *form = form_of(line, strnlen(line, LINE_BYTES));

	return text_line_kept(form, LINE_BYTES);
}

void foreign_text(struct foreign *f, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **p = lines; *p; p++) {
		g_autofree char *form = line_form(foreign_unquoted(*p));

		if (verb_leads(form) || verb_leads(foreign_unquoted(*p)))
			g_hash_table_add(f->lines, g_steal_pointer(&form));
	}
}

bool foreign_has_line(const struct foreign *f, const char *line)
{
	g_autofree char *form = line_form(foreign_unquoted(line));

	return g_hash_table_contains(f->lines, form);
}

/* Marks belong to the letters of many scripts, and French has a no-break space before its colon. */
static bool is_of_label(gunichar c)
{
	return g_unichar_isalpha(c) || g_unichar_ismark(c) || g_unichar_isspace(c) || c == '-';
}

const char *foreign_past_label(const char *line)
{
	const char *p = line = foreign_unquoted(line);

	while (*p && p - line < LABEL_BYTES && is_of_label(g_utf8_get_char(p)))
		p = g_utf8_next_char(p);
	if (p == line)
		return NULL;
	if (g_str_has_prefix(p, "："))
		return p + strlen("：");
	return *p == ':' ? p + 1 + strspn(p + 1, "*") : NULL;
}

static void value_ends(struct foreign *f, GString *value)
{
	if (value->len)
		add_words(f, value->str);
	g_string_truncate(value, 0);
}

/* A value goes on until the next field, or an empty line; in a table that was HTML it may begin on
 * the next. */
void foreign_header_block(struct foreign *f, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) value = g_string_new(NULL);
	bool open = false;

	for (char **p = lines; *p; p++) {
		const char *line = foreign_unquoted(*p), *rest = foreign_past_label(line);

		if (rest || (!*line && value->len)) {
			value_ends(f, value);
			open = rest != NULL;
		}
		if (open && value->len < VALUE_BYTES)
			g_string_append_printf(value, " %s", rest ? rest : line);
		if (strspn(value->str, " \t") == value->len)
			g_string_truncate(value, 0);
	}
	value_ends(f, value);
}

/* --- comparing --- */

unsigned foreign_bangs(const struct foreign *f, const char *bang)
{
	return foreign_count_of(f->bangs, bang);
}

static GHashTable *counts_of(const GArray *words)
{
	GHashTable *counts = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < words->len; i++) {
		char *form = word_at(words, i)->form;

		if (form)
			foreign_count_one(counts, form);
	}
	return counts;
}

static bool are_all_there(char **forms, GHashTable *there)
{
	g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);

	for (char **p = forms; *p; p++) {
		foreign_count_one(used, *p);
		if (foreign_count_of(used, *p) > foreign_count_of(there, *p))
			return false;
	}
	return true;
}

/* The words of the longest that is there, the first among equals; owned, NULL. */
static char **foreign_carried(const struct foreign *f, GHashTable *there)
{
	GHashTableIter iter;
	void *joined, *order;
	char **best = NULL;
	guint best_order = 0;

	g_hash_table_iter_init(&iter, f->subjects);
	while (g_hash_table_iter_next(&iter, &joined, &order)) {
		char **forms = g_strsplit(joined, " ", -1);
		int more = best ? (int)g_strv_length(forms) - (int)g_strv_length(best) : 1;

		if ((more > 0 || (more == 0 && GPOINTER_TO_UINT(order) < best_order)) &&
			are_all_there(forms, there)) {
			g_strfreev(best);
			best = g_steal_pointer(&forms);
			best_order = GPOINTER_TO_UINT(order);
		}
		g_strfreev(forms);
	}
	return best;
}

/* The next word from `at` on that is somebody's. */
static guint next_word(const GArray *words, guint at)
{
	while (at < words->len && !word_at(words, at)->form)
		at++;
	return at;
}

/* Do they stand together at `at`, but for tags and prefixes between them? */
static bool stand_at(const GArray *words, guint at, char **forms)
{
	for (; *forms; forms++, at++) {
		at = next_word(words, at);
		if (at == words->len || strcmp(word_at(words, at)->form, *forms) != 0)
			return false;
	}
	return true;
}

static guint foreign_place_of(const GArray *words, char **forms)
{
	guint at = 0;

	while (at < words->len && !stand_at(words, at, forms))
		at++;
	return at < words->len ? at : 0;
}

/* One after the other, together or with others between; what is in another order is left out. */
static void mark_from(GArray *words, guint at, char **forms)
{
	for (; *forms && at < words->len; at++) {
		struct subject_word *word = &g_array_index(words, struct subject_word, at);

		word->foreign = word->form && strcmp(word->form, *forms) == 0;
		forms += word->foreign;
	}
}

static void mark_plain(struct subject_word *word)
{
	word->foreign = !strchr(word->form, '!');
}

static void mark_pairs(const struct foreign *f, GArray *words)
{
	for (guint i = next_word(words, 0), next; i < words->len; i = next) {
		struct subject_word *first = &g_array_index(words, struct subject_word, i);
		g_autofree char *pair = NULL;

		next = next_word(words, i + 1);
		if (next == words->len)
			return;
		pair = pair_of(first->form, word_at(words, next)->form);
		if (!g_hash_table_contains(f->pairs, pair))
			continue;
		mark_plain(first);
		mark_plain(&g_array_index(words, struct subject_word, next));
	}
}

void foreign_mark(const struct foreign *f, GArray *words)
{
	g_autoptr(GHashTable) there = counts_of(words);
	g_auto(GStrv) forms = foreign_carried(f, there);

	if (forms)
		mark_from(words, foreign_place_of(words, forms), forms);
	else
		mark_pairs(f, words);
}
