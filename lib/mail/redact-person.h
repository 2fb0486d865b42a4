/* Texts without somebody's address and names. Pure. */
#ifndef MILTICKET_REDACT_PERSON_H
#define MILTICKET_REDACT_PERSON_H

#include <glib.h>
#include <stdbool.h>

/* What stands in their place. */
#define REDACTED_ADDRESS "redacted@redacted.invalid"
#define REDACTED_NAME "redacted"

struct person {
	const char *address; /* canonical, borrowed */
	char *local;
	const char *domain; /* of the address */
	char *shown;        /* the domain in U-labels */
	GPtrArray *names;   /* char *: display names, each once */
};
void person_init(struct person *person, const char *address); /* borrowed until person_release() */
void person_release(struct person *person);

/* "Name <a@b>" teaches the name, if the address is the one. Names of less than three bytes are not
 * names. */
void person_learn(struct person *person, const char *mailbox);
void person_learn_name(struct person *person, const char *name);

/* Is the address in it, and not as part of another's ("mcarla@…")? In whatever case and form of its
 * domain, with its characters as URLs
 * ("%40") or HTML ("&#64;") write them, and in the address that bounces of it go to
 * ("list+carla=customer.example@…"). The text may be no UTF-8; NULL has nothing in it. */
bool person_in(const struct person *person, const char *text);
/* The same for a Message-ID, of which an address is part as a rule. */
bool person_in_id(const struct person *person, const char *id);

/* Replaces *text, owned, when there is something to replace; names only where they stand as words.
 * True when it did. */
bool person_replace_address(const struct person *person, char **text);
bool person_replace(const struct person *person, char **text);

/* The same for a mail as letter_write() makes them, whatever encodings hide there. */
bool person_replace_in_mail(const struct person *person, char **mail);

#endif
