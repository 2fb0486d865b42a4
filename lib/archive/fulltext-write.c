/* What goes into the index and out of it again. */
#include <inttypes.h>
#include <string.h>

#include "archive/fulltext-parts.h"
#include "base/fold.h"
#include "base/tongue.h"

enum {
	KNOWN_LEAST = 4096,
	KNOWN_MOST = 1 << 21, /* slots: 16 MiB */
	HEAD_BYTES = 3
};

/* --- words that parts are looked for in --- */

/* The slot that has it, or the free one that may. */
static uint64_t *known_slot(const struct known *k, uint64_t hash)
{
	unsigned i = (unsigned)(hash >> 20) & (k->size - 1);

	while (k->slots[i] && k->slots[i] != hash)
		i = (i + 1) & (k->size - 1);
	return &k->slots[i];
}

static void known_grow(struct known *k)
{
	struct known larger = { .n = k->n, .size = MAX(k->size * 2, KNOWN_LEAST) };

	if (larger.size > KNOWN_MOST) {
		k->size = 0;
		larger = (struct known){ .size = KNOWN_LEAST };
	}
	larger.slots = g_new0(uint64_t, larger.size);
	for (unsigned i = 0; i < k->size; i++)
		if (k->slots[i])
			*known_slot(&larger, k->slots[i]) = k->slots[i];
	g_free(k->slots);
	*k = larger;
}

/* Was it known already? */
static bool known_add(struct known *k, uint64_t hash)
{
	uint64_t *slot;

	if (k->n * 2 >= k->size)
		known_grow(k);
	slot = known_slot(k, hash);
	if (*slot)
		return true;
	*slot = hash;
	k->n++;
	return false;
}

/* FNV-1a, as far as the next blank. Never 0. */
static uint64_t write_hash(const char *word, size_t *len_out)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	const char *p;

	for (p = word; *p && *p != ' '; p++)
		hash = (hash ^ (guchar)*p) * UINT64_C(0x100000001b3);
	*len_out = (size_t)(p - word);
	return hash ? hash : 1;
}

/* Most words are known. */
static void write_note_words(struct fulltext *f, const char *words)
{
	for (const char *p = words; p && *p;) {
		size_t len;
		uint64_t hash = write_hash(p, &len);

		if (fold_has_parts(p, len) && !known_add(&f->known, hash))
			g_ptr_array_add(f->fresh, g_strndup(p, len));
		p += len + (p[len] == ' ');
	}
}

static int write_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "\nword\nword\n": those of one head. */
static enum status write_read_parts(
	struct fulltext *f, const char *head, size_t len, GString *words, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_PARTS, err);
	int code;

	if (!s)
		return ST_IO;
	sqlite.bind_blob(s, 1, head, (int)len, SQLITE_STATIC);
	code = sqlite.step(s);
	g_string_assign(words, "\n");
	if (code == SQLITE_ROW && sqlite.column_bytes(s, 0) > 0) {
		g_string_truncate(words, 0);
		g_string_append_len(words, sqlite.column_blob(s, 0), sqlite.column_bytes(s, 0));
	}
	sqlite.reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? ST_OK
							 : fulltext_failed(f, _("read"), err);
}

static enum status write_parts(
	struct fulltext *f, const char *head, size_t len, const GString *words, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_SET_PARTS, err);

	if (!s)
		return ST_IO;
	sqlite.bind_blob(s, 1, head, (int)len, SQLITE_STATIC);
	sqlite.bind_blob(s, 2, words->str, (int)words->len, SQLITE_STATIC);
	return fulltext_step(f, s, err);
}

/* Adds those from i on that have the same head; gives the next one. */
static enum status write_head(struct fulltext *f, guint *i, struct error *err)
{
	char *const *fresh = (char *const *)f->fresh->pdata;
	const char *head = fresh[*i];
	g_autoptr(GString) words = g_string_new(NULL);
	enum status st = write_read_parts(f, head, HEAD_BYTES, words, err);
	gsize was = words->len;

