/* From a query to numbers of tickets, or to what the rows of the list have to have. Nothing is left
 * out that could be wanted: who walks the plan asks each ticket all the same. */
#include "tables/query-plan.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

/* Above that many the list of all tickets meets one soon. */
enum { MANY = 2000, IDS_MOST = 64, BLOCKS_MOST = 500 };

/* --- what rows of the list have to have --- */

static void traits_add(struct query_traits *traits, const char *value)
{
	const struct trait trait = trait_of((enum index_kind)traits->kind, value);

	g_array_append_val(traits->list, trait);
}

static char plan_kind(const struct query_field *field)
{
	if (field->row)
		return field->row->type == FIELD_ENUM ? 0 : field->row->index;
	if (strcmp(text_or_none(field->name), "queue") == 0)
		return INDEX_QUEUE;
	if (strcmp(text_or_none(field->name), "requester") == 0)
		return INDEX_REQUESTER;
	return field->part == PART_AGENT ? INDEX_AGENT : 0;
}

static enum status traits_add_logins(struct query_plan *plan, struct query_traits *traits,
	const struct query_operand *value, struct error *err)
{
	GPtrArray *logins = NULL;
	enum status st = query_logins(plan->look, value, &logins, err);

	for (guint i = 0; i < logins->len; i++)
		traits_add(traits, g_ptr_array_index(logins, i));
	g_ptr_array_unref(logins);
	return st;
}

static enum status traits_add_value(struct query_plan *plan, struct query_traits *traits,
	const struct query_operand *value, struct error *err)
{
	if (traits->kind != INDEX_QUEUE && traits->kind != INDEX_REQUESTER &&
		strcmp(value->text, "none") == 0)
		traits->none = true;
	else if (traits->kind == INDEX_REQUESTER && value->address)
		traits_add(traits, value->address);
	else if (value->glob || traits->kind == INDEX_REQUESTER)
		traits->known = false;
	else if (traits->kind == INDEX_AGENT)
		return traits_add_logins(plan, traits, value, err);
	else
		traits_add(traits, traits->kind == INDEX_QUEUE ? value->text : value->raw);
	return ST_OK;
}

static struct query_bounds plan_bounds(const struct query_plan *plan, const struct query_term *term)
{
	const struct query_bounds all = { G_MININT64, G_MAXINT64 };
	struct query_bounds within = { G_MAXINT64, G_MININT64 };

	for (guint i = 0; i < term->values->len; i++) {
		const struct query_operand *value = g_ptr_array_index(term->values, i);
		struct query_bounds bounds = query_time_bounds(
			&term->field, value, plan->walk->now, plan->walk->zone);

		if (value->span.none || term->field.ahead)
			return all;
		within.from = MIN(within.from, bounds.from);
		within.to = MAX(within.to, bounds.to);
	}
	return within;
}

static char plan_time(const struct query_field *field)
{
	if (strcmp(field->name, "opened") == 0 || strcmp(field->name, "age") == 0)
		return INDEX_OPENED;
	if (strcmp(field->name, "idle") == 0)
		return INDEX_TOUCHED;
	return strcmp(field->name, "closed") == 0 ? INDEX_CLOSED : 0;
}

/* What tells of a fact: the status alone, any row of the list, those with LISTED_TELLS. */
enum fact_from { FACT_OF_RECORD, FACT_OF_STATUS, FACT_OF_ROW, FACT_OF_NEWER_ROW };

static enum fact_from plan_fact(const char *field, const char *value)
{
	static const char *const of_status[] = { "open", "closed", "new", "waiting", NULL };
	static const char *const of_row[] = { "unassigned", "undelivered", NULL };
	static const char *const of_newer[] = { "overdue", "unanswered", "crossed", "attachment",
		"link", NULL };

	if (strcmp(field, "priority") == 0)
		return FACT_OF_NEWER_ROW;
	if (strcmp(field, "status") == 0 || names_find(of_status, value) >= 0)
		return FACT_OF_STATUS;
	if (names_find(of_row, value) >= 0)
		return FACT_OF_ROW;
	return names_find(of_newer, value) >= 0 ? FACT_OF_NEWER_ROW : FACT_OF_RECORD;
}

