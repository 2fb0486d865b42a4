/* See pg-rows.h. */
#include "store/postgresql/pg-rows.h"

#include <string.h>

struct rows_change {
	struct pg_row *row;
	struct bytes value;
	bool there, dirty, known;
};

/* All rows that begin with the prefix, from the lowest key on. */
struct rows_range {
	enum store_table table;
	struct bytes prefix, low;
};

struct pg_rows {
	GTree *tree;        /* struct pg_row * → itself */
	GHashTable *ranges; /* struct rows_range * → itself */
	/* Bit n of a table: it may have ranges with a prefix of n bytes; the last bit: or longer.
	 */
	uint64_t lengths[TABLE_COUNT];
	GArray *changes;    /* struct rows_change, since the mark */
	GPtrArray *dropped; /* values that were replaced since */
	size_t size;
};

/* --- the tree --- */

static int rows_compare(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct pg_row *x = a, *y = b;

	(void)data;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return bytes_compare(x->key, y->key);
}

static void rows_free_row(gpointer data)
{
	struct pg_row *row = data;

	g_free((void *)row->key.data);
	g_free((void *)row->value.data);
	g_free((void *)row->was.data);
	g_free(row);
}

static guint rows_range_hash(gconstpointer key)
{
	const struct rows_range *range = key;
	const guint8 *data = range->prefix.data;
	guint hash = (guint)range->table;

	for (size_t i = 0; i < range->prefix.len; i++)
		hash = hash * 33 + data[i];
	return hash;
}

static gboolean rows_range_equal(gconstpointer a, gconstpointer b)
{
	const struct rows_range *x = a, *y = b;

	return x->table == y->table && bytes_compare(x->prefix, y->prefix) == 0;
}

static void rows_range_free(gpointer data)
{
	struct rows_range *range = data;

	g_free((void *)range->prefix.data);
	g_free((void *)range->low.data);
	g_free(range);
}

static void rows_init(struct pg_rows *rows)
{
	rows->tree = g_tree_new_full(rows_compare, NULL, NULL, rows_free_row);
	rows->ranges = g_hash_table_new_full(
		rows_range_hash, rows_range_equal, NULL, rows_range_free);
	memset(rows->lengths, 0, sizeof rows->lengths);
	rows->changes = g_array_new(FALSE, FALSE, sizeof(struct rows_change));
	rows->dropped = g_ptr_array_new_with_free_func(g_free);
	rows->size = 0;
}

static void rows_release(struct pg_rows *rows)
{
	for (guint i = 0; i < rows->changes->len; i++)
		g_free((void *)g_array_index(rows->changes, struct rows_change, i).value.data);
	g_tree_unref(rows->tree);
	g_hash_table_unref(rows->ranges);
	g_array_unref(rows->changes);
	g_ptr_array_unref(rows->dropped);
}

struct pg_rows *pg_rows_new(void)
{
	struct pg_rows *rows = g_new0(struct pg_rows, 1);

	rows_init(rows);
	return rows;
}

void pg_rows_free(struct pg_rows *rows)
{
	if (!rows)
		return;
	rows_release(rows);
	g_free(rows);
}

void pg_rows_clear(struct pg_rows *rows)
{
	rows_release(rows);
	rows_init(rows);
}

size_t pg_rows_size(const struct pg_rows *rows)
{
	return rows->size;
}

static struct pg_row *rows_lookup(
	const struct pg_rows *rows, enum store_table table, struct bytes key)
{
	const struct pg_row like = { .table = table, .key = key };

	return g_tree_lookup(rows->tree, &like);
}

const struct pg_row *pg_rows_find(
	const struct pg_rows *rows, enum store_table table, struct bytes key)
{
	return rows_lookup(rows, table, key);
}

/* Never NULL, so that one of no bytes is there. */
static struct bytes rows_copy(struct bytes from)
{
	guint8 *data = g_malloc(from.len + 1);

	if (from.len)
		memcpy(data, from.data, from.len);
	return (struct bytes){ data, from.len };
}

static struct pg_row *rows_add(struct pg_rows *rows, enum store_table table, struct bytes key)
{
	struct pg_row *row = g_new0(struct pg_row, 1);

	row->table = table;
	row->key = rows_copy(key);
	rows->size += key.len;
	g_tree_insert(rows->tree, row, row);
	return row;
}

/* --- what is known --- */

static uint64_t rows_length_bit(size_t len)
{
	return UINT64_C(1) << MIN(len, 63);
}

void pg_rows_learn_range(
	struct pg_rows *rows, enum store_table table, struct bytes prefix, struct bytes low)
{
	struct rows_range *range = g_new(struct rows_range, 1);

	*range = (struct rows_range){ table, rows_copy(prefix), rows_copy(low) };
	g_hash_table_replace(rows->ranges, range, range);
	rows->lengths[table] |= rows_length_bit(prefix.len);
}

static bool rows_low(const struct pg_rows *rows, enum store_table table, struct bytes prefix,
	struct bytes *low_out)
{
	const struct rows_range like = { .table = table, .prefix = prefix };
	const struct rows_range *range;

	if (!(rows->lengths[table] & rows_length_bit(prefix.len)))
		return false;
	range = g_hash_table_lookup(rows->ranges, &like);
	if (range)
		*low_out = range->low;
	return range != NULL;
}

/* A shorter prefix whose rows are known from before this one on knows all of this one's. */
bool pg_rows_range(const struct pg_rows *rows, enum store_table table, struct bytes prefix,
	struct bytes *low_out)
{
	struct bytes shorter = prefix, low;

	if (rows_low(rows, table, prefix, low_out))
		return true;
	while (shorter.len-- > 0)
		if (rows_low(rows, table, shorter, &low) && bytes_compare(low, prefix) <= 0) {
			*low_out = prefix;
			return true;
		}
	return false;
}

