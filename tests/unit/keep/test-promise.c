/* Promises to customers: what is owed by when, what is told of it and to whom. */
#include "decide/promise.h"

#include <string.h>

#include "act/command.h"
#include "base/limits.h"
#include "base/text.h"
#include "keep/due.h"
#include "keep/replan.h"
#include "../desk.h"

#define MINUTE (INT64_C(60) * TEXT_SECOND)
#define HOUR (60 * MINUTE)

static const char gold[] =
	"calendars = ( { name = \"office\"; zone = \"Europe/Berlin\"; hours = ( \"Mon-Fri 08:00-17:00\" ); } );\n"
	"slas = ( { name = \"urgent\"; when = \"priority:urgent\"; respond = \"1h\"; warn_percent = 0; },\n"
	"  { name = \"office\"; when = \"queue:sales\"; calendar = \"office\"; respond = \"4bh\"; resolve = \"2bd\"; },\n"
	"  { name = \"gold\"; respond = \"4h\"; update = \"2h\"; resolve = \"1d\"; warn_percent = 50; } );\n";

/* A desk, and the moment at which the ticket of the test was opened. */
struct tale {
	struct desk d;
	int64_t began;
	unsigned mails;
};

static void tale_begin(struct tale *tale, const char *conf)
{
	memset(tale, 0, sizeof *tale);
	desk_open(&tale->d, conf);
	tale->began = tale->d.now;
}

static void writes_to(struct tale *tale, const char *account, int64_t after)
{
	g_autofree char *mail = g_strdup_printf(
		"From: Carla Kern <carla@example.net>\nTo: %s\nSubject: Printer\n"
		"Message-ID: <c%u@example.net>\nReferences: <c0@example.net>\n\nIt burns %u.\n",
		account, tale->mails, tale->mails);

	tale->d.now = tale->began + after;
	desk_mail(&tale->d, "carla@example.net", account, NULL, mail);
	g_assert_cmpint(tale->d.status, ==, ST_OK);
	g_assert_cmpuint(tale->d.last.ticket, ==, 1);
	tale->mails++;
}

static void writes(struct tale *tale, int64_t after)
{
	writes_to(tale, "support@example.com", after);
}

static void anna_answers(struct tale *tale, int64_t after)
{
	g_autofree char *mail = g_strdup_printf(
		"From: anna@example.com\nTo: carla@example.net\nSubject: Re: Printer\n"
		"Message-ID: <a%u@example.com>\nIn-Reply-To: <c0@example.net>\n\nUse water.\n",
		tale->mails++);

	tale->d.now = tale->began + after;
	desk_mail(&tale->d, "anna@example.com", "carla@example.net", "anna", mail);
	g_assert_cmpuint(tale->d.last.ticket, ==, 1);
}

struct said {
	struct tale *tale;
	const char *line;
};

static enum status say(struct txn *txn, void *arg, struct error *err)
{
	struct said *said = arg;
	struct commander by = { .actor = { "unix:root", said->tale->d.now },
		.settings = said->tale->d.settings };
	struct command command = { 0 };
	g_autofree char *done = NULL;
	enum status st = command_parse_line(said->line, by.actor.now, &command, err);

	if (st == ST_OK)
		st = command_apply(txn, &by, 1, &command, &done, err);
	command_release(&command);
	return st;
}

static void admin_says(struct tale *tale, int64_t after, const char *line)
{
	struct said said = { tale, line };

	tale->d.now = tale->began + after;
	if (store_write(tale->d.store, say, &said, &tale->d.err) != ST_OK)
		g_error("%s: %s", line, tale->d.err.text);
}

/* All that is due then, once. */
static void time_is(struct tale *tale, int64_t after)
{
	struct due_done done = { .why = NULL };

	g_assert_cmpint(
		due_run(tale->d.store, tale->d.settings, tale->began + after, &done, &tale->d.err),
		==, ST_OK);
	g_assert_cmpuint(done.postponed, ==, 0);
	g_assert_false(done.more);
	due_done_release(&done);
}

/* Deadlines in minutes after the opening, -1 for none. */
static void assert_owed(struct tale *tale, int64_t respond, int64_t resolve, const char *overdue)
{
	struct ticket t;
	int64_t by_respond, by_resolve;

	desk_ticket(&tale->d, 1, &t);
	by_respond = t.respond_by ? (t.respond_by - tale->began) / MINUTE : -1;
	/* A ticket that begins by waiting has run for a microsecond. */
	by_resolve = t.resolve_by ? (t.resolve_by + 1 - tale->began) / MINUTE : -1;
	g_assert_cmpint(by_respond, ==, respond);
	g_assert_cmpint(by_resolve, ==, resolve);
	g_assert_cmpstr(overdue_names[t.overdue], ==, overdue);
	record_release(&ticket_type, &t);
}

