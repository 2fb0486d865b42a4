/* The attachments of a message: which of its parts they are, what they are called and how large,
 * and their bytes. */
#include "mail/message-parts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"

/* Where a part stands decides what it is: seals and delivery reports are no attachments. */
struct attachments {
	GArray *list;    /* of struct attachment; NULL: not wanted */
	unsigned wanted; /* index of the one whose bytes are wanted */
	unsigned seen;
	GMimeObject *found; /* borrowed from the tree */
	struct hash digest; /* of all in the list */
};

static void attachments_clear(void *data)
{
	attachment_release(data);
}

/* Owned; NULL. */
static char *part_name(GMimeObject *part)
{
	g_autofree char *decoded = message_part_param(part, "Content-Disposition", "filename");
	g_autofree char *subject = NULL, *name = NULL;

	if (!decoded)
		decoded = message_part_param(part, "Content-Type", "name");
	if (!decoded && (subject = message_attached_subject(part)))
		decoded = g_strdup_printf("%s.eml", subject);
	/* A file may be saved under it: nothing turns "gpj.exe" around. */
	name = decoded ? text_line(decoded, LIMIT_NAME_BYTES) : NULL;
	return name && *name ? g_steal_pointer(&name) : NULL;
}

/* Text that stands in the mail is its text, unless its sender gave it a file's name or said that it
 * is attached. */
static bool is_body_text(GMimeObject *part)
{
	g_autofree char *name = NULL;

	if (!message_part_is(part, "text", "plain") && !message_part_is(part, "text", "html"))
		return false;
	return !message_part_disposed(part, "attachment") && !(name = part_name(part));
}

/* RFC 1847, 3156, 6522: what belongs to the form of the mail. */
static bool is_form(GMimeObject *part, GMimeObject *parent, int index)
{
	if (!parent)
		return false;
	if (message_part_is(parent, "multipart", "report"))
		return true;
	if (message_part_is(parent, "multipart", "signed"))
		return index > 0;
	return message_part_is(parent, "multipart", "encrypted") &&
		message_part_is(part, "application", "pgp-encrypted");
}

static bool write_part(GMimeObject *part, GMimeStream *out)
{
	GMimeDataWrapper *content;

	if (GMIME_IS_MESSAGE_PART(part)) {
		GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));

		return !inner || g_mime_object_write_to_stream(GMIME_OBJECT(inner), NULL, out) >= 0;
	}
	content = GMIME_IS_PART(part) ? message_part_content(GMIME_PART(part)) : NULL;
	return !content || g_mime_data_wrapper_write_to_stream(content, out) >= 0;
}

/* Its bytes, with their number and their hash. */
static uint64_t attachments_measure(GMimeObject *part, char **hash_out)
{
	GMimeStream *null = g_mime_stream_null_new(), *out = g_mime_stream_filter_new(null);
	GMimeFilter *hash = g_mime_filter_checksum_new(G_CHECKSUM_SHA256);
	uint64_t size;

	g_mime_stream_filter_add(GMIME_STREAM_FILTER(out), hash);
	write_part(part, out);
	g_mime_stream_flush(out);
	size = GMIME_STREAM_NULL(null)->written;
	*hash_out = g_mime_filter_checksum_get_string(GMIME_FILTER_CHECKSUM(hash));
	g_object_unref(hash);
	g_object_unref(out);
	g_object_unref(null);
	return size;
}

static bool is_shown_inline(GMimeObject *part, GMimeObject *parent)
{
	bool related = parent && message_part_is(parent, "multipart", "related") &&
		g_mime_object_get_content_id(part);

	return message_part_disposed(part, "inline") ||
		(related && !message_part_disposed(part, "attachment"));
}

static void attachments_describe(struct attachments *a, GMimeObject *part, GMimeObject *parent)
{
	g_autofree char *type = g_mime_content_type_get_mime_type(
		g_mime_object_get_content_type(part));
	g_autofree char *hash = NULL, *said = NULL;
	struct attachment attachment = {
		.name = part_name(part),
		.type = g_ascii_strdown(type, -1),
		.size = attachments_measure(part, &hash),
		.is_inline = is_shown_inline(part, parent),
	};

	/* The words of a record are divided by blanks. */
	g_strdelimit(attachment.type, " \t\r\n", '_');
	g_array_append_val(a->list, attachment);
	said = g_strjoin("\n", hash, attachment.type, attachment.name, NULL);
	hash_add(&a->digest, "\n", 1);
	hash_add(&a->digest, said, strlen(said));
}

