/* From root to the configured user, for good. */
#ifndef MILTICKET_PRIVILEGES_H
#define MILTICKET_PRIVILEGES_H

#include "settings/settings.h"

/* As root: checks that user and group exist and are not root's. As any other user: nothing, as we
 * stay that user. */
enum status privileges_check(const struct settings *settings, struct error *err);

/* As root: makes the store's and the archive's directories for the user, then does what follows as
 * that user, until raised. */
enum status privileges_lower(const struct settings *settings, struct error *err);
enum status privileges_raise(struct error *err);

/* As root: becomes the user for good. */
enum status privileges_drop(const struct settings *settings, struct error *err);

#endif
