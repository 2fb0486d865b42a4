/* What a mistyped word was meant for. */
#ifndef MILTICKET_NEAREST_H
#define MILTICKET_NEAREST_H

/* The one of the names, which end with NULL, from which `word` differs by the fewest slips: letters
 * inserted, dropped, replaced or swapped with their neighbour, whatever their case. Two slips are
 * forgiven, one letter in three of a long name, and never half of it. Borrowed; NULL: none is near.
 */
const char *nearest_name(const char *word, const char *const *names);

#endif
