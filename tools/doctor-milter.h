/* A milter's place as mail servers and milticket.conf write it, who answers there, and who may get
 * there: a small client of the milter protocol. */
#ifndef MILTICKET_DOCTOR_MILTER_H
#define MILTICKET_DOCTOR_MILTER_H

#include <glib.h>
#include <stdbool.h>

struct endpoint {
	bool inet;
	char *path; /* of a unix socket; absolute, or relative to the mail server's directory */
	char *host, *port; /* of inet */
};

/* One of a mail server's list of milters. */
struct milter {
	char *text;  /* its place as written: "unix:/run/x.sock" */
	char *whole; /* with its attributes: "{ unix:/run/x.sock, default_action=accept }" */
	GHashTable *attributes; /* name → value */
	struct endpoint endpoint;
};

/* "inet:PORT@HOST", "inet6:PORT@HOST", "unix:/PATH", "local:/PATH": milticket's and Sendmail's way.
 */
void endpoint_of_libmilter(const char *text, struct endpoint *endpoint_out);
void endpoint_release(struct endpoint *endpoint);
/* The same place? Paths are compared as files, else as text. */
bool endpoint_same(const struct endpoint *a, const struct endpoint *b);

/* Postfix's list: separated by commas or blanks, braces around what has attributes. struct milter
 * *, owned. */
GPtrArray *milters_parse(const char *text);

enum answer_of {
	ANSWER_OURS,     /* milticketd negotiates */
	ANSWER_OTHERS,   /* some other milter */
	ANSWER_NONSENSE, /* something that is no milter */
	ANSWER_MISSING,  /* no such path */
	ANSWER_DENIED,   /* no right to go there */
	ANSWER_REFUSED,  /* nobody listens */
	ANSWER_FAILED    /* anything else; a name that would need the DNS, too */
};

/* Who asks. All NULL: we ourselves. */
struct visitor {
	const char *user;      /* becomes this user, with its groups; needs root */
	const char *root;      /* changes root to it */
	const char *directory; /* and its working directory; relative paths begin here */
};

/* Connects and negotiates, in a process of its own. */
enum answer_of milter_ask(const struct endpoint *endpoint, const struct visitor *visitor);

/* Does anybody listen at a TCP port? Names other than localhost are not looked up: FAILED. OURS:
 * yes. */
enum answer_of tcp_ask(const char *host, const char *port);

#endif
