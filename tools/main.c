/* ticket. A new command is a file and a row of commands.def. */
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "base/tongue.h"
#include "commands.h"

static const struct cli_row commands[] = {
#define COMMAND(group, name) { group, &cmd_##name },
#include "commands.def"
#undef COMMAND
	{ NULL, NULL },
};

/* LMDB believes what it reads: in pages that are not its own it runs off the map, or finds that
 * something cannot be and aborts. That is to end in words. */
static void main_say_damage(int signal)
{
	static const char text[] =
		"ticket: the store may be damaged (a crash in its pages): run ticket check, restore a backup\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);

	(void)signal;
	(void)n;
	_exit(EXIT_CANNOT_WRITE);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	tongue_begin();
	/* A pager that is left early is no reason to die without closing the store. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGSEGV, main_say_damage);
	signal(SIGBUS, main_say_damage);
	signal(SIGABRT, main_say_damage);
	return cli_main(argc, argv, commands);
}
