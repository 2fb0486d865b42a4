/* From the log to the rows, and from the rows to the files. */
#include "keep/mailboxes-parts.h"

#include <string.h>

#include "base/failpoint.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"
#include "tables/following.h"
#include "tables/tickets.h"

enum { STEP_EVENTS = 50, STEP_TICKETS = 200 };

/* --- a ticket's row --- */

/* Larger than any that the ticket had here. */
static uint64_t rows_next_generation(const struct trees *m, uint64_t before)
{
	return MAX((uint64_t)m->now, before + 1);
}

static enum status rows_add_seq(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	GArray *seqs = arg;

	(void)txn;
	(void)err;
	g_array_append_val(seqs, e->seq);
	return ST_OK;
}

/* The newest LIMIT_MAILBOX_MESSAGES: a thread without end would fill every mailbox. */
static enum status rows_read_seqs(
	struct txn *txn, const struct ticket *t, struct placement *row, struct error *err)
{
	g_autoptr(GArray) seqs = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	enum status st = tickets_each_entry(txn, t->number, rows_add_seq, seqs, err);
	guint first = seqs->len > LIMIT_MAILBOX_MESSAGES ? seqs->len - LIMIT_MAILBOX_MESSAGES : 0;

	g_free(row->seqs.v);
	row->seqs = (struct numbers){ NULL, 0 };
	row->seqs.n = seqs->len - first;
	row->seqs.v = g_memdup2(
		(const uint64_t *)(const void *)seqs->data + first, row->seqs.n * sizeof(uint64_t));
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static bool rows_same_seqs(const struct numbers *a, const struct numbers *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->v, b->v, a->n * sizeof *a->v) == 0);
}

/* --- following --- */

struct rows_step {
	struct trees *m;
	struct following log;
	struct placements_place place;
	GArray *numbers; /* of what is changed */
	uint64_t end;
	bool more;
};

static bool rows_is_shown(const struct trees *m, const struct placement *row)
{
	return !row->over || row->over >= m->shown_since;
}

static enum status rows_save(
	struct txn *txn, struct rows_step *s, const struct placement *row, struct error *err)
{
	g_array_append_val(s->numbers, row->ticket);
	return placements_save(txn, row, err);
}

/* all: nothing of its messages may stay as it is. */
static enum status rows_update(
	struct txn *txn, struct rows_step *s, const struct ticket *t, bool all, struct error *err)
{
	struct placement none = { 0 }, was = { 0 }, is = { 0 };
	enum status st = placements_load(txn, s->m->box, t->number, &was, err);
	bool there = st == ST_OK, same;

	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	memcpy(none.box, s->m->box, sizeof none.box);
	copy_describe(s->m->settings, t, there ? &was : &none, &is);
	st = rows_read_seqs(txn, t, &is, err);
	same = there && !all && placement_same(&was, &is);
	if (!same)
		is.generation = rows_next_generation(s->m, was.generation);
	if (st == ST_OK && !rows_is_shown(s->m, &is)) {
		st = placements_remove(txn, s->m->box, t->number, err);
		if (there)
			g_array_append_val(s->numbers, t->number);
	} else if (st == ST_OK && !(same && rows_same_seqs(&was.seqs, &is.seqs))) {
		st = rows_save(txn, s, &is, err);
	}
	record_release(&placement_type, &was);
	record_release(&placement_type, &is);
	return st;
}

static enum status rows_drop(
	struct txn *txn, struct rows_step *s, uint64_t number, struct error *err)
{
	g_array_append_val(s->numbers, number);
	return placements_remove(txn, s->m->box, number, err);
}

static enum status rows_look_at(
	struct txn *txn, struct rows_step *s, uint64_t number, bool all, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, number, &t, err);

	if (st == ST_NOT_FOUND || (st == ST_OK && t.merged_into))
		st = rows_drop(txn, s, number, err);
	else if (st == ST_OK)
		st = rows_update(txn, s, &t, all, err);
	record_release(&ticket_type, &t);
	return st;
}

static enum status rows_step_log(struct txn *txn, struct rows_step *s, struct error *err)
{
	GHashTableIter iter;
	gpointer number, change;
	enum status st = following_read(txn, &s->log, s->place.serial, err);

