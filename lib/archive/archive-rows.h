/* Archived mail in the store, where it has room for files; and what a place for such mail can do.
 */
#ifndef MILTICKET_ARCHIVE_ROWS_H
#define MILTICKET_ARCHIVE_ROWS_H

#include "archive/archive.h"
#include "store/store.h"

/* Is archive.path no directory? */
bool archive_in_rows(const char *dir);

/* The store of this process, which is opened once; NULL when it is closed. */
void archive_attach(struct store *store);

/* Keeps a mail durably; one of that name that is there is the same. */
enum status archive_rows_keep(
	const char *name, store_pieces_fn *next, void *arg, struct error *err);

/* A place. Names are safe; see archive.h. */
struct archive_place {
	enum status (*open)(const char *dir, const char *name, int *fd_out, struct error *err);
	enum status (*remove)(const char *dir, const char *name, struct error *err);
	enum status (*sync)(const char *dir, struct error *err);
	enum status (*set_aside)(const char *dir, const char *name, struct error *err);
	enum status (*walk)(const char *dir, archive_visit *fn, void *arg, struct error *err);
	enum status (*remove_before)(const char *dir, const char *day, uint64_t max,
		uint64_t *count_out, struct error *err);
};
extern const struct archive_place archive_rows;

#endif
