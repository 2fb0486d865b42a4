/* Between the tool and the index. */
#include "search-index.h"

#include <inttypes.h>

#include "base/tongue.h"
#include "tables/indexing.h"

/* What is missing is added by who asks, as long as that takes less time than to read everything. */
enum { STEP = 200, STEPS_TIME = 2 * G_USEC_PER_SEC };

static void index_say(const struct indexing_progress *p)
{
	if (p->building)
		cli_fail(EXIT_DONE,
			_("the search index is being built (ticket %" PRIu64 " of %" PRIu64
			  "); all messages are read instead"),
			p->number, p->last_number);
	else
		cli_fail(EXIT_DONE,
			_("the search index is %" PRIu64
			  " events behind; all messages are read instead"),
			p->behind);
}

static enum status index_catch_up(struct cli *cli, struct fulltext *f,
	struct indexing_progress *progress_out, struct error *err)
{
	int64_t end = g_get_monotonic_time() + STEPS_TIME;
	enum status st = indexing_look(cli->store, f, progress_out, err);

	while (st == ST_OK && !progress_out->done && g_get_monotonic_time() < end)
		st = indexing_step(cli->store, f, STEP, progress_out, err);
	return st;
}

void search_index_say_unusable(const struct error *err)
{
	cli_fail(EXIT_DONE, _("%s; all messages are read instead"), err->text);
}

/* Who may not write it may still read one that is complete. */
static enum status index_begin(struct cli *cli, struct fulltext **fulltext_out, struct error *err)
{
	const char *directory = settings_state(cli->settings);
	enum status st = indexing_open(cli->store, directory, true, fulltext_out, err);

	return st == ST_OK ? st : indexing_open(cli->store, directory, false, fulltext_out, err);
}

struct fulltext *search_index_open(struct cli *cli)
{
	struct indexing_progress progress = { .done = false };
	struct fulltext *f = NULL;
	struct error err = { "" };
	enum status st = index_begin(cli, &f, &err);

	if (st == ST_OK)
		st = index_catch_up(cli, f, &progress, &err);
	if (st == ST_OK && progress.done)
		return f;
	fulltext_close(f);
	if (st == ST_OK)
		index_say(&progress);
	else
		search_index_say_unusable(&err);
	return NULL;
}

const char *const index_state_names[] = { "ready", "behind", "building", "missing", "unusable",
	NULL };

static enum index_is index_is_of(enum status st, const struct indexing_progress *progress)
{
	if (st == ST_NOT_FOUND)
		return INDEX_MISSING;
	if (st != ST_OK)
		return INDEX_UNUSABLE;
	if (progress->building)
		return INDEX_BUILDING;
	return progress->done ? INDEX_READY : INDEX_BEHIND;
}

void search_index_look(struct cli *cli, struct index_state *state_out, struct error *err)
{
	struct index_state state = { .is = INDEX_MISSING };
	struct fulltext *f = NULL;
	enum status st = indexing_open(cli->store, settings_state(cli->settings), false, &f, err);

	if (st == ST_OK)
		st = indexing_look(cli->store, f, &state.progress, err);
	if (st == ST_OK)
		st = fulltext_look(f, &state.status, err);
	fulltext_close(f);
	state.is = index_is_of(st, &state.progress);
	*state_out = state;
}

int search_index_forget(struct cli *cli)
{
	return cli_status(
		cli, indexing_forget(cli->store, settings_state(cli->settings), &cli->err));
}
