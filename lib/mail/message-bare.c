/* Everything that a message says, with its codings undone. Nothing is parsed: what a tree would
 * leave out (preambles, parts past a limit, attached messages, broken boundaries) is found as
 * well. */
#include "mail/message-parts.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/field.h"
#include "base/text.h"
#include "mail/subject-words.h"

enum { DEPTH_MAX = 3, FIELD_SLICE = 12 * 1024, FIELD_STEP = 11 * 1024 };
/* Of a file, so much is looked at at once. What two windows share is longer than any address in
 * whatever coding. */
enum { BASE64_GROUP = 4, WINDOW_BYTES = 1024 * 1024, SHARED_BYTES = 64 * 1024 };

struct bare {
	bare_visit *fn;
	void *arg;
	bool cut; /* the data goes on from what is not there any more */
};

static bool visit_bytes(const struct bare *bare, const char *data, size_t len, unsigned depth);

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

static bool visit_quoted_printable(const struct bare *bare, const char *text)
{
	g_autoptr(GByteArray) bytes = NULL;
	g_autofree char *plain = NULL;

	if (!strchr(text, '='))
		return true;
	bytes = bare_decoded(GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, text, strlen(text));
	plain = without_nuls((const char *)bytes->data, bytes->len);
	return bare->fn(plain, bare->arg);
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

/* Its bytes, as if that many zero bits, times six, were in front of it. */
static GByteArray *base64_bytes(const char *data, size_t len, unsigned before)
{
	GByteArray *out = g_byte_array_new();
	GMimeEncoding state;
	size_t n;

	g_mime_encoding_init_decode(&state, GMIME_CONTENT_ENCODING_BASE64);
	g_byte_array_set_size(
		out, (guint)g_mime_encoding_outlen(&state, len + BASE64_GROUP) + BASE64_GROUP);
	n = g_mime_encoding_step(&state, "AAA", before, (char *)out->data);
	n += g_mime_encoding_step(&state, data, len, (char *)out->data + n);
	g_byte_array_set_size(out, (guint)n);
	return out;
}

/* Where one began that goes on here is not known: each of the ways is tried. */
static bool visit_stretch(const struct bare *bare, const char *p, const char *past, unsigned depth)
{
	const unsigned ways = bare->cut ? BASE64_GROUP : 1;
	bool go_on = true;

	for (unsigned i = 0; i < ways && go_on; i++) {
		g_autoptr(GByteArray) bytes = base64_bytes(p, (size_t)(past - p), i);

		go_on = visit_bytes(bare, (const char *)bytes->data, bytes->len, depth + 1);
	}
	return go_on;
}

static bool visit_base64(const struct bare *bare, const char *text, unsigned depth)
{
	const char *end = text + strlen(text), *first = text_line_end(text, end);
	bool go_on = true;

	for (const char *p = text, *past; p < end && go_on;
		p = past > p ? past : text_line_end(p, end)) {
		const struct bare found = { bare->fn, bare->arg, bare->cut && p <= first };

		past = base64_end(p, end);
		if (past > p)
			go_on = visit_stretch(&found, p, past, depth);
	}
	return go_on;
}

/* --- encoded-words --- */

/* Only so much of a field is decoded at once; slices overlap by more than a word. */
static bool visit_field(const struct bare *bare, const char *field, size_t len)
{
	bool go_on = true;

	for (size_t at = 0; at < len && go_on; at += FIELD_STEP) {
		g_autofree char *slice = g_strndup(field + at, MIN(len - at, (size_t)FIELD_SLICE));
		struct words words;

		words_init(&words, slice);
		go_on = bare->fn(words.text->str, bare->arg);
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

static bool visit_words(const struct bare *bare, const char *text)
{
	const char *end = text + strlen(text), *word, *p = text;
	bool go_on = true;

	while (go_on && (word = strstr(p, "=?"))) {
		const char *field = line_begin(p, word);

		p = field_end(word, end);
		go_on = visit_field(bare, field, (size_t)(p - field));
	}
	return go_on;
}

/* --- all of it --- */

static bool visit_bytes(const struct bare *bare, const char *data, size_t len, unsigned depth)
{
	g_autofree char *text = without_nuls(data, len);

	return bare->fn(text, bare->arg) && visit_quoted_printable(bare, text) &&
		visit_words(bare, text) && (depth >= DEPTH_MAX || visit_base64(bare, text, depth));
}

void message_each_bare(const char *data, size_t len, bare_visit *fn, void *arg)
{
	const struct bare bare = { fn, arg, false };

	visit_bytes(&bare, data, len, 0);
}

/* --- a file --- */

/* What was never written reads as NULs, which are left out: nobody waits for a terabyte of them. */
static off_t bare_skip_hole(int fd, off_t at)
{
	off_t data = lseek(fd, at, SEEK_DATA);

	if (data < 0 && errno == ENXIO)
		return MAX(at, lseek(fd, 0, SEEK_END));
	return MAX(at, data);
}

/* Fills the window from *at on; the bytes that came, -1: errno says why there are none. */
static ssize_t bare_fill(int fd, off_t *at, char *window, size_t room)
{
	size_t filled = 0;
	ssize_t n = 1;

	while (n > 0 && filled < room) {
		*at = bare_skip_hole(fd, *at);
		n = pread(fd, window + filled, room - filled, *at);
		filled += (size_t)MAX(n, 0);
		*at += MAX(n, 0);
	}
	return n < 0 && !filled ? n : (ssize_t)filled;
}

bool message_each_bare_in(int fd, bare_visit *fn, void *arg)
{
	g_autofree char *window = g_malloc(WINDOW_BYTES);
	struct bare bare = { fn, arg, false };
	size_t kept = 0;
	off_t at = 0;
	ssize_t n;

	while ((n = bare_fill(fd, &at, window + kept, WINDOW_BYTES - kept)) > 0) {
		size_t len = kept + (size_t)n;

		if (!visit_bytes(&bare, window, len, 0))
			return true;
		kept = MIN(len, (size_t)SHARED_BYTES);
		memmove(window, window + len - kept, kept);
		bare.cut = true;
	}
	return n == 0;
}

char *message_decode_text(const char *data, size_t len, const char *encoding)
{
	g_autoptr(GByteArray)
		bytes = bare_decoded(g_mime_content_encoding_from_string(encoding), data, len);

	return g_utf8_make_valid((const char *)bytes->data, bytes->len);
}
