/* ticket. A new command is a file and a row of commands.def; one that mail has, too, is a row of
 * model/verbs.def. */
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/tongue.h"
#include "commands.h"

/* Without a command: the verbs of the group. */
static const struct cli_row listed[] = {
#define COMMAND(group, name) { group, &cmd_##name },
#define VERBS(group) { group, NULL },
#include "commands.def"
#undef COMMAND
#undef VERBS
};

static void append_verbs(GArray *rows, const char *group)
{
	for (int v = 0; v < VERB_COUNT; v++)
		if (g_strcmp0(verb_info((enum verb)v)->shell, group) == 0) {
			const struct cli_row row = { group, cmd_verb((enum verb)v) };

			g_array_append_val(rows, row);
		}
}

static GArray *make_rows(void)
{
	GArray *rows = g_array_new(TRUE, FALSE, sizeof(struct cli_row));

	for (size_t i = 0; i < G_N_ELEMENTS(listed); i++)
		if (listed[i].command)
			g_array_append_val(rows, listed[i]);
		else
			append_verbs(rows, listed[i].group);
	return rows;
}

static void ticket_say_damaged(int signal)
{
	(void)signal;
	crash_say_damaged(STDERR_FILENO, "ticket");
	_exit(EXIT_CANNOT_WRITE);
}

int main(int argc, char **argv)
{
	g_autoptr(GArray) rows = make_rows();

	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	tongue_begin();
	/* A pager that is left early is no reason to die without closing the store. */
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		signal(crash_signals[i], ticket_say_damaged);
	return cli_main(argc, argv, (const struct cli_row *)(void *)rows->data);
}
