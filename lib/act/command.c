/* Verbs: their grammar. What they do to a ticket is in command-apply.c. */
#include "act/command.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"

typedef enum status parse_fn(
	char **args, size_t n, int64_t now, struct command *command, struct error *err);

static enum status command_expected(
	struct error *err, const struct command *command, const char *word)
{
	const struct verb_info *info = verb_info(command->verb);

	if (word)
		return error_set(err, ST_BAD_INPUT, _("%s: '%s' is not %s"), info->name, word,
			info->arguments);
	return error_set(err, ST_BAD_INPUT, _("%s: expected %s"), info->name,
		*info->arguments ? info->arguments : "no argument");
}

static enum status parse_none(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	(void)args;
	(void)now;
	return n == 0 ? ST_OK : command_expected(err, command, NULL);
}

/* One word, taken as it is: whether there is such an agent, queue or project is seen when it is
 * applied. */
static enum status parse_word(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	(void)now;
	if (n != 1)
		return command_expected(err, command, NULL);
	command->text = text_line(args[0], LIMIT_NAME_BYTES);
	return *command->text ? ST_OK : command_expected(err, command, NULL);
}

/* A word, or nothing at all. */
static enum status parse_maybe(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	return n == 0 ? ST_OK : parse_word(args, n, now, command, err);
}

/* A project may be taken away: "" or "-". */
static enum status parse_project(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	(void)now;
	if (n != 1)
		return command_expected(err, command, NULL);
	command->text = strcmp(args[0], "-") == 0 ? g_strdup("")
						  : text_line(args[0], LIMIT_NAME_BYTES);
	return ST_OK;
}

static enum status parse_name_of(
	char **args, size_t n, const char *const *names, struct command *command, struct error *err)
{
	g_autofree char *lower = n ? g_ascii_strdown(args[0], -1) : NULL;

	if (n != 1)
		return command_expected(err, command, NULL);
	command->value = names_find(names, lower);
	return command->value >= 0 ? ST_OK : command_expected(err, command, args[0]);
}

static enum status parse_status(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	(void)now;
	return parse_name_of(args, n, ticket_status_names, command, err);
}

static enum status parse_priority(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	(void)now;
	return parse_name_of(args, n, priority_names, command, err);
}

static enum status parse_wait(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	if (n != 1)
		return command_expected(err, command, NULL);
	if (text_parse_when(args[0], now, 1, &command->when) != ST_OK)
		return command_expected(err, command, args[0]);
	if (command->when <= now)
		return error_set(err, ST_BAD_INPUT, _("wait: '%s' is not in the future"), args[0]);
	return ST_OK;
}

static enum status parse_number(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	(void)now;
	if (n != 1)
		return command_expected(err, command, NULL);
	return text_parse_number(args[0], &command->number) == ST_OK
		? ST_OK
		: command_expected(err, command, args[0]);
}

static enum status parse_seqs(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	(void)now;
	for (size_t i = 0; i < n; i++) {
		uint64_t seq;

		if (text_parse_number(args[i], &seq) != ST_OK)
			return command_expected(err, command, args[i]);
		numbers_add(&command->seqs, seq);
	}
	return n > 0 ? ST_OK : command_expected(err, command, NULL);
}

static enum status parse_title(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	g_autofree char *joined = NULL;

	(void)now;
	if (n == 0)
		return command_expected(err, command, NULL);
	joined = g_strjoinv(" ", args);
	command->text = text_line(joined, LIMIT_TITLE_BYTES);
	return *command->text ? ST_OK : command_expected(err, command, NULL);
}

static bool tag_valid(const char *tag)
{
	size_t len = strlen(tag);

	return len > 0 && len <= 64 && g_utf8_validate(tag, -1, NULL) && !strpbrk(tag, " ,\t\r\n");
}

static enum status parse_tags(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	g_autoptr(GPtrArray) add = g_ptr_array_new();
	g_autoptr(GPtrArray) remove = g_ptr_array_new();

	(void)now;
	if (n == 0 || n > LIMIT_TAGS)
		return command_expected(err, command, NULL);
	for (size_t i = 0; i < n; i++) {
		bool minus = args[i][0] == '-';
		char *name = args[i] + (minus || args[i][0] == '+');

		if (!tag_valid(name))
			return command_expected(err, command, args[i]);
		g_ptr_array_add(minus ? remove : add, name);
	}
	g_ptr_array_add(add, NULL);
	g_ptr_array_add(remove, NULL);
	command->add = g_strdupv((char **)add->pdata);
	command->remove = g_strdupv((char **)remove->pdata);
	return ST_OK;
}

