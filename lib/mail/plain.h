/* Plain text as its reader sees it. Pure; all text is valid UTF-8. */
#ifndef MILTICKET_PLAIN_H
#define MILTICKET_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* The paragraphs of format=flowed as one line each (RFC 3676); of quotes, with their marks.
 * Owned. */
char *plain_unflow(const char *text, bool delsp);

/* Without what nobody reads: files in uuencode or base64 amid the text, and the markup of HTML
 * documents, of which the text (max bytes) stays. NULL: nothing of that kind is in it. Owned. */
char *plain_readable(const char *text, size_t max);

/* Is there more in it than white space of any kind? */
bool plain_says_something(const char *text);

/* Do both begin with the same words, or consist of the same few? */
bool plain_says_the_same(const char *a, const char *b);

#endif
