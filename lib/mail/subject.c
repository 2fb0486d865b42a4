/* Tags and prefixes of a Subject. The bytes are subject-words.c's, commands
 * subject-commands.c's. */
#include "mail/subject.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "mail/subject-words.h"

enum {
	LINE_MAX_BYTES = 998, /* RFC 5322 section 2.1.1 */
	NAME_LENGTH = 9,      /* "Subject: " */
	ROUNDS = 50 /* of removing tags; each can only show one that was built around another */
};

/* --- formats --- */

static enum status bad_format(struct error *err, const char *pattern, const char *why)
{
	return error_set(err, ST_BAD_INPUT, _("tag format '%s' %s"), pattern, why);
}

static enum status check_literal(const char *pattern, struct error *err)
{
	for (const char *p = pattern; *p; p++) {
		if (*p == '%' && p[1] != 'd' && p[1] != 'n')
			return bad_format(err, pattern, _("has a % that is neither %n nor %d"));
		if (*p == '%')
			p++;
		else if (!g_ascii_isprint(*p) || g_ascii_isdigit(*p))
			return bad_format(err, pattern,
				_("may hold printable ASCII without digits beside %n and %d"));
	}
	return ST_OK;
}

/* The literals around one or two fields, in the order that they stand. */
static void subject_divide(
	struct tag_format *f, const char *pattern, const char *first, const char *second)
{
	f->before = g_strndup(pattern, (gsize)(first - pattern));
	f->between = second ? g_strndup(first + 2, (gsize)(second - first - 2)) : g_strdup("");
	f->after = g_strdup((second ? second : first) + 2);
}

enum status tag_format_init(
	struct tag_format *format, const char *pattern, const char *name, struct error *err)
{
	const char *d = strstr(pattern, "%d"), *n = strstr(pattern, "%n");
	enum status st = check_literal(pattern, err);

	if (st != ST_OK)
		return st;
	if (!d || strstr(d + 2, "%d") || (n && strstr(n + 2, "%n")))
		return bad_format(err, pattern, _("needs %d once, and %n at most once"));
	if (strlen(pattern) < 3 || strlen(pattern) > 60)
		return bad_format(
			err, pattern, _("needs something around %d, and at most 60 characters"));
	if (n &&
		(!*name || strlen(name) > 100 || !g_str_is_ascii(name) ||
			strpbrk(name, " \t\r\n[]")))
		return error_set(err, ST_BAD_INPUT,
			_("tag name '%s' is not 1 to 100 ASCII characters without blanks and brackets"),
			name);
	memset(format, 0, sizeof *format);
	format->name = g_strdup(n ? name : "");
	format->name_first = !n || n < d;
	if (n)
		subject_divide(format, pattern, MIN(n, d), MAX(n, d));
	else
		subject_divide(format, pattern, d, NULL);
	return ST_OK;
}

static void also_free(void *data)
{
	tag_format_release(data);
	g_free(data);
}

enum status tag_format_also(
	struct tag_format *format, const char *pattern, const char *name, struct error *err)
{
	struct tag_format *also = g_new0(struct tag_format, 1);
	enum status st = tag_format_init(also, pattern, name, err);

	if (st != ST_OK) {
		g_free(also);
		return st;
	}
	if (!format->also)
		format->also = g_ptr_array_new_with_free_func(also_free);
	g_ptr_array_add(format->also, also);
	return ST_OK;
}

void tag_format_release(struct tag_format *format)
{
	g_clear_pointer(&format->also, g_ptr_array_unref);
	g_free(format->before);
	g_free(format->between);
	g_free(format->after);
	g_free(format->name);
	memset(format, 0, sizeof *format);
}

static bool subject_has_name(const struct tag_format *f)
{
	return *f->name != '\0';
}

char *tag_text(const struct tag_format *f, uint64_t number)
{
	g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, number);

	if (!subject_has_name(f))
		return g_strconcat(f->before, digits, f->between, f->after, NULL);
	if (f->name_first)
		return g_strconcat(f->before, f->name, f->between, digits, f->after, NULL);
	return g_strconcat(f->before, digits, f->between, f->name, f->after, NULL);
}

/* --- finding tags --- */

