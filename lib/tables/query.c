/* The query language: a parser by recursive descent, and the asking. */
#include "tables/query.h"

#include <string.h>

#include "base/nearest.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/query-fields.h"

enum { DEPTH_MAX = 20, NODES_MAX = 500, VALUES_MAX = 100 };

enum kind { ALL_OF, ANY_OF, NOT, TERM };

/* ALL_OF and ANY_OF have children, NOT has one, TERM a field and values. */
struct query {
	enum kind kind;
	GPtrArray *children; /* struct query * */
	struct query_field field;
	char **values; /* as they are compared */
	char *me;
};

/* --- parsing --- */

struct parser {
	const char *text, *p;
	const char *me;
	unsigned depth, nodes;
	struct error *err;
};

static enum status fail_at(const struct parser *s, const char *at, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);
static enum status fail_at(const struct parser *s, const char *at, const char *fmt, ...)
{
	g_autofree char *why = NULL;
	va_list ap;

	va_start(ap, fmt);
	why = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	return error_set(s->err, ST_BAD_INPUT, _("query, column %ld: %s"),
		g_utf8_strlen(s->text, at - s->text) + 1, why);
}

static void query_skip_blanks(struct parser *s)
{
	s->p += strspn(s->p, " \t\r\n");
}

static struct query *query_new(enum kind kind)
{
	struct query *q = g_new0(struct query, 1);

	q->kind = kind;
	q->children = g_ptr_array_new_with_free_func((GDestroyNotify)query_free);
	return q;
}

void query_free(struct query *q)
{
	if (!q)
		return;
	g_ptr_array_unref(q->children);
	g_strfreev(q->values);
	g_free(q->me);
	g_free(q);
}

/* ", did you mean 'x'?" or the list of what there is. Owned. */
static char *query_hint(const char *word, const char *const *names)
{
	g_autofree char *all = g_strjoinv(" ", (char **)names);
	const char *nearest = nearest_name(word, names);

	return nearest ? g_strdup_printf(_("did you mean '%s'?"), nearest)
		       : g_strdup_printf(_("expected one of: %s"), all);
}

static bool find_field(const char *name, struct query_field *out)
{
	for (size_t i = 0; query_field_at(i, out); i++)
		if (g_ascii_strcasecmp(out->name, name) == 0)
			return true;
	return false;
}

static enum status fail_at_field(const struct parser *s, const char *at, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *help = NULL;
	struct query_field field;

	for (size_t i = 0; query_field_at(i, &field); i++)
		g_ptr_array_add(names, (char *)field.name);
	g_ptr_array_add(names, NULL);
	help = query_hint(name, (const char *const *)names->pdata);
	return fail_at(s, at, _("there is no field '%s'; %s"), name, help);
}

/* One value up to a comma, a blank or a bracket; quotes keep them. Owned; NULL: said what is
 * wrong. */
static char *read_value(struct parser *s)
{
	const char *at = s->p, *end;
	char *value;

	if (*s->p == '"') {
		end = strchr(s->p + 1, '"');
		if (!end) {
			fail_at(s, at, _("the quote is not closed"));
			return NULL;
		}
		value = g_strndup(s->p + 1, (gsize)(end - s->p - 1));
		s->p = end + 1;
	} else {
		end = s->p + strcspn(s->p, ", \t\r\n()");
		value = g_strndup(s->p, (gsize)(end - s->p));
		s->p = end;
	}
	if (*value)
		return value;
	g_free(value);
	fail_at(s, at, _("expected a value"));
	return NULL;
}

static enum status check_value(
	const struct parser *s, const char *at, const struct query_field *field, const char *value)
{
	g_autofree char *help = NULL;
	uint64_t number;

	if (field->number && text_parse_number(value, &number) != ST_OK)
		return fail_at(s, at, _("'%s' is no ticket number"), value);
	if (!field->words || names_find(field->words, value) >= 0)
		return ST_OK;
	help = query_hint(value, field->words);
	return fail_at(s, at, _("'%s' is no value of %s; %s"), value, field->name, help);
}

static enum status read_values(struct parser *s, struct query *q)
{
	GPtrArray *values = g_ptr_array_new();
	enum status st = ST_OK;

	do {
		const char *at = s->p += values->len > 0;
		g_autofree char *raw = read_value(s), *form = raw ? text_searchable(raw) : NULL;

		st = raw ? check_value(s, at, &q->field, form) : ST_BAD_INPUT;
		if (st == ST_OK)
			g_ptr_array_add(values, g_steal_pointer(&form));
	} while (st == ST_OK && *s->p == ',' && values->len < VALUES_MAX);
	g_ptr_array_add(values, NULL);
	q->values = (char **)g_ptr_array_free(values, FALSE);
	return st;
}

static enum status read_term(struct parser *s, struct query **out)
{
	const char *at = s->p;
	size_t len = strcspn(s->p, ":, \t\r\n()\"");
	g_autofree char *name = g_strndup(s->p, len);
	struct query *q;
	enum status st;
	struct query_field field;

