/* ticket show. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "mails.h"
#include "print.h"
#include "terminal.h"
#include "view.h"

static const struct cli_option options[] = {
	{ .name = "raw", .argument = "SEQ", .help = N_("print this message as it was received") },
	{ .name = "mbox", .help = N_("print the messages as an mbox") },
	{ .name = "maildir", .argument = "DIR", .help = N_("write the messages into a Maildir") },
	{ .name = "history", .help = N_("list all tickets of the requester, too") },
	{ .name = NULL },
};

struct showing {
	struct cli *cli;
	uint64_t asked, number, raw; /* `number` is what is shown */
	const char *maildir;
	bool mbox;
	struct ticket ticket;
	struct ticket_view view;
	struct printer printer;
};

/* Nothing of a mail reaches a terminal raw; into a file it goes byte by byte. */
static void print_raw(const GString *mail)
{
	g_autofree char *clean =
		terminal_is() ? text_block_shown(mail->str, (gssize)mail->len, mail->len) : NULL;

	if (clean)
		fputs(clean, stdout);
	else
		fwrite(mail->str, 1, mail->len, stdout);
}

static enum status print_mbox(const struct entry *entry, const GString *mail, struct error *err)
{
	g_autofree char *clean =
		terminal_is() ? text_block_shown(mail->str, (gssize)mail->len, mail->len) : NULL;
	const GString visible = { clean, clean ? strlen(clean) : 0, 0 };

	if (mails_write_mbox(stdout, entry, clean ? &visible : mail))
		return ST_OK;
	return error_set(err, ST_IO, _("cannot write to standard output"));
}

/* What was not kept can only be told again. */
static void tell_rebuilt(const struct showing *s, const struct entry *entry)
{
	const char *dir = settings_archive(s->cli->settings);
	int fd;

	if (!s->raw)
		return;
	if (entry->archive && dir && archive_open(dir, entry->archive, &fd, NULL) == ST_OK)
		close(fd);
	else
		cli_fail(EXIT_DONE,
			_("message %" PRIu64 " of ticket #%" PRIu64
			  " is not in the archive; rebuilt from the record"),
			entry->seq, s->number);
}

static enum status write_mail(
	struct showing *s, const struct entry *entry, const char *text, struct error *err)
{
	GString *mail = mails_read(s->cli, entry, text);
	enum status st = ST_OK;

	tell_rebuilt(s, entry);
	if (s->raw)
		print_raw(mail);
	else if (s->maildir)
		st = mails_write_maildir(s->maildir, entry, mail, err);
	else
		st = print_mbox(entry, mail, err);
	g_string_free(mail, TRUE);
	return st;
}

static enum status write_mails(struct showing *s, struct error *err)
{
	bool found = false;
	enum status st = ST_OK;

	for (unsigned i = 0; i < s->view.entries->len && st == ST_OK; i++) {
		const struct entry *entry = g_ptr_array_index(s->view.entries, i);

		if (s->raw && entry->seq != s->raw)
			continue;
		found = true;
		st = write_mail(s, entry, g_ptr_array_index(s->view.texts, i), err);
	}
	if (st == ST_OK && s->raw && !found)
		st = error_set(err, ST_NOT_FOUND, _("ticket #%" PRIu64 " has no message %" PRIu64),
			s->number, s->raw);
	return st;
}

/* Where a merged number leads to. */
static enum status find_survivor(struct txn *txn, struct showing *s, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = tickets_resolve(txn, s->asked, &t, err);

	s->number = st == ST_OK ? t.number : s->asked;
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status show_load(struct txn *txn, void *arg, struct error *err)
{
	struct showing *s = arg;
	enum status st = ST_OK;

	/* A person wants the conversation; a program asks of the record by its number. */
	if (!s->cli->json)
		st = find_survivor(txn, s, err);
	if (st == ST_OK)
		st = view_load(txn, s->number, &s->ticket, &s->view, err);
	if (st == ST_OK && !s->cli->json && !s->raw && !s->mbox && !s->maildir)
		st = view_load_others(txn, &s->view, err);
	if (st == ST_OK && cli_has(s->cli, "history"))
		st = view_load_history(txn, &s->view, err);
	return st;
}

/* Printing comes after the transaction: a pager may hold it up for hours. */
static int show_one(struct showing *s)
{
	enum status st = store_read(s->cli->store, show_load, s, &s->cli->err);

	if (st != ST_OK)
		return cli_status(s->cli, st);
	if (s->number != s->asked)
		fprintf(stderr, _("#%" PRIu64 " was merged into #%" PRIu64 "\n"), s->asked,
			s->number);
	if (s->raw || s->maildir || s->mbox)
		st = write_mails(s, &s->cli->err);
	else
		print_view(&s->printer, &s->view);
	view_release(&s->ticket, &s->view);
	return cli_status(s->cli, st);
}

/* One that is not there does not keep the others from being shown. */
static int show_all(struct showing *s, const struct numbers *numbers)
{
	int worst = EXIT_DONE;

	for (size_t i = 0; i < numbers->n && !ferror(stdout); i++) {
		int code;

		s->asked = s->number = numbers->v[i];
		code = show_one(s);
		worst = MAX(worst, code);
	}
	return worst;
}

static int show_run(struct cli *cli)
{
	struct showing s = {
		.cli = cli, .maildir = cli_value(cli, "maildir"), .mbox = cli_has(cli, "mbox")
	};
	struct numbers numbers = { NULL, 0 };
	int code;

	if (cli_value(cli, "raw") && text_parse_number(cli_value(cli, "raw"), &s.raw) != ST_OK)
		return cli_usage(
			cli, _("--raw: '%s' is no message's number"), cli_value(cli, "raw"));
	if ((s.raw > 0) + (s.maildir != NULL) + s.mbox > 1)
		return cli_usage(cli, _("give one of --raw, --mbox and --maildir"));
	code = cli_tickets(cli, 0, &numbers);
	if (code == EXIT_DONE) {
		terminal_page();
		print_begin(&s.printer, cli, PRINT_TICKETS);
		code = show_all(&s, &numbers);
		print_end(&s.printer);
	}
	g_free(numbers.v);
	return code;
}

const struct cli_command cmd_show = {
	.name = "show",
	.arguments = "NUMBER…",
	.summary = N_("show tickets with their conversation and events"),
	.options = options,
	.need = NEED_STORE_READ,
	.least = 1,
	.run = show_run,
};
