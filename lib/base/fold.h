/* Texts as the words that they are found by. What is indexed and what is asked for pass through the
 * same folding: no case, no accents, no composition (NFKD), sharp s as ss. */
#ifndef MILTICKET_FOLD_H
#define MILTICKET_FOLD_H

#include <glib.h>
#include <stdbool.h>

enum {
	FOLD_WORD_BYTES = 64 /* of a word; what is longer is cut, here as there */
};

/* Appends the words of a text to out, each with a blank before it but the first: letters and
 * digits in a row are one. Chinese, Japanese and Korean are written without blanks: of them each
 * pair of characters in a row is a word, and so is the last one alone. NULL appends nothing. Bytes
 * that are no UTF-8 part words. */
void fold_text(const char *text, GString *out);

/* A word, and where it stands in the text as it was written. Borrowed. */
struct fold_word {
	const char *word;
	size_t len;
	const char *start, *end;
};
typedef void fold_visit(const struct fold_word *word, void *arg);
/* The same words, one after the other. */
void fold_each(const char *text, fold_visit *fn, void *arg);

/* What somebody asks for, as words in a row: "Grüße" is { "grusse" }, "a@b.c" { "a", "b", "c" },
 * 東京都 { 東京, 京都 }. open_out: the last may go on, as it is one character of a script of pairs.
 * Owned (g_strfreev); empty when there is no letter or digit in it. */
char **fold_asked(const char *text, bool *open_out);

/* May a folded word be found by a part of it? Numbers and codes are asked for as a whole, or by
 * their beginning. */
bool fold_has_parts(const char *word, size_t len);

#endif
