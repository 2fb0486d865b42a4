/* What goes into the index and out of it again. */
#include <inttypes.h>
#include <string.h>

#include "archive/fulltext-parts.h"
#include "base/fold.h"
#include "base/tongue.h"

enum { TERMS_KEPT = 10000, TERM_LEAST = 3, TERM_MOST = 30, CODE_MOST = 16, PACK_LEAST = 256 };

/* --- transactions --- */

enum status fulltext_begin(struct fulltext *f, struct error *err)
{
	g_hash_table_remove_all(f->fresh);
	return fulltext_step(f, fulltext_statement(f, SQL_BEGIN, err), err);
}

void fulltext_undo(struct fulltext *f)
{
	g_hash_table_remove_all(f->fresh);
	fulltext_step(f, fulltext_statement(f, SQL_ROLLBACK, NULL), NULL);
}

static enum status write_term(struct fulltext *f, const char *term, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_ADD_TERM, err);
	enum status st;

	if (!s)
		return ST_IO;
	sqlite3_bind_text(s, 1, term, -1, SQLITE_STATIC);
	st = fulltext_step(f, s, err);
	if (st != ST_OK || sqlite3_changes(f->db) == 0)
		return st;
	s = fulltext_statement(f, SQL_ADD_PART, err);
	if (!s)
		return ST_IO;
	sqlite3_bind_int64(s, 1, sqlite3_last_insert_rowid(f->db));
	sqlite3_bind_text(s, 2, term, -1, SQLITE_STATIC);
	return fulltext_step(f, s, err);
}

static int write_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In their order, as neighbours share pages. */
static enum status write_terms(struct fulltext *f, struct error *err)
{
	g_autofree gpointer *terms = g_hash_table_get_keys_as_array(f->fresh, NULL);
	guint n = g_hash_table_size(f->fresh);
	enum status st = ST_OK;

	qsort(terms, n, sizeof *terms, write_compare);
	for (guint i = 0; i < n && st == ST_OK; i++)
		st = write_term(f, terms[i], err);
	return st;
}

static void write_remember_terms(struct fulltext *f)
{
	GHashTableIter iter;
	gpointer term;

	if (g_hash_table_size(f->terms) > TERMS_KEPT)
		g_hash_table_remove_all(f->terms);
	g_hash_table_iter_init(&iter, f->fresh);
	while (g_hash_table_iter_next(&iter, &term, NULL)) {
		g_hash_table_iter_steal(&iter);
		g_hash_table_add(f->terms, term);
	}
}

enum status fulltext_commit(
	struct fulltext *f, const struct fulltext_place *place, struct error *err)
{
	g_autofree char *value = g_strdup_printf(
		"%" PRIu64 " %d %" PRIu64, place->serial, place->built, place->number);
	enum status st = write_terms(f, err);

	if (st == ST_OK)
		st = fulltext_set_about(f, "place", value, err);
	if (st == ST_OK)
		st = fulltext_step(f, fulltext_statement(f, SQL_COMMIT, err), err);
	if (st == ST_OK)
		write_remember_terms(f);
	return st;
}

/* --- packing --- */

/* The converter's whole output for the input; NULL: it is damaged. Owned. */
static GByteArray *write_convert(GConverter *converter, const void *data, gsize len)
{
	GByteArray *out = g_byte_array_new();
	GConverterResult result = G_CONVERTER_CONVERTED;
	gsize used = 0;

	g_converter_reset(converter);
	while (result == G_CONVERTER_CONVERTED) {
		gsize was = out->len, read = 0, written = 0;

		g_byte_array_set_size(out, (guint)(was + len + PACK_LEAST));
		result = g_converter_convert(converter, (const char *)data + used, len - used,
			out->data + was, len + PACK_LEAST, G_CONVERTER_INPUT_AT_END, &read,
			&written, NULL);
		used += read;
		g_byte_array_set_size(out, (guint)(was + written));
	}
	if (result == G_CONVERTER_FINISHED)
		return out;
	g_byte_array_unref(out);
	return NULL;
}

/* --- rows --- */

static enum status write_find_ticket(
	struct fulltext *f, uint64_t number, int64_t *id_out, uint64_t *last_out, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_TICKET_BY_NUMBER, err);
	int code;

	if (!s)
		return ST_IO;
	sqlite3_bind_int64(s, 1, (int64_t)number);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW) {
		*id_out = sqlite3_column_int64(s, 0) << FULLTEXT_SEQ_BITS;
		*last_out = (uint64_t)sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	if (code == SQLITE_ROW)
		return ST_OK;
	return code == SQLITE_DONE ? ST_NOT_FOUND : fulltext_failed(f, _("read"), err);
}

