/* Two agents answer one mail: who has not read the other's answer, and what comes of it. */
#include "../desk.h"

#include <string.h>

#include "base/text.h"

static const char asks[] =
	"From: Carla Customer <carla@example.net>\nTo: support@example.com\nSubject: Printer\n"
	"Date: Mon, 21 Sep 2026 10:00:00 +0000\nMessage-ID: <%s@example.net>\n%s\nIt burns.\n";

static enum status ben_is_in_support(struct txn *txn, void *arg, struct error *err)
{
	struct agent ben = { 0 };
	enum status st = agents_load(txn, "ben", &ben, err);

	(void)arg;
	text_list_add(&ben.queues, "support");
	text_list_add(&ben.queues, "desk");
	if (st == ST_OK)
		st = agents_save(txn, &ben, err);
	record_release(&agent_type, &ben);
	return st;
}

static void open_with_two(struct desk *d, const char *extra)
{
	desk_open(d, extra);
	g_assert_cmpint(store_write(d->store, ben_is_in_support, NULL, &d->err), ==, ST_OK);
}

static void carla_asks(struct desk *d, const char *to, const char *id, const char *more)
{
	g_autofree char *mail = g_strdup_printf(asks, id, more);

	desk_mail(d, "carla@example.net", to, NULL, mail);
	g_assert_cmpuint(d->last.ticket, ==, 1);
}

struct agents_answer {
	const char *who, *id, *subject, *to, *in_reply_to, *references;
};