/* Blanks of the format stand for any, one or more. */
static bool skip_literal(const char **p, const char *literal)
{
	const char *s = *p;

	while (*literal) {
		if (*literal == ' ') {
			const char *blanks = s;

			s = text_past_blanks(blanks);
			if (s == blanks)
				return false;
			literal += strspn(literal, " ");
		} else if (*literal++ != *s++) {
			return false;
		}
	}
	*p = s;
	return true;
}

static bool subject_skip_name(const char **p, const struct tag_format *f)
{
	size_t len = strlen(f->name);

	if (g_ascii_strncasecmp(*p, f->name, len) != 0)
		return false;
	*p += len;
	return true;
}

static bool skip_number(const char **p, uint64_t *number_out)
{
	size_t len = strspn(*p, "0123456789");
	g_autofree char *digits = g_strndup(*p, MIN(len, 32));

	if (len == 0 || len > 20 || text_parse_number(digits, number_out) != ST_OK)
		return false;
	*p += len;
	return true;
}

/* What begins like a word begins one. */
static bool begins_in_a_word(const struct tag_format *f, gunichar before)
{
	return (!*f->before || g_ascii_isalnum(*f->before)) && g_unichar_isalnum(before);
}

/* The length of a tag of ours at s; 0 if there is none. `start` is where the text begins. */
static size_t tag_at(
	const struct tag_format *f, const char *start, const char *s, uint64_t *number_out)
{
	const char *p = s;

	if (s > start && begins_in_a_word(f, g_utf8_get_char(g_utf8_prev_char(s))))
		return 0;
	if (!skip_literal(&p, f->before))
		return 0;
	if (f->name_first) {
		if (!subject_skip_name(&p, f) || !skip_literal(&p, f->between) ||
			!skip_number(&p, number_out))
			return 0;
	} else if (!skip_number(&p, number_out) || !skip_literal(&p, f->between) ||
		!subject_skip_name(&p, f)) {
		return 0;
	}
	if (!skip_literal(&p, f->after) || (!*f->after && g_unichar_isalnum(g_utf8_get_char(p))))
		return 0;
	return (size_t)(p - s);
}

size_t subject_tag_length(const struct tag_format *format, const char *text, const char *p)
{
	uint64_t number;

	return tag_at(format, text, p, &number);
}

/* What remains of the words while more and more is removed, and the way from it to them. */
struct rest {
	struct words *words;
	char *text;
	GArray *back;
};

static void rest_init(struct rest *rest, struct words *w)
{
	rest->words = w;
	rest->text = words_remaining(w, &rest->back);
}

static void rest_release(struct rest *rest)
{
	g_free(rest->text);
	g_array_unref(rest->back);
}

static guint rest_back(const struct rest *rest, const char *p)
{
	return g_array_index(rest->back, guint, (guint)(p - rest->text));
}

static void rest_remove(const struct rest *rest, const char *start, const char *end)
{
	for (; start < end; start++)
		words_remove(rest->words, rest_back(rest, start), rest_back(rest, start) + 1);
}

static const char *skip_blanks_beside(const struct rest *rest, const char *p, const char *with)
{
	while (*p && words_blank_beside(rest->words, rest_back(rest, p), rest_back(rest, with)))
		p++;
	return p;
}

/* Takes the blanks after what goes, too, or those before it at the end. */
static void remove_with_blanks(const struct rest *rest, const char *start, const char *end)
{
	const char *last = end - 1;

	end = skip_blanks_beside(rest, end, last);
	while (!*end && start > rest->text &&
		words_blank_beside(rest->words, rest_back(rest, start - 1), rest_back(rest, start)))
		start--;
	/* A tag glued between two words leaves one blank between them. */
	if (start > rest->text && *end && !g_ascii_isspace(start[-1]) && end > last + 1)
		end--;
	rest_remove(rest, start, end);
}

static size_t tag_and_number(
	const struct tag_format *f, const struct rest *rest, const char *p, struct numbers *tags)
{
	uint64_t number;
	size_t len = tag_at(f, rest->text, p, &number);

	if (len && tags->n < LIMIT_TAGS)
		numbers_add(tags, number);
	return len;
}

