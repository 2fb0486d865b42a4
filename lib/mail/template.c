/* Templates, cut into literal pieces and variables when loaded, so that filling cannot fail and
 * values are never looked at as syntax. */
#include "mail/template.h"

#include <stdbool.h>
#include <string.h>

#include "base/field.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/textfile.h"
#include "base/tongue.h"

const char *const template_var_names[] = { "number", "tag", "subject", "name", "address", "queue",
	"project", "status", "agent", "date", "quote", "signature", NULL };

enum { VALUE_BYTES = 200, HEADER_BYTES = 2000 };

/* Bytes kept of a value; a row for each variable. */
static const size_t value_max[VAR_COUNT] = { [VAR_NUMBER] = VALUE_BYTES,
	[VAR_TAG] = VALUE_BYTES,
	[VAR_SUBJECT] = LIMIT_TITLE_BYTES,
	[VAR_NAME] = LIMIT_NAME_BYTES,
	[VAR_ADDRESS] = LIMIT_ADDRESS_BYTES,
	[VAR_QUEUE] = VALUE_BYTES,
	[VAR_PROJECT] = VALUE_BYTES,
	[VAR_STATUS] = VALUE_BYTES,
	[VAR_AGENT] = VALUE_BYTES,
	[VAR_DATE] = VALUE_BYTES,
	[VAR_QUOTE] = LIMIT_QUOTE_BYTES,
	[VAR_SIGNATURE] = LIMIT_SIGNATURE_BYTES };

struct piece {
	char *literal; /* NULL: a variable */
	enum template_var var;
};

struct template_header {
	char *name;
	GArray *value; /* of struct piece */
};

struct template
{
	GArray *subject, *body; /* of struct piece */
	GArray *headers;        /* of struct template_header */
	char *language;         /* Content-Language; NULL */
	char *path;
};

/* Headers that the composer of an answer writes, or that would have robots write to us; a trailing
 * * stands for the rest of a name. */
static const char *const own_headers[] = { "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Date",
	"Message-ID", "In-Reply-To", "References", "Return-Path", "Received", "MIME-Version",
	"Content-*", "Auto-Submitted", "X-Auto-Response-Suppress", "X-Ticket*", "Resent-*",
	"DKIM-*", "ARC-*", "Disposition-Notification-*", "Return-Receipt-To",
	"X-Confirm-Reading-To", "Errors-To", "Delivered-To", "Apparently-To", NULL };

static void template_piece_clear(void *data)
{
	g_free(((struct piece *)data)->literal);
}

static GArray *pieces_new(void)
{
	GArray *pieces = g_array_new(FALSE, TRUE, sizeof(struct piece));

	g_array_set_clear_func(pieces, template_piece_clear);
	return pieces;
}

static void template_header_clear(void *data)
{
	struct template_header *header = data;

	g_free(header->name);
	g_array_unref(header->value);
}

static struct template *template_new(void)
{
	struct template *template = g_new0(struct template, 1);

	template->body = pieces_new();
	template->headers = g_array_new(FALSE, TRUE, sizeof(struct template_header));
	g_array_set_clear_func(template->headers, template_header_clear);
	return template;
}

void template_free(struct template *template)
{
	if (!template)
		return;
	g_clear_pointer(&template->subject, g_array_unref);
	g_array_unref(template->body);
	g_array_unref(template->headers);
	g_free(template->language);
	g_free(template->path);
	g_free(template);
}

/* Where reading is: for messages. */
struct place {
	const char *path;
	unsigned line;
	struct error *err;
};

static enum status template_fail(const struct place *place, const char *fmt, ...)
	G_GNUC_PRINTF(2, 3);

static enum status template_fail(const struct place *place, const char *fmt, ...)
{
	g_autofree char *reason = NULL;
	va_list ap;

	va_start(ap, fmt);
	reason = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	return error_set(place->err, ST_BAD_INPUT, "%s:%u: %s", place->path, place->line, reason);
}

static void add_literal(GArray *pieces, GString *literal)
{
	struct piece piece = { .literal = g_strdup(literal->str) };

	if (literal->len)
		g_array_append_val(pieces, piece);
	else
		g_free(piece.literal);
	g_string_truncate(literal, 0);
}

static int var_find(const char *name, size_t len)
{
	for (int i = 0; i < VAR_COUNT; i++)
		if (strlen(template_var_names[i]) == len &&
			!strncmp(template_var_names[i], name, len))
			return i;
	return -1;
}

static enum status fail_variable(const struct place *place, const char *name, size_t len)
{
	g_autofree char *known = g_strjoinv("} {", (char **)template_var_names);

	return template_fail(place,
		_("unknown variable '{%.*s}', expected {%s}, or {{ for a brace"), (int)MIN(len, 40),
		name, known);
}

static bool has_lines(enum template_var var)
{
	return var == VAR_QUOTE || var == VAR_SIGNATURE;
}

/* Reads "{name}" at p, after its brace. */
static enum status add_variable(
	struct place *place, GArray *pieces, bool quote_allowed, const char **p)
{
	size_t len = strcspn(*p, "{}\n");
	struct piece piece = { NULL, VAR_COUNT };
	int var = var_find(*p, len);

