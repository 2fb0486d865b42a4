/* A group of writers as one transaction of the server's, in two round trips: one begins it, waits
 * for its turn and reads ahead, one writes and commits.
 *
 * One lock makes all writers of all hosts take turns, as those of the embedded store do: nobody
 * sees half of what another does, none has to be tried again because another was quicker, and
 * serials of the log are in the order of commits. It is taken before anything is read, and each
 * statement sees what was committed before it began. */
#include "store/postgresql/pg-store.h"

#include <string.h>

#include "base/failpoint.h"
#include "base/tongue.h"

enum { OID_OF_BYTES = 17, OID_OF_NUMBER = 20, LAST_MOMENT = G_TIME_SPAN_SECOND / 2 };

/* An advisory lock needs no rights: whoever may connect, to read reports say, could hold up all
 * mail with it. Nobody writes to this table, so that no vacuum is in the way. */
#define GROUP_LOCK "lock table turns in exclusive mode"

struct group_work {
	struct pg_store *store;
	struct job *jobs;
	struct pg_link *link;
	struct pg_rows *rows;
	int64_t deadline;
	bool last;
	bool written; /* some of it is on the server already */
};

static void group_fail(struct group_work *w, enum status st, const char *why)
{
	for (struct job *j = w->jobs; j; j = j->next) {
		j->status = st;
		error_set(
			j->err, st, _("cannot write store '%s': %s"), w->store->server.shown, why);
	}
}

/* Time that a writer itself has used is not what the server made us wait. */
static void group_allow(struct group_work *w)
{
	w->link->deadline = w->deadline;
}

static bool group_has_time(const struct group_work *w)
{
	return !w->last && g_get_monotonic_time() < w->deadline;
}

/* What passes is tried again until the deadline. */
static enum group_end group_again_or_fail(struct group_work *w, enum status st)
{
	if (st == ST_BUSY && w->link->broken && group_has_time(w))
		return GROUP_AGAIN;
	if (w->jobs->next && !w->last && (st == ST_BAD_INPUT || st == ST_FULL))
		return GROUP_APART;
	group_fail(w, st, w->link->reason);
	return GROUP_DONE;
}

static void group_roll_back(struct group_work *w)
{
	if (!w->link->broken && pq.transactionStatus(w->link->conn) != PQTRANS_IDLE)
		pg_link_run(w->link, "rollback", NULL);
}

/* --- the writers --- */

static enum status group_begin(struct group_work *w)
{
	struct pg_batch batch;
	struct pg_ahead *ahead;
	enum status st;

	group_allow(w);
	pg_batch_begin(&batch, w->link);
	pg_batch_text(&batch, "begin isolation level read committed");
	pg_batch_text(&batch, GROUP_LOCK);
	ahead = pg_ahead_add(w->store, w->jobs, w->rows, &batch);
	st = pg_batch_run(&batch);
	pg_ahead_end(ahead, w->jobs, st == ST_OK);
	return st;
}

static bool group_is_sound(const struct group_work *w)
{
	return !w->link->broken && pq.transactionStatus(w->link->conn) == PQTRANS_INTRANS;
}

static void group_run_job(struct group_work *w, struct job *job)
{
	struct pg_txn txn = {
		.txn = { .store = &w->store->store },
		.store = w->store,
		.link = w->link,
		.rows = w->rows,
		.begun = true,
		.alone = !w->jobs->next,
	};
	int64_t before = g_get_monotonic_time(), waited = w->link->waited;

	pg_rows_mark(w->rows);
	job_run(&txn.txn, job);
	if (job->status != ST_OK)
		pg_rows_undo(w->rows);
	w->written |= txn.flushes > 0;
	w->deadline += g_get_monotonic_time() - before - (w->link->waited - waited);
}

/* Did any come to ST_OK? */
static bool group_run_jobs(struct group_work *w)
{
	bool any = false;

	for (struct job *j = w->jobs; j && group_is_sound(w); j = j->next) {
		group_run_job(w, j);
		any |= j->status == ST_OK;
	}
	return any;
}

