/* Commands in a Subject: words that begin with "!". */
#include <string.h>

#include "limits.h"
#include "subject-words.h"
#include "subject.h"
#include "verb.h"

static size_t blanks(const char *p)
{
	return strspn(p, " \t");
}

static size_t word(const char *p)
{
	return strcspn(p, " \t");
}

/* How far a command of that kind reaches from p, which is behind its name. */
static const char *skip_arguments(const char *p, enum verb_reach reach)
{
	const char *next = p + blanks(p);

	switch (reach) {
	case REACH_NONE:
		return p;
	case REACH_WORD:
		return *next && *next != '!' ? next + word(next) : p;
	case REACH_SIGNED:
		for (; *next == '+' || *next == '-'; next = p + blanks(p))
			p = next + word(next);
		return p;
	case REACH_REST:
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
	g_autofree char *name = *p == '!' ? g_strndup(p + 1, word(p) - 1) : NULL;
	int verb = name ? verb_find(name) : -1;

	if (verb < 0 || !verb_info((enum verb)verb)->by_mail)
		return NULL;
	return skip_arguments(p + 1 + strlen(name), verb_info((enum verb)verb)->reach);
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
