/* Commands in mail, as tables: which lines are commands, what they do, and the transcript that
 * answers them. */
#include "act/command-mail.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "tables/indexing.h"
#include "tables/history.h"
#include "../desk.h"

/* Tickets 1 and 2 are in anna's queue, 3 is in one that is not hers. */
static void ask_thrice(struct desk *d)
{
	static const char *const to[] = { "support@example.com", "support@example.com",
		"sales@example.com" };

	desk_open(d, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(to); i++) {
		g_autofree char *mail = g_strdup_printf(
			"From: carla@example.net\nSubject: Matter %zu\nMessage-ID: <m%zu@example.net>\n\nx\n",
			i + 1, i);

		desk_mail(d, "carla@example.net", to[i], NULL, mail);
		g_assert_cmpint(d->status, ==, ST_OK);
	}
}

struct run {
	struct desk *desk;
	bool control;
	const char *text;
	struct foreign foreign;
	struct transcript transcript;
};

static enum status run(struct txn *txn, void *arg, struct error *err)
{
	struct run *r = arg;
	struct agent anna = { 0 };
	struct commander by = { .actor = { "anna", r->desk->now },
		.agent = &anna,
		.self = &anna,
		.settings = r->desk->settings };
	const struct command_mail mail = { &by, 1, &r->foreign, &r->transcript };
	enum status st = agents_load(txn, "anna", &anna, err);

	store_secret(r->desk->store, by.key.secret, NULL);
	g_string_truncate(r->transcript.text, 0);
	if (st == ST_OK)
		st = r->control ? command_mail_control(txn, &mail, r->text, err)
				: command_mail_note(txn, &mail, r->text, err);
	record_release(&agent_type, &anna);
	return st;
}

static void run_with(
	struct desk *desk, bool control, const char *text, const char *foreign, struct run *r)
{
	memset(r, 0, sizeof *r);
	foreign_init(&r->foreign, &desk->settings->tag_format);
	foreign_text(&r->foreign, foreign);
	r->desk = desk;
	r->control = control;
	r->text = text;
	transcript_init(&r->transcript);
	g_assert_cmpint(store_write(desk->store, run, r, &desk->err), ==, ST_OK);
}

static void run_text(struct desk *desk, bool control, const char *text, struct run *r)
{
	run_with(desk, control, text, "", r);
}

static void run_release(struct run *r)
{
	transcript_release(&r->transcript);
	foreign_release(&r->foreign);
}

/* What ticket 1 and 2 have come to: status, priority, agent, tags. */
static char *state(struct desk *d)
{
	GString *out = g_string_new(NULL);

	for (uint64_t number = 1; number <= 2; number++) {
		struct ticket t;

		desk_ticket(d, number, &t);
		g_string_append_printf(out, "%s%s %s %s", number > 1 ? ", " : "",
			ticket_status_names[t.status], priority_names[t.priority],
			t.agent ? t.agent : "-");
		record_release(&ticket_type, &t);
	}
	return g_string_free(out, FALSE);
}

#define AS_IT_WAS "new normal -, new normal -"

