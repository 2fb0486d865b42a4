/* Verbs: their grammar as a table, and what they do to tickets that are not as they should be. */
#include "act/command.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "../desk.h"

static const int64_t now = INT64_C(1790000000) * TEXT_SECOND;

static const struct parse_row {
	const char *line, *text; /* NULL: the command has no text */
	const char *error;       /* NULL: it is a command */
} parse_rows[] = {
	{ "take", NULL, NULL },
	{ "TAKE", NULL, NULL },
	{ "take it", NULL, "take: expected no argument" },
	{ "assign anna", "anna", NULL },
	{ "assign", NULL, "assign: expected AGENT" },
	{ "assign a b", NULL, "assign: expected AGENT" },
	{ "status closed", "closed", NULL },
	{ "status done", NULL,
		"status: 'done' is not new|open|waiting|internal|clarify|closed|spam" },
	{ "wait 3d", NULL, NULL },
	{ "wait 2101-02-03", NULL, NULL },
	{ "wait", NULL, "wait: expected DURATION|DATE" },
	{ "wait soon", NULL, "wait: 'soon' is not DURATION|DATE" },
	{ "wait 0s", NULL, "wait: '0s' is not in the future" },
	{ "queue ops", "ops", NULL },
	{ "project x", "x", NULL },
	{ "project -", "", NULL },
	{ "project \"two words\"", "two words", NULL },
	{ "priority urgent", "urgent", NULL },
	{ "priority 1", NULL, "priority: '1' is not low|normal|high|urgent" },
	{ "tag +a -b c", NULL, NULL },
	{ "tag", NULL, "tag: expected +TAG|-TAG…" },
	{ "tag +", NULL, "tag: '+' is not +TAG|-TAG…" },
	{ "tag a,b", NULL, "tag: 'a,b' is not +TAG|-TAG…" },
	{ "merge #7", NULL, NULL },
	{ "merge 007", NULL, "merge: '007' is not NUMBER" },
	{ "link -1", NULL, "link: '-1' is not NUMBER" },
	{ "title  a   new one", "a new one", NULL },
	{ "title", NULL, "title: expected TEXT" },
	{ "title Anna's printer", "Anna's printer", NULL },
	{ "title Anna's and Ben's #1", "Anna's and Ben's #1", NULL },
	{ "title 'a b' c", "a b c", NULL },
	{ "show", NULL, NULL },
	{ "list", NULL, NULL },
	{ "list me", "me", NULL },
	{ "list status:new printer", "status:new printer", NULL },
	{ "list (status:new or not tag:vip) printer", "(status:new or not tag:vip) printer", NULL },
	{ "list not status:new", "not status:new", NULL },
	{ "list @mine printer", "@mine printer", NULL },
	{ "list statsu:new", NULL,
		"query, column 1: there is no field 'statsu'; did you mean 'status'?" },
	{ "list status:new statsu:new", NULL,
		"query, column 12: there is no field 'statsu'; did you mean 'status'?" },
	{ "list of things: status:new", NULL, "list: 'of' is not [me|QUEUE|STATUS|FIELD:VALUE…]" },
	{ "list (of them)", NULL, "list: '(of' is not [me|QUEUE|STATUS|FIELD:VALUE…]" },
	{ "search \"Re: printer\"", "\"Re: printer\"", NULL },
	{ "search \"status: red\" fire", "\"status: red\" fire", NULL },
	{ "search @mine", "@mine", NULL },
	{ "search \"fire\"", "\"fire\"", NULL },
	{ "search 'the fire'", "\"the fire\"", NULL },
	{ "search 'status:new fire'", "status:new fire", NULL },
	{ "search subject:\"the fire\" x", "subject:\"the fire\" x", NULL },
	{ "search Anna's printer", "Anna's printer", NULL },
	{ "search \"the fire", NULL, "query, column 1: the quote is not closed" },
	{ "help", NULL, NULL },
	{ "help me please", NULL, "help: expected no argument" },
	{ "", NULL, "unknown command ''; 'help' lists them" },
	{ "asign", NULL, "unknown command 'asign'; did you mean 'assign'?" },
	{ "sapm", NULL, "unknown command 'sapm'; did you mean 'spam'?" },
	{ "titel", NULL, "unknown command 'titel'; did you mean 'title'?" },
	{ "xyzzy", NULL, "unknown command 'xyzzy'; 'help' lists them" },
	{ "a", NULL, "unknown command 'a'; 'help' lists them" },
};

