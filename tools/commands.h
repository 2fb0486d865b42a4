/* Every command's description; each lives in its cmd-*.c. */
#ifndef MILTICKET_COMMANDS_H
#define MILTICKET_COMMANDS_H

#include "cli.h"

extern const struct cli_command cmd_list, cmd_show, cmd_search, cmd_attachment, cmd_explain;
extern const struct cli_command cmd_take, cmd_steal, cmd_requester, cmd_watch, cmd_unwatch,
	cmd_release, cmd_assign, cmd_status, cmd_close, cmd_reopen, cmd_wait, cmd_spam, cmd_move,
	cmd_priority, cmd_tag, cmd_title, cmd_merge, cmd_split, cmd_link;
extern const struct cli_command cmd_note, cmd_reply, cmd_send;
extern const struct cli_command cmd_queue_list, cmd_queue_show, cmd_queue_add, cmd_queue_set,
	cmd_queue_remove;
extern const struct cli_command cmd_agent_list, cmd_agent_add, cmd_agent_set, cmd_agent_remove;
extern const struct cli_command cmd_account_list, cmd_account_test;
extern const struct cli_command cmd_outbox_list, cmd_outbox_retry, cmd_outbox_drop,
	cmd_outbox_flush;
extern const struct cli_command cmd_complete, cmd_log, cmd_stats;
extern const struct cli_command cmd_import, cmd_export;
extern const struct cli_command cmd_backup, cmd_restore, cmd_check, cmd_purge, cmd_redact;
extern const struct cli_command cmd_config_show, cmd_config_check, cmd_reload, cmd_version;

#endif
