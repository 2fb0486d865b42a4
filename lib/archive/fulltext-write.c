/* What goes into the index and out of it again. */
#include <inttypes.h>
#include <string.h>

#include "archive/fulltext-half.h"
#include "base/fold.h"
#include "base/tongue.h"

enum {
	KNOWN_LEAST = 4096,
	KNOWN_MOST = 1 << 21, /* slots: 16 MiB */
	HEAD_BYTES = 3,
	ROWS_MANY = 100 /* worth a thread */
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
	uint64_t *was = k->slots;
	unsigned size = k->size;

	k->size = MAX(k->size * 2, KNOWN_LEAST);
	if (k->size > KNOWN_MOST) {
		k->size = KNOWN_LEAST;
		k->n = size = 0;
	}
	k->slots = g_new0(uint64_t, k->size);
	for (unsigned i = 0; i < size; i++)
		if (was[i])
			*known_slot(k, was[i]) = was[i];
	g_free(was);
}

/* Was it known already? */
static bool known_add(struct known *k, uint64_t hash)
{
	uint64_t *slot, *recent = &k->recent[hash >> 20 & (KNOWN_RECENT - 1)];

	if (*recent == hash)
		return true;
	if (k->n * 2 >= k->size)
		known_grow(k);
	slot = known_slot(k, hash);
	*recent = hash;
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
static void write_note_words(struct half *h, const char *words)
{
	for (const char *p = words; p && *p;) {
		size_t len;
		uint64_t hash = write_hash(p, &len);

		if (fold_has_parts(p, len) && !known_add(&h->known, hash))
			g_ptr_array_add(h->fresh, g_strndup(p, len));
		p += len + (p[len] == ' ');
	}
}

static int write_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "\nword\nword\n": those of one head. */
static enum status write_read_parts(
	struct half *h, const char *head, size_t len, GString *words, struct error *err)
{
	sqlite3_stmt *s = half_statement(h, SQL_PARTS, err);
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
	return code == SQLITE_ROW || code == SQLITE_DONE ? ST_OK : half_failed(h, _("read"), err);
}

static enum status write_parts(
	struct half *h, const char *head, size_t len, const GString *words, struct error *err)
{
	sqlite3_stmt *s = half_statement(h, SQL_SET_PARTS, err);

	if (!s)
		return ST_IO;
	sqlite.bind_blob(s, 1, head, (int)len, SQLITE_STATIC);
	sqlite.bind_blob(s, 2, words->str, (int)words->len, SQLITE_STATIC);
	return half_step(h, s, err);
}

/* Adds those from i on that have the same head; gives the next one. */
static enum status write_head(struct half *h, guint *i, struct error *err)
{
	char *const *fresh = (char *const *)h->fresh->pdata;
	const char *head = fresh[*i];
	g_autoptr(GString) words = g_string_new(NULL);
	enum status st = write_read_parts(h, head, HEAD_BYTES, words, err);
	gsize was = words->len;

	for (; st == ST_OK && *i < h->fresh->len && !memcmp(fresh[*i], head, HEAD_BYTES); ++*i) {
		g_autofree char *line = g_strdup_printf("\n%s\n", fresh[*i]);

		if (!memmem(words->str, words->len, line, strlen(line)))
			g_string_append(words, line + 1);
	}
	if (st == ST_OK && words->len > was)
		st = write_parts(h, head, HEAD_BYTES, words, err);
	return st;
}

static enum status write_fresh(struct half *h, struct error *err)
{
	enum status st = ST_OK;

	if (h->fresh->len)
		qsort(h->fresh->pdata, h->fresh->len, sizeof *h->fresh->pdata, write_compare);
	for (guint i = 0; i < h->fresh->len && st == ST_OK;)
		st = write_head(h, &i, err);
	g_ptr_array_set_size(h->fresh, 0);
	return st;
}

/* --- tickets --- */

enum status half_find_ticket(
	struct half *h, uint64_t number, int64_t *id_out, uint64_t *last_out, struct error *err)
{
	sqlite3_stmt *s = half_statement(h, SQL_TICKET_BY_NUMBER, err);
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
	return code == SQLITE_DONE ? ST_NOT_FOUND : half_failed(h, _("read"), err);
}

/* What is kept in memory of the ticket written last goes to the file. */
static enum status write_settle(struct half *h, struct error *err)
{
	sqlite3_stmt *s;

	if (!h->last_changed)
		return ST_OK;
	s = half_statement(h, SQL_SET_LAST, err);
	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, h->id);
	sqlite.bind_int64(s, 2, (int64_t)h->last);
	h->last_changed = false;
	return half_step(h, s, err);
}

/* Makes it the one that is written now; ST_NOT_FOUND. */
static enum status write_take(struct half *h, uint64_t number, struct error *err)
{
	enum status st;

	if (h->number == number && number)
		return ST_OK;
	st = write_settle(h, err);
	h->number = 0;
	if (st == ST_OK)
		st = half_find_ticket(h, number, &h->id, &h->last, err);
	if (st == ST_OK)
		h->number = number;
	return st;
}

