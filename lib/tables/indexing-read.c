/* What of a ticket is indexed: its own row, and one a message, folded. */
#include "tables/indexing-read.h"

#include <inttypes.h>
#include <string.h>

#include "base/fold.h"
#include "mail/attachment.h"
#include "tables/tickets.h"

enum { READ_BYTES = 8 * 1024 * 1024 };

/* Folded while it is read: another thread may write what was read before. */
static void row_set(struct fulltext_row *row, enum fulltext_column column, const char *text)
{
	GString *words;

	if (!text || !*text)
		return;
	words = g_string_sized_new(strlen(text) + 1);
	fold_text(text, words);
	row->texts[column] = g_string_free(words, FALSE);
}

static void row_set_note(struct fulltext_row *row, const char *text)
{
	GString *words = g_string_new(FULLTEXT_IS_NOTE);

	fold_text(text, words);
	row->texts[FULLTEXT_NOTE] = g_string_free(words, FALSE);
}

static void row_free(gpointer data)
{
	struct fulltext_row *row = data;

	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++)
		g_free(row->texts[c]);
	g_free(row);
}

void reading_init(struct reading *r)
{
	r->rows = g_ptr_array_new_with_free_func(row_free);
	r->removed = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	following_init(&r->log, r->most);
}

static void reading_reset(struct reading *r)
{
	g_ptr_array_set_size(r->rows, 0);
	g_array_set_size(r->removed, 0);
	r->last = r->after;
	r->bytes = 0;
	r->cut = false;
}

void reading_release(struct reading *r)
{
	g_ptr_array_unref(r->rows);
	g_array_unref(r->removed);
	following_release(&r->log);
}

static void reading_add_words(GString *out, const char *text)
{
	if (text)
		g_string_append_printf(out, "%s\n", text);
}

static void reading_add_list(GString *out, char *const *list)
{
	for (; list && *list; list++)
		reading_add_words(out, *list);
}

/* Not their types: who looks for "image" means the word. Owned. */
static char *reading_files(char *const *attached)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (; attached && *attached; attached++) {
		struct attachment a = { 0 };

		if (attachment_read(*attached, &a))
			reading_add_words(out, a.name);
		attachment_release(&a);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static struct fulltext_row *reading_add_row(struct reading *r, uint64_t number, uint64_t seq)
{
	struct fulltext_row *row = g_new0(struct fulltext_row, 1);

	row->number = number;
	row->seq = seq;
	g_ptr_array_add(r->rows, row);
	return row;
}

static void reading_add_ticket(struct reading *r, const struct ticket *t)
{
	struct fulltext_row *row = reading_add_row(r, t->number, 0);
	g_autoptr(GString) people = g_string_new(NULL), marks = g_string_new(NULL);

	reading_add_words(people, t->requester_name);
	reading_add_words(people, t->requester_address);
	reading_add_list(people, t->participants);
	g_string_printf(marks, "%" PRIu64 "\n", t->number);
	reading_add_list(marks, t->tags);
	row_set(row, FULLTEXT_SUBJECT, t->subject);
	row_set(row, FULLTEXT_PEOPLE, people->str);
	row_set(row, FULLTEXT_MARKS, marks->str);
}

static enum status reading_add_entry(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct reading *r = arg;
	struct fulltext_row *row = reading_add_row(r, e->ticket, e->seq);
	g_autoptr(GString) to = g_string_new(NULL);
	g_autofree char *files = reading_files(e->attached), *text = NULL;
	enum status st = tickets_text(txn, e->ticket, e->seq, &text, err);

	r->bytes += st == ST_OK ? strlen(text) : 0;
	reading_add_list(to, e->to);
	reading_add_list(to, e->cc);
	if (e->direction == DIRECTION_NOTE)
		row_set_note(row, text);
	else
		row_set(row, FULLTEXT_TEXT, text);
	row_set(row, FULLTEXT_SUBJECT, e->subject);
	row_set(row, FULLTEXT_FROM, e->from);
	row_set(row, FULLTEXT_TO, to->str);
	row_set(row, FULLTEXT_FILES, files);
	return st;
}

/* The same, until it is enough for now. */
static enum status reading_add_new_entry(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct reading *r = arg;

	r->cut = r->bytes > READ_BYTES;
	return r->cut ? ST_NOT_FOUND : reading_add_entry(txn, e, r, err);
}

/* --- what the log asks for --- */

/* Of a merged ticket nothing is found: its messages are the survivor's. */
static enum status want_read(
	struct txn *txn, struct reading *r, uint64_t number, enum change_of want, struct error *err)
{
	struct ticket t = { 0 };
	uint64_t last = 0;
	enum status st = tickets_load(txn, number, &t, err);
	bool gone = st == ST_NOT_FOUND || (st == ST_OK && t.merged_into);

	if (st == ST_OK && r->fulltext && want != CHANGED_ALL)
		st = fulltext_last(r->fulltext, number, &last, err);
	if (gone || want == CHANGED_ALL)
		g_array_append_val(r->removed, number);
	if (st == ST_OK && !gone && want != CHANGED_MESSAGES)
		reading_add_ticket(r, &t);
	if (st == ST_OK && !gone)
		st = tickets_each_entry_from(txn, number, last + 1,
			want == CHANGED_ALL ? reading_add_entry : reading_add_new_entry, r, err);
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static gint want_compare(gconstpointer a, gconstpointer b)
{
	gsize x = GPOINTER_TO_SIZE(*(const gconstpointer *)a),
	      y = GPOINTER_TO_SIZE(*(const gconstpointer *)b);

	return x < y ? -1 : x > y;
}

/* By number, which is nearly the order of rows: others would each begin a piece of their own. */
static enum status want_read_all(struct txn *txn, struct reading *r, struct error *err)
{
	guint n;
	g_autofree gpointer *numbers = g_hash_table_get_keys_as_array(r->log.tickets, &n);
	enum status st = ST_OK;

	qsort(numbers, n, sizeof *numbers, want_compare);
	for (guint i = 0; i < n && st == ST_OK && !r->cut; i++) {
		gpointer want = g_hash_table_lookup(r->log.tickets, numbers[i]);

		st = want_read(txn, r, GPOINTER_TO_SIZE(numbers[i]),
			(enum change_of)GPOINTER_TO_UINT(want), err);
	}
	return st;
}

enum status indexing_read_log(struct txn *txn, void *arg, struct error *err)
{
	struct reading *r = arg;
	enum status st;

	reading_reset(r);
	st = following_read(txn, &r->log, r->after, err);
	if (st == ST_OK)
		st = want_read_all(txn, r, err);
	r->last = r->cut ? r->after : r->log.last;
	return st;
}

/* --- building --- */

static enum status indexing_read_ticket(
	struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct reading *r = arg;
	enum status st = want_read(txn, r, t->number, CHANGED_TICKET, err);

	if (st != ST_OK || r->cut)
		return st == ST_OK ? ST_NOT_FOUND : st;
	r->last = t->number;
	return --r->most == 0 ? ST_NOT_FOUND : ST_OK;
}

enum status indexing_read_tickets(struct txn *txn, void *arg, struct error *err)
{
	struct reading *r = arg;
	unsigned most = r->most;
	enum status st;

	reading_reset(r);
	st = tickets_each_from(txn, r->after + 1, indexing_read_ticket, r, err);
	r->most = most;
	return st;
}
