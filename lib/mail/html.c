/* The elements of HTML and what they do to its text. */
#include "mail/html.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mail/html-parts.h"

enum {
	/* elements that matter until they end; those further in are read as if they had no
	 * meaning */
	OPEN_MAX = 32,
	LINK_MAX = 1000, /* bytes of a link that is shown */
	INDENT_MAX = 4   /* lists in lists that are moved in */
};

/* An element on whose end something ends. */
struct open_element {
	char name[16];
	unsigned nested; /* elements of that name within, still open */
	bool hidden, verbatim, quote, list, ordered;
	int number; /* of an ordered list's next item */
	char *link; /* to be shown after its text, which begins at */
	gsize at;
};

struct html {
	const char *p;
	struct html_layout layout;
	struct open_element open[OPEN_MAX];
	unsigned depth, hidden, verbatim, lists;
	bool tight;       /* the paragraph that was begun has no margins */
	bool show_hidden; /* a document that hides all that it says */
	bool untitled;    /* no title ends from here on */
};

static void html_put(struct html *h, gunichar c)
{
	if (h->hidden)
		return;
	if (h->verbatim)
		html_put_verbatim(&h->layout, c);
	else
		html_put_char(&h->layout, c);
}

static void html_break(struct html *h, unsigned wanted)
{
	if (!h->hidden)
		html_put_break(&h->layout, wanted);
}

/* --- links --- */

/* What can be followed, and holds no data itself. */
static bool link_is_shown(const char *link)
{
	static const char *const heads[] = { "http://", "https://", "ftp://",
		"mailto:", "tel:", "sip:", "www." };

	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++)
		if (g_ascii_strncasecmp(link, heads[i], strlen(heads[i])) == 0)
			return strlen(link) <= LINK_MAX && link[strlen(heads[i])];
	return false;
}

/* What of it people leave out when they write it. */
static char *bare_link(const char *link)
{
	static const char *const heads[] = { "http://", "https://", "mailto:", "tel:", "www." };
	g_autofree char *bare = g_ascii_strdown(link, -1);
	const char *p = bare;
	size_t len;

	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++)
		p += g_str_has_prefix(p, heads[i]) ? strlen(heads[i]) : 0;
	len = strlen(p);
	while (len && strchr("/ \n", p[len - 1]))
		len--;
	return g_strndup(p, len);
}

static bool same_link(const char *text, const char *link)
{
	g_autofree char *a = bare_link(text), *b = bare_link(link);

	return strcmp(a, b) == 0;
}

/* Links without a text are pictures and counters. */
static void put_link(struct html *h, const char *link, gsize at)
{
	struct html_layout *l = &h->layout;
	const char *text = l->text->str + MIN(at, l->text->len);
	unsigned breaks = l->breaks;
	g_autofree char *shown = NULL;

	text += strspn(text, " \n>");
	if (h->hidden || !*text || same_link(text, link))
		return;
	shown = g_strdup_printf("<%s>", link);
	l->breaks = 0;
	l->gap = true;
	html_put_string(l, shown);
	l->breaks = breaks;
}

/* --- open elements --- */

static void element_end(struct html *h, struct open_element *e)
{
	if (e->link)
		put_link(h, e->link, e->at);
	g_clear_pointer(&e->link, g_free);
	h->hidden -= e->hidden;
	h->verbatim -= e->verbatim;
	h->layout.quote -= e->quote;
	h->lists -= e->list;
}

static struct open_element *element_open(struct html *h, const char *name)
{
	for (unsigned i = h->depth; i-- > 0;)
		if (strcmp(h->open[i].name, name) == 0)
			return &h->open[i];
	return NULL;
}

/* With all that is open within it. */
static void element_close(struct html *h, const char *name)
{
	struct open_element *e = element_open(h, name);

	if (!e)
		return;
	if (e->nested) {
		e->nested--;
		return;
	}
	while (&h->open[h->depth] > e)
		element_end(h, &h->open[--h->depth]);
}

/* Takes e->link. */
static void element_begin(struct html *h, struct open_element *e)
{
	bool matters = e->hidden || e->verbatim || e->quote || e->list || e->link;
	struct open_element *outer;

	if (!matters || h->depth == OPEN_MAX) {
		g_clear_pointer(&e->link, g_free);
		outer = element_open(h, e->name);
		if (outer)
			outer->nested++;
		return;
	}
	h->hidden += e->hidden;
	h->verbatim += e->verbatim;
	h->layout.quote += e->quote;
	h->lists += e->list;
	h->open[h->depth++] = *e;
}

