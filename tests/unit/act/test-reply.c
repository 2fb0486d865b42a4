/* The automatic answer: whom it goes to, who gets none, and what it looks like when values are
 * hostile. */
#include "act/reply.h"

#include <string.h>

#include "base/address.h"
#include "base/text.h"
#include "../desk.h"

static char *mail_from(const char *from, const char *extra, int n)
{
	return g_strdup_printf(
		"From: %s\n%sSubject: hello\nMessage-ID: <h%d@example.org>\n\nDoes it work?\n",
		from, extra, n);
}

static void ask(struct desk *d, const char *sender, const char *from, const char *extra, int n)
{
	g_autofree char *mail = mail_from(from, extra, n);

	desk_mail(d, sender, "support@example.com", NULL, mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

/* The value of the only header line that begins so, in a mail of ours. */
static char *header(const char *mail, const char *name)
{
	g_autofree char *head = g_strndup(mail, (gsize)(strstr(mail, "\n\n") - mail)),
			*begin = g_strconcat(name, ": ", NULL);
	g_auto(GStrv) lines = g_strsplit(head, "\n", -1);
	char *found = NULL;

	for (char **line = lines; *line; line++)
		if (g_str_has_prefix(*line, begin)) {
			g_assert_null(found);
			found = g_strdup(*line + strlen(begin));
		}
	return found;
}

struct closing {
	struct desk *desk;
	uint64_t number;
};

static enum status close_it(struct txn *txn, void *arg, struct error *err)
{
	const struct closing *c = arg;
	struct token_key key = { { 0 } };
	const struct reply_context context = { txn, c->desk->settings, &key,
		{ "milticket", c->desk->now } };
	g_autofree char *detail = NULL;
	struct ticket t = { 0 };
	struct answer_request request = { .ticket = &t, .answer = ANSWER_CLOSED };
	enum answer_fate fate;
	enum status st = tickets_load(txn, c->number, &t, err);

	if (st == ST_OK) {
		request.account = settings_account(c->desk->settings, t.account, &detail);
		st = reply_automatic(&context, &request, &fate, err);
	}
	if (st == ST_OK)
		st = tickets_save(txn, &t, err);
	record_release(&ticket_type, &t);
	return st;
}

static void close_ticket(struct desk *d, uint64_t number)
{
	struct closing c = { d, number };

	g_assert_cmpint(store_write(d->store, close_it, &c, &d->err), ==, ST_OK);
}

/* The To of the only answer; NULL: there was none. Owned. */
static char *answered(const char *sender, const char *from, const char *extra)
{
	struct desk d;
	g_autofree char *mail = NULL;
	char *to = NULL;

	desk_open(&d, NULL);
	ask(&d, sender, from, extra, 1);
	if (desk_outbox(&d, NULL, &mail))
		to = header(mail, "To");
	desk_close(&d);
	return to;
}

#define REPLY_TO_VERA "Reply-To: Vera <Vera.V@home.example>\n"
#define VERA "Vera.V@home.example"

static void test_destination(void)
{
	static const struct {
		const char *sender, *from, *extra, *to;
	} cases[] = {
		{ "carla@example.net", "Carla K <Carla.K@example.net>", "",
			"Carla K <Carla.K@example.net>" },
		{ "www@shop.example", "Shop <form@shop.example>", REPLY_TO_VERA, VERA },
		{ "www@shop.example", "Shop <noreply@shop.example>", REPLY_TO_VERA, NULL },
		{ "www@shop.example", "Us <support@example.com>", REPLY_TO_VERA, VERA },
		{ "www@shop.example", "Anna <anna@example.com>", REPLY_TO_VERA, VERA },
		{ "www@shop.example", "form@shop.example", "Reply-To: no-reply@shop.example\n",
			"form@shop.example" },
		{ "www@shop.example", "form@shop.example", "Reply-To: sales@example.com\n",
			"form@shop.example" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *to = answered(cases[i].sender, cases[i].from, cases[i].extra);

		g_test_message("%s %s", cases[i].from, cases[i].extra);
		g_assert_cmpstr(to, ==, cases[i].to);
	}
}

static void test_invited_and_unanswered(void)
{
	static const char *const marks[] = { "Auto-Submitted: auto-generated\n",
		"Precedence: bulk\n", "X-Loop: x\n" };
	g_autofree char *bounce = answered("", "Shop <form@shop.example>", REPLY_TO_VERA);

	g_assert_null(bounce);
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
		g_autofree char *extra = g_strconcat(REPLY_TO_VERA, marks[i], NULL);
		g_autofree char *to = answered("www@shop.example", "form@shop.example", extra);

		g_assert_null(to);
	}
}

/* --- nobody's words to a third --- */

#define BUY "buy-now-at-evil.example"

/* Words wherever a sender may put some. */
static void advertise(
	struct desk *d, const char *sender, const char *from, const char *reply_to, int n)
{
	g_autofree char *mail = g_strdup_printf(
		"From: %s\nReply-To: %s\nSubject: " BUY "\n"
		"Message-ID: <" BUY ".%d@evil.example>\nReferences: <%d." BUY "@evil.example>\n"
		"X-Odd: " BUY "\n\n" BUY "\n",
		from, reply_to, n, n);

	desk_mail(d, sender, "support@example.com", NULL, mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

static bool advertises(const char *mail)
{
	return strcasestr(mail, BUY) != NULL;
}

static void test_words_to_a_third(void)
{
	struct desk d;
	g_autofree char *mail = NULL, *subject = NULL;

	desk_open(&d, NULL);
	advertise(&d, "m@evil.example", BUY " <m@evil.example>", BUY " <victim@example.net>", 1);
	g_assert_cmpuint(desk_outbox(&d, "opened", &mail), ==, 1);
	g_assert_false(advertises(mail));
	subject = header(mail, "Subject");
	g_assert_cmpstr(subject, ==, "[example.com #1] opened.eml");
	close_ticket(&d, 1);
	g_clear_pointer(&mail, g_free);
	g_assert_cmpuint(desk_outbox(&d, "closed", &mail), ==, 1);
	g_assert_false(advertises(mail));
	desk_close(&d);
}

/* Of whoever forges From the envelope says it, where the MTA checks it. */
static void test_words_of_a_forged_author(void)
{
	static const struct {
		const char *sender, *results;
		bool own;
	} cases[] = {
		{ "victim@example.net", "", true },
		{ "crm-7@mail.example.net", "", true },
		{ "victim@net", "", false },
		{ "m@evil.example", "", false },
		{ "m@evil-example.net", "", false },
		{ "m@evil.example", "dmarc=pass header.from=example.net", true },
		{ "m@evil.example", "dkim=pass header.d=example.net", true },
		{ "m@evil.example", "dkim=pass header.d=evil.example", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct desk d;
		g_autofree char *mail = NULL;
		const char *results = cases[i].results;

		desk_open(&d, NULL);
		mail = g_strdup_printf("Authentication-Results: mx.example.com; %s\n"
				       "From: victim@example.net\nSubject: " BUY "\n"
				       "Message-ID: <1@x>\n\n" BUY "\n",
			*results ? results : "none");
		desk_mail(&d, cases[i].sender, "support@example.com", NULL, mail);
		g_clear_pointer(&mail, g_free);
		g_assert_cmpuint(desk_outbox(&d, "opened", &mail), ==, 1);
		g_test_message("%s %s", cases[i].sender, results);
		g_assert_cmpint(advertises(mail), ==, cases[i].own);
		desk_close(&d);
	}
}

/* Whatever detail the mailbox is written to with, and whoever does. */
static void test_a_third_is_told_twice_a_day(void)
{
	struct desk d;

	desk_open(&d, NULL);
	for (int i = 0; i < 5; i++) {
		g_autofree char *victim = g_strdup_printf("<victim+%d@example.net>", i);
		g_autofree char *sender = g_strdup_printf("m%d@evil.example", i);

		advertise(&d, sender, sender, i ? victim : "<Victim@example.net>", i);
	}
	g_assert_cmpuint(desk_outbox(&d, "opened", NULL), ==, 5);
	for (uint64_t n = 1; n <= 5; n++)
		g_assert_cmpuint(desk_events(&d, n, "suppressed"), ==, n > 2);
	desk_close(&d);
}

static void test_a_mailbox_has_one_cap(void)
{
	struct desk d;

	desk_open(&d, "mail_out: { max_per_address_per_day = 3; };");
	for (int i = 0; i < 5; i++) {
		g_autofree char *from = g_strdup_printf("carla+%d@example.net", i);

		ask(&d, from, from, "", i);
		g_assert_cmpuint(desk_events(&d, (uint64_t)i + 1, "suppressed"), ==, i > 2);
	}
	desk_close(&d);
}

/* --- who joins --- */

static void test_who_joins_a_ticket_of_others(void)
{
	struct desk d;
	struct ticket t;
	g_autofree char *mail = NULL, *subject = NULL, *reply_to = NULL;

	desk_open(&d, NULL);
	ask(&d, "carla@example.net", "carla@example.net", "", 1);
	desk_ticket(&d, 1, &t);
	t.agent = g_strdup("anna");
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	desk_mail(&d, "dora@example.org", "support@example.com", NULL,
		"From: Dora <dora@example.org>\nSubject: Re: mine\nMessage-ID: <d1@example.org>\n"
		"In-Reply-To: <h1@example.org>\nReferences: <h1@example.org>\n\nMe too.\n");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_cmpuint(desk_outbox(&d, "followup", &mail), ==, 1);
	subject = header(mail, "Subject");
	reply_to = header(mail, "Reply-To");
	g_assert_cmpstr(subject, ==, "[example.com #1] followup.eml mine");
	g_assert_cmpstr(reply_to, ==, "support@example.com");
	g_assert_nonnull(
		strstr(mail, "\nIn-Reply-To: <d1@example.org>\nReferences: <h1@example.org>\n"));
	g_assert_nonnull(strstr(mail, "> Me too."));
	g_assert_nonnull(strstr(mail, "\nStanding: //support"));
	desk_close(&d);
}

static void test_who_takes_part_hears_the_title(void)
{
	struct desk d;
	g_autofree char *mail = NULL, *subject = NULL, *reply_to = NULL;

	desk_open(&d, NULL);
	ask(&d, "carla@example.net", "carla@example.net", "Cc: dora@example.org\n", 1);
	desk_mail(&d, "dora@example.org", "support@example.com", NULL,
		"From: Dora <dora@example.org>\nSubject: Re: mine\nMessage-ID: <d1@example.org>\n"
		"In-Reply-To: <h1@example.org>\n\nMe too.\n");
	g_assert_cmpuint(desk_outbox(&d, "followup", &mail), ==, 1);
	subject = header(mail, "Subject");
	reply_to = header(mail, "Reply-To");
	g_assert_cmpstr(subject, ==, "[example.com #1] followup.eml hello");
	g_assert_true(g_str_has_prefix(reply_to, "support+1-"));
	g_assert_nonnull(strstr(mail, "\nStanding: new/helpdesk"));
	desk_close(&d);
}

static void test_unanswered(void)
{
	static const struct {
		const char *sender, *from;
	} cases[] = {
		{ "carla@example.net", "No Reply <no-reply@example.net>" },
		{ "donotreply@example.net", "Carla <carla@example.net>" },
		{ "no-reply+7@example.net", "Carla <carla@example.net>" },
		{ "carla@example.net", "Anna <anna@example.com>" },
		{ "anna@example.com", "Carla <carla@example.net>" },
		{ "sales@example.com", "Carla <carla@example.net>" },
		{ "carla@example.net", "Support <support+x@example.com>" },
		{ "", "Carla <carla@example.net>" },
	};
	struct desk d;

	desk_open(&d, "policy: { auto_replies = \"ticket\"; };");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		ask(&d, cases[i].sender, cases[i].from, "", (int)i);
		g_test_message("%s %s", cases[i].sender, cases[i].from);
		g_assert_cmpuint(desk_outbox(&d, NULL, NULL), ==, 0);
	}
	desk_close(&d);
}

static void test_once(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d, "carla@example.net", "carla@example.net", "", 1);
	for (int i = 2; i < 5; i++) {
		ask(&d, "carla@example.net", "carla@example.net", "In-Reply-To: <h1@example.org>\n",
			i);
		desk_ticket(&d, 1, &t);
		t.last_out = d.now;
		desk_save(&d, &t);
		record_release(&ticket_type, &t);
	}
	g_assert_cmpuint(desk_outbox(&d, "opened", NULL), ==, 1);
	g_assert_cmpuint(desk_outbox(&d, "followup", NULL), ==, 1);
	desk_close(&d);
}

/* A second system that answers every mail of ours, with no mark of a robot, a new id and a new
 * envelope sender each time. */
static void test_second_system(void)
{
	struct desk d;
	unsigned sent = 0, outbox = 0;

	desk_open(&d, "mail_out: { max_per_address_per_day = 3; };");
	for (int i = 0; i < 20; i++) {
		g_autofree char *sender = g_strdup_printf("case%d@other.example", i);
		unsigned before = sent;

		ask(&d, sender, "Other Desk <desk@other.example>", "", i);
		outbox = desk_outbox(&d, "opened", NULL);
		sent += desk_events(&d, (uint64_t)i + 1, "suppressed") == 0;
		if (sent == before)
			break;
	}
	g_assert_cmpuint(sent, ==, 3);
	g_assert_cmpuint(outbox, ==, 4);
	g_assert_cmpuint(desk_events(&d, 4, "suppressed"), ==, 1);
	desk_close(&d);
}

static void test_closing_is_threaded(void)
{
	struct desk d;
	g_autofree char *mail = NULL, *id = NULL;

	desk_open(&d, NULL);
	ask(&d, "carla@example.net", "carla@example.net", "", 1);
	close_ticket(&d, 1);
	close_ticket(&d, 1);
	g_assert_cmpuint(desk_outbox(&d, "closed", &mail), ==, 1);
	id = header(mail, "In-Reply-To");
	g_assert_cmpstr(id, ==, "<h1@example.org>");
	g_assert_nonnull(strstr(mail, "\n> Does it work?\n"));
	desk_close(&d);
}

/* Who is asked last is quoted to nobody but themself. */
static void test_closing_quotes_no_other(void)
{
	struct desk d;
	g_autofree char *mail = NULL;

	desk_open(&d, NULL);
	ask(&d, "carla@example.net", "Carla.K@example.net", "Cc: dora@example.org\n", 1);
	desk_mail(&d, "dora@example.org", "support@example.com", NULL,
		"From: Dora <dora@example.org>\nSubject: Re: hello\nMessage-ID: <d1@example.org>\n"
		"In-Reply-To: <h1@example.org>\n\n" BUY "\n");
	close_ticket(&d, 1);
	g_assert_cmpuint(desk_outbox(&d, "closed", &mail), ==, 1);
	g_assert_false(advertises(mail));
	g_assert_nonnull(strstr(mail, "\nTo: Carla.K@example.net\n"));
	g_assert_nonnull(strstr(mail, "\n> Does it work?\n"));
	desk_close(&d);
}

static void test_closing_what_an_agent_opened(void)
{
	struct desk d;
	g_autofree char *mail = NULL, *subject = NULL;

	desk_open(&d, NULL);
	desk_mail(&d, "anna@example.com", "carla@example.net,support@example.com", "anna",
		"From: anna@example.com\nTo: Carla <carla@example.net>\nCc: support@example.com\n"
		"Subject: your order\nMessage-ID: <a1@example.com>\n\nIt came.\n");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	close_ticket(&d, 1);
	g_assert_cmpuint(desk_outbox(&d, "closed", &mail), ==, 1);
	subject = header(mail, "Subject");
	g_assert_cmpstr(subject, ==, "[example.com #1] closed.eml your order");
	g_assert_nonnull(strstr(mail, "for Carla\n"));
	desk_close(&d);
}

/* --- spam and forgery --- */

static void test_spam_by_a_rule_is_not_answered(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d,
		"rules = ( { match: { subject = \"hello\"; }; set: { status = \"spam\"; }; } );");
	ask(&d, "carla@example.net", "carla@example.net", "", 1);
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_SPAM);
	record_release(&ticket_type, &t);
	close_ticket(&d, 1);
	g_assert_cmpuint(desk_outbox(&d, NULL, NULL), ==, 0);
	desk_close(&d);
}

#define RESULTS "Authentication-Results: mx.example.com; "

static void test_forged_mail_is_not_answered(void)
{
	static const struct {
		const char *results;
		bool answered;
	} cases[] = {
		{ RESULTS "dmarc=fail header.from=example.net", false },
		{ RESULTS "spf=fail smtp.mailfrom=example.net", false },
		{ RESULTS "spf=fail smtp.mailfrom=example.net; dkim=pass header.d=other.example",
			false },
		{ RESULTS "spf=fail smtp.mailfrom=example.net; dkim=pass header.d=example.net",
			true },
		{ RESULTS "spf=softfail smtp.mailfrom=example.net", true },
		{ RESULTS "dmarc=none header.from=example.net", true },
		{ "Authentication-Results: other.example; dmarc=fail header.from=example.net",
			true },
	};

	for (size_t i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		bool all = i >= G_N_ELEMENTS(cases);
		const char *results = cases[i % G_N_ELEMENTS(cases)].results;
		g_autofree char *mail = g_strdup_printf("%s\nFrom: carla@example.net\nSubject: x\n"
							"Message-ID: <1@example.net>\n\nhello\n",
			results);
		struct desk d;

		desk_open(&d, all ? "policy: { answer_failed_auth = true; };" : NULL);
		desk_mail(&d, "carla@example.net", "support@example.com", NULL, mail);
		g_test_message("%s", results);
		g_assert_cmpuint(desk_outbox(&d, "opened", NULL), ==,
			all || cases[i % G_N_ELEMENTS(cases)].answered);
		desk_close(&d);
	}
}

/* --- the hour's cap --- */

static bool asked_and_answered(struct desk *d, const char *who, int n)
{
	unsigned before = desk_outbox(d, "opened", NULL);

	ask(d, who, who, "", n);
	g_assert_cmpuint(desk_outbox(d, "opened", NULL), ==, before + 1);
	return d->last.queued;
}

static void test_the_hour_has_an_end(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, "policy: { answers_per_hour = 4; };");
	g_assert_true(asked_and_answered(&d, "carla@example.net", 1));
	desk_ticket(&d, 1, &t);
	t.last_out = d.now;
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	g_assert_true(asked_and_answered(&d, "one@example.net", 2));
	g_assert_true(asked_and_answered(&d, "two@example.net", 3));
	g_assert_false(asked_and_answered(&d, "three@example.net", 4));
	g_assert_true(d.last.over_hour);
	g_assert_cmpuint(desk_events(&d, 4, "suppressed"), ==, 1);
	g_assert_true(asked_and_answered(&d, "carla@example.net", 5));
	g_assert_false(asked_and_answered(&d, "carla@example.net", 6));
	d.now += INT64_C(61) * 60 * TEXT_SECOND;
	g_assert_true(asked_and_answered(&d, "three@example.net", 7));
	desk_close(&d);
}

