/* ticket import: a box, or an export of all that is recorded. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive-rows.h"
#include "base/address.h"
#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "counted.h"
#include "keep/import.h"
#include "move-archive.h"
#include "progress.h"
#include "store-json.h"
#include "tables/copying.h"
#include "terminal.h"

static const struct cli_option options[] = {
	{ .name = "account", .argument = "ACCOUNT", .help = N_("the account whose mail this is") },
	{ .name = "since",
		.argument = "WHEN",
		.help = N_("pass over mail older than this date or duration (90d)") },
	{ .name = "keep-numbers", .help = N_("give tickets the numbers that the mails' tags say") },
	{ .name = "archive",
		.help = N_("copy a former archive's mails, a directory, into the present one") },
	{ .letter = 'n',
		.name = "dry-run",
		.help = N_("tell what would become of the mails, record none") },
	{ .letter = 'q', .name = "quiet", .help = N_("show no progress") },
	{ .name = NULL },
};

static void import_broken(const char *place, const char *why, void *arg)
{
	progress_clear(arg);
	cli_fail(EXIT_BAD_DATA, "%s: %s", place, why);
}

static bool show_progress(const struct import_counts *counts, void *arg)
{
	progress_show(arg, counts->done, counts->total);
	return !cli_interrupted();
}

static const struct account *import_account_of(const struct cli *cli)
{
	g_autofree char *canonical = NULL, *detail = NULL;

	if (address_canonical(cli_value(cli, "account"), &canonical) != ST_OK)
		return NULL;
	return settings_account(cli->settings, canonical, &detail);
}

static void import_say(const struct cli *cli, const struct import_counts *c)
{
	g_autofree char *mails = NULL, *new = NULL;

	if (cli->json) {
		json_print_counts((const struct json_count[]){ { "mails", c->total },
			{ "done", c->done }, { "opened", c->opened }, { "threaded", c->threaded },
			{ "duplicates", c->duplicates }, { "left_alone", c->left_alone },
			{ "older", c->older }, { "broken", c->broken }, { NULL, 0 } });
		return;
	}
	mails = counted_mails(c->total);
	new = counted_new_tickets(c->opened);
	printf(_("%" PRIu64 " of %s: %s, %" PRIu64 " in tickets, %" PRIu64
		 " there already, %" PRIu64 " left alone, %" PRIu64 " too old, %" PRIu64
		 " broken\n"),
		c->done, mails, new, c->threaded, c->duplicates, c->left_alone, c->older,
		c->broken);
}

static int import_mailbox(struct cli *cli, struct box *box, struct import_options *import)
{
	struct progress progress = { .unit = _("mails"), .quiet = cli_has(cli, "quiet") };
	struct import_counts counts;
	enum status st;

	import->arg = &progress;
	progress_begin(&progress);
	st = import_mails(cli->store, box, import, &counts, &cli->err);
	progress_clear(&progress);
	if (st == ST_OK && counts.total == 0)
		return cli_fail(EXIT_NOTHING, _("there is no mail in '%s'"), cli->args[0]);
	import_say(cli, &counts);
	if (st == ST_BUSY)
		return cli_fail(EXIT_TRY_AGAIN, _("%s; the same command again goes on from there"),
			cli->err.text);
	return cli_status(cli, st);
}

/* One that is not a file of ours is copied row by row into one that is. */
static enum status import_copy(struct cli *cli, const struct store_options *of)
{
	g_autofree char *path = g_build_filename(of->path, "data.mdb", NULL);
	struct store *copy = NULL;
	enum status st;

	if (!*cli->settings->store.url)
		return store_copy(cli->store, path, &cli->err);
	st = store_open(of, &copy, &cli->err);
	if (st == ST_OK)
		st = store_copy_rows(cli->store, copy, &cli->err);
	store_close(copy);
	return st;
}

/* What a mail becomes depends on those before it: only a store that takes them in can tell. It is a
 * copy, without an archive, and goes when all is told. */
static enum status import_open_copy(struct cli *cli, const char *directory)
{
	struct store_options of = cli_store_options(cli);
	struct store *copy = NULL;
	enum status st;

	of.url = NULL;
	of.path = directory;
	of.durable = false;
	st = import_copy(cli, &of);
	if (st == ST_OK)
		st = store_open(&of, &copy, &cli->err);
	if (st == ST_OK) {
		store_close(cli->store);
		cli->store = copy;
		g_free(cli->settings->archive.path);
		cli->settings->archive.path = g_strdup("");
		archive_attach(NULL);
	}
	return st;
}

static void import_remove_copy(struct cli *cli, const char *directory)
{
	GDir *open;
	const char *name;

	store_close(cli->store);
	cli->store = NULL;
	open = g_dir_open(directory, 0, NULL);
	while (open && (name = g_dir_read_name(open))) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		unlink(path);
	}
	if (open)
		g_dir_close(open);
	rmdir(directory);
}

static int import_rehearse(struct cli *cli, struct box *box, struct import_options *import)
{
	g_autofree char *directory = g_dir_make_tmp("ticket-XXXXXX", NULL);
	int code;

	if (!directory)
		return cli_fail(EXIT_CANNOT_CREATE, _("cannot make a directory in '%s': %s"),
			g_get_tmp_dir(), g_strerror(errno));
	code = cli_status(cli, import_open_copy(cli, directory));
	if (code == EXIT_DONE)
		code = import_mailbox(cli, box, import);
	import_remove_copy(cli, directory);
	return code;
}

static int run_mailbox(struct cli *cli)
{
	struct import_options import = { .settings = cli->settings,
		.account = import_account_of(cli),
		.now = cli->actor.now,
		.keep_numbers = cli_has(cli, "keep-numbers"),
		.progress = show_progress,
		.broken = import_broken };
	struct box *box = NULL;
	enum status st;
	int code;

	if (!import.account)
		return cli_fail(EXIT_NOTHING, _("there is no account '%s' in the configuration"),
			cli_value(cli, "account"));
	if (!cli_when(cli, "since", &import.since))
		return EXIT_BAD_USAGE;
	st = box_open(cli->args[0], &box, &cli->err);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? cli_fail(EXIT_CANNOT_WRITE, "%s", cli->err.text)
					  : cli_status(cli, st);
	/* As the daemon does: what is archived is the group's too. */
	umask(0007);
	/* The current batch is finished first. */
	cli_catch_interrupt();
	code = (cli_has(cli, "dry-run") ? import_rehearse : import_mailbox)(cli, box, &import);
	box_close(box);
	return code;
}

static int import_run(struct cli *cli)
{
	if (cli_has(cli, "archive"))
		return move_archive(cli, cli->args[0], true, cli_has(cli, "quiet"));
	if (cli_value(cli, "account"))
		return run_mailbox(cli);
	if (cli->json)
		return store_json_import(cli, cli->args[0]);
	return cli_usage(cli, _("whose mail is it? Give --account; or --json for an export"));
}

const struct cli_command cmd_import = {
	.name = "import",
	.arguments = "PATH",
	.summary = N_("import a mailbox, with --json an export, or the mails of an archive"),
	.options = options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = import_run,
};
