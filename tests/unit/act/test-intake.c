/* The story of a message, told from outside: mail goes in, tickets and planned edits come out. */
#include "../desk.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

static const char question[] =
	"From: Carla Customer <carla@example.net>\nTo: support@example.com\nSubject: Printer on fire\n"
	"Date: Mon, 21 Sep 2026 10:00:00 +0000\nMessage-ID: <q1@example.net>\n\nIt burns.\n";

static const char follow_up[] =
	"From: Carla Customer <carla@example.net>\nTo: support@example.com\nSubject: Re: Printer on fire\n"
	"Date: Mon, 21 Sep 2026 11:00:00 +0000\nMessage-ID: <q2@example.net>\nIn-Reply-To: <q1@example.net>\n\nStill burns.\n";

static const char agents_answer[] =
	"From: Anna Adler <anna@example.com>\nTo: Carla Customer <carla@example.net>\nSubject: Re: [example.com #1] Printer on fire\n"
	"Sender: anna@example.com\nDate: Mon, 21 Sep 2026 12:00:00 +0000\nMessage-ID: <a1@example.com>\nIn-Reply-To: <q1@example.net>\n\nPour water.\n";

static void ask(struct desk *d)
{
	const struct outcome *o = desk_mail(
		d, "carla@example.net", "support@example.com", NULL, question);

	g_assert_cmpint(d->status, ==, ST_OK);
	g_assert_cmpuint(o->ticket, ==, 1);
}

static void test_new_ticket(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	g_assert_cmpstr(d.last.event, ==, "opened");
	g_assert_cmpstr(desk_header(&d, "Subject"), ==, "[example.com #1] Printer on fire");
	g_assert_cmpstr(desk_header(&d, "X-Ticket"), ==, "1");
	g_assert_cmpstr(desk_header(&d, "X-Ticket-Queue"), ==, "support");
	g_assert_cmpstr(desk_header(&d, "X-Ticket-Project"), ==, "helpdesk");
	g_assert_cmpstr(desk_header(&d, "X-Ticket-Status"), ==, "new");
	g_assert_cmpstr(desk_header(&d, "X-Ticket-Match"), ==, "new");
	g_assert_cmpstr(desk_header(&d, "X-Ticket-Event"), ==, "opened");
	g_assert_null(desk_header(&d, "Message-ID"));
	desk_ticket(&d, 1, &t);
	g_assert_cmpstr(t.subject, ==, "Printer on fire");
	g_assert_cmpstr(t.requester_address, ==, "carla@example.net");
	g_assert_cmpstr(t.requester_name, ==, "Carla Customer");
	g_assert_cmpuint(t.messages_count, ==, 1);
	g_assert_cmpuint(g_strv_length(t.participants), ==, 1);
	record_release(&ticket_type, &t);
	g_assert_cmpuint(desk_outbox(&d, "opened", NULL), ==, 1);
	desk_close(&d);
}

/* A web form writes as itself, and the visitor is in Reply-To. */
static void test_visitor_of_a_form(void)
{
	struct desk d;
	struct ticket t;
	struct entry e;

	desk_open(&d, NULL);
	desk_mail(&d, "www@shop.example", "support@example.com", NULL,
		"From: Shop <form@shop.example>\nReply-To: Vera <V.Visitor@home.example>\n"
		"Subject: order\nMessage-ID: <f1@shop.example>\n\nWhere is it?\n");
	desk_ticket(&d, 1, &t);
	g_assert_cmpstr(t.requester_address, ==, "v.visitor@home.example");
	g_assert_cmpstr(ticket_requester(&t), ==, "V.Visitor@home.example");
	g_assert_cmpstr(t.requester_name, ==, "Vera");
	g_assert_cmpstr(t.participants[0], ==, "v.visitor@home.example");
	g_assert_true(text_list_has(t.participants, "form@shop.example"));
	desk_entry(&d, 1, 1, &e);
	g_assert_cmpstr(e.from, ==, "Shop <form@shop.example>");
	g_assert_cmpstr(e.reply_to, ==, "Vera <V.Visitor@home.example>");
	record_release(&entry_type, &e);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

/* Stored once where it is From's own address, and nowhere of what went out. */
static void test_reply_address_of_an_entry(void)
{
	struct desk d;
	struct entry e;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna", agents_answer);
	desk_entry(&d, 1, 1, &e);
	g_assert_cmpstr(e.reply_to, ==, "Carla Customer <carla@example.net>");
	record_release(&entry_type, &e);
	desk_entry(&d, 1, 2, &e);
	g_assert_null(e.reply_to);
	record_release(&entry_type, &e);
	desk_close(&d);
}

static void test_answer_is_rfc3834(void)
{
	struct desk d;
	g_autofree char *mail = NULL;

	desk_open(&d, NULL);
	ask(&d);
	g_assert_cmpuint(desk_outbox(&d, "opened", &mail), ==, 1);
	g_assert_nonnull(strstr(mail, "\nAuto-Submitted: auto-replied\n"));
	g_assert_nonnull(strstr(mail, "\nX-Auto-Response-Suppress: All\n"));
	g_assert_nonnull(strstr(mail, "\nIn-Reply-To: <q1@example.net>\n"));
	g_assert_nonnull(strstr(mail, "\nReferences: <q1@example.net>\n"));
	g_assert_nonnull(strstr(mail, "\nReply-To: support+1-"));
	g_assert_nonnull(strstr(mail, "Subject: [example.com #1]"));
	g_assert_nonnull(strstr(mail, "> It burns."));
	desk_close(&d);
}

static void test_reply_by_id(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, follow_up);
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_cmpint(d.last.match, ==, MATCH_MESSAGE_ID);
	g_assert_cmpstr(d.last.event, ==, "followup");
	g_assert_cmpstr(desk_header(&d, "Subject"), ==, "[example.com #1] Re: Printer on fire");
	desk_close(&d);
}

