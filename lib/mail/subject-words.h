/* A raw header value as words (RFC 2047): decoded for looking at, with the way back from each
 * decoded byte to its bytes in the raw value, so that a range of the decoded text can be removed
 * while every other byte stays. Shared by the files of subject.h and message.h. */
#ifndef MILTICKET_SUBJECT_WORDS_H
#define MILTICKET_SUBJECT_WORDS_H

#include <glib.h>
#include <stdbool.h>

/* Longer runs without white space fit no line with what stands before them. */
enum { WORDS_TOKEN_MAX = 900 };

/* A run of plain bytes, or one encoded-word (several when a character is split between them). */
struct piece {
	guint raw_start, raw_end; /* in `raw` */
	guint start, end;         /* in `text` */
	bool encoded;
	bool bare; /* encoded as ISO-2022-JP without a label, not as an encoded-word */
	/* Of an encoded-word whose charset is unknown, or whose bytes do not fit it: the bytes,
	 * read as UTF-8 where they are. */
	char *charset;
	GByteArray *bytes;
};

struct words {
	GString *raw;      /* unfolded; no CR, LF or NUL */
	const char *looks; /* the charset that its raw 8-bit bytes look like; NULL */
	GString *text;     /* decoded, UTF-8 */
	/* struct piece, in order; white space between two encoded-words belongs to none */
	GArray *pieces;
	/* guint: for each byte of text, the offset in raw of its character (of its word, when
	 * encoded), and one more for the end */
	GArray *raw_at;
	GArray *removed; /* gboolean per byte of text */
};

/* Is it a short text in ASCII of which nothing is coded? Then its line is its text. */
bool words_are_plain(const char *raw);

/* Of the LIMIT_SUBJECT_BYTES first bytes of a raw value, folded or not; NULL is an empty one. */
void words_init(struct words *words, const char *raw);
void words_release(struct words *words);

/* Marks text[start, end) as removed. */
void words_remove(struct words *words, guint start, guint end);

/* Is text[at] white space that can go together with text[with] and change no word that does not
 * change anyway? */
bool words_blank_beside(const struct words *words, guint at, guint with);

/* The text without what was removed; owned. `back`, when not NULL, becomes an array of the text
 * offset of each byte of it, and of its end. */
char *words_remaining(const struct words *words, GArray **back_out);

/* The raw value without what was removed; unfolded, owned. Encoded-words that lose a part, or that
 * fit no line, are written anew. */
char *words_rebuild(const struct words *words);

#endif
