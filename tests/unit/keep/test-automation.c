/* Automations over simulated weeks: each once for a stay, never early, a minute late at most,
 * whoever looks at the same time and wherever the clock goes. */
#include "keep/due.h"
#include "keep/replan.h"

#include <string.h>

#include "../desk.h"
#include "act/configuration.h"
#include "base/limits.h"
#include "base/text.h"
#include "tables/history.h"

#define MINUTE (60 * (int64_t)TEXT_SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const char nudging[] =
	"automations = (\n"
	"  { name = \"nudge\"; when = \"status:waiting idle:3d..\"; do = ( \"mail canned\", \"tag +nudged\" ); },\n"
	"  { name = \"give-up\"; when = \"status:waiting tag:nudged idle:7d..\"; do = ( \"close\" ); } );";

/* --- time --- */

static void run_due(struct desk *d, int64_t now)
{
	for (bool more = true; more;) {
		struct due_done done = { .why = NULL };

		g_assert_cmpint(due_run(d->store, d->settings, now, &done, &d->err), ==, ST_OK);
		g_assert_cmpuint(done.postponed, ==, 0);
		more = done.more;
		due_done_release(&done);
	}
}

/* A minute after the other, as the timer does a second after the other. */
static void pass(struct desk *d, int64_t time)
{
	for (int64_t end = d->now + time; d->now < end; d->now += MINUTE)
		run_due(d, d->now);
}

/* --- people --- */

static void carla_writes(struct desk *d, const char *id, const char *more)
{
	g_autofree char *mail = g_strdup_printf(
		"From: Carla <carla@example.net>\nTo: x\n"
		"Subject: Printer\nMessage-ID: <%s@example.net>\n%s\nIt burns.\n",
		id, more);

	desk_mail(d, "carla@example.net", "support@example.com", NULL, mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

static void anna_sends(struct desk *d, const char *id, const char *to, const char *text)
{
	g_autofree char *mail = g_strdup_printf(
		"From: anna@example.com\nTo: %s\nSubject: Re: Printer\n"
		"Message-ID: <%s@example.com>\nIn-Reply-To: <q1@example.net>\n"
		"References: <q1@example.net>\n\n%s\n",
		to, id, text);

	desk_mail(d, "anna@example.com", to, "anna", mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

/* Ticket 1 waits for the customer, from now on. */
static void waiting(struct desk *d, const char *conf)
{
	desk_open(d, conf);
	carla_writes(d, "q1", "");
	anna_sends(d, "a1", "carla@example.net", "Which one?");
}

static int status_of(struct desk *d)
{
	struct ticket t;
	int status;

	desk_ticket(d, 1, &t);
	status = t.status;
	record_release(&ticket_type, &t);
	return status;
}

/* --- tests --- */

static void test_nudged_once_and_given_up(void)
{
	struct desk d;

	waiting(&d, nudging);
	pass(&d, 3 * DAY - 2 * MINUTE);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 0);
	pass(&d, 4 * MINUTE);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	g_assert_cmpuint(desk_outbox(&d, "automation", NULL), ==, 1);
	pass(&d, 4 * DAY - 4 * MINUTE);
	g_assert_cmpint(status_of(&d), ==, TICKET_WAITING);
	g_assert_cmpuint(desk_outbox(&d, "automation", NULL), ==, 1);
	pass(&d, 4 * MINUTE);
	g_assert_cmpint(status_of(&d), ==, TICKET_CLOSED);
	pass(&d, 30 * DAY);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 2);
	g_assert_cmpuint(desk_outbox(&d, "automation", NULL), ==, 1);
	desk_close(&d);
}

/* In the name of the automation, through the outbox, as a robot, and about the ticket. */
static void test_what_the_nudge_looks_like(void)
{
	g_autofree char *mail = NULL;
	struct outgoing o;
	struct desk d;

	waiting(&d, nudging);
	pass(&d, 3 * DAY + MINUTE);
	g_assert_cmpuint(desk_outbox(&d, "automation", &mail), ==, 1);
	g_assert_nonnull(strstr(mail, "\nAuto-Submitted: auto-replied\n"));
	g_assert_nonnull(strstr(mail, "[example.com #1]"));
	g_assert_nonnull(strstr(mail, "turn it off"));
	desk_outgoing(&d, "automation", &o);
	g_assert_cmpstr(o.to[0], ==, "carla@example.net");
	record_release(&outgoing_type, &o);
	desk_close(&d);
}

static enum status find_actor(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	if (event->kind == EVENT_TAG || event->kind == EVENT_AUTOMATION) {
		g_assert_cmpstr(event->actor, ==, "automation:nudge");
		++*(unsigned *)arg;
	}
	if (event->kind == EVENT_AUTOMATION)
		g_assert_cmpstr(event->text, ==, "mail canned; tag +nudged");
	return ST_OK;
}

static enum status look_at_actors(struct txn *txn, void *arg, struct error *err)
{
	return history_each(txn, 1, 0, find_actor, arg, err);
}

static void test_its_cause_is_in_each_event(void)
{
	unsigned n = 0;
	struct desk d;

	waiting(&d, nudging);
	pass(&d, 3 * DAY + MINUTE);
	g_assert_cmpint(store_read(d.store, look_at_actors, &n, &d.err), ==, ST_OK);
	g_assert_cmpuint(n, ==, 2);
	desk_close(&d);
}

/* The customer ends the stay; the next one begins with the next answer. */
static void test_each_stay_anew(void)
{
	struct desk d;

	waiting(&d, nudging);
	pass(&d, 3 * DAY + MINUTE);
	carla_writes(&d, "q2", "In-Reply-To: <q1@example.net>\n");
	pass(&d, 5 * DAY);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	anna_sends(&d, "a2", "carla@example.net", "And now?");
	pass(&d, 2 * DAY);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	pass(&d, DAY + 2 * MINUTE);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 2);
	desk_close(&d);
}

/* What people do begins the time anew, and what machines do does not. */
static void test_idle(void)
{
	struct desk d;

	waiting(&d, nudging);
	pass(&d, 2 * DAY);
	carla_writes(&d, "v1",
		"In-Reply-To: <a1@example.com>\nAuto-Submitted: auto-replied\nX-Autoreply: yes\n");
	g_assert_cmpint(status_of(&d), ==, TICKET_WAITING);
	pass(&d, DAY - 2 * MINUTE);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 0);
	anna_sends(&d, "n1", "support@example.com", "She is on holiday.");
	pass(&d, 3 * DAY - 2 * MINUTE);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 0);
	pass(&d, 4 * MINUTE);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	desk_close(&d);
}

