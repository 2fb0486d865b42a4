/* ticket export: tickets as JSON that can be read back, or as an mbox. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "choosing.h"
#include "commands.h"
#include "held.h"
#include "mails.h"
#include "move-archive.h"
#include "store-json.h"

static const struct cli_option options[] = {
	{ .name = "mbox", .help = N_("print the mails as an mbox, for any mail client") },
	{ .name = "archive",
		.argument = "DIRECTORY",
		.help = N_("copy the mails of the archive there, as they came, a file each") },
	{ .name = "with-secret",
		.help = N_(
			"with the secret of the reply addresses, so that they stay valid where it is read back") },
	{ .name = NULL },
};

struct exporting {
	struct cli *cli;
	const struct numbers *numbers;
	uint64_t mails;
};

static enum status print_mail(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	struct exporting *e = arg;
	g_autofree char *text = NULL;
	enum status st = tickets_text(txn, entry->ticket, entry->seq, &text, err);
	GString *mail;
	bool written;

	if (st != ST_OK)
		return st;
	mail = mails_read(e->cli, entry, text);
	written = mails_write_mbox(stdout, entry, mail);
	g_string_free(mail, TRUE);
	e->mails++;
	return written ? ST_OK : error_set(err, ST_IO, _("cannot write to standard output"));
}

static enum status print_ticket(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	return tickets_each_entry(txn, ticket->number, print_mail, arg, err);
}

static enum status print_number(
	struct txn *txn, uint64_t number, struct exporting *e, struct error *err)
{
	struct ticket ticket = { 0 };
	enum status st = tickets_load(txn, number, &ticket, err);

	if (st == ST_NOT_FOUND)
		return error_set(err, st, _("there is no ticket #%" PRIu64), number);
	if (st == ST_OK)
		st = print_ticket(txn, &ticket, e, err);
	record_release(&ticket_type, &ticket);
	return st;
}

static enum status export_mbox(struct txn *txn, void *arg, struct error *err)
{
	struct exporting *e = arg;
	enum status st = ST_OK;

	if (e->numbers->n == 0)
		return tickets_each(txn, print_ticket, e, err);
	for (size_t i = 0; i < e->numbers->n && st == ST_OK; i++)
		st = print_number(txn, e->numbers->v[i], e, err);
	return st;
}

static int run_mbox(struct cli *cli, const struct numbers *numbers)
{
	struct exporting e = { .cli = cli, .numbers = numbers };
	enum status st = held_read(cli, export_mbox, &e, &cli->err);

	if (st != ST_OK)
		return cli_status(cli, st);
	return e.mails ? EXIT_DONE : EXIT_NOTHING;
}

static bool export_is_numbers(const struct cli *cli)
{
	uint64_t number;

	for (unsigned i = 0; i < cli->n_args; i++)
		if (strcmp(cli->args[i], "-") != 0 &&
			text_parse_number(cli->args[i], &number) != ST_OK)
			return false;
	return true;
}

/* Numbers, or a query. */
static int export_choose(struct cli *cli, struct numbers *numbers)
{
	g_autofree char *text = NULL;
	struct choosing choosing = { 0 };
	int code;

	if (cli->n_args == 0 || export_is_numbers(cli))
		return cli->n_args ? cli_tickets(cli, 0, numbers) : EXIT_DONE;
	text = choosing_words(cli->args);
	code = choosing_begin(&choosing, cli, text);
	if (code == EXIT_DONE)
		code = choosing_numbers(&choosing, numbers);
	choosing_end(&choosing);
	if (code == EXIT_DONE && numbers->n == 0)
		return cli_fail(EXIT_NOTHING, _("no ticket matches: %s"), text);
	return code;
}

static int export_run(struct cli *cli)
{
	struct numbers numbers = { NULL, 0 };
	int code;

	if (cli_value(cli, "archive") && !cli->n_args)
		return move_archive(cli, cli_value(cli, "archive"), false, false);
	if (cli_value(cli, "archive"))
		return cli_usage(cli, _("--archive goes with all there is"));
	if (cli->json == cli_has(cli, "mbox"))
		return cli_usage(cli, _("as what? Give --json or --mbox"));
	if (cli_has(cli, "with-secret") && (!cli->json || cli->n_args))
		return cli_usage(cli, _("--with-secret goes with --json, and with all there is"));
	code = export_choose(cli, &numbers);
	if (code == EXIT_DONE)
		code = cli->json ? store_json_export(cli, &numbers, cli_has(cli, "with-secret"))
				 : run_mbox(cli, &numbers);
	g_free(numbers.v);
	return code;
}

const struct cli_command cmd_export = {
	.name = "export",
	.arguments = "[NUMBER…|QUERY]",
	.summary = N_("print tickets, or all there is, as JSON (to be read back) or as an mbox"),
	.options = options,
	.query = true,
	.need = NEED_STORE_READ,
	.run = export_run,
};
