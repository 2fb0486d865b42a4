/* Maildir: the files in cur and new, of the directory and of its folders, in whatever way those are
 * nested. */
#include "keep/box-parts.h"

#include <string.h>

#include "base/tongue.h"

enum { DEPTH_MAX = 16 };

static int maildir_by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of their names, for the file system's is another every time. */
static GPtrArray *maildir_names_in(const char *path)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strdup(name));
	if (dir)
		g_dir_close(dir);
	g_ptr_array_sort(names, maildir_by_name);
	return names;
}

static void add_mails(struct box *box, const char *path)
{
	g_autoptr(GPtrArray) names = maildir_names_in(path);

	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		struct place place = { .nth = box->places->len + 1 };

		if (name[0] == '.')
			continue;
		place.file = g_build_filename(path, name, NULL);
		g_array_append_val(box->places, place);
	}
}

static bool holds_mail(const char *name)
{
	return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0;
}

/* True when it is a Maildir, or one is below it. */
static bool scan_folder(struct box *box, const char *path, unsigned depth)
{
	g_autoptr(GPtrArray) names = maildir_names_in(path);
	bool any = false;

	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		g_autofree char *child = g_build_filename(path, name, NULL);

		if (strcmp(name, "tmp") == 0 || g_file_test(child, G_FILE_TEST_IS_SYMLINK) ||
			!g_file_test(child, G_FILE_TEST_IS_DIR))
			continue;
		if (holds_mail(name)) {
			add_mails(box, child);
			any = true;
		} else if (depth < DEPTH_MAX) {
			any |= scan_folder(box, child, depth + 1);
		}
	}
	return any;
}

enum status maildir_scan(struct box *box, struct error *err)
{
	if (scan_folder(box, box->path, 0))
		return ST_OK;
	return error_set(
		err, ST_BAD_INPUT, _("'%s' is no Maildir: it has neither cur nor new"), box->path);
}
