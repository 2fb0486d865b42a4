/* What was merged is taken apart again: each ticket has its own messages, times and status. */
#include "act/command.h"

#include <string.h>

#include "base/text.h"
#include "keep/due.h"
#include "../desk.h"

struct said {
	struct desk *desk;
	const char *line;
	uint64_t number;
	char *answer;
};

static enum status say(struct txn *txn, void *arg, struct error *err)
{
	struct said *s = arg;
	struct commander by = { .actor = { "unix:root", s->desk->now },
		.settings = s->desk->settings };
	struct command command = { 0 };
	g_autofree char *done = NULL;
	enum status st;

	g_assert_cmpint(command_parse_line(s->line, s->desk->now, &command, err), ==, ST_OK);
	st = command_apply(txn, &by, s->number, &command, &done, err);
	g_free(s->answer);
	s->answer = g_strdup(st == ST_OK ? done : err->text);
	command_release(&command);
	return ST_OK;
}

static void does(struct desk *d, uint64_t number, const char *line, const char *answer)
{
	struct said s = { .desk = d, .line = line, .number = number };

	d->now += TEXT_SECOND;
	g_assert_cmpint(store_write(d->store, say, &s, &d->err), ==, ST_OK);
	g_assert_cmpstr(s.answer, ==, answer);
	g_free(s.answer);
}

