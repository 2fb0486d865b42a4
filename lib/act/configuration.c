/* The whole configuration. */
#include "act/configuration.h"

#include "act/automation.h"
#include "tables/queries.h"

enum status configuration_load(const char *path, struct settings **settings_out, struct error *err)
{
	struct settings *settings = NULL;
	enum status st = settings_load(path, &settings, err);

	for (guint i = 0; st == ST_OK && i < settings->automations->len; i++)
		st = automation_check(settings, settings->automations->pdata[i], err);
	if (st == ST_OK)
		*settings_out = settings;
	else
		settings_unref(settings);
	return st;
}

static enum status configuration_read(struct txn *txn, void *arg, struct error *err)
{
	queries_release(arg);
	return queries_load(txn, arg, err);
}

enum status configuration_bind(
	struct settings *settings, struct store *store, GPtrArray **doubts_out, struct error *err)
{
	struct saved_queries saved = { 0 };
	GPtrArray *doubts = NULL;
	enum status st = ST_OK;

	if (settings->unbound) {
		st = store_read(store, configuration_read, &saved, err);
		if (st == ST_OK)
			doubts = settings_bind(
				settings, (const struct saved_query *)saved.list->data);
		queries_release(&saved);
	}
	if (doubts_out)
		*doubts_out = doubts;
	else if (doubts)
		g_ptr_array_unref(doubts);
	return st;
}