enum status fulltext_last(struct fulltext *f, uint64_t number, uint64_t *seq_out, struct error *err)
{
	int64_t id;
	enum status st;

	*seq_out = 0;
	st = write_find_ticket(f, number, &id, seq_out, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status write_add_ticket(
	struct fulltext *f, uint64_t number, int64_t *id_out, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_ADD_TICKET, err);
	enum status st;

	if (!s)
		return ST_IO;
	sqlite3_bind_int64(s, 1, (int64_t)number);
	st = fulltext_step(f, s, err);
	*id_out = sqlite3_last_insert_rowid(f->db) << FULLTEXT_SEQ_BITS;
	return st;
}

/* sql: SQL_PUT_WORDS or SQL_REMOVE_WORDS, which wants the words that were put. */
static enum status write_words(struct fulltext *f, enum fulltext_sql sql, int64_t id,
	const char *const texts[FULLTEXT_COLUMNS], struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, sql, err);

	if (!s)
		return ST_IO;
	sqlite3_bind_int64(s, 1, id);
	for (int c = 0; c < FULLTEXT_COLUMNS; c++)
		sqlite3_bind_text(s, c + 2, texts[c], -1, SQLITE_STATIC);
	return fulltext_step(f, s, err);
}

/* Takes one row's words out; joined: write_distinct() of each text. */
static enum status write_remove_words(
	struct fulltext *f, int64_t id, const GByteArray *joined, struct error *err)
{
	const char *texts[FULLTEXT_COLUMNS], *p = (const char *)joined->data,
					     *end = p + joined->len;

	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++) {
		const char *nul = memchr(p, '\0', (size_t)(end - p));

		if (!nul)
			return fulltext_is_damaged(f, err);
		texts[c] = p;
		p = nul + 1;
	}
	return write_words(f, SQL_REMOVE_WORDS, id, texts, err);
}

/* The rows from id up to, without, end: their ids and packed texts. */
static enum status write_read_rows(struct fulltext *f, int64_t id, int64_t end, GArray *ids,
	GPtrArray *blobs, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_DOCUMENTS, err);
	int code;

	if (!s)
		return ST_IO;
	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_int64(s, 2, end);
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		int64_t row = sqlite3_column_int64(s, 0);

		g_array_append_val(ids, row);
		g_ptr_array_add(blobs,
			write_convert(f->unpacker, sqlite3_column_blob(s, 1),
				(gsize)sqlite3_column_bytes(s, 1)));
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? ST_OK : fulltext_failed(f, _("read"), err);
}

/* A statement that wants nothing but the id. */
static enum status write_by_id(
	struct fulltext *f, enum fulltext_sql sql, int64_t id, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, sql, err);

	if (!s)
		return ST_IO;
	sqlite3_bind_int64(s, 1, id);
	return fulltext_step(f, s, err);
}

static enum status write_remove_row(
	struct fulltext *f, int64_t id, const GByteArray *joined, struct error *err)
{
	enum status st = joined ? write_remove_words(f, id, joined, err)
				: fulltext_is_damaged(f, err);

	return st == ST_OK ? write_by_id(f, SQL_REMOVE_DOCUMENT, id, err) : st;
}

static void write_free_blob(gpointer blob)
{
	if (blob)
		g_byte_array_unref(blob);
}

static enum status write_remove_rows(struct fulltext *f, int64_t id, int64_t end, struct error *err)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	g_autoptr(GPtrArray) blobs = g_ptr_array_new_with_free_func(write_free_blob);
	enum status st = write_read_rows(f, id, end, ids, blobs, err);

	for (guint i = 0; i < ids->len && st == ST_OK; i++)
		st = write_remove_row(f, g_array_index(ids, int64_t, i), blobs->pdata[i], err);
	return st;
}

static enum status write_set_last(struct fulltext *f, int64_t id, uint64_t last, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_SET_LAST, err);

	if (!s)
		return ST_IO;
	sqlite3_bind_int64(s, 1, id >> FULLTEXT_SEQ_BITS);
	sqlite3_bind_int64(s, 2, (int64_t)last);
	return fulltext_step(f, s, err);
}

enum status fulltext_remove(struct fulltext *f, uint64_t number, uint64_t seq, struct error *err)
{
	uint64_t last;
	int64_t id;
	enum status st = write_find_ticket(f, number, &id, &last, err);

	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st == ST_OK)
		st = write_remove_rows(
			f, id + (int64_t)seq, id + (INT64_C(1) << FULLTEXT_SEQ_BITS), err);
	if (st == ST_OK && seq == 0)
		return write_by_id(f, SQL_REMOVE_TICKET, id >> FULLTEXT_SEQ_BITS, err);
	return st == ST_OK && last >= seq ? write_set_last(f, id, seq - 1, err) : st;
}

