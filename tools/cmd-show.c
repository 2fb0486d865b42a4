/* ticket show. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "mails.h"
#include "print.h"
#include "terminal.h"
#include "text.h"
#include "tickets.h"
#include "view.h"

static const struct cli_option options[] = {
	{ 0, "raw", "SEQ", "print this message as it was received" },
	{ 0, "mbox", NULL, "print the messages as an mbox" },
	{ 0, "maildir", "DIR", "write the messages into a Maildir" },
	{ 0, NULL, NULL, NULL },
};

struct showing {
	struct cli *cli;
	struct numbers numbers;
	uint64_t raw;
	const char *maildir;
	struct printer printer;
};

static enum status write_mail(struct showing *s, const struct entry *entry, const char *text, struct error *err)
{
	GString *mail = mails_read(s->cli, entry, text);
	enum status st = ST_OK;

	if (s->raw)
		fwrite(mail->str, 1, mail->len, stdout);
	else if (s->maildir)
		st = mails_write_maildir(s->maildir, entry, mail, err);
	else if (!mails_write_mbox(stdout, entry, mail))
		st = error_set(err, ST_IO, "cannot write to standard output");
	g_string_free(mail, TRUE);
	return st;
}

static enum status write_mails(struct showing *s, const struct ticket_view *view, struct error *err)
{
	bool found = false;
	enum status st = ST_OK;

	for (unsigned i = 0; i < view->entries->len && st == ST_OK; i++) {
		const struct entry *entry = g_ptr_array_index(view->entries, i);

		if (s->raw && entry->seq != s->raw)
			continue;
		found = true;
		st = write_mail(s, entry, g_ptr_array_index(view->texts, i), err);
	}
	if (st == ST_OK && s->raw && !found)
		st = error_set(err, ST_NOT_FOUND, "ticket #%" G_GUINT64_FORMAT " has no message %" G_GUINT64_FORMAT, view->ticket->number, s->raw);
	return st;
}

static enum status show_one(struct txn *txn, struct showing *s, uint64_t number, struct error *err)
{
	struct ticket ticket = { 0 };
	struct ticket_view view;
	enum status st = view_load(txn, number, &ticket, &view, err);

	if (st != ST_OK)
		return st;
	if (s->raw || s->maildir || cli_has(s->cli, "mbox"))
		st = write_mails(s, &view, err);
	else
		print_view(&s->printer, &view);
	view_release(&ticket, &view);
	return st;
}

static enum status show_all(struct txn *txn, void *arg, struct error *err)
{
	struct showing *s = arg;
	enum status st = ST_OK;

	for (size_t i = 0; i < s->numbers.n && st == ST_OK; i++)
		st = show_one(txn, s, s->numbers.v[i], err);
	return st;
}

static int run(struct cli *cli)
{
	struct showing s = { .cli = cli, .maildir = cli_value(cli, "maildir") };
	enum status st;
	int code;

	if (cli_value(cli, "raw") && text_parse_number(cli_value(cli, "raw"), &s.raw) != ST_OK)
		return cli_usage(cli, "--raw: '%s' is no message's number", cli_value(cli, "raw"));
	code = cli_tickets(cli, 0, &s.numbers);
	if (code != EXIT_DONE)
		return code;
	terminal_page();
	print_begin(&s.printer, cli, PRINT_TICKETS);
	st = store_read(cli->store, show_all, &s, &cli->err);
	print_end(&s.printer);
	g_free(s.numbers.v);
	return cli_status(cli, st);
}

const struct cli_command cmd_show = { "show", "NUMBER…", "show tickets with their conversation and events", options, NEED_STORE_READ, 1, 0, run };
