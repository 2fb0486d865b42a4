/* Parameters of Content-Type and Content-Disposition that hold text, such as a file's name: RFC
 * 2231, the encoded-words that it forbids, and raw bytes, all decoded as a Subject is. */
#include "mail/message-parts.h"

#include <string.h>

#include "base/field.h"
#include "base/limits.h"
#include "mail/charset.h"

enum { FIELD_MAX = 64 * 1024, PIECES_MAX = 100 };

/* name*0*=… : one piece of a value. */
struct piece {
	char *value;   /* NULL: not there */
	bool extended; /* percent-encoded */
};

struct pieces {
	char *whole;     /* name= */
	struct piece *v; /* PIECES_MAX of them */
	char *extended;  /* name*= */
};

/* Takes the quoted string or the run of other characters at *at. */
static char *param_take_value(const char **at)
{
	GString *out = g_string_new(NULL);
	const char *p = *at;

	if (*p != '"') {
		size_t len = strcspn(p, ";");

		*at = p + len;
		g_string_append_len(out, p, (gssize)len);
		return g_strstrip(g_string_free(out, FALSE));
	}
	for (p++; *p && *p != '"'; p++) {
		/* Of what people quote by mistake, a path keeps its backslashes. */
		p += *p == '\\' && (p[1] == '"' || p[1] == '\\');
		g_string_append_c(out, *p);
	}
	*at = p + strcspn(p, ";");
	return g_string_free(out, FALSE);
}

/* Takes value. */
static void param_keep(char **place, char *value)
{
	if (*place)
		g_free(value);
	else
		*place = value;
}

/* What stands between the name and '=': "", "*", "*0" or "*0*". Takes value. */
static void keep_piece(struct pieces *pieces, const char *mark, char *value)
{
	char *end;
	guint64 number;

	if (*mark == '\0') {
		param_keep(&pieces->whole, value);
		return;
	}
	if (strcmp(mark, "*") == 0) {
		param_keep(&pieces->extended, value);
		return;
	}
	number = *mark == '*' && g_ascii_isdigit(mark[1]) ? g_ascii_strtoull(mark + 1, &end, 10)
							  : PIECES_MAX;
	if (number >= PIECES_MAX || pieces->v[number].value) {
		g_free(value);
		return;
	}
	pieces->v[number] = (struct piece){ value, *end == '*' };
}

static void read_pieces(const char *field, const char *name, struct pieces *pieces)
{
	const char *p = field + strcspn(field, ";");

	while (*p) {
		g_autofree char *word = NULL;
		size_t len;

		p += strspn(p, "; \t");
		len = strcspn(p, "=;");
		word = g_strchomp(g_strndup(p, len));
		p += len;
		if (*p != '=')
			continue;
		p++;
		p += strspn(p, " \t");
		if (g_ascii_strncasecmp(word, name, strlen(name)) == 0)
			keep_piece(pieces, word + strlen(name), param_take_value(&p));
		else
			g_free(param_take_value(&p));
	}
}

static void put_bytes(GString *out, const char *s, bool extended)
{
	for (; *s; s++) {
		bool code = extended && *s == '%' && g_ascii_isxdigit(s[1]) &&
			g_ascii_isxdigit(s[2]);

		g_string_append_c(out,
			code ? (char)(g_ascii_xdigit_value(s[1]) << 4 | g_ascii_xdigit_value(s[2]))
			     : *s);
		s += code ? 2 : 0;
	}
}

/* charset'language'text; the charset goes to label_out, owned. */
static const char *past_language(const char *s, char **label_out)
{
	const char *first = strchr(s, '\''), *second = first ? strchr(first + 1, '\'') : NULL;

	if (!second)
		return s;
	*label_out = g_strndup(s, (gsize)(first - s));
	return second + 1;
}

static char *param_join(const struct pieces *pieces)
{
	g_autoptr(GString) bytes = g_string_new(NULL);
	g_autofree char *label = NULL;
	bool extended = pieces->extended || pieces->v[0].extended;
	const char *first = pieces->extended ? pieces->extended : pieces->v[0].value;

	put_bytes(bytes, extended ? past_language(first, &label) : first, extended);
	for (unsigned i = 1; !pieces->extended && i < PIECES_MAX && pieces->v[i].value; i++)
		put_bytes(bytes, pieces->v[i].value, pieces->v[i].extended);
	if (!extended)
		return g_strdup(bytes->str);
	return charset_decode(label && *label ? label : NULL, bytes->str, bytes->len, NULL);
}

static void pieces_release(struct pieces *pieces)
{
	for (unsigned i = 0; i < PIECES_MAX; i++)
		g_free(pieces->v[i].value);
	g_free(pieces->v);
	g_free(pieces->whole);
	g_free(pieces->extended);
}

char *message_part_param(GMimeObject *part, const char *field, const char *name)
{
	GMimeHeader *header = g_mime_header_list_get_header(
		g_mime_object_get_header_list(part), field);
	const char *raw = header ? g_mime_header_get_raw_value(header) : NULL;
	g_autofree char *line = raw ? field_unfolded(raw, strnlen(raw, FIELD_MAX)) : NULL,
			*value = NULL, *text = NULL;
	struct pieces pieces = { .v = NULL };

	if (!line)
		return NULL;
	pieces.v = g_new0(struct piece, PIECES_MAX);
	read_pieces(line, name, &pieces);
	if (pieces.extended || pieces.v[0].value)
		value = param_join(&pieces);
	else
		value = g_steal_pointer(&pieces.whole);
	pieces_release(&pieces);
	text = value ? message_decode_header(value, LIMIT_NAME_BYTES) : NULL;
	return text && *text ? g_steal_pointer(&text) : NULL;
}
