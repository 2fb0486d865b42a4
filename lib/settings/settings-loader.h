/* What is at hand while a configuration is loaded. For settings-load.c, which reads the
 * file, and settings-finish.c, which completes it. */
#ifndef MILTICKET_SETTINGS_LOADER_H
#define MILTICKET_SETTINGS_LOADER_H

#include <libconfig.h>

#include "settings/settings-table.h"

struct loader {
	config_t config;
	const char *path;
	struct settings *settings;
	GHashTable *nodes; /* of elements of lists: element → config_setting_t * */
	struct error *err;
};

/* Defaults alone; of one reference. */
struct settings *settings_new(const char *path);

/* Where a key of an element stands; the element itself when it has its default. */
const config_setting_t *loader_node(
	const struct loader *loader, const void *element, const char *key);

/* "FILE:LINE" of a node. Owned. */
char *loader_where(const struct loader *loader, const config_setting_t *node);

/* ST_BAD_INPUT with "FILE:LINE: KEY: …"; without a node the key is not in the file, and the file
 * alone is named. */
enum status loader_fail(const struct loader *loader, const config_setting_t *node, const char *key,
	const char *fmt, ...) G_GNUC_PRINTF(4, 5);

/* Notes what a value names elsewhere; node NULL: it is the default. */
void loader_need(struct loader *loader, const config_setting_t *node, const struct setting_row *key,
	const char *value);
/* Those of defaults. Adds to what the values of the file need. */
enum status loader_default_needs(struct loader *loader);

/* Conditions, calendars and names of automations. */
enum status loader_automations(struct loader *loader);
enum status loader_automation_condition(struct loader *loader, struct automation *automation);
enum status loader_sla_condition(struct loader *loader, struct sla *sla);

/* What no single value shows: how they go together, and defaults made of others. */
enum status loader_finish(struct loader *loader);

#endif
