/* Words of a header value, and the way back. */
#include "subject-words.h"

#include <string.h>

#include "limits.h"

enum { WORD_TEXT_MAX = 45 };	/* bytes that fill an encoded-word of 75 in base64 */

/* --- unfolding --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A line break before white space is a fold and goes; any other, and NUL's place, is a blank. */
static GString *unfold(const char *raw)
{
	GString *out = g_string_new(NULL);

	raw += strspn(raw, " \t\r\n");
	for (; *raw; raw++) {
		if (*raw != '\r' && *raw != '\n')
			g_string_append_c(out, *raw);
		else if (raw[0] == '\r' && raw[1] == '\n')
			continue;
		else if (!is_blank(raw[1]) && raw[1])
			g_string_append_c(out, ' ');
	}
	while (out->len && is_blank(out->str[out->len - 1]))
		g_string_truncate(out, out->len - 1);
	return out;
}

/* --- decoding --- */

/* =?charset?B|Q?data?= ; offsets into raw. */
struct encoded {
	guint end;		/* behind the word */
	char *charset;
	GByteArray *data;
};

static void encoded_release(struct encoded *e)
{
	g_clear_pointer(&e->charset, g_free);
	g_clear_pointer(&e->data, g_byte_array_unref);
}

static int hex(char c)
{
	return g_ascii_isxdigit(c) ? g_ascii_xdigit_value(c) : -1;
}

static GByteArray *decode_q(const char *s, size_t len)
{
	GByteArray *out = g_byte_array_new();

	for (size_t i = 0; i < len; i++) {
		guint8 byte = s[i] == '_' ? ' ' : (guint8)s[i];

		if (s[i] == '=' && i + 2 < len && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
			byte = (guint8)(hex(s[i + 1]) << 4 | hex(s[i + 2]));
			i += 2;
		}
		g_byte_array_append(out, &byte, 1);
	}
	return out;
}

static GByteArray *decode_b(const char *s, size_t len)
{
	g_autofree char *copy = g_strndup(s, len);
	gsize n;
	guint8 *data = g_base64_decode(copy, &n);

	return g_byte_array_new_take(data, n);
}

/* Is there an encoded-word at p? */
static bool read_encoded(const GString *raw, guint at, struct encoded *out)
{
	const char *p = raw->str + at, *charset, *data, *end;
	char kind;

	if (p[0] != '=' || p[1] != '?')
		return false;
	charset = p + 2;
	p = charset + strcspn(charset, "? \t");
	if (*p != '?' || p == charset)
		return false;
	kind = g_ascii_toupper(p[1]);
	if ((kind != 'B' && kind != 'Q') || p[2] != '?')
		return false;
	data = p + 3;
	end = data + strcspn(data, "? \t");
	if (end[0] != '?' || end[1] != '=')
		return false;
	/* RFC 2231 section 5: a language may follow the charset. */
	out->charset = g_strndup(charset, strcspn(charset, "?*"));
	out->data = kind == 'B' ? decode_b(data, (size_t)(end - data)) : decode_q(data, (size_t)(end - data));
	out->end = (guint)(end + 2 - raw->str);
	return true;
}

/* NULL when the charset is unknown or the bytes do not fit it. */
static char *convert(const char *charset, const GByteArray *data)
{
	gsize len = 0;
	char *text = g_convert((const char *)data->data, data->len, "UTF-8", charset, NULL, &len, NULL);

	for (gsize i = 0; text && i < len; i++)
		if (g_ascii_iscntrl(text[i]))
			text[i] = ' ';
	return text;
}

static guint skip_blanks(const GString *raw, guint at)
{
	while (at < raw->len && is_blank(raw->str[at]))
		at++;
	return at;
}

/* Reads further words of the same charset until the bytes make whole characters (senders split them, RFC 2047 section 5 or not). */
static char *convert_with_next(const GString *raw, struct encoded *word)
{
	char *text = convert(word->charset, word->data);
	struct encoded next;

	for (int i = 0; !text && i < 8; i++) {
		if (!read_encoded(raw, skip_blanks(raw, word->end), &next))
			return NULL;
		if (g_ascii_strcasecmp(next.charset, word->charset) != 0) {
			encoded_release(&next);
			return NULL;
		}
		g_byte_array_append(word->data, next.data->data, next.data->len);
		word->end = next.end;
		encoded_release(&next);
		text = convert(word->charset, word->data);
	}
	return text;
}

