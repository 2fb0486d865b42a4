/* Tags and prefixes of a Subject: what is found in it, what it becomes, and that every other byte
 * stays. */
#include "decide/subject-commands.h"

#include <string.h>

#include "../cpu.h"
#include "base/limits.h"
#include "base/text.h"
#include "model/verb.h"

static struct tag_format ours;

/* How long the lines, and the encoded-words that we wrote, are; that nothing ends the header
 * early. */
static void assert_header_is_sound(const char *value)
{
	size_t line = strlen("Subject: ");

	for (const char *p = value; *p; p++) {
		g_assert_cmpint(*p, !=, '\r');
		line = *p == '\n' ? 0 : line + 1;
		g_assert_cmpuint(line, <=, 998);
		if (*p == '\n')
			g_assert_cmpuint(strspn(p + 1, " \t"), >, 0);
	}
	for (const char *p = value; (p = strstr(p, "=?UTF-8?B?")); p++)
		g_assert_cmpuint(strcspn(p, " \n"), <=, 75);
}

/* The raw value; tags found, as text; what is left for a title; a reply?; the value with tag 42 in
 * front. NULL: same as given. */
static const struct {
	const char *raw, *tags, *plain;
	bool is_reply;
	const char *tagged;
} subjects[] = {
	{ NULL, "", "", false, "[example.com #42]" },
	{ "", "", "", false, "[example.com #42]" },
	{ " \t\r\n ", "", "", false, "[example.com #42]" },
	{ "Printer on fire", "", "Printer on fire", false, "[example.com #42] Printer on fire" },
	{ " Printer  on\tfire ", "", "Printer on fire", false,
		"[example.com #42] Printer  on\tfire" },

	/* our tags */
	{ "[example.com #42] Printer", "42", "Printer", false, NULL },
	{ "[example.com #42]", "42", "", false, NULL },
	{ "[EXAMPLE.Com #42] Printer", "42", "Printer", false, "[example.com #42] Printer" },
	{ "Re: [example.com #42] Printer", "42", "Printer", true, "[example.com #42] Re: Printer" },
	{ "Printer [example.com #42]", "42", "Printer", false, "[example.com #42] Printer" },
	{ "Printer [example.com #42] on fire", "42", "Printer on fire", false,
		"[example.com #42] Printer on fire" },
	{ "Printer[example.com #42]on fire", "42", "Printeron fire", false,
		"[example.com #42] Printeron fire" },
	{ "Printer[example.com #42] on fire", "42", "Printer on fire", false,
		"[example.com #42] Printer on fire" },
	{ "[example.com #42] [example.com #7] x", "42 7", "x", false, "[example.com #42] x" },
	{ "[example.com #7] Re: [example.com #42] x", "7 42", "x", true,
		"[example.com #42] Re: x" },
	{ "[example.com #7][example.com #7] x", "7", "x", false, "[example.com #42] x" },
	{ "[example.com [example.com #1]#2] x", "1 2", "x", false, "[example.com #42] x" },

	/* any blanks in it are one */
	{ "[example.com  #42] x", "42", "x", false, "[example.com #42] x" },
	{ "[example.com \t #42] x", "42", "x", false, "[example.com #42] x" },
	{ "[example.com\xc2\xa0#42] x", "42", "x", false, "[example.com #42] x" },
	{ "Re: [example.com \xc2\xa0 #42] x", "42", "x", true, "[example.com #42] Re: x" },
	{ "[example.com\xe3\x80\x80#42] x", "42", "x", false, "[example.com #42] x" },
	{ "[example.com\xe2\x80\xaf\xe2\x80\x89#42] x", "42", "x", false, "[example.com #42] x" },
	{ "=?utf-8?Q?[example.com=C2=A0#42]?= x", "42", "x", false, "[example.com #42] x" },
	{ "=?iso-8859-1?Q?[example.com=A0#42]_x?=", "42", "x", false,
		"[example.com #42] =?UTF-8?B?eA==?=" },
	{ "[example.com\xe2\x80\x8b#42] x", "", "[example.com\xe2\x80\x8b#42] x", false,
		"[example.com #42] [example.com\xe2\x80\x8b#42] x" },
	{ "[example.com #\xc2\xa0"
	  "42] x",
		"", "[example.com # 42] x", false,
		"[example.com #42] [example.com #\xc2\xa0"
		"42] x" },

	/* what is not our tag */
	{ "[example.com #1234] x", "1234", "x", false, "[example.com #42] x" },
	{ "[example.com #123a] x", "", "[example.com #123a] x", false,
		"[example.com #42] [example.com #123a] x" },
	{ "[example.com #042] x", "", "[example.com #042] x", false,
		"[example.com #42] [example.com #042] x" },
	{ "[example.com #0] x", "", "[example.com #0] x", false,
		"[example.com #42] [example.com #0] x" },
	{ "[example.com #] x", "", "[example.com #] x", false,
		"[example.com #42] [example.com #] x" },
	{ "[example.com #123456789012345678901234567890] x", "",
		"[example.com #123456789012345678901234567890] x", false,
		"[example.com #42] [example.com #123456789012345678901234567890] x" },
	{ "[example.com #18446744073709551615] x", "18446744073709551615", "x", false,
		"[example.com #42] x" },
	{ "[example.com #18446744073709551616] x", "", "[example.com #18446744073709551616] x",
		false, "[example.com #42] [example.com #18446744073709551616] x" },
	{ "[example.com #\xef\xbc\x94\xef\xbc\x92] x", "",
		"[example.com #\xef\xbc\x94\xef\xbc\x92] x", false,
		"[example.com #42] [example.com #\xef\xbc\x94\xef\xbc\x92] x" },
	{ "[example.com#42] x", "", "[example.com#42] x", false,
		"[example.com #42] [example.com#42] x" },
	{ "[Ticket#123] [other.example #5] x", "", "[Ticket#123] [other.example #5] x", false,
		"[example.com #42] [Ticket#123] [other.example #5] x" },
	{ "[myexample.com #5] x", "", "[myexample.com #5] x", false,
		"[example.com #42] [myexample.com #5] x" },

	/* folding */
	{ "Re: [example.com\r\n #42] x", "42", "x", true, "[example.com #42] Re: x" },
	{ "Re: [example.com\n\t #42] x", "42", "x", true, "[example.com #42] Re: x" },
	{ "one\r\n two", "", "one two", false, "[example.com #42] one two" },
	{ "one\rtwo\nthree", "", "one two three", false, "[example.com #42] one two three" },
	{ "[example.com #42] one\n two", "42", "one two", false, NULL },

	/* prefixes */
	{ "Re: x", "", "x", true, "[example.com #42] Re: x" },
	{ "AW: WG: SV: Antw: RE[5]: x", "", "x", true, "[example.com #42] AW: WG: x" },
	{ "Re: Re: Re: x", "", "x", true, "[example.com #42] Re: x" },
	{ "Re : x", "", "x", true, "[example.com #42] Re : x" },
	{ "Re^2: Re(3): Re*4: x", "", "x", true, "[example.com #42] Re^2: x" },
	{ "Fwd: Fw: x", "", "x", true, "[example.com #42] Fwd: x" },
	{ "\xe5\x9b\x9e\xe5\xa4\x8d\xef\xbc\x9a x", "", "x", true,
		"[example.com #42] \xe5\x9b\x9e\xe5\xa4\x8d\xef\xbc\x9a x" },
	{ "=?utf-8?B?5Zue5aSN77yaIHg=?=", "", "x", true,
		"[example.com #42] =?utf-8?B?5Zue5aSN77yaIHg=?=" },
	{ "Re: [example.com #42] AW: [Ticket#5] x", "42", "[Ticket#5] x", true,
		"[example.com #42] Re: [Ticket#5] x" },
	{ "Report: x", "", "Report: x", false, "[example.com #42] Report: x" },
	{ "Re: Ref: 1234", "", "Ref: 1234", true, "[example.com #42] Re: Ref: 1234" },
	{ "12:30 Re: x", "", "12:30 Re: x", false, "[example.com #42] 12:30 Re: x" },
	{ "Re:", "", "", true, "[example.com #42] Re:" },

	/* any blanks inside a tag count as one */
	{ "[example.com  \t #42] x", "42", "x", false, "[example.com #42] x" },
	{ "[example.com\xc2\xa0#42] x", "42", "x", false, "[example.com #42] x" },
	{ "[example.com \xc2\xa0\xe3\x80\x80 #42] x", "42", "x", false, "[example.com #42] x" },
	{ "[example.com\xa0#42] x", "42", "x", false, "[example.com #42] x" },
	{ "=?iso-8859-1?q?[example.com_=A0#42]?= x", "42", "x", false, "[example.com #42] x" },
	{ "[example.com\n #42] x", "42", "x", false, "[example.com #42] x" },
	{ "[example.com# 42] x", "", "[example.com# 42] x", false,
		"[example.com #42] [example.com# 42] x" },

	/* raw bytes of a charset that nothing tells stay, too */
	{ "Re: [example.com #42] \xf7\xcf\xd0\xd2\xcf\xd3", "42", "Вопрос", true,
		"[example.com #42] Re: \xf7\xcf\xd0\xd2\xcf\xd3" },
	{ "\xb4\xf2\xd3\xa1\xbb\xfa [example.com #7] \xb4\xf2\xd3\xa1", "7", "打印机 打印", false,
		"[example.com #42] \xb4\xf2\xd3\xa1\xbb\xfa \xb4\xf2\xd3\xa1" },

	/* encoded-words and raw 8-bit stay as they came */
	{ "=?ISO-8859-1?Q?Dr=FCcker?= kaputt", "",
		"Dr\xc3\xbc"
		"cker kaputt",
		false, "[example.com #42] =?ISO-8859-1?Q?Dr=FCcker?= kaputt" },
	{ "Dr\xfc"
	  "cker",
		"",
		"Dr\xc3\xbc"
		"cker",
		false,
		"[example.com #42] Dr\xfc"
		"cker" },
	{ "Dr\xc3\xbc"
	  "cker",
		"",
		"Dr\xc3\xbc"
		"cker",
		false,
		"[example.com #42] Dr\xc3\xbc"
		"cker" },
	{ "[example.com #7] Dr\xfc"
	  "cker",
		"7",
		"Dr\xc3\xbc"
		"cker",
		false,
		"[example.com #42] Dr\xfc"
		"cker" },
	{ "=?GB18030?B?xOO6ww==?=", "", "\xe4\xbd\xa0\xe5\xa5\xbd", false,
		"[example.com #42] =?GB18030?B?xOO6ww==?=" },
	{ "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "", "\xe6\x97\xa5\xe6\x9c\xac", false,
		"[example.com #42] =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=" },
	{ "=?utf-8?Q?a?= =?utf-8?Q?b?=", "", "ab", false,
		"[example.com #42] =?utf-8?Q?a?= =?utf-8?Q?b?=" },
	{ "=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "", "\xc3\xbc", false,
		"[example.com #42] =?utf-8?Q?=C3?= =?utf-8?Q?=BC?=" },
	{ "=?utf-8*de?Q?=C3=BC?=", "", "\xc3\xbc", false,
		"[example.com #42] =?utf-8*de?Q?=C3=BC?=" },
	{ "=?utf-8?Q?"
	  "?= x",
		"", "x", false,
		"[example.com #42] =?utf-8?Q?"
		"?= x" },
	{ "=?utf-8?B?"
	  "?= x",
		"", "x", false,
		"[example.com #42] =?utf-8?B?"
		"?= x" },
	{ "=?utf-8?B?W2V4YW1", "", "=?utf-8?B?W2V4YW1", false,
		"[example.com #42] =?utf-8?B?W2V4YW1" },
	{ "=?utf-8?X?abc?=", "", "=?utf-8?X?abc?=", false, "[example.com #42] =?utf-8?X?abc?=" },
	{ "=?../../etc?Q?abc?=", "", "=?../../etc?Q?abc?=", false,
		"[example.com #42] =?../../etc?Q?abc?=" },

	/* unknown charsets, bytes that do not fit, broken base64: read as far as possible, and
	 * kept */
	{ "=?x-unknown?Q?Dr=FCcker?=", "",
		"Dr\xc3\xbc"
		"cker",
		false, "[example.com #42] =?x-unknown?Q?Dr=FCcker?=" },
	{ "=?utf-8?Q?Dr=FCcker_=C3=BC?=", "",
		"Dr\xc3\xbc"
		"cker \xc3\xbc",
		false, "[example.com #42] =?utf-8?Q?Dr=FCcker_=C3=BC?=" },
	{ "=?utf-8?B?UHJpbnRlciE?=", "", "Printer!", false,
		"[example.com #42] =?utf-8?B?UHJpbnRlciE?=" },
	{ "=?utf-8?B?!!UHJpbnRlciE=!!?=", "", "Printer!", false,
		"[example.com #42] =?utf-8?B?!!UHJpbnRlciE=!!?=" },

	/* words as senders write them: blanks and question marks in Q, split letters, labels that
	 * are too narrow or wrong */
	{ "=?utf-8?Q?gr=C3=B6=C3=9Fer als?=", "",
		"gr\xc3\xb6\xc3\x9f"
		"er als",
		false, "[example.com #42] =?utf-8?Q?gr=C3=B6=C3=9Fer als?=" },
	{ "=?utf-8?Q?why?_=C3=BC?"
	  "?= x",
		"", "why? \xc3\xbc? x", false,
		"[example.com #42] =?utf-8?Q?why?_=C3=BC?"
		"?= x" },
	{ "=?utf-8?Q?a =?utf-8?Q?b?=", "", "=?utf-8?Q?a b", false,
		"[example.com #42] =?utf-8?Q?a =?utf-8?Q?b?=" },
	{ "=?utf-8?Q?Re: [example.com #42] =C3=BC?=", "42", "\xc3\xbc", true,
		"[example.com #42] =?UTF-8?B?UmU6IMO8?=" },
	{ "=?gb2312?B?1Q==?= =?gb2312?B?iA==?=", "", "\xe8\xab\x8b", false,
		"[example.com #42] =?gb2312?B?1Q==?= =?gb2312?B?iA==?=" },
	{ "=?iso-2022-jp?B?GyRCLSEbKEI=?=", "", "\xe2\x91\xa0", false,
		"[example.com #42] =?iso-2022-jp?B?GyRCLSEbKEI=?=" },
	{ "=?us-ascii?Q?=C3=BC?=", "", "\xc3\xbc", false,
		"[example.com #42] =?us-ascii?Q?=C3=BC?=" },
	{ "=?iso-8859-1?Q?50_=80?=", "", "50 \xe2\x82\xac", false,
		"[example.com #42] =?iso-8859-1?Q?50_=80?=" },
	{ "=?gb2312?Q?=FF_[example.com_#42]_=B4=F2?=", "42", "\xef\xbf\xbd \xe6\x89\x93", false,
		"[example.com #42] =?UTF-8?B?77+9IOaJkw==?=" },

	/* what a strict reader would see as text is not hidden in a word */
	{ "=?iso-2022-jp?Q?=1B$B!close x?=", "", "=?iso-2022-jp?Q?=1B$B!close x?=", false,
		"[example.com #42] =?iso-2022-jp?Q?=1B$B!close x?=" },
	{ "=?utf-16be?Q?=00a !close?=", "", "=?utf-16be?Q?=00a !close?=", false,
		"[example.com #42] =?utf-16be?Q?=00a !close?=" },
	{ "=?utf-8?B?aGVs !close bG8=?=", "", "=?utf-8?B?aGVs !close bG8=?=", false,
		"[example.com #42] =?utf-8?B?aGVs !close bG8=?=" },
	{ "=?utf-8?B?aGVs bG8=?=", "", "hello", false, "[example.com #42] =?utf-8?B?aGVs bG8=?=" },

	/* ISO-2022-JP that nobody encoded is one stretch, and stays as it came */
	{ "\x1b$BF|K\\\x1b(B [example.com #42] x", "42", "\xe6\x97\xa5\xe6\x9c\xac x", false,
		"[example.com #42] \x1b$BF|K\\\x1b(B x" },
	{ "=?utf-8?Q?a?= \x1b$BF|\x1b(B =?utf-8?Q?b?=", "", "a \xe6\x97\xa5 b", false,
		"[example.com #42] =?utf-8?Q?a?= \x1b$BF|\x1b(B =?utf-8?Q?b?=" },
	{ "\x1b$BF|", "", "\xe6\x97\xa5", false, "[example.com #42] \x1b$BF|" },
	{ "\x1b[31mred", "", "[31mred", false, "[example.com #42] \x1b[31mred" },

	/* our tag inside encoded-words: they are written anew, and only they */
	{ "=?utf-8?Q?[example.com_#42]_Dr=C3=BCcker?=", "42",
		"Dr\xc3\xbc"
		"cker",
		false, "[example.com #42] =?UTF-8?B?RHLDvGNrZXI=?=" },
	{ "=?utf-8?B?W2V4YW1wbGUuY29tICM0Ml0gaGVsbG8?=", "42", "hello", false,
		"[example.com #42] =?UTF-8?B?aGVsbG8=?=" },
	{ "=?utf-8?Q?[exam?= =?utf-8?Q?ple.com_#4?=\n =?utf-8?Q?2]_x?= =?iso-8859-1?Q?=FC?=", "42",
		"x\xc3\xbc", false, "[example.com #42] =?UTF-8?B?eA==?= =?iso-8859-1?Q?=FC?=" },
	{ "[example.com =?utf-8?Q?#42]_x?=", "42", "x", false,
		"[example.com #42] =?UTF-8?B?eA==?=" },
	{ "=?x-unknown?Q?=FC_[example.com_#42]_=FC?=", "42", "\xc3\xbc \xc3\xbc", false,
		"[example.com #42] =?x-unknown?Q?=FC_=FC?=" },
	{ "=?utf-8?Q?Re:_[example.com_#42]_=FC?=", "42", "\xc3\xbc", true,
		"[example.com #42] =?utf-8?Q?Re=3A_=FC?=" },
	{ "=?utf-8?Q?a?= [example.com #42] =?utf-8?Q?b?=", "42", "a b", false,
		"[example.com #42] =?utf-8?Q?a?= =?UTF-8?Q?_?= =?utf-8?Q?b?=" },
	{ "=?[example.com #42]UTF-8?Q?Re:_[example.com_#8]_x?=", "42 8", "x", true,
		"[example.com #42] =?UTF-8?B?UmU6IHg=?=" },

	/* what would be a line, or the end of one, never becomes one */
	{ "=?utf-8?Q?a=0D=0AX-Evil:_b?=", "", "a X-Evil: b", false,
		"[example.com #42] =?utf-8?Q?a=0D=0AX-Evil:_b?=" },
	{ "=?utf-8?Q?a=0D=0AX-Evil:_b_[example.com_#42]?=", "42", "a X-Evil: b", false,
		"[example.com #42] =?UTF-8?B?YSAgWC1FdmlsOiBi?=" },
	{ "=?utf-8?B?YQANCmI=?= [example.com #42]", "42", "a b", false,
		"[example.com #42] =?utf-8?B?YQANCmI=?=" },
	{ "a\x01\x7f"
	  "b",
		"", "a b", false,
		"[example.com #42] a\x01\x7f"
		"b" },
};