static void test_retry_is_the_same(void)
{
	struct desk d;
	struct ticket t;
	g_autofree char *subject = NULL;

	desk_open(&d, NULL);
	ask(&d);
	subject = g_strdup(desk_header(&d, "Subject"));
	ask(&d);
	g_assert_true(d.last.duplicate);
	g_assert_cmpstr(desk_header(&d, "Subject"), ==, subject);
	g_assert_cmpstr(desk_header(&d, "X-Ticket-Event"), ==, "opened");
	desk_ticket(&d, 1, &t);
	g_assert_cmpuint(t.messages_count, ==, 1);
	record_release(&ticket_type, &t);
	g_assert_cmpuint(desk_outbox(&d, "opened", NULL), ==, 1);
	desk_close(&d);
}

static void test_second_pass_after_tagging(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"Received: from localhost by filter\nFrom: Carla Customer <carla@example.net>\nTo: support@example.com\n"
		"Subject: [example.com #1] Printer on fire\nX-Ticket: 1\n"
		"Date: Mon, 21 Sep 2026 10:00:00 +0000\nMessage-ID: <q1@example.net>\n\nIt burns.\n");
	g_assert_true(d.last.duplicate);
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_null(desk_header(&d, "Subject"));
	desk_close(&d);
}

static void test_same_id_other_content(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: Carla Customer <carla@example.net>\nTo: support@example.com\nSubject: Scan\n"
		"Date: Mon, 21 Sep 2026 10:00:00 +0000\nMessage-ID: <q1@example.net>\n\nAnother page.\n");
	g_assert_false(d.last.duplicate);
	g_assert_cmpuint(d.last.ticket, ==, 2);
	desk_close(&d);
}

static void test_missing_id_is_added_and_stable(void)
{
	static const char bare[] = "From: carla@example.net\nSubject: no id\n\nx\n";
	struct desk d;
	g_autofree char *id = NULL;

	desk_open(&d, NULL);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, bare);
	id = g_strdup(desk_header(&d, "Message-ID"));
	g_assert_nonnull(id);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, bare);
	g_assert_true(d.last.duplicate);
	g_assert_cmpstr(desk_header(&d, "Message-ID"), ==, id);
	desk_close(&d);
}