static const char fighting[] =
	"automations = (\n"
	"  { name = \"on\"; when = \"is:open -tag:x\"; do = ( \"tag +x\" ); },\n"
	"  { name = \"off\"; when = \"is:open tag:x\"; do = ( \"tag -x\" ); } );";

static void test_two_that_undo_each_other_are_stopped(void)
{
	struct desk d;
	g_autofree char *notice = NULL;

	waiting(&d, fighting);
	pass(&d, 10 * DAY);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, LIMIT_AUTOMATION_ACTIONS);
	g_assert_cmpuint(desk_events(&d, 1, "tag"), ==, LIMIT_AUTOMATION_ACTIONS);
	g_assert_cmpuint(desk_events(&d, 1, "automation-stopped"), ==, 1);
	g_assert_cmpuint(desk_outbox(&d, "notice", &notice), ==, 1);
	g_assert_nonnull(strstr(notice, "Automations did 10 things with this ticket today"));
	/* Somebody looks at it. */
	anna_sends(&d, "n1", "support@example.com", "What is this?");
	pass(&d, DAY);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 2 * LIMIT_AUTOMATION_ACTIONS);
	g_assert_cmpuint(desk_events(&d, 1, "automation-stopped"), ==, 2);
	desk_close(&d);
}

static void test_no_mail_where_mail_came_back(void)
{
	struct ticket t;
	struct desk d;

	waiting(&d, nudging);
	desk_ticket(&d, 1, &t);
	t.undelivered = true;
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	pass(&d, 3 * DAY + MINUTE);
	g_assert_cmpuint(desk_outbox(&d, "automation", NULL), ==, 0);
	desk_ticket(&d, 1, &t);
	g_assert_true(text_list_has(t.tags, "nudged"));
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_the_caps_of_a_mailbox_count(void)
{
	struct outgoing o;
	struct desk d;

	waiting(&d,
		"mail_out: { max_per_address_per_day = 1; };\n"
		"automations = ( { name = \"a\"; when = \"is:open idle:1d..\"; do = ( \"mail canned\" ); },\n"
		"  { name = \"b\"; when = \"is:open idle:1d..\"; do = ( \"mail help\" ); } );");
	pass(&d, DAY + 2 * MINUTE);
	g_assert_cmpuint(desk_outbox(&d, "automation", NULL), ==, 2);
	desk_outgoing(&d, "automation", &o);
	g_assert_cmpint(o.state, ==, OUTGOING_SUPPRESSED);
	record_release(&outgoing_type, &o);
	desk_close(&d);
}

/* What is gone since the configuration was checked: said, and the rest is done. */
static void test_an_agent_who_is_gone(void)
{
	g_autofree char *mail = NULL;
	struct ticket t;
	struct desk d;

	waiting(&d,
		"automations = ( { name = \"a\"; when = \"status:waiting\";\n"
		"  do = ( \"assign nobody\", \"tell ben\", \"priority high\" ); } );");
	pass(&d, 2 * MINUTE);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.priority, ==, PRIORITY_HIGH);
	g_assert_cmpstr(t.agent, ==, "anna");
	record_release(&ticket_type, &t);
	g_assert_cmpuint(desk_outbox(&d, "notice", &mail), ==, 1);
	g_assert_nonnull(strstr(mail, "To: ben@example.com"));
	g_assert_nonnull(strstr(mail, "asks for your attention (automation:a)."));
	g_assert_nonnull(strstr(mail, "> Which one?"));
	g_assert_nonnull(strstr(mail, "Answer with commands, one a line: take"));
	g_assert_nonnull(strstr(mail, "\nReply-To: support+1-"));
	desk_close(&d);
}

