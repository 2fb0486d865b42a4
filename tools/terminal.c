/* Terminals. */
#include "terminal.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"
#include "ticket.h"

enum { DEFAULT_WIDTH = 80, MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static int known = -1;		/* is it a terminal? -1: not asked yet */
static pid_t pager;

bool terminal_is(void)
{
	if (known < 0)
		known = isatty(STDOUT_FILENO);
	return known > 0;
}

int terminal_width(void)
{
	struct winsize size;
	const char *columns = g_getenv("COLUMNS");

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		return size.ws_col;
	return columns && g_ascii_strtoll(columns, NULL, 10) > 20 ? (int)MIN(g_ascii_strtoll(columns, NULL, 10), 10000) : DEFAULT_WIDTH;
}

bool terminal_has_colour(void)
{
	const char *no = g_getenv("NO_COLOR"), *term = g_getenv("TERM");

	return terminal_is() && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

const char *terminal_on(enum colour colour)
{
	static const char *const codes[] = { "", "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m", "\033[34m" };

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
		return COLOUR_BLUE;
	case TICKET_CLOSED:
		return COLOUR_GREEN;
	case TICKET_SPAM:
		return COLOUR_DIM;
	}
	return COLOUR_NONE;
}

static const char *pager_command(void)
{
	static const char *const names[] = { "MILTICKET_PAGER", "PAGER" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = g_getenv(names[i]);

		if (value)
			return *value && strcmp(value, "cat") != 0 ? value : NULL;
	}
	return "less";
}

void terminal_page(void)
{
	const char *command = terminal_is() ? pager_command() : NULL;
	int fds[2];

	if (!command || pager || pipe(fds) != 0)
		return;
	fflush(stdout);
	pager = fork();
	if (pager == 0) {
		dup2(fds[0], STDIN_FILENO);
		close(fds[0]);
		close(fds[1]);
		/* As git does: leave at once what fits a screen, show colours, keep the screen. */
		g_setenv("LESS", "FRX", FALSE);
		execlp("sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pager > 0)
		dup2(fds[1], STDOUT_FILENO);
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

char *terminal_age(int64_t when, int64_t now)
{
	int64_t s = MAX(now - when, 0) / TEXT_SECOND;

	if (when == 0)
		return g_strdup("-");
	if (s < MINUTE)
		return g_strdup("now");
	if (s < HOUR)
		return g_strdup_printf("%d min", (int)(s / MINUTE));
	if (s < 2 * DAY)
		return g_strdup_printf("%d h", (int)(s / HOUR));
	return g_strdup_printf("%d d", (int)(s / DAY));
}