/* --- who has committed what --- */

static void group_writer_cells(struct group_work *w, struct cells *cells, uint64_t groups)
{
	static const struct shape writer = {
		.columns = { { .type = COLUMN_BYTES, .part = PART_REST } }, .n_keys = 1, .n = 1
	};

	cells_init(cells);
	shape_key_cells(&writer, (struct bytes){ w->store->writer, PG_WRITER_BYTES }, cells);
	pg_cells_count(cells, groups);
}

static const struct pg_statement *group_statement(
	struct pg_store *store, const char *name, const char *sql)
{
	static const uint32_t types[] = { OID_OF_BYTES, OID_OF_NUMBER };
	const struct pg_statement *found = pg_statement_find(store, name);

	return found ? found
		     : pg_statement_add(store, name, g_strdup(sql), types, G_N_ELEMENTS(types));
}

#define GROUP_SIGN \
	"insert into writers (id, groups, at) values ($1, $2, now())" \
	" on conflict (id) do update set groups = excluded.groups, at = now()"

/* That a group was committed stands in the database itself. Its row also makes the transaction one
 * that writes: where all writers have only read what others did, that is durable too, before they
 * rely on it. Who waits for changes is woken when there are any. */
static void group_sign(struct group_work *w, struct pg_batch *batch, const struct cells *cells)
{
	const struct pg_statement *statement = w->written
		? group_statement(w->store, "sign and tell",
			  GROUP_SIGN " returning pg_notify('milticket', '')")
		: group_statement(w->store, "sign", GROUP_SIGN);

	pg_batch_add(batch, statement, cells, NULL, NULL);
}

/* Every process has a row, each command of the shell too. One that has not written for a day asks
 * no more whether it was committed what it wrote then: questions end with a deadline, of a minute
 * at most. If it writes again, its row comes again with that. Who is new makes room for himself. */
static void group_forget_writers(const struct group_work *w, struct pg_batch *batch)
{
	if (w->store->groups == 1)
		pg_batch_text(batch,
			"delete from writers where id in (select id from writers"
			" where at < now() - interval '1 day' order by at limit 1000)");
}

static void group_read_groups(const PGresult *result, void *groups)
{
	struct cell cell;

	if (pq.ntuples(result) == 0)
		return;
	cell = pg_cell(result, 0, 0);
	*(uint64_t *)groups = key_read_u64((struct bytes){ cell.data, (size_t)cell.len }, 0);
}

/* The broken connection's transaction may be at its end still: its lock is waited for. */
static enum status group_ask_once(struct group_work *w, uint64_t *groups_out)
{
	struct pg_batch batch;
	struct cells cells;
	enum status st;

	*groups_out = 0;
	group_allow(w);
	w->link->unknown = false;
	group_writer_cells(w, &cells, 0);
	pg_batch_begin(&batch, w->link);
	pg_batch_text(&batch, "begin isolation level read committed");
	pg_batch_text(&batch, GROUP_LOCK);
	pg_batch_add(&batch,
		group_statement(
			w->store, "groups", "select groups from writers where id = $1 and $2 = 0"),
		&cells, group_read_groups, groups_out);
	pg_batch_add(&batch,
		group_statement(w->store, "touch",
			"insert into writers (id, groups, at) values ($1, $2, now())"
			" on conflict (id) do update set at = now()"),
		&cells, NULL, NULL);
	pg_batch_text(&batch, "commit");
	st = pg_batch_run(&batch);
	cells_release(&cells);
	return st == ST_OK && w->link->unknown ? ST_BUSY : st;
}

/* Was it committed after all, and is that known to so many servers that it stays? */
static enum status group_ask(struct group_work *w, bool *committed_out)
{
	enum status st = ST_BUSY;
	uint64_t groups = 0;

