/* What in a message its sender wrote, and what comes along with it: mails that are attached,
 * Subjects beside the one that is the ticket's. */
#include "mail/message-parts.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "mail/charset.h"
#include "mail/html.h"
#include "model/verb.h"

/* A verb and its end; none has as many. */
enum { VERB_BYTES = 16 };

/* --- the sender's own text --- */

static bool is_file(GMimeObject *part)
{
	return message_part_disposed(part, "attachment") ||
		g_mime_part_get_filename(GMIME_PART(part));
}

/* What clients put around what they quote, forward or add by themselves; many do so without a
 * blockquote. */
static const char *const quotation_marks[] = { "<blockquote", "<hr", "gmail_quote",
	"gmail_signature", "divRplyFwdMsg", "mail-editor-reference-message", "moz-cite-prefix",
	"moz-forward-container", "moz-signature", "protonmail_quote", "yahoo_quoted",
	"border-top:solid" };

/* The tag where the first begins; NULL. */
static const char *html_quotation(const char *html)
{
	const char *first = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(quotation_marks); i++) {
		const char *at = strcasestr(html, quotation_marks[i]);

		if (at && (!first || at < first))
			first = at;
	}
	while (first && first > html && *first != '<')
		first--;
	return first;
}

/* From an HTML part only what stands before a quotation. */
static char *html_before_quote(const char *html)
{
	const char *end = html_quotation(html);
	g_autofree char *own = end ? g_strndup(html, (gsize)(end - html)) : g_strdup(html);

	return html_text(own, LIMIT_TEXT_BYTES);
}

/* Owned; NULL: it has none, or is no text of its sender. */
static char *leaf_text(GMimeObject *part)
{
	bool plain = message_part_is(part, "text", "plain");
	g_autofree char *text = NULL;

	if (!GMIME_IS_PART(part) || (!plain && !message_part_is(part, "text", "html")) ||
		is_file(part))
		return NULL;
	text = message_part_text(part);
	if (!text)
		return NULL;
	return plain ? text_block_kept(text, -1, LIMIT_TEXT_BYTES) : html_before_quote(text);
}

static bool own_is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* The first text that stands in the mail: what follows it may be a file that somebody else made. Of
 * alternatives the first that says something, as senders put the plainest first (RFC 2046
 * section 5.1.4). */
static char *first_text(GMimeObject *object, unsigned depth)
{
	int n = GMIME_IS_MULTIPART(object) ? g_mime_multipart_get_count(GMIME_MULTIPART(object))
					   : 0;
	bool choice = n && message_part_is(object, "multipart", "alternative");

	if (depth > LIMIT_MIME_DEPTH || n == 0)
		return depth > LIMIT_MIME_DEPTH ? NULL : leaf_text(object);
	for (int i = 0; i < n; i++) {
		g_autofree char *text = first_text(
			g_mime_multipart_get_part(GMIME_MULTIPART(object), i), depth + 1);

		if (text && !(choice && i + 1 < n && own_is_blank(text)))
			return g_steal_pointer(&text);
	}
	return NULL;
}

char *message_own_text(const struct message *m)
{
	GMimeObject *top = message_top_part(m);

	return top ? first_text(top, 0) : NULL;
}

/* --- mails that come with it --- */

struct enclosed {
	enclosed_visit *fn;
	void *arg;
	unsigned depth;
	unsigned *count; /* of all depths */
};

static void each_enclosed(
	const struct message *m, unsigned depth, unsigned *count, enclosed_visit *fn, void *arg);

/* RFC 2046 section 5.2.1 allows no transfer encoding for message/rfc822, and gateways use one all
 * the same; Outlook and webmail attach a mail as a file. */
static bool is_mail_file(GMimeObject *part)
{
	const char *name = GMIME_IS_PART(part) ? g_mime_part_get_filename(GMIME_PART(part)) : NULL;
	size_t len = name ? strlen(name) : 0, ending = strlen(".eml");

	if (message_part_is(part, "message", "rfc822") ||
		message_part_is(part, "message", "global"))
		return GMIME_IS_PART(part);
	return len > ending && g_ascii_strcasecmp(name + len - ending, ".eml") == 0;
}

/* As bytes with LF line ends; NULL: it is none. Owned. */
static GByteArray *enclosed_bytes(GMimeObject *part)
{
	GMimeMessage *inner = message_attached(part);
	GMimeStream *stream;
	GByteArray *bytes;

	if (!inner)
		return is_mail_file(part) ? message_part_bytes(GMIME_PART(part), LIMIT_PARSE_BYTES)
					  : NULL;
	bytes = g_byte_array_new();
	stream = g_mime_stream_mem_new_with_byte_array(bytes);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	g_mime_object_write_to_stream(GMIME_OBJECT(inner), NULL, stream);
	g_object_unref(stream);
	return bytes;
}

