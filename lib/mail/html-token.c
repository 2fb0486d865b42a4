/* Tags, attributes and character references of HTML, read as browsers do (HTML Standard,
 * section 13.2.5). */
#include "mail/html-parts.h"

#include <stdlib.h>
#include <string.h>

#include "mail/charset.h"

static const char blanks[] = " \t\r\n\f";

/* --- tags --- */

/* Past the '>' of a tag. Quotes count where a value begins, if they are closed; what is cut off
 * is a tag to the end. */
static const char *tag_end(const char *p)
{
	for (; *p && *p != '>'; p++) {
		const char *value = p + 1, *close;

		if (*p != '=')
			continue;
		value += strspn(value, blanks);
		close = *value == '"' || *value == '\'' ? strchr(value + 1, *value) : NULL;
		p = close ? close : value - 1;
	}
	return *p ? p + 1 : p;
}

bool html_read_tag(const char *p, struct html_tag *tag)
{
	size_t len = 0;

	tag->closing = p[1] == '/';
	p += tag->closing ? 2 : 1;
	if (!g_ascii_isalpha(*p))
		return false;
	while (p[len] && p[len] != '/' && p[len] != '>' && !strchr(blanks, p[len]))
		len++;
	g_strlcpy(tag->name, "", sizeof tag->name);
	for (size_t i = 0; i < MIN(len, sizeof tag->name - 1); i++) {
		tag->name[i] = g_ascii_tolower(p[i]);
		tag->name[i + 1] = '\0';
	}
	tag->attributes = p + len;
	tag->end = tag_end(p + len);
	return true;
}

static const char *token_past(const char *p, const char *end)
{
	const char *found = strstr(p, end);

	return found ? found + strlen(end) : p + strlen(p);
}

const char *html_past_comment(const char *p)
{
	if (g_str_has_prefix(p, "<!-->"))
		return p + strlen("<!-->");
	if (g_str_has_prefix(p, "<!--"))
		return token_past(p + strlen("<!-"), "-->");
	if (p[1] == '!' || p[1] == '?' || (p[1] == '/' && !g_ascii_isalpha(p[2]) && p[2]))
		return token_past(p, ">");
	return NULL;
}

/* --- attributes --- */

struct attribute {
	const char *name, *value;
	size_t name_len, value_len;
};

/* Takes one off the front of what stands between p and end; where it ends, or NULL. */
static const char *read_attribute(const char *p, const char *end, struct attribute *a)
{
	while (p < end && (strchr(blanks, *p) || *p == '/'))
		p++;
	if (p >= end || *p == '>')
		return NULL;
	a->name = p;
	for (p++; p < end && !strchr("=/>", *p) && !strchr(blanks, *p);)
		p++;
	a->name_len = (size_t)(p - a->name);
	a->value = p;
	a->value_len = 0;
	while (p < end && strchr(blanks, *p))
		p++;
	if (p >= end || *p != '=')
		return p;
	for (p++; p < end && strchr(blanks, *p);)
		p++;
	if (p < end && (*p == '"' || *p == '\'')) {
		const char *close = memchr(p + 1, *p, (size_t)(end - p - 1));

		a->value = p + 1;
		a->value_len = close ? (size_t)(close - a->value) : strcspn(a->value, " \t\r\n\f>");
		return close ? close + 1 : a->value + a->value_len;
	}
	a->value = p;
	while (p < end && *p != '>' && !strchr(blanks, *p))
		p++;
	a->value_len = (size_t)(p - a->value);
	return p;
}

static char *token_decoded(const char *s, size_t len)
{
	g_autofree char *raw = g_strndup(s, len);
	GString *out = g_string_sized_new(len + 1);

	for (const char *p = raw; *p;) {
		gunichar c[2] = { 0, 0 };
		gsize used = *p == '&' ? html_read_reference(p, true, c) : 0;

		if (used == 0)
			g_string_append_c(out, *p++);
		for (int i = 0; i < 2 && c[i]; i++)
			g_string_append_unichar(out, c[i]);
		p += used;
	}
	return g_string_free(out, FALSE);
}

char *html_attribute(const struct html_tag *tag, const char *name)
{
	const char *p = tag->attributes;
	struct attribute a;

	while ((p = read_attribute(p, tag->end, &a)))
		if (a.name_len == strlen(name) &&
			g_ascii_strncasecmp(a.name, name, a.name_len) == 0)
			return token_decoded(
				a.value, MIN(a.value_len, (size_t)(tag->end - a.value)));
	return NULL;
}

bool html_style_is(const char *style, const char *property, const char *value)
{
	size_t len = strlen(property);

	for (const char *p = style; p && *p; p = strchr(p, ';'), p = p ? p + 1 : NULL) {
		p += strspn(p, blanks);
		if (g_ascii_strncasecmp(p, property, len) != 0)
			continue;
		p += len + strspn(p + len, blanks);
		if (*p == ':' &&
			g_ascii_strncasecmp(p + 1 + strspn(p + 1, blanks), value, strlen(value)) ==
				0)
			return true;
	}
	return false;
}

/* --- character references --- */

/* Section 13.2.5.80: old software numbered the bytes of windows-1252. */
static gsize read_number(const char *p, gunichar *out)
{
	bool hex = p[2] == 'x' || p[2] == 'X';
	const char *digits = p + 2 + hex;
	size_t len = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
	guint64 c = g_ascii_strtoull(digits, NULL, hex ? 16 : 10);

	if (len == 0)
		return 0;
	if (c > 0 && c < 0x100)
		*out = charset_windows_1252((guchar)c);
	else
		*out = c && c <= 0x10ffff && g_unichar_validate((gunichar)c) ? (gunichar)c : 0xfffd;
	return (gsize)(digits + len + (digits[len] == ';') - p);
}

static int compare_names(const void *key, const void *entity)
{
	return strcmp(key, ((const struct html_entity *)entity)->name);
}

static const struct html_entity *entity_of(const char *name, size_t len)
{
	char key[sizeof((struct html_entity *)0)->name];

	if (len >= sizeof key)
		return NULL;
	memcpy(key, name, len);
	key[len] = '\0';
	return bsearch(
		key, html_entities, html_entities_count, sizeof *html_entities, compare_names);
}

/* "&copy 2026", "&amplifier": the longest name that needs no semicolon; in an attribute it must not
 * be part of a word or a URL's "&copy=1". */
static const struct html_entity *bare_entity(const char *name, size_t len, bool in_attribute)
{
	enum { LONGEST = 6 };

	if (in_attribute && name[len] == '=')
		return NULL;
	for (size_t n = MIN(len, LONGEST); n >= 2; n--) {
		const struct html_entity *entity = entity_of(name, n);

		if (entity && entity->bare && (n == len || !in_attribute))
			return entity;
	}
	return NULL;
}

gsize html_read_reference(const char *p, bool in_attribute, gunichar out[2])
{
	const char *name = p + 1;
	size_t len = 0;
	const struct html_entity *entity;

	if (*name == '#')
		return read_number(p, out);
	while (len < sizeof entity->name && g_ascii_isalnum(name[len]))
		len++;
	entity = name[len] == ';' ? entity_of(name, len) : NULL;
	if (entity)
		len++;
	else if ((entity = bare_entity(name, len, in_attribute)))
		len = strlen(entity->name);
	else
		return 0;
	out[0] = entity->first;
	out[1] = entity->second;
	return 1 + len;
}
