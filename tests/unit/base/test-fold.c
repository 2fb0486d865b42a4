/* Words of texts, as they are indexed and asked for. */
#include "base/fold.h"

#include <string.h>

static void test_texts(void)
{
	/* clang-format off */
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "The printer, it SMOKES!", "the printer it smokes" },
		{ "Grüße aus Straßburg", "grusse aus strassburg" },
		{ "cafe\xcc\x81 café CAFÉ", "cafe cafe cafe" },
		{ "carla.kern@customer.example", "carla kern customer example" },
		{ "x-ray #1042, 3.5 kg", "x ray 1042 3 5 kg" },
		{ "東京都", "東京 京都 都" },
		{ "東", "東" },
		{ "A4用紙がない", "a4 用紙 紙か かな ない い" },
		{ "プリンター", "フリ リン ンタ ター ー" },
		{ "ﬁle №5 ½", "file no5 1 2" },
		/* one character each */
		{ "㌍", "カロ ロリ リー ー" },
		{ "ﷺ", "صلى الله عليه وسلم" },
		{ "Привет, мир", "привет мир" },
		{ "a\xff" "b", "a b" },
		{ "", "" },
		{ " \t\n", "" },
		{ "σίσυφος ΣΊΣΥΦΟΣ", "σισυφοσ σισυφοσ" },
	};
	/* clang-format on */

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		fold_text(rows[i].text, out);
		g_assert_cmpstr(out->str, ==, rows[i].words);
	}
}

static void test_texts_add_up(void)
{
	g_autoptr(GString) out = g_string_new(NULL);

	fold_text("one", out);
	fold_text(NULL, out);
	fold_text("two", out);
	g_assert_cmpstr(out->str, ==, "one two");
}

static void test_asked(void)
{
	/* clang-format off */
	static const struct {
		const char *text, *words;
		bool open;
	} rows[] = {
		{ "Printer", "printer", false },
		{ "carla@customer.example", "carla customer example", false },
		{ "東京都", "東京 京都", false },
		{ "東京", "東京", false },
		{ "東", "東", true },
		{ "A4用", "a4 用", true },
		{ "--", "", false },
	};
	/* clang-format on */

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		bool open;
		g_auto(GStrv) words = fold_asked(rows[i].text, &open);
		g_autofree char *joined = g_strjoinv(" ", words);

		g_assert_cmpstr(joined, ==, rows[i].words);
		g_assert_cmpint(open, ==, rows[i].open);
	}
}

/* What is cut is cut alike on either side, and never inside a character. */
static void test_long_words(void)
{
	g_autoptr(GString) ascii = g_string_new(NULL), cyrillic = g_string_new(NULL);
	g_autofree char *a = g_strnfill(1000, 'a');
	g_autoptr(GString) text = g_string_new("x");

	fold_text(a, ascii);
	g_assert_cmpuint(ascii->len, ==, FOLD_WORD_BYTES);
	for (int i = 0; i < 1000; i++)
		g_string_append(text, "ж");
	fold_text(text->str, cyrillic);
	g_assert_cmpuint(cyrillic->len, ==, FOLD_WORD_BYTES - 1);
	g_assert_true(g_utf8_validate(cyrillic->str, -1, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fold/a text is its words, whatever their form", test_texts);
	g_test_add_func("/fold/texts are put one after the other", test_texts_add_up);
	g_test_add_func("/fold/what is asked for is folded alike", test_asked);
	g_test_add_func("/fold/a word that has no end is cut", test_long_words);
	return g_test_run();
}