static void test_stranger_with_tag(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "eve@example.org", "support@example.com", NULL,
		"From: eve@example.org\nTo: support@example.com\nSubject: Re: [example.com #1] Printer on fire\nMessage-ID: <e1@example.org>\n\nme too\n");
	g_assert_cmpuint(d.last.ticket, ==, 2);
	g_assert_cmpstr(desk_header(&d, "Subject"), ==, "[example.com #2] Re: Printer on fire");
	desk_ticket(&d, 2, &t);
	g_assert_true(numbers_has(&t.links, 1));
	record_release(&ticket_type, &t);
	desk_ticket(&d, 1, &t);
	g_assert_true(numbers_has(&t.links, 2));
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_participant_with_tag(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nTo: support@example.com\nSubject: AW: WG: [example.com #1] Printer\nMessage-ID: <q7@example.net>\n\nand more\n");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_cmpint(d.last.match, ==, MATCH_SUBJECT);
	desk_close(&d);
}

static void test_id_wins_over_tag(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: Second matter\nMessage-ID: <q3@example.net>\n\nx\n");
	g_assert_cmpuint(d.last.ticket, ==, 2);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: Re: [example.com #1] x\nMessage-ID: <q4@example.net>\nIn-Reply-To: <q3@example.net>\n\ny\n");
	g_assert_cmpuint(d.last.ticket, ==, 2);
	desk_ticket(&d, 2, &t);
	g_assert_true(numbers_has(&t.links, 1));
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_reply_before_original(void)
{
	struct desk d;

	desk_open(&d, NULL);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, follow_up);
	g_assert_cmpuint(d.last.ticket, ==, 1);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, question);
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_false(d.last.duplicate);
	desk_close(&d);
}

static void test_token(void)
{
	struct desk d;
	g_autofree char *mail = NULL, *token = NULL, *forged = NULL;
	const char *at;

	desk_open(&d, NULL);
	ask(&d);
	desk_outbox(&d, "opened", &mail);
	at = strstr(mail, "Reply-To: ") + strlen("Reply-To: ");
	token = g_strndup(at, strcspn(at, "\n"));
	desk_mail(&d, "eve@example.org", token, NULL,
		"From: eve@example.org\nSubject: hi\nMessage-ID: <e2@example.org>\n\nx\n");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_cmpint(d.last.match, ==, MATCH_TOKEN);
	forged = g_strdup("support+1-aaaaaaaa@example.com");
	desk_mail(&d, "eve@example.org", forged, NULL,
		"From: eve@example.org\nSubject: hi\nMessage-ID: <e3@example.org>\n\nx\n");
	g_assert_cmpuint(d.last.ticket, ==, 2);
	desk_close(&d);
}

static void test_forged_claims_are_removed(void)
{
	struct desk d;
	unsigned deleted = 0;
	const struct edit *edit;

	desk_open(&d, NULL);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nX-Ticket: 99\nx-ticket-status: closed\nX-TICKET-Queue: ops\nX-Ticketing: x\nX-Tick: stays\nSubject: x\n\ny\n");
	for (unsigned i = 0; (edit = edits_at(&d.last.edits, i)); i++) {
		deleted += edit->kind == EDIT_DELETE_HEADER;
		g_assert_cmpstr(edit->name, !=, "X-Tick");
	}
	g_assert_cmpuint(deleted, ==, 4);
	desk_close(&d);
}

static void close_ticket(struct desk *d, uint64_t number, int64_t when)
{
	struct ticket t;

	desk_ticket(d, number, &t);
	t.status = TICKET_CLOSED;
	t.closed = when;
	desk_save(d, &t);
	record_release(&ticket_type, &t);
}

static void test_reopen(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	close_ticket(&d, 1, d.now);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, follow_up);
	g_assert_cmpstr(d.last.event, ==, "reopened");
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_OPEN);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_closed_too_long(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	close_ticket(&d, 1, d.now - INT64_C(31) * 24 * 3600 * TEXT_SECOND);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, follow_up);
	g_assert_cmpuint(d.last.ticket, ==, 2);
	desk_ticket(&d, 2, &t);
	g_assert_true(numbers_has(&t.links, 1));
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static enum status add_cleo(struct txn *txn, void *arg, struct error *err)
{
	char *at[] = { (char *)"cleo@example.com", NULL }, *in[] = { (char *)"sales", NULL };
	struct agent agent = {
		.login = (char *)"cleo", .addresses = at, .queues = in, .inactive = arg != NULL
	};

	return agents_save(txn, &agent, err);
}

static bool goes_to(const struct desk *d, const char *address)
{
	return desk_has_edit(d, EDIT_ADD_RECIPIENT, address);
}

/* deliver = both: the queue's members, but those who are inactive; and when the ticket has an
 * agent, that one alone. */
static void test_who_gets_it(void)
{
	static const struct {
		bool cleo_is_inactive, bens, cleo_gets_it;
	} rows[] = { { false, false, true }, { true, false, false }, { false, true, false } };
	static const char to_both[] = "From: carla@example.net\nTo: both@example.com\nSubject: x\n"
				      "Message-ID: <w%zu@example.net>\n%s\nx\n";
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *mail = g_strdup_printf(
			to_both, i, i ? "In-Reply-To: <w0@example.net>\n" : "");

		if (rows[i].bens) {
			desk_ticket(&d, 1, &t);
			t.agent = g_strdup("ben");
			desk_save(&d, &t);
			record_release(&ticket_type, &t);
		}
		g_assert_cmpint(store_write(d.store, add_cleo, rows[i].cleo_is_inactive ? &d : NULL,
					&d.err),
			==, ST_OK);
		desk_mail(&d, "carla@example.net", "both@example.com", NULL, mail);
		g_assert_cmpuint(d.last.ticket, ==, 1);
		g_assert_true(goes_to(&d, "ben@example.com"));
		g_assert_true(goes_to(&d, "cleo@example.com") == rows[i].cleo_gets_it);
	}
	desk_close(&d);
}

/* By its id: another Subject is worth an event, unless it says itself that it is an answer. */
static void test_another_subject(void)
{
	static const char *const subjects[] = { "Re: Printer on fire", "AW: The other printer",
		"Printer on fire", "The other printer" };
	struct desk d;

	desk_open(&d, NULL);
	ask(&d);
	for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
		g_autofree char *mail = g_strdup_printf(
			"From: carla@example.net\nSubject: %s\nMessage-ID: <s%zu@example.net>\n"
			"In-Reply-To: <q1@example.net>\n\nx\n",
			subjects[i], i);

		desk_mail(&d, "carla@example.net", "support@example.com", NULL, mail);
		g_assert_cmpuint(d.last.ticket, ==, 1);
		g_assert_cmpuint(desk_events(&d, 1, "subject"), ==, i == 3);
	}
	desk_close(&d);
}

