/* ticket: the command table. A new command is a file and a row. */
#include <locale.h>
#include <signal.h>

#include "commands.h"

const struct cli_command *const cli_commands[] = {
	&cmd_list, &cmd_show, &cmd_search,
	&cmd_take, &cmd_release, &cmd_assign, &cmd_status, &cmd_close, &cmd_reopen, &cmd_wait, &cmd_spam, &cmd_move, &cmd_priority, &cmd_tag,
	&cmd_title, &cmd_merge, &cmd_split, &cmd_link,
	&cmd_note, &cmd_reply, &cmd_send,
	&cmd_queue_list, &cmd_queue_show, &cmd_queue_add, &cmd_queue_set, &cmd_queue_remove,
	&cmd_agent_list, &cmd_agent_add, &cmd_agent_set, &cmd_agent_remove,
	&cmd_account_list, &cmd_account_test,
	&cmd_outbox_list, &cmd_outbox_retry, &cmd_outbox_drop, &cmd_outbox_flush,
	&cmd_log, &cmd_stats,
	&cmd_import, &cmd_export,
	&cmd_backup, &cmd_check,
	&cmd_config_show, &cmd_config_check, &cmd_reload, &cmd_version,
	NULL
};

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	/* A pager that is left early is no reason to die without closing the store. */
	signal(SIGPIPE, SIG_IGN);
	return cli_main(argc, argv);
}
