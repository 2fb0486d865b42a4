/* milticket.conf: one table describes every key (name, type, default, bounds, help) and drives
 * loading, checking and printing. The only home of libconfig. Settings are immutable once loaded
 * and reference-counted. */
#ifndef MILTICKET_SETTINGS_H
#define MILTICKET_SETTINGS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/duration.h"
#include "base/status.h"
#include "mail/subject.h"
#include "mail/template-shelf.h"
#include "model/query.h"
#include "model/ticket.h"

enum subject_tag_policy { SUBJECT_TAG_PARTICIPANTS, SUBJECT_TAG_ANYONE, SUBJECT_TAG_NEVER };
enum mixed_policy { MIXED_TAG, MIXED_LEAVE };
enum auto_policy { AUTO_IGNORE, AUTO_TICKET };
enum requester_policy { REQUESTER_REPLY_TO, REQUESTER_FROM };
enum digest_readers { DIGEST_AGENTS, DIGEST_QUEUES, DIGEST_BOTH };
enum crossed_policy { CROSSED_TELL, CROSSED_REFUSE, CROSSED_OFF };
enum failure_policy { FAILURE_TEMPFAIL, FAILURE_ACCEPT };
enum deliver { DELIVER_MAILBOX, DELIVER_AGENTS, DELIVER_BOTH, DELIVER_NONE };
enum reply_to { REPLY_TO_SENDER, REPLY_TO_DESK };
/* Their names in the file, and NULL. */
extern const char *const deliver_names[], *const reply_to_names[];
enum log_target { LOG_TO_SYSLOG, LOG_TO_STDERR };
enum number_scheme { NUMBERS_SEQUENTIAL, NUMBERS_DATE };
enum starttls { STARTTLS_NEVER, STARTTLS_TRY, STARTTLS_REQUIRE };

/* Automatic answers of an account. LATE (key "late"): a reply to a ticket closed for long opened a
 * new one; without it, OPENED. */
enum answer { ANSWER_OPENED, ANSWER_FOLLOWUP, ANSWER_CLOSED, ANSWER_LATE, ANSWER_COUNT };
/* Their names in the file, and NULL. */
extern const char *const answer_names[ANSWER_COUNT + 1];

struct account {
	/* Address and aliases are canonical; of a list NULL is none. since: µs, 0 none. */
#define ACCOUNT_KEY(member, type, ...) type member;
#include "settings/keys.def"
	char *sender_name;                /* decoded from it; NULL */
	char *sender_address;             /* canonical */
	char *autoresponse[ANSWER_COUNT]; /* file names; "" none */
	bool language_from_mail;
	struct template_set *templates[ANSWER_COUNT]; /* NULL where there is none */
};

/* What a value names that is not in the file. The last ones are in the store, and may come later.
 */
enum setting_need_kind {
	NEEDS_NOTHING_ELSE,
	NEEDS_USER,
	NEEDS_GROUP,
	NEEDS_DIRECTORY,
	NEEDS_SOCKET_PLACE, /* the directory of a unix socket */
	NEEDS_ACCOUNT,      /* an account's address, as mail to it becomes tickets */
	NEEDS_QUEUE,
	NEEDS_AGENT,
	NEEDS_QUERY
};

struct setting_need {
	enum setting_need_kind kind;
	const char *key; /* full name */
	char *value;     /* as configured */
	char *where;     /* "FILE:LINE"; the file alone where the value is the default */
	bool is_default;
};

/* What is matched are globs; header is "Name: glob". What is set is "" where it leaves things as
 * they are; autoresponse is -1 then, else 0 or 1. */
struct rule {
#define RULE_KEY(member, type, ...) type member;
#define RULE_GROUP(name, ...) struct {
#define RULE_IN(group, member, type, ...) type member;
#define RULE_END(name) \
	} \
	name;
#include "settings/keys.def"
};

/* A value that a rule gives a field of tickets; borrowed. */
struct rule_value {
	const struct field *field; /* of ticket_type */
	const char *text;
};
/* Adds what the rule sets to values, an array of struct rule_value. */
void rule_values(const struct rule *rule, GArray *values);

/* An element of "calendars". */
struct business_setting {
#define CALENDAR_KEY(member, type, ...) type member;
#include "settings/keys.def"
	struct calendar *calendar; /* made of the above */
};

/* A promise: durations are DURATION_NONE where there is none. */
struct sla {
#define SLA_KEY(member, type, ...) type member;
#include "settings/keys.def"
	/* made of the above */
	struct query_tree *condition;             /* of a ticket's record alone; NULL: any */
	struct duration first, further, solution; /* respond, update, resolve */
};

/* An element of "automations". */
struct automation {
#define AUTOMATION_KEY(member, type, ...) type member;
#include "settings/keys.def"
	char **actions; /* key "do": lines of commands, looked at by act/configuration.h */
	/* made of the above */
	struct query_tree *condition;
	const struct calendar *hours; /* NULL: always */
	char *where;                  /* "FILE:LINE" of its actions */
};

/* An address or alias of an account; borrowed of it. */
struct account_name {
	const char *address;
	const struct account *account;
};

/* With digest.at in front: the hours in which a day's digest may still be sent. */
#define SETTINGS_DIGEST_END "-24:00"

struct settings {
	int references; /* owned by settings_ref/_unref */
	char *path;
	/* As milticket.conf(5) says; of a list NULL is none. */
#define TOP_KEY(member, type, ...) type member;
#define TOP_GROUP(name, ...) struct {
#define TOP_IN(group, member, type, ...) type member;
#define TOP_END(name) \
	} \
	name;
