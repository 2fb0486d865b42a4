/* ticket outbox list|retry|drop|flush. */
#include "commands.h"
#include "outbox.h"
#include "print.h"
#include "text.h"

static enum status keep(struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_ptr_array_add(arg, record_dup(&outgoing_type, outgoing));
	return ST_OK;
}

/* What is printed is printed behind the transaction: whoever reads it may take hours. */
static enum status look(struct txn *txn, void *arg, struct error *err)
{
	g_ptr_array_set_size(arg, 0);
	return outbox_each(txn, keep, arg, err);
}

static int run_list(struct cli *cli)
{
	g_autoptr(GPtrArray) outbox = g_ptr_array_new_with_free_func(record_free);
	enum status st = store_read(cli->store, look, outbox, &cli->err);
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
};

static enum status change(struct txn *txn, void *arg, struct error *err)
{
	struct work *w = arg;
	enum status st = ST_OK;

	for (size_t i = 0; i < w->ids.n && st == ST_OK; i++) {
		st = w->drop ? outbox_remove(txn, w->ids.v[i], err) : outbox_retry(txn, w->ids.v[i], w->cli->actor.now, err);
		if (st == ST_NOT_FOUND)
			error_set(err, st, "there is no outgoing mail %" G_GUINT64_FORMAT, w->ids.v[i]);
	}
	return st;
}

static int run_change(struct cli *cli, bool drop)
{
	struct work w = { .cli = cli, .drop = drop };
	int code = cli_tickets(cli, 0, &w.ids);

	if (code == EXIT_DONE)
		code = cli_status(cli, store_write(cli->store, change, &w, &cli->err));
	g_free(w.ids.v);
	return code;
}

static int run_retry(struct cli *cli)
{
	return run_change(cli, false);
}

static int run_drop(struct cli *cli)
{
	return run_change(cli, true);
}

static enum status flush(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	return outbox_flush(txn, err);
}

static int run_flush(struct cli *cli)
{
	return cli_status(cli, store_write(cli->store, flush, NULL, &cli->err));
}

const struct cli_command cmd_outbox_list = { "outbox list", "", "list mail that waits, failed or was suppressed", NULL, NEED_STORE_READ, 0, 0, run_list };
const struct cli_command cmd_outbox_retry = { "outbox retry", "ID…", "try mail again now", NULL, NEED_STORE_WRITE, 1, 0, run_retry };
const struct cli_command cmd_outbox_drop = { "outbox drop", "ID…", "give mail up", NULL, NEED_STORE_WRITE, 1, 0, run_drop };
const struct cli_command cmd_outbox_flush = { "outbox flush", "", "try everything that waits now", NULL, NEED_STORE_WRITE, 0, 0, run_flush };
