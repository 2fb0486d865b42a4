/* Due work. */
#include "keep/due.h"

#include "tables/history.h"
#include "tables/outbox.h"
#include "tables/tickets.h"

enum { BATCH = 100 };

struct due {
	int64_t now;
	unsigned count;
};

static enum status wake_one(struct txn *txn, uint64_t number, int64_t now, struct error *err)
{
	const struct actor actor = { "milticket", now };
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, number, &t, err);
	int before = t.status;

	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	t.wait_until = 0;
	t.updated = now;
	if (before == TICKET_WAITING || before == TICKET_INTERNAL)
		t.status = TICKET_OPEN;
	st = tickets_save(txn, &t, err);
	if (st == ST_OK)
		st = history_add(txn, number, &actor,
			NOTE(EVENT_WAKE, .from = ticket_status_names[before],
				.to = ticket_status_names[t.status]),
			err);
	record_release(&ticket_type, &t);
	return st;
}

static enum status due_wake_some(struct txn *txn, void *arg, struct error *err)
{
	struct due *due = arg;
	uint64_t numbers[BATCH];
	size_t n = 0;
	enum status st = tickets_due(txn, due->now, numbers, BATCH, &n, err);

	due->count = 0;
	for (size_t i = 0; i < n && st == ST_OK; i++, due->count++)
		st = wake_one(txn, numbers[i], due->now, err);
	return st;
}

static enum status due_look(struct txn *txn, void *arg, struct error *err)
{
	struct due *due = arg;
	uint64_t number;
	size_t n = 0;
	enum status st = tickets_due(txn, due->now, &number, 1, &n, err);

	due->count = (unsigned)n;
	return st;
}

enum status due_wake(struct store *store, int64_t now, unsigned *count_out, struct error *err)
{
	struct due due = { now, 0 };
	enum status st = store_read(store, due_look, &due, err);

	/* No write transaction, and no sync, while there is nothing to do. */
	if (st == ST_OK && due.count)
		st = store_write(store, due_wake_some, &due, err);
	if (count_out)
		*count_out = due.count;
	return st;
}

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