	while (st == ST_BUSY && g_get_monotonic_time() < w->deadline) {
		w->link->broken |= w->link->unknown;
		pg_pool_give(w->store->pool, w->link);
		w->link = NULL;
		st = pg_pool_take(w->store->pool, w->deadline, &w->link, NULL);
		if (st == ST_OK)
			st = group_ask_once(w, &groups);
		else
			break;
	}
	*committed_out = groups >= w->store->groups;
	return st;
}

/* --- the commit --- */

static enum group_end group_settle_unknown(struct group_work *w)
{
	bool committed = false;
	enum status st = group_ask(w, &committed);

	if (st == ST_OK)
		return committed ? GROUP_DONE : GROUP_AGAIN;
	group_fail(w, ST_BUSY,
		_("the connection broke while it was stored, and nobody can be asked whether it is"));
	return GROUP_DONE;
}

static enum group_end group_commit(struct group_work *w)
{
	struct pg_txn txn = { .store = w->store, .link = w->link, .rows = w->rows, .begun = true };
	struct pg_batch batch;
	struct cells cells;
	enum status st;

	w->store->groups++;
	group_writer_cells(w, &cells, w->store->groups);
	group_allow(w);
	w->link->unknown = false;
	pg_txn_batch(&txn, &batch);
	w->written |= pg_writes_add(w->store, w->rows, &batch);
	group_sign(w, &batch, &cells);
	group_forget_writers(w, &batch);
	pg_batch_text(&batch, "commit");
	failpoint("group-written");
	st = pg_batch_run(&batch);
	failpoint("group-committed");
	cells_release(&cells);
	if (w->link->broken || (st == ST_OK && w->link->unknown))
		return group_settle_unknown(w);
	return st == ST_OK ? GROUP_DONE : group_again_or_fail(w, st);
}

static enum group_end group_end_of(struct group_work *w, bool any)
{
	if (!group_is_sound(w))
		return group_again_or_fail(w, ST_BUSY);
	return any ? group_commit(w) : GROUP_DONE;
}

static enum group_end group_write(struct group_work *w)
{
	struct error err = { "" };
	enum status st = pg_pool_take(w->store->pool, w->deadline, &w->link, &err);
	enum group_end end;

	if (st != ST_OK) {
		for (struct job *j = w->jobs; j; j = j->next) {
			j->status = st;
			error_set(j->err, st, "%s", err.text);
		}
		return GROUP_DONE;
	}
	w->rows = pg_rows_new();
	st = group_begin(w);
	end = st == ST_OK ? group_end_of(w, group_run_jobs(w)) : group_again_or_fail(w, st);
	if (w->link)
		group_roll_back(w);
	pg_pool_give(w->store->pool, w->link);
	pg_rows_free(w->rows);
	return end;
}

/* Each in a transaction of its own, as what one of them wants cannot be written. */
static void group_write_apart(struct group_work *w)
{
	for (struct job *j = w->jobs; j; j = j->next) {
		struct group_work one = *w;
		struct job *next = j->next;
		enum group_end end = GROUP_AGAIN;

		j->next = NULL;
		one.jobs = j;
		for (int i = 1; i <= GROUP_TRIES && end != GROUP_DONE; i++) {
			one.last = i == GROUP_TRIES;
			end = group_write(&one);
		}
		j->next = next;
	}
}

/* Who has waited for long after others has a moment all the same: some of them came later. Once,
 * however often it is tried. */
static int64_t group_deadline(const struct pg_store *store, const struct group *group)
{
	int64_t deadline = group->begun + store->server.deadline_s * G_TIME_SPAN_SECOND;

	return pg_server_latest(&store->server, MAX(deadline, group->led + LAST_MOMENT));
}

enum group_end pg_write(struct store *base, const struct group *group)
{
	struct pg_store *store = pg_of(base);
	struct group_work w = {
		.store = store,
		.jobs = group->jobs,
		.deadline = group_deadline(store, group),
		.last = group->last,
	};

	if (!group->apart)
		return group_write(&w);
	group_write_apart(&w);
	return GROUP_DONE;
}
