/* A raw Subject: tagged once, tagged again without change, commands taken out. */
#include "fuzz.h"

#include <string.h>

#include "subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tag_format format;
	struct subject_view view;
	char *raw = g_strndup((const char *)data, size), *once, *twice, *rest = NULL, **commands;

	if (!format.before)
		FUZZ_ASSERT(tag_format_init(&format, "[%n #%d]", "example.com", NULL) == ST_OK);
	once = subject_retag(raw, &format, 42, 998);
	twice = subject_retag(once, &format, 42, 998);
	FUZZ_ASSERT(fuzz_one_header(once));
	FUZZ_ASSERT(strcmp(once, twice) == 0);
	subject_view_init(&view, once, &format);
	FUZZ_ASSERT(view.tags.n >= 1 && view.tags.v[0] == 42);
	FUZZ_ASSERT(g_utf8_validate(view.plain, -1, NULL));
	subject_view_release(&view);
	commands = subject_take_commands(raw, &rest);
	FUZZ_ASSERT(!commands || rest);
	g_strfreev(commands);
	g_free(rest);
	g_free(twice);
	g_free(once);
	g_free(raw);
	return 0;
}
