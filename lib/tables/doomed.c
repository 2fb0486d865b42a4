/* Rows in TABLE_META, a file each: its name, the identity of its message and its Message-ID, each
 * ended by NUL. */
#include "tables/doomed.h"

#include <string.h>

#include "archive/archive.h"
#include "base/tongue.h"
#include "tables/tickets.h"

enum { AT_ONCE = 200 };

static void doomed_key(struct key *key, const char *name)
{
	key_init(key);
	key_text(key, "doomed");
	if (name)
		key_text(key, name);
}

static enum status doomed_failed(
	struct txn *txn, enum status st, const char *what, struct error *err)
{
	return st == ST_OK || st == ST_NOT_FOUND
		? ST_OK
		: error_set(err, st, _("cannot %s the files that are to go: %s"), what,
			  txn_reason(txn));
}

enum status doomed_add(struct txn *txn, const struct entry *entry, struct error *err)
{
	const char *const texts[] = { entry->archive, entry->digest, entry->message_id };
	g_autoptr(GString) value = g_string_new(NULL);
	struct key key;

	/* What is no file's name, of an import, has no file. */
	if (!archive_name_is_safe(entry->archive))
		return ST_OK;
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_string_append(value, texts[i] ? texts[i] : "");
		g_string_append_c(value, '\0');
	}
	doomed_key(&key, entry->archive);
	return doomed_failed(txn,
		txn_put(txn, TABLE_META, key_bytes(&key), (struct bytes){ value->str, value->len }),
		_("note"), err);
}

/* The text at *offset, which moves behind it; "" when there is none. Owned. */
static char *next_text(struct bytes value, size_t *offset)
{
	size_t at = MIN(*offset, value.len),
	       len = strnlen((const char *)value.data + at, value.len - at);

	*offset = at + len + 1;
	return g_strndup((const char *)value.data + at, len);
}

static char *name_in(struct bytes value)
{
	size_t begin = 0;

	return next_text(value, &begin);
}

enum status doomed_list(struct txn *txn, guint max, GPtrArray *names, struct error *err)
{
	const struct bytes begin = { NULL, 0 };
	struct key prefix;
	struct scan scan;
	enum status st;

	doomed_key(&prefix, NULL);
	for (st = scan_first(&scan, txn, TABLE_META, key_bytes(&prefix), begin, false);
		st == ST_OK && names->len < max; st = scan_next(&scan))
		g_ptr_array_add(names, name_in(scan.value));
	scan_release(&scan);
	return doomed_failed(txn, st, _("read"), err);
}

bool doomed_is_row(struct bytes key)
{
	struct key prefix;

	doomed_key(&prefix, NULL);
	return key.len > prefix.len && memcmp(key.data, prefix.data, prefix.len) == 0;
}

/* The same mail on the same day has the same file. */
static bool doomed_is_named(struct txn *txn, const char *name)
{
	g_autofree char *digest = NULL, *id = NULL;
	struct entry entry = { 0 };
	uint64_t number, seq;
	struct bytes value;
	size_t offset = strlen(name) + 1;
	struct key key;
	bool named;

	doomed_key(&key, name);
	if (txn_get(txn, TABLE_META, key_bytes(&key), &value) != ST_OK)
		return false;
	digest = next_text(value, &offset);
	id = next_text(value, &offset);
	named = tickets_find_digest(txn, id, digest, &number, &seq, NULL) == ST_OK &&
		tickets_entry(txn, number, seq, &entry, NULL) == ST_OK &&
		g_strcmp0(entry.archive, name) == 0;
	record_release(&entry_type, &entry);
	return named;
}

struct work {
	GPtrArray *files; /* char *: to be removed */
	GPtrArray *rows;  /* char *: to be forgotten */
};

static enum status list_some(struct txn *txn, void *arg, struct error *err)
{
	struct work *work = arg;
	enum status st;

	g_ptr_array_set_size(work->files, 0);
	g_ptr_array_set_size(work->rows, 0);
	st = doomed_list(txn, AT_ONCE, work->rows, err);
	for (guint i = 0; i < work->rows->len; i++)
		if (!doomed_is_named(txn, g_ptr_array_index(work->rows, i)))
			g_ptr_array_add(work->files, g_strdup(g_ptr_array_index(work->rows, i)));
	return st;
}

static enum status forget_some(struct txn *txn, void *arg, struct error *err)
{
	const struct work *work = arg;
	enum status st = ST_OK;

	for (guint i = 0; i < work->rows->len && st == ST_OK; i++) {
		struct key key;

		doomed_key(&key, g_ptr_array_index(work->rows, i));
		st = doomed_failed(
			txn, txn_delete(txn, TABLE_META, key_bytes(&key)), _("forget"), err);
	}
	return st;
}

static enum status remove_some(
	struct store *store, const char *dir, struct work *work, uint64_t *count, struct error *err)
{
	enum status st = store_read(store, list_some, work, err);

	for (guint i = 0; i < work->files->len && st == ST_OK; i++) {
		st = archive_remove(dir, g_ptr_array_index(work->files, i), err);
		*count += st == ST_OK;
		st = st == ST_NOT_FOUND ? ST_OK : st;
	}
	return st == ST_OK && work->rows->len ? store_write(store, forget_some, work, err) : st;
}

enum status doomed_remove(
	struct store *store, const char *dir, uint64_t *count_out, struct error *err)
{
	struct work work = { g_ptr_array_new_with_free_func(g_free),
		g_ptr_array_new_with_free_func(g_free) };
	enum status st;

	*count_out = 0;
	do
		st = remove_some(store, dir, &work, count_out, err);
	while (st == ST_OK && work.rows->len);
	g_ptr_array_unref(work.files);
	g_ptr_array_unref(work.rows);
	return st;
}
