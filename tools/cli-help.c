/* Help, made of the command table. */
#include "cli-parts.h"

#include <string.h>

#include "base/tongue.h"
#include "terminal.h"

enum { NAME_COLUMNS = 18, OPTION_COLUMNS = 32, HELP_COLUMNS = 80, ON_COLUMNS = 8 };

/* "-q, --queue QUEUE"; the letters of all options are below one another. */
static char *option_shown(const struct cli_option *option)
{
	const char letter[] = { '-', option->letter, ',', '\0' };
	g_autofree char *shown = g_strdup_printf(
		"%-3s --%s", option->letter ? letter : "", option->name);

	return g_strjoin(" ", shown, option->argument, NULL);
}

/* Many alternatives go on below. Owned. */
static char *option_folded(const char *shown)
{
	g_auto(GStrv) parts = g_strsplit(shown, "|", -1);
	GString *out = g_string_new(NULL);
	size_t column = 2;

	for (char **part = parts; *part; part++) {
		size_t len = strlen(*part) + 1;

		if (column > ON_COLUMNS && column + len > HELP_COLUMNS) {
			g_string_append_printf(out, "\n%*s", ON_COLUMNS, "");
			column = ON_COLUMNS;
		}
		g_string_append_printf(out, "%s%s", *part, part[1] ? "|" : "");
		column += len;
	}
	return g_string_free(out, FALSE);
}

static void print_option(const struct cli_option *option)
{
	g_autofree char *whole = option_shown(option), *shown = option_folded(whole);

	if (strlen(shown) > OPTION_COLUMNS)
		printf("  %s\n  %*s %s\n", shown, OPTION_COLUMNS, "", _(option->help));
	else
		printf("  %-*s %s\n", OPTION_COLUMNS, shown, _(option->help));
}

/* A sentence of a summary. */
static void print_sentence(const char *summary)
{
	const char *rest = g_utf8_next_char(summary);
	g_autofree char *first = g_utf8_strup(summary, rest - summary);

	printf("\n%s%s.\n\n", first, rest);
}

void help_command(const struct cli_command *command)
{
	help_usage(stdout, command);
	print_sentence(_(command->summary));
	for (const struct cli_option *o = command->options; o && o->name; o++)
		print_option(o);
	for (const struct cli_option *o = cli_common_options; o->name; o++)
		print_option(o);
}

/* --- all of them --- */

static bool same_family(const char *a, const char *b)
{
	size_t len = strcspn(a, " ");

	return a[len] == ' ' && strncmp(a, b, len + 1) == 0;
}

/* "queue list|show|add": the commands of a family are one word. Gives the last row that it
 * names. */
static const struct cli_row *append_names(GString *out, const struct cli_row *row)
{
	g_string_append(out, row->command->name);
	while (row[1].command && same_family(row->command->name, row[1].command->name)) {
		row++;
		g_string_append_printf(out, "|%s", strchr(row->command->name, ' ') + 1);
	}
	return row;
}

static void print_group(const struct cli_row *row, const char *names)
{
	printf("  %s%-*s%s %s\n", terminal_on(COLOUR_BOLD), NAME_COLUMNS, _(row->group),
		terminal_off(), names);
}

void help_short(const struct cli_row *commands)
{
	g_autoptr(GString) names = g_string_new(NULL);

	puts(_("usage: ticket COMMAND [options] [arguments]"));
	putchar('\n');
	for (const struct cli_row *row = commands; row->group; row++) {
		const struct cli_row *last;

		if (names->len > 60) {
			print_group(row, names->str);
			g_string_truncate(names, 0);
		}
		g_string_append(names, names->len ? ", " : "");
		last = append_names(names, row);
		if (g_strcmp0(last[1].group, row->group) != 0) {
			print_group(last, names->str);
			g_string_truncate(names, 0);
		}
		row = last;
	}
	putchar('\n');
	puts(_("'ticket help' says what each does, 'ticket help COMMAND' how one is used; the manual is ticket(1)."));
}

void help_all(const struct cli_row *commands)
{
	const char *group = NULL;

	puts(_("usage: ticket COMMAND [options] [arguments]"));
	for (const struct cli_row *row = commands; row->group; row++) {
		if (g_strcmp0(row->group, group) != 0)
			printf("\n%s%s%s\n", terminal_on(COLOUR_BOLD), _(row->group),
				terminal_off());
		group = row->group;
		printf("  %-*s %s\n", NAME_COLUMNS, row->command->name, _(row->command->summary));
	}
	putchar('\n');
	puts(_("'ticket help COMMAND' tells more of one; the manual is ticket(1)."));
}
