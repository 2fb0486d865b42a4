/* HTML of any kind: its text is valid and within its limit; what stands in an attribute of a link
 * or image only, in a style sheet or a script, is no part of it. */
#include "fuzz.h"

#include <string.h>

#include "mail/html.h"
#include "mail/plain.h"

enum { MAX = 4096 };

static void check(const char *html)
{
	char *text = html_text(html, MAX), *short_text = html_text(html, 10),
	     *readable = plain_readable(html, MAX);

	FUZZ_ASSERT(g_utf8_validate(text, -1, NULL) && strlen(text) <= MAX);
	FUZZ_ASSERT(g_utf8_validate(short_text, -1, NULL) && strlen(short_text) <= 10);
	FUZZ_ASSERT(!readable || g_utf8_validate(readable, -1, NULL));
	FUZZ_ASSERT(!*text || !g_ascii_isspace(text[strlen(text) - 1]));
	g_free(readable);
	g_free(short_text);
	g_free(text);
}

/* Whatever comes before, if it is whole, and after. */
static void check_unseen(const char *html)
{
	char *whole = g_strdup_printf("<p>seen</p><style>QQ%s", html),
	     *text = html_text(whole, MAX);

	FUZZ_ASSERT(g_str_has_prefix(text, "seen"));
	FUZZ_ASSERT(strstr(html, "</") || strcmp(text, "seen") == 0);
	g_free(text);
	g_free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *html = g_utf8_make_valid(data ? (const char *)data : "", (gssize)size),
	     *flowed = plain_unflow(html, size & 1);

	FUZZ_ASSERT(g_utf8_validate(flowed, -1, NULL));
	check(html);
	check_unseen(html);
	g_free(flowed);
	g_free(html);
	return 0;
}
