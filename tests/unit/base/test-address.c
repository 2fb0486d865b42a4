/* Addresses: one form for comparing, their parts, robots, and headers made of them. */
#include "base/address.h"

#include <string.h>

#include "base/limits.h"

/* As it came; canonical, or NULL when it is none. */
static const struct {
	const char *given, *canonical;
} forms[] = {
	{ "a@example.com", "a@example.com" },
	{ "<a@example.com>", "a@example.com" },
	{ "SUPPORT@Example.COM", "support@example.com" },
	{ "a@example.com.", "a@example.com" },
	{ "\"a\"@example.com", "a@example.com" },
	{ "\"A b\"@example.com", "\"a b\"@example.com" },
	{ "\"a@b\"@example.com", "\"a@b\"@example.com" },
	{ "\"a\\\"b\"@example.com", "\"a\\\"b\"@example.com" },
	{ "\"a..b\"@example.com", "\"a..b\"@example.com" },
	{ "a..b@example.com", "\"a..b\"@example.com" },
	{ ".a@example.com", "\".a\"@example.com" },
	{ "a+b@example.com", "a+b@example.com" },
	{ "a@b\xc3\xbc"
	  "cher.example",
		"a@xn--bcher-kva.example" },
	{ "a@B\xc3\x9c"
	  "CHER.example",
		"a@xn--bcher-kva.example" },
	{ "a@xn--bcher-kva.example", "a@xn--bcher-kva.example" },
	{ "a@XN--BCHER-KVA.Example", "a@xn--bcher-kva.example" },
	{ "\303\204nne@example.com", "\303\204nne@example.com" },
	{ "\303\244NNE@example.com", "\303\244nne@example.com" },
	{ "\"\303\204 B\"@example.com", "\"\303\204 b\"@example.com" },
	/* Kelvin, dotted capital I, long s, a full-width a: none is a letter of ASCII. */
	{ "\342\204\252@example.com", "\342\204\252@example.com" },
	{ "\304\260@example.com", "\304\260@example.com" },
	{ "\305\277@example.com", "\305\277@example.com" },
	{ "\357\275\201@example.com", "\357\275\201@example.com" },
	{ "a@\342\204\252unde.example", NULL },
	{ "a@\342\204\252\303\274che.example", NULL },
	{ "a@\304\260ch.example", NULL },
	{ "a@\305\277hop.example", NULL },
	{ "a@\357\275\205xample.com", NULL },
	{ "a@\303\237.example", "a@xn--zca.example" },
	{ "a@b\303\274cher\343\200\202example", "a@xn--bcher-kva.example" },
	{ "a@bu\314\210cher.example", "a@xn--bcher-kva.example" },
	{ "a@b\303\274cher.xn--bcher-kva.example", "a@xn--bcher-kva.xn--bcher-kva.example" },
	{ "a@\316\243\316\221.example", "a@xn--mxa9a.example" },
	{ "a@[192.0.2.1]", "a@[192.0.2.1]" },
	{ "a@[IPv6:2001:DB8::1]", "a@[ipv6:2001:db8::1]" },
	{ "a@localhost", "a@localhost" },
	{ "@x.example,@y.example:A@example.com", "a@example.com" },
	{ "<@x.example:a@example.com>", "a@example.com" },
	{ "@x.example:", NULL },
	{ "@:@:a@example.com", NULL },
	{ "a", NULL },
	{ "@", NULL },
	{ "a@", NULL },
	{ "@example.com", NULL },
	{ "a@b@example.com", NULL },
	{ "a b@example.com", NULL },
	{ "a@exa mple.com", NULL },
	{ "a@example..com", NULL },
	{ "a@example.com..", NULL },
	{ "a@b\xc3\xbc.example.\xe3\x80\x82", NULL },
	{ "a@.example.com", NULL },
	{ "a@-example.com", NULL },
	{ "a@example.com>", NULL },
	{ "\"a@example.com", NULL },
	{ "a\n@example.com", NULL },
	{ "a@example.com\r\nBcc: x@y", NULL },
	{ "\"a\r\n\"@example.com", NULL },
	{ "a\xff@example.com", NULL },
	{ "a@[]", NULL },
	{ "a@[1> <x]", NULL },
	{ "a@\xe2\x80\xae"
	  "example.com",
		NULL },
	{ "\xe2\x80\xae"
	  "a@example.com",
		NULL },
	{ "a(b)@example.com", NULL },
	{ "\"\"@example.com", NULL },
	{ "a@exa_mple.com", "a@exa_mple.com" },
	{ "a,b@example.com", NULL },
	{ "a;b@example.com", NULL },
};