/* --- building --- */

static void put_text(struct words *w, const char *text, size_t len, guint raw_at)
{
	g_string_append_len(w->text, text, (gssize)len);
	for (size_t i = 0; i < len; i++)
		g_array_append_val(w->raw_at, raw_at);
}

/* windows-1252's printable differences from Latin-1 matter to nobody who looks for tags; Latin-1 always converts. */
static void put_8bit(struct words *w, guchar byte, guint raw_at)
{
	char utf8[6];

	put_text(w, utf8, (size_t)g_unichar_to_utf8(byte < 0xa0 ? 0xfffd : byte, utf8), raw_at);
}

static void put_plain(struct words *w, guint start, guint end)
{
	struct piece piece = { start, end, (guint)w->text->len, 0, false };
	guint at = start;

	while (at < end) {
		const char *p = w->raw->str + at;
		gunichar c = g_utf8_get_char_validated(p, (gssize)(end - at));

		if (c == (gunichar)-1 || c == (gunichar)-2) {
			put_8bit(w, (guchar)*p, at);
			at++;
		} else {
			guint len = (guint)(g_utf8_next_char(p) - p);

			put_text(w, g_ascii_iscntrl(*p) ? " " : p, g_ascii_iscntrl(*p) ? 1 : len, at);
			at += len;
		}
	}
	piece.end = (guint)w->text->len;
	if (end > start)
		g_array_append_val(w->pieces, piece);
}

static void put_encoded(struct words *w, guint start, guint end, const char *text)
{
	struct piece piece = { start, end, (guint)w->text->len, 0, true };

	put_text(w, text, strlen(text), start);
	piece.end = (guint)w->text->len;
	g_array_append_val(w->pieces, piece);
}

static bool last_was_encoded(const struct words *w)
{
	return w->pieces->len && g_array_index(w->pieces, struct piece, w->pieces->len - 1).encoded;
}

static void split(struct words *w)
{
	guint plain = 0, at = 0, limit = (guint)MIN(w->raw->len, LIMIT_SUBJECT_BYTES);

	while (at < limit) {
		struct encoded word;
		guint start = at;
		g_autofree char *text = NULL;

		if (!read_encoded(w->raw, at, &word)) {
			at++;
			continue;
		}
		text = convert_with_next(w->raw, &word);
		at = word.end;
		encoded_release(&word);
		if (!text)
			continue;
		/* White space between two encoded-words is not text (RFC 2047 section 6.2). */
		if (!(last_was_encoded(w) && skip_blanks(w->raw, plain) == start))
			put_plain(w, plain, start);
		put_encoded(w, start, at, text);
		plain = at;
	}
	put_plain(w, plain, (guint)w->raw->len);
}

void words_init(struct words *w, const char *raw)
{
	guint end;

	w->raw = unfold(raw ? raw : "");
	w->text = g_string_new(NULL);
	w->pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
	w->raw_at = g_array_new(FALSE, FALSE, sizeof(guint));
	w->removed = g_array_new(FALSE, TRUE, sizeof(gboolean));
	split(w);
	end = (guint)w->raw->len;
	g_array_append_val(w->raw_at, end);
	g_array_set_size(w->removed, w->text->len);
}

void words_release(struct words *w)
{
	g_string_free(w->raw, TRUE);
	g_string_free(w->text, TRUE);
	g_array_unref(w->pieces);
	g_array_unref(w->raw_at);
	g_array_unref(w->removed);
}

/* --- removing --- */

void words_remove(struct words *w, guint start, guint end)
{
	for (guint i = start; i < end; i++)
		g_array_index(w->removed, gboolean, i) = TRUE;
}

char *words_remaining(const struct words *w, GArray **back_out)
{
	GString *out = g_string_new(NULL);
	GArray *back = g_array_new(FALSE, FALSE, sizeof(guint));
	guint end = (guint)w->text->len;

	for (guint i = 0; i < end; i++)
		if (!g_array_index(w->removed, gboolean, i)) {
			g_string_append_c(out, w->text->str[i]);
			g_array_append_val(back, i);
		}
	g_array_append_val(back, end);
	if (back_out)
		*back_out = back;
	else
		g_array_unref(back);
	return g_string_free(out, FALSE);
}

