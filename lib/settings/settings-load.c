/* From a file to checked, immutable settings. Knows where in the file a value stands; what a value
 * may be is in the table. */
#include "settings/settings-loader.h"

#include <errno.h>
#include <string.h>

#include "base/address.h"
#include "base/text.h"
#include "base/tongue.h"
#include "settings/settings-scan.h"
#include "settings/settings-syntax.h"
#include "settings/settings-table.h"

enum { SHOWN_MAX = 80 }; /* characters of a wrong value in a message */

static void *element_new(const struct setting_list *list)
{
	void *element = g_malloc0(list->size);

	keys_default(list->scope, element);
	return element;
}

static const char *type_name(const config_setting_t *node)
{
	static const char *const names[] = { [CONFIG_TYPE_NONE] = N_("nothing"),
		[CONFIG_TYPE_GROUP] = N_("a group { }"),
		[CONFIG_TYPE_INT] = N_("a number"),
		[CONFIG_TYPE_INT64] = N_("a number"),
		[CONFIG_TYPE_FLOAT] = N_("a number with a fraction"),
		[CONFIG_TYPE_STRING] = N_("a string"),
		[CONFIG_TYPE_BOOL] = N_("a boolean"),
		[CONFIG_TYPE_ARRAY] = N_("an array [ ]"),
		[CONFIG_TYPE_LIST] = N_("a list ( )") };

	return _(names[config_setting_type(node)]);
}

/* A scalar as the table reads it. NULL: it is of another shape. Owned. */
static char *scalar_text(const config_setting_t *node, enum shape shape)
{
	int type = config_setting_type(node);

	if (shape == SHAPE_STRING && type == CONFIG_TYPE_STRING)
		return g_strdup(config_setting_get_string(node));
	if (shape == SHAPE_INTEGER && (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64))
		return g_strdup_printf("%lld", config_setting_get_int64(node));
	if (shape == SHAPE_BOOLEAN && type == CONFIG_TYPE_BOOL)
		return g_strdup(config_setting_get_bool(node) ? "true" : "false");
	return NULL;
}

static enum status fail_value(const struct loader *loader, const config_setting_t *node,
	const struct setting_row *key, const char *text)
{
	g_autofree char *expected = key_expected(key), *shown = text_line(text, SHOWN_MAX);
	const char *near = key_nearest_word(key, text);

	if (near)
		return loader_fail(loader, node, key->name,
			_("expected %s, found \"%s\"; did you mean \"%s\"?"), expected, shown,
			near);
	if (key->kind->shape == SHAPE_INTEGER)
		return loader_fail(
			loader, node, key->name, _("expected %s, found %s"), expected, shown);
	return loader_fail(
		loader, node, key->name, _("expected %s, found \"%s\""), expected, shown);
}

static enum status load_scalar(struct loader *loader, const config_setting_t *node,
	const struct setting_row *key, enum shape shape, void *target)
{
	g_autofree char *text = scalar_text(node, shape), *expected = NULL;

	if (text && !key->kind->take(key, target, text))
		return fail_value(loader, node, key, text);
	if (text) {
		loader_need(loader, node, key, text);
		return ST_OK;
	}
	expected = key_expected(key);
	return loader_fail(loader, node, key->name, _("expected %s (%s), found %s"), expected,
		key->kind->type, type_name(node));
}

static enum status load_strings(struct loader *loader, const config_setting_t *node,
	const struct setting_row *key, void *target)
{
	enum status st = ST_OK;

	if (!config_setting_is_list(node) && !config_setting_is_array(node))
		return load_scalar(loader, node, key, SHAPE_STRINGS, target);
	for (int i = 0; st == ST_OK && i < config_setting_length(node); i++)
		st = load_scalar(loader, config_setting_get_elem(node, (unsigned)i), key,
			SHAPE_STRING, target);
	return st;
}

/* Names the keys there are beside the unknown one. */
static enum status fail_unknown(
	const struct loader *loader, const config_setting_t *node, const char *name)
{
	g_autofree char *near = key_nearest(name);
	const char *dot = strrchr(name, '.');
	g_autoptr(GString) known = g_string_new(NULL);
	size_t prefix = dot ? (size_t)(dot + 1 - name) : 0, len;
	const struct setting_row *key;

	for (size_t i = 0; (key = key_at(i)); i++) {
		if (strncmp(key->name, name, prefix))
			continue;
		len = strcspn(key->name + prefix, ".");
		if (i && !strncmp(key_at(i - 1)->name, key->name, prefix + len) &&
			strchr(".", key_at(i - 1)->name[prefix + len]))
			continue;
		g_string_append_printf(
			known, "%s%.*s", known->len ? ", " : "", (int)len, key->name + prefix);
	}
	if (near)
		return loader_fail(loader, node, name,
			_("unknown key, did you mean '%s'? expected one of %s"), near, known->str);
	return loader_fail(loader, node, name, _("unknown key, expected one of %s"), known->str);
}

