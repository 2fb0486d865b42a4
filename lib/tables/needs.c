/* What the settings name, looked for where it is. */
#include "tables/needs.h"

#include <string.h>

#include "model/record.h"
#include "tables/agents.h"
#include "tables/queries.h"
#include "tables/queues.h"

static enum status queue_is_there(struct txn *txn, const char *name, struct error *err)
{
	struct queue queue = { 0 };
	enum status st = queues_load(txn, name, &queue, err);

	record_release(&queue_type, &queue);
	return st;
}

static enum status agent_is_there(struct txn *txn, const char *login, struct error *err)
{
	struct agent agent = { 0 };
	enum status st = agents_find(txn, login, &agent, err);

	record_release(&agent_type, &agent);
	return st;
}

static enum status query_is_there(struct txn *txn, const char *name, struct error *err)
{
	struct saved_queries saved = { 0 };
	enum status st = queries_load(txn, &saved, err);
	bool is = false;

	for (guint i = 0; st == ST_OK && i < saved.shared->len && !is; i++)
		is = strcmp(((const struct shared_query *)saved.shared->pdata[i])->name, name) == 0;
	queries_release(&saved);
	return st == ST_OK && !is ? ST_NOT_FOUND : st;
}

struct search {
	const struct settings *settings;
	bool unseen;
	GPtrArray *unmet;
};

/* ST_NOT_FOUND, or ST_OK for what is not the store's, too. */
static enum status is_there(struct txn *txn, const struct search *search,
	const struct setting_need *need, struct error *err)
{
	if (!settings_need_met(search->settings, need))
		return ST_NOT_FOUND;
	if (need->kind < NEEDS_QUEUE)
		return ST_OK;
	if (!txn)
		return search->unseen ? ST_OK : ST_NOT_FOUND;
	if (need->kind == NEEDS_QUERY)
		return query_is_there(txn, need->value, err);
	return need->kind == NEEDS_QUEUE ? queue_is_there(txn, need->value, err)
					 : agent_is_there(txn, need->value, err);
}

static enum status needs_look(struct txn *txn, void *arg, struct error *err)
{
	const struct search *search = arg;
	const GPtrArray *needs = search->settings->needs;

	g_ptr_array_set_size(search->unmet, 0);
	for (guint i = 0; i < needs->len; i++) {
		enum status st = is_there(txn, search, needs->pdata[i], err);

		if (st == ST_NOT_FOUND)
			g_ptr_array_add(search->unmet, needs->pdata[i]);
		else if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

enum status needs_unmet(const struct settings *settings, struct store *store, bool unseen,
	GPtrArray **unmet_out, struct error *err)
{
	struct search search = { settings, unseen, g_ptr_array_new() };
	enum status st = store ? store_read(store, needs_look, &search, err)
			       : needs_look(NULL, &search, err);

	if (st == ST_OK)
		*unmet_out = search.unmet;
	else
		g_ptr_array_unref(search.unmet);
	return st;
}