static const struct row {
	const char *sentence;
	bool control;
	const char *text, *transcript, *state;
} rows[] = {
	/* notes */
	{ "a note of text is only a note", false, "I will call her.\nclose\n", "", AS_IT_WAS },
	{ "a line that begins with a verb is text", false, "Close to a solution.\n", "",
		AS_IT_WAS },
	{ "and so is a line that asks for it", false, "close it please\n", "", AS_IT_WAS },
	{ "and one that ends a letter", false, "Take care\n", "", AS_IT_WAS },
	{ "with a ! it is meant, and answered", false, "!close it please\n",
		"> close it please\nclose: expected no argument\n\n", AS_IT_WAS },
	{ "a ! and a blank are text", false, "! Attention\nclose\n", "", AS_IT_WAS },
	{ "commands stand at the top", false, "take\npriority high\n",
		"> take\n#1 assigned to anna\n\n> priority high\n#1 priority high\n\n",
		"open high anna, new normal -" },
	{ "empty lines may come first", false, "\n\n  take  \n", "> take\n#1 assigned to anna\n\n",
		"open normal anna, new normal -" },
	{ "case and a leading ! do not matter", false, "!TAKE\n", "> TAKE\n#1 assigned to anna\n\n",
		"open normal anna, new normal -" },
	{ "an empty line and text end them", false, "take\n\nShe said:\nclose\n",
		"> take\n#1 assigned to anna\n\n", "open normal anna, new normal -" },
	{ "text after an empty line is not read as a command by its first word", false,
		"take\n\nClose the window, she said.\n", "> take\n#1 assigned to anna\n\n",
		"open normal anna, new normal -" },
	{ "a command after an empty line is one", false, "take\n\npriority high\n",
		"> take\n#1 assigned to anna\n\n> priority high\n#1 priority high\n\n",
		"open high anna, new normal -" },
	{ "text right below them ends them, and it is said", false, "take\nI call her.\n\nclose\n",
		"> take\n#1 assigned to anna\n\n> I call her.\nno command: from here on it is text\n\n",
		"open normal anna, new normal -" },
	{ "what is meant as a command below it is not run, and it is said", false,
		"take\nfrobnicate\npriority high\n",
		"> take\n#1 assigned to anna\n\n> frobnicate\nunknown command 'frobnicate'; 'help' lists them\n\n> priority high\nnot run: it stands below a line that was not\n\n",
		"open normal anna, new normal -" },
	{ "a quoted line ends them", false, "take\n> close\nclose\n",
		"> take\n#1 assigned to anna\n\n", "open normal anna, new normal -" },
	{ "a quote alone runs nothing", false, "> close\nclose\n", "", AS_IT_WAS },
	{ "a signature ends them", false, "take\n-- \nclose\n", "> take\n#1 assigned to anna\n\n",
		"open normal anna, new normal -" },
	{ "what an old client puts over its quote ends them", false,
		"take\n-----Original Message-----\nclose\n", "> take\n#1 assigned to anna\n\n",
		"open normal anna, new normal -" },
	{ "a rule ends them", false, "take\n________________________________\nclose\n",
		"> take\n#1 assigned to anna\n\n", "open normal anna, new normal -" },
	{ "a header ends them", false, "take\nFrom: carla@example.net\nclose\n",
		"> take\n#1 assigned to anna\n\n", "open normal anna, new normal -" },
	{ "in any language", false, "take\nVon: carla@example.net\nclose\n",
		"> take\n#1 assigned to anna\n\n", "open normal anna, new normal -" },
	{ "a header in bold, too", false, "take\n*Objet :* imprimante\nclose\n",
		"> take\n#1 assigned to anna\n\n", "open normal anna, new normal -" },
	{ "who wrote what is below ends them", false,
		"take\nOn Mon, 21 Sep 2026 Carla wrote:\nclose\n",
		"> take\n#1 assigned to anna\n\n", "open normal anna, new normal -" },
	{ "what begins with a header runs nothing", false, "From: carla@example.net\nclose\n", "",
		AS_IT_WAS },
	{ "quit ends them", false, "take\nQuit\nclose\n", "> take\n#1 assigned to anna\n\n",
		"open normal anna, new normal -" },
	{ "a mistyped command is answered with the nearest one", false, "clsoe\n",
		"> clsoe\nunknown command 'clsoe'; did you mean 'close'?\n\n", AS_IT_WAS },
	{ "a mistyped command has its arguments, too", false, "prioriti high\n",
		"> prioriti high\nunknown command 'prioriti'; did you mean 'priority'?\n\n",
		AS_IT_WAS },
	{ "the number is the last word", true, "priority high 1\n",
		"> priority high 1\n#1 priority high\n\n", "new high -, new normal -" },
	{ "a mistyped command ends them", false, "take\nclsoe\npriority high\n",
		"> take\n#1 assigned to anna\n\n> clsoe\nunknown command 'clsoe'; did you mean 'close'?\n\n> priority high\nnot run: it stands below a line that was not\n\n",
		"open normal anna, new normal -" },
	{ "a word of thanks is no mistyped command", false, "Thanks\n", "", AS_IT_WAS },
	{ "an unknown agent is told", false, "assign zoe\n",
		"> assign zoe\nthere is no agent 'zoe'\n\n", AS_IT_WAS },
	{ "an unknown queue is told", false, "queue nowhere\n",
		"> queue nowhere\nthere is no queue 'nowhere'\n\n", AS_IT_WAS },
	{ "an unknown ticket is told, and the next line is read", false, "merge 99\ntake\n",
		"> merge 99\nthere is no ticket #99\n\n> take\n#1 assigned to anna\n\n",
		"open normal anna, new normal -" },
	{ "another queue's ticket is refused", false, "merge 3\n",
		"> merge 3\nticket #3 is in queue 'sales', which is not yours\n\n", AS_IT_WAS },
	{ "what is wrong with an argument is told", false, "priority hgih\n",
		"> priority hgih\npriority: 'hgih' is not low|normal|high|urgent\n\n", AS_IT_WAS },
	{ "what is wrong with two, too", false, "wait 3 days\n",
		"> wait 3 days\nwait: expected DURATION|DATE\n\n", AS_IT_WAS },
	{ "a sentence has more", false, "Wait for her to call.\n", "", AS_IT_WAS },
	{ "splitting is not for mail", false, "take\nsplit 1\n",
		"> take\n#1 assigned to anna\n\n> split 1\nsplit cannot be done by mail\n\n",
		"open normal anna, new normal -" },
	{ "a change to what is so is said to be so", false, "take\ntake\n",
		"> take\n#1 assigned to anna\n\n> take\n#1 assigned to anna already\n\n",
		"open normal anna, new normal -" },
	{ "a past date is refused", false, "wait 2001-01-01\n",
		"> wait 2001-01-01\nwait: '2001-01-01' is not in the future\n\n", AS_IT_WAS },
	/* control mail */
	{ "each line names its ticket", true, "take 1\nclose #2\n",
		"> take 1\n#1 assigned to anna\n\n> close #2\n#2 closed\n\n",
		"open normal anna, closed normal -" },
	{ "the number may follow the verb", true, "priority 1 high\nstatus 2 open\n",
		"> priority 1 high\n#1 priority high\n\n> status 2 open\n#2 open\n\n",
		"new high -, open normal -" },
	{ "a line without a number is asked for it", true, "close\n",
		"> close\nwhich ticket? Say its number: close 1042\n\n", AS_IT_WAS },
	{ "tickets of others and unknown ones are refused one by one", true,
		"close 3\nclose 77\nclose 2\n",
		"> close 3\nticket #3 is in queue 'sales', which is not yours\n\n> close 77\nthere is no ticket #77\n\n> close 2\n#2 closed\n\n",
		"new normal -, closed normal -" },
	{ "a line that is no command is answered, and ends them", true, "Hello 1\nclose 1\n",
		"> Hello 1\nunknown command 'Hello'; 'help' lists them\n\n> close 1\nnot run: it stands below a line that was not\n\n",
		AS_IT_WAS },
	{ "so is a header", true, "From: carla@example.net\nclose 1\n",
		"> From: carla@example.net\nunknown command 'From:'; 'help' lists them\n\n> close 1\nnot run: it stands below a line that was not\n\n",
		AS_IT_WAS },
	{ "text after an empty line ends it", true, "take 1\n\nBest wishes\nclose 1\n",
		"> take 1\n#1 assigned to anna\n\n", "open normal anna, new normal -" },
	{ "two tickets are merged by naming the one that goes first", true, "merge 2 1\n",
		"> merge 2 1\n#2 merged into #1\n\n", "new normal -, closed normal -" },
	{ "merging in a circle is refused", true, "merge 2 1\nmerge 1 2\n",
		"> merge 2 1\n#2 merged into #1\n\n> merge 1 2\na ticket cannot be merged into itself\n\n",
		"new normal -, closed normal -" },
	{ "what was done last is taken back", true, "priority 1 high\nundo 1\nundo 2\n",
		"> priority 1 high\n#1 priority high\n\n> undo 1\n#1 priority: high → normal\n\n> undo 2\n'anna' did nothing that could be undone\n\n",
		AS_IT_WAS },
	{ "in a note too", false, "take\nundo\n",
		"> take\n#1 assigned to anna\n\n> undo\n#1 status: open → new\n#1 agent: anna → none\n\n",
		AS_IT_WAS },
	{ "a link has two ends", true, "link 1 2\nundo 2\n",
		"> link 1 2\n#1 linked with #2\n\n> undo 2\n#2 link: 1 → none\n#1 link: 2 → none\n\n",
		AS_IT_WAS },
	{ "what was merged is undone from its own side", true, "merge 2 1\nundo 1\nundo 2\n",
		"> merge 2 1\n#2 merged into #1\n\n> undo 1\n#1: 2 was merged into it; undo or unmerge that one\n\n> undo 2\n#2 merged into: 1 → none\n\n",
		AS_IT_WAS },
	{ "another's ticket is not undone", true, "undo 3\n",
		"> undo 3\nticket #3 is in queue 'sales', which is not yours\n\n", AS_IT_WAS },
	{ "what was merged is taken apart", true, "merge 2 1\nunmerge 2\nunmerge 2\n",
		"> merge 2 1\n#2 merged into #1\n\n> unmerge 2\n#2 is no part of #1 any more\n\n> unmerge 2\nticket #2 is not merged\n\n",
		AS_IT_WAS },
	{ "a list of nothing says so", true, "list me\n", "> list me\nno tickets\n\n", AS_IT_WAS },
	{ "a list of an unknown queue says so", true, "list nowhere\n",
		"> list nowhere\nthere is no queue 'nowhere'\n\n", AS_IT_WAS },
	{ "what is nearly a queue or status is named", true,
		"list clsoed\nsearch queue:suport\nlist queue:suport status:new\nlist (status:closed) x\n",
		"> list clsoed\nthere is no queue or status 'clsoed'; did you mean 'closed'?\n\n"
		"> search queue:suport\nthere is no queue 'suport'; did you mean 'support'?\n\n"
		"> list queue:suport status:new\n"
		"there is no queue 'suport'; did you mean 'support'?\n\n"
		"> list (status:closed) x\nno tickets\n\n",
		AS_IT_WAS },
	{ "a list of another's queue is refused", true, "list sales\n",
		"> list sales\nqueue 'sales' is not yours\n\n", AS_IT_WAS },
	{ "a filter may be terms", true, "list status:closed\n",
		"> list status:closed\nno tickets\n\n", AS_IT_WAS },
	{ "a sentence that begins as a list does is none", false, "List of what we need:\n", "",
		AS_IT_WAS },
	{ "so is one that begins as a search does", false, "search the cellar\n", "", AS_IT_WAS },
	{ "a mistake in a query is told", true, "search status:clsoed\n",
		"> search status:clsoed\nquery, column 8: 'clsoed' is no value of status; did you mean 'closed'?\n\n",
		AS_IT_WAS },
	{ "another's ticket is not shown", true, "show 3\n",
		"> show 3\nticket #3 is in queue 'sales', which is not yours\n\n", AS_IT_WAS },
};

