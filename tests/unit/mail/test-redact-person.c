/* Whose address it is and whose not, and what is a name. */
#include <glib.h>
#include <string.h>

#include "mail/message.h"
#include "mail/redact-person.h"

static void test_address(void)
{
	static const struct {
		const char *text, *redacted; /* NULL: stays */
	} cases[] = {
		{ "carla@c.example", "redacted@redacted.invalid" },
		{ "CARLA@C.Example", "redacted@redacted.invalid" },
		{ "<carla@c.example>", "<redacted@redacted.invalid>" },
		{ "mailto:carla@c.example?x", "mailto:redacted@redacted.invalid?x" },
		{ "Write to carla@c.example. Or carla@c.example, please",
			"Write to redacted@redacted.invalid. Or redacted@redacted.invalid, please" },
		{ "...carla@c.example...", "...redacted@redacted.invalid..." },
		{ "carla@c.example-", "redacted@redacted.invalid-" },
		{ "mcarla@c.example", NULL },
		{ "m.carla@c.example", NULL },
		{ "m-carla@c.example", NULL },
		{ "m_carla@c.example", NULL },
		{ "carla@c.example.org", NULL },
		{ "carla@c.examples", NULL },
		{ "carla@c.example-shop.org", NULL },
		{ "carla+x@c.example", NULL },
		{ "\303\244carla@c.example", NULL },
		{ "", NULL },
		{ "\"Carla\"@c.example", "redacted@redacted.invalid" },
		{ "https://x/?to=carla@c.example&y", "https://x/?to=redacted@redacted.invalid&y" },
		{ "mailto:carla%40c.example?a=%20b", "mailto:redacted%40redacted.invalid?a=%20b" },
		{ "mailto:%63arla%40%43.example", "mailto:redacted%40redacted.invalid" },
		{ "q=%20carla@c.example", "q=%20redacted@redacted.invalid" },
		{ "carla&#64;c.example carla&#x40;c&period;example",
			"redacted&#64;redacted.invalid redacted&#x40;redacted.invalid" },
		{ "carla\357\274\240c.example", "redacted\357\274\240redacted.invalid" },
		{ "<news-carla=c.example@list.example>",
			"<news-redacted=redacted.invalid@list.example>" },
		{ "carla=c.example", NULL },
		{ "mcarla%40c.example", NULL },
		{ "news-mcarla=c.example@list.example", NULL },
		{ "_carla@c.example_", "_redacted@redacted.invalid_" },
		{ "\346\226\207carla@c.example\343\201\276\343\201\247",
			"\346\226\207redacted@redacted.invalid\343\201\276\343\201\247" },
		{ "100% @ &&; %4 &#; =@=", NULL },
	};
	struct person person;

	person_init(&person, "carla@c.example");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup(cases[i].text);

		g_assert_cmpint(person_in(&person, text), ==, cases[i].redacted != NULL);
		g_assert_cmpint(person_replace(&person, &text), ==, cases[i].redacted != NULL);
		g_assert_cmpstr(text, ==, cases[i].redacted ? cases[i].redacted : cases[i].text);
	}
	g_assert_false(person_in(&person, NULL));
	g_assert_true(person_in_id(&person, "<2024.carla@c.example>"));
	g_assert_false(person_in_id(&person, "<2024@c.example>"));
	person_release(&person);
}

/* A domain with an umlaut, in every form, in UTF-8 and in Latin-1. */
static void test_international(void)
{
	static const char *const found[] = { "J\303\266rg@xn--bcher-kva.example",
		"j\303\266rg@b\303\274cher.example", "J\303\226RG@B\303\234CHER.EXAMPLE",
		"j\303\266rg@XN--BCHER-KVA.example", "j\303\266rg@bu\314\210cher.example",
		"j\303\266rg@b\303\274cher\343\200\202example", "j\366rg@b\374cher.example",
		"j%C3%B6rg%40b%C3%BCcher.example", "j&#246;rg@b&#xfc;cher.example",
		"(j\303\266rg@b\303\274cher.example)",
		"\342\200\234j\303\266rg@b\303\274cher.example\342\200\235" },
				 *const others[] = { "j\303\266rg@bucher.example",
					 "j\303\266rg@b\303\274cher.examples",
					 "j\303\266rg@ab\303\274cher.example",
					 "jorg@b\303\274cher.example",
					 "j\303\266rg@b\303\274cher.example.org",
					 "bj\303\266rg@b\303\274cher.example" };
	struct person person;

	person_init(&person, "j\303\266rg@xn--bcher-kva.example");
	for (size_t i = 0; i < G_N_ELEMENTS(found); i++) {
		g_autofree char *text = g_strdup(found[i]);

		g_test_message("%s", found[i]);
		g_assert_true(person_in(&person, text) && person_replace(&person, &text));
		g_assert_false(person_in(&person, text));
		g_assert_nonnull(strstr(text, "redacted.invalid"));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		g_test_message("%s", others[i]);
		g_assert_false(person_in(&person, others[i]));
	}
	g_assert_true(person_in_id(&person, "<1.j\303\266rg@B\303\274cher.example>"));
	person_release(&person);
}

