/* The body: its MIME tree, and what its top part is. */
#include "mail/message-parts.h"

#include <string.h>
#include <unistd.h>

#include "base/field.h"
#include "base/limits.h"

enum { CHUNK = 64 * 1024, FIELD_MAX = 64 * 1024, EIGHT_BIT_MAX = 256 * 1024 };

/* --- how much of it may be parsed --- */

/* What makes the parser take memory, time or stack is counted first, wherever it stands: lines that
 * may be boundaries or header fields, attached messages, addresses and groups of them (it parses
 * the addresses of every message that it meets), long fields (it decodes them). */
enum watched { NO_FIELD, SOME_FIELD, ADDRESSES, MEDIA_TYPE };

struct survey {
	unsigned marks, fields, messages, addresses;
	unsigned colons;     /* of this field, after its name */
	size_t field_length; /* of the field that this line belongs to, so far */
	size_t eight_bit;    /* bytes that are not ASCII, in all fields */
	enum watched field;
	bool line_open;     /* the last piece of text ended without a line end */
	bool in_body;       /* of a part that says what it is: its lines are no fields */
	bool typed, nested; /* this block of fields has a Content-Type, and one of a message */
	size_t good;        /* bytes before a limit was passed */
	bool over;
};

static const struct {
	const char *name;
	enum watched field;
} watched_fields[] = {
	{ .name = "From", .field = ADDRESSES },
	{ .name = "To", .field = ADDRESSES },
	{ .name = "Cc", .field = ADDRESSES },
	{ .name = "Bcc", .field = ADDRESSES },
	{ .name = "Sender", .field = ADDRESSES },
	{ .name = "Reply-To", .field = ADDRESSES },
	{ .name = "Content-Type", .field = MEDIA_TYPE },
};

/* Tags of HTML in one long line are none. */
static enum watched body_field_of(const char *line, size_t len)
{
	size_t name = field_name_length(line, line + len);

	if (name == 0 || memchr(line, '<', name))
		return NO_FIELD;
	for (size_t i = 0; i < G_N_ELEMENTS(watched_fields); i++)
		if (strlen(watched_fields[i].name) == name &&
			g_ascii_strncasecmp(line, watched_fields[i].name, name) == 0)
			return watched_fields[i].field;
	return SOME_FIELD;
}

static unsigned body_count(const char *line, size_t len, char c)
{
	unsigned n = 0;

	for (const char *end = line + len; (line = memchr(line, c, (size_t)(end - line))); line++)
		n++;
	return n;
}

static bool names_a_message(const char *line, size_t len)
{
	g_autofree char *lower = g_ascii_strdown(line, (gssize)len);

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
		s->colons += body_count(line, len, ':') - (s->field_length == 0);
		s->addresses += body_count(line, len, ':') + body_count(line, len, ',');
		break;
	case MEDIA_TYPE:
		s->typed = true;
		s->nested |= names_a_message(line, len);
		s->messages += names_a_message(line, len);
		break;
	}
	s->field_length += len;
	for (size_t i = 0; i < len; i++)
		s->eight_bit += (guchar)line[i] >> 7;
	s->over |= s->field_length > FIELD_MAX || s->eight_bit > EIGHT_BIT_MAX;
}

static bool is_blank_line(const char *line, size_t len)
{
	return *line == '\n' || (len > 1 && line[0] == '\r' && line[1] == '\n');
}

/* A style sheet of ten thousand lines is no header: what follows the blank line after a
 * Content-Type is a body, until something looks like a boundary. A message has fields of its own
 * there, and so may what has no type (in a digest, RFC 2046 section 5.1.5). */
static void survey_place(struct survey *s, const char *line, size_t len)
{
	bool mark = len > 2 && line[0] == '-' && line[1] == '-' && !g_ascii_isspace(line[2]);

	s->marks += mark;
	if (mark)
		s->in_body = false;
	else if (is_blank_line(line, len))
		s->in_body |= s->typed && !s->nested;
	if (mark || is_blank_line(line, len))
		s->typed = s->nested = false;
	s->fields += !s->in_body && memchr(line, ':', len);
}

static void survey_line(struct survey *s, const char *line, size_t len, size_t at)
{
	if (!s->line_open && *line != ' ' && *line != '\t') {
		s->field = body_field_of(line, len);
		s->field_length = s->colons = 0;
		survey_place(s, line, len);
	}
	s->line_open = line[len - 1] != '\n';
	survey_field(s, line, len);
	if (s->marks > LIMIT_MIME_PARTS || s->messages > LIMIT_MIME_DEPTH ||
		s->fields > LIMIT_HEADER_COUNT || s->colons > LIMIT_ADDRESS_COLONS ||
		s->addresses > LIMIT_HEADER_COUNT)
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

	while (at < LIMIT_PARSE_BYTES && !s.over &&
		(n = pread(fd, chunk, CHUNK, offset + (int64_t)at)) > 0)
		at += survey_chunk(&s, chunk, (size_t)n, at, n < CHUNK);
	return s.good;
}

static size_t body_parseable(const struct message *m)
{
	struct survey s = { 0 };

	if (m->fd >= 0)
		return parseable_fd(m->fd, m->offset);
	survey_chunk(&s, m->data, m->len, 0, true);
	return s.good;
}