	if ((*p)[len] != '}')
		return template_fail(place, _("expected } after '{%.*s', or {{ for a brace"),
			(int)MIN(len, 40), *p);
	if (var < 0)
		return fail_variable(place, *p, len);
	if (has_lines((enum template_var)var) && !quote_allowed)
		return template_fail(place, _("{%s} has many lines and cannot stand in a header"),
			template_var_names[var]);
	piece.var = (enum template_var)var;
	g_array_append_val(pieces, piece);
	*p += len + 1;
	return ST_OK;
}

static enum status parse_pieces(
	struct place *place, const char *text, bool quote_allowed, GArray *pieces)
{
	g_autoptr(GString) literal = g_string_new(NULL);
	enum status st = ST_OK;

	while (st == ST_OK && *text) {
		char c = *text++;

		if (c == '{' && *text != '{') {
			add_literal(pieces, literal);
			st = add_variable(place, pieces, quote_allowed, &text);
			continue;
		}
		if (c == '{')
			text++;
		place->line += c == '\n';
		g_string_append_c(literal, c);
	}
	add_literal(pieces, literal);
	return st;
}

static bool is_own_header(const char *name)
{
	for (const char *const *own = own_headers; *own; own++)
		if (text_glob(*own, name))
			return true;
	return false;
}

static bool has_header(const struct template *template, const char *name)
{
	for (guint i = 0; i < template->headers->len; i++)
		if (!g_ascii_strcasecmp(
			    g_array_index(template->headers, struct template_header, i).name, name))
			return true;
	return false;
}

static enum status set_language(struct template *template, struct place *place, const char *value)
{
	if (template->language)
		return template_fail(
			place, _("expected one Content-Language header, found a second"));
	if (!text_is_language(value))
		return template_fail(place,
			_("expected one language such as de or pt-BR in Content-Language, found '%.40s'"),
			value);
	template->language = g_strdup(value);
	return ST_OK;
}

static enum status set_subject(struct template *template, struct place *place, const char *value)
{
	struct place at = *place;

	if (template->subject)
		return template_fail(place, _("expected one Subject header, found a second"));
	template->subject = pieces_new();
	return parse_pieces(&at, value, false, template->subject);
}

/* place->line is its first. */
static enum status template_add_header(
	struct template *template, struct place *place, const char *field, const char *end)
{
	struct place at = *place;
	size_t length = field_name_strict(field, end);
	const char *colon = field + length;
	g_autofree char *name = g_strndup(field, length), *raw = NULL, *value = NULL;
	struct template_header header;

	if (!length)
		return template_fail(place,
			_("expected a header 'Name: text' or the blank line before the text, found '%.*s'"),
			(int)MIN(60, strcspn(field, "\n")), field);
	raw = field_unfolded(colon + 1, (size_t)(end - colon) - 1);
	value = text_line(raw, HEADER_BYTES);
	if (!g_ascii_strcasecmp(name, "Content-Language"))
		return set_language(template, place, value);
	if (is_own_header(name))
		return template_fail(place,
			_("header %s is written by milticket and cannot stand in a template"),
			name);
	if (strlen(raw) > HEADER_BYTES)
		return template_fail(
			place, _("header %s is longer than %d bytes"), name, HEADER_BYTES);
	if (!g_ascii_strcasecmp(name, "Subject"))
		return set_subject(template, place, value);
	if (has_header(template, name))
		return template_fail(place, _("expected one %s header, found a second"), name);
	header = (struct template_header){ g_steal_pointer(&name), pieces_new() };
	g_array_append_val(template->headers, header);
	return parse_pieces(&at, value, false, header.value);
}

/* Takes headers off *text, up to and with the blank line. */
static enum status parse_headers(struct template *template, struct place *place, const char **text)
{
	const char *end = *text + strlen(*text);
	enum status st = ST_OK;

	while (st == ST_OK && **text && **text != '\n') {
		const char *past = field_end(*text, end);

		st = template_add_header(template, place, *text, past);
		for (; *text < past; ++*text)
			place->line += **text == '\n';
	}
	if (st == ST_OK && **text == '\n') {
		++*text;
		place->line++;
	}
	return st;
}

static enum status parse_template(struct template *template, struct place *place, const char *text)
{
	enum status st = parse_headers(template, place, &text);

	if (st != ST_OK)
		return st;
	if (!template->subject)
		return template_fail(place, _("expected a Subject header, found none"));
	if (!text[strspn(text, " \t\n")])
		return template_fail(
			place, _("expected a text after the headers and a blank line, found none"));
	return parse_pieces(place, text, true, template->body);
}

enum status template_load(const char *path, struct template **template_out, struct error *err)
{
	g_autofree char *raw = NULL, *text = NULL;
	struct place place = { path, 1, err };
	struct template *template;
	enum status st = textfile_read(path, LIMIT_TEMPLATE_BYTES, &raw, err);

	if (st != ST_OK)
		return st;
	text = text_block(raw, -1, LIMIT_TEMPLATE_BYTES);
	template = template_new();
	template->path = g_strdup(path);
	st = parse_template(template, &place, text);
	if (st == ST_OK)
		*template_out = g_steal_pointer(&template);
	template_free(template);
	return st;
}

