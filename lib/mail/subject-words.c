/* Words of a header value, and the way back. */
#include "mail/subject-words.h"

#include <string.h>

#include "base/field.h"
#include "base/limits.h"
#include "base/text.h"
#include "mail/charset.h"

enum {
	ESC = 0x1b,
	WORD_MAX = 75, /* RFC 2047 section 2 */
	CHARSET_MAX = 40,
	JOINED_MAX = 8 /* words that one character or run of them may be split between */
};

/* --- unfolding --- */

static bool words_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static GString *words_unfold(const char *raw)
{
	size_t len = strnlen(raw, LIMIT_SUBJECT_BYTES);
	GString *out = g_string_sized_new(len);

	g_string_set_size(out, field_unfold(raw, len, '\0', out->str));
	while (out->len && words_is_blank(out->str[out->len - 1]))
		g_string_truncate(out, out->len - 1);
	return out;
}

bool words_are_plain(const char *raw)
{
	size_t len = strnlen(raw, LIMIT_SUBJECT_BYTES);

	return len < LIMIT_SUBJECT_BYTES && text_is_ascii(raw, len) && !strstr(raw, "=?") &&
		!memchr(raw, ESC, len);
}

/* --- decoding --- */

/* =?charset?B|Q?data?= ; offsets into raw. */
struct encoded {
	guint end; /* after the word */
	char *charset;
	GByteArray *data;
};

static void encoded_release(struct encoded *e)
{
	g_clear_pointer(&e->charset, g_free);
	g_clear_pointer(&e->data, g_byte_array_unref);
}

static int words_hex(char c)
{
	return g_ascii_isxdigit(c) ? g_ascii_xdigit_value(c) : -1;
}

static GByteArray *decode_q(const char *s, size_t len)
{
	GByteArray *out = g_byte_array_new();

	for (size_t i = 0; i < len; i++) {
		guint8 byte = s[i] == '_' ? ' ' : (guint8)s[i];

		if (s[i] == '=' && i + 2 < len && words_hex(s[i + 1]) >= 0 &&
			words_hex(s[i + 2]) >= 0) {
			byte = (guint8)(words_hex(s[i + 1]) << 4 | words_hex(s[i + 2]));
			i += 2;
		}
		g_byte_array_append(out, &byte, 1);
	}
	return out;
}

/* Missing padding is common, and GLib gives nothing of a group that is not whole. */
static GByteArray *decode_b(const char *s, size_t len)
{
	g_autofree char *padded = g_strdup_printf("%.*s===", (int)len, s);
	guint8 *data;
	size_t used = 0;
	gsize n;

	for (size_t i = 0; i < len; i++)
		used += g_ascii_isalnum(s[i]) || s[i] == '+' || s[i] == '/';
	padded[len + (used % 4 ? 4 - used % 4 : 0)] = '\0';
	data = g_base64_decode(padded, &n);
	return g_byte_array_new_take(data, n);
}

/* The name of a charset at the start of what ends at '?'; iconv gets no other from a stranger. 0 if
 * it is none. */
static size_t charset_length(const char *s)
{
	size_t len = 0;

	while (g_ascii_isalnum(s[len]) || (s[len] && strchr("-_.:+", s[len])))
		len++;
	return len <= CHARSET_MAX ? len : 0;
}

/* Where the data ends that begins at p, and may have blanks, and in Q question marks, which senders
 * leave as they are; NULL. */
static const char *data_end(const char *p, char kind)
{
	for (const char *q = p; (q = strchr(q, '?')); q++) {
		if (q[1] == '=')
			return q;
		/* The next word begins: this one was never closed. */
		if (kind != 'Q' || (q > p && q[-1] == '='))
			return NULL;
	}
	return NULL;
}

/* RFC 2047 section 2: for strict readers this is no word but text. So nothing that can be read in
 * it may be hidden here, such as a "!close". */
static bool is_strict(const char *data, const char *end)
{
	return strcspn(data, "? \t") == (size_t)(end - data);
}

static bool is_read_loosely(const char *charset, char kind, const char *data, const char *end)
{
	size_t len = 0;

	if (kind == 'Q')
		return charset_keeps_ascii(charset);
	while (data + len < end && (g_ascii_isalnum(data[len]) || strchr("+/= \t", data[len])))
		len++;
	return data + len == end;
}

