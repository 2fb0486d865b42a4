/* Authentication-Results: what is believed of whom, as tables. */
#include "mail/auth-results.h"

#include <string.h>

static char *ids[] = { (char *)"mx.example.com", (char *)"mx2.example.com", NULL };

/* "dmarc-pass dkim-pass", "" for nothing. */
static char *told(const char *mail, size_t len, char *const *authserv_ids)
{
	struct message *message = message_parse_bytes(mail, len);
	struct auth_results auth;
	GString *out = g_string_new(NULL);

	auth_results_read(message, authserv_ids, &auth);
	g_string_append(out, auth.dmarc_pass ? "dmarc-pass " : "");
	g_string_append(out, auth.dmarc_fail ? "dmarc-fail " : "");
	g_string_append(out, auth.spf_fail ? "spf-fail " : "");
	g_string_append(out, auth.dkim_pass ? "dkim-pass " : "");
	g_string_append(out, auth.dkim_author ? "author " : "");
	message_free(message);
	return g_strchomp(g_string_free(out, FALSE));
}

/* --- one field over Anna's From: its results, after the id; or all of it --- */

static const struct result_row {
	const char *sentence, *value, *told;
} result_rows[] = {
	/* clang-format off */
	{ "a pass", "dmarc=pass header.from=example.com", "dmarc-pass" },
	{ "comments between the words",
		"dmarc=pass (p=none dis=none) header.from=(x)example.com (y(z))", "dmarc-pass" },
	{ "a quoted domain", "dmarc=pass header.from=\"example.com\"", "dmarc-pass" },
	{ "the whole address", "dmarc=pass header.from=Anna@Example.com", "dmarc-pass" },
	{ "a domain with its dot", "dmarc=pass header.from=example.com.", "dmarc-pass" },
	{ "a reason", "dmarc=pass reason=\"x; dmarc=fail\" header.from=example.com", "dmarc-pass" },
	{ "other properties", "dmarc=pass action=none policy.dmarc=none header.from=example.com", "dmarc-pass" },
	{ "header.from twice, the same", "dmarc=pass header.from=example.com header.from=example.com", "dmarc-pass" },
	{ "no header.from", "dmarc=pass", "" },
	{ "an empty header.from", "dmarc=pass header.from=", "" },
	{ "header.from of another domain", "dmarc=pass header.from=example.org", "" },
	{ "header.from of a domain below", "dmarc=pass header.from=sub.example.com", "" },
	{ "header.from of the domain above", "dmarc=pass header.from=com", "" },
	{ "header.from of another person", "dmarc=pass header.from=ben@example.com", "" },
	{ "header.from of another domain with ours before it",
		"dmarc=pass header.from=\"anna@example.com@example.org\"", "" },
	{ "header.from twice, once another", "dmarc=pass header.from=example.com header.from=example.org", "" },
	{ "header.from in a comment", "dmarc=pass (header.from=example.com)", "" },
	{ "header.from in a quoted string", "dmarc=pass reason=\"header.from=example.com\"", "" },
	{ "header.from of another result", "dmarc=pass; spf=pass header.from=example.com", "" },
	{ "a domain in a comment", "dmarc=pass header.from=(example.com)example.org", "" },
	{ "a comment within the domain", "dmarc=pass header.from=exam(x)ple.com", "" },
	{ "words that are no properties", "dmarc=pass header.from=example.com header . from = example.org", "" },
	{ "another property that ends so", "dmarc=pass x-header.from=example.com", "" },
	{ "a result in a comment",
		"spf=pass (dmarc=pass header.from=example.com; dmarc=pass header.from=example.com)", "" },
	{ "a result in a quoted string", "spf=pass smtp.mailfrom=\"x; dmarc=pass header.from=example.com\"", "" },
	{ "a result after an escaped quote", "spf=pass reason=\"\\\"; dmarc=pass header.from=example.com\"", "" },
	{ "a comment that a stranger closed", "spf=pass (x) y); dmarc=pass header.from=example.com", "" },
	{ "a comment without an end", "dmarc=pass header.from=example.com (x", "" },
	{ "a quoted string without an end", "dmarc=pass header.from=example.com reason=\"x", "" },
	{ "two passes", "dmarc=pass header.from=example.com; dmarc=pass header.from=example.com", "" },
	{ "a pass and one of another version",
		"dmarc=pass header.from=example.com; dmarc/2=pass header.from=example.com", "" },
	{ "two words for a result", "dmarc=pass=pass header.from=example.com", "" },
	{ "a word that begins with pass", "dmarc=passed header.from=example.com", "" },
	{ "another method that begins so", "dmarcx=pass header.from=example.com", "" },
	{ "none", "dmarc=none header.from=example.com", "" },
	{ "temperror", "dmarc=temperror header.from=example.com", "" },
	{ "no results", "none", "" },
	{ "a fail", "dmarc=fail (p=reject) header.from=example.com", "dmarc-fail" },
	{ "a fail without header.from", "dmarc=fail", "dmarc-fail" },
	{ "a pass and a fail", "dmarc=pass header.from=example.com; dmarc=fail", "dmarc-fail" },
	{ "a fail in a comment", "dmarc=none (dmarc=fail)", "" },
	{ "spf, the sender's domain", "spf=fail smtp.mailfrom=example.com", "spf-fail" },
	{ "spf, the name in HELO", "spf=fail smtp.helo=example.com", "" },
	{ "spf, softly", "spf=softfail smtp.mailfrom=example.com", "" },
	{ "spf and dkim",
		"spf=fail smtp.mailfrom=example.com; dkim=pass header.d=example.com", "spf-fail dkim-pass author" },
	{ "dkim", "dkim=pass", "dkim-pass" },
	{ "dkim by an identity",
		"dkim=pass header.i=@mail.example.com header.s=x header.b=\"a/b=\"", "dkim-pass author" },
	{ "dkim of the domain above", "dkim=pass header.d=com", "dkim-pass" },
	{ "dkim, and another without a name", "dkim=pass header.d=evil.example; dkim=pass", "dkim-pass" },
	{ "dkim of another", "dkim=pass header.d=evil.example", "" },
	{ "dkim of a domain that ends so", "dkim=pass header.d=evilexample.com", "" },
	{ "dkim of another first",
		"dkim=pass header.d=evil.example; dkim=pass header.d=example.com", "dkim-pass author" },
	{ "dkim that fails", "dkim=fail header.d=example.com", "" },
	/* clang-format on */
}, value_rows[] = {
	/* clang-format off */
	{ "another id of ours", "mx2.example.com; dmarc=pass header.from=example.com", "dmarc-pass" },
	{ "a quoted id", "\"mx.example.com\"; dmarc=pass header.from=example.com", "dmarc-pass" },
	{ "a comment before the id", "(ours) mx.example.com; dmarc=pass header.from=example.com", "dmarc-pass" },
	{ "a comment after the id", "mx.example.com(ours); dmarc=pass header.from=example.com", "dmarc-pass" },
	{ "no case in id, method, result, property and domain",
		"MX.Example.com; DMARC=Pass Header.From=EXAMPLE.com", "dmarc-pass" },
	{ "versions", "mx.example.com 1; dmarc/1=pass header.from=example.com", "dmarc-pass" },
	{ "blanks around the signs", "mx.example.com ; dmarc = pass header.from = example.com ;", "dmarc-pass" },
	{ "a folded field",
		"mx.example.com;\r\n\tspf=pass smtp.mailfrom=example.com;\r\n dmarc=pass\r\n\theader.from=example.com",
		"dmarc-pass" },
	{ "the id alone", "mx.example.com", "" },
	{ "nothing", "", "" },
	{ "another version of the form", "mx.example.com 2; dmarc=pass header.from=example.com", "" },
	{ "more words after the id", "mx.example.com 1 x; dmarc=pass header.from=example.com", "" },
	{ "another's id", "mx.example.net; dmarc=pass header.from=example.com", "" },
	{ "an id that only begins so", "mx.example.com.evil.example; dmarc=pass header.from=example.com", "" },
	{ "an id that only ends so", "evil.mx.example.com; dmarc=pass header.from=example.com", "" },
	{ "an id with more in its quotes", "\"mx.example.com ;\"; dmarc=pass header.from=example.com", "" },
	{ "an id in a comment", "(mx.example.com;) evil.example; dmarc=pass header.from=example.com", "" },
	{ "a result in place of the id", "dmarc=pass header.from=example.com", "" },
	{ "a fail of another's id", "mx.example.net; dmarc=fail", "" },
	/* clang-format on */
};