static void answers(struct desk *d, const struct agents_answer *answer)
{
	g_autofree char *address = g_strdup_printf("%s@example.com", answer->who);
	g_autofree char *mail = g_strdup_printf(
		"From: <%s>\nTo: %s\nSubject: %s\nMessage-ID: <%s@example.com>\n"
		"Date: Mon, 21 Sep 2026 11:00:00 +0000\n%s%s\n%s%s\n\nHello.\n",
		address, answer->to, answer->subject ? answer->subject : "Re: Printer", answer->id,
		answer->in_reply_to ? "In-Reply-To: " : "X-None: ",
		text_or_none(answer->in_reply_to), "References: ", answer->references);

	desk_mail(d, address, answer->to, answer->who, mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

/* carla's <q1>, ben's answer <b1> to it; then anna's. */
static const struct crossing_row {
	const char *sentence;
	struct agents_answer ben, anna;
	bool crossed;
} crossing_rows[] = {
	{ "one who names neither the colleague's answer",
		{ "ben", "b1", NULL, "carla@example.net", "<q1@example.net>", "<q1@example.net>" },
		{ "anna", "a1", NULL, "carla@example.net", "<q1@example.net>", "<q1@example.net>" },
		true },
	{ "one who has read the answer",
		{ "ben", "b1", NULL, "carla@example.net", "<q1@example.net>", "<q1@example.net>" },
		{ "anna", "a1", NULL, "carla@example.net", "<q1@example.net>",
			"<q1@example.net> <b1@example.com>" },
		false },
	{ "one who answers the colleague's answer",
		{ "ben", "b1", NULL, "carla@example.net", "<q1@example.net>", "<q1@example.net>" },
		{ "anna", "a1", NULL, "carla@example.net", "<b1@example.com>", "<b1@example.com>" },
		false },
	{ "one whose client gives no In-Reply-To",
		{ "ben", "b1", NULL, "carla@example.net", "<q1@example.net>", "<q1@example.net>" },
		{ "anna", "a1", NULL, "carla@example.net", NULL, "<q1@example.net>" }, false },
	{ "one to somebody else",
		{ "ben", "b1", NULL, "partner@example.org", "<q1@example.net>",
			"<q1@example.net>" },
		{ "anna", "a1", NULL, "carla@example.net", "<q1@example.net>", "<q1@example.net>" },
		false },
	{ "a second answer of one's own",
		{ "anna", "b1", NULL, "carla@example.net", "<q1@example.net>", "<q1@example.net>" },
		{ "anna", "a1", NULL, "carla@example.net", "<q1@example.net>", "<q1@example.net>" },
		false },
};

static void test_crossing(gconstpointer data)
{
	const struct crossing_row *row = data;
	struct ticket t;
	struct desk d;

	open_with_two(&d, NULL);
	carla_asks(&d, "support@example.com", "q1", "");
	answers(&d, &row->ben);
	answers(&d, &row->anna);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_ACCEPT);
	g_assert_cmpuint(desk_events(&d, 1, "crossed"), ==, row->crossed);
	g_assert_cmpuint(desk_outbox(&d, "notice", NULL), ==, row->crossed ? 2 : 0);
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.crossed, ==, row->crossed);
	g_assert_cmpuint(t.messages_count, ==, 3);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static const struct agents_answer bens = { "ben", "b1", NULL, "carla@example.net",
	"<q1@example.net>", "<q1@example.net>" };
static const struct agents_answer annas = { "anna", "a1", NULL, "carla@example.net",
	"<q1@example.net>", "<q1@example.net>" };

/* What counts is when it was recorded here, whatever Date says; and which mail is answered. */
static void test_an_answer_to_what_came_later_does_not_cross(void)
{
	struct agents_answer later = annas, sooner = annas;
	struct desk d;

	later.in_reply_to = later.references = "<q2@example.net>";
	sooner.id = "a2";
	open_with_two(&d, NULL);
	carla_asks(&d, "support@example.com", "q1", "");
	answers(&d, &bens);
	carla_asks(&d, "support@example.com", "q2", "In-Reply-To: <q1@example.net>\n");
	answers(&d, &later);
	g_assert_cmpuint(desk_events(&d, 1, "crossed"), ==, 0);
	answers(&d, &sooner);
	g_assert_cmpuint(desk_events(&d, 1, "crossed"), ==, 1);
	desk_close(&d);
}

static enum status zones_of_both(struct txn *txn, void *arg, struct error *err)
{
	static const char *const zones[][2] = { { "anna", "Asia/Tokyo" }, { "ben", "UTC" } };
	enum status st = ST_OK;

	(void)arg;
	for (size_t i = 0; i < G_N_ELEMENTS(zones) && st == ST_OK; i++) {
		struct agent agent = { 0 };

		st = agents_load(txn, zones[i][0], &agent, err);
		g_free(agent.zone);
		agent.zone = g_strdup(zones[i][1]);
		if (st == ST_OK)
			st = agents_save(txn, &agent, err);
		record_release(&agent_type, &agent);
	}
	return st;
}

/* As any notice: what was written last, an address that an answer from a phone goes to, and times
 * by the reader's clock. The desk's clock begins on 21 September 2026 at 14:13:20 UTC. */
static void test_what_both_are_told(void)
{
	struct agents_answer again = annas;
	g_autofree char *mail = NULL, *token = NULL, *answer = NULL;
	const char *reply;
	struct ticket t;
	struct desk d;

	again.id = "a2";
	open_with_two(&d, NULL);
	g_assert_cmpint(store_write(d.store, zones_of_both, NULL, &d.err), ==, ST_OK);
	carla_asks(&d, "support@example.com", "q1", "");
	answers(&d, &bens);
	answers(&d, &annas);
	/* Anna's is the last. */
	g_assert_cmpuint(desk_outbox(&d, "notice", &mail), ==, 2);
	g_assert_nonnull(strstr(mail, "\nTo: anna@example.com"));
	g_assert_nonnull(
		strstr(mail, "ben has answered the same mail, last on 2026-09-21 23:13 JST"));
	g_assert_nonnull(strstr(mail, "> It burns."));
	g_assert_nonnull(strstr(mail, "> Hello."));
	reply = strstr(mail, "\nReply-To: ") + strlen("\nReply-To: ");
	token = g_strndup(reply, strcspn(reply, "\n"));
	answer = g_strdup_printf("From: anna@example.com\nTo: %s\nSubject: Re: Printer\n"
				 "Message-ID: <p@example.com>\n\npriority high\n",
		token);
	desk_mail(&d, "anna@example.com", token, "anna", answer);
	g_assert_cmpint(d.last.whose, ==, WHOSE_NOTE);
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.priority, ==, PRIORITY_HIGH);
	record_release(&ticket_type, &t);
	desk_configure(&d, "policy: { crossed = \"refuse\"; };");
	answers(&d, &again);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	g_assert_true(g_str_has_prefix(
		d.last.edits.reply, "5.7.1 ben answered on 2026-09-21 23:13 JST, and"));
	desk_close(&d);
}