static void test_canonical(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree char *once = NULL, *twice = NULL;
		enum status st = address_canonical(forms[i].given, &once);

		g_assert_cmpint(st, ==, forms[i].canonical ? ST_OK : ST_BAD_INPUT);
		g_assert_cmpstr(once, ==, forms[i].canonical);
		if (!once)
			continue;
		g_assert_cmpint(address_canonical(once, &twice), ==, ST_OK);
		g_assert_cmpstr(twice, ==, once);
	}
}

/* In either part, and in quotes: what nobody sees makes two addresses look the same. */
static void test_hidden(void)
{
	static const gunichar hidden[] = {
		0x01,
		0x1f,
		0x7f,
		0x80,
		0x9f,
		0xa0,
		0xad,
		0x34f,
		0x600,
		0x61c,
		0x70f,
		0x115f,
		0x1160,
		0x1680,
		0x17b4,
		0x180b,
		0x180e,
		0x2000,
		0x200b,
		0x200c,
		0x200d,
		0x200e,
		0x200f,
		0x2028,
		0x2029,
		0x202a,
		0x202e,
		0x202f,
		0x205f,
		0x2060,
		0x2064,
		0x2066,
		0x206f,
		0x2800,
		0x3000,
		0x3164,
		0xe000,
		0xfe00,
		0xfe0f,
		0xfeff,
		0xffa0,
		0xfff9,
		0xfffb,
		0xfffd,
		0xffff,
		0x16fe4,
		0x1bca0,
		0x1d173,
		0xe0001,
		0xe0061,
		0xe007f,
		0xe0100,
		0xe01ef,
		0xf0000,
		0x10ffff,
		0x378,
	};
	static const char *const places[][2] = {
		{ "an", "na@example.com" },
		{ "", "anna@example.com" },
		{ "anna", "@example.com" },
		{ "anna@exam", "ple.com" },
		{ "\"an", "na\"@example.com" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(hidden); i++)
		for (size_t k = 0; k < G_N_ELEMENTS(places); k++) {
			char c[8] = "";
			g_autofree char *given = NULL, *canonical = NULL;

			g_unichar_to_utf8(hidden[i], c);
			given = g_strconcat(places[k][0], c, places[k][1], NULL);
			g_assert_cmpint(address_canonical(given, &canonical), ==, ST_BAD_INPUT);
		}
}

static void test_null_sender(void)
{
	char *canonical = NULL;

	g_assert_cmpint(address_canonical("", &canonical), ==, ST_NOT_FOUND);
	g_assert_cmpint(address_canonical("<>", &canonical), ==, ST_NOT_FOUND);
	g_assert_null(canonical);
}

/* LIMIT_ADDRESS_BYTES. */
static void test_length(void)
{
	for (int past = 0; past < 2; past++) {
		g_autofree char *local = g_strnfill(
			(gsize)(LIMIT_ADDRESS_BYTES - strlen("@example.com") + (size_t)past), 'a');
		g_autofree char *given = g_strdup_printf("<%s@example.com>", local),
				*bare = g_strndup(given + 1, strlen(given) - 2), *canonical = NULL,
				*of_bare = NULL;

		g_assert_cmpint(
			address_canonical(given, &canonical), ==, past ? ST_BAD_INPUT : ST_OK);
		g_assert_cmpint(address_canonical(bare, &of_bare), ==, past ? ST_BAD_INPUT : ST_OK);
	}
}

static const struct {
	const char *address, *wanted, *delimiter;
	bool same;
	const char *detail;
} matches[] = {
	{ "support@example.com", "support@example.com", "+", true, NULL },
	{ "support+1042-abc@example.com", "support@example.com", "+", true, "1042-abc" },
	{ "support+@example.com", "support@example.com", "+", true, "" },
	{ "support+a+b@example.com", "support@example.com", "+", true, "a+b" },
	{ "support-x@example.com", "support@example.com", "-", true, "x" },
	{ "support+x@example.com", "support@example.com", "", false, NULL },
	{ "support+x@example.com", "support@example.com", "-", false, NULL },
	{ "supporter@example.com", "support@example.com", "+", false, NULL },
	{ "support+x@other.example", "support@example.com", "+", false, NULL },
	{ "sup+port@example.com", "support@example.com", "+", false, NULL },
	{ "+x@example.com", "support@example.com", "+", false, NULL },
	{ "\"support+x y\"@example.com", "support@example.com", "+", false, NULL },
	{ "a+b@example.com", "a+b@example.com", "+", true, NULL },
	{ "help-desk-1-abc@example.com", "help-desk@example.com", "-", true, "1-abc" },
	{ "help-desktop@example.com", "help-desk@example.com", "-", false, NULL },
	{ "help@example.com", "help-desk@example.com", "-", false, NULL },
	{ "help-desk@example.com", "help-desk@example.com", "-desk", true, NULL },
	{ "+@example.com", "x@example.com", "+", false, NULL },
	{ "j\303\226rg@example.com", "j\303\266rg@example.com", "+", true, NULL },
	{ "j\303\266rg@example.com", "j\303\226rg@example.com", "", true, NULL },
	{ "j\303\226rg+1-\303\226@example.com", "j\303\266rg@example.com", "+", true,
		"1-\303\226" },
	{ "\342\204\252@example.com", "k@example.com", "+", false, NULL },
	{ "\310\272@example.com", "\342\261\245@example.com", "+", true, NULL },
};

static void test_details(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(matches); i++) {
		g_autofree char *detail = NULL;

		g_assert_cmpint(address_is(matches[i].address, matches[i].wanted,
					matches[i].delimiter, &detail),
			==, matches[i].same);
		g_assert_cmpstr(detail, ==, matches[i].detail);
	}
}