static void test_row(gconstpointer data)
{
	const struct row *row = data;
	g_autofree char *is = NULL;
	struct desk d;
	struct run r;

	ask_thrice(&d);
	run_text(&d, row->control, row->text, &r);
	g_assert_cmpstr(r.transcript.text->str, ==, row->transcript);
	is = state(&d);
	g_assert_cmpstr(is, ==, row->state);
	run_release(&r);
	desk_close(&d);
}

/* --- lines of others --- */

#define SAME \
	"not run: a mail that came in has the same line, so it may not be your own. Say it in the Subject, or to the control address.\n\n"

static void test_foreign_lines(void)
{
	static const struct {
		const char *text, *foreign, *transcript;
	} cases[] = {
		{ "close\n", "Hello,\n\nclose\n", "> close\n" SAME },
		{ "take\nclose\npriority high\n", "close\n",
			"> take\n#1 assigned to anna\n\n> close\n" SAME
			"> priority high\nnot run: it stands below a line that was not\n\n" },
		{ " PRIORITY \t high\n", "> Priority high\n", "> PRIORITY high\n" SAME },
		{ "clo\xc2\xadse\nclose\n", "close\n",
			"> clo<U+00AD>se\nunknown command 'clo<U+00AD>se'; did you mean 'close'?\n\n"
			"> close\nnot run: it stands below a line that was not\n\n" },
		/* A part of a line is not the line, and a "!" that nobody else wrote is the
		   agent's. */
		{ "take\n", "Please take it back.\n", "> take\n#1 assigned to anna\n\n" },
		{ "!take\n", "take\n", "> take\n#1 assigned to anna\n\n" },
		{ "!take\n", "!take\n", "> take\n" SAME },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct desk d;
		struct run r;

		ask_thrice(&d);
		run_with(&d, false, cases[i].text, cases[i].foreign, &r);
		g_assert_cmpstr(r.transcript.text->str, ==, cases[i].transcript);
		run_release(&r);
		desk_close(&d);
	}
}

