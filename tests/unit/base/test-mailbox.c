/* Mailboxes as texts: read, and written again. */
#include <glib.h>

#include "base/mailbox.h"

static const struct {
	const char *text, *name, *address, *as_written;
} cases[] = {
	{ "carla@customer.example", NULL, "carla@customer.example", "carla@customer.example" },
	{ "Carla <carla@customer.example>", "Carla", "carla@customer.example",
		"carla@customer.example" },
	{ "Carla Kern <Carla.K@Customer.Example>", "Carla Kern", "carla.k@customer.example",
		"Carla.K@customer.example" },
	{ "<carla@customer.example>", NULL, "carla@customer.example", "carla@customer.example" },
	{ " <carla@customer.example>", NULL, "carla@customer.example", "carla@customer.example" },
	{ "K < L <carla@customer.example>", "K < L", "carla@customer.example",
		"carla@customer.example" },
	{ "eve@other.example <carla@customer.example>", "eve@other.example",
		"carla@customer.example", "carla@customer.example" },
	{ "Käthe <käthe@müller.example>", "Käthe", "käthe@xn--mller-kva.example",
		"käthe@xn--mller-kva.example" },
};

static void test_read(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *address = mailbox_read_address(cases[i].text);
		struct mailbox box = { .name = NULL };

		g_test_message("%s", cases[i].text);
		g_assert_true(mailbox_read(cases[i].text, &box));
		g_assert_cmpstr(box.name, ==, cases[i].name);
		g_assert_cmpstr(box.address, ==, cases[i].address);
		g_assert_cmpstr(box.as_written, ==, cases[i].as_written);
		g_assert_false(box.guessed);
		g_assert_cmpstr(address, ==, box.address);
		mailbox_release(&box);
		g_assert_null(box.name);
		g_assert_null(box.address);
	}
}

static void test_not_read(void)
{
	static const char *const texts[] = { NULL, "", "<>", "Carla", "Carla <>", "Carla <carla>",
		"carla@customer.example (Carla)", "Carla <carla@customer.example> and more" };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct mailbox box = { .address = NULL };

		g_test_message("%s", texts[i]);
		g_assert_false(mailbox_read(texts[i], &box));
		g_assert_null(box.address);
		g_assert_null(mailbox_read_address(texts[i]));
	}
}

/* What is written is read as it was. */
static void test_written(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct mailbox box = { .name = NULL }, copy = { .name = NULL }, again;
		g_autofree char *text = NULL, *other = NULL;

		g_assert_true(mailbox_read(cases[i].text, &box));
		mailbox_copy(&copy, &box);
		text = mailbox_shown(&copy);
		other = mailbox_write(copy.name, copy.as_written);
		g_assert_cmpstr(text, ==, other);
		g_assert_true(mailbox_read(text, &again));
		g_assert_cmpstr(again.name, ==, box.name);
		g_assert_cmpstr(again.address, ==, box.address);
		g_assert_cmpstr(again.as_written, ==, box.as_written);
		mailbox_release(&box);
		mailbox_release(&copy);
		mailbox_release(&again);
	}
}

static void test_list(void)
{
	struct mailbox box = { .address = NULL };
	struct mailboxes list = { &box, 1, false }, none = { NULL, 0, false };

	g_assert_true(mailbox_read("Carla <Carla@customer.example>", &box));
	g_assert_true(mailboxes_have(list, "carla@customer.example"));
	g_assert_false(mailboxes_have(list, "Carla@customer.example"));
	g_assert_false(mailboxes_have(none, "carla@customer.example"));
	mailbox_release(&box);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mailbox/read", test_read);
	g_test_add_func("/mailbox/not read", test_not_read);
	g_test_add_func("/mailbox/written", test_written);
	g_test_add_func("/mailbox/list", test_list);
	return g_test_run();
}
