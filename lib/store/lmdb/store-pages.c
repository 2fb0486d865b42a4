/* LMDB 0.9's data file, page by page. */
#include "store/lmdb/store-pages.h"

#include <string.h>
#include <unistd.h>

#include "base/tongue.h"

/* A page: number, two bytes that trees with keys of one length use, kind, ends of the list of
 * places and of the free space, places of its nodes. Nodes are kept from the end of the page
 * downward, without gaps. */
enum {
	PAGE_NUMBER = 0,
	PAGE_KIND = 10,
	PAGE_LOWER = 12,
	PAGE_UPPER = 14,
	PAGE_COUNT = 12,
	PAGE_HEAD = 16
};
enum { KIND_BRANCH = 0x01, KIND_LEAF = 0x02, KIND_OVERFLOW = 0x04, KINDS = 0x6f };

/* A node: the length of its value, or, in a branch, the number of the page below; flags, which in a
 * branch go on with that number; the key's length. */
enum { NODE_LOW = 0, NODE_HIGH = 2, NODE_FLAGS = 4, NODE_KEY_LENGTH = 6, NODE_HEAD = 8 };
enum { VALUE_ELSEWHERE = 0x01, VALUE_TREE = 0x02 };

/* LMDB's cursors go no deeper. */
enum { DEPTH_MAX = 32, HEADS = 2 };

/* The first two pages of a data file, of which that with the later transaction counts. */
struct head {
	size_t number;
	guint64 flags;
	guint32 magic, version;
	size_t address, map_size;
	struct page_tree unused, trees;
	size_t last, txn;
};

struct node {
	struct bytes key, value; /* value: the page's number, if it is elsewhere */
	size_t length;           /* of the value, wherever it is */
	size_t child;
	guint16 flags;
};

struct state {
	struct pages *pages;
	const struct page_tree *tree;
	const struct page_walk *walk;
	size_t branches, leaves, overflows, rows;
	/* What the next key may not be below, nor equal to, unless it came from a branch. */
	guint8 low[STORE_KEY_MAX + 1];
	size_t low_length;
	bool from_branch;
};

static guint16 pages_u16(const guint8 *p)
{
	guint16 n;

	memcpy(&n, p, sizeof n);
	return n;
}

static size_t pages_word(const guint8 *p)
{
	size_t n;

	memcpy(&n, p, sizeof n);
	return n;
}

static size_t pages_even(size_t n)
{
	return n + (n & 1);
}

static bool pages_wrong(struct pages *pages, const char *name, size_t page, const char *how)
{
	if (!pages->problem)
		pages->problem = g_strdup_printf(_("page %zu, in '%s', %s"), page, name, _(how));
	return false;
}

/* --- the snapshot --- */

bool pages_init(struct pages *pages, const struct lmdb *store, MDB_txn *txn)
{
	MDB_envinfo info;
	MDB_stat stat;

	*pages = (struct pages){ .fd = -1 };
	if (mdb_env_info(store->env, &info) != 0 || mdb_env_stat(store->env, &stat) != 0 ||
		mdb_env_get_fd(store->env, &pages->fd) != 0)
		return false;
	pages->page_size = stat.ms_psize;
	for (size_t i = 0; i < HEADS; i++) {
		struct head head;

		if (pread(pages->fd, &head, sizeof head, (off_t)(pages->page_size * i)) !=
				sizeof head ||
			head.txn != mdb_txn_id(txn))
			continue;
		pages->unused = head.unused;
		pages->trees = head.trees;
		pages->last = MIN(head.last, info.me_mapsize / pages->page_size);
		pages->taken = g_malloc0(pages->last / 8 + 1);
		return true;
	}
	return false;
}

void pages_release(struct pages *pages)
{
	g_free(pages->taken);
	g_free(pages->problem);
}

/* --- pages --- */

static bool pages_read_at(const struct pages *pages, size_t page, void *buffer, size_t length)
{
	return pread(pages->fd, buffer, length, (off_t)(page * pages->page_size)) ==
		(ssize_t)length;
}

static bool pages_take(struct pages *pages, const char *name, size_t first, size_t count)
{
	if (first < HEADS || first > pages->last || count > pages->last - first + 1)
		return pages_wrong(pages, name, first, N_("cannot be one of its pages"));
	for (size_t page = first; page < first + count; page++) {
		if (pages->taken[page / 8] & 1 << page % 8)
			return pages_wrong(pages, name, page, N_("is in use twice"));
		pages->taken[page / 8] |= (guint8)(1 << page % 8);
	}
	return true;
}

bool pages_take_free(struct pages *pages, size_t page)
{
	return pages_take(pages, "free pages", page, 1);
}

