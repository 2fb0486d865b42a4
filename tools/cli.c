/* Words to commands: options, dispatch, help, opening what the command needs. */
#include "cli.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "terminal.h"
#include "text.h"

static const struct cli_option common[] = {
	{ 0, "config", "FILE", "use this configuration" },
	{ 0, "json", NULL, "print JSON, one object a line" },
	{ 'h', "help", NULL, "print how the command is used" },
	{ 0, NULL, NULL, NULL },
};

/* --- saying --- */

int cli_fail(int code, const char *fmt, ...)
{
	g_autofree char *raw = NULL, *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	raw = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	line = text_line(raw, ERROR_MAX * 2);
	fprintf(stderr, "ticket: %s\n", line);
	return code;
}

static int exit_of(enum status st)
{
	switch (st) {
	case ST_OK:
		return EXIT_DONE;
	case ST_NOT_FOUND:
		return EXIT_NOTHING;
	case ST_EXISTS:
	case ST_BAD_INPUT:
		return EXIT_BAD_DATA;
	case ST_REFUSED:
		return EXIT_NOT_ALLOWED;
	case ST_FULL:
	case ST_IO:
		return EXIT_CANNOT_WRITE;
	case ST_BUSY:
		return EXIT_TRY_AGAIN;
	}
	return EXIT_CANNOT_WRITE;
}

int cli_status(const struct cli *cli, enum status st)
{
	if (st == ST_OK)
		return EXIT_DONE;
	return cli_fail(exit_of(st), "%s", cli->err.text[0] ? cli->err.text : "nothing found");
}

static void print_usage(FILE *out, const struct cli_command *command)
{
	fprintf(out, "usage: ticket %s%s%s%s\n", command->name, command->options && command->options[0].name ? " [options]" : "",
		*command->arguments ? " " : "", command->arguments);
}

int cli_usage(const struct cli *cli, const char *fmt, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	cli_fail(EXIT_BAD_USAGE, "%s", text);
	print_usage(stderr, cli->command);
	return EXIT_BAD_USAGE;
}

static void print_option(const struct cli_option *option)
{
	g_autofree char *shown = g_strdup_printf("%s%c%s--%s%s%s", option->letter ? "-" : " ", option->letter ? option->letter : ' ', option->letter ? ", " : "  ",
		option->name, option->argument ? " " : "", option->argument ? option->argument : "");

	printf("  %-28s %s\n", shown, option->help);
}

static void print_all(void)
{
	puts("usage: ticket COMMAND [options] [arguments]\n");
	for (const struct cli_command *const *c = cli_commands; *c; c++)
		printf("  %-16s %s\n", (*c)->name, (*c)->summary);
	puts("\n\"ticket help COMMAND\" tells more of one; the manual is ticket(1).");
}

void cli_print_help(const struct cli_command *command)
{
	if (!command) {
		print_all();
		return;
	}
	print_usage(stdout, command);
	printf("\n%c%s.\n\n", g_ascii_toupper(command->summary[0]), command->summary + 1);
	for (const struct cli_option *o = command->options; o && o->name; o++)
		print_option(o);
	for (const struct cli_option *o = common; o->name; o++)
		print_option(o);
}

/* --- options --- */

const char *cli_value(const struct cli *cli, const char *name)
{
	GPtrArray *values = g_hash_table_lookup(cli->values, name);

	return values ? g_ptr_array_index(values, values->len - 1) : NULL;
}

bool cli_has(const struct cli *cli, const char *name)
{
	return g_hash_table_contains(cli->values, name);
}

char **cli_values(const struct cli *cli, const char *name)
{
	GPtrArray *values = g_hash_table_lookup(cli->values, name), *out;

	if (!values)
		return NULL;
	out = g_ptr_array_new();
	for (unsigned i = 0; i < values->len; i++) {
		g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(values, i), ",", -1);

		for (char **p = parts; *p; p++)
			if (*g_strstrip(*p))
				g_ptr_array_add(out, g_strdup(*p));
	}
	g_ptr_array_add(out, NULL);
	return (char **)g_ptr_array_free(out, FALSE);
}

