/* Damage of the data file, looked for without trust in it. */
#include "store/lmdb/store-pages.h"

#include <string.h>
#include <sys/stat.h>

#include "base/tongue.h"

/* A snapshot whose head has been written over is taken anew. */
enum { TRIES = 16 };

enum status engine_damaged(const struct lmdb *store, const char *how, struct error *err)
{
	return error_set(
		err, ST_IO, _("store '%s' is damaged: %s; restore a backup"), store->path, how);
}

/* False, with pages->problem set. */
typedef bool look(struct pages *pages);

/* --- free pages --- */

/* A record of one writer: how many, then their numbers from the largest down. */
static bool record_is_sound(struct bytes record)
{
	const size_t *pages = record.data;
	size_t above = SIZE_MAX;

	if (record.len < sizeof *pages || record.len % sizeof *pages ||
		pages[0] > record.len / sizeof *pages - 1)
		return false;
	for (size_t i = 1; i <= pages[0]; above = pages[i++])
		if (pages[i] >= above)
			return false;
	return true;
}

struct free_count {
	size_t from, found; /* pages from that one on are counted */
};

static bool take_record(struct pages *pages, struct bytes key, struct bytes value, void *arg)
{
	g_autofree size_t *record = g_memdup2(value.data, value.len);
	struct free_count *count = arg;

	(void)key;
	if (!record_is_sound((struct bytes){ record, value.len })) {
		pages->problem = g_strdup(_("its list of free pages cannot be right"));
		return false;
	}
	for (size_t i = 1; i <= record[0]; i++) {
		if (!pages_take_free(pages, record[i]))
			return false;
		count->found += record[i] >= count->from;
	}
	return true;
}

static bool walk_free(struct pages *pages, struct free_count *count)
{
	const struct page_walk walk = {
		.name = "free pages", .rows = PAGE_ROWS_NUMBERED, .fn = take_record, .arg = count
	};

	return pages_walk(pages, &pages->unused, &walk);
}

/* --- trees --- */

struct named_tree {
	char *name;
	struct page_tree tree;
};

static void named_tree_free(gpointer tree)
{
	g_free(((struct named_tree *)tree)->name);
	g_free(tree);
}

/* What is said of a damaged tree has its name in it. */
static bool damage_is_name(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!g_ascii_isgraph(((const char *)name.data)[i]))
			return false;
	return true;
}

static bool add_tree(struct pages *pages, struct bytes key, struct bytes value, void *trees)
{
	struct named_tree *named;

	if (value.len != sizeof named->tree || !damage_is_name(key)) {
		pages->problem = g_strdup(_("a tree's record cannot be right"));
		return false;
	}
	named = g_new0(struct named_tree, 1);
	named->name = g_strndup(key.data, key.len);
	memcpy(&named->tree, value.data, value.len);
	g_ptr_array_add(trees, named);
	return true;
}

typedef bool look_at_tree(struct pages *pages, const struct named_tree *named);

static bool each_tree(struct pages *pages, look_at_tree *fn)
{
	g_autoptr(GPtrArray) trees = g_ptr_array_new_with_free_func(named_tree_free);
	const struct page_walk walk = {
		.name = "trees", .rows = PAGE_ROWS_TREES, .fn = add_tree, .arg = trees
	};
	bool sound = pages_walk(pages, &pages->trees, &walk);

	for (guint i = 0; sound && i < trees->len; i++)
		sound = fn(pages, g_ptr_array_index(trees, i));
	return sound;
}

static bool begins_well(struct pages *pages, const struct named_tree *named)
{
	return pages_check_root(pages, &named->tree, named->name);
}

static bool is_sound(struct pages *pages, const struct named_tree *named)
{
	const struct page_walk walk = { .name = named->name };

	return pages_walk(pages, &named->tree, &walk);
}

/* --- looks --- */

/* A page that was taken and given back within one transaction is never written: only pages in use
 * have to be in the file. */
static bool ends_well(struct pages *pages)
{
	struct stat file;
	struct free_count beyond = { 0 };

	if (fstat(pages->fd, &file) != 0)
		return true;
	beyond.from = (size_t)file.st_size / pages->page_size;
	if (beyond.from > pages->last ||
		(walk_free(pages, &beyond) && beyond.found == pages->last - beyond.from + 1))
		return true;
	g_free(pages->problem);
	pages->problem = g_strdup(_("its file is shorter than it was"));
	return false;
}

static bool all_begin_well(struct pages *pages)
{
	return pages_check_root(pages, &pages->unused, "free pages") &&
		each_tree(pages, begins_well);
}

static bool free_pages_are_sound(struct pages *pages)
{
	struct free_count count = { 0 };

	return walk_free(pages, &count) && each_tree(pages, begins_well);
}

/* Free pages first: no tree may have one. */
static bool all_pages_are_sound(struct pages *pages)
{
	struct free_count count = { 0 };

	return walk_free(pages, &count) && each_tree(pages, is_sound);
}

static enum status look_once(
	const struct lmdb *store, look *what, bool *found_out, struct error *err)
{
	struct pages pages;
	MDB_txn *txn;
	enum status st = ST_OK;
	int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

	if (rc)
		return engine_error(err, store, _("open"), rc);
	*found_out = pages_init(&pages, store, txn);
	if (*found_out && !what(&pages))
		st = engine_damaged(store, pages.problem, err);
	pages_release(&pages);
	mdb_txn_abort(txn);
	return st;
}

static enum status damage_look_at(const struct lmdb *store, look *what, struct error *err)
{
	enum status st = ST_OK;
	bool found = false;

	for (int i = 0; i < TRIES && !found && st == ST_OK; i++)
		st = look_once(store, what, &found, err);
	return st;
}

enum status engine_check_pages(const struct lmdb *store, enum store_look how, struct error *err)
{
	static look *const looks[] = {
		[LOOK_AT_ROOTS] = all_begin_well,
		[LOOK_AT_FREE_PAGES] = free_pages_are_sound,
		[LOOK_AT_ALL_PAGES] = all_pages_are_sound,
	};
	enum status st = damage_look_at(store, ends_well, err);

	return st == ST_OK ? damage_look_at(store, looks[how], err) : st;
}

enum status lmdb_check_pages(struct store *store, enum store_look how, struct error *err)
{
	return engine_check_pages(lmdb_of(store), how, err);
}
