/* Terminals. */
#include "terminal.h"

#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "base/tongue.h"
#include "model/ticket.h"

enum {
	DEFAULT_WIDTH = 80,
	LEAST_WIDTH = 40,
	MOST_WIDTH = 10000,
	MINUTE = 60,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR,
	YEAR = 365 * DAY
};

static int known = -1; /* is it a terminal? -1: not asked yet */
static int columns;    /* 0: not asked yet */
static bool without_pager;
static pid_t pager;

bool terminal_is(void)
{
	if (known < 0)
		known = isatty(STDOUT_FILENO);
	return known > 0;
}

static int ask_width(void)
{
	static const int fds[] = { STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO };
	const char *variable = g_getenv("COLUMNS");
	gint64 wanted = variable ? g_ascii_strtoll(variable, NULL, 10) : 0;
	struct winsize size;

	if (wanted >= LEAST_WIDTH)
		return (int)MIN(wanted, MOST_WIDTH);
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		if (ioctl(fds[i], TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
			return MAX(size.ws_col, LEAST_WIDTH);
	return DEFAULT_WIDTH;
}

int terminal_width(void)
{
	if (!columns)
		columns = ask_width();
	return columns;
}

static bool terminal_has_colour(void)
{
	const char *no = g_getenv("NO_COLOR"), *term = g_getenv("TERM");

	return terminal_is() && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

const char *terminal_on(enum colour colour)
{
	static const char *const codes[] = { "", "\033[1m", "\033[2m", "\033[31m", "\033[32m",
		"\033[33m", "\033[36m" };

	return terminal_has_colour() ? codes[colour] : "";
}

const char *terminal_off(void)
{
	return terminal_has_colour() ? "\033[0m" : "";
}

enum colour terminal_status_colour(int status)
{
	switch ((enum ticket_status)status) {
	case TICKET_NEW:
		return COLOUR_RED;
	case TICKET_OPEN:
	case TICKET_CLARIFY:
		return COLOUR_YELLOW;
	case TICKET_WAITING:
	case TICKET_INTERNAL:
		return COLOUR_CYAN;
	case TICKET_CLOSED:
		return COLOUR_GREEN;
	case TICKET_SPAM:
		return COLOUR_DIM;
	}
	return COLOUR_NONE;
}

char *terminal_line(const char *s, size_t max)
{
	return terminal_is() ? text_line_shown(s, max) : text_line(s, max);
}

void terminal_labelled(int width, const char *label, const char *value, size_t max)
{
	g_autofree char *clean = value ? terminal_line(value, max) : NULL;
	/* The translation of nothing is the catalogue's own header. */
	const char *said = *label ? _(label) : "";

	if (clean && *clean)
		printf("%s%s%*s%s %s\n", terminal_on(COLOUR_DIM), said,
			MAX(width - text_width(said), 0), "", terminal_off(), clean);
}

char *terminal_block(const char *s, size_t max)
{
	return terminal_is() ? text_block_shown(s, -1, max) : text_block(s, -1, max);
}

bool terminal_abandoned(void)
{
	struct pollfd out = { STDOUT_FILENO, 0, 0 };

	return poll(&out, 1, 0) > 0;
}

/* Is the program there that a command line begins with? A pager that is not would swallow
 * everything. */
static bool can_run(const char *command)
{
	g_autofree char *word = g_strndup(command, strcspn(command, " \t"));
	g_autofree char *path = g_find_program_in_path(word);

	return path != NULL;
}

/* NULL: none. An empty variable, or cat, means so. */
static const char *pager_command(void)
{
	const char *ours = g_getenv("MILTICKET_PAGER"), *general = g_getenv("PAGER");
	const char *usual = general ? general : "less", *command = ours;

	if (!command)
		command = usual;
	return *command && strcmp(command, "cat") != 0 && can_run(command) ? command : NULL;
}

/* The child's side: less leaves at once what fits a screen, shows colours and keeps the screen, as
 * git has it. */
static void become_pager(const char *command, int in)
{
	dup2(in, STDIN_FILENO);
	signal(SIGPIPE, SIG_DFL);
	g_setenv("LESS", "FRX", FALSE);
	g_setenv("LESSCHARSET", "utf-8", FALSE);
	execlp("sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

void terminal_no_pager(void)
{
	without_pager = true;
}

void terminal_page(void)
{
	const char *command = terminal_is() && !without_pager ? pager_command() : NULL;
	int fds[2];

	if (!command || pager || pipe2(fds, O_CLOEXEC) != 0)
		return;
	terminal_width();
	fflush(stdout);
	pager = fork();
	if (pager == 0)
		become_pager(command, fds[0]);
	if (pager > 0) {
		dup2(fds[1], STDOUT_FILENO);
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
	}
	close(fds[0]);
	close(fds[1]);
}

void terminal_end(void)
{
	if (pager <= 0)
		return;
	fflush(stdout);
	close(STDOUT_FILENO);
	waitpid(pager, NULL, 0);
	pager = 0;
	/* The final check of standard output has nothing left to flush into the closed pipe. */
	if (!freopen("/dev/null", "w", stdout))
		_exit(0);
}

bool terminal_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool terminal_agrees(const char *question)
{
	char answer[16] = "";

	fprintf(stderr, "%s [y/N] ", question);
	return fgets(answer, sizeof answer, stdin) && (*answer == 'y' || *answer == 'Y');
}

char *terminal_age(int64_t when, int64_t now)
{
	static const struct {
		int64_t below, unit;
		const char *name;
	} steps[] = { { HOUR, MINUTE, N_("min") }, { 2 * DAY, HOUR, N_("h") },
		{ 100 * DAY, DAY, N_("d") }, { 2 * YEAR, 7 * DAY, N_("w") } };
	int64_t s = MAX(now - when, 0) / TEXT_SECOND;

	if (when == 0)
		return g_strdup("-");
	if (s < MINUTE)
		return g_strdup(_("now"));
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
		if (s < steps[i].below)
			return g_strdup_printf("%d %s", (int)(s / steps[i].unit), _(steps[i].name));
	return g_strdup_printf(_("%d y"), (int)(s / YEAR));
}

char *terminal_time(int64_t when)
{
	g_autoptr(GDateTime) time =
		when && terminal_is() ? g_date_time_new_from_unix_local(when / TEXT_SECOND) : NULL;

	return time ? g_date_time_format(time, "%Y-%m-%d %H:%M") : text_rfc3339(when);
}