static void comes(struct desk *d, const char *id, const char *answers)
{
	g_autofree char *mail = g_strdup_printf(
		"From: carla@example.net\nSubject: %s\nMessage-ID: <%s@x>\n%s%s%s\nx\n", id, id,
		answers ? "In-Reply-To: <" : "", answers ? answers : "", answers ? "@x>\n" : "");

	desk_mail(d, "carla@example.net", "support@example.com", NULL, mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

static void goes(struct desk *d, const char *id, const char *answers)
{
	g_autofree char *mail = g_strdup_printf(
		"From: anna@example.com\nTo: carla@example.net\nSubject: Re\nMessage-ID: <%s@x>\n"
		"In-Reply-To: <%s@x>\n\nx\n",
		id, answers);

	desk_mail(d, "anna@example.com", "carla@example.net", "anna", mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

static enum status add_id(struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	g_autofree char *id = g_strndup(e->message_id + 1, strcspn(e->message_id, "@") - 1);

	(void)txn;
	(void)err;
	g_string_append_printf(arg, "%s ", id);
	return ST_OK;
}

struct asked {
	uint64_t number;
	GString *ids;
};

static enum status list_ids(struct txn *txn, void *arg, struct error *err)
{
	struct asked *a = arg;

	g_string_truncate(a->ids, 0);
	return tickets_each_entry(txn, a->number, add_id, a->ids, err);
}

/* "status merged_into: ids". */
static void is(struct desk *d, uint64_t number, const char *wanted)
{
	g_autoptr(GString) ids = g_string_new(NULL);
	g_autofree char *all = NULL;
	struct asked asked = { number, ids };
	struct ticket t;

	desk_ticket(d, number, &t);
	g_assert_cmpint(store_read(d->store, list_ids, &asked, &d->err), ==, ST_OK);
	all = g_strdup_printf("%s %d: %s(%d)", ticket_status_names[t.status], (int)t.merged_into,
		ids->str, (int)t.messages_count);
	g_assert_cmpstr(all, ==, wanted);
	g_assert_cmpint(t.closed != 0, ==, t.status == TICKET_CLOSED);
	record_release(&ticket_type, &t);
}

static void test_times(void)
{
	struct ticket before, after;
	struct desk d;

	desk_open(&d, NULL);
	comes(&d, "a", NULL);
	goes(&d, "a1", "a");
	desk_ticket(&d, 1, &before);
	comes(&d, "b", NULL);
	goes(&d, "b1", "b");
	comes(&d, "b2", "b1");
	does(&d, 2, "merge 1", "#2 merged into #1");
	is(&d, 1, "waiting 0: a a1 b b1 b2 (5)");
	is(&d, 2, "closed 1: (0)");
	desk_ticket(&d, 1, &after);
	g_assert_cmpint(after.last_in, >, before.last_in);
	g_assert_cmpint(after.last_out, >, before.last_out);
	record_release(&ticket_type, &after);
	does(&d, 2, "unmerge", "#2 is no part of #1 any more");
	desk_ticket(&d, 1, &after);
	g_assert_cmpint(after.last_in, ==, before.last_in);
	g_assert_cmpint(after.last_out, ==, before.last_out);
	record_release(&ticket_type, &after);
	record_release(&ticket_type, &before);
	desk_ticket(&d, 2, &after);
	g_assert_cmpint(after.last_in, >, after.last_out);
	g_assert_cmpint(after.last_out, >, 0);
	record_release(&ticket_type, &after);
	is(&d, 2, "open 0: b b1 b2 (3)");
	desk_close(&d);
}

static void test_statuses(void)
{
	static const struct {
		const char *line, *answer, *is;
	} rows[] = {
		{ "close", "#2 closed", "closed 0: b (1)" },
		{ "spam", "#2 spam", "spam 0: b (1)" },
		{ "status clarify", "#2 clarify", "clarify 0: b (1)" },
		{ "tag x", "#2 tagged x", "new 0: b (1)" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct desk d;

		desk_open(&d, NULL);
		comes(&d, "a", NULL);
		comes(&d, "b", NULL);
		does(&d, 2, rows[i].line, rows[i].answer);
		does(&d, 2, "merge 1", "#2 merged into #1");
		does(&d, 2, "unmerge", "#2 is no part of #1 any more");
		is(&d, 2, rows[i].is);
		does(&d, 2, "unmerge", "ticket #2 is not merged");
		desk_close(&d);
	}
}

/* What a rule, or the sender, made of it when it came. */
static void test_as_it_came(void)
{
	static const struct {
		const char *rule, *is;
	} rows[] = {
		{ "rules = ( { name = \"x\"; set: { status = \"closed\"; }; } );",
			"closed 0: b (1)" },
		{ "rules = ( { name = \"x\"; set: { status = \"spam\"; }; } );", "spam 0: b (1)" },
		{ "rules = ( { name = \"x\"; set: { status = \"clarify\"; }; } );",
			"clarify 0: b (1)" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct ticket before, after;
		struct desk d;

		desk_open(&d, rows[i].rule);
		comes(&d, "a", NULL);
		comes(&d, "b", NULL);
		desk_ticket(&d, 2, &before);
		for (unsigned again = 0; again < 2; again++) {
			does(&d, 2, "merge 1", "#2 merged into #1");
			does(&d, 2, "unmerge", "#2 is no part of #1 any more");
			is(&d, 2, rows[i].is);
		}
		desk_ticket(&d, 2, &after);
		g_assert_cmpint(after.closed, ==, before.closed);
		record_release(&ticket_type, &before);
		record_release(&ticket_type, &after);
		desk_close(&d);
	}
}

/* It waits for nothing any more. */
static void test_woken(void)
{
	struct due_done done = { 0 };
	struct ticket t;
	struct desk d;

	desk_open(&d, NULL);
	comes(&d, "a", NULL);
	comes(&d, "b", NULL);
	does(&d, 2, "wait 2030-01-02T00:00Z", "#2 waiting until 2030-01-02T00:00:00Z");
	d.now = INT64_C(1893542400) * TEXT_SECOND;
	g_assert_cmpint(due_run(d.store, d.settings, d.now, &done, &d.err), ==, ST_OK);
	due_done_release(&done);
	does(&d, 2, "merge 1", "#2 merged into #1");
	does(&d, 2, "unmerge", "#2 is no part of #1 any more");
	is(&d, 2, "open 0: b (1)");
	desk_ticket(&d, 2, &t);
	g_assert_cmpint(t.wait_until, ==, 0);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

/* One in the other in a third: taken apart from the outside. */
static void test_chain(void)
{
	struct desk d;

	desk_open(&d, NULL);
	comes(&d, "a", NULL);
	comes(&d, "b", NULL);
	comes(&d, "c", NULL);
	does(&d, 1, "merge 2", "#1 merged into #2");
	does(&d, 2, "merge 3", "#2 merged into #3");
	is(&d, 3, "new 0: c b a (3)");
	does(&d, 2, "unmerge", "#2 is no part of #3 any more");
	is(&d, 3, "new 0: c (1)");
	is(&d, 2, "new 0: b a (2)");
	does(&d, 1, "unmerge", "#1 is no part of #2 any more");
	is(&d, 1, "new 0: a (1)");
	is(&d, 2, "new 0: b (1)");
	desk_close(&d);
}

/* Nobody promised anything for what was merged; for what is not, somebody does again. */
static void test_promises(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d,
		"slas = ( { name = \"gold\"; respond = \"4h\"; } );\n"
		"automations = ( { name = \"a\"; when = \"status:new idle:3d..\";"
		" do = ( \"close\" ); } );");
	comes(&d, "one", NULL);
	comes(&d, "two", NULL);
	does(&d, 2, "merge 1", "#2 merged into #1");
	desk_ticket(&d, 2, &t);
	g_assert_cmpint(t.respond_by, ==, 0);
	g_assert_cmpint(t.automation_at, ==, 0);
	record_release(&ticket_type, &t);
	does(&d, 2, "unmerge", "#2 is no part of #1 any more");
	desk_ticket(&d, 2, &t);
	g_assert_cmpint(t.respond_by, >, d.now);
	g_assert_cmpint(t.automation_at, >, d.now);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unmerge/messages and their times", test_times);
	g_test_add_func("/unmerge/the status that it had", test_statuses);
	g_test_add_func("/unmerge/what is promised", test_promises);
	g_test_add_func("/unmerge/as it came", test_as_it_came);
	g_test_add_func("/unmerge/what has woken", test_woken);
	g_test_add_func("/unmerge/one after the other", test_chain);
	return g_test_run();
}
