/* What every command of `ticket` works with: its description as data, the words it was given, the
 * store it asked for. */
#ifndef MILTICKET_CLI_H
#define MILTICKET_CLI_H

#include <glib.h>
#include <stdbool.h>

#include "act/command.h"
#include "settings/settings-user.h"
#include "settings/settings.h"
#include "store/store.h"
#include "tables/history.h"

/* Exit codes; sysexits.h where it has one. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_NOTHING = 1,
	EXIT_BAD_USAGE = 64,
	EXIT_BAD_DATA = 65,
	EXIT_CANNOT_CREATE = 73,
	EXIT_CANNOT_WRITE = 74,
	EXIT_TRY_AGAIN = 75,
	EXIT_NOT_ALLOWED = 77,
	EXIT_CONFIG = 78
};

struct cli_option {
	char letter; /* 0: none */
	const char *name;
	const char *argument; /* NULL: takes none */
	const char *help;
	bool instead; /* of what the command does */
};

/* SOUND: each of its pages is looked at first. */
enum cli_need {
	NEED_NOTHING,
	NEED_SETTINGS,
	NEED_STORE_READ,
	NEED_STORE_WRITE,
	NEED_SOUND_STORE_READ,
	NEED_SOUND_STORE_WRITE
};

struct cli;

/* A command as data: dispatch, help, completions and the manual's test read it. */
struct cli_command {
	const char *name;                 /* "list", "queue add" */
	const char *arguments;            /* "NUMBER…" */
	const char *summary;              /* lower case, no full stop */
	const struct cli_option *options; /* ends with a NULL name; NULL for none */
	enum cli_need need;
	unsigned least, most;        /* arguments; most 0: any number */
	bool signed_arguments;       /* "-x" is an argument */
	bool query;                  /* its arguments are one: "-status:new" is a term */
	bool ahead;                  /* its dates are to come */
	bool closed;                 /* is for closed tickets: they are what is completed */
	int (*run)(struct cli *cli); /* an exit code */
};

/* The command table, in the order of commands.def. */
struct cli_row {
	const char *group; /* "find"; NULL: for programs */
	const struct cli_command *command;
};

struct cli {
	const struct cli_row *commands; /* all of them; ends with a NULL command */
	const struct cli_command *command;
	const char *config; /* path */
	bool json;
	char **args; /* what is left of the words */
	unsigned n_args;
	GHashTable *values; /* option name → GPtrArray of char * */
	struct settings *settings;
	char **columns; /* of lists of tickets, by their names; NULL: the usual; borrowed */
	struct user_settings *user; /* NULL: not asked for yet; cli_user() */
	struct store *store;
	struct token_key key;
	struct actor actor; /* "unix:name", now */
	char *actor_name;
	/* what is looked for: tickets are printed with the place where it stands; NULL: nothing */
	const struct sought *const *sought;
	unsigned n_sought;
	struct error err;
};

/* An option's value (the last given), or NULL; "" for one without argument. */
const char *cli_value(const struct cli *cli, const char *name);
/* All its values, each split at commas; NULL-terminated, owned; NULL when it was not given. */
char **cli_values(const struct cli *cli, const char *name);
/* All its values as they were given, char *; borrowed; NULL when it was not given. */
const GPtrArray *cli_given(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);

/* Where the store is and how it is opened, by the settings. */
struct store_options cli_store_options(const struct cli *cli);

/* Says what is wrong on standard error, "ticket: …", and gives the code for it. */
int cli_fail(int code, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* The same for a failed call of the core: text from err. ST_OK is EXIT_DONE. */
int cli_status(const struct cli *cli, enum status st);
/* For ST_REFUSED of what belongs to the daemon: tells who may. */
int cli_refused(const struct cli *cli);
/* A mistake in the words: the message, then the usage line. */
int cli_usage(const struct cli *cli, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/* Reads the user's own ticket.conf into cli->user. EXIT_DONE, or the code of what it said is
 * wrong. */
int cli_user(struct cli *cli);

/* Ticket numbers of the arguments from `first` on: 1042, #1042, or - for one a line on standard
 * input. At least one. EXIT_DONE, or the code of what it said is wrong; numbers_out is the caller's
 * to free in any case. */
int cli_tickets(struct cli *cli, unsigned first, struct numbers *numbers_out);
/* A date, a duration back from now, of an option; 0 when it was not given. False: said what is
 * wrong. */
bool cli_when(struct cli *cli, const char *option, int64_t *when_out);
/* A number above 0, of an option; left alone when it was not given. False: it has said what is
 * wrong. */
bool cli_count(struct cli *cli, const char *option, uint64_t *count_out);
/* The agent who sits here: $MILTICKET_AGENT, else the unix user. Owned. */
char *cli_agent_login(void);

/* From now on SIGINT and SIGTERM only make cli_interrupted() true, once each. For commands that end
 * well wherever they are. */
void cli_catch_interrupt(void);
bool cli_interrupted(void);

/* Opens what the command needs: EXIT_DONE, or the code of what it said is wrong. The run of a
 * command has it done. */
int cli_open(struct cli *cli);
/* Runs the program that has these commands; the table ends with a NULL command. */
int cli_main(int argc, char **argv, const struct cli_row *commands);

#endif