static void plan_facts(struct query_plan *plan, const struct query_term *term)
{
	static const char *const fields[] = { "status", "is", "has", "priority", NULL };
	const char *name = text_or_none(term->field.name);
	guint8 *facts;

	if (names_find(fields, name) < 0)
		return;
	facts = plan->traits[term->place].facts = g_new0(guint8, term->values->len);
	for (guint i = 0; i < term->values->len; i++) {
		const struct query_operand *value = g_ptr_array_index(term->values, i);

		facts[i] = (guint8)plan_fact(name, value->text);
	}
}

static void plan_times(struct query_plan *plan, const struct query_term *term)
{
	struct query_traits *traits = &plan->traits[term->place];

	traits->bounds = plan_bounds(plan, term);
	traits->time = plan_time(&term->field);
}

static enum status plan_term(
	struct query_plan *plan, const struct query_term *term, struct error *err)
{
	struct query_traits *traits = &plan->traits[term->place];
	enum status st = ST_OK;

	traits->kind = plan_kind(&term->field);
	if (term->field.time)
		plan_times(plan, term);
	plan_facts(plan, term);
	if (!traits->kind)
		return ST_OK;
	traits->known = true;
	traits->list = g_array_new(FALSE, FALSE, sizeof(struct trait));
	for (guint i = 0; i < term->values->len && st == ST_OK; i++)
		st = traits_add_value(plan, traits, g_ptr_array_index(term->values, i), err);
	return st;
}

static enum status plan_terms(
	struct query_plan *plan, const struct query_tree *q, struct error *err)
{
	enum status st = q->kind == QUERY_TERM ? plan_term(plan, &q->term, err) : ST_OK;

	for (guint i = 0; i < q->children->len && st == ST_OK; i++)
		st = plan_terms(plan, g_ptr_array_index(q->children, i), err);
	return st;
}

/* --- what a row tells --- */

struct told {
	const struct query_plan *plan;
	const struct listed *row; /* NULL: nothing but a status is known */
	struct ticket ticket;     /* of what the row tells */
};

static bool row_has_kind(const struct listed *row, char kind)
{
	for (size_t i = 0; i < row->n; i++)
		if (row->traits[i].data[0] == (guint8)kind)
			return true;
	return false;
}

/* Two values may have one hash. */
static enum query_truth told_by_traits(const struct told *told, const struct query_traits *traits)
{
	if (!traits->known || !told->row)
		return QUERY_MAYBE;
	for (guint i = 0; i < traits->list->len; i++)
		if (listed_has(told->row, g_array_index(traits->list, struct trait, i)))
			return QUERY_MAYBE;
	return traits->none && !row_has_kind(told->row, traits->kind) ? QUERY_YES : QUERY_NO;
}

static bool row_tells(const struct told *told)
{
	return told->row && told->row->flags & LISTED_TELLS;
}

static bool told_knows(const struct told *told, enum fact_from from)
{
	switch (from) {
	case FACT_OF_STATUS:
		return true;
	case FACT_OF_ROW:
		return told->row != NULL;
	case FACT_OF_NEWER_ROW:
		return row_tells(told);
	case FACT_OF_RECORD:
		break;
	}
	return false;
}

static enum query_truth told_by_facts(
	const struct told *told, const struct query_term *term, const guint8 *facts)
{
	const struct query_asking asking = { .ticket = &told->ticket };
	enum query_truth truth = QUERY_NO;

	for (guint i = 0; i < term->values->len; i++) {
		const struct query_operand *value = g_ptr_array_index(term->values, i);
		bool known = told_knows(told, facts[i]);

		truth = MAX(
			truth, known ? query_value_ask(&term->field, &asking, value) : QUERY_MAYBE);
	}
	return truth;
}

static bool bounds_are_all(struct query_bounds bounds)
{
	return bounds.from == G_MININT64 && bounds.to == G_MAXINT64;
}

/* A row knows the second; of what was never closed, newer ones have none. */
static enum query_truth told_by_times(const struct told *told, const struct query_traits *traits)
{
	int64_t time;

	if (!told->row)
		return QUERY_MAYBE;
	if (told->ticket.updated < traits->bounds.from)
		return QUERY_NO;
	time = listed_time(told->row, (enum index_kind)traits->time);
	if (traits->time == INDEX_TOUCHED && !time && row_tells(told))
		time = told->ticket.updated - told->ticket.updated % TEXT_SECOND;
	if (traits->time == INDEX_CLOSED && !time && row_tells(told))
		return bounds_are_all(traits->bounds) ? QUERY_MAYBE : QUERY_NO;
	if (!traits->time || !time)
		return QUERY_MAYBE;
	return time + TEXT_SECOND <= traits->bounds.from || time >= traits->bounds.to ? QUERY_NO
										      : QUERY_MAYBE;
}