static void assert_told(struct tale *tale, unsigned warned, unsigned overdue, unsigned notices)
{
	g_assert_cmpuint(desk_events(&tale->d, 1, "sla-warned"), ==, warned);
	g_assert_cmpuint(desk_events(&tale->d, 1, "overdue"), ==, overdue);
	g_assert_cmpuint(desk_outbox(&tale->d, "notice", NULL), ==, notices);
}

static void test_story(void)
{
	struct tale tale;

	tale_begin(&tale, gold);
	writes(&tale, 0);
	assert_owed(&tale, 4 * 60, 24 * 60, "");
	time_is(&tale, 2 * HOUR - TEXT_SECOND);
	assert_told(&tale, 0, 0, 0);
	time_is(&tale, 2 * HOUR);
	assert_told(&tale, 1, 0, 1);
	time_is(&tale, 3 * HOUR);
	/* Another mail owes nothing more than the first. */
	writes(&tale, 3 * HOUR + MINUTE);
	assert_owed(&tale, 4 * 60, 24 * 60, "");
	time_is(&tale, 4 * HOUR - 1);
	assert_told(&tale, 1, 0, 1);
	time_is(&tale, 4 * HOUR);
	assert_told(&tale, 1, 1, 2);
	assert_owed(&tale, 4 * 60, 24 * 60, "respond");
	time_is(&tale, 5 * HOUR);
	assert_told(&tale, 1, 1, 2);
	/* The answer: nothing is owed, and the clock of the solution stands. */
	anna_answers(&tale, 6 * HOUR);
	assert_owed(&tale, -1, -1, "");
	time_is(&tale, 30 * HOUR);
	assert_told(&tale, 1, 1, 2);
	/* Two hours for each further mail that nobody has answered; 18 hours are left. */
	writes(&tale, 31 * HOUR);
	assert_owed(&tale, 33 * 60, (31 + 18) * 60, "");
	writes(&tale, 32 * HOUR);
	assert_owed(&tale, 33 * 60, (31 + 18) * 60, "");
	time_is(&tale, 32 * HOUR);
	assert_told(&tale, 2, 1, 3);
	anna_answers(&tale, 32 * HOUR + 30 * MINUTE);
	writes(&tale, 33 * HOUR);
	/* An hour and a half more have gone. */
	assert_owed(&tale, 35 * 60, 33 * 60 + 16 * 60 + 30, "");
	admin_says(&tale, 34 * HOUR, "close");
	assert_owed(&tale, -1, -1, "");
	time_is(&tale, 300 * HOUR);
	assert_told(&tale, 2, 1, 3);
	desk_close(&tale.d);
}

static const char pair[] = "slas = ( { name = \"pair\"; respond = \"2h\"; resolve = \"121m\"; "
			   "warn_percent = 50; } );\n";

/* The work that one deadline brings leaves the other, seconds away, to its own time. */
static void test_pair(void)
{
	const int64_t half = 30 * TEXT_SECOND;
	struct tale tale;

	tale_begin(&tale, pair);
	writes(&tale, 0);
	time_is(&tale, HOUR);
	assert_told(&tale, 1, 0, 1);
	time_is(&tale, HOUR + half - 1);
	assert_told(&tale, 1, 0, 1);
	time_is(&tale, HOUR + half);
	assert_told(&tale, 2, 0, 2);
	time_is(&tale, 2 * HOUR);
	assert_told(&tale, 2, 1, 3);
	assert_owed(&tale, 120, 121, "respond");
	time_is(&tale, 2 * HOUR + MINUTE - 1);
	assert_told(&tale, 2, 1, 3);
	time_is(&tale, 2 * HOUR + MINUTE);
	assert_told(&tale, 2, 2, 4);
	desk_close(&tale.d);
}

static void assert_kept(struct tale *tale, const char *wanted)
{
	struct ticket t;
	g_autoptr(GString) out = g_string_new(NULL);

	desk_ticket(&tale->d, 1, &t);
	for (size_t i = 0; i < t.kept.n; i++)
		g_string_append_printf(out, "%s%d", i ? " " : "", (int)t.kept.v[i]);
	g_assert_cmpstr(out->str, ==, wanted);
	record_release(&ticket_type, &t);
}

