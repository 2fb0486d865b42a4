/* Strings: cleaning what strangers wrote, globs, times, durations. No I/O. All text is UTF-8 unless
 * said otherwise. */
#ifndef MILTICKET_TEXT_H
#define MILTICKET_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Times in the core are microseconds since 1970 UTC; 0 is unknown. */
enum { TEXT_SECOND = 1000000 };

/* s, or "" for NULL. */
static inline const char *text_or_none(const char *s)
{
	return s ? s : "";
}

/* ASCII and no NUL: it is valid UTF-8 as well, and this is faster to find out. */
bool text_is_ascii(const char *s, size_t len);

/* Valid UTF-8, no control characters (each run of them, and of white space, becomes one blank),
 * trimmed, at most max bytes cut at a character. For names, subjects, anything that is one line.
 * Owned by the caller. */
char *text_line(const char *s, size_t max);
/* The same for what is recorded: format characters and the controls past ASCII stay as they are
 * written. */
char *text_line_kept(const char *s, size_t max);
/* The same, to be looked at: each character that nobody sees, or that turns what is seen, is
 * <U+202E>. Those that belong to the character before them, as in emoji and Persian, stay. */
char *text_line_shown(const char *s, size_t max);

/* Valid UTF-8, controls but \n and \t dropped, CRLF and CR made \n, at most max bytes. Owned. */
char *text_block(const char *s, gssize len, size_t max);
char *text_block_kept(const char *s, gssize len, size_t max); /* as text_line_kept() */
/* The same of what is valid UTF-8 already. Owned. */
char *text_block_valid(const char *utf8, size_t max);
char *text_block_shown(const char *s, gssize len, size_t max); /* as text_line_shown() */

/* As text_is_hidden(), but for blanks, signs of numbers, and characters that nobody has defined
 * yet. */
bool text_is_unseen(gunichar c);

/* The length of the longest prefix of at most max bytes that ends between characters. */
size_t text_cut(const char *utf8, size_t len, size_t max);

/* Past the line feed of the line at p, or end. */
const char *text_line_end(const char *p, const char *end);

/* Past the white space of any script at p, which is UTF-8: folding changes it, and phones and
 * browsers make no-break spaces of it. */
const char *text_past_blanks(const char *p);

/* Does s begin with one of the n, ASCII case aside? s may be NULL. */
bool text_starts_with_one(const char *s, const char *const *heads, size_t n);

/* Past the comment that begins at p (RFC 5322 section 3.2.2); NULL when it is not closed. */
const char *text_past_comment(const char *p);
/* The same of a quoted string (RFC 5322 section 3.2.4). */
const char *text_past_quoted(const char *p);

/* Without blanks, and without a pair of quotes, around it: "'Kim'" is "Kim". NULL is "". Owned. */
char *text_unquoted(const char *s);

/* The form in which texts are compared in a search: without case, accents and composition (NFKD,
 * Unicode section 3.11), sharp s as ss. Owned. */
char *text_searchable(const char *s);

/* A character that shows nothing where it stands (a control, format character, filler, variation
 * selector, blank but the ASCII one), or that nobody has defined. Two texts that differ in these
 * alone look the same. */
bool text_is_hidden(gunichar c);

/* The small letter of c, or c. One beyond ASCII has none in ASCII: the sign for Kelvin is no k. */
gunichar text_small(gunichar c);

/* Case-insensitive glob with * and ?, on characters; no letter beyond ASCII is one of ASCII; an
 * empty or NULL pattern matches anything. Linear time and space. */
bool text_glob(const char *pattern, const char *s);

/* RFC 3339 in UTC, to the second: 2026-11-24T03:15:00Z. NULL for 0. Owned. */
char *text_rfc3339(int64_t when);
/* The same with all that is known of it: 2026-11-24T03:15:00.000250Z. For what is read back. */
char *text_rfc3339_exact(int64_t when);

/* As a clock on the wall shows it: "2026-11-28 14:00" here (zone NULL), "2026-11-28 14:00 CET" in a
 * zone of the system's database; an unknown one is the local. Owned. */
char *text_zoned(int64_t when, const char *zone);

/* RFC 5322 date in UTC. Owned. */
char *text_rfc5322_date(int64_t when);

/* "2026-11-24", "2026-11-24T03:15[:00[.000250]][Z]" (local time without Z), or seconds with '@'. */
enum status text_parse_date(const char *s, int64_t *when_out);

/* "90s", "30m", "4h", "3d", "2w", "1y" (365 days), or a sum such as "1d12h"; in microseconds. */
enum status text_parse_duration(const char *s, int64_t *us_out);

/* A date, or a duration counted from now (forward > 0) or back from it (forward < 0). */
enum status text_parse_when(const char *s, int64_t now, int forward, int64_t *when_out);

/* A ticket number as people write it: 1042 or #1042; ASCII digits only, no leading zero, no
 * sign. */
enum status text_parse_number(const char *s, uint64_t *number_out);

/* RFC 4648 base32, lower case, no padding. Owned. */
char *text_base32(const void *data, size_t len);

/* UTF-8 as encoded-words (RFC 2047) of at most 75 bytes each, a blank between them; "" for "".
 * Owned. */
char *text_encoded_words(const char *utf8);

/* A header value with "\n" before white space so that lines have at most 78 bytes where that can
 * be; name_length is what stands before it. No line is white space alone, and white space that fits
 * no line of 998 bytes becomes one blank. Owned. */
char *text_fold(const char *value, size_t name_length);

/* A list of strings ends with NULL; one that is NULL is empty. */
bool text_list_has(char *const *list, const char *s);
/* Puts a copy at its end. */
void text_list_add(char ***list, const char *s);
void text_list_remove(char **list, const char *s); /* each that is the same; list may be NULL */

/* A language tag (RFC 5646), by its looks: "de", "pt-BR". */
bool text_is_language(const char *s);

/* What a noun ends with after this number: "" for 1, else "s". */
const char *text_plural(uint64_t n);

/* Columns that valid UTF-8 takes in a terminal: 0 for combining marks, 2 for wide characters (East
 * Asian, emoji). */
int text_width(const char *utf8);
/* At most `columns` columns of it, an ellipsis in place of what is cut. Owned. */
char *text_fit(const char *utf8, int columns);

#endif