static void test_closing_is_no_flood(void)
{
	struct desk d;

	desk_open(&d, "policy: { answers_per_hour = 1; };");
	g_assert_true(asked_and_answered(&d, "carla@example.net", 1));
	close_ticket(&d, 1);
	g_assert_cmpuint(desk_outbox(&d, "closed", NULL), ==, 1);
	g_assert_cmpuint(desk_events(&d, 1, "suppressed"), ==, 0);
	desk_close(&d);
}

static void test_robots_hear_of_no_closing(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, "shop@example.net", "shop@example.net", "Auto-Submitted: auto-generated\n", 1);
	ask(&d, "carla@example.net", "carla@example.net", "Precedence: bulk\n", 2);
	ask(&d, "carla@example.net", "carla@example.net", "X-Spam-Flag: YES\n", 3);
	for (uint64_t n = 1; n <= 3; n++)
		close_ticket(&d, n);
	g_assert_cmpuint(desk_outbox(&d, NULL, NULL), ==, 0);
	desk_close(&d);
}

static void test_hostile_values(void)
{
	static const char *const names[] = { "=?utf-8?q?Carla=0D=0ABcc:_x@y.example?=",
		"=?utf-8?b?Q2FybGENCkJjYzogeEB5LmV4YW1wbGU=?=", "\"Carla\\\r Bcc: x@y.example\"",
		"=?utf-8?q?=3D=3Futf-8=3Fq=3FBcc=3D0A=3F=3D?=", "J\xc3\xbcrgen", "J\xfcrgen" };
	struct desk d;

	desk_open(&d, "mail_out: { max_per_address_per_day = 100; };");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *from = g_strdup_printf("%s <carla@example.net>", names[i]),
				*mail = NULL, *bcc = NULL, *type = NULL;

		ask(&d, "carla@example.net", from, "", (int)i);
		g_assert_cmpuint(desk_outbox(&d, "opened", &mail), ==, i + 1);
		bcc = header(mail, "Bcc");
		type = header(mail, "Content-Type");
		g_assert_null(bcc);
		g_assert_cmpstr(type, ==, "text/plain; charset=utf-8");
		g_assert_null(strchr(mail, '\r'));
	}
	desk_close(&d);
}

