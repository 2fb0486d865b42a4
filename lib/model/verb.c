/* Verbs as data, and which of them a word is or may have been meant for. */
#include "model/verb.h"

#include <glib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/text.h"
#include "base/tongue.h"

static const struct verb_info verbs[VERB_COUNT] = {
#define VERB(id, parse, apply, ...) [VERB_##id] = { __VA_ARGS__ },
#include "model/verbs.def"
#undef VERB
};

const struct verb_info *verb_info(enum verb verb)
{
	return &verbs[verb];
}

int verb_find(const char *word)
{
	for (int v = 0; v < VERB_COUNT; v++)
		if (g_ascii_strcasecmp(verbs[v].name, word) == 0)
			return v;
	return -1;
}

bool verb_leads(const char *line)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *first = line + strcspn(line, letters);
	g_autofree char *word = g_strndup(first, strspn(first, letters));

	return verb_find(word) >= 0;
}

int verb_nearest(const char *word)
{
	const char *names[VERB_COUNT + 1], *nearest;
	size_t n = 0;

	for (int v = 0; v < VERB_COUNT; v++)
		if (verbs[v].by_mail)
			names[n++] = verbs[v].name;
	names[n] = NULL;
	/* A shorter word doesn't show what was meant. */
	nearest = strlen(word) < 3 ? NULL : nearest_name(word, names);
	return nearest ? verb_find(nearest) : -1;
}
