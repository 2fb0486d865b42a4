/* Files that go along with an answer. */
#ifndef MILTICKET_FILES_H
#define MILTICKET_FILES_H

#include <glib.h>

#include "act/reply.h"

/* Reads them; LIMIT_FORWARD_BYTES of all of them at most. paths: char *. *files_out: struct
 * reply_file *, owned. ST_IO, ST_BAD_INPUT (too large) name the file. */
enum status files_read(const GPtrArray *paths, GPtrArray **files_out, struct error *err);

/* Puts a mail of ours into the archive, durably; the name that it got, owned. */
enum status files_keep_mail(const struct settings *settings, const GString *mail, int64_t now,
	char **name_out, struct error *err);

#endif