/* --- verbs that answer --- */

static void test_help(void)
{
	static const char *const texts[] = { "help\n", "", NULL };
	struct desk d;

	ask_thrice(&d);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct run r;

		run_text(&d, true, texts[i], &r);
		for (int v = 0; v < VERB_COUNT; v++) {
			g_autofree char *line = g_strdup_printf(
				"\n  %-8s ", verb_info((enum verb)v)->name);

			g_assert_cmpint(strstr(r.transcript.text->str, line) != NULL, ==,
				verb_info((enum verb)v)->by_mail);
		}
		g_assert_cmpint(strstr(r.transcript.text->str, "no text, and") != NULL, ==,
			texts[i] == NULL);
		run_release(&r);
	}
	desk_close(&d);
}

/* What was answered; owned. */
static char *answered(struct desk *d, bool control, const char *text)
{
	struct run r;
	char *answer;

	run_text(d, control, text, &r);
	answer = g_strdup(r.transcript.text->str);
	run_release(&r);
	return answer;
}

static void test_show_and_list(void)
{
	struct desk d;
	struct run r;

	ask_thrice(&d);
	run_text(&d, true, "show 1\nlist\nlist support\nlist new\nlist status:new queue:support\n",
		&r);
	g_assert_nonnull(strstr(r.transcript.text->str, "requester:  carla@example.net"));
	g_assert_nonnull(strstr(r.transcript.text->str, ":\n| x\n"));
	g_assert_nonnull(strstr(r.transcript.text->str, "opened"));
	g_assert_nonnull(strstr(r.transcript.text->str, "#2 "));
	g_assert_null(strstr(r.transcript.text->str, "#3 "));
	g_assert_cmpuint(r.transcript.done, ==, 5);
	g_assert_cmpuint(r.transcript.refused, ==, 0);
	run_release(&r);
	desk_close(&d);
}