/* Answers kept and missed, solutions kept and missed. */
static void test_attainment(void)
{
	struct tale tale;

	tale_begin(&tale, gold);
	writes(&tale, 0);
	anna_answers(&tale, HOUR);
	assert_kept(&tale, "1 0 0 0");
	writes(&tale, 2 * HOUR);
	time_is(&tale, 4 * HOUR);
	assert_kept(&tale, "1 1 0 0");
	anna_answers(&tale, 5 * HOUR);
	assert_kept(&tale, "1 1 0 0");
	writes(&tale, 6 * HOUR);
	admin_says(&tale, 7 * HOUR, "close");
	assert_kept(&tale, "2 1 1 0");
	desk_close(&tale.d);
}

/* The timers did not run when the deadline passed, and the answer comes first. */
static void test_late(void)
{
	struct tale tale;

	tale_begin(&tale, gold);
	writes(&tale, 0);
	anna_answers(&tale, 5 * HOUR);
	assert_told(&tale, 0, 1, 0);
	assert_kept(&tale, "0 1 0 0");
	time_is(&tale, 6 * HOUR);
	assert_told(&tale, 0, 1, 0);
	/* 19 hours are left when it goes on; it is closed a day too late. */
	writes(&tale, 10 * HOUR);
	admin_says(&tale, 60 * HOUR, "close");
	g_assert_cmpuint(desk_events(&tale.d, 1, "overdue"), ==, 3);
	assert_kept(&tale, "0 2 0 1");
	desk_close(&tale.d);
}

static void test_set_again(void)
{
	struct tale tale;

	tale_begin(&tale, gold);
	writes(&tale, 0);
	time_is(&tale, 4 * HOUR);
	assert_owed(&tale, 4 * 60, 24 * 60, "respond");
	/* Another promise, by which more has gone already. */
	admin_says(&tale, 4 * HOUR + MINUTE, "priority urgent");
	assert_owed(&tale, 60, -1, "respond");
	time_is(&tale, 5 * HOUR);
	assert_told(&tale, 0, 1, 1);
	admin_says(&tale, 5 * HOUR, "priority normal");
	assert_owed(&tale, 4 * 60, 24 * 60, "respond");
	desk_close(&tale.d);
	/* One whose time has passed is told of at once. */
	tale_begin(&tale, gold);
	writes(&tale, 0);
	admin_says(&tale, 90 * MINUTE, "priority urgent");
	assert_owed(&tale, 60, -1, "");
	time_is(&tale, 90 * MINUTE);
	assert_told(&tale, 0, 1, 1);
	assert_owed(&tale, 60, -1, "respond");
	/* And no more when there is time again. */
	admin_says(&tale, 91 * MINUTE, "priority normal");
	assert_owed(&tale, 4 * 60, 24 * 60, "");
	time_is(&tale, 4 * HOUR);
	assert_told(&tale, 0, 2, 2);
	desk_close(&tale.d);
}

/* 21 September 2026 is a Monday, 13:33 in Berlin: 14:13:20 UTC would be later. */
static void test_business(void)
{
	struct tale tale;
	struct ticket t;
	g_autofree char *respond = NULL, *resolve = NULL;

	tale_begin(&tale, gold);
	writes_to(&tale, "sales@example.com", 0);
	desk_ticket(&tale.d, 1, &t);
	respond = text_rfc3339(t.respond_by);
	resolve = text_rfc3339(t.resolve_by);
	g_assert_cmpstr(t.sla, ==, "office");
	/* Opened at 16:13:20 in Berlin, 46:40 before the end of business. */
	g_assert_cmpstr(respond, ==, "2026-09-22T09:13:20Z");
	g_assert_cmpstr(resolve, ==, "2026-09-23T14:13:20Z");
	record_release(&ticket_type, &t);
	desk_close(&tale.d);
}

static void test_reopened(void)
{
	struct tale tale;

	tale_begin(&tale, gold);
	writes(&tale, 0);
	time_is(&tale, 5 * HOUR);
	admin_says(&tale, 6 * HOUR, "close");
	assert_owed(&tale, -1, -1, "");
	writes(&tale, 100 * HOUR);
	assert_owed(&tale, 104 * 60, 124 * 60, "");
	admin_says(&tale, 101 * HOUR, "close");
	admin_says(&tale, 200 * HOUR, "reopen");
	/* The customer's last mail has no answer yet. */
	assert_owed(&tale, 204 * 60, 224 * 60, "");
	admin_says(&tale, 201 * HOUR, "spam");
	assert_owed(&tale, -1, -1, "");
	desk_close(&tale.d);
}

