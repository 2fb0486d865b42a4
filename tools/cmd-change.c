/* Commands that change tickets: each is one or more verbs of lib/act/command.h, over several
 * tickets in one transaction. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "choosing.h"
#include "commands.h"
#include "print.h"
#include "tables/agents.h"
#include "tables/tickets.h"
#include "terminal.h"

/* Which tickets, where no numbers are given; every command that changes tickets has these. */
#define QUERY_OPTIONS \
	{ .name = "query", \
		.argument = "QUERY", \
		.help = N_("the tickets that match it, instead of numbers") }, \
		{ .letter = 'n', .name = "dry-run", .help = N_("only list the tickets") }, \
	{ \
		.letter = 'y', .name = "yes", .help = N_("do not ask") \
	}
static const struct cli_option query_options[] = { QUERY_OPTIONS, { .name = NULL } };

enum { VERBS_MAX = 2, LINE_MAX_BYTES = 2000 };

/* What the shell's words come to: verbs with their arguments, and the tickets. */
struct work {
	struct cli *cli;
	struct command commands[VERBS_MAX];
	unsigned n_commands;
	struct numbers numbers;
	struct agent self; /* who sits here; without a login when no agent does */
	GString *done;     /* a line for each change */
	GArray *changed;   /* uint64_t; for JSON */
};

