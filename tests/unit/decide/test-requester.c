/* Who wants the answer to a message: PRODUCT section 3, "Requester", as a table of headers. */
#include "decide/requester.h"

#include <string.h>

#include "../settings-fixture.h"

static const char conf[] =
	"accounts = ( { address = \"support@example.com\"; queue = \"support\";\n"
	"  sender = \"Desk <desk@example.com>\"; } );\n";

static struct settings *settings;

static bool is_agent(const char *canonical, void *arg)
{
	(void)arg;
	return strcmp(canonical, "anna@example.com") == 0;
}

/* "Name <A@b>" as it is written to; "nobody". Owned. */
static char *requester(const char *head, const char *sender, bool vouched)
{
	g_autofree char *mail = g_strconcat(head, "\nSubject: x\n\nx\n", NULL);
	struct message *m = message_parse_bytes(mail, strlen(mail));
	struct requester_choices choices;
	const struct requester_query query = {
		.choices = &choices, .is_agent = is_agent, .vouched = vouched
	};
	const struct mailbox *box;
	char *shown;

	requester_read(m, sender, settings, &choices);
	message_free(m);
	box = requester_choose(&query);
	shown = box ? mailbox_shown(box) : g_strdup("nobody");
	requester_choices_release(&choices);
	return shown;
}

struct row {
	const char *head, *sender, *wanted;
};

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *sender = rows[i].sender ? rows[i].sender : "bounce-7@mta.example";
		g_autofree char *got = requester(rows[i].head, sender, false);

		g_test_message("%s", rows[i].head);
		g_assert_cmpstr(got, ==, rows[i].wanted);
	}
}

/* --- From alone --- */

static const struct row authors[] = {
	{ "From: Carla K <carla@customer.example>", NULL, "Carla K <carla@customer.example>" },
	{ "From: Carla.KERN@Customer.Example", NULL, "Carla.KERN@customer.example" },
	{ "From: C. Kern [Purchasing] <c@customer.example>", NULL,
		"C. Kern [Purchasing] <c@customer.example>" },
	{ "From: Order 9 kim@shop.example via Portal <portal@shop.example>", NULL,
		"Order 9 kim@shop.example via Portal <portal@shop.example>" },
	{ "From: Kern, Carla c@customer.example", NULL, "Kern, Carla <c@customer.example>" },
	{ "From: a@one.example, b@two.example\nSender: c@three.example", NULL, "a@one.example" },
	{ "From: support@example.com, b@two.example", NULL, "b@two.example" },
	{ "From: Support <support@example.com>", "www@web.example", "www@web.example" },
	{ "From: Desk <desk@example.com>", "www@web.example", "www@web.example" },
	{ "From: support+7@example.com", "www@web.example", "www@web.example" },
	{ "From: tickets@example.com", "www@web.example", "www@web.example" },
	{ "From: Night Watch:;", "cron@Web.example", "cron@web.example" },
	{ "To: support@example.com", "Kim@web.example", "Kim@web.example" },
	{ "From: Support <support@example.com>", "support@example.com", "nobody" },
	{ "From: Support <support@example.com>", "", "nobody" },
	{ "From: nobody in particular", "", "nobody" },
	{ "From: C. Kern <carla@customer.example>\nReply-To: <>", NULL,
		"C. Kern <carla@customer.example>" },
	{ "From: carla@customer.example\nReply-To:", NULL, "carla@customer.example" },
};

static void test_authors(void)
{
	check(authors, G_N_ELEMENTS(authors));
}

/* --- Reply-To --- */

#define FORM "From: Shop <form@shop.example>\nReply-To: "
#define VERA "Vera <vera@home.example>"

