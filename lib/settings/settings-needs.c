/* What values name that is not in the file, noted while it is read. */
#include "settings/settings-loader.h"

char *loader_where(const struct loader *loader, const config_setting_t *node)
{
	const char *file = node ? config_setting_source_file(node) : NULL;

	if (!node)
		return g_strdup(loader->path);
	return g_strdup_printf(
		"%s:%u", file ? file : loader->path, config_setting_source_line(node));
}

const config_setting_t *loader_node(
	const struct loader *loader, const void *element, const char *key)
{
	config_setting_t *node = g_hash_table_lookup(loader->nodes, element);
	config_setting_t *member = config_setting_lookup(node, key);

	return member ? member : node;
}

enum status loader_fail(const struct loader *loader, const config_setting_t *node, const char *key,
	const char *fmt, ...)
{
	g_autofree char *reason = NULL, *where = loader_where(loader, node);
	va_list ap;

	va_start(ap, fmt);
	reason = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	return error_set(loader->err, ST_BAD_INPUT, "%s: %s: %s", where, key, reason);
}

void loader_need(struct loader *loader, const config_setting_t *node, const struct setting_row *key,
	const char *value)
{
	struct setting_need *need;

	if (key->needs == NEEDS_NOTHING_ELSE || !*value)
		return;
	need = g_new0(struct setting_need, 1);
	need->kind = key->needs;
	need->key = key->name;
	need->value = g_strdup(value);
	need->where = loader_where(loader, node);
	need->is_default = !node;
	g_ptr_array_add(loader->settings->needs, need);
}

void settings_need(struct settings *settings, enum setting_need_kind kind,
	const struct automation *automation, const char *value)
{
	struct setting_need *need = g_new0(struct setting_need, 1);

	need->kind = kind;
	need->key = "automations.do";
	need->value = g_strdup(value);
	need->where = g_strdup(automation->where);
	g_ptr_array_add(settings->needs, need);
}

static bool is_noted(const struct settings *settings, const struct setting_row *key)
{
	for (guint i = 0; i < settings->needs->len; i++)
		if (((const struct setting_need *)settings->needs->pdata[i])->key == key->name)
			return true;
	return false;
}

enum status loader_default_needs(struct loader *loader)
{
	const struct setting_row *key;

	for (size_t i = 0; (key = key_at(i)); i++)
		if (key->scope == SCOPE_TOP && !is_noted(loader->settings, key))
			loader_need(loader, NULL, key, key->fallback);
	return ST_OK;
}