static enum query_truth plan_tell(const struct query_term *term, void *arg)
{
	const struct told *told = arg;
	const struct query_field *field = &term->field;
	const struct query_traits *traits = &told->plan->traits[term->place];

	if (field->time)
		return told_by_times(told, traits);
	if (traits->facts)
		return told_by_facts(told, term, traits->facts);
	if (field->part == PART_FILE && row_tells(told) && !told->ticket.attachments_count)
		return QUERY_NO;
	return told_by_traits(told, traits);
}

static int row_priority(const struct listed *row)
{
	for (int priority = 0; priority_names[priority]; priority++)
		if (listed_has(row, trait_of(INDEX_PRIORITY, priority_names[priority])))
			return priority;
	return PRIORITY_NORMAL;
}

/* What the row tells. */
static void told_fill(struct told *told, const struct listed *row, int64_t activity)
{
	struct ticket *t = &told->ticket;

	t->status = row->status;
	t->updated = activity;
	t->undelivered = row->flags & LISTED_UNDELIVERED;
	t->agent = row_has_kind(row, INDEX_AGENT) ? (char *)"" : NULL;
	if (!row_tells(told))
		return;
	t->overdue = row->flags & LISTED_OVERDUE ? OVERDUE_RESPOND : OVERDUE_NOT;
	t->links.n = row->flags & LISTED_LINKED ? 1 : 0;
	t->attachments_count = row->flags & LISTED_ATTACHED ? 1 : 0;
	t->last_in = row->flags & LISTED_UNANSWERED ? 1 : 0;
	t->crossed = row->flags & LISTED_CROSSED ? 1 : 0;
	if (row_has_kind(row, INDEX_PRIORITY))
		t->priority = row_priority(row);
}

static bool plan_unwanted(const struct listed *row, int64_t activity, void *arg)
{
	const struct query_plan *plan = arg;
	struct told told = { plan, row, { .priority = PRIORITY_NORMAL } };

	told_fill(&told, row, activity);
	return query_told(plan->walk->query, plan_tell, &told) == QUERY_NO;
}

/* --- what all tickets of the query have --- */

static unsigned plan_statuses(const struct query_plan *plan)
{
	unsigned statuses = 0;

	for (int status = 0; status <= TICKET_SPAM; status++) {
		struct told told = { plan, NULL, { .status = status } };

		if (query_told(plan->walk->query, plan_tell, &told) != QUERY_NO)
			statuses |= 1U << status;
	}
	return statuses;
}

static const struct query_operand *only_value(const struct query_term *term)
{
	return term->values->len == 1 ? g_ptr_array_index(term->values, 0) : NULL;
}

static void narrow_times(struct query_plan *plan, const struct query_term *term)
{
	const struct query_operand *value = only_value(term);
	struct ticket_filter *f = &plan->filter;
	struct query_bounds bounds;

	if (!value || value->span.none || term->field.ahead)
		return;
	bounds = query_time_bounds(&term->field, value, plan->walk->now, plan->walk->zone);
	f->since = MAX(f->since, bounds.from);
	if (strcmp(term->field.name, "updated") == 0 && bounds.to != G_MAXINT64)
		f->until = f->until ? MIN(f->until, bounds.to) : bounds.to;
}

static void narrow_set(const char **to, const char *value)
{
	if (!*to)
		*to = value;
}

/* Rows that engines look up by one value. */
static void narrow_words(struct query_plan *plan, const struct query_term *term)
{
	const struct query_operand *value = only_value(term);
	const struct query_traits *traits = &plan->traits[term->place];
	bool one = value && traits->known && !traits->none;

	if (one && traits->kind == INDEX_QUEUE)
		narrow_set(&plan->filter.queue, value->text);
	else if (one && traits->kind == INDEX_REQUESTER)
		narrow_set(&plan->filter.requester, value->address);
	else if (one && traits->kind == INDEX_PROJECT)
		narrow_set(&plan->filter.project, value->raw);
	else if (one && traits->kind == INDEX_TAG)
		narrow_set(&plan->filter.tag, value->raw);
	else if (one && traits->kind == INDEX_AGENT && traits->list->len == 1)
		narrow_set(&plan->filter.agent, value->text);
	else if (value && traits->none && traits->kind == INDEX_AGENT)
		narrow_set(&plan->filter.agent, "");
}

