/* ticket note, reply, send. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "agents.h"
#include "commands.h"
#include "reply.h"
#include "text.h"
#include "tickets.h"

enum { TEXT_MAX = 1024 * 1024 };

static const struct cli_option text_options[] = {
	{ 'm', "message", "TEXT", "the text" },
	{ 'F', "file", "FILE", "read the text from a file; - for standard input" },
	{ 0, NULL, NULL, NULL },
};
static const struct cli_option reply_options[] = {
	{ 'm', "message", "TEXT", "the text" },
	{ 'F', "file", "FILE", "read the text from a file; - for standard input" },
	{ 'a', "all", NULL, "to the other participants, too" },
	{ 0, NULL, NULL, NULL },
};

/* --- the text --- */

static char *read_stream(FILE *in)
{
	GString *text = g_string_new(NULL);
	char chunk[4096];
	size_t n;

	while (text->len < TEXT_MAX && (n = fread(chunk, 1, sizeof chunk, in)) > 0)
		g_string_append_len(text, chunk, (gssize)n);
	return g_string_free(text, FALSE);
}

static char *read_file(const char *path)
{
	char *text = NULL;

	if (strcmp(path, "-") == 0)
		return read_stream(stdin);
	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static char *edit(void)
{
	const char *editor = g_getenv("VISUAL") ? g_getenv("VISUAL") : g_getenv("EDITOR") ? g_getenv("EDITOR") : "vi";
	g_autofree char *path = NULL, *quoted = NULL, *command = NULL;
	char *argv[] = { (char *)"sh", (char *)"-c", NULL, NULL }, *text = NULL;
	int code, fd = g_file_open_tmp("ticket-XXXXXX", &path, NULL);

	if (fd < 0)
		return NULL;
	close(fd);
	quoted = g_shell_quote(path);
	command = g_strdup_printf("%s %s", editor, quoted);
	argv[2] = command;
	if (g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL, NULL, &code, NULL) && code == 0)
		g_file_get_contents(path, &text, NULL, NULL);
	unlink(path);
	return text;
}

/* From -m, a file, the editor on a terminal, else standard input. Owned; NULL: said what is wrong. */
static char *get_text(struct cli *cli)
{
	const char *message = cli_value(cli, "message"), *file = cli_value(cli, "file");
	g_autofree char *raw = message ? g_strdup(message) : file ? read_file(file) : isatty(STDIN_FILENO) ? edit() : read_stream(stdin);
	g_autofree char *text = raw ? text_block(raw, -1, TEXT_MAX) : NULL;

	if (text && text[strspn(text, " \t\n")])
		return g_steal_pointer(&text);
	cli_fail(EXIT_BAD_DATA, raw ? "the text is empty; nothing was done" : "cannot read the text%s%s", file ? " from " : "", file ? file : "");
	return NULL;
}

/* --- the work --- */

struct work {
	struct cli *cli;
	uint64_t number;
	const char *text, *to;
	enum { NOTE, REPLY, SEND } what;
};

static enum status write_it(const struct reply_context *context, const struct work *w, struct ticket *ticket, const struct agent *agent, struct error *err)
{
	switch (w->what) {
	case NOTE:
		return reply_note(context, ticket, agent, w->text, err);
	case REPLY:
		return reply_from_shell(context, ticket, agent, w->text, cli_has(w->cli, "all"), err);
	case SEND:
		return reply_forward(context, ticket, w->to, "The mails of this ticket are attached; answer from there.\n", "forward", err);
	}
	return ST_BAD_INPUT;
}

static enum status work(struct txn *txn, void *arg, struct error *err)
{
	struct work *w = arg;
	const struct reply_context context = { txn, w->cli->settings, &w->cli->key, w->cli->actor };
	g_autofree char *login = cli_agent_login();
	struct ticket ticket = { 0 };
	struct agent agent = { 0 };
	enum status st = tickets_resolve(txn, w->number, &ticket, err);
	bool is_agent = agents_find(txn, login, &agent, NULL) == ST_OK;

	if (st == ST_NOT_FOUND)
		error_set(err, st, "there is no ticket #%" G_GUINT64_FORMAT, w->number);
	if (st == ST_OK)
		st = write_it(&context, w, &ticket, is_agent ? &agent : NULL, err);
	record_release(&agent_type, &agent);
	record_release(&ticket_type, &ticket);
	return st;
}

static int run_with_text(struct cli *cli, struct work *w)
{
	g_autofree char *text = NULL;

	w->cli = cli;
	if (text_parse_number(cli->args[0], &w->number) != ST_OK)
		return cli_usage(cli, "'%s' is no ticket number; expected 1042 or #1042", cli->args[0]);
	if (w->what != SEND && !(text = get_text(cli)))
		return EXIT_BAD_DATA;
	w->text = text;
	return cli_status(cli, store_write(cli->store, work, w, &cli->err));
}

static int run_note(struct cli *cli)
{
	return run_with_text(cli, &(struct work){ .what = NOTE });
}

static int run_reply(struct cli *cli)
{
	return run_with_text(cli, &(struct work){ .what = REPLY });
}

static int run_send(struct cli *cli)
{
	g_autofree char *to = NULL;

	if (address_canonical(cli->args[1], &to) != ST_OK)
		return cli_fail(EXIT_BAD_DATA, "'%s' is no mail address", cli->args[1]);
	return run_with_text(cli, &(struct work){ .what = SEND, .to = to });
}

const struct cli_command cmd_note = { "note", "NUMBER", "add an internal note", text_options, NEED_STORE_WRITE, 1, 1, run_note };
const struct cli_command cmd_reply = { "reply", "NUMBER", "answer the requester", reply_options, NEED_STORE_WRITE, 1, 1, run_reply };
const struct cli_command cmd_send = { "send", "NUMBER ADDRESS", "send the ticket's mails to an agent", NULL, NEED_STORE_WRITE, 2, 2, run_send };
