/* What of a ticket is indexed: its own row, and one a message. Rows are read in a transaction of
 * the store and written outside of it, as another process may hold the index for seconds. */
#include "tables/indexing.h"

#include <inttypes.h>
#include <string.h>

#include "base/fold.h"
#include "base/hash.h"
#include "base/tongue.h"
#include "mail/attachment.h"
#include "tables/following.h"
#include "tables/history.h"
#include "tables/tickets.h"

enum { READ_BYTES = 8 * 1024 * 1024, STEP_WHOLE = 500, DEAD_LEAST = 1000, OWED_SECONDS = 600 };

/* --- rows, as they are read --- */

struct row {
	uint64_t number, seq;
	char *texts[FULLTEXT_COLUMNS];
};

/* What is read in one transaction. */
struct reading {
	struct fulltext *fulltext;
	uint64_t after; /* ticket's number, or serial of the log */
	unsigned most;
	size_t bytes;    /* of texts, so far */
	bool cut;        /* there was more than is read at once: the same is to be read again */
	GPtrArray *rows; /* struct row * */
	GArray *removed; /* uint64_t: tickets of which nothing older stays */
	struct following log;
	uint64_t last; /* ticket or serial that was read last */
};

/* Folded while it is read: another thread may write what was read before. */
static void row_set(struct row *row, enum fulltext_column column, const char *text)
{
	GString *words;

	if (!text || !*text)
		return;
	words = g_string_sized_new(strlen(text) + 1);
	fold_text(text, words);
	row->texts[column] = g_string_free(words, FALSE);
}

static void row_free(gpointer data)
{
	struct row *row = data;

	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++)
		g_free(row->texts[c]);
	g_free(row);
}

static void reading_init(struct reading *r)
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

static void reading_release(struct reading *r)
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

static struct row *reading_add_row(struct reading *r, uint64_t number, uint64_t seq)
{
	struct row *row = g_new0(struct row, 1);

	row->number = number;
	row->seq = seq;
	g_ptr_array_add(r->rows, row);
	return row;
}

static void reading_add_ticket(struct reading *r, const struct ticket *t)
{
	struct row *row = reading_add_row(r, t->number, 0);
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
	struct row *row = reading_add_row(r, e->ticket, e->seq);
	g_autoptr(GString) to = g_string_new(NULL);
	g_autofree char *files = reading_files(e->attached), *text = NULL;
	enum status st = tickets_text(txn, e->ticket, e->seq, &text, err);

	r->bytes += st == ST_OK ? strlen(text) : 0;
	reading_add_list(to, e->to);
	reading_add_list(to, e->cc);
	row_set(row, e->direction == DIRECTION_NOTE ? FULLTEXT_NOTE : FULLTEXT_TEXT, text);
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

	if (st == ST_OK && want != CHANGED_ALL)
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

static enum status indexing_read_log(struct txn *txn, void *arg, struct error *err)
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

static enum status indexing_read_tickets(struct txn *txn, void *arg, struct error *err)
{
	struct reading *r = arg;
	unsigned most = r->most;
	enum status st;

	reading_reset(r);
	st = tickets_each_from(txn, r->after + 1, indexing_read_ticket, r, err);
	r->most = most;
	return st;
}

/* --- writing --- */

static enum status indexing_write(struct reading *r, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; i < r->removed->len && st == ST_OK; i++)
		st = fulltext_remove(r->fulltext, g_array_index(r->removed, uint64_t, i), err);
	for (guint i = 0; i < r->rows->len && st == ST_OK; i++) {
		const struct row *row = r->rows->pdata[i];

		st = fulltext_put(
			r->fulltext, row->number, row->seq, (const char *const *)row->texts, err);
	}
	return st == ST_OK && r->log.taken_out
		? fulltext_owe(r->fulltext, g_get_real_time() / G_USEC_PER_SEC, err)
		: st;
}

/* --- how far --- */

struct ends {
	uint64_t serial, number;
	uint64_t after;     /* asked for: an event's serial; 0: none is */
	int64_t after_that; /* when the next one happened; 0: there is none */
};

static enum status indexing_note_time(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	*(int64_t *)arg = event->time;
	return ST_NOT_FOUND;
}

/* The log's last serial and the last ticket's number. */
static enum status indexing_read_ends(struct txn *txn, void *arg, struct error *err)
{
	struct ends *ends = arg;
	enum status st;