const char *template_language(const struct template *template)
{
	return template->language;
}

const char *template_path(const struct template *template)
{
	return template->path;
}

bool template_has(const struct template *template, enum template_var var)
{
	for (guint i = 0; i < template->body->len; i++) {
		const struct piece *piece = &g_array_index(template->body, struct piece, i);

		if (!piece->literal && piece->var == var)
			return true;
	}
	return false;
}

/* The value as lines of their own, each quoted, whatever stands around the variable. */
static void append_quote(GString *out, const char *value)
{
	g_autofree char *block = text_block(value, -1, LIMIT_QUOTE_BYTES);
	g_auto(GStrv) lines = NULL;

	g_strchomp(block);
	if (!*block)
		return;
	if (out->len && out->str[out->len - 1] != '\n')
		g_string_append_c(out, '\n');
	lines = g_strsplit(block, "\n", -1);
	for (char **line = lines; *line; line++)
		g_string_append_printf(out, ">%s%s\n", **line ? " " : "", *line);
	if (strlen(value) > LIMIT_QUOTE_BYTES)
		g_string_append(out, "> [...]\n");
	g_string_truncate(out, out->len - 1);
}

static char *lines_of(const char *value, size_t max)
{
	return g_strchomp(text_block(value, -1, max));
}

static void append_piece(
	GString *out, const struct piece *piece, const char *const values[VAR_COUNT])
{
	const char *value = piece->literal ? NULL : values[piece->var];
	g_autofree char *line = NULL;

	if (piece->literal)
		g_string_append(out, piece->literal);
	if (!value)
		return;
	if (piece->var == VAR_QUOTE) {
		append_quote(out, value);
		return;
	}
	line = (has_lines(piece->var) ? lines_of : text_line)(value, value_max[piece->var]);
	g_string_append(out, line);
}

/* "On Monday you wrote:", and nothing: the line goes, and the blank ones before the quote. */
static void drop_lead(GString *out)
{
	gsize end = out->len, begin;

	while (end && out->str[end - 1] == '\n')
		end--;
	if (!end || out->str[end - 1] != ':')
		return;
	for (begin = end; begin && out->str[begin - 1] != '\n';)
		begin--;
	g_string_truncate(out, begin);
}

/* Nothing stands for a variable: "Hello {name}," is "Hello,", and a line of {signature} alone is
 * none. */
static void template_tidy(GString *out, const struct piece *piece, const struct piece *next)
{
	const char *after = next && next->literal ? next->literal : "";

	if (piece->var == VAR_QUOTE)
		drop_lead(out);
	else if (piece->var == VAR_SIGNATURE && *after == '\n' && g_str_has_suffix(out->str, "\n"))
		g_string_truncate(out, out->len - 1);
	else if (out->len && out->str[out->len - 1] == ' ' &&
		(!*after || strchr(",.;:!? \n", *after)))
		g_string_truncate(out, out->len - 1);
}

static char *template_expand(const GArray *pieces, const char *const values[VAR_COUNT])
{
	GString *out = g_string_new(NULL);
	bool quoted = false;

	for (guint i = 0; i < pieces->len; i++) {
		const struct piece *piece = &g_array_index(pieces, struct piece, i);
		const struct piece *next = i + 1 < pieces->len ? piece + 1 : NULL;
		gsize before = out->len;

		/* Text on the quote's last line would read as if the customer had written it. */
		if (quoted && !(piece->literal && *piece->literal == '\n'))
			g_string_append_c(out, '\n');
		append_piece(out, piece, values);
		quoted = !piece->literal && piece->var == VAR_QUOTE && out->len > before;
		if (!piece->literal && out->len == before)
			template_tidy(out, piece, next);
	}
	return g_string_free(out, FALSE);
}

static char *fill_line(const GArray *pieces, const char *const values[VAR_COUNT])
{
	g_autofree char *text = template_expand(pieces, values);

	return text_line(text, HEADER_BYTES);
}

/* What nothing stood for at the end leaves no blank lines. */
static void drop_last_blanks(char *body)
{
	size_t len = strlen(body);

	while (len > 1 && body[len - 1] == '\n' && body[len - 2] == '\n')
		body[--len] = '\0';
}

void template_fill(const struct template *template, const char *const values[VAR_COUNT],
	struct template_text *text_out)
{
	guint n = template->headers->len;

	text_out->subject = fill_line(template->subject, values);
	text_out->body = template_expand(template->body, values);
	drop_last_blanks(text_out->body);
	text_out->headers = g_new0(char *, n + 1);
	for (guint i = 0; i < n; i++) {
		const struct template_header *header = &g_array_index(
			template->headers, struct template_header, i);
		g_autofree char *value = fill_line(header->value, values);

		text_out->headers[i] = g_strconcat(header->name, ": ", value, NULL);
	}
}

void template_text_release(struct template_text *text)
{
	g_clear_pointer(&text->subject, g_free);
	g_clear_pointer(&text->headers, g_strfreev);
	g_clear_pointer(&text->body, g_free);
}