/* Is there an encoded-word at p? */
static bool read_encoded(const GString *raw, guint at, struct encoded *out)
{
	const char *p = raw->str + at, *charset, *data, *end;
	g_autofree char *label = NULL;
	char kind;

	if (p[0] != '=' || p[1] != '?')
		return false;
	charset = p + 2;
	p = charset + charset_length(charset);
	if (p == charset)
		return false;
	/* RFC 2231 section 5: a language may follow the charset. */
	p += *p == '*' ? strcspn(p, "? \t") : 0;
	if (*p != '?')
		return false;
	kind = g_ascii_toupper(p[1]);
	if ((kind != 'B' && kind != 'Q') || p[2] != '?')
		return false;
	data = p + 3;
	end = data_end(data, kind);
	if (!end)
		return false;
	label = g_strndup(charset, charset_length(charset));
	if (!is_strict(data, end) && !is_read_loosely(label, kind, data, end))
		return false;
	out->charset = g_steal_pointer(&label);
	out->data = kind == 'B' ? decode_b(data, (size_t)(end - data))
				: decode_q(data, (size_t)(end - data));
	out->end = (guint)(end + 2 - raw->str);
	return true;
}

static char *words_convert(const struct encoded *word, enum charset_fit *fit_out)
{
	char *text = charset_decode(word->charset, word->data->data, word->data->len, fit_out);

	for (char *p = text; *p; p++)
		if (g_ascii_iscntrl(*p))
			*p = ' ';
	return text;
}

static guint words_skip_blanks(const GString *raw, guint at)
{
	while (at < raw->len && words_is_blank(raw->str[at]))
		at++;
	return at;
}

/* Appends the next word if it has the same charset. */
static bool join_next(const GString *raw, struct encoded *word)
{
	struct encoded next;
	bool same;

	if (!read_encoded(raw, words_skip_blanks(raw, word->end), &next))
		return false;
	same = g_ascii_strcasecmp(next.charset, word->charset) == 0;
	if (same) {
		g_byte_array_append(word->data, next.data->data, next.data->len);
		word->end = next.end;
	}
	encoded_release(&next);
	return same;
}

/* Reads further words of the same charset until the bytes make whole characters (senders split
 * them, RFC 2047 section 5 or not); the first word alone when they never do. */
static char *convert_with_next(const GString *raw, struct encoded *word, enum charset_fit *fit_out)
{
	char *text = words_convert(word, fit_out), *joined = NULL;
	enum charset_fit fit = *fit_out;
	guint end = word->end, len = word->data->len;

	for (int i = 0; fit != CHARSET_EXACT && i < JOINED_MAX && join_next(raw, word); i++) {
		g_free(joined);
		joined = words_convert(word, &fit);
	}
	if (joined && fit == CHARSET_EXACT) {
		*fit_out = fit;
		g_free(text);
		return joined;
	}
	g_free(joined);
	word->end = end;
	g_byte_array_set_size(word->data, len);
	return text;
}

/* --- building --- */

/* The raw offsets of n bytes of text that are put: `raw_at`, and `step` more for each next one. */
static void put_places(struct words *w, size_t n, guint raw_at, guint step)
{
	guint before = w->raw_at->len, *places;

	g_array_set_size(w->raw_at, before + (guint)n);
	places = &g_array_index(w->raw_at, guint, before);
	for (size_t i = 0; i < n; i++)
		places[i] = raw_at + (guint)i * step;
}

static void words_put_text(struct words *w, const char *text, size_t len, guint raw_at)
{
	g_string_append_len(w->text, text, (gssize)len);
	put_places(w, len, raw_at, 0);
}

/* The ASCII that begins there, which is its own text. */
static guint put_ascii(struct words *w, guint at, guint end)
{
	const char *p = w->raw->str + at;
	guint n = 0;

	while (at + n < end && p[n] >= ' ' && p[n] <= '~')
		n++;
	g_string_append_len(w->text, p, (gssize)n);
	put_places(w, n, at, 1);
	return n;
}

/* The character at p, and its length. Controls are blanks. */
static guint read_char(const char *p, size_t left, gunichar *c_out)
{
	guint used = charset_guess(p, left, c_out);

	if (g_ascii_iscntrl(*p))
		*c_out = ' ';
	return used;
}

static guint put_char(struct words *w, const char *p, size_t left, guint raw_at)
{
	char utf8[6];
	gunichar c;
	guint used = read_char(p, left, &c);

	words_put_text(w, utf8, (size_t)g_unichar_to_utf8(c, utf8), raw_at);
	return used;
}

/* JIS that nobody encoded (RFC 1468): shifts and all it is one piece, as an encoded-word is. */
static guint words_put_jis(struct words *w, guint start, guint end)
{
	struct piece piece = { .raw_start = start,
		.raw_end = end,
		.start = (guint)w->text->len,
		.encoded = true,
		.bare = true };
	g_autofree char *text = charset_decode(
		"iso-2022-jp", w->raw->str + start, end - start, NULL);

	words_put_text(w, text, strlen(text), start);
	piece.end = (guint)w->text->len;
	g_array_append_val(w->pieces, piece);
	return end;
}

