/* Values of a template as the reader of an answer writes them. */
#ifndef MILTICKET_ANSWER_WORDS_H
#define MILTICKET_ANSWER_WORDS_H

#include <stdint.h>

/* The local date and time, "28 November 2026, 14:05" in that language (a tag; its first part
 * counts); "2026-11-28 14:05" in one that has no row here. Owned. */
char *answer_date(int64_t when, const char *language);

/* "Max Müller" for "Müller, Max"; any other name as it is. Owned. */
char *answer_name(const char *name);

#endif
