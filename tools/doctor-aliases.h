/* Which addresses a mail server's aliases lead to another one. */
#ifndef MILTICKET_DOCTOR_ALIASES_H
#define MILTICKET_DOCTOR_ALIASES_H

#include <glib.h>
#include <stdbool.h>

struct aliases;

/* is_local: is mail to this domain for the users of this host? */
struct aliases *aliases_new(bool (*is_local)(const char *domain, void *arg), void *arg);
void aliases_free(struct aliases *aliases);

/* One of the mail server's: a name or an address, and where it leads, separated by commas.
 * Commands, files and :include: lead to nobody that is known. */
void aliases_add(struct aliases *aliases, const char *key, const char *targets);

/* The addresses (char *, sorted) that lead to this one over any number of aliases. Names of this
 * host get the domain given; one for a whole domain is "@domain". Owned. */
GPtrArray *aliases_leading_to(
	const struct aliases *aliases, const char *address, const char *domain);

#endif