static void work_init(struct work *w, struct cli *cli)
{
	*w = (struct work){ .cli = cli,
		.done = g_string_new(NULL),
		.changed = g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
}

static void work_release(struct work *w)
{
	for (unsigned i = 0; i < w->n_commands; i++)
		command_release(&w->commands[i]);
	g_free(w->numbers.v);
	record_release(&agent_type, &w->self);
	g_string_free(w->done, TRUE);
	g_array_unref(w->changed);
}

/* --- in the transaction --- */

/* Of several tickets, the one that failed is named, and that the others are as they were. */
static enum status name_failure(
	const struct work *w, uint64_t number, enum status st, struct error *err)
{
	g_autofree char *why = g_strdup(err->text);

	if (!*why || w->numbers.n == 1)
		return st;
	return error_set(err, st, _("#%" PRIu64 ": %s; nothing was changed"), number, why);
}

/* The ticket that was changed is where a merged number leads, but for the one that was merged just
 * now. The new one of a split is the last that the old one was linked with. */
static enum status change_remember(
	struct txn *txn, struct work *w, uint64_t number, struct error *err)
{
	enum verb verb = w->commands[0].verb;
	struct ticket t = { 0 };
	enum status st = verb == VERB_MERGE ? tickets_load(txn, number, &t, err)
					    : tickets_resolve(txn, number, &t, err);

	if (st == ST_OK)
		g_array_append_val(w->changed, t.number);
	if (st == ST_OK && verb == VERB_SPLIT && t.links.n)
		g_array_append_val(w->changed, t.links.v[t.links.n - 1]);
	record_release(&ticket_type, &t);
	return st;
}

static void change_say(struct work *w, const char *done)
{
	g_autofree char *line = terminal_line(done, LINE_MAX_BYTES);

	g_string_append_printf(w->done, "%s\n", line);
}

static enum status change_apply(struct txn *txn, struct work *w, uint64_t number, struct error *err)
{
	const struct commander commander = { .actor = w->cli->actor,
		.self = w->self.login ? &w->self : NULL,
		.local_times = terminal_is(),
		.settings = w->cli->settings,
		.key = w->cli->key };
	enum status st = ST_OK;

	for (unsigned i = 0; i < w->n_commands && st == ST_OK; i++) {
		g_autofree char *done = NULL;

		st = command_apply(txn, &commander, number, &w->commands[i], &done, err);
		if (st == ST_OK)
			change_say(w, done);
	}
	return st == ST_OK && w->cli->json ? change_remember(txn, w, number, err) : st;
}

static enum status find_self(struct txn *txn, struct work *w, struct error *err)
{
	g_autofree char *login = cli_agent_login();
	enum status st;

	record_release(&agent_type, &w->self);
	st = agents_find(txn, login, &w->self, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status apply_all(struct txn *txn, void *arg, struct error *err)
{
	struct work *w = arg;
	enum status st = find_self(txn, w, err);

	g_string_truncate(w->done, 0);
	g_array_set_size(w->changed, 0);
	for (size_t i = 0; i < w->numbers.n && st == ST_OK; i++) {
		st = change_apply(txn, w, w->numbers.v[i], err);
		if (st != ST_OK)
			st = name_failure(w, w->numbers.v[i], st, err);
	}
	return st;
}

/* --- around it --- */

struct shown {
	uint64_t number;
	struct ticket *ticket;
};

static enum status load_shown(struct txn *txn, void *arg, struct error *err)
{
	struct shown *shown = arg;

	record_release(&ticket_type, shown->ticket);
	return tickets_load(txn, shown->number, shown->ticket, err);
}

/* As they are now. */
static int change_list(struct cli *cli, const uint64_t *numbers, size_t n)
{
	struct printer printer;
	enum status st = ST_OK;

	print_begin(&printer, cli, PRINT_TICKETS);
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct shown shown = { numbers[i], record_new(&ticket_type) };

		st = store_read(cli->store, load_shown, &shown, &cli->err);
		if (st == ST_OK)
			print_ticket(&printer, shown.ticket);
		st = st == ST_NOT_FOUND ? ST_OK : st;
		record_free(shown.ticket);
	}
	if (st != ST_OK)
		return cli_status(cli, st);
	return print_end(&printer);
}

static int change_report(const struct work *w)
{
	if (w->cli->json)
		return change_list(w->cli, (const uint64_t *)w->changed->data, w->changed->len);
	fputs(w->done->str, stdout);
	return EXIT_DONE;
}

/* words: a verb and its arguments, NULL-terminated. False: it has said what is wrong. */
static bool add_verb(struct work *w, const char *const *words)
{
	if (command_parse(words, w->cli->actor.now, &w->commands[w->n_commands], &w->cli->err) !=
		ST_OK) {
		cli_usage(w->cli, "%s", w->cli->err.text);
		return false;
	}
	w->n_commands++;
	return true;
}

/* --- which tickets --- */

/* "priority high", "queue sales, project core", "tag +vip -old". Owned. */
static char *change_described(const struct work *w)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (unsigned i = 0; i < w->n_commands; i++) {
		const struct command *c = &w->commands[i];

		g_string_append_printf(out, "%s%s", i ? ", " : "", verb_info(c->verb)->name);
		if (c->text)
			g_string_append_printf(out, " %s", c->text);
		for (char **tag = c->add; tag && *tag; tag++)
			g_string_append_printf(out, " +%s", *tag);
		for (char **tag = c->remove; tag && *tag; tag++)
			g_string_append_printf(out, " -%s", *tag);
	}
	return terminal_line(out->str, LINE_MAX_BYTES);
}

/* One slip would change a thousand tickets. Nobody is asked where nobody sits. */
static bool change_is_wanted(const struct work *w, unsigned count)
{
	g_autofree char *described = NULL, *question = NULL;

	if (count <= 1 || cli_has(w->cli, "yes") || !terminal_can_ask())
		return true;
	described = change_described(w);
	question = g_strdup_printf(_("'%s' for %u tickets?"), described, count);
	return terminal_agrees(question);
}

static int take_chosen(struct work *w)
{
	if (w->numbers.n == 0)
		return cli_fail(
			EXIT_NOTHING, _("no ticket matches: %s"), cli_value(w->cli, "query"));
	if (!change_is_wanted(w, (unsigned)w->numbers.n))
		return cli_fail(EXIT_NOTHING, _("nothing was changed"));
	return EXIT_DONE;
}

/* EXIT_DONE with numbers, or the end of the command. */
static int find_by_query(struct work *w, bool *listed_out)
{
	struct choosing choosing = { 0 };
	int code;

	if (w->cli->n_args > 0)
		return cli_usage(
			w->cli, _("'%s': give numbers or --query, not both"), w->cli->args[0]);
	code = choosing_begin(&choosing, w->cli, cli_value(w->cli, "query"));
	if (code == EXIT_DONE)
		code = choosing_numbers(&choosing, &w->numbers);
	choosing_end(&choosing);
	*listed_out = code == EXIT_DONE && cli_has(w->cli, "dry-run");
	if (code != EXIT_DONE)
		return code;
	return *listed_out ? change_list(w->cli, w->numbers.v, w->numbers.n) : take_chosen(w);
}

static int find_by_numbers(struct work *w, bool *listed_out)
{
	int code = cli_tickets(w->cli, 0, &w->numbers);

	(void)listed_out;
	if (code == EXIT_DONE && cli_has(w->cli, "dry-run"))
		return cli_usage(w->cli, _("--dry-run is for --query"));
	return code;
}

static int apply_to_arguments(struct work *w)
{
	bool listed = false;
	int code = (cli_has(w->cli, "query") ? find_by_query : find_by_numbers)(w, &listed);

	if (code != EXIT_DONE || listed)
		return code;
	code = cli_status(w->cli, store_write(w->cli->store, apply_all, w, &w->cli->err));
	return code == EXIT_DONE ? change_report(w) : code;
}

static int change_change(struct cli *cli, const char *const *words)
{
	struct work w;
	int code;

	work_init(&w, cli);
	code = add_verb(&w, words) ? apply_to_arguments(&w) : EXIT_BAD_USAGE;
	work_release(&w);
	return code;
}

/* --- the shell's words --- */

static bool is_number(const char *word)
{
	uint64_t number;

	return strcmp(word, "-") == 0 || text_parse_number(word, &number) == ST_OK;
}

/* Takes an argument out of the words; borrowed. */
static const char *take_argument(struct cli *cli, unsigned i)
{
	const char *word = cli->args[i];

	memmove(cli->args + i, cli->args + i + 1, (cli->n_args - i) * sizeof *cli->args);
	cli->n_args--;
	return word;
}

/* "take N…": the command's own name is the verb. */
static int run_plain(struct cli *cli)
{
	const char *const words[] = { cli->command->name, NULL };

	return change_change(cli, words);
}

/* "assign anna N…". "assign N anna" can mean nothing else. */
static int run_with_word(struct cli *cli)
{
	bool last = is_number(cli->args[0]) && !is_number(cli->args[cli->n_args - 1]);
	const char *const words[] = { cli->command->name,
		take_argument(cli, last ? cli->n_args - 1 : 0), NULL };

	return change_change(cli, words);
}

/* Who has no agent's login cannot take a ticket, and is told how to. */
static int run_take(struct cli *cli)
{
	const char *const words[] = { cli->command->name, NULL };
	g_autofree char *login = cli_agent_login();
	struct work w;
	int code;

	work_init(&w, cli);
	code = add_verb(&w, words) ? apply_to_arguments(&w) : EXIT_BAD_USAGE;
	if (code == EXIT_NOT_ALLOWED && !w.self.login)
		fprintf(stderr,
			_("'ticket agent list' has no '%s'; MILTICKET_AGENT says who you are when your login differs.\n"),
			login);
	work_release(&w);
	return code;
}

/* "watch boss@example.com N…", "watch N…". */
static int run_with_maybe(struct cli *cli)
{
	return cli->n_args == 0 || is_number(cli->args[0]) ? run_plain(cli) : run_with_word(cli);
}

static int run_move(struct cli *cli)
{
	const char *queue = cli_value(cli, "queue"), *project = cli_value(cli, "project");
	const char *const to_queue[] = { "queue", queue, NULL },
			  *const to_project[] = { "project", project && *project ? project : "-",
				  NULL };
	struct work w;
	int code;

	if (!queue && !project)
		return cli_usage(cli, _("where to? Give --queue or --project"));
	work_init(&w, cli);
	code = (!queue || add_verb(&w, to_queue)) && (!project || add_verb(&w, to_project))
		? apply_to_arguments(&w)
		: EXIT_BAD_USAGE;
	work_release(&w);
	return code;
}

/* "tag +x -y N…": what is no number is a tag. */
static int run_tag(struct cli *cli)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	unsigned i = 0;

	g_ptr_array_add(words, (char *)cli->command->name);
	while (i < cli->n_args)
		if (is_number(cli->args[i]))
			i++;
		else
			g_ptr_array_add(words, (char *)take_argument(cli, i));
	g_ptr_array_add(words, NULL);
	return change_change(cli, (const char *const *)words->pdata);
}