/* The end of a row of tags that begins at p; p when there is none. */
static const char *skip_tags(
	const struct tag_format *f, const struct rest *rest, const char *p, struct numbers *tags)
{
	size_t len = tag_and_number(f, rest, p, tags);

	while (len) {
		const char *next = skip_blanks_beside(rest, p + len, p + len - 1);

		p += len;
		len = tag_and_number(f, rest, next, tags);
		if (len)
			p = next;
	}
	return p;
}

/* One round over what remains; true if there were tags. */
static bool remove_tags(struct words *w, const struct tag_format *f, struct numbers *tags)
{
	struct rest rest;
	bool found = false;
	const char *end;

	rest_init(&rest, w);
	for (const char *p = rest.text; *p; p = end > p ? end : p + 1) {
		end = skip_tags(f, &rest, p, tags);
		if (end == p)
			continue;
		found = true;
		remove_with_blanks(&rest, p, end);
	}
	rest_release(&rest);
	return found;
}

/* Those of a former system, in the order of the forms. */
static void find_also(const struct tag_format *f, const char *text, struct numbers *tags)
{
	uint64_t number;

	for (unsigned i = 0; f->also && i < f->also->len; i++)
		for (const char *p = text; *p && tags->n < LIMIT_TAGS; p++)
			if (tag_at(g_ptr_array_index(f->also, i), text, p, &number))
				numbers_add(tags, number);
}

/* Where a tag goes, what stood around it may make another. True if there was one. */
static bool find_tags(struct words *w, const struct tag_format *f, struct numbers *tags)
{
	int rounds = 0;

	while (rounds < ROUNDS && remove_tags(w, f, tags))
		rounds++;
	return rounds > 0;
}

/* words_init() without the tags. What stood around one may also make an encoded-word, which holds
 * another: so it is read again until there are none. */
static void words_untagged(
	struct words *w, const char *raw, const struct tag_format *f, struct numbers *tags)
{
	words_init(w, raw);
	for (int i = 0; i < ROUNDS && find_tags(w, f, tags); i++) {
		g_autofree char *rest = words_rebuild(w);

		words_release(w);
		words_init(w, rest);
	}
}

/* --- prefixes --- */

/* What mail clients put in front, by language; in the form in which they are compared,
 * casefolded. */
static const struct prefix {
	const char *word;
	bool forward;
} prefixes[] = {
	{ .word = "re" },
	{ .word = "aw" },
	{ .word = "sv" },
	{ .word = "antw" },
	{ .word = "antwort" },
	{ .word = "vs" },
	{ .word = "odp" },
	{ .word = "ynt" },
	{ .word = "res" },
	{ .word = "rif" },
	{ .word = "r" },
	{ .word = "bls" },
	{ .word = "atb" },
	{ .word = "vá" },
	{ .word = "rép" },
	{ .word = "σχετ" },
	{ .word = "απ" },
	{ .word = "отв" },
	{ .word = "на" },
	{ .word = "回复" },
	{ .word = "回覆" },
	{ .word = "答复" },
	{ .word = "답장" },
	{ .word = "返信" },
	{ .word = "תגובה" },
	{ .word = "رد" },
	{ .word = "fw", .forward = true },
	{ .word = "fwd", .forward = true },
	{ .word = "wg", .forward = true },
	{ .word = "tr", .forward = true },
	{ .word = "rv", .forward = true },
	{ .word = "enc", .forward = true },
	{ .word = "vl", .forward = true },
	{ .word = "vb", .forward = true },
	{ .word = "pd", .forward = true },
	{ .word = "i̇lt", .forward = true },
	{ .word = "ilt", .forward = true },
	{ .word = "doorst", .forward = true },
	{ .word = "trs", .forward = true },
	{ .word = "πρθ", .forward = true },
	{ .word = "转发", .forward = true },
	{ .word = "轉寄", .forward = true },
	{ .word = "továbbítás", .forward = true },
	{ .word = "пересл", .forward = true },
	{ .word = "הועבר", .forward = true },
};

/* Counters of some clients: RE[5]: Re^2: Re(2): */
static const char *skip_counter(const char *p)
{
	static const char closing[] = { '[', ']', '(', ')', '\0' };
	const char *open = strchr("[(", *p), *q = p + 1;

	if (*p == '^' || *p == '*')
		return q + strspn(q, "0123456789");
	if (!*p || !open)
		return p;
	q += strspn(q, "0123456789");
	return q > p + 1 && *q == strchr(closing, *p)[1] ? q + 1 : p;
}