/* The record does not tell what is in the notes: they are asked, and that once for a change. */
static void test_a_condition_about_messages(void)
{
	struct desk d;

	waiting(&d,
		"automations = ( { name = \"a\"; when = \"is:open has:note\"; do = ( \"tag +noted\" ); } );");
	pass(&d, DAY);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 0);
	anna_sends(&d, "n1", "support@example.com", "She is nice.");
	pass(&d, 2 * MINUTE);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	pass(&d, DAY);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	desk_close(&d);
}

/* The desk's clock begins on Monday, 21 September 2026, 14:13 UTC; open are Tuesdays at noon. */
static void test_only_in_open_hours(void)
{
	struct desk d;

	waiting(&d,
		"calendars = ( { name = \"noon\"; zone = \"UTC\"; hours = ( \"Tue 12:00-13:00\" ); } );\n"
		"automations = ( { name = \"a\"; when = \"is:open\"; do = ( \"tag +x\" ); calendar = \"noon\"; } );");
	pass(&d, 21 * HOUR + 45 * MINUTE);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 0);
	pass(&d, 4 * MINUTE);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	desk_close(&d);
}

static void test_a_clock_that_jumps(void)
{
	struct desk d;

	waiting(&d, nudging);
	run_due(&d, d.now + 4 * DAY);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	pass(&d, 6 * DAY);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	run_due(&d, d.now - 30 * DAY);
	pass(&d, 2 * DAY);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 2);
	g_assert_cmpint(status_of(&d), ==, TICKET_CLOSED);
	desk_close(&d);
}

/* --- a new configuration --- */

static unsigned replan(struct desk *d)
{
	struct replan replan = { .plan = NULL };
	unsigned n = 0, count;

	for (; !replan.done; n++)
		g_assert_cmpint(
			replan_step(d->store, d->settings, &replan, d->now, &count, &d->err), ==,
			ST_OK);
	replan_reset(&replan);
	return n;
}

