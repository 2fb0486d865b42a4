/* Messages know which tickets they came through. */
#include "act/unmerge.h"

#include "base/text.h"
#include "base/tongue.h"
#include "decide/times.h"

struct merged_entries {
	uint64_t of;
	struct numbers seqs;
	int first;                 /* direction of the first one */
	int64_t last_in, last_out; /* of those that stay */
};

static enum status unmerge_see(struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct merged_entries *m = arg;

	(void)txn;
	(void)err;
	if (numbers_has(&e->merged_from, m->of)) {
		m->first = m->seqs.n ? m->first : e->direction;
		numbers_add(&m->seqs, e->seq);
	} else if (e->direction == DIRECTION_IN && e->match != MATCH_COPY) {
		m->last_in = MAX(m->last_in, e->received);
	} else if (e->direction == DIRECTION_OUT && e->match != MATCH_COPY) {
		m->last_out = MAX(m->last_out, e->received);
	}
	return ST_OK;
}

/* Of the tickets that it came through, those before this one stay known. */
static enum status unmerge_unmark(
	struct txn *txn, const struct ticket *into, uint64_t of, uint64_t seq, struct error *err)
{
	struct entry e = { 0 };
	enum status st = tickets_entry(txn, into->number, seq, &e, err);

	while (st == ST_OK && numbers_has(&e.merged_from, of))
		e.merged_from.n--;
	if (st == ST_OK)
		st = tickets_entry_save(txn, &e, err);
	record_release(&entry_type, &e);
	return st;
}

/* As it was merged: no other event tells how it came, or that it woke. Older versions did not say.
 */
static void unmerge_see_merge(struct ticket *t, const struct event *e)
{
	int status = e->to && e->text ? names_find(ticket_status_names, e->text) : -1;

	if (status < 0 || status == t->status)
		return;
	t->status = status;
	t->closed = status == TICKET_CLOSED ? t->opened : 0;
	t->wait_until = 0;
}

/* As its last event of that kind says. */
static enum status unmerge_see_status(
	struct txn *txn, const struct event *e, void *arg, struct error *err)
{
	struct ticket *t = arg;
	int status = -1;

	(void)txn;
	(void)err;
	if (e->kind == EVENT_MERGED)
		unmerge_see_merge(t, e);
	if (e->kind == EVENT_STATUS && e->to)
		status = names_find(ticket_status_names, e->to);
	if (status < 0)
		return ST_OK;
	t->status = status;
	t->closed = status == TICKET_CLOSED ? e->time : 0;
	if (!e->text || text_parse_date(e->text, &t->wait_until) != ST_OK)
		t->wait_until = 0;
	return ST_OK;
}

static enum status unmerge_status(struct txn *txn, struct ticket *t, int first, struct error *err)
{
	t->status = first == DIRECTION_OUT ? TICKET_WAITING : TICKET_NEW;
	t->wait_until = t->closed = 0;
	t->merged_into = 0;
	return history_each(txn, t->number, 0, unmerge_see_status, t, err);
}

static enum status unmerge_move(struct txn *txn, struct ticket *t, struct ticket *into,
	const struct numbers *seqs, struct error *err)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < seqs->n && st == ST_OK; i++) {
		st = unmerge_unmark(txn, into, t->number, seqs->v[i], err);
		if (st == ST_OK)
			st = tickets_entry_move(txn, into, seqs->v[i], t, err);
	}
	return st;
}

/* What is promised, and by when, is of what each of them has now. */
static enum status unmerge_keep(
	struct txn *txn, const struct commander *by, struct ticket *t, struct error *err)
{
	enum status st;

	ticket_touch(t, by->actor.now, true);
	st = times_keep(txn, by->settings, t, by->actor.now, err);
	return st == ST_OK ? tickets_save(txn, t, err) : st;
}

static enum status unmerge_save(struct txn *txn, const struct commander *by, struct ticket *t,
	struct ticket *into, struct error *err)
{
	g_autofree char *number = g_strdup_printf("%" PRIu64, t->number),
			*from = g_strdup_printf("%" PRIu64, into->number);
	enum status st;

	st = unmerge_keep(txn, by, t, err);
	if (st == ST_OK)
		st = unmerge_keep(txn, by, into, err);
	/* What stays may have the id of what goes, as a copy does, or refer to it. */
	if (st == ST_OK)
		st = tickets_reindex(txn, into->number, err);
	if (st == ST_OK)
		st = history_add(
			txn, into->number, &by->actor, NOTE(EVENT_SPLIT, .to = number), err);
	return st == ST_OK
		? history_add(txn, t->number, &by->actor, NOTE(EVENT_SPLIT, .from = from), err)
		: st;
}

enum status unmerge(struct txn *txn, const struct commander *by, struct ticket *t,
	struct ticket *into, struct error *err)
{
	struct merged_entries m = { .of = t->number };
	enum status st = tickets_each_entry(txn, into->number, unmerge_see, &m, err);

	if (st == ST_OK && m.seqs.n == 0)
		st = error_set(err, ST_REFUSED,
			_("#%" PRIu64 " was merged by an older version, which did not keep whose "
			  "messages are whose; 'split' can tell them apart"),
			t->number);
	if (st == ST_OK && m.seqs.n == into->messages_count)
		st = error_set(err, ST_REFUSED, _("ticket #%" PRIu64 " would have no message left"),
			into->number);
	if (st == ST_OK)
		st = unmerge_status(txn, t, m.first, err);
	if (st == ST_OK)
		st = unmerge_move(txn, t, into, &m.seqs, err);
	into->last_in = m.last_in;
	into->last_out = m.last_out;
	if (st == ST_OK)
		st = unmerge_save(txn, by, t, into, err);
	g_free(m.seqs.v);
	return st;
}
