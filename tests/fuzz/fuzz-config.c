/* A configuration file; what loads prints to a text that loads. */
#include "fuzz.h"

#include <string.h>

#include "settings/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings *settings = NULL, *again = NULL;
	struct error err = { "" };
	char *text;

	/* An include could read any file of the machine. */
	if (g_strstr_len((const char *)data, (gssize)size, "@include"))
		return 0;
	if (settings_load(fuzz_file(data, size, ".conf"), &settings, &err) != ST_OK) {
		FUZZ_ASSERT(err.text[0]);
		return 0;
	}
	text = settings_text(settings);
	if (settings_load(fuzz_file((const uint8_t *)text, strlen(text), ".conf"), &again, &err) !=
		ST_OK) {
		fprintf(stderr, "%s\n%s\n", err.text, text);
		abort();
	}
	settings_unref(again);
	settings_unref(settings);
	g_free(text);
	return 0;
}
