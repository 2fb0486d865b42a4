/* First by the index; when it turns out that few of its hits are wanted, by the list. */
#include "tables/query-best.h"

#include "tables/query-plan.h"
#include "tables/tickets.h"

enum {
	HITS_AT_ONCE = 500,
	PAGES_TRIED = 2,     /* before it is seen how many of them are wanted: */
	WANTED_PERCENT = 10, /* fewer are found sooner by what else they have */
	TRIED_AT_ONCE = 100,
	LISTED_LEAST = 100 /* that are ranked together */
};

struct query_best {
	struct query_walk *walk;
	struct ticket_filter filter; /* the walk's, as tickets_wanted() reads it */
	struct query_best_options with;
	struct query_words words;
	struct fulltext_search *search; /* NULL: there is nothing to ask the index for */
	bool by_list, done;
	GArray *hits;      /* struct fulltext_hit: the index's last answer; NULL: none yet */
	guint tried;       /* of these */
	uint64_t asked;    /* hits of all answers */
	GHashTable *given; /* uint64_t *: these, so that none comes twice */
};

enum status query_best_new(struct query_walk *walk, const struct query_best_options *options,
	struct query_best **best_out, struct error *err)
{
	struct query_best *best = g_new0(struct query_best, 1);
	enum status st = ST_OK;

	best->walk = walk;
	best->filter = walk->filter;
	if (!best->filter.statuses)
		best->filter.statuses = ~0U;
	best->with = *options;
	if (!best->with.at_once)
		best->with.at_once = HITS_AT_ONCE;
	best->given = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	query_index_words(walk->query, &best->words);
	if (walk->index && best->words.terms->len && !walk->filter.merged)
		st = fulltext_search_new(walk->index,
			(const struct fulltext_term *)best->words.terms->data,
			best->words.terms->len, &best->search, err);
	best->by_list = !best->search;
	if (st == ST_OK)
		*best_out = best;
	else
		query_best_free(best);
	return st;
}

void query_best_free(struct query_best *best)
{
	if (!best)
		return;
	fulltext_search_free(best->search);
	g_clear_pointer(&best->hits, g_array_unref);
	query_words_release(&best->words);
	g_hash_table_unref(best->given);
	g_free(best);
}

const char *query_best_cut(const struct query_best *best)
{
	return best->search ? fulltext_search_cut(best->search) : NULL;
}

/* --- by the index --- */

static enum status best_wants(struct txn *txn, const struct query_best *best,
	struct query_look *look, uint64_t number, bool *wanted_out, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, number, &t, err);

	*wanted_out = st == ST_OK && tickets_wanted(&best->filter, &t);
	if (*wanted_out)
		st = query_matches(best->walk->query, look, &t, wanted_out, err);
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Some of the hits are looked at; more when they are asked for. */
static enum status best_try_some(
	struct txn *txn, struct query_best *best, GArray *numbers, struct error *err)
{
	guint end = MIN(best->tried + TRIED_AT_ONCE, best->hits->len);
	struct query_look look;
	enum status st = ST_OK;

	query_look_init(&look, txn, best->walk->now);
	look.zone = best->walk->zone;
	look.index = best->walk->index;
	look.known = best->words.known;
	for (; best->tried < end && st == ST_OK; best->tried++) {
		uint64_t number =
			g_array_index(best->hits, struct fulltext_hit, best->tried).number;
		bool wanted = false;

		st = best_wants(txn, best, &look, number, &wanted, err);
		if (st != ST_OK || !wanted)
			continue;
		g_array_append_val(numbers, number);
		g_hash_table_add(best->given, g_memdup2(&number, sizeof number));
	}
	query_look_release(&look);
	return st;
}

/* Parts of words are looked for in a thousand words, once for each ticket. */
static bool best_is_sooner_by_list(const struct query_best *best)
{
	guint wanted = g_hash_table_size(best->given);

	return best->asked >= (uint64_t)best->with.at_once * PAGES_TRIED &&
		!fulltext_search_cut(best->search) &&
		(uint64_t)wanted * 100 < best->asked * WANTED_PERCENT;
}

static enum status best_ask_index(
	struct txn *txn, struct query_best *best, GArray *numbers, struct error *err)
{
	enum status st = ST_OK;

	if (best->hits && best->tried < best->hits->len)
		return best_try_some(txn, best, numbers, err);
	best->done = best->hits && best->hits->len < best->with.at_once;
	best->by_list = best_is_sooner_by_list(best);
	if (best->done || best->by_list)
		return ST_OK;
	g_clear_pointer(&best->hits, g_array_unref);
	best->tried = 0;
	st = fulltext_search_next(best->search, best->with.at_once, &best->hits, err);
	if (st == ST_OK)
		best->asked += best->hits->len;
	return st;
}

/* --- by the list --- */

struct best_listing {
	struct query_best *best;
	GArray *hits; /* struct fulltext_hit */
};

static enum status best_score(struct query_best *best, struct fulltext_hit *hit, struct error *err)
{
	hit->score = 1;
	return best->search && best->words.soon
		? fulltext_search_score(best->search, hit->number, &hit->score, err)
		: ST_OK;
}

static enum status best_visit(struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct best_listing *l = arg;
	struct query_best *best = l->best;
	struct fulltext_hit hit = { .number = t->number };
	enum status st;

	(void)txn;
	if (g_hash_table_contains(best->given, &hit.number))
		return ST_OK;
	st = best_score(best, &hit, err);
	if (st != ST_OK || !hit.score)
		return st;
	g_array_append_val(l->hits, hit);
	return best->with.most && l->hits->len >= MAX(best->with.most, LISTED_LEAST) ? ST_NOT_FOUND
										     : ST_OK;
}

/* Like ones stay in their order. */
static int best_compare(const void *a, const void *b)
{
	const struct fulltext_hit *x = a, *y = b;

	return (x->score < y->score) - (x->score > y->score);
}

static enum status best_ask_list(
	struct txn *txn, struct query_best *best, GArray *numbers, struct error *err)
{
	struct best_listing l = { best, g_array_new(FALSE, FALSE, sizeof(struct fulltext_hit)) };
	struct query_walk *walk = best->walk;
	enum status st;

	walk->words_are_common = best->search != NULL;
	walk->known = best->search && best->words.soon ? best->words.known : NULL;
	st = query_list(txn, walk, best_visit, &l, err);
	g_array_sort(l.hits, best_compare);
	for (guint i = 0; i < l.hits->len && st == ST_OK; i++)
		g_array_append_val(numbers, g_array_index(l.hits, struct fulltext_hit, i).number);
	best->done = true;
	g_array_unref(l.hits);
	return st;
}

enum status query_best_next(
	struct txn *txn, struct query_best *best, GArray *numbers, struct error *err)
{
	guint before = numbers->len;
	enum status st = ST_OK;

	while (!best->done && numbers->len == before && st == ST_OK)
		st = best->by_list ? best_ask_list(txn, best, numbers, err)
				   : best_ask_index(txn, best, numbers, err);
	return st;
}