static size_t count_nodes(const guint8 *page)
{
	return (pages_u16(page + PAGE_LOWER) - PAGE_HEAD) / sizeof(guint16);
}

/* NULL, or what is wrong with its head. */
static const char *head_fault(
	const struct pages *pages, const guint8 *page, size_t number, int kind)
{
	size_t lower = pages_u16(page + PAGE_LOWER), upper = pages_u16(page + PAGE_UPPER);

	if (pages_word(page + PAGE_NUMBER) != number)
		return N_("has another page's number");
	if ((pages_u16(page + PAGE_KIND) & KINDS) != kind)
		return N_("is of another kind");
	if (lower <= PAGE_HEAD || lower % sizeof(guint16) || lower > upper ||
		upper > pages->page_size)
		return N_("has no bounds");
	return NULL;
}

/* The bytes that it takes; 0 when it does not fit in. */
static size_t pages_read_node(const struct pages *pages, const guint8 *page, size_t i, bool in_leaf,
	struct node *node_out)
{
	size_t at = pages_u16(page + PAGE_HEAD + i * sizeof(guint16)), key, value;
	const guint8 *node = page + at;

	if (at < pages_u16(page + PAGE_UPPER) || at % sizeof(guint16) ||
		at > pages->page_size - NODE_HEAD)
		return 0;
	key = pages_u16(node + NODE_KEY_LENGTH);
	*node_out = (struct node){ .key = { node + NODE_HEAD, key },
		.flags = in_leaf ? pages_u16(node + NODE_FLAGS) : 0 };
	node_out->length = pages_u16(node + NODE_LOW) | (size_t)pages_u16(node + NODE_HIGH) << 16;
	node_out->child = node_out->length | (size_t)pages_u16(node + NODE_FLAGS) << 32;
	value = in_leaf ? node_out->length : 0;
	if (in_leaf && node_out->flags & VALUE_ELSEWHERE)
		value = sizeof(size_t);
	node_out->value = (struct bytes){ node + NODE_HEAD + key, value };
	return key > STORE_KEY_MAX + 1 || value > pages->page_size - at - NODE_HEAD ||
			key > pages->page_size - at - NODE_HEAD - value
		? 0
		: pages_even(NODE_HEAD + key + value);
}

/* Nodes that overlap, or leave a gap, are not as long together as the space they have. */
static const char *nodes_fault(const struct pages *pages, const guint8 *page, bool in_leaf)
{
	size_t all = 0;

	for (size_t i = 0; i < count_nodes(page); i++) {
		struct node node;
		size_t length = pages_read_node(pages, page, i, in_leaf, &node);

		if (!length)
			return N_("has a row outside of it");
		all += length;
	}
	return all == pages->page_size - pages_u16(page + PAGE_UPPER)
		? NULL
		: N_("has rows over one another");
}

/* Owned; NULL, with the problem, when it is not as it should be. */
static guint8 *read_page(struct pages *pages, const char *name, size_t number, int kind)
{
	g_autofree guint8 *page = g_malloc(pages->page_size);
	const char *fault;

	if (!pages_read_at(pages, number, page, pages->page_size))
		fault = N_("is not in the file");
	else if (!(fault = head_fault(pages, page, number, kind)))
		fault = nodes_fault(pages, page, kind == KIND_LEAF);
	if (!fault)
		return g_steal_pointer(&page);
	pages_wrong(pages, name, number, fault);
	return NULL;
}

/* --- a walk --- */

static bool pages_in_order(const struct state *s, struct bytes key)
{
	int order;

	if (s->low_length == 0)
		return true;
	if (s->walk->rows == PAGE_ROWS_NUMBERED)
		order = pages_word(key.data) < pages_word(s->low)
			? -1
			: pages_word(key.data) > pages_word(s->low);
	else
		order = memcmp(key.data, s->low, MIN(key.len, s->low_length));
	if (order == 0)
		order = key.len < s->low_length ? -1 : key.len > s->low_length;
	return order > 0 || (order == 0 && s->from_branch);
}

/* Each leaf's keys lie between the two of the branch that lead to it and past it. */
static bool go_on_to(struct state *s, struct bytes key, size_t page, bool from_branch)
{
	if (key.len == 0 || (s->walk->rows == PAGE_ROWS_NUMBERED && key.len != sizeof(size_t)))
		return pages_wrong(s->pages, s->walk->name, page, N_("has a key that is none"));
	if (!pages_in_order(s, key))
		return pages_wrong(s->pages, s->walk->name, page, N_("has its keys out of order"));
	memcpy(s->low, key.data, key.len);
	s->low_length = key.len;
	s->from_branch = from_branch;
	return true;
}

/* A value that has pages of its own, one after the other: more than it needs, where a longer one
 * has been before it. */
