/* From root to the configured user, for good. */
#ifndef MILTICKET_PRIVILEGES_H
#define MILTICKET_PRIVILEGES_H

#include "settings.h"

/* As root: checks that user and group exist and are not root's. Otherwise nothing: we keep who we are. */
enum status privileges_check(const struct settings *settings, struct error *err);

/* As root: makes the store's and the archive's directories for the user, then becomes it. */
enum status privileges_drop(const struct settings *settings, struct error *err);

#endif
