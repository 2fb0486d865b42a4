/* What the reader of a message sees of it: which of its parts that are, and their text. */
#include "mail/message-parts.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "mail/charset.h"
#include "mail/html.h"
#include "mail/plain.h"

/* --- a part's bytes --- */

static GMimeContentEncoding encoding_of(const char *field)
{
	g_autofree char *word = NULL;

	field += strspn(field, " \t\"'");
	word = g_strndup(field,
		strspn(field, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"));
	return g_mime_content_encoding_from_string(word);
}

GMimeDataWrapper *message_part_content(GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	const char *field = g_mime_object_get_header(
		GMIME_OBJECT(part), "Content-Transfer-Encoding");

	/* RFC 2045 section 6.1 has one word there; senders add semicolons, quotes and comments. */
	if (content && field &&
		g_mime_data_wrapper_get_encoding(content) == GMIME_CONTENT_ENCODING_DEFAULT)
		g_mime_data_wrapper_set_encoding(content, encoding_of(field));
	return content;
}

/* The data come after the line "begin 644 name", which GMime takes for data. */
static const char *past_begin(const char *raw, const char *end)
{
	for (const char *p = raw; p < end; p = text_line_end(p, end))
		if ((size_t)(end - p) > strlen("begin ") &&
			memcmp(p, "begin ", strlen("begin ")) == 0)
			return text_line_end(p, end);
	return raw;
}

static GByteArray *part_decoded(GMimeContentEncoding encoding, const char *raw, const char *end)
{
	/* Senders leave it out, and without it the last bytes are lost. */
	static const char padding[] = "===";
	const char *data = encoding == GMIME_CONTENT_ENCODING_UUENCODE ? past_begin(raw, end) : raw;
	size_t n = (size_t)(end - data), used;
	GByteArray *out = g_byte_array_new();
	GMimeEncoding state;

	g_mime_encoding_init_decode(&state, encoding);
	g_byte_array_set_size(
		out, (guint)g_mime_encoding_outlen(&state, n) + 1 + (guint)strlen(padding));
	used = g_mime_encoding_step(&state, data, n, (char *)out->data);
	if (encoding == GMIME_CONTENT_ENCODING_BASE64)
		used += g_mime_encoding_step(
			&state, padding, strlen(padding), (char *)out->data + used);
	g_byte_array_set_size(out, (guint)used);
	return out;
}

GByteArray *message_part_bytes(GMimePart *part, size_t max)
{
	GMimeDataWrapper *content = message_part_content(part);
	GMimeStream *stream = content ? g_mime_data_wrapper_get_stream(content) : NULL;
	gint64 length = stream ? g_mime_stream_length(stream) : 0;
	g_autofree char *raw = NULL;
	ssize_t n;

	if (length <= 0)
		return NULL;
	raw = g_malloc((gsize)MIN(length, (gint64)max));
	g_mime_stream_reset(stream);
	n = g_mime_stream_read(stream, raw, (size_t)MIN(length, (gint64)max));
	if (n <= 0)
		return NULL;
	return part_decoded(g_mime_data_wrapper_get_encoding(content), raw, raw + n);
}

/* --- its text --- */

static const char *text_parameter(GMimeObject *part, const char *name)
{
	return g_mime_object_get_content_type_parameter(part, name);
}

/* RFC 3676 section 4.1. Takes text, which may be NULL. */
static char *text_unflowed(char *text, const char *format, const char *delsp)
{
	g_autofree char *flowed = text;

	if (!flowed || !message_word_is(format, "flowed"))
		return g_steal_pointer(&flowed);
	return plain_unflow(flowed, message_word_is(delsp, "yes"));
}

/* HTML's own word counts where the header says nothing. Owned; NULL. */
static char *text_label_of(GMimeObject *part, const GByteArray *bytes)
{
	const char *label = text_parameter(part, "charset");
	char *own = NULL;

	if ((!label || message_word_is(label, "us-ascii")) && message_part_is(part, "text", "html"))
		own = charset_of_html(bytes->data, bytes->len);
	return own ? own : g_strdup(label);
}

char *message_part_text(GMimeObject *part)
{
	size_t max = message_part_is(part, "text", "html") ? LIMIT_HTML_SCAN_BYTES
							   : LIMIT_TEXT_SCAN_BYTES;
	g_autoptr(GByteArray)
		bytes = GMIME_IS_PART(part) ? message_part_bytes(GMIME_PART(part), max) : NULL;
	g_autofree char *label = bytes ? text_label_of(part, bytes) : NULL;
	char *text;

	if (!bytes)
		return NULL;
	text = charset_decode(label, bytes->data, bytes->len, NULL);
	if (!message_part_is(part, "text", "plain"))
		return text;
	return text_unflowed(text, text_parameter(part, "format"), text_parameter(part, "delsp"));
}

static char *html_part(GMimeObject *part)
{
	g_autofree char *html = message_part_text(part);

	return html ? html_text(html, LIMIT_TEXT_BYTES) : NULL;
}

/* Without the files and the HTML that stand amid it. Takes text, which may be NULL. */
static char *plain_shown(char *text)
{
	g_autofree char *own = text, *readable = NULL;

	if (text && html_begins(text))
		return html_text(text, LIMIT_TEXT_BYTES);
	readable = text ? plain_readable(text, LIMIT_TEXT_BYTES) : NULL;
	return readable ? g_steal_pointer(&readable) : g_steal_pointer(&own);
}

static char *plain_part(GMimeObject *part)
{
	return plain_shown(message_part_text(part));
}

/* RFC 1896: its marks look like HTML's, its line ends are those of the text. */
static char *enriched_part(GMimeObject *part)
{
	g_autofree char *text = message_part_text(part);
	g_autofree char *html = text ? g_strconcat("<pre>", text, NULL) : NULL;

	return html ? html_text(html, LIMIT_TEXT_BYTES) : NULL;
}

static const struct text_type {
	const char *type, *subtype;
	char *(*read)(GMimeObject *part);
	bool plain;
} text_types[] = {
	{ .type = "text", .subtype = "plain", .read = plain_part, .plain = true },
	{ .type = "text", .subtype = "html", .read = html_part },
	{ .type = "text", .subtype = "markdown", .read = plain_part, .plain = true },
	{ .type = "text", .subtype = "x-markdown", .read = plain_part, .plain = true },
	{ .type = "text", .subtype = "enriched", .read = enriched_part },
	{ .type = "text", .subtype = "richtext", .read = enriched_part },
	{ .type = "application", .subtype = "xhtml+xml", .read = html_part },
};

/* NULL: nothing that a person reads. What is no type at all is plain text (RFC 2045 section
 * 5.2). */
static const struct text_type *text_type_of(GMimeObject *part)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);
	const char *field = g_mime_object_get_header(part, "Content-Type");

	if (field && !strchr(field, '/'))
		return &text_types[0];
	for (size_t i = 0; i < G_N_ELEMENTS(text_types); i++)
		if (g_mime_content_type_is_type(type, text_types[i].type, text_types[i].subtype))
			return &text_types[i];
	return NULL;
}

