/* The run of a command: finding it, opening what it needs, what its ending means. */
#include "cli-parts.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive-rows.h"
#include "act/configuration.h"
#include "base/tongue.h"
#include "tables/migrate.h"
#include "terminal.h"

/* --- what a command needs --- */

/* Files that root makes belong to the daemon's user, or the daemon could not open them. */
static void set_owner(const struct settings *settings, struct store_options *options)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam(settings->user) : NULL;
	const struct group *group = user ? getgrnam(settings->group) : NULL;

	options->uid = user && group ? user->pw_uid : (uid_t)-1;
	options->gid = user && group ? group->gr_gid : (gid_t)-1;
}

struct store_options cli_store_options(const struct cli *cli)
{
	enum cli_need need = cli->command->need;
	struct store_options options = store_options_of(cli->settings);

	options.read_only = need == NEED_STORE_READ || need == NEED_SOUND_STORE_READ;
	options.migrate = tables_migrate;
	if (need == NEED_SOUND_STORE_READ || need == NEED_SOUND_STORE_WRITE)
		options.look = LOOK_AT_ALL_PAGES;
	set_owner(cli->settings, &options);
	return options;
}

int cli_refused(const struct cli *cli)
{
	if (geteuid() == 0)
		return cli_status(cli, ST_REFUSED);
	return cli_fail(EXIT_NOT_ALLOWED, _("%s (admins are the members of the group '%s')"),
		cli->err.text, cli->settings->group);
}

static int cli_open_store(struct cli *cli)
{
	const struct store_options options = cli_store_options(cli);
	enum status st = store_open(&options, &cli->store, &cli->err);

	if (st == ST_NOT_FOUND)
		return cli_fail(EXIT_NOTHING,
			_("nothing is recorded yet: there is no store in '%s'"), options.path);
	if (st == ST_REFUSED)
		return cli_refused(cli);
	if (st == ST_OK)
		st = store_secret(cli->store, cli->key.secret, &cli->err);
	if (st != ST_OK)
		return cli_status(cli, st);
	archive_attach(cli->store);
	return cli_status(cli, configuration_bind(cli->settings, cli->store, NULL, &cli->err));
}

int cli_open(struct cli *cli)
{
	enum status st;

	if (cli->command->need == NEED_NOTHING)
		return EXIT_DONE;
	st = configuration_load(cli->config, &cli->settings, &cli->err);
	if (st != ST_OK)
		return cli_fail(
			st == ST_REFUSED ? EXIT_NOT_ALLOWED : EXIT_CONFIG, "%s", cli->err.text);
	return cli->command->need >= NEED_STORE_READ ? cli_open_store(cli) : EXIT_DONE;
}

int cli_user(struct cli *cli)
{
	g_autofree char *path = user_settings_path();
	enum status st = cli->user ? ST_OK : user_settings_load(path, &cli->user, &cli->err);

	return st == ST_OK ? EXIT_DONE : cli_fail(EXIT_CONFIG, "%s", cli->err.text);
}

static void close_needs(struct cli *cli)
{
	user_settings_free(cli->user);
	archive_attach(NULL);
	store_close(cli->store);
	settings_unref(cli->settings);
	g_hash_table_unref(cli->values);
	g_free(cli->args);
	g_free(cli->actor_name);
}

/* --- being interrupted --- */

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal_number)
{
	interrupted = 1;
	/* The second time it is meant. */
	signal(signal_number, SIG_DFL);
}

void cli_catch_interrupt(void)
{
	signal(SIGINT, note_interrupt);
	signal(SIGTERM, note_interrupt);
}

bool cli_interrupted(void)
{
	return interrupted;
}

/* --- the run --- */

static int run_command(struct cli *cli)
{
	const struct cli_command *command = cli->command;
	int code;

	if (cli_has(cli, "help")) {
		help_command(command);
		return EXIT_DONE;
	}
	if (cli->n_args < command->least)
		return cli_usage(cli, _("expected %s"), command->arguments);
	if (command->most && cli->n_args > command->most)
		return cli_usage(cli, _("unexpected argument '%s'"), cli->args[command->most]);
	if (!*command->arguments && cli->n_args)
		return cli_usage(cli, _("unexpected argument '%s'"), cli->args[0]);
	if (cli_has(cli, "config"))
		cli->config = cli_value(cli, "config");
	cli->json = cli_has(cli, "json");
	if (cli->json || cli_has(cli, "no-pager"))
		terminal_no_pager();
	code = cli_open(cli);
	return code == EXIT_DONE ? command->run(cli) : code;
}

static int cli_help(const struct cli_row *commands, char **words)
{
	const struct cli_command *command = NULL;

	if (!words[0])
		help_all(commands);
	else if (words_command(commands, words, &command) > 0)
		help_command(command);
	else if (words_family(commands, words[0]) && (!words[1] || words[1][0] == '-'))
		help_family(stdout, commands, words[0]);
	else
		return words_unknown(commands, words);
	return EXIT_DONE;
}

/* words: the options that stood in front, then what comes after the command's name. */
static int run_with(const struct cli_row *commands, const struct cli_command *command, char **words)
{
	struct cli cli = {
		.commands = commands,
		.command = command,
		.config = SYSCONFDIR "/milticket/milticket.conf",
	};
	int code;

	cli.values = g_hash_table_new_full(
		g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
	cli.actor_name = g_strdup_printf("unix:%s", cli_unix_user());
	cli.actor = (struct actor){ cli.actor_name, g_get_real_time() };
	code = words_take(&cli, words) ? run_command(&cli) : EXIT_BAD_USAGE;
	close_needs(&cli);
	return code;
}

static bool asks_for(const char *word, const char *name, char letter)
{
	const char dash[] = { '-', letter, '\0' };

	return strcmp(word, name) == 0 || strcmp(word, dash) == 0 ||
		(g_str_has_prefix(word, "--") && strcmp(word + 2, name) == 0);
}

static bool is_help(const char *word)
{
	return word && asks_for(word, "help", 'h');
}

/* The command's words are moved together, past common options between them. */
static int cli_dispatch(const struct cli_row *commands, char **words)
{
	const struct cli_command *command;
	g_autoptr(GPtrArray) rest = g_ptr_array_new();
	char *names[3] = { NULL };
	unsigned n;

	words_skip_common(&words, rest);
	if (!words[0]) {
		help_short(commands);
		return EXIT_BAD_USAGE;
	}
	names[0] = asks_for(words[0], "version", 'V') ? (char *)"version" : words[0];
	words++;
	words_skip_common(&words, rest);
	if (is_help(names[0]))
		return cli_help(commands, words);
	names[1] = words[0];
	n = words_command(commands, names, &command);
	if (n == 0 && is_help(names[1]) && words_family(commands, names[0]))
		return cli_help(commands, names);
	if (n == 0)
		return words_unknown(commands, names);
	for (words += n - 1; *words; words++)
		g_ptr_array_add(rest, *words);
	g_ptr_array_add(rest, NULL);
	return run_with(commands, command, (char **)rest->pdata);
}

int cli_main(int argc, char **argv, const struct cli_row *commands)
{
	int code;

	(void)argc;
	code = cli_dispatch(commands, argv + 1);
	terminal_end();
	/* What was printed must have arrived: a full disk is no success. But who closes a pipe has
	 * read enough. */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (terminal_abandoned())
		return code;
	return cli_fail(EXIT_CANNOT_WRITE, _("cannot write to standard output: %s"),
		g_strerror(errno ? errno : EIO));
}
