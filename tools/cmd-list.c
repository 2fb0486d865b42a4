/* ticket list. */
#include "base/tongue.h"
#include "commands.h"
#include "listing.h"

static int list_run(struct cli *cli)
{
	g_autofree char *text = choosing_words(cli->args);
	struct choosing choosing = { NULL };
	struct listing_request request = { .choosing = cli->n_args ? &choosing : NULL };
	int code = cli->n_args ? choosing_begin(&choosing, cli, text) : EXIT_DONE;

	if (code == EXIT_DONE)
		code = listing_run(cli, &request);
	choosing_end(&choosing);
	return code;
}

const struct cli_command cmd_list = {
	.name = "list",
	.arguments = "[QUERY]",
	.summary = N_("list tickets, newest activity first"),
	.options = listing_options,
	.need = NEED_STORE_READ,
	.query = true,
	.run = list_run,
};
