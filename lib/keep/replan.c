/* See replan.h. */
#include "keep/replan.h"

#include <string.h>

#include "base/failpoint.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/tongue.h"
#include "decide/automating.h"
#include "decide/promise.h"
#include "tables/queues.h"
#include "tables/tickets.h"

enum { WRITTEN_AT_ONCE = 50, READ_AT_ONCE = 5000 };

static const struct bytes replan_key = { "promises", 8 };

/* What is to be done, and what one step of it finds. */
struct replan_run {
	const struct settings *settings;
	struct replan *replan;
	int64_t now;
	uint64_t next; /* the first number that has not been looked at; 0: all have been */
	uint64_t last;
	unsigned looked, count;
	struct numbers found;
	bool behind; /* the store's plan is another */
};

/* --- the plan --- */

static void plan_add(struct hash *hash, const char *text)
{
	hash_add(hash, text, strlen(text) + 1);
}

static enum status plan_add_queue(
	struct txn *txn, const struct queue *queue, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	if (queue->calendar) {
		plan_add(arg, queue->name);
		plan_add(arg, queue->calendar);
	}
	return ST_OK;
}

static void plan_add_calendars(struct hash *hash, const struct settings *settings)
{
	for (guint i = 0; i < settings->calendars->len; i++) {
		const struct business_setting *b = settings->calendars->pdata[i];

		plan_add(hash, b->name);
		plan_add(hash, b->zone);
		calendar_hash(b->calendar, hash);
	}
}

static void plan_add_slas(struct hash *hash, const struct settings *settings)
{
	for (guint i = 0; i < settings->slas->len; i++) {
		const struct sla *sla = settings->slas->pdata[i];
		g_autofree char *percent = g_strdup_printf(
			"%" G_GINT64_FORMAT, (gint64)sla->warn_percent);
		const char *const texts[] = { sla->name, sla->when, sla->calendar, sla->respond,
			sla->update, sla->resolve, percent };

		for (size_t t = 0; t < G_N_ELEMENTS(texts); t++)
			plan_add(hash, texts[t]);
	}
}

static void plan_add_automations(struct hash *hash, const struct settings *settings)
{
	for (guint i = 0; i < settings->automations->len; i++) {
		const struct automation *a = settings->automations->pdata[i];

		plan_add(hash, a->name);
		plan_add(hash, a->when);
		plan_add(hash, a->calendar);
	}
}

/* "" when nothing is promised or done by itself, as in a store that nobody ever planned. */
static enum status plan_make(struct txn *txn, struct replan_run *run, struct error *err)
{
	char hex[HASH_HEX] = "";
	struct hash hash;
	enum status st;

	hash_init(&hash);
	plan_add_calendars(&hash, run->settings);
	plan_add_slas(&hash, run->settings);
	st = queues_each(txn, plan_add_queue, &hash, err);
	plan_add_automations(&hash, run->settings);
	if (run->settings->bound)
		plan_add(&hash, run->settings->bound);
	if (run->settings->slas->len || run->settings->automations->len)
		hash_get_hex(&hash, hex);
	g_free(run->replan->plan);
	run->replan->plan = g_strdup(hex);
	return st;
}

/* "PLAN NEXT" */
static enum status plan_read(struct txn *txn, struct replan_run *run, struct error *err)
{
	struct bytes value = { "", 0 };
	enum status st = txn_get(txn, TABLE_META, replan_key, &value);
	g_autofree char *text = g_strndup(value.data, value.len);
	char *rest = strchr(text, ' ');

	if (st != ST_OK && st != ST_NOT_FOUND)
		return error_set(err, st, _("cannot read what is promised: %s"), txn_reason(txn));
	if (rest)
		*rest++ = '\0';
	run->behind = strcmp(text, run->replan->plan) != 0;
	run->next = rest && !run->behind ? g_ascii_strtoull(rest, NULL, 10) : run->behind;
	return ST_OK;
}

static enum status plan_write(
	struct txn *txn, const struct replan_run *run, uint64_t next, struct error *err)
{
	g_autofree char *text = g_strdup_printf("%s %" PRIu64, run->replan->plan, next);
	enum status st = txn_put(txn, TABLE_META, replan_key, (struct bytes){ text, strlen(text) });

