/* A line of commands as it stands in a mail, and lines of others' mails that it is compared
 * with. */
#include "fuzz.h"

#include "act/command-mail.h"
#include "base/text.h"

static void compare(const char *text)
{
	char **lines = g_strsplit(text, "\n", -1);
	struct foreign foreign;

	foreign_init(&foreign, NULL);
	foreign_text(&foreign, text);
	for (char **p = lines; *p; p++) {
		char *line = g_strstrip(*p);

		FUZZ_ASSERT(!command_mail_begins(line) || foreign_has_line(&foreign, line));
		FUZZ_ASSERT(!foreign_past_label(line) || foreign_past_label(line) > line);
	}
	foreign_release(&foreign);
	g_strfreev(lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command command = { 0 };
	struct error err = { "" };
	char *line = g_strndup((const char *)data, size), *text = text_block(line, -1, 4096);

	if (command_parse_line(line, INT64_C(1790000000000000), &command, &err) != ST_OK)
		FUZZ_ASSERT(err.text[0]);
	command_release(&command);
	compare(text);
	g_free(text);
	g_free(line);
	return 0;
}
