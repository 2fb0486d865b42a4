/* HTML as text: what a person reads of it, and nothing else of what it holds. No rendering, no
 * following of links. Pure; linear time, bounded depth, safe on anything. */
#ifndef MILTICKET_HTML_H
#define MILTICKET_HTML_H

#include <glib.h>
#include <stdbool.h>

/* The text of valid UTF-8, at most max bytes: paragraphs and table rows on lines of their own,
 * cells apart, lists marked, quotes with '>', links as "text <url>", images by their alt. A
 * document may end anywhere. Owned. */
char *html_text(const char *html, size_t max);

/* Does it begin as an HTML document does? */
bool html_begins(const char *text);

#endif
