/* milticketd: options, settings, the store, the socket, privileges, then the threads and
 * libmilter. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libmilter/mfapi.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "act/configuration.h"
#include "act/courier.h"
#include "base/crash.h"
#include "base/tongue.h"
#include "build-config.h"
#include "daemon.h"
#include "descriptors.h"
#include "filter.h"
#include "indexer.h"
#include "log.h"
#include "boxes.h"
#include "notify.h"
#include "privileges.h"
#include "sender.h"
#include "signals.h"
#include "socket.h"
#include "tables/needs.h"
#include "timers.h"
#include "wakes.h"

struct options {
	const char *config;
	bool foreground, check;
};

/* A message at hand must be done before a service manager loses patience, and while the MTA still
 * waits. */
enum { DRAIN_SECONDS = 30, ANSWER_US = 100 * 1000, WAKE_EVERY_US = 20 * 1000 };

static const char usage[] = "usage: milticketd [-f] [-t] [-V] [--config FILE]\n";

/* An exit code to leave with at once, or -1 to go on. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "check", no_argument, NULL, 't' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*options = (struct options){ SYSCONFDIR "/milticket/milticket.conf", false, false };
	while ((option = getopt_long(argc, argv, "c:ftVh", longs, NULL)) != -1) {
		if (option == 'c')
			options->config = optarg;
		else if (option == 'f')
			options->foreground = true;
		else if (option == 't')
			options->check = true;
		else if (option == 'V' || option == 'h') {
			fputs(option == 'V' ? "milticketd " PACKAGE_VERSION "\n" : usage, stdout);
			return EX_OK;
		} else {
			fputs(usage, stderr);
			return EX_USAGE;
		}
	}
	if (optind < argc) {
		struct error err;

		error_set(&err, ST_BAD_INPUT, _("unexpected argument '%s'"), argv[optind]);
		fprintf(stderr, "milticketd: %s\n%s", err.text, usage);
		return EX_USAGE;
	}
	return -1;
}

static int exit_code(enum status st)
{
	switch (st) {
	case ST_OK:
		return EX_OK;
	case ST_NOT_FOUND:
	case ST_EXISTS:
	case ST_BAD_INPUT:
		return EX_CONFIG;
	case ST_REFUSED:
		return EX_NOPERM;
	case ST_BUSY:
		return EX_TEMPFAIL;
	case ST_FULL:
	case ST_IO:
		return EX_CANTCREAT;
	}
	return EX_SOFTWARE;
}

/* --- going to the background --- */

/* The parent waits for one byte: the child's exit code so far, 0 when it is ready to serve. */
static int wait_for_child(int fd)
{
	unsigned char code = EX_SOFTWARE;
	ssize_t n;

	do
		n = read(fd, &code, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? code : EX_SOFTWARE;
}

/* -1 in the child, which goes on, with *ready_fd set; else the exit code of the parent. */
static int main_daemonise(int *ready_fd)
{
	int pipe_fds[2];
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		fprintf(stderr, _("milticketd: cannot go to the background: %s\n"),
			strerror(errno));
		return EX_OSERR;
	}
	if (pid > 0) {
		close(pipe_fds[1]);
		return wait_for_child(pipe_fds[0]);
	}
	close(pipe_fds[0]);
	setsid();
	*ready_fd = pipe_fds[1];
	return -1;
}

/* Tells the parent, and lets go of the terminal. */
static void main_report(int *ready_fd, unsigned char code, bool keep_stderr)
{
	int null;

	if (*ready_fd < 0)
		return;
	if (write(*ready_fd, &code, 1) != 1)
		log_warning("nobody waits for our start any more");
	close(*ready_fd);
	*ready_fd = -1;
	null = open("/dev/null", O_RDWR);
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!keep_stderr)
		dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	if (chdir("/") != 0)
		log_warning("cannot change to /: %s", g_strerror(errno));
}

/* --- the run --- */

static enum status start_threads(struct daemon *daemon, struct error *err)
{
	enum status st;

