/* Settings, and the questions asked of them. They are read by settings-load.c. */
#include "settings/settings.h"

#include <string.h>

#include "base/address.h"
#include "base/text.h"
#include "settings/settings-loader.h"
#include "settings/settings-table.h"

static void need_free(void *data)
{
	struct setting_need *need = data;

	g_free(need->value);
	g_free(need->where);
	g_free(need);
}

static GPtrArray **list_place(const struct setting_list *list, struct settings *settings)
{
	return (GPtrArray **)(void *)((char *)settings + list->offset);
}

struct settings *settings_new(const char *path)
{
	struct settings *settings = g_new0(struct settings, 1);

	settings->references = 1;
	settings->path = g_strdup(path);
	for (size_t i = 0; list_at(i); i++)
		*list_place(list_at(i), settings) = g_ptr_array_new_with_free_func(
			list_at(i)->free);
	settings->needs = g_ptr_array_new_with_free_func(need_free);
	settings->domains = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	settings->senders = g_hash_table_new(g_str_hash, g_str_equal);
	keys_default(SCOPE_TOP, settings);
	return settings;
}

static const char *rule_text(const struct rule *rule, const struct setting_row *key)
{
	return *(char *const *)(const void *)((const char *)rule + key->offset);
}

void rule_values(const struct rule *rule, GArray *values)
{
	const struct setting_row *key;

	for (size_t i = 0; (key = key_at(i)); i++) {
		struct rule_value value;

		if (!key->sets)
			continue;
		value.text = rule_text(rule, key);
		value.field = record_field(&ticket_type, key->sets);
		if (value.text && *value.text)
			g_array_append_val(values, value);
	}
}

struct settings *settings_ref(struct settings *settings)
{
	g_atomic_int_inc(&settings->references);
	return settings;
}

void settings_unref(struct settings *settings)
{
	if (!settings || !g_atomic_int_dec_and_test(&settings->references))
		return;
	g_hash_table_unref(settings->domains);
	g_hash_table_unref(settings->senders);
	for (size_t i = 0; list_at(i); i++)
		g_ptr_array_unref(list_objects(list_at(i), settings));
	g_ptr_array_unref(settings->needs);
	g_strfreev(settings->controls);
	template_shelf_free(settings->templates);
	tag_format_release(&settings->tag_format);
	keys_release(SCOPE_TOP, settings);
	g_free(settings->path);
	g_free(settings->bound);
	g_free(settings);
}

const struct account *settings_account(
	const struct settings *settings, const char *canonical, char **detail_out)
{
	const char *at = strrchr(canonical, '@');
	const GPtrArray *members = at ? g_hash_table_lookup(settings->domains, at + 1) : NULL;
	const struct account *found = NULL;
	size_t found_len = 0;
	char *detail = NULL;

	/* The longest name outranks the others, and the whole address all: "support+vip@" may be an
	 * account beside "support@". */
	for (guint i = 0; members && i < members->len && (!found || detail); i++) {
		const struct account_name *name = members->pdata[i];
		g_autofree char *this_detail = NULL;

		if (!address_is(
			    canonical, name->address, settings->recipient_delimiter, &this_detail))
			continue;
		if (found && this_detail && strlen(name->address) <= found_len)
			continue;
		g_free(detail);
		detail = g_steal_pointer(&this_detail);
		found = name->account;
		found_len = strlen(name->address);
	}
	if (detail_out)
		*detail_out = g_steal_pointer(&detail);
	g_free(detail);
	return found;
}

bool settings_is_control(const struct settings *settings, const char *canonical)
{
	for (char **control = settings->controls; *control; control++)
		if (address_is(canonical, *control, settings->recipient_delimiter, NULL))
			return true;
	return false;
}

const struct calendar *settings_calendar(const struct settings *settings, const char *name)
{
	for (guint i = 0; name && i < settings->calendars->len; i++) {
		const struct business_setting *business = settings->calendars->pdata[i];

		if (strcmp(business->name, name) == 0)
			return business->calendar;
	}
	return NULL;
}

const char *settings_archive(const struct settings *settings)
{
	return *settings->archive.path ? settings->archive.path : NULL;
}

const char *settings_state(const struct settings *settings)
{
	return settings->store.path;
}

const char *settings_archive_directory(const struct settings *settings)
{
	return g_path_is_absolute(settings->archive.path) ? settings->archive.path : NULL;
}

const char *settings_spool(const struct settings *settings)
{
	const char *archive = settings_archive_directory(settings);

	return archive ? archive : settings_state(settings);
}

bool settings_is_own(const struct settings *settings, const char *canonical)
{
	return g_hash_table_contains(settings->senders, canonical) ||
		settings_account(settings, canonical, NULL);
}

bool settings_is_desk(const struct settings *settings, const char *canonical)
{
	return settings_is_own(settings, canonical) || settings_is_control(settings, canonical);
}

bool settings_is_internal(const struct settings *settings, const char *canonical)
{
	g_autofree char *shown = NULL;

	if (settings_is_own(settings, canonical))
		return true;
	for (char **glob = settings->policy.internal_recipients; glob && *glob; glob++) {
		if (!shown)
			shown = address_shown(canonical);
		if (text_glob(*glob, canonical) || text_glob(*glob, shown))
			return true;
	}
	return false;
}
