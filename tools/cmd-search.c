/* ticket search: by the search index; without one, tickets are read one after the other, the newest
 * first, until enough are found. */
#include <inttypes.h>
#include <string.h>

#include "base/tongue.h"
#include "commands.h"
#include "listing.h"
#include "mail/attachment.h"
#include "search-index.h"

enum { DEFAULT_LIMIT = 50, HITS_AT_ONCE = 500 };

/* What is looked for, in one ticket. */
struct hunt {
	struct sought **words;
	unsigned n;
	bool *found; /* of each word */
	unsigned missing;
};

static void search_look_at(struct hunt *h, const char *text)
{
	for (unsigned i = 0; text && i < h->n; i++)
		if (!h->found[i] && sought_in(h->words[i], text)) {
			h->found[i] = true;
			h->missing--;
		}
}

static void look_at_list(struct hunt *h, char *const *list)
{
	for (; list && *list; list++)
		search_look_at(h, *list);
}

/* Not their types: a search for "image" is for the word. */
static void look_at_names(struct hunt *h, char *const *attached)
{
	for (; attached && *attached; attached++) {
		struct attachment a = { 0 };

		if (attachment_read(*attached, &a))
			search_look_at(h, a.name);
		attachment_release(&a);
	}
}

static enum status search_look_at_entry(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct hunt *h = arg;
	g_autofree char *text = NULL;
	enum status st;

	search_look_at(h, e->from);
	look_at_list(h, e->to);
	look_at_list(h, e->cc);
	search_look_at(h, e->subject);
	look_at_names(h, e->attached);
	st = h->missing ? tickets_text(txn, e->ticket, e->seq, &text, err) : ST_OK;
	if (st == ST_OK)
		search_look_at(h, text);
	return st == ST_OK && !h->missing ? ST_NOT_FOUND : st;
}

static enum status search_matches(
	struct txn *txn, const struct ticket *t, void *arg, bool *wanted_out, struct error *err)
{
	struct hunt *h = arg;
	g_autofree char *number = g_strdup_printf("%" PRIu64, t->number);
	enum status st = ST_OK;

	h->missing = h->n;
	memset(h->found, 0, h->n * sizeof *h->found);
	search_look_at(h, number);
	search_look_at(h, t->subject);
	search_look_at(h, t->requester_name);
	search_look_at(h, t->requester_address);
	look_at_list(h, t->participants);
	look_at_list(h, t->tags);
	if (h->missing)
		st = tickets_each_entry(txn, t->number, search_look_at_entry, h, err);
	*wanted_out = h->missing == 0;
	return st;
}

static int search_read_all(struct cli *cli, struct sought **words)
{
	struct hunt h = { words, cli->n_args, g_new0(bool, cli->n_args), 0 };
	int code = listing_run(cli, DEFAULT_LIMIT, true, search_matches, &h);

	g_free(h.found);
	return code;
}

/* --- by the index --- */

struct question {
	struct fulltext_search *search;
	GArray *hits; /* struct fulltext_hit: the next, not given yet */
};

static enum status question_go_on(struct question *q, struct error *err)
{
	g_clear_pointer(&q->hits, g_array_unref);
	return fulltext_search_next(q->search, HITS_AT_ONCE, &q->hits, err);
}

static enum status question_begin(struct question *q, const struct cli *cli, struct fulltext *f,
	struct sought *const *words, struct error *err)
{
	g_autofree struct fulltext_term *terms = g_new0(struct fulltext_term, cli->n_args);
	enum status st;

	for (unsigned i = 0; i < cli->n_args; i++)
		terms[i].sought = words[i];
	st = fulltext_search_new(f, terms, cli->n_args, &q->search, err);
	return st == ST_OK ? question_go_on(q, err) : st;
}

static enum status question_next(GArray *numbers, void *arg, struct error *err)
{
	struct question *q = arg;

	for (guint i = 0; i < q->hits->len; i++)
		g_array_append_val(numbers, g_array_index(q->hits, struct fulltext_hit, i).number);
	return q->hits->len ? question_go_on(q, err) : ST_OK;
}

static void search_say_cut(const struct question *q)
{
	const char *cut = fulltext_search_cut(q->search);

	if (cut)
		cli_fail(EXIT_DONE, _("'%s' is in too many words; only some were looked for"), cut);
}

/* The first answer tells whether the index can be used. */
static int search_ask(struct cli *cli, struct fulltext *f, struct sought **words)
{
	struct question q = { .search = NULL };
	enum status st = question_begin(&q, cli, f, words, &cli->err);
	int code;

	if (st == ST_OK) {
		search_say_cut(&q);
		code = listing_run_source(cli, DEFAULT_LIMIT, question_next, &q);
	} else {
		search_index_say_unusable(&cli->err);
		code = search_read_all(cli, words);
	}
	g_clear_pointer(&q.hits, g_array_unref);
	fulltext_search_free(q.search);
	return code;
}

static bool search_read_words(struct cli *cli, struct sought **words)
{
	for (unsigned i = 0; i < cli->n_args; i++) {
		words[i] = sought_written(cli->args[i]);
		if (!words[i]) {
			cli_usage(cli, _("'%s' has no letter or digit that could be looked for"),
				cli->args[i]);
			return false;
		}
	}
	return true;
}

static int search_for(struct cli *cli, struct sought **words)
{
	struct fulltext *f = search_index_open(cli);
	int code = f ? search_ask(cli, f, words) : search_read_all(cli, words);

	fulltext_close(f);
	return code;
}

static int search_run(struct cli *cli)
{
	g_autofree struct sought **words = g_new0(struct sought *, cli->n_args);
	int code = EXIT_BAD_USAGE;

	cli->sought = (const struct sought *const *)words;
	cli->n_sought = cli->n_args;
	if (search_read_words(cli, words))
		code = search_for(cli, words);
	cli->n_sought = 0;
	for (unsigned i = 0; i < cli->n_args; i++)
		sought_free(words[i]);
	return code;
}
const struct cli_command cmd_search = {
	.name = "search",
	.arguments = "WORD…",
	.summary = N_(
		"find tickets that have every word in number, subject, people, text or attachments"),
	.options = listing_options,
	.need = NEED_STORE_READ,
	.least = 1,
	.run = search_run,
};