static void assert_told(const char *value, const char *wanted)
{
	g_autofree char *mail = g_strdup_printf("Authentication-Results: %s\r\n"
						"From: Anna <anna@example.com>\r\n\r\n",
		value);
	g_autofree char *is = told(mail, strlen(mail), ids);

	g_assert_cmpstr(is, ==, wanted);
}

static void test_value(gconstpointer data)
{
	const struct result_row *row = data;

	assert_told(row->value, row->told);
}

static void test_result(gconstpointer data)
{
	const struct result_row *row = data;
	g_autofree char *value = g_strconcat("mx.example.com; ", row->value, NULL);

	assert_told(value, row->told);
}

/* --- which fields --- */

#define PASS "Authentication-Results: mx.example.com; dmarc=pass header.from=example.com\n"
#define FAIL "Authentication-Results: mx.example.com; dmarc=fail header.from=example.com\n"
#define DKIM "Authentication-Results: mx.example.com; dkim=pass header.d=example.com\n"
#define OTHER "Authentication-Results: mx.example.net; dmarc=pass header.from=example.com\n"
#define ANNA "From: Anna <anna@example.com>\n"

static const struct place_row {
	const char *sentence, *headers, *told;
} place_rows[] = {
	/* clang-format off */
	{ "the first field", PASS ANNA, "dmarc-pass" },
	{ "two in a row", DKIM PASS ANNA, "dmarc-pass dkim-pass author" },
	{ "what verifiers write along",
		"DMARC-Filter: OpenDMARC Filter v1.4.2\n" PASS "DKIM-Filter: OpenDKIM Filter v2.11.0\n"
		"Received-SPF: pass\nARC-Filter: x\nARC-Seal: x\nARC-Message-Signature: x\n"
		"ARC-Authentication-Results: i=1; x; dmarc=fail\n" DKIM ANNA,
		"dmarc-pass dkim-pass author" },
	{ "below From", ANNA PASS, "" },
	{ "below a Received line", "Received: from x by mx.example.com\n" PASS ANNA, "" },
	{ "below any other field", "X-Spam-Flag: NO\n" PASS ANNA, "" },
	{ "below another field after one of ours",
		DKIM "Received: from x by mx.example.com\n" PASS ANNA, "dkim-pass author" },
	{ "below another's", OTHER PASS ANNA, "" },
	{ "below another's after one of ours", DKIM OTHER PASS ANNA, "dkim-pass author" },
	{ "another's below ours", PASS OTHER ANNA, "dmarc-pass" },
	{ "a pass below a fail", FAIL PASS ANNA, "dmarc-fail" },
	{ "a fail below a pass", PASS FAIL ANNA, "dmarc-fail" },
	{ "a pass below a pass", PASS PASS ANNA, "" },
	{ "one that cannot be read after a pass",
		PASS "Authentication-Results: mx.example.com; spf=pass (x\n" ANNA, "" },
	{ "none", ANNA, "" },
	/* clang-format on */
};