	for (; st == ST_OK && *i < f->fresh->len && !memcmp(fresh[*i], head, HEAD_BYTES); ++*i) {
		g_autofree char *line = g_strdup_printf("\n%s\n", fresh[*i]);

		if (!memmem(words->str, words->len, line, strlen(line)))
			g_string_append(words, line + 1);
	}
	if (st == ST_OK && words->len > was)
		st = write_parts(f, head, HEAD_BYTES, words, err);
	return st;
}

static enum status write_fresh(struct fulltext *f, struct error *err)
{
	enum status st = ST_OK;

	if (f->fresh->len)
		qsort(f->fresh->pdata, f->fresh->len, sizeof *f->fresh->pdata, write_compare);
	for (guint i = 0; i < f->fresh->len && st == ST_OK;)
		st = write_head(f, &i, err);
	g_ptr_array_set_size(f->fresh, 0);
	return st;
}

/* --- tickets --- */

enum status fulltext_find_ticket(
	struct fulltext *f, uint64_t number, int64_t *id_out, uint64_t *last_out, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_TICKET_BY_NUMBER, err);
	int code;

	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, (int64_t)number);
	code = sqlite.step(s);
	if (code == SQLITE_ROW) {
		*id_out = sqlite.column_int64(s, 0);
		*last_out = (uint64_t)sqlite.column_int64(s, 1);
	}
	sqlite.reset(s);
	if (code == SQLITE_ROW)
		return ST_OK;
	return code == SQLITE_DONE ? ST_NOT_FOUND : fulltext_failed(f, _("read"), err);
}

/* What is kept in memory of the ticket written last goes to the file. */
static enum status write_settle(struct fulltext *f, struct error *err)
{
	sqlite3_stmt *s;

	if (!f->last_changed)
		return ST_OK;
	s = fulltext_statement(f, SQL_SET_LAST, err);
	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, f->id);
	sqlite.bind_int64(s, 2, (int64_t)f->last);
	f->last_changed = false;
	return fulltext_step(f, s, err);
}

/* Makes it the one that is written now; ST_NOT_FOUND. */
static enum status write_take(struct fulltext *f, uint64_t number, struct error *err)
{
	enum status st;

	if (f->number == number && number)
		return ST_OK;
	st = write_settle(f, err);
	f->number = 0;
	if (st == ST_OK)
		st = fulltext_find_ticket(f, number, &f->id, &f->last, err);
	if (st == ST_OK)
		f->number = number;
	return st;
}

static enum status write_add_ticket(struct fulltext *f, uint64_t number, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_ADD_TICKET, err);
	enum status st;

	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, (int64_t)number);
	st = fulltext_step(f, s, err);
	if (st != ST_OK)
		return st;
	f->number = number;
	f->id = sqlite.last_insert_rowid(f->db);
	f->last = 0;
	f->last_changed = false;
	return ST_OK;
}

enum status fulltext_last(struct fulltext *f, uint64_t number, uint64_t *seq_out, struct error *err)
{
	int64_t id;
	enum status st;

	*seq_out = 0;
	if (f->number == number) {
		*seq_out = f->last;
		return ST_OK;
	}
	st = fulltext_find_ticket(f, number, &id, seq_out, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- rows --- */

/* sql: SQL_PUT_WORDS or SQL_REMOVE_WORDS, which wants the words that were put. */
static enum status write_words(struct fulltext *f, enum fulltext_sql sql, uint64_t seq,
	const char *const texts[FULLTEXT_COLUMNS], struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, sql, err);

	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, (f->id << FULLTEXT_SEQ_BITS) + (int64_t)seq);
	for (int c = 0; c < FULLTEXT_COLUMNS; c++)
		sqlite.bind_text(s, c + 2, texts[c], -1, SQLITE_STATIC);
	return fulltext_step(f, s, err);
}

/* Of the ticket's own row the words are kept, a line each, as it changes often. Owned; NULL: it has
 * none yet. */
static enum status write_own(struct fulltext *f, char **own_out, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_TICKET_BY_ID, err);
	int code;

	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, f->id);
	code = sqlite.step(s);
	if (code == SQLITE_ROW)
		*own_out = g_strdup((const char *)sqlite.column_text(s, 1));
	sqlite.reset(s);
	return code == SQLITE_ROW ? ST_OK : fulltext_failed(f, _("read"), err);
}

