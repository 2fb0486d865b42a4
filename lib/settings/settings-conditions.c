/* Conditions of promises and automations. What they name of the saved queries is in the store,
 * which nobody has when the file is read: they hold for no ticket until they are bound. */
#include "base/tongue.h"
#include "settings/settings-loader.h"

/* What is wrong with it as a condition of that kind; NULL: nothing. To be translated. */
typedef const char *condition_fits(const struct query_tree *condition);

/* It is asked when there is no time to look at messages, and when the ticket is changed: it is not
 * noticed where time alone makes it true. */
static const char *sla_fits(const struct query_tree *condition)
{
	static const char *const of_time[] = { "idle", "age", "due", NULL };

	if (query_asks_messages(condition))
		return N_("expected a query of the ticket alone, not of its messages or texts");
	return query_names_field(condition, of_time)
		? N_("expected a query that does not change by time alone, as idle, age and due do")
		: NULL;
}

/* It runs once for a stay in its condition, times aside: where nothing can end the stay, it would
 * run once for ever, and at each ticket there ever was. */
static const char *automation_fits(const struct query_tree *condition)
{
	static const char *const can_change[] = { "status", "queue", "project", "priority", "tag",
		"agent", "requester", "subject", "is", "link", NULL };

	return query_names_field(condition, can_change)
		? NULL
		: N_("expected a condition that can end, such as status:waiting or is:open");
}

static enum status condition_parse(const char *text, const struct query_asker *asker,
	condition_fits *fits, struct query_tree **condition_out, struct error *err)
{
	struct query_tree *condition = NULL;
	enum status st = query_parse(text, asker, &condition, err);
	bool whole = !asker->later || asker->later->len == 0;
	const char *why = st == ST_OK && whole ? fits(condition) : NULL;

	if (why)
		st = error_set(err, ST_BAD_INPUT, "%s", _(why));
	if (st == ST_OK)
		*condition_out = condition;
	else
		query_free(condition);
	return st;
}

/* --- when the file is read --- */

struct condition_place {
	const char *key;
	const config_setting_t *node;
};

static enum status condition_load(struct loader *loader, const struct condition_place *place,
	const char *text, condition_fits *fits, struct query_tree **condition_out)
{
	g_autoptr(GPtrArray) later = g_ptr_array_new_with_free_func(g_free);
	const struct query_asker asker = { .later = later };
	struct error why = { "" };
	enum status st = condition_parse(text, &asker, fits, condition_out, &why);

	for (guint i = 0; i < later->len && st == ST_OK; i++) {
		struct setting_need *need = g_new0(struct setting_need, 1);

		need->kind = NEEDS_QUERY;
		need->key = place->key;
		need->value = g_strdup(later->pdata[i]);
		need->where = loader_where(loader, place->node);
		g_ptr_array_add(loader->settings->needs, need);
	}
	if (later->len && st == ST_OK) {
		query_free(*condition_out);
		*condition_out = query_never();
		loader->settings->unbound = true;
	}
	return st == ST_OK ? st : loader_fail(loader, place->node, place->key, "%s", why.text);
}

enum status loader_sla_condition(struct loader *loader, struct sla *sla)
{
	const struct condition_place place = { "slas.when", loader_node(loader, sla, "when") };

	return *sla->when ? condition_load(loader, &place, sla->when, sla_fits, &sla->condition)
			  : ST_OK;
}

enum status loader_automation_condition(struct loader *loader, struct automation *a)
{
	const struct condition_place place = { "automations.when", loader_node(loader, a, "when") };

	return condition_load(loader, &place, a->when, automation_fits, &a->condition);
}

/* --- when the store is there --- */

struct binding {
	struct query_asker asker;
	GPtrArray *doubts;
};

/* One that is no good holds for no ticket. */
static void condition_bind(const struct binding *b, const char *key, const char *text,
	condition_fits *fits, struct query_tree **condition)
{
	struct query_tree *bound = NULL;
	struct error why = { "" };

	if (condition_parse(text, &b->asker, fits, &bound, &why) != ST_OK) {
		g_ptr_array_add(b->doubts,
			g_strdup_printf(_("%s: %s; it holds for no ticket"), key, why.text));
		bound = query_never();
	}
	query_free(*condition);
	*condition = bound;
}

/* What they were bound to, so that it is known when that is another. */
static char *settings_bound(const struct saved_query *saved)
{
	GString *bound = g_string_new(NULL);

	for (; saved->name; saved++)
		g_string_append_printf(bound, "%s %s\n", saved->name, saved->text);
	return g_string_free(bound, FALSE);
}

GPtrArray *settings_bind(struct settings *settings, const struct saved_query *saved)
{
	const struct binding b = { { .saved = saved }, g_ptr_array_new_with_free_func(g_free) };

	for (guint i = 0; i < settings->slas->len; i++) {
		struct sla *sla = settings->slas->pdata[i];

		if (*sla->when)
			condition_bind(&b, "slas.when", sla->when, sla_fits, &sla->condition);
	}
	for (guint i = 0; i < settings->automations->len; i++) {
		struct automation *a = settings->automations->pdata[i];

		condition_bind(&b, "automations.when", a->when, automation_fits, &a->condition);
	}
	settings->unbound = false;
	g_free(settings->bound);
	settings->bound = settings_bound(saved);
	return b.doubts;
}
