/* What is looked for, and where texts have it. */
#include "base/sought.h"

#include <string.h>

static void test_in(void)
{
	/* clang-format off */
	static const struct {
		const char *asked, *text;
		enum sought_how how;
		bool in;
	} rows[] = {
		{ "printer", "The PRINTER smokes", SOUGHT_LOOSE, true },
		{ "rinte", "The PRINTER smokes", SOUGHT_LOOSE, true },
		{ "rinte", "The PRINTER smokes", SOUGHT_EXACT, false },
		{ "print", "The PRINTER smokes", SOUGHT_OPEN, true },
		{ "rint", "The PRINTER smokes", SOUGHT_OPEN, false },
		{ "gruss", "Grüße", SOUGHT_LOOSE, true },
		{ "GRÜSSE", "grusse", SOUGHT_EXACT, true },
		{ "he", "The PRINTER", SOUGHT_LOOSE, false },         /* too short for a part */
		{ "smokes", "smoke", SOUGHT_LOOSE, false },
		{ "printer smokes", "The printer, smokes", SOUGHT_EXACT, true },
		{ "printer smokes", "The printer it smokes", SOUGHT_EXACT, false },
		{ "printer smo", "printer smokes", SOUGHT_OPEN, true },
		{ "a a b", "a a a b", SOUGHT_EXACT, true },
		{ "carla@customer.example", "<Carla@Customer.Example>", SOUGHT_LOOSE, true },
		{ "1042", "no 10423", SOUGHT_LOOSE, false },          /* never a part of a number */
		{ "1042", "#1042", SOUGHT_LOOSE, true },
		{ "inv20", "INV2026001", SOUGHT_LOOSE, true },        /* a code goes on */
		{ "v20", "INV2026001", SOUGHT_LOOSE, false },
		{ "invoice", "invoice2026.pdf", SOUGHT_LOOSE, true },
		{ "京都", "東京都", SOUGHT_LOOSE, true },
		{ "東都", "東京都", SOUGHT_LOOSE, false },
		{ "都", "東京都", SOUGHT_LOOSE, true },
		{ "用紙が", "A4用紙がない", SOUGHT_LOOSE, true },
		{ "x", "", SOUGHT_LOOSE, false },
		{ "x", NULL, SOUGHT_LOOSE, false },
	};
	/* clang-format on */

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct sought *sought = sought_new(rows[i].asked, rows[i].how);

		if (sought_in(sought, rows[i].text) != rows[i].in)
			g_error("'%s' in '%s'", rows[i].asked, rows[i].text);
		sought_free(sought);
	}
}

static void test_written(void)
{
	struct sought *open = sought_written("print*"), *loose = sought_written("print");

	g_assert_true(open->open && !open->part);
	g_assert_true(loose->part && !loose->open);
	g_assert_null(sought_written("?!"));
	g_assert_null(sought_written(""));
	sought_free(open);
	sought_free(loose);
	sought_free(NULL);
}

static void test_places(void)
{
	static const char text[] = "Grüße: der Drucker, DER DRUCKER.";
	struct sought *list[] = { sought_written("drucker"),
		sought_new("der drucker", SOUGHT_EXACT), sought_written("GRUSSE") };
	static const char *const expected[] = { "Grüße", "Drucker", "der Drucker", "DRUCKER",
		"DER DRUCKER" };
	g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(struct sought_place));

	sought_places((const struct sought *const *)list, 3, text, 10, places);
	g_assert_cmpuint(places->len, ==, G_N_ELEMENTS(expected));
	for (guint i = 0; i < places->len; i++) {
		const struct sought_place *p = &g_array_index(places, struct sought_place, i);
		g_autofree char *is = g_strndup(text + p->start, p->length);

		g_assert_cmpstr(is, ==, expected[i]);
	}
	g_assert_cmpuint(g_array_index(places, struct sought_place, 0).which, ==, 2);
	g_array_set_size(places, 0);
	sought_places((const struct sought *const *)list, 3, text, 2, places);
	g_assert_cmpuint(places->len, ==, 2);
	for (size_t i = 0; i < G_N_ELEMENTS(list); i++)
		sought_free(list[i]);
}

/* More words in a row than are compared are as good as none. */
static void test_long(void)
{
	g_autoptr(GString) long_one = g_string_new(NULL);
	struct sought *sought;

	for (int i = 0; i < 500; i++)
		g_string_append(long_one, "word ");
	sought = sought_new(long_one->str, SOUGHT_EXACT);
	g_assert_cmpuint(sought->n, ==, 64);
	g_assert_true(sought_in(sought, long_one->str));
	g_assert_false(sought_in(sought, "word word"));
	sought_free(sought);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sought/words, parts and phrases are in texts or not", test_in);
	g_test_add_func("/sought/it is read as it is written", test_written);
	g_test_add_func("/sought/places are those of the text as it is", test_places);
	g_test_add_func("/sought/there is an end to it", test_long);
	return g_test_run();
}