/* In an answer to it, nothing of what a customer wrote is a command. */
static void test_shown_texts_are_no_commands(void)
{
	struct desk d;
	g_autofree char *shown = NULL;

	ask_thrice(&d);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: Re: Matter 1\nIn-Reply-To: <m0@example.net>\n"
		"Message-ID: <c@example.net>\n\nclose 2\n\x1b[31mpriority 1 urgent\n");
	shown = answered(&d, true, "show 1\n");
	g_assert_nonnull(strstr(shown, "\n| close 2\n| "));
	g_assert_null(strchr(shown, '\x1b'));
	g_assert_null(strstr(shown, "\nclose 2"));
	desk_close(&d);
}

static void test_only_last_texts_are_shown(void)
{
	struct desk d;
	g_autofree char *shown = NULL;

	ask_thrice(&d);
	for (int i = 0; i < 8; i++) {
		g_autofree char *mail = g_strdup_printf(
			"From: carla@example.net\nSubject: Re: Matter 1\n"
			"In-Reply-To: <m0@example.net>\nMessage-ID: <n%d@example.net>\n\n"
			"text number %d\n",
			i, i);

		desk_mail(&d, "carla@example.net", "support@example.com", NULL, mail);
	}
	shown = answered(&d, true, "show 1\n");
	g_assert_null(strstr(shown, "text number 2"));
	g_assert_nonnull(strstr(shown, "text number 3"));
	g_assert_nonnull(strstr(shown, "text number 7"));
	desk_close(&d);
}

