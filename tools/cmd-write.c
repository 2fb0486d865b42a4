/* ticket note, reply, send. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "act/crossed.h"
#include "act/reply.h"
#include "base/address.h"
#include "base/limits.h"
#include "base/mailbox.h"
#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "draft.h"
#include "files.h"
#include "print.h"
#include "tables/agents.h"
#include "tables/tickets.h"

enum { TEXT_MAX = 1024 * 1024 };

static const struct cli_option text_options[] = {
	{ .letter = 'm', .name = "message", .argument = "TEXT", .help = N_("the text") },
	{ .letter = 'F',
		.name = "file",
		.argument = "FILE",
		.help = N_("read the text from a file; - for standard input") },
	{ .name = NULL },
};
static const struct cli_option reply_options[] = {
	{ .letter = 'm', .name = "message", .argument = "TEXT", .help = N_("the text") },
	{ .letter = 'F',
		.name = "file",
		.argument = "FILE",
		.help = N_("read the text from a file; - for standard input") },
	{ .letter = 'a', .name = "all", .help = N_("to the other participants, too") },
	{ .name = "attach",
		.argument = "FILE",
		.help = N_("send this file along; may be given several times") },
	{ .name = "template",
		.argument = "TEMPLATE",
		.help = N_("with this template; the text goes below its own") },
	{ .name = "anyway", .help = N_("although a colleague has answered") },
	{ .name = NULL },
};

struct work {
	struct cli *cli;
	uint64_t number;
	const char *text, *to;
	enum { NOTE, REPLY, SEND } what;
	uint64_t seen;              /* seq of the last message when the text was begun */
	uint64_t seen_of;           /* and the ticket's number */
	struct reply_canned canned; /* the template, filled; without a body when none is used */
	struct crossed crossed;     /* answers that came meanwhile */
	char *last_text;            /* what came last: shown below what is typed */
	char *draft;                /* file with what was typed */
	GPtrArray *files;           /* struct reply_file *, to go along; NULL */
	struct reply_draft answer;  /* of REPLY */
	bool drafting;              /* it is composed now, and sent later */
	char *archived;             /* its name in the archive; NULL */
	struct ticket ticket;       /* as it is afterwards */
};

/* --- the text --- */

static enum status write_cannot_read(const char *name, struct error *err)
{
	return error_set(err, ST_IO, _("cannot read %s: %s"), name, g_strerror(errno));
}

static enum status read_stream(FILE *in, const char *name, char **text_out, struct error *err)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char chunk[4096];
	size_t n;

	while (text->len <= TEXT_MAX && (n = fread(chunk, 1, sizeof chunk, in)) > 0)
		g_string_append_len(text, chunk, (gssize)n);
	if (ferror(in))
		return write_cannot_read(name, err);
	if (text->len > TEXT_MAX)
		return error_set(
			err, ST_BAD_INPUT, _("%s is longer than 1 MiB, which no answer is"), name);
	*text_out = g_strdup(text->str);
	return ST_OK;
}

static enum status write_read_file(const char *path, char **text_out, struct error *err)
{
	g_autofree char *name = g_strdup_printf("'%s'", path);
	FILE *in = fopen(path, "re");
	enum status st = in ? read_stream(in, name, text_out, err) : write_cannot_read(name, err);

	if (in)
		fclose(in);
	return st;
}

static enum status write_edit(struct work *w, char **text_out, struct error *err)
{
	g_autofree char *what = g_strdup_printf(w->what == REPLY
			? _("An answer to ticket #%" PRIu64)
			: _("A note on ticket #%" PRIu64),
		w->ticket.number);
	g_autofree char *subject = text_line_shown(
		w->ticket.subject ? w->ticket.subject : "", LIMIT_TITLE_BYTES);
	const char *from = w->ticket.requester_address;
	const struct draft draft = { what, subject, from ? from : "", w->last_text,
		text_or_none(w->canned.body) };

	return draft_edit(&draft, &w->draft, text_out, err);
}

/* From -m or a file. *text_out stays NULL without either. */
static enum status get_given(struct work *w, char **text_out, struct error *err)
{
	const char *message = cli_value(w->cli, "message"), *file = cli_value(w->cli, "file");