/* --- writing --- */

/* The longest start of utf8 that fits a word and ends between characters. */
static size_t word_length(const char *utf8, size_t len)
{
	size_t n = MIN(len, WORD_TEXT_MAX);

	while (n < len && n > 1 && ((guchar)utf8[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void put_words(GString *out, const char *utf8)
{
	size_t len = strlen(utf8), done = 0;

	while (done < len) {
		size_t n = word_length(utf8 + done, len - done);
		g_autofree char *code = g_base64_encode((const guchar *)utf8 + done, n);

		g_string_append_printf(out, "%s=?UTF-8?B?%s?=", done ? " " : "", code);
		done += n;
	}
}

static bool touched(const struct words *w, const struct piece *p)
{
	for (guint i = p->start; i < p->end; i++)
		if (g_array_index(w->removed, gboolean, i))
			return true;
	return false;
}

static char *kept_text(const struct words *w, const struct piece *p)
{
	GString *out = g_string_new(NULL);

	for (guint i = p->start; i < p->end; i++)
		if (!g_array_index(w->removed, gboolean, i))
			g_string_append_c(out, w->text->str[i]);
	return g_string_free(out, FALSE);
}

/* The raw bytes of the characters of a plain piece that stay. */
static char *kept_raw(const struct words *w, const struct piece *p)
{
	GString *out = g_string_new(NULL);
	guint i = p->start;

	while (i < p->end) {
		guint raw = g_array_index(w->raw_at, guint, i), next = i + 1, raw_next;

		while (next < p->end && g_array_index(w->raw_at, guint, next) == raw)
			next++;
		raw_next = next < p->end ? g_array_index(w->raw_at, guint, next) : p->raw_end;
		if (!g_array_index(w->removed, gboolean, i))
			g_string_append_len(out, w->raw->str + raw, (gssize)(raw_next - raw));
		i = next;
	}
	return g_string_free(out, FALSE);
}

struct writer {
	GString *out;
	bool after_encoded;	/* the last thing written is an encoded-word */
	char *blanks;		/* plain white space that waits for what comes next; NULL */
};

/* Blanks between encoded-words would not be read: such a blank becomes a word of its own. */
static void write_encoded(struct writer *wr, const char *word)
{
	if (wr->after_encoded && wr->blanks)
		g_string_append(wr->out, " =?UTF-8?Q?_?= ");
	else if (wr->blanks)
		g_string_append(wr->out, wr->blanks);
	else if (wr->after_encoded)
		g_string_append_c(wr->out, ' ');
	g_clear_pointer(&wr->blanks, g_free);
	g_string_append(wr->out, word);
	wr->after_encoded = true;
}

static void write_plain(struct writer *wr, char *text)
{
	bool only_blanks = text[strspn(text, " \t")] == '\0';

	if (only_blanks && *text && wr->out->len) {
		g_free(wr->blanks);
		wr->blanks = g_strdup(text);
	} else if (!only_blanks) {
		if (wr->blanks)
			g_string_append(wr->out, wr->blanks);
		g_clear_pointer(&wr->blanks, g_free);
		g_string_append(wr->out, text);
		wr->after_encoded = false;
	}
	g_free(text);
}

static void write_piece(struct writer *wr, const struct words *w, const struct piece *p)
{
	g_autoptr(GString) word = g_string_new(NULL);
	g_autofree char *kept = NULL;

	if (!p->encoded) {
		write_plain(wr, kept_raw(w, p));
		return;
	}
	if (!touched(w, p)) {
		g_string_append_len(word, w->raw->str + p->raw_start, (gssize)(p->raw_end - p->raw_start));
	} else {
		kept = kept_text(w, p);
		put_words(word, kept);
	}
	if (word->len)
		write_encoded(wr, word->str);
}

char *words_rebuild(const struct words *w)
{
	struct writer wr = { g_string_new(NULL), false, NULL };

	for (guint i = 0; i < w->pieces->len; i++)
		write_piece(&wr, w, &g_array_index(w->pieces, struct piece, i));
	g_free(wr.blanks);
	return g_strstrip(g_string_free(wr.out, FALSE));
}