/* Terms that all have to hold. */
static void plan_narrow(struct query_plan *plan, const struct query_tree *q)
{
	if (q->kind == QUERY_TERM && q->term.field.time)
		narrow_times(plan, &q->term);
	else if (q->kind == QUERY_TERM)
		narrow_words(plan, &q->term);
	if (q->kind == QUERY_ALL || (q->kind == QUERY_ANY && q->children->len == 1))
		for (guint i = 0; i < q->children->len; i++)
			plan_narrow(plan, g_ptr_array_index(q->children, i));
}

/* --- numbers --- */

struct lead {
	struct query_plan *plan;
	GArray *numbers;
	const struct query_tree *words_of; /* whose words led to them; NULL */
	struct error *err;
};

/* Adds the tickets that may be wanted for a part of the query, a few too many perhaps. *all_out
 * false: there may be others, and what was added is of no use. */
static enum status lead_tickets(struct lead *f, const struct query_tree *q, bool *all_out);

static void lead_add(struct lead *f, uint64_t number)
{
	g_array_append_val(f->numbers, number);
}

static enum status lead_linked(struct lead *f, uint64_t number, bool *all_out)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(f->plan->look->txn, number, &t, f->err);

	/* Others may still name one that is gone, or that had no room to name them. */
	*all_out = st == ST_OK && t.links.n < LIMIT_LINKS;
	for (size_t i = 0; i < t.links.n; i++)
		lead_add(f, t.links.v[i]);
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status lead_id(struct lead *f, const char *id, bool *all_out)
{
	struct id_hit hits[IDS_MOST];
	size_t n = 0;
	enum status st = tickets_find_id(f->plan->look->txn, id, hits, IDS_MOST, &n, f->err);

	*all_out = n < IDS_MOST;
	for (size_t i = 0; i < n; i++)
		lead_add(f, hits[i].ticket);
	return st;
}

static enum status lead_block(struct lead *f, struct trait trait, bool *all_out)
{
	uint64_t numbers[BLOCKS_MOST];
	size_t n = 0;
	enum status st = blocks_find(f->plan->look->txn, trait, numbers, BLOCKS_MOST, &n);

	*all_out = n < BLOCKS_MOST;
	g_array_append_vals(f->numbers, numbers, (guint)n);
	return st;
}

/* Requesters and tags, where the engine has blocks of them. */
static enum status lead_blocks(struct lead *f, const struct query_traits *traits, bool *all_out)
{
	enum status st = ST_OK;

	*all_out = traits->known && !traits->none && txn_derives(f->plan->look->txn) &&
		(traits->kind == INDEX_REQUESTER || traits->kind == INDEX_TAG);
	for (guint i = 0; *all_out && st == ST_OK && i < traits->list->len; i++)
		st = lead_block(f, g_array_index(traits->list, struct trait, i), all_out);
	return st;
}

/* Terms that are found together, in whichever messages of a ticket. */
static enum status lead_words(
	struct lead *f, const struct fulltext_term *terms, unsigned n, bool *all_out)
{
	struct fulltext_search *search = NULL;
	GArray *hits = NULL;
	enum status st = fulltext_search_new(f->plan->walk->index, terms, n, &search, f->err);

	*all_out = st == ST_OK && !fulltext_search_cut(search);
	if (*all_out)
		st = fulltext_search_next(search, MANY, &hits, f->err);
	*all_out = *all_out && st == ST_OK && hits->len < MANY;
	for (guint i = 0; *all_out && i < hits->len; i++)
		lead_add(f, g_array_index(hits, struct fulltext_hit, i).number);
	fulltext_search_free(search);
	if (hits)
		g_array_unref(hits);
	/* An index that cannot be asked is done without. */
	return ST_OK;
}

static bool lead_may_ask_index(const struct lead *f, const struct query_term *term)
{
	return f->plan->walk->index && !f->plan->filter.merged && query_columns_of(term).columns;
}

static enum status lead_value(struct lead *f, const struct query_term *term,
	const struct query_operand *value, bool *all_out)
{
	struct sought *made = NULL;
	const struct fulltext_term asked = { query_sought_of(term, value, &made),
		query_columns_of(term).columns };
	enum status st = ST_OK;

	*all_out = true;
	if (term->field.sort == QUERY_ID)
		st = lead_id(f, value->text, all_out);
	else if (term->field.sort == QUERY_NUMBER && term->field.row)
		lead_add(f, value->number);
	else if (term->field.sort == QUERY_NUMBER)
		st = lead_linked(f, value->number, all_out);
	else if (asked.sought && lead_may_ask_index(f, term))
		st = lead_words(f, &asked, 1, all_out);
	else
		*all_out = false;
	sought_free(made);
	return st;
}

