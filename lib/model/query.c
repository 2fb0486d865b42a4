/* The grammar, by recursive descent, and the asking of what it comes to. */
#include "model/query.h"

#include <string.h>

#include "base/limits.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/query-parts.h"

enum { DEPTH_MAX = 20, TERMS_MAX = 500, VALUES_MAX = 100 };

struct parser {
	const char *text, *p;
	const char *name; /* of the saved query that it stands in; NULL */
	const struct query_asker *asker;
	const struct parser *outer; /* which names it */
	unsigned depth;
	unsigned *terms; /* read so far, over all parsers */
	struct error *err;
};

/* --- mistakes --- */

static enum status fail_at(const struct parser *s, const char *at, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);
static enum status fail_at(const struct parser *s, const char *at, const char *fmt, ...)
{
	long column = g_utf8_strlen(s->text, at - s->text) + 1;
	g_autofree char *why = NULL;
	va_list ap;

	va_start(ap, fmt);
	why = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	if (s->name)
		return error_set(
			s->err, ST_BAD_INPUT, _("query @%s, column %ld: %s"), s->name, column, why);
	return error_set(s->err, ST_BAD_INPUT, _("query, column %ld: %s"), column, why);
}

static const char *nearest_field(const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	struct query_row row;

	for (size_t i = 0; query_row_at(i, &row); i++)
		g_ptr_array_add(names, (char *)row.name);
	g_ptr_array_add(names, NULL);
	return nearest_begun(name, (const char *const *)names->pdata);
}

/* "http://…" is a word for who writes it, and would be a field's name. */
static enum status fail_at_field(const struct parser *s, const char *at, const char *name)
{
	const char *nearest = nearest_field(name);

	if (nearest)
		return fail_at(
			s, at, _("there is no field '%s'; did you mean '%s'?"), name, nearest);
	return fail_at(s, at,
		_("there is no field '%s'; expected a field of ticket(1), or quotes around what is to be found as a text"),
		name);
}

/* --- words of the grammar --- */

static const char blanks[] = " \t\r\n";

static void query_skip_blanks(struct parser *s)
{
	s->p += strspn(s->p, blanks);
}

static bool query_at_end(struct parser *s)
{
	query_skip_blanks(s);
	return !*s->p || *s->p == ')';
}

/* "or" and "not" are words of the grammar where they stand alone. */
static bool query_at_word(const struct parser *s, const char *word)
{
	size_t len = strlen(word);

	return g_ascii_strncasecmp(s->p, word, len) == 0 && strchr(" \t\r\n()", s->p[len]);
}

static bool query_take_word(struct parser *s, const char *word)
{
	if (!query_at_word(s, word))
		return false;
	s->p += strlen(word);
	query_skip_blanks(s);
	return true;
}

/* --- nodes --- */

static struct query_tree *query_new(enum query_kind kind)
{
	struct query_tree *q = g_new0(struct query_tree, 1);

	q->kind = kind;
	q->children = g_ptr_array_new_with_free_func((GDestroyNotify)query_free);
	return q;
}

/* None of nothing holds. */
struct query_tree *query_never(void)
{
	return query_new(QUERY_ANY);
}

void query_free(struct query_tree *q)
{
	if (!q)
		return;
	g_ptr_array_unref(q->children);
	if (q->term.values)
		g_ptr_array_unref(q->term.values);
	g_free(q);
}

/* --- terms --- */

static bool find_field(const char *name, struct query_field *out)
{
	for (size_t i = 1; query_field_at(i, out); i++)
		if (g_ascii_strcasecmp(out->name, name) == 0)
			return true;
	return false;
}

/* Up to one of the ends, or in quotes. Owned; NULL: said what is wrong. */
static char *read_raw(struct parser *s, const char *ends, bool *quoted_out)
{
	const char *at = s->p, *end;

	*quoted_out = *s->p == '"';
	if (*quoted_out) {
		end = strchr(s->p + 1, '"');
		if (!end) {
			fail_at(s, at, _("the quote is not closed"));
			return NULL;
		}
		s->p = end + 1;
		return g_strndup(at + 1, (gsize)(end - at - 1));
	}
	s->p += strcspn(s->p, ends);
	return g_strndup(at, (gsize)(s->p - at));
}

