/* The query language: what holds, when it turns, and where a mistake is. `--rows` prints the
 * fields for the manual's test. */
#include "model/query.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

/* Saturday, 28 November 2026, 12:00 UTC. */
#define NOW (INT64_C(1795867200) * TEXT_SECOND)
#define HOUR (INT64_C(3600) * TEXT_SECOND)
#define DAY (24 * HOUR)

static char *tags[] = { "vip", "hot", NULL }, *watchers[] = { "ops", NULL },
	    *people[] = { "carla@customer.example", "boss@partner.example", NULL };
static uint64_t links[] = { 7, 9 };
static const struct ticket ticket = {
	.number = 42,
	.subject = "Drücker brennt im Flur",
	.queue = "support",
	.watchers = watchers,
	.project = "helpdesk",
	.status = TICKET_OPEN,
	.priority = PRIORITY_HIGH,
	.agent = "anna",
	.requester_name = "Carla Kern",
	.requester_address = "carla@customer.example",
	.participants = people,
	.account = "support@example.com",
	.tags = tags,
	.opened = NOW - 10 * DAY,
	.updated = NOW - HOUR,
	.touched = NOW - 3 * DAY,
	.last_in = 2,
	.last_out = 1,
	.links = { links, 2 },
	.messages_count = 3,
	.attachments_count = 1,
};

static const struct saved_query saved[] = {
	{ "mine", "agent:me is:open" },
	{ "urgent.mine", "@mine priority:high" },
	{ "loop", "tag:vip @pool" },
	{ "pool", "@loop" },
	{ "broken", "tag:x statsu:new" },
	{ "wide", "status:new or tag:vip" },
	{ "blank", " " },
	{ NULL, NULL },
};
static const struct query_asker anna = { .me = "anna", .saved = saved };

enum { NO = QUERY_NO, MAYBE = QUERY_MAYBE, YES = QUERY_YES };