/* Numbers, codes and what is too short or long to be asked for in part are left out. */
static bool write_is_term(const char *word, size_t len)
{
	size_t letters = strcspn(word, "0123456789"), digits = strspn(word, "0123456789");

	if (len < TERM_LEAST || digits == len)
		return false;
	return len <= (letters == len ? TERM_MOST : CODE_MOST);
}

static void write_note_term(struct fulltext *f, const char *word, size_t len)
{
	if (write_is_term(word, len) && !g_hash_table_contains(f->terms, word) &&
		!g_hash_table_contains(f->fresh, word))
		g_hash_table_add(f->fresh, g_strndup(word, len));
}

/* Each word once, as taking them out needs no more: in order, which packs well. Adds the NUL. */
static void write_distinct(struct fulltext *f, const GString *text, GString *joined)
{
	g_autofree char *copy = g_strndup(text->str, text->len);
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	const char *before = NULL;

	for (char *p = copy, *blank; p && *p; p = blank ? blank + 1 : NULL) {
		blank = strchr(p, ' ');
		if (blank)
			*blank = '\0';
		g_ptr_array_add(words, p);
	}
	if (words->len)
		qsort(words->pdata, words->len, sizeof *words->pdata, write_compare);
	for (guint i = 0; i < words->len; i++) {
		const char *word = words->pdata[i];
		size_t len = strlen(word);

		if (before && strcmp(word, before) == 0)
			continue;
		if (before)
			g_string_append_c(joined, ' ');
		g_string_append_len(joined, word, (gssize)len);
		write_note_term(f, word, len);
		before = word;
	}
	g_string_append_c(joined, '\0');
}

static enum status write_row(
	struct fulltext *f, int64_t id, GString *const texts[FULLTEXT_COLUMNS], struct error *err)
{
	g_autoptr(GString) joined = g_string_new(NULL);
	g_autoptr(GByteArray) packed = NULL;
	const char *words[FULLTEXT_COLUMNS];
	sqlite3_stmt *s = fulltext_statement(f, SQL_PUT_DOCUMENT, err);
	enum status st;

	if (!s)
		return ST_IO;
	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++) {
		words[c] = texts[c]->str;
		write_distinct(f, texts[c], joined);
	}
	packed = write_convert(f->packer, joined->str, joined->len);
	sqlite3_bind_int64(s, 1, id);
	sqlite3_bind_blob(s, 2, packed->data, (int)packed->len, SQLITE_STATIC);
	st = fulltext_step(f, s, err);
	return st == ST_OK ? write_words(f, SQL_PUT_WORDS, id, words, err) : st;
}

enum status fulltext_put(struct fulltext *f, uint64_t number, uint64_t seq,
	const char *const texts[FULLTEXT_COLUMNS], struct error *err)
{
	GString *folded[FULLTEXT_COLUMNS];
	uint64_t last = 0;
	int64_t id;
	enum status st;

	if (seq >> FULLTEXT_SEQ_BITS)
		return ST_OK;
	st = write_find_ticket(f, number, &id, &last, err);
	if (st == ST_NOT_FOUND)
		st = write_add_ticket(f, number, &id, err);
	else if (st == ST_OK && seq <= last)
		st = write_remove_rows(f, id + (int64_t)seq, id + (int64_t)seq + 1, err);
	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++) {
		folded[c] = g_string_new(NULL);
		fold_text(texts[c], folded[c]);
	}
	if (st == ST_OK)
		st = write_row(f, id + (int64_t)seq, folded, err);
	if (st == ST_OK && seq > last)
		st = write_set_last(f, id, seq, err);
	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++)
		g_string_free(folded[c], TRUE);
	return st;
}

/* --- scrubbing --- */

/* FTS5 notes what is removed, and lets go of it when pieces are merged: here all of them are. The
 * terms are made anew from the words that are left. */
enum status fulltext_scrub(struct fulltext *f, struct error *err)
{
	static const char sql[] =
		"INSERT INTO words(words) VALUES('optimize');"
		"CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, row);"
		"DELETE FROM terms WHERE term NOT IN (SELECT term FROM temp.vocabulary);"
		"INSERT INTO parts(parts) VALUES('rebuild');"
		"DROP TABLE temp.vocabulary;"
		"VACUUM; PRAGMA wal_checkpoint(TRUNCATE);";

	g_hash_table_remove_all(f->terms);
	if (sqlite3_exec(f->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return ST_OK;
	return fulltext_failed(f, _("write"), err);
}
