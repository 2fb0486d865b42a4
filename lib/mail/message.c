/* Headers of a message: found, decoded, encoded. Addresses are message-address.c's, bodies
 * message-body.c's, reports message-report.c's. */
#include "mail/message-parts.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/field.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/text.h"
#include "mail/subject-words.h"

enum { LATEST_YEAR = 9999 };

static GMimeParserOptions *options;
static guint32 hash_seed;

static void message_set_up(void)
{
	static const char *charsets[] = { "utf-8", "windows-1252", NULL };

	g_mime_init();
	hash_seed = g_random_int();
	options = g_mime_parser_options_new();
	g_mime_parser_options_set_fallback_charsets(options, charsets);
}

/* With the first message or address: most commands of the shell see none. */
static void message_begin(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, message_set_up);
}

GMimeParserOptions *message_options(void)
{
	message_begin();
	return options;
}

/* --- the header block --- */

static void message_header_clear(void *data)
{
	struct header *header = data;

	g_free(header->name);
	g_free(header->folded);
	g_clear_pointer(&header->same, g_array_unref);
}

/* NULL when it has none. */
static char *subject_with_folds(const char *s, size_t len)
{
	const char *end = memchr(s, '\n', len);
	char *out = NULL;

	if (end && end + 1 < s + len) {
		out = g_malloc(len + 1);
		field_unfold(s, len, '\n', out);
	}
	return out;
}

/* Names compare without case; RFC 5322 has them in ASCII. Strangers choose them, and must not know
 * which meet in the table. */
static guint name_hash(gconstpointer name)
{
	guint hash = hash_seed;

	for (const char *p = name; *p; p++)
		hash = hash_quick(hash, (guchar)(*p | ('a' - 'A')));
	return hash ^ hash >> 15;
}

/* By its length and its first and last letter, which costs less than a hash. */
static guint64 name_bit(const char *name)
{
	size_t len = strlen(name), first = (guchar)name[0] | 0x20,
	       last = (guchar)name[len - (len > 0)] | 0x20;

	return UINT64_C(1) << (first + 5 * last + 11 * len) % 64;
}

static gboolean name_equal(gconstpointer a, gconstpointer b)
{
	return g_ascii_strcasecmp(a, b) == 0;
}

/* The first header of that name; NULL. */
static struct header *first_header(const struct message *m, const char *name)
{
	guint at = m->names & name_bit(name)
		? GPOINTER_TO_UINT(g_hash_table_lookup(m->by_name, name))
		: 0;

	return at ? &g_array_index(m->headers, struct header, at - 1) : NULL;
}

/* That at index `at` is one more of the name of `first`. Gives its place. */
static guint message_add_same(const struct message *m, struct header *first, guint at)
{
	guint own = (guint)(first - (struct header *)(void *)m->headers->data);

	if (!first->same) {
		first->same = g_array_new(FALSE, FALSE, sizeof(guint));
		g_array_append_val(first->same, own);
	}
	g_array_append_val(first->same, at);
	return first->same->len;
}

static void message_add_header(struct message *m, const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	struct header header = { .place = 1 }, *first;
	guint at = m->headers->len;

	if (!colon || colon == s || at >= LIMIT_HEADER_COUNT)
		return;
	header.name = g_malloc(len + 1);
	memcpy(header.name, s, (size_t)(colon - s));
	header.name[colon - s] = '\0';
	header.value = header.name + (colon - s) + 1;
	g_strchomp(header.name);
	field_unfold(colon + 1, len - (size_t)(colon + 1 - s), '\0', header.value);
	if (g_ascii_strcasecmp(header.name, "Subject") == 0)
		header.folded = subject_with_folds(colon + 1, len - (size_t)(colon + 1 - s));
	header.had_nul = memchr(s, '\0', len) != NULL;
	first = first_header(m, header.name);
	if (first)
		header.place = message_add_same(m, first, at);
	else
		g_hash_table_insert(m->by_name, header.name, GUINT_TO_POINTER(at + 1));
	m->names |= name_bit(header.name);
	g_array_append_val(m->headers, header);
}