static enum status lead_term(struct lead *f, const struct query_term *term, bool *all_out)
{
	const struct query_traits *traits = &f->plan->traits[term->place];
	enum status st = lead_blocks(f, traits, all_out);
	bool by_words = traits->kind == INDEX_REQUESTER && !traits->known;

	if (*all_out || (traits->kind && !by_words))
		return st;
	*all_out = true;
	for (guint i = 0; *all_out && st == ST_OK && i < term->values->len; i++)
		st = lead_value(f, term, g_ptr_array_index(term->values, i), all_out);
	return st;
}

static enum status lead_any(struct lead *f, const struct query_tree *q, bool *all_out)
{
	enum status st = ST_OK;

	*all_out = true;
	for (guint i = 0; *all_out && st == ST_OK && i < q->children->len; i++) {
		st = lead_tickets(f, g_ptr_array_index(q->children, i), all_out);
		*all_out = *all_out && f->numbers->len <= MANY;
	}
	return st;
}

/* --- the words of terms that all have to hold --- */

/* That a ticket has a note is no word: none is better for it. */
static bool words_are(const struct query_tree *q)
{
	struct sought *made = NULL;
	bool are = q->kind == QUERY_TERM && q->term.values->len == 1 &&
		q->term.field.part != PART_HAS_NOTE && query_columns_of(&q->term).columns &&
		query_sought_of(&q->term, g_ptr_array_index(q->term.values, 0), &made);

	sought_free(made);
	return are;
}

static void words_add(struct query_words *words, const struct query_term *term)
{
	const struct query_columns columns = query_columns_of(term);
	struct sought *made;
	const struct fulltext_term one = {
		query_sought_of(term, g_ptr_array_index(term->values, 0), &made),
		columns.columns,
	};

	if (made)
		g_ptr_array_add(words->made, made);
	g_array_append_val(words->terms, one);
	words->soon = words->soon && query_is_soon_asked(one.sought);
	words->known[term->place] = columns.surely ? KNOWN_HOLDS : KNOWN_MAYBE;
}

static void words_of(const struct query_tree *q, unsigned terms, struct query_words *out)
{
	*out = (struct query_words){
		.terms = g_array_new(FALSE, FALSE, sizeof(struct fulltext_term)),
		.made = g_ptr_array_new_with_free_func((GDestroyNotify)sought_free),
		.known = g_new0(guint8, terms),
		.soon = true,
	};
	for (guint i = 0; i < q->children->len; i++) {
		const struct query_tree *child = g_ptr_array_index(q->children, i);

		if (q->kind == QUERY_ALL && words_are(child))
			words_add(out, &child->term);
	}
}

void query_words_release(struct query_words *words)
{
	g_clear_pointer(&words->terms, g_array_unref);
	g_clear_pointer(&words->made, g_ptr_array_unref);
	g_clear_pointer(&words->known, g_free);
}

static bool lead_is_word(const struct lead *f, const struct query_tree *q)
{
	return f->plan->walk->index && !f->plan->filter.merged && words_are(q);
}

static enum status lead_words_of(struct lead *f, const struct query_tree *q, bool *all_out)
{
	struct query_words words;
	enum status st = ST_OK;

	*all_out = false;
	if (!f->plan->walk->index || f->plan->filter.merged)
		return ST_OK;
	words_of(q, f->plan->walk->query->terms, &words);
	if (words.terms->len)
		st = lead_words(f, (const struct fulltext_term *)words.terms->data,
			words.terms->len, all_out);
	query_words_release(&words);
	return st;
}

/* --- one of several is enough --- */

/* Keeps what was found since `before` if it is less than what was found so far. */
static bool lead_keep_better(struct lead *f, guint *before, guint *best, bool all)
{
	guint now = f->numbers->len - *before;

	if (!all || now >= *best) {
		g_array_set_size(f->numbers, *before);
		return false;
	}
	if (*best != G_MAXUINT)
		g_array_remove_range(f->numbers, *before - *best, *best);
	*best = now;
	*before = f->numbers->len;
	return true;
}

