/* ticket index status, rebuild. */
#include <inttypes.h>
#include <stdio.h>

#include "base/tongue.h"
#include "commands.h"
#include "json.h"
#include "progress.h"
#include "search-index.h"
#include "store-json.h"
#include "tables/indexing.h"
#include "terminal.h"

enum { STEP = 5000 };

/* --- status --- */

static void index_print_behind(const struct indexing_progress *p)
{
	g_autofree char *since = terminal_time(p->since);

	printf(_("%" PRIu64 " events behind, the first of %s\n"), p->behind, since ? since : "-");
}

static void index_print(const struct fulltext_status *s, const struct indexing_progress *p)
{
	if (p->building)
		printf(_("being built: ticket %" PRIu64 " of %" PRIu64 "\n"), p->number,
			p->last_number);
	else if (!p->done)
		index_print_behind(p);
	else
		printf(_("up to date\n"));
	printf(_("%" PRIu64 " tickets, %" PRIu64 " words, %" PRIu64 " kB\n"), s->tickets, s->words,
		s->bytes / 1000);
}

static int index_status(struct cli *cli)
{
	struct index_state state;
	const struct indexing_progress *p = &state.progress;

	search_index_look(cli, &state, &cli->err);
	if (state.is == INDEX_MISSING)
		return cli_fail(EXIT_NOTHING, "%s", cli->err.text);
	if (state.is == INDEX_UNUSABLE)
		return cli_status(cli, ST_IO);
	if (cli->json)
		json_print_counts((const struct json_count[]){ { "tickets", state.status.tickets },
			{ "words", state.status.words }, { "bytes", state.status.bytes },
			{ "behind", p->behind },
			{ "missing", p->building ? p->last_number - p->number : 0 }, { NULL, 0 } });
	else
		index_print(&state.status, p);
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

static bool index_show_progress(struct indexing_watch *watch)
{
	progress_show(watch->arg, watch->progress.number, watch->progress.last_number);
	return !cli_interrupted();
}

static enum status index_build(struct cli *cli, struct fulltext *f, struct error *err)
{
	struct progress shown = { .unit = _("tickets"), .quiet = cli->json };
	struct indexing_watch watch = { .go_on = index_show_progress, .arg = &shown };
	enum status st;

	cli_catch_interrupt();
	progress_begin(&shown);
	st = indexing_all(cli->store, f, STEP, &watch, err);
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
