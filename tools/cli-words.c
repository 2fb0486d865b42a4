/* Words to commands and options; mistakes are answered with what is nearest. */
#include "cli-parts.h"

#include <string.h>

#include "base/nearest.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/query.h"

const struct cli_option cli_common_options[] = {
	{ .name = "config", .argument = "FILE", .help = N_("use this configuration") },
	{ .name = "json", .help = N_("print JSON, one object a line") },
	{ .name = "no-pager", .help = N_("print to the terminal itself") },
	{ .letter = 'h',
		.name = "help",
		.help = N_("print how the command is used"),
		.instead = true },
	{ .name = NULL },
};

/* --- what is nearest --- */

/* "unknown WHAT 'word'", with the nearest of the names, or with `otherwise`. Owned. */
static char *unknown_text(
	const char *what, const char *word, GPtrArray *names, const char *otherwise)
{
	const char *nearest;

	g_ptr_array_add(names, NULL);
	nearest = nearest_name(word, (const char *const *)names->pdata);
	if (nearest)
		return g_strdup_printf("unknown %s '%s'; did you mean '%s'?", what, word, nearest);
	return g_strdup_printf("unknown %s '%s'%s", what, word, otherwise);
}

/* --- commands --- */

static const struct cli_command *find_command(const struct cli_row *commands, const char *name)
{
	for (const struct cli_row *row = commands; row->command; row++)
		if (strcmp(row->command->name, name) == 0)
			return row->command;
	return NULL;
}

unsigned words_command(
	const struct cli_row *commands, char *const *words, const struct cli_command **command_out)
{
	g_autofree char *both = words[0] && words[1] ? g_strconcat(words[0], " ", words[1], NULL)
						     : NULL;

	*command_out = both ? find_command(commands, both) : NULL;
	if (*command_out)
		return 2;
	*command_out = words[0] ? find_command(commands, words[0]) : NULL;
	return *command_out ? 1 : 0;
}

bool words_family(const struct cli_row *commands, const char *word)
{
	size_t len = strlen(word);

	for (const struct cli_row *row = commands; row->command; row++)
		if (strncmp(row->command->name, word, len) == 0 && row->command->name[len] == ' ')
			return true;
	return false;
}

void help_family(FILE *out, const struct cli_row *commands, const char *word)
{
	size_t len = strlen(word);

	for (const struct cli_row *row = commands; row->command; row++)
		if (strncmp(row->command->name, word, len) == 0 && row->command->name[len] == ' ')
			help_usage(out, row->command);
}

/* The first words of all commands, or the whole names of a family. */
static GPtrArray *words_candidates(const struct cli_row *commands, const char *family)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(names, g_strdup("help"));
	for (const struct cli_row *row = commands; row->command; row++)
		if (!family)
			g_ptr_array_add(names,
				g_strndup(row->command->name, strcspn(row->command->name, " ")));
		else if (g_str_has_prefix(row->command->name, family) &&
			row->command->name[strlen(family)] == ' ')
			g_ptr_array_add(names, g_strdup(row->command->name));
	return names;
}

int words_unknown(const struct cli_row *commands, char *const *words)
{
	bool family = words_family(commands, words[0]);
	g_autoptr(GPtrArray) names = words_candidates(commands, family ? words[0] : NULL);
	g_autofree char *word = family && words[1] ? g_strconcat(words[0], " ", words[1], NULL)
						   : g_strdup(words[0]);
	g_autofree char *text = unknown_text("command", word, names, "; 'ticket help' lists them");

	if (family && !words[1])
		cli_fail(EXIT_BAD_USAGE, _("%s what? There are:"), words[0]);
	else
		cli_fail(EXIT_BAD_USAGE, "%s", text);
	if (family)
		help_family(stderr, commands, words[0]);
	return EXIT_BAD_USAGE;
}

/* --- options --- */

