/* Automations and time. */
#include "decide/automating.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#define AUTOMATING_DAY (INT64_C(86400) * TEXT_SECOND)

const struct automation *automating_find(const struct settings *settings, const char *name)
{
	for (guint i = 0; i < settings->automations->len; i++) {
		const struct automation *a = settings->automations->pdata[i];

		if (strcmp(a->name, name) == 0)
			return a;
	}
	return NULL;
}

/* --- stays --- */

bool automating_has_run(const struct automation *a, const struct ticket *t)
{
	return text_list_has(t->automated, a->name);
}

void automating_mark(const struct automation *a, struct ticket *t)
{
	if (!automating_has_run(a, t))
		text_list_add(&t->automated, a->name);
}

void automating_unmark(const struct automation *a, struct ticket *t)
{
	text_list_remove(t->automated, a->name);
}

static enum query_truth automating_ask(
	const struct automation *a, const struct ticket *t, int64_t now, bool timeless)
{
	const struct query_asking asking = { .ticket = t, .now = now, .timeless = timeless };

	return query_ask(a->condition, &asking);
}

/* Those of automations that are gone, too. */
static void automating_end_stays(const struct settings *settings, struct ticket *t, int64_t now)
{
	char **kept = NULL;

	for (char **name = t->automated; name && *name; name++) {
		const struct automation *a = automating_find(settings, *name);

		if (a && automating_ask(a, t, now, true) != QUERY_NO)
			text_list_add(&kept, *name);
	}
	g_strfreev(t->automated);
	t->automated = kept;
}

/* --- when --- */

bool automating_is_open(const struct automation *a, int64_t now)
{
	return !a->hours || calendar_is_open(a->hours, now);
}

/* When it opens; 0: never. */
static int64_t automating_opens(const struct automation *a, int64_t at)
{
	int64_t open = at;

	if (at && !automating_is_open(a, at))
		open = calendar_after(a->hours, at, 1, BUSINESS_HOURS);
	return open == INT64_MAX ? 0 : open;
}

/* One that has run is looked at only to see whether its stay has ended, where messages tell it. */
static int64_t automating_look_again(
	const struct automation *a, const struct ticket *t, int64_t now, bool looked)
{
	return !looked && automating_ask(a, t, now, true) == QUERY_MAYBE ? now : 0;
}

/* 0: never, as the ticket is. */
static int64_t automating_next(
	const struct automation *a, const struct ticket *t, int64_t now, bool looked)
{
	const struct query_asking asking = { .ticket = t, .now = now };
	enum query_truth truth = automating_ask(a, t, now, false);

	if (automating_has_run(a, t))
		return automating_look_again(a, t, now, looked);
	if (truth == QUERY_YES || (truth == QUERY_MAYBE && !looked))
		return automating_opens(a, now);
	if (automating_ask(a, t, now, true) == QUERY_NO)
		return 0;
	return automating_opens(a, query_turns(a->condition, &asking));
}

/* --- the bound --- */

static int64_t automating_day(int64_t now)
{
	return now - now % AUTOMATING_DAY;
}

/* Of today. */
static uint64_t automating_counted(const struct ticket *t, int64_t now)
{
	return t->automation_day == automating_day(now) ? t->automation_count : 0;
}

bool automating_count(struct ticket *t, int64_t now)
{
	uint64_t count = automating_counted(t, now);

	if (count >= LIMIT_AUTOMATION_ACTIONS)
		return false;
	t->automation_day = automating_day(now);
	t->automation_count = count + 1;
	t->automation_total++;
	return true;
}

void automating_stop(struct ticket *t, int64_t now)
{
	t->automation_stopped = now;
	t->automation_count = LIMIT_AUTOMATION_ACTIONS + 1;
}

bool automating_is_stopped(const struct ticket *t)
{
	return t->automation_stopped && ticket_touched(t) <= t->automation_stopped;
}

void automating_plan(const struct settings *settings, struct ticket *t, int64_t now, bool looked)
{
	int64_t first = 0;

	automating_end_stays(settings, t, now);
	t->automation_at = 0;
	if (t->automation_stopped && !automating_is_stopped(t))
		t->automation_stopped = 0;
	if (t->merged_into || automating_is_stopped(t))
		return;
	for (guint i = 0; i < settings->automations->len; i++) {
		int64_t next = automating_next(settings->automations->pdata[i], t, now, looked);

		if (next && (!first || next < first))
			first = next;
	}
	/* They were stopped today, which is told once. */
	if (first && automating_counted(t, now) > LIMIT_AUTOMATION_ACTIONS)
		first = MAX(first, automating_day(now) + AUTOMATING_DAY);
	t->automation_at = first;
}

bool automating_concerns(const struct settings *settings, const struct ticket *t, int64_t now)
{
	bool concerns = t->automation_at || t->automated;

	for (guint i = 0; i < settings->automations->len && !concerns && !t->merged_into; i++)
		concerns = automating_ask(settings->automations->pdata[i], t, now, true) !=
			QUERY_NO;
	return concerns;
}