/* A canonical local part may hold capitals beyond ASCII. */
static void test_capitals(void)
{
	static const char *const found[] = { "\303\226zil@c.example", "\303\266zil@c.example",
		"\303\226ZIL@C.example" };
	struct person person;

	person_init(&person, "\303\226zil@c.example");
	for (size_t i = 0; i < G_N_ELEMENTS(found); i++)
		g_assert_true(person_in(&person, found[i]));
	g_assert_true(person_in_id(&person, "<1.\303\266zil@c.example>"));
	person_release(&person);
}

/* Mails of ours in which the address is spelt out only when they are read. */
static void test_mail(void)
{
	static const char *const mails[] = {
		"From: desk@x.example\nSubject: =?utf-8?q?Carla=40c=2Eexample?=\n called\nContent-Transfer-Encoding: 7bit\n\nShe wrote: carla@c.example\n",
		"To: \"Carla Kern\" <carla@c.example>, dora@d.example\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe an carla@c.exam=\nple\n",
		"Subject: none\n\nmailto:carla%40c.example\n", "Carla: carla@c.example"
	};
	struct person person;

	person_init(&person, "carla@c.example");
	person_learn(&person, "Carla Kern <carla@c.example>");
	for (size_t i = 0; i < G_N_ELEMENTS(mails); i++) {
		g_autofree char *mail = g_strdup(mails[i]), *text = NULL;
		struct message *message;

		g_assert_true(person_replace_in_mail(&person, &mail));
		g_test_message("%s", mail);
		message = message_parse_bytes(mail, strlen(mail));
		text = g_strconcat(message_subject(message), message_text(message),
			message_header(message, "To", 0), NULL);
		g_assert_null(strstr(text, "arla@c"));
		g_assert_null(strstr(text, "Kern"));
		g_assert_false(person_replace_in_mail(&person, &mail));
		message_free(message);
	}
	person_release(&person);
}

static void test_names(void)
{
	static const struct {
		const char *text, *redacted;
	} cases[] = {
		{ "I am Carla Kern.", "I am redacted." },
		{ "CARLA KERN!", "redacted!" },
		{ "Carla Kernmann", "Carla Kernmann" },
		{ "Ecarla Kern", "Ecarla Kern" },
		{ "Carla", "Carla" },
		{ "\"Kern, Carla\" called", "\"redacted\" called" },
		{ "Al", "Al" },
		{ "Dora", "Dora" },
	};
	struct person person;

	person_init(&person, "carla@c.example");
	person_learn(&person, "Carla Kern <carla@c.example>");
	person_learn(&person, "Kern, Carla <Carla@c.example>");
	person_learn(&person, "Al <carla@c.example>");
	person_learn(&person, "Dora <dora@c.example>");
	person_learn(&person, "carla@c.example");
	person_learn(&person, NULL);
	g_assert_cmpuint(person.names->len, ==, 2);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup(cases[i].text);

		person_replace(&person, &text);
		g_assert_cmpstr(text, ==, cases[i].redacted);
	}
	person_release(&person);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
		"/redact/an address is found in any case, and not in another's", test_address);
	g_test_add_func("/redact/a domain is found in every form", test_international);
	g_test_add_func("/redact/an address with capitals beyond ASCII is found in any case",
		test_capitals);
	g_test_add_func("/redact/mails of ours are decoded, changed and encoded", test_mail);
	g_test_add_func(
		"/redact/a name is what stands beside the address, and only whole", test_names);
	return g_test_run();
}
