/* The engine of the check: each row of each kind is looked at in one snapshot, and what was found
 * wrong is looked at again and repaired in one transaction. */
#include "tables/check.h"

#include "base/tongue.h"
#include "tables/check-parts.h"

/* A row that was found wrong, by its kind and key. */
struct wrong_row {
	const struct row_kind *kind;
	GBytes *key;
};

static void wrong_row_free(void *row)
{
	g_bytes_unref(((struct wrong_row *)row)->key);
	g_free(row);
}

static void note_wrong(struct check *c, const struct row_kind *kind, struct bytes key)
{
	struct wrong_row *row = g_new(struct wrong_row, 1);

	*row = (struct wrong_row){ kind, g_bytes_new(key.data, key.len) };
	g_ptr_array_add(c->wrong, row);
}

/* --- kinds that the description of a table tells --- */

static void tell_damaged(
	struct check *c, const struct table_type *type, struct bytes key, const char *why)
{
	void *like = record_new(type->record);
	g_autofree char *subject = NULL;

	if (type->read_key)
		type->read_key(key, like);
	subject = type->subject(like);
	check_find(c, "%s: %s", subject, why);
	record_free(like);
}

static enum status check_record(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	g_autofree char *subject = NULL;
	bool whole = true;
	enum status st = ST_OK;

	(void)err;
	if (row->record)
		st = table_indexes_present(c->txn, kind->type, row->record, &whole);
	else
		tell_damaged(c, kind->type, row->key, row->damage);
	if (!whole) {
		subject = kind->type->subject(row->record);
		check_find(c, _("%s is not in its index"), subject);
	}
	return st;
}

/* What is damaged and cannot be made anew stays, and is found again. */
static enum status remake_record(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	for (const struct check_remake *r = check_remakes; r->type; r++)
		if (r->type == kind->type)
			return r->remake(c, kind, row, err);
	return ST_OK;
}

static enum status repair_record(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	void *record = record_new(kind->type->record);
	enum status st = ST_OK;

	if (table_decode(kind->type, row->key, row->value, record, NULL) == ST_OK)
		st = table_indexes_write(c->txn, kind->type, record);
	else
		st = remake_record(c, kind, row, err);
	record_free(record);
	return st;
}

static enum status check_index(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	const struct table_type *type = kind->type;
	void *like = record_new(type->record), *record = record_new(type->record);
	bool sound = false;
	enum status st;

	(void)err;
	kind->index->owner(row->key, row->value, like);
	st = table_load_sound(c->txn, type, like, record, &sound);
	if (st == ST_OK &&
		!(sound && table_has_index(type, record, kind->table, row->key, row->value)))
		check_find(c, _("a row in the index of table '%s' leads nowhere"), type->name);
	record_free(like);
	record_free(record);
	return st;
}

static void add_kinds_of(GArray *kinds, const struct table_type *type)
{
	const struct row_kind records = {
		.table = type->table, .type = type, .look = check_record, .repair = repair_record
	};

	g_array_append_val(kinds, records);
	for (size_t i = 0; i < G_N_ELEMENTS(type->indexes) && type->indexes[i].owner; i++) {
		const struct row_kind index = { .table = type->indexes[i].table,
			.type = type,
			.index = &type->indexes[i],
			.look = check_index };

		g_array_append_val(kinds, index);
	}
}

static GArray *all_kinds(void)
{
	GArray *kinds = g_array_new(FALSE, FALSE, sizeof(struct row_kind));

	for (size_t i = 0; table_types[i]; i++)
		add_kinds_of(kinds, table_types[i]);
	for (const struct row_kind *k = check_row_kinds; k->look; k++)
		g_array_append_val(kinds, *k);
	return kinds;
}

/* --- looking --- */

static bool check_has_kind(const struct check *c, enum store_table table)
{
	for (guint i = 0; i < c->kinds->len; i++)
		if (g_array_index(c->kinds, struct row_kind, i).table == table)
			return true;
	return false;
}

/* Of which rows are records; NULL: of none that a kind of this table has to know. */
static const struct table_type *check_type(const struct check *c, enum store_table table)
{
	for (guint i = 0; i < c->kinds->len; i++) {
		const struct row_kind *kind = &g_array_index(c->kinds, struct row_kind, i);

		if (kind->table == table && kind->type && kind->type->table == table)
			return kind->type;
	}
	return NULL;
}

/* The row's record is in *space, which is the caller's to release. */
static void check_read(
	const struct table_type *type, struct check_row *row, void *space, struct error *why)
{
	if (type && table_decode(type, row->key, row->value, space, why) == ST_OK)
		row->record = space;
	else
		row->damage = why->text;
}

static enum status check_row(struct check *c, const struct row_kind *kind,
	const struct check_row *row, bool *wrong_out, struct error *err)
{
	guint before = c->findings->len;
	enum status st = kind->look(c, kind, row, err);

	*wrong_out = c->findings->len > before;
	return st;
}

/* By each kind of its table. */
static enum status check_row_of(
	struct check *c, enum store_table table, const struct check_row *row, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; i < c->kinds->len && st == ST_OK; i++) {
		const struct row_kind *kind = &g_array_index(c->kinds, struct row_kind, i);
		bool wrong = false;

		if (kind->table == table)
			st = check_row(c, kind, row, &wrong, err);
		if (wrong)
			note_wrong(c, kind, row->key);
	}
	return st;
}