	if (message)
		*text_out = g_strdup(message);
	else if (file && strcmp(file, "-") != 0)
		return write_read_file(file, text_out, err);
	else if (file)
		return read_stream(stdin, _("standard input"), text_out, err);
	return ST_OK;
}

struct canning_words {
	struct work *w;
	const char *words; /* NULL: none */
};

static enum status write_can(struct txn *txn, void *arg, struct error *err)
{
	const struct canning_words *cw = arg;
	struct work *w = cw->w;
	const struct reply_context context = { txn, w->cli->settings, &w->cli->key, w->cli->actor };
	g_autofree char *login = cli_agent_login();
	struct agent agent = { 0 };
	bool is_agent = agents_find(txn, login, &agent, NULL) == ST_OK;
	const struct canned_request request = {
		.ticket = &w->ticket,
		.agent = is_agent ? &agent : NULL,
		.name = cli_value(w->cli, "template"),
		.words = cw->words,
	};
	enum status st;

	reply_canned_release(&w->canned);
	st = reply_canned(&context, &request, &w->canned, err);
	record_release(&agent_type, &agent);
	return st;
}

/* The template with the words that are given; else in the editor, on a terminal, as it is. */
static enum status get_canned(struct work *w, char **text_out, struct error *err)
{
	g_autofree char *words = NULL;
	enum status st = get_given(w, &words, err);

	if (st == ST_OK)
		st = store_read(w->cli->store, write_can, &(struct canning_words){ w, words }, err);
	if (st == ST_OK && !words && isatty(STDIN_FILENO))
		return write_edit(w, text_out, err);
	*text_out = g_strdup(w->canned.body);
	return st;
}

/* What is given, the editor on a terminal, else standard input. */
static enum status get_raw(struct work *w, char **text_out, struct error *err)
{
	enum status st;

	if (cli_has(w->cli, "template"))
		return get_canned(w, text_out, err);
	st = get_given(w, text_out, err);
	if (st != ST_OK || *text_out)
		return st;
	if (isatty(STDIN_FILENO))
		return write_edit(w, text_out, err);
	return read_stream(stdin, _("standard input"), text_out, err);
}

/* Owned; NULL: it has said what is wrong. */
static char *write_get_text(struct work *w, int *code_out)
{
	g_autofree char *raw = NULL, *text = NULL;
	enum status st;

	st = get_raw(w, &raw, &w->cli->err);
	if (st != ST_OK) {
		int code = st == ST_NOT_FOUND ? EXIT_NOTHING : EXIT_BAD_DATA;

		*code_out = cli_fail(st == ST_IO ? EXIT_CANNOT_WRITE : code,
			_("%s; nothing was done"), w->cli->err.text);
		return NULL;
	}
	text = text_block(raw, -1, TEXT_MAX);
	if (*g_strchomp(text))
		return g_steal_pointer(&text);
	draft_remove(w->draft);
	*code_out = cli_fail(EXIT_BAD_DATA, _("the text is empty; nothing was done"));
	return NULL;
}

/* --- the work --- */

static enum status write_resolve(struct txn *txn, struct work *w, struct error *err)
{
	enum status st;

	record_release(&ticket_type, &w->ticket);
	st = tickets_resolve(txn, w->number, &w->ticket, err);
	return st == ST_NOT_FOUND ? error_set(err, st, _("there is no ticket #%" PRIu64), w->number)
				  : st;
}

/* "send 7 anna" means her address. */
static enum status resolve_address(struct txn *txn, const struct work *w, char **to_out)
{
	struct agent agent = { 0 };
	enum status st = agents_find(txn, w->to, &agent, NULL);

	if (st == ST_OK && agent_address(&agent) && !strchr(w->to, '@'))
		*to_out = g_strdup(agent_address(&agent));
	else
		st = address_canonical(w->to, to_out);
	record_release(&agent_type, &agent);
	return st;
}

static enum status write_forward(
	const struct reply_context *context, const struct work *w, struct error *err)
{
	g_autofree char *to = NULL;

	if (resolve_address(context->txn, w, &to) != ST_OK)
		return error_set(
			err, ST_BAD_INPUT, _("'%s' is no mail address and no agent"), w->to);
	return reply_forward(context, &w->ticket, to,
		_("The mails of this ticket are attached; answer from there.\n"), "forward", err);
}

/* Before anything is recorded: what goes along is then in the archive already, and can be saved
 * from there. */
