/* Records described by one field table per type: it drives encoding, copying, JSON, --format and
 * export. */
#ifndef MILTICKET_RECORD_H
#define MILTICKET_RECORD_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/numbers.h"
#include "base/status.h"

enum field_type {
	FIELD_U64,    /* uint64_t */
	FIELD_TIME,   /* int64_t, microseconds UTC; 0 unknown */
	FIELD_BOOL,   /* bool */
	FIELD_ENUM,   /* int, with its names */
	FIELD_WORD,   /* int, with its names; stored by name, 0 is a name that is not known */
	FIELD_TEXT,   /* char *, owned, may be NULL */
	FIELD_LIST,   /* char **, NULL-terminated, owned; NULL is empty */
	FIELD_NUMBERS /* struct numbers */
};

/* Later words are stored as they are written, so that older programs can read them. */
enum { RECORD_SHORT_WORDS = 29 };

enum field_flags {
	FIELD_HIDDEN = 1 << 0, /* stored and exported, but not part of the documented JSON */
	/* a text of lower-case hex digits as a rule, stored in half the space when it is */
	FIELD_HEX = 1 << 1,
	FIELD_ALWAYS = 1 << 2,       /* never unknown, so that its JSON is never null */
	FIELD_ZERO_UNKNOWN = 1 << 3, /* a number of which 0 is "unknown" */
	FIELD_OF_TICKET = 1 << 4,    /* a ticket's number, or several: people see #12 */
	FIELD_FILTER = 1 << 5,       /* a field of the query language */
	FIELD_CLAIM = 1 << 6,        /* a mail's header X-Ticket-NAME tells it */
	FIELD_LOGIN = 1 << 7,        /* an agent's login, which may be an address of ours */
	FIELD_INNER = 1 << 8,        /* stored, and neither shown nor exported */
};

/* One row of a table says all of a field: how it is stored, shown, described, asked for and told.
 * tests/unit/test-fields.py writes the JSON Schema and the manual's lists from the rows. */
struct field {
	uint8_t id;       /* what is stored: never reuse or renumber one; absent in a value: zero */
	const char *name; /* in C, in JSON and in --format */
	enum field_type type;
	size_t offset;
	/* FIELD_ENUM and FIELD_WORD: NULL-terminated, by value; FIELD_TEXT, if any: frequent words.
	 * Of words, those at 1 to RECORD_SHORT_WORDS are stored as one byte. */
	const char *const *names;
	unsigned flags;
	const char *label; /* as `ticket show` calls it; NULL: it is not shown, or in a way of its
	                      own */
	const char *none;  /* shown where there is none; NULL: then it is left out */
	const char *help;  /* what its name does not tell, for the JSON Schema; NULL */
	const char *query; /* what a query calls it; NULL: its name */
	int event;         /* the kind of event whose `to` is its value from then on; 0: none */
	char index;        /* tickets: lists by its value are kept under this letter; 0: none */
	int due;           /* tickets, a time: the kind of work that is due then; 0: none */
};

struct record_type {
	const char *name; /* "ticket", for messages */
	size_t size;
	const struct field *fields;
	size_t count;
	/* For values that leave out what their other fields tell: *brief is a zeroed record that
	 * becomes a borrowed copy, and spell_out() puts back what it lacks. Both or none. */
	void (*shorten)(const void *record, void *brief);
	void (*spell_out)(void *record);
};

/* Appends the value: a format version byte, then each field that is not zero as id, length, data.
 * An empty text is not zero. */
void record_encode(const struct record_type *type, const void *record, GByteArray *out);

/* Fills *record, which must be zeroed or released. Fields this program does not know are skipped.
 * ST_BAD_INPUT on any damage, with nothing left allocated; never reads outside value, never
 * allocates more than value holds. */
enum status record_decode(
	const struct record_type *type, struct bytes value, void *record, struct error *err);

/* Frees what the fields own and zeroes the record. */
void record_release(const struct record_type *type, void *record);

void record_copy(const struct record_type *type, void *to, const void *from);

/* On the heap: an empty one, and a copy. record_free() knows of itself what there is to free, as a
 * GDestroyNotify must. */
void *record_new(const struct record_type *type);
void *record_dup(const struct record_type *type, const void *record);
void record_free(void *record);

const struct field *record_field(
	const struct record_type *type, const char *name); /* NULL if unknown */

/* The field as people read it: RFC 3339, lists joined by ", ", enum names; NULL for what is
 * unknown. Owned. */
char *record_field_text(const struct field *field, const void *record);

/* Gives a field the value that people write: a name, a text, words between blanks; NULL or "" is
 * none. False, and nothing changed, when it can't be. Numbers and times can't be set so. */
bool record_field_set(const struct field *field, void *record, const char *text);

/* Adds a word to a FIELD_LIST that has fewer than max. */
void record_field_add(const struct field *field, void *record, const char *word, guint max);

/* The text of a FIELD_TEXT or the name of a FIELD_ENUM; borrowed, NULL when there is none. */
const char *record_field_word(const struct field *field, const void *record);

/* The words of a FIELD_LIST; borrowed, NULL when there are none. */
char *const *record_field_list(const struct field *field, const void *record);

/* Index of s in NULL-terminated names, or -1. */
int names_find(const char *const *names, const char *s);

#endif
