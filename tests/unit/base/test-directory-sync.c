/* Directories that many threads sync at once. */
#include "base/directory-sync.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>

enum { THREADS = 16, TURNS = 20 };

static char *here, *there;

static void test_a_directory_is_synced(void)
{
	g_assert_cmpint(directory_sync(here), ==, 0);
	g_assert_cmpint(directory_sync(here), ==, 0);
	g_assert_cmpint(directory_sync(there), ==, 0);
}

static void test_a_failure_is_told_and_forgotten(void)
{
	g_assert_cmpint(directory_sync("/nonexistent"), ==, ENOENT);
	g_assert_cmpint(directory_sync(here), ==, 0);
}

/* Each third thread asks for what is not there: it alone is to hear so. */
static gpointer work(gpointer arg)
{
	const char *const paths[] = { here, there, "/nonexistent" };
	unsigned which = GPOINTER_TO_UINT(arg) % G_N_ELEMENTS(paths);
	unsigned wrong = 0;

	for (int i = 0; i < TURNS; i++)
		wrong += directory_sync(paths[which]) != (which == 2 ? ENOENT : 0);
	return GUINT_TO_POINTER(wrong);
}

static void test_each_thread_hears_of_its_own_directory(void)
{
	GThread *threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++)
		threads[i] = g_thread_new("sync", work, GUINT_TO_POINTER(i));
	for (unsigned i = 0; i < THREADS; i++)
		g_assert_cmpuint(GPOINTER_TO_UINT(g_thread_join(threads[i])), ==, 0);
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	here = g_dir_make_tmp("sync-XXXXXX", NULL);
	there = g_dir_make_tmp("sync-XXXXXX", NULL);
	g_test_add_func("/directory-sync/a directory is synced", test_a_directory_is_synced);
	g_test_add_func("/directory-sync/a failure is told and forgotten",
		test_a_failure_is_told_and_forgotten);
	g_test_add_func("/directory-sync/each thread hears of its own directory",
		test_each_thread_hears_of_its_own_directory);
	code = g_test_run();
	g_rmdir(here);
	g_rmdir(there);
	g_free(here);
	g_free(there);
	return code;
}