	g_hash_table_iter_init(&iter, s->log.tickets);
	while (st == ST_OK && g_hash_table_iter_next(&iter, &number, &change))
		st = rows_look_at(txn, s, GPOINTER_TO_SIZE(number),
			GPOINTER_TO_UINT(change) == CHANGED_ALL, err);
	s->place.serial = s->log.last;
	s->more = s->log.last < s->end;
	return st;
}

struct rows_build {
	struct rows_step *step;
	unsigned left;
};

static enum status rows_build_ticket(
	struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct rows_build *b = arg;
	enum status st = t->merged_into ? ST_OK : rows_update(txn, b->step, t, true, err);

	b->step->place.number = t->number;
	return st == ST_OK && --b->left == 0 ? ST_NOT_FOUND : st;
}

static enum status rows_step_build(struct txn *txn, struct rows_step *s, struct error *err)
{
	struct rows_build build = { s, STEP_TICKETS };
	enum status st = tickets_each_from(
		txn, s->place.number + 1, rows_build_ticket, &build, err);

	s->place.built = build.left > 0;
	s->more = true;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* A request to make them anew begins with the end of the log: what comes from there on is
 * followed. */
static void rows_begin_again(struct placements_place *place, uint64_t end)
{
	bool fresh = !place->built && place->number == 0;

	if (place->serial > end || place->begun != place->asked || fresh)
		*place = (struct placements_place){
			.serial = end, .asked = place->asked, .begun = place->asked
		};
}

static enum status rows_step_txn(struct txn *txn, void *arg, struct error *err)
{
	struct rows_step *s = arg;
	enum status st = placements_place(txn, s->m->box, &s->place, err);

	g_array_set_size(s->numbers, 0);
	if (st == ST_OK)
		st = following_end(txn, &s->end, err);
	if (st != ST_OK)
		return st;
	rows_begin_again(&s->place, s->end);
	s->place.done = MIN(s->m->done, s->place.serial);
	st = s->place.built ? rows_step_log(txn, s, err) : rows_step_build(txn, s, err);
	return st == ST_OK ? placements_place_save(txn, s->m->box, &s->place, err) : st;
}

/* Is there anything to be written? */
static enum status rows_look(struct txn *txn, void *arg, struct error *err)
{
	struct rows_step *s = arg;
	enum status st = placements_place(txn, s->m->box, &s->place, err);

	return st == ST_OK ? following_end(txn, &s->end, err) : st;
}

static void rows_note_end(struct trees *m, uint64_t end)
{
	m->grows = m->end && end > m->end;
	m->end = end;
}

enum status rows_follow(struct trees *m, GArray *numbers, bool *more_out, struct error *err)
{
	struct rows_step s = { .m = m, .numbers = numbers };
	enum status st = store_read(m->store, rows_look, &s, err);

	*more_out = false;
	if (st == ST_OK)
		rows_note_end(m, s.end);
	if (st != ST_OK ||
		(s.place.built && s.place.serial == s.end && s.place.begun == s.place.asked)) {
		m->done = st == ST_OK ? s.place.serial : m->done;
		return st;
	}
	following_init(&s.log, STEP_EVENTS);
	st = store_write(m->store, rows_step_txn, &s, err);
	following_release(&s.log);
	failpoint("mailbox-rows-written");
	*more_out = s.more;
	m->done = s.place.serial;
	return st;
}

static enum status rows_done_txn(struct txn *txn, void *arg, struct error *err)
{
	const struct trees *m = arg;
	struct placements_place place;
	enum status st = placements_place(txn, m->box, &place, err);

	place.done = MIN(m->done, place.serial);
	return st == ST_OK ? placements_place_save(txn, m->box, &place, err) : st;
}

enum status rows_note_done(struct trees *m, struct error *err)
{
	struct rows_step s = { .m = m };
	enum status st = store_read(m->store, rows_look, &s, err);

	return st == ST_OK && s.place.built && s.place.done != MIN(m->done, s.place.serial)
		? store_write(m->store, rows_done_txn, m, err)
		: st;
}

static enum status rows_old_txn(struct txn *txn, void *arg, struct error *err)
{
	struct rows_step *s = arg;
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < s->numbers->len; i++)
		st = placements_remove(txn, s->m->box, g_array_index(s->numbers, uint64_t, i), err);
	return st;
}