static const struct cli_option *find_option(
	const struct cli_option *options, const char *name, size_t len, char letter)
{
	for (const struct cli_option *o = options; o && o->name; o++)
		if (letter ? o->letter == letter
			   : strlen(o->name) == len && strncmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

const struct cli_option *words_option(
	const struct cli_command *command, const char *name, size_t len, char letter)
{
	const struct cli_option *o = command ? find_option(command->options, name, len, letter)
					     : NULL;

	return o ? o : find_option(cli_common_options, name, len, letter);
}

static void add_names(GPtrArray *names, const struct cli_option *options)
{
	for (; options && options->name; options++)
		g_ptr_array_add(names, g_strconcat("--", options->name, NULL));
}

static void say_unknown_option(const struct cli *cli, const char *word)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *bare = g_strndup(word, strcspn(word, "="));
	g_autofree char *text = NULL;

	add_names(names, cli->command->options);
	add_names(names, cli_common_options);
	text = unknown_text("option", bare, names,
		cli->command->query && word[1] != '-'
			? _("; a word that is not to be found is written 'not WORD'")
			: "");
	cli_usage(cli, "%s", text);
}

const char *cli_value(const struct cli *cli, const char *name)
{
	GPtrArray *values = g_hash_table_lookup(cli->values, name);

	return values ? g_ptr_array_index(values, values->len - 1) : NULL;
}

const GPtrArray *cli_given(const struct cli *cli, const char *name)
{
	return g_hash_table_lookup(cli->values, name);
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

/* As if it had been given. name: of static life. */
static void cli_set(struct cli *cli, const char *name, const char *value)
{
	GPtrArray *values = g_hash_table_lookup(cli->values, name);

	if (!values) {
		values = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(cli->values, (char *)name, values);
	}
	g_ptr_array_add(values, g_strdup(value));
}

/* One word that begins with '-', and its argument. Gives how many words it took; 0: said what is
 * wrong. */
static int take_option(struct cli *cli, char **words)
{
	bool is_long = words[0][1] == '-';
	const char *word = words[0], *name = word + 1 + is_long;
	size_t len = is_long ? strcspn(name, "=") : 1;
	const char *value = name[len] ? name + len + is_long : NULL;
	const struct cli_option *option = words_option(
		cli->command, name, len, is_long ? '\0' : *name);

	if (!option) {
		say_unknown_option(cli, word);
		return 0;
	}
	if (!option->argument) {
		cli_set(cli, option->name, "");
		return value ? (cli_usage(cli, _("option '%s' takes no argument"), word), 0) : 1;
	}
	if (!value && !words[1])
		return cli_usage(cli, _("option '%s' needs %s"), word, option->argument), 0;
	cli_set(cli, option->name, value ? value : words[1]);
	return value ? 1 : 2;
}

bool words_is_option(const struct cli_command *command, const char *word)
{
	if (word[0] != '-' || word[1] == '\0')
		return false;
	if (command && command->query && word[1] != '-' && query_is_term(word))
		return false;
	if (!command || !command->signed_arguments || word[1] == '-')
		return true;
	/* "-n" is dry-run, not a tag: who means one writes it after "--". */
	return word[2] == '\0' && words_option(command, "", 0, word[1]);
}

bool words_take(struct cli *cli, char **words)
{
	GPtrArray *args = g_ptr_array_new();
	bool only_arguments = false, ok = true;

	while (*words && ok) {
		int taken = 1;

		if (!only_arguments && strcmp(*words, "--") == 0)
			only_arguments = true;
		else if (!only_arguments && words_is_option(cli->command, *words))
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

void words_skip_common(char ***words, GPtrArray *after)
{
	while (**words && g_str_has_prefix(**words, "--") && (**words)[2]) {
		const char *name = **words + 2;
		const struct cli_option *option = words_option(
			NULL, name, strcspn(name, "="), '\0');

		if (!option || option->instead)
			return;
		g_ptr_array_add(after, *(*words)++);
		if (option->argument && !strchr(name, '=') && **words)
			g_ptr_array_add(after, *(*words)++);
	}
}
