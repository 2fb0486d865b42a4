/* Sets of numbers, in the order in which they came. */
#ifndef MILTICKET_NUMBERS_H
#define MILTICKET_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* v is owned (g_free). */
struct numbers {
	uint64_t *v;
	size_t n;
};
bool numbers_has(const struct numbers *numbers, uint64_t number);
/* Nothing happens when it is there. */
void numbers_add(struct numbers *numbers, uint64_t number);
void numbers_remove(struct numbers *numbers, uint64_t number);

#endif