static void test_closed_on_arrival(void)
{
	static const char *const statuses[] = { "closed", "open" };

	for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++) {
		g_autofree char *rule = g_strdup_printf(
			"rules = ( { set: { status = \"%s\"; }; } );", statuses[i]);
		struct desk d;
		struct ticket t;

		desk_open(&d, rule);
		ask(&d);
		desk_ticket(&d, 1, &t);
		g_assert_cmpstr(ticket_status_names[t.status], ==, statuses[i]);
		g_assert_cmpint(t.closed, ==, i ? 0 : t.opened);
		record_release(&ticket_type, &t);
		desk_close(&d);
	}
}

/* What was left out of the header may be a second author. */
static void test_vouched_for_what_was_read(void)
{
	static const char mail[] =
		"Authentication-Results: mx.example.com; dmarc=pass header.from=example.com\n"
		"From: anna@example.com\nTo: support@example.com\nSubject: x\n"
		"Message-ID: <v%u@example.com>\nX-Long: %s\n\nx\n";
	g_autofree char *rest = g_strnfill(LIMIT_HEADER_BYTES, 'x');

	for (unsigned i = 0; i < 2; i++) {
		g_autofree char *whole = g_strdup_printf(mail, i, i ? rest : "x");
		struct desk d;

		desk_open(&d, NULL);
		desk_mail(&d, "anna@example.com", "support@example.com", NULL, whole);
		g_assert_cmpint(d.status, ==, ST_OK);
		g_assert_cmpuint(d.last.ticket, ==, 1);
		g_assert_cmpstr(d.last.agent, ==, i ? NULL : "anna");
		g_assert_cmpstr(d.last.claimed, ==, i ? "anna" : NULL);
		desk_close(&d);
	}
}

/* Nobody is told of a ticket that is nobody's, so an event tells it. */
static void test_assigned_to_nobody(void)
{
	static const char *const logins[] = { "ben", "zoe" };

	for (size_t i = 0; i < G_N_ELEMENTS(logins); i++) {
		g_autofree char *rule = g_strdup_printf(
			"rules = ( { set: { assign = \"%s\"; }; } );", logins[i]);
		struct desk d;
		struct ticket t;

		desk_open(&d, rule);
		ask(&d);
		desk_ticket(&d, 1, &t);
		g_assert_cmpstr(t.agent, ==, i ? NULL : "ben");
		g_assert_cmpuint(desk_events(&d, 1, "agent"), ==, i);
		g_assert_cmpuint(desk_outbox(&d, "notice", NULL), ==, !i);
		record_release(&ticket_type, &t);
		desk_close(&d);
	}
}

/* A customer's mail ends the waiting, and shows that they can be reached. */
static void test_waited_for(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	desk_ticket(&d, 1, &t);
	t.status = TICKET_WAITING;
	t.wait_until = d.now + G_USEC_PER_SEC;
	t.undelivered = true;
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, follow_up);
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_OPEN);
	g_assert_cmpint(t.wait_until, ==, 0);
	g_assert_false(t.undelivered);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

/* The account of a ticket is no more: the first speaks for it, and no agent by themself. */
static void test_account_that_is_gone(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	desk_ticket(&d, 1, &t);
	g_free(t.account);
	t.account = g_strdup("gone@example.com");
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna", agents_answer);
	g_assert_cmpint(d.last.whose, ==, WHOSE_REPLY);
	g_assert_cmpstr(desk_header(&d, "From"), ==, "Anna Adler <support@example.com>");
	desk_close(&d);
}

/* A rule may give the ticket to another than the agent who opens it. */
static void test_opened_for_another(void)
{
	static const char mail[] =
		"From: anna@example.com\nTo: dora@example.net\nCc: support@example.com\n"
		"Subject: offer\nMessage-ID: <o1@example.com>\n\nx\n";

	for (unsigned i = 0; i < 2; i++) {
		struct desk d;
		struct ticket t;

		desk_open(&d, i ? "rules = ( { set: { assign = \"ben\"; }; } );" : NULL);
		desk_mail(&d, "anna@example.com", "dora@example.net,support@example.com", "anna",
			mail);
		g_assert_cmpint(d.last.whose, ==, WHOSE_OPENED);
		desk_ticket(&d, 1, &t);
		g_assert_cmpstr(t.agent, ==, i ? "ben" : "anna");
		g_assert_cmpint(t.first_response, ==, t.opened);
		record_release(&ticket_type, &t);
		desk_close(&d);
	}
}