static void attachments_visit(
	struct attachments *a, GMimeObject *part, GMimeObject *parent, int index, unsigned depth)
{
	int n = GMIME_IS_MULTIPART(part) ? g_mime_multipart_get_count(GMIME_MULTIPART(part)) : 0;

	if (depth > LIMIT_MIME_DEPTH || a->seen >= LIMIT_ATTACHMENTS ||
		is_form(part, parent, index))
		return;
	for (int i = 0; i < n; i++)
		attachments_visit(
			a, g_mime_multipart_get_part(GMIME_MULTIPART(part), i), part, i, depth + 1);
	if (GMIME_IS_MULTIPART(part) || is_body_text(part))
		return;
	if (a->seen++ == a->wanted)
		a->found = part;
	if (a->list)
		attachments_describe(a, part, parent);
}

static void visit_message(const struct message *m, struct attachments *a)
{
	GMimeObject *top = message_top_part(m);

	if (top)
		attachments_visit(a, top, NULL, 0, 0);
}

/* Most mail is a text and nothing else, which its headers tell. */
static bool is_text_alone(const struct message *m)
{
	const char *disposition = message_header(m, "Content-Disposition", 0),
		   *type = message_content_type(m);

	return !disposition && message_header_count(m, "Content-Type") <= 1 &&
		!message_content_param(m, "name") &&
		(strcmp(type, "text/plain") == 0 || strcmp(type, "text/html") == 0);
}

const struct attachment *message_attachments(const struct message *message, size_t *n_out)
{
	struct message *m = (struct message *)message;

	if (!m->attachments) {
		struct attachments a = {
			.list = g_array_new(FALSE, TRUE, sizeof(struct attachment)),
			.wanted = G_MAXUINT,
		};

		g_array_set_clear_func(a.list, attachments_clear);
		hash_init(&a.digest);
		m->attachments = a.list;
		if (!is_text_alone(m))
			visit_message(m, &a);
		if (a.list->len)
			hash_get_hex(&a.digest, m->attachments_digest);
	}
	*n_out = m->attachments->len;
	return (const struct attachment *)(const void *)m->attachments->data;
}

const char *message_attachments_digest(const struct message *message)
{
	size_t n;

	message_attachments(message, &n);
	return n ? message->attachments_digest : NULL;
}

char **message_attachment_texts(const struct message *message)
{
	size_t n;
	const struct attachment *list = message_attachments(message, &n);
	char **out = n ? g_new0(char *, n + 1) : NULL;

	for (size_t i = 0; i < n; i++)
		out[i] = attachment_text(&list[i]);
	return out;
}

char *message_encode_part(const char *name, const char *type, const void *data, size_t len)
{
	GMimeContentType *content_type = g_mime_content_type_parse(message_options(), type);
	GMimePart *part = g_mime_part_new();
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(data, len);
	GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(
		stream, GMIME_CONTENT_ENCODING_DEFAULT);
	char *out;

	g_mime_object_set_content_type(GMIME_OBJECT(part), content_type);
	g_mime_object_set_disposition(GMIME_OBJECT(part), "attachment");
	g_mime_part_set_filename(part, name);
	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
	out = g_mime_object_to_string(GMIME_OBJECT(part), NULL);
	g_object_unref(content);
	g_object_unref(stream);
	g_object_unref(part);
	g_object_unref(content_type);
	return out;
}

enum status message_attachment_write(
	const struct message *message, unsigned index, int fd, struct error *err)
{
	struct attachments a = { .wanted = index };
	GMimeStream *out;
	bool written;

	visit_message(message, &a);
	if (!a.found)
		return error_set(
			err, ST_NOT_FOUND, _("the message has no attachment %u"), index + 1);
	out = g_mime_stream_fs_new(dup(fd));
	written = write_part(a.found, out) && g_mime_stream_flush(out) == 0;
	g_object_unref(out);
	return written
		? ST_OK
		: error_set(err, ST_IO, _("cannot write the attachment: %s"), g_strerror(errno));
}
