/* ticket list. */
#include "commands.h"
#include "listing.h"

static int list_run(struct cli *cli)
{
	return listing_run(cli, 0, false, NULL, NULL);
}

const struct cli_command cmd_list = { "list", "", "list tickets, newest activity first",
	listing_options, NEED_STORE_READ, 0, 0, list_run };