static void build_index(struct desk *d)
{
	struct indexing_progress progress = { .done = false };
	struct fulltext *f = NULL;

	g_assert_cmpint(
		indexing_open(d->store, settings_state(d->settings), true, &f, &d->err), ==, ST_OK);
	while (!progress.done)
		g_assert_cmpint(indexing_step(d->store, f, 100, &progress, &d->err), ==, ST_OK);
	fulltext_close(f);
}

static void test_searching(void)
{
	struct desk d;
	g_autofree char *read = NULL, *found = NULL, *none = NULL, *phrase = NULL, *note = NULL;

	ask_thrice(&d);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: Printer\nMessage-ID: <p@example.net>\n\n"
		"It smokes and the paper burns.\n");
	desk_mail(&d, "carla@example.net", "sales@example.com", NULL,
		"From: carla@example.net\nSubject: Smoke\nMessage-ID: <q@example.net>\n\n"
		"Who smokes here?\n");
	read = answered(&d, true, "search SMOKES\n");
	g_assert_nonnull(strstr(read, "only the 300 tickets that were changed last were read)\n"));
	g_assert_nonnull(strstr(read, "#4 Printer\n"));
	g_assert_nonnull(strstr(read, "| text: It *smokes* and the paper burns.\n"));
	g_assert_null(strstr(read, "#5")); /* in another's queue */
	build_index(&d);
	found = answered(&d, true, "search smokes\n");
	g_assert_null(strstr(found, "changed last"));
	g_assert_nonnull(strstr(found, "> search smokes\n#4 Printer\n  new, support, nobody's, "));
	g_assert_nonnull(strstr(found, "| text: It *smokes* and"));
	g_assert_null(strstr(found, "#5"));
	none = answered(&d, true, "search smokes 1042\n");
	g_assert_cmpstr(none, ==, "> search smokes 1042\nno tickets\n\n");
	phrase = answered(&d, true, "search text:\"the paper\" -tag:vip\n");
	g_assert_nonnull(strstr(phrase, "*the paper*"));
	note = answered(&d, false, "!search matter\n");
	g_assert_nonnull(strstr(note, "#1 Matter 1\n"));
	desk_close(&d);
}

/* The index tells what is best: a name in what the ticket says of itself is worth more than one in
 * a newer mail's text. */
static void test_best_first(void)
{
	struct desk d;
	g_autofree char *found = NULL;
	const char *first, *second;

	desk_open(&d, NULL);
	desk_mail(&d, "vera@example.net", "support@example.com", NULL,
		"From: Vera Quint <vera@example.net>\nSubject: Matter\nMessage-ID: <a@example.net>\n\n"
		"none\n");
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: Other\nMessage-ID: <b@example.net>\n\n"
		"Ask Quint.\n");
	build_index(&d);
	found = answered(&d, true, "search quint\n");
	first = strstr(found, "#1 Matter\n");
	second = strstr(found, "#2 Other\n");
	g_assert_nonnull(first);
	g_assert_nonnull(second);
	g_assert_true(first < second);
	desk_close(&d);
}