static char *numbers_text(const struct numbers *numbers)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < numbers->n; i++)
		g_string_append_printf(out, "%s%" G_GUINT64_FORMAT, i ? " " : "", numbers->v[i]);
	return g_string_free(out, FALSE);
}

static void test_view(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
		struct subject_view view;
		g_autofree char *tags = NULL;

		subject_view_init(&view, subjects[i].raw, &ours);
		tags = numbers_text(&view.tags);
		g_assert_cmpstr(tags, ==, subjects[i].tags);
		g_assert_cmpstr(view.plain, ==, subjects[i].plain);
		g_assert_cmpint(view.is_reply, ==, subjects[i].is_reply);
		subject_view_release(&view);
	}
}

static void test_retag(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
		const char *raw = subjects[i].raw;
		g_autofree char *once = subject_retag(raw, &ours, 42, 998),
				*twice = subject_retag(once, &ours, 42, 998);

		g_assert_cmpstr(once, ==, subjects[i].tagged ? subjects[i].tagged : raw);
		g_assert_cmpstr(twice, ==, once);
		assert_header_is_sound(once);
	}
}

/* Raw values with folds, and what they become. */
static const char *const folded[][2] = {
	{ "a\n b", "[example.com #42] a\n b" },
	{ "a\n\tb \n  c", "[example.com #42] a\n\tb \n  c" },
	{ "\n a\n b", "[example.com #42] a\n b" },
	{ "=?utf-8?q?a?=\n =?utf-8?q?b?=", "[example.com #42] =?utf-8?q?a?=\n =?utf-8?q?b?=" },
	{ "Re: [example.com #7]\n a\n b", "[example.com #42] Re:\n a\n b" },
	{ "Re: a\n [example.com #7] b\n c", "[example.com #42] Re: a b\n c" },
	{ "[example.com\n #42] a\n b", "[example.com #42] a\n b" },
	{ "[example.com #42] a\n b", "[example.com #42] a\n b" },
	{ "[example.com\n #4x", "[example.com #42] [example.com\n #4x" },
	{ "ab c\n d e f g h i j k l m", "[example.com #42] ab c\n d e f g h i j k l m" },
	{ "[example.com #42]\n a", "[example.com #42]\n a" },
	{ "[example.com #42] a\nb\n c", "[example.com #42] a b\n c" },
	/* Lines of blanks alone are not written again. */
	{ "a\n \n b", "[example.com #42] a  b" },
};

