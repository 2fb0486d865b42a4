/* Arguments that many commands have: tickets, times, and who is asking. */
#include "cli-parts.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"

static bool add_numbers_of_stdin(struct cli *cli, struct numbers *numbers)
{
	char line[512];

	(void)cli;
	for (unsigned n = 1; fgets(line, sizeof line, stdin); n++) {
		uint64_t number;

		/* The first word of a line: what `ticket list` prints can be fed back. */
		g_strchug(line);
		line[strcspn(line, " \t\r\n")] = '\0';
		if (!*line)
			continue;
		if (text_parse_number(line, &number) != ST_OK) {
			cli_fail(EXIT_BAD_DATA,
				_("standard input, line %u: '%s' is no ticket number"), n, line);
			return false;
		}
		numbers_add(numbers, number);
	}
	return true;
}

/* Outgoing mail has numbers, too. */
static const char *arguments_noun(const struct cli *cli)
{
	return g_str_has_prefix(cli->command->arguments, "ID") ? _("id of a mail")
							       : _("ticket number");
}

static int add_number(struct cli *cli, const char *word, struct numbers *numbers)
{
	uint64_t number;

	if (strcmp(word, "-") == 0)
		return add_numbers_of_stdin(cli, numbers) ? EXIT_DONE : EXIT_BAD_DATA;
	if (text_parse_number(word, &number) != ST_OK)
		return cli_usage(cli, _("'%s' is no %s; expected 1042, #1042 or -"), word,
			arguments_noun(cli));
	numbers_add(numbers, number);
	return EXIT_DONE;
}

int cli_tickets(struct cli *cli, unsigned first, struct numbers *numbers_out)
{
	bool piped = false;

	for (unsigned i = first; i < cli->n_args; i++) {
		int code = add_number(cli, cli->args[i], numbers_out);

		if (code != EXIT_DONE)
			return code;
		piped |= strcmp(cli->args[i], "-") == 0;
	}
	if (numbers_out->n > 0)
		return EXIT_DONE;
	/* A listing that found nothing was piped in: there is nothing to do, as there would have
	 * been for each of its lines. */
	return piped ? cli_fail(EXIT_NOTHING, _("no ticket number on standard input"))
		     : cli_usage(cli, _("which ticket? Give its number"));
}

bool cli_when(struct cli *cli, const char *option, int64_t *when_out)
{
	const char *value = cli_value(cli, option);

	*when_out = 0;
	if (!value || text_parse_when(value, cli->actor.now, -1, when_out) == ST_OK)
		return true;
	cli_usage(cli, _("--%s: '%s' is neither a date (2026-11-24) nor a duration (3d)"), option,
		value);
	return false;
}

bool cli_count(struct cli *cli, const char *option, uint64_t *count_out)
{
	const char *value = cli_value(cli, option);

	if (!value || (*value != '#' && text_parse_number(value, count_out) == ST_OK))
		return true;
	cli_usage(cli, _("--%s: '%s' is no number above 0"), option, value);
	return false;
}

/* A variable may say anything: what would not be a name is none. */
static bool arguments_is_name(const char *s)
{
	return s && *s && strlen(s) <= LIMIT_NAME_BYTES && g_utf8_validate(s, -1, NULL) &&
		!strpbrk(s, " \t\r\n\033");
}

const char *cli_unix_user(void)
{
	const char *sudo = g_getenv("SUDO_USER");
	const struct passwd *user;
	static char *name;

	if (name)
		return name;
	/* Anybody can set a variable; root alone may say who he is for. */
	if (getuid() == 0 && arguments_is_name(sudo))
		return name = g_strdup(sudo);
	user = getpwuid(getuid());
	return name = user ? g_strdup(user->pw_name) : g_strdup_printf("%u", (unsigned)getuid());
}

char *cli_agent_login(void)
{
	const char *login = g_getenv("MILTICKET_AGENT");

	return g_strdup(login && *login ? login : cli_unix_user());
}