static void test_inside(void)
{
	struct tale tale;

	tale_begin(&tale, gold);
	desk_mail(&tale.d, "anna@example.com", "carla@example.net,support@example.com", "anna",
		"From: anna@example.com\nTo: carla@example.net\nCc: support@example.com\n"
		"Subject: Printer\nMessage-ID: <c0@example.net>\n\nHow is it?\n");
	assert_owed(&tale, -1, -1, "");
	tale.mails = 1;
	writes(&tale, 2 * HOUR);
	/* No answer is owed to who was asked; the solution is. */
	assert_owed(&tale, -1, 2 * 60 + 24 * 60, "");
	desk_close(&tale.d);
}

static void test_nothing_promised(void)
{
	struct tale tale;
	struct ticket t;

	tale_begin(&tale, NULL);
	writes(&tale, 0);
	desk_ticket(&tale.d, 1, &t);
	g_assert_cmpuint(t.runs.n, ==, 0);
	g_assert_cmpint(t.owed_since, ==, 0);
	record_release(&ticket_type, &t);
	desk_close(&tale.d);
}

/* A wait that ends sets the clock going; so does a customer. */
static void test_wait(void)
{
	struct tale tale;

	tale_begin(&tale, gold);
	writes(&tale, 0);
	anna_answers(&tale, HOUR);
	admin_says(&tale, 2 * HOUR, "wait 3h");
	assert_owed(&tale, -1, -1, "");
	time_is(&tale, 5 * HOUR);
	g_assert_cmpuint(desk_events(&tale.d, 1, "wake"), ==, 1);
	assert_owed(&tale, -1, 5 * 60 + 23 * 60, "");
	desk_close(&tale.d);
}

static void test_pauses(void)
{
	struct ticket t = { .opened = 1, .status = TICKET_OPEN };
	struct duration day = { DURATION_WALL, 24 * HOUR };
	struct sla sla = { .name = (char *)"x", .solution = day };
	struct promise promise = { &sla, NULL };
	int64_t now = 1;

	/* A minute of work, a minute of waiting, for ever. */
	for (int i = 0; i < 1000; i++) {
		now += MINUTE;
		t.status = i % 2 ? TICKET_OPEN : TICKET_WAITING;
		promise_follow(&t, now);
		/* One that waits has the time at which it began to. */
		if (i > LIMIT_RUNS)
			g_assert_cmpuint(t.runs.n, ==, LIMIT_RUNS - (i % 2 == 0));
	}
	g_assert_cmpuint(t.runs.n, ==, LIMIT_RUNS);
	promise_plan(&t, &promise, now);
	g_assert_cmpint(t.resolve_by + 1, ==, now + 24 * HOUR - 499 * MINUTE);
	promise_forget(&t);
	g_assert_cmpuint(t.runs.n, ==, 0);
}

static struct ticket told_missed(const struct promise *promise)
{
	struct ticket t = { .opened = 1, .status = TICKET_OPEN };

	promise_follow(&t, 1);
	promise_plan(&t, promise, 1);
	t.told |= TOLD_RESOLVE_MISSED;
	return t;
}

/* What was told of a deadline is told of another, if that is to come. */
static void test_told_again(void)
{
	struct sla sla = { .name = (char *)"x", .solution = { DURATION_WALL, 24 * HOUR } },
		   none = { .name = (char *)"y" };
	struct promise promise = { &sla, NULL }, nothing = { &none, NULL };
	const int64_t by = 1 + 24 * HOUR;

	for (int64_t now = by - 1; now <= by; now++) {
		struct ticket t = told_missed(&promise);

		g_assert_cmpint(t.resolve_by, ==, by);
		promise_plan(&t, &promise, now);
		g_assert_true(t.told & TOLD_RESOLVE_MISSED);
		t.resolve_by = by + 5;
		promise_plan(&t, &promise, now);
		g_assert_cmpint((t.told & TOLD_RESOLVE_MISSED) != 0, ==, now == by);
		promise_forget(&t);
	}
	for (int waits = 0; waits < 2; waits++) {
		struct ticket t = told_missed(&promise);

		t.status = waits ? TICKET_WAITING : TICKET_OPEN;
		promise_follow(&t, 2);
		promise_plan(&t, waits ? &promise : &nothing, 3);
		g_assert_cmpint(t.resolve_by, ==, 0);
		g_assert_cmpint((t.told & TOLD_RESOLVE_MISSED) != 0, ==, waits);
		numbers_add(&t.kept, 5);
		promise_forget(&t);
		g_assert_cmpuint(t.kept.n + t.runs.n + t.told, ==, 0);
	}
}

