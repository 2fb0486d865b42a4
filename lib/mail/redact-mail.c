/* A mail of ours, waiting to be sent, without somebody: its fields and its text are decoded,
 * changed and encoded again. */
#include "mail/redact-person.h"

#include <string.h>

#include "base/field.h"
#include "mail/message.h"

enum { FIELD_MAX = 64 * 1024 };

/* A field that says nothing of the person stays as it is. */
static void put_field(
	GString *out, const struct person *person, const char *field, size_t len, bool *changed_out)
{
	const char *colon = memchr(field, ':', len);
	g_autofree char *name = colon ? g_strndup(field, (gsize)(colon - field)) : NULL;
	g_autofree char *raw = colon ? g_strndup(colon + 1, len - (size_t)(colon + 1 - field))
				     : NULL;
	g_autofree char *value = raw ? message_decode_header(raw, FIELD_MAX) : NULL,
			*encoded = NULL;

	if (!value || !person_replace(person, &value)) {
		g_string_append_len(out, field, (gssize)len);
		return;
	}
	encoded = message_encode_header(name, value);
	g_string_append_printf(out, "%s: %s\n", name, encoded);
	*changed_out = true;
}

static bool is_encoding(const char *field, size_t len)
{
	static const char name[] = "Content-Transfer-Encoding:";

	return len > strlen(name) && g_ascii_strncasecmp(field, name, strlen(name)) == 0;
}

/* The text, and the field that says how it is encoded. */
static bool mail_put_text(
	GString *out, const struct person *person, const char *body, const char *encoding)
{
	g_autofree char *text = message_decode_text(body, strlen(body), encoding), *encoded = NULL;
	const char *name = encoding;
	bool changed = person_replace(person, &text);

	if (changed)
		encoded = message_encode_text(text, &name);
	g_string_append_printf(
		out, "Content-Transfer-Encoding: %s\n\n%s", name, changed ? encoded : body);
	return changed;
}

bool person_replace_in_mail(const struct person *person, char **mail)
{
	const char *p = *mail, *end = p + strlen(p), *next;
	g_autofree char *encoding = g_strdup("7bit");
	GString *out = g_string_new(NULL);
	bool changed = false;

	for (; p < end && *p != '\n'; p = next) {
		next = field_end(p, end);
		if (!is_encoding(p, (size_t)(next - p))) {
			put_field(out, person, p, (size_t)(next - p), &changed);
			continue;
		}
		g_free(encoding);
		encoding = g_strstrip(
			g_strndup(strchr(p, ':') + 1, (gsize)(next - strchr(p, ':') - 1)));
	}
	changed |= mail_put_text(out, person, p + (p < end), encoding);
	if (changed) {
		g_free(*mail);
		*mail = g_strdup(out->str);
	}
	g_string_free(out, TRUE);
	return changed;
}
