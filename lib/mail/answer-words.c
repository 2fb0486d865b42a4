/* Dates and names in words. */
#include "mail/answer-words.h"

#include <glib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

static char *date_english(const struct tm *tm)
{
	static const char *const months[] = { "January", "February", "March", "April", "May",
		"June", "July", "August", "September", "October", "November", "December" };

	return g_strdup_printf("%d %s %d at %02d:%02d", tm->tm_mday, months[tm->tm_mon],
		tm->tm_year + 1900, tm->tm_hour, tm->tm_min);
}

static char *date_german(const struct tm *tm)
{
	static const char *const months[] = { "Januar", "Februar", "März", "April", "Mai", "Juni",
		"Juli", "August", "September", "Oktober", "November", "Dezember" };

	return g_strdup_printf("%d. %s %d um %02d:%02d Uhr", tm->tm_mday, months[tm->tm_mon],
		tm->tm_year + 1900, tm->tm_hour, tm->tm_min);
}

static char *date_anywhere(const struct tm *tm)
{
	return g_strdup_printf("%d-%02d-%02d %02d:%02d", tm->tm_year + 1900, tm->tm_mon + 1,
		tm->tm_mday, tm->tm_hour, tm->tm_min);
}

static const struct {
	const char *language;
	char *(*date)(const struct tm *tm);
} languages[] = { { "en", date_english }, { "de", date_german } };

char *answer_date(int64_t when, const char *language)
{
	size_t len = language ? strcspn(language, "-_") : 0;
	time_t t = (time_t)(when / TEXT_SECOND);
	struct tm tm;

	localtime_r(&t, &tm);
	for (size_t i = 0; i < G_N_ELEMENTS(languages); i++)
		if (strlen(languages[i].language) == len &&
			g_ascii_strncasecmp(languages[i].language, language, len) == 0)
			return languages[i].date(&tm);
	return date_anywhere(&tm);
}

/* What follows a comma and is no first name. */
static bool is_suffix(const char *word)
{
	static const char *const suffixes[] = { "jr", "sr", "ii", "iii", "iv", "phd", "md", "ma",
		"ba", "msc", "bsc", "mba", "esq", "inc", "ltd", "llc", "gmbh", "ag", "kg", "ev",
		"co", "corp", "sa", "bv" };
	g_autofree char *lower = g_ascii_strdown(word, -1);
	GString *letters = g_string_new(NULL);
	bool is = false;

	for (const char *p = lower; *p; p++)
		if (*p != '.' && *p != ' ')
			g_string_append_c(letters, *p);
	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++)
		is |= strcmp(suffixes[i], letters->str) == 0;
	g_string_free(letters, TRUE);
	return is;
}

/* One comma between two names: no department, no list. */
static bool is_turned_round(const char *last, const char *first)
{
	return *last && *first && !strchr(first, ',') && !strpbrk(last, "0123456789@/()") &&
		!strpbrk(first, "0123456789@/()") && !is_suffix(first) && !strchr(last, '&');
}

char *answer_name(const char *name)
{
	const char *comma = strchr(name, ',');
	g_autofree char *last = NULL, *first = NULL;

	if (!comma)
		return g_strdup(name);
	last = g_strstrip(g_strndup(name, (gsize)(comma - name)));
	first = g_strstrip(g_strdup(comma + 1));
	if (!is_turned_round(last, first))
		return g_strdup(name);
	return g_strconcat(first, " ", last, NULL);
}