/* The same of the warning, which comes halfway. */
static void test_warned_again(void)
{
	struct sla sla = {
		.name = (char *)"x", .solution = { DURATION_WALL, 24 * HOUR }, .warn_percent = 50
	};
	struct promise promise = { &sla, NULL };
	const int64_t warn = 1 + 12 * HOUR;

	for (int64_t now = warn - 1; now <= warn; now++) {
		struct ticket t = told_missed(&promise);

		t.told |= TOLD_RESOLVE_WARNED;
		g_assert_cmpint(t.sla_due, ==, warn);
		promise_plan(&t, &promise, now);
		g_assert_true(t.told & TOLD_RESOLVE_WARNED);
		t.resolve_by += 5;
		promise_plan(&t, &promise, now);
		g_assert_cmpint((t.told & TOLD_RESOLVE_WARNED) != 0, ==, now == warn);
		promise_forget(&t);
	}
}

/* Where nobody works any more nothing is due. */
static void test_never_due(void)
{
	struct sla sla = { .name = (char *)"x",
		.first = { DURATION_HOURS, HOUR },
		.solution = { DURATION_HOURS, HOUR },
		.warn_percent = 50 };
	const int64_t now = INT64_C(1790000000) * TEXT_SECOND;
	struct promise promise = { .sla = &sla };
	struct ticket t = { .opened = now, .status = TICKET_OPEN };
	struct calendar *calendar = NULL;
	struct error err;

	g_assert_cmpint(calendar_new("UTC", &calendar, &err), ==, ST_OK);
	g_assert_cmpint(calendar_add_hours(calendar, "Mon-Sun 00:00-24:00", &err), ==, ST_OK);
	g_assert_cmpint(calendar_add_holiday(calendar, "1971-01-01..2200-01-01", &err), ==, ST_OK);
	g_assert_cmpint(calendar_finish(calendar, &err), ==, ST_OK);
	promise_follow(&t, now);
	t.owed_since = now;
	promise_plan(&t, &promise, now);
	g_assert_cmpint(t.respond_by, ==, now + HOUR);
	g_assert_cmpint(t.resolve_by, ==, now + HOUR);
	promise.calendar = calendar;
	promise_plan(&t, &promise, now);
	g_assert_cmpint(t.respond_by, ==, 0);
	g_assert_cmpint(t.resolve_by, ==, 0);
	g_assert_cmpint(t.sla_due, ==, 0);
	promise_forget(&t);
	calendar_free(calendar);
}

/* At its deadline it is kept, and a microsecond later it is not. */
static void test_late_by_a_microsecond(void)
{
	struct sla sla = { .name = (char *)"x", .solution = { DURATION_WALL, 24 * HOUR } };
	struct promise promise = { &sla, NULL };

	for (unsigned past = 0; past < 2; past++) {
		struct ticket t = { .opened = 1, .status = TICKET_OPEN };

		promise_follow(&t, 1);
		promise_plan(&t, &promise, 1);
		t.status = TICKET_CLOSED;
		g_assert_cmpuint(
			promise_follow(&t, 1 + 24 * HOUR + past), ==, past << OVERDUE_RESOLVE);
		promise_forget(&t);
	}
}

/* What is over keeps what it was promised. */
static void test_name_of_what_is_over(void)
{
	const struct promise nothing = { NULL, NULL };

	for (int status = 0; status <= TICKET_SPAM; status++) {
		struct ticket t = { .opened = 1, .status = status, .sla = g_strdup("gold") };

		promise_plan(&t, &nothing, 2);
		g_assert_cmpstr(t.sla, ==, ticket_status_active(status) ? NULL : "gold");
		promise_forget(&t);
	}
}

/* --- notices --- */

static enum status give_zone(struct txn *txn, void *arg, struct error *err)
{
	struct agent anna = { 0 };
	enum status st = agents_load(txn, "anna", &anna, err);

	(void)arg;
	anna.zone = g_strdup("Asia/Tokyo");
	if (st == ST_OK)
		st = agents_save(txn, &anna, err);
	record_release(&agent_type, &anna);
	return st;
}

