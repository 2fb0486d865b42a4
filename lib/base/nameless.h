/* A file that nobody else sees, and that is gone when it is closed. */
#ifndef MILTICKET_NAMELESS_H
#define MILTICKET_NAMELESS_H

#include "base/status.h"

/* To write and read, in $TMPDIR or /var/tmp: what does not fit into memory would not fit into a
 * /tmp that is memory. ST_FULL, ST_IO. *fd_out: the caller's to close. */
enum status nameless_open(int *fd_out, struct error *err);

/* All of it, at the end of what is there. ST_FULL, ST_IO. */
enum status nameless_write(int fd, const void *data, size_t len, struct error *err);

/* What errno says of such a file. */
enum status nameless_failed(struct error *err);

#endif
