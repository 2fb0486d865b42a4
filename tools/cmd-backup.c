/* ticket backup, restore, check. */
#include <stdio.h>

#include "archive/fulltext.h"
#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "keep/replan.h"
#include "keep/restored.h"
#include "counted.h"
#include "store-json.h"
#include "store/store-lock.h"
#include "tables/check.h"

static const struct cli_option check_options[] = {
	{ .name = "repair", .help = N_("rewrite what is missing, remove what leads nowhere") },
	{ .name = NULL },
};

static const struct cli_option restore_options[] = {
	{ .name = "above",
		.argument = "NUMBER",
		.help = N_("give no ticket a number up to this, the last that logs tell of") },
	{ .name = "force",
		.help = N_("replace the store that is there; it is kept beside the new one") },
	{ .name = NULL },
};

static int run_backup(struct cli *cli)
{
	enum status st = store_copy(cli->store, cli->args[0], &cli->err);

	return st == ST_EXISTS ? cli_fail(EXIT_CANNOT_CREATE, "%s", cli->err.text)
			       : cli_status(cli, st);
}

/* --- restore --- */

static void backup_say_next(const struct cli *cli, uint64_t last, bool sure)
{
	if (cli->settings->numbers.scheme == NUMBERS_SEQUENTIAL)
		fprintf(stderr, _("the next ticket is #%" PRIu64 "\n"), last + 1);
	if (!sure)
		fprintf(stderr, "%s\n",
			_("nothing tells of numbers given after the backup: if the mail server's "
			  "log has greater ones (ticket=), restore again with --above"));
}

/* Customers hold mails with numbers that the backup does not know. */
static int backup_skip_given(struct cli *cli, const char *kept)
{
	const struct store_options options = cli_store_options(cli);
	struct restored restored = {
		.kept = kept, .archive = settings_archive(cli->settings), .now = cli->actor.now
	};
	uint64_t last = 0;
	bool sure = false;
	enum status st;

	if (!cli_count(cli, "above", &restored.above))
		return EXIT_BAD_USAGE;
	st = store_open(&options, &cli->store, &cli->err);
	if (st == ST_OK)
		st = restored_skip(cli->store, &restored, &sure, &last, &cli->err);
	if (st == ST_OK)
		backup_say_next(cli, last, sure);
	return cli_status(cli, st);
}

static int backup_restore(struct cli *cli, const char *backup)
{
	const struct store_options options = cli_store_options(cli);
	g_autofree char *kept = NULL;
	enum status st = store_restore(&options, backup, cli_has(cli, "force"), &kept, &cli->err);

	if (st == ST_EXISTS)
		return cli_fail(EXIT_CANNOT_CREATE,
			_("%s; --force replaces it, and keeps it beside"), cli->err.text);
	/* What was found in the store that was there is not in this one. */
	if (st == ST_OK)
		st = fulltext_destroy(settings_state(cli->settings), &cli->err);
	if (st == ST_OK && kept)
		fprintf(stderr, _("the old store is in %s\n"), kept);
	return st == ST_OK ? backup_skip_given(cli, kept) : cli_status(cli, st);
}

static int run_restore(struct cli *cli)
{
	int lock = -1,
	    code = cli_status(cli, store_lock(settings_state(cli->settings), &lock, &cli->err));

	if (code == EXIT_DONE)
		code = backup_restore(cli, cli->args[0]);
	store_unlock(lock);
	return code;
}

/* --- check --- */

static int backup_report(const struct cli *cli, const GPtrArray *findings, uint64_t tickets)
{
	g_autofree char *of_tickets = counted_tickets(tickets),
			*of_findings = counted_findings(findings->len);

	for (unsigned i = 0; i < findings->len; i++)
		store_json_or_text(cli, "finding", g_ptr_array_index(findings, i));
	if (!cli->json)
		fprintf(stderr, "%s, %s\n", of_tickets, of_findings);
	return findings->len ? EXIT_BAD_DATA : EXIT_DONE;
}

static int backup_check(struct cli *cli, const struct check_options *options)
{
	g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
	uint64_t tickets = 0;
	enum status st = check_store(cli->store, options, findings, &tickets, &cli->err);

	return st == ST_OK ? backup_report(cli, findings, tickets) : cli_status(cli, st);
}

/* After a repair, only what could not be repaired is left to be found. */
static int backup_run_check(struct cli *cli)
{
	const struct check_options options = { settings_archive(cli->settings),
		cli->settings->archive.keep_days, cli->actor.now, &cli->settings->tag_format,
		cli->actor, replan_promise, cli->settings };
	int code = backup_check(cli, &options);
	enum status st;

	if (code != EXIT_BAD_DATA || !cli_has(cli, "repair"))
		return code;
	st = check_repair(cli->store, &options, &cli->err);
	return st == ST_OK ? backup_check(cli, &options) : cli_status(cli, st);
}

/* Damage must be found before a backup of it takes a sound one's place. */
const struct cli_command cmd_backup = {
	.name = "backup",
	.arguments = "FILE",
	.summary = N_("copy the store to a file while mail flows"),
	.need = NEED_SOUND_STORE_READ,
	.least = 1,
	.most = 1,
	.run = run_backup,
};
const struct cli_command cmd_restore = {
	.name = "restore",
	.arguments = "FILE",
	.summary = N_("put a backup in the place of the store, while no daemon runs"),
	.options = restore_options,
	.need = NEED_SETTINGS,
	.least = 1,
	.most = 1,
	.run = run_restore,
};
const struct cli_command cmd_check = {
	.name = "check",
	.arguments = "",
	.summary = N_("compare indexes and archive with the records"),
	.options = check_options,
	.need = NEED_SOUND_STORE_WRITE,
	.run = backup_run_check,
};