static void test_notice(void)
{
	struct tale tale;
	struct outgoing outgoing;
	g_autofree char *mail = NULL;

	tale_begin(&tale, gold);
	g_assert_cmpint(store_write(tale.d.store, give_zone, NULL, &tale.d.err), ==, ST_OK);
	writes(&tale, 0);
	time_is(&tale, 4 * HOUR);
	g_assert_cmpuint(desk_outbox(&tale.d, "notice", &mail), ==, 1);
	/* 18:13:20 UTC. */
	g_assert_nonnull(
		strstr(mail, "An answer to this ticket was promised by 2026-09-22 03:13 JST\n"));
	g_assert_nonnull(strstr(mail, "Subject: [example.com #1] Printer\n"));
	g_assert_nonnull(strstr(mail, "\nReply-To: support+1-"));
	g_assert_nonnull(strstr(mail, "\nAuto-Submitted: auto-generated\n"));
	g_assert_nonnull(strstr(mail, "> It burns 0."));
	g_assert_nonnull(strstr(mail, "Answer with commands, one a line: take, close"));
	desk_outgoing(&tale.d, "notice", &outgoing);
	g_assert_cmpstr(outgoing.to[0], ==, "anna@example.com");
	g_assert_null(outgoing.to[1]);
	record_release(&outgoing_type, &outgoing);
	desk_close(&tale.d);
}

/* From a phone: the answer to the token is a note, whose first lines are commands. */
static void test_answered_notice(void)
{
	struct tale tale;
	struct ticket t;
	g_autofree char *mail = NULL, *token = NULL, *answer = NULL;
	const char *reply_to;

	tale_begin(&tale, gold);
	writes(&tale, 0);
	time_is(&tale, 4 * HOUR);
	desk_outbox(&tale.d, "notice", &mail);
	reply_to = strstr(mail, "\nReply-To: ") + strlen("\nReply-To: ");
	token = g_strndup(reply_to, strcspn(reply_to, "\n"));
	answer = g_strdup_printf("From: anna@example.com\nTo: %s\nSubject: Re: Printer\n"
				 "Message-ID: <p@example.com>\n\ntake\nwait 3d\n",
		token);
	desk_mail(&tale.d, "anna@example.com", token, "anna", answer);
	g_assert_cmpint(tale.d.last.whose, ==, WHOSE_NOTE);
	desk_ticket(&tale.d, 1, &t);
	g_assert_cmpstr(t.agent, ==, "anna");
	g_assert_cmpint(t.status, ==, TICKET_WAITING);
	record_release(&ticket_type, &t);
	desk_close(&tale.d);
}

static enum status send_anna_away(struct txn *txn, void *arg, struct error *err)
{
	struct agent anna = { 0 };
	struct queue queue = { 0 };
	enum status st = agents_load(txn, "anna", &anna, err);

	(void)arg;
	g_clear_pointer(&anna.queues, g_strfreev);
	if (st == ST_OK)
		st = agents_save(txn, &anna, err);
	if (st == ST_OK)
		st = queues_load(txn, "support", &queue, err);
	queue.responsible = g_strdup("ben");
	if (st == ST_OK)
		st = queues_save(txn, &queue, err);
	record_release(&agent_type, &anna);
	record_release(&queue_type, &queue);
	return st;
}

/* Whose ticket it is has left the queue, which has nobody but its responsible. */
static void test_responsible(void)
{
	struct tale tale;
	struct outgoing outgoing;

	tale_begin(&tale, gold);
	writes(&tale, 0);
	admin_says(&tale, MINUTE, "assign anna");
	g_assert_cmpint(store_write(tale.d.store, send_anna_away, NULL, &tale.d.err), ==, ST_OK);
	time_is(&tale, 4 * HOUR);
	desk_outgoing(&tale.d, "notice", &outgoing);
	g_assert_cmpstr(outgoing.to[0], ==, "ben@example.com");
	record_release(&outgoing_type, &outgoing);
	desk_close(&tale.d);
}

static void test_header(void)
{
	struct tale tale;

	tale_begin(&tale, gold);
	writes(&tale, 0);
	g_assert_cmpstr(desk_header(&tale.d, "X-Ticket-Due"), ==, "2026-09-21T18:13:20Z");
	anna_answers(&tale, HOUR);
	g_assert_null(desk_header(&tale.d, "X-Ticket-Due"));
	desk_close(&tale.d);
}

