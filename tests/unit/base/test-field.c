#include <glib.h>
#include <string.h>

#include "base/field.h"

static const struct {
	const char *line;
	size_t loose, strict;
} names[] = {
	{ "Subject: x", 7, 7 },
	{ "Subject:", 7, 7 },
	{ "Subject : x", 7, 0 },
	{ "Subject \t: x", 7, 0 },
	{ "Subject", 0, 0 },
	{ "Sub ject: x", 0, 0 },
	{ " Subject: x", 0, 0 },
	{ ": x", 0, 0 },
	{ "", 0, 0 },
	{ "S\xc3\xbc: x", 0, 0 },
	{ "Subject\n: x", 0, 0 },
};

static void test_names(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *end = names[i].line + strlen(names[i].line);

		g_assert_cmpuint(field_name_length(names[i].line, end), ==, names[i].loose);
		g_assert_cmpuint(field_name_strict(names[i].line, end), ==, names[i].strict);
	}
	/* The colon is not in it. */
	g_assert_cmpuint(field_name_length("Subject: x", "Subject: x"), ==, 0);
}

static void test_ends(void)
{
	static const struct {
		const char *fields;
		size_t len;
	} cases[] = { { "A: b\nC: d\n", 5 }, { "A: b\n c\n\td\nE: f\n", 11 }, { "A: b", 4 },
		{ "A: b\n\n", 5 }, { "A: b\r\n c\r\n\r\n", 10 } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *p = cases[i].fields;

		g_assert_cmpuint((size_t)(field_end(p, p + strlen(p)) - p), ==, cases[i].len);
	}
}

static void test_values(void)
{
	static const struct {
		const char *raw;
		size_t len;
		const char *value;
	} cases[] = {
		{ " a\r\n b\r\n", 8, "a b" },
		{ " a\n\tb\n", 6, "a\tb" },
		{ "\r\n \r\n a", 7, "a" },
		{ "a\rb", 3, "a b" },
		{ "a\nb", 3, "a b" },
		{ "a\r\nb", 4, "a b" },
		{ "\0 a\0b\0", 6, "ab" },
		{ "a ", 2, "a " },
		{ "", 0, "" },
		{ "\r\n", 2, "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *value = field_unfolded(cases[i].raw, cases[i].len);

		g_assert_cmpstr(value, ==, cases[i].value);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/field/names", test_names);
	g_test_add_func("/field/ends", test_ends);
	g_test_add_func("/field/values", test_values);
	return g_test_run();
}
