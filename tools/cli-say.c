/* What is said on standard error, and the exit code that goes with it. */
#include "cli-parts.h"

#include <stdio.h>

#include "base/tongue.h"

int cli_fail(int code, const char *fmt, ...)
{
	struct error said;
	va_list ap;

	va_start(ap, fmt);
	error_vset(&said, ST_OK, fmt, ap);
	va_end(ap);
	fprintf(stderr, "ticket: %s\n", said.text);
	return code;
}

static int exit_of(enum status st)
{
	switch (st) {
	case ST_OK:
		return EXIT_DONE;
	case ST_NOT_FOUND:
		return EXIT_NOTHING;
	case ST_EXISTS:
	case ST_BAD_INPUT:
		return EXIT_BAD_DATA;
	case ST_REFUSED:
		return EXIT_NOT_ALLOWED;
	case ST_FULL:
	case ST_IO:
		return EXIT_CANNOT_WRITE;
	case ST_BUSY:
		return EXIT_TRY_AGAIN;
	}
	return EXIT_CANNOT_WRITE;
}

int cli_status(const struct cli *cli, enum status st)
{
	if (st == ST_OK)
		return EXIT_DONE;
	return cli_fail(exit_of(st), "%s", cli->err.text[0] ? cli->err.text : _("nothing found"));
}

void help_usage(FILE *out, const struct cli_command *command)
{
	fprintf(out, _("usage: ticket %s"), command->name);
	if (command->options)
		fprintf(out, " %s", _("[options]"));
	fprintf(out, "%s%s\n", *command->arguments ? " " : "", command->arguments);
}

int cli_usage(const struct cli *cli, const char *fmt, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	cli_fail(EXIT_BAD_USAGE, "%s", text);
	help_usage(stderr, cli->command);
	return EXIT_BAD_USAGE;
}