/* Of what all have to hold, the one that leads to the fewest. */
static enum status lead_all(struct lead *f, const struct query_tree *q, bool *all_out)
{
	guint before = f->numbers->len, best = G_MAXUINT;
	bool all;
	enum status st = ST_OK;

	for (guint i = 0; i < q->children->len && st == ST_OK && best > 1; i++) {
		const struct query_tree *child = g_ptr_array_index(q->children, i);

		if (lead_is_word(f, child))
			continue;
		st = lead_tickets(f, child, &all);
		lead_keep_better(f, &before, &best, all);
	}
	if (st == ST_OK && best > BLOCKS_MOST / 10 && !f->plan->walk->words_are_common) {
		st = lead_words_of(f, q, &all);
		if (lead_keep_better(f, &before, &best, all))
			f->words_of = q;
	}
	*all_out = best != G_MAXUINT;
	return st;
}

static enum status lead_tickets(struct lead *f, const struct query_tree *q, bool *all_out)
{
	switch (q->kind) {
	case QUERY_ALL:
		return lead_all(f, q, all_out);
	case QUERY_ANY:
		return lead_any(f, q, all_out);
	case QUERY_TERM:
		return lead_term(f, &q->term, all_out);
	case QUERY_NOT:
		break;
	}
	*all_out = false;
	return ST_OK;
}

/* --- all of it --- */

static const struct query_tree *plan_outermost(const struct query_tree *q)
{
	while (q->kind == QUERY_ANY && q->children->len == 1)
		q = g_ptr_array_index(q->children, 0);
	return q;
}

void query_index_words(const struct query_tree *query, struct query_words *words_out)
{
	words_of(plan_outermost(query), query->terms, words_out);
}

/* What the index has told of the outermost terms needs no message to be read. */
static void plan_hold(struct query_plan *plan, const struct query_tree *q)
{
	struct query_words words;

	words_of(q, plan->walk->query->terms, &words);
	g_free(plan->known);
	plan->known = g_steal_pointer(&words.known);
	query_words_release(&words);
}

static enum status plan_numbers(struct query_plan *plan, struct error *err)
{
	const struct query_tree *q = plan_outermost(plan->walk->query);
	struct lead f = { .plan = plan, .err = err };
	bool all = false;
	enum status st;

	f.numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	st = lead_tickets(&f, q, &all);
	if (st == ST_OK && all && f.words_of == q)
		plan_hold(plan, q);
	if (st == ST_OK && all)
		plan->numbers = g_steal_pointer(&f.numbers);
	if (f.numbers)
		g_array_unref(f.numbers);
	return st;
}

static gint plan_compare(gconstpointer a, gconstpointer b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* No ticket twice. */
static void plan_unite(GArray *numbers)
{
	guint kept = 0;

	g_array_sort(numbers, plan_compare);
	for (guint i = 0; i < numbers->len; i++) {
		uint64_t number = g_array_index(numbers, uint64_t, i);

		if (kept == 0 || g_array_index(numbers, uint64_t, kept - 1) != number)
			g_array_index(numbers, uint64_t, kept++) = number;
	}
	g_array_set_size(numbers, kept);
}

enum status query_plan(const struct query_walk *walk, struct query_look *look,
	struct query_plan *plan, struct error *err)
{
	struct ticket_filter *f = &plan->filter;
	enum status st;

	*plan = (struct query_plan){ .walk = walk, .look = look, .filter = walk->filter };
	plan->traits = g_new0(struct query_traits, walk->query->terms);
	st = plan_terms(plan, walk->query, err);
	if (st != ST_OK)
		return st;
	f->statuses = f->statuses ? f->statuses : ~0U;
	f->statuses &= plan_statuses(plan);
	f->unwanted = plan_unwanted;
	f->arg = plan;
	plan_narrow(plan, walk->query);
	if (f->statuses)
		st = plan_numbers(plan, err);
	else
		plan->numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	if (st == ST_OK && plan->numbers)
		plan_unite(plan->numbers);
	return st;
}

void query_plan_release(struct query_plan *plan)
{
	for (unsigned i = 0; plan->traits && i < plan->walk->query->terms; i++) {
		if (plan->traits[i].list)
			g_array_unref(plan->traits[i].list);
		g_free(plan->traits[i].facts);
	}
	if (plan->numbers)
		g_array_unref(plan->numbers);
	g_free(plan->traits);
	g_free(plan->known);
}