static void test_folds_are_kept(void)
{
	g_autofree char *wide = g_strnfill(990, 'x'), *long_line = g_strconcat(wide, "\n y", NULL);
	g_autofree char *cut = subject_retag(long_line, &ours, 42, LIMIT_SUBJECT_BYTES);

	for (size_t i = 0; i < G_N_ELEMENTS(folded); i++) {
		g_autofree char *once = subject_retag(folded[i][0], &ours, 42, 998),
				*twice = subject_retag(once, &ours, 42, 998);

		g_assert_cmpstr(once, ==, folded[i][1]);
		g_assert_cmpstr(twice, ==, once);
	}
	assert_header_is_sound(cut);
}

/* After the tag: one number, the same title. */
static void test_view_of_what_was_tagged(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
		g_autofree char *once = subject_retag(subjects[i].raw, &ours, 42, 998);
		struct subject_view view;

		subject_view_init(&view, once, &ours);
		g_assert_cmpuint(view.tags.n, ==, 1);
		g_assert_cmpuint(view.tags.v[0], ==, 42);
		g_assert_cmpstr(view.plain, ==, subjects[i].plain);
		subject_view_release(&view);
	}
}

static void test_tags_only_removed(void)
{
	g_autofree char *value = subject_retag(
		"Re: Re: [example.com #7] x [example.com #8]", &ours, 0, 998);

	g_assert_cmpstr(value, ==, "Re: Re: x");
}