static bool blank_line(const char *p, const char *end)
{
	return *p == '\n' || (*p == '\r' && p + 1 < end && p[1] == '\n');
}

/* Where they end; NULL when that is not beyond doubt. */
static const char *read_headers(struct message *m, const char *data, size_t len)
{
	const char *p = data, *end = data + MIN(len, (size_t)LIMIT_HEADER_BYTES);
	bool sound = true;

	while (p < end && !blank_line(p, end)) {
		const char *next = field_end(p, end);

		sound &= field_name_strict(p, next) > 0;
		message_add_header(m, p, (size_t)(next - p));
		p = next;
	}
	return sound && p < end ? text_line_end(p, end) : NULL;
}

/* --- life --- */

static struct message *new_message(void)
{
	struct message *m = g_new0(struct message, 1);

	m->fd = -1;
	m->headers = g_array_new(FALSE, FALSE, sizeof(struct header));
	g_array_set_clear_func(m->headers, message_header_clear);
	message_begin();
	m->by_name = g_hash_table_new(name_hash, name_equal);
	return m;
}

struct message *message_parse_bytes(const void *data, size_t len)
{
	struct message *m = new_message();

	m->data = data;
	m->len = MIN(len, (size_t)LIMIT_PARSE_BYTES);
	m->body = read_headers(m, data, m->len);
	return m;
}

/* Reads until the header block is whole, or the cap. */
static GByteArray *read_head(int fd, int64_t offset)
{
	GByteArray *head = g_byte_array_new();
	guint8 chunk[16 * 1024];
	ssize_t n;

	while (head->len < LIMIT_HEADER_BYTES &&
		(n = pread(fd, chunk, sizeof chunk, offset + head->len)) > 0) {
		guint seen = head->len < 2 ? 0 : head->len - 2;

		g_byte_array_append(head, chunk, (guint)n);
		if (memmem(head->data + seen, head->len - seen, "\n\n", 2) ||
			memmem(head->data + seen, head->len - seen, "\n\r\n", 3))
			break;
	}
	return head;
}

struct message *message_parse_fd(int fd, int64_t offset)
{
	struct message *m = new_message();
	g_autoptr(GByteArray) head = read_head(fd, offset);

	m->fd = dup(fd);
	m->offset = offset;
	read_headers(m, (const char *)head->data, head->len);
	return m;
}

/* --- headers by name --- */

static const struct header *header_at(const struct message *m, unsigned index)
{
	return &g_array_index(m->headers, struct header, index);
}

static const struct header *nth_header(const struct message *m, const char *name, unsigned nth)
{
	const struct header *first = first_header(m, name);

	if (nth == 0 || !first)
		return first;
	if (!first->same || nth >= first->same->len)
		return NULL;
	return header_at(m, g_array_index(first->same, guint, nth));
}

const char *message_header(const struct message *m, const char *name, unsigned nth)
{
	const struct header *header = nth_header(m, name, nth);

	return header ? header->value : NULL;
}

const char *message_raw_subject(const struct message *m, unsigned nth)
{
	const struct header *header = nth_header(m, "Subject", nth);

	if (!header)
		return NULL;
	return header->folded ? header->folded : header->value;
}

unsigned message_header_count(const struct message *m, const char *name)
{
	const struct header *first = first_header(m, name);

	if (!first)
		return 0;
	return first->same ? first->same->len : 1;
}

unsigned message_headers(const struct message *m)
{
	return m->headers->len;
}

unsigned message_header_place(const struct message *m, unsigned index)
{
	return header_at(m, index)->place;
}

bool message_header_had_nul(const struct message *m, const char *name)
{
	const struct header *header;

	for (unsigned i = 0; (header = nth_header(m, name, i)); i++)
		if (header->had_nul)
			return true;
	return false;
}