static bool text_is_named(GMimeObject *part)
{
	return g_mime_object_get_content_disposition_parameter(part, "filename") ||
		text_parameter(part, "name");
}

/* --- which parts are read --- */

struct reader {
	GString *out;
	bool with_files; /* also text that has a file's name */
};

static void text_read_object(struct reader *r, GMimeObject *object, unsigned depth);

/* A part of its own after an empty line. */
static void text_put_text(struct reader *r, const char *text)
{
	while (r->out->len && g_ascii_isspace(r->out->str[r->out->len - 1]))
		g_string_truncate(r->out, r->out->len - 1);
	if (r->out->len)
		g_string_append(r->out, "\n\n");
	g_string_append(r->out, text);
}

/* HTML that says again what the text before it says is an alternative that nobody called one. */
static void read_leaf(struct reader *r, GMimeObject *part)
{
	const struct text_type *type = message_part_disposed(part, "attachment") ||
			(text_is_named(part) && !r->with_files)
		? NULL
		: text_type_of(part);
	g_autofree char *text = type ? type->read(part) : NULL;

	if (text && plain_says_something(text) &&
		(type->plain || !plain_says_the_same(r->out->str, text)))
		text_put_text(r, text);
}

static void read_attached_message(struct reader *r, GMimeObject *part)
{
	g_autofree char *subject = message_attached_subject(part), *line = NULL;

	line = subject ? g_strdup_printf("[attached message: %s]", subject)
		       : g_strdup("[attached message]");
	text_put_text(r, line);
}

static int text_count_of(GMimeMultipart *multipart)
{
	return g_mime_multipart_get_count(multipart);
}

static void read_mixed(struct reader *r, GMimeMultipart *multipart, unsigned depth)
{
	for (int i = 0; i < text_count_of(multipart); i++)
		text_read_object(r, g_mime_multipart_get_part(multipart, i), depth + 1);
}

static void read_first(struct reader *r, GMimeMultipart *multipart, unsigned depth)
{
	if (text_count_of(multipart))
		text_read_object(r, g_mime_multipart_get_part(multipart, 0), depth + 1);
}

