/* The body: its MIME tree, and the text that a person would read. */
#include "message-parts.h"

#include <string.h>
#include <unistd.h>

#include "html.h"
#include "limits.h"
#include "text.h"

enum { CHUNK = 64 * 1024, FIELD_MAX = 64 * 1024, EIGHT_BIT_MAX = 256 * 1024 };

/* --- how much of it may be parsed --- */

/* What makes the parser take memory, time or stack is counted first, wherever it stands: lines that may be boundaries or header fields,
 * attached messages, addresses and groups of them (it parses the addresses of every message that it meets), long fields (it decodes them). */
enum watched { NO_FIELD, SOME_FIELD, ADDRESSES, MEDIA_TYPE };

struct survey {
	unsigned marks, fields, messages, addresses;
	unsigned colons;	/* of this field, behind its name */
	size_t field_length;	/* of the field that this line belongs to, so far */
	size_t eight_bit;	/* bytes that are not ASCII, in all fields */
	enum watched field;
	bool line_open;		/* the last piece of text ended without a line end */
	size_t good;		/* bytes before a limit was passed */
	bool over;
};

static const struct {
	const char *name;
	enum watched field;
} watched_fields[] = {
	{ "From", ADDRESSES }, { "To", ADDRESSES }, { "Cc", ADDRESSES }, { "Bcc", ADDRESSES }, { "Sender", ADDRESSES }, { "Reply-To", ADDRESSES },
	{ "Content-Type", MEDIA_TYPE },
};

/* RFC 5322 section 2.2; tags of HTML in one long line are none. */
static size_t field_name_length(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && g_ascii_isgraph(line[n]) && line[n] != ':' && line[n] != '<')
		n++;
	return n;
}

static enum watched field_of(const char *line, size_t len)
{
	size_t name = field_name_length(line, len), colon = name;

	while (colon < len && (line[colon] == ' ' || line[colon] == '\t'))
		colon++;
	if (name == 0 || colon == len || line[colon] != ':')
		return NO_FIELD;
	for (size_t i = 0; i < G_N_ELEMENTS(watched_fields); i++)
		if (strlen(watched_fields[i].name) == name && g_ascii_strncasecmp(line, watched_fields[i].name, name) == 0)
			return watched_fields[i].field;
	return SOME_FIELD;
}

static unsigned count(const char *line, size_t len, char c)
{
	unsigned n = 0;

	for (const char *end = line + len; (line = memchr(line, c, (size_t)(end - line))); line++)
		n++;
	return n;
}

static bool names_a_message(const char *line, size_t len)
{
	g_autofree char *lower = g_ascii_strdown(line, (gssize)MIN(len, 200));

	return strstr(lower, "message") != NULL;
}

static void survey_field(struct survey *s, const char *line, size_t len)
{
	switch (s->field) {
	case NO_FIELD:
		return;
	case SOME_FIELD:
		break;
	case ADDRESSES:
		s->colons += count(line, len, ':') - (s->field_length == 0);
		s->addresses += count(line, len, ':') + count(line, len, ',');
		break;
	case MEDIA_TYPE:
		s->messages += names_a_message(line, len);
		break;
	}
	s->field_length += len;
	for (size_t i = 0; i < len; i++)
		s->eight_bit += (guchar)line[i] >> 7;
	s->over |= s->field_length > FIELD_MAX || s->eight_bit > EIGHT_BIT_MAX;
}

static void survey_line(struct survey *s, const char *line, size_t len, size_t at)
{
	if (!s->line_open && *line != ' ' && *line != '\t') {
		s->field = field_of(line, len);
		s->field_length = s->colons = 0;
		s->marks += len > 2 && line[0] == '-' && line[1] == '-' && !g_ascii_isspace(line[2]);
		s->fields += memchr(line, ':', len) != NULL;
	}
	s->line_open = line[len - 1] != '\n';
	survey_field(s, line, len);
	if (s->marks > LIMIT_MIME_PARTS || s->messages > LIMIT_MIME_DEPTH || s->fields > LIMIT_HEADER_COUNT ||
		s->colons > LIMIT_ADDRESS_COLONS || s->addresses > LIMIT_HEADER_COUNT)
		s->over = true;
	if (!s->over)
		s->good = at + len;
}

static size_t survey_chunk(struct survey *s, const char *data, size_t len, size_t at, bool last)
{
	size_t done = 0;

	while (done < len && !s->over) {
		const char *newline = memchr(data + done, '\n', len - done);
		size_t line = newline ? (size_t)(newline - data) + 1 - done : len - done;

		/* A line that fills the chunk is no boundary, whatever follows. */
		if (!newline && !last && done > 0)
			break;
		survey_line(s, data + done, line, at + done);
		done += line;
	}
	return done;
}

static size_t parseable_fd(int fd, int64_t offset)
{
	struct survey s = { 0 };
	g_autofree char *chunk = g_malloc(CHUNK);
	size_t at = 0;
	ssize_t n;

	while (at < LIMIT_PARSE_BYTES && !s.over && (n = pread(fd, chunk, CHUNK, offset + (int64_t)at)) > 0)
		at += survey_chunk(&s, chunk, (size_t)n, at, n < CHUNK);
	return s.good;
}

