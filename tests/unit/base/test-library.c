/* Libraries that are loaded when they are used: libm stands for one that is there. */
#include "base/library.h"

#include <math.h>
#include <string.h>

#define MATH_FUNCTIONS(F) F(, floor) F(, ceil)

static struct math {
	MATH_FUNCTIONS(LIBRARY_POINTER)
} math;
static const char *const math_names[] = { MATH_FUNCTIONS(LIBRARY_NAME) NULL };

static void assert_fails(struct library *library, const char *text)
{
	struct error err;

	for (int i = 0; i < 2; i++) { /* the second time, too */
		g_assert_cmpint(library_load(library, &err), ==, ST_IO);
		g_assert_cmpstr(err.text, ==, text);
	}
}

static void test_functions(void)
{
	struct library library = { "libm.so.6", math_names, &math, 0 };
	struct error err;

	g_assert_cmpint(library_load(&library, &err), ==, ST_OK);
	g_assert_true(math.floor(1.5) == 1 && math.ceil(1.5) == 2);
	memset(&math, 0, sizeof(math)); /* is not looked up again */
	g_assert_cmpint(library_load(&library, &err), ==, ST_OK);
	g_assert_null(math.floor);
}

static void test_there_is_none(void)
{
	struct library library = { "libnone-such.so.1", math_names, &math, 0 };

	assert_fails(&library,
		"cannot load library 'libnone-such.so.1': cannot open shared object file: "
		"No such file or directory");
}

static void test_it_lacks_a_function(void)
{
	static const char *const names[] = { "floor", "milticket_none_such", NULL };
	struct library library = { "libm.so.6", names, &math, 0 };

	assert_fails(
		&library, "cannot load library 'libm.so.6': undefined symbol: milticket_none_such");
}

static gpointer load_and_use(gpointer data)
{
	g_assert_cmpint(library_load(data, NULL), ==, ST_OK);
	g_assert_true(math.ceil(0.5) == 1);
	return NULL;
}

static void test_threads_at_once(void)
{
	struct library library = { "libm.so.6", math_names, &math, 0 };
	GThread *threads[8];

	memset(&math, 0, sizeof(math));
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("load", load_and_use, &library);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/library/functions", test_functions);
	g_test_add_func("/library/none", test_there_is_none);
	g_test_add_func("/library/lacks a function", test_it_lacks_a_function);
	g_test_add_func("/library/threads", test_threads_at_once);
	return g_test_run();
}
