/* Is all there that the settings name: on this system, and in the store? */
#ifndef MILTICKET_NEEDS_H
#define MILTICKET_NEEDS_H

#include "settings/settings.h"
#include "store/store.h"

/* What nothing meets, as struct setting_need * borrowed of the settings; the array is the caller's.
 * store: NULL while there is none; then its agents and queues are not there either, unless unseen
 * says that nobody could look. */
enum status needs_unmet(const struct settings *settings, struct store *store, bool unseen,
	GPtrArray **unmet_out, struct error *err);

#endif
