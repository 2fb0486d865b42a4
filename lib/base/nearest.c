/* Distances of words. */
#include "base/nearest.h"

#include <glib.h>
#include <string.h>

/* Damerau and Levenshtein's, of the words' first 40 bytes. */
static unsigned nearest_distance(const char *a, const char *b)
{
	enum { LONGEST = 40 };
	unsigned d[LONGEST + 1][LONGEST + 1], n = (unsigned)strnlen(a, LONGEST),
					      m = (unsigned)strnlen(b, LONGEST);

	for (unsigned i = 0; i <= n; i++)
		d[i][0] = i;
	for (unsigned j = 0; j <= m; j++)
		d[0][j] = j;
	for (unsigned i = 1; i <= n; i++)
		for (unsigned j = 1; j <= m; j++) {
			char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[j - 1]);

			d[i][j] = MIN(
				MIN(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (x != y));
			if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) &&
				g_ascii_tolower(a[i - 2]) == y)
				d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[n][m];
}

static unsigned slips_forgiven(const char *name)
{
	size_t len = strlen(name);

	return len ? (unsigned)MAX(MIN(2, (len - 1) / 2), len / 3) : 0;
}

const char *nearest_name(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	unsigned least = G_MAXUINT;

	for (; *names; names++) {
		unsigned forgiven = slips_forgiven(*names), distance;

		if (strlen(word) > strlen(*names) + forgiven)
			continue;
		distance = nearest_distance(word, *names);
		if (distance < least && distance <= forgiven) {
			nearest = *names;
			least = distance;
		}
	}
	return nearest;
}

const char *nearest_begun(const char *word, const char *const *names)
{
	enum { LETTERS = 3 };
	const char *nearest = nearest_name(word, names);

	for (; *names && !nearest; names++) {
		size_t common = MIN(strlen(word), strlen(*names));

		if (common >= LETTERS && g_ascii_strncasecmp(word, *names, common) == 0)
			nearest = *names;
	}
	return nearest;
}
