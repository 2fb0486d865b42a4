/* HTML as text: good enough to read and search, safe on anything. No rendering, no following of links. */
#include "message-parts.h"

#include <string.h>

#include "text.h"

struct html {
	const char *p;
	GString *out;
	unsigned breaks;	/* line breaks at the end of out */
	bool gap;		/* white space waits */
	unsigned unclosed;	/* bits of silent elements that no tag closes from here on */
	bool no_tags;		/* no '>' follows: each '<' is text */
};

static void put_break(struct html *h, unsigned wanted)
{
	h->gap = false;
	while (h->out->len && h->breaks < wanted) {
		g_string_append_c(h->out, '\n');
		h->breaks++;
	}
}

static void put_char(struct html *h, gunichar c)
{
	if (g_unichar_isspace(c)) {
		h->gap = true;
		return;
	}
	if (h->gap && h->out->len && h->breaks == 0)
		g_string_append_c(h->out, ' ');
	h->gap = false;
	h->breaks = 0;
	g_string_append_unichar(h->out, c);
}

static const struct {
	const char *name;
	gunichar c;
} entities[] = {
	{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' }, { "nbsp", ' ' }, { "shy", 0 },
	{ "auml", 0xe4 }, { "ouml", 0xf6 }, { "uuml", 0xfc }, { "Auml", 0xc4 }, { "Ouml", 0xd6 }, { "Uuml", 0xdc }, { "szlig", 0xdf },
	{ "eacute", 0xe9 }, { "egrave", 0xe8 }, { "agrave", 0xe0 }, { "ccedil", 0xe7 }, { "euro", 0x20ac }, { "copy", 0xa9 }, { "reg", 0xae },
	{ "ndash", 0x2013 }, { "mdash", 0x2014 }, { "hellip", 0x2026 }, { "lsquo", 0x2018 }, { "rsquo", 0x2019 }, { "ldquo", 0x201c },
	{ "rdquo", 0x201d }, { "bdquo", 0x201e }, { "bull", 0x2022 }, { "middot", 0xb7 }, { "zwnj", 0 },
};

static gunichar numeric_entity(const char *digits)
{
	guint64 c = *digits == 'x' || *digits == 'X' ? g_ascii_strtoull(digits + 1, NULL, 16) : g_ascii_strtoull(digits, NULL, 10);

	return c < 0x110000 && g_unichar_validate((gunichar)c) && !g_unichar_iscntrl((gunichar)c) ? (gunichar)c : ' ';
}

static void read_entity(struct html *h)
{
	size_t len = strcspn(h->p + 1, ";& <\n");
	g_autofree char *name = len <= 10 ? g_strndup(h->p + 1, len) : NULL;

	if (name && h->p[1 + len] == ';') {
		h->p += len + 2;
		if (*name == '#') {
			put_char(h, numeric_entity(name + 1));
			return;
		}
		for (size_t i = 0; i < G_N_ELEMENTS(entities); i++)
			if (strcmp(entities[i].name, name) == 0) {
				if (entities[i].c)
					put_char(h, entities[i].c);
				return;
			}
		return;
	}
	put_char(h, '&');
	h->p++;
}

/* Elements whose contents nobody reads. */
static const char *const silent[] = { "style", "script", "title", "template" };
/* Elements that begin on a line of their own; a paragraph after an empty one. */
static const char *const lines[] = { "br", "div", "tr", "li", "ul", "ol", "table", "hr", "dt", "dd", "pre", "center", "section", "article" };
static const char *const paragraphs[] = { "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote" };

static bool one_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* What is never closed is read: a forgotten </title> must not hide the mail. */
static void skip_to_end_of(struct html *h, size_t element)
{
	g_autofree char *closing = g_strdup_printf("</%s", silent[element]);
	const char *p = h->p;

	/* Told by one look to the end, so that a thousand unclosed ones cost one. */
	if (h->unclosed & 1u << element)
		return;
	while ((p = strstr(p, "</")) && g_ascii_strncasecmp(p, closing, strlen(closing)) != 0)
		p += 2;
	if (p)
		h->p = p;
	else
		h->unclosed |= 1u << element;
}

/* The end of a tag at p; NULL when it has none. Quotes count only where a value begins, and only if they are closed. */
static const char *tag_end(const char *p)
{
	for (; *p && *p != '>'; p++) {
		const char *value = p + 1 + (*p == '=' ? strspn(p + 1, " \t\n") : 0);
		const char *close = *p == '=' && (*value == '"' || *value == '\'') ? strchr(value + 1, *value) : NULL;

		if (close)
			p = close;
	}
	return *p ? p + 1 : NULL;
}

static size_t silent_element(const char *name)
{
	size_t i = 0;

	while (i < G_N_ELEMENTS(silent) && strcmp(silent[i], name) != 0)
		i++;
	return i;
}

static void read_tag(struct html *h)
{
	const char *start = h->p + 1 + (h->p[1] == '/');
	size_t len = strspn(start, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	g_autofree char *name = g_ascii_strdown(start, (gssize)MIN(len, 16));
	bool closing = h->p[1] == '/';
	const char *end;

	if (strncmp(h->p, "<!--", 4) == 0) {
		end = strstr(h->p + 4, "-->");
		h->p = end ? end + 3 : h->p + strlen(h->p);
		return;
	}
	end = h->no_tags || (len == 0 && h->p[1] != '!' && h->p[1] != '?') ? NULL : tag_end(h->p);
	if (!end) {
		h->no_tags |= len > 0;
		put_char(h, '<');
		h->p++;
		return;
	}
	h->p = end;
	if (silent_element(name) < G_N_ELEMENTS(silent) && !closing)
		skip_to_end_of(h, silent_element(name));
	else if (strcmp(name, "br") == 0)
		put_break(h, h->breaks + 1 < 2 ? h->breaks + 1 : 2);
	else if (one_of(paragraphs, G_N_ELEMENTS(paragraphs), name))
		put_break(h, 2);
	else if (one_of(lines, G_N_ELEMENTS(lines), name))
		put_break(h, 1);
	if (strcmp(name, "li") == 0 && !closing) {
		put_char(h, '*');
		h->gap = true;
	}
}

char *message_html_text(const char *html, size_t max)
{
	struct html h = { .p = html, .out = g_string_new(NULL) };
	char *text;

	while (*h.p && h.out->len < max) {
		if (*h.p == '<') {
			read_tag(&h);
		} else if (*h.p == '&') {
			read_entity(&h);
		} else {
			put_char(&h, g_utf8_get_char(h.p));
			h.p = g_utf8_next_char(h.p);
		}
	}
	text = text_block_kept(h.out->str, (gssize)h.out->len, max);
	g_string_free(h.out, TRUE);
	return g_strstrip(text);
}