static GMimeStream *open_stream(struct message *m)
{
	size_t len = body_parseable(m);
	GMimeStream *stream;

	if (m->fd >= 0)
		return g_mime_stream_fs_new_with_bounds(
			dup(m->fd), m->offset, m->offset + (int64_t)len);
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

GMimeObject *message_top_part(const struct message *message)
{
	GMimeObject *root = message_root((struct message *)message);

	return root && GMIME_IS_MESSAGE(root) ? g_mime_message_get_mime_part(GMIME_MESSAGE(root))
					      : NULL;
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
		return message_each_part(
			g_mime_message_get_mime_part(GMIME_MESSAGE(object)), depth + 1, fn, arg);
	if (GMIME_IS_MULTIPART(object))
		return each_child(GMIME_MULTIPART(object), depth, fn, arg);
	return fn(object, arg);
}

bool message_part_is(GMimeObject *part, const char *type, const char *subtype)
{
	return g_mime_content_type_is_type(g_mime_object_get_content_type(part), type, subtype);
}

bool message_part_disposed(GMimeObject *part, const char *disposition)
{
	const char *own = g_mime_object_get_disposition(part);

	return own && g_ascii_strcasecmp(own, disposition) == 0;
}

/* --- most mail --- */

bool message_word_is(const char *value, const char *word)
{
	return value && g_ascii_strcasecmp(value, word) == 0;
}

static bool is_identity(const char *encoding)
{
	return message_word_is(encoding, "7bit") || message_word_is(encoding, "8bit") ||
		message_word_is(encoding, "binary");
}

static bool is_single_text(const struct message *m)
{
	const char *encoding = message_header(m, "Content-Transfer-Encoding", 0);

	return m->body && (!encoding || is_identity(encoding)) &&
		!message_header(m, "Content-Disposition", 0) &&
		message_header_count(m, "Content-Type") <= 1 &&
		message_header_count(m, "Content-Transfer-Encoding") <= 1 &&
		strcmp(message_content_type(m), "text/plain") == 0;
}

bool message_is_single_text(const struct message *message)
{
	struct message *m = (struct message *)message;

	if (!m->single_known)
		m->single = is_single_text(m);
	m->single_known = true;
	return m->single;
}

/* --- kinds of parts --- */

struct search {
	const char *type, *subtype;
	bool found;
};

static bool look_for(GMimeObject *part, void *arg)
{
	struct search *search = arg;

	search->found = message_part_is(part, search->type, search->subtype);
	return !search->found;
}

bool message_has_part(const struct message *message, const char *type, const char *subtype)
{
	struct search search = { type, subtype, false };

	if (message_is_single_text(message))
		return g_ascii_strcasecmp(type, "text") == 0 &&
			g_ascii_strcasecmp(subtype, "plain") == 0;
	message_each_part(message_root((struct message *)message), 0, look_for, &search);
	return search.found;
}

/* --- attached messages --- */

GMimeMessage *message_attached(GMimeObject *part)
{
	return GMIME_IS_MESSAGE_PART(part)
		? g_mime_message_part_get_message(GMIME_MESSAGE_PART(part))
		: NULL;
}

char *message_attached_subject(GMimeObject *part)
{
	GMimeMessage *inner = message_attached(part);
	GMimeHeader *header = inner
		? g_mime_header_list_get_header(
			  g_mime_object_get_header_list(GMIME_OBJECT(inner)), "Subject")
		: NULL;
	g_autofree char *subject = header
		? message_decode_header(g_mime_header_get_raw_value(header), LIMIT_TITLE_BYTES)
		: NULL;

	return subject && *subject ? g_steal_pointer(&subject) : NULL;
}

/* --- the top part --- */

static GMimeContentType *read_content_type(const char *value)
{
	/* Some encode all that they write. */
	g_autofree char *decoded =
		g_str_has_prefix(value, "=?") ? message_decode_header(value, FIELD_MAX) : NULL;

	return g_mime_content_type_parse(message_options(), decoded ? decoded : value);
}

static const char *name_of_type(GMimeContentType *content_type)
{
	static const char *const known[] = { "multipart/report", "multipart/mixed",
		"multipart/alternative", "multipart/signed", "multipart/encrypted",
		"multipart/related", "text/plain", "text/html", "text/calendar", "message/rfc822",
		"message/delivery-status", "message/disposition-notification" };
	g_autofree char *type = g_mime_content_type_get_mime_type(content_type);

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_ascii_strcasecmp(type, known[i]) == 0)
			return known[i];
	return "application/octet-stream";
}

/* What has no such field is plain text (RFC 2045 section 5.2). */
const char *message_content_type(const struct message *message)
{
	struct message *m = (struct message *)message;
	const char *value = m->type ? NULL : message_header(m, "Content-Type", 0);

	if (value)
		m->content_type = read_content_type(value);
	if (!m->type)
		m->type = value ? name_of_type(m->content_type) : "text/plain";
	return m->type;
}

const char *message_content_param(const struct message *m, const char *name)
{
	message_content_type(m);
	return m->content_type ? g_mime_content_type_get_parameter(m->content_type, name) : NULL;
}
