/* ticket redact. */
#include <stdio.h>

#include "base/address.h"
#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "counted.h"
#include "keep/redact.h"
#include "store-json.h"

static void redact_say(const struct redact_counts *counts)
{
	g_autofree char *tickets = counted_tickets(counts->tickets),
			*messages = counted_messages(counts->messages),
			*mails = counted_archived_mails(counts->mails);

	printf(_("redacted %s and %s; %s removed\n"), tickets, messages, mails);
}

static int redact_command(struct cli *cli)
{
	g_autofree char *canonical = NULL;
	struct redact_options options = { .archive = settings_archive(cli->settings),
		.actor = cli->actor };
	struct redact_counts counts;
	enum status st;

	if (address_canonical(cli->args[0], &canonical) != ST_OK)
		return cli_usage(cli, _("'%s' is no mail address"), cli->args[0]);
	if (settings_is_own(cli->settings, canonical))
		return cli_fail(EXIT_NOT_ALLOWED, _("%s is an address of ours"), canonical);
	options.address = canonical;
	st = redact(cli->store, &options, &counts, &cli->err);
	if (cli->json)
		json_print_counts((const struct json_count[]){ { "tickets", counts.tickets },
			{ "messages", counts.messages }, { "mails", counts.mails }, { NULL, 0 } });
	else
		redact_say(&counts);
	if (st != ST_OK)
		return cli_status(cli, st);
	return counts.tickets || counts.mails ? EXIT_DONE : EXIT_NOTHING;
}

const struct cli_command cmd_redact = {
	.name = "redact",
	.arguments = "ADDRESS",
	.summary = N_("take a person's address and name out of all that is recorded"),
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = redact_command,
};
