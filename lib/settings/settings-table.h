/* The rows of settings.h, and how one value is taken, shown and released. For settings*.c
 * only. */
#ifndef MILTICKET_SETTINGS_TABLE_H
#define MILTICKET_SETTINGS_TABLE_H

#include "settings/settings.h"

/* What a row's offset counts from: struct settings, or the struct of a list's elements. */
enum key_scope {
	SCOPE_TOP,
	SCOPE_ACCOUNT,
	SCOPE_RULE,
	SCOPE_CALENDAR,
	SCOPE_SLA,
	SCOPE_AUTOMATION
};

/* How a value is written in the file. */
enum shape { SHAPE_STRING, SHAPE_INTEGER, SHAPE_BOOLEAN, SHAPE_STRINGS };

struct setting_row;

struct setting_kind {
	enum shape shape;
	const char *type;     /* the shape in words */
	const char *expected; /* for rows that do not say it themselves */
	/* Checks text and puts it into target; false leaves target as it was. For SHAPE_STRINGS,
	 * adds one element. */
	bool (*take)(const struct setting_row *key, void *target, const char *text);
	/* The value as take() reads it; NULL when not set or a list. Owned. */
	char *(*show)(const struct setting_row *key, const void *target);
	void (*release)(void *target); /* NULL: owns nothing */
};

struct setting_row {
	const char *name;
	const struct setting_kind *kind;
	enum key_scope scope;
	size_t offset;
	const char *fallback;            /* the default, as take() reads it */
	int64_t min, max;                /* integers */
	const char *const *words;        /* NULL-terminated; "" among them may be left out */
	bool (*check)(const char *text); /* strings; NULL: any */
	const char *expected;            /* completes "expected …" */
	const char *help;    /* sentences; and what the default is, where fallback cannot say */
	const char *example; /* a value as the file has it, to show in place of the default; NULL */
	enum setting_need_kind needs; /* what its value names and must be there */
	const char *sets; /* the field of a ticket that a rule gives this value, a text; NULL */
};

/* Keys that stand in braces: "store", "accounts.autoresponse". */
struct setting_group {
	const char *name, *help;
};

/* Keys that are lists of groups, each group an account, a rule … */
struct setting_list {
	const char *name, *help;
	enum key_scope scope;
	size_t offset; /* of its GPtrArray in struct settings */
	size_t size;   /* of an element */
	GDestroyNotify free;
};

const struct setting_list *list_at(size_t i); /* NULL past the last */
const struct setting_list *list_find(const char *name);
GPtrArray *list_objects(const struct setting_list *list, const struct settings *settings);

const char *group_help(const char *name);   /* NULL: there is no such group */
const struct setting_row *key_at(size_t i); /* NULL past the last */
const struct setting_row *key_find(const char *name);
/* Does a row lie below this name? */
bool key_is_group(const char *name);
/* The default as the file has it: "\"try\"", "30", "( )". Owned. */
char *key_default_text(const struct setting_row *key);
/* "a whole number from 1 to 3600". Owned. */
char *key_expected(const struct setting_row *key);
/* The word of this row, or NULL, that text is a misspelling of. */
const char *key_nearest_word(const struct setting_row *key, const char *text);
/* The key or the group of keys that this is a misspelling of. Owned; NULL: none. */
char *key_nearest(const char *name);

/* Sets every row of the scope to its default; base zeroed. */
void keys_default(enum key_scope scope, void *base);
void keys_release(enum key_scope scope, void *base);

/* "Name <a@b>" or "a@b"; *name_out NULL without a name, *address_out canonical, both owned. False:
 * neither, nothing written. */
bool sender_parse(const char *text, char **name_out, char **address_out);

#endif