static size_t parseable(const struct message *m)
{
	struct survey s = { 0 };

	if (m->fd >= 0)
		return parseable_fd(m->fd, m->offset);
	survey_chunk(&s, m->data, m->len, 0, true);
	return s.good;
}

static GMimeStream *open_stream(struct message *m)
{
	size_t len = parseable(m);
	GMimeStream *stream;

	if (m->fd >= 0)
		return g_mime_stream_fs_new_with_bounds(dup(m->fd), m->offset, m->offset + (int64_t)len);
	/* The parser only reads; it gets the bytes without a copy. */
	stream = g_mime_stream_mem_new();
	m->view = g_byte_array_new_take((guint8 *)(void *)m->data, len);
	/* Frees the stream's own array, if it is still the owner. */
	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(stream), m->view);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	return stream;
}

GMimeObject *message_root(struct message *m)
{
	GMimeStream *stream;
	GMimeParser *parser;

	if (m->root_known)
		return m->root;
	m->root_known = true;
	stream = open_stream(m);
	parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_persist_stream(parser, TRUE);
	m->root = GMIME_OBJECT(g_mime_parser_construct_message(parser, message_options()));
	g_object_unref(parser);
	g_object_unref(stream);
	return m->root;
}

/* --- walking --- */

static bool each_child(GMimeMultipart *multipart, unsigned depth, part_visit *fn, void *arg)
{
	int n = g_mime_multipart_get_count(multipart);

	for (int i = 0; i < n; i++)
		if (!message_each_part(g_mime_multipart_get_part(multipart, i), depth + 1, fn, arg))
			return false;
	return true;
}

bool message_each_part(GMimeObject *object, unsigned depth, part_visit *fn, void *arg)
{
	if (!object || depth > LIMIT_MIME_DEPTH)
		return true;
	if (GMIME_IS_MESSAGE(object))
		return message_each_part(g_mime_message_get_mime_part(GMIME_MESSAGE(object)), depth + 1, fn, arg);
	if (GMIME_IS_MULTIPART(object))
		return each_child(GMIME_MULTIPART(object), depth, fn, arg);
	return fn(object, arg);
}

/* --- text of a part --- */

/* Up to LIMIT_TEXT_SCAN_BYTES of a part's bytes, its transfer encoding undone. */
static GByteArray *part_bytes(GMimePart *part)
{
	GMimeDataWrapper *wrapper = g_mime_part_get_content(part);
	GMimeStream *stream = wrapper ? g_mime_data_wrapper_get_stream(wrapper) : NULL;
	g_autofree char *raw = NULL;
	GByteArray *out;
	GMimeEncoding state;
	ssize_t n;

	if (!stream)
		return NULL;
	raw = g_malloc(LIMIT_TEXT_SCAN_BYTES);
	g_mime_stream_reset(stream);
	n = g_mime_stream_read(stream, raw, LIMIT_TEXT_SCAN_BYTES);
	if (n <= 0)
		return NULL;
	g_mime_encoding_init_decode(&state, g_mime_data_wrapper_get_encoding(wrapper));
	out = g_byte_array_new();
	g_byte_array_set_size(out, (guint)g_mime_encoding_outlen(&state, (size_t)n) + 1);
	g_byte_array_set_size(out, (guint)g_mime_encoding_step(&state, raw, (size_t)n, (char *)out->data));
	return out;
}

/* Charsets whose text looks like ASCII until it is converted. */
static bool is_seven_bit(const char *charset)
{
	static const char *const heads[] = { "iso-2022", "utf-7", "hz" };

	for (size_t i = 0; charset && i < G_N_ELEMENTS(heads); i++)
		if (g_ascii_strncasecmp(charset, heads[i], strlen(heads[i])) == 0)
			return true;
	return false;
}

/* A C string: a NUL would hide all that follows. */
static char *without_nul(char *text, gsize len)
{
	for (gsize i = 0; text && i < len; i++)
		if (!text[i])
			text[i] = ' ';
	return text;
}

static char *from_charset(const GByteArray *bytes, const char *charset)
{
	gsize len = 0;
	char *text = g_convert_with_fallback((const char *)bytes->data, bytes->len, "UTF-8", charset, "?", NULL, &len, NULL);

	return without_nul(text, len);
}

/* Unknown charsets and bytes that do not fit become what can be read of them. */
static char *to_utf8(const GByteArray *bytes, const char *charset)
{
	const char *data = (const char *)bytes->data;
	char *text = NULL;

	if (bytes->len == 0)
		return g_strdup("");
	if (!is_seven_bit(charset) && g_utf8_validate(data, bytes->len, NULL))
		return g_strndup(data, bytes->len);
	if (charset)
		text = from_charset(bytes, charset);
	if (!text && !(charset && g_ascii_strncasecmp(charset, "utf", 3) == 0))
		text = from_charset(bytes, "windows-1252");
	return text ? text : without_nul(g_utf8_make_valid(data, bytes->len), bytes->len);
}