static const struct {
	const char *text;
	int truth;
} rows[] = {
	{ "queue:support", YES },
	{ "queue:ops", YES },
	{ "queue:sales", NO },
	{ "queue:sales,support", YES },
	{ "QUEUE:Support", YES },
	{ "queue:supp*", YES },
	{ "queue:\"supp*\"", NO },
	{ "queue:supp", NO },
	{ "status:open", YES },
	{ "status:new", NO },
	{ "status:new,OPEN", YES },
	{ "priority:high", YES },
	{ "tag:vip", YES },
	{ "tag:cold", NO },
	{ "tag:none", NO },
	{ "agent:anna", YES },
	{ "agent:me", YES },
	{ "agent:none", NO },
	{ "agent:ben", MAYBE },
	{ "project:helpdesk", YES },
	{ "project:none", NO },
	{ "requester:carla@customer.example", YES },
	{ "requester:CARLA@customer.example", YES },
	{ "requester:@customer.example", YES },
	{ "requester:@example", NO },
	{ "requester:kern", YES },
	{ "requester:carl*", YES },
	{ "requester:\"Carla Kern\"", YES },
	{ "requester:arla@customer.example", NO },
	{ "account:support@example.com", YES },
	{ "account:@example.com", YES },
	{ "account:sales", NO },
	{ "link:7", YES },
	{ "link:#9", YES },
	{ "link:8", NO },
	{ "subject:drucker", YES },
	{ "subject:rucke", YES },
	{ "subject:\"rucke\"", NO },
	{ "subject:ru", NO },
	{ "subject:br*", YES },
	{ "subject:\"drücker brennt\"", YES },
	{ "subject:\"drücker im\"", NO },
	{ "subject:brennt-im", YES },
	{ "subject:\"brennt im fl*\"", YES },
	{ "number:42", YES },
	{ "number:#42", YES },
	{ "number:4", NO },
	{ "is:open", YES },
	{ "is:closed", NO },
	{ "is:unassigned", NO },
	{ "is:unanswered", YES },
	{ "is:undelivered", NO },
	{ "is:new,open", YES },
	{ "has:attachment", YES },
	{ "has:link", YES },
	{ "has:note", MAYBE },
	/* words */
	{ "drücker", YES },
	{ "DRUCKER", YES },
	{ "\"brennt im\"", YES },
	{ "42", YES },
	{ "#42", YES },
	{ "4", MAYBE },
	{ "partner", YES },
	{ "boss@partner.example", YES },
	{ "hot", YES },
	{ "schweigt", MAYBE },
	{ "-schweigt", MAYBE },
	{ "-drücker", NO },
	{ "schweigt status:new", NO },
	{ "schweigt or status:open", YES },
	{ "\"or\"", MAYBE },
	{ "order", MAYBE },
	{ "notes", MAYBE },
	/* times */
	{ "opened:10d", YES },
	{ "opened:9d", NO },
	{ "opened:9d..", NO },
	{ "opened:..9d", YES },
	{ "opened:11d..9d", YES },
	{ "opened:9d..11d", YES },
	{ "opened:2w..", YES },
	{ "opened:2026-11-18", YES },
	{ "opened:2026-11", YES },
	{ "opened:2026", YES },
	{ "opened:2026-10", NO },
	{ "opened:2026-11-18..2026-11-18", YES },
	{ "opened:..2026-11-18", YES },
	{ "opened:..2026-11-17", NO },
	{ "opened:2026-11-18..", YES },
	{ "opened:2026-11-19..", NO },
	{ "opened:2026-11-18T12:00Z", YES },
	{ "opened:2026-11-18T11:59Z", NO },
	{ "opened:2026-11-18t11:59z..", YES },
	{ "opened:none", NO },
	{ "updated:today", YES },
	{ "updated:saturday", YES },
	{ "updated:friday", NO },
	{ "updated:friday..", YES },
	{ "updated:yesterday..today", YES },
	{ "updated:yesterday", NO },
	{ "updated:tomorrow", NO },
	{ "closed:none", YES },
	{ "closed:today", NO },
	{ "-closed:today", YES },
	{ "idle:3d", YES },
	{ "idle:3d..", YES },
	{ "idle:73h", NO },
	{ "idle:..3d", NO },
	{ "idle:..73h", YES },
	{ "idle:1d..1w", YES },
	{ "idle:1w..1d", YES },
	{ "age:1w..2w", YES },
	{ "age:2w..", NO },
	{ "age:1d12h", YES },
	/* what holds them together */
	{ "queue:support status:open", YES },
	{ "queue:support status:new", NO },
	{ "-status:new", YES },
	{ "not status:open", NO },
	{ "NOT status:open", NO },
	{ "--status:open", YES },
	{ "not not status:open", YES },
	{ "-not status:open", YES },
	{ "status:new or tag:vip", YES },
	{ "status:new or tag:cold", NO },
	{ "(status:new or tag:vip) agent:anna", YES },
	{ "status:new or (tag:vip agent:ben)", MAYBE },
	{ "not (status:new or tag:cold)", YES },
	{ "not(status:new)", YES },
	{ "(status:open)(tag:vip)", YES },
	{ "  status:open  ", YES },
	{ "-(tag:vip)", NO },
	{ "status:new tag:vip or agent:anna", YES },
	{ "agent:anna OR status:new", YES },
	{ "status:new or(tag:vip)", YES },
	/* by name */
	{ "@mine", YES },
	{ "-@mine", NO },
	{ "@mine tag:vip", YES },
	{ "@urgent.mine", YES },
	{ "(@mine)", YES },
	{ "@wide status:new", NO },
	{ "@wide status:open", YES },
};

