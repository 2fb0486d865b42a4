/* Listings. The engine is asked for them, or, where it derives, the one list of all tickets is
 * walked, newest activity first, and its rows tell which of them to load; of a requester or a tag
 * with few tickets these are loaded, and put in order. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "tables/tickets-index.h"

static bool ticket_in_queue(const struct ticket *t, const char *queue)
{
	return g_strcmp0(t->queue, queue) == 0 || text_list_has(t->watchers, queue);
}

static bool status_wanted(const struct ticket_filter *f, int status)
{
	return f->statuses ? f->statuses & 1U << status : ticket_status_active(status);
}

static bool people_wanted(const struct ticket_filter *f, const struct ticket *t)
{
	return (!f->agent || g_strcmp0(t->agent ? t->agent : "", f->agent) == 0) &&
		(!f->requester || g_strcmp0(t->requester_address, f->requester) == 0);
}

bool tickets_wanted(const struct ticket_filter *f, const struct ticket *t)
{
	return status_wanted(f, t->status) && people_wanted(f, t) &&
		(!f->queue || ticket_in_queue(t, f->queue)) &&
		(!f->project || g_strcmp0(t->project, f->project) == 0) &&
		(!f->tag || text_list_has(t->tags, f->tag)) &&
		(f->priority < 0 || t->priority == f->priority) &&
		(!f->since || t->updated >= f->since) && (!f->until || t->updated < f->until) &&
		(!f->undelivered || t->undelivered) && (f->merged || !t->merged_into);
}

/* --- what the rows of the list tell --- */

enum { TRAITS_MAX = 5 };

/* What a row has to tell for its ticket to be loaded. */
struct sieve {
	const struct ticket_filter *filter;
	struct trait traits[TRAITS_MAX], priority;
	size_t n;
};

static void sieve_add(struct sieve *sieve, enum index_kind kind, const char *value)
{
	if (value)
		sieve->traits[sieve->n++] = trait_of(kind, value);
}

static void sieve_init(struct sieve *sieve, const struct ticket_filter *f)
{
	*sieve = (struct sieve){ .filter = f };
	sieve_add(sieve, INDEX_QUEUE, f->queue);
	/* Nobody's have no trait to tell it. */
	sieve_add(sieve, INDEX_AGENT, f->agent && *f->agent ? f->agent : NULL);
	sieve_add(sieve, INDEX_PROJECT, f->project);
	sieve_add(sieve, INDEX_REQUESTER, f->requester);
	sieve_add(sieve, INDEX_TAG, f->tag);
	if (f->priority >= 0)
		sieve->priority = trait_of(INDEX_PRIORITY, priority_names[f->priority]);
}

/* The usual priority has no trait. */
static bool sieve_passes_priority(const struct sieve *sieve, const struct listed *row)
{
	int wanted = sieve->filter->priority;

	return wanted < 0 || wanted == PRIORITY_NORMAL || !(row->flags & LISTED_TELLS) ||
		listed_has(row, sieve->priority);
}

/* A row that cannot be read says nothing against its ticket. */
static bool sieve_passes(const struct sieve *sieve, struct bytes value, int64_t activity)
{
	const struct ticket_filter *f = sieve->filter;
	struct listed listed;

	if (!listed_read(value, &listed))
		return true;
	if (!status_wanted(f, listed.status) ||
		(f->undelivered && !(listed.flags & LISTED_UNDELIVERED)) ||
		(!f->merged && listed.flags & LISTED_MERGED) ||
		!sieve_passes_priority(sieve, &listed))
		return false;
	for (size_t i = 0; i < sieve->n; i++)
		if (!listed_has(&listed, sieve->traits[i]))
			return false;
	return !f->unwanted || !f->unwanted(&listed, activity, f->arg);
}

/* --- the halves of the list, merged by activity --- */

struct lane {
	struct scan scan;
	enum status st;
};

struct lanes {
	struct lane v[2];
	size_t n;
};

static void lane_start(
	struct lane *lane, struct txn *txn, bool active, const struct ticket_filter *f)
{
	struct key prefix, from;

	list_key(&prefix, active);
	from = prefix;
	/* A date bounds the walk at the end that it begins at. */
	if (!f->oldest_first && f->until)
		key_u64(&from, (uint64_t)f->until);
	if (f->oldest_first && f->since)
		key_u64(&from, (uint64_t)f->since);
	lane->st = scan_first(&lane->scan, txn, TABLE_INDEX, key_bytes(&prefix),
		from.len > prefix.len ? key_bytes(&from) : (struct bytes){ NULL, 0 },
		!f->oldest_first);
}

static bool half_wanted(const struct ticket_filter *f, bool active)
{
	for (int status = 0; status <= TICKET_SPAM; status++)
		if (ticket_status_active(status) == active && status_wanted(f, status))
			return true;
	return false;
}

