/* Automations, as far as the settings alone can tell: what their actions are, act/configuration.h
 * looks at. */
#include <string.h>

#include "base/limits.h"
#include "base/tongue.h"
#include "settings/settings-loader.h"

static enum status automation_fail(
	struct loader *loader, const struct automation *a, const char *member, const char *why)
{
	g_autofree char *key = g_strconcat("automations.", member, NULL);

	return loader_fail(loader, loader_node(loader, a, member), key, "%s", why);
}

static enum status automation_name(struct loader *loader, struct automation *a)
{
	const GPtrArray *all = loader->settings->automations;

	if (!*a->name)
		return automation_fail(
			loader, a, "name", _("expected a name such as \"nudge\", found none"));
	for (guint i = 0; all->pdata[i] != a; i++)
		if (strcmp(((const struct automation *)all->pdata[i])->name, a->name) == 0)
			return automation_fail(loader, a, "name", _("expected each name once"));
	return ST_OK;
}

static enum status automation_calendar(struct loader *loader, struct automation *a)
{
	if (!*a->calendar)
		return ST_OK;
	a->hours = settings_calendar(loader->settings, a->calendar);
	return a->hours
		? ST_OK
		: automation_fail(loader, a, "calendar", _("expected the name of a calendar"));
}

static enum status automation_actions(struct loader *loader, struct automation *a)
{
	guint n = a->actions ? g_strv_length(a->actions) : 0;

	a->where = loader_where(loader, loader_node(loader, a, "do"));
	if (n == 0 || n > LIMIT_AUTOMATION_ACTIONS)
		return automation_fail(
			loader, a, "do", _("expected one to ten commands such as \"close\""));
	return ST_OK;
}

enum status loader_automations(struct loader *loader)
{
	static enum status (*const steps[])(
		struct loader *, struct automation *) = { automation_name,
		loader_automation_condition, automation_calendar, automation_actions };
	const GPtrArray *all = loader->settings->automations;
	enum status st = ST_OK;

	for (guint i = 0; i < all->len; i++)
		for (size_t step = 0; st == ST_OK && step < G_N_ELEMENTS(steps); step++)
			st = steps[step](loader, all->pdata[i]);
	return st;
}
