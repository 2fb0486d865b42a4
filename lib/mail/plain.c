/* Lines of plain text. */
#include "mail/plain.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "mail/html.h"

/* --- format=flowed --- */

struct flow {
	GString *out;
	bool delsp, open; /* the last line goes on */
	size_t depth;     /* of its quote */
};

static void plain_begin_paragraph(struct flow *f, size_t depth)
{
	if (f->open)
		g_string_append_c(f->out, '\n');
	for (size_t i = 0; i < depth; i++)
		g_string_append_c(f->out, '>');
	if (depth)
		g_string_append_c(f->out, ' ');
}

/* RFC 3676 section 4: quote marks, then a stuffed blank, then the text, which goes on if it ends
 * with a blank; "-- " is a signature's. */
static void put_flowed_line(struct flow *f, const char *line, size_t len)
{
	size_t depth = strspn(line, ">");
	bool goes_on;

	depth = MIN(depth, len);
	line += depth;
	len -= depth;
	if (len && *line == ' ') {
		line++;
		len--;
	}
	goes_on = len && line[len - 1] == ' ' && !(len == 3 && memcmp(line, "-- ", 3) == 0);
	if (!f->open || f->depth != depth || (len == 3 && memcmp(line, "-- ", 3) == 0))
		plain_begin_paragraph(f, depth);
	g_string_append_len(f->out, line, (gssize)(len - (goes_on && f->delsp)));
	f->open = goes_on;
	f->depth = depth;
	if (!goes_on)
		g_string_append_c(f->out, '\n');
}

char *plain_unflow(const char *text, bool delsp)
{
	size_t len = strlen(text);
	struct flow f = { .out = g_string_sized_new(len + 1), .delsp = delsp };

	for (const char *p = text, *end = text + len, *next; p < end; p = next) {
		size_t n;

		next = text_line_end(p, end);
		n = (size_t)(next - p);
		n -= p[n - 1] == '\n';
		n -= n && p[n - 1] == '\r';
		put_flowed_line(&f, p, n);
	}
	/* What had no line end gets none. */
	if (!f.open && f.out->len && text[len - 1] != '\n')
		g_string_truncate(f.out, f.out->len - 1);
	else if (f.open && text[len - 1] == '\n')
		g_string_append_c(f.out, '\n');
	return g_string_free(f.out, FALSE);
}

/* --- files amid the text --- */

enum { BASE64_LINE = 60, BASE64_LINES = 3 };

static const char *past_quote(const char *line, const char *end)
{
	while (line < end && (*line == '>' || *line == ' '))
		line++;
	return line;
}

static size_t visible_length(const char *line, const char *end)
{
	size_t len = (size_t)(end - line);

	while (len && g_ascii_isspace(line[len - 1]))
		len--;
	return len;
}

/* Letters of both cases, digits, '+', '/', and '=' at the end: how long; 0 when the line is none of
 * it. */
static size_t base64_length(const char *line, const char *end)
{
	const char *p = line = past_quote(line, end);
	size_t len = visible_length(line, end);
	bool upper = false, lower = false;

	for (; p < line + len && (g_ascii_isalnum(*p) || *p == '+' || *p == '/'); p++) {
		upper |= g_ascii_isupper(*p);
		lower |= g_ascii_islower(*p);
	}
	while (p < line + len && *p == '=')
		p++;
	return p == line + len && upper && lower ? len : 0;
}

/* Past some full lines of base64 and the last one of it. */
static const char *past_base64(const char *p, const char *end)
{
	const char *begin = p, *next = p;
	unsigned lines = 0;
	size_t len = 0;

	for (; p < end; lines++, p = next) {
		next = text_line_end(p, end);
		len = base64_length(p, next);
		if (len < BASE64_LINE)
			break;
	}
	if (lines < BASE64_LINES)
		return begin;
	return p < end && len && len % 4 == 0 ? next : p;
}

/* A line of uuencode tells its length. */
static bool is_uu_line(const char *line, const char *end)
{
	size_t len = visible_length(line, end), bytes = ((size_t)(guchar)*line - ' ') & 63;

	return len > 1 && *line > ' ' && *line <= '`' && len >= 1 + bytes / 3 * 4 &&
		len <= 2 + (bytes + 2) / 3 * 4;
}