static const char *skip_colon(const char *p)
{
	p += strspn(p, " ");
	if (*p == ':')
		return p + 1;
	return g_str_has_prefix(p, "：") ? p + strlen("：") : NULL;
}

static size_t word_bytes(const char *p)
{
	const char *q = p;

	while (*q && q - p < 40 &&
		(g_unichar_isalpha(g_utf8_get_char(q)) || g_unichar_ismark(g_utf8_get_char(q))))
		q = g_utf8_next_char(q);
	return (size_t)(q - p);
}

/* The length of a prefix at p, its colon included; 0 if there is none. */
static size_t prefix_at(const char *p, bool *forward_out)
{
	g_autofree char *word = g_strndup(p, word_bytes(p)), *folded = g_utf8_casefold(word, -1);
	const char *end = skip_colon(skip_counter(p + strlen(word)));

	if (!*word || !end)
		return 0;
	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (strcmp(prefixes[i].word, folded) == 0) {
			*forward_out = prefixes[i].forward;
			return (size_t)(end - p);
		}
	return 0;
}

size_t subject_prefix_length(const char *p)
{
	bool forward;

	return prefix_at(p, &forward);
}

/* Removes prefixes at the start of what remains: all, or all but the first of each kind. True if
 * there was one. */
static bool remove_prefixes(struct words *w, bool keep_first)
{
	bool seen[2] = { false, false }, forward;
	struct rest rest;
	const char *p;
	size_t len;

	rest_init(&rest, w);
	for (p = rest.text + strspn(rest.text, " \t"); (len = prefix_at(p, &forward));
		p += len + strspn(p + len, " \t")) {
		if (!keep_first || seen[forward])
			rest_remove(&rest, p, skip_blanks_beside(&rest, p + len, p + len - 1));
		seen[forward] = true;
	}
	rest_release(&rest);
	return seen[0] || seen[1];
}

void subject_view_init(struct subject_view *view, const char *raw, const struct tag_format *format)
{
	struct words w;
	g_autofree char *rest = NULL;

	memset(view, 0, sizeof *view);
	words_untagged(&w, raw, format, &view->tags);
	view->is_reply = remove_prefixes(&w, false);
	rest = words_remaining(&w, NULL);
	find_also(format, rest, &view->tags);
	view->plain = text_line_kept(rest, LIMIT_TITLE_BYTES);
	words_release(&w);
}

void subject_view_release(struct subject_view *view)
{
	g_free(view->tags.v);
	g_free(view->plain);
	memset(view, 0, sizeof *view);
}

/* --- writing --- */

/* A token too long for any line gets a blank in it. */
static GString *break_tokens(const char *s)
{
	GString *out = g_string_new(NULL);
	size_t run = 0;

	for (; *s; s++) {
		run = *s == ' ' || *s == '\t' ? 0 : run + 1;
		if (run > WORDS_TOKEN_MAX && ((guchar)*s & 0xc0) != 0x80) {
			g_string_append_c(out, ' ');
			run = 1;
		}
		g_string_append_c(out, *s);
	}
	return out;
}

/* Back to before an encoded-word or character that a cut at `at` would break. */
static size_t safe_cut(const GString *value, size_t at)
{
	const char *s = value->str, *blank;

	at = text_cut(s, value->len, at);
	blank = s + at;
	while (blank > s && blank[-1] != ' ' && blank[-1] != '\t')
		blank--;
	if (strncmp(blank, "=?", 2) == 0 && blank > s)
		at = (size_t)(blank - s);
	return at;
}

static void subject_shorten(GString *value, size_t max)
{
	if (value->len <= max)
		return;
	g_string_truncate(value, safe_cut(value, max));
	while (value->len &&
		(value->str[value->len - 1] == ' ' || value->str[value->len - 1] == '\t'))
		g_string_truncate(value, value->len - 1);
}

static char *subject_join(const char *tag, const char *rest)
{
	return g_strchomp(g_strconcat(tag, *tag && *rest ? " " : "", rest, NULL));
}