static void test_long_name(void)
{
	struct desk d;
	g_autofree char *name = g_strnfill(5000, 'n'),
			*from = g_strdup_printf("%s <carla@example.net>", name), *mail = NULL;
	g_auto(GStrv) lines = NULL;

	desk_open(&d, NULL);
	ask(&d, "carla@example.net", from, "", 1);
	g_assert_cmpuint(desk_outbox(&d, "opened", &mail), ==, 1);
	lines = g_strsplit(mail, "\n", -1);
	for (char **line = lines; *line; line++)
		g_assert_cmpuint(strlen(*line), <=, 998);
	desk_close(&d);
}

static void test_who_is_written_to(void)
{
	struct ticket t = { .requester_address = (char *)"carla@example.net" };

	g_assert_cmpstr(ticket_requester(&t), ==, "carla@example.net");
	t.requester_written = (char *)"Carla@example.net";
	g_assert_cmpstr(ticket_requester(&t), ==, "Carla@example.net");
	t.requester_address = (char *)"dora@example.net";
	g_assert_cmpstr(ticket_requester(&t), ==, "dora@example.net");
	t.requester_address = NULL;
	g_assert_null(ticket_requester(&t));
}

/* --- from the shell --- */

static enum status reply_to_all(struct txn *txn, void *arg, struct error *err)
{
	struct desk *d = arg;
	struct token_key key = { { 0 } };
	const struct reply_context context = { txn, d->settings, &key, { "unix:root", d->now } };
	const struct reply_text text = { .text = "It does.\n", .all = true };
	struct reply_draft draft = { .mail = NULL };
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, 1, &t, err);

	if (st == ST_OK)
		st = reply_draft(&context, &t, &text, &draft, err);
	if (st == ST_OK)
		st = reply_send(&context, &t, NULL, &draft, err);
	reply_draft_release(&draft);
	record_release(&ticket_type, &t);
	return st;
}