/* --- reminders --- */

static void test_remind(void)
{
	struct tale tale;
	struct ticket t;
	g_autofree char *mail = NULL;

	tale_begin(&tale, NULL);
	writes(&tale, 0);
	admin_says(&tale, HOUR, "remind 2d and not so late");
	admin_says(&tale, HOUR, "remind 3h call them back");
	time_is(&tale, 4 * HOUR - TEXT_SECOND);
	g_assert_cmpuint(desk_outbox(&tale.d, "notice", NULL), ==, 0);
	time_is(&tale, 4 * HOUR);
	time_is(&tale, 100 * HOUR);
	g_assert_cmpuint(desk_outbox(&tale.d, "notice", &mail), ==, 1);
	g_assert_nonnull(
		strstr(mail, "You wanted to be reminded of this ticket.\n\ncall them back\n"));
	g_assert_cmpuint(desk_events(&tale.d, 1, "remind"), ==, 3);
	desk_ticket(&tale.d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_NEW);
	g_assert_cmpint(t.remind_at, ==, 0);
	record_release(&ticket_type, &t);
	admin_says(&tale, 101 * HOUR, "remind 1d");
	admin_says(&tale, 101 * HOUR, "remind -");
	time_is(&tale, 200 * HOUR);
	g_assert_cmpuint(desk_outbox(&tale.d, "notice", NULL), ==, 1);
	desk_close(&tale.d);
}

static enum status give_calendar(struct txn *txn, void *arg, struct error *err)
{
	struct queue queue = { 0 };
	enum status st = queues_load(txn, "support", &queue, err);

	g_free(queue.calendar);
	queue.calendar = g_strdup(arg);
	if (st == ST_OK)
		st = queues_save(txn, &queue, err);
	record_release(&queue_type, &queue);
	return st;
}

/* By the calendar of the queue; by the clock where it has none. */
static void test_business_wait(void)
{
	struct tale tale;
	struct ticket t;
	g_autofree char *until = NULL;

	tale_begin(&tale, gold);
	writes(&tale, 0);
	admin_says(&tale, 0, "wait 2bd");
	desk_ticket(&tale.d, 1, &t);
	g_assert_cmpint(t.wait_until, ==, tale.began + 48 * HOUR);
	record_release(&ticket_type, &t);
	g_assert_cmpint(store_write(tale.d.store, give_calendar, "office", &tale.d.err), ==, ST_OK);
	admin_says(&tale, 0, "wait 1bh");
	desk_ticket(&tale.d, 1, &t);
	until = text_rfc3339(t.wait_until);
	/* 46:40 before the end of business, and 13:20 of the next day. */
	g_assert_cmpstr(until, ==, "2026-09-22T06:13:20Z");
	record_release(&ticket_type, &t);
	desk_close(&tale.d);
}

/* Nobody hears of it while the ticket is closed, but of the end of its wait. */
static void test_wake_notice(void)
{
	struct tale tale;
	g_autofree char *mail = NULL;

	tale_begin(&tale, NULL);
	writes(&tale, 0);
	admin_says(&tale, HOUR, "wait 3h");
	time_is(&tale, 4 * HOUR);
	g_assert_cmpuint(desk_outbox(&tale.d, "notice", &mail), ==, 1);
	g_assert_nonnull(strstr(mail, "This ticket has waited long enough.\n"));
	g_assert_nonnull(strstr(mail, "> It burns 0."));
	desk_close(&tale.d);
}

/* --- another configuration --- */

static unsigned replanned(struct tale *tale, struct replan *replan, int64_t after)
{
	unsigned count = 0, some;

	for (int i = 0; i < 100 && !replan->done; i++) {
		g_assert_cmpint(replan_step(tale->d.store, tale->d.settings, replan,
					tale->began + after, &some, &tale->d.err),
			==, ST_OK);
		count += some;
	}
	g_assert_true(replan->done);
	return count;
}

static const char silver[] =
	"slas = ( { name = \"silver\"; respond = \"8h\"; warn_percent = 0; } );\n";

