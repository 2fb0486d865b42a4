/* ticket: the command table. A new command is a file and a row. */
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "base/tongue.h"
#include "commands.h"

const struct cli_row cli_commands[] = { { "find", &cmd_list }, { "find", &cmd_show },
	{ "find", &cmd_search }, { "find", &cmd_attachment }, { "find", &cmd_log },
	{ "find", &cmd_stats }, { "work", &cmd_take }, { "work", &cmd_steal },
	{ "work", &cmd_release }, { "work", &cmd_assign }, { "work", &cmd_status },
	{ "work", &cmd_close }, { "work", &cmd_reopen }, { "work", &cmd_wait },
	{ "work", &cmd_spam }, { "sort", &cmd_move }, { "sort", &cmd_priority },
	{ "sort", &cmd_tag }, { "sort", &cmd_title }, { "sort", &cmd_requester },
	{ "sort", &cmd_watch }, { "sort", &cmd_unwatch }, { "sort", &cmd_merge },
	{ "sort", &cmd_split }, { "sort", &cmd_link }, { "write", &cmd_note },
	{ "write", &cmd_reply }, { "write", &cmd_send }, { "queues, agents", &cmd_queue_list },
	{ "queues, agents", &cmd_queue_show }, { "queues, agents", &cmd_queue_add },
	{ "queues, agents", &cmd_queue_set }, { "queues, agents", &cmd_queue_remove },
	{ "queues, agents", &cmd_agent_list }, { "queues, agents", &cmd_agent_add },
	{ "queues, agents", &cmd_agent_set }, { "queues, agents", &cmd_agent_remove },
	{ "mail", &cmd_account_list }, { "mail", &cmd_account_test }, { "mail", &cmd_explain },
	{ "mail", &cmd_outbox_list }, { "mail", &cmd_outbox_retry }, { "mail", &cmd_outbox_drop },
	{ "mail", &cmd_outbox_flush }, { "store", &cmd_import }, { "store", &cmd_export },
	{ "store", &cmd_backup }, { "store", &cmd_restore }, { "store", &cmd_check },
	{ "store", &cmd_purge }, { "store", &cmd_redact }, { "program", &cmd_config_show },
	{ "program", &cmd_config_check }, { "program", &cmd_reload }, { "program", &cmd_version },
	{ NULL, &cmd_complete }, { NULL, NULL } };

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
	return cli_main(argc, argv);
}
