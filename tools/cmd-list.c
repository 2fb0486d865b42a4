/* ticket list. */
#include "commands.h"
#include "base/tongue.h"
#include "listing.h"

static int list_run(struct cli *cli)
{
	return listing_run(cli, 0, false, NULL, NULL);
}

const struct cli_command cmd_list = {
	.name = "list",
	.arguments = "",
	.summary = N_("list tickets, newest activity first"),
	.options = listing_options,
	.need = NEED_STORE_READ,
	.run = list_run,
};
