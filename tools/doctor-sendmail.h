/* Sendmail's settings as they are: what sendmail.cf says of milters, and what mends it in
 * sendmail.mc. */
#ifndef MILTICKET_DOCTOR_SENDMAIL_H
#define MILTICKET_DOCTOR_SENDMAIL_H

#include <glib.h>
#include <stdbool.h>

#include "doctor-milter.h"

/* An X line: "Xmilticket, S=local:/run/x.sock, F=T, T=R:60s". */
struct filter {
	char *name, *socket, *flags, *timeouts; /* "" where it has none */
	struct endpoint endpoint;
};

struct sendmail {
	char *cf, *mc;       /* files */
	GHashTable *options; /* name → value; DaemonPortOptions, of which there may be many, in
	                        daemons */
	GPtrArray *filters;  /* struct filter *, all X lines */
	GPtrArray *daemons;  /* char *, values of DaemonPortOptions */
	GPtrArray *locals;   /* char *, domains of this host: class w, of lines and files */
	char *users;         /* the file of virtual users; NULL: none */
};

/* NULL: there is no such file, or it is none of Sendmail's. */
struct sendmail *sendmail_read(const char *cf);
void sendmail_free(struct sendmail *sendmail);

/* An option's value, "" when not set. */
const char *sendmail_option(const struct sendmail *sendmail, const char *name);
/* The names (char *) of the filters that are called, in order. Owned. */
char **sendmail_called(const struct sendmail *sendmail);
const struct filter *sendmail_filter(const struct sendmail *sendmail, const char *name);
/* The name of the filter that is called and leads to this place, or is called milticket; NULL:
 * none. */
const struct filter *sendmail_ours(const struct sendmail *sendmail, const struct endpoint *place);

/* What Sendmail itself says of an address: does it take mail for it? UNKNOWN where its program
 * cannot be asked. */
enum sendmail_verdict { SENDMAIL_TAKES, SENDMAIL_REFUSES, SENDMAIL_UNKNOWN };
enum sendmail_verdict sendmail_verify(const struct sendmail *sendmail, const char *address);

#endif
