/* ticket index status, rebuild. */
#include <inttypes.h>
#include <stdio.h>

#include "base/tongue.h"
#include "commands.h"
#include "json.h"
#include "progress.h"
#include "store-json.h"
#include "tables/indexing.h"

enum { STEP = 5000 };

/* --- status --- */

static void index_print(const struct fulltext_status *s, const struct indexing_progress *p)
{
	if (p->building)
		printf(_("being built: ticket %" PRIu64 " of %" PRIu64 "\n"), p->number,
			p->last_number);
	else if (!p->done)
		printf(_("%" PRIu64 " events behind\n"), p->behind);
	else
		printf(_("up to date\n"));
	printf(_("%" PRIu64 " tickets, %" PRIu64 " words, %" PRIu64 " kB\n"), s->tickets, s->words,
		s->bytes / 1000);
}

static int index_status(struct cli *cli)
{
	struct indexing_progress progress = { .done = false };
	struct fulltext_status status = { .tickets = 0 };
	struct fulltext *f = NULL;
	enum status st = indexing_open(
		cli->store, settings_state(cli->settings), false, &f, &cli->err);

	if (st == ST_OK)
		st = indexing_look(cli->store, f, &progress, &cli->err);
	if (st == ST_OK)
		st = fulltext_look(f, &status, &cli->err);
	fulltext_close(f);
	if (st == ST_NOT_FOUND)
		return cli_fail(EXIT_NOTHING, "%s", cli->err.text);
	if (st != ST_OK)
		return cli_status(cli, st);
	if (cli->json)
		json_print_counts((const struct json_count[]){ { "tickets", status.tickets },
			{ "words", status.words }, { "bytes", status.bytes },
			{ "behind", progress.behind },
			{ "missing",
				progress.building ? progress.last_number - progress.number : 0 },
			{ NULL, 0 } });
	else
		index_print(&status, &progress);
	return EXIT_DONE;
}

const struct cli_command cmd_index_status = {
	.name = "index status",
	.arguments = "",
	.summary = N_("how far the search index is, and how large"),
	.need = NEED_STORE_READ,
	.run = index_status,
};

/* --- rebuild --- */

static enum status index_build(struct cli *cli, struct fulltext *f, struct error *err)
{
	struct progress shown = { .unit = _("tickets"), .quiet = cli->json };
	struct indexing_progress progress = { .done = false };
	enum status st = ST_OK;

	cli_catch_interrupt();
	progress_begin(&shown);
	while (st == ST_OK && !progress.done && !cli_interrupted()) {
		st = indexing_step(cli->store, f, STEP, &progress, err);
		progress_show(&shown, progress.number, progress.last_number);
	}
	progress_clear(&shown);
	return st;
}

static int index_rebuild(struct cli *cli)
{
	struct fulltext *f = NULL;
	enum status st = indexing_open(
		cli->store, settings_state(cli->settings), true, &f, &cli->err);

	if (st == ST_OK)
		st = fulltext_empty(f, &cli->err);
	if (st == ST_OK)
		st = index_build(cli, f, &cli->err);
	fulltext_close(f);
	if (st == ST_OK && cli_interrupted())
		return cli_fail(EXIT_TRY_AGAIN,
			_("interrupted; the daemon, or the next search, "
			  "goes on with it"));
	return cli_status(cli, st);
}

const struct cli_command cmd_index_rebuild = {
	.name = "index rebuild",
	.arguments = "",
	.summary = N_("make the search index anew"),
	.need = NEED_STORE_READ,
	.run = index_rebuild,
};