/* How many bytes the character at p has in a charset that charset_of_looks() knows. */
static guint bytes_in(const char *charset, const char *p)
{
	return (guchar)*p >= 0x80 && strcmp(charset, "gb18030") == 0 ? 2 : 1;
}

/* Does each character of the text come from those bytes that it has in the charset? */
static bool is_parallel(const char *charset, const char *raw, const char *end, const char *text)
{
	while (raw < end && *text) {
		raw += bytes_in(charset, raw);
		text = g_utf8_next_char(text);
	}
	return raw == end && !*text;
}

/* In the charset that the whole value looks like. False: it is none of it. */
static bool put_by_looks(struct words *w, guint start, guint end)
{
	const char *raw = w->raw->str;
	enum charset_fit fit = CHARSET_LOSSY;
	g_autofree char *text = NULL;

	if (w->looks && end > start)
		text = charset_decode(w->looks, raw + start, end - start, &fit);
	if (fit != CHARSET_EXACT || !is_parallel(w->looks, raw + start, raw + end, text))
		return false;
	for (char *p = text; start < end; p = g_utf8_next_char(p)) {
		if (g_ascii_iscntrl(*p))
			*p = ' ';
		words_put_text(w, p, (size_t)(g_utf8_next_char(p) - p), start);
		start += bytes_in(w->looks, raw + start);
	}
	return true;
}

static void put_guessed(struct words *w, guint start, guint end)
{
	struct piece piece = { .raw_start = start, .raw_end = end, .start = (guint)w->text->len };

	for (guint at = put_by_looks(w, start, end) ? end : start; at < end;) {
		at += put_ascii(w, at, end);
		if (at < end)
			at += put_char(w, w->raw->str + at, end - at, at);
	}
	piece.end = (guint)w->text->len;
	if (end > start)
		g_array_append_val(w->pieces, piece);
}

static void put_plain(struct words *w, guint start, guint end)
{
	const char *raw = w->raw->str, *p = raw + start, *past;

	while ((p = memchr(p, ESC, (size_t)(raw + end - p)))) {
		past = charset_past_jis(p, raw + end);
		if (past) {
			put_guessed(w, start, (guint)(p - raw));
			start = words_put_jis(w, (guint)(p - raw), (guint)(past - raw));
		}
		p = past ? past : p + 1;
	}
	put_guessed(w, start, end);
}

/* Takes what it needs of the word. */
static void put_encoded(
	struct words *w, guint start, struct encoded *word, const char *text, enum charset_fit fit)
{
	struct piece piece = { .raw_start = start,
		.raw_end = word->end,
		.start = (guint)w->text->len,
		.encoded = true };

	if (fit != CHARSET_GUESSED) {
		words_put_text(w, text, strlen(text), start);
	} else {
		for (guint i = 0; i < word->data->len;)
			i += put_char(
				w, (const char *)word->data->data + i, word->data->len - i, start);
		piece.charset = g_steal_pointer(&word->charset);
		piece.bytes = g_steal_pointer(&word->data);
	}
	piece.end = (guint)w->text->len;
	g_array_append_val(w->pieces, piece);
}

static bool last_was_encoded(const struct words *w)
{
	const struct piece *last =
		w->pieces->len ? &g_array_index(w->pieces, struct piece, w->pieces->len - 1) : NULL;

	return last && last->encoded && !last->bare;
}

static void words_split(struct words *w)
{
	const char *raw = w->raw->str, *next = raw;
	guint plain = 0;

	while ((next = strstr(next, "=?"))) {
		struct encoded word;
		enum charset_fit fit;
		guint start = (guint)(next - raw);
		g_autofree char *text = NULL;

		if (!read_encoded(w->raw, start, &word)) {
			next++;
			continue;
		}
		text = convert_with_next(w->raw, &word, &fit);
		/* White space between two encoded-words is not text (RFC 2047 section 6.2). */
		if (!(last_was_encoded(w) && words_skip_blanks(w->raw, plain) == start))
			put_plain(w, plain, start);
		put_encoded(w, start, &word, text, fit);
		plain = word.end;
		next = raw + plain;
		encoded_release(&word);
	}
	put_plain(w, plain, (guint)w->raw->len);
}

static void words_piece_clear(void *data)
{
	struct piece *piece = data;

	g_free(piece->charset);
	g_clear_pointer(&piece->bytes, g_byte_array_unref);
}

