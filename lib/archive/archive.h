/* Messages as received, one file each, below archive.path: YYYY/MM/DD/<digest>.eml, mode 0640, CRLF
 * made LF. Where archive.path is SETTINGS_IN_STORE, they are in the store beside its rows. `dir` is
 * either. */
#ifndef MILTICKET_ARCHIVE_H
#define MILTICKET_ARCHIVE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Is it a name that archive_name() of model/names.h gives, to the letter? */
bool archive_name_valid(const char *name);

/* Relative, without "..", "." or empty parts. */
bool archive_name_is_safe(const char *name);

/* Opens for reading; refuses names that lead outside dir, and symbolic links. *fd_out is the
 * caller's: of the file, or of a copy without a name. */
enum status archive_open(const char *dir, const char *name, int *fd_out, struct error *err);

/* Whole contents, at most max bytes. Owned. */
enum status archive_read(const char *dir, const char *name, size_t max, char **data_out,
	size_t *len_out, struct error *err);

/* Everything written below dir so far is on disk when it returns. */
enum status archive_sync(const char *dir, struct error *err);

enum status archive_remove(const char *dir, const char *name, struct error *err);

/* Removes the files of days before `day` ("YYYY/MM/DD"), oldest first and at most max, and the
 * directories that are empty after it. Looks into no directory of a later day. */
enum status archive_remove_before(
	const char *dir, const char *day, uint64_t max, uint64_t *count_out, struct error *err);

/* Moves a file that is nobody's into the Maildir ARCHIVE_UNCLAIMED below dir, made when missing. */
#define ARCHIVE_UNCLAIMED "unclaimed"
enum status archive_set_aside(const char *dir, const char *name, struct error *err);

/* Each archive file below dir, as relative name; for check and purge. fn returns false to stop. */
typedef bool archive_visit(const char *name, int64_t modified, void *arg);
enum status archive_walk(const char *dir, archive_visit *fn, void *arg, struct error *err);

#endif
