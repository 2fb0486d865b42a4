/* Settings back to text, row by row of the table. */
#include "settings/settings-table.h"

#include <pthread.h>
#include <string.h>

static void append_quoted(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (; *text; text++) {
		if (strchr("\"\\", *text))
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

static void append_strings(GString *out, char *const *strings)
{
	g_string_append(out, "(");
	for (; strings && *strings; strings++) {
		g_string_append_c(out, ' ');
		append_quoted(out, *strings);
		g_string_append(out, strings[1] ? "," : " ");
	}
	g_string_append(out, ")");
}

/* libconfig before 1.7 cuts a number without the L to 32 bits. */
static void append_number(GString *out, const char *text)
{
	gint64 value = g_ascii_strtoll(text, NULL, 10);

	g_string_append_printf(
		out, "%s%s", text, value > G_MAXINT32 || value < G_MININT32 ? "L" : "");
}

/* Of one that is not a list. */
static void append_scalar(GString *out, enum shape shape, const char *text)
{
	if (shape == SHAPE_STRING)
		append_quoted(out, text);
	else if (shape == SHAPE_INTEGER)
		append_number(out, text);
	else
		g_string_append(out, text);
}

/* False when it is not set, so that there is nothing to write. */
static bool append_value(GString *out, const struct setting_row *key, const void *target)
{
	g_autofree char *text = key->kind->show(key, target);

	if (key->kind->shape == SHAPE_STRINGS)
		append_strings(out, *(char **const *)target);
	else if (text)
		append_scalar(out, key->kind->shape, text);
	return text || key->kind->shape == SHAPE_STRINGS;
}

char *key_default_text(const struct setting_row *key)
{
	GString *out = g_string_new(NULL);

	if (key->kind->shape == SHAPE_STRINGS)
		g_string_append(out, "( )");
	else
		append_scalar(out, key->kind->shape, key->fallback);
	return g_string_free(out, FALSE);
}

static void append_setting(GString *out, const struct setting_row *key, const char *member,
	const void *base, const char *indent)
{
	gsize before = out->len;

	g_string_append_printf(out, "%s%s = ", indent, member);
	if (append_value(out, key, (const char *)base + key->offset))
		g_string_append(out, ";\n");
	else
		g_string_truncate(out, before);
}

/* Length of the group's name at the start of member: "store" of "store.path"; 0 outside a group. */
static size_t group_length(const char *member)
{
	const char *dot = strchr(member, '.');

	return dot ? (size_t)(dot - member) : 0;
}

static bool same_group(const char *a, const char *b)
{
	size_t len = group_length(a);

	return len == group_length(b) && !strncmp(a, b, len);
}

/* All rows of a scope; those of a group stand together in the table. prefix: what their names begin
 * with, "accounts.". */
static void append_scope(GString *out, enum key_scope scope, const char *prefix, const void *base,
	const char *indent)
{
	g_autofree char *inner = g_strconcat(indent, "\t", NULL);
	const char *last = "";
	const struct setting_row *key;

	for (size_t i = 0; (key = key_at(i)); i++) {
		const char *member, *within;
		size_t group;

		if (key->scope != scope)
			continue;
		member = key->name + strlen(prefix);
		group = group_length(member);
		within = member + group + (group > 0);
		if (group_length(last) && !same_group(last, member))
			g_string_append_printf(out, "%s};\n", indent);
		if (group && !same_group(last, member))
			g_string_append_printf(out, "%s%.*s: {\n", indent, (int)group, member);
		append_setting(out, key, within, base, group ? inner : indent);
		last = member;
	}
	if (group_length(last))
		g_string_append_printf(out, "%s};\n", indent);
}

static void append_list(
	GString *out, const struct setting_list *list, const struct settings *settings)
{
	g_autofree char *prefix = g_strconcat(list->name, ".", NULL);
	const GPtrArray *objects = list_objects(list, settings);

	g_string_append_printf(out, "%s = (", list->name);
	for (guint i = 0; i < objects->len; i++) {
		g_string_append_printf(out, "%s\n\t{\n", i ? "," : "");
		append_scope(out, list->scope, prefix, objects->pdata[i], "\t\t");
		g_string_append(out, "\t}");
	}
	g_string_append(out, objects->len ? "\n);\n" : ");\n");
}

char *settings_text(const struct settings *settings)
{
	GString *out = g_string_new(NULL);

	append_scope(out, SCOPE_TOP, "", settings, "");
	for (size_t i = 0; list_at(i); i++)
		append_list(out, list_at(i), settings);
	return g_string_free(out, FALSE);
}

static enum setting_type print_type_of(enum shape shape)
{
	static const enum setting_type types[] = { [SHAPE_STRING] = SETTING_TEXT,
		[SHAPE_INTEGER] = SETTING_NUMBER,
		[SHAPE_BOOLEAN] = SETTING_BOOLEAN,
		[SHAPE_STRINGS] = SETTING_LIST };

	return types[shape];
}

static void each_of_scope(enum key_scope scope, const void *base, setting_visit *fn, void *arg)
{
	const struct setting_row *key;

	for (size_t i = 0; (key = key_at(i)); i++) {
		const void *target = (const char *)base + key->offset;
		g_autofree char *text = NULL;
		struct setting_value value = { key->name, print_type_of(key->kind->shape), NULL,
			NULL };

		if (key->scope != scope)
			continue;
		if (value.type == SETTING_LIST)
			value.list = *(char **const *)target;
		else
			value.text = text = key->kind->show(key, target);
		fn(&value, arg);
	}
}

void settings_each(const struct settings *settings, setting_visit *fn, void *arg)
{
	each_of_scope(SCOPE_TOP, settings, fn, arg);
}

const char *settings_list(const struct settings *settings, size_t i, unsigned *n_out)
{
	const struct setting_list *list = list_at(i);

	*n_out = list ? list_objects(list, settings)->len : 0;
	return list ? list->name : NULL;
}

void settings_element_each(
	const struct settings *settings, size_t i, unsigned element, setting_visit *fn, void *arg)
{
	const struct setting_list *list = list_at(i);

	each_of_scope(list->scope, list_objects(list, settings)->pdata[element], fn, arg);
}

char *settings_value(const struct settings *settings, const char *key)
{
	const struct setting_row *row = key_find(key);

	if (!row || row->scope != SCOPE_TOP)
		return NULL;
	return row->kind->show(row, (const char *)settings + row->offset);
}

static size_t print_key_count(void)
{
	size_t n = 0;

	while (key_at(n))
		n++;
	return n;
}

/* Made once: what is expected is composed of the row's bounds, so that they are written down in one
 * place. */
static struct setting_info *infos;

static void infos_make(void)
{
	const struct setting_row *key;

	infos = g_new(struct setting_info, print_key_count());
	for (size_t i = 0; (key = key_at(i)); i++)
		infos[i] = (struct setting_info){ key->name, key->kind->type, key->fallback,
			key_expected(key), key->help };
}

const struct setting_info *settings_key(size_t i)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, infos_make);
	return key_at(i) ? &infos[i] : NULL;
}