static void test_place(gconstpointer data)
{
	const struct place_row *row = data;
	g_autofree char *is = told(row->headers, strlen(row->headers), ids);

	g_assert_cmpstr(is, ==, row->told);
}

/* --- the one author --- */

static const struct author_row {
	const char *sentence, *from, *author;
} author_rows[] = {
	/* clang-format off */
	{ "an address", "From: anna@example.com\n", "anna@example.com" },
	{ "an address in brackets", "From: <Anna@Example.COM>\n", "anna@example.com" },
	{ "a name", "From: Anna <anna@example.com>\n", "anna@example.com" },
	{ "a name that is folded", "From: Anna\n Berg\n\t<anna@example.com> \n", "anna@example.com" },
	{ "a name with dots and marks", "From: Anna K. O'Neill-Berg <anna@example.com>\n", "anna@example.com" },
	{ "a quoted name", "From: \"Berg, Anna \\\"Anni\\\" (x)\" <anna@example.com>\n", "anna@example.com" },
	{ "a name in encoded-words", "From: =?utf-8?q?J=C3=B6rg?= <anna@example.com>\n", "anna@example.com" },
	{ "a name in UTF-8", "From: J\xc3\xb6rg <anna@example.com>\n", "anna@example.com" },
	{ "a local part in quotes that needs none", "From: \"anna\"@example.com\n", NULL },
	{ "a local part in quotes", "From: \"anna x\"@example.com\n", NULL },
	{ "a local part in quotes and brackets", "From: Anna <\"anna\"@example.com>\n", NULL },
	{ "two addresses", "From: anna@example.com, x@evil.example\n", NULL },
	{ "two addresses in brackets", "From: Anna <anna@example.com> <x@evil.example>\n", NULL },
	{ "an address and what is none", "From: anna@example.com, x\n", NULL },
	{ "an address and a comma", "From: anna@example.com,\n", NULL },
	{ "an address and a semicolon", "From: anna@example.com;\n", NULL },
	{ "two addresses with a semicolon", "From: x@evil.example; anna@example.com\n", NULL },
	{ "two From fields", "From: anna@example.com\nFrom: x@evil.example\n", NULL },
	{ "two From fields, the same", "From: anna@example.com\nFrom: anna@example.com\n", NULL },
	{ "an empty second From field", "From: anna@example.com\nFrom:\n", NULL },
	{ "a second From field with a blank", "From: anna@example.com\nFrom : x@evil.example\n", NULL },
	{ "a group", "From: Team: anna@example.com;\n", NULL },
	{ "a group with a name", "From: Team: Anna <anna@example.com>;\n", NULL },
	{ "an empty group", "From: x@evil.example:;\n", NULL },
	{ "a comment", "From: anna@example.com (Anna)\n", NULL },
	{ "a comment before", "From: (x@evil.example) anna@example.com\n", NULL },
	{ "a comment within", "From: anna@(x)example.com\n", NULL },
	{ "a comment in the name", "From: Anna (<x@evil.example>) <anna@example.com>\n", NULL },
	{ "a route", "From: <@evil.example:anna@example.com>\n", NULL },
	{ "a route of two", "From: <@a.example,@b.example:anna@example.com>\n", NULL },
	{ "brackets without an end", "From: Anna <anna@example.com\n", NULL },
	{ "brackets without a beginning", "From: anna@example.com>\n", NULL },
	{ "brackets in brackets", "From: <<anna@example.com>>\n", NULL },
	{ "words after the brackets", "From: <anna@example.com> x\n", NULL },
	{ "an address for a name", "From: x@evil.example <anna@example.com>\n", NULL },
	{ "an address in quotes for a name", "From: \"x@evil.example\" <anna@example.com>\n", NULL },
	{ "brackets in the quoted name", "From: \"<x>\" <anna@example.com>\n", NULL },
	{ "quotes without an end", "From: \"Anna <anna@example.com>\n", NULL },
	{ "quotes without an end after an escape", "From: \"Anna\\\" <anna@example.com>\n", NULL },
	{ "an encoded-word for an address", "From: =?utf-8?q?anna=40example=2Ecom?=\n", NULL },
	{ "an encoded-word in the address", "From: <=?utf-8?q?anna?=@example.com>\n", NULL },
	{ "blanks around the '@'", "From: anna @ example.com\n", NULL },
	{ "a bare carriage return", "From: anna@example.com\rx@evil.example\n", NULL },
	{ "two '@'", "From: anna@example.com@evil.example\n", NULL },
	{ "a domain literal", "From: anna@[192.0.2.1]\n", NULL },
	{ "Latin-1", "From: J\xf6rg <anna@example.com>\n", NULL },
	{ "no address", "From: Anna\n", NULL },
	{ "nothing", "From:\n", NULL },
	{ "no From", "To: anna@example.com\n", NULL },
	/* clang-format on */
};

