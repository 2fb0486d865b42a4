/* Whose address it is and whose not, and what is a name. */
#include <glib.h>

#include "redact-person.h"

static void test_address(void)
{
	static const struct {
		const char *text, *redacted;	/* NULL: stays */
	} cases[] = {
		{ "carla@c.example", "redacted@redacted.invalid" },
		{ "CARLA@C.Example", "redacted@redacted.invalid" },
		{ "<carla@c.example>", "<redacted@redacted.invalid>" },
		{ "mailto:carla@c.example?x", "mailto:redacted@redacted.invalid?x" },
		{ "Write to carla@c.example. Or carla@c.example, please", "Write to redacted@redacted.invalid. Or redacted@redacted.invalid, please" },
		{ "...carla@c.example...", "...redacted@redacted.invalid..." },
		{ "carla@c.example-", "redacted@redacted.invalid-" },
		{ "mcarla@c.example", NULL }, { "m.carla@c.example", NULL }, { "m-carla@c.example", NULL }, { "m_carla@c.example", NULL },
		{ "carla@c.example.org", NULL }, { "carla@c.examples", NULL }, { "carla@c.example-shop.org", NULL },
		{ "carla+x@c.example", NULL }, { "\303\244carla@c.example", NULL }, { "", NULL },
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
	g_test_add_func("/redact/an address is found in any case, and not in another's", test_address);
	g_test_add_func("/redact/a name is what stands beside the address, and only whole", test_names);
	return g_test_run();
}
