/* What a mistyped word was meant for. */
#ifndef MILTICKET_NEAREST_H
#define MILTICKET_NEAREST_H

/* The one of the names, which end with NULL, from which `word` differs by the fewest slips: letters
 * inserted, dropped, replaced or swapped with their neighbour, whatever their case. Two slips are
 * forgiven, one letter in three of a long name, and never half of it. Borrowed; NULL: none is near.
 */
const char *nearest_name(const char *word, const char *const *names);
/* Also one that the word begins, or that begins the word, with three letters or more: "prio" is
 * "priority", "opened" is "open". For words that cannot be anything but one of the names. */
const char *nearest_begun(const char *word, const char *const *names);

#endif
