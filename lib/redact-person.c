/* Finding and replacing an address and names. */
#include "redact-person.h"

#include <string.h>

#include "redact.h"

enum { NAME_LEAST = 3 };

void person_init(struct person *person, const char *address)
{
	person->address = address;
	person->names = g_ptr_array_new_with_free_func(g_free);
}

void person_release(struct person *person)
{
	g_ptr_array_unref(person->names);
}

void person_learn_name(struct person *person, const char *name)
{
	if (!name || strlen(name) < NAME_LEAST || strcmp(name, REDACTED_NAME) == 0)
		return;
	for (guint i = 0; i < person->names->len; i++)
		if (strcmp(g_ptr_array_index(person->names, i), name) == 0)
			return;
	g_ptr_array_add(person->names, g_strdup(name));
}

void person_learn(struct person *person, const char *mailbox)
{
	const char *open = mailbox ? strrchr(mailbox, '<') : NULL;
	g_autofree char *name = NULL;

	if (!open || !person_in(person, open))
		return;
	name = g_strchomp(g_strndup(mailbox, (gsize)(open - mailbox)));
	person_learn_name(person, name);
}

/* ASCII letters in either case; the rest byte for byte. */
static const char *find(const char *text, const char *wanted)
{
	size_t len = strlen(wanted);

	for (; *text; text++)
		if (g_ascii_strncasecmp(text, wanted, len) == 0)
			return text;
	return NULL;
}

/* A letter of any script is part of a word; so is every byte of one. */
static bool in_word(char c)
{
	return g_ascii_isalnum(c) || (guint8)c >= 0x80;
}

static bool is_whole_word(const char *text, const char *at, size_t len)
{
	return (at == text || !in_word(at[-1]) || !in_word(at[0])) && (!in_word(at[len]) || !in_word(at[len - 1]));
}

/* Not the end of a longer address ("mcarla@…"), nor one in a domain below ("….example.org"). Dots in front of it are no part of it. */
static bool is_whole_address(const char *text, const char *at, size_t len)
{
	const char *behind = at + len;
	char before = at > text ? at[-1] : ' ';

	if (in_word(before) || strchr("_-+%=", before))
		return false;
	if (before == '.' && at > text + 1 && in_word(at[-2]))
		return false;
	return !in_word(*behind) && !(*behind && strchr(".-", *behind) && in_word(behind[1]));
}

bool person_in(const struct person *person, const char *text)
{
	size_t len = strlen(person->address);

	for (const char *at = text; at && (at = find(at, person->address)); at++)
		if (is_whole_address(text, at, len))
			return true;
	return false;
}

bool person_in_id(const struct person *person, const char *id)
{
	return id && find(id, person->address);
}

typedef bool is_whole(const char *text, const char *at, size_t len);

static bool replace(char **text, const char *wanted, const char *by, is_whole *whole)
{
	size_t len = strlen(wanted);
	GString *out = NULL;
	const char *from = *text, *at = *text;

	while (at && (at = find(at, wanted))) {
		if (!whole(*text, at, len)) {
			at++;
			continue;
		}
		if (!out)
			out = g_string_new(NULL);
		g_string_append_len(out, from, (gssize)(at - from));
		g_string_append(out, by);
		at += len;
		from = at;
	}
	if (!out)
		return false;
	g_string_append(out, from);
	g_free(*text);
	*text = g_string_free(out, FALSE);
	return true;
}

bool person_replace_address(const struct person *person, char **text)
{
	return *text && replace(text, person->address, REDACTED_ADDRESS, is_whole_address);
}

bool person_replace(const struct person *person, char **text)
{
	bool changed = person_replace_address(person, text);

	for (guint i = 0; *text && i < person->names->len; i++)
		changed |= replace(text, g_ptr_array_index(person->names, i), REDACTED_NAME, is_whole_word);
	return changed;
}