#include "settings/keys.def"
	GPtrArray *accounts;              /* struct account *, in configuration order */
	GPtrArray *rules;                 /* struct rule * */
	GPtrArray *calendars;             /* struct business_setting * */
	GPtrArray *slas;                  /* struct sla *, in configuration order */
	GPtrArray *automations;           /* struct automation *, in configuration order */
	GPtrArray *needs;                 /* struct setting_need *, of all values, met or not */
	struct template_shelf *templates; /* all that there are, answers' and others */
	bool unbound;                     /* settings_bind() is to be called */
	char *bound;                      /* what it was called with; NULL: not yet */
	/* made of the above */
	struct tag_format tag_format;
	char **controls;     /* of control_address: canonical, each once, no account's address */
	GHashTable *domains; /* domain → GPtrArray of struct account_name, its accounts' */
	GHashTable *senders; /* set of canonical sender addresses */
};

/* Every error names file, line, key and what was expected. Templates are loaded from the directory
 * "templates" beside the file, those that are not there from the installed ones (absolute names as
 * they are). An account's address is compared in canonical form; queue, sender and tag.name get
 * their defaults. ST_IO: a file cannot be read; else ST_BAD_INPUT. Without accounts, settings are
 * good and nothing is ours. */
enum status settings_load(const char *path, struct settings **settings_out, struct error *err);
struct settings *settings_ref(struct settings *settings); /* thread-safe */
void settings_unref(struct settings *settings);

/* What archive.path is when mails are kept beside the rows of the store. */
#define SETTINGS_IN_STORE "database"
/* Where mails are kept: a directory, or SETTINGS_IN_STORE; NULL: nowhere. */
const char *settings_archive(const struct settings *settings);
/* NULL when it is none. */
const char *settings_archive_directory(const struct settings *settings);
/* Directory of what is this host's own, wherever the store is: the daemon's lock, the search index,
 * mail that is on its way, if there is no archive. */
const char *settings_state(const struct settings *settings);
/* Where mail that comes in is put while it does: in the file system where it may stay. */
const char *settings_spool(const struct settings *settings);

/* The account that this canonical recipient is of (with or without detail), enabled or not; NULL.
 * *detail_out owned or NULL. */
const struct account *settings_account(
	const struct settings *settings, const char *canonical, char **detail_out);
/* Is it the address commands go to, with or without detail? An account's address never is. */
bool settings_is_control(const struct settings *settings, const char *canonical);
/* Is it ours: an account or an account's sender address? */
bool settings_is_own(const struct settings *settings, const char *canonical);
/* Does mail to it come back to the desk: ours, or one that commands go to? */
bool settings_is_desk(const struct settings *settings, const char *canonical);
/* Is it never "outside": ours, or one of policy.internal_recipients? */
bool settings_is_internal(const struct settings *settings, const char *canonical);

/* The calendar of that name; NULL: there is none. Borrowed. */
const struct calendar *settings_calendar(const struct settings *settings, const char *name);

/* Conditions name saved queries, which are in the store: until this is called, those that do hold
 * for no ticket. What is wrong with some, char *, owned; these go on to hold for none. Before
 * anybody else uses the settings. */
GPtrArray *settings_bind(struct settings *settings, const struct saved_query *saved);

/* Notes what the actions of an automation name in the store. */
void settings_need(struct settings *settings, enum setting_need_kind kind,
	const struct automation *automation, const char *value);
/* Is it there: the user, group or directory on this system, the account in the settings? True for
 * what only the store knows. */
bool settings_need_met(const struct settings *settings, const struct setting_need *need);
/* "FILE:LINE: KEY: expected …, as there is no …". Owned. */
char *setting_need_text(const struct setting_need *need);
/* Does the daemon run without it? */
bool setting_need_is_doubt(const struct setting_need *need);

/* A file that shows every key with its default. Owned. */
char *settings_example(void);

/* Every key in order, for config example and for the manual: "mail_out.timeout_s". Lists'
 * members as "accounts.address", "rules.match.from". default_text is the value itself ("30",
 * "try"), "" for nothing; bounds completes "expected …". All static. */
struct setting_info {
	const char *key, *type, *default_text, *bounds, *help;
};
const struct setting_info *settings_key(size_t i);
/* A value in force, in the type of its key. */
struct setting_value {
	const char *key; /* full name */
	enum setting_type { SETTING_TEXT, SETTING_NUMBER, SETTING_BOOLEAN, SETTING_LIST } type;
	const char *text;  /* NULL: a list, or not set */
	char *const *list; /* NULL-terminated; NULL: empty */
};
typedef void setting_visit(const struct setting_value *value, void *arg);
/* Tells the values outside of the lists, in the order of their keys. */
void settings_each(const struct settings *settings, setting_visit *fn, void *arg);
/* The name of the list at that place, and how many elements it has; NULL past the last. */
const char *settings_list(const struct settings *settings, size_t i, unsigned *n_out);
/* The values of one element of the list at that place. */
void settings_element_each(
	const struct settings *settings, size_t i, unsigned element, setting_visit *fn, void *arg);
/* The whole configuration in force as libconfig text that loads to the same settings. Owned. */
char *settings_text(const struct settings *settings);
/* One scalar key's value as text ("30", "unix:/…"), NULL if unknown or a list. Owned. */
char *settings_value(const struct settings *settings, const char *key);

#endif
