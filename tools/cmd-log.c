/* ticket log. */
#include <stdio.h>

#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "print.h"
#include "tables/tickets.h"
#include "terminal.h"

enum { DEFAULT_EVENTS = 20, POLL_MS = 250 };

static const uint64_t FROM_THE_END = UINT64_MAX;

static const struct cli_option options[] = {
	{ .name = "after",
		.argument = "SERIAL",
		.help = N_(
			"the first events after this one instead, as JSON names it; 0 begins at the first") },
	{ .letter = 'f',
		.name = "follow",
		.help = N_("go on with what happens, until interrupted") },
	{ .letter = 'n',
		.name = "limit",
		.argument = "COUNT",
		.help = N_("at most this many of the past; default: 20, or all of one ticket") },
	{ .name = NULL },
};

struct following {
	struct cli *cli;
	uint64_t ticket; /* 0: all */
	uint64_t limit;  /* 0: all */
	uint64_t after;  /* the serial to begin after, or FROM_THE_END */
	uint64_t last;
	GPtrArray *events; /* struct event * */
};

static enum status log_collect(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	struct following *f = arg;

	(void)txn;
	(void)err;
	g_ptr_array_add(f->events, record_dup(&event_type, event));
	return ST_OK;
}

static enum status log_collect_first(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	struct following *f = arg;

	if (f->limit && f->events->len >= f->limit)
		return ST_NOT_FOUND;
	return log_collect(txn, event, arg, err);
}

/* A ticket that was purged still has the event of that. */
static enum status log_past(struct txn *txn, void *arg, struct error *err)
{
	struct following *f = arg;
	struct ticket ticket = { 0 };
	enum status st;

	if (f->after != FROM_THE_END)
		return history_each(txn, f->ticket, f->after, log_collect_first, f, err);
	if (!f->ticket)
		return history_tail(txn, (unsigned)MIN(f->limit, G_MAXUINT), log_collect, f, err);
	st = history_each(txn, f->ticket, 0, log_collect, f, err);
	if (st == ST_OK && f->events->len == 0)
		st = tickets_load(txn, f->ticket, &ticket, err);
	record_release(&ticket_type, &ticket);
	return st == ST_NOT_FOUND ? error_set(err, st, _("there is no ticket #%" PRIu64), f->ticket)
				  : st;
}

static enum status log_present(struct txn *txn, void *arg, struct error *err)
{
	struct following *f = arg;

	return history_each(txn, f->ticket, f->last, log_collect, f, err);
}

/* A round of the log: a short transaction of its own, and printing after it, so that following
 * never holds the store. */
static int round_of(struct following *f, store_fn *fn)
{
	struct printer printer;
	enum status st;

	f->events = g_ptr_array_new_with_free_func(record_free);
	st = store_read(f->cli->store, fn, f, &f->cli->err);
	if (fn == log_past && f->limit && f->events->len > f->limit)
		g_ptr_array_remove_range(f->events, 0, f->events->len - (guint)f->limit);
	print_begin(&printer, f->cli, PRINT_EVENTS);
	for (unsigned i = 0; i < f->events->len; i++) {
		const struct event *event = g_ptr_array_index(f->events, i);

		print_event(&printer, event);
		f->last = event->serial;
	}
	g_ptr_array_unref(f->events);
	return st == ST_OK ? print_end(&printer) : (print_end(&printer), cli_status(f->cli, st));
}

static int log_follow(struct following *f, int code)
{
	cli_catch_interrupt();
	while (code <= EXIT_NOTHING && fflush(stdout) == 0 && !terminal_abandoned() &&
		!cli_interrupted())
		if (store_wait(f->cli->store, POLL_MS, -1))
			code = round_of(f, log_present);
	return code <= EXIT_NOTHING ? EXIT_DONE : code;
}

/* Zero is a place, too: before all events. */
static bool log_place(struct cli *cli, uint64_t *after_out)
{
	const char *value = cli_value(cli, "after");

	if (!value || g_ascii_string_to_unsigned(value, 10, 0, UINT64_MAX - 1, after_out, NULL))
		return true;
	cli_usage(cli, _("--after: '%s' is no serial of an event"), value);
	return false;
}

static int log_run(struct cli *cli)
{
	struct following f = { .cli = cli, .after = FROM_THE_END };
	int code;

	if (cli->args[0] && text_parse_number(cli->args[0], &f.ticket) != ST_OK)
		return cli_usage(
			cli, _("'%s' is no ticket number; expected 1042 or #1042"), cli->args[0]);
	f.limit = f.ticket || cli_has(cli, "after") ? 0 : DEFAULT_EVENTS;
	if (!cli_count(cli, "limit", &f.limit) || !log_place(cli, &f.after))
		return EXIT_BAD_USAGE;
	f.last = f.after == FROM_THE_END ? 0 : f.after;
	if (!cli_has(cli, "follow"))
		terminal_page();
	code = round_of(&f, log_past);
	return cli_has(cli, "follow") ? log_follow(&f, code) : code;
}

const struct cli_command cmd_log = {
	.name = "log",
	.arguments = "[NUMBER]",
	.summary = N_("show the last events of all tickets, or those of one"),
	.options = options,
	.need = NEED_STORE_READ,
	.most = 1,
	.run = log_run,
};