static int run_merge(struct cli *cli)
{
	const char *const words[] = { "merge", cli_value(cli, "into"), NULL };

	return words[1] ? change_change(cli, words)
			: cli_usage(cli, _("into which ticket? Give --into NUMBER"));
}

/* "split N SEQ…" */
static int run_split(struct cli *cli)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();

	g_ptr_array_add(words, (char *)"split");
	while (cli->n_args > 1)
		g_ptr_array_add(words, (char *)take_argument(cli, 1));
	g_ptr_array_add(words, NULL);
	return change_change(cli, (const char *const *)words->pdata);
}

/* "link N… M": the last is what the others are linked with. */
static int run_link(struct cli *cli)
{
	const char *const words[] = { "link", take_argument(cli, cli->n_args - 1), NULL };

	return change_change(cli, words);
}

/* "remind 2d N… -m TEXT" */
static int run_remind(struct cli *cli)
{
	const char *const words[] = { "remind", take_argument(cli, 0), cli_value(cli, "message"),
		NULL };

	return change_change(cli, words);
}

static const struct cli_option remind_options[] = {
	{ .letter = 'm',
		.name = "message",
		.argument = "TEXT",
		.help = N_("what to be told then") },
	QUERY_OPTIONS,
	{ .name = NULL },
};
static const struct cli_option move_options[] = {
	{ .letter = 'q', .name = "queue", .argument = "QUEUE", .help = N_("to this queue") },
	{ .letter = 'p',
		.name = "project",
		.argument = "PROJECT",
		.help = N_("to this project; \"\" for none") },
	QUERY_OPTIONS,
	{ .name = NULL },
};
static const struct cli_option merge_options[] = {
	{ .name = "into", .argument = "NUMBER", .help = N_("the ticket that survives") },
	QUERY_OPTIONS,
	{ .name = NULL },
};