static void test_counts(void)
{
	struct desk d;
	struct run r;

	ask_thrice(&d);
	run_text(&d, false, "take\nassign zoe\nfrobnicate\npriority high\n", &r);
	g_assert_cmpuint(r.transcript.done, ==, 1);
	g_assert_cmpuint(r.transcript.refused, ==, 3);
	run_release(&r);
	desk_close(&d);
}

static void test_transcript_begins_empty(void)
{
	struct transcript t;

	memset(&t, 0xff, sizeof t);
	transcript_init(&t);
	g_assert_cmpuint(t.done + t.refused, ==, 0);
	g_assert_cmpstr(t.text->str, ==, "");
	transcript_release(&t);
	g_assert_null(t.text);
}

/* --- caps --- */

static void test_caps(void)
{
	g_autoptr(GString) many = g_string_new(NULL), wide = g_string_new("title ");
	struct desk d;
	struct run r;

	ask_thrice(&d);
	for (int i = 0; i < LIMIT_COMMANDS + 1; i++)
		g_string_append(many, "show 1\n");
	run_text(&d, true, many->str, &r);
	g_assert_cmpuint(r.transcript.done, ==, LIMIT_COMMANDS);
	g_assert_nonnull(strstr(r.transcript.text->str, "too many commands"));
	run_release(&r);
	while (wide->len < LIMIT_COMMAND_BYTES)
		g_string_append_c(wide, 'x');
	run_text(&d, false, wide->str, &r);
	g_assert_cmpuint(r.transcript.done, ==, 1);
	run_release(&r);
	g_string_append_c(wide, 'x');
	run_text(&d, false, wide->str, &r);
	g_assert_nonnull(strstr(r.transcript.text->str, "a command line may have"));
	g_assert_cmpuint(r.transcript.text->len, <, 400);
	run_release(&r);
	desk_close(&d);
}

/* In a control message the ticket's number is part of the line. */
static void test_long_control_line(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill(
					LIMIT_COMMAND_BYTES - strlen("title 1 ") + past, 'x'),
				*line = g_strconcat("title 1 ", fill, "\n", NULL);
		struct ticket t;
		struct desk d;
		struct run r;

		ask_thrice(&d);
		run_text(&d, true, line, &r);
		g_assert_cmpuint(r.transcript.done, ==, !past);
		run_release(&r);
		desk_ticket(&d, 1, &t);
		g_assert_cmpint(*t.subject, ==, past ? 'M' : 'x');
		record_release(&ticket_type, &t);
		desk_close(&d);
	}
}

/* LIMIT_COMMANDS tickets are listed, and then there may be more. */
static void test_long_list(void)
{
	struct desk d;

	ask_thrice(&d);
	for (unsigned n = 3; n <= LIMIT_COMMANDS; n++) {
		g_autofree char *list = NULL;
		g_autofree char *mail = g_strdup_printf(
			"From: carla@example.net\nMessage-ID: <l%u@example.net>\n\nx\n", n);

		if (n >= LIMIT_COMMANDS) {
			list = answered(&d, true, "list\n");
			g_assert_null(strstr(list, "are shown"));
			g_assert_nonnull(strstr(list, "#1 "));
		}
		desk_mail(&d, "carla@example.net", "support@example.com", NULL, mail);
	}
	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *list = answered(&d, true, "list\n");

		g_assert_nonnull(strstr(list, "(50 are shown; there may be more)"));
		g_assert_cmpint(strstr(list, "#1 ") != NULL, ==, !past);
		desk_mail(&d, "carla@example.net", "support@example.com", NULL,
			"From: carla@example.net\nMessage-ID: <last@example.net>\n\nx\n");
	}
	desk_close(&d);
}

static enum status save_entry(struct txn *txn, void *arg, struct error *err)
{
	return tickets_entry_save(txn, arg, err);
}

