/* Retention. */
#include "keep/purge.h"

#include "archive/archive.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "tables/doomed.h"
#include "tables/outbox.h"
#include "tables/tickets.h"

enum { BATCH = 100 };

/* --- which tickets --- */

struct choice {
	const struct purge_options *options;
	struct numbers numbers;
};

/* Nobody closes spam: it is over when nothing has happened to it for as long. */
static bool closed_before(const struct ticket *t, int64_t before)
{
	if (t->status == TICKET_SPAM)
		return t->updated < before;
	return t->status == TICKET_CLOSED && t->closed && t->closed < before;
}

/* A number that leads elsewhere is worth as much as where it leads. */
static enum status purge_goes(
	struct txn *txn, const struct ticket *t, int64_t before, bool *goes_out, struct error *err)
{
	struct ticket survivor = { 0 };
	enum status st;

	*goes_out = closed_before(t, before);
	if (!t->merged_into)
		return ST_OK;
	st = tickets_resolve(txn, t->merged_into, &survivor, err);
	if (st == ST_OK)
		*goes_out = closed_before(&survivor, before);
	else if (st == ST_NOT_FOUND)
		*goes_out = true;
	record_release(&ticket_type, &survivor);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status choose_ticket(
	struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct choice *c = arg;
	bool chosen;
	enum status st = purge_goes(txn, t, c->options->before, &chosen, err);

	/* Each is seen once: no need to look for it among the others. */
	if (st == ST_OK && chosen) {
		c->numbers.v = g_renew(uint64_t, c->numbers.v, c->numbers.n + 1);
		c->numbers.v[c->numbers.n++] = t->number;
	}
	return st;
}

static enum status purge_choose(struct txn *txn, void *arg, struct error *err)
{
	struct choice *c = arg;
	const struct ticket_filter filter = { .statuses = 1u << TICKET_CLOSED | 1u << TICKET_SPAM,
		.priority = -1,
		.merged = true,
		.oldest_first = true };

	c->numbers.n = 0;
	return tickets_list(txn, &filter, choose_ticket, c, err);
}

/* --- a batch of them --- */

struct batch {
	const struct purge_options *options;
	const struct numbers *numbers; /* all of them */
	size_t at;
	uint64_t files;   /* counted only */
	GArray *outgoing; /* uint64_t: ids */
	uint64_t tickets;
};

static enum status doom_file(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	const struct batch *b = arg;

	return entry->archive && b->options->archive ? doomed_add(txn, entry, err) : ST_OK;
}

/* Another may have reopened it since it was chosen. */
static enum status purge_one(struct txn *txn, struct batch *b, uint64_t number, struct error *err)
{
	struct ticket t = { 0 };
	bool still = false;
	enum status st = tickets_load(txn, number, &t, err);

	if (st == ST_OK)
		st = purge_goes(txn, &t, b->options->before, &still, err);
	record_release(&ticket_type, &t);
	if (st != ST_OK || !still)
		return st == ST_NOT_FOUND ? ST_OK : st;
	st = tickets_each_entry(txn, number, doom_file, b, err);
	if (st == ST_OK)
		st = tickets_remove(txn, number, err);
	b->tickets++;
	return st == ST_OK ? history_add(txn, number, &b->options->actor, NOTE(EVENT_PURGED), err)
			   : st;
}

static enum status purge_list_outgoing(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	struct batch *b = arg;

	(void)txn;
	(void)err;
	for (size_t i = b->at; outgoing->ticket && i < MIN(b->numbers->n, b->at + BATCH); i++)
		if (b->numbers->v[i] == outgoing->ticket)
			g_array_append_val(b->outgoing, outgoing->id);
	return ST_OK;
}

static enum status purge_outgoing(struct txn *txn, struct batch *b, struct error *err)
{
	enum status st = outbox_each(txn, purge_list_outgoing, b, err);

	for (guint i = 0; i < b->outgoing->len && st == ST_OK; i++)
		st = outbox_remove(txn, g_array_index(b->outgoing, uint64_t, i), err);
	return st;
}

static enum status purge_batch(struct txn *txn, void *arg, struct error *err)
{
	struct batch *b = arg;
	enum status st;

	b->tickets = 0;
	g_array_set_size(b->outgoing, 0);
	st = purge_outgoing(txn, b, err);
	for (size_t i = b->at; i < MIN(b->numbers->n, b->at + BATCH) && st == ST_OK; i++)
		st = purge_one(txn, b, b->numbers->v[i], err);
	return st;
}

static enum status purge_all(
	struct store *store, struct batch *b, struct purge_counts *counts, struct error *err)
{
	enum status st = ST_OK;

	for (; b->at < b->numbers->n && st == ST_OK; b->at += BATCH) {
		st = store_write(store, purge_batch, b, err);
		if (st != ST_OK)
			break;
		counts->tickets += b->tickets;
		failpoint("batch-purged");
	}
	return st;
}

/* --- counting only --- */

static enum status count_file(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	struct batch *b = arg;

	(void)txn;
	(void)err;
	b->files += entry->archive != NULL;
	return ST_OK;
}

static enum status count_mails(struct txn *txn, void *arg, struct error *err)
{
	struct batch *b = arg;
	enum status st = ST_OK;

	b->files = 0;
	for (size_t i = 0; i < b->numbers->n && st == ST_OK; i++)
		st = tickets_each_entry(txn, b->numbers->v[i], count_file, b, err);
	return st;
}

enum status purge_closed(struct store *store, const struct purge_options *options,
	struct purge_counts *counts_out, struct error *err)
{
	struct choice choice = { .options = options };
	struct batch batch = { .options = options,
		.numbers = &choice.numbers,
		.outgoing = g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
	enum status st = store_read(store, purge_choose, &choice, err);

	*counts_out = (struct purge_counts){ 0 };
	if (st == ST_OK && options->dry_run) {
		st = store_read(store, count_mails, &batch, err);
		*counts_out = (struct purge_counts){ choice.numbers.n, batch.files };
	} else if (st == ST_OK) {
		st = purge_all(store, &batch, counts_out, err);
		if (st == ST_OK && options->archive)
			st = doomed_remove(store, options->archive, &counts_out->mails, err);
	}
	g_array_unref(batch.outgoing);
	g_free(choice.numbers.v);
	return st;
}

/* --- old files --- */

enum status purge_archive(const char *dir, int64_t keep_days, int64_t now, uint64_t max,
	uint64_t *count_out, struct error *err)
{
	g_autoptr(GDateTime)
		time = g_date_time_new_from_unix_utc(now / TEXT_SECOND - keep_days * 24 * 3600);
	g_autofree char *day = time ? g_date_time_format(time, "%Y/%m/%d") : NULL;

	*count_out = 0;
	if (keep_days <= 0 || !day || !dir)
		return ST_OK;
	return archive_remove_before(dir, day, max, count_out, err);
}