static void test_two_accounts(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	desk_mail(&d, "carla@example.net", "sales@example.com,SUPPORT@Example.COM", NULL, question);
	desk_ticket(&d, 1, &t);
	g_assert_cmpstr(t.queue, ==, "support");
	g_assert_cmpstr(t.watchers[0], ==, "sales");
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_two_accounts_in_two_transactions(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "carla@example.net", "sales@example.com", NULL, question);
	g_assert_true(d.last.duplicate);
	g_assert_cmpuint(d.last.ticket, ==, 1);
	desk_ticket(&d, 1, &t);
	g_assert_cmpstr(t.watchers[0], ==, "sales");
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_not_ours(void)
{
	struct desk d;
	const char *const to[] = { "somebody@example.com", "support@example.org", NULL },
			  *const ours[] = { "x@example.com", "support+a@example.com", NULL };
	struct envelope e = { .sender = "carla@example.net", .recipients = to };

	desk_open(&d, NULL);
	g_assert_cmpint(intake_interest(d.settings, &e), ==, INTEREST_NONE);
	e.authen = "anna";
	g_assert_cmpint(intake_interest(d.settings, &e), ==, INTEREST_MAYBE);
	e.recipients = ours;
	g_assert_cmpint(intake_interest(d.settings, &e), ==, INTEREST_FULL);
	desk_close(&d);
}

/* --- automatic mail --- */

static void test_bounce_of_our_answer(void)
{
	struct desk d;
	struct ticket t;
	g_autofree char *mail = NULL, *id = NULL, *dsn = NULL;
	const char *at;

	desk_open(&d, NULL);
	ask(&d);
	close_ticket(&d, 1, d.now);
	desk_outbox(&d, "opened", &mail);
	at = strstr(mail, "Message-ID: ") + strlen("Message-ID: ");
	id = g_strndup(at, strcspn(at, "\n"));
	dsn = g_strdup_printf(
		"From: MAILER-DAEMON@example.net\nTo: support@example.com\nSubject: Undelivered\nMessage-ID: <dsn@example.net>\nMIME-Version: 1.0\n"
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: message/delivery-status\n\n"
		"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; carla@example.net\nAction: failed\nStatus: 5.1.1\n\n"
		"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: %s\n\n--b--\n",
		id);
	desk_mail(&d, "", "support@example.com", NULL, dsn);
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_cmpstr(d.last.event, ==, "bounce");
	g_assert_cmpint(d.last.match, ==, MATCH_REPORT);
	desk_ticket(&d, 1, &t);
	g_assert_true(t.undelivered);
	g_assert_cmpint(t.status, ==, TICKET_CLOSED);
	record_release(&ticket_type, &t);
	g_assert_cmpuint(desk_outbox(&d, NULL, NULL), ==, 1);
	desk_close(&d);
}

/* A day's notices are one for each participant, and one for all others together: a forger of
 * bounces has no end of addresses. */
static void test_notices_of_bounces(void)
{
	static const struct {
		const char *failed;
		unsigned notices;
	} rows[] = { { "eve1@example.org", 1 }, { "eve2@example.org", 1 },
		{ "carla@example.net", 2 }, { "carla@example.net", 2 } };
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	desk_ticket(&d, 1, &t);
	t.agent = g_strdup("anna");
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna", agents_answer);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *dsn = g_strdup_printf(
			"From: MAILER-DAEMON@example.net\nSubject: Undelivered\n"
			"Message-ID: <d%zu@example.net>\n"
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
			"--b\n\ntext\n--b\nContent-Type: message/delivery-status\n\n"
			"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; %s\n"
			"Action: failed\nStatus: 5.1.1\n\n"
			"--b\nContent-Type: text/rfc822-headers\n\n"
			"Message-ID: <a1@example.com>\n\n--b--\n",
			i, rows[i].failed);

		desk_mail(&d, "", "support@example.com", NULL, dsn);
		g_assert_cmpstr(d.last.event, ==, "bounce");
		g_assert_cmpuint(desk_outbox(&d, "notice", NULL), ==, rows[i].notices);
	}
	desk_close(&d);
}

/* Commands that went to somebody of ours, too, by another transaction: there it is a mail as any
 * other. */
static void test_commands_to_an_account_as_well(void)
{
	static const char mail[] = "From: anna@example.com\nTo: tickets@example.com\nSubject: x\n"
				   "Message-ID: <c1@example.com>\n\nhelp\n";
	struct desk d;

	desk_open(&d, "control_address = \"tickets@example.com\";\n");
	desk_mail(&d, "anna@example.com", "tickets@example.com", "anna", mail);
	g_assert_cmpstr(d.last.event, ==, "commands");
	desk_mail(&d, "anna@example.com", "tickets@example.com", "anna", mail);
	g_assert_true(d.last.duplicate);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, mail);
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_cmpstr(d.last.event, ==, "opened");
	desk_close(&d);
}