static void test_author(gconstpointer data)
{
	const struct author_row *row = data;
	g_autofree char *mail = g_strconcat(PASS, row->from, "\nx\n", NULL),
			*is = told(mail, strlen(mail), ids);
	struct message *message = message_parse_bytes(mail, strlen(mail));

	g_assert_cmpstr(message_sole_author(message), ==, row->author);
	g_assert_cmpstr(is, ==, row->author ? "dmarc-pass" : "");
	message_free(message);
}

static void test_nul(void)
{
	static const char *const froms[] = { "From: anna@exam\0ple.com\n",
		"From: anna@example.com\0, x@evil.example\n", "From\0: anna@example.com\n" };
	static const size_t sizes[] = { 24, 40, 24 };

	for (size_t i = 0; i < G_N_ELEMENTS(froms); i++) {
		g_autoptr(GString) mail = g_string_new(PASS);
		g_autofree char *is = NULL;

		g_string_append_len(mail, froms[i], (gssize)sizes[i]);
		is = told(mail->str, mail->len, ids);
		g_assert_cmpstr(is, ==, "");
	}
}

static void test_ids(void)
{
	static char *none[] = { NULL };
	g_autofree char *empty = told(PASS ANNA, strlen(PASS ANNA), none),
			*null = told(PASS ANNA, strlen(PASS ANNA), NULL);

	g_assert_cmpstr(empty, ==, "");
	g_assert_cmpstr(null, ==, "");
}

