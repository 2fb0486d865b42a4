/* One template in its languages: a file, and its siblings with a language before the ending. */
#include "mail/template.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "base/tongue.h"

struct variant {
	char *language; /* as in the file's name; NULL: the default */
	struct template *template;
};

struct template_set {
	GPtrArray *variants; /* struct variant *, the default first, then by name */
};

static void variant_free(void *data)
{
	struct variant *variant = data;

	g_free(variant->language);
	template_free(variant->template);
	g_free(variant);
}

void template_set_free(struct template_set *set)
{
	if (!set)
		return;
	g_ptr_array_unref(set->variants);
	g_free(set);
}

static enum status add_variant(struct template_set *set, const char *dir, const char *file,
	const char *language, struct error *err)
{
	g_autofree char *path = g_build_filename(dir, file, NULL);
	struct template *template;
	enum status st = template_load(path, &template, err);
	struct variant *variant;

	if (st != ST_OK)
		return st;
	variant = g_new(struct variant, 1);
	variant->language = g_strdup(language);
	variant->template = template;
	g_ptr_array_add(set->variants, variant);
	return ST_OK;
}

/* "de" of "opened.de.eml" for "opened.eml"; NULL if file is no sibling. Owned. */
static char *sibling_language(const char *file, const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *ending = dot ? dot : "";
	size_t stem = dot ? (size_t)(dot - name) : strlen(name), len = strlen(file),
	       tail = strlen(ending);
	g_autofree char *language = NULL;

	if (len <= stem + 1 + tail || strncmp(file, name, stem) || file[stem] != '.' ||
		!g_str_has_suffix(file, ending))
		return NULL;
	language = g_strndup(file + stem + 1, len - stem - 1 - tail);
	if (!text_is_language(language))
		return NULL;
	return g_steal_pointer(&language);
}

static int set_by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* File names in dir, sorted, so that the same directory always loads and fails alike. Owned. */
static GPtrArray *list_dir(const char *dir)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) handle = g_dir_open(dir, 0, NULL);
	const char *file;

	while (handle && (file = g_dir_read_name(handle)))
		g_ptr_array_add(files, g_strdup(file));
	g_ptr_array_sort(files, set_by_name);
	return files;
}

static enum status add_siblings(
	struct template_set *set, const char *dir, const char *name, struct error *err)
{
	g_autoptr(GPtrArray) files = list_dir(dir);
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < files->len; i++) {
		g_autofree char *language = sibling_language(files->pdata[i], name);

		if (language)
			st = add_variant(set, dir, files->pdata[i], language, err);
	}
	return st;
}

enum status template_set_load(
	const char *dir, const char *name, struct template_set **set_out, struct error *err)
{
	struct template_set *set;
	enum status st;

	if (!*name || strchr(name, '/'))
		return error_set(err, ST_BAD_INPUT,
			_("expected the name of a file in '%s', found '%s'"), dir, name);
	set = g_new(struct template_set, 1);
	set->variants = g_ptr_array_new_with_free_func(variant_free);
	st = add_variant(set, dir, name, NULL, err);
	if (st == ST_OK)
		st = add_siblings(set, dir, name, err);
	if (st == ST_OK)
		*set_out = g_steal_pointer(&set);
	template_set_free(set);
	return st;
}

static const char *variant_language(const struct variant *variant)
{
	const char *own = template_language(variant->template);

	return own ? own : variant->language;
}

/* The variant whose file or header says exactly these len bytes; NULL. */
static const struct variant *find_variant(
	const struct template_set *set, const char *language, size_t len)
{
	for (guint i = 0; i < set->variants->len; i++) {
		const struct variant *variant = set->variants->pdata[i];
		const char *name = variant->language ? variant->language
						     : variant_language(variant);

		if (name && strlen(name) == len && !g_ascii_strncasecmp(name, language, len))
			return variant;
	}
	return NULL;
}

/* RFC 4647 section 3.4: "zh-hant-tw", then "zh-hant", then "zh". */
static const struct variant *set_look_up(
	const struct template_set *set, const char *language, size_t len)
{
	const struct variant *variant = find_variant(set, language, len);

	while (!variant && len) {
		do
			len--;
		while (len && language[len] != '-');
		variant = find_variant(set, language, len);
	}
	return variant;
}

const struct template *template_set_pick(
	const struct template_set *set, const char *languages, const char **language_out)
{
	const struct variant *variant = NULL;

	for (size_t len; languages && *languages && !variant;
		languages += len + (languages[len] == ',')) {
		len = strcspn(languages, ",");
		variant = set_look_up(set, languages, len);
	}
	if (!variant)
		variant = set->variants->pdata[0];
	if (language_out)
		*language_out = variant_language(variant);
	return variant->template;
}

char **template_set_languages(const struct template_set *set)
{
	char **languages = NULL;

	for (guint i = 0; i < set->variants->len; i++)
		text_list_add(&languages, text_or_none(variant_language(set->variants->pdata[i])));
	return languages;
}
