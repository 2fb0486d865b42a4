/* Dates and names as the reader of an automatic answer writes them. */
#include "mail/answer-words.h"

#include <glib.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"

static void test_dates(void)
{
	static const int64_t when = (int64_t)1795843505 *
		TEXT_SECOND; /* 28 November 2026, 05:25:05 UTC */
	static const struct {
		const char *language, *wanted;
	} rows[] = {
		{ "en", "28 November 2026 at 06:25" },
		{ "de", "28. November 2026 um 06:25 Uhr" },
		{ "de-AT", "28. November 2026 um 06:25 Uhr" },
		{ "EN-gb", "28 November 2026 at 06:25" },
		{ "fr", "2026-11-28 06:25" },
		{ "d", "2026-11-28 06:25" },
		{ NULL, "2026-11-28 06:25" },
	};

	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *found = answer_date(when, rows[i].language);

		g_assert_cmpstr(found, ==, rows[i].wanted);
	}
}

static void test_names(void)
{
	static const char *const rows[][2] = {
		{ "Müller, Max", "Max Müller" },
		{ "Max Müller", "Max Müller" },
		{ "von der Aa,  Anna Lena", "Anna Lena von der Aa" },
		{ "Smith, Jr.", "Smith, Jr." },
		{ "Acme, Inc.", "Acme, Inc." },
		{ "Beispiel, e.V.", "Beispiel, e.V." },
		{ "a, b, c", "a, b, c" },
		{ "Sales, 2nd floor", "Sales, 2nd floor" },
		{ ", Max", ", Max" },
		{ "Müller,", "Müller," },
		{ "Kern, Carla (IT)", "Kern, Carla (IT)" },
		{ "", "" },
		{ "Weber & Sohn, Bau", "Weber & Sohn, Bau" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *found = answer_name(rows[i][0]);

		g_assert_cmpstr(found, ==, rows[i][1]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/answer-words/a date is local, and in the reader's language", test_dates);
	g_test_add_func("/answer-words/first names come first", test_names);
	return g_test_run();
}
