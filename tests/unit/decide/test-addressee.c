/* Whom the desk's address stands for, as a table: a message of a ticket, and who gets the
 * answer. */
#include "decide/addressee.h"

#include <string.h>

#include "../settings-fixture.h"

static struct settings *settings;

static bool is_agent(const char *canonical, void *arg)
{
	(void)arg;
	return strcmp(canonical, "anna@example.com") == 0;
}

/* to, cc: separated by semicolons. wanted NULL: the ticket's requester. */
static const struct row {
	const char *sentence;
	enum direction direction;
	const char *from, *reply_to, *to, *cc, *wanted;
} rows[] = {
	{ "the author", DIRECTION_IN, "Dora <dora@x>", NULL, "desk@example.com", "",
		"Dora <dora@x>" },
	{ "the author without a name", DIRECTION_IN, "dora@x", NULL, "", "", "dora@x" },
	{ "where the author wants it", DIRECTION_IN, "form@x", "Vera <V.Visitor@y>", "", "",
		"Vera <V.Visitor@y>" },
	{ "an agent who asked", DIRECTION_IN, "anna@example.com", NULL, "", "",
		"anna@example.com" },
	{ "a name with brackets", DIRECTION_IN, "Dora <boss@x> <dora@x>", NULL, "", "",
		"Dora <boss@x> <dora@x>" },
	{ "never the desk itself", DIRECTION_IN, "desk@example.com", NULL, "", "", NULL },
	{ "nor its token", DIRECTION_IN, "x@x", "desk+1-abcdefgh@example.com", "", "", NULL },
	{ "nor commands", DIRECTION_IN, "x@x", "tickets@example.com", "", "", NULL },
	{ "nobody in From", DIRECTION_IN, NULL, NULL, "", "", NULL },
	{ "what is no address", DIRECTION_IN, "Dora", NULL, "", "", NULL },
	{ "who is away", DIRECTION_AUTO, "dora@x", NULL, "", "", "dora@x" },
	{ "not what reports a delay", DIRECTION_AUTO, "mailer-daemon@x", NULL, "", "", NULL },
	{ "not what bounced", DIRECTION_BOUNCE, "dora@x", NULL, "", "", NULL },
	{ "not who wrote a note", DIRECTION_NOTE, "anna@example.com", NULL, "dora@x", "", NULL },
	{ "who was answered", DIRECTION_OUT, "anna@example.com", NULL, "Dora <dora@x>", "",
		"Dora <dora@x>" },
	{ "the first of them outside", DIRECTION_OUT, "anna@example.com", NULL,
		"anna@example.com;journal@x;dora@x", "", "dora@x" },
	{ "one in Cc", DIRECTION_OUT, "anna@example.com", NULL, "desk@example.com", "dora@x",
		"dora@x" },
	{ "nobody was named", DIRECTION_OUT, "anna@example.com", NULL, "", "", NULL },
};

static void test_row(gconstpointer data)
{
	const struct row *row = data;
	g_auto(GStrv) to = g_strsplit(row->to, ";", -1), cc = g_strsplit(row->cc, ";", -1);
	const struct ticket ticket = { .requester_name = (char *)"Carla",
		.requester_address = (char *)"carla@x" };
	const struct entry entry = { .direction = row->direction,
		.from = (char *)row->from,
		.reply_to = (char *)row->reply_to,
		.to = to,
		.cc = cc };
	const struct addressee_query query = {
		.settings = settings, .is_agent = is_agent, .ticket = &ticket, .answered = &entry
	};
	struct mailbox box = { 0 };
	g_autofree char *is = NULL;

	g_assert_true(addressee_find(&query, &box));
	is = mailbox_shown(&box);
	g_assert_cmpstr(is, ==, row->wanted ? row->wanted : "Carla <carla@x>");
	mailbox_release(&box);
}

static void test_nobody(void)
{
	const struct ticket ticket = { .number = 1 };
	const struct addressee_query query = {
		.settings = settings, .is_agent = is_agent, .ticket = &ticket
	};
	struct mailbox box = { 0 };

	g_assert_false(addressee_find(&query, &box));
	g_assert_null(box.address);
}

int main(int argc, char **argv)
{
	struct fixture fixture;
	int code;

	g_test_init(&argc, &argv, NULL);
	fixture_init(&fixture);
	settings = fixture_load(&fixture,
		"policy: { internal_recipients = ( \"journal@*\" ); };\n"
		"accounts = ( { address = \"desk@example.com\"; reply_to = \"desk\"; } );");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/addressee/%s", rows[i].sentence);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/addressee/of a ticket that is nobody's", test_nobody);
	code = g_test_run();
	settings_unref(settings);
	fixture_release(&fixture);
	return code;
}
