/* Due work. */
#include "keep/due.h"

#include <string.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "base/tongue.h"
#include "keep/due-work.h"
#include "tables/due-index.h"
#include "tables/history.h"
#include "tables/outbox.h"
#include "tables/tickets.h"

#define POSTPONED (INT64_C(3600) * TEXT_SECOND)

enum { BATCH = 50 };

static due_fn *const due_kinds[DUE_KINDS] = {
	[DUE_WAKE] = due_wake,
	[DUE_SLA] = due_sla,
	[DUE_REMIND] = due_remind,
	[DUE_AUTOMATION] = due_automation,
};

struct due_batch {
	const struct settings *settings;
	struct token_key key;
	int64_t now;
	size_t most; /* rows of a batch */
	size_t found;
	struct due_row rows[BATCH];
	struct due_done *done;
};

/* --- one --- */

/* Whoever had it first, here or on another host, has saved the ticket. */
static bool is_due_still(const struct ticket *t, const struct due_row *row)
{
	return due_kinds[row->kind] && due_time(t, row->kind) == row->time;
}

static enum status due_do(struct due_work *w)
{
	enum status st = due_kinds[w->kind](w);
	int64_t next = due_time(&w->ticket, w->kind);

	if (st == ST_OK && next && next <= w->now)
		return error_set(
			w->err, ST_REFUSED, _("ticket %" PRIu64 " is still due"), w->ticket.number);
	return st;
}

static enum status due_take(
	struct txn *txn, struct due_batch *batch, const struct due_row *row, struct error *err)
{
	struct due_work w = {
		.txn = txn,
		.settings = batch->settings,
		.key = batch->key,
		.now = batch->now,
		.time = row->time,
		.kind = row->kind,
		.err = err,
	};
	const struct ticket like = { .number = row->number };
	bool sound = false;
	enum status st = table_load_sound(txn, &ticket_table, &like, &w.ticket, &sound);

	/* A damaged ticket holds up no other; who repairs it writes its rows again. */
	if (st == ST_OK && !(sound && is_due_still(&w.ticket, row))) {
		st = due_index_drop(txn, row, err);
	} else if (st == ST_OK) {
		st = due_do(&w);
		batch->done->done[row->kind] += st == ST_OK;
		batch->done->stopped += w.stopped;
	} else {
		st = error_set(err, st, _("cannot read what is due: %s"), txn_reason(txn));
	}
	record_release(&ticket_type, &w.ticket);
	return st;
}

/* --- many --- */

static enum status due_take_some(struct txn *txn, void *arg, struct error *err)
{
	struct due_batch *batch = arg;
	enum status st = due_index_find(
		txn, batch->now, batch->rows, batch->most, &batch->found, err);

	memset(batch->done->done, 0, sizeof batch->done->done);
	batch->done->stopped = 0;
	for (size_t i = 0; i < batch->found && st == ST_OK; i++)
		st = due_take(txn, batch, &batch->rows[i], err);
	failpoint("due-before-commit");
	return st;
}

static enum status due_look(struct txn *txn, void *arg, struct error *err)
{
	struct due_batch *batch = arg;

	return due_index_next(txn, &batch->done->next, err);
}

/* --- what cannot be done --- */

/* A store that cannot be written is no fault of the work. */
static bool due_is_hopeless(enum status st)
{
	return st == ST_NOT_FOUND || st == ST_BAD_INPUT || st == ST_REFUSED || st == ST_EXISTS;
}

static enum status due_postpone(struct txn *txn, void *arg, struct error *err)
{
	const struct due_batch *batch = arg;
	const struct due_row *row = batch->rows;
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, row->number, &t, err);

	if (st == ST_OK && due_time(&t, row->kind) == row->time) {
		due_set_time(&t, row->kind, batch->now + POSTPONED);
		st = tickets_save(txn, &t, err);
	}
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static void due_count(unsigned sum[DUE_KINDS], const unsigned done[DUE_KINDS])
{
	for (int kind = 0; kind < DUE_KINDS; kind++)
		sum[kind] += done[kind];
}

/* One at a time, so that it is known which. */
static enum status due_singly(struct store *store, struct due_batch *batch, struct error *err)
{
	unsigned done[DUE_KINDS] = { 0 };
	enum status st = ST_OK;

	batch->most = 1;
	for (size_t i = 0; i < BATCH && st == ST_OK && batch->found; i++) {
		st = store_write(store, due_take_some, batch, err);
		if (due_is_hopeless(st)) {
			g_free(batch->done->why);
			batch->done->why = g_strdup(err->text);
			batch->done->postponed++;
			st = store_write(store, due_postpone, batch, err);
		} else if (st == ST_OK) {
			due_count(done, batch->done->done);
		}
	}
	memcpy(batch->done->done, done, sizeof done);
	return st;
}

enum status due_run(struct store *store, const struct settings *settings, int64_t now,
	struct due_done *done_out, struct error *err)
{
	struct due_batch batch = {
		.settings = settings, .now = now, .most = BATCH, .done = done_out
	};
	enum status st = store_read(store, due_look, &batch, err);

	/* No write transaction, and no sync, while there is nothing to do. */
	if (st != ST_OK || !done_out->next || done_out->next > now)
		return st;
	st = store_secret(store, batch.key.secret, err);
	if (st == ST_OK)
		st = store_write(store, due_take_some, &batch, err);
	done_out->more = batch.found == BATCH;
	if (due_is_hopeless(st)) {
		done_out->more = true;
		st = due_singly(store, &batch, err);
	}
	failpoint("due-after-commit");
	return st;
}

void due_done_release(struct due_done *done)
{
	g_clear_pointer(&done->why, g_free);
}

/* --- what is forgotten --- */

static enum status due_forget_counts(struct txn *txn, void *arg, struct error *err)
{
	int64_t now = *(const int64_t *)arg;
	enum status st = outbox_forget_counts(txn, now, err);

	return st == ST_OK ? outbox_forget_suppressed(txn, now, err) : st;
}

enum status due_forget(struct store *store, int64_t now, struct error *err)
{
	return store_write(store, due_forget_counts, &now, err);
}