enum status rows_forget_old(struct trees *m, GArray *numbers, struct error *err)
{
	struct rows_step s = { .m = m, .numbers = numbers };
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, m->tickets);
	while (numbers->len < STEP_TICKETS && g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct placed *p = value;

		if (!rows_is_shown(m, &p->row))
			g_array_append_val(numbers, p->row.ticket);
	}
	return numbers->len ? store_write(m->store, rows_old_txn, &s, err) : ST_OK;
}

/* --- from rows to files --- */

struct rows_ticket {
	struct trees *m;
	uint64_t number;
	struct placement row;
	struct ticket ticket;
	GPtrArray *entries; /* struct copy_entry * */
	bool there;
};

static void copy_entry_free(gpointer data)
{
	struct copy_entry *e = data;

	record_release(&entry_type, &e->entry);
	g_free(e->text);
	g_free(e);
}

/* Texts are for mails that the archive has not. */
static enum status rows_add_entry(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct rows_ticket *t = arg;
	struct copy_entry *copy;

	if (!numbers_has(&t->row.seqs, e->seq))
		return ST_OK;
	copy = g_new0(struct copy_entry, 1);
	record_copy(&entry_type, &copy->entry, e);
	copy->entry.ticket = e->ticket;
	copy->entry.seq = e->seq;
	g_ptr_array_add(t->entries, copy);
	return tickets_text(txn, e->ticket, e->seq, &copy->text, err);
}

static void rows_ticket_reset(struct rows_ticket *t)
{
	record_release(&placement_type, &t->row);
	record_release(&ticket_type, &t->ticket);
	g_ptr_array_set_size(t->entries, 0);
	t->there = false;
}

static enum status rows_read_ticket(struct txn *txn, void *arg, struct error *err)
{
	struct rows_ticket *t = arg;
	enum status st;

	rows_ticket_reset(t);
	st = placements_load(txn, t->m->box, t->number, &t->row, err);
	if (st == ST_OK)
		st = tickets_load(txn, t->number, &t->ticket, err);
	t->there = st == ST_OK;
	if (st == ST_OK)
		st = tickets_each_entry(txn, t->number, rows_add_entry, t, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* What is of the same generation is the same file. */
static void rows_keep_copies(struct placed *is, struct placed *was)
{
	for (guint i = 0; was && i < was->copies->len; i++) {
		struct copy copy = g_array_index(was->copies, struct copy, i);

		if (was->row.generation != is->row.generation ||
			!numbers_has(&is->row.seqs, copy.seq))
			continue;
		copy.author = g_strdup(copy.author);
		g_array_append_val(is->copies, copy);
	}
}

static bool rows_entry_is_answered(const struct rows_ticket *t, const struct entry *e)
{
	for (guint i = 0; e->message_id && i < t->entries->len; i++) {
		const struct entry *other = &((struct copy_entry *)t->entries->pdata[i])->entry;

		if (other->direction == DIRECTION_OUT && other->seq > e->seq &&
			g_strcmp0(other->in_reply_to, e->message_id) == 0)
			return true;
	}
	return false;
}

/* An answer may change nothing else of its ticket. */
static void rows_mark_answered(const struct rows_ticket *t, struct placed *is)
{
	for (guint i = 0; i < t->entries->len; i++) {
		const struct entry *e = &((struct copy_entry *)t->entries->pdata[i])->entry;
		struct copy *copy = placed_copy(is, e->seq);

		if (copy && !copy->replied && rows_entry_is_answered(t, e))
			copy_set_replied(t->m, is, copy);
	}
}

static enum status rows_place_all(
	struct trees *m, const struct placed *was, const struct placed *is, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < m->trees->len; i++) {
		st = tree_place(m, m->trees->pdata[i], was, is, err);
		failpoint("mailbox-tree-placed");
	}
	return st;
}

/* was: what the files are; it is given up, and is (which may be NULL) comes into its place. */
static void rows_replace(struct trees *m, uint64_t number, struct placed *was, struct placed *is)
{
	if (was && !(is && was->row.generation == is->row.generation) && copies_remove(m, was))
		sweep_trees(m);
	if (is)
		g_hash_table_replace(m->tickets, GSIZE_TO_POINTER(number), is);
	else
		g_hash_table_remove(m->tickets, GSIZE_TO_POINTER(number));
}

static enum status rows_bring(struct rows_ticket *t, struct error *err)
{
	struct trees *m = t->m;
	struct placed *was = g_hash_table_lookup(m->tickets, GSIZE_TO_POINTER(t->number)),
		      *is = t->there ? placed_new(&t->row) : NULL;
	enum status st = ST_OK;

