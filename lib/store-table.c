/* Where the rows of a table are. Tables share trees, so that a commit writes few pages: a ticket lies with its messages, and what else a
 * message changes has the upper pages in common. Events have a tree of their own: between messages they would leave pages half full. In its
 * tree a table's key has one byte more, the table's mark: behind the ticket's number, or in front. */
#include "store-engine.h"

#include <string.h>

enum { TREE_THREADS, TREE_EVENTS, TREE_ROWS };

static const struct {
	int tree;
	guint8 mark;
} tables[TABLE_COUNT] = {
	[TABLE_TICKETS] = { TREE_THREADS, 0 },
	[TABLE_ENTRIES] = { TREE_THREADS, 'e' },
	[TABLE_TEXTS] = { TREE_THREADS, 't' },
	[TABLE_EVENTS] = { TREE_EVENTS, 'v' },
	/* The newest rows of the log are beside the counters, which change as often. */
	[TABLE_LOG] = { TREE_ROWS, 'l' },
	[TABLE_META] = { TREE_ROWS, 'm' },
	[TABLE_IDS] = { TREE_ROWS, 'n' },
	[TABLE_DIGESTS] = { TREE_ROWS, 'o' },
	[TABLE_INDEX] = { TREE_ROWS, 'p' },
	[TABLE_DUE] = { TREE_ROWS, 'q' },
	[TABLE_QUEUES] = { TREE_ROWS, 'r' },
	[TABLE_AGENTS] = { TREE_ROWS, 's' },
	[TABLE_AGENT_ADDRESSES] = { TREE_ROWS, 't' },
	[TABLE_OUTBOX] = { TREE_ROWS, 'u' },
	[TABLE_OUTBOX_MAIL] = { TREE_ROWS, 'v' },
	[TABLE_OUTBOX_DUE] = { TREE_ROWS, 'w' },
	[TABLE_ANSWERED] = { TREE_ROWS, 'x' },
};

const char *const engine_tree_names[ENGINE_TREES] = { [TREE_THREADS] = "threads", [TREE_EVENTS] = "events", [TREE_ROWS] = "rows" };

const char *engine_tree_name(enum store_table table)
{
	return engine_tree_names[tables[table].tree];
}

MDB_dbi engine_tree(const struct store *store, enum store_table table)
{
	return store->trees[tables[table].tree];
}

/* Before how many bytes of a table's key its mark is. What begins with a number says itself how long that is. */
static size_t mark_at(enum store_table table, const guint8 *key)
{
	return tables[table].tree != TREE_ROWS ? 1u + key[0] : 0;
}

bool engine_tree_key(enum store_table table, struct bytes key, struct tree_key *out)
{
	size_t at = key.len ? mark_at(table, key.data) : 0;

	if (key.len == 0 || key.len > STORE_KEY_MAX || at > key.len)
		return false;
	memcpy(out->data, key.data, at);
	out->data[at] = tables[table].mark;
	memcpy(out->data + at + 1, (const guint8 *)key.data + at, key.len - at);
	out->len = key.len + 1;
	return true;
}

bool engine_tree_prefix(enum store_table table, struct bytes prefix, struct tree_key *out)
{
	if (prefix.len)
		return engine_tree_key(table, prefix, out);
	out->data[0] = tables[table].mark;
	out->len = tables[table].tree == TREE_ROWS;
	return true;
}

bool engine_is_of(enum store_table table, const MDB_val *key)
{
	const guint8 *data = key->mv_data;
	size_t at = mark_at(table, data);

	return at < key->mv_size && data[at] == tables[table].mark;
}

size_t engine_is_behind(enum store_table table, const MDB_val *key)
{
	const guint8 *data = key->mv_data;
	size_t at = mark_at(table, data);

	return at < key->mv_size && data[at] > tables[table].mark ? at : 0;
}

struct bytes engine_key(enum store_table table, const struct tree_key *key, guint8 key_out[STORE_KEY_MAX])
{
	size_t at = mark_at(table, key->data);

	if (at == 0)
		return (struct bytes){ key->data + 1, key->len - 1 };
	memcpy(key_out, key->data, at);
	memcpy(key_out + at, key->data + at + 1, key->len - at - 1);
	return (struct bytes){ key_out, key->len - 1 };
}