static struct open_element *innermost_list(struct html *h)
{
	for (unsigned i = h->depth; i-- > 0;)
		if (h->open[i].list)
			return &h->open[i];
	return NULL;
}

/* --- what their begin and end do --- */

static bool is_zero(const char *style, const char *property)
{
	return html_style_is(style, property, "0") && !html_style_is(style, property, "0.");
}

static bool html_is_hidden(const struct html_tag *tag, const char *style)
{
	g_autofree char *hidden = html_attribute(tag, "hidden");

	if (hidden || !style)
		return hidden != NULL;
	return html_style_is(style, "display", "none") ||
		html_style_is(style, "visibility", "hidden") ||
		(is_zero(style, "max-height") && html_style_is(style, "overflow", "hidden"));
}

static void begin_link(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	g_autofree char *link = html_attribute(tag, "href"),
			*line = link ? text_line(link, LINK_MAX + 1) : NULL;

	/* Links are not nested. */
	if (element_open(h, "a"))
		element_close(h, "a");
	if (!line || !link_is_shown(line))
		return;
	e->link = g_steal_pointer(&line);
	e->at = h->layout.text->len;
}

static void begin_image(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	g_autofree char *alt = html_attribute(tag, "alt");
	/* What is no word is a sign, such as emoji are sent. */
	bool word = alt && g_ascii_isalnum(*alt);

	if (!alt || h->hidden || e->hidden)
		return;
	h->layout.gap |= word;
	html_put_string(&h->layout, alt);
	h->layout.gap |= word;
}

static int small_number(const char *s, int otherwise)
{
	bool number = s && g_ascii_isdigit(s[*s == '-']);

	return number ? (int)CLAMP(g_ascii_strtoll(s, NULL, 10), -99999, 99999) : otherwise;
}

static void begin_list(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	g_autofree char *start = html_attribute(tag, "start");

	(void)h;
	e->list = true;
	e->number = small_number(start, 1);
}

static void begin_ordered_list(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	begin_list(h, tag, e);
	e->ordered = true;
}

static void begin_item(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	struct open_element *list = innermost_list(h);
	g_autofree char *value = html_attribute(tag, "value"), *mark = NULL;
	int indent = 2 * CLAMP((int)h->lists - 1, 0, INDENT_MAX);

	if (h->hidden || e->hidden)
		return;
	if (list && list->ordered) {
		list->number = small_number(value, list->number);
		mark = g_strdup_printf("%*s%d. ", indent, "", list->number++);
	} else {
		mark = g_strdup_printf("%*s* ", indent, "");
	}
	html_begin_item(&h->layout, mark);
}

/* Outlook and its kin write each line as a paragraph without margins. */
static void html_begin_paragraph(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	g_autofree char *class = html_attribute(tag, "class"),
			*style = html_attribute(tag, "style");

	(void)e;
	h->tight = class && g_ascii_strncasecmp(class, "Mso", 3) == 0;
	h->tight |= style &&
		(is_zero(style, "margin") ||
			(is_zero(style, "margin-top") && is_zero(style, "margin-bottom")));
	html_break(h, h->tight ? 1 : 2);
}

static void end_paragraph(struct html *h)
{
	html_break(h, h->tight ? 1 : 2);
}

static void begin_quote(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	(void)h;
	(void)tag;
	e->quote = true;
}

/* A line break at its very begin is not part of it. */
static void begin_verbatim(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	h->p = tag->end + (*tag->end == '\r');
	h->p += *h->p == '\n';
	e->verbatim = true;
}

static void begin_unseen(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	(void)h;
	(void)tag;
	e->hidden = true;
}

static void begin_row(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	(void)tag;
	(void)e;
	if (!h->hidden)
		html_begin_row(&h->layout);
}

static void begin_cell(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	(void)tag;
	if (!h->hidden && !e->hidden)
		html_begin_cell(&h->layout);
}

static void end_cell(struct html *h)
{
	if (!h->hidden)
		html_end_cell(&h->layout);
}

static void end_row(struct html *h)
{
	if (!h->hidden)
		html_end_row(&h->layout);
}

static void begin_line_break(struct html *h, const struct html_tag *tag, struct open_element *e)
{
	(void)tag;
	(void)e;
	if (h->hidden)
		return;
	if (h->verbatim)
		html_put_verbatim(&h->layout, '\n');
	else
		html_put_line_break(&h->layout);
}

/* --- elements --- */

enum content {
	HTML,
	EMPTY,
	SILENT,
	TITLE
}; /* silent: it is no HTML, and ends at its end tag and nowhere else */

