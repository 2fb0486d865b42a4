/* Commands in mail. */
#include "act/command-mail.h"

#include <string.h>

#include "act/command-find.h"
#include "act/mailbox-hold.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"

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

/* How a line of this kind of mail is read: its command, and the number of its ticket. */
struct run;
typedef enum status parse_fn(
	struct run *run, const char *line, struct command *command_out, uint64_t *number_out);

struct run {
	struct txn *txn;
	const struct commander *by;
	const struct command_mail *mail;
	struct transcript *transcript;
	struct error *err;
	parse_fn *parse;
	bool control;
	unsigned count; /* lines read */
};

static struct run run_of(struct txn *txn, const struct command_mail *mail, struct error *err)
{
	return (struct run){
		.txn = txn,
		.by = mail->commander,
		.mail = mail,
		.transcript = mail->transcript,
		.err = err,
	};
}

/* As much of a line as tells which it was. */
enum { ECHO_BYTES = 120 };
/* A line with a verb and more words than these and no sense as a command was not meant as one. */
enum { ARGUMENTS_MEANT = 2 };

/* Its length without the line ends after it. */
static size_t transcript_length(const char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == '\n')
		len--;
	return len;
}

void transcript_add(struct transcript *transcript, const char *line, const char *result)
{
	g_autofree char *shown = text_line_shown(line, ECHO_BYTES);

	g_string_append_printf(transcript->text, "> %s\n", shown);
	g_string_append_len(transcript->text, result, (gssize)transcript_length(result));
	g_string_append(transcript->text, "\n\n");
}

static void mail_answer(struct run *run, const char *line, const char *result)
{
	transcript_add(run->transcript, line, result);
}

/* --- verbs that only answer --- */

static void answer_help(struct run *run, const char *line)
{
	g_autoptr(GString) help = g_string_new(_("Commands:\n"));

	for (int v = 0; v < VERB_COUNT; v++) {
		const struct verb_info *info = verb_info((enum verb)v);

		if (info->by_mail)
			g_string_append_printf(help, "  %-8s %-24s %s\n", info->name,
				info->arguments, _(info->help));
	}
	g_string_append(help,
		_("In control mail the ticket's number follows the command: close 1042\n"
		  "Reading stops at the first line that is no command, at --, quit and quoted text."));
	mail_answer(run, line, help->str);
}

/* Gives what a function of command-find.h found. */
static enum status answer_found(struct run *run, const char *line, enum status st, char *found)
{
	if (st == ST_OK)
		mail_answer(run, line, found);
	g_free(found);
	return st;
}

static enum status answer_show(struct run *run, const char *line, uint64_t number)
{
	char *found = NULL;
	enum status st = find_show(run->txn, run->by, number, &found, run->err);

	return answer_found(run, line, st, found);
}

static enum status answer_list(struct run *run, const char *line, const char *filter)
{
	char *found = NULL;
	enum status st = find_list(run->txn, run->by, filter, &found, run->err);

	return answer_found(run, line, st, found);
}

static enum status answer_search(struct run *run, const char *line, const char *query)
{
	char *found = NULL;
	enum status st = find_search(run->txn, run->by, query, &found, run->err);

	return answer_found(run, line, st, found);
}

static enum status answer_confirm(struct run *run, const char *line, const char *code)
{
	g_autoptr(GString) said = g_string_new(NULL);
	enum status st = mailbox_confirm(run->txn, run->by, code, said, run->err);

	if (st == ST_OK)
		mail_answer(run, line, said->str);
	return st;
}

/* --- running one --- */

static bool is_failure(enum status st)
{
	return st == ST_FULL || st == ST_BUSY || st == ST_IO;
}

static enum status mail_change(
	struct run *run, const char *line, uint64_t number, const struct command *command)
{
	g_autofree char *done = NULL;
	enum status st = command_apply(run->txn, run->by, number, command, &done, run->err);

