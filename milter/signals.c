/* Signals. */
#include "signals.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

static sem_t milter_may_stop;

static void signals_ours(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
}

void signals_block(void)
{
	sigset_t set;

	sem_init(&milter_may_stop, 0, 0);
	signals_ours(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void signals_wait_for_stop(void (*reload)(void))
{
	sigset_t set;
	int signal;

	signals_ours(&set);
	while ((signal = sigwaitinfo(&set, NULL)) < 0 ? errno == EINTR : signal == SIGUSR1)
		if (signal == SIGUSR1)
			reload();
}

bool signals_stop_again(void)
{
	const struct timespec now = { 0, 0 };
	sigset_t set;
	int signal;

	signals_ours(&set);
	do
		signal = sigtimedwait(&set, NULL, &now);
	while (signal == SIGUSR1);
	return signal > 0;
}

void signals_stop_milter(void)
{
	sem_post(&milter_may_stop);
}

/* Replaces the C library's for libmilter, which alone calls it. If two threads waited for one
 * signal, either could get it, and libmilter would close connections on messages at hand. */
int sigwait(const sigset_t *restrict set, int *restrict signal_out)
{
	(void)set;
	while (sem_wait(&milter_may_stop) != 0)
		;
	*signal_out = SIGTERM;
	return 0;
}
