/* The part of a text where what was looked for stands, in one line, to be shown. */
#ifndef MILTICKET_SNIPPET_H
#define MILTICKET_SNIPPET_H

#include "base/sought.h"

enum { SNIPPET_BYTES = 200, SNIPPET_TERMS = 32 };

struct snippet {
	char *text;    /* valid UTF-8, as text_line_shown(); "…" where it was cut */
	GArray *marks; /* struct snippet_mark, in order, none in another */
};
struct snippet_mark {
	unsigned start, length; /* bytes of the text */
};

/* Where most of them stand together. list: n of them, of which the first SNIPPET_TERMS count. False
 * when the text has none of them, and *snippet_out is as it was; else to be released. */
bool snippet_cut(const char *text, const struct sought *const *list, unsigned n,
	struct snippet *snippet_out);
/* How many of them the text has; a bit each. */
unsigned snippet_found(const char *text, const struct sought *const *list, unsigned n);
/* Cuts it to so many columns of a terminal; the first mark stays, as far as it fits. */
void snippet_fit(struct snippet *snippet, int columns);
void snippet_release(struct snippet *snippet);

/* With this before and after each mark: "*", or what a terminal calls bold. Owned. */
char *snippet_marked(const struct snippet *snippet, const char *before, const char *after);

#endif
