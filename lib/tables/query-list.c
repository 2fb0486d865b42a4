/* Walking what the plan has found. */
#include "tables/query-list.h"

#include <stdlib.h>

#include "tables/query-plan.h"

struct list_work {
	struct query_plan plan;
	struct query_look look;
	struct query_walk *walk;
	ticket_visit *fn;
	void *arg;
};

static enum status list_match(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	struct list_work *w = arg;
	bool holds = false;
	enum status st = query_matches(w->walk->query, &w->look, ticket, &holds, err);

	return st == ST_OK && holds ? w->fn(txn, ticket, w->arg, err) : st;
}

/* --- numbers --- */

struct list_found {
	int64_t activity;
	uint64_t number;
};

static int list_compare(const void *a, const void *b)
{
	const struct list_found *x = a, *y = b;

	if (x->activity != y->activity)
		return x->activity < y->activity ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static enum status list_keep(
	struct txn *txn, struct list_work *w, uint64_t number, GArray *found, struct error *err)
{
	struct ticket t = { 0 };
	bool holds = false;
	enum status st = tickets_load(txn, number, &t, err);

	if (st == ST_OK && tickets_wanted(&w->plan.filter, &t))
		st = query_matches(w->walk->query, &w->look, &t, &holds, err);
	if (st == ST_OK && holds) {
		const struct list_found one = { t.updated, number };

		g_array_append_val(found, one);
	}
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status list_show_one(
	struct txn *txn, const struct list_work *w, uint64_t number, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, number, &t, err);

	if (st == ST_OK)
		st = w->fn(txn, &t, w->arg, err);
	record_release(&ticket_type, &t);
	return st;
}

static enum status list_numbers(struct txn *txn, struct list_work *w, struct error *err)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct list_found));
	const GArray *numbers = w->plan.numbers;
	enum status st = ST_OK;

	for (guint i = 0; i < numbers->len && st == ST_OK; i++)
		st = list_keep(txn, w, g_array_index(numbers, uint64_t, i), found, err);
	g_array_sort(found, list_compare);
	for (guint i = 0; i < found->len && st == ST_OK; i++) {
		guint which = w->plan.filter.oldest_first ? i : found->len - 1 - i;

		st = list_show_one(
			txn, w, g_array_index(found, struct list_found, which).number, err);
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- all of it --- */

/* Does it ask messages, and nobody but these can tell? */
static bool list_needs_messages(const struct query_walk *walk, const struct query_tree *q)
{
	const struct query_columns columns = q->kind == QUERY_TERM
		? query_columns_of(&q->term)
		: (struct query_columns){ 0, true };
	enum query_part part = q->kind == QUERY_TERM ? q->term.field.part : PART_NONE;
	bool asked = q->kind == QUERY_TERM && part != PART_ID && query_asks_messages(q);

	if (asked && walk->known && walk->known[q->term.place] == KNOWN_HOLDS)
		return false;
	if (asked && !(walk->index && columns.surely))
		return true;
	for (guint i = 0; i < q->children->len; i++)
		if (list_needs_messages(walk, g_ptr_array_index(q->children, i)))
			return true;
	return false;
}

/* Those that are open are few. */
static bool list_is_wide(const struct ticket_filter *f)
{
	return !f->queue && !f->agent && !f->requester && !f->tag && !f->project && !f->since &&
		(f->statuses & (1U << TICKET_CLOSED | 1U << TICKET_SPAM));
}

enum status query_list(
	struct txn *txn, struct query_walk *walk, ticket_visit *fn, void *arg, struct error *err)
{
	struct list_work w = { .walk = walk, .fn = fn, .arg = arg };
	enum status st;

	query_look_init(&w.look, txn, walk->now);
	w.look.zone = walk->zone;
	w.look.index = walk->index;
	st = query_plan(walk, &w.look, &w.plan, err);
	w.look.known = w.plan.known ? w.plan.known : walk->known;
	walk->reads_all = st == ST_OK && !w.plan.numbers && list_is_wide(&w.plan.filter) &&
		list_needs_messages(walk, walk->query);
	if (st == ST_OK && w.plan.numbers)
		st = list_numbers(txn, &w, err);
	else if (st == ST_OK)
		st = tickets_list(txn, &w.plan.filter, list_match, &w, err);
	query_plan_release(&w.plan);
	query_look_release(&w.look);
	return st;
}
