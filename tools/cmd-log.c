/* ticket log. */
#include <stdio.h>

#include "commands.h"
#include "print.h"
#include "text.h"

enum { DEFAULT_LINES = 20, POLL_MS = 300 };

static const struct cli_option options[] = {
	{ 'f', "follow", NULL, "go on with what happens" },
	{ 0, NULL, NULL, NULL },
};

struct following {
	struct cli *cli;
	uint64_t lines, last;
	bool tail;
	struct printer printer;
};

static enum status show(struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	struct following *f = arg;

	(void)txn;
	(void)err;
	print_event(&f->printer, event);
	f->last = event->serial;
	return ST_OK;
}

static enum status look(struct txn *txn, void *arg, struct error *err)
{
	struct following *f = arg;

	return f->tail ? history_tail(txn, (unsigned)f->lines, show, f, err) : history_each(txn, 0, f->last, show, f, err);
}

/* A round of the log; each is a short transaction of its own, so that following never holds the store. */
static enum status round_of(struct following *f, int *code)
{
	enum status st;

	print_begin(&f->printer, f->cli, PRINT_EVENTS);
	st = store_read(f->cli->store, look, f, &f->cli->err);
	*code = print_end(&f->printer);
	return st;
}

static int run(struct cli *cli)
{
	struct following f = { .cli = cli, .lines = DEFAULT_LINES, .tail = true };
	int code, ignored;
	enum status st;

	if (cli->args[0] && text_parse_number(cli->args[0], &f.lines) != ST_OK)
		return cli_usage(cli, "'%s' is no number of events", cli->args[0]);
	st = round_of(&f, &code);
	f.tail = false;
	while (st == ST_OK && cli_has(cli, "follow") && fflush(stdout) == 0) {
		g_usleep(POLL_MS * 1000);
		st = round_of(&f, &ignored);
	}
	return st == ST_OK ? code : cli_status(cli, st);
}

const struct cli_command cmd_log = { "log", "[COUNT]", "show the last events of all tickets", options, NEED_STORE_READ, 0, 1, run };
