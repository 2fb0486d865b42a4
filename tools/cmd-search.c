/* ticket search: by the search index, the best hits first; without one, or without a word that all
 * hits must have, in the order of activity. */
#include <inttypes.h>
#include <string.h>

#include "base/tongue.h"
#include "commands.h"
#include "listing.h"
#include "model/query-words.h"
#include "search-index.h"
#include "tables/query-plan.h"

enum { DEFAULT_LIMIT = 50, HITS_AT_ONCE = 500 };

struct question {
	struct choosing choosing;
	struct query_words words; /* that all hits must have */
	struct fulltext_search *search;
	GArray *hits; /* struct fulltext_hit: the next, not given yet */
};

static enum status question_go_on(struct question *q, struct error *err)
{
	g_clear_pointer(&q->hits, g_array_unref);
	return fulltext_search_next(q->search, HITS_AT_ONCE, &q->hits, err);
}

static enum status question_begin(struct question *q, struct error *err)
{
	const GArray *terms = q->words.terms;
	enum status st = fulltext_search_new(q->choosing.index,
		(const struct fulltext_term *)terms->data, terms->len, &q->search, err);

	return st == ST_OK ? question_go_on(q, err) : st;
}

static enum status question_next(GArray *numbers, void *arg, struct error *err)
{
	struct question *q = arg;

	for (guint i = 0; i < q->hits->len; i++)
		g_array_append_val(numbers, g_array_index(q->hits, struct fulltext_hit, i).number);
	if (q->hits->len == HITS_AT_ONCE)
		return question_go_on(q, err);
	g_array_set_size(q->hits, 0); /* those were all */
	return ST_OK;
}

static void search_say_cut(const struct question *q)
{
	const char *cut = fulltext_search_cut(q->search);

	if (cut)
		cli_fail(EXIT_DONE, _("'%s' is in too many words; only some were looked for"), cut);
}

static int search_list(struct cli *cli, struct question *q)
{
	struct listing_request request = {
		.limit = DEFAULT_LIMIT, .everything = true, .choosing = &q->choosing, .arg = q
	};

	if (q->search) {
		search_say_cut(q);
		request.source = question_next;
		request.held = q->words.held;
	}
	return listing_run(cli, &request);
}

/* The first answer tells whether the index can be used. */
static int search_ask(struct cli *cli, struct question *q)
{
	query_index_words(q->choosing.query, &q->words);
	if (q->choosing.index && q->words.terms->len && !cli_has(cli, "all") &&
		question_begin(q, &cli->err) != ST_OK) {
		search_index_say_unusable(&cli->err);
		g_clear_pointer(&q->search, fulltext_search_free);
		g_clear_pointer(&q->choosing.index, fulltext_close);
	}
	return search_list(cli, q);
}

static void question_end(struct question *q)
{
	g_clear_pointer(&q->hits, g_array_unref);
	fulltext_search_free(q->search);
	query_words_release(&q->words);
	choosing_end(&q->choosing);
}

static int search_run(struct cli *cli)
{
	g_autofree char *text = choosing_words(cli->args);
	g_autoptr(GPtrArray) sought = g_ptr_array_new();
	struct question q = { .search = NULL };
	int code = choosing_begin(&q.choosing, cli, text);

	if (code == EXIT_DONE) {
		query_words(q.choosing.query, sought);
		cli->sought = (const struct sought *const *)sought->pdata;
		cli->n_sought = sought->len;
		code = search_ask(cli, &q);
	}
	cli->n_sought = 0;
	question_end(&q);
	return code;
}

const struct cli_command cmd_search = {
	.name = "search",
	.arguments = "QUERY",
	.summary = N_(
		"find tickets by words in number, subject, people, text, attachments and notes, and by all that a query may ask"),
	.options = listing_options,
	.need = NEED_STORE_READ,
	.least = 1,
	.query = true,
	.run = search_run,
};
