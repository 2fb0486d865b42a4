#include <glib.h>

#include "base/nearest.h"

static const char *const names[] = { "to", "text", "close", "reopen", "requester", "close-all",
	"language_from_mail", NULL };

static const struct {
	const char *word, *nearest;
} words[] = {
	{ "close", "close" },
	{ "CLOSE", "close" },
	{ "clsoe", "close" },
	{ "lcsoe", "close" },
	{ "cls", "close" },
	{ "xlxsx", NULL },
	{ "closeall", "close-all" },
	{ "txt", "text" },
	{ "tx", NULL },
	{ "ot", NULL },
	{ "", NULL },
	{ "reqeustre", "requester" },
	{ "rquste", "requester" },
	{ "xquxtxr", NULL },
	{ "lang_from_mail", "language_from_mail" },
	{ "closecloseclosecloseclosecloseclosecloseclose", NULL },
};

static void test_words(void)
{
	static const char *const none[] = { NULL };

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		g_assert_cmpstr(nearest_name(words[i].word, names), ==, words[i].nearest);
	g_assert_null(nearest_name("close", none));
}

/* What begins, or goes on. */
static void test_begun(void)
{
	g_assert_cmpstr(nearest_begun("lang", names), ==, "language_from_mail");
	g_assert_cmpstr(nearest_begun("requester_name", names), ==, "requester");
	g_assert_cmpstr(nearest_begun("clsoe", names), ==, "close");
	g_assert_null(nearest_begun("la", names));
	g_assert_null(nearest_begun("tomorrow", names));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
		"/nearest/two slips, a third of a long name, never half of one", test_words);
	g_test_add_func("/nearest/one that begins, where it can be nothing else", test_begun);
	return g_test_run();
}