static enum status check_table(struct check *c, enum store_table table, struct error *err)
{
	const struct table_type *type = check_type(c, table);
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, c->txn, table, all, all, false); st == ST_OK;
		st = scan_next(&scan)) {
		struct check_row row = { .key = scan.key, .value = scan.value };
		void *space = type ? record_new(type->record) : NULL;
		struct error why = { "" };

		check_read(type, &row, space, &why);
		st = check_row_of(c, table, &row, err);
		record_free(space);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Rows of a table are looked at together, and repaired in the order of their kinds. */
static int compare_wrong(const void *a, const void *b)
{
	const struct wrong_row *x = *(const struct wrong_row *const *)a,
			       *y = *(const struct wrong_row *const *)b;

	return (x->kind > y->kind) - (x->kind < y->kind);
}

static void check_reset(struct check *c)
{
	c->tickets = 0;
	g_ptr_array_set_size(c->findings, 0);
	g_ptr_array_set_size(c->wrong, 0);
	g_hash_table_remove_all(c->files);
}

static enum status check_failed(struct txn *txn, enum status st, struct error *err)
{
	if (st == ST_OK || (err && *err->text))
		return st;
	return error_set(err, st, _("cannot check the store: %s"), txn_reason(txn));
}

static enum status check_look(struct txn *txn, void *arg, struct error *err)
{
	struct check *c = arg;
	enum status st;

	check_reset(c);
	c->txn = txn;
	st = check_files_begin(c, err);
	for (enum store_table table = 0; table < TABLE_COUNT && st == ST_OK; table++)
		if (check_has_kind(c, table))
			st = check_table(c, table, err);
	g_ptr_array_sort(c->wrong, compare_wrong);
	return check_failed(txn, st, err);
}

/* --- repairing --- */

static enum status repair_row(
	struct check *c, const struct row_kind *kind, struct check_row *row, struct error *err)
{
	const struct table_type *type = check_type(c, kind->table);
	void *space = type ? record_new(type->record) : NULL;
	struct error why = { "" };
	bool wrong = false;
	enum status st;

	check_read(type, row, space, &why);
	st = check_row(c, kind, row, &wrong, err);
	record_free(space);
	row->record = NULL;
	if (st != ST_OK || !wrong)
		return st;
	return kind->repair ? kind->repair(c, kind, row, err)
			    : txn_delete(c->txn, kind->table, row->key);
}

/* What was repaired before may have made it whole, or taken it away. */
static enum status repair_wrong(struct check *c, const struct wrong_row *wrong, struct error *err)
{
	struct check_row row = { .damage = "" };
	enum status st;

	row.key.data = g_bytes_get_data(wrong->key, &row.key.len);
	st = txn_get(c->txn, wrong->kind->table, row.key, &row.value);
	if (st == ST_OK)
		st = repair_row(c, wrong->kind, &row, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status check_write(struct txn *txn, void *arg, struct error *err)
{
	struct check *c = arg;
	GPtrArray *said = c->findings;
	enum status st = ST_OK;

	c->txn = txn;
	c->findings = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < c->wrong->len && st == ST_OK; i++)
		st = repair_wrong(c, g_ptr_array_index(c->wrong, i), err);
	g_ptr_array_unref(c->findings);
	c->findings = said;
	return check_failed(txn, st, err);
}

/* --- the whole --- */

static void check_init(struct check *c, const struct check_options *options, GPtrArray *findings)
{
	*c = (struct check){ .options = options,
		.kinds = all_kinds(),
		.findings = findings,
		.wrong = g_ptr_array_new_with_free_func(wrong_row_free),
		.files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.unclaimed = g_ptr_array_new_with_free_func(g_free) };
}

static void check_release(struct check *c)
{
	g_array_unref(c->kinds);
	g_ptr_array_unref(c->wrong);
	g_hash_table_unref(c->files);
	g_ptr_array_unref(c->unclaimed);
}

static enum status check_run(struct store *store, struct check *c, struct error *err)
{
	enum status st = store_read(store, check_look, c, err);

	return st == ST_OK ? check_files_unnamed(c, err) : st;
}

enum status check_store(struct store *store, const struct check_options *options,
	GPtrArray *findings, uint64_t *tickets_out, struct error *err)
{
	struct check c;
	enum status st;

	check_init(&c, options, findings);
	st = check_run(store, &c, err);
	*tickets_out = c.tickets;
	check_release(&c);
	return st;
}

enum status check_repair(
	struct store *store, const struct check_options *options, struct error *err)
{
	g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
	struct check c;
	enum status st;

	check_init(&c, options, findings);
	st = check_run(store, &c, err);
	if (st == ST_OK && c.wrong->len)
		st = store_write(store, check_write, &c, err);
	if (st == ST_OK)
		st = check_files_set_aside(&c, err);
	check_release(&c);
	return st;
}

enum status check_in(struct txn *txn, const struct check_options *options, bool repair,
	GPtrArray *findings, struct error *err)
{
	struct check c;
	enum status st;

	check_init(&c, options, findings);
	st = check_look(txn, &c, err);
	if (st == ST_OK && repair)
		st = check_write(txn, &c, err);
	check_release(&c);
	return st;
}