static bool copy_is_there(struct desk *d)
{
	g_autofree char *path = NULL;
	struct entry e;

	desk_entry(d, 1, 1, &e);
	path = g_build_filename(d->dir, "mail", e.archive, NULL);
	record_release(&entry_type, &e);
	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* Whatever comes of it next, the copy in the archive is the ticket's. */
static void test_copy_stays(void)
{
	static const char *const to[] = { "support@example.com", "dora@example.net" };
	struct desk d;

	desk_open(&d, NULL);
	ask(&d);
	for (size_t i = 0; i < G_N_ELEMENTS(to); i++) {
		d.now -= G_USEC_PER_SEC;
		desk_mail(&d, "carla@example.net", to[i], NULL, question);
		g_assert_true(d.last.left_alone == (i == 1));
		g_assert_true(copy_is_there(&d));
	}
	desk_close(&d);
}

static void test_unthreaded_vacation_is_left_alone(void)
{
	static const char note[] =
		"From: carla@example.net\nAuto-Submitted: auto-replied\nSubject: Away\nMessage-ID: <v@example.net>\n\nbye\n";
	struct desk d;

	desk_open(&d, NULL);
	desk_mail(&d, "", "support@example.com", NULL, note);
	g_assert_true(d.last.left_alone);
	g_assert_null(edits_at(&d.last.edits, 0));
	desk_close(&d);
	desk_open(&d, "policy: { auto_replies = \"ticket\"; };");
	desk_mail(&d, "", "support@example.com", NULL, note);
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_cmpuint(desk_outbox(&d, NULL, NULL), ==, 0);
	desk_close(&d);
}

static void test_generated_mail_opens_without_answer(void)
{
	struct desk d;

	desk_open(&d, NULL);
	desk_mail(&d, "nagios@example.org", "support@example.com", NULL,
		"From: nagios@example.org\nAuto-Submitted: auto-generated\nSubject: PROBLEM disk\nMessage-ID: <n@example.org>\n\nfull\n");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_cmpuint(desk_outbox(&d, NULL, NULL), ==, 0);
	desk_close(&d);
}

static void test_spam(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	desk_mail(&d, "x@example.org", "support@example.com", NULL,
		"From: x@example.org\nX-Spam-Flag: YES\nSubject: buy\nMessage-ID: <s@example.org>\n\nnow\n");
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_SPAM);
	record_release(&ticket_type, &t);
	g_assert_cmpuint(desk_outbox(&d, NULL, NULL), ==, 0);
	desk_close(&d);
}

static void test_no_answer_to_robots_and_ourselves(void)
{
	static const char *const senders[] = { "no-reply@example.org", "noreply@example.org",
		"MAILER-DAEMON@example.org", "postmaster@example.org", "sales@example.com",
		"ben@example.com" };
	struct desk d;

	desk_open(&d, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(senders); i++) {
		g_autofree char *mail = g_strdup_printf(
			"From: %s\nSubject: hello\nMessage-ID: <h%zu@example.org>\n\nx\n",
			senders[i], i);

		desk_mail(&d, senders[i], "support@example.com", NULL, mail);
		g_assert_cmpint(d.status, ==, ST_OK);
	}
	g_assert_cmpuint(desk_outbox(&d, NULL, NULL), ==, 0);
	desk_close(&d);
}

static void test_daily_cap(void)
{
	struct desk d;

	desk_open(&d, "mail_out: { max_per_address_per_day = 2; };");
	for (int i = 0; i < 4; i++) {
		g_autofree char *mail = g_strdup_printf(
			"From: robot@example.org\nSubject: answer\nMessage-ID: <r%d@example.org>\n\nx\n",
			i);

		desk_mail(&d, "robot@example.org", "support@example.com", NULL, mail);
	}
	g_assert_cmpuint(desk_outbox(&d, NULL, NULL), ==, 4);
	g_assert_cmpuint(desk_events(&d, 3, "suppressed"), ==, 1);
	g_assert_cmpuint(desk_events(&d, 2, "suppressed"), ==, 0);
	desk_close(&d);
}

/* --- agents --- */

static void test_agent_replies(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna", agents_answer);
	g_assert_cmpint(d.last.whose, ==, WHOSE_REPLY);
	g_assert_cmpstr(d.last.event, ==, "reply");
	g_assert_cmpstr(desk_header(&d, "From"), ==, "Anna Adler <support@example.com>");
	g_assert_cmpstr(desk_header(&d, "Subject"), ==, "[example.com #1] Re: Printer on fire");
	g_assert_true(desk_has_edit(&d, EDIT_CHANGE_SENDER, "support@example.com"));
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_WAITING);
	g_assert_cmpstr(t.agent, ==, "anna");
	g_assert_cmpint(t.first_response, !=, 0);
	record_release(&ticket_type, &t);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: thanks\nMessage-ID: <q9@example.net>\nIn-Reply-To: <a1@example.com>\n\nok\n");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_OPEN);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_forged_agent_is_a_customer(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "anna@example.com", "support@example.com", NULL,
		"Authentication-Results: mx.example.com; "
		"dmarc=fail (dmarc=pass header.from=example.com)\n"
		"Authentication-Results: mx.example.com; dmarc=pass header.from=example.com\n"
		"From: anna@example.com\nSubject: [example.com #1]\nMessage-ID: <f@example.net>\nIn-Reply-To: <q1@example.net>\n\nclose\n");
	g_assert_cmpint(d.last.whose, ==, WHOSE_INBOUND);
	g_assert_null(d.last.agent);
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_NEW);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_note_runs_commands(void)
{
	struct desk d;
	struct ticket t;
	struct entry e;
	g_autofree char *mail = NULL;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "anna@example.com", "support@example.com", "anna",
		"From: anna@example.com\nTo: support@example.com\nSubject: Re: [example.com #1] x\nMessage-ID: <n1@example.com>\n\n"
		"take\npriority high\nfrobnicate\n\nI will call her.\n> close\n");
	g_assert_cmpint(d.last.whose, ==, WHOSE_NOTE);
	desk_ticket(&d, 1, &t);
	g_assert_cmpstr(t.agent, ==, "anna");
	g_assert_cmpint(t.priority, ==, PRIORITY_HIGH);
	g_assert_cmpint(t.status, ==, TICKET_OPEN);
	record_release(&ticket_type, &t);
	desk_entry(&d, 1, 2, &e);
	g_assert_cmpint(e.direction, ==, DIRECTION_NOTE);
	record_release(&entry_type, &e);
	g_assert_cmpuint(desk_outbox(&d, "transcript", &mail), ==, 1);
	g_assert_nonnull(strstr(mail, "unknown command 'frobnicate'"));
	desk_close(&d);
}

