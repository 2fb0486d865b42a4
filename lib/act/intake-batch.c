/* Many messages as one transaction. */
#include "act/attempt.h"
#include "act/intake-wants.h"
#include "archive/archive.h"
#include "base/failpoint.h"

struct batch {
	struct attempt *attempts;
	struct arrival *arrivals;
	size_t n;
};

static enum status batch_archive(
	const struct batch *batch, const struct settings *settings, struct error *err)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < batch->n && st == ST_OK; i++)
		st = intake_archive(&batch->arrivals[i], false, err);
	if (st == ST_OK && settings->store.durable && settings_archive(settings))
		st = archive_sync(settings_archive(settings), err);
	return st;
}

static enum status batch_record(struct txn *txn, void *arg, struct error *err)
{
	const struct batch *batch = arg;
	enum status st = ST_OK;

	for (size_t i = 0; i < batch->n && st == ST_OK; i++)
		st = intake_record(txn, &batch->attempts[i], err);
	return st;
}

static void batch_end(struct batch *batch, enum status st)
{
	for (size_t i = 0; i < batch->n; i++) {
		if (st == ST_OK)
			intake_finish(&batch->attempts[i]);
		attempt_release(&batch->attempts[i]);
		arrival_release(&batch->arrivals[i]);
	}
	g_free(batch->attempts);
}

enum status intake_batch(struct store *store, struct arrival *arrivals, struct outcome *outcomes,
	size_t n, struct error *err)
{
	struct batch batch = { g_new0(struct attempt, n), arrivals, n };
	enum status st = ST_OK;

	for (size_t i = 0; i < n && st == ST_OK; i++) {
		batch.attempts[i].arrival = &arrivals[i];
		batch.attempts[i].outcome = &outcomes[i];
		st = intake_read(&arrivals[i], store, err);
	}
	if (st == ST_OK && n)
		st = batch_archive(&batch, arrivals[0].settings, err);
	failpoint("batch-archived");
	if (st == ST_OK && n)
		st = intake_write(store, arrivals, n, batch_record, &batch, err);
	failpoint("batch-recorded");
	batch_end(&batch, st);
	return st;
}
