/* The text of a message as its reader sees it: which parts, in what order, from which charset, and
 * the names of its files. */
#include "mail/message.h"

#include <string.h>

#include "base/limits.h"
#include "mail/plain.h"

static struct message *parse(const char *mail)
{
	return message_parse_bytes(mail, strlen(mail));
}

struct row {
	const char *mail, *text;
};

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct message *m = parse(rows[i].mail);

		g_assert_true(g_utf8_validate(message_text(m), -1, NULL));
		if (strcmp(message_text(m), rows[i].text) != 0) {
			g_test_fail();
			g_test_message(
				"%s: '%s', not '%s'", rows[i].mail, message_text(m), rows[i].text);
		}
		message_free(m);
	}
}

/* clang-format off */
#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"
#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=b\n\n"
#define PLAIN "--b\nContent-Type: text/plain; charset=utf-8\n"
#define HTML "--b\nContent-Type: text/html; charset=utf-8\n"
#define PICTURE "--b\nContent-Type: image/png\nContent-Disposition: inline; filename=a.png\n" \
	"Content-Transfer-Encoding: base64\n\niVBORw0KGgo=\n"

static void test_parts(void)
{
	static const struct row rows[] = {
		/* Apple Mail writes around pictures. */
		{ MIXED PICTURE PLAIN "\nfirst\n\n" PICTURE PLAIN "\nsecond\n" PLAIN "\nSent from my phone\n--b--\n",
			"first\n\nsecond\n\nSent from my phone" },
		{ MIXED HTML "\n<p>alpha</p>\n" PICTURE HTML "\n<p>omega</p>\n--b--\n", "alpha\n\nomega" },
		{ MIXED PLAIN "\nwords\n" HTML "\n<div>more</div>\n--b--\n", "words\n\nmore" },
		/* A mailer that says mixed and means alternative. */
		{ MIXED PLAIN "\nThe same words, twice.\n" HTML
			"\n<p>The <b>same</b> words,</p><p>twice.</p>\n--b--\n", "The same words, twice." },
		{ MIXED PLAIN "\n \n" HTML "\n<p>a</p>\n--b--\n", "a" },
		{ MIXED PLAIN "\nbody\n" PLAIN "Content-Disposition: attachment; filename=log.txt\n\nSECRET\n" PLAIN
			"Content-Disposition: inline; filename=b.txt\n\nFILE\n--b--\n", "body" },
		{ MIXED PLAIN "\n\n" PLAIN "Content-Disposition: attachment\n\nSECRET\n--b--\n", "" },
		/* A name alone makes no attachment of all that there is. */
		{ "Content-Type: text/plain; name=message.txt\n\nall there is", "all there is" },
		{ MIXED "--b\nContent-Type: text/html; name=message.html\n\n<p>all there is</p>\n--b--\n",
			"all there is" },
		{ MIXED PLAIN "\nlook\n--b\nContent-Type: message/rfc822\n\n"
			"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\nINNER\n--b\n"
			"Content-Type: message/rfc822\n\n\nINNER\n--b--\n",
			"look\n\n[attached message: Gr\xc3\xbc\xc3\x9f" "e]\n\n[attached message]" },
		{ MIXED "--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n--b\n"
			"Content-Type: text/csv\n\na,b\n--b\nContent-Type: text/x-vcard\n\nBEGIN:VCARD\n" PLAIN
			"\nx\n--b--\n", "x" },
		{ "Content-Type: multipart/report; boundary=b\n\n" PLAIN
			"\nIt failed.\n--b\nContent-Type: message/delivery-status\n\n"
			"Reporting-MTA: dns; x\n--b\nContent-Type: text/rfc822-headers\n\nSubject: y\n" "--b--\n",
			"It failed." },
		{ "Content-Type: multipart/unheard-of; boundary=b\n\n" PLAIN "\na\n" PLAIN "\nb\n--b--\n", "a\n\nb" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_alternatives(void)
{
	static const struct row rows[] = {
		{ ALTERNATIVE PLAIN "\n\n" HTML "\n<p>The <b>real</b> text</p>\n--b--\n", "The real text" },
		{ ALTERNATIVE PLAIN "\n\n \xc2\xa0\xe2\x80\x8b\n\n" HTML "\n<p>The real text</p>\n--b--\n",
			"The real text" },
		{ ALTERNATIVE PLAIN "\nplain\n" HTML "\n<p>html</p>\n--b--\n", "plain" },
		{ ALTERNATIVE HTML "\n<p>html</p>\n" PLAIN "\nplain\n--b--\n", "plain" },
		{ ALTERNATIVE HTML "\n<p>html</p>\n--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n--b--\n",
			"html" },
		{ ALTERNATIVE PLAIN "\nhello\n\nbye\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n"
			"Content-Type: text/html\n\n<p>hello</p>\n--c\nContent-Type: application/pdf\n\n"
			"x\n--c\nContent-Type: text/html\n\n<p>bye</p>\n--c--\n--b--\n", "hello\n\nbye" },
		{ ALTERNATIVE PLAIN "\n\n--b\nContent-Type: multipart/related; boundary=c\n\n--c\n"
			"Content-Type: text/html\n\n<p>root</p>\n--c\nContent-Type: text/html\n"
			"Content-ID: <x>\n\nnot me\n--c--\n--b--\n", "root" },
		{ ALTERNATIVE "--b\nContent-Type: text/x-amp-html\n\n<html amp4email>\n" HTML
			"\n<p>html</p>\n--b--\n", "html" },
		{ ALTERNATIVE PLAIN "\n\xf0\x9f\x91\x8d\n--b\nContent-Type: text/vnd.google.email-reaction+json\n\n"
			"{\"version\":1}\n--b--\n", "\xf0\x9f\x91\x8d" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_roots(void)
{
	static const struct row rows[] = {
		{ "Content-Type: multipart/related; boundary=b\n\n" HTML "\n<p>root</p>\n" PLAIN "\nnot me\n--b--\n",
			"root" },
		{ "Content-Type: multipart/related; boundary=b; start=\"<r@x>\"\n\n" PLAIN "\nnot me\n" HTML
			"Content-ID: <r@x>\n\n<p>root</p>\n--b--\n", "root" },
		{ "Content-Type: multipart/related; boundary=b; start=\"<none@x>\"\n\n" PLAIN "\nfirst\n--b--\n",
			"first" },
		{ "Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\n"
			"\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nsigned words\n--c--\n"
			"--b\nContent-Type: text/plain\n\nnot signed\n--b--\n", "signed words" },
		{ "Content-Type: multipart/encrypted; boundary=b\n\n--b\n"
			"Content-Type: application/pgp-encrypted\n\nVersion: 1\n--b\n"
			"Content-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--b--\n", "" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_charsets(void)
{
	static const struct row rows[] = {
		{ "Content-Type: text/plain; charset=iso-8859-1\n\nIt\x92s 50 \x80", "It\xe2\x80\x99s 50 \xe2\x82\xac"
			},
		{ "Content-Type: text/plain\n\n\x1b$BF|K\\\x1b(B", "\xe6\x97\xa5\xe6\x9c\xac" },
		{ "Content-Type: text/html\n\n<html><meta charset=windows-1251>\xcf\xf0\xe8",
			"\xd0\x9f\xd1\x80\xd0\xb8" },
		{ "Content-Type: text/html; charset=us-ascii\n\n"
			"<meta http-equiv=x content='text/html; charset=koi8-r'>\xf0", "\xd0\x9f" },
		{ "Content-Type: text/html; charset=windows-1251\n\n<meta charset=utf-8>\xcf", "\xd0\x9f" },
		{ "Content-Type: text/html\n\n<meta charset=utf-16>plain", "plain" },
		{ "Content-Type: text/html; charset=utf-16le\nContent-Transfer-Encoding: base64\n\n"
			"PABiAD4A5AA8AC8AYgA+AA==\n", "\xc3\xa4" },
		{ "Content-Type: text/plain; charset=utf-8;;format=flowed\n\n\xc3\xa4", "\xc3\xa4" },
		{ "Content-Type: text/plain; charset='utf-8'\n\n\xc3\xa4", "\xc3\xa4" },
		{ "Content-Type: text/plain; charset=\"utf-8\n"
			"Content-Transfer-Encoding: quoted-printable\n\n=C3=A4", "\xc3\xa4" },
		{ "Content-Type: =?utf-8?Q?text/plain=3B_charset=3Dkoi8-r?=\n\n\xf0", "\xd0\x9f" },
		{ "Content-Type: text\nContent-Transfer-Encoding: 8bit\n\n\xc3\xa4", "\xc3\xa4" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_encodings(void)
{
	static const struct row rows[] = {
		{ "Content-Transfer-Encoding: base64 (why not)\n\naGVsbG8=\n", "hello" },
		{ "Content-Transfer-Encoding: \"base64\"\n\naGVsbG8=\n", "hello" },
		{ "Content-Transfer-Encoding: quoted-printable;\n\nh=65llo\n", "hello\n" },
		{ "Content-Transfer-Encoding: BASE64\n\naGVsbG8\n", "hello" },
		{ MIXED "--b\nContent-Transfer-Encoding: base64;\n\naGVsbG8=\n--b--\n", "hello" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

#define FLOWED "Content-Type: text/plain; format=Flowed\n\n"
static void test_flowed(void)
{
	static const struct row rows[] = {
		{ FLOWED "The quick brown \nfox jumps\n> quoted \n> text\n From here\n-- \nsig\n",
			"The quick brown fox jumps\n> quoted text\nFrom here\n-- \nsig\n" },
		{ FLOWED "a \n>> b \n> c \n\nd \n-- \nAnna \nBerg", "a \n>> b \n> c \n\nd \n-- \nAnna Berg" },
		{ FLOWED "a \r\nb\r\n", "a b\n" },
		{ FLOWED "> a \n>b\n>  c", "> a b\n>  c" },
		{ FLOWED " \n", "" },
		{ FLOWED, "" },
		{ "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n"
			"\xe6\x97\xa5 \n\xe6\x9c\xac\n-- \nx \ny\n", "\xe6\x97\xa5\xe6\x9c\xac\n-- \nxy\n" },
		{ "Content-Type: text/plain; format=fixed; delsp=yes\n\na \nb\n", "a \nb\n" },
		{ MIXED "--b\nContent-Type: text/plain; format=flowed\n\na \nb\n--b--\n", "a b" },
	};
	struct message *m = parse(FLOWED "!close \nnow\n");
	g_autofree char *own = message_own_text(m);

	check(rows, G_N_ELEMENTS(rows));
	g_assert_cmpstr(own, ==, "!close now\n");
	message_free(m);
}

#define BASE64 "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1dCBieSB0aGlz\n"
static void test_what_nobody_reads(void)
{
	static const struct row rows[] = {
		{ "A: b\n\nbefore\nbegin 644 a.txt\n$86)C\n`\nend\nafter\n", "before\nafter\n" },
		{ "A: b\n\nbegin 644 people\nwrote this\n", "begin 644 people\nwrote this\n" },
		{ "A: b\n\nThe original:\n\n" BASE64 BASE64 BASE64 "IHNpbmd1bGFyIHBhc3Npb24=\n\nafter",
			"The original:\n\n\nafter" },
		{ "A: b\n\n> " BASE64 "> " BASE64 "> " BASE64 "x y", "x y" },
		{ "A: b\n\n" BASE64 BASE64 "short", BASE64 BASE64 "short" },
		{ "A: b\n\n-----BEGIN CERTIFICATE-----\n" BASE64 BASE64 BASE64 "-----END CERTIFICATE-----\n",
			"-----BEGIN CERTIFICATE-----\n" BASE64 BASE64 BASE64 "-----END CERTIFICATE-----\n" },
		{ "A: b\n\n<html><style>p{}</style><p>said to be plain</p></html>", "said to be plain" },
		{ "A: b\n\nYour mail was:\n\n<!DOCTYPE html>\n"
			"<html><head><style>p{}</style></head><p>hello</p></html>\nbye\n",
			"Your mail was:\n\nhello\nbye\n" },
		{ "A: b\n\na <html> tag", "a <html> tag" },
		{ "Content-Type: text/enriched\n\n<bold>a</bold>\nb", "a\nb" },
		{ "Content-Type: text/html\n\n<p>text<img src=\"data:image/png;base64,AAAA\n", "text" },
	};

	check(rows, G_N_ELEMENTS(rows));
}
/* clang-format on */

/* Ten thousand lines that have a colon are no header when they stand in a body. */
static void test_style_sheet(void)
{
	g_autoptr(GString) mail = g_string_new("Content-Type: text/html\n\n<style>\n");
	struct message *m;

	for (int i = 0; i < 2 * LIMIT_HEADER_COUNT; i++)
		g_string_append(mail, ".c{margin:0}\n");
	m = parse(g_string_append(mail, "</style><p>the words</p>")->str);
	g_assert_cmpstr(message_text(m), ==, "the words");
	message_free(m);
}

/* LIMIT_TEXT_SCAN_BYTES of plain text are looked at for the words among files. */
static void text_after_files(const char *head)
{
	for (size_t past = 0; past < 2; past++) {
		g_autoptr(GString) mail = g_string_new(head);
		size_t body = mail->len;
		struct message *m;

		while (mail->len - body + strlen(BASE64) < LIMIT_TEXT_SCAN_BYTES - 100)
			g_string_append(mail, BASE64);
		while (mail->len - body < LIMIT_TEXT_SCAN_BYTES - 1 + past)
			g_string_append_c(mail, '\n');
		m = parse(g_string_append(mail, "z")->str);
		g_assert_true(g_str_has_suffix(message_text(m), "z") == !past);
		message_free(m);
	}
}

static void test_text_after_files(void)
{
	text_after_files("A: b\n\n");
	text_after_files("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n");
}

/* Where a part has no type, or is a message, they may be one. */
static void test_many_fields_of_parts(void)
{
	static const char *const heads[] = {
		"Content-Type: multipart/digest; boundary=b\n\n--b\n\n",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n"
		"\n",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type:\n"
		" message/rfc822\n\n",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
		"x\n--b\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
		g_autoptr(GString) mail = g_string_new(heads[i]);
		struct message *m;

		for (int k = 0; k < 2 * LIMIT_HEADER_COUNT; k++)
			g_string_append(mail, "a:\n");
		m = parse(g_string_append(mail, "\n\n--b\n\nlast\n--b--\n")->str);
		g_assert_null(strstr(message_text(m), "last"));
		message_free(m);
	}
}

/* The words that a reader finds in both. */
static void test_the_same(void)
{
	g_assert_true(plain_says_the_same("Hello, world", "Hello world!"));
	g_assert_false(plain_says_the_same("Hello", "Hello world"));
	g_assert_false(plain_says_the_same("", ""));
	g_assert_false(plain_says_something("\xc2\xa0 \n\xe2\x80\x8b\t"));
	g_assert_true(plain_says_something("\xc2\xa0."));
}

/* clang-format off */
static const struct {
	const char *parameter, *name;
} files[] = {
	{ "filename*=gb2312''%b4%f2%a8C%87%e5", "\xe6\x89\x93\xe2\x80\x93\xe5\x9b\xa7" },
	{ "filename=\"=?gb2312?B?h+U=?=\"", "\xe5\x9b\xa7" },
	{ "filename*=iso-8859-1'en'50%20%80.pdf", "50 \xe2\x82\xac.pdf" },
	{ "filename=\"=?iso-8859-1?Q?50_=80.pdf?=\"", "50 \xe2\x82\xac.pdf" },
	{ "filename=\"r\xe9sum\xe9.pdf\"", "r\xc3\xa9sum\xc3\xa9.pdf" },
	{ "filename=\"=?utf-8?B?Z3LDtsOfZQ==?=\n =?utf-8?B?LnBkZg==?=\"", "gr\xc3\xb6\xc3\x9f" "e.pdf" },
	{ "filename*0*=utf-8''%C3; filename*1*=%A4; filename*2=b%20.pdf", "\xc3\xa4" "b%20.pdf" },
	{ "filename*1=b.pdf; filename*0=\"a;\"", "a;b.pdf" },
	{ "filename*=''a%20b", "a b" }, { "filename*=a%20b", "a b" },
	{ "filename==?utf-8?Q?a b?=", "a b" },
	{ "filename=plain.pdf; filename*=utf-8''%C3%A4.pdf", "\xc3\xa4.pdf" },
	{ "FileName = \"a \\\"b\\\" c\" ; x=y", "a \"b\" c" },
	{ "filename=\"C:\\temp\\a.pdf\"", "C:\\temp\\a.pdf" },
	{ "filename=\"\x1b$BF|K\\\x1b(B.txt\"", "\xe6\x97\xa5\xe6\x9c\xac.txt" },
	{ "filename=\"never closed", "never closed" },
	{ "filename*99999999999999999999=x; filename*x=y; filename", NULL },
	{ "filename*0=a; filename*0=b; filename*101=c; filename*2=d", "a" },
	{ "filename=; filename=\"\"", NULL },
	{ "filename=\"a\r\n\tb\"", "a b" },
};
/* clang-format on */

static void test_names_of_files(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *mail = g_strconcat(
			"Content-Type: application/pdf\nContent-Disposition: attachment; ",
			files[i].parameter, "\n\nx", NULL);
		struct message *m = parse(mail);
		size_t n;
		const struct attachment *list = message_attachments(m, &n);

		g_assert_cmpuint(n, ==, 1);
		g_assert_cmpstr(list[0].name, ==, files[i].name);
		message_free(m);
	}
}

static void test_names_of_people(void)
{
	static const struct row rows[] = {
		{ "From: \x1b$BF|K\\8l\x1b(B <a@b.example>\n\n",
			"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },
		{ "From: =?iso-8859-1?Q?J=F6rg_=80?= <a@b.example>\n\n",
			"J\xc3\xb6rg \xe2\x82\xac" },
		{ "From: =?gb2312?B?h+U=?= <a@b.example>\n\n", "\xe5\x9b\xa7" },
		{ "From: =?utf-8?Q?Anna Berg?= <a@b.example>\n\n", "Anna Berg" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct message *m = parse(rows[i].mail);

		g_assert_cmpuint(message_from(m).n, ==, 1);
		g_assert_cmpstr(message_from(m).v[0].name, ==, rows[i].text);
		message_free(m);
	}
}

/* What stands there is shown, as mail clients do. */
static void test_without_boundary(void)
{
	static const struct row rows[] = {
		{ "Content-Type: multipart/mixed\n\nHello there.\n", "Hello there.\n" },
		{ "Content-Type: multipart/mixed; boundary=b\n\nHello there.\n--x\nmore\n--x--\n",
			"Hello there.\n--x\nmore\n--x--\n" },
		{ "Content-Type: multipart/alternative; boundary=\"\"\n\n"
		  "<html><p>Hi <b>you</b></p>",
			"Hi you" },
		{ MIXED "--b\nContent-Type: multipart/alternative\n\nin a part\n--b--\n",
			"in a part" },
		{ MIXED "not seen\n" PLAIN "\nseen\n--b--\n", "seen" },
		{ MIXED "--b--\n", "" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_uuencode(void)
{
	static const struct row rows[] = {
#define UUENCODED "Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\n"
		{ UUENCODED "begin 644 letter.txt\n%2&5L;&\\*\n`\nend\n", "Hello" },
		{ UUENCODED "a line before it\nbegin 644 letter.txt\n%2&5L;&\\*\n`\nend\n",
			"Hello" },
		{ UUENCODED "%2&5L;&\\*\n`\nend\n", "Hello" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "several parts whose boundary is not there", test_without_boundary },
	{ "a text in uuencode", test_uuencode },
	{ "all texts in order, no files", test_parts },
	{ "the alternative that says something", test_alternatives },
	{ "the root of what is related or signed", test_roots },
	{ "charsets of texts", test_charsets },
	{ "transfer encodings as they are written", test_encodings },
	{ "format=flowed", test_flowed },
	{ "no base64, uuencode and markup", test_what_nobody_reads },
	{ "text after much base64", test_text_after_files },
	{ "a long style sheet", test_style_sheet },
	{ "many fields of parts", test_many_fields_of_parts },
	{ "the same words", test_the_same },
	{ "names of files", test_names_of_files },
	{ "names of people", test_names_of_people },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/texts/", tests[i].name, NULL);

		g_test_add_func(path, tests[i].run);
	}
	return g_test_run();
}
