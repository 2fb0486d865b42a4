/* ticket doctor: is this installation as it should be? What its checks share: what was read of the
 * settings and of the mail servers, how a finding is told, and what mends it. Nothing is changed,
 * no name is looked up in the DNS. */
#ifndef MILTICKET_DOCTOR_H
#define MILTICKET_DOCTOR_H

#include <glib.h>
#include <stdbool.h>

#include "cli.h"
#include "doctor-milter.h"
#include "doctor-postfix.h"
#include "doctor-sendmail.h"

/* What must be there for a check to look at all. */
enum doctor_need {
	NEEDS_SETTINGS = 1 << 0,
	NEEDS_POSTFIX = 1 << 1,
	NEEDS_SENDMAIL = 1 << 2,
	NEEDS_STORE = 1 << 3,
	/* Only root sees it; others are told that nobody looked. */
	NEEDS_ROOT = 1 << 4,
};

struct doctor;

struct doctor_check {
	const char *id;
	unsigned needs;
	void (*look)(struct doctor *d);
	/* The command that mends it. {1} … {9} are values of the finding, quoted for the shell,
	 * {=1} … {=9} not; {conf} is the configuration; {postconf}, {postmap}, {reload} are
	 * Postfix's programs with its directory, {mc} and {makecf} Sendmail's. NULL: nobody's
	 * command can. */
	const char *mend;
};

/* UNKNOWN: could not be looked at, with the reason; no fault. */
enum finding_state { FINDING_WRONG, FINDING_UNKNOWN };

struct finding {
	const char *check;
	enum finding_state state;
	char *text, *mend; /* mend may be NULL */
};

struct doctor {
	struct cli *cli;
	struct settings *settings;        /* NULL: they are wrong */
	struct endpoint own;              /* where milticketd listens by them */
	struct postfix *postfix;          /* NULL: there is none */
	struct sendmail *sendmail;        /* NULL: there is none */
	bool store_seen;                  /* or there is none; else nobody could look */
	struct error store_error;         /* why not */
	bool agents;                      /* are there any in the store? */
	char *conf;                       /* text of the configuration file; NULL */
	GPtrArray *findings;              /* struct finding * */
	const struct doctor_check *check; /* the one at hand */
};

/* The rows of all checks, in the order in which they are looked at and mended; ends with a NULL id.
 */
extern const struct doctor_check doctor_checks[];

/* values: {1} and so on of the check's mend; NULL-terminated, or NULL. */
void doctor_found(struct doctor *d, const char *const *values, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);
void doctor_unknown(struct doctor *d, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/* A command that sets a key of the first level in the configuration file, to a string. Owned. */
char *doctor_set(const struct doctor *d, const char *key, const char *value);
/* A finding if one of the addresses (char *, changed) that lead to the account is not known to be
 * one of ours. */
void doctor_found_strangers(struct doctor *d, const struct account *account, GPtrArray *addresses);

/* The command that starts the Postfix that was looked at. Owned. */
char *doctor_start_postfix(const struct doctor *d);

/* A word as a shell reads it. Owned. */
char *doctor_quote(const char *word);

/* Runs a program of the mail server's, found in PATH or /usr/sbin, without a shell. argv:
 * NULL-terminated. True if it ended with 0; *out_out and *err_out, where not NULL, are what it
 * printed, owned. */
bool doctor_run(const char *const *argv, char **out_out, char **err_out);

/* What systemd says of milticket.service: the names of properties that checks ask for → their
 * values, or nothing. Owned. */
GHashTable *doctor_unit(void);
/* May the daemon write there? */
bool doctor_unit_writes(GHashTable *unit, const char *path);

/* --- the checks, by what they look at --- */

void look_settings(struct doctor *d);
void look_accounts(struct doctor *d);
void look_needs(struct doctor *d);
void look_store_owner(struct doctor *d);
void look_search_index(struct doctor *d);
void look_database(struct doctor *d);
void look_password(struct doctor *d);
void look_daemon(struct doctor *d);
void look_socket(struct doctor *d);
void look_unit(struct doctor *d);
void look_mailboxes_group(struct doctor *d);
void look_mailboxes_path(struct doctor *d);
void look_mailboxes_unit(struct doctor *d);
void look_mailboxes_inotify(struct doctor *d);
void look_mailboxes_dovecot(struct doctor *d);
void look_relay(struct doctor *d);
void look_mail_server(struct doctor *d);

void look_postfix_twice(struct doctor *d);
void look_postfix_chroot(struct doctor *d);
void look_postfix_milters(struct doctor *d);
void look_postfix_doubled(struct doctor *d);
void look_postfix_override(struct doctor *d);
void look_postfix_again(struct doctor *d);
void look_postfix_local(struct doctor *d);
void look_postfix_group(struct doctor *d);
void look_postfix_path(struct doctor *d);
void look_postfix_verifiers(struct doctor *d);
void look_postfix_signers(struct doctor *d);
void look_postfix_action(struct doctor *d);
void look_postfix_protocol(struct doctor *d);
void look_postfix_header_limit(struct doctor *d);
void look_postfix_message_limit(struct doctor *d);
void look_postfix_login_header(struct doctor *d);
void look_postfix_delimiter(struct doctor *d);
void look_postfix_login(struct doctor *d);
void look_postfix_accounts(struct doctor *d);
void look_postfix_control(struct doctor *d);
void look_postfix_aliases(struct doctor *d);

void look_sendmail_filter(struct doctor *d);
void look_sendmail_flag(struct doctor *d);
void look_sendmail_timeout(struct doctor *d);
void look_sendmail_order(struct doctor *d);
void look_sendmail_daemon(struct doctor *d);
void look_sendmail_macros(struct doctor *d);
void look_sendmail_delimiter(struct doctor *d);
void look_sendmail_path(struct doctor *d);
void look_sendmail_accounts(struct doctor *d);
void look_sendmail_control(struct doctor *d);
void look_sendmail_aliases(struct doctor *d);

#endif