static void test_note_outside_is_refused(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "anna@example.com", "support@example.com", "anna",
		"From: anna@example.com\nSubject: [example.com #1]\nMessage-ID: <n1@example.com>\n\nshe is difficult\n");
	desk_mail(&d, "anna@example.com", "carla@example.net,support@example.com", "anna",
		"From: anna@example.com\nSubject: Re: [example.com #1]\nMessage-ID: <n2@example.com>\nIn-Reply-To: <n1@example.com>\n\nindeed\n");
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	desk_mail(&d, "anna@example.com", "carla@example.net,support+note@example.com", "anna",
		"From: anna@example.com\nSubject: Re: [example.com #1]\nMessage-ID: <n3@example.com>\n\nindeed\n");
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	desk_close(&d);
}

static void test_control_mail(void)
{
	struct desk d;
	struct ticket t;
	g_autofree char *mail = NULL;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "sales@example.org", "sales@example.com", NULL,
		"From: x@example.org\nSubject: y\nMessage-ID: <y@example.org>\n\nz\n");
	desk_mail(&d, "anna@example.com", "tickets@example.com", "anna",
		"From: anna@example.com\nSubject: cmds\nMessage-ID: <c1@example.com>\n\nclose 1\nclose 2\nclose 77\n-- \nAnna\n");
	g_assert_cmpint(d.last.whose, ==, WHOSE_COMMANDS);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_DISCARD);
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_CLOSED);
	record_release(&ticket_type, &t);
	desk_ticket(&d, 2, &t);
	g_assert_cmpint(t.status, ==, TICKET_NEW);
	record_release(&ticket_type, &t);
	desk_outbox(&d, "transcript", &mail);
	g_assert_nonnull(strstr(mail, "not yours"));
	g_assert_nonnull(strstr(mail, "there is no ticket #77"));
	g_assert_null(strstr(mail, "Anna\n"));
	desk_close(&d);
}

static void test_subject_command(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna",
		"From: anna@example.com\nTo: carla@example.net\nSubject: Re: [example.com #1] Printer !close\nMessage-ID: <a2@example.com>\n\ndone\n");
	g_assert_cmpstr(desk_header(&d, "Subject"), ==, "[example.com #1] Re: Printer");
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_CLOSED);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_desk_reply(void)
{
	struct desk d;
	g_autofree char *token = NULL, *mail = NULL;

	desk_open(&d, NULL);
	desk_mail(&d, "carla@example.net", "desk@example.com", NULL, question);
	token = desk_address(desk_header(&d, "Reply-To"));
	g_assert_true(g_str_has_prefix(token, "desk+1-"));
	mail = g_strdup_printf(
		"From: Anna <anna@example.com>\nTo: %s\nSender: anna@example.com\nSubject: Re: [example.com #1] Printer\nMessage-ID: <a3@example.com>\n\nhello\n",
		token);
	desk_mail(&d, "anna@example.com", token, "anna", mail);
	g_assert_cmpint(d.last.whose, ==, WHOSE_DESK_REPLY);
	g_assert_cmpstr(desk_header(&d, "To"), ==, "Carla Customer <carla@example.net>");
	g_assert_cmpstr(desk_header(&d, "From"), ==, "Anna <desk@example.com>");
	g_assert_true(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "carla@example.net"));
	g_assert_true(desk_has_edit(&d, EDIT_DELETE_RECIPIENT, token));
	desk_close(&d);
}

static void test_opened_by_agent(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	desk_mail(&d, "anna@example.com", "dora@example.org,support@example.com",
		"anna@example.com",
		"From: Anna <anna@example.com>\nTo: Dora <dora@example.org>\nCc: support@example.com\nSubject: Your contract\nMessage-ID: <o@example.com>\n\nplease sign\n");
	g_assert_cmpint(d.last.whose, ==, WHOSE_OPENED);
	desk_ticket(&d, 1, &t);
	g_assert_cmpstr(t.requester_address, ==, "dora@example.org");
	g_assert_cmpint(t.status, ==, TICKET_WAITING);
	record_release(&ticket_type, &t);
	g_assert_cmpuint(desk_outbox(&d, NULL, NULL), ==, 0);
	desk_close(&d);
}