/* Time made it overdue, and nobody did anything. */
static void test_overdue(void)
{
	struct desk d;

	desk_open(&d,
		"slas = ( { name = \"gold\"; respond = \"4h\"; } );\n"
		"automations = ( { name = \"too late\"; when = \"is:overdue\"; do = ( \"priority urgent\" ); } );");
	carla_writes(&d, "q1", "");
	pass(&d, 3 * HOUR);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 0);
	pass(&d, 2 * HOUR);
	g_assert_cmpuint(desk_events(&d, 1, "overdue"), ==, 1);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	pass(&d, DAY);
	g_assert_cmpuint(desk_events(&d, 1, "automation"), ==, 1);
	desk_close(&d);
}

static void test_a_new_configuration(void)
{
	enum { MANY = 450 };
	struct desk d;

	desk_open(&d, NULL);
	for (unsigned i = 1; i <= MANY; i++) {
		struct ticket t = { .number = i, .status = TICKET_WAITING, .updated = d.now };

		t.subject = t.queue = "support";
		desk_insert(&d, &t);
	}
	replan(&d);
	desk_configure(&d, nudging);
	g_assert_cmpuint(replan(&d), >, 2);
	g_assert_cmpuint(replan(&d), ==, 1);
	d.now += 3 * DAY + MINUTE;
	run_due(&d, d.now);
	for (unsigned i = 1; i <= MANY; i += 7)
		g_assert_cmpuint(desk_events(&d, i, "automation"), ==, 1);
	desk_close(&d);
}

/* --- at the same time --- */

enum { TICKETS = 60, THREADS = 3 };

static void *race(void *arg)
{
	struct desk *d = arg;
	struct due_done done = { .why = NULL };
	struct error err;

	for (unsigned i = 0; i < 5; i++)
		g_assert_cmpint(
			due_run(d->store, d->settings, d->now + 4 * DAY, &done, &err), ==, ST_OK);
	due_done_release(&done);
	return NULL;
}

static void test_who_looks_at_the_same_time(void)
{
	GThread *threads[THREADS];
	struct desk d;

	desk_open(&d, nudging);
	for (unsigned i = 1; i <= TICKETS; i++) {
		struct ticket t = { .number = i, .status = TICKET_WAITING, .updated = d.now };

		t.automation_at = d.now + 3 * DAY;
		t.subject = t.queue = "support";
		desk_insert(&d, &t);
	}
	for (unsigned i = 0; i < THREADS; i++)
		threads[i] = g_thread_new("race", race, &d);
	for (unsigned i = 0; i < THREADS; i++)
		g_thread_join(threads[i]);
	for (unsigned i = 1; i <= TICKETS; i++)
		g_assert_cmpuint(desk_events(&d, i, "automation"), ==, 1);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/automation/nudged once, and given up", test_nudged_once_and_given_up);
	g_test_add_func("/automation/what the nudge looks like", test_what_the_nudge_looks_like);
	g_test_add_func("/automation/its cause is in each event", test_its_cause_is_in_each_event);
	g_test_add_func("/automation/each stay anew", test_each_stay_anew);
	g_test_add_func("/automation/idle is what people leave", test_idle);
	g_test_add_func("/automation/two that undo each other are stopped",
		test_two_that_undo_each_other_are_stopped);
	g_test_add_func(
		"/automation/no mail where mail came back", test_no_mail_where_mail_came_back);
	g_test_add_func(
		"/automation/the caps of a mailbox count", test_the_caps_of_a_mailbox_count);
	g_test_add_func("/automation/an agent who is gone", test_an_agent_who_is_gone);
	g_test_add_func("/automation/a condition about messages", test_a_condition_about_messages);
	g_test_add_func("/automation/only in open hours", test_only_in_open_hours);
	g_test_add_func("/automation/a clock that jumps", test_a_clock_that_jumps);
	g_test_add_func("/automation/what became overdue", test_overdue);
	g_test_add_func("/automation/a new configuration plans anew", test_a_new_configuration);
	g_test_add_func("/automation/once, whoever looks at the same time",
		test_who_looks_at_the_same_time);
	return g_test_run();
}
