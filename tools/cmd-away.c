/* ticket away, back. */
#include <stdio.h>

#include "act/command.h"
#include "base/tongue.h"
#include "commands.h"
#include "print.h"
#include "tables/agents.h"

static const struct cli_option away_options[] = {
	{ .name = "agent", .argument = "LOGIN", .help = N_("this agent, not yourself") },
	{ .name = NULL },
};

struct absence {
	struct cli *cli;
	struct command command;
	struct agent agent; /* as they are afterwards */
	char *done;
};

static enum status away_find(struct txn *txn, struct absence *a, struct error *err)
{
	const char *given = cli_value(a->cli, "agent");
	g_autofree char *login = given ? g_strdup(given) : cli_agent_login();
	enum status st;

	record_release(&agent_type, &a->agent);
	st = agents_find(txn, login, &a->agent, err);
	return st == ST_NOT_FOUND ? agents_missing(txn, login, err) : st;
}

static enum status away_do(struct txn *txn, void *arg, struct error *err)
{
	struct absence *a = arg;
	struct commander commander = {
		.actor = a->cli->actor,
		.self = &a->agent,
		.local_times = true,
		.settings = a->cli->settings,
		.key = a->cli->key,
	};
	enum status st = away_find(txn, a, err);

	g_clear_pointer(&a->done, g_free);
	if (st == ST_OK)
		st = command_apply(txn, &commander, 0, &a->command, &a->done, err);
	return st == ST_OK ? away_find(txn, a, err) : st;
}

static int away_tell(const struct absence *a)
{
	struct printer printer;

	if (!a->cli->json) {
		printf("%s\n", a->done);
		return EXIT_DONE;
	}
	print_begin(&printer, a->cli, PRINT_AGENTS);
	print_agent(&printer, &a->agent);
	return print_end(&printer);
}

static int run_away(struct cli *cli)
{
	const char *words[] = { cli->command->name, cli->args[0],
		cli->n_args > 1 ? cli->args[1] : NULL, NULL };
	struct absence a = { .cli = cli };
	int code;

	if (command_parse(words, cli->actor.now, &a.command, &cli->err) != ST_OK)
		return cli_usage(cli, "%s", cli->err.text);
	code = cli_status(cli, store_write(cli->store, away_do, &a, &cli->err));
	if (code == EXIT_DONE)
		code = away_tell(&a);
	command_release(&a.command);
	record_release(&agent_type, &a.agent);
	g_free(a.done);
	return code;
}

const struct cli_command cmd_away = {
	.name = "away",
	.arguments = "DATE [AGENT]",
	.summary = N_("be away until then; mail goes to a deputy, else to the queue"),
	.options = away_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 2,
	.ahead = true,
	.run = run_away,
};
const struct cli_command cmd_back = {
	.name = "back",
	.arguments = "",
	.summary = N_("be there again"),
	.options = away_options,
	.need = NEED_STORE_WRITE,
	.run = run_away,
};