static enum status write_add_ticket(struct half *h, uint64_t number, struct error *err)
{
	sqlite3_stmt *s = half_statement(h, SQL_ADD_TICKET, err);
	enum status st;

	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, (int64_t)number);
	st = half_step(h, s, err);
	if (st != ST_OK)
		return st;
	h->number = number;
	h->id = sqlite.last_insert_rowid(h->db);
	h->last = 0;
	h->last_changed = false;
	return ST_OK;
}

/* --- rows --- */

/* sql: SQL_PUT_WORDS or SQL_REMOVE_WORDS, which wants the words that were put. */
static enum status write_words(struct half *h, enum fulltext_sql sql, uint64_t seq,
	const char *const texts[FULLTEXT_COLUMNS], struct error *err)
{
	sqlite3_stmt *s = half_statement(h, sql, err);

	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, (h->id << FULLTEXT_SEQ_BITS) + (int64_t)seq);
	for (int c = 0; c < FULLTEXT_COLUMNS; c++)
		sqlite.bind_text(s, c + 2, texts[c], -1, SQLITE_STATIC);
	return half_step(h, s, err);
}

/* Of the ticket's own row the words are kept, a line each, as it changes often. Owned; NULL: it has
 * none yet. */
static enum status write_own(struct half *h, char **own_out, struct error *err)
{
	sqlite3_stmt *s = half_statement(h, SQL_TICKET_BY_ID, err);
	int code;

	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, h->id);
	code = sqlite.step(s);
	if (code == SQLITE_ROW)
		*own_out = g_strdup((const char *)sqlite.column_text(s, 1));
	sqlite.reset(s);
	return code == SQLITE_ROW ? ST_OK : half_failed(h, _("read"), err);
}

static enum status write_remove_own(struct half *h, struct error *err)
{
	g_autofree char *own = NULL;
	g_auto(GStrv) texts = NULL;
	enum status st = write_own(h, &own, err);

	if (st != ST_OK || !own)
		return st;
	texts = g_strsplit(own, "\n", FULLTEXT_COLUMNS);
	if (g_strv_length(texts) != FULLTEXT_COLUMNS)
		return half_is_damaged(h, err);
	return write_words(h, SQL_REMOVE_WORDS, 0, (const char *const *)texts, err);
}

static enum status write_set_own(
	struct half *h, const char *const texts[FULLTEXT_COLUMNS], struct error *err)
{
	g_autoptr(GString) own = g_string_new(NULL);
	sqlite3_stmt *s = half_statement(h, SQL_SET_OWN, err);

	if (!s)
		return ST_IO;
	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++) {
		if (c)
			g_string_append_c(own, '\n');
		g_string_append(own, texts[c] ? texts[c] : "");
	}
	sqlite.bind_int64(s, 1, h->id);
	sqlite.bind_text(s, 2, own->str, (int)own->len, SQLITE_STATIC);
	return half_step(h, s, err);
}

/* A seq that is past the bits for it is of a ticket with a million messages: the rest of them are
 * not in the index. */
static enum status write_row(struct half *h, const struct fulltext_row *row, struct error *err)
{
	const char *const *texts = (const char *const *)row->texts;
	enum status st = write_take(h, row->number, err);
	bool fresh = st == ST_NOT_FOUND;

	if (fresh)
		st = write_add_ticket(h, row->number, err);
	if (row->seq >> FULLTEXT_SEQ_BITS || (row->seq && row->seq <= h->last))
		return st;
	if (st == ST_OK && row->seq == 0 && !fresh)
		st = write_remove_own(h, err);
	if (st == ST_OK)
		st = write_words(h, SQL_PUT_WORDS, row->seq, texts, err);
	if (st == ST_OK && row->seq == 0)
		st = write_set_own(h, texts, err);
	for (unsigned c = 0; c < FULLTEXT_COLUMNS && st == ST_OK; c++)
		write_note_words(h, texts[c]);
	if (st == ST_OK && row->seq) {
		h->last = row->seq;
		h->last_changed = true;
	}
	return st;
}

static enum status write_with(
	struct half *h, enum fulltext_sql sql, int64_t number, struct error *err)
{
	sqlite3_stmt *s = half_statement(h, sql, err);

	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, number);
	return half_step(h, s, err);
}

static enum status write_remove(struct half *h, uint64_t number, struct error *err)
{
	enum status st = write_take(h, number, err);

	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st == ST_OK)
		st = write_remove_own(h, err);
	if (st == ST_OK)
		st = write_with(h, SQL_REMOVE_TICKET, h->id, err);
	if (st == ST_OK)
		st = write_with(h, SQL_ADD_DEAD, (int64_t)h->last + 1, err);
	h->number = 0;
	h->last_changed = false;
	return st;
}

/* --- in two threads --- */

/* What is to be done to each half. */
struct each {
	enum status (*fn)(struct half *half, const void *arg, struct error *err);
	const void *arg;
	struct half *half;
	enum status st;
	struct error err;
};

static gpointer each_thread(gpointer arg)
{
	struct each *each = arg;

	each->st = each->fn(each->half, each->arg, &each->err);
	return NULL;
}

