/* Walks over rows: pages of the server's, with what the group has written among them. */
#include "store/postgresql/pg-store.h"

#include <string.h>

#include "base/tongue.h"

/* Pages grow from the one to the other; of large rows they stay small. */
enum { PAGE_FIRST = 16, PAGE_MAX = 1024, PAGE_MAX_LARGE = 32, PAGE_GROWTH = 8 };

struct page_row {
	struct key key;
	GByteArray *value;
};

struct pg_scan {
	struct pg_walk walk;
	struct pg_txn *txn;
	struct key prefix, at; /* `at`: of the row that is shown; or where to begin */
	bool inclusive;        /* nothing has been shown yet */
	/* of the server's rows */
	GPtrArray *page; /* struct page_row * */
	guint next;
	struct key asked; /* up to where they have been asked for */
	bool asked_inclusive, ended;
	unsigned size;
	unsigned flushes; /* of the transaction, when the page was read */
	/* What is known needs no asking: from `low` on, if `known`. */
	bool known;
	struct key low;
};

static void page_row_free(gpointer data)
{
	struct page_row *row = data;

	g_byte_array_unref(row->value);
	g_free(row);
}

static void scan_set_key(struct key *key, struct bytes bytes)
{
	if (bytes.len)
		memcpy(key->data, bytes.data, bytes.len);
	key->len = bytes.len;
}

/* --- pages --- */

static unsigned scan_page_max(enum store_table table)
{
	bool large = table == TABLE_TEXTS || table == TABLE_OUTBOX_MAIL || table == TABLE_ENTRIES;

	return large ? PAGE_MAX_LARGE : PAGE_MAX;
}

struct scan_taking {
	struct pg_scan *scan;
	enum store_table table;
};

static void scan_take_page(const PGresult *result, void *arg)
{
	const struct scan_taking *taking = arg;
	const struct shape *shape = store_shape(taking->table);
	struct pg_scan *scan = taking->scan;
	struct cell cells[SHAPE_COLUMNS_MAX];

	for (int i = 0; i < pq.ntuples(result); i++) {
		struct page_row *row = g_new(struct page_row, 1);

		row->value = g_byte_array_new();
		pg_row_cells(result, i, 0, shape->n, cells);
		shape_row_key(shape, cells, &row->key);
		shape_row_value(shape, cells, row->value);
		g_ptr_array_add(scan->page, row);
	}
	scan->ended = (unsigned)pq.ntuples(result) < scan->size;
}

/* False: no key of this table is there. */
static bool scan_page_of(const struct pg_scan *scan, const struct scan *of, struct pg_page *page,
	struct cells *cells)
{
	const struct shape *shape = store_shape(of->table);
	bool open, at_open;

	*page = (struct pg_page){
		.table = of->table, .inclusive = scan->asked_inclusive, .reverse = of->reverse
	};
	if (!shape_prefix_cells(shape, key_bytes(&scan->prefix), cells, &open))
		return false;
	page->prefix = cells->n;
	page->open = open && page->prefix > 0;
	if (page->open) {
		cells_after(cells, page->prefix - 1);
		page->ends = cells->len[cells->n - 1] >= 0;
		if (!page->ends)
			cells->n--;
	}
	page->at = cells->n;
	if (!shape_prefix_cells(shape, key_bytes(&scan->asked), cells, &at_open))
		return false;
	page->at = cells->n - page->at;
	pg_cells_count(cells, scan->size);
	return true;
}

static enum status scan_bad_key(struct pg_txn *txn)
{
	g_strlcpy(txn->reason, _("a key that is none of its table"), sizeof txn->reason);
	return ST_BAD_INPUT;
}

static void scan_page_asked(struct pg_scan *scan)
{
	const struct page_row *last =
		scan->page->len ? g_ptr_array_index(scan->page, scan->page->len - 1) : NULL;

	if (last)
		scan->asked = last->key;
	scan->asked_inclusive = false;
}

static enum status scan_fetch(struct pg_scan *scan, const struct scan *of)
{
	struct scan_taking taking = { scan, of->table };
	struct pg_txn *txn = scan->txn;
	struct pg_batch batch;
	struct pg_page page;
	struct cells cells;
	enum status st;

	cells_init(&cells);
	scan->size = scan->size ? MIN(scan->size * PAGE_GROWTH, scan_page_max(of->table))
				: PAGE_FIRST;
	g_ptr_array_set_size(scan->page, 0);
	scan->next = 0;
	if (!scan_page_of(scan, of, &page, &cells)) {
		cells_release(&cells);
		return scan_bad_key(txn);
	}
	if (txn->rows)
		g_atomic_int_inc(&txn->store->untold);
	pg_txn_batch(txn, &batch);
	pg_batch_add(&batch, pg_statement_page(txn->store, &page), &cells, scan_take_page, &taking);
	st = pg_txn_run(txn, &batch);
	cells_release(&cells);
	if (st == ST_OK)
		scan_page_asked(scan);
	return st;
}

/* --- the next row --- */

