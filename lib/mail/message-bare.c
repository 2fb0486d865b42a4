/* Everything that a message says, with its codings undone. Nothing is parsed: what a tree would
 * leave out (preambles, parts past a limit, attached messages, broken boundaries) is found as
 * well. */
#include "mail/message-parts.h"

#include <string.h>

#include "base/field.h"
#include "base/text.h"
#include "mail/subject-words.h"

enum { DEPTH_MAX = 3, FIELD_SLICE = 12 * 1024, FIELD_STEP = 11 * 1024 };

static bool visit_bytes(const char *data, size_t len, unsigned depth, bare_visit *fn, void *arg);

/* UTF-16 of Latin letters is these with NULs between them. */
static char *without_nuls(const char *data, size_t len)
{
	char *out = g_malloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (data[i])
			out[n++] = data[i];
	out[n] = '\0';
	return out;
}

static GByteArray *bare_decoded(GMimeContentEncoding encoding, const char *data, size_t len)
{
	GByteArray *out = g_byte_array_new();
	GMimeEncoding state;

	g_mime_encoding_init_decode(&state, encoding);
	g_byte_array_set_size(out, (guint)g_mime_encoding_outlen(&state, len) + 1);
	g_byte_array_set_size(
		out, (guint)g_mime_encoding_step(&state, data, len, (char *)out->data));
	return out;
}

/* --- quoted-printable --- */

static bool visit_quoted_printable(const char *text, bare_visit *fn, void *arg)
{
	g_autoptr(GByteArray) bytes = NULL;
	g_autofree char *plain = NULL;

	if (!strchr(text, '='))
		return true;
	bytes = bare_decoded(GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, text, strlen(text));
	plain = without_nuls((const char *)bytes->data, bytes->len);
	return fn(plain, arg);
}

/* --- base64 --- */

/* Its characters and blanks at its end, and nothing else. */
static bool is_base64(const char *line, const char *next)
{
	const char *p = line;

	while (p < next && (g_ascii_isalnum(*p) || *p == '+' || *p == '/' || *p == '='))
		p++;
	return p > line && strspn(p, " \t\r\n") >= (size_t)(next - p);
}

static bool is_padded(const char *line, const char *next)
{
	return memchr(line, '=', (size_t)(next - line)) != NULL;
}

/* Past the lines from p on that are one encoded stretch; p when there is none. */
static const char *base64_end(const char *p, const char *end)
{
	while (p < end) {
		const char *next = text_line_end(p, end);

		if (!is_base64(p, next))
			return p;
		if (is_padded(p, next))
			return next;
		p = next;
	}
	return p;
}

static bool visit_base64(const char *text, unsigned depth, bare_visit *fn, void *arg)
{
	const char *end = text + strlen(text);
	bool go_on = true;

	for (const char *p = text, *past; p < end && go_on;
		p = past > p ? past : text_line_end(p, end)) {
		g_autoptr(GByteArray) bytes = NULL;

		past = base64_end(p, end);
		if (past == p)
			continue;
		bytes = bare_decoded(GMIME_CONTENT_ENCODING_BASE64, p, (size_t)(past - p));
		go_on = visit_bytes((const char *)bytes->data, bytes->len, depth + 1, fn, arg);
	}
	return go_on;
}

/* --- encoded-words --- */

/* Only so much of a field is decoded at once; slices overlap by more than a word. */
static bool visit_field(const char *field, size_t len, bare_visit *fn, void *arg)
{
	bool go_on = true;

	for (size_t at = 0; at < len && go_on; at += FIELD_STEP) {
		g_autofree char *slice = g_strndup(field + at, MIN(len - at, (size_t)FIELD_SLICE));
		struct words words;

		words_init(&words, slice);
		go_on = fn(words.text->str, arg);
		words_release(&words);
	}
	return go_on;
}

static const char *line_begin(const char *text, const char *p)
{
	while (p > text && p[-1] != '\n')
		p--;
	return p;
}

static bool visit_words(const char *text, bare_visit *fn, void *arg)
{
	const char *end = text + strlen(text), *word, *p = text;
	bool go_on = true;

	while (go_on && (word = strstr(p, "=?"))) {
		const char *field = line_begin(p, word);

		p = field_end(word, end);
		go_on = visit_field(field, (size_t)(p - field), fn, arg);
	}
	return go_on;
}

/* --- all of it --- */

static bool visit_bytes(const char *data, size_t len, unsigned depth, bare_visit *fn, void *arg)
{
	g_autofree char *text = without_nuls(data, len);

	return fn(text, arg) && visit_quoted_printable(text, fn, arg) &&
		visit_words(text, fn, arg) &&
		(depth >= DEPTH_MAX || visit_base64(text, depth, fn, arg));
}

void message_each_bare(const char *data, size_t len, bare_visit *fn, void *arg)
{
	visit_bytes(data, len, 0, fn, arg);
}

char *message_decode_text(const char *data, size_t len, const char *encoding)
{
	g_autoptr(GByteArray)
		bytes = bare_decoded(g_mime_content_encoding_from_string(encoding), data, len);

	return g_utf8_make_valid((const char *)bytes->data, bytes->len);
}
