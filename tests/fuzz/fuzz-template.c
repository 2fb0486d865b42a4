/* A template file, filled with values that try to break out. */
#include "fuzz.h"

#include <string.h>

#include "mail/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *values[VAR_COUNT];
	struct template *template = NULL;
	struct template_text text;
	struct error err = { "" };

	for (int i = 0; i < VAR_COUNT; i++)
		values[i] = "x\r\nBcc: eve@example.org\r\n\r\n{number}\xff";
	if (template_load(fuzz_file(data, size, ".eml"), &template, &err) != ST_OK) {
		FUZZ_ASSERT(err.text[0]);
		return 0;
	}
	template_fill(template, values, &text);
	FUZZ_ASSERT(!strpbrk(text.subject, "\r\n"));
	for (char **h = text.headers; h && *h; h++)
		FUZZ_ASSERT(!strpbrk(*h, "\r\n"));
	FUZZ_ASSERT(g_utf8_validate(text.body, -1, NULL));
	template_text_release(&text);
	template_free(template);
	return 0;
}
