/* Commands that change tickets: each is a verb of lib/command.h, over several tickets in one transaction. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "text.h"

/* What the shell's words come to: the verb's words, and the tickets. */
struct work {
	struct cli *cli;
	struct command command;
	struct numbers numbers;
	GPtrArray *done;	/* char *: a line for each ticket */
};

static enum status apply_all(struct txn *txn, void *arg, struct error *err)
{
	struct work *w = arg;
	const struct commander commander = { .actor = w->cli->actor, .settings = w->cli->settings, .key = w->cli->key };
	enum status st = ST_OK;

	g_ptr_array_set_size(w->done, 0);
	for (size_t i = 0; i < w->numbers.n && st == ST_OK; i++) {
		char *done = NULL;

		st = command_apply(txn, &commander, w->numbers.v[i], &w->command, &done, err);
		if (st == ST_OK)
			g_ptr_array_add(w->done, done);
	}
	return st;
}

static int finish(struct work *w, enum status st)
{
	for (unsigned i = 0; st == ST_OK && !w->cli->json && i < w->done->len; i++)
		puts(g_ptr_array_index(w->done, i));
	if (st == ST_OK && w->cli->json)
		for (unsigned i = 0; i < w->done->len; i++)
			printf("{\"number\":%" G_GUINT64_FORMAT ",\"done\":true}\n", w->numbers.v[i]);
	g_ptr_array_free(w->done, TRUE);
	g_free(w->numbers.v);
	command_release(&w->command);
	return cli_status(w->cli, st);
}

/* words: the verb's, NULL-terminated. Numbers are the arguments from `first` on. */
static int change(struct cli *cli, const char *const *words, unsigned first)
{
	struct work w = { .cli = cli, .done = g_ptr_array_new_with_free_func(g_free) };
	enum status st;

	if (!cli_numbers(cli, first, &w.numbers)) {
		finish(&w, ST_OK);
		return EXIT_BAD_USAGE;
	}
	st = command_parse(words, cli->actor.now, &w.command, &cli->err);
	if (st == ST_OK)
		st = store_write(cli->store, apply_all, &w, &cli->err);
	return finish(&w, st);
}

/* "take N…": the command's own name is the verb. */
static int run_plain(struct cli *cli)
{
	const char *const words[] = { cli->command->name, NULL };

	return change(cli, words, 0);
}

/* "assign anna N…" */
static int run_with_word(struct cli *cli)
{
	const char *const words[] = { cli->command->name, cli->args[0], NULL };

	return change(cli, words, 1);
}

/* Taking is assigning to whoever sits here. */
static int run_take(struct cli *cli)
{
	g_autofree char *login = cli_agent_login(cli);
	const char *const words[] = { "assign", login, NULL };

	return change(cli, words, 0);
}

static int run_move(struct cli *cli)
{
	const char *queue = cli_value(cli, "queue"), *project = cli_value(cli, "project");
	const char *const to_queue[] = { "queue", queue, NULL }, *const to_project[] = { "project", project && *project ? project : "-", NULL };
	int code = EXIT_DONE;

	if (!queue && !project)
		return cli_usage(cli, "expected --queue or --project");
	if (queue)
		code = change(cli, to_queue, 0);
	return code == EXIT_DONE && project ? change(cli, to_project, 0) : code;
}

/* "tag +x -y N…": the words with a sign, or that are no number, are tags. */
static int run_tag(struct cli *cli)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	unsigned first = 0;
	uint64_t number;

	g_ptr_array_add(words, (char *)"tag");
	while (first < cli->n_args && strcmp(cli->args[first], "-") != 0 && text_parse_number(cli->args[first], &number) != ST_OK)
		g_ptr_array_add(words, cli->args[first++]);
	g_ptr_array_add(words, NULL);
	return change(cli, (const char *const *)words->pdata, first);
}

/* "title N TEXT…" */
static int run_title(struct cli *cli)
{
	g_autofree char *text = g_strjoinv(" ", cli->args + 1);
	const char *const words[] = { "title", text, NULL };

	cli->n_args = 1;
	return change(cli, words, 0);
}

static int run_merge(struct cli *cli)
{
	const char *const words[] = { "merge", cli_value(cli, "into"), NULL };

	return words[1] ? change(cli, words, 0) : cli_usage(cli, "into which ticket? Give --into NUMBER");
}

/* "split N SEQ…" */
static int run_split(struct cli *cli)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();

	g_ptr_array_add(words, (char *)"split");
	for (unsigned i = 1; i < cli->n_args; i++)
		g_ptr_array_add(words, cli->args[i]);
	g_ptr_array_add(words, NULL);
	cli->n_args = 1;
	return change(cli, (const char *const *)words->pdata, 0);
}

/* "link N M": the last is what the others are linked with. */
static int run_link(struct cli *cli)
{
	const char *const words[] = { "link", cli->args[cli->n_args - 1], NULL };

	cli->n_args--;
	return change(cli, words, 0);
}

static const struct cli_option move_options[] = {
	{ 'q', "queue", "QUEUE", "to this queue" },
	{ 'p', "project", "PROJECT", "to this project; \"\" for none" },
	{ 0, NULL, NULL, NULL },
};
static const struct cli_option merge_options[] = {
	{ 0, "into", "NUMBER", "the ticket that survives" },
	{ 0, NULL, NULL, NULL },
};

#define ROW(variable, name, arguments, summary, options, least, run) \
	const struct cli_command variable = { name, arguments, summary, options, NEED_STORE_WRITE, least, 0, run }

ROW(cmd_take, "take", "NUMBER…", "make tickets yours", NULL, 1, run_take);
ROW(cmd_release, "release", "NUMBER…", "give tickets back to their queue", NULL, 1, run_plain);
ROW(cmd_assign, "assign", "AGENT NUMBER…", "give tickets to an agent", NULL, 2, run_with_word);
ROW(cmd_status, "status", "STATUS NUMBER…", "set the status: new, open, waiting, internal, clarify, closed, spam", NULL, 2, run_with_word);
ROW(cmd_close, "close", "NUMBER…", "close tickets", NULL, 1, run_plain);
ROW(cmd_reopen, "reopen", "NUMBER…", "open closed tickets again", NULL, 1, run_plain);
ROW(cmd_wait, "wait", "DURATION|DATE NUMBER…", "wait for the customer until then", NULL, 2, run_with_word);
ROW(cmd_spam, "spam", "NUMBER…", "mark tickets as spam", NULL, 1, run_plain);
ROW(cmd_move, "move", "NUMBER…", "move tickets to another queue or project", move_options, 1, run_move);
ROW(cmd_priority, "priority", "low|normal|high|urgent NUMBER…", "set the priority", NULL, 2, run_with_word);
ROW(cmd_tag, "tag", "+TAG|-TAG… NUMBER…", "add and remove tags", NULL, 2, run_tag);
ROW(cmd_title, "title", "NUMBER TEXT…", "change a ticket's title", NULL, 2, run_title);
ROW(cmd_merge, "merge", "NUMBER…", "merge tickets into another", merge_options, 1, run_merge);
ROW(cmd_split, "split", "NUMBER SEQ…", "move messages of a ticket to a new one", NULL, 2, run_split);
ROW(cmd_link, "link", "NUMBER… NUMBER", "link tickets with the last one", NULL, 2, run_link);