static void test_agents_vacation_is_kept(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d);
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna",
		"From: anna@example.com\nTo: carla@example.net\nAuto-Submitted: auto-replied\nSubject: Away: [example.com #1]\nMessage-ID: <av@example.com>\nIn-Reply-To: <q1@example.net>\n\naway\n");
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_DISCARD);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/intake/who gets it", test_who_gets_it);
	g_test_add_func("/intake/assigned to nobody", test_assigned_to_nobody);
	g_test_add_func("/intake/another subject", test_another_subject);
	g_test_add_func(
		"/intake/commands to an account as well", test_commands_to_an_account_as_well);
	g_test_add_func("/intake/the copy stays", test_copy_stays);
	g_test_add_func("/intake/notices of bounces", test_notices_of_bounces);
	g_test_add_func("/intake/waited for", test_waited_for);
	g_test_add_func("/intake/an account that is gone", test_account_that_is_gone);
	g_test_add_func("/intake/opened for another", test_opened_for_another);
	g_test_add_func("/intake/closed on arrival", test_closed_on_arrival);
	g_test_add_func("/intake/vouched for what was read", test_vouched_for_what_was_read);
	g_test_add_func("/intake/mail to an account opens a ticket and is tagged", test_new_ticket);
	g_test_add_func("/intake/a web form's ticket is its visitor's", test_visitor_of_a_form);
	g_test_add_func("/intake/a message knows where an answer to it goes",
		test_reply_address_of_an_entry);
	g_test_add_func("/intake/the automatic answer follows RFC 3834", test_answer_is_rfc3834);
	g_test_add_func("/intake/a reply finds its ticket by Message-ID", test_reply_by_id);
	g_test_add_func("/intake/a retry gives the same ticket and no second answer",
		test_retry_is_the_same);
	g_test_add_func("/intake/a second pass after a content filter changes nothing",
		test_second_pass_after_tagging);
	g_test_add_func("/intake/the same id with other content is another message",
		test_same_id_other_content);
	g_test_add_func("/intake/a missing Message-ID is added, the same at a retry",
		test_missing_id_is_added_and_stable);
	g_test_add_func("/intake/a stranger's tag opens a linked ticket", test_stranger_with_tag);
	g_test_add_func("/intake/a participant's tag matches", test_participant_with_tag);
	g_test_add_func("/intake/an id wins over a tag, which is linked", test_id_wins_over_tag);
	g_test_add_func("/intake/a reply that comes first makes one ticket with its original",
		test_reply_before_original);
	g_test_add_func("/intake/a token matches and a forged one does not", test_token);
	g_test_add_func(
		"/intake/incoming X-Ticket headers are removed", test_forged_claims_are_removed);
	g_test_add_func("/intake/a follow-up reopens a closed ticket", test_reopen);
	g_test_add_func("/intake/a ticket closed for long is followed by a linked one",
		test_closed_too_long);
	g_test_add_func(
		"/intake/two accounts in one transaction share a ticket", test_two_accounts);
	g_test_add_func("/intake/two accounts in two transactions share a ticket",
		test_two_accounts_in_two_transactions);
	g_test_add_func("/intake/mail of others is recognised from its envelope", test_not_ours);
	g_test_add_func("/intake/a bounce of our answer flags the ticket and wakes nobody",
		test_bounce_of_our_answer);
	g_test_add_func("/intake/an unthreaded vacation note follows the policy",
		test_unthreaded_vacation_is_left_alone);
	g_test_add_func("/intake/generated mail opens a ticket without an answer",
		test_generated_mail_opens_without_answer);
	g_test_add_func("/intake/spam opens a spam ticket without an answer", test_spam);
	g_test_add_func("/intake/robots and our own addresses get no answer",
		test_no_answer_to_robots_and_ourselves);
	g_test_add_func("/intake/the daily cap suppresses and says so", test_daily_cap);
	g_test_add_func("/agents/a reply leaves as the account and waits", test_agent_replies);
	g_test_add_func("/agents/a forged agent is a customer", test_forged_agent_is_a_customer);
	g_test_add_func("/agents/a note runs its commands and answers", test_note_runs_commands);
	g_test_add_func("/agents/a note to the outside is refused", test_note_outside_is_refused);
	g_test_add_func(
		"/agents/control mail runs commands in the agent's queues", test_control_mail);
	g_test_add_func(
		"/agents/a command in the Subject is run and removed", test_subject_command);
	g_test_add_func("/agents/a reply through the desk goes to the requester", test_desk_reply);
	g_test_add_func("/agents/mail with the account in Cc opens a ticket", test_opened_by_agent);
	g_test_add_func(
		"/agents/a vacation note never reaches the customer", test_agents_vacation_is_kept);
	return g_test_run();
}