/* --- size --- */

/* `count` times the text, one after the other. */
static char *many(const char *text, size_t count)
{
	GString *out = g_string_new(NULL);

	while (count-- > 0)
		g_string_append(out, text);
	return g_string_free(out, FALSE);
}

/* Long values of many makes; each comes out tagged, in lines that fit, at most as long as is
 * allowed, in reasonable time. */
static void test_long_values(void)
{
	static const struct {
		const char *text;
		size_t count;
	} values[] = {
		{ "word ", 2000 },
		{ "x", 10000 },
		{ "\xe9", 10000 },
		{ "\xc3\xa9", 5000 },
		{ " ", 10000 },
		{ "=?utf-8?Q?word?= ", 600 },
		{ "=?utf-8?Q?=C3?= ", 60000 },
		{ "Re: ", 300000 },
		{ "[example.com #7]", 60000 },
		{ "[example.com ", 60000 },
		{ "=?", 500000 },
		{ "=?utf-8?B?", 100000 },
		{ "word\r\n ", 200000 },
		{ "\r", 1000000 },
		{ "[example.com #", 70000 },
		{ "\x01", 1000000 },
		{ "=?a?Q?\xff?=", 90000 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *raw = many(values[i].text, values[i].count),
				*tail = g_strconcat("x", raw, "y", NULL);
		g_autofree char *once = subject_retag(tail, &ours, 42, 998),
				*wide = subject_retag(tail, &ours, 42, LIMIT_SUBJECT_BYTES);
		struct subject_view view;

		g_assert_true(g_str_has_prefix(once, "[example.com #42]"));
		g_assert_cmpuint(strlen(once), <=, 998 + 998 / 70);
		assert_header_is_sound(once);
		assert_header_is_sound(wide);
		subject_view_init(&view, tail, &ours);
		g_assert_cmpuint(strlen(view.plain), <=, LIMIT_TITLE_BYTES);
		g_assert_true(g_utf8_validate(view.plain, -1, NULL));
		subject_view_release(&view);
	}
	g_assert_cmpfloat(cpu_seconds(), <, 60);
}

/* LIMIT_SUBJECT_BYTES: a tag that ends there is found, one byte further it is not. */
static void test_bytes_read(void)
{
	static const char tag[] = "[example.com #7]";

	for (size_t past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill(
			LIMIT_SUBJECT_BYTES - strlen(tag) - 1 + past, 'x');
		g_autofree char *raw = g_strconcat(fill, " ", tag, NULL);
		struct subject_view view;

		subject_view_init(&view, raw, &ours);
		g_assert_cmpuint(view.tags.n, ==, past ? 0 : 1);
		subject_view_release(&view);
	}
}

/* LIMIT_TITLE_BYTES, cut at a character. */
static void test_title_length(void)
{
	for (int more = -1; more < 2; more++) {
		g_autofree char *raw = g_strnfill((gsize)(LIMIT_TITLE_BYTES + more), 'x');
		struct subject_view view;

		subject_view_init(&view, raw, &ours);
		g_assert_cmpuint(
			strlen(view.plain), ==, (size_t)(LIMIT_TITLE_BYTES + MIN(more, 0)));
		subject_view_release(&view);
	}
}

/* LIMIT_TAGS numbers are told, all tags go. */
static void test_many_tags(void)
{
	for (int count = LIMIT_TAGS; count < LIMIT_TAGS + 2; count++) {
		g_autoptr(GString) raw = g_string_new(NULL);
		g_autofree char *tagged = NULL;
		struct subject_view view;

		for (int i = 1; i <= count; i++)
			g_string_append_printf(raw, "[example.com #%d] ", i);
		subject_view_init(&view, raw->str, &ours);
		g_assert_cmpuint(view.tags.n, ==, LIMIT_TAGS);
		g_assert_cmpstr(view.plain, ==, "");
		subject_view_release(&view);
		tagged = subject_retag(raw->str, &ours, 42, 998);
		g_assert_cmpstr(tagged, ==, "[example.com #42]");
	}
}

/* The tag itself is never cut; a word is not cut within a character or an encoded-word. */
static void test_shortened(void)
{
	static const struct {
		const char *raw;
		size_t max;
		const char *tagged;
	} cut[] = {
		{ "abcdef", 20, "[example.com #42] ab" },
		{ "abcdef", 5, "[example.com #42]" },
		{ "a b c d", 20, "[example.com #42] a" },
		{ "\xc3\xa9\xc3\xa9", 19, "[example.com #42]" },
		{ "\xc3\xa9\xc3\xa9", 20, "[example.com #42] \xc3\xa9" },
		{ "a =?utf-8?Q?abcdefgh?=", 30, "[example.com #42] a" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cut); i++) {
		g_autofree char *tagged = subject_retag(cut[i].raw, &ours, 42, cut[i].max);

		g_assert_cmpstr(tagged, ==, cut[i].tagged);
	}
}

/* An encoded-word too long for a line is written as several that fit. */
static void test_overlong_word(void)
{
	g_autofree char *data = many("w7xh", 240), *raw = g_strdup_printf("=?utf-8?B?%s?=", data);
	g_autofree char *tagged = subject_retag(raw, &ours, 42, 4000);
	struct subject_view before, after;

	assert_header_is_sound(tagged);
	subject_view_init(&before, raw, &ours);
	subject_view_init(&after, tagged, &ours);
	g_assert_cmpstr(after.plain, ==, before.plain);
	g_assert_true(g_str_has_prefix(after.plain,
		"\xc3\xbc"
		"a\xc3\xbc"
		"a"));
	subject_view_release(&before);
	subject_view_release(&after);
}

/* --- formats --- */

static void test_formats(void)
{
	static const struct {
		const char *pattern, *tag, *others;
	} formats[] = {
		{ "[%n #%d]", "[desk #42]", "[desk #042] [desk # 42] [desc #42] (desk #42)" },
		{ "%n-%d", "desk-42",
			"xdesk-42 desk-42a desk--42 \xc3\xa9"
			"desk-42 desk-42\xc3\xa9" },
		{ "#%d", "#42", "#042 #42a ## #42\xef\xbc\x94" },
		{ "[%n  #%d]", "[desk  #42]", "[desk#42] [desk # 42]" },
		{ "(%d/%n)", "(42/desk)", "(42/des) (/desk)" },
		{ "Ticket#%d", "Ticket#42", "ticket#42 MyTicket#42" },
		{ "%d:", "42:", "x42: 42;" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
		struct tag_format format;
		struct subject_view view;
		g_autofree char *tag = NULL, *tagged = NULL;

		g_assert_cmpint(
			tag_format_init(&format, formats[i].pattern, "desk", NULL), ==, ST_OK);
		tag = tag_text(&format, 42);
		g_assert_cmpstr(tag, ==, formats[i].tag);
		tagged = subject_retag(formats[i].others, &format, 42, 998);
		subject_view_init(&view, tagged, &format);
		g_assert_cmpuint(view.tags.n, ==, 1);
		g_assert_cmpuint(view.tags.v[0], ==, 42);
		g_assert_cmpstr(view.plain, ==, formats[i].others);
		subject_view_release(&view);
		tag_format_release(&format);
	}
}

static void test_former_tags(void)
{
	static const struct {
		const char *raw, *tags, *plain, *tagged;
	} rows[] = {
		{ "[Ticket#5] x", "5", "[Ticket#5] x", "[desk #42] [Ticket#5] x" },
		{ "Re: [Ticket#5] [desk #7] x", "7 5", "[Ticket#5] x",
			"[desk #42] Re: [Ticket#5] x" },
		{ "OLD-8: x (Case desk/9)", "9 8", "OLD-8: x (Case desk/9)",
			"[desk #42] OLD-8: x (Case desk/9)" },
		{ "=?utf-8?Q?[Ticket#5]?=", "5", "[Ticket#5]",
			"[desk #42] =?utf-8?Q?[Ticket#5]?=" },
		{ "[Ticket#05] [Ticket#5a] [ticket#5] xOLD-8", "",
			"[Ticket#05] [Ticket#5a] [ticket#5] xOLD-8",
			"[desk #42] [Ticket#05] [Ticket#5a] [ticket#5] xOLD-8" },
	};
	struct tag_format format;

	g_assert_cmpint(tag_format_init(&format, "[%n #%d]", "desk", NULL), ==, ST_OK);
	g_assert_cmpint(tag_format_also(&format, "[Ticket#%d]", "desk", NULL), ==, ST_OK);
	g_assert_cmpint(tag_format_also(&format, "(Case %n/%d)", "desk", NULL), ==, ST_OK);
	g_assert_cmpint(tag_format_also(&format, "OLD-%d", "desk", NULL), ==, ST_OK);
	g_assert_cmpint(tag_format_also(&format, "[Ticket]", "desk", NULL), ==, ST_BAD_INPUT);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct subject_view view;
		g_autofree char *tagged = subject_retag(rows[i].raw, &format, 42, 998);
		g_autofree char *tags = NULL;

		subject_view_init(&view, rows[i].raw, &format);
		tags = numbers_text(&view.tags);
		g_assert_cmpstr(tags, ==, rows[i].tags);
		g_assert_cmpstr(view.plain, ==, rows[i].plain);
		g_assert_cmpstr(tagged, ==, rows[i].tagged);
		subject_view_release(&view);
	}
	tag_format_release(&format);
}

static void test_refused_formats(void)
{
	static const struct {
		const char *pattern, *name;
	} refused[] = {
		{ "", "x" },
		{ "%d", "x" },
		{ "[%n]", "x" },
		{ "[%d %d]", "x" },
		{ "[%n %n %d]", "x" },
		{ "[%x %d]", "x" },
		{ "[%", "x" },
		{ "[1%d]", "x" },
		{ "[\n%d]", "x" },
		{ "[\xc3\xbc%d]", "x" },
		{ "[%n #%d]", "" },
		{ "[%n #%d]", "a b" },
		{ "[%n #%d]", "a]" },
		{ "[%n #%d]", "\xc3\xbc" },
		{ "[%n #%d]", "a\nb" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		struct tag_format format;
		struct error err = { "" };

		g_assert_cmpint(tag_format_init(&format, refused[i].pattern, refused[i].name, &err),
			==, ST_BAD_INPUT);
		g_assert_cmpstr(err.text, !=, "");
	}
}

/* --- commands --- */

static struct subject_commands commands_of(const char *raw, char *const *others)
{
	struct subject_commands commands;
	struct tag_format format;
	struct foreign foreign;

	g_assert_cmpint(tag_format_init(&format, "[%n #%d]", "example.com", NULL), ==, ST_OK);
	foreign_init(&foreign, &format);
	for (char *const *s = others; s && *s; s++)
		foreign_subject(&foreign, *s);
	subject_commands_init(&commands, raw, &foreign);
	foreign_release(&foreign);
	tag_format_release(&format);
	return commands;
}

static void assert_list(char **list, const char *joined)
{
	g_autofree char *is = list ? g_strjoinv("|", list) : NULL;

	g_assert_cmpstr(is, ==, joined);
}

/* clang-format off */
static const struct { const char *raw, *commands, *rest; } with_commands[] = {
	{ "!close", "close", "" },
	{ "Re: x !close", "close", "Re: x" },
	{ "!close Re: x", "close", "Re: x" },
	{ "Re: !close x", "close", "Re: x" },
	{ "!CLOSE x", "CLOSE", "x" },
	{ "x !close !wait 3d", "close|wait 3d", "x" },
	{ "x !assign anna !tag +a -b y", "assign anna|tag +a -b", "x y" },
	{ "x !title new title !spam", "title new title|spam", "x" },
	{ "x !wait", "wait", "x" },
	{ "x !wait !close", "wait|close", "x" },
	{ "=?utf-8?Q?=C3=BC_!close?=", "close", "=?UTF-8?B?w7w=?=" },
	{ "=?utf-8?Q?=C3=BC_!close_!wait_3d?=", "close|wait 3d", "=?UTF-8?B?w7w=?=" },
	{ "x !status\n waiting", "status waiting", "x" },
	{ "x !status\xc2\xa0waiting\xe2\x80\xaf!close", "status waiting|close", "x" },
	{ "[example.com #7] Re: \xfc !close", "close", "[example.com #7] Re: \xfc" },
	/* Neither a tag nor a prefix is an argument. */
	{ "!wait [example.com #7] Re: x", "wait", "[example.com #7] Re: x" },
	{ "!title AW: x", "title", "AW: x" },
	{ "[example.com #7]!close", "close", "[example.com #7]" },
	/* What is nearly one does not reach a customer either. */
	{ "x !clsoe", "clsoe", "x" }, { "x !closed", "closed", "x" }, { "!close! x", "close!", "x" }, { "x !prioritty "
		"high y", "prioritty high", "x y" },
	{ "x !split 5", "split", "x 5" }, { "!!close x", "!close", "x" }, { "x !priority hgh", "priority hgh", "x" },
	{ "!", NULL, NULL }, { "!!!", NULL, NULL }, { "!(tag", NULL, NULL }, { "close!", NULL, NULL },
	{ "x!close", NULL, NULL }, { "!delete 5", NULL, NULL },
	{ "!wichtig", NULL, NULL }, { "!important x", NULL, NULL }, { "!Eilt!", NULL, NULL },
	{ "", NULL, NULL }, { NULL, NULL, NULL }, { "! close", NULL, NULL },
};
/* clang-format on */

static void test_commands(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(with_commands); i++) {
		struct subject_commands c = commands_of(with_commands[i].raw, NULL);
		g_autofree char *again = with_commands[i].raw
			? subject_without(with_commands[i].raw, c.places)
			: NULL;

		assert_list(c.taken, with_commands[i].commands);
		assert_list(c.kept, NULL);
		g_assert_cmpstr(c.rest, ==, with_commands[i].rest);
		g_assert_cmpstr(again, ==, with_commands[i].rest);
		subject_commands_release(&c);
	}
}

/* Their places are of that Subject alone. */
static void test_places(void)
{
	static char *places[][2] = { { "2+6", NULL }, { "0+1", NULL }, { "2+60", NULL },
		{ "4294967295+6", NULL }, { "x", NULL }, { NULL, NULL } };
	static const char *const rests[] = { "x", NULL, NULL, NULL, NULL, NULL };

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *rest = subject_without("x !close", places[i]);

		g_assert_cmpstr(rest, ==, rests[i]);
	}
	g_assert_null(subject_without("x !close", NULL));
}

