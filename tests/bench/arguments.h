/* The command line of the generators, and how they give up. */
#ifndef MILTICKET_BENCH_ARGUMENTS_H
#define MILTICKET_BENCH_ARGUMENTS_H

#include <glib.h>
#include <stdbool.h>

/* Takes the options off the command line; fits says whether they, and the number of words left,
 * make sense. If not, or for an unknown one, the help is printed and the exit code is 64. */
void arguments_read(const GOptionEntry *options, const char *words, bool (*fits)(int argc),
	int *argc, char ***argv);

/* Prints why, exits with 1. */
G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN void die(const char *fmt, ...);

#endif