bool message_header_at(
	const struct message *m, unsigned index, const char **name_out, const char **value_out)
{
	const struct header *header;

	if (index >= m->headers->len)
		return false;
	header = header_at(m, index);
	*name_out = header->name;
	*value_out = header->value;
	return true;
}

/* What is computed once changes nothing that a caller sees. */
static struct message *message_cache(const struct message *m)
{
	return (struct message *)m;
}

/* --- values --- */

char *message_new_id(const char *domain)
{
	guint8 random[16];
	g_autofree char *text = NULL;

	if (getrandom(random, sizeof random, 0) != sizeof random)
		for (size_t i = 0; i < sizeof random; i++)
			random[i] = (guint8)g_random_int();
	text = text_base32(random, sizeof random);
	return g_strdup_printf("<%s@%s>", text, domain);
}

const char *message_subject(const struct message *m)
{
	if (!m->subject) {
		const char *raw = message_header(m, "Subject", 0);

		message_cache(m)->subject = raw ? message_decode_header(raw, LIMIT_SUBJECT_BYTES)
						: g_strdup("");
	}
	return m->subject;
}

static int64_t read_date(const char *value)
{
	g_autoptr(GDateTime) date = value ? g_mime_utils_header_decode_date(value) : NULL;
	gint64 seconds = date ? g_date_time_to_unix(date) : 0;

	return seconds > 0 && g_date_time_get_year(date) <= LATEST_YEAR ? seconds * TEXT_SECOND : 0;
}

int64_t message_date(const struct message *m)
{
	if (!m->date_known) {
		message_cache(m)->date = read_date(message_header(m, "Date", 0));
		message_cache(m)->date_known = true;
	}
	return m->date;
}

/* --- codings --- */

char *message_decode_header(const char *raw, size_t max)
{
	struct words words;
	char *text;

	if (words_are_plain(raw))
		return text_line_kept(raw, max);
	words_init(&words, raw);
	text = text_line_kept(words.text->str, max);
	words_release(&words);
	return text;
}

/* What may not stand in a header as it is, or would be read as an encoded-word. */
static bool needs_encoding(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((guchar)word[i] >= 0x80 ||
			(word[i] == '=' && i + 1 < len && word[i + 1] == '?'))
			return true;
	return false;
}

char *message_encode_header(const char *name, const char *utf8)
{
	g_autofree char *clean = text_line(utf8, LIMIT_SUBJECT_BYTES), *middle = NULL,
			*encoded = NULL, *whole = NULL;
	const char *first = NULL, *last = clean;

	for (const char *p = clean; *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (needs_encoding(p, len)) {
			first = first ? first : p;
			last = p + len;
		}
		p += len;
	}
	if (!first)
		return text_fold(clean, strlen(name) + strlen(": "));
	/* From the first such word to the last, so that the blanks between them are read. */
	middle = g_strndup(first, (gsize)(last - first));
	encoded = text_encoded_words(middle);
	whole = g_strdup_printf("%.*s%s%s", (int)(first - clean), clean, encoded, last);
	return text_fold(whole, strlen(name) + strlen(": "));
}

static bool sends_as_it_is(const char *text)
{
	for (const char *line = text; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");

		if (len > 900)
			return false;
		for (size_t i = 0; i < len; i++)
			if ((guchar)line[i] >= 0x80 ||
				(g_ascii_iscntrl(line[i]) && line[i] != '\t'))
				return false;
		line += len;
	}
	return true;
}

char *message_encode_text(const char *utf8, const char **encoding_out)
{
	GMimeEncoding state;
	size_t len = strlen(utf8), n;
	char *out;

	*encoding_out = "7bit";
	if (sends_as_it_is(utf8))
		return g_strdup(utf8);
	*encoding_out = "quoted-printable";
	g_mime_encoding_init_encode(&state, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	out = g_malloc(g_mime_encoding_outlen(&state, len) + 1);
	n = g_mime_encoding_flush(&state, utf8, len, out);
	out[n] = '\0';
	return out;
}