static enum status fail_without_value(
	const struct parser *s, const char *at, const struct query_field *field)
{
	g_autofree char *words = field->words ? g_strjoinv("|", (char **)field->words) : NULL;

	if (!field->name)
		return fail_at(s, at, _("expected a word, or a term such as status:new"));
	return fail_at(s, at, _("expected %s"), words ? words : field->values);
}

static enum status read_value(struct parser *s, const char *ends, struct query_tree *q)
{
	const char *at = s->p;
	bool quoted;
	g_autofree char *raw = read_raw(s, ends, &quoted), *why = NULL;
	const char *me = s->asker ? s->asker->me : NULL;
	struct query_operand *value;

	if (!raw)
		return ST_BAD_INPUT;
	if (!*raw)
		return fail_without_value(s, at, &q->term.field);
	value = g_new0(struct query_operand, 1);
	g_ptr_array_add(q->term.values, value);
	if (query_value_read(&q->term.field, raw, quoted, me, value, &why) == ST_OK)
		return ST_OK;
	return fail_at(s, at, "%s", why);
}

static struct query_tree *term_new(struct parser *s, const struct query_field *field)
{
	struct query_tree *q = query_new(QUERY_TERM);

	q->term.field = *field;
	q->term.values = g_ptr_array_new_with_free_func((GDestroyNotify)query_value_free);
	q->term.place = (*s->terms)++;
	return q;
}

static enum status read_values(struct parser *s, struct query_tree *q)
{
	enum status st = read_value(s, ", \t\r\n()", q);

	while (st == ST_OK && *s->p == ',') {
		s->p++;
		if (q->term.values->len == VALUES_MAX)
			return fail_at(s, s->p, _("there are more than %d values"), VALUES_MAX);
		st = read_value(s, ", \t\r\n()", q);
	}
	return st;
}

static enum status query_read_word(struct parser *s, struct query_tree **out)
{
	struct query_field field;

	query_field_at(0, &field);
	*out = term_new(s, &field);
	return read_value(s, " \t\r\n()", *out);
}

static enum status read_term(struct parser *s, struct query_tree **out)
{
	const char *at = s->p;
	size_t len = strcspn(s->p, ":, \t\r\n()\"");
	g_autofree char *name = g_strndup(s->p, len);
	struct query_field field;

	if (!*s->p || *s->p == ')')
		return fail_at(s, at, _("expected a word, or a term such as status:new"));
	if (s->p[len] != ':' || len == 0)
		return query_read_word(s, out);
	if (!find_field(name, &field))
		return fail_at_field(s, at, name);
	s->p += len + 1;
	*out = term_new(s, &field);
	return read_values(s, *out);
}

/* --- what holds them together --- */

static enum status read_any(struct parser *s, struct query_tree **out);

static enum status query_read_whole(struct parser *s, struct query_tree **out)
{
	enum status st;

	query_skip_blanks(s);
	if (!*s->p)
		return fail_at(s, s->p, _("expected a word, or a term such as status:new"));
	st = read_any(s, out);
	if (st == ST_OK && *s->p)
		return fail_at(s, s->p, _("there is no bracket to close"));
	return st;
}

static enum status read_group(struct parser *s, struct query_tree **out)
{
	const char *at = s->p++;
	enum status st = read_any(s, out);

	if (st != ST_OK)
		return st;
	if (*s->p != ')')
		return fail_at(s, at, _("the bracket is not closed"));
	s->p++;
	return ST_OK;
}

static const struct saved_query *find_saved(const struct parser *s, const char *name)
{
	const struct saved_query *saved = s->asker ? s->asker->saved : NULL;

	for (; saved && saved->name; saved++)
		if (strcmp(saved->name, name) == 0)
			return saved;
	return NULL;
}

static enum status fail_at_name(const struct parser *s, const char *at, const char *name)
{
	const struct saved_query *saved = s->asker ? s->asker->saved : NULL;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *hint = NULL;

	for (; saved && saved->name; saved++)
		g_ptr_array_add(names, (char *)saved->name);
	if (names->len == 0)
		return fail_at(s, at, _("there is no saved query '%s', nor any other"), name);
	g_ptr_array_add(names, NULL);
	hint = query_hint(name, (const char *const *)names->pdata);
	return fail_at(s, at, _("there is no saved query '%s'; %s"), name, hint);
}

