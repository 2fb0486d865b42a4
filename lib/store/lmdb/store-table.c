/* Where the rows of a table are. Tables share trees, so that a commit writes few pages: a ticket
 * lies with its messages, and what else a message changes has the upper pages in common. Events
 * have a tree of their own: between messages they would leave pages half full. In its tree a
 * table's key has one byte more, the table's mark: in front, or, where keys begin with a ticket's
 * number, at the end: a ticket's messages lie in order, each with its text. (A new one comes to the
 * end, and a page that is written to at its end is left full.) */
#include "store/lmdb/store-engine.h"

#include <string.h>

enum { TREE_THREADS, TREE_EVENTS, TREE_ROWS };

static const struct {
	int tree;
	guint8 mark;
} tables[TABLE_COUNT] = {
#define TABLE(id, tree, mark) [TABLE_##id] = { TREE_##tree, mark },
#include "store/tables.def"
};

const char *const engine_tree_names[ENGINE_TREES] = {
	[TREE_THREADS] = "threads", [TREE_EVENTS] = "events", [TREE_ROWS] = "rows"
};

const char *engine_tree_name(enum store_table table)
{
	return engine_tree_names[tables[table].tree];
}

MDB_dbi engine_tree(const struct lmdb *store, enum store_table table)
{
	return store->trees[tables[table].tree];
}

/* Is the mark at the end of the key, or in front? */
static bool marks_end(enum store_table table)
{
	return tables[table].tree != TREE_ROWS;
}

/* Does it begin with a whole number? */
static bool has_number(struct bytes key)
{
	return key.len > *(const guint8 *)key.data;
}

bool engine_tree_key(enum store_table table, struct bytes key, struct tree_key *out)
{
	bool at_end = marks_end(table);

	if (key.len == 0 || key.len > STORE_KEY_MAX || (at_end && !has_number(key)))
		return false;
	memcpy(out->data + !at_end, key.data, key.len);
	out->data[at_end ? key.len : 0] = tables[table].mark;
	out->len = key.len + 1;
	return true;
}

bool engine_tree_prefix(enum store_table table, struct bytes prefix, struct tree_key *out)
{
	bool at_end = marks_end(table);

	if (prefix.len > STORE_KEY_MAX || (at_end && prefix.len && !has_number(prefix)))
		return false;
	if (prefix.len)
		memcpy(out->data + !at_end, prefix.data, prefix.len);
	if (!at_end)
		out->data[0] = tables[table].mark;
	out->len = prefix.len + !at_end;
	return true;
}

bool engine_is_of(enum store_table table, const MDB_val *key)
{
	const guint8 *data = key->mv_data;

	return data[marks_end(table) ? key->mv_size - 1 : 0] == tables[table].mark;
}

struct bytes engine_key(enum store_table table, const struct tree_key *key)
{
	return (struct bytes){ key->data + !marks_end(table), key->len - 1 };
}
