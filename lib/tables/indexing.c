/* Rows are read in a transaction of the store and written outside of it, as another process may
 * hold the index for seconds. */
#include "tables/indexing.h"

#include "base/hash.h"
#include "base/tongue.h"
#include "tables/history.h"
#include "tables/indexing-read.h"
#include "tables/tickets.h"

enum { STEP_WHOLE = 500, DEAD_LEAST = 1000, OWED_SECONDS = 600 };

/* --- writing --- */

static enum status indexing_write(struct reading *r, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; i < r->removed->len && st == ST_OK; i++)
		st = fulltext_remove(r->fulltext, g_array_index(r->removed, uint64_t, i), err);
	if (st == ST_OK)
		st = fulltext_put(r->fulltext, r->rows, err);
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

/* Reads on, or ends with it. */
static enum status indexing_build(const struct reading *r, struct fulltext_place *place,
	const struct ends *ends, struct error *err)
{
	bool end = !r->cut && (r->last == place->number || r->last >= ends->number);
	enum status st = end ? fulltext_merge(r->fulltext, &end, err) : ST_OK;

	if (st == ST_OK && end)
		*place = (struct fulltext_place){ .serial = place->serial, .built = true };
	else
		place->number = r->last;
	return st;
}

static enum status indexing_go_on(struct store *store, struct reading *r,
	struct fulltext_place *place, const struct ends *ends, struct error *err)
{
	enum status st;

	r->after = place->built ? place->serial : place->number;
	st = store_read(store, place->built ? indexing_read_log : indexing_read_tickets, r, err);
	if (st == ST_OK)
		st = indexing_write(r, err);
	if (st == ST_OK && !place->built)
		return indexing_build(r, place, ends, err);
	place->serial = r->last;
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
	     late = st == ST_OK && s.owed_since && ABS(now - s.owed_since) > OWED_SECONDS;

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

/* --- all tickets: one thread reads what the other writes next --- */

struct ahead {
	struct store *store;
	struct reading reading;
	GThread *thread;
	struct error err;
	enum status st;
};

static gpointer ahead_read(gpointer arg)
{
	struct ahead *a = arg;

	a->st = store_read(a->store, indexing_read_tickets, &a->reading, &a->err);
	return NULL;
}

/* NULL: there is no thread to be had. */
static struct ahead *ahead_start(struct store *store, uint64_t after, unsigned most)
{
	struct ahead *a = g_new0(struct ahead, 1);

	a->store = store;
	a->reading.after = after;
	a->reading.most = most;
	reading_init(&a->reading);
	a->thread = g_thread_try_new("indexing", ahead_read, a, NULL);
	if (a->thread)
		return a;
	reading_release(&a->reading);
	g_free(a);
	return NULL;
}

static void ahead_wait(struct ahead *a)
{
	if (a->thread)
		g_thread_join(a->thread);
	a->thread = NULL;
}

static void ahead_free(struct ahead *a)
{
	if (!a)
		return;
	ahead_wait(a);
	reading_release(&a->reading);
	g_free(a);
}

/* What was read goes in, if nobody else has gone on meanwhile. *progress_out says how far it is
 * then, and is left when somebody has. */
static enum status ahead_write(
	struct ahead *a, struct fulltext *f, struct indexing_progress *progress, struct error *err)
{
	struct fulltext_place place;
	enum status st = fulltext_begin(f, err);

	if (st != ST_OK)
		return st;
	st = fulltext_place(f, &place, err);
	if (st == ST_OK && (place.built || place.number != a->reading.after)) {
		fulltext_undo(f);
		return ST_OK;
	}
	a->reading.fulltext = f;
	if (st == ST_OK)
		st = indexing_write(&a->reading, err);
	place.number = a->reading.last;
	if (st == ST_OK)
		st = fulltext_commit(f, &place, err);
	if (st == ST_OK)
		progress->number = place.number;
	else
		fulltext_undo(f);
	return st;
}

/* Nothing is left for a step to end with, or it is one ticket that is too large to be read at
 * once. */
static bool ahead_is_last(const struct ahead *a)
{
	return a->reading.last == a->reading.after;
}

static enum status ahead_all(struct store *store, struct fulltext *f, unsigned most,
	struct indexing_watch *watch, struct error *err)
{
	struct indexing_progress *progress = &watch->progress;
	struct ahead *now = ahead_start(store, progress->number, most);
	enum status st = ST_OK;

	while (now && st == ST_OK && watch->go_on(watch)) {
		struct ahead *next = NULL;
		uint64_t was = progress->number;

		ahead_wait(now);
		st = now->st == ST_OK ? ST_OK : error_set(err, now->st, "%s", now->err.text);
		if (st != ST_OK || ahead_is_last(now))
			break;
		next = ahead_start(store, now->reading.last, most);
		st = ahead_write(now, f, progress, err);
		ahead_free(now);
		now = next;
		if (progress->number == was)
			break;
	}
	ahead_free(now);
	return st;
}

enum status indexing_all(struct store *store, struct fulltext *f, unsigned most,
	struct indexing_watch *watch, struct error *err)
{
	enum status st = ST_OK;

	watch->progress = (struct indexing_progress){ .done = false };
	while (st == ST_OK && !watch->progress.done && watch->go_on(watch)) {
		st = indexing_step(store, f, most, &watch->progress, err);
		if (st == ST_OK && watch->progress.building)
			st = ahead_all(store, f, most, watch, err);
	}
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
	enum status st = store_secret(store, secret, err);

	return st == ST_OK ? indexing_open_by(secret, directory, writable, fulltext_out, err) : st;
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