	if (st == ST_OK)
		mail_answer(run, line, done);
	return st;
}

static enum status mail_dispatch(
	struct run *run, const char *line, uint64_t number, const struct command *command)
{
	if (command->verb == VERB_HELP) {
		answer_help(run, line);
		return ST_OK;
	}
	if (command->verb == VERB_LIST)
		return answer_list(run, line, command->text);
	if (command->verb == VERB_SEARCH)
		return answer_search(run, line, command->text);
	if (command->verb == VERB_CONFIRM)
		return answer_confirm(run, line, command->text);
	if (number == 0 && !verb_info(command->verb)->alone)
		return error_set(run->err, ST_BAD_INPUT, _("which ticket? Say its number: %s 1042"),
			verb_info(command->verb)->name);
	if (command->verb == VERB_SHOW)
		return answer_show(run, line, number);
	return mail_change(run, line, number, command);
}

/* What a person got wrong is answered; only a failing store undoes the whole. */
static enum status mail_settle(struct run *run, const char *line, enum status st)
{
	if (is_failure(st))
		return st;
	if (st == ST_OK) {
		run->transcript->done++;
		return ST_OK;
	}
	run->transcript->refused++;
	mail_answer(run, line, run->err->text);
	return ST_OK;
}

static enum status mail_parse(
	struct run *run, const char *line, struct command *command_out, uint64_t *number_out)
{
	struct command command = { 0 };
	enum status st = run->parse(run, line, &command, number_out);

	if (st == ST_OK && !verb_info(command.verb)->by_mail) {
		st = error_set(run->err, ST_REFUSED, _("%s cannot be done by mail"),
			verb_info(command.verb)->name);
		command_release(&command);
	}
	if (st == ST_OK)
		*command_out = command;
	return st;
}

/* --- reading a line --- */

static char *first_word(const char *line)
{
	return g_strndup(line, strcspn(line, " \t"));
}

/* Said in a note without "!", where it is a word like others. */
static bool is_unmarked(const char *line, const char *whole)
{
	g_autofree char *word = first_word(line);
	int verb = verb_find(word);

	return line == whole && verb >= 0 && verb_info((enum verb)verb)->marked;
}

static enum status parse_note(
	struct run *run, const char *line, struct command *command_out, uint64_t *number_out)
{
	*number_out = run->mail->ticket;
	return command_parse_line(line, run->by->actor.now, command_out, run->err);
}

static uint64_t mail_take_word(char **words, size_t i)
{
	uint64_t number;

	if (text_parse_number(words[i], &number) != ST_OK)
		return 0;
	g_free(words[i]);
	memmove(&words[i], &words[i + 1], (g_strv_length(words + i + 1) + 1) * sizeof *words);
	return number;
}

/* A title may end in a number, and merge and link have two: there the ticket only comes first. */
static bool number_first(const char *word)
{
	int verb = verb_find(word);

	return verb >= 0 && verb_info((enum verb)verb)->number_first;
}

static bool mail_is_alone(const char *word)
{
	int verb = verb_find(word);

	return verb >= 0 && verb_info((enum verb)verb)->alone;
}

/* The number is the first word after the verb, or the last: "project 1 2026" is of ticket 1. */
static enum status parse_control(
	struct run *run, const char *line, struct command *command_out, uint64_t *number_out)
{
	g_autofree char *clean = text_line(line, LIMIT_COMMAND_BYTES), *rest = NULL;
	g_auto(GStrv) words = g_strsplit(clean, " ", -1);
	size_t n = g_strv_length(words);

	*number_out = 0;
	if (n > 1 && !mail_is_alone(words[0]))
		*number_out = mail_take_word(words, 1);
	if (n > 1 && !mail_is_alone(words[0]) && *number_out == 0 && !number_first(words[0]))
		*number_out = mail_take_word(words, n - 1);
	rest = g_strjoinv(" ", words);
	return command_parse_line(strlen(line) > LIMIT_COMMAND_BYTES ? line : rest,
		run->by->actor.now, command_out, run->err);
}