static void test_robots(void)
{
	static const struct {
		const char *address;
		bool robot;
	} robots[] = {
		{ "no-reply@x.example", true },
		{ "noreply@x.example", true },
		{ "noreply+1@x.example", true },
		{ "donotreply@x.example", true },
		{ "mailer-daemon@x.example", true },
		{ "postmaster@x.example", true },
		{ "bounce@x.example", true },
		{ "bounces-12=a=b@x.example", true },
		{ "list-bounces@x.example", true },
		{ "list-request@x.example", true },
		{ "owner-list@x.example", true },
		{ "prvs=1234=a@x.example", true },
		{ "nicht-antworten@x.example", true },
		{ "shop-noreply@x.example", true },
		{ "do.not_reply@x.example", true },
		{ "noreply2@x.example", true },
		{ "orders_no-reply+17@x.example", true },
		{ "no-replies@x.example", true },
		{ "double-bounce@x.example", true },
		{ "list-owner@x.example", true },
		{ "list-bounces+carla=x.example@y.example", true },
		{ "-noreply@x.example", true },
		{ "carla@x.example", false },
		{ "noreplyer@x.example", false },
		{ "postmasterpiece@x.example", false },
		{ "bouncer@x.example", false },
		{ "reply@x.example", false },
		{ "a@noreply.example", false },
		{ "casino.reply@x.example", false },
		{ "owner@x.example", false },
		{ "request@x.example", false },
		{ "the.postmaster@x.example", false },
		{ "donotreplyto@x.example", false },
		{ "no-rep@ly.example", false },
		{ "nobody", false },
		{ "", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(robots); i++)
		g_assert_cmpint(address_is_robot(robots[i].address), ==, robots[i].robot);
}

static void test_mailboxes(void)
{
	static const struct {
		const char *address, *mailbox;
	} cases[] = {
		{ "kim@x.example", "kim@x.example" },
		{ "kim+a@x.example", "kim@x.example" },
		{ "kim+a+b@x.example", "kim@x.example" },
		{ "+kim@x.example", "+kim@x.example" },
		{ "\"a+ b\"@x.example", "\"a+ b\"@x.example" },
		{ "kim@x+y", "kim@x+y" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *mailbox = address_mailbox(cases[i].address);

		g_assert_cmpstr(mailbox, ==, cases[i].mailbox);
	}
}

static void test_as_written(void)
{
	static const struct {
		const char *s, *written;
	} cases[] = {
		{ "First.LAST@Customer.Example", "First.LAST@customer.example" },
		{ "Name <First.LAST@customer.example>", "First.LAST@customer.example" },
		{ "first.last@customer.example", "first.last@customer.example" },
		{ "\"First.Last\"@customer.example", "first.last@customer.example" },
		{ "other@customer.example", "first.last@customer.example" },
		{ "", "first.last@customer.example" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *written = address_as_written(
			cases[i].s, "first.last@customer.example");

		g_assert_cmpstr(written, ==, cases[i].written);
	}
}

static void test_headers(void)
{
	static const struct {
		const char *name, *header;
	} headers[] = {
		{ NULL, "a@x.example" },
		{ "", "a@x.example" },
		{ "Anna", "Anna <a@x.example>" },
		{ "Adler, Anna", "\"Adler, Anna\" <a@x.example>" },
		{ "a \"b\" \\", "\"a \\\"b\\\" \\\\\" <a@x.example>" },
		{ "\xc3\x84nne", "=?UTF-8?B?w4RubmU=?= <a@x.example>" },
		{ "a\r\nBcc: b@x.example", "\"a Bcc: b@x.example\" <a@x.example>" },
		{ "\x01\x02", "a@x.example" },
		{ "<b@x.example>", "\"<b@x.example>\" <a@x.example>" },
		{ "=?utf-8?Q?x?=", "=?UTF-8?B?PT91dGYtOD9RP3g/PQ==?= <a@x.example>" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autofree char *header = address_header(headers[i].name, "a@x.example");

		g_assert_cmpstr(header, ==, headers[i].header);
	}
}

/* A name, and what is shown of it before (carla@x). */
static void test_behind(void)
{
	static const struct {
		const char *name, *header;
	} rows[] = {
		{ "Carla Kern", "\"Carla Kern (carla@x)\" <t@x>" },
		{ NULL, "\"carla@x\" <t@x>" },
		{ "", "\"carla@x\" <t@x>" },
		{ "CARLA@x", "\"carla@x\" <t@x>" },
		{ "boss@bank.example", "\"boss@bank.example (carla@x)\" <t@x>" },
		{ "Boss (boss@bank.example)", "\"Boss boss@bank.example (carla@x)\" <t@x>" },
		/* clang-format off */
		{ "Boss \xef\xbc\x88" "b@x\xef\xbc\x89", "\"Boss b@x (carla@x)\" <t@x>" },
		{ "C\xe2\x80\xae" "ar\xe2\x80\x8bl\xc2\xad" "a\xf3\xa0\x81\xa1", "\"C arla (carla@x)\" <t@x>" },
		/* clang-format on */
		{ "\xe2\x80\x8b\xe3\x85\xa4", "\"carla@x\" <t@x>" },
		{ "Carla\r\nBcc: eve@x", "\"Carla Bcc: eve@x (carla@x)\" <t@x>" },
		{ "\"Carla\" \\ <eve@x>,", "\"\\\"Carla\\\" \\\\ <eve@x>, (carla@x)\" <t@x>" },
		{ "J\xc3\xb6rg", "=?UTF-8?B?SsO2cmcgKGNhcmxhQHgp?= <t@x>" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *header = address_header_behind(rows[i].name, "carla@x", "t@x");

		g_assert_cmpstr(header, ==, rows[i].header);
	}
}

/* Whatever the name, the address is seen. */
static void test_behind_a_long_name(void)
{
	for (int past = 0; past < 2; past++) {
		g_autofree char *name = g_strnfill(LIMIT_LABEL_BYTES + (gsize)past, 'x');
		g_autofree char *header = address_header_behind(name, "carla@x", "t@x");
		g_autofree char *wanted = g_strdup_printf(
			"\"%.*s (carla@x)\"", LIMIT_LABEL_BYTES, name);
		g_auto(GStrv) lines = g_strsplit(header, "\n", -1);
		g_autofree char *unfolded = g_strjoinv("", lines);

		g_assert_true(g_str_has_prefix(unfolded, wanted));
		g_assert_cmpuint(strlen(lines[0]), <=, 998);
	}
}

static void test_header_of_a_long_name(void)
{
	for (int past = 0; past < 2; past++) {
		g_autofree char *name = g_strnfill(LIMIT_NAME_BYTES + (gsize)past, 'x'),
				*header = address_header(name, "carla@x");

		g_assert_cmpuint(strlen(header), ==, LIMIT_NAME_BYTES + strlen(" <carla@x>"));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/one form for comparing", test_canonical);
	g_test_add_func("/address/no hidden character is part of one", test_hidden);
	g_test_add_func("/address/the null sender", test_null_sender);
	g_test_add_func("/address/length", test_length);
	g_test_add_func("/address/details", test_details);
	g_test_add_func("/address/robots", test_robots);
	g_test_add_func("/address/mailboxes are addresses without their detail", test_mailboxes);
	g_test_add_func("/address/as written has its own case", test_as_written);
	g_test_add_func("/address/headers", test_headers);
	g_test_add_func("/address/headers of an address behind another", test_behind);
	g_test_add_func("/address/whatever the name, the address is seen", test_behind_a_long_name);
	g_test_add_func("/address/a name is cut at its limit", test_header_of_a_long_name);
	return g_test_run();
}
