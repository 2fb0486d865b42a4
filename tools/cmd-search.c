/* ticket search: by the search index; without one, tickets are read one after the other, the newest
 * first, until enough are found. */
#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "listing.h"
#include "mail/attachment.h"
#include "search-index.h"

enum { DEFAULT_LIMIT = 50, HITS_AT_ONCE = 500 };

/* What is looked for, in one ticket. */
struct hunt {
	char **words; /* text_searchable() */
	bool *found;  /* of each word */
	unsigned missing;
};

/* Most text is ASCII, and folding it is what takes the time. */
static bool search_contains(const char *haystack, const char *word)
{
	g_autofree char *folded = NULL;

	if (!haystack)
		return false;
	if (g_str_is_ascii(haystack))
		return strcasestr(haystack, word) != NULL;
	folded = text_searchable(haystack);
	return strstr(folded, word) != NULL;
}

static void search_look_at(struct hunt *h, const char *text)
{
	for (unsigned i = 0; text && h->words[i]; i++)
		if (!h->found[i] && search_contains(text, h->words[i])) {
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

/* A number is the ticket's, or a part of a text; never a part of a number. */
static void look_at_number(struct hunt *h, uint64_t number)
{
	g_autofree char *text = g_strdup_printf("#%" G_GUINT64_FORMAT, number);

	for (unsigned i = 0; h->words[i]; i++)
		if (!h->found[i] &&
			(strcmp(h->words[i], text) == 0 || strcmp(h->words[i], text + 1) == 0)) {
			h->found[i] = true;
			h->missing--;
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
	search_look_at(h, e->message_id);
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
	enum status st = ST_OK;

	h->missing = g_strv_length(h->words);
	memset(h->found, 0, h->missing * sizeof *h->found);
	look_at_number(h, t->number);
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

static int search_read_all(struct cli *cli)
{
	struct hunt h = { g_new0(char *, cli->n_args + 1), g_new0(bool, cli->n_args), 0 };
	int code;

	for (unsigned i = 0; i < cli->n_args; i++)
		h.words[i] = text_searchable(cli->args[i]);
	code = listing_run(cli, DEFAULT_LIMIT, true, search_matches, &h);
	g_strfreev(h.words);
	g_free(h.found);
	return code;
}

/* --- by the index --- */

struct question {
	struct fulltext *fulltext;
	struct fulltext_term *terms;
	unsigned n;
	int64_t at;
	GArray *hits; /* struct fulltext_hit: the next, not given yet */
};

/* "print*" begins a word. */
static void question_init(struct question *q, const struct cli *cli, struct fulltext *f)
{
	q->fulltext = f;
	q->terms = g_new0(struct fulltext_term, cli->n_args);
	q->n = cli->n_args;
	q->at = FULLTEXT_BEGIN;
	for (unsigned i = 0; i < q->n; i++)
		q->terms[i] = (struct fulltext_term){ .text = cli->args[i],
			.open = g_str_has_suffix(cli->args[i], "*") };
}

static void question_release(struct question *q)
{
	g_clear_pointer(&q->hits, g_array_unref);
	g_free(q->terms);
}

static enum status question_go_on(struct question *q, struct error *err)
{
	g_clear_pointer(&q->hits, g_array_unref);
	return q->at == FULLTEXT_END
		? ST_OK
		: fulltext_find(q->fulltext, q->terms, q->n, HITS_AT_ONCE, &q->at, &q->hits, err);
}

static enum status question_next(GArray *numbers, void *arg, struct error *err)
{
	struct question *q = arg;

	for (guint i = 0; q->hits && i < q->hits->len; i++)
		g_array_append_val(numbers, g_array_index(q->hits, struct fulltext_hit, i).number);
	return q->hits && q->hits->len ? question_go_on(q, err) : ST_OK;
}

/* The first answer tells whether the index can be used. */
static int search_ask(struct cli *cli, struct fulltext *f)
{
	struct question q = { .terms = NULL };
	enum status st;
	int code;

	question_init(&q, cli, f);
	st = question_go_on(&q, &cli->err);
	if (st == ST_OK)
		code = listing_run_source(cli, DEFAULT_LIMIT, question_next, &q);
	else if (st == ST_BAD_INPUT)
		code = cli_usage(cli, "%s", cli->err.text);
	else {
		search_index_say_unusable(&cli->err);
		code = search_read_all(cli);
	}
	question_release(&q);
	return code;
}

static int search_run(struct cli *cli)
{
	struct fulltext *f = search_index_open(cli);
	int code = f ? search_ask(cli, f) : search_read_all(cli);

	fulltext_close(f);
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