/* clang-format off */
static const struct { const char *sentence, *raw, *foreign, *taken, *kept, *rest; } foreign_rows[] = {
	{ "what a stranger wrote is text", "Re: [example.com #1] help !merge 1 !tag +owned !close", "help !merge 1 "
		"!tag +owned !close", NULL, "!merge|!tag|!close", NULL },
	{ "in an encoded-word", "Re: =?utf-8?Q?help_=21close?=", "help !close", NULL, "!close", NULL },
	{ "after folds and tabs", "Re: help\n \t!close", "help !close", NULL, "!close", NULL },
	{ "after a blank that does not break", "Re: help !close", "help\xc2\xa0!close", NULL, "!close", NULL },
	{ "glued to a word", "Re: help !close", "help!close", NULL, "!close", NULL },
	{ "with something invisible in it", "Re: help !close", "help !clo\xe2\x80\x8bse", NULL, "!close", NULL },
	{ "with something invisible in it that was recorded as a blank", "Re: help !close", "help !c lo "
		"se", NULL, "!close", NULL },
	{ "in full-width letters", "Re: help !close", "help \xef\xbc\x81\xef\xbd\x83lose", NULL, "!close", NULL },
	{ "in another case", "Re: help !close", "HELP !CLOSE", NULL, "!close", NULL },
	{ "whatever mail of the ticket has it", "Re: Printer !close", "Printer|help !close", NULL, "!close", NULL },
	{ "however it stands there", "!close Re: Printer", "Printer: to !close or not", NULL, "!close", NULL },
	{ "a word like it is no bar", "Re: help !close", "help !closing|help close", "close", NULL, "Re: help" },
	{ "what the agent adds is theirs", "Re: help !close !close", "help !close", "close", "!close", "Re: help "
		"!close" },
	{ "in front, too", "!close Re: help !close", "help !close", "close", "!close", "Re: help !close" },
	{ "and has its own arguments", "Re: help !wait 1y !wait 3d", "help !wait 1y", "wait 3d", "!wait", "Re: help "
		"!wait 1y" },
	{ "in front, too, it has", "!wait 3d Re: help !wait 1y", "help !wait 1y", "wait 3d", "!wait", "Re: help !wait "
		"1y" },
	{ "an agent's verb takes no stranger's word", "!merge Re: 1 is stuck", "1 is stuck", "merge", NULL, "Re: 1 is "
		"stuck" },
	{ "nor one right after it", "!merge 1 is stuck", "1 is stuck", "merge", NULL, "1 is stuck" },
	{ "nor in the middle", "Re: Invoice !wait 3d overdue", "Invoice 3d overdue", "wait", NULL, "Re: Invoice 3d "
		"overdue" },
	{ "nor several", "x !tag +a +b y", "x +b y", "tag +a", NULL, "x +b y" },
	{ "a stranger's verb takes no agent's word", "Re: help !merge 7", "help !merge", NULL, "!merge", NULL },
	{ "a title has none of the stranger's words", "!title Printer help me", "help me", "title "
		"Printer", NULL, "help me" },
	{ "a word may be in both", "Re: Hello anna !assign anna", "Hello anna", "assign anna", NULL, "Re: Hello anna" },
	{ "also when the Subject is a new one", "!assign anna", "Hello anna", "assign anna", NULL, "" },
	{ "or one of another mail", "Re: Printer !queue sales", "Printer|sales", "queue sales", NULL, "Re: Printer" },
	{ "two of the stranger's need three", "!close a !close !close", "!close a "
		"!close", "close", "!close|!close", "!close a !close" },
	{ "two mails with one each need two", "!close x !close", "!close|x !close", "close", "!close", "x !close" },
	{ "in a Subject that was edited all are doubted", "!wait 3d Re: Printer !wait 1y", "help !wait "
		"1y", NULL, "!wait|!wait", NULL },
	{ "a verb and its argument are one", "Re: help !tag +a !tag +b", "help !tag +a", "tag +b", "!tag", "Re: help "
		"!tag +a" },
	{ "a stranger's misspelt word stays", "Re: help !clsoe", "help !clsoe", NULL, "!clsoe", NULL },
	{ "what is read in two ways is doubted", "Re: help !close", "=?utf-8?Q?help !close?=", NULL, "!close", NULL },
	{ "and so is what is encoded twice", "Re: help !close", "help =?utf-8?Q?=21close?=", NULL, "!close", NULL },
	{ "and UTF-7", "Re: help !close", "help +ACE-close", NULL, "!close", NULL },
	{ "and what is HTML", "Re: help !close", "help &#x21;close", NULL, "!close", NULL },
};
/* clang-format on */

