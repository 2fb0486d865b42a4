/* ticket complete: what the word at the cursor may become, for the shells' completions. They ask
 * this program, so they know what it knows. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/tongue.h"
#include "cli-parts.h"
#include "commands.h"
#include "format.h"
#include "model/query-times.h"
#include "model/query.h"
#include "tables/agents.h"
#include "tables/outbox.h"
#include "tables/queries.h"
#include "tables/queues.h"
#include "tables/tickets.h"

/* Whoever presses a key waits: only this many tickets are looked at, the newest. */
enum { MOST_TICKETS = 100, MOST_LOOKED_AT = 2000, HINT_BYTES = 60 };

/* The question: where the cursor is, and what may come there. */
struct completing {
	struct cli *cli;
	const char *word;   /* begun; "" */
	const char *before; /* what stays in front of a candidate: "--status=", "new," */
	GString *out;       /* printed after all transactions */
	unsigned shown, looked_at;
};

/* A candidate and what it is, separated by a tab. */
static void complete_offer(struct completing *c, const char *candidate, const char *what)
{
	g_autofree char *hint = text_line(what ? what : "", HINT_BYTES);

	if (!g_str_has_prefix(candidate, c->word))
		return;
	g_string_append_printf(c->out, "%s%s\t%s\n", c->before, candidate, hint);
	c->shown++;
}

/* --- from the store --- */

static enum status offer_queue(
	struct txn *txn, const struct queue *queue, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	complete_offer(arg, queue->name, queue->title);
	return ST_OK;
}

static enum status complete_queues(struct txn *txn, void *arg, struct error *err)
{
	return queues_each(txn, offer_queue, arg, err);
}

static enum status offer_agent(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	complete_offer(arg, agent->login, agent->name);
	return ST_OK;
}

static enum status complete_agents(struct txn *txn, void *arg, struct error *err)
{
	return agents_each(txn, offer_agent, arg, err);
}

static enum status offer_ticket(
	struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct completing *c = arg;
	g_autofree char *number = g_strdup_printf(
		"%s%" G_GUINT64_FORMAT, c->word[0] == '#' ? "#" : "", t->number);

	(void)txn;
	(void)err;
	complete_offer(c, number, t->subject);
	return c->shown < MOST_TICKETS && ++c->looked_at < MOST_LOOKED_AT ? ST_OK : ST_NOT_FOUND;
}

/* Closed tickets are not what is worked on, but for reopening them. */
static enum status complete_tickets(struct txn *txn, void *arg, struct error *err)
{
	const struct completing *c = arg;
	const struct ticket_filter filter = { .priority = -1,
		.statuses = c->cli->command->closed ? 1U << TICKET_CLOSED : 0 };

	return tickets_list(txn, &filter, offer_ticket, arg, err);
}

static enum status offer_outgoing(
	struct txn *txn, const struct outgoing *o, void *arg, struct error *err)
{
	g_autofree char *id = g_strdup_printf("%" G_GUINT64_FORMAT, o->id),
			*to = o->to ? g_strjoinv(", ", o->to) : NULL;

	(void)txn;
	(void)err;
	complete_offer(arg, id, to);
	return ST_OK;
}

static enum status complete_outbox(struct txn *txn, void *arg, struct error *err)
{
	return outbox_each(txn, offer_outgoing, arg, err);
}

/* A store that cannot be opened has nothing to offer, and is no reason to disturb somebody who
 * types. */
static void ask_store(struct completing *c, store_fn *fn)
{
	struct cli_command reading = *c->cli->command;
	const struct cli_command *command = c->cli->command;

	reading.need = NEED_STORE_READ;
	c->cli->command = &reading;
	if (c->cli->store || cli_open(c->cli) == EXIT_DONE)
		store_read(c->cli->store, fn, c, &c->cli->err);
	c->cli->command = command;
}

/* --- what may come in a place --- */

static void offer_statuses(struct completing *c)
{
	for (const char *const *name = ticket_status_names; *name; name++)
		complete_offer(c, *name, "status");
}

