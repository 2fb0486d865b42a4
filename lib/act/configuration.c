/* The whole configuration. */
#include "act/configuration.h"

#include "act/automation.h"

enum status configuration_load(const char *path, struct settings **settings_out, struct error *err)
{
	struct settings *settings = NULL;
	enum status st = settings_load(path, &settings, err);

	for (guint i = 0; st == ST_OK && i < settings->automations->len; i++)
		st = automation_check(settings, settings->automations->pdata[i], err);
	if (st == ST_OK)
		*settings_out = settings;
	else
		settings_unref(settings);
	return st;
}
