/* Who is an agent, for when nobody can be asked. */
#include "tables/agents-known.h"

#include <pthread.h>

#include "base/address.h"
#include "tables/agents.h"

struct agents_known {
	pthread_mutex_t lock;
	GHashTable *names; /* char *; NULL: never read */
};

struct agents_known *agents_known_new(void)
{
	struct agents_known *known = g_new0(struct agents_known, 1);

	pthread_mutex_init(&known->lock, NULL);
	return known;
}

static void known_replace(struct agents_known *known, GHashTable *names)
{
	GHashTable *before;

	pthread_mutex_lock(&known->lock);
	before = known->names;
	known->names = names;
	pthread_mutex_unlock(&known->lock);
	if (before)
		g_hash_table_unref(before);
}

void agents_known_free(struct agents_known *known)
{
	if (!known)
		return;
	known_replace(known, NULL);
	pthread_mutex_destroy(&known->lock);
	g_free(known);
}

static enum status known_add_agent(
	struct txn *txn, const struct agent *agent, void *names, struct error *err)
{
	(void)txn;
	(void)err;
	g_hash_table_add(names, g_strdup(agent->login));
	for (char **a = agent->addresses; a && *a; a++)
		g_hash_table_add(names, g_strdup(*a));
	return ST_OK;
}

static enum status known_read(struct txn *txn, void *names, struct error *err)
{
	g_hash_table_remove_all(names);
	return agents_each(txn, known_add_agent, names, err);
}

enum status agents_known_refresh(struct agents_known *known, struct store *store, struct error *err)
{
	GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	enum status st = store_read(store, known_read, names, err);

	if (st == ST_OK)
		known_replace(known, names);
	else
		g_hash_table_unref(names);
	return st;
}

bool agents_known_may_be(struct agents_known *known, const char *login_or_address)
{
	g_autofree char *login = NULL, *canonical = NULL;
	bool may;

	if (!login_or_address || !*login_or_address)
		return false;
	login = g_ascii_strdown(login_or_address, -1);
	address_canonical(login_or_address, &canonical);
	pthread_mutex_lock(&known->lock);
	may = !known->names || g_hash_table_contains(known->names, login) ||
		(canonical && g_hash_table_contains(known->names, canonical));
	pthread_mutex_unlock(&known->lock);
	return may;
}
