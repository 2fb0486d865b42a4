/* The archive: names that stay below it, and what walks find. */
#include "archive/archive.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "model/names.h"
#include "../store-fixture.h"

static char *dir;

static void put(const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL),
			*parent = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0750), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_names(void)
{
	static const char digest[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	g_autofree char *name = archive_name(INT64_C(1795490100) * TEXT_SECOND, digest),
			*never = archive_name(G_MAXINT64, digest);

	g_assert_cmpstr(name, ==, "2026/11/24/0123456789abcdef0123456789abcdef01234567.eml");
	g_assert_true(g_str_has_suffix(never, "/0123456789abcdef0123456789abcdef01234567.eml"));
}

static void test_reading(void)
{
	struct error err = { "" };
	char *data;
	size_t len;

	put("2026/a.eml", "hello");
	g_assert_cmpint(archive_read(dir, "2026/a.eml", 100, &data, &len, &err), ==, ST_OK);
	g_assert_cmpmem(data, len, "hello", 5);
	g_free(data);
	g_assert_cmpint(archive_read(dir, "2026/a.eml", 3, &data, &len, &err), ==, ST_OK);
	g_assert_cmpmem(data, len, "hel", 3);
	g_free(data);
	g_assert_cmpint(archive_read(dir, "2026/b.eml", 100, &data, &len, &err), ==, ST_NOT_FOUND);
	g_assert_cmpint(archive_read(dir, "2027/a.eml", 100, &data, &len, &err), ==, ST_NOT_FOUND);
	g_assert_cmpint(archive_remove(dir, "2026/a.eml", &err), ==, ST_OK);
	g_assert_cmpint(archive_remove(dir, "2026/a.eml", &err), ==, ST_NOT_FOUND);
}

/* A name comes out of the store, and of imported files: it must not lead anywhere else. */
static void test_names_that_lead_outside(void)
{
	static const char *const names[] = { "", "/etc/passwd", "../outside.eml",
		"2026/../../outside.eml", "2026//a.eml", "./a.eml", "..", "2026/.." };
	struct error err;
	int fd;

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_assert_cmpint(archive_open(dir, names[i], &fd, &err), ==, ST_REFUSED);
		g_assert_cmpint(archive_remove(dir, names[i], &err), ==, ST_REFUSED);
	}
}

static void test_symbolic_links(void)
{
	g_autofree char *file = g_build_filename(dir, "link.eml", NULL),
			*directory = g_build_filename(dir, "linked", NULL);
	struct error err;
	int fd;

	put("elsewhere/a.eml", "x");
	g_assert_cmpint(symlink("elsewhere/a.eml", file), ==, 0);
	g_assert_cmpint(symlink("elsewhere", directory), ==, 0);
	g_assert_cmpint(archive_open(dir, "link.eml", &fd, &err), ==, ST_IO);
	g_assert_cmpint(archive_open(dir, "linked/a.eml", &fd, &err), ==, ST_IO);
}

/* Once this was not so, and a test removed what it had only linked to. */
static void test_cleaning_up_follows_no_link(void)
{
	g_autofree char *gone = g_build_filename(dir, "gone", NULL),
			*link = g_build_filename(gone, "link", NULL),
			*target = g_build_filename(dir, "stays", NULL);
	g_autofree char *file = g_build_filename(target, "a.eml", NULL);

	put("stays/a.eml", "x");
	put("gone/b.eml", "x");
	g_assert_cmpint(symlink(target, link), ==, 0);
	remove_tree(gone);
	g_assert_false(g_file_test(gone, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
}

struct seen {
	GString *names;
	unsigned most;
};

static bool note(const char *name, int64_t modified, void *arg)
{
	struct seen *seen = arg;

	g_assert_cmpint(modified, >, 0);
	g_string_append_printf(seen->names, "%s ", name);
	return --seen->most > 0;
}

static void test_walk(void)
{
	struct seen all = { g_string_new(NULL), 100 }, one = { g_string_new(NULL), 1 };
	struct error err;

	put("walk/2026/11/a.eml", "x");
	put("walk/2026/11/.spool-1", "x");
	put("walk/2026/b.eml.tmp", "x");
	put("walk/2025/c.eml", "x");
	{
		g_autofree char *below = g_build_filename(dir, "walk", NULL),
				*missing = g_build_filename(dir, "missing", NULL);

		g_assert_cmpint(archive_walk(below, note, &all, &err), ==, ST_OK);
		g_assert_cmpint(archive_walk(below, note, &one, &err), ==, ST_OK);
		g_assert_cmpint(archive_walk(missing, note, &one, &err), ==, ST_OK);
	}
	g_assert_nonnull(strstr(all.names->str, "2026/11/a.eml "));
	g_assert_nonnull(strstr(all.names->str, "2025/c.eml "));
	g_assert_cmpuint(all.most, ==, 98);
	g_assert_cmpuint(one.most, ==, 0);
	g_string_free(all.names, TRUE);
	g_string_free(one.names, TRUE);
}

int main(int argc, char **argv)
{
	int rc;

	g_test_init(&argc, &argv, NULL);
	dir = g_dir_make_tmp("archive-XXXXXX", NULL);
	g_test_add_func("/archive/names", test_names);
	g_test_add_func("/archive/reading and removing", test_reading);
	g_test_add_func("/archive/names that lead outside", test_names_that_lead_outside);
	g_test_add_func("/archive/symbolic links", test_symbolic_links);
	g_test_add_func("/archive/walking", test_walk);
	g_test_add_func("/archive/cleaning up follows no link", test_cleaning_up_follows_no_link);
	rc = g_test_run();
	remove_tree(dir);
	g_free(dir);
	return rc;
}