static void test_foreign(gconstpointer data)
{
	size_t i = GPOINTER_TO_SIZE(data);
	g_auto(GStrv) others = g_strsplit(foreign_rows[i].foreign, "|", -1);
	struct subject_commands c = commands_of(foreign_rows[i].raw, others);
	g_autofree char *again = subject_without(foreign_rows[i].raw, c.places);

	assert_list(c.taken, foreign_rows[i].taken);
	assert_list(c.kept, foreign_rows[i].kept);
	g_assert_cmpstr(c.rest, ==, foreign_rows[i].rest);
	g_assert_cmpstr(again, ==, foreign_rows[i].rest);
	subject_commands_release(&c);
}

/* Of a longer Subject we keep the beginning. What comes after that may be the stranger's, also
 * where somebody left out words before it. */
static void test_foreign_cut(void)
{
	g_autofree char *words = many("help ", 120),
			*whole = g_strdup_printf("Re: %s !close", words);
	g_autofree char *kept = text_line(words, LIMIT_TITLE_BYTES);
	char *cut[] = { kept, NULL };
	const char *const raws[] = { whole, "Re: help !close" };

	for (size_t i = 0; i < G_N_ELEMENTS(raws); i++) {
		struct subject_commands c = commands_of(raws[i], cut);

		assert_list(c.taken, NULL);
		assert_list(c.kept, "!close");
		g_assert_nonnull(c.doubt);
		subject_commands_release(&c);
	}
}