static const struct row reply_addresses[] = {
	{ FORM VERA, NULL, VERA },
	{ "From: Support <support@example.com>\nReply-To: " VERA, NULL, VERA },
	{ "From: \"noreply\" <noreply@shop.example>\nReply-To: vera@home.example", NULL,
		"vera@home.example" },
	{ FORM "[Vera@home.example]", NULL, "Shop <Vera@home.example>" },
	{ FORM "<mailto:vera@home.example>", NULL, "Shop <vera@home.example>" },
	{ FORM "'vera@home.example'", NULL, "Shop <vera@home.example>" },
	{ FORM "vera@home.example, VERA@home.example", NULL, "Shop <vera@home.example>" },
	{ FORM VERA ", support@example.com", NULL, VERA },
	{ FORM VERA "; support+12-abcdefgh@example.com", NULL, VERA },
	{ FORM VERA ", Kim <kim@home.example>", NULL, "Shop <form@shop.example>" },
	{ FORM "support@example.com", NULL, "Shop <form@shop.example>" },
	{ FORM "support+12-abcdefgh@example.com", NULL, "Shop <form@shop.example>" },
	{ FORM "desk@example.com", NULL, "Shop <form@shop.example>" },
	{ FORM "tickets@example.com", NULL, "Shop <form@shop.example>" },
	{ FORM "control+3@example.com", NULL, "Shop <form@shop.example>" },
	{ FORM "anna@example.com", NULL, "Shop <form@shop.example>" },
	{ FORM "=?utf-8?Q?Vera_K_<vera@home.example>?=", NULL, "Vera K <vera@home.example>" },
	{ FORM "Vera <smtp:vera@home.example>", NULL, VERA },
	{ FORM "no-reply@shop.example", NULL, "Shop <form@shop.example>" },
	{ FORM "bounces+3@shop.example", NULL, "Shop <form@shop.example>" },
	{ FORM "ne-pas-repondre@shop.example", NULL, "Shop <form@shop.example>" },
	{ FORM "no-answer@shop.example", NULL, "Shop <form@shop.example>" },
	{ FORM "Vera at home", NULL, "Shop <form@shop.example>" },
	{ "From: Anna <anna@example.com>\nReply-To: " VERA, NULL, VERA },
	{ "Reply-To: " VERA, NULL, VERA },
};

static void test_reply_addresses(void)
{
	check(reply_addresses, G_N_ELEMENTS(reply_addresses));
}

/* --- lists --- */

#define LIST "List-Id: Users <users.lists.example>\n"
#define MUNGED "From: Carla Kern via Users <users@lists.example>\n"
#define GROUP \
	"From: 'Carla Kern' via Desk Group <group@groups.example>\n" \
	"List-Post: <https://groups.example/post>, <mailto:group@groups.example>\n"

#define OUR_GROUP \
	"From: 'Carla Kern' via Support <support@example.com>\n" \
	"List-Id: <support.example.com>\n"

