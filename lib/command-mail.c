/* Commands in mail. */
#include "command-mail.h"

#include <string.h>

#include "agents.h"
#include "limits.h"
#include "queues.h"
#include "text.h"

void transcript_init(struct transcript *transcript)
{
	memset(transcript, 0, sizeof *transcript);
	transcript->text = g_string_new(NULL);
}

void transcript_release(struct transcript *transcript)
{
	g_string_free(transcript->text, TRUE);
	memset(transcript, 0, sizeof *transcript);
}

struct run {
	struct txn *txn;
	const struct commander *by;
	struct transcript *transcript;
	unsigned count;
	struct error *err;
};

/* As much of a line as tells which it was. */
enum { ECHO_BYTES = 120 };

static void answer(struct run *run, const char *line, const char *result)
{
	g_autofree char *shown = text_line(line, ECHO_BYTES);

	g_string_append_printf(run->transcript->text, "> %s\n%s\n\n", shown, result);
}

/* --- verbs that only answer --- */

static void answer_help(struct run *run, const char *line)
{
	g_autoptr(GString) help = g_string_new("Commands:\n");

	for (int v = 0; v < VERB_COUNT; v++) {
		const struct verb_info *info = verb_info((enum verb)v);

		if (info->by_mail)
			g_string_append_printf(help, "  %-8s %-24s %s\n", info->name, info->arguments, info->help);
	}
	g_string_append(help, "In control mail the ticket's number follows the command: close 1042\n"
		"Reading stops at an empty line followed by text, at --, at quit, and at quoted text.");
	answer(run, line, help->str);
}

static void describe(GString *out, const struct ticket *t)
{
	g_autofree char *updated = text_rfc3339(t->updated);

	g_string_append_printf(out, "#%-8" G_GUINT64_FORMAT " %-8s %-7s %-12s %-10s %s  %s\n", t->number, ticket_status_names[t->status],
		priority_names[t->priority], t->queue, t->agent ? t->agent : "-", updated, t->subject);
}

/* Borrowed by each event's visit. */
static enum status describe_event(struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	g_autofree char *time = text_rfc3339(event->time);
	GString *out = arg;

	(void)txn;
	(void)err;
	g_string_append_printf(out, "  %s  %-20s %-9s %s%s%s\n", time, event->actor, event->kind, event->from ? event->from : "",
		event->from && event->to ? " → " : "", event->to ? event->to : "");
	return ST_OK;
}

static enum status answer_show(struct run *run, const char *line, uint64_t number)
{
	struct ticket t = { 0 };
	g_autoptr(GString) out = g_string_new(NULL);
	enum status st = tickets_resolve(run->txn, number, &t, run->err);

	if (st != ST_OK)
		return st == ST_NOT_FOUND ? error_set(run->err, st, "there is no ticket #%" G_GUINT64_FORMAT, number) : st;
	if (!commander_may(run->by, &t)) {
		st = error_set(run->err, ST_REFUSED, "ticket #%" G_GUINT64_FORMAT " is in queue '%s', which is not yours", t.number, t.queue);
	} else {
		describe(out, &t);
		g_string_append_printf(out, "requester: %s %s\n", t.requester_name ? t.requester_name : "", t.requester_address ? t.requester_address : "");
		st = history_each(run->txn, t.number, 0, describe_event, out, run->err);
		answer(run, line, out->str);
	}
	record_release(&ticket_type, &t);
	return st;
}

struct listing {
	const struct commander *by;
	GString *out;
	unsigned count;
};

static enum status list_one(struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	struct listing *l = arg;

	(void)txn;
	(void)err;
	if (commander_may(l->by, ticket)) {
		describe(l->out, ticket);
		l->count++;
	}
	return l->count < LIMIT_COMMANDS ? ST_OK : ST_NOT_FOUND;
}

static enum status check_queue(struct run *run, const char *name)
{
	struct queue queue = { 0 };
	enum status st = queues_load(run->txn, name, &queue, run->err);

	record_release(&queue_type, &queue);
	if (st == ST_NOT_FOUND)
		return error_set(run->err, st, "there is no queue '%s'", name);
	if (st == ST_OK && !agent_in_queue(run->by->agent, name))
		return error_set(run->err, ST_REFUSED, "queue '%s' is not yours", name);
	return st;
}