/* A raw value on one line, and for each byte of it whether a fold stood before it. */
struct unfolded {
	GString *line, *folds;
};

static void subject_unfold(const char *raw, struct unfolded *u)
{
	u->line = g_string_new(NULL);
	u->folds = g_string_new(NULL);
	for (raw += strspn(raw, " \t\n"); *raw; raw++) {
		bool fold = *raw == '\n' && (raw[1] == ' ' || raw[1] == '\t');

		if (fold)
			raw++;
		g_string_append_c(u->line, *raw == '\n' ? ' ' : *raw);
		g_string_append_c(u->folds, fold);
	}
	g_string_truncate(u->line, strlen(g_strchomp(u->line->str)));
}

static void unfolded_release(struct unfolded *u)
{
	g_string_free(u->line, TRUE);
	g_string_free(u->folds, TRUE);
}

/* The folds of a line from which one part was taken, so that this rest is left; NULL when it is no
 * such rest. The end is compared first: nearly always the part was in front. Owned. */
static char *with_its_folds(const struct unfolded *u, const char *rest)
{
	size_t len = strlen(rest), before = 0, after = 0;
	const char *line = u->line->str;
	GString *out = g_string_new(NULL);

	while (after < MIN(len, u->line->len) &&
		rest[len - 1 - after] == line[u->line->len - 1 - after])
		after++;
	while (before + after < len && rest[before] == line[before])
		before++;
	for (size_t i = 0; i < len && before + after == len; i++) {
		size_t at = i < before ? i : u->line->len - (len - i);

		if (u->folds->str[at])
			g_string_append_c(out, '\n');
		g_string_append_c(out, rest[i]);
	}
	return g_string_free(out, before + after != len);
}

/* No line too long for SMTP, and none of blanks alone (RFC 5322 section 4.2). */
static bool lines_are_valid(const char *value)
{
	const char *line = value;

	for (size_t before = NAME_LENGTH; line; before = 0) {
		const char *end = strchr(line, '\n');
		size_t len = end ? (size_t)(end - line) : strlen(line);

		if (before + len > LINE_MAX_BYTES || strspn(line, " \t") >= len)
			return false;
		line = end ? end + 1 : NULL;
	}
	return true;
}

/* The bytes as they came, folds and all, with the tag in front; NULL where that is no header. What
 * is so already stays. Owned. */
static char *as_it_came(const char *raw, const char *tag, const char *rest, size_t max)
{
	g_autofree char *joined = subject_join(tag, rest), *folded = NULL, *value = NULL;
	struct unfolded u;

	if (!raw || strchr(raw, '\r') || strlen(raw) > LIMIT_SUBJECT_BYTES)
		return NULL;
	subject_unfold(raw, &u);
	if (strcmp(u.line->str, joined) == 0) {
		/* Our tag is one word to whoever looks for it. */
		memset(u.folds->str, 0, strlen(tag));
		value = with_its_folds(&u, joined);
	} else {
		folded = with_its_folds(&u, rest);
	}
	unfolded_release(&u);
	if (folded)
		value = subject_join(tag, folded);
	if (!value || strlen(joined) > max || !lines_are_valid(value))
		return NULL;
	return g_steal_pointer(&value);
}

static char *subject_untagged(const char *raw, const struct tag_format *format, bool keep_first)
{
	struct numbers tags = { 0 };
	struct words w;
	char *rest;

	words_untagged(&w, raw, format, &tags);
	if (keep_first)
		remove_prefixes(&w, true);
	rest = words_rebuild(&w);
	words_release(&w);
	g_free(tags.v);
	return rest;
}

char *subject_retag(
	const char *raw, const struct tag_format *format, uint64_t number, size_t max_subject)
{
	g_autofree char *rest = subject_untagged(raw, format, number != 0),
			*tag = number ? tag_text(format, number) : g_strdup("");
	g_autofree char *joined = subject_join(tag, rest);
	size_t max = MAX(max_subject, strlen(tag));
	char *out = as_it_came(raw, tag, rest, max);
	GString *value;

	if (out)
		return out;
	value = break_tokens(joined);
	subject_shorten(value, max);
	out = text_fold(value->str, NAME_LENGTH);
	g_string_free(value, TRUE);
	return out;
}