	if (is) {
		rows_keep_copies(is, was);
		st = copies_make(m, is, &t->ticket, t->entries, err);
		rows_mark_answered(t, is);
	}
	if (st == ST_OK)
		st = rows_place_all(m, was, is, err);
	if (st != ST_OK) {
		placed_free(is);
		return st;
	}
	failpoint("mailbox-trees-placed");
	rows_replace(m, t->number, was, is);
	m->counts.placed++;
	return ST_OK;
}

enum status rows_to_files(struct trees *m, uint64_t number, struct error *err)
{
	struct rows_ticket t = {
		.m = m, .number = number, .entries = g_ptr_array_new_with_free_func(copy_entry_free)
	};
	enum status st = lease_keep(m, err);

	if (st == ST_OK)
		st = store_read(m->store, rows_read_ticket, &t, err);

	if (st == ST_OK)
		st = rows_bring(&t, err);
	rows_ticket_reset(&t);
	g_ptr_array_unref(t.entries);
	return st;
}

/* --- at the start --- */

static enum status rows_load_ticket(
	struct txn *txn, const void *record, void *arg, struct error *err)
{
	struct trees *m = arg;
	const struct placement *row = record;
	struct placed *p = placed_new(row);

	(void)txn;
	(void)err;
	g_hash_table_replace(m->tickets, GSIZE_TO_POINTER(row->ticket), p);
	return ST_OK;
}

static enum status rows_load_tree(struct txn *txn, const void *record, void *arg, struct error *err)
{
	struct trees *m = arg;
	const struct tree_row *row = record;
	struct tree *tree = tree_new(row->login);

	(void)txn;
	(void)err;
	tree->queues = g_strdupv(row->queues);
	tree->moving = row->moving;
	tree->queues_before = g_strdupv(row->queues_before);
	g_ptr_array_add(m->trees, tree);
	return ST_OK;
}

static enum status rows_load_txn(struct txn *txn, void *arg, struct error *err)
{
	struct trees *m = arg;
	enum status st;

	g_hash_table_remove_all(m->tickets);
	g_ptr_array_set_size(m->trees, 0);
	st = placements_each(txn, m->box, 0, rows_load_ticket, m, err);
	return st == ST_OK ? trees_each(txn, m->box, rows_load_tree, m, err) : st;
}

enum status rows_load(struct trees *m, struct error *err)
{
	return store_read(m->store, rows_load_txn, m, err);
}

/* --- agents --- */

struct rows_agents {
	struct trees *m;
	GPtrArray *agents;  /* struct agent *, those that are active */
	GPtrArray *changed; /* struct tree *, borrowed */
};

static enum status rows_add_agent(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	struct rows_agents *a = arg;

	(void)txn;
	(void)err;
	if (!agent->inactive)
		g_ptr_array_add(a->agents, record_dup(&agent_type, agent));
	return ST_OK;
}

static enum status rows_read_agents(struct txn *txn, void *arg, struct error *err)
{
	struct rows_agents *a = arg;