/* Names are cut when they are shown, so that no line has no end. */
static void test_long_names_are_shown(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *name = g_strnfill(LIMIT_NAME_BYTES + past, 'n'),
				*title = g_strnfill(LIMIT_TITLE_BYTES + past, 't'),
				*line = g_strdup_printf("#1 %.*s ", LIMIT_TITLE_BYTES, title),
				*from = g_strdup_printf(", in, %.*s: ", LIMIT_NAME_BYTES, name),
				*wanted = g_strdup_printf(
					"requester: %.*s carla@x", LIMIT_NAME_BYTES, name),
				*shown = NULL;
		struct ticket t;
		struct entry e;
		struct desk d;

		ask_thrice(&d);
		desk_ticket(&d, 1, &t);
		g_free(t.requester_name);
		t.requester_name = g_strdup(name);
		g_free(t.subject);
		t.subject = g_strdup(title);
		g_free(t.requester_address);
		t.requester_address = g_strdup("carla@x");
		desk_save(&d, &t);
		desk_entry(&d, 1, 1, &e);
		g_free(e.from);
		e.from = g_strdup(name);
		e.ticket = e.seq = 1;
		g_assert_cmpint(store_write(d.store, save_entry, &e, &d.err), ==, ST_OK);
		record_release(&ticket_type, &t);
		record_release(&entry_type, &e);
		shown = answered(&d, true, "show 1\n");
		g_strdelimit(shown, "\n", ' ');
		g_test_message("%s", shown);
		g_assert_nonnull(strstr(shown, wanted));
		g_assert_nonnull(strstr(shown, line));
		g_assert_nonnull(strstr(shown, from));
		desk_close(&d);
	}
}

static enum status retitle(struct txn *txn, void *arg, struct error *err)
{
	return history_add(txn, 1, &(struct actor){ "anna", 1 },
		NOTE(EVENT_TITLE, .from = "x", .to = arg), err);
}

/* So are the lines of events. */
static void test_long_events_are_shown(void)
{
	g_autofree char *title = g_strnfill(2 * LIMIT_TITLE_BYTES, 't'), *shown = NULL;
	const char *line, *end;
	struct desk d;

	ask_thrice(&d);
	g_assert_cmpint(store_write(d.store, retitle, title, &d.err), ==, ST_OK);
	shown = answered(&d, true, "show 1\n");
	end = strstr(shown, "anna title x ttt");
	g_assert_nonnull(end);
	end = strchr(end, '\n');
	for (line = end; line[-1] != '\n';)
		line--;
	g_assert_cmpint(end - line, ==, 2 + LIMIT_TITLE_BYTES);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/command-mail/%s: %s",
			rows[i].control ? "control" : "note", rows[i].sentence);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/command-mail/a line that another wrote is not run", test_foreign_lines);
	g_test_add_func("/command-mail/help names every verb there is by mail", test_help);
	g_test_add_func(
		"/command-mail/show and list answer from the agent's queues", test_show_and_list);
	g_test_add_func("/command-mail/what is shown of a mail is no command",
		test_shown_texts_are_no_commands);
	g_test_add_func("/command-mail/the last texts are shown", test_only_last_texts_are_shown);
	g_test_add_func("/command-mail/a search answers with the places", test_searching);
	g_test_add_func("/command-mail/a search has the best first", test_best_first);
	g_test_add_func("/command-mail/what was done and refused is counted", test_counts);
	g_test_add_func("/command-mail/a transcript begins empty", test_transcript_begins_empty);
	g_test_add_func("/command-mail/commands are capped in number and length", test_caps);
	g_test_add_func("/command-mail/a long line to the control address", test_long_control_line);
	g_test_add_func("/command-mail/a long list", test_long_list);
	g_test_add_func("/command-mail/long names are cut", test_long_names_are_shown);
	g_test_add_func("/command-mail/long events are cut", test_long_events_are_shown);
	return g_test_run();
}