static void test_shell_reply(void)
{
	struct desk d;
	struct entry e;
	struct outgoing o;
	g_autofree char *mail = NULL, *in_reply_to = NULL, *cc = NULL;
	g_autoptr(GString)
		extra = g_string_new("Cc: dora@example.net, support@example.com\nReferences:");

	for (int i = 0; i < 60; i++)
		g_string_append_printf(extra, " <r%d@example.org>", i);
	g_string_append_c(extra, '\n');
	desk_open(&d, NULL);
	ask(&d, "carla@example.net", "carla@example.net", extra->str, 1);
	g_assert_cmpint(store_write(d.store, reply_to_all, &d, &d.err), ==, ST_OK);
	g_assert_cmpuint(desk_outbox(&d, "reply", &mail), ==, 1);
	in_reply_to = header(mail, "In-Reply-To");
	cc = header(mail, "Cc");
	g_assert_cmpstr(in_reply_to, ==, "<h1@example.org>");
	g_assert_cmpstr(cc, ==, "dora@example.net");
	desk_outgoing(&d, "reply", &o);
	g_assert_cmpuint(g_strv_length(o.to), ==, 2);
	g_assert_cmpstr(o.to[0], ==, "carla@example.net");
	g_assert_cmpstr(o.to[1], ==, "dora@example.net");
	record_release(&outgoing_type, &o);
	desk_entry(&d, 1, 2, &e);
	g_assert_cmpuint(g_strv_length(e.references), <=, 21);
	g_assert_cmpstr(e.references[g_strv_length(e.references) - 1], ==, "<h1@example.org>");
	record_release(&entry_type, &e);
	desk_close(&d);
}

