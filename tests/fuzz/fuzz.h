/* What the fuzz targets share: libFuzzer's entry, and input as a file for what reads files. */
#ifndef MILTICKET_FUZZ_H
#define MILTICKET_FUZZ_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An assertion that stays in optimised builds. */
#define FUZZ_ASSERT(x) \
	do { \
		if (!(x)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
			abort(); \
		} \
	} while (0)

/* Writes the input to a file of this process, always the same; borrowed path. */
static inline const char *fuzz_file(const uint8_t *data, size_t size, const char *suffix)
{
	static char *path;

	if (!path)
		path = g_strdup_printf(
			"%s/milticket-fuzz-%d%s", g_get_tmp_dir(), (int)getpid(), suffix);
	FUZZ_ASSERT(g_file_set_contents(path, (const char *)data, (gssize)size, NULL));
	return path;
}

/* No byte that could end a header line early. */
static inline bool fuzz_one_header(const char *value)
{
	for (const char *p = value; *p; p++)
		if (*p == '\r' || (*p == '\n' && p[1] != ' ' && p[1] != '\t'))
			return false;
	return true;
}

#endif