static bool visit_enclosed(GMimeObject *part, void *arg)
{
	const struct enclosed *e = arg;
	GByteArray *bytes = enclosed_bytes(part);
	struct message *m;

	if (!bytes)
		return true;
	if (++*e->count > LIMIT_ENCLOSED) {
		g_byte_array_unref(bytes);
		return false;
	}
	m = message_parse_bytes(bytes->data, bytes->len);
	e->fn(m, e->arg);
	each_enclosed(m, e->depth + 1, e->count, e->fn, e->arg);
	message_free(m);
	g_byte_array_unref(bytes);
	return true;
}

static void each_enclosed(
	const struct message *m, unsigned depth, unsigned *count, enclosed_visit *fn, void *arg)
{
	struct enclosed e = { fn, arg, depth, count };

	if (depth < LIMIT_ENCLOSED_DEPTH)
		message_each_part(message_root((struct message *)m), 0, visit_enclosed, &e);
}

void message_each_enclosed(const struct message *m, enclosed_visit *fn, void *arg)
{
	unsigned count = 0;

	each_enclosed(m, 0, &count, fn, arg);
}

/* --- Subjects --- */

struct subjects {
	const struct message *message;
	GPtrArray *list;
};

static void own_add_subject(struct subjects *s, const char *raw)
{
	g_autofree char *text = message_decode_header(raw, LIMIT_TITLE_BYTES);

	if (!*text || strcmp(text, message_subject(s->message)) == 0 ||
		g_ptr_array_find_with_equal_func(s->list, text, g_str_equal, NULL))
		return;
	/* Clients that do not show the first show the last. */
	if (s->list->len == LIMIT_SUBJECTS)
		g_ptr_array_remove_index(s->list, 0);
	g_ptr_array_add(s->list, g_steal_pointer(&text));
}

/* The Subject with its encoded-words read as the bytes that they are, as a client does that does
 * not know their charset, or forgets what shifts it; NULL when every charset has ASCII in its
 * place. Owned. */
static char *read_as_bytes(const char *raw)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *word, *rest = raw;
	bool differs = false;

	while ((word = strstr(rest, "=?")) && out->len < LIMIT_SUBJECT_BYTES) {
		gsize len = strcspn(word + 2, "?* \t\r\n");
		g_autofree char *label = g_strndup(word + 2, len);
		bool keeps = word[2 + len] != '?' || charset_keeps_ascii(label);

		g_string_append_len(out, rest, word + 2 - rest);
		g_string_append(out, keeps ? label : "iso-8859-1");
		differs |= !keeps;
		rest = word + 2 + len;
	}
	g_string_append(out, rest);
	return differs ? g_strdup(out->str) : NULL;
}

/* A client may have cut off what follows. */
static bool begins_with_verb(const char *word)
{
	char verb[VERB_BYTES] = "";

	for (size_t i = 0; i + 1 < sizeof verb && g_ascii_isalpha(word[i]); i++) {
		verb[i] = word[i];
		if (verb_find(verb) >= 0)
			return true;
	}
	return false;
}

static bool has_verb(const char *text)
{
	for (const char *bang = strchr(text, '!'); bang; bang = strchr(bang + 1, '!'))
		if (begins_with_verb(bang + 1))
			return true;
	return false;
}

/* Most of such readings are no words at all. */
static void add_bytes(struct subjects *s, const char *raw)
{
	g_autofree char *other = raw ? read_as_bytes(raw) : NULL;
	g_autofree char *text = other ? message_decode_header(other, LIMIT_TITLE_BYTES) : NULL;

	if (text && has_verb(text))
		own_add_subject(s, other);
}

static void part_subjects(struct subjects *s, GMimeObject *part, unsigned depth)
{
	GMimeHeader *field = g_mime_header_list_get_header(
		g_mime_object_get_header_list(part), "Subject");
	int n = GMIME_IS_MULTIPART(part) ? g_mime_multipart_get_count(GMIME_MULTIPART(part)) : 0;

	if (field)
		own_add_subject(s, g_mime_header_get_raw_value(field));
	for (int i = 0; i < n && depth < LIMIT_MIME_DEPTH; i++)
		part_subjects(s, g_mime_multipart_get_part(GMIME_MULTIPART(part), i), depth + 1);
}

char **message_other_subjects(const struct message *m)
{
	struct subjects s = { m, g_ptr_array_new_with_free_func(g_free) };

	add_bytes(&s, message_header(m, "Subject", 0));
	for (unsigned i = 1; i < message_header_count(m, "Subject"); i++)
		own_add_subject(&s, message_header(m, "Subject", i));
	if (!g_str_has_prefix(message_content_type(m), "text/") && message_top_part(m))
		part_subjects(&s, message_top_part(m), 0);
	if (s.list->len == 0) {
		g_ptr_array_free(s.list, TRUE);
		return NULL;
	}
	g_ptr_array_add(s.list, NULL);
	g_ptr_array_set_free_func(s.list, NULL);
	return (char **)g_ptr_array_free(s.list, FALSE);
}