static const struct element {
	const char *name;
	unsigned breaks; /* before and after: 1 is a line of its own, 2 leaves an empty one */
	enum content content;
	void (*begin)(struct html *h, const struct html_tag *tag, struct open_element *e);
	void (*end)(struct html *h);
} elements[] = {
	{ .name = "a", .begin = begin_link },
	{ .name = "address", .breaks = 1 },
	{ .name = "area", .content = EMPTY },
	{ .name = "article", .breaks = 1 },
	{ .name = "aside", .breaks = 1 },
	{ .name = "audio", .begin = begin_unseen },
	{ .name = "base", .content = EMPTY },
	{ .name = "blockquote", .breaks = 2, .begin = begin_quote },
	{ .name = "br", .content = EMPTY, .begin = begin_line_break },
	{ .name = "canvas", .begin = begin_unseen },
	{ .name = "caption", .breaks = 1 },
	{ .name = "center", .breaks = 1 },
	{ .name = "col", .content = EMPTY },
	{ .name = "datalist", .begin = begin_unseen },
	{ .name = "dd", .breaks = 1 },
	{ .name = "details", .breaks = 1 },
	{ .name = "dir", .breaks = 1, .begin = begin_list },
	{ .name = "div", .breaks = 1 },
	{ .name = "dl", .breaks = 1 },
	{ .name = "dt", .breaks = 1 },
	{ .name = "embed", .content = EMPTY },
	{ .name = "fieldset", .breaks = 1 },
	{ .name = "figcaption", .breaks = 1 },
	{ .name = "figure", .breaks = 1 },
	{ .name = "footer", .breaks = 1 },
	{ .name = "form", .breaks = 1 },
	{ .name = "h1", .breaks = 2 },
	{ .name = "h2", .breaks = 2 },
	{ .name = "h3", .breaks = 2 },
	{ .name = "h4", .breaks = 2 },
	{ .name = "h5", .breaks = 2 },
	{ .name = "h6", .breaks = 2 },
	{ .name = "header", .breaks = 1 },
	{ .name = "hr", .breaks = 1, .content = EMPTY },
	{ .name = "iframe", .content = SILENT },
	{ .name = "img", .content = EMPTY, .begin = begin_image },
	{ .name = "input", .content = EMPTY },
	{ .name = "li", .begin = begin_item },
	{ .name = "link", .content = EMPTY },
	{ .name = "listing", .breaks = 2, .begin = begin_verbatim },
	{ .name = "main", .breaks = 1 },
	{ .name = "menu", .breaks = 1, .begin = begin_list },
	{ .name = "meta", .content = EMPTY },
	{ .name = "nav", .breaks = 1 },
	{ .name = "noembed", .content = SILENT },
	{ .name = "noframes", .content = SILENT },
	{ .name = "ol", .breaks = 1, .begin = begin_ordered_list },
	{ .name = "option", .breaks = 1 },
	{ .name = "p", .begin = html_begin_paragraph, .end = end_paragraph },
	{ .name = "pre", .breaks = 2, .begin = begin_verbatim },
	{ .name = "script", .content = SILENT },
	{ .name = "section", .breaks = 1 },
	{ .name = "style", .content = SILENT },
	{ .name = "summary", .breaks = 1 },
	{ .name = "svg", .begin = begin_unseen },
	{ .name = "table", .breaks = 1, .end = end_row },
	{ .name = "td", .begin = begin_cell, .end = end_cell },
	{ .name = "template", .begin = begin_unseen },
	{ .name = "textarea", .breaks = 1, .begin = begin_verbatim },
	{ .name = "th", .begin = begin_cell, .end = end_cell },
	{ .name = "title", .content = TITLE },
	{ .name = "tr", .begin = begin_row, .end = end_row },
	{ .name = "ul", .breaks = 1, .begin = begin_list },
	{ .name = "video", .begin = begin_unseen },
	{ .name = "wbr", .content = EMPTY },
	{ .name = "xml", .begin = begin_unseen },
	{ .name = "xmp", .breaks = 2, .begin = begin_verbatim },
};

static int compare_elements(const void *name, const void *element)
{
	return strcmp(name, ((const struct element *)element)->name);
}

/* Those of no meaning are as <span>. */
static const struct element *element_of(const char *name)
{
	static const struct element other = { .name = "" };
	const struct element *found = bsearch(
		name, elements, G_N_ELEMENTS(elements), sizeof *elements, compare_elements);

	return found ? found : &other;
}