static void test_refused_until_said_anyway(void)
{
	struct agents_answer anyway = annas;
	const char *subject;
	struct desk d;

	anyway.subject = "Re: Printer !anyway";
	open_with_two(&d, "policy: { crossed = \"refuse\"; };");
	carla_asks(&d, "support@example.com", "q1", "");
	answers(&d, &bens);
	answers(&d, &annas);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	g_assert_true(g_str_has_prefix(d.last.edits.reply, "5.7.1 ben answered on 2026-09-2"));
	g_assert_cmpuint(desk_events(&d, 1, "refused"), ==, 1);
	g_assert_cmpuint(desk_events(&d, 1, "crossed"), ==, 0);
	g_assert_cmpuint(desk_events(&d, 1, "reply"), ==, 1);
	answers(&d, &anyway);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_ACCEPT);
	subject = desk_header(&d, "Subject");
	g_assert_nonnull(subject);
	g_assert_null(strstr(subject, "anyway"));
	g_assert_cmpuint(desk_events(&d, 1, "crossed"), ==, 1);
	g_assert_cmpuint(desk_events(&d, 1, "reply"), ==, 2);
	/* The same mail again, after a lost 250. */
	answers(&d, &anyway);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_ACCEPT);
	g_assert_cmpuint(desk_events(&d, 1, "crossed"), ==, 1);
	desk_close(&d);
}

/* The word of a customer is no command. */
static void test_the_customers_anyway_lets_nothing_pass(void)
{
	struct agents_answer carried = annas;
	struct desk d;

	carried.subject = "Re: Printer !anyway";
	open_with_two(&d, "policy: { crossed = \"refuse\"; };");
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nTo: support@example.com\nSubject: Printer !anyway\n"
		"Message-ID: <q1@example.net>\n\nIt burns.\n");
	answers(&d, &bens);
	answers(&d, &carried);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	desk_close(&d);
}

static void test_off(void)
{
	struct desk d;

	open_with_two(&d, "policy: { crossed = \"off\"; };");
	carla_asks(&d, "support@example.com", "q1", "");
	answers(&d, &bens);
	answers(&d, &annas);
	g_assert_cmpuint(desk_events(&d, 1, "crossed"), ==, 0);
	g_assert_cmpuint(desk_outbox(&d, "notice", NULL), ==, 0);
	desk_close(&d);
}

/* --- copies --- */

static void answers_at_the_desk(struct desk *d, const char *who, const char *id)
{
	g_autofree char *token = desk_address(desk_header(d, "Reply-To"));

	answers(d,
		&(struct agents_answer){
			who, id, NULL, token, "<q1@example.net>", "<q1@example.net>" });
}

/* As long as nobody has the ticket, all have got the customer's mail. */
static void test_colleagues_get_a_copy_of_what_the_desk_answers(void)
{
	struct desk d;

	open_with_two(&d, NULL);
	carla_asks(&d, "team@example.com", "q1", "");
	g_assert_true(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "anna@example.com"));
	g_assert_true(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "ben@example.com"));
	answers_at_the_desk(&d, "anna", "a1");
	g_assert_true(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "carla@example.net"));
	g_assert_true(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "ben@example.com"));
	g_assert_false(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "anna@example.com"));
	desk_close(&d);
}

/* The retry after a lost 250 finds the ticket changed. */
static void test_a_copy_comes_again_with_the_mail(void)
{
	g_autofree char *token = NULL;
	struct desk d;

	open_with_two(&d, NULL);
	carla_asks(&d, "team@example.com", "q1", "");
	token = desk_address(desk_header(&d, "Reply-To"));
	for (int i = 0; i < 2; i++) {
		answers(&d,
			&(struct agents_answer){ "anna", "a1", NULL, token, "<q1@example.net>",
				"<q1@example.net>" });
		g_assert_true(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "ben@example.com"));
	}
	/* It is hers now. */
	answers(&d,
		&(struct agents_answer){
			"anna", "a2", NULL, token, "<q1@example.net>", "<q1@example.net>" });
	g_assert_false(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "ben@example.com"));
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(crossing_rows); i++) {
		g_autofree char *path = g_strdup_printf("/crossed/%s", crossing_rows[i].sentence);

		g_test_add_data_func(path, &crossing_rows[i], test_crossing);
	}
	g_test_add_func("/crossed/an answer to what came later does not cross",
		test_an_answer_to_what_came_later_does_not_cross);
	g_test_add_func("/crossed/what both are told", test_what_both_are_told);
	g_test_add_func("/crossed/refused until said anyway", test_refused_until_said_anyway);
	g_test_add_func("/crossed/the customer's anyway lets nothing pass",
		test_the_customers_anyway_lets_nothing_pass);
	g_test_add_func("/crossed/off", test_off);
	g_test_add_func("/copies/colleagues get a copy of what the desk answers",
		test_colleagues_get_a_copy_of_what_the_desk_answers);
	g_test_add_func(
		"/copies/a copy comes again with the mail", test_a_copy_comes_again_with_the_mail);
	return g_test_run();
}
