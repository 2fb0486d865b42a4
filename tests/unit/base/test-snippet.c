/* The part of a text where hits are. */
#include "base/snippet.h"

#include <string.h>

/* words separated by "/". "*" around marks; NULL: nothing. Owned. */
static char *cut_to(const char *text, const char *words, int columns)
{
	g_auto(GStrv) asked = g_strsplit(words, "/", -1);
	struct sought *list[SNIPPET_TERMS + 8] = { NULL };
	struct snippet snippet = { 0 };
	char *out = NULL;
	unsigned n = 0;

	for (char **p = asked; *p; p++)
		list[n++] = sought_written(*p);
	if (snippet_cut(text, (const struct sought *const *)list, n, &snippet)) {
		snippet_fit(&snippet, columns);
		out = snippet_marked(&snippet, "*", "*");
	}
	snippet_release(&snippet);
	while (n)
		sought_free(list[--n]);
	return out;
}

static char *cut(const char *text, const char *words)
{
	return cut_to(text, words, G_MAXINT);
}

static void test_cuts(void)
{
	/* clang-format off */
	static const struct {
		const char *text, *words, *cut;
	} rows[] = {
		{ "The printer smokes.", "printer", "The *printer* smokes." },
		{ "The printer smokes.", "rint/SMOKES", "The *printer* *smokes*." },
		{ "two\nlines \t here", "lines", "two *lines* here" },
		{ "Grüße", "grusse", "*Grüße*" },
		{ "cafe\xcc\x81!", "café", "*cafe\xcc\x81*!" },
		{ "東京都", "京都/東京", "*東京都*" },
		{ "the printer, a fire", "the printer/printer", "*the printer*, a fire" },
		{ "nothing", "printer", NULL },
		{ "", "printer", NULL },
	};
	/* clang-format on */

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *is = cut(rows[i].text, rows[i].words);

		g_assert_cmpstr(is, ==, rows[i].cut);
	}
}

/* Where most of them are together, wherever that is; cut between words and characters. */
static void test_long(void)
{
	g_autofree char *far = g_strnfill(3000, 'x'), *wide = NULL, *is = NULL, *solid = NULL;
	g_autoptr(GString) text = g_string_new("fire ");
	g_autoptr(GString) umlauts = g_string_new(NULL);

	for (int i = 0; i < 200; i++)
		g_string_append(text, "äöü ");
	g_string_append(text, "the fire of the printer ");
	for (int i = 0; i < 200; i++)
		g_string_append(text, "äöü ");
	is = cut(text->str, "printer/fire");
	g_assert_nonnull(strstr(is, "äöü the *fire* of the *printer* äöü"));
	g_assert_true(g_str_has_prefix(is, "…äöü ") && g_str_has_suffix(is, " äöü…"));
	g_assert_cmpuint(strlen(is), <=, SNIPPET_BYTES + 20);
	solid = cut(far, "xxx*"); /* a word without end, which is cut where it is indexed */
	g_assert_true(g_utf8_validate(solid, -1, NULL));
	for (int i = 0; i < 300; i++)
		g_string_append(umlauts, "ß");
	g_string_append(umlauts, " fire ");
	for (int i = 0; i < 300; i++)
		g_string_append(umlauts, "ß");
	wide = cut(umlauts->str, "fire");
	g_assert_true(g_utf8_validate(wide, -1, NULL) && strstr(wide, "*fire*"));
}

static void test_nothing_unseen(void)
{
	g_autofree char *is = cut("a \x1b[31m printer\x1b[0m \xe2\x80\xae red", "printer");

	g_assert_nonnull(strstr(is, "*printer*"));
	g_assert_null(strchr(is, '\x1b'));
	g_assert_null(strstr(is, "\xe2\x80\xae"));
}

static void test_found(void)
{
	struct sought *list[] = { sought_written("printer"), sought_written("lamp") };
	const struct sought *const *asked = (const struct sought *const *)list;

	g_assert_cmpuint(snippet_found("a lamp", asked, 2), ==, 2);
	g_assert_cmpuint(snippet_found("a lamp, a printer", asked, 2), ==, 3);
	g_assert_cmpuint(snippet_found("", asked, 2), ==, 0);
	sought_free(list[0]);
	sought_free(list[1]);
}

/* Past the first ones no more are marked, and nothing breaks. */
static void test_many(void)
{
	g_autoptr(GString) words = g_string_new("w0");
	g_autofree char *is = NULL;

	for (int i = 1; i < SNIPPET_TERMS + 8; i++)
		g_string_append_printf(words, "/w%d", i);
	is = cut("w0 w39", words->str);
	g_assert_cmpstr(is, ==, "*w0* w39");
}

/* In one line of a terminal, and the hit is seen. */
static void test_columns(void)
{
	/* clang-format off */
	static const struct {
		const char *text, *words, *cut;
		int columns;
	} rows[] = {
		{ "a b printer c d e f g h i j", "printer", "a b *printer* c d e…", 18 },
		{ "a b c d e f g printer h i j k", "printer", "…g *printer* h i …", 16 },
		{ "aaaa bbbb cccc dddd printer", "printer", "…cc dddd *printer*", 16 },
		{ "東京都の印刷機が動きません", "印刷", "…都の*印刷*機…", 13 },
		{ "printer a b c printer", "printer", "*printer* a b…", 12 },
		{ "printer a printer", "printer", "*printer* a *pri*…", 14 },
		{ "short printer", "printer", "short *printer*", 13 },
	};
	/* clang-format on */

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *is = cut_to(rows[i].text, rows[i].words, rows[i].columns);

		g_assert_cmpstr(is, ==, rows[i].cut);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/snippet/hits are marked, in one line", test_cuts);
	g_test_add_func("/snippet/the best place is cut out", test_long);
	g_test_add_func("/snippet/nothing of it acts on a terminal", test_nothing_unseen);
	g_test_add_func("/snippet/what is found can be counted", test_found);
	g_test_add_func("/snippet/there is an end to it", test_many);
	g_test_add_func("/snippet/it fits the columns of a terminal", test_columns);
	return g_test_run();
}
