/* ticket redact. */
#include <stdio.h>

#include "base/address.h"
#include "base/text.h"
#include "base/tongue.h"
#include "catch-up.h"
#include "commands.h"
#include "counted.h"
#include "keep/redact.h"
#include "search-index.h"
#include "store-json.h"
#include "terminal.h"

static void redact_say(const struct redact_counts *counts, bool dry_run)
{
	g_autofree char *tickets = counted_tickets(counts->tickets),
			*messages = counted_messages(counts->messages),
			*mails = counted_archived_mails(counts->mails);

	if (dry_run)
		printf(_("would redact %s and %s, and remove %s\n"), tickets, messages, mails);
	else
		printf(_("redacted %s and %s; %s removed\n"), tickets, messages, mails);
}

static const struct cli_option redact_options[] = {
	{ .letter = 'n', .name = "dry-run", .help = N_("only tell how much there is") },
	{ .letter = 'y', .name = "yes", .help = N_("do not ask") },
	{ .name = NULL },
};

static void redact_print(const struct cli *cli, const struct redact_counts *counts)
{
	if (cli->json)
		json_print_counts((const struct json_count[]){ { "tickets", counts->tickets },
			{ "messages", counts->messages }, { "mails", counts->mails },
			{ NULL, 0 } });
	else
		redact_say(counts, cli_has(cli, "dry-run"));
}

static int redact_end(const struct redact_counts *counts)
{
	return counts->tickets || counts->mails ? EXIT_DONE : EXIT_NOTHING;
}

/* There is no way back: whoever sits there is told first how much it is. */
static bool redact_is_wanted(const struct cli *cli, const struct redact_counts *counts)
{
	g_autofree char *tickets = counted_tickets(counts->tickets),
			*mails = counted_archived_mails(counts->mails), *question = NULL;

	question = g_strdup_printf(
		_("take %s out of %s and remove %s for ever?"), cli->args[0], tickets, mails);
	return terminal_agrees(question);
}

static bool redact_asks(const struct cli *cli)
{
	return terminal_can_ask() && !cli_has(cli, "yes");
}

/* The end of the command, or -1: go on. */
static int redact_rehearsal(struct cli *cli, struct redact_options *options)
{
	struct redact_counts counts;
	enum status st;

	options->dry_run = true;
	st = redact(cli->store, options, &counts, &cli->err);
	options->dry_run = false;
	if (st != ST_OK)
		return cli_status(cli, st);
	if (cli_has(cli, "dry-run")) {
		redact_print(cli, &counts);
		return redact_end(&counts);
	}
	if (redact_end(&counts) == EXIT_DONE && !redact_is_wanted(cli, &counts))
		return cli_fail(EXIT_NOTHING, _("nothing was changed"));
	return -1;
}

static int redact_command(struct cli *cli)
{
	g_autofree char *canonical = NULL;
	struct redact_options options = { .archive = settings_archive(cli->settings),
		.actor = cli->actor };
	struct redact_counts counts;
	enum status st;
	int code = -1;

	if (address_canonical(cli->args[0], &canonical) != ST_OK)
		return cli_usage(cli, _("'%s' is no mail address"), cli->args[0]);
	if (settings_is_own(cli->settings, canonical))
		return cli_fail(EXIT_NOT_ALLOWED, _("%s is an address of ours"), canonical);
	options.address = canonical;
	if (cli_has(cli, "dry-run") || redact_asks(cli))
		code = redact_rehearsal(cli, &options);
	if (code >= 0)
		return code;
	st = redact(cli->store, &options, &counts, &cli->err);
	redact_print(cli, &counts);
	if (st != ST_OK)
		return cli_status(cli, st);
	code = search_index_forget(cli);
	if (code == EXIT_DONE)
		code = catch_up_forget(cli, canonical);
	return code == EXIT_DONE ? redact_end(&counts) : code;
}

const struct cli_command cmd_redact = {
	.name = "redact",
	.arguments = "ADDRESS",
	.summary = N_("take a person's address and name out of all that is recorded"),
	.options = redact_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = redact_command,
};
