/* Templates by name. */
#include "mail/template-shelf.h"

#include <stdbool.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"

static const char ending[] = ".eml";

struct template_shelf {
	GPtrArray *books; /* struct template_book * */
};

static void book_free(void *data)
{
	struct template_book *book = data;

	g_free(book->name);
	g_free(book->project);
	template_set_free(book->set);
	g_free(book);
}

struct template_shelf *template_shelf_new(void)
{
	struct template_shelf *shelf = g_new(struct template_shelf, 1);

	shelf->books = g_ptr_array_new_with_free_func(book_free);
	return shelf;
}

void template_shelf_free(struct template_shelf *shelf)
{
	if (!shelf)
		return;
	g_ptr_array_unref(shelf->books);
	g_free(shelf);
}

/* Owned. */
static char *shelf_stem(const char *name)
{
	size_t len = strlen(name) - (g_str_has_suffix(name, ending) ? strlen(ending) : 0);

	return g_strndup(name, len);
}

static struct template_set *shelf_exact(
	const struct template_shelf *shelf, const char *stem, const char *project)
{
	for (guint i = 0; i < shelf->books->len; i++) {
		const struct template_book *book = shelf->books->pdata[i];

		if (strcmp(book->name, stem) == 0 && g_strcmp0(book->project, project) == 0)
			return book->set;
	}
	return NULL;
}

const struct template_set *template_shelf_find(
	const struct template_shelf *shelf, const char *name, const char *project)
{
	g_autofree char *stem = shelf_stem(name);
	const struct template_set *set = project ? shelf_exact(shelf, stem, project) : NULL;

	return set ? set : shelf_exact(shelf, stem, NULL);
}

const struct template_book *template_shelf_at(const struct template_shelf *shelf, unsigned at)
{
	return at < shelf->books->len ? shelf->books->pdata[at] : NULL;
}

/* --- loading --- */

static int shelf_by_name(const void *a, const void *b)
{
	const struct template_book *x = *(void *const *)a, *y = *(void *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : g_strcmp0(x->project, y->project);
}

/* "nudge.de.eml" beside "nudge.eml" is the same in German. */
static bool is_translation(const char *dir, const char *file)
{
	g_autofree char *stem = shelf_stem(file), *base = NULL, *path = NULL;
	const char *dot = strrchr(stem, '.');

	if (!dot || !text_is_language(dot + 1))
		return false;
	base = g_strdup_printf("%.*s%s", (int)(dot - stem), stem, ending);
	path = g_build_filename(dir, base, NULL);
	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static enum status shelf_add_file(struct template_shelf *shelf, const char *dir, const char *file,
	const char *project, struct error *err)
{
	g_autofree char *stem = shelf_stem(file);
	struct template_set *set = NULL;
	struct template_book *book;
	enum status st;

	if (is_translation(dir, file) || shelf_exact(shelf, stem, project))
		return ST_OK;
	if (shelf->books->len >= LIMIT_TEMPLATES)
		return error_set(err, ST_BAD_INPUT, _("there are more than %d templates in '%s'"),
			LIMIT_TEMPLATES, dir);
	st = template_set_load(dir, file, &set, err);
	if (st != ST_OK)
		return st;
	book = g_new(struct template_book, 1);
	*book = (struct template_book){ g_steal_pointer(&stem), g_strdup(project), set };
	g_ptr_array_add(shelf->books, book);
	return ST_OK;
}

static enum status shelf_add_dir(
	struct template_shelf *shelf, const char *dir, const char *project, struct error *err);

static enum status shelf_add_entry(struct template_shelf *shelf, const char *dir, const char *name,
	const char *project, struct error *err)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	if (*name == '.')
		return ST_OK;
	if (!project && g_file_test(path, G_FILE_TEST_IS_DIR))
		return shelf_add_dir(shelf, path, name, err);
	if (!g_str_has_suffix(name, ending) || strcmp(name, ending) == 0)
		return ST_OK;
	return shelf_add_file(shelf, dir, name, project, err);
}

static enum status shelf_add_dir(
	struct template_shelf *shelf, const char *dir, const char *project, struct error *err)
{
	g_autoptr(GDir) handle = g_dir_open(dir, 0, NULL);
	enum status st = ST_OK;
	const char *name;

	while (st == ST_OK && handle && (name = g_dir_read_name(handle)))
		st = shelf_add_entry(shelf, dir, name, project, err);
	return st;
}

enum status template_shelf_add(struct template_shelf *shelf, const char *dir, struct error *err)
{
	enum status st = shelf_add_dir(shelf, dir, NULL, err);

	g_ptr_array_sort(shelf->books, shelf_by_name);
	return st;
}
