/* Counting. */
#include "stats.h"

#include <string.h>

#include "base/text.h"
#include "tables/history.h"
#include "tables/outbox.h"
#include "tables/tickets.h"

static void spans_init(struct spans *s)
{
	s->seconds = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	s->sum = 0;
}

/* What came with the opening itself is no answer and no solution: a ticket that an agent opened,
 * one that was closed as it came. */
static void spans_add(struct spans *s, int64_t from, int64_t to)
{
	uint32_t seconds = (uint32_t)MIN((to - from) / TEXT_SECOND, UINT32_MAX);

	if (!from || !to || to <= from)
		return;
	g_array_append_val(s->seconds, seconds);
	s->sum += seconds;
}

static gint by_size(gconstpointer a, gconstpointer b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Between the two values that are nearest to its place. */
int64_t spans_percentile(const struct spans *s, unsigned percent)
{
	const uint32_t *v = (const uint32_t *)(const void *)s->seconds->data;
	guint64 n = s->seconds->len, place = n ? (n - 1) * percent : 0, at = place / 100;

	if (!n)
		return -1;
	return at + 1 < n ? v[at] + ((int64_t)v[at + 1] - v[at]) * (int64_t)(place % 100) / 100
			  : v[at];
}

static struct stats_part *part_new(const char *name)
{
	struct stats_part *part = g_new0(struct stats_part, 1);

	part->name = g_strdup(name);
	spans_init(&part->response);
	spans_init(&part->resolution);
	return part;
}

static void part_free(void *data)
{
	struct stats_part *part = data;

	g_free(part->name);
	g_array_unref(part->response.seconds);
	g_array_unref(part->resolution.seconds);
	g_free(part);
}

static void part_sort(struct stats_part *part)
{
	g_array_sort(part->response.seconds, by_size);
	g_array_sort(part->resolution.seconds, by_size);
}

static struct stats_part *part_of(GHashTable *parts, const char *name)
{
	struct stats_part *part = g_hash_table_lookup(parts, name);

	if (!part) {
		part = part_new(name);
		g_hash_table_insert(parts, part->name, part);
	}
	return part;
}

static void part_add(struct stats_part *part, const struct ticket *t)
{
	part->total++;
	part->open += ticket_status_active(t->status);
	part->by_status[t->status]++;
	spans_add(&part->response, t->opened, t->first_response);
	spans_add(&part->resolution, t->opened, t->status == TICKET_CLOSED ? t->closed : 0);
}

static void promise_free(void *data)
{
	g_free(((struct stats_promise *)data)->name);
	g_free(data);
}

static void stats_add_promise(GHashTable *promises, const struct ticket *t)
{
	struct stats_promise *p = t->sla ? g_hash_table_lookup(promises, t->sla) : NULL;

	if (!t->sla)
		return;
	if (!p) {
		p = g_new0(struct stats_promise, 1);
		p->name = g_strdup(t->sla);
		g_hash_table_insert(promises, p->name, p);
	}
	for (size_t i = 0; i < KEPT_PLACES && i < t->kept.n; i++)
		p->kept[i] += t->kept.v[i];
	p->overdue += t->overdue != OVERDUE_NOT;
}

static void stats_automation_free(void *data)
{
	g_free(((struct stats_automation *)data)->name);
	g_free(data);
}

static struct stats_automation *stats_automation_of(GHashTable *automations, const char *name)
{
	struct stats_automation *a = g_hash_table_lookup(automations, name);

	if (!a) {
		a = g_new0(struct stats_automation, 1);
		a->name = g_strdup(name);
		g_hash_table_insert(automations, a->name, a);
	}
	return a;
}

static enum status stats_add_event(
	struct txn *txn, const struct event *e, void *arg, struct error *err)
{
	struct stats *s = arg;
	bool ran = e->kind == EVENT_AUTOMATION, stopped = e->kind == EVENT_AUTOMATION_STOPPED;
	struct stats_automation *a;

	(void)txn;
	(void)err;
	if (!(ran || stopped) || !e->actor || !g_str_has_prefix(e->actor, AUTOMATION_ACTOR))
		return ST_OK;
	a = stats_automation_of(s->automations, e->actor + strlen(AUTOMATION_ACTOR));
	a->runs += ran;
	a->stopped += stopped;
	return ST_OK;
}

static enum status add_ticket(struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct stats *s = arg;
	enum status st = ST_OK;

	if (t->opened < s->since)
		return ST_OK;
	/* Only the events tell which, and few tickets have any. */
	if (t->automation_total)
		st = history_each(txn, t->number, 0, stats_add_event, s, err);
	if (t->merged_into)
		return st;
	part_add(s->all, t);
	part_add(part_of(s->queues, t->queue ? t->queue : ""), t);
	part_add(part_of(s->agents, t->agent ? t->agent : ""), t);
	stats_add_promise(s->promises, t);
	s->undelivered += t->undelivered;
	return st;
}

static enum status add_outgoing(
	struct txn *txn, const struct outgoing *o, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	((struct stats *)arg)->outbox[o->state]++;
	return ST_OK;
}

/* A ticket is changed after it was opened: nothing older than `since` need be read. All of them
 * come fastest in the order they lie in. */
enum status stats_collect(struct txn *txn, void *arg, struct error *err)
{
	struct stats *s = arg;
	const struct ticket_filter filter = { .statuses = ~0U, .priority = -1, .since = s->since };
	enum status st = s->since ? tickets_list(txn, &filter, add_ticket, s, err)
				  : tickets_each(txn, add_ticket, s, err);

	part_sort(s->all);
	if (st == ST_OK)
		st = answers_totals(txn, g_get_real_time(), &s->answers, err);
	return st == ST_OK ? outbox_each(txn, add_outgoing, s, err) : st;
}

static gint stats_by_name(gconstpointer a, gconstpointer b)
{
	const char *x = ((const struct stats_part *)a)->name,
		   *y = ((const struct stats_part *)b)->name;

	return *x && *y ? strcmp(x, y) : !*x - !*y;
}

GList *stats_sorted(GHashTable *parts)
{
	GList *list = g_list_sort(g_hash_table_get_values(parts), stats_by_name);

	for (GList *l = list; l; l = l->next)
		part_sort(l->data);
	return list;
}

static gint stats_by_first_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GList *stats_sorted_by_name(GHashTable *named)
{
	return g_list_sort(g_hash_table_get_values(named), stats_by_first_name);
}

void stats_init(struct stats *s, const struct cli *cli)
{
	*s = (struct stats){ .cli = cli, .all = part_new("") };
	s->queues = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, part_free);
	s->agents = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, part_free);
	s->promises = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, promise_free);
	s->automations = g_hash_table_new_full(
		g_str_hash, g_str_equal, NULL, stats_automation_free);
}

void stats_release(struct stats *s)
{
	part_free(s->all);
	g_hash_table_unref(s->queues);
	g_hash_table_unref(s->agents);
	g_hash_table_unref(s->promises);
	g_hash_table_unref(s->automations);
}
