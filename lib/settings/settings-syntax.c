/* A reader of libconfig's grammar that keeps nothing but where it is. It follows no @include: each
 * file is asked about by itself. */
#include "settings/settings-syntax.h"

#include <string.h>

#include "base/text.h"
#include "base/tongue.h"

enum { DEPTH_MAX = 100, WORD_MAX = 40 };

struct syntax {
	const char *path, *p;
	unsigned line, depth;
	bool taken;
	GString *key; /* full name of the setting at hand; "" between settings of the first level */
	unsigned long_string; /* line in which a string began that has line ends; 0: none */
	struct error *err;
};

static bool syntax_read_settings(struct syntax *s, char close, unsigned opened);

/* --- what is told --- */

/* False, for the readers to return. */
static bool syntax_wrong_at(struct syntax *s, unsigned line, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);

static bool syntax_wrong_at(struct syntax *s, unsigned line, const char *fmt, ...)
{
	g_autofree char *reason = NULL;
	va_list ap;

	if (s->taken)
		return false;
	va_start(ap, fmt);
	reason = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	error_set(s->err, ST_BAD_INPUT, "%s:%u: %s%s%s", s->path, line, s->key->str,
		s->key->len ? ": " : "", reason);
	return false;
}

/* A quote that is missing makes the next one's inside the outside, often lines away. */
static bool syntax_wrong(struct syntax *s, const char *expected)
{
	size_t len = MIN(strcspn(s->p, " \t\r\n;,(){}[]"), WORD_MAX);
	g_autofree char *found = g_strndup(s->p, len ? len : *s->p != '\0');
	g_autofree char *shown = text_line(found, WORD_MAX);

	if (s->long_string)
		return syntax_wrong_at(s, s->long_string,
			_("a string begins here that does not end in its line: is a \" missing?"));
	if (!*s->p)
		return syntax_wrong_at(
			s, s->line, _("expected %s, found the end of the file"), expected);
	return syntax_wrong_at(s, s->line, _("expected %s, found %s"), expected, shown);
}

/* --- blanks --- */

static void syntax_pass(struct syntax *s, size_t len)
{
	for (; len && *s->p; len--, s->p++)
		s->line += *s->p == '\n';
}

/* Comments and @include count as blanks. */
static void syntax_skip_blanks(struct syntax *s)
{
	for (;;) {
		const char *end;

		syntax_pass(s, strspn(s->p, " \t\r\n\f"));
		if (*s->p == '#' || g_str_has_prefix(s->p, "//") ||
			g_str_has_prefix(s->p, "@include")) {
			syntax_pass(s, strcspn(s->p, "\n"));
		} else if (g_str_has_prefix(s->p, "/*")) {
			end = strstr(s->p + 2, "*/");
			syntax_pass(s, end ? (size_t)(end + 2 - s->p) : strlen(s->p));
		} else {
			return;
		}
	}
}

static size_t syntax_name_length(const char *p)
{
	size_t len = 0;

	if (!g_ascii_isalpha(*p) && *p != '*')
		return 0;
	while (g_ascii_isalnum(p[len]) || (p[len] && strchr("-_*", p[len])))
		len++;
	return len;
}

/* --- values --- */

static bool syntax_read_string(struct syntax *s)
{
	unsigned began = s->line;
	const char *q = s->p + 1;

	while (*q && *q != '"')
		q += q[0] == '\\' && q[1] ? 2 : 1;
	if (!*q)
		return syntax_wrong_at(
			s, began, _("a string begins here that does not end: is a \" missing?"));
	syntax_pass(s, (size_t)(q + 1 - s->p));
	if (s->line != began && !s->long_string)
		s->long_string = began;
	syntax_skip_blanks(s);
	return true;
}

static bool syntax_is_word(const char *p, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == len && g_ascii_strncasecmp(p, *words, len) == 0)
			return true;
	return false;
}

static bool syntax_read_word(struct syntax *s)
{
	static const char *const booleans[] = { "true", "false", NULL };
	static const char *const nearly[] = { "yes", "no", "on", "off", "enabled", "disabled",
		"none", NULL };
	size_t len = syntax_name_length(s->p);

	if (syntax_is_word(s->p, len, nearly))
		return syntax_wrong(s, _("true or false, or text in double quotes"));
	if (!syntax_is_word(s->p, len, booleans))
		return syntax_wrong(s, _("text in double quotes"));
	syntax_pass(s, len);
	return true;
}

static bool syntax_read_number(struct syntax *s)
{
	bool hex = g_ascii_strncasecmp(s->p, "0x", 2) == 0;
	size_t len = strspn(s->p, hex ? "0123456789abcdefABCDEFxXL" : "+-.0123456789eEL");

	if (s->p[len] && (g_ascii_isalnum(s->p[len]) || strchr("@:/_%", s->p[len])))
		return syntax_wrong(s, _("a number, or text in double quotes"));
	syntax_pass(s, len);
	return true;
}

static bool syntax_read_value(struct syntax *s, bool in_list);

