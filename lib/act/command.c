/* Words and lines to commands. */
#include "act/change.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"

static parse_fn *const parsers[VERB_COUNT] = {
#define VERB(id, parse, apply, ...) [VERB_##id] = parse_##parse,
#include "model/verbs.def"
#undef VERB
};

static enum status command_unknown(const char *word, struct error *err)
{
	g_autofree char *shown = text_line(word, LIMIT_NAME_BYTES);
	int nearest = verb_nearest(word);

	if (nearest >= 0)
		return error_set(err, ST_BAD_INPUT, _("unknown command '%s'; did you mean '%s'?"),
			shown, verb_info((enum verb)nearest)->name);
	return error_set(err, ST_BAD_INPUT, _("unknown command '%s'; 'help' lists them"), shown);
}

enum status command_parse(
	const char *const *words, int64_t now, struct command *command_out, struct error *err)
{
	g_auto(GStrv) copy = g_strdupv((char **)words);
	int verb = copy[0] ? verb_find(copy[0]) : -1;
	struct command command = { .verb = (enum verb)verb };
	struct parsing parsing = { .args = copy + 1, .now = now, .command = &command, .err = err };
	enum status st;

	if (verb < 0)
		return command_unknown(copy[0] ? copy[0] : "", err);
	parsing.n = g_strv_length(parsing.args);
	st = parsers[verb](&parsing);
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

/* The word within the quotes, or with them where they say something. In a query of a shell those in
 * single ones go. */
static char *command_quoted(const char *quote, const char *end, bool keep)
{
	char *word = g_strndup(quote + 1, (gsize)(end - quote - 1));

	if (!keep || (*quote == '\'' && (strpbrk(word, ":()@\"") || !strchr(word, ' '))))
		return word;
	g_free(word);
	return g_strdup_printf("\"%.*s\"", (int)(end - quote - 1), quote + 1);
}

/* Not a shell's splitting, to which "#1042" is a remark. keep: quotes are the verb's. */
static char **command_split(const char *line, bool keep)
{
	GPtrArray *words = g_ptr_array_new();

	for (const char *p = line; *(p += strspn(p, " "));) {
		const char *quote = quoted_end(p), *end = quote ? quote : p + strcspn(p, " ");

		g_ptr_array_add(words,
			quote ? command_quoted(p, end, keep) : g_strndup(p, (gsize)(end - p)));
		p = end + (quote != NULL);
	}
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

static bool command_takes_query(const char *line)
{
	g_autofree char *word = g_strndup(line, strcspn(line, " "));
	int verb = verb_find(word);

	return verb >= 0 && (parsers[verb] == parse_query || parsers[verb] == parse_filter);
}

enum status command_parse_line(
	const char *line, int64_t now, struct command *command_out, struct error *err)
{
	g_autofree char *clean = text_line(line, LIMIT_COMMAND_BYTES);
	g_auto(GStrv) words = command_split(clean, command_takes_query(clean));

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
