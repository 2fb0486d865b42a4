/* Attachments as they are recorded and named. */
#include "mail/attachment.h"

#include <string.h>

#include "base/limits.h"

void attachment_release(struct attachment *a)
{
	g_clear_pointer(&a->name, g_free);
	g_clear_pointer(&a->type, g_free);
}

char *attachment_text(const struct attachment *a)
{
	GString *out = g_string_new(NULL);

	g_string_printf(
		out, "%" G_GUINT64_FORMAT " %c %s", a->size, a->is_inline ? 'i' : 'a', a->type);
	if (a->name)
		g_string_append_printf(out, " %s", a->name);
	return g_string_free(out, FALSE);
}

/* The name is the rest, blanks and all. */
bool attachment_read(const char *text, struct attachment *out)
{
	g_auto(GStrv) words = g_strsplit(text, " ", 4);
	guint n = g_strv_length(words);
	char *end;

	if (n < 3 || !g_ascii_isdigit(*words[0]) || strlen(words[1]) != 1 ||
		!strchr("ai", *words[1]))
		return false;
	out->size = g_ascii_strtoull(words[0], &end, 10);
	if (*end || !*words[2])
		return false;
	out->is_inline = *words[1] == 'i';
	out->type = g_strdup(words[2]);
	out->name = n == 4 && *words[3] ? g_strdup(words[3]) : NULL;
	return true;
}

char *attachment_shown(const struct attachment *a)
{
	g_autofree char *size = g_format_size(a->size);
	const char *name = a->name ? a->name : "without a name";
	const char *place = a->is_inline ? ", inline" : "";

	return g_strdup_printf("%s (%s, %s%s)", name, a->type, size, place);
}

/* What a path is made of, what hides a file, and what an option begins with are a stranger's to
 * choose. */
static bool fit_for_a_file(gunichar c)
{
	return g_unichar_isprint(c) && c != '/' && c != '\\' && c != ':';
}

char *attachment_file_name(const struct attachment *a, unsigned number)
{
	const char *name = a->name ? a->name : "", *slash = strrchr(name, '/');
	const char *backslash = strrchr(name, '\\'), *last = MAX(slash, backslash);
	GString *out = g_string_new(NULL);

	for (const char *p = last ? last + 1 : name; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!(out->len == 0 && (c == '.' || c == '-' || c == ' ')) &&
			out->len < LIMIT_NAME_BYTES)
			g_string_append_unichar(out, fit_for_a_file(c) ? c : '_');
	}
	if (out->len == 0)
		g_string_printf(out, "attachment-%u", number);
	return g_string_free(out, FALSE);
}
