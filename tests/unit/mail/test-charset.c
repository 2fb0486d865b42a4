/* What strangers' bytes say, by their labels and by their looks. */
#include "mail/charset.h"
#include "mail/message.h"

#include <string.h>

/* clang-format off */
#define BYTES(s) s, sizeof s - 1

static const struct {
	const char *label, *bytes;
	gsize len;
	const char *text;
	enum charset_fit fit;
} texts[] = {
	/* labels mean more than they say */
	{ "iso-8859-1", BYTES("It\x92s 50 \x80"), "It\xe2\x80\x99s 50 \xe2\x82\xac", CHARSET_EXACT },
	{ "US-ASCII", BYTES("caf\xe9 \x93x\x94"), "caf\xc3\xa9 \xe2\x80\x9cx\xe2\x80\x9d", CHARSET_EXACT },
	{ "latin1", BYTES("\x96"), "\xe2\x80\x93", CHARSET_EXACT },
	{ "ISO_8859-1:1987", BYTES("\x80"), "\xe2\x82\xac", CHARSET_EXACT },
	{ "ANSI_X3.4-1968", BYTES("\xe9"), "\xc3\xa9", CHARSET_EXACT },
	{ "iso-8859-9", BYTES("\x80 \xfe"), "\xe2\x82\xac \xc5\x9f", CHARSET_EXACT },
	{ "tis-620", BYTES("\xa1\x93"), "\xe0\xb8\x81\xe2\x80\x9c", CHARSET_EXACT },
	{ "TIS-620", BYTES("\xca\xc7"), "\xe0\xb8\xaa\xe0\xb8\xa7", CHARSET_EXACT },
	{ "gb2312", BYTES("\xb4\xf2\xd3\xa1\xbb\xfa\xa8""C\x87\xe5\xd5\x88"),
		"\xe6\x89\x93\xe5\x8d\xb0\xe6\x9c\xba\xe2\x80\x93\xe5\x9b\xa7\xe8\xab\x8b", CHARSET_EXACT },
	{ "GB_2312-80", BYTES("\x87\xe5"), "\xe5\x9b\xa7", CHARSET_EXACT },
	{ "x-gbk", BYTES("5\x80"), "5\xe2\x82\xac", CHARSET_EXACT },
	{ "gbk", BYTES("\x95""4\xb2""5"), "\xf0\xa0\xae\xb7", CHARSET_EXACT },
	{ "cp936", BYTES("\x87\xe5"), "\xe5\x9b\xa7", CHARSET_EXACT },
	{ "big5", BYTES("\xf9\xd6\xf9\xd7"), "\xe7\xa2\x81\xe9\x8a\xb9", CHARSET_EXACT },
	{ "x-x-big5", BYTES("\xa3\xe1 5"), "\xe2\x82\xac 5", CHARSET_EXACT },
	{ "Big5-HKSCS", BYTES("\x9d\xef\x9d\xf7\x9d\xf6"), "\xe5\x98\x85\xe5\x92\x97\xe5\x96\xba", CHARSET_EXACT },
	{ "big5", BYTES("\x9d\xef\x9d\xf7\x9d\xf6"), "\xe5\x98\x85\xe5\x92\x97\xe5\x96\xba", CHARSET_EXACT },
	{ "euc-kr", BYTES("\x94\xee"), "\xeb\xb7\x81", CHARSET_EXACT },
	{ "ks_c_5601-1987", BYTES("\xc7\xc1\xb8\xb0\xc5\xcd \x94\xee"),
		"\xed\x94\x84\xeb\xa6\xb0\xed\x84\xb0 \xeb\xb7\x81", CHARSET_EXACT },
	{ "KSC5601", BYTES("\xb0\xed\xc0\xe5"), "\xea\xb3\xa0\xec\x9e\xa5", CHARSET_EXACT },
	{ "windows-949", BYTES("\x94\xee"), "\xeb\xb7\x81", CHARSET_EXACT },
	{ "shift_jis", BYTES("\x87@\xee\xe0\x87\x8a \xb1"), "\xe2\x91\xa0\xe9\xab\x99\xe3\x88\xb1 \xef\xbd\xb1",
		CHARSET_EXACT },
	{ "x-sjis", BYTES("\x87@"), "\xe2\x91\xa0", CHARSET_EXACT },
	{ "Windows-31J", BYTES("\xee\xe0"), "\xe9\xab\x99", CHARSET_EXACT },
	{ "MS_Kanji", BYTES("\x93\xfa"), "\xe6\x97\xa5", CHARSET_EXACT },
	{ "euc-jp", BYTES("\xc6\xfc\xcb\xdc\xad\xa1\xfc\xe2\x8e\xb1"),
		"\xe6\x97\xa5\xe6\x9c\xac\xe2\x91\xa0\xe9\xab\x99\xef\xbd\xb1", CHARSET_EXACT },
	{ "EUC-JP", BYTES("\x8f\xb0\xa1"), "\xe4\xb8\x82", CHARSET_EXACT },
	/* shifts and escapes */
	{ "iso-2022-jp", BYTES("\x1b$B-!F|K\\\x1b(B a"), "\xe2\x91\xa0\xe6\x97\xa5\xe6\x9c\xac a", CHARSET_EXACT },
	{ "iso-2022-jp", BYTES("\x1b$B|b\x1b(B"), "\xe9\xab\x99", CHARSET_EXACT },
	{ "ISO-2022-JP", BYTES("\x1b(I1\x1b(B1"), "\xef\xbd\xb1""1", CHARSET_EXACT },
	{ "cp50221", BYTES("\x0e""1\x0f""1"), "\xef\xbd\xb1""1", CHARSET_EXACT },
	{ "iso-2022-jp-ms", BYTES("\x1b$@F|\x1b(J\\"), "\xe6\x97\xa5\\", CHARSET_EXACT },
	{ "iso-2022-jp", BYTES("\x1b$BF|\x0a""abc"), "\xe6\x97\xa5\x0a""abc", CHARSET_EXACT },
	{ "iso-2022-jp", BYTES("\x1b$BF|K"), "\xe6\x97\xa5K", CHARSET_EXACT },
	{ "iso-2022-kr", BYTES("\x1b$)C\x0eGQ1[\x0f ok"), "\xed\x95\x9c\xea\xb8\x80 ok", CHARSET_EXACT },
	{ "iso-2022-kr", BYTES("\x0eGQ1[\x0f"), "\xed\x95\x9c\xea\xb8\x80", CHARSET_EXACT },
	{ "hz-gb-2312", BYTES("~{<:Ky2;S{~} ~~ ~\x0a""b"), "\xe5\xb7\xb1\xe6\x89\x80\xe4\xb8\x8d\xe6\xac\xb2 ~ b",
		CHARSET_EXACT },
	{ "HZ", BYTES("~{<:\x0a""ab"), "\xe5\xb7\xb1\x0a""ab", CHARSET_EXACT },
	{ "utf-7", BYTES("+AOk- ~ a+-b"), "\xc3\xa9 ~ a+b", CHARSET_LOSSY },
	{ "unicode-1-1-utf-7", BYTES("Gr+APYA3w-e"), "Gr\xc3\xb6\xc3\x9f""e", CHARSET_EXACT },
	{ "x-unicode-2-0-utf-7", BYTES("+ZeVnLA"), "\xe6\x97\xa5\xe6\x9c\xac", CHARSET_EXACT },
	/* Unicode */
	{ "utf8", BYTES("\xc3\xbc"), "\xc3\xbc", CHARSET_EXACT },
	{ "UTF-8;", BYTES("\xc3\xbc"), "\xc3\xbc", CHARSET_EXACT },
	{ "'utf-8'", BYTES("\xc3\xbc"), "\xc3\xbc", CHARSET_EXACT },
	{ "x-utf-8", BYTES("\xc3\xbc"), "\xc3\xbc", CHARSET_EXACT },
	{ "unicode-1-1-utf-8", BYTES("\xc3\xbc"), "\xc3\xbc", CHARSET_EXACT },
	{ "utf8mb4", BYTES("\xc3\xbc"), "\xc3\xbc", CHARSET_EXACT },
	{ "cp65001", BYTES("\xc3\xbc"), "\xc3\xbc", CHARSET_EXACT },
	{ "utf-8", BYTES("\xef\xbb\xbf""a"), "a", CHARSET_EXACT },
	{ "iso-8859-1", BYTES("\xef\xbb\xbf\xc3\xbc"), "\xc3\xbc", CHARSET_EXACT },
	{ NULL, BYTES("\xff\xfe""a\x00\xfc\x00"), "a\xc3\xbc", CHARSET_EXACT },
	{ "utf-8", BYTES("\xfe\xff\x00""a\x00\xfc"), "a\xc3\xbc", CHARSET_EXACT },
	{ "utf-16", BYTES("\xfe\xff\x00""a"), "a", CHARSET_EXACT },
	{ "utf-16", BYTES("a\x00""b\x00"), "ab", CHARSET_EXACT },
	{ "utf-16", BYTES("\x00""a\x00""b"), "ab", CHARSET_EXACT },
	{ "utf-16le", BYTES("G\x00r\x00\xf6\x00\xdf\x00""e\x00 \x00""5\x00 \x00\xac "),
		"Gr\xc3\xb6\xc3\x9f""e 5 \xe2\x82\xac", CHARSET_EXACT },
	{ "UTF-16BE", BYTES("e\xe5g,"), "\xe6\x97\xa5\xe6\x9c\xac", CHARSET_EXACT },
	{ "unicode", BYTES("\xff\xfeG\x00r\x00\xf6\x00\xdf\x00""e\x00"), "Gr\xc3\xb6\xc3\x9f""e", CHARSET_EXACT },
	{ "ucs-2", BYTES("a\x00""b\x00"), "ab", CHARSET_EXACT },
	{ "utf-16", BYTES("plain ascii"), "plain ascii", CHARSET_EXACT },
	{ "utf-32be", BYTES("\x00\x00\x00\xe4"), "\xc3\xa4", CHARSET_EXACT },
	{ NULL, BYTES("H\x00""e\x00l\x00l\x00o\x00 \x00t\x00h\x00""e\x00r\x00""e\x00"), "Hello there", CHARSET_EXACT
		},
	{ NULL, BYTES("\x00H\x00""e\x00l\x00l\x00o\x00 \x00t\x00h\x00""e\x00r\x00""e"), "Hello there", CHARSET_EXACT
		},
	/* others */
	{ "windows-1250", BYTES("P\xf8\xedli\x9a"), "P\xc5\x99\xc3\xadli\xc5\xa1", CHARSET_EXACT },
	{ "cp-1251", BYTES("\xcf\xf0\xe8\xe2\xe5\xf2"), "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
		CHARSET_EXACT },
	{ "win-1251", BYTES("\xcf\xf0\xe8\xe2\xe5\xf2"), "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
		CHARSET_EXACT },
	{ "x-cp1252", BYTES("\x80"), "\xe2\x82\xac", CHARSET_EXACT },
	{ "koi8-r", BYTES("\xf0\xd2\xc9\xd7\xc5\xd4"), "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
		CHARSET_EXACT },
	{ "koi8_u", BYTES("\xa7\xd6\xc1\xcb"), "\xd1\x97\xd0\xb6\xd0\xb0\xd0\xba", CHARSET_EXACT },
	{ "cp850", BYTES("Gr\x94\xe1""e"), "Gr\xc3\xb6\xc3\x9f""e", CHARSET_EXACT },
	{ "IBM437", BYTES("Gr\x94\xe1""e"), "Gr\xc3\xb6\xc3\x9f""e", CHARSET_EXACT },
	{ "866", BYTES("\x8f\xe0\xa8\xa2\xa5\xe2"), "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", CHARSET_EXACT
		},
	{ "iso-8859-2", BYTES("\xbelu\xbb"), "\xc5\xbelu\xc5\xa5", CHARSET_EXACT },
	{ "iso8859_15", BYTES("\xa4"), "\xe2\x82\xac", CHARSET_EXACT },
	{ "latin2", BYTES("\xbe"), "\xc5\xbe", CHARSET_EXACT },
	{ "iso-8859-8-i", BYTES("\xf9\xec\xe5\xed"), "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", CHARSET_EXACT },
	{ "ISO-8859-6-e", BYTES("\xe5\xd1\xcd\xc8\xc7"), "\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7", CHARSET_EXACT },
	{ "windows-1255", BYTES("\xf9\xec\xe5\xed"), "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", CHARSET_EXACT },
	{ "iso-8859-7", BYTES("\xc3\xe5\xe9\xdc"), "\xce\x93\xce\xb5\xce\xb9\xce\xac", CHARSET_EXACT },
	{ "macintosh", BYTES("\x8a \xdb"), "\xc3\xa4 \xe2\x82\xac", CHARSET_EXACT },
	{ "x-mac-cyrillic", BYTES("\xe0"), "\xd0\xb0", CHARSET_EXACT },
	{ "x-mac-ce", BYTES("\x87"), "\xc3\xa1", CHARSET_EXACT },
	{ "x-mac-roman", BYTES("\x8a"), "\xc3\xa4", CHARSET_EXACT },
	{ "x-mac-ukrainian", BYTES("\x8f"), "\xd0\x9f", CHARSET_EXACT },
	{ "visual", BYTES("\xf9"), "\xd7\xa9", CHARSET_EXACT },
	{ "logical", BYTES("\xf9"), "\xd7\xa9", CHARSET_EXACT },
	{ "csISO88598I", BYTES("\xf9"), "\xd7\xa9", CHARSET_EXACT },
	{ "csiso88596e", BYTES("\xd3"), "\xd8\xb3", CHARSET_EXACT },
	{ "sun_eu_greek", BYTES("\xe1"), "\xce\xb1", CHARSET_EXACT },
	{ "l9", BYTES("\xa4"), "\xe2\x82\xac", CHARSET_EXACT },
	{ "csisolatin9", BYTES("\xa4"), "\xe2\x82\xac", CHARSET_EXACT },
	{ "dos-874", BYTES("\xa1"), "\xe0\xb8\x81", CHARSET_EXACT },
	{ "windows-1258", BYTES("\xd0"), "\xc4\x90", CHARSET_EXACT },
	{ "viscii", BYTES("\xd0"), "\xc4\x90", CHARSET_EXACT },
	/* wrong labels, and none */
	{ "iso-2022-jp", BYTES("\xe3\x81\xbb\xe3\x81\x92 \xe3\x81\xa7\xe3\x81\x99"),
		"\xe3\x81\xbb\xe3\x81\x92 \xe3\x81\xa7\xe3\x81\x99", CHARSET_EXACT },
	{ "us-ascii", BYTES("gr\xc3\xb6\xc3\x9f""er"), "gr\xc3\xb6\xc3\x9f""er", CHARSET_EXACT },
	{ "iso-8859-1", BYTES("gr\xc3\xb6\xc3\x9f""er"), "gr\xc3\xb6\xc3\x9f""er", CHARSET_EXACT },
	{ "gb2312", BYTES("gr\xc3\xb6\xc3\x9f""er, \xe6\x97\xa5\xe6\x9c\xac"),
		"gr\xc3\xb6\xc3\x9f""er, \xe6\x97\xa5\xe6\x9c\xac", CHARSET_EXACT },
	{ "windows-1251", BYTES("\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"),
		"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", CHARSET_EXACT },
	{ "utf-7", BYTES("gr\xc3\xb6\xc3\x9f""er"), "gr\xc3\xb6\xc3\x9f""er", CHARSET_EXACT },
	{ "euc-kr", BYTES("\xc4\xab"), "\xec\xb9\xb4", CHARSET_EXACT },
	{ NULL, BYTES("\x1b$B$*Ld$$9g$o$;\x1b(B"),
		"\xe3\x81\x8a\xe5\x95\x8f\xe3\x81\x84\xe5\x90\x88\xe3\x82\x8f\xe3\x81\x9b", CHARSET_EXACT },
	{ "us-ascii", BYTES("x \x1b$BF|K\\\x1b(B"), "x \xe6\x97\xa5\xe6\x9c\xac", CHARSET_EXACT },
	{ "utf-8", BYTES("\x1b$BF|\x1b(B"), "\xe6\x97\xa5", CHARSET_EXACT },
	{ NULL, BYTES("\x1b[1mbold"), "\x1b[1mbold", CHARSET_EXACT },
	{ NULL, BYTES("\xc3\xbc"), "\xc3\xbc", CHARSET_EXACT },
	{ NULL, BYTES("\xfc \x80"), "\xc3\xbc \xe2\x82\xac", CHARSET_GUESSED },
	{ NULL, BYTES(""), "", CHARSET_EXACT },
	{ "x-unknown-99", BYTES("Gr\xf6\xdf""e"), "Gr\xc3\xb6\xc3\x9f""e", CHARSET_GUESSED },
	{ "x-unknown-99", BYTES("Gr\xc3\xb6\xc3\x9f""e"), "Gr\xc3\xb6\xc3\x9f""e", CHARSET_EXACT },
	{ "../../etc", BYTES("\xe9"), "\xc3\xa9", CHARSET_GUESSED },
	{ "", BYTES("\xe9"), "\xc3\xa9", CHARSET_GUESSED },
	{ "'", BYTES("\xe9"), "\xc3\xa9", CHARSET_GUESSED },
	{ "''x", BYTES("\xe9"), "\xc3\xa9", CHARSET_GUESSED },
	{ "8bit", BYTES("\xe9"), "\xc3\xa9", CHARSET_GUESSED },
	{ "utf-8//TRANSLIT", BYTES("\xe9"), "\xc3\xa9", CHARSET_GUESSED },
	/* a byte that fits nothing costs one character */
	{ "utf-8", BYTES("gr\xc3\xb6\xc3\x9f""er \xff ist"), "gr\xc3\xb6\xc3\x9f""er \xc3\xbf ist", CHARSET_GUESSED },
	{ "utf-8", BYTES("a\x81""b"), "a\xef\xbf\xbd""b", CHARSET_GUESSED },
	{ "utf-8", BYTES("Gr\xf6\xdf""e"), "Gr\xc3\xb6\xc3\x9f""e", CHARSET_GUESSED },
	{ "windows-1252", BYTES("gr\xf6\xdf""er \x81 Stra\xdf""e"),
		"gr\xc3\xb6\xc3\x9f""er \xef\xbf\xbd Stra\xc3\x9f""e", CHARSET_LOSSY },
	{ "windows-1250", BYTES("P\xf8\xedli\x9a \x81 dal"), "P\xc5\x99\xc3\xadli\xc5\xa1 \xef\xbf\xbd dal",
		CHARSET_LOSSY },
	{ "gb2312", BYTES("\xb4\xf2\xd3\xa1\xbb\xfa\xff\xbb\xb5\xc1\xcb"),
		"\xe6\x89\x93\xe5\x8d\xb0\xe6\x9c\xba\xef\xbf\xbd\xe5\x9d\x8f\xe4\xba\x86", CHARSET_LOSSY },
	{ "shift_jis", BYTES("\x93\xfa\xfd\x81<b>"), "\xe6\x97\xa5\xef\xbf\xbd<b>", CHARSET_LOSSY },
	{ "euc-kr", BYTES("\xb0\xed\xff a"), "\xea\xb3\xa0\xef\xbf\xbd a", CHARSET_LOSSY },
	{ "big5", BYTES("\xf9\xd6\xff a"), "\xe7\xa2\x81\xef\xbf\xbd a", CHARSET_LOSSY },
	{ "utf-16le", BYTES("a\x00\x00\xd8""b\x00"), "a\xef\xbf\xbd""b", CHARSET_LOSSY },
	{ "gb2312", BYTES("\xb4\xf2\xb4"), "\xe6\x89\x93\xef\xbf\xbd", CHARSET_LOSSY },
	{ "iso-2022-jp", BYTES("\x1b$By!#~F|\x1b(B"), "\xe7\xba\x8a\xef\xbf\xbd\xe6\x97\xa5", CHARSET_LOSSY },
	{ "utf-8", BYTES("a\x00""b"), "a b", CHARSET_EXACT },
	{ "iso-8859-1", BYTES("a\x00\xe9"), "a \xc3\xa9", CHARSET_EXACT },
	{ "big5", BYTES("a\x00""b"), "a b", CHARSET_EXACT },
};
/* clang-format on */