void words_init(struct words *w, const char *raw)
{
	guint end;

	w->raw = words_unfold(raw ? raw : "");
	w->looks = text_is_ascii(w->raw->str, w->raw->len)
		? NULL
		: charset_of_looks(w->raw->str, w->raw->len);
	w->text = g_string_sized_new(w->raw->len);
	w->pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
	g_array_set_clear_func(w->pieces, words_piece_clear);
	w->raw_at = g_array_sized_new(FALSE, FALSE, sizeof(guint), (guint)w->raw->len + 1);
	w->removed = g_array_new(FALSE, TRUE, sizeof(gboolean));
	words_split(w);
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

static const struct piece *piece_of(const struct words *w, guint at)
{
	for (guint i = 0; i < w->pieces->len; i++) {
		const struct piece *p = &g_array_index(w->pieces, struct piece, i);

		if (at < p->end)
			return p;
	}
	return NULL;
}

bool words_blank_beside(const struct words *w, guint at, guint with)
{
	const struct piece *piece;

	if (at >= w->text->len || !words_is_blank(w->text->str[at]))
		return false;
	piece = piece_of(w, at);
	if (piece->encoded || ABS(piece - piece_of(w, with)) > 1)
		return piece == piece_of(w, with);
	/* A control of the raw value looks like a blank in the text, and is none. */
	return words_is_blank(w->raw->str[g_array_index(w->raw_at, guint, at)]);
}

char *words_remaining(const struct words *w, GArray **back_out)
{
	guint end = (guint)w->text->len, n = 0;
	GArray *back = g_array_sized_new(FALSE, FALSE, sizeof(guint), end + 1);
	char *out = g_malloc(end + 1);

	g_array_set_size(back, end + 1);
	for (guint i = 0; i < end; i++)
		if (!g_array_index(w->removed, gboolean, i)) {
			out[n] = w->text->str[i];
			g_array_index(back, guint, n++) = i;
		}
	out[n] = '\0';
	g_array_index(back, guint, n) = end;
	g_array_set_size(back, n + 1);
	if (back_out)
		*back_out = back;
	else
		g_array_unref(back);
	return out;
}

/* --- writing --- */

static bool words_touched(const struct words *w, const struct piece *p)
{
	for (guint i = p->start; i < p->end; i++)
		if (g_array_index(w->removed, gboolean, i))
			return true;
	return false;
}

static bool fits_no_line(const struct words *w, const struct piece *p)
{
	return strcspn(w->raw->str + p->raw_start, " \t") > WORDS_TOKEN_MAX &&
		p->raw_end - p->raw_start > WORDS_TOKEN_MAX;
}

static void put_kept_text(const struct words *w, const struct piece *p, GString *out)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *encoded = NULL;

	for (guint i = p->start; i < p->end; i++)
		if (!g_array_index(w->removed, gboolean, i))
			g_string_append_c(text, w->text->str[i]);
	encoded = text_encoded_words(text->str);
	g_string_append(out, encoded);
}

static void put_q_byte(GString *out, guint8 byte)
{
	if (byte == ' ')
		g_string_append_c(out, '_');
	else if (g_ascii_isalnum(byte))
		g_string_append_c(out, (char)byte);
	else
		g_string_append_printf(out, "=%02X", byte);
}

/* Bytes go into a word of that head, or begin the next. */
static void put_q_bytes(GString *out, const char *head, const guint8 *bytes, guint n)
{
	const char *word = g_strrstr(out->str, head);

	if (!word || strlen(word) + 3 * n > WORD_MAX - strlen("?=")) {
		g_string_append(out, word ? "?= " : "");
		g_string_append(out, head);
	}
	for (guint i = 0; i < n; i++)
		put_q_byte(out, bytes[i]);
}

/* The bytes whose characters stay, in words of the charset that they came in. */
static void put_kept_bytes(const struct words *w, const struct piece *p, GString *out)
{
	g_autofree char *head = g_strdup_printf("=?%s?Q?", p->charset);
	guint at = p->start, used;
	gunichar c;

	for (guint i = 0; i < p->bytes->len; i += used) {
		used = read_char((const char *)p->bytes->data + i, p->bytes->len - i, &c);
		if (!g_array_index(w->removed, gboolean, at))
			put_q_bytes(out, head, p->bytes->data + i, used);
		at += (guint)g_unichar_to_utf8(c, NULL);
	}
	g_string_append(out, out->len ? "?=" : "");
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
	bool after_encoded; /* the last thing written is an encoded-word */
	char *blanks;       /* plain white space that waits for what comes next; NULL */
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

	if (!p->encoded && words_touched(w, p)) {
		write_plain(wr, kept_raw(w, p));
		return;
	}
	if (!p->encoded || (p->bare && !words_touched(w, p))) {
		write_plain(wr, g_strndup(w->raw->str + p->raw_start, p->raw_end - p->raw_start));
		return;
	}
	if (!words_touched(w, p) && !fits_no_line(w, p))
		g_string_append_len(
			word, w->raw->str + p->raw_start, (gssize)(p->raw_end - p->raw_start));
	else if (p->bytes)
		put_kept_bytes(w, p, word);
	else
		put_kept_text(w, p, word);
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
