/* ticket stats. Reads every ticket that was opened in the time asked about: a second or two per
 * million. */
#include "commands.h"
#include "base/tongue.h"
#include "stats.h"
#include "terminal.h"

static const struct cli_option options[] = {
	{ .name = "since",
		.argument = "DATE|DURATION",
		.help = N_("only tickets opened since then") },
	{ .name = "prometheus", .help = N_("print in Prometheus' text format") },
	{ .name = NULL },
};

static void stats_print(struct cli *cli, struct stats *stats)
{
	struct error none = { "" };

	if (cli->json) {
		stats_print_json(stats);
	} else if (cli_has(cli, "prometheus")) {
		search_index_look(cli, &stats->index, &none);
		stats->has_health = store_health(cli->store, &stats->health, &none) == ST_OK;
		stats->has_mailboxes = *cli->settings->mailboxes.path &&
			mailboxes_look(cli->store, cli->settings, &stats->mailboxes, &none) ==
				ST_OK;
		stats_print_prometheus(stats);
	} else {
		terminal_page();
		stats_print_text(stats);
	}
}

static int stats_run(struct cli *cli)
{
	struct stats stats;
	int code = EXIT_BAD_USAGE;

	stats_init(&stats, cli);
	if (cli->json && cli_has(cli, "prometheus"))
		cli_usage(cli, _("give one of --json and --prometheus"));
	else if (cli_when(cli, "since", &stats.since))
		code = cli_status(cli, store_read(cli->store, stats_collect, &stats, &cli->err));
	if (code == EXIT_DONE)
		stats_print(cli, &stats);
	stats_release(&stats);
	return code;
}

const struct cli_command cmd_stats = {
	.name = "stats",
	.arguments = "",
	.summary = N_("count tickets, and tell how fast they are answered"),
	.options = options,
	.need = NEED_STORE_READ,
	.run = stats_run,
};