	if (!timers_start(daemon) || !indexer_start(daemon) || !boxes_start(daemon))
		return error_set(err, ST_BUSY, _("cannot start a thread: %s"), g_strerror(errno));
	st = sender_start(daemon, err);
	if (st == ST_OK && !wakes_start(daemon))
		st = error_set(err, ST_BUSY, _("cannot start a thread: %s"), g_strerror(errno));
	return st;
}

struct milter {
	pthread_t main;
	gint ended; /* atomic */
	int rc;
};

static gpointer run_milter(gpointer arg)
{
	struct milter *milter = arg;

	milter->rc = smfi_main();
	g_atomic_int_set(&milter->ended, 1);
	pthread_kill(milter->main, SIGTERM);
	return NULL;
}

/* Not by smfi_stop(), which waits for a lock that the listener holds for five seconds. */
static void stop_milter(struct milter *milter)
{
	signals_stop_milter();
	while (!g_atomic_int_get(&milter->ended)) {
		socket_wake();
		g_usleep(WAKE_EVERY_US);
	}
}

/* True if all messages at hand came to their end. */
static bool main_drain(struct daemon *daemon)
{
	gint64 until = g_get_monotonic_time() + DRAIN_SECONDS * G_TIME_SPAN_SECOND;

	while (!daemon_drain(daemon, WAKE_EVERY_US))
		if (signals_stop_again() || g_get_monotonic_time() > until)
			return false;
	return true;
}

/* Until the daemon is told to stop, or libmilter gives up. True as drain(). */
static bool run_until_stopped(struct daemon *daemon, int *rc_out)
{
	struct milter milter = { .main = pthread_self(), .rc = MI_FAILURE };
	GThread *thread = g_thread_new("milter", run_milter, &milter);
	bool drained;

	signals_wait_for_stop(timers_reload);
	notify_stopping();
	log_info("stopping");
	store_hurry(daemon->store);
	drained = main_drain(daemon);
	/* The last answers are libmilter's to write, after our callbacks have returned. */
	g_usleep(ANSWER_US);
	stop_milter(&milter);
	g_thread_join(thread);
	*rc_out = milter.rc;
	return drained;
}

/* While the store is opened, the exit code says that another start would not help. */
static void main_say_damaged(int signal)
{
	(void)signal;
	crash_say_damaged(STDERR_FILENO, "milticketd");
	_exit(EX_IOERR);
}

/* Later it may as well be a bug of ours: leave a core file and be started again, which most mail
 * then passes. */
static void say_crashed(int signal)
{
	static const char text[] =
		"milticketd: error: crashed; if ticket check finds the store damaged, restore a backup\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);

	(void)n;
	raise(signal);
}

/* Sanitizers report by themselves. After our own report the signal is raised again, and is fatal.
 */
