/* ticket mailboxes status, rebuild. */
#include <inttypes.h>
#include <stdio.h>

#include "base/tongue.h"
#include "catch-up.h"
#include "commands.h"
#include "json.h"
#include "keep/mailboxes.h"
#include "store-json.h"

static int mailboxes_there_are_none(void)
{
	return cli_fail(EXIT_NOTHING,
		_("there are no mailboxes: mailboxes.path in milticket.conf is empty"));
}

/* --- status --- */

static void mailboxes_print(const struct mailboxes_status *s)
{
	if (!s->begun)
		printf(_("not made yet: milticketd makes them\n"));
	else if (s->building)
		printf(_("being made: ticket %" PRIu64 " of %" PRIu64 "\n"), s->number,
			s->last_number);
	else if (s->behind)
		printf(_("%" PRIu64 " events behind\n"), s->behind);
	else
		printf(_("up to date\n"));
	if (*s->keeper)
		printf(_("kept by %s\n"), s->keeper);
	printf(_("%" PRIu64 " agents, %" PRIu64 " tickets, %" PRIu64 " messages\n"), s->agents,
		s->tickets, s->files);
}

static int mailboxes_status(struct cli *cli)
{
	struct mailboxes_status s;
	enum status st;

	if (!*cli->settings->mailboxes.path)
		return mailboxes_there_are_none();
	st = mailboxes_look(cli->store, cli->settings, &s, &cli->err);
	if (st != ST_OK)
		return cli_status(cli, st);
	if (cli->json)
		json_print_counts((const struct json_count[]){ { "agents", s.agents },
			{ "tickets", s.tickets }, { "messages", s.files }, { "behind", s.behind },
			{ "missing", s.building ? s.last_number - s.number : 0 }, { NULL, 0 } });
	else
		mailboxes_print(&s);
	return EXIT_DONE;
}

const struct cli_command cmd_mailboxes_status = {
	.name = "mailboxes status",
	.arguments = "",
	.summary = N_("how far the agents' mailboxes are, and how large"),
	.need = NEED_STORE_READ,
	.run = mailboxes_status,
};

/* --- rebuild --- */

static int mailboxes_rebuild(struct cli *cli)
{
	enum status st;

	if (!*cli->settings->mailboxes.path)
		return mailboxes_there_are_none();
	st = mailboxes_ask_rebuild(cli->store, cli->settings, &cli->err);
	return st == ST_OK ? catch_up(cli, true) : cli_status(cli, st);
}

const struct cli_command cmd_mailboxes_rebuild = {
	.name = "mailboxes rebuild",
	.arguments = "",
	.summary = N_("make the agents' mailboxes anew; what they have read stays read"),
	.need = NEED_STORE_WRITE,
	.run = mailboxes_rebuild,
};
