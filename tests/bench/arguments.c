/* Command lines of benchmarks. */
#include "arguments.h"

#include <stdio.h>
#include <stdlib.h>

void arguments_read(const GOptionEntry *options, const char *words, bool (*fits)(int argc),
	int *argc, char ***argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new(words);
	g_autofree char *help = NULL;

	g_option_context_add_main_entries(context, options, NULL);
	if (g_option_context_parse(context, argc, argv, NULL) && fits(*argc))
		return;
	help = g_option_context_get_help(context, TRUE, NULL);
	fputs(help, stderr);
	exit(64);
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "%s: ", g_get_prgname());
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}