/* "begin 644 report.doc", its lines, and "end". */
static const char *past_uuencode(const char *p, const char *end)
{
	const char *first = text_line_end(p, end), *q = first;
	size_t digits = g_str_has_prefix(p, "begin ") ? strspn(p + 6, "01234567") : 0;

	if (digits < 3 || digits > 4 || p[6 + digits] != ' ')
		return p;
	while (q < end && (is_uu_line(q, text_line_end(q, end)) || *q == '`'))
		q = text_line_end(q, end);
	if (q == first)
		return p;
	return q < end && g_str_has_prefix(q, "end") ? text_line_end(q, end) : q;
}

/* A key or certificate that somebody pastes is meant to be seen. */
static bool in_armour(const char *line, bool before)
{
	const char *p = line + strspn(line, "> ");

	if (g_str_has_prefix(p, "-----BEGIN "))
		return true;
	return before && !g_str_has_prefix(p, "-----END ");
}

/* --- HTML amid the text --- */

static const char *past_document(const char *p, const char *end)
{
	static const char close[] = "</html>";

	for (const char *q = p; (q = strstr(q, "</")); q += 2)
		if (g_ascii_strncasecmp(q, close, strlen(close)) == 0)
			return q + strlen(close);
	return end;
}

static const char *put_document(const char *p, const char *end, GString *out, size_t max)
{
	const char *past = past_document(p, end);
	g_autofree char *html = g_strndup(p, (gsize)(past - p)), *text = html_text(html, max);

	g_string_append(out, text);
	return past;
}

/* Most lines are none of what is looked for, as their first letters tell. */
static bool may_begin_something(const char *line, const char *next)
{
	const char *p = past_quote(line, next);

	if (next - p >= BASE64_LINE && !memchr(p, ' ', BASE64_LINE))
		return true;
	return p < next && (*p == '<' || *p == '-' || (p[0] == 'b' && p[1] == 'e'));
}

/* Past what nobody reads, if that begins at p; its text is put to out. */
static const char *past_unread(const char *p, const char *end, GString *out, size_t max)
{
	const char *past;

	if (html_begins(p))
		return put_document(p, end, out, max);
	past = past_base64(p, end);
	return past > p ? past : past_uuencode(p, end);
}

char *plain_readable(const char *text, size_t max)
{
	const char *end = text + strlen(text), *kept = text, *next;
	g_autoptr(GString) out = g_string_new(NULL), put = g_string_new(NULL);
	bool armour = false, changed = false;

	for (const char *p = text; p < end; p = next) {
		const char *past = p;

		next = text_line_end(p, end);
		if (!armour && !may_begin_something(p, next))
			continue;
		armour = in_armour(p, armour);
		if (!armour)
			past = past_unread(p, end, put, max);
		if (past == p)
			continue;
		g_string_append_len(out, kept, p - kept);
		g_string_append_len(out, put->str, (gssize)put->len);
		g_string_truncate(put, 0);
		next = kept = past;
		changed = true;
	}
	if (!changed)
		return NULL;
	g_string_append_len(out, kept, end - kept);
	return g_strdup(out->str);
}

/* --- what it says --- */

bool plain_says_something(const char *text)
{
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!g_unichar_isspace(c) && !g_unichar_iszerowidth(c) && !g_unichar_iscntrl(c))
			return true;
	}
	return false;
}

static gunichar next_letter(const char **p)
{
	while (**p) {
		gunichar c = g_utf8_get_char(*p);

		*p = g_utf8_next_char(*p);
		if (g_unichar_isalnum(c))
			return c;
	}
	return 0;
}

bool plain_says_the_same(const char *a, const char *b)
{
	enum { LETTERS = 100 };
	int same = 0;
	gunichar c, d;

	do {
		c = next_letter(&a);
		d = next_letter(&b);
	} while (c && c == d && ++same < LETTERS);
	return c == d && same > 0;
}
