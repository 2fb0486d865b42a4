/* Postfix's settings as they are: read by its own postconf, with what each service has otherwise.
 */
#ifndef MILTICKET_DOCTOR_POSTFIX_H
#define MILTICKET_DOCTOR_POSTFIX_H

#include <glib.h>
#include <stdbool.h>

#include "doctor-milter.h"

enum service_role {
	ROLE_MAIL_IN,    /* where others' mail comes in */
	ROLE_SUBMISSION, /* where people log in */
	ROLE_AGAIN,      /* where a content filter brings mail back */
	ROLE_LOCAL,      /* what programs on this host submit: cleanup with non_smtpd_milters */
	ROLE_OWN_WAY     /* without milters, on purpose; of no concern */
};

struct postfix;

/* One that milters are called by. */
struct service {
	const struct postfix *postfix;
	char *name; /* "smtp/inet", as postconf -P has it */
	enum service_role role;
	bool chrooted;
	GPtrArray *milters;    /* struct milter * */
	const char *parameter; /* of its milters: "smtpd_milters", "non_smtpd_milters" */
	bool overrides;        /* the parameter is the service's own (-o), not main.cf's */
};

struct postfix {
	char *directory;           /* of main.cf, NULL for the usual one */
	GHashTable *parameters;    /* name → value, expanded */
	GHashTable *overrides;     /* "smtp/inet/name" → value, expanded */
	GPtrArray *services;       /* struct service * */
	char *warnings;            /* that postconf had, a line each */
	const char *queue, *owner; /* borrowed of parameters */
	char *group;               /* of the owner */
};

/* directory: NULL for the usual one. NULL: there is none that could be read. */
struct postfix *postfix_read(const char *directory);
void postfix_free(struct postfix *postfix);

/* Does its master run? */
bool postfix_runs(const struct postfix *postfix);

/* A parameter's value, "" when unknown; as a service sees it. */
const char *postfix_value(const struct postfix *postfix, const char *name);
/* The domain of addresses without one; owned. It may be in a file. */
char *postfix_origin(const struct postfix *postfix);
const char *service_value(const struct service *service, const char *name);

/* Where an endpoint leads to for a service, as a path of the whole system. Owned by the caller, to
 * be released. */
void service_endpoint(const struct service *service, const struct endpoint *endpoint,
	struct endpoint *endpoint_out);
/* The first of its milters that leads to this place, or NULL. */
const struct milter *service_milter(const struct service *service, const struct endpoint *to);

/* What a map of this type and name has for a key; NULL: nothing. Owned. */
char *postfix_look_up(const struct postfix *postfix, const char *map, const char *key);
/* Tells all keys and values of a map; false if it cannot list them. */
bool postfix_each(const struct postfix *postfix, const char *map,
	void (*fn)(const char *key, const char *value, void *arg), void *arg);
/* A list of names, files and maps: does it hold this one? */
bool postfix_list_has(const struct postfix *postfix, const char *list, const char *name);
/* The maps (char *) of a parameter. Owned. */
char **postfix_maps(const struct postfix *postfix, const char *parameter);

#endif
