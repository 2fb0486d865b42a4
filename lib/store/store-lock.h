/* One daemon a store: whoever holds this lock is it, or keeps it from starting while the store is
 * being replaced. */
#ifndef MILTICKET_STORE_LOCK_H
#define MILTICKET_STORE_LOCK_H

#include "base/status.h"

/* Makes the directory when missing. ST_BUSY: a daemon runs. *fd_out holds the lock until
 * store_unlock(), or the end of the process. */
enum status store_lock(const char *dir, int *fd_out, struct error *err);
/* Does a daemon run on it? Makes nothing. ST_BUSY: yes; ST_OK: no; ST_REFUSED: we may not look. */
enum status store_is_locked(const char *dir);
void store_unlock(int fd); /* -1: nothing */

/* What root makes in it must be the daemon's, as the directory is. */
void store_give_to_owner_of(const char *dir, int fd);

#endif