static void offer_accounts(struct completing *c)
{
	if (settings_load(c->cli->config, &c->cli->settings, &c->cli->err) != ST_OK)
		return;
	for (unsigned i = 0; i < c->cli->settings->accounts->len; i++)
		complete_offer(c,
			((const struct account *)g_ptr_array_index(c->cli->settings->accounts, i))
				->address,
			"account");
}

static void offer_templates(struct completing *c)
{
	const struct template_book *book;

	if (settings_load(c->cli->config, &c->cli->settings, &c->cli->err) != ST_OK)
		return;
	for (unsigned i = 0; (book = template_shelf_at(c->cli->settings->templates, i)); i++)
		complete_offer(c, book->name, book->project ? book->project : _("template"));
}

/* Days that people mean: back from today, or on from it where something is to wait until then. */
static void offer_dates(struct completing *c)
{
	static const int days[] = { 0, 1, 2, 3, 4, 5, 6, 7, 14, 30 };
	bool forward = c->cli->command->ahead;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();

	for (size_t i = forward; i < G_N_ELEMENTS(days); i++) {
		g_autoptr(GDateTime) day = g_date_time_add_days(now, forward ? days[i] : -days[i]);
		g_autofree char *date = g_date_time_format(day, "%Y-%m-%d"),
				*what = g_date_time_format(day, "%A");

		complete_offer(c, date, days[i] ? what : _("today"));
	}
}

static void offer_durations(struct completing *c)
{
	static const char *const durations[] = { "4h", "1d", "3d", "1w", "2w", "1y" };

	for (size_t i = 0; i < G_N_ELEMENTS(durations); i++)
		complete_offer(c, durations[i], _("duration"));
}

static void offer_whens(struct completing *c)
{
	offer_durations(c);
	offer_dates(c);
}

/* --- queries --- */

static void offer_argument(struct completing *c, const char *argument);

static void offer_moments(struct completing *c)
{
	for (const char *const *word = query_time_words; *word; word++)
		complete_offer(c, *word, NULL);
	offer_whens(c);
}

static void offer_fields(struct completing *c)
{
	struct query_row row;

	for (size_t i = 0; query_row_at(i, &row); i++) {
		g_autofree char *field = g_strconcat(row.name, ":", NULL);

		complete_offer(c, field, _(row.help));
	}
}

static enum status offer_shared(struct txn *txn, void *arg, struct error *err)
{
	struct saved_queries saved = { 0 };
	enum status st = queries_load(txn, &saved, err);

	for (guint i = 0; st == ST_OK && i < saved.shared->len; i++) {
		const struct shared_query *query = g_ptr_array_index(saved.shared, i);

		complete_offer(arg, query->name, query->query);
	}
	queries_release(&saved);
	return st;
}

static void offer_saved(struct completing *c)
{
	if (cli_user(c->cli) != EXIT_DONE)
		return;
	for (guint i = 0; i < c->cli->user->queries->len; i++) {
		const struct user_query *query = g_ptr_array_index(c->cli->user->queries, i);

		complete_offer(c, query->name, query->text);
	}
	ask_store(c, offer_shared);
}

static bool find_query_row(const char *name, size_t len, struct query_row *row_out)
{
	for (size_t i = 0; query_row_at(i, row_out); i++)
		if (strlen(row_out->name) == len &&
			g_ascii_strncasecmp(row_out->name, name, len) == 0)
			return true;
	return false;
}

/* "status:new,op": what comes after the last comma. */
static void offer_field_values(struct completing *c, const char *colon)
{
	const char *comma = strrchr(colon, ',');
	const char *begun = comma ? comma + 1 : colon + 1;
	g_autofree char *before = g_strdup_printf(
		"%s%.*s", c->before, (int)(begun - c->word), c->word);
	struct query_row row;

	if (!find_query_row(c->word, (size_t)(colon - c->word), &row))
		return;
	c->before = before;
	c->word = begun;
	for (const char *const *word = row.words; word && *word; word++)
		complete_offer(c, *word, NULL);
	if (!row.words && row.values)
		offer_argument(c, row.values);
	c->before = "";
}

