/* What a person reads of HTML, whatever is wrong with it. */
#include "mail/html.h"

#include <string.h>

#include "../cpu.h"
#include "base/limits.h"

struct row {
	const char *html, *text;
};

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_autofree char *text = html_text(rows[i].html, LIMIT_TEXT_BYTES);

		if (strcmp(text, rows[i].text) != 0) {
			g_test_fail();
			g_test_message("%s: '%s', not '%s'", rows[i].html, text, rows[i].text);
		}
	}
}

/* clang-format off */

static void test_paragraphs(void)
{
	static const struct row rows[] = {
		{ "<p>one</p><p>two<p>three", "one\n\ntwo\n\nthree" },
		{ "<div>one</div><div>two</div>", "one\ntwo" },
		{ "a<br>b<br><br><br>c", "a\nb\n\nc" },
		{ "<div>a</div><div><br></div><div>b<br></div><div>c</div>", "a\n\nb\nc" },
		{ "  a \n\t b&nbsp; c<b>d</b> <i> e</i>", "a b cd e" },
		{ "<h1>Title</h1>text<hr>more", "Title\n\ntext\nmore" },
		{ "<span>a</span><span>b</span> <unheard-of>c</unheard-of>", "ab c" },
		/* Outlook: paragraphs are lines, and one of a no-break space is an empty one. */
		{ "<p class=MsoNormal>Dear desk,<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p "
			"class=MsoNormal>it burns</p>",
			"Dear desk,\n\nit burns" },
		{ "<p style=\"margin:0\">a</p><p style='margin-top:0px; margin-bottom:0px'>b</p><p "
			"style=\"margin:0.5em\">c</p>",
			"a\nb\n\nc" },
		{ "<p>a</p><p>&nbsp;</p><p>&nbsp;</p><p>b</p>", "a\n\nb" },
		{ "Best regards<br>\r\nAnna<br>\r\n<br>\r\nSales", "Best regards\nAnna\n\nSales" },
		{ "plain text\n  of lines\nand no tag &amp; more", "plain text\n  of lines\nand no tag & more" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_lists(void)
{
	static const struct row rows[] = {
		{ "before<ul><li>one<li>two</ul>after", "before\n* one\n* two\nafter" },
		{ "<ol><li>one</li><li><p>two</p></li><li value=7>seven</li><li>eight</ol>",
			"1. one\n2. two\n\n7. seven\n8. eight" },
		{ "<ol start=\"3\"><li>c</li><li>d<ul><li>x</ul></ol>", "3. c\n4. d\n  * x" },
		{ "<ol start=99999999999999999999><li>x</ol><ol start=-2><li>y</ol><ol start=z><li>z</ol>",
			"99999. x\n-2. y\n1. z" },
		{ "<ul><li></li><li>x</li></ul><li>lone", "* x\n* lone" },
		{ "<dl><dt>term<dd>meaning</dl>", "term\nmeaning" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_tables(void)
{
	static const struct row rows[] = {
		{ "<table><tr><th>Order</th><th>Total</th></tr><tr><td>4711</td><td>99</td></tr></table>",
			"Order  Total\n4711  99" },
		{ "<table><tr><td><p>A</p></td><td><p class=MsoNormal>1</p></td></tr></table>", "A  1" },
		{ "<table><tr><td>a<br>b</td><td>c</td></tr></table>", "a\nb\nc" },
		{ "<table><tr><td></td><td>x</td><td> </td><td>y</td></tr></table>z", "x  y\nz" },
		{ "<table><td>a<td>b<tr><td>c</table>", "a  b\nc" },
		{ "a<table><tr><td><table><tr><td><table><tr><td>deep</td></tr></table></td></tr>"
			"</table></td><td>beside</td></tr></table>b",
			"a\ndeep\nbeside\nb" },
		{ "<tr>lone</tr><td>cells</td>", "lone\ncells" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_verbatim(void)
{
	static const struct row rows[] = {
		{ "<p>log:</p><pre>\nERROR one\n  at  two\n\nWARN three</pre>end",
			"log:\n\nERROR one\n  at  two\n\nWARN three\n\nend" },
		{ "<pre>a\tb<b>c</b>\r\nd</pre>", "a        bc\nd" },
		{ "<div style=\"white-space: pre-wrap\">one\ntwo\n\nthree</div>four\nfive",
			"one\ntwo\n\nthree\nfour five" },
		{ "<span style='color:red;WHITE-SPACE:pre'>a\n b</span>", "a\n b" },
		{ "<body style=\"line-break: after-white-space; \">a\nb", "a b" },
		{ "<textarea>x\n y</textarea>", "x\n y" },
		{ "<pre>a<br>b", "a\nb" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_quotes(void)
{
	static const struct row rows[] = {
		{ "<p>yes please</p><blockquote type=cite><p>shall we?</p><p>or not</p></blockquote><div>end</div>",
			"yes please\n\n> shall we?\n>\n> or not\n\nend" },
		{ "a<blockquote>b<blockquote>c</blockquote>d</blockquote>", "a\n\n> b\n>\n>> c\n>\n> d" },
		{ "<div>On Monday Anna wrote:<br></div><blockquote "
			"class=\"gmail_quote\"><div>x<br>y</div></blockquote>",
			"On Monday Anna wrote:\n\n> x\n> y" },
		{ "<blockquote><ul><li>a<li>b</ul><pre>c\n  d</pre></blockquote>", "> * a\n> * b\n>\n> c\n>   d" },
		{ "</blockquote>a</div></b>", "a" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_links(void)
{
	static const struct row rows[] = {
		{ "<a href=\"https://shop.example/order/17\">your order</a>.",
			"your order <https://shop.example/order/17>." },
		{ "<a href='https://www.shop.example/'>shop.example</a>", "shop.example" },
		{ "<a href=\"mailto:a@b.example\">a@b.example</a> <a href=\"mailto:a@b.example\">Anna</a>",
			"a@b.example Anna <mailto:a@b.example>" },
		{ "<a href=\"tel:+4912345\">+4912345</a>", "+4912345" },
		{ "<a href=\"javascript:alert(1)\">a</a> <a href=\" java\n"
			"script:alert(1)\">b</a> <a href=\"data:text/html;base64,AAAA\">c</a> <a href=\"#top\">d</a> <a name=x>e</a>",
			"a b c d e" },
		{ "<a href=\"https://x.example/?a=1&amp;copy=2&copy=3&lt\">x</a>",
			"x <https://x.example/?a=1&copy=2&copy=3<>" },
		{ "<a href=\"https://track.example/1\"><img src=x></a>a", "a" },
		{ "<a href=https://x.example/1>one<div>two</div></a>three", "one\ntwo <https://x.example/1>\nthree" },
		{ "<a href=http://x.example/1>a<a href=http://x.example/2>b",
			"a <http://x.example/1>b <http://x.example/2>" },
		{ "<a href=\"https://x.example/\x1b[31m\">x</a>", "x <https://x.example/ [31m>" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_images(void)
{
	static const struct row rows[] = {
		{ "Hi\xf0\x9f\x91\x8d<img alt=\"\xf0\x9f\x98\x80\" src=x>!<img alt=Logo>Company<img src=x><img alt=''>",
			"Hi\xf0\x9f\x91\x8d\xf0\x9f\x98\x80! Logo Company" },
		{ "a<img src=\"data:image/png;base64,iVBORw0KGgo=\" alt=\"a&amp;b\">c", "a a&b c" },
		{ "a<img alt=pixel style=display:none>b", "ab" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_references(void)
{
	static const struct row rows[] = {
		{ "&ntilde;&pound;&oslash;&deg;&times;&Eacute;&laquo;&trade;&aring;&rarr;&hearts;&NotEqualTilde;<b>",
			"ñ£ø°×É«™å→♥≂̸" },
		{ "It&#146;s 1&#150;2 &#x80; &#8364; &#x20AC;7 &#128;<b>", "It\xe2\x80\x99s 1\xe2\x80\x93"
			"2 € € €7 €" },
		{ "a&amp;b &amp b &copy 2026 AT&T &notit; &amplifier &unknown; &; & &#; &#x; &#xg<b>",
			"a&b & b © 2026 AT&T ¬it; &lifier &unknown; &; & &#; &#x; &#xg" },
		{ "&amp;lt;p&amp;gt; &lt;p&gt;<b>", "&lt;p&gt; <p>" },
		{ "&#0;&#x110000;&#xd800;&#99999999999999999999;<b>",
			"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "so&shy;ft&#8203; z&zwnj;w &zwnj;&nbsp;&#847;&zwnj; end<b>", "soft z\xe2\x80\x8cw end" },
		{ "a&#13;&#10;b&Tab;c&#7;<b>", "a b c" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

/* Never shown, whole or cut off. */
static void test_unseen(void)
{
	static const struct row rows[] = {
		{ "<html><head><title>t</title><style>p { }</style></head><body>a<script>x</b>y</script>b", "ab" },
		{ "<STYLE type=x><!-- .a{} --></STYLE>a<noframes>x</noframes><iframe>y</iframe><template>z</template>b",
			"ab" },
		{ "<!--[if gte mso 9]><xml>JUNK</xml><![endif]-->a<![if !vml]>b<![endif]><!--[if "
			"!mso]><!-->c<!--<![endif]-->",
			"abc" },
		{ "<xml><w:View>Normal</w:View></xml>a<?xml:namespace prefix=o />b<!DOCTYPE x>c<!-->d<!--->e</>f</ x>g",
			"abcdefg" },
		{ "a<style>never {ended", "a" }, { "a<script>if (a < b) '</", "a" }, { "a<!-- never <b>ended</b>", "a"
			}, { "a<!", "a" },
		{ "a<img alt=\"b\" src=\"data:image/png;base64,AAAA", "a" }, { "a<a href='x", "a" }, { "a<b", "a" }, {
			"a</b", "a" }, { "a<", "a<" },
		{ "<title>a <p>never closed", "a\n\nnever closed" },
		{ "a<svg><text>x</text></svg><video>y</video>b", "ab" },
		{ "1 < 2 <3 a<=b <> x", "1 < 2 <3 a<=b <> x" },
		{ "<p title=don't>a</p><a href=\"x>b\">c</a><b title=\"never closed>d</b>", "a\n\ncd" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

static void test_hidden(void)
{
	static const struct row rows[] = {
		{ "<div style=\"display:none;font-size:1px\">preheader<div>more</div>still</div>a<span style='DISPLAY "
			": none !important'>x</span>b",
			"ab" },
		{ "<p hidden>x</p><p style=display:none>y<p>seen", "seen" },
		{ "<div style=\"max-height:0;overflow:hidden\">x</div><div "
			"style=\"max-height:0.5em;overflow:hidden\">a</div>",
			"a" },
		{ "<table><tr style=\"display:none\"><td>x</td></tr><tr><td>a</td><td "
			"style='display:none'>y</td><td>b</td></tr></table>",
			"a  b" },
		{ "<br style=display:none><img style=display:none alt=x>a<o:p style='display:none'/>b", "ab" },
		{ "<div style=display:none><ul><li>x</ul><a "
			"href=http://x.example>x</a><blockquote>y</blockquote><pre>z</pre></div>a",
			"a" },
		/* A document that hides all it says is read all the same. */
		{ "<div style=\"display:none\">all there is</div>", "all there is" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

/* clang-format on */

static void test_makes(void)
{
	static const char outlook[] =
		"<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><style><!--\n"
		"p.MsoNormal {margin:0cm;}\n--></style></head><body lang=DE link=\"#0563C1\">"
		"<div class=WordSection1><p class=MsoListParagraph style='mso-list:l0 level1 lfo1'>"
		"<![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>\xc2\xb7"
		"<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp; </span></span></span>"
		"<![endif]>first<o:p></o:p></p><div style='border:none;border-top:solid #E1E1E1 1.0pt'>"
		"<p class=MsoNormal><b>Von:</b> Desk<br><b>Betreff:</b> x<o:p></o:p></p></div></div>"
		"</body></html>";
	static const char newsletter[] =
		"<!DOCTYPE html><html><head><meta charset=utf-8><title>News</title><style>@media{a{}}</style>"
		"</head><body><div style=\"display:none;max-height:0;\">preview&nbsp;&zwnj;&nbsp;&zwnj;</div>"
		"<table role=presentation><tr><td align=center><table><tr><td><h1>Sale</h1></td></tr>"
		"<tr><td><p>Buy <a href=\"https://t.example/c/1\">now</a></p></td></tr></table></td></tr>"
		"</table></body></html>";
	static const char thunderbird[] =
		"<html><body><div class=\"moz-cite-prefix\">Am 1.2. schrieb Desk:<br></div>\n"
		"    <blockquote type=\"cite\" cite=\"mid:x@y\">\n"
		"      <pre class=\"moz-quote-pre\" wrap=\"\">one\n"
		"two</pre>\n    </blockquote>\n    <p>three<br>\n    </p>\n</body></html>";
	static const struct row rows[] = {
		{ outlook, "\xc2\xb7 first\nVon: Desk\nBetreff: x" },
		{ newsletter, "Sale\n\nBuy now <https://t.example/c/1>" },
		{ thunderbird, "Am 1.2. schrieb Desk:\n\n> one\n> two\n\nthree" },
	};

	check(rows, G_N_ELEMENTS(rows));
}

/* Repeated without end: in no time, and in no more than its share of bytes. */
static void test_hostile_makes(void)
{
	static const char *const makes[] = { "<", "<!", "<!--", "&", "&a", "&#", "<a ='", "<a =\"",
		"<style>", "<title>", "</", "<b", "<div style=display:none>", "<blockquote>",
		"<ul><li>", "<table><tr><td>", "<pre> ", "<pre>\n", "<a href=http://x>",
		"<a href=http://x>y</a>", "<p hidden>", "</p>", "<td>", "<td>x", "<img alt=x>",
		"<x y z=1 ", "<ol start=9>", "&nbsp;", "\xc2\xa0", "<br>",
		"<div style=\"a:b;c:d\">", "<span hidden/>" };

	for (size_t i = 0; i < G_N_ELEMENTS(makes); i++) {
		g_autoptr(GString) html = g_string_new(NULL);
		g_autofree char *text = NULL;

		while (html->len < LIMIT_HTML_SCAN_BYTES)
			g_string_append(html, makes[i]);
		text = html_text(html->str, LIMIT_TEXT_BYTES);
		g_assert_true(g_utf8_validate(text, -1, NULL));
		g_assert_cmpuint(strlen(text), <=, LIMIT_TEXT_BYTES);
		g_assert_cmpfloat(cpu_seconds(), <, 60);
	}
}

static void test_beginnings(void)
{
	g_assert_true(html_begins("  \n<!DOCTYPE HTML PUBLIC"));
	g_assert_true(html_begins("<HTML>"));
	g_assert_false(html_begins("<b>"));
	g_assert_false(html_begins("see <html>"));
	g_assert_false(html_begins(""));
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "paragraphs and lines", test_paragraphs },
	{ "lists are marked", test_lists },
	{ "cells and rows are apart", test_tables },
	{ "preformatted text stays as it is", test_verbatim },
	{ "quotes are marked", test_quotes },
	{ "links are shown where they differ", test_links },
	{ "images by their alt", test_images },
	{ "character references", test_references },
	{ "style, script and comments are not shown", test_unseen },
	{ "nor what is hidden", test_hidden },
	{ "as mail programs make it", test_makes },
	{ "hostile makes take no time", test_hostile_makes },
	{ "where a document begins", test_beginnings },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/html/", tests[i].name, NULL);

		g_test_add_func(path, tests[i].run);
	}
	return g_test_run();
}
