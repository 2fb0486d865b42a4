/* Numbers in order, in memory and through a file. */
#include "base/sorter.h"

#include <glib/gstdio.h>
#include <string.h>

static GArray *all_of(struct sorter *s)
{
	GArray *numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	guint before;

	do {
		before = numbers->len;
		g_assert_cmpint(sorter_next(s, 7, numbers, NULL), ==, ST_OK);
	} while (numbers->len > before);
	return numbers;
}

static void add_key(struct sorter *s, const char *key, uint64_t number)
{
	g_assert_cmpint(sorter_add(s, key, strlen(key), number, NULL), ==, ST_OK);
}

static void assert_order(const struct sorter_options *with, const char *expected)
{
	struct sorter *s = sorter_new(with);
	GArray *numbers;
	g_autoptr(GString) got = g_string_new(NULL);

	add_key(s, "b", 1);
	add_key(s, "a", 2);
	add_key(s, "", 3);
	add_key(s, "b", 4);
	add_key(s, "ab", 5);
	numbers = all_of(s);
	for (guint i = 0; i < numbers->len; i++)
		g_string_append_printf(got, "%d", (int)g_array_index(numbers, uint64_t, i));
	g_assert_cmpstr(got->str, ==, expected);
	g_array_unref(numbers);
	sorter_free(s);
}

/* Like keys stay in the order of their coming, also the other way round. 32 bytes are two rows. */
static void test_order(void)
{
	static const size_t sizes[] = { 0, 32, 48 };

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		assert_order(&(struct sorter_options){ .bytes = sizes[i] }, "32514");
		assert_order(
			&(struct sorter_options){ .bytes = sizes[i], .reverse = true }, "14523");
		assert_order(&(struct sorter_options){ .bytes = sizes[i], .most = 2 }, "32");
		assert_order(&(struct sorter_options){ .bytes = sizes[i], .most = 9 }, "32514");
	}
}

/* A thousand numbers, twenty a key, so that they go through files of several runs. */
static void assert_many(uint64_t most)
{
	const struct sorter_options with = { .most = most, .bytes = SORTER_KEY_BYTES * 4 };
	struct sorter *s = sorter_new(&with);
	g_autofree char *filler = g_strnfill(1000, 'x');
	GArray *numbers;

	for (unsigned i = 0; i < 1000; i++) {
		g_autofree char *key = g_strdup_printf("%s%02u", filler, (i * 37) % 50);

		add_key(s, key, i);
	}
	numbers = all_of(s);
	g_assert_cmpuint(numbers->len, ==, most ? most : 1000);
	for (guint i = 1; i < numbers->len; i++) {
		uint64_t a = g_array_index(numbers, uint64_t, i - 1),
			 b = g_array_index(numbers, uint64_t, i);

		g_assert_cmpuint((a * 37) % 50 * 1000 + a, <, (b * 37) % 50 * 1000 + b);
	}
	g_array_unref(numbers);
	sorter_free(s);
}

static void test_many(void)
{
	assert_many(0);
	assert_many(3);
	assert_many(500);
}

/* Only the first SORTER_KEY_BYTES of it count. */
static void test_long_key(void)
{
	struct sorter *s = sorter_new(&(struct sorter_options){ .bytes = SORTER_KEY_BYTES + 64 });
	g_autofree char *filler = g_strnfill(SORTER_KEY_BYTES, 'x'),
			*longer = g_strconcat(filler, "a", NULL);
	GArray *numbers;

	add_key(s, longer, 1);
	add_key(s, filler, 2);
	add_key(s, "x", 3);
	numbers = all_of(s);
	g_assert_cmpuint(numbers->len, ==, 3);
	g_assert_cmpuint(g_array_index(numbers, uint64_t, 0), ==, 3);
	g_assert_cmpuint(g_array_index(numbers, uint64_t, 1), ==, 1);
	g_array_unref(numbers);
	sorter_free(s);
}

static void test_nothing(void)
{
	struct sorter *s = sorter_new(&(struct sorter_options){ .most = 5 });
	GArray *numbers = all_of(s);

	g_assert_cmpuint(numbers->len, ==, 0);
	g_array_unref(numbers);
	sorter_free(s);
}

/* No place for the file: said, not sorted wrongly. */
static void test_no_place(void)
{
	struct sorter *s = sorter_new(&(struct sorter_options){ .bytes = 32 });
	struct error err = { "" };

	g_setenv("TMPDIR", "/nonexistent", TRUE);
	add_key(s, "a", 1);
	add_key(s, "b", 2);
	g_assert_cmpint(sorter_add(s, "c", 1, 3, &err), ==, ST_IO);
	g_assert_nonnull(strstr(err.text, "cannot keep what is to be printed"));
	g_unsetenv("TMPDIR");
	sorter_free(s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sorter/order", test_order);
	g_test_add_func("/sorter/many", test_many);
	g_test_add_func("/sorter/long-key", test_long_key);
	g_test_add_func("/sorter/nothing", test_nothing);
	g_test_add_func("/sorter/no-place", test_no_place);
	return g_test_run();
}
