/* ticket undo: what you did last, taken back. */
#include <stdio.h>
#include <string.h>

#include "act/undo.h"
#include "base/tongue.h"
#include "commands.h"
#include "print.h"
#include "tables/agents.h"
#include "terminal.h"

enum { SAID_BYTES = 64 * 1024 };

static const struct cli_option options[] = {
	{ .letter = 'n', .name = "dry-run", .help = N_("only say what would be undone") },
	{ .letter = 'y', .name = "yes", .help = N_("do not ask") },
	{ .name = NULL },
};

struct undo_work {
	struct cli *cli;
	struct undo undo;
	bool dry_run, pass;
	uint64_t first;     /* serial of the change that was shown; 0: none was */
	GString *said;      /* what, a line each */
	unsigned done;      /* events */
	struct numbers of;  /* its tickets */
	GPtrArray *tickets; /* struct ticket *: as they are then */
};

static void undo_note_tickets(struct undo_work *w)
{
	w->of.n = 0;
	for (guint i = 0; i < w->undo.events->len; i++)
		numbers_add(&w->of, ((const struct event *)w->undo.events->pdata[i])->ticket);
}

static enum status undo_one(
	struct txn *txn, struct undo_work *w, uint64_t number, struct error *err)
{
	const struct commander commander = { .actor = w->cli->actor,
		.local_times = terminal_is(),
		.settings = w->cli->settings,
		.key = w->cli->key };
	struct undoing u = { .txn = txn,
		.by = &commander,
		.undo = &w->undo,
		.dry_run = w->dry_run,
		.said = w->said,
		.err = err };
	struct ticket *ticket = record_new(&ticket_type);
	enum status st = (w->pass ? undo_pass : undo_ticket)(&u, number);

	g_ptr_array_add(w->tickets, ticket);
	w->done += u.done;
	return st == ST_OK ? tickets_load(txn, number, ticket, err) : st;
}

/* What was shown is what is undone, or nothing is. */
static enum status undo_check_same(const struct undo_work *w, struct error *err)
{
	const struct event *first = g_ptr_array_index(w->undo.events, 0);

	if (!w->first || w->first == first->serial)
		return ST_OK;
	return error_set(err, ST_BUSY, _("you did something else meanwhile; look again"));
}

static enum status undo_look_or_do(struct txn *txn, void *arg, struct error *err)
{
	struct undo_work *w = arg;
	enum status st = undo_find(txn, w->cli->actor.name, 0, &w->undo, err);

	g_string_truncate(w->said, 0);
	g_ptr_array_set_size(w->tickets, 0);
	w->done = 0;
	if (st == ST_OK)
		st = undo_check_same(w, err);
	undo_note_tickets(w);
	for (size_t i = 0; i < w->of.n && st == ST_OK; i++)
		st = undo_one(txn, w, w->of.v[i], err);
	return st;
}

static void undo_say(const struct undo_work *w)
{
	g_autofree char *said = terminal_block(w->said->str, SAID_BYTES);

	fputs(said, stdout);
}

static int undo_print(struct undo_work *w)
{
	struct printer printer;

	print_begin(&printer, w->cli, PRINT_TICKETS);
	for (guint i = 0; i < w->tickets->len; i++)
		print_ticket(&printer, g_ptr_array_index(w->tickets, i));
	return print_end(&printer);
}

/* Who sits there has been told what it is. */
static bool undo_is_wanted(const struct undo_work *w)
{
	return cli_has(w->cli, "yes") || !terminal_can_ask() || terminal_agrees(_("Undo this?"));
}

static int undo_write(struct undo_work *w)
{
	const struct event *first = g_ptr_array_index(w->undo.events, 0);

	w->first = first->serial;
	w->dry_run = false;
	return cli_status(w->cli, store_write(w->cli->store, undo_look_or_do, w, &w->cli->err));
}

/* Who has it said once gets past it. */
static int undo_pass_over(struct undo_work *w)
{
	int code;

	w->pass = true;
	code = undo_write(w);
	if (code != EXIT_DONE)
		return code;
	return cli_fail(EXIT_NOTHING,
		_("nothing of it can be undone; the next undo goes one step further back"));
}

static int undo_do(struct undo_work *w)
{
	int code = undo_write(w);

	if (code != EXIT_DONE)
		return code;
	return w->cli->json ? undo_print(w) : EXIT_DONE;
}

static int undo_work_run(struct undo_work *w)
{
	bool only_look = w->dry_run;
	enum status st;

	w->dry_run = true;
	st = store_read(w->cli->store, undo_look_or_do, w, &w->cli->err);
	if (st != ST_OK)
		return cli_status(w->cli, st);
	if (!w->cli->json)
		undo_say(w);
	if (w->done == 0 && only_look)
		return cli_fail(EXIT_NOTHING, _("nothing of it can be undone"));
	if (w->done == 0)
		return undo_pass_over(w);
	if (only_look)
		return w->cli->json ? undo_print(w) : EXIT_DONE;
	if (!undo_is_wanted(w))
		return cli_fail(EXIT_NOTHING, _("nothing was changed"));
	return undo_do(w);
}

static int undo_run(struct cli *cli)
{
	struct undo_work w = { .cli = cli,
		.dry_run = cli_has(cli, "dry-run"),
		.said = g_string_new(NULL),
		.tickets = g_ptr_array_new_with_free_func(record_free) };
	int code;

	undo_init(&w.undo);
	code = undo_work_run(&w);
	undo_release(&w.undo);
	g_string_free(w.said, TRUE);
	g_ptr_array_unref(w.tickets);
	g_free(w.of.v);
	return code;
}

const struct cli_command cmd_undo = {
	.name = "undo",
	.arguments = "",
	.summary = N_("take back what you did last"),
	.options = options,
	.need = NEED_STORE_WRITE,
	.run = undo_run,
};