	g_ptr_array_set_size(a->agents, 0);
	return agents_each(txn, rows_add_agent, a, err);
}

static bool rows_same_list(char *const *a, char *const *b)
{
	for (; a && *a && b && *b; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return !(a && *a) && !(b && *b);
}

static struct tree *rows_tree(const struct trees *m, const char *login)
{
	for (guint i = 0; i < m->trees->len; i++) {
		struct tree *tree = m->trees->pdata[i];

		if (strcmp(tree->login, login) == 0)
			return tree;
	}
	return NULL;
}

static const struct agent *rows_agent(const struct rows_agents *a, const char *login)
{
	for (guint i = 0; i < a->agents->len; i++) {
		const struct agent *agent = a->agents->pdata[i];

		if (strcmp(agent->login, login) == 0)
			return agent;
	}
	return NULL;
}

/* One change after the other: what is found meanwhile is told by the two states that a row has. */
static void rows_change_tree(struct rows_agents *a, struct tree *tree, char *const *queues)
{
	if (!tree->moving) {
		g_strfreev(tree->queues_before);
		tree->queues_before = tree->queues;
		tree->queues = g_strdupv((char **)queues);
	}
	tree->moving = true;
	g_ptr_array_add(a->changed, tree);
}

/* What it changes to can be made when it is let alone no longer. */
static bool rows_is_stuck(const struct tree *tree)
{
	return tree->shut && tree->moving;
}

static void rows_compare_agent(struct rows_agents *a, const struct agent *agent)
{
	struct tree *tree = rows_tree(a->m, agent->login);

	if (!tree) {
		tree = tree_new(agent->login);
		g_ptr_array_add(a->m->trees, tree);
		rows_change_tree(a, tree, agent->queues);
	} else if (!rows_is_stuck(tree) &&
		(tree->moving || tree->gone || !rows_same_list(tree->queues, agent->queues))) {
		rows_change_tree(a, tree, agent->queues);
	}
	tree->gone = false;
	g_strfreev(tree->addresses);
	tree->addresses = g_strdupv(agent->addresses);
}

static void rows_compare_all(struct rows_agents *a)
{
	for (guint i = 0; i < a->agents->len; i++)
		rows_compare_agent(a, a->agents->pdata[i]);
	for (guint i = 0; i < a->m->trees->len; i++) {
		struct tree *tree = a->m->trees->pdata[i];

		if (!rows_agent(a, tree->login) && !(tree->gone && rows_is_stuck(tree))) {
			tree->gone = true;
			rows_change_tree(a, tree, NULL);
		}
	}
}

static enum status rows_save_trees(struct txn *txn, void *arg, struct error *err)
{
	const struct rows_agents *a = arg;
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < a->changed->len; i++) {
		const struct tree *tree = a->changed->pdata[i];
		struct tree_row row = { .queues = tree->queues,
			.moving = tree->moving,
			.queues_before = tree->moving ? tree->queues_before : NULL };

		memcpy(row.box, a->m->box, sizeof row.box);
		g_strlcpy(row.login, tree->login, sizeof row.login);
		st = tree->gone && !tree->moving ? table_remove(txn, &tree_table, &row, err)
						 : table_save(txn, &tree_table, &row, err);
		st = st == ST_NOT_FOUND ? ST_OK : st;
	}
	return st;
}

static enum status rows_scan_changed(struct rows_agents *a, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < a->changed->len; i++) {
		struct tree *tree = a->changed->pdata[i];

		st = tree_open(a->m, tree, err);
		if (st == ST_OK)
			st = tree_scan(a->m, tree, err);
		if (st == ST_OK)
			tree_tidy(a->m, tree);
		tree->moving = st != ST_OK || tree->shut;
	}
	return st;
}

static enum status rows_change_agents(struct rows_agents *a, struct error *err)
{
	enum status st = store_write(a->m->store, rows_save_trees, a, err);

	failpoint("mailbox-agents-written");
	if (st == ST_OK)
		st = rows_scan_changed(a, err);
	if (st == ST_OK)
		st = store_write(a->m->store, rows_save_trees, a, err);
	for (guint i = a->changed->len; st == ST_OK && i-- > 0;) {
		struct tree *tree = a->changed->pdata[i];

		if (!tree->gone || tree->moving)
			continue;
		findings_forget(a->m, tree);
		g_ptr_array_remove(a->m->trees, tree);
	}
	return st;
}

enum status rows_agents(struct trees *m, struct error *err)
{
	struct rows_agents a = { m, g_ptr_array_new_with_free_func(record_free),
		g_ptr_array_new() };
	enum status st = store_read(m->store, rows_read_agents, &a, err);

	if (st == ST_OK)
		rows_compare_all(&a);
	if (st == ST_OK && a.changed->len)
		st = rows_change_agents(&a, err);
	g_ptr_array_unref(a.agents);
	g_ptr_array_unref(a.changed);
	return st;
}