static const struct {
	const char *text, *says;
} mistakes[] = {
	{ "", "query, column 1: expected a word, or a term such as status:new" },
	{ "  ", "query, column 3: expected a word" },
	{ "queu:x", "query, column 1: there is no field 'queu'; did you mean 'queue'?" },
	{ "wobble:x",
		"column 1: there is no field 'wobble'; expected a field of ticket(1), or quotes" },
	{ "http://x.example/", "column 1: there is no field 'http'" },
	{ "status:opn", "column 8: 'opn' is no value of status; did you mean 'open'?" },
	{ "status:wobble", "column 8: 'wobble' is no value of status; expected one of: new open" },
	{ "is:unasigned", "column 4: 'unasigned' is no value of is; did you mean 'unassigned'?" },
	{ "has:links", "column 5: 'links' is no value of has; did you mean 'link'?" },
	{ "status:", "column 8: expected new|open|waiting|internal|clarify|closed|spam" },
	{ "status: new", "column 8: expected new|open" },
	{ "status:new,", "column 12: expected new|open" },
	{ "status:,new", "column 8: expected new|open" },
	{ "agent:", "column 7: expected AGENT|none|me" },
	{ "subject:\"\"", "column 9: expected WORD" },
	{ "subject:(a or b)", "column 9: expected WORD" },
	{ "\"\"", "column 1: expected a word" },
	{ "prio:high", "column 1: there is no field 'prio'; did you mean 'priority'?" },
	{ "is:opened", "column 4: 'opened' is no value of is; did you mean 'open'?" },
	{ "tag:x p*r", "column 7: 'p*r': a * may only end a word; expected quotes" },
	{ "subject:*er", "column 9: '*er': a * may only end a word" },
	{ "number:x", "column 8: 'x' is no ticket number; expected one such as 1042" },
	{ "link:0", "column 6: '0' is no ticket number" },
	{ "subject:\"a", "column 9: the quote is not closed" },
	{ "\"a b", "column 1: the quote is not closed" },
	{ "subject:!!", "column 9: '!!' has no letter or digit that could be looked for" },
	{ "->", "column 2: '>' has no letter or digit" },
	{ "(status:new", "column 1: the bracket is not closed" },
	{ "(status:new or", "column 15: expected a term after 'or'" },
	{ "status:new)", "column 11: there is no bracket to close" },
	{ "status:new or", "column 14: expected a term after 'or'" },
	{ "or status:new", "column 1: expected a term before 'or'" },
	{ "status:new or or tag:x", "column 15: expected a term before 'or'" },
	{ "status:new -", "column 13: expected a term after 'not'" },
	{ "status:new not", "column 15: expected a term after 'not'" },
	{ "- status:new", "column 2: expected a term after 'not'" },
	{ "not )", "column 5: expected a term after 'not'" },
	{ "äö:x", "column 1: there is no field" },
	{ "tag:ä queu:x", "column 7: " },
	{ "()", "column 2: expected a word" },
	{ "\xff", "no UTF-8" },
	{ "opened:tuday", "column 8: 'tuday' is no time; did you mean 'today'?" },
	{ "opened:x",
		"column 8: 'x' is no time; expected one such as today, 2026-11, 2026-11-28, 3d" },
	{ "opened:2026-13", "column 8: '2026-13' is no time" },
	{ "opened:2026-02-30", "column 8: '2026-02-30' is no time" },
	{ "opened:2026-11-", "column 8: '2026-11-' is no time" },
	{ "opened:0000", "column 8: '0000' is no time" },
	{ "opened:..", "column 8: expected a time before or after '..'" },
	{ "opened:3x..", "column 8: '3x' is no time" },
	{ "opened:3d..x", "column 8: 'x' is no time" },
	{ "opened:2026-12..2026-11", "column 8: '2026-12..2026-11' ends before it begins" },
	{ "idle:today", "column 6: 'today' is no duration; expected one such as 3d, or 3d..2w" },
	{ "idle:3bh..", "column 6: '3bh' is business time, of which queries know none" },
	{ "due:..2bd", "column 5: '2bd' is business time" },
	{ "age:2026-11", "column 5: '2026-11' is no duration" },
	{ "age:999999999999y", "column 5: '999999999999y' is no duration" },
	{ "@", "column 1: expected the name of a saved query after '@'" },
	{ "tag:x @min", "column 7: there is no saved query 'min'; did you mean 'mine'?" },
	{ "@wobble",
		"column 1: there is no saved query 'wobble'; expected one of: mine urgent.mine" },
	{ "@loop", "query @pool, column 1: '@loop' leads back to itself" },
	{ "tag:x @broken", "query @broken, column 7: there is no field 'statsu'; did you mean" },
	{ "@blank", "query @blank, column 2: expected a word" },
};

static enum query_truth truth_at(const struct query_tree *q, int64_t now, bool timeless)
{
	const struct query_asking asking = {
		.ticket = &ticket,
		.now = now,
		.timeless = timeless,
	};

	return query_ask(q, &asking);
}

static struct query_tree *parsed(const char *text)
{
	struct query_tree *q = NULL;
	struct error err = { "" };

	g_test_message("%s", text);
	if (query_parse(text, &anna, &q, &err) != ST_OK)
		g_error("'%s': %s", text, err.text);
	return q;
}

static void test_rows(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct query_tree *q = parsed(rows[i].text);

		g_assert_cmpint(truth_at(q, NOW, false), ==, rows[i].truth);
		query_free(q);
	}
}