static void add_value(struct cli *cli, const char *name, const char *value)
{
	GPtrArray *values = g_hash_table_lookup(cli->values, name);

	if (!values) {
		values = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(cli->values, (char *)name, values);
	}
	g_ptr_array_add(values, g_strdup(value));
}

/* By name, or by an unambiguous beginning of it; by letter when name is one character behind a single dash. */
static const struct cli_option *find_option(const struct cli_option *options, const char *name, size_t len, char letter)
{
	for (const struct cli_option *o = options; o && o->name; o++)
		if (letter ? o->letter == letter : strlen(o->name) == len && strncmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

static const struct cli_option *known_option(const struct cli *cli, const char *name, size_t len, char letter)
{
	const struct cli_option *o = cli->command ? find_option(cli->command->options, name, len, letter) : NULL;

	return o ? o : find_option(common, name, len, letter);
}

/* One word that begins with '-', and its argument. Gives how many words it took; 0: said what is wrong. */
static int take_option(struct cli *cli, char **words)
{
	const char *word = words[0], *name = word + (word[1] == '-' ? 2 : 1), *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct cli_option *option = known_option(cli, name, len, word[1] == '-' ? '\0' : *name);
	const char *value = equals ? equals + 1 : word[1] != '-' && name[1] ? name + 1 : NULL;

	if (!option) {
		cli_usage(cli, "unknown option '%s'", word);
		return 0;
	}
	if (!option->argument) {
		add_value(cli, option->name, "");
		return value ? (cli_usage(cli, "option '%s' takes no argument", word), 0) : 1;
	}
	if (!value && !words[1])
		return cli_usage(cli, "option '%s' needs %s", word, option->argument), 0;
	add_value(cli, option->name, value ? value : words[1]);
	return value ? 1 : 2;
}

/* "-" alone is standard input, "-x" behind "--" and the tags "-y" of the command tag are arguments. */
static bool is_option(const struct cli *cli, const char *word)
{
	if (word[0] != '-' || word[1] == '\0')
		return false;
	return strcmp(cli->command->name, "tag") != 0 || word[1] == '-' || word[1] == 'h';
}

static bool take_words(struct cli *cli, char **words)
{
	GPtrArray *args = g_ptr_array_new();
	bool only_arguments = false, ok = true;

	while (*words && ok) {
		int taken = 1;

		if (!only_arguments && strcmp(*words, "--") == 0)
			only_arguments = true;
		else if (!only_arguments && is_option(cli, *words))
			ok = (taken = take_option(cli, words)) > 0;
		else
			g_ptr_array_add(args, *words);
		words += ok ? taken : 0;
	}
	cli->n_args = args->len;
	g_ptr_array_add(args, NULL);
	cli->args = (char **)g_ptr_array_free(args, FALSE);
	return ok;
}

/* --- finding the command --- */

static const struct cli_command *find_command(const char *name)
{
	for (const struct cli_command *const *c = cli_commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

/* Levenshtein's distance of short words. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[64], n = (unsigned)MIN(strlen(b), G_N_ELEMENTS(row) - 1);

	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (; *a; a++) {
		unsigned diagonal = row[0]++;

		for (unsigned j = 1; j <= n; j++) {
			unsigned kept = row[j], change = diagonal + (*a != b[j - 1]);

			row[j] = MIN(MIN(row[j] + 1, row[j - 1] + 1), change);
			diagonal = kept;
		}
	}
	return row[n];
}

static int unknown_command(const char *word)
{
	const char *nearest = NULL;
	unsigned best = 4;

	for (const struct cli_command *const *c = cli_commands; *c; c++)
		if (distance(word, (*c)->name) < best) {
			best = distance(word, (*c)->name);
			nearest = (*c)->name;
		}
	if (nearest)
		return cli_fail(EXIT_BAD_USAGE, "unknown command '%s'; did you mean '%s'?", word, nearest);
	return cli_fail(EXIT_BAD_USAGE, "unknown command '%s'; 'ticket help' lists them", word);
}

/* The subcommands of a family ("queue"), when it was named alone. */
static bool print_family(const char *word)
{
	g_autofree char *prefix = g_strconcat(word, " ", NULL);
	bool any = false;

	for (const struct cli_command *const *c = cli_commands; *c; c++)
		if (g_str_has_prefix((*c)->name, prefix)) {
			print_usage(stderr, *c);
			any = true;
		}
	return any;
}

/* Two words name a command before one does. Gives how many it took. */
static unsigned name_command(char **words, const struct cli_command **command_out)
{
	g_autofree char *both = words[0] && words[1] ? g_strconcat(words[0], " ", words[1], NULL) : NULL;

	*command_out = both ? find_command(both) : NULL;
	if (*command_out)
		return 2;
	*command_out = find_command(words[0]);
	return 1;
}

static int help(char **words)
{
	const struct cli_command *command = NULL;

	if (!words[0]) {
		cli_print_help(NULL);
		return EXIT_DONE;
	}
	name_command(words, &command);
	if (!command)
		return print_family(words[0]) ? EXIT_DONE : unknown_command(words[0]);
	cli_print_help(command);
	return EXIT_DONE;
}

/* --- what a command needs --- */

static const char *unix_user(void)
{
	const char *sudo = g_getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());

	if (sudo && *sudo && getuid() == 0)
		return sudo;
	return user ? user->pw_name : "unknown";
}

char *cli_agent_login(const struct cli *cli)
{
	const char *login = g_getenv("MILTICKET_AGENT");

	(void)cli;
	return g_strdup(login && *login ? login : unix_user());
}

/* Files that root makes belong to the daemon's user, or the daemon could not open them. */
static void set_owner(const struct settings *settings, struct store_options *options)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam(settings->user) : NULL;
	const struct group *group = user ? getgrnam(settings->group) : NULL;

	options->uid = user && group ? user->pw_uid : (uid_t)-1;
	options->gid = user && group ? group->gr_gid : (gid_t)-1;
}

static int open_store(struct cli *cli)
{
	struct store_options options = {
		.path = cli->settings->store.path, .map_size = (size_t)cli->settings->store.map_size_mib << 20,
		.durable = cli->settings->store.durable, .read_only = cli->command->need == NEED_STORE_READ,
	};
	enum status st;

	set_owner(cli->settings, &options);
	st = store_open(&options, &cli->store, &cli->err);
	if (st == ST_NOT_FOUND && options.read_only) {
		/* Nothing was recorded yet: an empty store answers every question. */
		options.read_only = false;
		st = store_open(&options, &cli->store, &cli->err);
	}
	if (st != ST_OK)
		return cli_status(cli, st);
	store_secret(cli->store, cli->key.secret);
	return EXIT_DONE;
}

static int open_needs(struct cli *cli)
{
	if (cli->command->need == NEED_NOTHING)
		return EXIT_DONE;
	if (settings_load(cli->config, &cli->settings, &cli->err) != ST_OK)
		return cli_fail(EXIT_CONFIG, "%s", cli->err.text);
	return cli->command->need >= NEED_STORE_READ ? open_store(cli) : EXIT_DONE;
}

static void close_needs(struct cli *cli)
{
	store_close(cli->store);
	settings_unref(cli->settings);
	g_hash_table_unref(cli->values);
	g_free(cli->args);
	g_free(cli->actor_name);
}

/* --- arguments --- */

static bool add_number(struct cli *cli, const char *word, struct numbers *numbers)
{
	uint64_t number;

	if (text_parse_number(word, &number) != ST_OK) {
		cli_usage(cli, "'%s' is no ticket number; expected 1042, #1042 or -", word);
		return false;
	}
	numbers_add(numbers, number);
	return true;
}

static bool add_numbers_of_stdin(struct cli *cli, struct numbers *numbers)
{
	char line[128];

	while (fgets(line, sizeof line, stdin)) {
		/* The first word: what `ticket list` prints can be fed back. */
		line[strcspn(line, " \t\r\n")] = '\0';
		if (*line && !add_number(cli, line, numbers))
			return false;
	}
	return true;
}

bool cli_numbers(struct cli *cli, unsigned first, struct numbers *numbers_out)
{
	for (unsigned i = first; i < cli->n_args; i++)
		if (strcmp(cli->args[i], "-") == 0 ? !add_numbers_of_stdin(cli, numbers_out) : !add_number(cli, cli->args[i], numbers_out))
			return false;
	if (numbers_out->n > 0)
		return true;
	cli_usage(cli, "which ticket? Give its number");
	return false;
}

bool cli_when(struct cli *cli, const char *option, int64_t *when_out)
{
	const char *value = cli_value(cli, option);

	*when_out = 0;
	if (!value || text_parse_when(value, cli->actor.now, -1, when_out) == ST_OK)
		return true;
	cli_usage(cli, "--%s: '%s' is neither a date (2026-11-24) nor a duration (3d)", option, value);
	return false;
}

/* --- the run --- */

static int run_command(struct cli *cli)
{
	int code;

	if (cli_has(cli, "help")) {
		cli_print_help(cli->command);
		return EXIT_DONE;
	}
	if (cli->n_args < cli->command->least)
		return cli_usage(cli, "expected %s", cli->command->arguments);
	if (cli->command->most && cli->n_args > cli->command->most)
		return cli_usage(cli, "unexpected argument '%s'", cli->args[cli->command->most]);
	if (cli_value(cli, "config"))
		cli->config = cli_value(cli, "config");
	cli->json |= cli_has(cli, "json");
	code = open_needs(cli);
	return code == EXIT_DONE ? cli->command->run(cli) : code;
}

/* Options that stand before the command, or between its two words, are as good behind it. */
static void skip_leading(char ***words, GPtrArray *behind)
{
	while (**words && (strcmp(**words, "--json") == 0 || g_str_has_prefix(**words, "--config"))) {
		bool takes_next = strcmp(**words, "--config") == 0 && (*words)[1];

		g_ptr_array_add(behind, *(*words)++);
		if (takes_next)
			g_ptr_array_add(behind, *(*words)++);
	}
}

static int dispatch(char **words)
{
	struct cli cli = { .config = SYSCONFDIR "/milticket/milticket.conf" };
	g_autoptr(GPtrArray) rest = g_ptr_array_new();
	unsigned taken;
	char *first;
	int code;

	skip_leading(&words, rest);
	if (!words[0] || strcmp(words[0], "help") == 0 || strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0) {
		code = help(words[0] ? words + 1 : words);
		return words[0] ? code : EXIT_BAD_USAGE;
	}
	first = words[0];
	words++;
	skip_leading(&words, rest);
	*--words = first;
	taken = name_command(words, &cli.command);
	if (!cli.command)
		return print_family(words[0]) ? EXIT_BAD_USAGE : unknown_command(words[0]);
	for (words += taken; *words; words++)
		g_ptr_array_add(rest, *words);
	g_ptr_array_add(rest, NULL);
	cli.values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
	cli.actor_name = g_strdup_printf("unix:%s", unix_user());
	cli.actor = (struct actor){ cli.actor_name, g_get_real_time() };
	code = take_words(&cli, (char **)rest->pdata) ? run_command(&cli) : EXIT_BAD_USAGE;
	close_needs(&cli);
	return code;
}

int cli_main(int argc, char **argv)
{
	int code;

	(void)argc;
	message_library_init();
	code = dispatch(argv + 1);
	terminal_end();
	/* What was printed must have arrived: a full disk is no success. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		if (errno == EPIPE)
			return code;
		return cli_fail(EXIT_CANNOT_WRITE, "cannot write to standard output: %s", g_strerror(errno));
	}
	return code;
}