/* --- what is sent along --- */

static enum status add_note(struct txn *txn, void *arg, struct error *err)
{
	struct desk *d = arg;
	struct token_key key = { { 0 } };
	const struct reply_context context = { txn, d->settings, &key, { "unix:root", d->now } };
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, 1, &t, err);

	if (st == ST_OK)
		st = reply_note(&context, &t, NULL, "She called.\n", err);
	record_release(&ticket_type, &t);
	return st;
}

struct forwarding {
	struct desk *desk;
	const char *to;
};

static enum status forward_to(struct txn *txn, void *arg, struct error *err)
{
	const struct forwarding *f = arg;
	struct desk *d = f->desk;
	struct token_key key = { { 0 } };
	const struct reply_context context = { txn, d->settings, &key, { "unix:root", d->now } };
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, 1, &t, err);

	if (st == ST_OK)
		st = reply_forward(&context, &t, f->to, "Please see.\n", "forward", err);
	record_release(&ticket_type, &t);
	return st;
}

static void test_notes_go_to_agents_alone(void)
{
	static const struct {
		const char *to;
		size_t mails;
	} rows[] = { { "anna@example.com", 2 }, { "consultant@example.org", 1 } };

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct desk d;
		struct forwarding f = { &d, rows[i].to };
		struct outgoing o;

		desk_open(&d, NULL);
		ask(&d, "carla@example.net", "carla@example.net", "", 1);
		g_assert_cmpint(store_write(d.store, add_note, &d, &d.err), ==, ST_OK);
		g_assert_cmpint(store_write(d.store, forward_to, &f, &d.err), ==, ST_OK);
		desk_outgoing(&d, "forward", &o);
		g_assert_cmpuint(o.attach.n, ==, rows[i].mails);
		g_assert_cmpuint(o.attach.v[0], ==, 1);
		record_release(&outgoing_type, &o);
		desk_close(&d);
	}
}