static void test_replan(void)
{
	struct replan replan = { .plan = NULL };
	struct tale tale;

	tale_begin(&tale, NULL);
	writes(&tale, 0);
	g_assert_cmpuint(replanned(&tale, &replan, 0), ==, 0);
	/* Late before it was promised: overdue, and nobody is told. */
	desk_configure(&tale.d, gold);
	replan_reset(&replan);
	g_assert_cmpuint(replanned(&tale, &replan, 5 * HOUR), ==, 1);
	assert_owed(&tale, 4 * 60, 24 * 60, "respond");
	time_is(&tale, 5 * HOUR);
	assert_told(&tale, 0, 0, 0);
	/* The same again is nothing to do, for whoever starts anew, too. */
	replan_reset(&replan);
	g_assert_cmpuint(replanned(&tale, &replan, 5 * HOUR), ==, 0);
	/* More time, and later nothing at all. */
	desk_configure(&tale.d, silver);
	replan_reset(&replan);
	g_assert_cmpuint(replanned(&tale, &replan, 6 * HOUR), ==, 1);
	assert_owed(&tale, 8 * 60, -1, "");
	time_is(&tale, 8 * HOUR);
	assert_told(&tale, 0, 1, 1);
	desk_configure(&tale.d, NULL);
	replan_reset(&replan);
	g_assert_cmpuint(replanned(&tale, &replan, 9 * HOUR), ==, 1);
	assert_owed(&tale, -1, -1, "");
	replan_reset(&replan);
	desk_close(&tale.d);
}

/* In steps, and whoever is killed between them goes on: a second one, without what the first knew.
 */
static void test_replan_in_steps(void)
{
	enum { TICKETS = 130 };
	struct replan first = { .plan = NULL }, second = { .plan = NULL };
	struct tale tale;
	unsigned count = 0, some;

	tale_begin(&tale, NULL);
	for (unsigned i = 1; i <= TICKETS; i++) {
		struct ticket t = { .number = i, .opened = tale.began, .last_in = tale.began };

		t.subject = t.queue = "support";
		t.status = i % 10 ? TICKET_OPEN : TICKET_CLOSED;
		desk_insert(&tale.d, &t);
	}
	desk_configure(&tale.d, silver);
	g_assert_cmpint(
		replan_step(tale.d.store, tale.d.settings, &first, tale.began, &count, &tale.d.err),
		==, ST_OK);
	g_assert_cmpuint(count, ==, 50);
	g_assert_false(first.done);
	g_assert_cmpint(
		replan_step(tale.d.store, tale.d.settings, &second, tale.began, &some, &tale.d.err),
		==, ST_OK);
	count += some + replanned(&tale, &second, 0);
	g_assert_cmpuint(count, ==, TICKETS - TICKETS / 10);
	assert_owed(&tale, 8 * 60, -1, "");
	replan_reset(&first);
	replan_reset(&second);
	desk_close(&tale.d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/promise/a ticket's story", test_story);
	g_test_add_func("/promise/what was kept is counted", test_attainment);
	g_test_add_func("/promise/of two deadlines each has its own time", test_pair);
	g_test_add_func("/promise/a deadline that nobody noticed is told all the same", test_late);
	g_test_add_func("/promise/deadlines are set again with what they hang on", test_set_again);
	g_test_add_func("/promise/business time", test_business);
	g_test_add_func("/promise/opened again it begins anew", test_reopened);
	g_test_add_func("/promise/who was written to first is owed no answer", test_inside);
	g_test_add_func("/promise/without promises nothing is kept", test_nothing_promised);
	g_test_add_func("/promise/a wait stops the clock of the solution", test_wait);
	g_test_add_func("/promise/many pauses", test_pauses);
	g_test_add_func("/promise/what is told again", test_told_again);
	g_test_add_func("/promise/warned again", test_warned_again);
	g_test_add_func("/promise/never due", test_never_due);
	g_test_add_func("/promise/late by a microsecond", test_late_by_a_microsecond);
	g_test_add_func("/promise/what is over keeps its name", test_name_of_what_is_over);
	g_test_add_func("/promise/a notice has the texts, and the reader's time", test_notice);
	g_test_add_func("/promise/a notice is answered with commands", test_answered_notice);
	g_test_add_func(
		"/promise/the responsible is told when nobody else is there", test_responsible);
	g_test_add_func(
		"/promise/mails have the deadline, but not those to customers", test_header);
	g_test_add_func("/promise/a reminder comes once, with its text", test_remind);
	g_test_add_func("/promise/business time of a wait", test_business_wait);
	g_test_add_func("/promise/a ticket that wakes is told of", test_wake_notice);
	g_test_add_func("/promise/another configuration sets deadlines again", test_replan);
	g_test_add_func("/promise/which goes on where it was", test_replan_in_steps);
	return g_test_run();
}
