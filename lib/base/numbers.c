/* See numbers.h. Sets are small: a list is searched as it is. */
#include "base/numbers.h"

#include <glib.h>

bool numbers_has(const struct numbers *numbers, uint64_t number)
{
	for (size_t i = 0; i < numbers->n; i++)
		if (numbers->v[i] == number)
			return true;
	return false;
}

void numbers_add(struct numbers *numbers, uint64_t number)
{
	if (numbers_has(numbers, number))
		return;
	numbers->v = g_renew(uint64_t, numbers->v, numbers->n + 1);
	numbers->v[numbers->n++] = number;
}

void numbers_remove(struct numbers *numbers, uint64_t number)
{
	size_t kept = 0;

	for (size_t i = 0; i < numbers->n; i++)
		if (numbers->v[i] != number)
			numbers->v[kept++] = numbers->v[i];
	numbers->n = kept;
}
