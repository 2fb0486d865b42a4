/* Queries that a ticket's messages answer, and from when a ticket counts as idle. */
#include "tables/query-look.h"

#include <string.h>

#include "base/text.h"
#include "act/command.h"
#include "../desk.h"

#define TWO_FILES \
	"Content-Type: multipart/mixed; boundary=b\n\n" \
	"--b\n\nThe printer Größe 7 burns, 東京都 too.\n" \
	"--b\nContent-Type: application/pdf; name=\"Invoice-2026.pdf\"\n" \
	"Content-Disposition: attachment; filename=\"Invoice-2026.pdf\"\n\nx\n--b--\n"

static void mail(struct desk *d, const char *headers_and_text)
{
	g_autofree char *all = g_strconcat(
		"From: Carla Kern <carla@customer.example>\nCc: boss@partner.example\n",
		headers_and_text, NULL);

	desk_mail(d, "carla@customer.example", "support@example.com", NULL, all);
	g_assert_cmpint(d->status, ==, ST_OK);
}

static void note(struct desk *d, const char *answers, const char *text)
{
	g_autofree char *all = g_strdup_printf(
		"From: Anna <anna@example.com>\nTo: support@example.com\n"
		"In-Reply-To: <%s>\nMessage-ID: <n@example.com>\nSubject: Re: x\n\n%s\n",
		answers, text);

	desk_mail(d, "anna@example.com", "support@example.com", "anna", all);
	g_assert_cmpint(d->status, ==, ST_OK);
}

static void desk_with_mail(struct desk *d)
{
	desk_open(d, NULL);
	mail(d, "Subject: Smoke\nMessage-ID: <m1@customer.example>\nMIME-Version: 1.0\n" TWO_FILES);
	mail(d, "Subject: Another thing\nMessage-ID: <m2@customer.example>\n\nQuite quiet.\n");
	note(d, "m1@customer.example", "Seems to be the fuser.");
}

struct question {
	const char *text;
	uint64_t number;
	bool holds, timeless;
	int64_t now;
};

static enum status ask(struct txn *txn, void *arg, struct error *err)
{
	struct question *question = arg;
	const struct query_asker asker = { .me = "anna" };
	struct query_tree *q = NULL;
	struct query_look look;
	struct ticket t = { 0 };
	enum status st = query_parse(question->text, &asker, &q, err);

	g_assert_cmpint(st, ==, ST_OK);
	g_assert_cmpint(tickets_load(txn, question->number, &t, err), ==, ST_OK);
	query_look_init(&look, txn, question->now);
	look.timeless = question->timeless;
	st = query_matches(q, &look, &t, &question->holds, err);
	query_look_release(&look);
	record_release(&ticket_type, &t);
	query_free(q);
	return st;
}

static bool holds_at(struct desk *d, const char *text, uint64_t number, int64_t now)
{
	struct question question = { .text = text, .number = number, .now = now };

	g_test_message("%s of %u", text, (unsigned)number);
	g_assert_cmpint(store_read(d->store, ask, &question, &d->err), ==, ST_OK);
	return question.holds;
}

/* first: does it hold for ticket 1; second: for ticket 2? */
static const struct {
	const char *text;
	bool first, second;
} rows[] = {
	{ "from:carla@customer.example", true, true },
	{ "from:kern", true, true },
	{ "from:@example.com", true, false },
	{ "from:anna", true, false },
	{ "from:boss", false, false },
	{ "to:boss@partner.example", true, true },
	{ "to:@customer.example", false, false },
	{ "text:printer", true, false },
	{ "text:print*", true, false },
	{ "text:rinte", true, false },
	{ "text:\"rinte\"", false, false },
	{ "text:\"the printer\"", true, false },
	{ "text:\"printer the\"", false, false },
	{ "text:grosse", true, false },
	{ "text:東京", true, false },
	{ "text:京都", true, false },
	{ "text:fuser", false, false },
	{ "note:fuser", true, false },
	{ "note:printer", false, false },
	{ "attachment:invoice", true, false },
	{ "attachment:*.pdf", true, false },
	{ "attachment:invoice-????.pdf", true, false },
	{ "attachment:*.png", false, false },
	{ "id:m1@customer.example", true, false },
	{ "id:\"<m1@customer.example>\"", true, false },
	{ "id:n@example.com", true, false },
	{ "id:M1@customer.example", false, false },
	{ "has:note", true, false },
	{ "has:attachment", true, false },
	{ "printer", true, false },
	{ "fuser", true, false },
	{ "invoice", true, false },
	{ "partner", true, true },
	{ "printer fuser", true, false },
	{ "printer -fuser", false, false },
	{ "printer or quiet", true, true },
	{ "-printer", false, true },
	{ "not (fuser or invoice)", false, true },
	{ "-text:printer,quiet", false, false },
	{ "text:nothing,quiet", false, true },
	{ "agent:none printer", true, false },
};

