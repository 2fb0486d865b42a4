/* Addresses: one form for comparing, their parts, robots, and headers made of them. */
#include "address.h"

#include <string.h>

#include "limits.h"

/* As it came; canonical, or NULL when it is none. */
static const struct { const char *given, *canonical; } forms[] = {
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
	{ "a@b\xc3\xbc" "cher.example", "a@xn--bcher-kva.example" },
	{ "a@B\xc3\x9c" "CHER.example", "a@xn--bcher-kva.example" },
	{ "a@xn--bcher-kva.example", "a@xn--bcher-kva.example" },
	{ "a@XN--BCHER-KVA.Example", "a@xn--bcher-kva.example" },
	{ "\xc3\x84nne@example.com", "\xc3\xa4nne@example.com" },
	{ "a@[192.0.2.1]", "a@[192.0.2.1]" },
	{ "a@[IPv6:2001:DB8::1]", "a@[ipv6:2001:db8::1]" },
	{ "a@localhost", "a@localhost" },
	{ "@x.example,@y.example:A@example.com", "a@example.com" }, { "<@x.example:a@example.com>", "a@example.com" },
	{ "@x.example:", NULL }, { "@:@:a@example.com", NULL },
	{ "a", NULL }, { "@", NULL }, { "a@", NULL }, { "@example.com", NULL }, { "a@b@example.com", NULL }, { "a b@example.com", NULL },
	{ "a@exa mple.com", NULL }, { "a@example..com", NULL }, { "a@example.com..", NULL }, { "a@b\xc3\xbc.example.\xe3\x80\x82", NULL }, { "a@.example.com", NULL }, { "a@-example.com", NULL }, { "a@example.com>", NULL },
	{ "\"a@example.com", NULL }, { "a\n@example.com", NULL }, { "a@example.com\r\nBcc: x@y", NULL }, { "\"a\r\n\"@example.com", NULL }, { "a\xff@example.com", NULL },
	{ "a@[]", NULL }, { "a@[1> <x]", NULL }, { "a@\xe2\x80\xae" "example.com", NULL }, { "\xe2\x80\xae" "a@example.com", NULL }, { "a(b)@example.com", NULL },
	{ "\"\"@example.com", NULL }, { "a@exa_mple.com", "a@exa_mple.com" }, { "a,b@example.com", NULL }, { "a;b@example.com", NULL },
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
		g_autofree char *local = g_strnfill((gsize)(LIMIT_ADDRESS_BYTES - strlen("@example.com") + (size_t)past), 'a');
		g_autofree char *given = g_strdup_printf("%s@example.com", local), *canonical = NULL;

		g_assert_cmpint(address_canonical(given, &canonical), ==, past ? ST_BAD_INPUT : ST_OK);
	}
}

static const struct { const char *address, *wanted, *delimiter; bool same; const char *detail; } matches[] = {
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
};

static void test_details(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(matches); i++) {
		g_autofree char *detail = NULL;

		g_assert_cmpint(address_is(matches[i].address, matches[i].wanted, matches[i].delimiter, &detail), ==, matches[i].same);
		g_assert_cmpstr(detail, ==, matches[i].detail);
	}
}

static void test_robots(void)
{
	static const struct { const char *address; bool robot; } robots[] = {
		{ "no-reply@x.example", true }, { "noreply@x.example", true }, { "noreply+1@x.example", true }, { "donotreply@x.example", true },
		{ "mailer-daemon@x.example", true }, { "postmaster@x.example", true }, { "bounce@x.example", true }, { "bounces-12=a=b@x.example", true },
		{ "list-bounces@x.example", true }, { "list-request@x.example", true }, { "owner-list@x.example", true }, { "prvs=1234=a@x.example", true },
		{ "nicht-antworten@x.example", true }, { "shop-noreply@x.example", true }, { "do.not_reply@x.example", true }, { "noreply2@x.example", true },
		{ "orders_no-reply+17@x.example", true }, { "no-replies@x.example", true }, { "double-bounce@x.example", true }, { "list-owner@x.example", true },
		{ "list-bounces+carla=x.example@y.example", true }, { "-noreply@x.example", true },
		{ "carla@x.example", false }, { "noreplyer@x.example", false }, { "postmasterpiece@x.example", false }, { "bouncer@x.example", false },
		{ "reply@x.example", false }, { "a@noreply.example", false },
		{ "casino.reply@x.example", false }, { "owner@x.example", false }, { "request@x.example", false }, { "the.postmaster@x.example", false },
		{ "donotreplyto@x.example", false }, { "no-rep@ly.example", false }, { "nobody", false }, { "", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(robots); i++)
		g_assert_cmpint(address_is_robot(robots[i].address), ==, robots[i].robot);
}

static void test_headers(void)
{
	static const struct { const char *name, *header; } headers[] = {
		{ NULL, "a@x.example" }, { "", "a@x.example" }, { "Anna", "Anna <a@x.example>" }, { "Adler, Anna", "\"Adler, Anna\" <a@x.example>" },
		{ "a \"b\" \\", "\"a \\\"b\\\" \\\\\" <a@x.example>" }, { "\xc3\x84nne", "=?UTF-8?B?w4RubmU=?= <a@x.example>" },
		{ "a\r\nBcc: b@x.example", "\"a Bcc: b@x.example\" <a@x.example>" }, { "\x01\x02", "a@x.example" }, { "<b@x.example>", "\"<b@x.example>\" <a@x.example>" },
		{ "=?utf-8?Q?x?=", "=?UTF-8?B?PT91dGYtOD9RP3g/PQ==?= <a@x.example>" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autofree char *header = address_header(headers[i].name, "a@x.example");

		g_assert_cmpstr(header, ==, headers[i].header);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/one form for comparing", test_canonical);
	g_test_add_func("/address/the null sender", test_null_sender);
	g_test_add_func("/address/length", test_length);
	g_test_add_func("/address/details", test_details);
	g_test_add_func("/address/robots", test_robots);
	g_test_add_func("/address/headers", test_headers);
	return g_test_run();
}