/* Beside each other, if that is worth a thread and there is one to be had. *each: fn and arg. */
static enum status write_each(
	struct fulltext *f, const struct each *what, bool beside, struct error *err)
{
	struct each each[FULLTEXT_HALVES];
	GThread *threads[FULLTEXT_HALVES] = { NULL };
	enum status st = ST_OK;

	for (unsigned i = 0; i < FULLTEXT_HALVES; i++) {
		each[i] = *what;
		each[i].half = &f->halves[i];
		if (beside && i)
			threads[i] = g_thread_try_new("index", each_thread, &each[i], NULL);
	}
	for (unsigned i = 0; i < FULLTEXT_HALVES; i++) {
		if (threads[i])
			g_thread_join(threads[i]);
		else if (st == ST_OK)
			each_thread(&each[i]);
		if (st == ST_OK && each[i].st != ST_OK)
			st = error_set(err, each[i].st, "%s", each[i].err.text);
	}
	return st;
}

static enum status write_own_rows(struct half *h, const void *arg, struct error *err)
{
	const GPtrArray *rows = arg;
	enum status st = ST_OK;

	for (guint i = 0; i < rows->len && st == ST_OK; i++) {
		const struct fulltext_row *row = rows->pdata[i];

		if (fulltext_half_of(h->whole, row->number) == h)
			st = write_row(h, row, err);
	}
	return st;
}

enum status fulltext_put(struct fulltext *f, const GPtrArray *rows, struct error *err)
{
	const struct each each = { .fn = write_own_rows, .arg = rows };

	f->many = rows->len >= ROWS_MANY;
	return write_each(f, &each, f->many, err);
}

enum status fulltext_remove(struct fulltext *f, uint64_t number, struct error *err)
{
	return write_remove(fulltext_half_of(f, number), number, err);
}

static enum status write_owe(struct half *h, const void *now, struct error *err)
{
	return write_with(h, SQL_OWE, *(const int64_t *)now, err);
}

enum status fulltext_owe(struct fulltext *f, int64_t now, struct error *err)
{
	return write_each(f, &(struct each){ .fn = write_owe, .arg = &now }, false, err);
}

enum status fulltext_last(struct fulltext *f, uint64_t number, uint64_t *seq_out, struct error *err)
{
	struct half *h = fulltext_half_of(f, number);
	int64_t id;
	enum status st;

	*seq_out = 0;
	if (h->number == number) {
		*seq_out = h->last;
		return ST_OK;
	}
	st = half_find_ticket(h, number, &id, seq_out, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- transactions --- */

static enum status write_begin_half(struct half *h, const void *arg, struct error *err)
{
	(void)arg;
	h->number = 0; /* another process may have written since */
	return half_step(h, half_statement(h, SQL_BEGIN, err), err);
}

static enum status write_begin_both(struct fulltext *f, struct error *err)
{
	enum status st = write_each(f, &(struct each){ .fn = write_begin_half }, false, err);

	if (st != ST_OK)
		fulltext_undo(f);
	return st;
}

/* Had one half to be made anew, the other is, too: it may have what was taken out meanwhile. */
enum status fulltext_begin(struct fulltext *f, struct error *err)
{
	struct fulltext_place place;
	bool alike = false;
	enum status st = write_begin_both(f, err);

	if (st != ST_OK)
		return st;
	st = fulltext_places(f, &place, &alike, err);
	if (st == ST_OK && alike)
		return ST_OK;
	fulltext_undo(f);
	if (st == ST_OK)
		st = fulltext_empty(f, err);
	if (st == ST_OK)
		st = fulltext_place(f, &place, err);
	return st == ST_OK ? write_begin_both(f, err) : st;
}

void fulltext_undo(struct fulltext *f)
{
	for (unsigned i = 0; i < FULLTEXT_HALVES; i++) {
		struct half *h = &f->halves[i];

		half_forget(h);
		half_step(h, half_statement(h, SQL_ROLLBACK, NULL), NULL);
	}
}

static enum status write_commit(struct half *h, const void *place, struct error *err)
{
	enum status st = write_settle(h, err);

	if (st == ST_OK)
		st = write_fresh(h, err);
	if (st == ST_OK)
		st = half_set_place(h, place, err);
	return st == ST_OK ? half_step(h, half_statement(h, SQL_COMMIT, err), err) : st;
}

/* Of a half that was committed alone, what was put is not put again. */
enum status fulltext_commit(
	struct fulltext *f, const struct fulltext_place *place, struct error *err)
{
	bool many = f->many;

	f->many = false;
	return write_each(f, &(struct each){ .fn = write_commit, .arg = place }, many, err);
}

static enum status write_merge(struct half *h, const void *arg, struct error *err)
{
	(void)arg;
	return half_merge(h, &h->merged, err);
}

enum status fulltext_merge(struct fulltext *f, bool *merged_out, struct error *err)
{
	enum status st = write_each(f, &(struct each){ .fn = write_merge }, true, err);

	f->many = true;
	*merged_out = true;
	for (unsigned i = 0; i < FULLTEXT_HALVES; i++)
		*merged_out &= f->halves[i].merged;
	return st;
}