/* The last term of what is written so far. */
static void offer_query(struct completing *c)
{
	const char *term = c->word + strlen(c->word), *colon;
	bool saved;
	g_autofree char *before = NULL;

	while (term > c->word && !strchr(" (", term[-1]))
		term--;
	term += strspn(term, "-");
	saved = *term == '@';
	term += saved;
	before = g_strdup_printf("%s%.*s", c->before, (int)(term - c->word), c->word);
	c->before = before;
	c->word = term;
	colon = strchr(term, ':');
	if (saved)
		offer_saved(c);
	else if (colon)
		offer_field_values(c, colon);
	else
		offer_fields(c);
	c->before = "";
}

static void offer_columns(struct completing *c)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	format_names(names);
	for (guint i = 0; i + 1 < names->len; i++)
		complete_offer(c, names->pdata[i], _("column"));
}

/* The name of an argument in the tables, and what may come in its place; FILE, TEXT and others are
 * the shell's or nobody's. */
static const struct {
	const char *name;
	store_fn *of_store;
	void (*other)(struct completing *c);
} kinds[] = {
	{ .name = "QUEUE", .of_store = complete_queues },
	{ .name = "AGENT", .of_store = complete_agents },
	{ .name = "LOGIN", .of_store = complete_agents },
	{ .name = "NUMBER", .of_store = complete_tickets },
	{ .name = "ID", .of_store = complete_outbox },
	{ .name = "STATUS", .other = offer_statuses },
	{ .name = "ACCOUNT", .other = offer_accounts },
	{ .name = "TEMPLATE", .other = offer_templates },
	{ .name = "DATE", .other = offer_dates },
	{ .name = "DURATION", .other = offer_durations },
	{ .name = "WHEN", .other = offer_whens },
	{ .name = "TIME", .other = offer_moments },
	{ .name = "QUERY", .other = offer_query },
	{ .name = "COLUMN", .other = offer_columns },
	{ .name = "SAVED", .other = offer_saved },
};

static void offer_kind(struct completing *c, const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		else if (kinds[i].other)
			kinds[i].other(c);
		else
			ask_store(c, kinds[i].of_store);
	/* Words in lower case are meant literally. */
	if (g_ascii_islower(*name))
		complete_offer(c, name, NULL);
}

/* "AGENT|none|me", "STATUS[,STATUS]", "NUMBER…": the alternatives, without what may follow them. */
static void offer_argument(struct completing *c, const char *argument)
{
	g_auto(GStrv) alternatives = g_strsplit(argument, "|", -1);

	for (char **a = alternatives; *a; a++) {
		char *name = **a == '[' ? *a + 1 : *a;

		name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-")] = '\0';
		offer_kind(c, name);
	}
}

/* In "new,op" only what comes after the comma is completed. */
static void offer_value(struct completing *c, const char *argument)
{
	const char *comma = strstr(argument, "[,") ? strrchr(c->word, ',') : NULL;
	g_autofree char *before = g_strdup_printf(
		"%s%.*s", c->before, comma ? (int)(comma + 1 - c->word) : 0, c->word);

	c->before = before;
	c->word = comma ? comma + 1 : c->word;
	offer_argument(c, argument);
	c->before = "";
}

static void offer_options(struct completing *c, const struct cli_option *options)
{
	for (; options && options->name; options++) {
		g_autofree char *name = g_strconcat("--", options->name, NULL);

		complete_offer(c, name, _(options->help));
	}
}

/* The argument in this place; the last one repeats when it says so. */
static void offer_place(struct completing *c, const struct cli_command *command, unsigned place)
{
	g_auto(GStrv) names = g_strsplit(command->arguments, " ", -1);
	unsigned n = *command->arguments ? g_strv_length(names) : 0;

	if (n && place >= n && command->most == 0)
		place = n - 1;
	if (place < n)
		offer_argument(c, names[place]);
}

static void offer_commands(struct completing *c, const char *family)
{
	g_autofree char *prefix = family ? g_strconcat(family, " ", NULL) : g_strdup("");
	g_autofree char *last = NULL;

	for (const struct cli_row *row = c->cli->commands; row->group; row++) {
		const char *name = row->command->name + strlen(prefix);
		g_autofree char *word = g_str_has_prefix(row->command->name, prefix)
			? g_strndup(name, strcspn(name, " "))
			: NULL;

		if (!word || g_strcmp0(word, last) == 0)
			continue;
		complete_offer(c, word, _(strchr(name, ' ') ? row->group : row->command->summary));
		g_free(last);
		last = g_steal_pointer(&word);
	}
	if (!family)
		complete_offer(c, "help", _("tell how a command is used"));
}

