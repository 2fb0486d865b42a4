/* Listings: the narrowest index that a filter names is walked, newest activity first; the rest is checked on the record. */
#include <string.h>

#include "tickets-index.h"

/* One list of the index to walk. */
struct walk {
	enum index_kind kind;
	const char *value;
};

/* Narrow lists first. */
static struct walk choose(const struct ticket_filter *f)
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
	if (f->agent)
		return (struct walk){ INDEX_AGENT, f->agent };
	for (int status = 0; ticket_status_names[status]; status++)
		if (f->statuses == 1U << status)
			return (struct walk){ INDEX_STATUS, ticket_status_names[status] };
	return (struct walk){ INDEX_ALL, "" };
}

static bool in_queue(const struct ticket *t, const char *queue)
{
	return g_strcmp0(t->queue, queue) == 0 || (t->watchers && g_strv_contains((const char *const *)t->watchers, queue));
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

static bool wanted(const struct ticket_filter *f, const struct ticket *t)
{
	return status_wanted(f, t->status) && people_wanted(f, t) &&
		(!f->queue || in_queue(t, f->queue)) &&
		(!f->project || g_strcmp0(t->project, f->project) == 0) &&
		(!f->tag || (t->tags && g_strv_contains((const char *const *)t->tags, f->tag))) &&
		(f->priority < 0 || t->priority == f->priority) &&
		(!f->since || t->updated >= f->since) && (!f->until || t->updated < f->until) &&
		(!f->undelivered || t->undelivered) && (f->merged || !t->merged_into);
}

/* The next row of each of the two halves (active and not) of a list; merged by activity when both are wanted. */
struct half {
	struct scan scan;
	enum status st;
	size_t prefix_len;
};

static void half_start(struct half *h, struct txn *txn, const struct walk *walk, bool active, const struct ticket_filter *f)
{
	struct key prefix, from;

	index_list_key(&prefix, walk->kind, walk->value);
	key_u8(&prefix, active);
	from = prefix;
	h->prefix_len = prefix.len;
	/* A date bounds the walk at the end that it begins at. */
	if (!f->oldest_first && f->until)
		key_u64(&from, (uint64_t)f->until);
	if (f->oldest_first && f->since)
		key_u64(&from, (uint64_t)f->since);
	h->st = scan_first(&h->scan, txn, TABLE_INDEX, key_bytes(&prefix),
		from.len > prefix.len ? key_bytes(&from) : (struct bytes){ NULL, 0 }, !f->oldest_first);
}

static uint64_t half_activity(const struct half *h)
{
	return key_read_u64(h->scan.key, h->prefix_len);
}

static bool failed(const struct half *h)
{
	return h->st != ST_OK && h->st != ST_NOT_FOUND;
}

static struct half *first_of(struct half halves[2], bool oldest_first)
{
	uint64_t a, b;

	if (failed(&halves[0]))
		return &halves[0];
	if (halves[0].st != ST_OK || halves[1].st != ST_OK)
		return halves[0].st == ST_OK ? &halves[0] : &halves[1];
	a = half_activity(&halves[0]);
	b = half_activity(&halves[1]);
	return (oldest_first ? a <= b : a >= b) ? &halves[0] : &halves[1];
}

/* Past the far end of a date bound there is nothing more. */
static bool out_of_range(const struct ticket_filter *f, uint64_t activity)
{
	return f->oldest_first ? f->until && activity >= (uint64_t)f->until : f->since && activity < (uint64_t)f->since;
}

static enum status visit(struct txn *txn, const struct ticket_filter *f, uint64_t number, ticket_visit *fn, void *arg, struct error *err)
{
	struct ticket ticket = { 0 };
	enum status st = tickets_load(txn, number, &ticket, err);

	if (st == ST_OK && wanted(f, &ticket))
		st = fn(txn, &ticket, arg, err);
	else if (st == ST_NOT_FOUND)
		st = ST_OK;
	record_release(&ticket_type, &ticket);
	return st;
}

static bool half_wanted(const struct ticket_filter *f, bool active)
{
	for (int status = 0; ticket_status_names[status]; status++)
		if (ticket_status_active(status) == active && status_wanted(f, status))
			return true;
	return false;
}

enum status tickets_list(struct txn *txn, const struct ticket_filter *f, ticket_visit *fn, void *arg, struct error *err)
{
	const struct walk walk = choose(f);
	struct half halves[2] = { { .st = ST_NOT_FOUND }, { .st = ST_NOT_FOUND } };
	struct half *h;
	enum status st = ST_OK;

	for (int active = 0; active < 2; active++)
		if (half_wanted(f, active))
			half_start(&halves[active], txn, &walk, active, f);
	for (h = first_of(halves, f->oldest_first); h->st == ST_OK && st == ST_OK; h = first_of(halves, f->oldest_first)) {
		uint64_t activity = half_activity(h), number = key_read_u64(h->scan.key, h->prefix_len + 8);

		if (out_of_range(f, activity))
			h->st = ST_NOT_FOUND;
		else
			st = visit(txn, f, number, fn, arg, err);
		if (h->st == ST_OK)
			h->st = scan_next(&h->scan);
	}
	if (st == ST_OK)
		st = h->st;
	scan_release(&halves[0].scan);
	scan_release(&halves[1].scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status tickets_due(struct txn *txn, int64_t now, uint64_t *numbers, size_t max, size_t *n_out, struct error *err)
{
	struct scan scan;
	enum status st;

	*n_out = 0;
	for (st = scan_first(&scan, txn, TABLE_DUE, (struct bytes){ NULL, 0 }, (struct bytes){ NULL, 0 }, false);
		st == ST_OK && *n_out < max && key_read_u64(scan.key, 0) <= (uint64_t)now; st = scan_next(&scan))
		numbers[(*n_out)++] = key_read_u64(scan.key, 8);
	scan_release(&scan);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return error_set(err, st, "cannot read what is due: %s", txn_reason(txn));
	return ST_OK;
}
