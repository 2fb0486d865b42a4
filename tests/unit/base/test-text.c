/* Strings: what cleaning leaves, globs, times, durations, codes, columns. */
#include "base/text.h"

#include <string.h>

static void test_lines(void)
{
	static const struct {
		const char *given;
		size_t max;
		const char *line;
	} lines[] = {
		{ "", 10, "" },
		{ " a  b\t\r\nc ", 10, "a b c" },
		{ "a\x01\x1b[2Jb", 20, "a [2Jb" },
		{ "\xc3\xa9\xc3\xa9", 3, "\xc3\xa9" },
		{ "\xc3\xa9", 1, "" },
		{ "a\xff"
		  "b",
			10,
			"a\xef\xbf\xbd"
			"b" },
		{ "abc", 3, "abc" },
		{ "abc", 2, "ab" },
		{ "ab c", 3, "ab" },
		{ "a\xe2\x80\xae"
		  "b",
			10, "a b" },
		{ "a\xc2\x85"
		  "b\xe2\x80\xa8"
		  "c",
			10, "a b c" },
		{ "abc", 0, "" },
		{ "a\xc2\xa0"
		  "b",
			10, "a b" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *line = text_line(lines[i].given, lines[i].max);

		g_assert_cmpstr(line, ==, lines[i].line);
	}
}

#define RLO "\342\200\256"
#define ZWSP "\342\200\213"
#define ZWJ "\342\200\215"
#define ZWNJ "\342\200\214"
#define EMOJI_STYLE "\357\270\217"
#define FIRE "\360\237\224\245"
#define HEART "\342\235\244"
#define TAG_A "\363\240\201\201"

/* As it is kept, and as it is shown. */
static void test_unseen(void)
{
	static const struct {
		const char *given, *kept, *shown;
	} texts[] = {
		{ "a" RLO "b", "a" RLO "b", "a<U+202E>b" },
		{ "pay" ZWSP "pal", "pay" ZWSP "pal", "pay<U+200B>pal" },
		{ "soft\302\255hyphen", "soft\302\255hyphen", "soft<U+00AD>hyphen" },
		{ TAG_A TAG_A, TAG_A TAG_A, "<U+E0041><U+E0041>" },
		{ "a\302\233"
		  "31m",
			"a\302\233"
			"31m",
			"a<U+009B>31m" },
		{ "a\357\273\277", "a\357\273\277", "a<U+FEFF>" },
		{ "\343\205\244", "\343\205\244", "<U+3164>" },
		/* what belongs to emoji and to Persian stays, and only once */
		{ HEART EMOJI_STYLE ZWJ FIRE, HEART EMOJI_STYLE ZWJ FIRE,
			HEART EMOJI_STYLE ZWJ FIRE },
		{ FIRE EMOJI_STYLE EMOJI_STYLE, FIRE EMOJI_STYLE EMOJI_STYLE,
			FIRE EMOJI_STYLE "<U+FE0F>" },
		{ "1" EMOJI_STYLE, "1" EMOJI_STYLE, "1" EMOJI_STYLE },
		{ "a" EMOJI_STYLE ZWJ "b", "a" EMOJI_STYLE ZWJ "b", "a<U+FE0F><U+200D>b" },
		{ "\331\205\333\214" ZWNJ "\330\256", "\331\205\333\214" ZWNJ "\330\256",
			"\331\205\333\214" ZWNJ "\330\256" },
		{ "a" ZWNJ "b", "a" ZWNJ "b", "a<U+200C>b" },
		{ "\330\200"
		  "1",
			"\330\200"
			"1",
			"\330\200"
			"1" }, /* ARABIC NUMBER SIGN has a form */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *kept = text_line_kept(texts[i].given, 100),
				*kept_block = text_block_kept(texts[i].given, -1, 100);
		g_autofree char *shown = text_line_shown(texts[i].given, 100),
				*block = text_block_shown(texts[i].given, -1, 100);

		g_assert_cmpstr(kept, ==, texts[i].kept);
		g_assert_cmpstr(kept_block, ==, texts[i].kept);
		g_assert_cmpstr(shown, ==, texts[i].shown);
		g_assert_cmpstr(block, ==, texts[i].shown);
	}
}

static void test_controls_shown(void)
{
	g_autofree char *line = text_line_shown("a\033[2J\tb\nc", 100),
			*block = text_block_shown("a\033[2J\tb\r\nc\b", -1, 100);
	g_autofree char *kept = text_line_kept("a\033[2J\nb", 100),
			*cut = text_line_shown(RLO RLO, 8);

	g_assert_cmpstr(line, ==, "a<U+001B>[2J b c");
	g_assert_cmpstr(block, ==, "a<U+001B>[2J\tb\nc<U+0008>");
	g_assert_cmpstr(kept, ==, "a [2J b");
	g_assert_cmpstr(cut, ==, "<U+202E>");
}

/* What an error echoes is cut in its middle, so that the reason is read, and seen. */
static void test_errors(void)
{
	g_autofree char *long_name = g_strnfill(1000000, 'x'), *umlauts = g_strdup("");
	struct error err;

	g_assert_cmpint(
		error_set(&err, ST_IO, "cannot read '%s': %s", long_name, "permission denied"), ==,
		ST_IO);
	g_assert_true(g_str_has_prefix(err.text, "cannot read 'xxx") && strstr(err.text, " […] "));
	g_assert_true(g_str_has_suffix(err.text, "xxx': permission denied"));
	g_assert_cmpuint(strlen(err.text), ==, ERROR_MAX - 1);
	error_set(&err, ST_BAD_INPUT, "no queue '%s'", "a" RLO "\033b\nc\377");
	g_assert_cmpstr(err.text, ==, "no queue 'a<U+202E><U+001B>b c\357\277\275'");
	for (size_t n = 400; n < 620; n++) {
		g_autofree char *many = g_strnfill(n, 'a');

		g_free(umlauts);
		umlauts = g_strdup_printf(
			"%s%s%s", "\303\274\303\274", many, "\303\274\360\237\224\245");
		error_set(&err, ST_IO, "%s%s", umlauts, umlauts);
		g_assert_true(g_utf8_validate(err.text, -1, NULL));
		g_assert_cmpuint(strlen(err.text), <, ERROR_MAX);
	}
	g_assert_cmpint(error_set(NULL, ST_BUSY, "%s", long_name), ==, ST_BUSY);
}

static void test_blocks(void)
{
	static const struct {
		const char *given;
		gssize len;
		size_t max;
		const char *block;
	} blocks[] = {
		{ "a\r\nb\rc\n", -1, 10, "a\nb\nc\n" },
		{ "a\tb\x07\x1b[0m", -1, 10, "a\tb[0m" },
		{ "abcdef", 3, 10, "abc" },
		{ "\xc3\xa9\xc3\xa9", -1, 3, "\xc3\xa9" },
		{ "a\xff", -1, 10, "a\xef\xbf\xbd" },
		{ "", -1, 10, "" },
		{ "abcd", -1, 4, "abcd" },
		{ "abcde", -1, 4, "abcd" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++) {
		g_autofree char *block = text_block(blocks[i].given, blocks[i].len, blocks[i].max);

		g_assert_cmpstr(block, ==, blocks[i].block);
	}
}

static void test_globs(void)
{
	static const struct {
		const char *pattern, *s;
		bool matches;
	} globs[] = {
		{ NULL, "x", true },
		{ "", "x", true },
		{ "*", "", true },
		{ "?", "", false },
		{ "a*c", "ABC", true },
		{ "a*c", "abcd", false },
		{ "*b*", "abc", true },
		{ "nagios@*", "nagios@mon.example", true },
		{ "?", "\xc3\xa9", true },
		{ "\xc3\x89*", "\xc3\xa9t\xc3\xa9", true },
		{ "a?c", "ac", false },
		{ "**a**", "xax", true },
		{ "x", NULL, false },
		{ "*a*a*a*b", "aaaaaaaaaaaa", false },
		{ "[a]", "a", false },
		{ "a.c", "abc", false },
		{ "k*", "\342\204\252", false },
		{ "\342\204\252", "\342\204\252", true },
		{ "i", "\304\260", false },
	};
	g_autofree char *many = g_strnfill(100000, 'a');

	for (size_t i = 0; i < G_N_ELEMENTS(globs); i++)
		g_assert_cmpint(text_glob(globs[i].pattern, globs[i].s), ==, globs[i].matches);
	g_assert_false(text_glob("*a*a*a*a*a*a*a*a*b", many));
}

static void test_times_written(void)
{
	g_autofree char *rfc3339 = text_rfc3339(INT64_C(1795490100) * TEXT_SECOND),
			*rfc5322 = text_rfc5322_date(INT64_C(1795490100) * TEXT_SECOND);

	g_assert_cmpstr(rfc3339, ==, "2026-11-24T03:15:00Z");
	g_assert_cmpstr(rfc5322, ==, "Tue, 24 Nov 2026 03:15:00 +0000");
	g_assert_null(text_rfc3339(0));
}

static void test_dates_read(void)
{
	static const struct {
		const char *s, *utc;
	} dates[] = {
		{ "2026-11-24T03:15Z", "2026-11-24T03:15:00Z" },
		{ "2026-11-24T03:15:07Z", "2026-11-24T03:15:07Z" },
		{ "2026-11-24 03:15Z", "2026-11-24T03:15:00Z" },
		{ "@1795490100", "2026-11-24T03:15:00Z" },
		{ "2024-02-29T00:00Z", "2024-02-29T00:00:00Z" },
		{ "2026-02-29T00:00Z", NULL },
		{ "2026-13-01", NULL },
		{ "2026-1-1", NULL },
		{ "2026-11-24T25:00Z", NULL },
		{ "2026-11-24x", NULL },
		{ "2026-11-24T03", NULL },
		{ "", NULL },
		{ "@", NULL },
		{ "@-1", NULL },
		{ "@1x", NULL },
		{ "@99999999999999999999", NULL },
		{ "yesterday", NULL },
		{ "2026-11-24ZZ", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(dates); i++) {
		int64_t when;
		enum status st = text_parse_date(dates[i].s, &when);
		g_autofree char *utc = st == ST_OK ? text_rfc3339(when) : NULL;

		g_assert_cmpint(st, ==, dates[i].utc ? ST_OK : ST_BAD_INPUT);
		g_assert_cmpstr(utc, ==, dates[i].utc);
	}
}

static void test_durations(void)
{
	static const struct {
		const char *s;
		int64_t seconds;
	} durations[] = {
		{ "90s", 90 },
		{ "30m", 1800 },
		{ "4h", 14400 },
		{ "3d", 259200 },
		{ "2w", 1209600 },
		{ "1d12h", 129600 },
		{ "0s", 0 },
		{ "", -1 },
		{ "3", -1 },
		{ "d", -1 },
		{ "-3d", -1 },
		{ "3 d", -1 },
		{ "3D", -1 },
		{ "3x", -1 },
		{ "2y", 63072000 },
		{ "1y1d", 31622400 },
		{ "99999999999999999999d", -1 },
		{ "36600d", 3162240000 },
		{ "36601d", -1 },
		{ "36600d1s", -1 },
		{ "1.5h", -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(durations); i++) {
		const int64_t now = INT64_C(1000000000000000);
		int64_t when = now - TEXT_SECOND;

		g_assert_cmpint(text_parse_when(durations[i].s, now, 1, &when), ==,
			durations[i].seconds < 0 ? ST_BAD_INPUT : ST_OK);
		g_assert_cmpint((when - now) / TEXT_SECOND, ==, durations[i].seconds);
	}
}

static void test_when(void)
{
	int64_t now = INT64_C(1795490100) * TEXT_SECOND, when;

	g_assert_cmpint(text_parse_when("1h", now, 1, &when), ==, ST_OK);
	g_assert_cmpint(when, ==, now + INT64_C(3600) * TEXT_SECOND);
	g_assert_cmpint(text_parse_when("1h", now, -1, &when), ==, ST_OK);
	g_assert_cmpint(when, ==, now - INT64_C(3600) * TEXT_SECOND);
	g_assert_cmpint(text_parse_when("5000w", now, -1, &when), ==, ST_OK);
	g_assert_cmpint(when, ==, 1);
	g_assert_cmpint(text_parse_when("2026-11-24T03:15Z", now, 1, &when), ==, ST_OK);
	g_assert_cmpint(when, ==, now);
	g_assert_cmpint(text_parse_when("soon", now, 1, &when), ==, ST_BAD_INPUT);
}

static void test_numbers(void)
{
	static const struct {
		const char *s;
		uint64_t number;
	} numbers[] = {
		{ "1", 1 },
		{ "#1042", 1042 },
		{ "18446744073709551615", G_MAXUINT64 },
		{ "0", 0 },
		{ "01", 0 },
		{ "", 0 },
		{ "#", 0 },
		{ "##1", 0 },
		{ "-1", 0 },
		{ "+1", 0 },
		{ " 1", 0 },
		{ "1 ", 0 },
		{ "1x", 0 },
		{ "18446744073709551616", 0 },
		{ "\xef\xbc\x91", 0 },
		{ "123456789012345678901234567890", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		uint64_t number = 0;

		g_assert_cmpint(text_parse_number(numbers[i].s, &number), ==,
			numbers[i].number ? ST_OK : ST_BAD_INPUT);
		g_assert_cmpuint(number, ==, numbers[i].number);
	}
}

/* RFC 4648 section 10. */
static void test_base32(void)
{
	static const struct {
		const char *s, *code;
	} codes[] = {
		{ "", "" },
		{ "f", "my" },
		{ "fo", "mzxq" },
		{ "foo", "mzxw6" },
		{ "foob", "mzxw6yq" },
		{ "fooba", "mzxw6ytb" },
		{ "foobar", "mzxw6ytboi" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
		g_autofree char *code = text_base32(codes[i].s, strlen(codes[i].s));

		g_assert_cmpstr(code, ==, codes[i].code);
	}
}

static void test_encoded_words(void)
{
	g_autofree char *none = text_encoded_words(""), *one = text_encoded_words("\xc3\xbc"),
			*several = NULL, *long_text = NULL;
	GString *text = g_string_new(NULL);

	g_assert_cmpstr(none, ==, "");
	g_assert_cmpstr(one, ==, "=?UTF-8?B?w7w=?=");
	for (int i = 0; i < 1000; i++)
		g_string_append(text, "\xf0\x9f\x94\xa5");
	long_text = g_string_free(text, FALSE);
	several = text_encoded_words(long_text);
	for (const char *p = several; *p; p += strcspn(p, " ") + (strchr(p, ' ') != NULL))
		g_assert_cmpuint(strcspn(p, " "), <=, 75);
}

static void test_folds(void)
{
	static const char seventy[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	g_autofree char *words = g_strdup_printf("%s b %s", seventy, seventy),
			*folded = text_fold(words, 5), *gap = g_strnfill(2000, ' ');
	g_autofree char *expected = g_strdup_printf("%s b\n %s", seventy, seventy),
			*wide = g_strdup_printf("a%sb", gap), *narrow = text_fold(wide, 5);

	g_assert_cmpstr(folded, ==, expected);
	g_assert_cmpstr(narrow, ==, "a b");
}

static void test_columns(void)
{
	static const struct {
		const char *s;
		int width, columns;
		const char *fit;
	} texts[] = {
		{ "abc", 3, 3, "abc" },
		{ "abc", 3, 2, "a\xe2\x80\xa6" },
		{ "abc", 3, 1, "\xe2\x80\xa6" },
		{ "abc", 3, 0, "" },
		{ "", 0, 5, "" },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4, 4, "\xe6\x97\xa5\xe6\x9c\xac" },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4, 3, "\xe6\x97\xa5\xe2\x80\xa6" },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4, 2, "\xe2\x80\xa6" },
		{ "e\xcc\x81", 1, 1, "e\xcc\x81" },
		{ "\xc3\xa9\xc3\xa9", 2, 1, "\xe2\x80\xa6" },
		{ "\xf0\x9f\x94\xa5", 2, 2, "\xf0\x9f\x94\xa5" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *fit = text_fit(texts[i].s, texts[i].columns);

		g_assert_cmpint(text_width(texts[i].s), ==, texts[i].width);
		g_assert_cmpstr(fit, ==, texts[i].fit);
	}
}

static void test_hidden(void)
{
	static const gunichar hidden[] = { 0xad, 0x34f, 0x61c, 0x200b, 0x200e, 0x202e, 0x2060,
		0x2066, 0x3164, 0xfe0f, 0xfeff, 0xe0041, 0xe0100 };
	static const gunichar seen[] = { 'a', ' ', '-', 0xe4, 0x301, 0x5d0, 0x4e00, 0x1f600 };

	for (size_t i = 0; i < G_N_ELEMENTS(hidden); i++)
		g_assert_true(text_is_hidden(hidden[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(seen); i++)
		g_assert_false(text_is_hidden(seen[i]));
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "what takes no room", test_hidden },
	{ "lines", test_lines },
	{ "what is not seen", test_unseen },
	{ "controls shown", test_controls_shown },
	{ "errors", test_errors },
	{ "blocks", test_blocks },
	{ "globs", test_globs },
	{ "times written", test_times_written },
	{ "dates read", test_dates_read },
	{ "durations", test_durations },
	{ "a date or a duration", test_when },
	{ "numbers", test_numbers },
	{ "base32", test_base32 },
	{ "encoded-words", test_encoded_words },
	{ "folds", test_folds },
	{ "columns", test_columns },
};

static void test_lists(void)
{
	char **list = NULL;

	g_assert_false(text_list_has(list, "a"));
	text_list_add(&list, "a");
	text_list_add(&list, "bc");
	g_assert_true(text_list_has(list, "a") && text_list_has(list, "bc"));
	g_assert_false(text_list_has(list, "b") || text_list_has(list, ""));
	g_assert_cmpuint(g_strv_length(list), ==, 2);
	g_strfreev(list);
}

static void test_searchable(void)
{
	static const char *const rows[][2] = {
		{ "", "" },
		{ "Printer", "printer" },
		{ "\xc3\x9c"
		  "BER",
			"uber" },
		{ "U\xcc\x88"
		  "ber",
			"uber" },
		{ "Stra\xc3\x9f"
		  "e",
			"strasse" },
		{ "STRASSE", "strasse" },
		{ "caf\xc3\xa9", "cafe" },
		{ "\xef\xac\x81"
		  "x",
			"fix" },
		{ "\xd0\x99", "\xd0\xb8" },
		{ "\xe6\x89\x93\xe5\x8d\xb0", "\xe6\x89\x93\xe5\x8d\xb0" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *found = text_searchable(rows[i][0]);

		g_assert_cmpstr(found, ==, rows[i][1]);
	}
}

/* At each place of a word of eight bytes, and in what is left over. */
static void test_ascii(void)
{
	for (size_t len = 0; len < 20; len++)
		for (size_t at = 0; at <= len; at++)
			for (int c = 0; c < 256; c++) {
				char text[20];

				memset(text, 'x', sizeof text);
				if (at < len)
					text[at] = (char)c;
				g_assert_true(text_is_ascii(text, len) ==
					(at == len || (c > 0 && c < 128)));
			}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/text/", tests[i].name, NULL);

		g_test_add_func(path, tests[i].run);
	}
	g_test_add_func("/text/ASCII is told from all else", test_ascii);
	g_test_add_func("/text/a list of strings is empty when it is NULL, and grows", test_lists);
	g_test_add_func("/text/what is looked for has neither case nor accents", test_searchable);
	return g_test_run();
}