/* A name as people write it, in quotes where mail wants them. Owned; NULL: none. */
static char *command_person(const char *name)
{
	g_autofree char *bare = g_strdelimit(g_strdup(name ? name : ""), "\"", ' ');

	return *g_strstrip(bare) ? text_line(bare, LIMIT_NAME_BYTES) : NULL;
}

/* "carla@example.net", "Carla Kern <carla@example.net>". */
static enum status parse_requester(
	char **args, size_t n, int64_t now, struct command *command, struct error *err)
{
	g_autofree char *joined = g_strjoinv(" ", args);
	struct mailbox box = { .address = NULL };

	(void)now;
	if (n == 0)
		return command_expected(err, command, NULL);
	if (!mailbox_read(g_strchomp(joined), &box))
		return error_set(
			err, ST_BAD_INPUT, _("requester: '%s' is no mail address"), joined);
	command->text = g_steal_pointer(&box.address);
	command->name = command_person(box.name);
	mailbox_release(&box);
	return ST_OK;
}

static parse_fn *const parsers[VERB_COUNT] = {
	[VERB_TAKE] = parse_none,
	[VERB_STEAL] = parse_none,
	[VERB_RELEASE] = parse_none,
	[VERB_ASSIGN] = parse_word,
	[VERB_STATUS] = parse_status,
	[VERB_CLOSE] = parse_none,
	[VERB_REOPEN] = parse_none,
	[VERB_WAIT] = parse_wait,
	[VERB_QUEUE] = parse_word,
	[VERB_PROJECT] = parse_project,
	[VERB_PRIORITY] = parse_priority,
	[VERB_TAG] = parse_tags,
	[VERB_MERGE] = parse_number,
	[VERB_SPLIT] = parse_seqs,
	[VERB_LINK] = parse_number,
	[VERB_SPAM] = parse_none,
	[VERB_TITLE] = parse_title,
	[VERB_REQUESTER] = parse_requester,
	[VERB_WATCH] = parse_maybe,
	[VERB_UNWATCH] = parse_maybe,
	[VERB_SHOW] = parse_none,
	[VERB_LIST] = parse_maybe,
	[VERB_HELP] = parse_none,
};

static enum status command_unknown(const char *word, struct error *err)
{
	g_autofree char *shown = text_line(word, LIMIT_NAME_BYTES);
	int nearest = verb_nearest(word, true);

	if (nearest >= 0)
		return error_set(err, ST_BAD_INPUT, _("unknown command '%s'; did you mean '%s'?"),
			shown, verb_info((enum verb)nearest)->name);
	return error_set(err, ST_BAD_INPUT, _("unknown command '%s'; 'help' lists them"), shown);
}

enum status command_parse(
	const char *const *words, int64_t now, struct command *command_out, struct error *err)
{
	g_auto(GStrv) copy = g_strdupv((char **)words);
	struct command command = { 0 };
	int verb = copy[0] ? verb_find(copy[0]) : -1;
	enum status st;

	if (verb < 0)
		return command_unknown(copy[0] ? copy[0] : "", err);
	command.verb = (enum verb)verb;
	st = parsers[verb](copy + 1, g_strv_length(copy) - 1, now, &command, err);
	if (st == ST_OK)
		*command_out = command;
	else
		command_release(&command);
	return st;
}

/* The end of a word in quotes at p, or NULL: quotes that do not begin and end a word are the
 * writer's apostrophes. */
static const char *quoted_end(const char *p)
{
	const char *end = *p == '"' || *p == '\'' ? strchr(p + 1, *p) : NULL;

	return end && (end[1] == ' ' || end[1] == '\0') ? end : NULL;
}

/* Not a shell's splitting, to which "#1042" is a remark. */
static char **command_split(const char *line)
{
	GPtrArray *words = g_ptr_array_new();

	for (const char *p = line; *(p += strspn(p, " "));) {
		const char *quote = quoted_end(p), *begin = quote ? p + 1 : p,
			   *end = quote ? quote : p + strcspn(p, " ");

		g_ptr_array_add(words, g_strndup(begin, (gsize)(end - begin)));
		p = end + (quote != NULL);
	}
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

enum status command_parse_line(
	const char *line, int64_t now, struct command *command_out, struct error *err)
{
	g_autofree char *clean = text_line(line, LIMIT_COMMAND_BYTES);
	g_auto(GStrv) words = command_split(clean);

	if (strlen(line) > LIMIT_COMMAND_BYTES)
		return error_set(err, ST_BAD_INPUT, _("a command line may have %d bytes"),
			LIMIT_COMMAND_BYTES);
	return command_parse((const char *const *)words, now, command_out, err);
}

void command_release(struct command *command)
{
	g_free(command->text);
	g_free(command->name);
	g_strfreev(command->add);
	g_strfreev(command->remove);
	g_free(command->seqs.v);
	memset(command, 0, sizeof *command);
}