/* FILTER is me, a status or a queue. */
static enum status answer_list(struct run *run, const char *line, const char *word)
{
	struct listing l = { run->by, NULL, 0 };
	struct ticket_filter filter = { .priority = -1 };
	int status = word ? names_find(ticket_status_names, word) : -1;
	enum status st = ST_OK;

	if (word && g_ascii_strcasecmp(word, "me") == 0)
		filter.agent = run->by->agent->login;
	else if (status >= 0)
		filter.statuses = 1U << status;
	else if (word)
		st = check_queue(run, filter.queue = word);
	if (st != ST_OK)
		return st;
	l.out = g_string_new(NULL);
	st = tickets_list(run->txn, &filter, list_one, &l, run->err);
	if (st == ST_OK)
		answer(run, line, l.count ? l.out->str : "no tickets");
	g_string_free(l.out, TRUE);
	return st;
}

/* --- running one --- */

static bool is_failure(enum status st)
{
	return st == ST_FULL || st == ST_BUSY || st == ST_IO;
}

static enum status change(struct run *run, const char *line, uint64_t number, const struct command *command)
{
	g_autofree char *done = NULL;
	enum status st = command_apply(run->txn, run->by, number, command, &done, run->err);

	if (st == ST_OK)
		answer(run, line, done);
	return st;
}

static enum status dispatch(struct run *run, const char *line, uint64_t number, const struct command *command)
{
	if (command->verb == VERB_HELP) {
		answer_help(run, line);
		return ST_OK;
	}
	if (command->verb == VERB_LIST)
		return answer_list(run, line, command->text);
	if (number == 0)
		return error_set(run->err, ST_BAD_INPUT, "which ticket? Say its number: %s 1042", verb_info(command->verb)->name);
	if (command->verb == VERB_SHOW)
		return answer_show(run, line, number);
	return change(run, line, number, command);
}

/* What a person got wrong is answered; only a failing store undoes the whole. */
static enum status settle(struct run *run, const char *line, enum status st)
{
	if (is_failure(st))
		return st;
	if (st == ST_OK) {
		run->transcript->done++;
		return ST_OK;
	}
	run->transcript->refused++;
	answer(run, line, run->err->text);
	return ST_OK;
}

static bool by_mail(const struct command *command)
{
	return verb_info(command->verb)->by_mail;
}

/* text: the command; line: what is echoed. */
static enum status run_line(struct run *run, const char *line, const char *text, uint64_t number)
{
	struct command command = { 0 };
	enum status st = command_parse_line(text, run->by->actor.now, &command, run->err);

	if (st == ST_OK && !by_mail(&command))
		st = error_set(run->err, ST_REFUSED, "%s cannot be done by mail", verb_info(command.verb)->name);
	if (st == ST_OK)
		st = dispatch(run, line, number, &command);
	command_release(&command);
	return settle(run, line, st);
}

/* --- reading --- */

static char *first_word(const char *line)
{
	return g_strndup(line, strcspn(line, " \t"));
}

static bool is_verb(const char *line)
{
	g_autofree char *word = first_word(line);
	int verb = verb_find(word);

	return verb >= 0 && verb_info((enum verb)verb)->by_mail;
}

/* Not only a verb in front: "Close to a solution" is text. */
static bool is_command(const char *line, int64_t now)
{
	struct command command = { 0 };
	struct error err;
	bool is = is_verb(line) && command_parse_line(line, now, &command, &err) == ST_OK;

	command_release(&command);
	return is;
}

/* Is it a command but for its first word? "clsoe", not "Thanks". */
static bool is_mistyped(const char *line, int64_t now)
{
	g_autofree char *word = first_word(line), *meant = NULL;
	int verb = is_verb(line) ? -1 : verb_nearest(word, true);

	meant = verb < 0 ? NULL : g_strconcat(verb_info((enum verb)verb)->name, line + strlen(word), NULL);
	return meant && is_command(meant, now);
}

static bool ends_commands(const char *line)
{
	return line[0] == '>' || strncmp(line, "--", 2) == 0 || g_ascii_strcasecmp(line, "quit") == 0;
}