	return st == ST_OK
		? st
		: error_set(err, st, _("cannot write what is promised: %s"), txn_reason(txn));
}

/* --- tickets --- */

static bool replan_promises(const struct ticket *t)
{
	return ticket_status_active(t->status) && !t->merged_into;
}

static bool replan_concerns(const struct replan_run *run, const struct ticket *t)
{
	return replan_promises(t) || automating_concerns(run->settings, t, run->now);
}

static enum status replan_find(
	struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct replan_run *run = arg;

	(void)txn;
	(void)err;
	run->last = t->number;
	run->looked++;
	if (replan_concerns(run, t))
		numbers_add(&run->found, t->number);
	return run->found.n < WRITTEN_AT_ONCE && run->looked < READ_AT_ONCE ? ST_OK : ST_NOT_FOUND;
}

static enum status replan_look(struct txn *txn, void *arg, struct error *err)
{
	struct replan_run *run = arg;
	enum status st = plan_make(txn, run, err);

	g_clear_pointer(&run->found.v, g_free);
	run->found.n = run->looked = run->last = 0;
	if (st == ST_OK)
		st = plan_read(txn, run, err);
	if (st == ST_OK && run->next)
		st = tickets_each_from(txn, run->next, replan_find, run, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* It was not promised when it became late. */
static void replan_excuse(struct ticket *t, const struct promise *promise, int64_t now)
{
	struct promise_deadline deadlines[PROMISE_DEADLINES];

	promise_deadlines(t, promise, deadlines);
	for (size_t i = 0; i < PROMISE_DEADLINES; i++) {
		const struct promise_deadline *d = &deadlines[i];

		if (d->by && d->by <= now)
			t->told |= d->missed | d->warned;
		if (d->warn && d->warn <= now)
			t->told |= d->warned;
	}
	promise_plan(t, promise, now);
}

enum status replan_promise(struct txn *txn, const struct settings *settings, struct ticket *t,
	int64_t now, struct error *err)
{
	bool new = !t->sla;
	struct promise promise;
	enum status st = promise_keep(txn, settings, t, now, err);

	if (st != ST_OK || !new)
		return st;
	st = promise_find(txn, settings, t, now, &promise, err);
	if (st == ST_OK)
		replan_excuse(t, &promise, now);
	return st;
}

static enum status replan_one(
	struct txn *txn, struct replan_run *run, uint64_t number, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, number, &t, err);

	if (st == ST_OK && replan_concerns(run, &t)) {
		st = replan_promises(&t) ? replan_promise(txn, run->settings, &t, run->now, err)
					 : ST_OK;
		automating_plan(run->settings, &t, run->now, false);
		if (st == ST_OK)
			st = tickets_save(txn, &t, err);
		run->count += st == ST_OK;
	}
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status replan_write(struct txn *txn, void *arg, struct error *err)
{
	struct replan_run *run = arg;
	bool end = run->looked < READ_AT_ONCE && run->found.n < WRITTEN_AT_ONCE;
	enum status st = ST_OK;

	run->count = 0;
	for (size_t i = 0; i < run->found.n && st == ST_OK; i++)
		st = replan_one(txn, run, run->found.v[i], err);
	if (st == ST_OK)
		st = plan_write(txn, run, end ? 0 : run->last + 1, err);
	failpoint("replan-before-commit");
	return st;
}

enum status replan_step(struct store *store, const struct settings *settings, struct replan *replan,
	int64_t now, unsigned *count_out, struct error *err)
{
	struct replan_run run = { .settings = settings, .replan = replan, .now = now };
	enum status st = replan->done ? ST_OK : store_read(store, replan_look, &run, err);

	if (st == ST_OK && !run.next)
		replan->done = true;
	else if (st == ST_OK)
		st = store_write(store, replan_write, &run, err);
	g_free(run.found.v);
	*count_out = run.count;
	return st;
}

void replan_reset(struct replan *replan)
{
	g_clear_pointer(&replan->plan, g_free);
	replan->done = false;
}