static bool query_is_inside(const struct parser *s, const char *name)
{
	for (; s; s = s->outer)
		if (g_strcmp0(s->name, name) == 0)
			return true;
	return false;
}

/* In place of the name stands the query. */
static enum status read_saved(struct parser *s, struct query_tree **out)
{
	const char *at = s->p++;
	size_t len = strcspn(s->p, " \t\r\n()");
	g_autofree char *name = g_strndup(s->p, len);
	const struct saved_query *saved = find_saved(s, name);
	struct parser inner = { .name = name,
		.asker = s->asker,
		.outer = s,
		.depth = s->depth,
		.terms = s->terms,
		.err = s->err };

	s->p += len;
	if (!len)
		return fail_at(s, at, _("expected the name of a saved query after '@'"));
	if (!saved && s->asker && s->asker->later && query_name_valid(name)) {
		g_ptr_array_add(s->asker->later, g_strdup(name));
		*out = query_never();
		return ST_OK;
	}
	if (!saved)
		return fail_at_name(s, at, name);
	if (query_is_inside(s, name))
		return fail_at(s, at, _("'@%s' leads back to itself"), name);
	inner.text = inner.p = saved->text;
	return query_read_whole(&inner, out);
}

/* "-" and "not"; *odd_out when they do not cancel each other out. */
static bool query_take_nots(struct parser *s, bool *odd_out)
{
	bool any = false;

	for (*odd_out = false;; *odd_out = !*odd_out, any = true)
		if (*s->p == '-')
			s->p++;
		else if (!query_take_word(s, "not"))
			return any;
}

static enum status read_operand(struct parser *s, struct query_tree **out)
{
	if (*s->terms >= TERMS_MAX)
		return fail_at(s, s->p, _("there are more than %d terms"), TERMS_MAX);
	if (*s->p == '(')
		return read_group(s, out);
	return *s->p == '@' ? read_saved(s, out) : read_term(s, out);
}

static enum status read_factor(struct parser *s, struct query_tree **out)
{
	bool odd, any;

	query_skip_blanks(s);
	any = query_take_nots(s, &odd);
	if (any && (strchr(blanks, *s->p) || *s->p == ')'))
		return fail_at(s, s->p, _("expected a term after 'not'"));
	if (query_at_word(s, "or"))
		return fail_at(s, s->p, _("expected a term before 'or'"));
	if (!odd)
		return read_operand(s, out);
	*out = query_new(QUERY_NOT);
	g_ptr_array_add((*out)->children, NULL);
	return read_operand(s, (struct query_tree **)&(*out)->children->pdata[0]);
}

static enum status query_read_all(struct parser *s, struct query_tree **out)
{
	enum status st = ST_OK;

	*out = query_new(QUERY_ALL);
	do {
		struct query_tree *q = NULL;

		st = read_factor(s, &q);
		if (q)
			g_ptr_array_add((*out)->children, q);
	} while (st == ST_OK && !query_at_end(s) && !query_at_word(s, "or"));
	return st;
}

static enum status read_alternatives(struct parser *s, struct query_tree *any)
{
	for (;;) {
		struct query_tree *q = NULL;
		enum status st = query_read_all(s, &q);

		if (q)
			g_ptr_array_add(any->children, q);
		if (st != ST_OK || query_at_end(s) || !query_take_word(s, "or"))
			return st;
		if (query_at_end(s))
			return fail_at(s, s->p, _("expected a term after 'or'"));
	}
}

static enum status read_any(struct parser *s, struct query_tree **out)
{
	enum status st;

	if (s->depth == DEPTH_MAX)
		return fail_at(s, s->p, _("brackets are more than %d deep"), DEPTH_MAX);
	s->depth++;
	*out = query_new(QUERY_ANY);
	st = read_alternatives(s, *out);
	s->depth--;
	return st;
}

enum status query_parse(const char *text, const struct query_asker *asker,
	struct query_tree **query_out, struct error *err)
{
	unsigned terms = 0;
	struct parser s = { .text = text, .p = text, .asker = asker, .terms = &terms, .err = err };
	struct query_tree *q = NULL;
	enum status st;