static enum status write_remove_own(struct fulltext *f, struct error *err)
{
	g_autofree char *own = NULL;
	g_auto(GStrv) texts = NULL;
	enum status st = write_own(f, &own, err);

	if (st != ST_OK || !own)
		return st;
	texts = g_strsplit(own, "\n", FULLTEXT_COLUMNS);
	if (g_strv_length(texts) != FULLTEXT_COLUMNS)
		return fulltext_is_damaged(f, err);
	return write_words(f, SQL_REMOVE_WORDS, 0, (const char *const *)texts, err);
}

static enum status write_set_own(
	struct fulltext *f, const char *const texts[FULLTEXT_COLUMNS], struct error *err)
{
	g_autoptr(GString) own = g_string_new(NULL);
	sqlite3_stmt *s = fulltext_statement(f, SQL_SET_OWN, err);

	if (!s)
		return ST_IO;
	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++) {
		if (c)
			g_string_append_c(own, '\n');
		g_string_append(own, texts[c] ? texts[c] : "");
	}
	sqlite.bind_int64(s, 1, f->id);
	sqlite.bind_text(s, 2, own->str, (int)own->len, SQLITE_STATIC);
	return fulltext_step(f, s, err);
}

/* A seq that is past the bits for it is of a ticket with a million messages: the rest of them are
 * not in the index. */
enum status fulltext_put(struct fulltext *f, uint64_t number, uint64_t seq,
	const char *const texts[FULLTEXT_COLUMNS], struct error *err)
{
	enum status st = write_take(f, number, err);
	bool fresh = st == ST_NOT_FOUND;

	if (fresh)
		st = write_add_ticket(f, number, err);
	if (seq >> FULLTEXT_SEQ_BITS || (seq && seq <= f->last))
		return st;
	if (st == ST_OK && seq == 0 && !fresh)
		st = write_remove_own(f, err);
	if (st == ST_OK)
		st = write_words(f, SQL_PUT_WORDS, seq, texts, err);
	if (st == ST_OK && seq == 0)
		st = write_set_own(f, texts, err);
	for (unsigned c = 0; c < FULLTEXT_COLUMNS && st == ST_OK; c++)
		write_note_words(f, texts[c]);
	if (st == ST_OK && seq) {
		f->last = seq;
		f->last_changed = true;
	}
	return st;
}

static enum status write_with(
	struct fulltext *f, enum fulltext_sql sql, int64_t number, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, sql, err);

	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, number);
	return fulltext_step(f, s, err);
}

enum status fulltext_remove(struct fulltext *f, uint64_t number, struct error *err)
{
	enum status st = write_take(f, number, err);

	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st == ST_OK)
		st = write_remove_own(f, err);
	if (st == ST_OK)
		st = write_with(f, SQL_REMOVE_TICKET, f->id, err);
	if (st == ST_OK)
		st = write_with(f, SQL_ADD_DEAD, (int64_t)f->last + 1, err);
	f->number = 0;
	f->last_changed = false;
	return st;
}

enum status fulltext_owe(struct fulltext *f, int64_t now, struct error *err)
{
	return write_with(f, SQL_OWE, now, err);
}

/* --- transactions --- */

/* Another process may have written since. */
enum status fulltext_begin(struct fulltext *f, struct error *err)
{
	f->number = 0;
	return fulltext_step(f, fulltext_statement(f, SQL_BEGIN, err), err);
}

void fulltext_undo(struct fulltext *f)
{
	fulltext_forget(f);
	fulltext_step(f, fulltext_statement(f, SQL_ROLLBACK, NULL), NULL);
}

enum status fulltext_commit(
	struct fulltext *f, const struct fulltext_place *place, struct error *err)
{
	g_autofree char *value = g_strdup_printf(
		"%" PRIu64 " %d %" PRIu64, place->serial, place->built, place->number);
	enum status st = write_settle(f, err);

	if (st == ST_OK)
		st = write_fresh(f, err);
	if (st == ST_OK)
		st = fulltext_set_about(f, "place", value, err);
	return st == ST_OK ? fulltext_step(f, fulltext_statement(f, SQL_COMMIT, err), err) : st;
}