/* --- what a line is that is none --- */

static bool mail_parses(struct run *run, const char *line)
{
	struct command command = { 0 };
	struct error err;
	bool is = command_parse_line(line, run->by->actor.now, &command, &err) == ST_OK;

	command_release(&command);
	return is;
}

/* Is it a command but for its first word? "clsoe", not "Thanks". */
static bool is_mistyped(struct run *run, const char *line, const char *word)
{
	int verb = verb_nearest(word);
	g_autofree char *meant = NULL;

	if (verb >= 0)
		meant = g_strconcat(verb_info((enum verb)verb)->name, line + strlen(word), NULL);
	return meant && mail_parses(run, meant);
}

/* Nearly a command: "clsoe", "priority hgih", "wait 3 days"; not "Take care", "Close the door." */
static bool is_nearly(struct run *run, const char *line)
{
	g_autofree char *clean = text_line(line, LIMIT_COMMAND_BYTES), *word = first_word(clean);
	int verb = verb_find(word);
	unsigned blanks = 0;

	if (verb < 0)
		return is_mistyped(run, clean, word);
	if (!verb_info((enum verb)verb)->by_mail)
		return !verb_info((enum verb)verb)->by_time && mail_parses(run, clean);
	for (const char *p = clean; *p; p++)
		blanks += *p == ' ';
	return *verb_info((enum verb)verb)->arguments && blanks <= ARGUMENTS_MEANT;
}

/* Where a signature or a quotation begins, or what an agent says to end it. */
static bool ends_commands(const char *line)
{
	return line[0] == '>' || strncmp(line, "--", 2) == 0 ||
		g_ascii_strcasecmp(line, "quit") == 0;
}

/* What clients put over what they quote or forward, in whatever language: "____", "From: …",
 * "On … wrote:". */
static bool is_seam(const char *line)
{
	return strncmp(line, "__", 2) == 0 || strncmp(line, "==", 2) == 0 ||
		g_str_has_suffix(line, ":") || foreign_past_label(line);
}

/* --- reading on --- */

enum reading {
	READ_ON,
	READ_TOLD, /* stopped; what follows and was meant as a command is told */
	READ_NO_MORE,
};

/* Why it is not the commander's own; NULL. */
static const char *whose_else(const struct run *run, const char *whole)
{
	const struct foreign *foreign = run->mail->foreign;

	if (foreign->text_doubt)
		return _(foreign->text_doubt);
	return foreign_has_line(foreign, whole) ? _("a mail that came in has the same line") : NULL;
}

static enum reading refuse_line(struct run *run, const char *line, const char *why)
{
	run->transcript->refused++;
	mail_answer(run, line, why);
	return READ_TOLD;
}

static enum reading disown_line(struct run *run, const char *line, const char *why)
{
	g_autofree char *result = g_strdup_printf(
		_("not run: %s, so it may not be your own. "
		  "Say it in the Subject, or to the control address."),
		why);

	return refuse_line(run, line, result);
}

static bool is_text(const struct run *run, const char *line, const char *whole)
{
	return !run->control && is_unmarked(line, whole);
}

/* whole: the line with its "!", if it has one. */
static enum reading read_no_command(
	struct run *run, const char *whole, const char *line, bool blank)
{
	bool meant = (whole != line && *line && !g_ascii_isspace(*line)) ||
		(!is_text(run, line, whole) && is_nearly(run, line));

	if (!meant && run->count > 1 && (blank || is_seam(line)))
		return READ_NO_MORE;
	if (meant || run->control || (run->count > 1 && !strpbrk(line, " \t")))
		return refuse_line(run, line, run->err->text);
	if (run->count == 1)
		return READ_NO_MORE;
	return refuse_line(run, line, _("no command: from here on it is text"));
}