static void test_mistakes(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
		struct query_tree *q = NULL;
		struct error err = { "" };

		if (query_parse(mistakes[i].text, &anna, &q, &err) != ST_BAD_INPUT)
			g_error("'%s' is none", mistakes[i].text);
		if (!strstr(err.text, mistakes[i].says))
			g_error("'%s' gives: %s", mistakes[i].text, err.text);
		g_assert_null(q);
	}
}

static void test_nobody(void)
{
	struct query_tree *q = NULL;
	struct error err = { "" };

	g_assert_cmpint(query_parse("agent:me", NULL, &q, &err), ==, ST_BAD_INPUT);
	g_assert_cmpstr(
		err.text, ==, "query, column 7: there is nobody here whom 'me' could stand for");
	g_assert_cmpint(query_parse("@mine", NULL, &q, &err), ==, ST_BAD_INPUT);
	g_assert_cmpstr(
		err.text, ==, "query, column 1: there is no saved query 'mine', nor any other");
}

static void too_much(const char *text, const char *says)
{
	struct query_tree *q = NULL;
	struct error err = { "" };

	g_assert_cmpint(query_parse(text, NULL, &q, &err), ==, ST_BAD_INPUT);
	if (!strstr(err.text, says))
		g_error("%s", err.text);
	g_assert_null(q);
}

static char *repeated(const char *text, unsigned n)
{
	g_autoptr(GString) out = g_string_new(NULL);

	while (n--)
		g_string_append(out, text);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void test_size(void)
{
	g_autofree char *deep = repeated("(", 30), *terms = repeated("tag:x ", 501),
			*just_terms = repeated("tag:x ", 500), *values = repeated("x,", 100),
			*long_word = repeated("x", LIMIT_QUERY_BYTES + 1),
			*just_long = repeated("x", LIMIT_QUERY_BYTES);
	g_autofree char *many = g_strdup_printf("tag:%sx", values);

	too_much(deep, "brackets are more than 20 deep");
	too_much(terms, "there are more than 500 terms");
	too_much(many, "there are more than 100 values");
	too_much(long_word, "the query is longer than 4000 bytes");
	query_free(parsed(just_long));
	query_free(parsed(just_terms));
}

/* Eight names that each stand for three of the next. */
static void test_bomb(void)
{
	struct saved_query bomb[10] = { { NULL, NULL } };
	const struct query_asker asker = { .saved = bomb };
	char names[9][2], texts[9][16];
	struct query_tree *q = NULL;
	struct error err = { "" };

	for (int i = 0; i < 9; i++) {
		g_snprintf(names[i], sizeof names[i], "%c", 'a' + i);
		g_snprintf(texts[i], sizeof texts[i], "@%c @%c @%c", 'b' + i, 'b' + i, 'b' + i);
		bomb[i] = (struct saved_query){ names[i], i < 8 ? texts[i] : "tag:x" };
	}
	g_assert_cmpint(query_parse("@a", &asker, &q, &err), ==, ST_BAD_INPUT);
	g_assert_nonnull(strstr(err.text, "more than 500 terms"));
}

/* --- time goes by --- */

static const struct {
	const char *text;
	int64_t turns; /* from NOW; 0: never */
} turns[] = {
	{ "status:open", 0 },
	{ "idle:3d..", 0 },
	{ "idle:4d..", DAY },
	{ "idle:..4d", DAY },
	{ "idle:4d..5d", DAY },
	{ "-(idle:5d or idle:4d)", DAY },
	{ "age:11d..", DAY },
	{ "opened:11d..", DAY + 1 },
	{ "opened:2026", 0 },
	{ "updated:today", 12 * HOUR },
	{ "updated:friday..", 12 * HOUR },
	{ "closed:3d", 0 },
	{ "updated:..2h", HOUR + 1 },
	{ "idle:4d age:2w", DAY },
};

static void test_turns(void)
{
	const struct query_asking asking = { .ticket = &ticket, .now = NOW };

	for (size_t i = 0; i < G_N_ELEMENTS(turns); i++) {
		struct query_tree *q = parsed(turns[i].text);
		int64_t found = query_turns(q, &asking);

		g_assert_cmpint(found ? found - NOW : 0, ==, turns[i].turns);
		query_free(q);
	}
}

/* At the moment that is told, and not before. */
static void test_turned(void)
{
	static const char *const texts[] = { "idle:4d..", "idle:..4d", "age:11d..", "opened:11d..",
		"updated:today", "updated:..2h", "opened:..11d" };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		const struct query_asking asking = { .ticket = &ticket, .now = NOW };
		struct query_tree *q = parsed(texts[i]);
		int64_t turn = query_turns(q, &asking);

		g_assert_cmpint(truth_at(q, turn - 1, false), ==, truth_at(q, NOW, false));
		g_assert_cmpint(truth_at(q, turn, false), !=, truth_at(q, NOW, false));
		query_free(q);
	}
}