static enum status load_group(
	struct loader *loader, config_setting_t *node, const char *prefix, void *base);

/* Each element is an object of its own. */
static enum status load_elements(
	struct loader *loader, config_setting_t *node, const struct setting_list *list)
{
	GPtrArray *objects = list_objects(list, loader->settings);
	const char *name = list->name;
	enum status st = ST_OK;

	if (!config_setting_is_list(node))
		return loader_fail(loader, node, name,
			_("expected a list of groups ( { ... } ), found %s"), type_name(node));
	for (int i = 0; st == ST_OK && i < config_setting_length(node); i++) {
		config_setting_t *element = config_setting_get_elem(node, (unsigned)i);

		if (!config_setting_is_group(element))
			return loader_fail(loader, element, name,
				_("expected a list of groups ( { ... } ), found %s in it"),
				type_name(element));
		g_ptr_array_add(objects, element_new(list));
		g_hash_table_insert(loader->nodes, objects->pdata[i], element);
		st = load_group(loader, element, name, objects->pdata[i]);
	}
	return st;
}

static enum status load_member(
	struct loader *loader, config_setting_t *node, const char *name, void *base)
{
	const struct setting_row *key = key_find(name);
	const struct setting_list *list = list_find(name);

	if (key && key->kind->shape == SHAPE_STRINGS)
		return load_strings(loader, node, key, (char *)base + key->offset);
	if (key)
		return load_scalar(loader, node, key, key->kind->shape, (char *)base + key->offset);
	if (!key_is_group(name))
		return fail_unknown(loader, node, name);
	if (list)
		return load_elements(loader, node, list);
	if (!config_setting_is_group(node))
		return loader_fail(loader, node, name, _("expected a group { ... }, found %s"),
			type_name(node));
	return load_group(loader, node, name, base);
}

static enum status load_group(
	struct loader *loader, config_setting_t *node, const char *prefix, void *base)
{
	enum status st = ST_OK;

	for (int i = 0; st == ST_OK && i < config_setting_length(node); i++) {
		config_setting_t *member = config_setting_get_elem(node, (unsigned)i);
		g_autofree char *name = g_strconcat(
			prefix, *prefix ? "." : "", config_setting_name(member), NULL);

		st = load_member(loader, member, name, base);
	}
	return st;
}

/* libconfig's own words say little more than the line. */
static enum status settings_fail_syntax(struct loader *loader)
{
	const char *included = config_error_file(&loader->config);
	g_autofree char *dir = g_path_get_dirname(loader->path), *file = NULL;

	/* It is named as the @include names it. */
	file = included ? g_canonicalize_filename(included, dir) : g_strdup(loader->path);
	if (syntax_explain(file, false, loader->err) != ST_OK)
		return ST_BAD_INPUT;
	return error_set(loader->err, ST_BAD_INPUT, "%s:%d: %s", file,
		config_error_line(&loader->config), config_error_text(&loader->config));
}

static enum status settings_read_file(struct loader *loader)
{
	g_autofree char *dir = g_path_get_dirname(loader->path);
	enum status st = settings_scan(loader->path, dir, loader->err);

	if (st != ST_OK)
		return st;
	config_set_include_dir(&loader->config, dir);
	if (config_read_file(&loader->config, loader->path))
		return syntax_explain(loader->path, true, loader->err);
	if (config_error_type(&loader->config) == CONFIG_ERR_FILE_IO)
		return error_set(loader->err, errno == EACCES ? ST_REFUSED : ST_IO,
			_("cannot read '%s': %s"), loader->path, g_strerror(errno));
	return settings_fail_syntax(loader);
}

enum status settings_load(const char *path, struct settings **settings_out, struct error *err)
{
	struct loader loader = { .path = path, .err = err };
	enum status st;

	config_init(&loader.config);
	loader.settings = settings_new(path);
	loader.nodes = g_hash_table_new(NULL, NULL);
	st = settings_read_file(&loader);
	if (st == ST_OK)
		st = load_group(&loader, config_root_setting(&loader.config), "", loader.settings);
	if (st == ST_OK)
		st = loader_finish(&loader);
	if (st == ST_OK)
		*settings_out = g_steal_pointer(&loader.settings);
	g_hash_table_unref(loader.nodes);
	settings_unref(loader.settings);
	config_destroy(&loader.config);
	return st;
}
