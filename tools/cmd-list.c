/* ticket list. */
#include "base/tongue.h"
#include "commands.h"
#include "decide/automating.h"
#include "listing.h"

/* The words; and what an automation waits for, which are then asked together. Owned. */
static char *list_words(const struct cli *cli, const struct automation *automation)
{
	g_autofree char *words = choosing_words(cli->args);

	if (!automation)
		return g_steal_pointer(&words);
	if (!cli->n_args)
		return g_strdup(automation->when);
	return g_strdup_printf("(%s) (%s)", automation->when, words);
}

static int list_run(struct cli *cli)
{
	const char *name = cli_value(cli, "automation");
	const struct automation *automation = name ? automating_find(cli->settings, name) : NULL;
	g_autofree char *text = list_words(cli, automation);
	struct choosing choosing = { 0 };
	struct listing_request request = { .automation = automation,
		.everything = automation != NULL };
	int code = EXIT_DONE;

	if (name && !automation)
		return cli_usage(cli, _("there is no automation '%s'"), name);
	if (cli->n_args || automation) {
		request.choosing = &choosing;
		code = choosing_begin(&choosing, cli, text);
	}
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
