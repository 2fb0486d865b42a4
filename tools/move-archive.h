/* Mails of archive.path to a directory, and back. */
#ifndef MILTICKET_MOVE_ARCHIVE_H
#define MILTICKET_MOVE_ARCHIVE_H

#include "cli.h"

/* From the archive into the directory, or with `in` the other way. An exit code. */
int move_archive(struct cli *cli, const char *directory, bool in, bool quiet);

#endif
