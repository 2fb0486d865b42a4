/* Bytes of any charset: valid UTF-8 comes out of all, of a length that is in proportion, and no
 * charset hides ASCII's lines. The first line is the label. */
#include "fuzz.h"

#include <string.h>

#include "mail/charset.h"

/* U+FFFD for a byte, and the longest that a charset makes of one. */
enum { GROWTH = 12 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data, *line = memchr(data ? bytes : "", '\n', size);
	size_t at = line ? (size_t)(line - bytes) + 1 : 0;
	char *label = line ? g_strndup(bytes, at - 1) : NULL,
	     *copy = g_memdup2(bytes + at, size - at), *text, *named;
	enum charset_fit fit;

	text = charset_decode(label, copy, size - at, &fit);
	FUZZ_ASSERT(g_utf8_validate(text, -1, NULL));
	FUZZ_ASSERT(strlen(text) <= (size - at) * GROWTH);
	FUZZ_ASSERT(fit != CHARSET_EXACT || label ||
		!g_utf8_validate(copy ? copy : "", (gssize)(size - at), NULL) ||
		memchr(copy ? copy : "", 0x1b, size - at) ||
		(size - at >= 3 && memcmp(copy, "\xef\xbb\xbf", 3) == 0) ||
		strlen(text) == size - at);
	named = charset_of_html(copy ? copy : "", size - at);
	g_free(named);
	g_free(text);
	g_free(copy);
	g_free(label);
	return 0;
}