/* --- reading --- */

/* What stands before the end tag is passed over. One that never ends is cut off, but a forgotten
 * </title> must not hide the mail. */
static void pass_over(struct html *h, const struct element *element)
{
	g_autofree char *end = g_strdup_printf("</%s", element->name);
	const char *p = h->p;

	/* Told by one look to the end, so that a thousand unclosed ones cost one. */
	if (element->content == TITLE && h->untitled)
		return;
	while ((p = strstr(p, "</")) && g_ascii_strncasecmp(p, end, strlen(end)) != 0)
		p += 2;
	h->untitled |= !p && element->content == TITLE;
	if (p)
		h->p = p;
	else if (element->content == SILENT)
		h->p += strlen(h->p);
}

static void begin_element(struct html *h, const struct html_tag *tag)
{
	const struct element *element = element_of(tag->name);
	g_autofree char *style = html_attribute(tag, "style");
	struct open_element e = { .verbatim = style && html_style_is(style, "white-space", "pre") };

	g_strlcpy(e.name, tag->name, sizeof e.name);
	e.hidden = !h->show_hidden && html_is_hidden(tag, style);
	/* The end tag of a paragraph is mostly left out. */
	if (element->breaks || element->begin == html_begin_paragraph)
		element_close(h, "p");
	if (element->breaks && !e.hidden)
		html_break(h, element->breaks);
	if (element->begin)
		element->begin(h, tag, &e);
	if (element->content == HTML && !(e.hidden && tag->end[-2] == '/'))
		element_begin(h, &e);
	else if (element->content == SILENT || element->content == TITLE)
		pass_over(h, element);
}

static void end_element(struct html *h, const struct html_tag *tag)
{
	const struct element *element = element_of(tag->name);

	if (element->end)
		element->end(h);
	if (element->breaks)
		html_break(h, element->breaks);
	element_close(h, tag->name);
	/* A break that the element began with, and one that it ends with, are of what stands around
	 * it. */
	if (element->breaks)
		html_break(h, element->breaks);
}

static void read_markup(struct html *h)
{
	const char *past = html_past_comment(h->p);
	struct html_tag tag;

	if (past) {
		h->p = past;
	} else if (!html_read_tag(h->p, &tag)) {
		html_put(h, '<');
		h->p++;
	} else {
		h->p = tag.end;
		/* One that is cut off says nothing. */
		if (tag.end[-1] != '>')
			return;
		if (tag.closing)
			end_element(h, &tag);
		else
			begin_element(h, &tag);
	}
}

static void read_reference(struct html *h)
{
	gunichar c[2] = { 0, 0 };
	gsize len = html_read_reference(h->p, false, c);

	html_put(h, len ? c[0] : '&');
	if (c[1])
		html_put(h, c[1]);
	h->p += MAX(len, 1);
}

static bool is_word_char(char c)
{
	return c > ' ' && c <= '~' && c != '<' && c != '&';
}

static void read_word(struct html *h)
{
	gsize len = 0;

	while (is_word_char(h->p[len]))
		len++;
	if (!h->hidden)
		html_put_word(&h->layout, h->p, len);
	h->p += len;
}

static void html_read_all(struct html *h)
{
	while (*h->p && !html_is_full(&h->layout)) {
		if (*h->p == '<') {
			read_markup(h);
		} else if (*h->p == '&') {
			read_reference(h);
		} else if (is_word_char(*h->p)) {
			read_word(h);
		} else {
			html_put(h, g_utf8_get_char(h->p));
			h->p = g_utf8_next_char(h->p);
		}
	}
	while (h->depth)
		element_end(h, &h->open[--h->depth]);
}

static char *read_document(const char *html, size_t max, bool show_hidden)
{
	struct html h = { .p = html, .show_hidden = show_hidden };
	char *text;

	h.layout.text = g_string_new(NULL);
	h.layout.max = max;
	/* Some say that plain text is HTML. */
	h.verbatim = !strchr(html, '<');
	html_read_all(&h);
	text = text_block_valid(h.layout.text->str, max);
	g_string_free(h.layout.text, TRUE);
	return g_strchomp(text);
}

char *html_text(const char *html, size_t max)
{
	char *text = read_document(html, max, false);

	if (*text)
		return text;
	g_free(text);
	return read_document(html, max, true);
}

bool html_begins(const char *text)
{
	static const char *const heads[] = { "<!doctype html", "<html", "<body" };

	text += strspn(text, " \t\r\n");
	return text_starts_with_one(text, heads, G_N_ELEMENTS(heads));
}