/* "( a, b )", "[ a, b ]" */
static bool syntax_read_list(struct syntax *s, char close)
{
	const char until[] = { close, '\0' };
	unsigned opened = s->line;

	s->depth++;
	syntax_pass(s, 1);
	syntax_skip_blanks(s);
	while (*s->p != close) {
		if (!*s->p && !s->long_string)
			return syntax_wrong_at(s, opened,
				_("expected %s at the end of the list that begins here"), until);
		if (!syntax_read_value(s, true))
			return false;
		syntax_skip_blanks(s);
		if (*s->p == close)
			break;
		if (*s->p && *s->p != ',')
			return syntax_wrong(
				s, close == ')' ? _("a comma or )") : _("a comma or ]"));
		if (!*s->p)
			continue;
		syntax_pass(s, 1);
		syntax_skip_blanks(s);
		if (*s->p == close)
			return syntax_wrong(s, _("an element after the comma"));
	}
	s->depth--;
	syntax_pass(s, 1);
	return true;
}

/* libconfig makes one string of two; in a list that is a comma forgotten. */
static bool syntax_read_strings(struct syntax *s, bool in_list)
{
	unsigned line = s->line;

	if (!syntax_read_string(s))
		return false;
	if (in_list && *s->p == '"') {
		s->taken = false;
		return syntax_wrong_at(s, line, _("expected a comma between two strings"));
	}
	while (*s->p == '"')
		if (!syntax_read_string(s))
			return false;
	return true;
}

static bool syntax_read_group(struct syntax *s)
{
	unsigned opened = s->line;

	syntax_pass(s, 1);
	return syntax_read_settings(s, '}', opened);
}

static bool syntax_read_value(struct syntax *s, bool in_list)
{
	if (s->depth > DEPTH_MAX)
		return syntax_wrong_at(
			s, s->line, _("expected at most %d levels of groups and lists"), DEPTH_MAX);
	if (*s->p == '"')
		return syntax_read_strings(s, in_list);
	if (*s->p == '(')
		return syntax_read_list(s, ')');
	if (*s->p == '[')
		return syntax_read_list(s, ']');
	if (*s->p == '{')
		return syntax_read_group(s);
	if (syntax_name_length(s->p))
		return syntax_read_word(s);
	if (g_ascii_isdigit(*s->p) || (*s->p && strchr("+-.", *s->p)))
		return syntax_read_number(s);
	if (*s->p == '\'' || *s->p == '`' || g_str_has_prefix(s->p, "\xe2\x80"))
		return syntax_wrong(s, _("double quotes (\")"));
	return syntax_wrong(s, _("a value"));
}

/* --- settings --- */

/* seen: name → the line it is in, of this group. */
static bool syntax_read_name(struct syntax *s, GHashTable *seen)
{
	size_t len = syntax_name_length(s->p);
	char *name;
	unsigned before;

	if (!len)
		return syntax_wrong(s,
			*s->p == '[' ? _("a key (a group is written name: { key = value; };)")
				     : _("a key (a comment begins with #)"));
	name = g_strndup(s->p, len);
	if (s->key->len)
		g_string_append_c(s->key, '.');
	g_string_append(s->key, name);
	before = GPOINTER_TO_UINT(g_hash_table_lookup(seen, name));
	g_hash_table_insert(seen, name, GUINT_TO_POINTER(s->line));
	if (before)
		return syntax_wrong_at(
			s, s->line, _("expected each key once, but it is in line %u, too"), before);
	syntax_pass(s, len);
	return true;
}

static bool syntax_read_setting(struct syntax *s, GHashTable *seen)
{
	if (!syntax_read_name(s, seen))
		return false;
	if (*s->p == '.')
		return syntax_wrong(
			s, _("= (a key of a group is written group: { key = value; };)"));
	syntax_skip_blanks(s);
	if (*s->p != '=' && *s->p != ':')
		return syntax_wrong(s, _("= and a value"));
	syntax_pass(s, 1);
	syntax_skip_blanks(s);
	if (!syntax_read_value(s, false))
		return false;
	syntax_skip_blanks(s);
	if (*s->p == ';' || *s->p == ',')
		syntax_pass(s, 1);
	else if (*s->p && *s->p != '}' && !syntax_name_length(s->p))
		return syntax_wrong(s, _("; at the end of the value"));
	return true;
}

/* Those of a group, up to its end; close is '\0' for a whole file. */
static bool syntax_read_settings(struct syntax *s, char close, unsigned opened)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gsize key = s->key->len;

	s->depth++;
	for (;;) {
		g_string_truncate(s->key, key);
		syntax_skip_blanks(s);
		if (*s->p == close)
			break;
		if (!*s->p)
			return syntax_wrong_at(s, opened,
				_("expected } at the end of the group that begins here"));
		if (!syntax_read_setting(s, seen))
			return false;
	}
	s->depth--;
	syntax_pass(s, close != '\0');
	return true;
}

enum status syntax_explain(const char *path, bool taken, struct error *err)
{
	g_autofree char *text = NULL;
	g_autoptr(GString) key = g_string_new(NULL);
	struct syntax s = { .path = path, .line = 1, .taken = taken, .key = key, .err = err };

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return ST_OK;
	s.p = text;
	if (g_str_has_prefix(text, "\xef\xbb\xbf"))
		return taken
			? ST_OK
			: error_set(err, ST_BAD_INPUT,
				  _("%s:1: begins with a byte order mark; expected plain UTF-8 without one"),
				  path);
	return syntax_read_settings(&s, '\0', 1) || s.taken ? ST_OK : ST_BAD_INPUT;
}
