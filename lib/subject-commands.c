/* Commands in a Subject: words that begin with "!". */
#include <string.h>

#include "limits.h"
#include "subject-words.h"
#include "subject.h"

enum arguments { NONE, ONE_WORD, SIGNED_WORDS, REST };

static const struct {
	const char *name;
	enum arguments arguments;
} known[] = {
	{ "take", NONE }, { "release", NONE }, { "assign", ONE_WORD }, { "status", ONE_WORD }, { "close", NONE }, { "reopen", NONE },
	{ "wait", ONE_WORD }, { "queue", ONE_WORD }, { "project", ONE_WORD }, { "priority", ONE_WORD }, { "tag", SIGNED_WORDS },
	{ "merge", ONE_WORD }, { "link", ONE_WORD }, { "spam", NONE }, { "title", REST }, { "show", NONE }, { "list", NONE }, { "help", NONE },
};

static size_t blanks(const char *p)
{
	return strspn(p, " \t");
}

static size_t word(const char *p)
{
	return strcspn(p, " \t");
}

/* How far a command of that kind reaches from p, which is behind its name. */
static const char *skip_arguments(const char *p, enum arguments arguments)
{
	const char *next = p + blanks(p);

	switch (arguments) {
	case NONE:
		return p;
	case ONE_WORD:
		return *next && *next != '!' ? next + word(next) : p;
	case SIGNED_WORDS:
		for (; *next == '+' || *next == '-'; next = p + blanks(p))
			p = next + word(next);
		return p;
	case REST:
		while (*next && *next != '!') {
			p = next + word(next);
			next = p + blanks(p);
		}
		return p;
	}
	return p;
}

/* The end of a command at p ("!close …"), or NULL. */
static const char *command_end(const char *p)
{
	size_t len;

	if (*p != '!')
		return NULL;
	len = word(p) - 1;
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (strlen(known[i].name) == len && g_ascii_strncasecmp(known[i].name, p + 1, len) == 0)
			return skip_arguments(p + 1 + len, known[i].arguments);
	return NULL;
}

static void take(struct words *w, const char *p, const char *end, GPtrArray *commands)
{
	const char *text = w->text->str;

	g_ptr_array_add(commands, g_strndup(p + 1, (gsize)(end - p - 1)));
	end += blanks(end);
	while (!*end && p > text && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	words_remove(w, (guint)(p - text), (guint)(end - text));
}

char **subject_take_commands(const char *raw, char **raw_out)
{
	GPtrArray *commands = g_ptr_array_new_with_free_func(g_free);
	struct words w;
	const char *p;

	words_init(&w, raw);
	for (p = w.text->str; *p && commands->len < LIMIT_COMMANDS; p += blanks(p)) {
		const char *end = command_end(p);

		if (end)
			take(&w, p, end, commands);
		p = end ? end : p + word(p);
	}
	if (commands->len)
		*raw_out = words_rebuild(&w);
	words_release(&w);
	if (commands->len == 0) {
		g_ptr_array_free(commands, TRUE);
		return NULL;
	}
	g_ptr_array_add(commands, NULL);
	return (char **)g_ptr_array_free(commands, FALSE);
}