/* text: line and its command; failures of the store alone are returned. */
static enum status mail_read_line(
	struct run *run, const char *whole, bool blank, enum reading *reading_out)
{
	const char *line = whole + (*whole == '!'), *why;
	struct command command = { 0 };
	uint64_t number;
	enum status st;

	if (is_text(run, line, whole)) {
		error_set(run->err, ST_BAD_INPUT, _("no command without '!' before it"));
		*reading_out = read_no_command(run, whole, line, blank);
		return ST_OK;
	}
	st = mail_parse(run, line, &command, &number);
	if (st != ST_OK) {
		*reading_out = read_no_command(run, whole, line, blank);
		return ST_OK;
	}
	why = whose_else(run, whole);
	*reading_out = why ? disown_line(run, line, why) : READ_ON;
	if (!why)
		st = mail_settle(run, line, mail_dispatch(run, line, number, &command));
	command_release(&command);
	return st;
}

/* The commander believes that it was run. */
static void tell_unread(struct run *run, const char *whole)
{
	const char *line = whole + (*whole == '!');
	struct command command = { 0 };
	uint64_t number;

	if (is_text(run, line, whole) || mail_parse(run, line, &command, &number) != ST_OK)
		return;
	command_release(&command);
	refuse_line(run, line, _("not run: it stands below a line that was not"));
}

static enum status next_line(struct run *run, const char *line, bool blank, enum reading *reading)
{
	if (ends_commands(line)) {
		*reading = READ_NO_MORE;
		return ST_OK;
	}
	if (run->count++ >= LIMIT_COMMANDS) {
		mail_answer(run, line,
			_("too many commands in one mail; this and what follows was not read"));
		*reading = READ_NO_MORE;
		return ST_OK;
	}
	if (*reading == READ_ON)
		return mail_read_line(run, line, blank, reading);
	tell_unread(run, line);
	return ST_OK;
}

static enum status each_line(struct run *run, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", LIMIT_COMMANDS * 4);
	enum reading reading = READ_ON;
	enum status st = ST_OK;
	bool blank = false;

	for (char **p = lines; *p && st == ST_OK && reading != READ_NO_MORE; p++) {
		const char *line = g_strstrip(*p);

		if (*line)
			st = next_line(run, line, blank, &reading);
		else if (reading == READ_TOLD)
			return ST_OK;
		blank = !*line;
	}
	return st;
}

enum status command_mail_note(
	struct txn *txn, const struct command_mail *mail, const char *text, struct error *err)
{
	struct run run = run_of(txn, mail, err);

	run.parse = parse_note;
	return each_line(&run, text);
}

enum status command_mail_control(
	struct txn *txn, const struct command_mail *mail, const char *text, struct error *err)
{
	struct run run = run_of(txn, mail, err);
	enum status st;

	run.parse = parse_control;
	run.control = true;
	st = text ? each_line(&run, text) : ST_OK;
	if (st == ST_OK && run.count == 0)
		answer_help(&run,
			text ? _("(no command)")
			     : _("(no text, and commands are read from nothing else)"));
	return st;
}

enum status command_mail_words(
	struct txn *txn, const struct command_mail *mail, char *const *commands, struct error *err)
{
	struct run run = run_of(txn, mail, err);
	enum status st = ST_OK;

	run.parse = parse_note;
	for (char *const *p = commands; *p && st == ST_OK && run.count++ < LIMIT_COMMANDS; p++) {
		struct command command = { 0 };
		uint64_t number;

		st = mail_parse(&run, *p, &command, &number);
		st = mail_settle(
			&run, *p, st == ST_OK ? mail_dispatch(&run, *p, number, &command) : st);
		command_release(&command);
	}
	return st;
}

bool command_mail_begins(const char *text)
{
	const char *line = text + strspn(text, " \t\r\n");
	g_autofree char *first = g_strndup(line, strcspn(line, "\n"));

	return verb_leads(first);
}
