/* Imports. Mails are read and parsed by several threads a batch ahead; the store has them one after
 * the other. */
#include "keep/import.h"

#include <string.h>

#include "act/intake.h"
#include "base/address.h"
#include "base/text.h"
#include "base/tongue.h"
#include "keep/import-numbers.h"
#include "mail/message.h"

enum { BATCH = 128, READERS = 2, DAY = 24 * 3600 };

/* A mail on its way. */
struct item {
	size_t index;
	struct mail mail;
	struct spool *spool;
	struct message *message;
	char *sender;
	char **recipients;
	struct envelope envelope;
	enum status status;
	struct error err;
	bool older;
};

struct import {
	struct store *store;
	const struct box *box;
	const struct import_options *options;
	struct import_counts *counts;
	struct import_numbers *numbers; /* NULL: new ones are given */
};

/* --- one mail --- */

/* Return-Path is what the last mail server saw; else the mbox knows; else the author stands for
 * it. */
static char *import_sender_of(const struct item *item)
{
	const char *path = message_header(item->message, "Return-Path", 0);
	struct mailboxes from = message_from(item->message);
	char *canonical = NULL;
	enum status st = path ? address_canonical(path, &canonical) : ST_BAD_INPUT;

	if (st == ST_OK)
		return canonical;
	if (st == ST_NOT_FOUND)
		return g_strdup("");
	if (item->mail.sender)
		return g_strdup(item->mail.sender);
	return g_strdup(from.n ? from.v[0].address : "");
}

static void add_tokens(
	const struct import_options *options, struct mailboxes list, GPtrArray *recipients)
{
	for (size_t i = 0; i < list.n; i++) {
		g_autofree char *detail = NULL;

		if (settings_account(options->settings, list.v[i].address, &detail) ==
				options->account &&
			detail)
			g_ptr_array_add(recipients, g_strdup(list.v[i].address));
	}
}

/* The account, and its token addresses in To and Cc, which name a ticket whatever became of the
 * ids. */
static char **import_recipients_of(
	const struct import_options *options, const struct message *message)
{
	GPtrArray *recipients = g_ptr_array_new();

	add_tokens(options, message_to(message), recipients);
	add_tokens(options, message_cc(message), recipients);
	g_ptr_array_add(recipients, g_strdup(options->account->address));
	g_ptr_array_add(recipients, NULL);
	return (char **)g_ptr_array_free(recipients, FALSE);
}

/* A Date from the future would keep the ticket on top of every list. */
static int64_t import_came(const struct item *item, int64_t now)
{
	int64_t date = message_date(item->message);

	if (date && date <= now + (int64_t)DAY * TEXT_SECOND)
		return date;
	return item->mail.came && item->mail.came <= now ? item->mail.came : now;
}

static void import_describe(struct item *item, const struct import_options *options)
{
	int64_t date = message_date(item->message);

	item->sender = import_sender_of(item);
	item->recipients = import_recipients_of(options, item->message);
	item->envelope = (struct envelope){
		.sender = item->sender,
		.recipients = (const char *const *)item->recipients,
		.queue_id = "",
		.received = import_came(item, options->now),
	};
	item->older = options->since && (date ? date : item->envelope.received) < options->since;
	/* Read here, where others read too, rather than in the transaction, where all wait. */
	if (!item->older)
		message_text(item->message);
}

/* On a thread of the pool. */
static void import_prepare(gpointer data, gpointer arg)
{
	struct item *item = data;
	const struct import *import = arg;

	item->status = box_read(import->box, item->index, &item->mail, &item->err);
	if (item->status != ST_OK)
		return;
	item->spool = arrival_spool(import->options->settings);
	item->status = mail_spool(&item->mail, item->spool, &item->err);
	g_clear_pointer(&item->mail.data, g_free);
	if (item->status != ST_OK)
		return;
	spool_body_digest(item->spool);
	item->message = spool_parse(item->spool);
	import_describe(item, import->options);
}

static void item_release(struct item *item)
{
	message_free(item->message);
	spool_free(item->spool);
	mail_release(&item->mail);
	g_free(item->sender);
	g_strfreev(item->recipients);
}

/* --- a batch --- */

struct batch {
	struct item items[BATCH];
	size_t n;
	GThreadPool *pool;
};

static struct batch *batch_begin(struct import *import, size_t first)
{
	struct batch *batch = g_new0(struct batch, 1);

	batch->n = MIN((size_t)BATCH, box_count(import->box) - first);
	batch->pool = g_thread_pool_new(import_prepare, import, READERS, TRUE, NULL);
	for (size_t i = 0; i < batch->n; i++) {
		batch->items[i].index = first + i;
		g_thread_pool_push(batch->pool, &batch->items[i], NULL);
	}
	return batch;
}