static bool pages_take_value(struct state *s, const struct node *node, size_t *first_out)
{
	size_t first = pages_word(node->value.data),
	       count = (PAGE_HEAD - 1 + node->length) / s->pages->page_size + 1;
	guint8 head[PAGE_HEAD];
	guint32 counted;

	if (!pages_read_at(s->pages, first, head, sizeof head))
		return pages_wrong(s->pages, s->walk->name, first, N_("is not in the file"));
	memcpy(&counted, head + PAGE_COUNT, sizeof counted);
	if (pages_word(head + PAGE_NUMBER) != first ||
		(pages_u16(head + PAGE_KIND) & KINDS) != KIND_OVERFLOW || counted < count)
		return pages_wrong(
			s->pages, s->walk->name, first, N_("does not begin a long value"));
	s->overflows += counted;
	*first_out = first;
	return pages_take(s->pages, s->walk->name, first, counted);
}

static bool hand_over_value(struct state *s, const struct node *node, size_t first)
{
	g_autofree guint8 *value = g_malloc(PAGE_HEAD + node->length);

	if (!pages_read_at(s->pages, first, value, PAGE_HEAD + node->length))
		return pages_wrong(s->pages, s->walk->name, first, N_("is not in the file"));
	return s->walk->fn(s->pages, node->key, (struct bytes){ value + PAGE_HEAD, node->length },
		s->walk->arg);
}

static bool walk_row(struct state *s, const struct node *node, size_t page)
{
	bool elsewhere = node->flags & VALUE_ELSEWHERE;
	size_t first = 0;

	s->rows++;
	if ((node->flags & ~VALUE_ELSEWHERE) != (s->walk->rows == PAGE_ROWS_TREES ? VALUE_TREE : 0))
		return pages_wrong(s->pages, s->walk->name, page, N_("has a row of another kind"));
	if (!go_on_to(s, node->key, page, false) ||
		(elsewhere && !pages_take_value(s, node, &first)))
		return false;
	if (!s->walk->fn)
		return true;
	return elsewhere ? hand_over_value(s, node, first)
			 : s->walk->fn(s->pages, node->key, node->value, s->walk->arg);
}

static bool walk_page(struct state *s, size_t number, unsigned level);

/* The first key of a branch counts for nothing. */
static bool walk_child(
	struct state *s, const struct node *node, size_t i, size_t page, unsigned level)
{
	return (i == 0 || go_on_to(s, node->key, page, true)) &&
		walk_page(s, node->child, level + 1);
}

static bool walk_page(struct state *s, size_t number, unsigned level)
{
	bool is_leaf = level == s->tree->depth;
	int kind = is_leaf ? KIND_LEAF : KIND_BRANCH;
	g_autofree guint8 *page = pages_take(s->pages, s->walk->name, number, 1)
		? read_page(s->pages, s->walk->name, number, kind)
		: NULL;
	bool sound = page != NULL;

	if (sound && is_leaf)
		s->leaves++;
	else if (sound)
		s->branches++;
	for (size_t i = 0; sound && i < count_nodes(page); i++) {
		struct node node;

		pages_read_node(s->pages, page, i, is_leaf, &node);
		sound = is_leaf ? walk_row(s, &node, number)
				: walk_child(s, &node, i, number, level);
	}
	return sound;
}

static bool is_empty(const struct page_tree *tree)
{
	return tree->root == PAGES_NONE;
}

static bool has_depth(struct pages *pages, const struct page_tree *tree, const char *name)
{
	return (tree->depth >= 1 && tree->depth <= DEPTH_MAX) ||
		pages_wrong(pages, name, tree->root, N_("has a depth that none has"));
}

bool pages_walk(struct pages *pages, const struct page_tree *tree, const struct page_walk *walk)
{
	struct state s = { .pages = pages, .tree = tree, .walk = walk };

	if (!is_empty(tree) &&
		(!has_depth(pages, tree, walk->name) || !walk_page(&s, tree->root, 1)))
		return false;
	if (s.branches == tree->branches && s.leaves == tree->leaves &&
		s.overflows == tree->overflows && s.rows == tree->rows)
		return true;
	if (!pages->problem)
		pages->problem = g_strdup_printf(
			_("'%s' has not as many pages and rows as its record says"), walk->name);
	return false;
}

bool pages_check_root(struct pages *pages, const struct page_tree *tree, const char *name)
{
	g_autofree guint8 *page = NULL;

	if (is_empty(tree))
		return true;
	if (!has_depth(pages, tree, name))
		return false;
	if (tree->root < HEADS || tree->root > pages->last)
		return pages_wrong(pages, name, tree->root, N_("cannot be one of its pages"));
	page = read_page(pages, name, tree->root, tree->depth == 1 ? KIND_LEAF : KIND_BRANCH);
	return page != NULL;
}
