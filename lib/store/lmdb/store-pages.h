/* Pages of a data file of LMDB 0.9 as they lie on the disk, to look for damage. LMDB trusts
 * them, and reads wild memory where one is wrong; nothing is trusted here. Files of other builds,
 * with another word size or byte order, LMDB itself refuses. */
#ifndef MILTICKET_STORE_PAGES_H
#define MILTICKET_STORE_PAGES_H

#include "store/lmdb/store-engine.h"

/* A tree's record: in the head of the file, or, under the tree's name, in the tree of trees. root:
 * PAGES_NONE in an empty one. */
struct page_tree {
	guint32 padding;
	guint16 flags, depth;
	size_t branches, leaves, overflows, rows, root;
};

#define PAGES_NONE SIZE_MAX

/* A snapshot of the file, for as long as the transaction lasts that it was taken in. */
struct pages {
	int fd;
	size_t page_size, last; /* bytes; the number of the last page */
	struct page_tree unused,
		trees; /* where the list of free pages is, and where all others are */
	guint8 *taken; /* a bit for each page that a walk has met */
	char *problem; /* the first that was found; NULL */
};

/* False where the snapshot's head is not to be found, because two writers have come by since txn
 * began. Else to be released. */
bool pages_init(struct pages *pages, const struct lmdb *store, MDB_txn *txn);
void pages_release(struct pages *pages);

/* A row of a tree that is walked over; what is borrowed lives as long as the call. False, with
 * pages->problem set, ends the walk. */
typedef bool page_row_fn(struct pages *pages, struct bytes key, struct bytes value, void *arg);

enum page_rows {
	PAGE_ROWS_PLAIN,    /* keys in the order of their bytes */
	PAGE_ROWS_NUMBERED, /* keys are of type size_t */
	PAGE_ROWS_TREES,    /* keys are names, values are trees */
};

struct page_walk {
	const char *name; /* of the tree, for the problem */
	enum page_rows rows;
	page_row_fn *fn; /* NULL: values are not read */
	void *arg;
};

/* Every page of a tree and every row: is each where it should be, of the right kind, within its
 * bounds and in order, met once, and are they as many as the tree's record says? False, with
 * pages->problem set. */
bool pages_walk(struct pages *pages, const struct page_tree *tree, const struct page_walk *walk);
/* Only the page that the tree begins in. */
bool pages_check_root(struct pages *pages, const struct page_tree *tree, const char *name);
/* A page that no tree may have: a free one. False, with pages->problem set, when it has been met or
 * cannot be. */
bool pages_take_free(struct pages *pages, size_t page);

#endif
