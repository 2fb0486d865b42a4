/* A message of a ticket as mail again, out of what the record has of it. */
#include "act/entry-mail.h"

#include "../desk.h"

static void assert_mailbox(struct mailboxes list, size_t i, const char *shown)
{
	g_autofree char *is = i < list.n ? mailbox_shown(&list.v[i]) : NULL;

	g_assert_cmpstr(is, ==, shown);
}

static void test_rebuilt(void)
{
	char *to[] = { (char *)"Kern, Carla <Carla@x.example>", (char *)"support@example.com",
		NULL },
	     *cc[] = { (char *)"D\303\266rte \"Dora\" D. <d@y.example>", NULL };
	const struct entry e = {
		.from = (char *)"Boss (Sales) <b@x.example>",
		.to = to,
		.cc = cc,
		.subject = (char *)"T\303\274r",
		.message_id = (char *)"<m1@x.example>",
		.received = 1,
	};
	struct desk d;
	struct message *m;
	GString *mail;

	desk_open(&d, NULL);
	mail = entry_mail(d.settings, &e, "It is stuck.\n", 1 << 20);
	m = message_parse_bytes(mail->str, mail->len);
	assert_mailbox(message_from(m), 0, "Boss (Sales) <b@x.example>");
	assert_mailbox(message_to(m), 0, "Kern, Carla <Carla@x.example>");
	assert_mailbox(message_to(m), 1, "support@example.com");
	assert_mailbox(message_to(m), 2, NULL);
	assert_mailbox(message_cc(m), 0, "D\303\266rte \"Dora\" D. <d@y.example>");
	g_assert_cmpstr(message_subject(m), ==, "T\303\274r");
	g_assert_cmpstr(message_id(m), ==, "<m1@x.example>");
	g_assert_cmpstr(message_text(m), ==, "It is stuck.\n");
	message_free(m);
	g_string_free(mail, TRUE);
	desk_close(&d);
}

/* What was recorded as an author without an address is still told. */
static void test_nobody(void)
{
	const struct entry e = { .from = (char *)"Carla", .received = 1 };
	struct desk d;
	GString *mail;

	desk_open(&d, NULL);
	mail = entry_mail(d.settings, &e, NULL, 1 << 20);
	g_assert_true(g_str_has_prefix(mail->str, "From: Carla\n"));
	g_string_free(mail, TRUE);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/entry mail/people are who they were", test_rebuilt);
	g_test_add_func("/entry mail/an author without an address", test_nobody);
	return g_test_run();
}