/* --- where the cursor is --- */

/* "--status op", "--status=op", "-s op": the option whose value is being typed, or NULL. */
static const struct cli_option *option_before(
	const struct cli_command *command, const char *previous)
{
	const struct cli_option *option;

	if (!previous || previous[0] != '-' || !previous[1] || strchr(previous, '='))
		return NULL;
	option = previous[1] == '-'
		? words_option(command, previous + 2, strlen(previous + 2), '\0')
		: words_option(command, "", 0, previous[1]);
	return option && option->argument ? option : NULL;
}

/* Arguments among the words; what options took is none. */
static unsigned count_arguments(const struct cli_command *command, char *const *words, unsigned n)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++)
		if (words_is_option(command, words[i]))
			i += option_before(command, words[i]) != NULL;
		else
			count++;
	return count;
}

static void complete_joined(struct completing *c, const struct cli_command *command)
{
	const char *equals = strchr(c->word, '=');
	const struct cli_option *option = words_option(
		command, c->word + 2, (size_t)(equals - c->word - 2), '\0');
	g_autofree char *before = g_strndup(c->word, (gsize)(equals + 1 - c->word));

	if (!option || !option->argument)
		return;
	c->before = before;
	c->word = equals + 1;
	offer_value(c, option->argument);
}

static void complete_behind(
	struct completing *c, const struct cli_command *command, char *const *words, unsigned n)
{
	const struct cli_option *option = option_before(command, n ? words[n - 1] : NULL);

	if (option) {
		offer_value(c, option->argument);
	} else if (g_str_has_prefix(c->word, "--") && strchr(c->word, '=')) {
		complete_joined(c, command);
	} else if (c->word[0] == '-') {
		offer_options(c, command->options);
		offer_options(c, cli_common_options);
		if (command->query)
			offer_query(c);
	} else {
		offer_place(c, command, count_arguments(command, words, n));
	}
}

/* words: all before the cursor's. */
static void complete_complete(struct completing *c, char **words, unsigned n)
{
	g_autoptr(GPtrArray) common = g_ptr_array_new();
	const struct cli_command *command, *asked = c->cli->command;
	char **start = words;
	unsigned taken;

	words_skip_common(&words, common);
	n -= (unsigned)(words - start);
	if (n && strcmp(words[0], "help") == 0) {
		words++;
		n--;
	}
	taken = n ? words_command(c->cli->commands, words, &command) : 0;
	if (taken) {
		c->cli->command = command;
		complete_behind(c, command, words + taken, n - taken);
		c->cli->command = asked;
	} else if (n <= 1 && c->word[0] == '-') {
		offer_options(c, cli_common_options);
	} else if (n <= 1) {
		offer_commands(c, n ? words[0] : NULL);
	}
}

/* What may be wrong with the configuration is not said in the middle of somebody's line. */
static void be_silent(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDERR_FILENO);
}

/* A configuration that was named on the line is the one to look into. */
static void find_config(struct cli *cli, unsigned n)
{
	for (unsigned i = 0; i + 1 < n; i++)
		if (g_str_has_prefix(cli->args[i], "--config="))
			cli->config = cli->args[i] + strlen("--config=");
		else if (strcmp(cli->args[i], "--config") == 0)
			cli->config = cli->args[i + 1];
}

static int complete_run(struct cli *cli)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct completing c = { .cli = cli, .before = "", .out = out };
	unsigned n = cli->n_args ? cli->n_args - 1 : 0;
	g_autofree char *word = g_strdup(cli->n_args ? cli->args[n] : "");

	be_silent();
	find_config(cli, n);
	c.word = word;
	if (cli->n_args)
		cli->args[n] = NULL;
	complete_complete(&c, cli->args, n);
	fputs(out->str, stdout);
	return EXIT_DONE;
}

const struct cli_command cmd_complete = {
	.name = "complete",
	.arguments = "-- WORD…",
	.summary = N_("print what the last of a line's words may become, for completions"),
	.run = complete_run,
};
