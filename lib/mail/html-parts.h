/* What the files of html.h share. */
#ifndef MILTICKET_HTML_PARTS_H
#define MILTICKET_HTML_PARTS_H

#include <glib.h>
#include <stdbool.h>

/* --- html-entities.c: the standard's names --- */

struct html_entity {
	char name[32];
	gunichar first, second; /* second is 0 for most */
	bool bare;              /* also without a semicolon */
};
extern const struct html_entity html_entities[]; /* by name */
extern const gsize html_entities_count;

/* --- html-token.c: tags, attributes, character references --- */

struct html_tag {
	char name[16]; /* lower case, cut */
	bool closing;
	const char *attributes, *end; /* between them; end is past the '>' */
};

/* A tag at p, which is '<'. False: what stands there is no tag. One that nothing closes reaches to
 * the end. */
bool html_read_tag(const char *p, struct html_tag *tag_out);

/* Past the comment or declaration at p, which is '<'; NULL when there is none. */
const char *html_past_comment(const char *p);

/* The decoded value of an attribute, "" without one; NULL. Owned. */
char *html_attribute(const struct html_tag *tag, const char *name);

/* The character reference at p, which is '&': its length, and up to two characters. 0 when it is
 * none. */
gsize html_read_reference(const char *p, bool in_attribute, gunichar out[2]);

/* Does a style attribute give the property a value that begins so? */
bool html_style_is(const char *style, const char *property, const char *value);

/* --- html-layout.c: lines, blanks and marks between the characters --- */

struct html_layout {
	GString *text;
	gsize max;
	unsigned breaks; /* that wait: 1 ends the line, 2 leaves one empty */
	unsigned blanks; /* that wait, of preformatted text */
	bool gap;        /* a blank waits */
	bool cell;       /* what divides two cells of a row waits */
	bool fresh;      /* in a cell or item that has no text yet, where breaks mean nothing */
	/* a line holds a no-break space and nothing else: it was meant to be empty */
	bool lone_blank;
	unsigned quote, line_quote; /* depth of quotes, now and of the last line */
	unsigned lines;             /* written */
	enum { NO_ROW, EMPTY_ROW, FILLED_ROW } row;
	unsigned row_line; /* where its text begins */
	char mark[24];     /* of the item that begins; "" */
};

void html_put_char(struct html_layout *layout, gunichar c);
void html_put_word(
	struct html_layout *layout, const char *word, gsize len); /* letters and signs of ASCII */
void html_put_verbatim(struct html_layout *layout, gunichar c);   /* in preformatted text */
void html_put_string(struct html_layout *layout, const char *s);  /* as html_put_char() does */
void html_put_break(struct html_layout *layout, unsigned wanted);
void html_put_line_break(struct html_layout *layout); /* <br> */
void html_begin_item(struct html_layout *layout, const char *mark);
void html_begin_row(struct html_layout *layout);
void html_begin_cell(struct html_layout *layout);
void html_end_cell(struct html_layout *layout);
void html_end_row(struct html_layout *layout);

static inline bool html_is_full(const struct html_layout *layout)
{
	return layout->text->len >= layout->max;
}

#endif
