/* What somebody looks for in texts: a word, a part of one, or words in a row. The index of words
 * finds by the same rules (archive/fulltext.h). */
#ifndef MILTICKET_SOUGHT_H
#define MILTICKET_SOUGHT_H

#include <glib.h>
#include <stdbool.h>

struct sought {
	char **words; /* folded, in a row; at least one */
	unsigned n;
	bool open; /* the last may go on */
	bool part; /* the one word may also be a part of another (fold_has_parts()) */
};

enum sought_how {
	SOUGHT_LOOSE, /* one word of three letters or more is a part as well */
	SOUGHT_OPEN,  /* "print*": the last word may go on; never a part */
	SOUGHT_EXACT  /* whole words */
};

/* NULL: there is no letter or digit in it. Owned. */
struct sought *sought_new(const char *text, enum sought_how how);
/* As somebody writes it: "print*" is open. */
struct sought *sought_written(const char *text);
void sought_free(struct sought *sought);

/* Is it in the text? NULL is empty. */
bool sought_in(const struct sought *sought, const char *text);

struct sought_place {
	unsigned which;         /* of those that are looked for */
	unsigned start, length; /* bytes of the text */
};
/* Where any of them is, in the order of the text, at most `most`. Places may overlap. */
void sought_places(const struct sought *const *list, unsigned n, const char *text, unsigned most,
	GArray *places_out);

#endif