static const struct pg_row *scan_own(const struct pg_scan *scan, const struct scan *of)
{
	const struct pg_rows_place place = {
		.table = of->table,
		.prefix = key_bytes(&scan->prefix),
		.at = key_bytes(&scan->at),
		.inclusive = scan->inclusive,
		.reverse = of->reverse,
	};

	return scan->txn->rows ? pg_rows_next(scan->txn->rows, &place) : NULL;
}

/* The server's next of which the group knows nothing; NULL at the end of the page. */
static struct page_row *scan_theirs(struct pg_scan *scan, enum store_table table)
{
	for (; scan->next < scan->page->len; scan->next++) {
		struct page_row *row = g_ptr_array_index(scan->page, scan->next);

		if (!scan->txn->rows || !pg_rows_find(scan->txn->rows, table, key_bytes(&row->key)))
			return row;
	}
	return NULL;
}

static bool scan_needs_no_server(const struct pg_scan *scan, const struct pg_row *own)
{
	return scan->known && own && bytes_compare(own->key, key_bytes(&scan->low)) >= 0;
}

static enum status scan_their_next(
	struct pg_scan *scan, const struct scan *of, struct page_row **row_out)
{
	enum status st = ST_OK;

	*row_out = scan_theirs(scan, of->table);
	while (st == ST_OK && !*row_out && !scan->ended) {
		st = scan_fetch(scan, of);
		if (st == ST_OK)
			*row_out = scan_theirs(scan, of->table);
	}
	return st;
}

static bool scan_own_is_first(const struct pg_row *own, const struct page_row *theirs, bool reverse)
{
	int c;

	if (!own || !theirs)
		return own != NULL;
	c = bytes_compare(own->key, key_bytes(&theirs->key));
	return reverse ? c > 0 : c < 0;
}

/* What the group had written is the server's since, and the page is of before. */
static void scan_after_flush(struct pg_scan *scan)
{
	if (scan->flushes == scan->txn->flushes)
		return;
	scan->flushes = scan->txn->flushes;
	g_ptr_array_set_size(scan->page, 0);
	scan->next = 0;
	scan->asked = scan->at;
	scan->asked_inclusive = scan->inclusive;
	scan->ended = scan->known = false;
}

static enum status scan_show(struct scan *of)
{
	struct pg_scan *scan = of->cursor;
	const struct pg_row *own;
	struct page_row *theirs = NULL;
	enum status st;

	scan_after_flush(scan);
	own = scan_own(scan, of);
	st = scan_needs_no_server(scan, own) ? ST_OK : scan_their_next(scan, of, &theirs);

	if (st != ST_OK)
		return st;
	if (!own && !theirs)
		return ST_NOT_FOUND;
	scan->inclusive = false;
	if (scan_own_is_first(own, theirs, of->reverse)) {
		scan_set_key(&scan->at, own->key);
		of->value = own->value;
	} else {
		scan->at = theirs->key;
		of->value = (struct bytes){ theirs->value->len ? theirs->value->data
							       : (const guint8 *)"",
			theirs->value->len };
		scan->next++;
	}
	of->key = key_bytes(&scan->at);
	return ST_OK;
}

/* A walk that begins at the end of a range that is known in part asks only for what is below. */
static void scan_use_range(struct pg_scan *scan, const struct scan *of, bool from_end)
{
	struct bytes low, prefix = key_bytes(&scan->prefix);

	if (!scan->txn->rows || !pg_rows_range(scan->txn->rows, of->table, prefix, &low))
		return;
	if (bytes_compare(low, prefix) <= 0) {
		scan->ended = true;
		return;
	}
	if (!of->reverse || !from_end)
		return;
	scan->known = true;
	scan_set_key(&scan->low, low);
	scan->asked = scan->low;
	scan->asked_inclusive = false;
}

static void scan_free(struct scan *of)
{
	struct pg_scan *scan = of->cursor;

	g_ptr_array_unref(scan->page);
	g_free(scan);
}

static struct pg_scan *scan_new(struct scan *of)
{
	struct pg_scan *scan = g_new0(struct pg_scan, 1);

	scan->walk = (struct pg_walk){ scan_show, scan_free };
	scan->txn = pg_txn_of(of->txn);
	scan->flushes = scan->txn->flushes;
	scan->page = g_ptr_array_new_with_free_func(page_row_free);
	of->cursor = scan;
	return scan;
}

enum status pg_scan_first(struct scan *of, struct bytes prefix, struct bytes from)
{
	struct pg_scan *scan = scan_new(of);

	scan_set_key(&scan->prefix, prefix);
	scan_set_key(&scan->at, from);
	scan->asked = scan->at;
	scan->inclusive = scan->asked_inclusive = true;
	scan_use_range(scan, of, from.len == 0);
	return scan_show(of);
}

enum status pg_scan_next(struct scan *of)
{
	return ((const struct pg_walk *)of->cursor)->next(of);
}

void pg_scan_release(struct scan *of)
{
	((const struct pg_walk *)of->cursor)->release(of);
}
