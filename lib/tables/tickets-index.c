/* The index rows of a ticket: which there are, and keeping them. */
#include "tables/tickets-index.h"

#include <string.h>

#include "base/hash.h"

enum { AT_ACTIVITY = 1 + 4 + 1, AT_NUMBER = AT_ACTIVITY + 8 };

static uint32_t index_hash(const char *s)
{
	uint32_t hash = HASH_QUICK_START;

	for (; *s; s++)
		hash = hash_quick(hash, (uint8_t)*s);
	return hash;
}

void index_list_key(struct key *key, enum index_kind kind, const char *value, bool active)
{
	key_init(key);
	key_u8(key, (uint8_t)kind);
	key_u32(key, index_hash(value ? value : ""));
	key_u8(key, active);
}

int64_t index_activity(struct bytes key)
{
	return (int64_t)key_read_u64(key, AT_ACTIVITY);
}

uint64_t index_number(struct bytes key)
{
	size_t offset = AT_NUMBER;

	return key_read_number(key, &offset);
}

static void index_add(
	GPtrArray *keys, const struct ticket *t, enum index_kind kind, const char *value)
{
	struct key *key = g_new(struct key, 1);

	index_list_key(key, kind, value, ticket_status_active(t->status));
	key_u64(key, (uint64_t)t->updated);
	key_number(key, t->number);
	g_ptr_array_add(keys, key);
}

GPtrArray *index_keys(const struct ticket *t)
{
	GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);

	index_add(keys, t, INDEX_STATUS, ticket_status_names[t->status]);
	index_add(keys, t, INDEX_QUEUE, t->queue);
	for (char **w = t->watchers; w && *w; w++)
		index_add(keys, t, INDEX_QUEUE, *w);
	if (t->agent)
		index_add(keys, t, INDEX_AGENT, t->agent);
	if (t->project && *t->project)
		index_add(keys, t, INDEX_PROJECT, t->project);
	if (t->requester_address)
		index_add(keys, t, INDEX_REQUESTER, t->requester_address);
	if (t->undelivered)
		index_add(keys, t, INDEX_UNDELIVERED, "");
	for (char **tag = t->tags; tag && *tag; tag++)
		index_add(keys, t, INDEX_TAG, *tag);
	return keys;
}

bool keys_have(GPtrArray *keys, struct bytes key)
{
	for (unsigned i = 0; keys && i < keys->len; i++) {
		const struct key *k = g_ptr_array_index(keys, i);

		if (k->len == key.len && memcmp(k->data, key.data, key.len) == 0)
			return true;
	}
	return false;
}

static enum status delete_others(struct txn *txn, GPtrArray *keys, GPtrArray *kept)
{
	for (unsigned i = 0; keys && i < keys->len; i++) {
		const struct key *key = g_ptr_array_index(keys, i);
		enum status st = keys_have(kept, key_bytes(key))
			? ST_OK
			: txn_delete(txn, TABLE_INDEX, key_bytes(key));

		if (st != ST_OK && st != ST_NOT_FOUND)
			return st;
	}
	return ST_OK;
}

static enum status put_others(struct txn *txn, GPtrArray *keys, GPtrArray *there)
{
	for (unsigned i = 0; keys && i < keys->len; i++) {
		const struct key *key = g_ptr_array_index(keys, i);
		enum status st = keys_have(there, key_bytes(key))
			? ST_OK
			: txn_put(txn, TABLE_INDEX, key_bytes(key), (struct bytes){ "", 0 });

		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

bool due_key(struct key *key, const struct ticket *t)
{
	key_init(key);
	key_u64(key, (uint64_t)t->wait_until);
	key_number(key, t->number);
	return t->wait_until != 0;
}

uint64_t due_number(struct bytes key)
{
	size_t offset = 8;

	return key_read_number(key, &offset);
}

static enum status move_due(
	struct txn *txn, const struct ticket *before, const struct ticket *after)
{
	enum status st = ST_OK;
	struct key key;

	if (before && after && before->wait_until == after->wait_until)
		return ST_OK;
	if (before && due_key(&key, before))
		st = txn_delete(txn, TABLE_DUE, key_bytes(&key));
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	return after && due_key(&key, after)
		? txn_put(txn, TABLE_DUE, key_bytes(&key), (struct bytes){ "", 0 })
		: ST_OK;
}

enum status index_move(struct txn *txn, const struct ticket *before, const struct ticket *after)
{
	g_autoptr(GPtrArray) old = before ? index_keys(before) : NULL;
	g_autoptr(GPtrArray) new = after ? index_keys(after) : NULL;
	enum status st = delete_others(txn, old, new);

	if (st == ST_OK)
		st = put_others(txn, new, old);
	return st == ST_OK ? move_due(txn, before, after) : st;
}
