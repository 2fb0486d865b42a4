/* The shares of a queue's agents. */
#include "tables/assigning.h"

#include <string.h>

#include "tables/agents.h"
#include "tables/queues.h"
#include "tables/tickets.h"
#include "tables/workers.h"

struct assigning {
	const struct queue *queue;
	int64_t now;
	GPtrArray *logins; /* who may be chosen, by login */
};

static enum status assigning_note(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	struct assigning *a = arg;

	(void)txn;
	(void)err;
	if (!agent->inactive && !agent_is_away(agent, a->now) &&
		agent_in_queue(agent, a->queue->name))
		g_ptr_array_add(a->logins, g_strdup(agent->login));
	return ST_OK;
}

static int assigning_by_login(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The first after the last: there the round goes on. */
static guint assigning_next(const struct assigning *a)
{
	for (guint i = 0; i < a->logins->len; i++)
		if (!a->queue->assigned_last ||
			strcmp(a->logins->pdata[i], a->queue->assigned_last) > 0)
			return i;
	return 0;
}

struct load {
	unsigned n, enough; /* more are not counted */
};

static enum status load_count(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	struct load *load = arg;

	(void)txn;
	(void)ticket;
	(void)err;
	return ++load->n < load->enough ? ST_OK : ST_NOT_FOUND;
}

static enum status assigning_least(
	struct txn *txn, const struct assigning *a, guint *chosen_out, struct error *err)
{
	guint n = a->logins->len, first = assigning_next(a);
	unsigned least = G_MAXUINT;
	enum status st = ST_OK;

	for (guint i = 0; i < n && least > 0 && st == ST_OK; i++) {
		guint at = (first + i) % n;
		const struct ticket_filter filter = { .agent = a->logins->pdata[at],
			.priority = -1 };
		struct load load = { 0, least };

		st = tickets_list(txn, &filter, load_count, &load, err);
		if (load.n < least) {
			least = load.n;
			*chosen_out = at;
		}
	}
	return st;
}

static enum status assigning_of(struct txn *txn, struct queue *queue, struct assigning *a,
	char **login_out, struct error *err)
{
	guint chosen;
	enum status st = agents_each(txn, assigning_note, a, err);

	if (st != ST_OK || !a->logins->len)
		return st == ST_OK ? ST_NOT_FOUND : st;
	g_ptr_array_sort(a->logins, assigning_by_login);
	chosen = assigning_next(a);
	if (queue->assign == ASSIGN_LEAST_LOADED)
		st = assigning_least(txn, a, &chosen, err);
	if (st != ST_OK)
		return st;
	g_free(queue->assigned_last);
	queue->assigned_last = g_strdup(a->logins->pdata[chosen]);
	st = queues_save(txn, queue, err);
	if (st == ST_OK)
		*login_out = g_strdup(queue->assigned_last);
	return st;
}

enum status assigning_choose(
	struct txn *txn, const char *name, int64_t now, char **login_out, struct error *err)
{
	struct queue queue = { 0 };
	struct assigning a = { .queue = &queue, .now = now };
	enum status st = queues_load(txn, name, &queue, err);

	if (st == ST_OK && queue.assign == ASSIGN_MANUAL)
		st = ST_NOT_FOUND;
	if (st == ST_OK) {
		a.logins = g_ptr_array_new_with_free_func(g_free);
		st = assigning_of(txn, &queue, &a, login_out, err);
		g_ptr_array_unref(a.logins);
	}
	record_release(&queue_type, &queue);
	return st;
}