static void lanes_start(struct lanes *lanes, struct txn *txn, const struct ticket_filter *f)
{
	lanes->n = 0;
	for (int active = 0; active < 2; active++)
		if (half_wanted(f, active))
			lane_start(&lanes->v[lanes->n++], txn, active, f);
}

static bool comes_before(const struct lane *a, const struct lane *b, bool oldest_first)
{
	int64_t of_a = list_activity(a->scan.key), of_b = list_activity(b->scan.key);

	return oldest_first ? of_a < of_b : of_a > of_b;
}

/* The lane whose ticket is next, or one that failed; NULL at the end. */
static struct lane *lanes_next(struct lanes *lanes, bool oldest_first)
{
	struct lane *next = NULL;

	for (struct lane *l = lanes->v; l < lanes->v + lanes->n; l++) {
		if (l->st != ST_OK && l->st != ST_NOT_FOUND)
			return l;
		if (l->st == ST_OK && (!next || comes_before(l, next, oldest_first)))
			next = l;
	}
	return next;
}

static void lanes_release(struct lanes *lanes)
{
	for (size_t i = 0; i < lanes->n; i++)
		scan_release(&lanes->v[i].scan);
}

/* Past the far end of a date bound there is nothing more. */
static bool out_of_range(const struct ticket_filter *f, int64_t activity)
{
	return f->oldest_first ? f->until && activity >= f->until : f->since && activity < f->since;
}

static enum status list_visit(struct txn *txn, const struct ticket_filter *f, uint64_t number,
	ticket_visit *fn, void *arg, struct error *err)
{
	struct ticket ticket = { 0 };
	enum status st = tickets_load(txn, number, &ticket, err);

	if (st == ST_OK && tickets_wanted(f, &ticket))
		st = fn(txn, &ticket, arg, err);
	else if (st == ST_NOT_FOUND)
		st = ST_OK;
	record_release(&ticket_type, &ticket);
	return st;
}

static enum status list_wide(struct txn *txn, const struct ticket_filter *f, ticket_visit *fn,
	void *arg, struct error *err)
{
	struct lanes lanes;
	struct lane *l;
	struct sieve sieve;
	enum status st = ST_OK;

	sieve_init(&sieve, f);
	lanes_start(&lanes, txn, f);
	while (st == ST_OK && (l = lanes_next(&lanes, f->oldest_first))) {
		if (l->st != ST_OK)
			st = l->st;
		else if (out_of_range(f, list_activity(l->scan.key)))
			l->st = ST_NOT_FOUND;
		else if (sieve_passes(&sieve, l->scan.value, list_activity(l->scan.key)))
			st = list_visit(txn, f, list_number(l->scan.key), fn, arg, err);
		if (st == ST_OK && l->st == ST_OK)
			l->st = scan_next(&l->scan);
	}
	lanes_release(&lanes);
	return st;
}

/* --- few tickets of a value --- */

/* Above that many a walk of the list meets one soon. */
enum { FEW = 500 };

struct found {
	int64_t activity;
	uint64_t number;
};

struct few {
	struct found v[FEW];
	size_t n;
	bool more;
};

static enum status few_find(struct txn *txn, struct trait trait, struct few *few)
{
	uint64_t numbers[FEW];
	enum status st = blocks_find(txn, trait, numbers, FEW, &few->n);

	for (size_t i = 0; st == ST_OK && i < few->n; i++)
		few->v[i].number = numbers[i];
	few->more = few->n == FEW;
	return st;
}

static enum status few_keep_wanted(
	struct txn *txn, const struct ticket_filter *f, struct few *few, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < few->n; i++) {
		struct ticket t = { 0 };
		enum status st = tickets_load(txn, few->v[i].number, &t, err);

		if (st == ST_OK && tickets_wanted(f, &t))
			few->v[kept++] = (struct found){ t.updated, t.number };
		record_release(&ticket_type, &t);
		if (st != ST_OK && st != ST_NOT_FOUND)
			return st;
	}
	few->n = kept;
	return ST_OK;
}

static int few_compare(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->activity != y->activity)
		return x->activity < y->activity ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static enum status few_visit(struct txn *txn, const struct ticket_filter *f, struct few *few,
	ticket_visit *fn, void *arg, struct error *err)
{
	enum status st = few_keep_wanted(txn, f, few, err);

	qsort(few->v, few->n, sizeof *few->v, few_compare);
	for (size_t i = 0; i < few->n && st == ST_OK; i++) {
		size_t which = f->oldest_first ? i : few->n - 1 - i;

		st = list_visit(txn, f, few->v[which].number, fn, arg, err);
	}
	return st;
}

/* --- by the engine --- */

static void query_add(struct query *query, enum index_kind kind, const char *value)
{
	struct query_value *end = query->values;

	while (end->index)
		end++;
	*end = (struct query_value){ (char)kind, *value ? value : NULL };
}

static struct query list_as_query(const struct ticket_filter *f)
{
	struct query query = { .merged = f->merged,
		.undelivered = f->undelivered,
		.from = f->since,
		.until = f->until,
		.reverse = !f->oldest_first };

