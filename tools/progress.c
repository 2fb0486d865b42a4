/* The progress line. */
#include "progress.h"

#include <glib.h>
#include <stdio.h>
#include <unistd.h>

#include "base/tongue.h"

enum { BAR = 30, SECOND = 1000000, EVERY = SECOND / 10 };

void progress_begin(struct progress *progress)
{
	progress->began = g_get_monotonic_time();
	progress->quiet |= !isatty(STDERR_FILENO);
}

static void progress_print_bar(uint64_t done, uint64_t total)
{
	unsigned full = total ? (unsigned)(done * BAR / total) : BAR;

	fputc('[', stderr);
	for (unsigned i = 0; i < BAR; i++)
		fputc(i < full ? '#' : '.', stderr);
	fputc(']', stderr);
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total)
{
	int64_t now = g_get_monotonic_time();
	double seconds = (double)(now - progress->began) / SECOND,
	       rate = seconds > 0 ? (double)done / seconds : 0;
	unsigned left = rate > 0 ? (unsigned)((double)(total - done) / rate) : 0;

	if (progress->quiet || (now - progress->shown < EVERY && done < total))
		return;
	progress->shown = now;
	fputs("\r\033[K", stderr);
	progress_print_bar(done, total);
	fprintf(stderr, _(" %" PRIu64 "/%" PRIu64 " %s, %.0f/s, %u:%02u left"), done, total,
		progress->unit, rate, left / 60, left % 60);
	fflush(stderr);
}

void progress_clear(struct progress *progress)
{
	if (!progress->quiet)
		fputs("\r\033[K", stderr);
}
