/* ticket search: by the search index, the best hits first; without one, or without a word that all
 * hits must have, in the order of activity. */
#include <inttypes.h>
#include <string.h>

#include "base/tongue.h"
#include "commands.h"
#include "listing.h"
#include "model/query-words.h"
#include "search-index.h"
#include "tables/query-best.h"
#include "tables/query-plan.h"

enum { DEFAULT_LIMIT = 50 };

struct question {
	struct cli *cli;
	struct choosing choosing;
	struct query_walk walk;
	struct query_best *best;
	GArray *first; /* uint64_t: what came of asking whether the index can be used; NULL */
};

static enum status question_ask(struct txn *txn, void *arg, struct error *err)
{
	struct question *q = arg;

	g_array_set_size(q->first, 0);
	return query_best_next(txn, q->best, q->first, err);
}

static enum status question_next(GArray *numbers, void *arg, struct error *err)
{
	struct question *q = arg;
	enum status st = ST_OK;

	if (!q->first) {
		q->first = g_array_new(FALSE, FALSE, sizeof(uint64_t));
		st = store_read(q->cli->store, question_ask, q, err);
	}
	g_array_append_vals(numbers, q->first->data, q->first->len);
	g_clear_pointer(&q->first, g_array_unref);
	choosing_say_wide(&q->choosing, &q->walk);
	return st;
}

static void search_say_cut(const struct question *q)
{
	const char *cut = query_best_cut(q->best);

	if (cut)
		cli_fail(EXIT_DONE, _("'%s' is in too many words; only some were looked for"), cut);
}

/* The first answer tells whether the index can be used. */
static void question_begin(struct listing_request *request, const struct ticket_filter *filter,
	uint64_t most, void *arg)
{
	struct question *q = arg;
	struct error *err = &q->cli->err;
	enum status st;

	q->walk = choosing_walk(&q->choosing);
	q->walk.filter = *filter;
	st = query_best_new(&q->walk, &(struct query_best_options){ .most = most }, &q->best, err);
	q->first = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	if (st == ST_OK)
		st = store_read(q->cli->store, question_ask, q, err);
	if (st == ST_OK) {
		search_say_cut(q);
		return;
	}
	search_index_say_unusable(err);
	request->source = NULL;
	g_clear_pointer(&q->best, query_best_free);
	g_clear_pointer(&q->choosing.index, fulltext_close);
}

static bool search_has_words(const struct question *q)
{
	struct query_words words;
	bool has;

	query_index_words(q->choosing.query, &words);
	has = words.terms->len > 0;
	query_words_release(&words);
	return has;
}

static int search_list(struct cli *cli, struct question *q)
{
	struct listing_request request = {
		.limit = DEFAULT_LIMIT, .everything = true, .choosing = &q->choosing, .arg = q
	};

	if (q->choosing.index && !cli_has(cli, "all") && search_has_words(q)) {
		request.source = question_next;
		request.begin = question_begin;
	}
	return listing_run(cli, &request);
}

static void question_end(struct question *q)
{
	if (q->first)
		g_array_unref(q->first);
	query_best_free(q->best);
	choosing_end(&q->choosing);
}

static int search_run(struct cli *cli)
{
	g_autofree char *text = choosing_words(cli->args);
	g_autoptr(GPtrArray) sought = g_ptr_array_new();
	struct question q = { .cli = cli };
	int code = choosing_begin(&q.choosing, cli, text);

	if (code == EXIT_DONE) {
		query_words(q.choosing.query, sought);
		cli->sought = (const struct sought *const *)sought->pdata;
		cli->n_sought = sought->len;
		code = search_list(cli, &q);
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