	if (strlen(text) > LIMIT_QUERY_BYTES)
		return error_set(err, ST_BAD_INPUT, _("the query is longer than %d bytes"),
			LIMIT_QUERY_BYTES);
	if (!g_utf8_validate(text, -1, NULL))
		return error_set(err, ST_BAD_INPUT, _("the query is no UTF-8 text"));
	st = query_read_whole(&s, &q);
	if (st == ST_OK) {
		q->terms = terms;
		*query_out = q;
	} else {
		query_free(q);
	}
	return st;
}

/* --- of a query --- */

bool query_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 64 && g_ascii_isalnum(*name) &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

enum status query_name_check(const char *name, struct error *err)
{
	if (query_name_valid(name))
		return ST_OK;
	return error_set(err, ST_BAD_INPUT,
		_("'%s' is no name of a query: expected 1 to 64 of a-z 0-9 . _ -, a letter or digit first"),
		name);
}

bool query_is_term(const char *word)
{
	g_autofree char *name = NULL;
	struct query_field field;

	word += strspn(word, "-");
	if (*word == '@')
		return true;
	if (!strchr(word, ':'))
		return false;
	name = g_strndup(word, strcspn(word, ":"));
	return find_field(name, &field);
}

bool query_names_field(const struct query_tree *q, const char *const *names)
{
	if (q->kind == QUERY_TERM)
		return q->term.field.name && names_find(names, q->term.field.name) >= 0;
	for (guint i = 0; i < q->children->len; i++)
		if (query_names_field(g_ptr_array_index(q->children, i), names))
			return true;
	return false;
}

void query_names(const struct query_tree *q, const char *field, GPtrArray *out)
{
	bool is = q->kind == QUERY_TERM && g_strcmp0(q->term.field.name, field) == 0;

	for (guint i = 0; is && i < q->term.values->len; i++) {
		const struct query_operand *value = g_ptr_array_index(q->term.values, i);

		if (!value->glob)
			g_ptr_array_add(out, value->text);
	}
	for (guint i = 0; i < q->children->len; i++)
		query_names(g_ptr_array_index(q->children, i), field, out);
}

static bool term_asks_messages(const struct query_term *term)
{
	if (term->field.part != PART_HAS_NOTE)
		return term->field.part != PART_NONE && term->field.part != PART_AGENT;
	for (guint i = 0; i < term->values->len; i++)
		if (strcmp(((const struct query_operand *)term->values->pdata[i])->text, "note") ==
			0)
			return true;
	return false;
}

bool query_asks_messages(const struct query_tree *q)
{
	if (q->kind == QUERY_TERM)
		return term_asks_messages(&q->term);
	for (guint i = 0; i < q->children->len; i++)
		if (query_asks_messages(g_ptr_array_index(q->children, i)))
			return true;
	return false;
}

enum query_truth query_told(const struct query_tree *q, query_tell *tell, void *arg)
{
	const enum query_truth settled = q->kind == QUERY_ANY ? QUERY_YES : QUERY_NO;
	enum query_truth truth = q->kind == QUERY_ANY ? QUERY_NO : QUERY_YES;

	if (q->kind == QUERY_TERM)
		return tell(&q->term, arg);
	if (q->kind == QUERY_NOT)
		return QUERY_YES - query_told(g_ptr_array_index(q->children, 0), tell, arg);
	for (guint i = 0; i < q->children->len && truth != settled; i++) {
		enum query_truth of_child = query_told(
			g_ptr_array_index(q->children, i), tell, arg);

		truth = q->kind == QUERY_ANY ? MAX(truth, of_child) : MIN(truth, of_child);
	}
	return truth;
}

static enum query_truth ask_term(const struct query_term *term, void *arg)
{
	const struct query_asking *a = arg;
	enum query_truth truth = query_term_ask(term, a);

	return truth == QUERY_MAYBE && a->more && !(a->timeless && term->field.time)
		? a->more(term, a->arg)
		: truth;
}

enum query_truth query_ask(const struct query_tree *q, const struct query_asking *asking)
{
	return query_told(q, ask_term, (void *)asking);
}
