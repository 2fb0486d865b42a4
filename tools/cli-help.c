/* Help, made of the command table. */
#include "cli-parts.h"

#include <string.h>

#include "terminal.h"

enum { NAME_COLUMNS = 16, OPTION_COLUMNS = 32 };

void help_usage(FILE *out, const struct cli_command *command)
{
	fprintf(out, "usage: ticket %s%s%s%s\n", command->name,
		command->options && command->options[0].name ? " [options]" : "",
		*command->arguments ? " " : "", command->arguments);
}

void help_family(FILE *out, const char *word)
{
	size_t len = strlen(word);

	for (const struct cli_row *row = cli_commands; row->command; row++)
		if (strncmp(row->command->name, word, len) == 0 && row->command->name[len] == ' ')
			help_usage(out, row->command);
}

static void print_option(const struct cli_option *option)
{
	g_autofree char *shown = g_strdup_printf("%s%c%s--%s%s%s", option->letter ? "-" : " ",
		option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
		option->argument ? " " : "", option->argument ? option->argument : "");

	if (strlen(shown) > OPTION_COLUMNS)
		printf("  %s\n  %*s %s\n", shown, OPTION_COLUMNS, "", option->help);
	else
		printf("  %-*s %s\n", OPTION_COLUMNS, shown, option->help);
}

void help_command(const struct cli_command *command)
{
	help_usage(stdout, command);
	printf("\n%c%s.\n\n", g_ascii_toupper(command->summary[0]), command->summary + 1);
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
	printf("  %s%-*s%s %s\n", terminal_on(COLOUR_BOLD), NAME_COLUMNS, row->group,
		terminal_off(), names);
}

void help_short(void)
{
	g_autoptr(GString) names = g_string_new(NULL);

	puts("usage: ticket COMMAND [options] [arguments]\n");
	for (const struct cli_row *row = cli_commands; row->group; row++) {
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
	puts("\n'ticket help' says what each does, 'ticket help COMMAND' how one is used; the manual is ticket(1).");
}

void help_all(void)
{
	const char *group = NULL;

	puts("usage: ticket COMMAND [options] [arguments]");
	for (const struct cli_row *row = cli_commands; row->group; row++) {
		if (g_strcmp0(row->group, group) != 0)
			printf("\n%s%s%s\n", terminal_on(COLOUR_BOLD), row->group, terminal_off());
		group = row->group;
		printf("  %-*s %s\n", NAME_COLUMNS, row->command->name, row->command->summary);
	}
	puts("\n'ticket help COMMAND' tells more of one; the manual is ticket(1).");
}
