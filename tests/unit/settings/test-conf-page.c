/* The shipped milticket.conf and its manual against the table of keys: nothing missing, nothing
 * left over, the same defaults. */
#include "settings/settings.h"

#include <string.h>

#include "../settings-fixture.h"
#include "../source-tree.h"

static char *read_shipped(const char *name)
{
	g_autofree char *path = g_build_filename(source_tree, "conf", name, NULL);
	char *text;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

/* The page's paragraph about one key, up to the next item; NULL if there is none. Owned. */
static char *paragraph(const char *page, const char *key)
{
	g_autofree char *start = g_strdup_printf("\n.It Ic %s\n", key);
	const char *item = strstr(page, start), *end;

	if (!item)
		return NULL;
	item += strlen(start);
	end = strstr(item, "\n.It ");
	return end ? g_strndup(item, (gsize)(end - item)) : g_strdup(item);
}

static void test_page_has_every_key(void)
{
	g_autofree char *page = read_shipped("milticket.conf.5");
	const struct setting_info *info;

	for (size_t i = 0; (info = settings_key(i)); i++) {
		g_autofree char *text = paragraph(page, info->key);
		g_autofree char *shown = g_strdup_printf("Default:\n.Ql %s .", info->default_text);
		gint64 low, high;

		if (!text)
			g_error("milticket.conf.5 says nothing of %s", info->key);
		if (*info->default_text && !strstr(text, shown))
			g_error("milticket.conf.5: %s: expected '%s' in '%s'", info->key, shown,
				text);
		if (sscanf(info->bounds,
			    "a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, &low,
			    &high) == 2) {
			g_autofree char *bounds = g_strdup_printf(
				"from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, low, high);

			g_assert_nonnull(strstr(text, bounds));
		}
	}
}

/* Each word that a key may be, as the key's bounds list them. */
static void test_page_has_every_word(void)
{
	g_autofree char *page = read_shipped("milticket.conf.5");
	const struct setting_info *info;

	for (size_t i = 0; (info = settings_key(i)); i++) {
		g_autofree char *text = paragraph(page, info->key);
		g_auto(GStrv) words = g_strsplit(info->bounds, "\"", -1);

		for (guint w = 1; g_str_has_prefix(info->bounds, "one of ") && words[w]; w += 2) {
			g_autofree char *shown = g_strdup_printf(".Cm %s", words[w]);

			if (!strstr(text, shown))
				g_error("milticket.conf.5: %s: nothing of %s", info->key, words[w]);
		}
	}
}

static bool key_known(const char *key)
{
	const struct setting_info *info;

	for (size_t i = 0; (info = settings_key(i)); i++)
		if (!strcmp(info->key, key))
			return true;
	return false;
}

static void test_page_has_no_other_key(void)
{
	g_autofree char *page = read_shipped("milticket.conf.5");
	g_auto(GStrv) lines = g_strsplit(page, "\n", -1);

	for (char **line = lines; *line; line++)
		if (g_str_has_prefix(*line, ".It Ic ") && !key_known(*line + strlen(".It Ic ")))
			g_error("milticket.conf.5 describes %s, which is no key", *line);
}

static void test_valid_as_shipped(void)
{
	g_autofree char *text = read_shipped("milticket.conf"), *shipped = NULL, *empty = NULL;
	struct fixture fixture;
	struct settings *settings;

	fixture_init(&fixture);
	settings = fixture_load(&fixture, text);
	shipped = settings_text(settings);
	settings_unref(settings);
	settings = fixture_load(&fixture, "");
	empty = settings_text(settings);
	settings_unref(settings);
	g_assert_cmpstr(shipped, ==, empty);
	fixture_release(&fixture);
}

/* The shipped file with each "#" taken away that has no blank after it, as its first lines say.
 * Owned. */
static char *uncommented(void)
{
	g_autofree char *text = read_shipped("milticket.conf");
	g_autoptr(GRegex) mark = g_regex_new("^(\\t*)#(?=[^ \\n])", G_REGEX_MULTILINE, 0, NULL);

	return g_regex_replace(mark, text, -1, 0, "\\1", 0, NULL);
}

static void test_shows_defaults(void)
{
	g_autofree char *text = uncommented(), *with = NULL, *without = NULL;
	const char *accounts = strstr(text, "\naccounts = ("), *rules = strstr(text, "\nrules = (");
	g_autofree char *few = NULL;
	struct fixture fixture;
	struct settings *settings;

	g_assert_true(accounts && rules && accounts < rules);
	few = g_strdup_printf("accounts = ( { address = \"support@example.com\"; } );%s", rules);
	fixture_init(&fixture);
	settings = fixture_load(&fixture, text);
	with = settings_text(settings);
	settings_unref(settings);
	settings = fixture_load(&fixture, few);
	without = settings_text(settings);
	settings_unref(settings);
	g_assert_cmpstr(with, ==, without);
	fixture_release(&fixture);
}

/* Owned; NULL: nothing matches. */
static char *first_match(const char *text, const char *pattern)
{
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_OPTIMIZE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	g_regex_match(regex, text, 0, &match);
	return g_match_info_fetch(match, 0);
}

/* Once, under a comment of its own. */
static void test_shows_every_key(void)
{
	g_autofree char *text = read_shipped("milticket.conf");
	const struct setting_info *info;

	for (size_t i = 0; (info = settings_key(i)); i++) {
		g_auto(GStrv) names = g_strsplit(info->key, ".", -1);
		guint n = g_strv_length(names);
		g_autofree char *pattern = g_strdup_printf(
			"^\\t*# [^\\n]+\\n\\t*#\\t*%s = ", names[n - 1]);
		const char *group = text;

		for (guint g = 0; group && g < n - 1; g++) {
			g_autofree char *open = g_strdup_printf("\\b%s(: \\{| = \\()", names[g]);
			g_autofree char *found = NULL;

			found = first_match(group, open);
			group = found ? strstr(group, found) : NULL;
		}
		if (!group || !g_regex_match_simple(pattern, group, G_REGEX_MULTILINE, 0))
			g_error("milticket.conf does not show %s with a comment", info->key);
	}
}

static void test_rows_are_complete(void)
{
	const struct setting_info *info;
	size_t i;

	for (i = 0; (info = settings_key(i)); i++) {
		g_assert_true(*info->key && *info->type && *info->bounds && *info->help);
		g_assert_nonnull(info->default_text);
	}
	g_assert_cmpuint(i, >, 60);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conf/every row of the table is complete", test_rows_are_complete);
	g_test_add_func("/conf/the manual describes every key with its default and bounds",
		test_page_has_every_key);
	g_test_add_func(
		"/conf/the manual describes every word a key may be", test_page_has_every_word);
	g_test_add_func(
		"/conf/the manual describes nothing that is no key", test_page_has_no_other_key);
	g_test_add_func(
		"/conf/the shipped file is valid and changes nothing", test_valid_as_shipped);
	g_test_add_func(
		"/conf/the shipped file shows every key with a comment", test_shows_every_key);
	g_test_add_func("/conf/the shipped file shows the defaults", test_shows_defaults);
	return g_test_run();
}