static void test_texts(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		enum charset_fit fit;
		g_autofree char *text = charset_decode(
			texts[i].label, texts[i].bytes, texts[i].len, &fit);

		g_assert_true(g_utf8_validate(text, -1, NULL));
		if (strcmp(text, texts[i].text) != 0 || fit != texts[i].fit) {
			g_test_fail();
			g_test_message("%s: '%s' (%d), not '%s' (%d)", texts[i].label, text, fit,
				texts[i].text, texts[i].fit);
		}
	}
}

/* A character cut in two by a limit does not make all that stands before it look like another
 * charset. */
static void test_cut(void)
{
	g_autofree char *text = charset_decode("utf-8", "gr\xc3\xb6\xc3", 5, NULL);

	g_assert_true(g_str_has_prefix(text, "gr\xc3\xb6"));
}

static void test_html(void)
{
	static const struct {
		const char *html, *label;
	} documents[] = {
		{ "<html><head><meta charset=koi8-r>", "koi8-r" },
		{ "<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=Windows-1250'>",
			"windows-1250" },
		{ "<?xml version=\"1.0\" encoding=\"gb2312\"?><html>", "gb2312" },
		{ "<meta name=x><meta charset = \"utf-8\">", "utf-8" },
		{ "<p charset=x>charset=y</p>", NULL },
		{ "<meta charset=koi8-r", NULL },
		{ "<meta charset=>", NULL },
		{ "<", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(documents); i++) {
		g_autofree char *label = charset_of_html(
			documents[i].html, strlen(documents[i].html));

		g_assert_cmpstr(label, ==, documents[i].label);
	}
}

static void test_keeps_ascii(void)
{
	static const char *const keep[] = { "utf-8", "iso-8859-1", "windows-1251", "gb2312", "big5",
		"euc-kr", "shift_jis", "koi8-r", "iso-8859-8-i" };
	static const char *const do_not[] = { "utf-16", "utf-16le", "utf-7", "iso-2022-jp",
		"iso-2022-kr", "iso-2022-cn", "hz-gb-2312", "ucs-4", "utf-32", "ibm037" };

	for (size_t i = 0; i < G_N_ELEMENTS(keep); i++)
		g_assert_true(charset_keeps_ascii(keep[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(do_not); i++)
		g_assert_false(charset_keeps_ascii(do_not[i]));
}

static void test_jis(void)
{
	static const struct {
		const char *raw;
		int len;
	} stretches[] = {
		{ "\x1b$BF|\x1b(Bx", 8 },
		{ "\x1b(I1\x1b(J", 7 },
		{ "\x1b$BF|", 5 },
		{ "\x1b$B !close \x1b(B", -1 },
		{ "\x1b(B", -1 },
		{ "\x1b[1m", -1 },
		{ "\x1b$", -1 },
		{ "x", -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(stretches); i++) {
		const char *raw = stretches[i].raw,
			   *past = charset_past_jis(raw, raw + strlen(raw));

		g_assert_cmpint(past ? (int)(past - raw) : -1, ==, stretches[i].len);
	}
}

static const struct {
	const char *charset, *text;
	bool seen; /* is it told by its looks? */
} raw_texts[] = {
	{ "KOI8-R", "Срочно: счёт не оплачен", true },
	{ "KOI8-R", "Re: Вопрос о заказе 7", true },
	{ "KOI8-R", "СРОЧНО", true },
	{ "WINDOWS-1251", "Вопрос о заказе", true },
	{ "WINDOWS-1251", "ПРИВЕТ", true },
	{ "GB18030", "关于订单的问题", true },
	{ "GB18030", "回复: 打印机 on fire", true },
	{ "ISO-8859-1", "Größe für Müller", false },
	{ "ISO-8859-1", "Dés la créées à Noël, À L'ÉTÉ", false },
	{ "ISO-8859-1", "ÅÄÖ åäö, Øl på Ærø", false },
	{ "WINDOWS-1252", "“Hi” – naïve", false },
	{ "UTF-8", "Вопрос о заказе", false },
	{ "UTF-8", "plain", false },
};

/* As a Subject has it that nobody encoded. */
static void test_looks(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(raw_texts); i++) {
		g_autofree char *raw = g_convert(
			raw_texts[i].text, -1, raw_texts[i].charset, "UTF-8", NULL, NULL, NULL);
		g_autofree char *read = NULL;
		const char *looks;

		g_assert_nonnull(raw);
		looks = charset_of_looks(raw, strlen(raw));
		read = message_decode_header(raw, 500);
		g_assert_cmpstr(read, ==, raw_texts[i].text);
		g_assert_true(!looks == !raw_texts[i].seen);
		if (looks)
			g_assert_cmpint(g_ascii_strcasecmp(looks, raw_texts[i].charset), ==, 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/charset/texts by label and looks", test_texts);
	g_test_add_func("/charset/a text that is cut off", test_cut);
	g_test_add_func("/charset/what an HTML document says of itself", test_html);
	g_test_add_func("/charset/where ASCII stays ASCII", test_keeps_ascii);
	g_test_add_func("/charset/JIS without a label", test_jis);
	g_test_add_func("/charset/raw Subjects without a label", test_looks);
	return g_test_run();
}
