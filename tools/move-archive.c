/* For who changes where mail is archived. */
#include "move-archive.h"

#include <stdio.h>
#include <sys/stat.h>

#include "archive/archive-copy.h"
#include "base/tongue.h"
#include "counted.h"
#include "progress.h"
#include "store-json.h"

static bool move_shows(const struct archive_copying *copying)
{
	progress_show(copying->arg, copying->done, copying->total);
	return !cli_interrupted();
}

static void move_say(const struct cli *cli, const struct archive_copying *copying)
{
	g_autofree char *mails = counted_mails(copying->total);

	if (cli->json)
		json_print_counts((const struct json_count[]){
			{ "mails", copying->total }, { "done", copying->done }, { .name = NULL } });
	else
		printf(_("%" PRIu64 " of %s copied\n"), copying->done, mails);
}

static int move_end(struct cli *cli, const struct archive_copying *copying, enum status st)
{
	if (st == ST_OK && copying->total == 0)
		return cli_fail(EXIT_NOTHING, _("there is no mail in '%s'"), copying->from);
	move_say(cli, copying);
	if (st == ST_OK && copying->done < copying->total)
		return cli_fail(EXIT_TRY_AGAIN,
			_("interrupted; the same command again goes on from there"));
	return cli_status(cli, st);
}

int move_archive(struct cli *cli, const char *directory, bool in, bool quiet)
{
	/* A whole path is never taken for the word "database". */
	g_autofree char *path = g_canonicalize_filename(directory, NULL);
	const char *archive = settings_archive(cli->settings);
	struct progress progress = { .unit = _("mails"), .quiet = quiet };
	struct archive_copying copying = { archive, path, .go_on = move_shows, .arg = &progress };
	enum status st;

	if (!archive)
		return cli_fail(EXIT_CONFIG, _("there is no archive: archive.path is empty"));
	if (in && !g_file_test(path, G_FILE_TEST_IS_DIR))
		return cli_fail(EXIT_NOTHING, _("there is no directory '%s'"), path);
	if (in) {
		copying.from = path;
		copying.to = archive;
	}
	/* As the daemon does: what is archived is the group's too. */
	umask(0007);
	cli_catch_interrupt();
	progress_begin(&progress);
	st = archive_copy(&copying, &cli->err);
	progress_clear(&progress);
	return move_end(cli, &copying, st);
}