/* By one of the ranges whose prefix the key begins with. */
static bool rows_in_range(const struct pg_rows *rows, enum store_table table, struct bytes key)
{
	for (size_t len = 0; len <= key.len; len++) {
		struct bytes low;

		if (rows_low(rows, table, (struct bytes){ key.data, len }, &low) &&
			bytes_compare(key, low) >= 0)
			return true;
	}
	return false;
}

bool pg_rows_known(const struct pg_rows *rows, enum store_table table, struct bytes key)
{
	return rows_lookup(rows, table, key) || rows_in_range(rows, table, key);
}

void pg_rows_learn(
	struct pg_rows *rows, enum store_table table, struct bytes key, const struct bytes *value)
{
	struct pg_row *row = rows_lookup(rows, table, key);

	if (row)
		return;
	row = rows_add(rows, table, key);
	row->there = value != NULL;
	row->theirs = value ? THEIRS_PRESENT : THEIRS_ABSENT;
	if (value) {
		row->value = rows_copy(*value);
		rows->size += value->len;
	}
}

/* --- writing --- */

void pg_rows_set(
	struct pg_rows *rows, enum store_table table, struct bytes key, const struct bytes *value)
{
	struct pg_row *row = rows_lookup(rows, table, key);
	bool known = row != NULL;
	struct rows_change change;

	if (!row) {
		row = rows_add(rows, table, key);
		if (rows_in_range(rows, table, key))
			row->theirs = THEIRS_ABSENT;
	}
	if (row->theirs == THEIRS_PRESENT && !row->was.data) {
		row->was = rows_copy(row->value);
		rows->size += row->was.len;
	}
	change = (struct rows_change){ row, row->value, row->there, row->dirty, known };
	g_array_append_val(rows->changes, change);
	row->value = value ? rows_copy(*value) : (struct bytes){ NULL, 0 };
	row->there = value != NULL;
	row->dirty = true;
	rows->size += value ? value->len : 0;
}

void pg_rows_mark(struct pg_rows *rows)
{
	for (guint i = 0; i < rows->changes->len; i++) {
		const struct rows_change *change = &g_array_index(
			rows->changes, struct rows_change, i);

		rows->size -= change->value.len;
		g_free((void *)change->value.data);
	}
	g_array_set_size(rows->changes, 0);
	g_ptr_array_set_size(rows->dropped, 0);
}

static void rows_undo_one(struct pg_rows *rows, const struct rows_change *change)
{
	struct pg_row *row = change->row;

	rows->size -= row->value.len;
	g_ptr_array_add(rows->dropped, (gpointer)row->value.data);
	row->value = change->value;
	row->there = change->there;
	row->dirty = change->dirty;
	if (!change->known)
		g_tree_remove(rows->tree, row);
}

void pg_rows_undo(struct pg_rows *rows)
{
	for (guint i = rows->changes->len; i-- > 0;)
		rows_undo_one(rows, &g_array_index(rows->changes, struct rows_change, i));
	g_array_set_size(rows->changes, 0);
}

/* --- walking --- */

static bool rows_has_prefix(const struct pg_row *row, const struct pg_rows_place *place)
{
	return row->table == place->table && row->key.len >= place->prefix.len &&
		(place->prefix.len == 0 ||
			memcmp(row->key.data, place->prefix.data, place->prefix.len) == 0);
}

/* The first that is not before, or is after. */
static GTreeNode *rows_seek(
	const struct pg_rows *rows, enum store_table table, struct bytes key, bool inclusive)
{
	const struct pg_row like = { .table = table, .key = key };

	return inclusive ? g_tree_lower_bound(rows->tree, &like)
			 : g_tree_upper_bound(rows->tree, &like);
}

static GTreeNode *rows_back(const struct pg_rows *rows, GTreeNode *node)
{
	return node ? g_tree_node_previous(node) : g_tree_node_last(rows->tree);
}

/* No key has as many bytes of 0xff after its prefix. */
static GTreeNode *rows_seek_end(const struct pg_rows *rows, const struct pg_rows_place *place)
{
	guint8 end[STORE_KEY_MAX + 1];

	memset(end, 0xff, sizeof end);
	if (place->prefix.len)
		memcpy(end, place->prefix.data, place->prefix.len);
	return rows_back(
		rows, rows_seek(rows, place->table, (struct bytes){ end, sizeof end }, true));
}

static GTreeNode *rows_begin(const struct pg_rows *rows, const struct pg_rows_place *place)
{
	if (!place->reverse)
		return place->at.len ? rows_seek(rows, place->table, place->at, place->inclusive)
				     : rows_seek(rows, place->table, place->prefix, true);
	if (!place->at.len)
		return rows_seek_end(rows, place);
	return rows_back(rows, rows_seek(rows, place->table, place->at, !place->inclusive));
}

const struct pg_row *pg_rows_next(const struct pg_rows *rows, const struct pg_rows_place *place)
{
	for (GTreeNode *node = rows_begin(rows, place); node;
		node = place->reverse ? g_tree_node_previous(node) : g_tree_node_next(node)) {
		const struct pg_row *row = g_tree_node_value(node);

		if (!rows_has_prefix(row, place))
			return NULL;
		if (row->there)
			return row;
	}
	return NULL;
}

/* --- what is to be written --- */

GPtrArray *pg_rows_dirty(const struct pg_rows *rows)
{
	GPtrArray *dirty = g_ptr_array_new();

	for (GTreeNode *node = g_tree_node_first(rows->tree); node; node = g_tree_node_next(node)) {
		struct pg_row *row = g_tree_node_value(node);

		if (row->dirty)
			g_ptr_array_add(dirty, row);
	}
	return dirty;
}