	for (int status = 0; status <= TICKET_SPAM; status++)
		query.statuses |= status_wanted(f, status) ? 1U << status : 0;
	if (f->queue)
		query_add(&query, INDEX_QUEUE, f->queue);
	if (f->agent)
		query_add(&query, INDEX_AGENT, f->agent);
	if (f->project)
		query_add(&query, INDEX_PROJECT, f->project);
	if (f->requester)
		query_add(&query, INDEX_REQUESTER, f->requester);
	if (f->tag)
		query_add(&query, INDEX_TAG, f->tag);
	return query;
}

static enum status list_show(struct txn *txn, const struct ticket_filter *f,
	const struct scan *scan, ticket_visit *fn, void *arg, struct error *err)
{
	struct ticket ticket = { 0 };
	enum status st = table_decode(&ticket_table, scan->key, scan->value, &ticket, err);

	if (st == ST_OK && tickets_wanted(f, &ticket))
		st = fn(txn, &ticket, arg, err);
	record_release(&ticket_type, &ticket);
	return st;
}

static enum status list_query(struct txn *txn, const struct ticket_filter *f, ticket_visit *fn,
	void *arg, struct error *err)
{
	const struct query query = list_as_query(f);
	struct scan scan;
	enum status st;

	for (st = txn_query(&scan, txn, &query); st == ST_OK; st = scan_next(&scan)) {
		st = list_show(txn, f, &scan, fn, arg, err);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st;
}

static enum status list_derived(struct txn *txn, const struct ticket_filter *f, ticket_visit *fn,
	void *arg, struct error *err)
{
	g_autofree struct few *few = f->requester || f->tag ? g_new(struct few, 1) : NULL;
	enum status st = ST_OK;

	if (f->requester)
		st = few_find(txn, trait_of(INDEX_REQUESTER, f->requester), few);
	else if (f->tag)
		st = few_find(txn, trait_of(INDEX_TAG, f->tag), few);
	if (st == ST_OK && few && !few->more)
		st = few_visit(txn, f, few, fn, arg, err);
	else if (st == ST_OK)
		st = list_wide(txn, f, fn, arg, err);
	return st;
}

enum status tickets_list(struct txn *txn, const struct ticket_filter *f, ticket_visit *fn,
	void *arg, struct error *err)
{
	enum status st = txn_derives(txn) ? list_derived(txn, f, fn, arg, err)
					  : list_query(txn, f, fn, arg, err);

	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- counts --- */

static guint64 trait_number(struct trait trait)
{
	guint64 n = 0;

	memcpy(&n, trait.data, TRAIT_BYTES);
	return n;
}

struct counting {
	GHashTable *by_trait; /* trait_number() → struct queue_count */
	/* The queue that was asked for last: it is the next one's, too, more often than not. */
	guint64 trait;
	struct queue_count *count;
};

static struct queue_count *counting_find(struct counting *c, struct trait trait)
{
	guint64 number = trait_number(trait);

	if (number != c->trait) {
		c->trait = number;
		c->count = g_hash_table_lookup(c->by_trait, &number);
	}
	return c->count;
}

static void count_row(struct counting *c, struct bytes value)
{
	struct listed listed;

	if (!listed_read(value, &listed) || listed.flags & LISTED_MERGED)
		return;
	for (size_t i = 0; i < listed.n; i++) {
		bool of_queue = listed.traits[i].data[0] == INDEX_QUEUE;
		struct queue_count *count = of_queue ? counting_find(c, listed.traits[i]) : NULL;

		if (count) {
			count->open++;
			count->new += listed.status == TICKET_NEW;
		}
	}
}

static enum status count_list(struct txn *txn, struct queue_count *counts, size_t n)
{
	g_autoptr(GHashTable)
		by_trait = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	struct counting counting = { .by_trait = by_trait };
	struct scan scan;
	struct key prefix;
	enum status st;

	for (size_t i = 0; i < n; i++) {
		guint64 of = trait_number(trait_of(INDEX_QUEUE, counts[i].queue));

		counts[i].open = counts[i].new = 0;
		g_hash_table_insert(by_trait, g_memdup2(&of, sizeof of), &counts[i]);
	}
	list_key(&prefix, true);
	for (st = scan_first(
		     &scan, txn, TABLE_INDEX, key_bytes(&prefix), (struct bytes){ NULL, 0 }, false);
		st == ST_OK; st = scan_next(&scan))
		count_row(&counting, scan.value);
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status tickets_count_queues(
	struct txn *txn, struct queue_count *counts, size_t n, struct error *err)
{
	enum status st = txn_derives(txn) ? count_list(txn, counts, n) : txn_count(txn, counts, n);

	if (st != ST_OK)
		return error_set(
			err, st, _("cannot count the queues' tickets: %s"), txn_reason(txn));
	return ST_OK;
}