static enum status draft_answer(const struct reply_context *context, struct work *w,
	const struct reply_text *text, struct error *err)
{
	reply_draft_release(&w->answer);
	return reply_draft(context, &w->ticket, text, &w->answer, err);
}

static enum status keep_answer(struct work *w)
{
	if (!w->files || !settings_archive(w->cli->settings))
		return ST_OK;
	return files_keep_mail(
		w->cli->settings, w->answer.mail, w->cli->actor.now, &w->archived, &w->cli->err);
}

/* Canonical. Owned. */
static char **write_recipients(const struct entry *answer)
{
	g_autofree char *first = mailbox_read_address(answer->to[0]);
	char **to = NULL;

	if (first)
		text_list_add(&to, first);
	for (char **p = answer->cc; p && *p; p++)
		text_list_add(&to, *p);
	return to;
}

/* Did a colleague answer while this was written? ST_REFUSED when it must not go then. */
static enum status write_find_crossed(const struct reply_context *context, struct work *w,
	const struct reply_text *text, struct error *err)
{
	int policy = context->settings->policy.crossed;
	g_auto(GStrv) to = write_recipients(&w->answer.entry);
	const struct crossed_query query = {
		.ticket = w->ticket.number,
		.after = w->seen,
		.actor = text->agent ? text->agent->login : context->actor.name,
		.agent = text->agent,
		.to = to,
	};
	g_autofree char *what = NULL;
	enum status st;

	crossed_release(&w->crossed);
	/* In one that it was merged into meanwhile, places are others. */
	if (policy == CROSSED_OFF || w->seen_of != w->ticket.number || !to)
		return ST_OK;
	st = crossed_find(context->txn, &query, &w->crossed, err);
	if (st != ST_OK || !w->crossed.when)
		return st;
	if (policy == CROSSED_TELL || cli_has(w->cli, "anyway"))
		return ST_OK;
	what = crossed_text(&w->crossed, NULL);
	return error_set(err, ST_REFUSED,
		_("%s while you were writing; nothing was sent, with --anyway it is"), what);
}

static enum status write_send_answer(const struct reply_context *context, struct work *w,
	const struct reply_text *text, struct error *err)
{
	enum status st = write_find_crossed(context, w, text, err);

	g_free(w->answer.entry.archive);
	w->answer.entry.archive = g_strdup(w->archived);
	if (st == ST_OK && w->crossed.when)
		st = crossed_tell(context, &w->ticket, &w->crossed, NULL, err);
	return st == ST_OK ? reply_send(context, &w->ticket, text->agent, &w->answer, err) : st;
}

static enum status write_it(const struct reply_context *context, struct work *w,
	const struct agent *agent, struct error *err)
{
	const struct reply_text text = {
		.agent = agent,
		.text = w->text,
		.canned = w->canned.body ? &w->canned : NULL,
		.all = cli_has(w->cli, "all"),
		.files = w->files,
	};

	switch (w->what) {
	case NOTE:
		return reply_note(context, &w->ticket, agent, w->text, err);
	case REPLY:
		return (w->drafting ? draft_answer : write_send_answer)(context, w, &text, err);
	case SEND:
		return write_forward(context, w, err);
	}
	return ST_BAD_INPUT;
}

static enum status write_work(struct txn *txn, void *arg, struct error *err)
{
	struct work *w = arg;
	const struct reply_context context = { txn, w->cli->settings, &w->cli->key, w->cli->actor };
	g_autofree char *login = cli_agent_login();
	struct agent agent = { 0 };
	enum status st = write_resolve(txn, w, err);
	bool is_agent = agents_find(txn, login, &agent, NULL) == ST_OK;

	if (st == ST_OK)
		st = write_it(&context, w, is_agent ? &agent : NULL, err);
	record_release(&agent_type, &agent);
	return st == ST_OK ? write_resolve(txn, w, err) : st;
}

/* --- what is shown to whoever types --- */

struct last_seen {
	uint64_t seq;
	char *text; /* what came in last */
};

static enum status note_last(struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct last_seen *last = arg;

	last->seq = e->seq;
	if (e->direction != DIRECTION_IN)
		return ST_OK;
	g_clear_pointer(&last->text, g_free);
	return tickets_text(txn, e->ticket, e->seq, &last->text, err);
}