/* RFC 2387 section 3.2: the part that `start` names, else the first. */
static void read_related(struct reader *r, GMimeMultipart *multipart, unsigned depth)
{
	g_autofree char *start = g_strdup(text_parameter(GMIME_OBJECT(multipart), "start"));
	GMimeObject *root;

	if (start)
		g_strdelimit(start, "<>", ' ');
	root = start ? g_mime_multipart_get_subpart_from_content_id(multipart, g_strstrip(start))
		     : NULL;
	if (root)
		text_read_object(r, root, depth + 1);
	else
		read_first(r, multipart, depth);
}

/* One that said something. */
static bool try_object(struct reader *r, GMimeObject *object, unsigned depth)
{
	struct reader one = { g_string_new(NULL), r->with_files };
	bool said;

	text_read_object(&one, object, depth);
	said = one.out->len > 0;
	if (said)
		text_put_text(r, one.out->str);
	g_string_free(one.out, TRUE);
	return said;
}

/* Plain text if it says something, else the richest that does (RFC 2046 section 5.1.4: the
 * last). */
static void read_alternative(struct reader *r, GMimeMultipart *multipart, unsigned depth)
{
	int n = text_count_of(multipart);

	for (int i = 0; i < n; i++) {
		GMimeObject *part = g_mime_multipart_get_part(multipart, i);

		if (message_part_is(part, "text", "plain") && try_object(r, part, depth + 1))
			return;
	}
	for (int i = n; i-- > 0;)
		if (try_object(r, g_mime_multipart_get_part(multipart, i), depth + 1))
			return;
}

static const struct {
	const char *subtype;
	void (*read)(struct reader *r, GMimeMultipart *multipart, unsigned depth);
} multiparts[] = {
	{ .subtype = "alternative", .read = read_alternative },
	{ .subtype = "related", .read = read_related },
	{ .subtype = "signed", .read = read_first },
	{ .subtype = "*", .read = read_mixed },
};

/* Its boundary is not there: what stands before the first part is all of it. */
static void read_prologue(struct reader *r, GMimeMultipart *multipart)
{
	const char *prologue = g_mime_multipart_get_prologue(multipart);
	g_autofree char *text = NULL;

	if (prologue)
		text = plain_shown(charset_decode(NULL, prologue, strlen(prologue), NULL));
	if (text && plain_says_something(text))
		text_put_text(r, text);
}

static void read_multipart(struct reader *r, GMimeMultipart *multipart, unsigned depth)
{
	GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(multipart));

	if (text_count_of(multipart) == 0) {
		read_prologue(r, multipart);
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(multiparts); i++)
		if (g_mime_content_type_is_type(type, "multipart", multiparts[i].subtype)) {
			multiparts[i].read(r, multipart, depth);
			return;
		}
}

static void text_read_object(struct reader *r, GMimeObject *object, unsigned depth)
{
	if (!object || depth > LIMIT_MIME_DEPTH || r->out->len >= LIMIT_TEXT_BYTES)
		return;
	if (GMIME_IS_MESSAGE_PART(object))
		read_attached_message(r, object);
	else if (GMIME_IS_MULTIPART(object))
		read_multipart(r, GMIME_MULTIPART(object), depth);
	else if (GMIME_IS_PART(object))
		read_leaf(r, object);
}

static char *read_tree(struct message *m)
{
	GMimeObject *top = message_top_part(m);
	struct reader r = { g_string_new(NULL), false };
	char *text;

	text_read_object(&r, top, 1);
	if (r.out->len == 0) {
		r.with_files = true;
		text_read_object(&r, top, 1);
	}
	text = text_block_valid(r.out->str, LIMIT_TEXT_BYTES);
	g_string_free(r.out, TRUE);
	return text;
}

/* --- most mail --- */

static char *single_text(const struct message *m)
{
	size_t len = MIN(m->len - (size_t)(m->body - m->data), (size_t)LIMIT_TEXT_SCAN_BYTES);
	char *text = len ? charset_decode(message_content_param(m, "charset"), m->body, len, NULL)
			 : NULL;

	return text_unflowed(
		text, message_content_param(m, "format"), message_content_param(m, "delsp"));
}

/* NULL when there is none, or it has to be read as something else. */
static char *read_single(const struct message *m)
{
	g_autofree char *text = single_text(m), *readable = NULL;

	if (!text || html_begins(text))
		return NULL;
	readable = plain_readable(text, LIMIT_TEXT_BYTES);
	return text_block_valid(readable ? readable : text, LIMIT_TEXT_BYTES);
}

/* What is computed once changes nothing that a caller sees. */
const char *message_text(const struct message *message)
{
	struct message *m = (struct message *)message;

	if (m->text)
		return m->text;
	if (message_is_single_text(m))
		m->text = read_single(m);
	if (!m->text)
		m->text = read_tree(m);
	if (!plain_says_something(m->text))
		*m->text = '\0';
	return m->text;
}