static void test_parse(gconstpointer data)
{
	const struct parse_row *row = data;
	struct command command = { 0 };
	struct error err = { "" };

	g_assert_cmpint(command_parse_line(row->line, now, &command, &err), ==,
		row->error ? ST_BAD_INPUT : ST_OK);
	if (row->error)
		g_assert_cmpstr(err.text, ==, row->error);
	else if (command.verb != VERB_HELP)
		g_assert_cmpstr(command.text, ==, row->text);
	command_release(&command);
}

static void test_values(void)
{
	struct command c = { 0 };

	g_assert_cmpint(command_parse_line("wait 1d12h", now, &c, NULL), ==, ST_OK);
	g_assert_cmpint(c.when, ==, now + INT64_C(36) * 3600 * TEXT_SECOND);
	command_release(&c);
	g_assert_cmpint(command_parse_line("tag +a -b c", now, &c, NULL), ==, ST_OK);
	g_assert_cmpstr(c.add[0], ==, "a");
	g_assert_cmpstr(c.add[1], ==, "c");
	g_assert_cmpstr(c.remove[0], ==, "b");
	command_release(&c);
	g_assert_cmpint(command_parse_line("merge #7", now, &c, NULL), ==, ST_OK);
	g_assert_cmpuint(c.number, ==, 7);
	command_release(&c);
}

/* Names and texts are cut where their fields end. */
static void test_long_words(void)
{
	static const struct {
		const char *before, *after;
		unsigned most;
	} rows[] = {
		{ "assign ", "", LIMIT_NAME_BYTES },
		{ "project ", "", LIMIT_NAME_BYTES },
		{ "queue ", "", LIMIT_NAME_BYTES },
		{ "reply ", "", LIMIT_NAME_BYTES },
		{ "away 2101-02-03 ", "", LIMIT_NAME_BYTES },
		{ "requester \"", " <carla@example.net>\"", LIMIT_NAME_BYTES },
		{ "title ", "", LIMIT_TITLE_BYTES },
		{ "remind 3d ", "", LIMIT_TITLE_BYTES },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		for (unsigned past = 0; past < 2; past++) {
			g_autofree char *word = g_strnfill(rows[i].most + past, 'w'),
					*line = g_strconcat(
						rows[i].before, word, rows[i].after, NULL);
			struct command c = { 0 };

			g_test_message("%s", line);
			g_assert_cmpint(command_parse_line(line, now, &c, NULL), ==, ST_OK);
			g_assert_cmpuint(
				strlen(*rows[i].after ? c.name : c.text), ==, rows[i].most);
			command_release(&c);
		}
}

static void test_long_unknown_word(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *word = g_strnfill(LIMIT_NAME_BYTES + past, 'w'), *wanted = NULL;
		struct command c = { 0 };
		struct error err;

		g_assert_cmpint(command_parse_line(word, now, &c, &err), ==, ST_BAD_INPUT);
		wanted = g_strdup_printf(
			"unknown command '%.*s'; 'help' lists them", LIMIT_NAME_BYTES, word);
		g_assert_cmpstr(err.text, ==, wanted);
	}
}

/* --- applying --- */

struct apply {
	struct desk *desk;
	const char *login; /* NULL: an admin */
	uint64_t number;
	const char *line;
	char *said;
	enum status st;
};

static enum status apply(struct txn *txn, void *arg, struct error *err)
{
	struct apply *a = arg;
	struct agent agent = { 0 };
	struct commander by = { .actor = { a->login ? a->login : "unix:root", a->desk->now },
		.agent = a->login ? &agent : NULL,
		.self = a->login ? &agent : NULL,
		.settings = a->desk->settings };
	struct command command = { 0 };
	g_autofree char *done = NULL;

	g_assert_true(!a->login || agents_load(txn, a->login, &agent, err) == ST_OK);
	g_assert_cmpint(command_parse_line(a->line, a->desk->now, &command, err), ==, ST_OK);
	a->st = command_apply(txn, &by, a->number, &command, &done, err);
	g_free(a->said);
	a->said = g_strdup(a->st == ST_OK ? done : err->text);
	command_release(&command);
	record_release(&agent_type, &agent);
	return ST_OK;
}

