/* A graph of addresses, walked against its direction. */
#include "doctor-aliases.h"

#include <string.h>

struct aliases {
	bool (*is_local)(const char *domain, void *arg);
	void *arg;
	GHashTable *keys_of; /* target → GPtrArray of keys; "name@" is a user of this host */
};

struct aliases *aliases_new(bool (*is_local)(const char *domain, void *arg), void *arg)
{
	struct aliases *aliases = g_new0(struct aliases, 1);

	aliases->is_local = is_local;
	aliases->arg = arg;
	aliases->keys_of = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	return aliases;
}

void aliases_free(struct aliases *aliases)
{
	g_hash_table_unref(aliases->keys_of);
	g_free(aliases);
}

/* "Support@Example.com" → "support@example.com", or "support@" where that domain is of this host.
 * Owned. */
static char *node_of(const struct aliases *aliases, const char *text)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);
	char *at = strrchr(g_strstrip(lower), '@');

	if (!at)
		return g_strconcat(lower, "@", NULL);
	if (at > lower && aliases->is_local(at + 1, aliases->arg))
		at[1] = '\0';
	return g_steal_pointer(&lower);
}

static bool is_address_or_name(const char *target)
{
	return *target && !strchr("|/:\\", *target);
}

void aliases_add(struct aliases *aliases, const char *key, const char *targets)
{
	g_autofree char *from = node_of(aliases, key);
	g_auto(GStrv) words = g_strsplit(targets, ",", -1);

	for (char **word = words; *word; word++) {
		g_autofree char *to = node_of(aliases, g_strdelimit(*word, "\"", ' '));
		GPtrArray *keys = g_hash_table_lookup(aliases->keys_of, to);

		if (!is_address_or_name(g_strstrip(*word)) || strcmp(from, to) == 0)
			continue;
		if (!keys) {
			keys = g_ptr_array_new_with_free_func(g_free);
			g_hash_table_insert(aliases->keys_of, g_strdup(to), keys);
		}
		g_ptr_array_add(keys, g_strdup(from));
	}
}

static void aliases_walk(const struct aliases *aliases, const char *node, GHashTable *seen)
{
	const GPtrArray *keys = g_hash_table_lookup(aliases->keys_of, node);

	for (guint i = 0; keys && i < keys->len; i++)
		if (g_hash_table_add(seen, keys->pdata[i]))
			aliases_walk(aliases, keys->pdata[i], seen);
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *aliases_leading_to(
	const struct aliases *aliases, const char *address, const char *domain)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *node = node_of(aliases, address);
	GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter each;
	void *key;

	aliases_walk(aliases, node, seen);
	g_hash_table_remove(seen, node);
	g_hash_table_iter_init(&each, seen);
	while (g_hash_table_iter_next(&each, &key, NULL))
		g_ptr_array_add(
			found, g_strconcat(key, g_str_has_suffix(key, "@") ? domain : "", NULL));
	g_ptr_array_sort(found, by_text);
	return found;
}
