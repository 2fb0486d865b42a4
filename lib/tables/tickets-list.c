/* Listings: the narrowest index that a filter names is walked, newest activity first; the rest is
 * checked on the record. */
#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "tables/tickets-index.h"

enum { STATUSES = TICKET_SPAM + 1 };

/* What lists to walk: the active and the other tickets of a value; of INDEX_STATUS those of every
 * status that is wanted. */
struct walk {
	enum index_kind kind;
	const char *value;
};

/* Narrow lists first. */
static struct walk list_choose(const struct ticket_filter *f)
{
	if (f->requester)
		return (struct walk){ INDEX_REQUESTER, f->requester };
	if (f->undelivered)
		return (struct walk){ INDEX_UNDELIVERED, "" };
	if (f->tag)
		return (struct walk){ INDEX_TAG, f->tag };
	if (f->agent && *f->agent)
		return (struct walk){ INDEX_AGENT, f->agent };
	if (f->project)
		return (struct walk){ INDEX_PROJECT, f->project };
	if (f->queue)
		return (struct walk){ INDEX_QUEUE, f->queue };
	return (struct walk){ INDEX_STATUS, NULL };
}

bool ticket_in_queue(const struct ticket *t, const char *queue)
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

/* --- several lists, merged by activity --- */

struct lane {
	struct scan scan;
	enum status st;
};

struct lanes {
	struct lane v[STATUSES];
	size_t n;
};

static void lane_start(struct lane *lane, struct txn *txn, const struct walk *walk, bool active,
	const struct ticket_filter *f)
{
	struct key prefix, from;

	index_list_key(&prefix, walk->kind, walk->value, active);
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
	for (int status = 0; status < STATUSES; status++)
		if (ticket_status_active(status) == active && status_wanted(f, status))
			return true;
	return false;
}

static void lanes_start(struct lanes *lanes, struct txn *txn, const struct ticket_filter *f)
{
	struct walk walk = list_choose(f);

	lanes->n = 0;
	for (int active = 0; active < 2 && walk.kind != INDEX_STATUS; active++)
		if (half_wanted(f, active))
			lane_start(&lanes->v[lanes->n++], txn, &walk, active, f);
	for (int status = 0; status < STATUSES && walk.kind == INDEX_STATUS; status++) {
		walk.value = ticket_status_names[status];
		if (status_wanted(f, status))
			lane_start(
				&lanes->v[lanes->n++], txn, &walk, ticket_status_active(status), f);
	}
}

static bool comes_before(const struct lane *a, const struct lane *b, bool oldest_first)
{
	int64_t of_a = index_activity(a->scan.key), of_b = index_activity(b->scan.key);

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

enum status tickets_list(struct txn *txn, const struct ticket_filter *f, ticket_visit *fn,
	void *arg, struct error *err)
{
	struct lanes lanes;
	struct lane *l;
	enum status st = ST_OK;

	lanes_start(&lanes, txn, f);
	while (st == ST_OK && (l = lanes_next(&lanes, f->oldest_first))) {
		if (l->st != ST_OK)
			st = l->st;
		else if (out_of_range(f, index_activity(l->scan.key)))
			l->st = ST_NOT_FOUND;
		else
			st = list_visit(txn, f, index_number(l->scan.key), fn, arg, err);
		if (st == ST_OK && l->st == ST_OK)
			l->st = scan_next(&l->scan);
	}
	lanes_release(&lanes);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status tickets_due(struct txn *txn, int64_t now, uint64_t *numbers, size_t max, size_t *n_out,
	struct error *err)
{
	struct scan scan;
	enum status st;

	*n_out = 0;
	for (st = scan_first(&scan, txn, TABLE_DUE, (struct bytes){ NULL, 0 },
		     (struct bytes){ NULL, 0 }, false);
		st == ST_OK && *n_out < max && key_read_u64(scan.key, 0) <= (uint64_t)now;
		st = scan_next(&scan))
		numbers[(*n_out)++] = due_number(scan.key);
	scan_release(&scan);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return error_set(err, st, _("cannot read what is due: %s"), txn_reason(txn));
	return ST_OK;
}