/* In A-labels and in U-labels, in From and in the result (RFC 8616). */
static void test_idn(void)
{
	static const char *const domains[] = { "b\303\274cher.example", "xn--bcher-kva.example",
		"B\303\234CHER.Example", "XN--BCHER-KVA.EXAMPLE." };

	for (size_t i = 0; i < G_N_ELEMENTS(domains); i++)
		for (size_t k = 0; k < G_N_ELEMENTS(domains); k++) {
			g_autofree char *mail = g_strdup_printf(
				"Authentication-Results: mx.example.com; dmarc=pass header.from=%s\n"
				"From: anna@%s\n",
				domains[i], domains[k]);
			g_autofree char *is = told(mail, strlen(mail), ids);

			g_assert_cmpstr(is, ==, "dmarc-pass");
		}
}

static void add_case(const char *group, const char *sentence, gconstpointer row, GTestDataFunc fn)
{
	g_autofree char *path = g_strdup_printf("/auth-results/%s: %s", group, sentence);

	g_test_add_data_func(path, row, fn);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(result_rows); i++)
		add_case("a field", result_rows[i].sentence, &result_rows[i], test_result);
	for (size_t i = 0; i < G_N_ELEMENTS(value_rows); i++)
		add_case("a whole field", value_rows[i].sentence, &value_rows[i], test_value);
	for (size_t i = 0; i < G_N_ELEMENTS(place_rows); i++)
		add_case("its place", place_rows[i].sentence, &place_rows[i], test_place);
	for (size_t i = 0; i < G_N_ELEMENTS(author_rows); i++)
		add_case("From", author_rows[i].sentence, &author_rows[i], test_author);
	g_test_add_func("/auth-results/From: a NUL", test_nul);
	g_test_add_func("/auth-results/without ids nothing is believed", test_ids);
	g_test_add_func("/auth-results/domains are the same in A-labels and in U-labels", test_idn);
	return g_test_run();
}
