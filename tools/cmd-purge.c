/* ticket purge. */
#include <stdio.h>

#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "keep/purge.h"
#include "store-json.h"

static const struct cli_option options[] = {
	{ .name = "closed-before",
		.argument = "WHEN",
		.help = N_(
			"tickets that were closed before this date, or longer ago than this (730d)") },
	{ .letter = 'n', .name = "dry-run", .help = N_("only tell how many there are") },
	{ .name = NULL },
};

static int purge_run(struct cli *cli)
{
	struct purge_options purge = { .archive = settings_archive(cli->settings),
		.actor = cli->actor,
		.dry_run = cli_has(cli, "dry-run") };
	struct purge_counts counts;
	enum status st;

	if (!cli_value(cli, "closed-before"))
		return cli_usage(cli, _("closed before when? Give --closed-before"));
	if (!cli_when(cli, "closed-before", &purge.before))
		return EXIT_BAD_USAGE;
	st = purge_closed(cli->store, &purge, &counts, &cli->err);
	if (cli->json)
		json_print_counts((const struct json_count[]){
			{ "tickets", counts.tickets }, { "mails", counts.mails }, { NULL, 0 } });
	else
		printf("%s %" G_GUINT64_FORMAT " ticket%s and %" G_GUINT64_FORMAT
		       " archived mail%s\n",
			purge.dry_run ? "would purge" : "purged", counts.tickets,
			text_plural(counts.tickets), counts.mails, text_plural(counts.mails));
	if (st != ST_OK)
		return cli_status(cli, st);
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