static void does(
	struct desk *d, const char *login, uint64_t number, const char *line, const char *said)
{
	struct apply a = { .desk = d, .login = login, .number = number, .line = line };

	d->now += TEXT_SECOND;
	g_assert_cmpint(store_write(d->store, apply, &a, &d->err), ==, ST_OK);
	g_assert_cmpstr(a.said, ==, said);
	g_free(a.said);
}

static void ask(struct desk *d, unsigned n, const char *to)
{
	g_autofree char *mail = g_strdup_printf(
		"From: carla%u@example.net\nSubject: Matter %u\nMessage-ID: <m%u@example.net>\n\nx\n",
		n, n, n);
	g_autofree char *from = g_strdup_printf("carla%u@example.net", n);

	desk_mail(d, from, to, NULL, mail);
	g_assert_cmpuint(d->last.ticket, ==, n);
}

static void test_merge_chain(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	for (unsigned i = 1; i <= 3; i++)
		ask(&d, i, "support@example.com");
	does(&d, NULL, 1, "merge 2", "#1 merged into #2");
	does(&d, NULL, 1, "merge 3", "#2 merged into #3");
	does(&d, NULL, 3, "merge 1", "a ticket cannot be merged into itself");
	desk_ticket(&d, 3, &t);
	g_assert_cmpuint(t.messages_count, ==, 3);
	g_assert_cmpuint(g_strv_length(t.participants), ==, 3);
	record_release(&ticket_type, &t);
	desk_ticket(&d, 1, &t);
	g_assert_cmpuint(t.messages_count, ==, 0);
	g_assert_cmpint(t.status, ==, TICKET_CLOSED);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_merge_with_a_wrong_count(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	ask(&d, 2, "support@example.com");
	desk_ticket(&d, 1, &t);
	t.messages_count = 1000;
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	does(&d, NULL, 1, "merge 2", "#1 merged into #2");
	desk_ticket(&d, 2, &t);
	g_assert_cmpuint(t.messages_count, ==, 2);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_full_links(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	ask(&d, 2, "support@example.com");
	desk_ticket(&d, 2, &t);
	for (uint64_t i = 0; i < LIMIT_LINKS - 1; i++)
		numbers_add(&t.links, 1000 + i);
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	ask(&d, 3, "support@example.com");
	does(&d, NULL, 3, "link 2", "#3 linked with #2");
	does(&d, NULL, 1, "link 2", "ticket #2 has 50 links already");
	desk_ticket(&d, 1, &t);
	g_assert_cmpuint(t.links.n, ==, 0);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_membership(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	does(&d, "ben", 1, "take", "ticket #1 is in queue 'support', which is not yours");
	does(&d, "anna", 1, "assign ben", "#1 assigned to ben");
	does(&d, "ben", 1, "priority high", "#1 priority high");
	does(&d, "ben", 1, "release", "#1 released");
	does(&d, "ben", 1, "take", "ticket #1 is in queue 'support', which is not yours");
	does(&d, "anna", 1, "queue sales", "#1 queue sales");
	does(&d, "anna", 1, "close", "ticket #1 is in queue 'sales', which is not yours");
	does(&d, NULL, 1, "take", "only an agent can take a ticket; 'unix:root' is none");
	desk_mail(&d, "dora@example.net", "support@example.com,sales@example.com", NULL,
		"From: dora@example.net\nSubject: Both\nMessage-ID: <b@example.net>\n\nx\n");
	does(&d, "ben", 2, "close", "#2 closed");
	desk_close(&d);
}

static void test_assigned_agent_is_told(void)
{
	static const struct {
		const char *by, *line;
		unsigned notices;
	} rows[] = { { NULL, "assign anna", 1 }, { "anna", "take", 0 }, { "anna", "assign ben", 1 },
		{ "anna", "assign anna", 0 } };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct desk d;
		g_autofree char *mail = NULL;

		desk_open(&d, NULL);
		ask(&d, 1, "support@example.com");
		does(&d, rows[i].by, 1, rows[i].line,
			strstr(rows[i].line, "ben") ? "#1 assigned to ben" : "#1 assigned to anna");
		g_assert_cmpuint(desk_outbox(&d, "notice", &mail), ==, rows[i].notices);
		g_assert_cmpint(strstr(mail, "\nReply-To: carla1@example.net\n") != NULL, ==,
			rows[i].notices > 0);
		desk_close(&d);
	}
}

static void test_take_and_steal(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	does(&d, "anna", 1, "assign ben", "#1 assigned to ben");
	does(&d, "anna", 1, "take", "ticket #1 is ben's; 'steal' takes it all the same");
	g_assert_cmpuint(desk_outbox(&d, "notice", NULL), ==, 1);
	does(&d, "anna", 1, "steal", "#1 assigned to anna");
	g_assert_cmpuint(desk_outbox(&d, "notice", NULL), ==, 2);
	does(&d, "anna", 1, "take", "#1 assigned to anna already");
	does(&d, "anna", 1, "steal", "#1 assigned to anna already");
	does(&d, "anna", 1, "release", "#1 released");
	does(&d, "anna", 1, "assign me", "#1 assigned to anna");
	g_assert_cmpuint(desk_outbox(&d, "notice", NULL), ==, 2);
	does(&d, NULL, 1, "steal", "only an agent can take a ticket; 'unix:root' is none");
	does(&d, NULL, 1, "assign me", "only an agent can be given a ticket; 'unix:root' is none");
	desk_close(&d);
}

static void test_requester(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	does(&d, NULL, 1, "requester dora@example.net", "#1 requester dora@example.net");
	does(&d, NULL, 1, "requester Dora@EXAMPLE.net", "#1 requester dora@example.net already");
	does(&d, NULL, 1, "requester \"Dora Kern\" <dora@example.net>",
		"#1 requester dora@example.net");
	does(&d, NULL, 1, "requester Dora Kern <dora@example.net>",
		"#1 requester dora@example.net already");
	does(&d, NULL, 1, "requester dora@example.net", "#1 requester dora@example.net already");
	does(&d, NULL, 1, "requester support@example.com",
		"'support@example.com' is an address of the desk itself");
	does(&d, NULL, 1, "requester support+x@example.com",
		"'support+x@example.com' is an address of the desk itself");
	desk_ticket(&d, 1, &t);
	g_assert_cmpstr(t.requester_address, ==, "dora@example.net");
	g_assert_cmpstr(t.requester_name, ==, "Dora Kern");
	g_assert_cmpstr(t.participants[0], ==, "dora@example.net");
	g_assert_cmpstr(t.participants[1], ==, "carla1@example.net");
	g_assert_cmpuint(desk_events(&d, 1, "requester"), ==, 2);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

/* What a merge brings along, or a command, has room for one more; the others are left out. */
static char **one_less(unsigned limit)
{
	char **list = NULL;

	for (unsigned i = 0; i + 1 < limit; i++) {
		g_autofree char *word = g_strdup_printf("f%u@example.org", i);

		text_list_add(&list, word);
	}
	return list;
}

static char **two_more(void)
{
	return g_strsplit("one@example.org two@example.org", " ", -1);
}

static void assert_one_came(char *const *list, unsigned limit)
{
	g_assert_cmpuint(g_strv_length((char **)list), ==, limit);
	g_assert_cmpstr(list[limit - 1], ==, "one@example.org");
}

static void test_full_merge(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	desk_ticket(&d, 1, &t);
	g_strfreev(t.participants);
	t.participants = two_more();
	t.tags = two_more();
	t.watchers = two_more();
	t.watching = two_more();
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	ask(&d, 2, "support@example.com");
	desk_ticket(&d, 2, &t);
	g_strfreev(t.participants);
	t.participants = one_less(LIMIT_PARTICIPANTS);
	t.tags = one_less(LIMIT_TAGS);
	t.watchers = one_less(LIMIT_TAGS);
	t.watching = one_less(LIMIT_WATCHING);
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	does(&d, NULL, 1, "merge 2", "#1 merged into #2");
	desk_ticket(&d, 2, &t);
	assert_one_came(t.participants, LIMIT_PARTICIPANTS);
	assert_one_came(t.tags, LIMIT_TAGS);
	assert_one_came(t.watchers, LIMIT_TAGS);
	assert_one_came(t.watching, LIMIT_WATCHING);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

/* The requester takes part in any case. */
static void test_full_requester(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	desk_ticket(&d, 1, &t);
	g_strfreev(t.participants);
	t.participants = one_less(LIMIT_PARTICIPANTS);
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	for (unsigned i = 0; i < 2; i++) {
		g_autofree char *line = g_strdup_printf("requester r%u@example.org", i),
				*said = g_strconcat("#1 ", line, NULL);

		does(&d, NULL, 1, line, said);
		desk_ticket(&d, 1, &t);
		g_assert_cmpuint(g_strv_length(t.participants), ==, LIMIT_PARTICIPANTS);
		g_assert_cmpstr(t.participants[0], ==, line + strlen("requester "));
		g_assert_cmpint(text_list_has(t.participants, "f198@example.org"), ==, !i);
		record_release(&ticket_type, &t);
	}
	desk_close(&d);
}

/* Both the words of a line and what a ticket has. */
static void test_tags_of_a_line(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autoptr(GString) line = g_string_new("tag");
		struct command c = { 0 };

		for (unsigned i = 0; i < LIMIT_TAGS + past; i++)
			g_string_append_printf(line, " t%u", i);
		g_assert_cmpint(command_parse_line(line->str, now, &c, NULL), ==,
			past ? ST_BAD_INPUT : ST_OK);
		command_release(&c);
	}
}

static void test_full_tags(void)
{
	struct desk d;
	struct ticket t;
	g_autoptr(GString) line = g_string_new("tag");
	struct apply more = { .desk = &d, .number = 1 };

	for (unsigned i = 0; i < LIMIT_TAGS; i++)
		g_string_append_printf(line, " t%u", i);
	more.line = line->str;
	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	does(&d, NULL, 1, "tag first", "#1 tagged first");
	g_assert_cmpint(store_write(d.store, apply, &more, &d.err), ==, ST_OK);
	g_free(more.said);
	desk_ticket(&d, 1, &t);
	g_assert_cmpuint(g_strv_length(t.tags), ==, LIMIT_TAGS);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

/* What moves is counted there, and what the new ticket says of times comes of it alone. */
static void test_split(void)
{
	struct desk d;
	struct ticket old, new;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	desk_mail(&d, "dora@example.net", "support@example.com", NULL,
		"From: dora@example.net\nSubject: Re: Matter 1\nMessage-ID: <r@example.net>\n"
		"In-Reply-To: <m1@example.net>\n\nand mine\n");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	does(&d, NULL, 1, "split 3", "ticket #1 has no message 3");
	does(&d, NULL, 1, "split 2", "#1 split into #2");
	desk_ticket(&d, 1, &old);
	desk_ticket(&d, 2, &new);
	g_assert_cmpuint(old.messages_count, ==, 1);
	g_assert_cmpuint(new.messages_count, ==, 1);
	g_assert_cmpstr(new.requester_address, ==, "dora@example.net");
	g_assert_cmpint(new.last_in, ==, old.last_in);
	g_assert_cmpint(new.first_response, ==, 0);
	g_assert_cmpint(new.last_out, ==, 0);
	g_assert_cmpuint(new.links.v[0], ==, 1);
	g_assert_cmpuint(old.links.v[0], ==, 2);
	record_release(&ticket_type, &old);
	record_release(&ticket_type, &new);
	does(&d, NULL, 2, "split 1",
		"ticket #2 would have no message left; there is nothing to split it from");
	desk_close(&d);
}

static void test_released_twice(void)
{
	struct command c = { 0 };

	g_assert_cmpint(command_parse_line("tag +a -b", now, &c, NULL), ==, ST_OK);
	command_release(&c);
	command_release(&c);
	g_assert_null(c.add);
}

static void test_watch(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	does(&d, "anna", 1, "watch", "#1 watched by anna@example.com");
	does(&d, "anna", 1, "watch", "#1 watched by anna@example.com already");
	does(&d, "anna", 1, "watch ben", "#1 watched by ben@example.com");
	does(&d, "anna", 1, "watch boss@example.org", "#1 watched by boss@example.org");
	does(&d, "anna", 1, "watch boss", "watch: 'boss' is no mail address and no agent");
	does(&d, "anna", 1, "watch support@example.com",
		"'support@example.com' is an address of the desk itself");
	does(&d, "anna", 1, "unwatch", "#1 not watched by anna@example.com");
	does(&d, "anna", 1, "unwatch", "#1 not watched by anna@example.com already");
	does(&d, NULL, 1, "watch", "watch: whose address? You are no agent who has one");
	g_assert_cmpuint(desk_events(&d, 1, "watch"), ==, 4);
	for (unsigned i = 0; i < LIMIT_WATCHING - 2; i++) {
		g_autofree char *line = g_strdup_printf("watch w%u@example.org", i),
				*said = g_strdup_printf("#1 watched by w%u@example.org", i);

		does(&d, NULL, 1, line, said);
	}
	does(&d, NULL, 1, "watch one@example.org", "ticket #1 is watched by 20 already");
	desk_close(&d);
}

/* The junk's sender hears nothing; the same ticket taken out of the junk is answered. */
/* Filters learn from these; a status that stays as it was teaches nothing. */
static void test_spam_and_ham_are_events(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	does(&d, NULL, 1, "spam", "#1 spam");
	g_assert_cmpuint(desk_events(&d, 1, "spam"), ==, 1);
	does(&d, NULL, 1, "spam", "#1 spam already");
	g_assert_cmpuint(desk_events(&d, 1, "spam"), ==, 1);
	g_assert_cmpuint(desk_events(&d, 1, "ham"), ==, 0);
	does(&d, NULL, 1, "reopen", "#1 open");
	does(&d, NULL, 1, "close", "#1 closed");
	g_assert_cmpuint(desk_events(&d, 1, "ham"), ==, 1);
	g_assert_cmpuint(desk_events(&d, 1, "spam"), ==, 1);
	desk_close(&d);
}

static void test_closed_spam_is_not_answered(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	does(&d, NULL, 1, "spam", "#1 spam");
	does(&d, NULL, 1, "close", "#1 closed");
	g_assert_cmpuint(desk_outbox(&d, "closed", NULL), ==, 0);
	does(&d, NULL, 1, "reopen", "#1 open");
	does(&d, NULL, 1, "close", "#1 closed");
	g_assert_cmpuint(desk_outbox(&d, "closed", NULL), ==, 1);
	desk_close(&d);
}

static void test_nothing_new_writes_nothing(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, 1, "support@example.com");
	does(&d, NULL, 1, "close", "#1 closed");
	does(&d, NULL, 1, "close", "#1 closed already");
	g_assert_cmpuint(desk_events(&d, 1, "status"), ==, 1);
	g_assert_cmpuint(desk_outbox(&d, "closed", NULL), ==, 1);
	does(&d, NULL, 1, "reopen", "#1 open");
	does(&d, NULL, 1, "status internal", "#1 internal");
	does(&d, NULL, 1, "reopen", "#1 internal already");
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(parse_rows); i++) {
		g_autofree char *path = g_strdup_printf("/command/'%s' is %s", parse_rows[i].line,
			parse_rows[i].error ? "no command" : "a command");

		g_test_add_data_func(path, &parse_rows[i], test_parse);
	}
	g_test_add_func("/command/spam and ham are events", test_spam_and_ham_are_events);
	g_test_add_func("/command/closing spam answers nobody", test_closed_spam_is_not_answered);
	g_test_add_func("/command/arguments become values", test_values);
	g_test_add_func("/command/a chain of merges leads to its survivor and never back",
		test_merge_chain);
	g_test_add_func("/command/a merge moves what is there, whatever is counted",
		test_merge_with_a_wrong_count);
	g_test_add_func("/command/a link that has no room leaves both tickets as they were",
		test_full_links);
	g_test_add_func("/command/queues decide what an agent may do", test_membership);
	g_test_add_func(
		"/command/an agent who is given a ticket is told", test_assigned_agent_is_told);
	g_test_add_func("/command/a colleague's ticket is stolen, not taken", test_take_and_steal);
	g_test_add_func("/command/a ticket gets another requester", test_requester);
	g_test_add_func("/command/words that are too long are cut", test_long_words);
	g_test_add_func("/command/one that is no command, too", test_long_unknown_word);
	g_test_add_func("/command/no more than LIMIT_TAGS tags", test_full_tags);
	g_test_add_func("/command/no more than LIMIT_TAGS in a line", test_tags_of_a_line);
	g_test_add_func("/command/a merge brings along what there is room for", test_full_merge);
	g_test_add_func("/command/a requester has room among participants", test_full_requester);
	g_test_add_func("/command/a message is split off with what belongs to it", test_split);
	g_test_add_func("/command/released twice is released once", test_released_twice);
	g_test_add_func("/command/no more than LIMIT_WATCHING watch a ticket", test_watch);
	g_test_add_func("/command/a change to what is so already writes nothing",
		test_nothing_new_writes_nothing);
	return g_test_run();
}
