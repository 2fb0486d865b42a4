/* Fields: found, measured, unfolded. */
#include "base/field.h"

#include <glib.h>

#include "base/text.h"

static bool field_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

size_t field_name_strict(const char *p, const char *end)
{
	const char *begin = p;

	while (p<end && * p> ' ' && *p <= '~' && *p != ':')
		p++;
	return p < end && *p == ':' ? (size_t)(p - begin) : 0;
}

size_t field_name_length(const char *p, const char *end)
{
	const char *begin = p, *past;

	while (p<end && * p> ' ' && *p <= '~' && *p != ':')
		p++;
	for (past = p; past < end && field_is_blank(*past);)
		past++;
	return past < end && *past == ':' ? (size_t)(p - begin) : 0;
}

const char *field_end(const char *p, const char *end)
{
	do
		p = text_line_end(p, end);
	while (p < end && field_is_blank(*p));
	return p;
}

/* What is put for the byte of a line break at p; NUL: nothing, as at the end and before another. */
static char break_as(const char *p, const char *end, char fold)
{
	if (p + 1 == end || p[1] == '\n' || p[1] == '\r')
		return '\0';
	return field_is_blank(p[1]) ? fold : ' ';
}

size_t field_unfold(const char *value, size_t len, char fold, char *out)
{
	const char *end = value + len;
	char *o = out;

	while (value < end &&
		(field_is_blank(*value) || *value == '\r' || *value == '\n' || !*value))
		value++;
	for (; value < end; value++) {
		char c = *value == '\r' || *value == '\n' ? break_as(value, end, fold) : *value;

		if (c)
			*o++ = c;
	}
	*o = '\0';
	return (size_t)(o - out);
}

char *field_unfolded(const char *value, size_t len)
{
	char *out = g_malloc(len + 1);

	field_unfold(value, len, '\0', out);
	return out;
}