static enum status write_look(struct txn *txn, void *arg, struct error *err)
{
	struct work *w = arg;
	struct last_seen last = { 0 };
	enum status st = write_resolve(txn, w, err);

	if (st == ST_OK)
		st = tickets_each_entry(txn, w->ticket.number, note_last, &last, err);
	w->seen = last.seq;
	w->seen_of = w->ticket.number;
	g_free(w->last_text);
	w->last_text = text_block_shown(text_or_none(last.text), -1, TEXT_MAX);
	g_free(last.text);
	return st;
}

static int write_tell_outcome(struct work *w)
{
	static const char *const done[] = {
		[NOTE] = N_("noted"), [REPLY] = N_("answered"), [SEND] = N_("sent to")
	};
	struct printer printer;

	if (!w->cli->json) {
		printf("#%" PRIu64 " %s%s%s\n", w->ticket.number, _(done[w->what]),
			w->to ? " " : "", text_or_none(w->to));
		return EXIT_DONE;
	}
	print_begin(&printer, w->cli, PRINT_TICKETS);
	print_ticket(&printer, &w->ticket);
	return print_end(&printer);
}

static void write_tell_crossed(const struct work *w)
{
	g_autofree char *what = crossed_text(&w->crossed, NULL);

	fprintf(stderr, _("%s, while you were writing; they are told\n"), what);
}

static enum status write_record(struct work *w)
{
	enum status st = ST_OK;

	w->drafting = w->what == REPLY;
	if (w->drafting)
		st = store_read(w->cli->store, write_work, w, &w->cli->err);
	w->drafting = false;
	if (st == ST_OK && w->what == REPLY)
		st = keep_answer(w);
	return st == ST_OK ? store_write(w->cli->store, write_work, w, &w->cli->err) : st;
}

static int write_text(struct work *w)
{
	enum status st = write_record(w);
	int code = cli_status(w->cli, st);

	/* The draft is read again, and perhaps sent then. */
	if (st == ST_REFUSED && w->crossed.when)
		code = EXIT_TRY_AGAIN;
	if (code != EXIT_DONE && w->draft)
		fprintf(stderr, _("What you wrote is kept in %s\n"), w->draft);
	else
		draft_remove(w->draft);
	if (code == EXIT_DONE && w->crossed.when)
		write_tell_crossed(w);
	return code == EXIT_DONE ? write_tell_outcome(w) : code;
}

static int read_files(struct work *w)
{
	return cli_status(w->cli, files_read(cli_given(w->cli, "attach"), &w->files, &w->cli->err));
}

/* That there is such a ticket is known before anybody types. */
static int run_with_text(struct cli *cli, struct work *w)
{
	g_autofree char *text = NULL;
	int code;

	w->cli = cli;
	if (text_parse_number(cli->args[0], &w->number) != ST_OK)
		return cli_usage(
			cli, _("'%s' is no ticket number; expected 1042 or #1042"), cli->args[0]);
	code = cli_status(cli, store_read(cli->store, write_look, w, &cli->err));
	if (code == EXIT_DONE && cli_has(cli, "attach"))
		code = read_files(w);
	if (code == EXIT_DONE && w->what != SEND)
		text = write_get_text(w, &code);
	w->text = text;
	if (code == EXIT_DONE)
		code = write_text(w);
	record_release(&ticket_type, &w->ticket);
	reply_draft_release(&w->answer);
	g_clear_pointer(&w->files, g_ptr_array_unref);
	crossed_release(&w->crossed);
	reply_canned_release(&w->canned);
	g_free(w->archived);
	g_free(w->last_text);
	g_free(w->draft);
	return code;
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
	return run_with_text(cli, &(struct work){ .what = SEND, .to = cli->args[1] });
}

const struct cli_command cmd_note = {
	.name = "note",
	.arguments = "NUMBER",
	.summary = N_("add an internal note"),
	.options = text_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = run_note,
};
const struct cli_command cmd_reply = {
	.name = "reply",
	.arguments = "NUMBER",
	.summary = N_("answer the requester"),
	.options = reply_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = run_reply,
};
const struct cli_command cmd_send = {
	.name = "send",
	.arguments = "NUMBER ADDRESS|AGENT",
	.summary = N_("send the ticket's mails to somebody who can answer from there"),
	.need = NEED_STORE_WRITE,
	.least = 2,
	.most = 2,
	.run = run_send,
};
