/* A line of commands as it stands in a mail. */
#include "fuzz.h"

#include "command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command command = { 0 };
	struct error err = { "" };
	char *line = g_strndup((const char *)data, size);

	if (command_parse_line(line, INT64_C(1790000000000000), &command, &err) != ST_OK)
		FUZZ_ASSERT(err.text[0]);
	command_release(&command);
	g_free(line);
	return 0;
}
