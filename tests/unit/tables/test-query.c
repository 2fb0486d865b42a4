/* The query language: what holds, and where a mistake is. */
#include "tables/query.h"

#include <string.h>

static char *tags[] = { "vip", "hot", NULL }, *watchers[] = { "ops", NULL };
static const struct ticket ticket = {
	.number = 42,
	.subject = "Drücker brennt",
	.queue = "support",
	.watchers = watchers,
	.project = "helpdesk",
	.status = TICKET_OPEN,
	.priority = PRIORITY_HIGH,
	.agent = "anna",
	.requester_name = "Carla Kern",
	.requester_address = "carla@customer.example",
	.tags = tags,
	.last_in = 2,
	.last_out = 1,
	.attachments_count = 1,
};

static const struct {
	const char *text;
	bool holds;
} rows[] = {
	{ "queue:support", true },
	{ "queue:ops", true },
	{ "queue:sales", false },
	{ "queue:sales,support", true },
	{ "QUEUE:Support", true },
	{ "queue:supp*", true },
	{ "status:open", true },
	{ "status:new", false },
	{ "status:new,OPEN", true },
	{ "priority:high", true },
	{ "tag:vip", true },
	{ "tag:cold", false },
	{ "tag:none", false },
	{ "agent:anna", true },
	{ "agent:me", true },
	{ "agent:none", false },
	{ "project:helpdesk", true },
	{ "project:none", false },
	{ "requester:carla@customer.example", true },
	{ "requester:CARLA@customer.example", true },
	{ "requester:@customer.example", true },
	{ "requester:@example", false },
	{ "requester:kern", true },
	{ "requester:carl*", true },
	{ "requester:arla@customer.example", false },
	{ "subject:drucker", true },
	{ "subject:\"drücker brennt\"", true },
	{ "subject:brennt*", false },
	{ "number:42", true },
	{ "number:#42", true },
	{ "number:4", false },
	{ "is:open", true },
	{ "is:closed", false },
	{ "is:unassigned", false },
	{ "is:unanswered", true },
	{ "has:attachment", true },
	{ "has:link", false },
	{ "queue:support status:open", true },
	{ "queue:support status:new", false },
	{ "-status:new", true },
	{ "not status:open", false },
	{ "--status:open", true },
	{ "status:new or tag:vip", true },
	{ "status:new or tag:cold", false },
	{ "(status:new or tag:vip) agent:anna", true },
	{ "status:new or (tag:vip agent:ben)", false },
	{ "not (status:new or tag:cold)", true },
	{ "  status:open  ", true },
	{ "-(tag:vip)", false },
	{ "status:new tag:vip or agent:anna", true },
	{ "agent:anna OR status:new", true },
};

static const struct {
	const char *text, *says;
} mistakes[] = {
	{ "", "query, column 1: expected a term such as status:new" },
	{ "printer", "column 1: expected field:value; words are what 'ticket search'" },
	{ "queu:x", "column 1: there is no field 'queu'; did you mean 'queue'?" },
	{ "wobble:x", "expected one of: queue agent requester" },
	{ "status:opn", "column 8: 'opn' is no value of status; did you mean 'open'?" },
	{ "status:", "column 8: expected a value" },
	{ "status:new,", "column 12: expected a value" },
	{ "number:x", "column 8: 'x' is no ticket number" },
	{ "subject:\"a", "column 9: the quote is not closed" },
	{ "(status:new", "column 1: the bracket is not closed" },
	{ "status:new)", "column 11: there is no bracket to close" },
	{ "status:new or", "column 12: expected field:value" },
	{ "or status:new", "expected field:value" },
	{ "äö:x", "column 1: there is no field" },
	{ "tag:ä queu:x", "column 7: " },
	{ "()", "column 2: " },
	{ "\xff", "no UTF-8" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct query *q = NULL;
		struct error err = { "" };

		g_test_message("%s", rows[i].text);
		g_assert_cmpint(query_parse(rows[i].text, "anna", &q, &err), ==, ST_OK);
		g_assert_cmpint(query_matches(q, &ticket), ==, rows[i].holds);
		query_free(q);
	}
}

static void test_mistakes(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
		struct query *q = NULL;
		struct error err = { "" };

		g_test_message("%s", mistakes[i].text);
		g_assert_cmpint(query_parse(mistakes[i].text, NULL, &q, &err), ==, ST_BAD_INPUT);
		g_assert_nonnull(strstr(err.text, mistakes[i].says));
		g_assert_null(q);
	}
}

static void test_size(void)
{
	g_autofree char *deep = g_strnfill(30, '(');
	g_autoptr(GString) terms = g_string_new(NULL);
	struct query *q = NULL;
	struct error err = { "" };

	g_assert_cmpint(query_parse(deep, NULL, &q, &err), ==, ST_BAD_INPUT);
	g_assert_nonnull(strstr(err.text, "deep"));
	for (int i = 0; i < 600; i++)
		g_string_append(terms, "tag:x ");
	g_assert_cmpint(query_parse(terms->str, NULL, &q, &err), ==, ST_BAD_INPUT);
	g_assert_nonnull(strstr(err.text, "terms"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/query/what holds of a ticket", test_rows);
	g_test_add_func("/query/a mistake is told with its place", test_mistakes);
	g_test_add_func("/query/depth and length have an end", test_size);
	return g_test_run();
}