/* Where text begins instead of commands. `blank`: an empty line is before it. "!" says that a command is meant. */
typedef bool text_fn(const struct run *run, const char *line, bool blank);

static bool is_text_of_note(const struct run *run, const char *line, bool blank)
{
	int64_t now = run->by->actor.now;

	if (is_command(line, now))
		return false;
	if (run->count == 0)
		return !is_verb(line) && !is_mistyped(line, now);
	return blank;
}

static bool is_text_of_control(const struct run *run, const char *line, bool blank)
{
	return run->count > 0 && blank && !is_verb(line);
}

typedef enum status line_fn(struct run *run, const char *line, void *arg);

/* Command lines from the top: up to --, quit, quoted text, or an empty line after which there is text. */
static enum status each_line(struct run *run, const char *text, text_fn *is_text, line_fn *fn, void *arg)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", LIMIT_COMMANDS * 4);
	bool blank = false;

	for (char **p = lines; *p; p++) {
		char *line = g_strstrip(*p);
		bool bang = *line == '!';
		enum status st;

		if (!*line) {
			blank = true;
			continue;
		}
		line += bang;
		if (ends_commands(line) || (!bang && is_text(run, line, blank)))
			return ST_OK;
		blank = false;
		if (run->count++ >= LIMIT_COMMANDS) {
			answer(run, line, "too many commands in one mail; this and what follows was not read");
			return ST_OK;
		}
		st = fn(run, line, arg);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status note_line(struct run *run, const char *line, void *arg)
{
	return run_line(run, line, line, *(const uint64_t *)arg);
}

enum status command_mail_note(struct txn *txn, const struct commander *commander, uint64_t ticket, const char *text,
	struct transcript *transcript, struct error *err)
{
	struct run run = { txn, commander, transcript, 0, err };

	return each_line(&run, text, is_text_of_note, note_line, &ticket);
}

/* --- control mail: the number is the last word, or the first after the verb --- */

static char *join(char **words)
{
	return g_strjoinv(" ", words);
}

static uint64_t take_word(char **words, size_t i)
{
	uint64_t number;

	if (text_parse_number(words[i], &number) != ST_OK)
		return 0;
	g_free(words[i]);
	memmove(&words[i], &words[i + 1], (g_strv_length(words + i + 1) + 1) * sizeof *words);
	return number;
}

/* A title may end in a number, and merge and link have two: there the ticket comes first. */
static bool number_first(const char *verb)
{
	return g_ascii_strcasecmp(verb, "title") == 0 || g_ascii_strcasecmp(verb, "merge") == 0 || g_ascii_strcasecmp(verb, "link") == 0;
}

static enum status control_line(struct run *run, const char *line, void *arg)
{
	g_autofree char *clean = text_line(line, LIMIT_COMMAND_BYTES), *rest = NULL;
	g_auto(GStrv) words = g_strsplit(clean, " ", -1);
	size_t n = g_strv_length(words);
	uint64_t number = 0;

	(void)arg;
	if (n > 1 && !number_first(words[0]))
		number = take_word(words, n - 1);
	if (n > 1 && number == 0)
		number = take_word(words, 1);
	rest = join(words);
	return run_line(run, line, rest, number);
}

enum status command_mail_control(struct txn *txn, const struct commander *commander, const char *text,
	struct transcript *transcript, struct error *err)
{
	struct run run = { txn, commander, transcript, 0, err };
	enum status st = text ? each_line(&run, text, is_text_of_control, control_line, NULL) : ST_OK;

	if (st == ST_OK && run.count == 0)
		answer_help(&run, text ? "(no command)" : "(no text/plain part, and commands are read from nothing else)");
	return st;
}

enum status command_mail_words(struct txn *txn, const struct commander *commander, uint64_t ticket, char *const *commands,
	struct transcript *transcript, struct error *err)
{
	struct run run = { txn, commander, transcript, 0, err };
	enum status st = ST_OK;

	for (char *const *p = commands; *p && st == ST_OK && run.count++ < LIMIT_COMMANDS; p++)
		st = run_line(&run, *p, *p, ticket);
	return st;
}
