/* When an automation is looked at, and how much all of them may do, for one ticket. */
#include "decide/automating.h"

#include "base/limits.h"
#include "base/text.h"
#include "../desk.h"

#define DAY (INT64_C(86400) * TEXT_SECOND)
#define MORNING (INT64_C(1790000000) / 86400 * DAY) /* of a day in UTC */

static const char conf[] =
	"automations = (\n"
	"  { name = \"late\"; when = \"status:waiting idle:3d..\"; do = ( \"close\" ); },\n"
	"  { name = \"soon\"; when = \"status:waiting idle:1d..\"; do = ( \"tag +x\" ); },\n"
	"  { name = \"said\"; when = \"status:open text:fire\"; do = ( \"tag +x\" ); },\n"
	"  { name = \"now\"; when = \"status:clarify\"; do = ( \"tag +x\" ); } );";

static struct desk d;

static const struct automation *named(const char *name)
{
	return automating_find(d.settings, name);
}

static void test_names(void)
{
	g_assert_cmpstr(named("soon")->name, ==, "soon");
	g_assert_null(named("so"));
	g_assert_null(named("soonest"));
}

/* --- how much --- */

static void test_count(void)
{
	struct ticket t = { .number = 1 };

	for (unsigned i = 1; i <= LIMIT_AUTOMATION_ACTIONS; i++) {
		g_assert_true(automating_count(&t, MORNING + i));
		g_assert_cmpuint(t.automation_count, ==, i);
		g_assert_cmpint(t.automation_day, ==, MORNING);
	}
	g_assert_false(automating_count(&t, MORNING + DAY - 1));
	g_assert_cmpuint(t.automation_count, ==, LIMIT_AUTOMATION_ACTIONS);
	g_assert_cmpuint(t.automation_total, ==, LIMIT_AUTOMATION_ACTIONS);
	g_assert_true(automating_count(&t, MORNING + DAY));
	g_assert_cmpuint(t.automation_count, ==, 1);
	g_assert_cmpint(t.automation_day, ==, MORNING + DAY);
	g_assert_cmpuint(t.automation_total, ==, LIMIT_AUTOMATION_ACTIONS + 1);
}

/* Whoever does something with it sets it free, from the next day on. */
static void test_stop(void)
{
	const int64_t noon = MORNING + DAY / 2;
	struct ticket t = { .number = 1, .status = TICKET_CLARIFY, .touched = MORNING };

	automating_plan(d.settings, &t, noon, false);
	g_assert_cmpint(t.automation_at, ==, noon);
	for (unsigned i = 0; i < LIMIT_AUTOMATION_ACTIONS; i++)
		automating_count(&t, noon);
	g_assert_false(automating_is_stopped(&t));
	/* All that may be was done; there is no more to stop for yet. */
	automating_plan(d.settings, &t, noon, false);
	g_assert_cmpint(t.automation_at, ==, noon);
	automating_stop(&t, noon);
	g_assert_true(automating_is_stopped(&t));
	automating_plan(d.settings, &t, noon + 5, false);
	g_assert_cmpint(t.automation_at, ==, 0);
	g_assert_cmpint(t.automation_stopped, ==, noon);
	t.touched = noon;
	g_assert_true(automating_is_stopped(&t));
	t.touched = noon + 1;
	g_assert_false(automating_is_stopped(&t));
	automating_plan(d.settings, &t, noon + 5, false);
	g_assert_cmpint(t.automation_stopped, ==, 0);
	g_assert_cmpint(t.automation_at, ==, MORNING + DAY);
	automating_plan(d.settings, &t, MORNING + DAY + 7, false);
	g_assert_cmpint(t.automation_at, ==, MORNING + DAY + 7);
}

/* --- when --- */

static int64_t planned(struct ticket *t, int64_t now, bool looked)
{
	automating_plan(d.settings, t, now, looked);
	return t->automation_at;
}