/* A header that is quoted in a text has a Subject, too. */
static void test_header_block(void)
{
	static const char *const texts[] = {
		"Look:\n\n-------- Forwarded Message --------\nSubject: \thelp !close\nDate: Mon\n\nx\n",
		"---------- Forwarded message ---------\nVon: Carla <c@x>\nBetreff: help\n !close\nAn: <a@b>\n",
		"> *Objet :* help !close\n> x\n",
		"\xe4\xbb\xb6\xe5\x90\x8d\xef\xbc\x9a help !close\n",
		"Subject:\n\nhelp !close\nFrom:\nCarla\n",
	};
	struct tag_format format;

	g_assert_cmpint(tag_format_init(&format, "[%n #%d]", "example.com", NULL), ==, ST_OK);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct foreign foreign;

		foreign_init(&foreign, &format);
		foreign_header_block(&foreign, texts[i]);
		g_assert_cmpuint(foreign_bangs(&foreign, "!close"), ==, 1);
		foreign_release(&foreign);
		foreign_init(&foreign, &format);
		foreign_header_block(&foreign, "I will !close it.\n\nIt says: nothing\n\n!close\n");
		g_assert_cmpuint(foreign_bangs(&foreign, "!close"), ==, 0);
		foreign_release(&foreign);
	}
	tag_format_release(&format);
}

