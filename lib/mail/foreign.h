/* Words that are not the writer's own: those of the mails that a mail answers or passes on. Pure. A
 * client carries them along, in whatever encoding and with whatever blanks it likes, so they are
 * compared as people read them: decoded, NFKC, without case, each run of white space one blank,
 * what cannot be seen left out. */
#ifndef MILTICKET_FOREIGN_H
#define MILTICKET_FOREIGN_H

#include <glib.h>
#include <stdbool.h>

#include "mail/subject.h"

/* A word of a decoded Subject: bytes [start, end) of it. */
struct subject_word {
	guint start, end;
	char *form; /* as it is compared; NULL: a tag of ours or a reply prefix, nobody's word */
	/* the form of its ASCII alone, where it has more: some clients leave out what they cannot
	 * read; NULL */
	char *ascii;
	bool foreign; /* set by foreign_mark() */
};
/* Of struct subject_word, in order; free with g_array_unref(). */
GArray *subject_words(const char *text, const struct tag_format *format);

struct foreign {
	const struct tag_format *format; /* borrowed */
	GHashTable *texts;               /* read already, as they came */
	GHashTable *subjects; /* each once, as its words' forms, to its place in order of arrival */
	GHashTable *pairs;    /* of the forms of two words that follow each other in any of them */
	GHashTable *bangs;    /* "!close", to how often at most one Subject has it */
	GHashTable *lines;    /* lines of texts that begin like a command */
	/* Why no word of the Subject, or no line of the text, can be told to be the writer's own:
	 * "you …"; static; NULL. */
	const char *subject_doubt, *text_doubt;
};
void foreign_init(struct foreign *foreign, const struct tag_format *format);
void foreign_release(struct foreign *foreign);

/* A decoded Subject as it was recorded. The likeliest to be carried along comes first. */
void foreign_subject(struct foreign *foreign, const char *subject);
/* The text of a mail: its lines. */
void foreign_text(struct foreign *foreign, const char *text);
/* The values of header fields in a text that quotes or forwards a mail with its header, in any
 * language: "Betreff: …". */
void foreign_header_block(struct foreign *foreign, const char *text);

/* How often one foreign Subject at most has the word with a "!" that is in this form ("!close"). */
unsigned foreign_bangs(const struct foreign *foreign, const char *bang);
/* The first word with a "!" in `form`, "!close" of "x!close,"; owned; NULL. *rest_out is what
 * follows it. */
char *foreign_bang_in(const char *form, const char **rest_out);
/* Counts the words with a "!" in `word`, and what they begin with, as a word may have been cut:
 * "!closest" has a "!close". counts owns its keys. */
void foreign_count_bangs(GHashTable *counts, const struct subject_word *word);
/* Marks the words of the Subject that was carried along: of those whose words are all here, the
 * longest. Where there is none, as it was shortened or edited, the words without a "!" that follow
 * each other in any of them, too. */
void foreign_mark(const struct foreign *foreign, GArray *words);
/* Does a foreign text have this line, as a whole? */
bool foreign_has_line(const struct foreign *foreign, const char *line);

/* Past what begins a line of a header in a text: "Subject:", "Objet :", "*Betreff:*"; NULL when
 * there is none. */
const char *foreign_past_label(const char *line);

#endif
