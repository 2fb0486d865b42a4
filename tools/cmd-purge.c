/* ticket purge. */
#include <stdio.h>

#include "base/text.h"
#include "base/tongue.h"
#include "catch-up.h"
#include "commands.h"
#include "counted.h"
#include "keep/purge.h"
#include "search-index.h"
#include "store-json.h"

static const struct cli_option options[] = {
	{ .name = "closed-before",
		.argument = "WHEN",
		.help = N_(
			"tickets that were closed before this date, or longer ago than this (730d)") },
	{ .letter = 'n', .name = "dry-run", .help = N_("only tell how many there are") },
	{ .name = NULL },
};

static void purge_say(const struct purge_counts *counts, bool dry_run)
{
	g_autofree char *tickets = counted_tickets(counts->tickets),
			*mails = counted_archived_mails(counts->mails);

	printf(dry_run ? _("would purge %s and %s\n") : _("purged %s and %s\n"), tickets, mails);
}

static int purge_run(struct cli *cli)
{
	struct purge_options purge = { .archive = settings_archive(cli->settings),
		.actor = cli->actor,
		.dry_run = cli_has(cli, "dry-run") };
	struct purge_counts counts;
	enum status st;
	int code;

	if (!cli_value(cli, "closed-before"))
		return cli_usage(cli, _("closed before when? Give --closed-before"));
	if (!cli_when(cli, "closed-before", &purge.before))
		return EXIT_BAD_USAGE;
	st = purge_closed(cli->store, &purge, &counts, &cli->err);
	if (cli->json)
		json_print_counts((const struct json_count[]){
			{ "tickets", counts.tickets }, { "mails", counts.mails }, { NULL, 0 } });
	else
		purge_say(&counts, purge.dry_run);
	if (st != ST_OK)
		return cli_status(cli, st);
	code = purge.dry_run ? EXIT_DONE : search_index_forget(cli);
	if (code == EXIT_DONE && !purge.dry_run)
		code = catch_up_forget(cli, NULL);
	if (code != EXIT_DONE)
		return code;
	return counts.tickets || counts.mails ? EXIT_DONE : EXIT_NOTHING;
}

const struct cli_command cmd_purge = {
	.name = "purge",
	.arguments = "",
	.summary = N_("remove tickets that were closed long ago, and old spam"),
	.options = options,
	.need = NEED_STORE_WRITE,
	.run = purge_run,
};