static void test_every_verb(void)
{
	for (int v = 0; v < VERB_COUNT; v++) {
		const struct verb_info *info = verb_info((enum verb)v);
		g_autofree char *raw = g_strdup_printf("x !%s", info->name);
		struct subject_commands c = commands_of(raw, NULL);

		assert_list(c.taken, info->name);
		subject_commands_release(&c);
	}
}

/* LIMIT_COMMANDS are taken, what follows stays. */
static void test_many_commands(void)
{
	for (size_t count = LIMIT_COMMANDS; count < LIMIT_COMMANDS + 2; count++) {
		g_autofree char *raw = many("!close ", count);
		struct subject_commands c = commands_of(raw, NULL);

		g_assert_cmpuint(g_strv_length(c.taken), ==, LIMIT_COMMANDS);
		g_assert_cmpstr(c.rest, ==, count > LIMIT_COMMANDS ? "!close" : "");
		subject_commands_release(&c);
	}
}

int main(int argc, char **argv)
{
	int rc;

	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(tag_format_init(&ours, "[%n #%d]", "example.com", NULL), ==, ST_OK);
	g_test_add_func(
		"/subject/tags of a former system are recognised and stay", test_former_tags);
	g_test_add_func("/subject/what is found in it", test_view);
	g_test_add_func("/subject/what it becomes", test_retag);
	g_test_add_func("/subject/folds are kept", test_folds_are_kept);
	g_test_add_func("/subject/what is found after it was tagged", test_view_of_what_was_tagged);
	g_test_add_func("/subject/number 0 only removes tags", test_tags_only_removed);
	g_test_add_func("/subject/long values of every make", test_long_values);
	g_test_add_func("/subject/bytes read", test_bytes_read);
	g_test_add_func("/subject/title length", test_title_length);
	g_test_add_func("/subject/many tags", test_many_tags);
	g_test_add_func("/subject/shortened at a good place", test_shortened);
	g_test_add_func("/subject/a word too long for a line", test_overlong_word);
	g_test_add_func("/subject/formats", test_formats);
	g_test_add_func("/subject/refused formats", test_refused_formats);
	g_test_add_func("/subject/commands", test_commands);
	g_test_add_func("/subject/places of commands are of that Subject", test_places);
	for (size_t i = 0; i < G_N_ELEMENTS(foreign_rows); i++) {
		g_autofree char *path = g_strdup_printf(
			"/subject/commands/%s", foreign_rows[i].sentence);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_foreign);
	}
	g_test_add_func("/subject/commands/what comes after a Subject that was cut is doubted",
		test_foreign_cut);
	g_test_add_func("/subject/commands/a quoted header has a Subject", test_header_block);
	g_test_add_func("/subject/every verb of mail is a command in a Subject", test_every_verb);
	g_test_add_func("/subject/many commands", test_many_commands);
	rc = g_test_run();
	tag_format_release(&ours);
	return rc;
}