static const struct {
	const char *text;
	int truth;
} timeless[] = {
	{ "status:waiting idle:3d..", NO },
	{ "status:open idle:9d..", MAYBE },
	{ "status:open -idle:3d..", MAYBE },
	{ "idle:9d or status:open", YES },
	{ "idle:9d or status:new", MAYBE },
	{ "closed:3d", NO },
	{ "opened:2020", MAYBE },
};

static void test_timeless(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(timeless); i++) {
		struct query_tree *q = parsed(timeless[i].text);

		g_assert_cmpint(truth_at(q, NOW, true), ==, timeless[i].truth);
		query_free(q);
	}
}

/* The days of who asks: 28 November begins at 11:00 UTC in Auckland, where it is the 29th. */
static void test_zone(void)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Pacific/Auckland");
	struct query_asking asking = { .ticket = &ticket, .now = NOW, .zone = zone };
	struct query_tree *today = parsed("updated:today"), *sunday = parsed("updated:sunday");

	g_assert_nonnull(zone);
	g_assert_cmpint(query_ask(today, &asking), ==, QUERY_YES);
	g_assert_cmpint(query_ask(sunday, &asking), ==, QUERY_YES);
	query_free(today);
	query_free(sunday);
}

/* What older versions stored tells it nearly. */
static void test_old_store(void)
{
	struct ticket old = ticket;
	const struct query_asking asking = { .ticket = &old, .now = NOW };
	struct query_tree *q = parsed("idle:1h..");

	old.touched = 0;
	g_assert_cmpint(query_ask(q, &asking), ==, QUERY_YES);
	old.updated = NOW - HOUR + 1;
	g_assert_cmpint(query_ask(q, &asking), ==, QUERY_NO);
	query_free(q);
}

static void test_words(void)
{
	static const char *const fields[] = { "status", "is", NULL };
	struct query_tree *with = parsed("tag:x or -(is:new)"),
			  *without = parsed("tag:status:new is");

	g_assert_true(query_is_term("status:new"));
	g_assert_true(query_is_term("-Status:new"));
	g_assert_false(query_is_term("--limit"));
	g_assert_false(query_is_term("-x"));
	g_assert_false(query_is_term("-statsu:new"));
	g_assert_true(query_names_field(with, fields));
	g_assert_false(query_names_field(without, fields));
	g_assert_true(query_name_valid("my.queries-2_a"));
	g_assert_false(query_name_valid(""));
	g_assert_false(query_name_valid("-x"));
	g_assert_false(query_name_valid("Mine"));
	query_free(with);
	query_free(without);
}

static void print_rows(void)
{
	struct query_row row;

	for (size_t i = 0; query_row_at(i, &row); i++) {
		g_autofree char *words = row.words ? g_strjoinv(" ", (char **)row.words) : NULL;

		printf("%s\t%s\t%s\t%s\n", row.name, text_or_none(row.values), text_or_none(words),
			row.help);
	}
}

int main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", TRUE);
	if (argc > 1 && strcmp(argv[1], "--rows") == 0) {
		print_rows();
		return 0;
	}
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/query/rows", test_rows);
	g_test_add_func("/query/mistakes", test_mistakes);
	g_test_add_func("/query/nobody", test_nobody);
	g_test_add_func("/query/size", test_size);
	g_test_add_func("/query/bomb", test_bomb);
	g_test_add_func("/query/turns", test_turns);
	g_test_add_func("/query/turned", test_turned);
	g_test_add_func("/query/timeless", test_timeless);
	g_test_add_func("/query/zone", test_zone);
	g_test_add_func("/query/old-store", test_old_store);
	g_test_add_func("/query/words", test_words);
	return g_test_run();
}
