/* milticket.conf as the programs load it: the settings, and what only those who act can judge. */
#ifndef MILTICKET_CONFIGURATION_H
#define MILTICKET_CONFIGURATION_H

#include "settings/settings.h"
#include "store/store.h"

/* settings_load(), and the actions of automations are looked at. Errors and ownership as there. */
enum status configuration_load(const char *path, struct settings **settings_out, struct error *err);

/* With the store's saved queries, if conditions name some (settings_bind()). *doubts_out: char *,
 * owned; may be NULL. */
enum status configuration_bind(
	struct settings *settings, struct store *store, GPtrArray **doubts_out, struct error *err);

#endif
