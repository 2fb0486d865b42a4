/* A file that people write for us, read whole. */
#ifndef MILTICKET_TEXTFILE_H
#define MILTICKET_TEXTFILE_H

#include <stddef.h>

#include "base/status.h"

/* A regular file of at most max bytes of UTF-8 without NUL; a byte order mark is left out. ST_IO:
 * it cannot be read; ST_BAD_INPUT names file and, for a wrong byte, line. *text_out is owned by the
 * caller. */
enum status textfile_read(const char *path, size_t max, char **text_out, struct error *err);

#endif