const struct cli_command cmd_move = {
	.name = "move",
	.arguments = "NUMBER…",
	.summary = N_("move tickets to another queue or project"),
	.options = move_options,
	.need = NEED_STORE_WRITE,
	.run = run_move,
};
const struct cli_command cmd_merge = {
	.name = "merge",
	.arguments = "NUMBER…",
	.summary = N_("merge tickets into another"),
	.options = merge_options,
	.need = NEED_STORE_WRITE,
	.run = run_merge,
};
const struct cli_command cmd_split = {
	.name = "split",
	.arguments = "NUMBER SEQ…",
	.summary = N_("move messages of a ticket to a new one"),
	.need = NEED_STORE_WRITE,
	.least = 2,
	.run = run_split,
};
const struct cli_command cmd_remind = {
	.name = "remind",
	.arguments = "DURATION|DATE|- NUMBER…",
	.summary = N_("tell the agent of tickets then, and leave them as they are"),
	.options = remind_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.ahead = true,
	.run = run_remind,
};
const struct cli_command cmd_link = {
	.name = "link",
	.arguments = "NUMBER… NUMBER",
	.summary = N_("link tickets with the last one"),
	.options = query_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.run = run_link,
};

/* --- verbs that are commands as they are --- */

static int (*verb_run(const struct verb_info *verb))(struct cli *cli)
{
	if (verb->of_self)
		return run_take;
	if (verb->reach == REACH_SIGNED)
		return run_tag;
	if (!*verb->arguments)
		return run_plain;
	return *verb->arguments == '[' ? run_with_maybe : run_with_word;
}

const struct cli_command *cmd_verb(enum verb verb)
{
	static struct cli_command made[VERB_COUNT];
	const struct verb_info *info = verb_info(verb);
	bool needed = *info->arguments && *info->arguments != '[';

	if (!made[verb].name)
		made[verb] = (struct cli_command){
			.name = info->name,
			.arguments = g_strstrip(g_strconcat(info->arguments, " NUMBER…", NULL)),
			.summary = info->help,
			.options = query_options,
			.need = NEED_STORE_WRITE,
			.least = needed,
			.signed_arguments = info->reach == REACH_SIGNED,
			.ahead = info->ahead,
			.closed = info->of_closed,
			.run = verb_run(info),
		};
	return &made[verb];
}