/* The relay is the mail server that we filter, and the login at it an agent's. */
static void test_own_mail_passes(void)
{
	struct desk d;
	struct ticket t;
	g_autofree char *mail = NULL;

	desk_open(&d, NULL);
	ask(&d, "carla@example.net", "carla@example.net", "", 1);
	g_assert_cmpint(store_write(d.store, reply_to_all, &d, &d.err), ==, ST_OK);
	g_assert_cmpuint(desk_outbox(&d, "reply", &mail), ==, 1);
	for (int pass = 0; pass < 2; pass++) {
		desk_mail(&d, "support@example.com", "carla@example.net", "anna", mail);
		g_assert_true(d.last.left_alone);
	}
	desk_ticket(&d, 1, &t);
	g_assert_cmpuint(t.messages_count, ==, 2);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/reply/an answer goes to the requester alone", test_destination);
	g_test_add_func(
		"/reply/Reply-To makes no robot's mail a person's", test_invited_and_unanswered);
	g_test_add_func("/reply/no word of a stranger reaches a third", test_words_to_a_third);
	g_test_add_func(
		"/reply/nor whom a stranger names as the author", test_words_of_a_forged_author);
	g_test_add_func(
		"/reply/a third is written to twice a day", test_a_third_is_told_twice_a_day);
	g_test_add_func(
		"/reply/a mailbox has one cap for all its details", test_a_mailbox_has_one_cap);
	g_test_add_func("/reply/who joins a ticket of others hears of their own mail alone",
		test_who_joins_a_ticket_of_others);
	g_test_add_func("/reply/who takes part hears title and standing",
		test_who_takes_part_hears_the_title);
	g_test_add_func("/reply/neither sender nor author may be a robot, ours or an agent",
		test_unanswered);
	g_test_add_func("/reply/each kind of event is answered once", test_once);
	g_test_add_func(
		"/reply/a second system that answers everything is silenced", test_second_system);
	g_test_add_func("/reply/closing is told once, in the thread, with the question",
		test_closing_is_threaded);
	g_test_add_func(
		"/reply/closing quotes nobody but the requester", test_closing_quotes_no_other);
	g_test_add_func("/reply/closing what an agent opened names the agent's title",
		test_closing_what_an_agent_opened);
	g_test_add_func("/reply/what a rule calls spam is not answered",
		test_spam_by_a_rule_is_not_answered);
	g_test_add_func("/reply/what a verifier calls forged is not answered",
		test_forged_mail_is_not_answered);
	g_test_add_func("/reply/an hour has so many answers, the last of them for the known",
		test_the_hour_has_an_end);
	g_test_add_func("/reply/closing counts in no hour", test_closing_is_no_flood);
	g_test_add_func(
		"/reply/robots, lists and spam hear of no closing", test_robots_hear_of_no_closing);
	g_test_add_func("/reply/no name can add a header or a part", test_hostile_values);
	g_test_add_func("/reply/a very long name makes no long line", test_long_name);
	g_test_add_func("/reply/the requester is written to as they write", test_who_is_written_to);
	g_test_add_func("/reply/a reply from the shell is threaded, capped and reaches all",
		test_shell_reply);
	g_test_add_func("/reply/notes go along to agents alone", test_notes_go_to_agents_alone);
	g_test_add_func("/reply/our own mail passes untouched, twice", test_own_mail_passes);
	return g_test_run();
}