static void test_messages(void)
{
	struct desk d;

	desk_with_mail(&d);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_assert_cmpint(holds_at(&d, rows[i].text, 1, d.now), ==, rows[i].first);
		g_assert_cmpint(holds_at(&d, rows[i].text, 2, d.now), ==, rows[i].second);
	}
	desk_close(&d);
}

static void assign(struct desk *d, uint64_t number, const char *agent)
{
	struct ticket t = { 0 };

	desk_ticket(d, number, &t);
	g_free(t.agent);
	t.agent = g_strdup(agent);
	desk_save(d, &t);
	record_release(&ticket_type, &t);
}

/* By the login if there is one, else as people are. */
static void test_agents(void)
{
	struct desk d;

	desk_with_mail(&d);
	assign(&d, 2, "anna");
	g_assert_true(holds_at(&d, "agent:anna", 2, 0));
	g_assert_true(holds_at(&d, "agent:me", 2, 0));
	g_assert_true(holds_at(&d, "agent:anna@example.com", 2, 0));
	g_assert_true(holds_at(&d, "agent:@example.com", 2, 0));
	g_assert_true(holds_at(&d, "agent:nna@exam", 2, 0) == false);
	g_assert_false(holds_at(&d, "agent:ben", 2, 0));
	g_assert_false(holds_at(&d, "agent:ben@example.com", 2, 0));
	assign(&d, 2, "gone");
	g_assert_true(holds_at(&d, "agent:gone", 2, 0));
	g_assert_false(holds_at(&d, "agent:anna", 2, 0));
	desk_close(&d);
}

static void test_timeless(void)
{
	struct desk d;
	struct question stays = { "status:new idle:30d.. printer", 1, false, true, 1 },
			ends = { "status:waiting idle:30d..", 1, false, true, 1 };

	desk_with_mail(&d);
	g_assert_cmpint(store_read(d.store, ask, &stays, &d.err), ==, ST_OK);
	g_assert_cmpint(store_read(d.store, ask, &ends, &d.err), ==, ST_OK);
	g_assert_true(stays.holds);
	g_assert_false(ends.holds);
	desk_close(&d);
}

/* --- idle --- */

static int64_t touched(struct desk *d, uint64_t number)
{
	struct ticket t = { 0 };
	int64_t when;

	desk_ticket(d, number, &t);
	when = t.touched;
	g_assert_cmpint(t.updated, >=, when);
	record_release(&ticket_type, &t);
	return when;
}

static void auto_mail(struct desk *d, const char *headers)
{
	g_autofree char *all = g_strconcat(
		"In-Reply-To: <m1@customer.example>\n", headers, "\nI am away.\n", NULL);

	mail(d, all);
}

static void test_idle(void)
{
	struct desk d;
	int64_t before;

	desk_with_mail(&d);
	before = touched(&d, 1);
	g_assert_cmpint(before, >, touched(&d, 2));
	auto_mail(&d, "Auto-Submitted: auto-replied\nMessage-ID: <v@customer.example>\n");
	g_assert_cmpstr(d.last.event, ==, "auto");
	g_assert_cmpint(touched(&d, 1), ==, before);
	auto_mail(&d, "Message-ID: <p@customer.example>\nSubject: Re: Smoke\n");
	g_assert_cmpint(touched(&d, 1), >, before);
	g_assert_true(holds_at(&d, "idle:..1s", 1, touched(&d, 1)));
	g_assert_true(holds_at(&d, "idle:1d..", 1, touched(&d, 1) + INT64_C(86400) * TEXT_SECOND));
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/query-look/messages", test_messages);
	g_test_add_func("/query-look/agents", test_agents);
	g_test_add_func("/query-look/timeless", test_timeless);
	g_test_add_func("/query-look/idle", test_idle);
	return g_test_run();
}
