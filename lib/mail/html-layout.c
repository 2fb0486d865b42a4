/* Where text goes: nothing is written before a character comes that needs it, so that no line or
 * blank is left over. */
#include "mail/html-parts.h"

enum { BREAKS_MAX = 20, BLANKS_MAX = 200, TAB_WIDTH = 8 };

/* --- before a character --- */

static void put_marks(struct html_layout *l, unsigned quote)
{
	for (unsigned i = 0; i < quote; i++)
		g_string_append_c(l->text, '>');
}

/* An empty line between two of one quote belongs to it. */
static void end_lines(struct html_layout *l)
{
	for (unsigned i = 0; i < l->breaks; i++) {
		if (i > 0)
			put_marks(l, MIN(l->quote, l->line_quote));
		g_string_append_c(l->text, '\n');
		l->lines++;
	}
}

static void begin_line(struct html_layout *l)
{
	put_marks(l, l->quote);
	if (l->quote)
		g_string_append_c(l->text, ' ');
	g_string_append(l->text, l->mark);
	l->line_quote = l->quote;
}

static void begin_text(struct html_layout *l)
{
	bool first = l->text->len == 0;

	if (first || l->breaks) {
		if (!first)
			end_lines(l);
		begin_line(l);
	} else if (l->cell) {
		g_string_append(l->text, "  ");
	} else if (l->gap && l->blanks == 0) {
		g_string_append_c(l->text, ' ');
	}
	for (; l->blanks; l->blanks--)
		g_string_append_c(l->text, ' ');
	if (l->row == EMPTY_ROW) {
		l->row = FILLED_ROW;
		l->row_line = l->lines;
	}
	*l->mark = '\0';
	l->breaks = 0;
	l->gap = l->cell = l->fresh = l->lone_blank = false;
}

/* --- characters --- */

/* Soft hyphens, zero-width blanks and joiners: newsletters fill their previews with them. */
static bool is_nothing(gunichar c)
{
	return c == 0xad || c == 0x34f || c == 0x200b || c == 0x2060 || c == 0xfeff;
}

static bool layout_is_joiner(gunichar c)
{
	return c == 0x200c || c == 0x200d;
}

void html_put_char(struct html_layout *l, gunichar c)
{
	bool in_word = l->text->len && !l->gap && !l->breaks && !l->cell;

	if (g_unichar_isspace(c)) {
		l->lone_blank |= c == 0xa0 && (l->breaks || l->fresh);
		l->gap = true;
		return;
	}
	if (is_nothing(c) || (layout_is_joiner(c) && !in_word))
		return;
	begin_text(l);
	g_string_append_unichar(l->text, c);
}

void html_put_word(struct html_layout *l, const char *word, gsize len)
{
	begin_text(l);
	g_string_append_len(l->text, word, (gssize)len);
}

void html_put_verbatim(struct html_layout *l, gunichar c)
{
	if (c == '\n') {
		l->blanks = 0;
		l->breaks = MIN(l->breaks + 1, BREAKS_MAX);
	} else if (c == ' ' || c == 0xa0) {
		l->blanks = MIN(l->blanks + 1, BLANKS_MAX);
	} else if (c == '\t') {
		l->blanks = MIN(l->blanks + TAB_WIDTH - l->blanks % TAB_WIDTH, BLANKS_MAX);
	} else if (c != '\r' && !is_nothing(c)) {
		begin_text(l);
		g_string_append_unichar(l->text, c);
	}
}

void html_put_string(struct html_layout *l, const char *s)
{
	for (; *s; s = g_utf8_next_char(s))
		html_put_char(l, g_utf8_get_char(s));
}

/* --- breaks --- */

void html_put_break(struct html_layout *l, unsigned wanted)
{
	if (l->lone_blank)
		wanted = 2;
	l->lone_blank = l->gap = false;
	l->blanks = 0;
	if (!l->fresh)
		l->breaks = MAX(l->breaks, wanted);
}

void html_put_line_break(struct html_layout *l)
{
	if (!l->fresh)
		html_put_break(l, MIN(l->breaks + 1, 2));
}

void html_begin_item(struct html_layout *l, const char *mark)
{
	l->fresh = false;
	html_put_break(l, 1);
	l->fresh = true;
	g_strlcpy(l->mark, mark, sizeof l->mark);
}

/* --- tables --- */

void html_begin_row(struct html_layout *l)
{
	l->fresh = false;
	html_put_break(l, 1);
	l->row = EMPTY_ROW;
}

/* A row goes on in its line as long as each of its cells is one. */
void html_begin_cell(struct html_layout *l)
{
	if (l->row == NO_ROW)
		html_begin_row(l);
	if (l->row == FILLED_ROW && l->lines == l->row_line) {
		l->breaks = 0;
		l->cell = true;
	} else if (l->row == FILLED_ROW) {
		html_put_break(l, 1);
	}
	l->lone_blank = l->gap = false;
	l->fresh = true;
}

void html_end_cell(struct html_layout *l)
{
	l->fresh = l->lone_blank = false;
}

void html_end_row(struct html_layout *l)
{
	l->fresh = l->lone_blank = false;
	l->row = NO_ROW;
	html_put_break(l, 1);
}