	*ends = (struct ends){ .after = ends->after };
	st = following_end(txn, &ends->serial, err);
	if (st == ST_OK)
		st = tickets_last(txn, &ends->number, err);
	if (st == ST_OK && ends->after)
		st = history_each(txn, 0, ends->after, indexing_note_time, &ends->after_that, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status indexing_log_end(struct store *store, uint64_t *serial_out, struct error *err)
{
	struct ends ends = { 0 };
	enum status st = store_read(store, indexing_read_ends, &ends, err);

	if (st == ST_OK)
		*serial_out = ends.serial;
	return st;
}

static void indexing_tell(const struct fulltext_place *place, const struct ends *ends,
	struct indexing_progress *progress_out)
{
	*progress_out = (struct indexing_progress){
		.building = !place->built,
		.behind = place->built ? ends->serial - MIN(ends->serial, place->serial) : 0,
		.number = place->number,
		.last_number = ends->number,
	};
	progress_out->done = place->built && progress_out->behind == 0;
}

/* An older store than the one that was indexed has come into its place: all of it is read again. */
static void indexing_begin_again(struct fulltext_place *place, const struct ends *ends)
{
	bool fresh = !place->built && place->number == 0;

	if (place->serial > ends->serial || fresh)
		*place = (struct fulltext_place){ .serial = ends->serial };
}

enum status indexing_look(struct store *store, struct fulltext *f,
	struct indexing_progress *progress_out, struct error *err)
{
	struct fulltext_place place;
	struct ends ends = { 0 };
	enum status st = fulltext_place(f, &place, err);

	if (st == ST_OK)
		ends.after = place.built ? place.serial : 0;
	if (st == ST_OK)
		st = store_read(store, indexing_read_ends, &ends, err);
	if (st != ST_OK)
		return st;
	indexing_begin_again(&place, &ends);
	indexing_tell(&place, &ends, progress_out);
	progress_out->since = ends.after_that;
	return ST_OK;
}

static enum status indexing_go_on(struct store *store, struct reading *r,
	struct fulltext_place *place, const struct ends *ends, struct error *err)
{
	enum status st;

	r->after = place->built ? place->serial : place->number;
	st = store_read(store, place->built ? indexing_read_log : indexing_read_tickets, r, err);
	if (st == ST_OK)
		st = indexing_write(r, err);
	if (place->built)
		place->serial = r->last;
	else if (!r->cut && (r->last == place->number || r->last >= ends->number))
		*place = (struct fulltext_place){ .serial = place->serial, .built = true };
	else
		place->number = r->last;
	return st;
}

/* It is made anew when much of it is of tickets that were removed, and after a purge that was
 * killed before it did so itself. */
static enum status indexing_bury(
	struct fulltext *f, struct indexing_progress *progress_out, struct error *err)
{
	struct fulltext_status s;
	enum status st = fulltext_look(f, &s, err);
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	bool much = st == ST_OK && s.dead >= DEAD_LEAST && s.dead >= s.tickets * 2,
	     late = st == ST_OK && s.owed_since && now - s.owed_since > OWED_SECONDS;

	if (!much && !late)
		return st;
	progress_out->done = false;
	progress_out->building = true;
	return fulltext_empty(f, err);
}

enum status indexing_step(struct store *store, struct fulltext *f, unsigned most,
	struct indexing_progress *progress_out, struct error *err)
{
	struct reading r = { .fulltext = f, .most = most };
	struct fulltext_place place;
	struct ends ends = { 0 };
	enum status st = fulltext_begin(f, err);

	if (st != ST_OK)
		return st;
	reading_init(&r);
	st = fulltext_place(f, &place, err);
	if (st == ST_OK)
		st = store_read(store, indexing_read_ends, &ends, err);
	if (st == ST_OK) {
		indexing_begin_again(&place, &ends);
		st = indexing_go_on(store, &r, &place, &ends, err);
	}
	if (st == ST_OK)
		st = fulltext_commit(f, &place, err);
	if (st == ST_OK)
		indexing_tell(&place, &ends, progress_out);
	else
		fulltext_undo(f);
	if (st == ST_OK && r.removed->len > 0)
		st = indexing_bury(f, progress_out, err);
	reading_release(&r);
	return st;
}

/* --- opening --- */

/* Another store's index in the same place is not this one's: its secret names it, hashed. */
static enum status indexing_open_by(const guint8 secret[STORE_SECRET_BYTES], const char *directory,
	bool writable, struct fulltext **fulltext_out, struct error *err)
{
	guint8 mac[HASH_BYTES];
	char name[HASH_HEX];

	hash_mac(secret, STORE_SECRET_BYTES, "search index", mac);
	hash_hex(mac, name);
	return fulltext_open(
		&(struct fulltext_options){
			.directory = directory, .store = name, .writable = writable },
		fulltext_out, err);
}

enum status indexing_open(struct store *store, const char *directory, bool writable,
	struct fulltext **fulltext_out, struct error *err)
{
	guint8 secret[STORE_SECRET_BYTES];

	store_secret(store, secret);
	return indexing_open_by(secret, directory, writable, fulltext_out, err);
}

enum status indexing_open_whole(const guint8 secret[STORE_SECRET_BYTES], const char *directory,
	struct fulltext **fulltext_out, struct error *err)
{
	struct fulltext_place place = { .built = false };
	struct fulltext *f = NULL;
	enum status st = indexing_open_by(secret, directory, false, &f, err);

	if (st == ST_OK)
		st = fulltext_place(f, &place, err);
	if (st == ST_OK && !place.built)
		st = error_set(err, ST_NOT_FOUND, _("the search index is being built"));
	if (st == ST_OK)
		*fulltext_out = f;
	else
		fulltext_close(f);
	return st;
}

static enum status indexing_follow(struct store *store, struct fulltext *f, struct error *err)
{
	struct indexing_progress progress = { .done = false };
	enum status st = indexing_look(store, f, &progress, err);

	while (st == ST_OK && !progress.done && !progress.building)
		st = indexing_step(store, f, STEP_WHOLE, &progress, err);
	return st;
}

/* One that is not whole yet is faster made anew than followed. */
static enum status indexing_forget_in(struct store *store, struct fulltext *f, struct error *err)
{
	struct fulltext_status status = { .dead = 0 };
	enum status st = indexing_follow(store, f, err);

	if (st == ST_OK)
		st = fulltext_look(f, &status, err);
	if (st == ST_OK && status.place.built && !status.owed_since)
		return ST_OK;
	return fulltext_empty(f, err);
}

enum status indexing_forget(struct store *store, const char *directory, struct error *err)
{
	struct fulltext *f = NULL;
	enum status st;

	if (!fulltext_exists(directory))
		return ST_OK;
	st = indexing_open(store, directory, true, &f, err);
	if (st == ST_OK)
		st = indexing_forget_in(store, f, err);
	fulltext_close(f);
	return st == ST_OK ? ST_OK : fulltext_destroy(directory, err);
}