static const struct row lists[] = {
	{ LIST MUNGED "Reply-To: Carla <c@customer.example>", NULL, "Carla <c@customer.example>" },
	{ LIST MUNGED "Reply-To: c@customer.example", NULL, "Carla Kern <c@customer.example>" },
	{ LIST MUNGED "Reply-To: c@customer.example, users@lists.example", NULL,
		"Carla Kern <c@customer.example>" },
	{ GROUP "Reply-To: c@customer.example", NULL, "Carla Kern <c@customer.example>" },
	{ GROUP "X-Original-From: Carla K <c@customer.example>\nReply-To: c@customer.example", NULL,
		"Carla K <c@customer.example>" },
	{ GROUP "Reply-To: Group <GROUP@groups.example>", NULL,
		"'Carla Kern' via Desk Group <group@groups.example>" },
	{ GROUP "X-Original-From: Carla K <c@customer.example>", NULL,
		"Carla K <c@customer.example>" },
	{ GROUP "X-Original-Sender: c@customer.example\nReply-To: group@groups.example", NULL,
		"Carla Kern <c@customer.example>" },
	{ GROUP "X-Original-From: Desk <support@example.com>\n"
		"X-Original-Sender: c@customer.example",
		NULL, "Carla Kern <c@customer.example>" },
	{ GROUP "X-Original-From: c@customer.example\nX-Original-Sender: list7@groups.example",
		NULL, "Carla Kern <c@customer.example>" },
	{ GROUP "X-Original-From: anna@example.com", NULL,
		"'Carla Kern' via Desk Group <group@groups.example>" },
	{ OUR_GROUP "X-Original-Sender: c@customer.example", "support+bnc1@example.com",
		"Carla Kern <c@customer.example>" },
	{ OUR_GROUP "Reply-To: c@customer.example", "support+bnc1@example.com",
		"Carla Kern <c@customer.example>" },
	{ "From: Kim <kim@home.example>\n" LIST "X-Original-From: c@customer.example", NULL,
		"Kim <kim@home.example>" },
	{ "From: Support <support@example.com>\nX-Original-From: c@customer.example",
		"www@web.example", "www@web.example" },
	{ LIST "From: \"Carla Kern (via Users)\" <users@lists.example>\n"
	       "Reply-To: c@customer.example",
		NULL, "Carla Kern <c@customer.example>" },
	{ LIST "From: Carla Kern - via Users <users@lists.example>\nReply-To: c@customer.example",
		NULL, "Carla Kern <c@customer.example>" },
	{ "From: c@customer.example\nList-Post: <mailto:Users@Lists.example?subject=x>\n"
	  "Reply-To: users@lists.example",
		NULL, "c@customer.example" },
	{ "From: c@customer.example\nList-Post: NO\nReply-To: d@customer.example", NULL,
		"d@customer.example" },
	{ "From: c@customer.example\n" LIST "Reply-To: users@lists.example", NULL,
		"c@customer.example" },
	{ "From: c@customer.example\n" LIST "Reply-To: super-users@lists.example", NULL,
		"super-users@lists.example" },
	{ "From: c@customer.example\nTo: users@lists.example\nReply-To: users@lists.example\n"
	  "List-Unsubscribe: <mailto:leave@lists.example>",
		NULL, "c@customer.example" },
	{ "From: c@customer.example\nTo: users@lists.example\nReply-To: users@lists.example", NULL,
		"users@lists.example" },
};

static void test_lists(void)
{
	check(lists, G_N_ELEMENTS(lists));
}

/* --- the rest --- */

static void test_agents_speak_for_themselves(void)
{
	static const char own[] = "From: Anna <anna@example.com>\nReply-To: " VERA;
	static const char passed_on[] = "From: Carla <carla@customer.example>\nReply-To: " VERA;
	g_autofree char *self = requester(own, "anna@example.com", true);
	g_autofree char *other = requester(passed_on, "anna@example.com", true);

	g_assert_cmpstr(self, ==, "Anna <anna@example.com>");
	g_assert_cmpstr(other, ==, VERA);
}

static void test_policy(void)
{
	g_autofree char *got = NULL, *whole = NULL;
	struct fixture fixture;
	struct settings *usual = settings;

	fixture_init(&fixture);
	whole = g_strconcat(conf, "policy: { requester = \"from\"; };\n", NULL);
	settings = fixture_load(&fixture, whole);
	got = requester(FORM VERA, "bounce@mta.example", false);
	g_assert_cmpstr(got, ==, "Shop <form@shop.example>");
	settings_unref(settings);
	fixture_release(&fixture);
	settings = usual;
}

int main(int argc, char **argv)
{
	struct fixture fixture;
	int rc;

	g_test_init(&argc, &argv, NULL);
	fixture_init(&fixture);
	settings = fixture_load(&fixture, conf);
	g_test_add_func("/requester/is the author, else the sender", test_authors);
	g_test_add_func("/requester/is who Reply-To names", test_reply_addresses);
	g_test_add_func("/requester/is no list", test_lists);
	g_test_add_func(
		"/requester/an agent's own Reply-To makes none", test_agents_speak_for_themselves);
	g_test_add_func("/requester/is the author where the policy says so", test_policy);
	rc = g_test_run();
	settings_unref(settings);
	fixture_release(&fixture);
	return rc;
}
