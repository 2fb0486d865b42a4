/* What a call of the core came to, and why in words. The only way errors travel in lib/. */
#ifndef MILTICKET_STATUS_H
#define MILTICKET_STATUS_H

#include <glib.h>

enum status {
	ST_OK,
	ST_NOT_FOUND, /* an answer, not a failure */
	ST_EXISTS,
	ST_BAD_INPUT, /* the caller's data is wrong; retrying cannot help */
	ST_REFUSED,   /* understood, but not allowed */
	ST_FULL,      /* no space, or a limit of the store is reached */
	ST_BUSY,      /* try again later */
	ST_IO
};

enum { ERROR_MAX = 512 };

/* Embedded, needs no release. text is lower case, one line, no full stop, and valid UTF-8 in which
 * everything is seen: what it echoes of a stranger, or of a long argument, is made so
 * (text_line_shown()) and cut in the middle. */
struct error {
	char text[ERROR_MAX];
};

/* Formats into err, which may be NULL, and returns st, so that callers can `return
 * error_set(...)`. */
enum status error_set(struct error *err, enum status st, const char *fmt, ...) G_GNUC_PRINTF(3, 4);
enum status error_vset(struct error *err, enum status st, const char *fmt, va_list ap)
	G_GNUC_PRINTF(3, 0);

#endif