	if (s->p[len] != ':')
		return fail_at(
			s, at, _("expected field:value; words are what 'ticket search' looks for"));
	if (!find_field(name, &field))
		return fail_at_field(s, at, name);
	s->p += len + 1;
	q = query_new(TERM);
	q->field = field;
	q->me = g_strdup(s->me);
	st = read_values(s, q);
	if (st == ST_OK)
		*out = q;
	else
		query_free(q);
	return st;
}

static bool query_take_word(struct parser *s, const char *word)
{
	size_t len = strlen(word);

	if (g_ascii_strncasecmp(s->p, word, len) != 0 || !strchr(" \t\r\n(", s->p[len]))
		return false;
	s->p += len;
	query_skip_blanks(s);
	return true;
}

static enum status read_any(struct parser *s, struct query **out);

static enum status read_group(struct parser *s, struct query **out)
{
	const char *at = s->p++;
	enum status st = read_any(s, out);

	if (st != ST_OK)
		return st;
	if (*s->p == ')') {
		s->p++;
		return ST_OK;
	}
	g_clear_pointer(out, query_free);
	return fail_at(s, at, _("the bracket is not closed"));
}

static enum status read_factor(struct parser *s, struct query **out)
{
	bool negated = false;
	struct query *q = NULL;
	enum status st;

	query_skip_blanks(s);
	while (*s->p == '-' || query_take_word(s, "not")) {
		s->p += *s->p == '-';
		negated = !negated;
	}
	if (++s->nodes > NODES_MAX)
		return fail_at(s, s->p, _("there are more than %d terms"), NODES_MAX);
	st = *s->p == '(' ? read_group(s, &q) : read_term(s, &q);
	if (st != ST_OK)
		return st;
	*out = q;
	if (negated) {
		*out = query_new(NOT);
		g_ptr_array_add((*out)->children, q);
	}
	return ST_OK;
}

static bool at_end(struct parser *s)
{
	query_skip_blanks(s);
	return !*s->p || *s->p == ')';
}

static bool before_or(struct parser *s)
{
	return g_ascii_strncasecmp(s->p, "or", 2) == 0 && strchr(" \t\r\n(", s->p[2]) && s->p[2];
}

static enum status query_read_all(struct parser *s, struct query **out)
{
	struct query *all = query_new(ALL_OF);
	enum status st = ST_OK;

	do {
		struct query *q = NULL;

		st = read_factor(s, &q);
		if (st == ST_OK)
			g_ptr_array_add(all->children, q);
	} while (st == ST_OK && !at_end(s) && !before_or(s));
	if (st == ST_OK)
		*out = all;
	else
		query_free(all);
	return st;
}

static enum status read_any(struct parser *s, struct query **out)
{
	struct query *any = query_new(ANY_OF);
	enum status st = ++s->depth > DEPTH_MAX
		? fail_at(s, s->p, _("brackets are more than %d deep"), DEPTH_MAX)
		: ST_OK;

	while (st == ST_OK) {
		struct query *q = NULL;

		st = query_read_all(s, &q);
		if (st == ST_OK)
			g_ptr_array_add(any->children, q);
		if (st != ST_OK || at_end(s) || !query_take_word(s, "or"))
			break;
	}
	s->depth--;
	if (st == ST_OK)
		*out = any;
	else
		query_free(any);
	return st;
}

enum status query_parse(
	const char *text, const char *me, struct query **query_out, struct error *err)
{
	struct parser s = { .text = text, .p = text, .me = me, .err = err };
	struct query *q = NULL;
	enum status st;

	if (!g_utf8_validate(text, -1, NULL))
		return error_set(err, ST_BAD_INPUT, _("the query is no UTF-8 text"));
	if (at_end(&s) && !*s.p)
		return fail_at(&s, s.p, _("expected a term such as status:new"));
	st = read_any(&s, &q);
	if (st == ST_OK && *s.p) {
		query_free(q);
		return fail_at(&s, s.p, _("there is no bracket to close"));
	}
	if (st == ST_OK)
		*query_out = q;
	return st;
}

/* --- asking --- */

static bool term_matches(const struct query *q, const struct ticket *t)
{
	for (char **value = q->values; *value; value++)
		if (query_field_asks(&q->field, t, *value, q->me))
			return true;
	return false;
}

bool query_matches(const struct query *q, const struct ticket *t)
{
	if (q->kind == TERM)
		return term_matches(q, t);
	if (q->kind == NOT)
		return !query_matches(g_ptr_array_index(q->children, 0), t);
	for (unsigned i = 0; i < q->children->len; i++)
		if (query_matches(g_ptr_array_index(q->children, i), t) != (q->kind == ALL_OF))
			return q->kind == ANY_OF;
	return q->kind == ALL_OF;
}