static void batch_wait(struct batch *batch)
{
	if (batch->pool)
		g_thread_pool_free(batch->pool, FALSE, TRUE);
	batch->pool = NULL;
}

static void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	batch_wait(batch);
	for (size_t i = 0; i < batch->n; i++)
		item_release(&batch->items[i]);
	g_free(batch);
}

static void count_broken(const struct import *import, const struct item *item, const char *why)
{
	import->counts->broken++;
	if (import->options->broken)
		import->options->broken(item->mail.place, why, import->options->arg);
}

static void import_count(struct import_counts *counts, const struct outcome *outcome)
{
	if (outcome->left_alone)
		counts->left_alone++;
	else if (outcome->duplicate)
		counts->duplicates++;
	else if (outcome->match == MATCH_NEW)
		counts->opened++;
	else
		counts->threaded++;
}

/* What is to be recorded of a batch, and what came of it. */
struct work_list {
	struct arrival arrivals[BATCH];
	struct outcome outcomes[BATCH];
	const struct item *items[BATCH];
	size_t n;
};

static enum status import_collect(
	struct import *import, struct batch *batch, struct work_list *list, struct error *err)
{
	for (size_t i = 0; i < batch->n; i++) {
		struct item *item = &batch->items[i];

		if (item->status == ST_BAD_INPUT) {
			count_broken(import, item, item->err.text);
			continue;
		}
		/* What else fails would fail for all that follow. */
		if (item->status != ST_OK)
			return error_set(err, item->status, "%s", item->err.text);
		if (item->older) {
			import->counts->older++;
			continue;
		}
		list->items[list->n] = item;
		list->arrivals[list->n] = (struct arrival){ .settings = import->options->settings,
			.envelope = &item->envelope,
			.message = item->message,
			.spool = item->spool,
			.import = true,
			.number = import->numbers
				? import_numbers_of(import->numbers, item->message)
				: 0 };
		outcome_init(&list->outcomes[list->n++]);
	}
	return ST_OK;
}

/* Which of them it was shows when each is taken in by itself. */
static enum status one_by_one(struct import *import, struct work_list *list, struct error *err)
{
	for (size_t i = 0; i < list->n; i++) {
		enum status st = intake(import->store, &list->arrivals[i], &list->outcomes[i], err);

		if (st == ST_OK)
			import_count(import->counts, &list->outcomes[i]);
		else if (st == ST_BAD_INPUT || st == ST_REFUSED)
			count_broken(import, list->items[i], err->text);
		else
			return st;
	}
	return ST_OK;
}

static enum status record_list(struct import *import, struct work_list *list, struct error *err)
{
	enum status st = intake_batch(import->store, list->arrivals, list->outcomes, list->n, err);

	if (st == ST_BAD_INPUT || st == ST_REFUSED)
		return one_by_one(import, list, err);
	for (size_t i = 0; i < list->n && st == ST_OK; i++)
		import_count(import->counts, &list->outcomes[i]);
	return st;
}

static enum status batch_take(struct import *import, struct batch *batch, struct error *err)
{
	struct work_list *list = g_new0(struct work_list, 1);
	enum status st;

	batch_wait(batch);
	st = import_collect(import, batch, list, err);
	if (st == ST_OK)
		st = record_list(import, list, err);
	for (size_t i = 0; i < list->n; i++)
		outcome_release(&list->outcomes[i]);
	g_free(list);
	if (st == ST_OK)
		import->counts->done += batch->n;
	return st;
}

static bool go_on(const struct import *import)
{
	return !import->options->progress ||
		import->options->progress(import->counts, import->options->arg);
}

enum status import_mails(struct store *store, struct box *box, const struct import_options *options,
	struct import_counts *counts_out, struct error *err)
{
	struct import import = { store, box, options, counts_out, NULL };
	struct batch *ahead;
	enum status st = ST_OK;

	memset(counts_out, 0, sizeof *counts_out);
	counts_out->total = box_count(box);
	box_sort(box);
	if (options->keep_numbers)
		import.numbers = import_numbers_new(box, &options->settings->tag_format);
	ahead = batch_begin(&import, 0);
	for (size_t at = 0; at < counts_out->total && st == ST_OK; at += BATCH) {
		struct batch *batch = ahead;

		batch_wait(batch);
		ahead = at + BATCH < counts_out->total ? batch_begin(&import, at + BATCH) : NULL;
		st = batch_take(&import, batch, err);
		batch_free(batch);
		if (st == ST_OK && !go_on(&import) && counts_out->done < counts_out->total)
			st = error_set(err, ST_BUSY,
				_("stopped after %" PRIu64 " of %" PRIu64 " mails"),
				counts_out->done, counts_out->total);
	}
	batch_free(ahead);
	import_numbers_free(import.numbers);
	return st;
}