static void words_for_crashes(void)
{
	const struct sigaction words = { .sa_handler = say_crashed, .sa_flags = SA_RESETHAND };
	struct sigaction now;

	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		if (sigaction(crash_signals[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			sigaction(crash_signals[i], &words, NULL);
}

static enum status main_open_store(struct daemon *daemon, struct error *err)
{
	const struct sigaction words = { .sa_handler = main_say_damaged };
	struct sigaction were[CRASH_SIGNALS];
	enum status st;

	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		sigaction(crash_signals[i], &words, &were[i]);
	st = daemon_open_store(daemon, err);
	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		sigaction(crash_signals[i], &were[i], NULL);
	return st;
}

/* The store is opened before the socket, so that whoever connects is served; it belongs to the
 * user, while the socket's directory may be root's. */
static enum status take_places(struct daemon *daemon, struct error *err)
{
	const struct settings *s = daemon->settings;
	enum status st = privileges_lower(s, err), raised;

	umask(0007);
	if (st == ST_OK)
		st = main_open_store(daemon, err);
	/* Also when the start fails: nobody, a leak checker for one, can look into a process with
	 * half of its rights as it ends. */
	raised = privileges_raise(st == ST_OK ? err : NULL);
	if (st == ST_OK)
		st = raised;
	if (st == ST_OK)
		st = socket_open(s, err);
	return st == ST_OK ? privileges_drop(s, err) : st;
}

static enum status main_prepare(struct daemon *daemon, struct error *err)
{
	if (!filter_register(daemon))
		return error_set(err, ST_IO, _("libmilter does not take our callbacks"));
	words_for_crashes();
	return take_places(daemon, err);
}

static int main_serve(struct daemon *daemon, int *ready_fd, bool to_stderr)
{
	struct error err = { "" };
	enum status st = main_prepare(daemon, &err);
	bool drained;
	int rc;

	if (st == ST_OK)
		st = start_threads(daemon, &err);
	if (st != ST_OK) {
		log_error("%s", err.text);
		if (!to_stderr)
			fprintf(stderr, "milticketd: %s\n", err.text);
		main_report(ready_fd, (unsigned char)exit_code(st), false);
		return exit_code(st);
	}
	log_info("ready on %s", daemon->settings->socket);
	main_report(ready_fd, EX_OK, to_stderr);
	notify_ready();
	drained = run_until_stopped(daemon, &rc);
	wakes_stop();
	sender_stop();
	timers_stop();
	indexer_stop();
	boxes_stop();
	socket_remove(daemon->settings);
	if (drained)
		daemon_close(daemon);
	else
		log_warning(
			"stopped before all messages came to their end; their senders will try again");
	return rc == MI_SUCCESS ? EX_OK : EX_SOFTWARE;
}

static int main_run(struct settings *settings, const struct options *options)
{
	bool to_stderr = settings->log == LOG_TO_STDERR;
	static struct daemon daemon;
	int ready_fd = -1, code;

	/* The store must be opened after the fork, and threads started. */
	code = options->foreground ? -1 : main_daemonise(&ready_fd);
	if (code >= 0) {
		settings_unref(settings);
		return code;
	}
	log_open(to_stderr);
	descriptors_prepare();
	signals_block();
	daemon_init(&daemon, options->config, settings);
	return main_serve(&daemon, &ready_fd, to_stderr);
}

/* --- the check alone --- */

/* NULL: there is none, or none that we may see (*unseen_out). */
static struct store *look_at_store(const struct settings *settings, bool *unseen_out)
{
	const struct passwd *user = getpwnam(settings->user);
	struct store_options options = store_options_of(settings);
	struct store *store = NULL;
	struct error err;
	enum status st;

	options.read_only = true;
	if (user) {
		options.uid = user->pw_uid;
		options.gid = user->pw_gid;
	}
	st = store_open(&options, &store, &err);
	*unseen_out = st != ST_OK && st != ST_NOT_FOUND;
	return store;
}

/* Says what the settings name and is not there: EX_CONFIG if the daemon cannot run without it. */
static int check_needs(const struct settings *settings)
{
	g_autoptr(GPtrArray) unmet = NULL;
	struct error err;
	bool unseen;
	struct store *store = look_at_store(settings, &unseen);
	enum status st = needs_unmet(settings, store, unseen, &unmet, &err);
	int code = exit_code(st);

	store_close(store);
	for (guint i = 0; unmet && i < unmet->len; i++) {
		bool doubt = setting_need_is_doubt(unmet->pdata[i]);
		g_autofree char *text = setting_need_text(unmet->pdata[i]);

		fprintf(stderr, "milticketd: %s%s\n", doubt ? "warning: " : "", text);
		if (!doubt)
			code = EX_CONFIG;
	}
	return code;
}

int main(int argc, char **argv)
{
	struct options options;
	struct settings *settings;
	struct error err = { "" };
	int code = parse_options(argc, argv, &options);
	enum status st;

	if (code >= 0)
		return code;
	/* No setlocale(): the log is English, whoever starts the daemon. */
	tongue_begin();
	st = configuration_load(options.config, &settings, &err);
	if (st == ST_OK && !options.check && (st = privileges_check(settings, &err)) != ST_OK)
		settings_unref(settings);
	if (st != ST_OK) {
		fprintf(stderr, "milticketd: %s\n", err.text);
		return EX_CONFIG;
	}
	if (!options.check)
		return main_run(settings, &options);
	code = check_needs(settings);
	settings_unref(settings);
	return code;
}