char *message_part_text(GMimeObject *part)
{
	g_autoptr(GByteArray) bytes = NULL;

	if (!GMIME_IS_PART(part) || !(bytes = part_bytes(GMIME_PART(part))))
		return NULL;
	return to_utf8(bytes, g_mime_object_get_content_type_parameter(part, "charset"));
}

/* --- which part is read --- */

struct choice {
	GMimeObject *plain, *html;
};

static bool choose(GMimeObject *part, void *arg)
{
	struct choice *choice = arg;
	GMimeContentType *type = g_mime_object_get_content_type(part);
	const char *disposition = g_mime_object_get_disposition(part);

	if (!GMIME_IS_PART(part) || (disposition && g_ascii_strcasecmp(disposition, "attachment") == 0))
		return true;
	if (!choice->plain && g_mime_content_type_is_type(type, "text", "plain"))
		choice->plain = part;
	else if (!choice->html && g_mime_content_type_is_type(type, "text", "html"))
		choice->html = part;
	return !choice->plain;
}

static bool is_identity(const char *encoding)
{
	static const char *const words[] = { "7bit", "8bit", "binary" };

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_ascii_strcasecmp(encoding, words[i]) == 0)
			return true;
	return false;
}

/* Most mail is a single plain text that is not encoded: its bytes are the text, and making a tree of it costs as much as all the rest. */
static bool is_single_text(const struct message *m)
{
	const char *encoding = message_header(m, "Content-Transfer-Encoding", 0);

	return m->body && (!encoding || is_identity(encoding)) && !message_header(m, "Content-Disposition", 0) &&
		message_header_count(m, "Content-Type") <= 1 && message_header_count(m, "Content-Transfer-Encoding") <= 1 &&
		strcmp(message_content_type(m), "text/plain") == 0;
}

static char *single_text(const struct message *m)
{
	size_t len = m->len - (size_t)(m->body - m->data);
	const GByteArray bytes = { (guint8 *)(void *)m->body, (guint)MIN(len, (size_t)LIMIT_TEXT_SCAN_BYTES) };

	return len ? to_utf8(&bytes, message_content_param(m, "charset")) : NULL;
}

static char *first_plain_text(struct message *m)
{
	struct choice choice = { NULL, NULL };

	message_each_part(message_root(m), 0, choose, &choice);
	return choice.plain ? message_part_text(choice.plain) : NULL;
}

const char *message_plain_text(const struct message *message)
{
	struct message *m = (struct message *)message;

	if (!m->plain_known) {
		g_autofree char *text = is_single_text(m) ? single_text(m) : first_plain_text(m);

		m->plain_known = true;
		m->plain_text = text ? text_block_kept(text, -1, LIMIT_TEXT_BYTES) : NULL;
	}
	return m->plain_text;
}

struct search {
	const char *type, *subtype;
	bool found;
};

static bool look_for(GMimeObject *part, void *arg)
{
	struct search *search = arg;

	search->found = g_mime_content_type_is_type(g_mime_object_get_content_type(part), search->type, search->subtype);
	return !search->found;
}

bool message_has_part(const struct message *message, const char *type, const char *subtype)
{
	struct search search = { type, subtype, false };

	message_each_part(message_root((struct message *)message), 0, look_for, &search);
	return search.found;
}

static char *html_as_text(struct message *m)
{
	struct choice choice = { NULL, NULL };
	g_autofree char *html = NULL;

	message_each_part(message_root(m), 0, choose, &choice);
	html = choice.html ? message_part_text(choice.html) : NULL;
	return html ? html_text(html, LIMIT_TEXT_BYTES) : g_strdup("");
}

static bool says_something(const char *text)
{
	return text && text[strspn(text, " \t\n\r")] != '\0';
}

const char *message_text(const struct message *message)
{
	struct message *m = (struct message *)message;

	if (!m->text)
		m->text = says_something(message_plain_text(m)) ? g_strdup(m->plain_text) : html_as_text(m);
	return m->text;
}

/* --- the top part --- */

static GMimeContentType *content_type(const struct message *message)
{
	struct message *m = (struct message *)message;
	const char *value = message_header(m, "Content-Type", 0);

	if (!m->content_type)
		m->content_type = value ? g_mime_content_type_parse(message_options(), value) : g_mime_content_type_new("text", "plain");
	return m->content_type;
}

const char *message_content_type(const struct message *m)
{
	static const char *const known[] = {
		"multipart/report", "multipart/mixed", "multipart/alternative", "multipart/signed", "multipart/encrypted", "multipart/related",
		"text/plain", "text/html", "text/calendar", "message/rfc822", "message/delivery-status", "message/disposition-notification",
	};
	g_autofree char *type = g_mime_content_type_get_mime_type(content_type(m));

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_ascii_strcasecmp(type, known[i]) == 0)
			return known[i];
	return "application/octet-stream";
}

const char *message_content_param(const struct message *m, const char *name)
{
	return g_mime_content_type_get_parameter(content_type(m), name);
}