static void test_the_first_counts(void)
{
	struct ticket t = { .number = 1, .status = TICKET_WAITING, .touched = MORNING };

	g_assert_cmpint(planned(&t, MORNING + 1, false), ==, MORNING + DAY);
	automating_mark(named("soon"), &t);
	automating_mark(named("soon"), &t);
	g_assert_cmpuint(g_strv_length(t.automated), ==, 1);
	g_assert_true(automating_has_run(named("soon"), &t));
	g_assert_false(automating_has_run(named("late"), &t));
	/* Whether its stay is over is looked at once. */
	g_assert_cmpint(planned(&t, MORNING + 1, false), ==, MORNING + 1);
	g_assert_cmpint(planned(&t, MORNING + 1, true), ==, MORNING + 3 * DAY);
	g_assert_true(automating_has_run(named("soon"), &t));
	automating_unmark(named("soon"), &t);
	g_assert_cmpint(planned(&t, MORNING + 2 * DAY, false), ==, MORNING + 2 * DAY);
	t.merged_into = 2;
	g_assert_cmpint(planned(&t, MORNING + 2 * DAY, false), ==, 0);
	record_release(&ticket_type, &t);
}

static void test_stays_end(void)
{
	struct ticket t = { .number = 1, .status = TICKET_WAITING, .touched = MORNING };

	text_list_add(&t.automated, "soon");
	text_list_add(&t.automated, "now");
	text_list_add(&t.automated, "gone");
	planned(&t, MORNING + 1, false);
	g_assert_cmpuint(g_strv_length(t.automated), ==, 1);
	g_assert_cmpstr(t.automated[0], ==, "soon");
	t.status = TICKET_NEW;
	g_assert_cmpint(planned(&t, MORNING + 1, false), ==, 0);
	g_assert_null(t.automated);
	record_release(&ticket_type, &t);
}

/* What only messages tell is looked at once, and again when something has changed. */
static void test_messages(void)
{
	struct ticket t = { .number = 1, .status = TICKET_OPEN, .touched = MORNING };

	g_assert_cmpint(planned(&t, MORNING + 1, false), ==, MORNING + 1);
	g_assert_cmpint(planned(&t, MORNING + 2, true), ==, 0);
	automating_mark(named("said"), &t);
	g_assert_cmpint(planned(&t, MORNING + 3, false), ==, MORNING + 3);
	g_assert_cmpint(planned(&t, MORNING + 4, true), ==, 0);
	g_assert_true(automating_has_run(named("said"), &t));
	record_release(&ticket_type, &t);
}

static void test_concerns(void)
{
	struct ticket t = { .number = 1, .status = TICKET_NEW, .touched = MORNING };

	g_assert_false(automating_concerns(d.settings, &t, MORNING));
	t.automation_at = 1;
	g_assert_true(automating_concerns(d.settings, &t, MORNING));
	t.automation_at = 0;
	text_list_add(&t.automated, "gone");
	g_assert_true(automating_concerns(d.settings, &t, MORNING));
	text_list_remove(t.automated, "gone");
	g_clear_pointer(&t.automated, g_strfreev);
	t.status = TICKET_WAITING;
	g_assert_true(automating_concerns(d.settings, &t, MORNING));
	t.status = TICKET_OPEN;
	g_assert_true(automating_concerns(d.settings, &t, MORNING));
	t.merged_into = 2;
	g_assert_false(automating_concerns(d.settings, &t, MORNING));
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	desk_open(&d, conf);
	g_test_add_func("/automating/names", test_names);
	g_test_add_func("/automating/so many in a day", test_count);
	g_test_add_func("/automating/stopped until somebody does something", test_stop);
	g_test_add_func("/automating/the first that is due", test_the_first_counts);
	g_test_add_func("/automating/stays end", test_stays_end);
	g_test_add_func("/automating/what only messages tell", test_messages);
	g_test_add_func("/automating/whom a new configuration concerns", test_concerns);
	code = g_test_run();
	desk_close(&d);
	return code;
}
