/* ticket outbox list|retry|drop|flush. */
#include <stdio.h>

#include "base/tongue.h"
#include "commands.h"
#include "print.h"
#include "tables/outbox.h"

static enum status outbox_keep(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_ptr_array_add(arg, record_dup(&outgoing_type, outgoing));
	return ST_OK;
}

/* Printing comes after the transaction: whoever reads it may take hours. */
static enum status outbox_look(struct txn *txn, void *arg, struct error *err)
{
	g_ptr_array_set_size(arg, 0);
	return outbox_each(txn, outbox_keep, arg, err);
}

static int outbox_run_list(struct cli *cli)
{
	g_autoptr(GPtrArray) outbox = g_ptr_array_new_with_free_func(record_free);
	enum status st = store_read(cli->store, outbox_look, outbox, &cli->err);
	struct printer printer;

	if (st != ST_OK)
		return cli_status(cli, st);
	print_begin(&printer, cli, PRINT_OUTBOX);
	for (unsigned i = 0; i < outbox->len; i++)
		print_outgoing(&printer, g_ptr_array_index(outbox, i));
	return print_end(&printer);
}

/* --- changes --- */

struct work {
	struct cli *cli;
	struct numbers ids;
	bool drop;
	/* struct outgoing *: what it is about, as it is after a retry and was before it was
	 * dropped */
	GPtrArray *mails;
};

static enum status keep_one(struct txn *txn, struct work *w, uint64_t id, struct error *err)
{
	struct outgoing *outgoing = record_new(&outgoing_type);

	g_ptr_array_add(w->mails, outgoing);
	return outbox_load(txn, id, outgoing, err);
}

/* Somebody waits for that mail: the ticket says who gave it up. */
static enum status drop_one(struct txn *txn, struct work *w, uint64_t id, struct error *err)
{
	enum status st = keep_one(txn, w, id, err);
	const struct outgoing *o = g_ptr_array_index(w->mails, w->mails->len - 1);
	g_autofree char *to = o->to ? g_strjoinv(", ", o->to) : NULL;

	if (st == ST_OK)
		st = outbox_remove(txn, id, err);
	if (st == ST_OK && o->ticket)
		st = history_add(txn, o->ticket, &w->cli->actor,
			NOTE(EVENT_DROPPED, .to = to, .text = o->event), err);
	return st;
}

static enum status change_one(struct txn *txn, struct work *w, uint64_t id, struct error *err)
{
	enum status st = w->drop ? drop_one(txn, w, id, err)
				 : outbox_retry(txn, id, w->cli->actor.now, err);

	if (st == ST_OK && !w->drop)
		st = keep_one(txn, w, id, err);
	return st == ST_NOT_FOUND ? error_set(err, st, _("there is no outgoing mail %" PRIu64), id)
				  : st;
}

static enum status outbox_change(struct txn *txn, void *arg, struct error *err)
{
	struct work *w = arg;
	enum status st = ST_OK;

	g_ptr_array_set_size(w->mails, 0);
	for (size_t i = 0; i < w->ids.n && st == ST_OK; i++)
		st = change_one(txn, w, w->ids.v[i], err);
	return st;
}

static enum status keep_waiting(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	return outgoing->state == OUTGOING_WAITING
		? outbox_keep(txn, outgoing, ((struct work *)arg)->mails, err)
		: ST_OK;
}

static enum status outbox_flush_all(struct txn *txn, void *arg, struct error *err)
{
	enum status st = outbox_flush(txn, err);

	g_ptr_array_set_size(((struct work *)arg)->mails, 0);
	return st == ST_OK ? outbox_each(txn, keep_waiting, arg, err) : st;
}

static void outbox_tell(const struct work *w)
{
	struct printer printer;

	for (unsigned i = 0; !w->cli->json && i < w->mails->len; i++)
		printf(w->drop ? _("mail %" PRIu64 " dropped\n")
			       : _("mail %" PRIu64 " is tried again\n"),
			((const struct outgoing *)g_ptr_array_index(w->mails, i))->id);
	if (!w->cli->json)
		return;
	print_begin(&printer, w->cli, PRINT_OUTBOX);
	for (unsigned i = 0; i < w->mails->len; i++)
		print_outgoing(&printer, g_ptr_array_index(w->mails, i));
	print_end(&printer);
}

static int run_work(struct work *w, store_fn *fn)
{
	int code = w->cli->n_args ? cli_tickets(w->cli, 0, &w->ids) : EXIT_DONE;

	w->mails = g_ptr_array_new_with_free_func(record_free);
	if (code == EXIT_DONE)
		code = cli_status(w->cli, store_write(w->cli->store, fn, w, &w->cli->err));
	if (code == EXIT_DONE)
		outbox_tell(w);
	g_ptr_array_unref(w->mails);
	g_free(w->ids.v);
	return code;
}

static int run_retry(struct cli *cli)
{
	return run_work(&(struct work){ .cli = cli }, outbox_change);
}

static int run_drop(struct cli *cli)
{
	return run_work(&(struct work){ .cli = cli, .drop = true }, outbox_change);
}

static int run_flush(struct cli *cli)
{
	return run_work(&(struct work){ .cli = cli }, outbox_flush_all);
}

const struct cli_command cmd_outbox_list = {
	.name = "outbox list",
	.arguments = "",
	.summary = N_("list mail that waits, failed or was suppressed"),
	.need = NEED_STORE_READ,
	.run = outbox_run_list,
};
const struct cli_command cmd_outbox_retry = {
	.name = "outbox retry",
	.arguments = "ID…",
	.summary = N_("try mail again now"),
	.need = NEED_STORE_WRITE,
	.least = 1,
	.run = run_retry,
};
const struct cli_command cmd_outbox_drop = {
	.name = "outbox drop",
	.arguments = "ID…",
	.summary = N_("drop mail that was not sent"),
	.need = NEED_STORE_WRITE,
	.least = 1,
	.run = run_drop,
};
const struct cli_command cmd_outbox_flush = {
	.name = "outbox flush",
	.arguments = "",
	.summary = N_("try everything that waits now"),
	.need = NEED_STORE_WRITE,
	.run = run_flush,
};
