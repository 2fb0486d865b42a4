/* Reports: what their parts, headers and words tell, by mails of every make, and whom to
 * believe. */
#include "decide/automatic.h"

#include <string.h>

#include "base/limits.h"
#include "../source-tree.h"

#define REPORT(type) \
	"Content-Type: multipart/report; report-type=" type "; boundary=b\n\n" \
	"--b\n\nI could not.\n"
#define STATUS \
	"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
#define RECIPIENT(action) \
	STATUS "Final-Recipient: rfc822; Bob@X.example\nAction: " action \
	       "\nStatus: 5.1.1 (no such user)\nDiagnostic-Code: smtp; 550\n\tno such user\n"
#define RETURNED \
	"--b\nContent-Type: message/rfc822\n\nMessage-ID: <ours@example.com>\nSubject: " \
	"x\n\nhello\n--b--\n"
#define FAILED_AND(type, encoding) \
	REPORT("delivery-status") \
	STATUS "Action: failed\n--b\nContent-Type: " type "\nContent-Transfer-Encoding: " encoding \
	       "\n\n"
/* "Subject: x", "Message-ID: <ours@example.com>" and a body, as CRLF lines. */
#define IN_BASE64 \
	"RnJvbTogZGVza0BleGFtcGxlLmNvbQ0KU3ViamVjdDogeA0KTWVzc2FnZS1J\n" \
	"RDoNCiA8b3Vyc0BleGFtcGxlLmNvbT4NCg0KYm9keQ0K\n--b--\n"

/* `recipients` with their statuses, as "a@b 5.1.1, c@d"; ids by blanks. */
static const struct {
	const char *mail;
	enum report_kind kind;
	const char *recipients, *ids;
} reports[] = {
	{ REPORT("delivery-status") RECIPIENT("failed") RETURNED, REPORT_FAILED,
		"bob@x.example 5.1.1", "<ours@example.com>" },
	{ REPORT("delivery-status") RECIPIENT("failed") "--b--\n", REPORT_FAILED,
		"bob@x.example 5.1.1", "" },
	{ REPORT("delivery-status") RECIPIENT("delayed") RETURNED, REPORT_DELAYED,
		"bob@x.example 5.1.1", "<ours@example.com>" },
	{ REPORT("delivery-status") RECIPIENT("relayed") RETURNED, REPORT_RELAYED,
		"bob@x.example 5.1.1", "<ours@example.com>" },
	{ REPORT("delivery-status") RECIPIENT("delivered") RETURNED, REPORT_DELIVERED,
		"bob@x.example 5.1.1", "<ours@example.com>" },
	{ REPORT("delivery-status") RECIPIENT("expanded") RETURNED, REPORT_EXPANDED,
		"bob@x.example 5.1.1", "<ours@example.com>" },
	/* of several recipients, those with the worst news, each once */
	{ REPORT("delivery-status") RECIPIENT(
		  "delivered") "\nFinal-Recipient: rfc822;eve@x.example\nAction: failed\nStatus: "
			       "4.4.7\n\n"
			       "Final-Recipient: rfc822;zoe@x.example\nAction: "
			       "relayed\n\nFinal-Recipient: rfc822;ann@x.example\nAction: "
			       "failed\n\n"
			       "Final-Recipient: rfc822;Eve@x.example\nAction: failed\n" RETURNED,
		REPORT_FAILED, "eve@x.example 4.4.7, ann@x.example", "<ours@example.com>" },
	/* whom we wrote to, before where it went */
	{ REPORT("delivery-status") STATUS
		"Original-Recipient: rfc822;bob@x.example\nFinal-Recipient: "
		"rfc822;hidden@y.example\n"
		"Action: failed\n--b--\n",
		REPORT_FAILED, "bob@x.example via hidden@y.example", "" },
	/* RFC 3461 section 4 */
	{ REPORT("delivery-status") STATUS
		"Original-Recipient: rfc822;bob+2Bx+40x.example\nAction: failed\n--b--\n",
		REPORT_FAILED, "bob+x@x.example", "" },
	{ REPORT("delivery-status") STATUS "Original-Recipient: rfc822;unknown\nFinal-Recipient : "
					   "rfc822; Bob <bob@x.example>\n"
					   "Action: failed\n--b--\n",
		REPORT_FAILED, "bob@x.example", "" },
	{ REPORT("delivery-status") STATUS
		"Final-Recipient: x-local; bob\nX-Actual-Recipient: rfc822; bob@x.example\n"
		"Action: failed\n--b--\n",
		REPORT_FAILED, "bob@x.example", "" },
	/* RFC 6533 section 3 */
	{ REPORT("delivery-status") STATUS
		"Final-Recipient: utf-8; j\\x{F6}rg@x.example\nAction: failed\n--b--\n",
		REPORT_FAILED, "jörg@x.example", "" },
	{ REPORT("delivery-status") STATUS
		"Final-Recipient: utf-8; j\\x{D800}rg@x.example\nAction: failed\n--b--\n",
		REPORT_FAILED, "?", "" },
	/* no action: what the status says */
	{ REPORT("delivery-status") STATUS
		"Final-Recipient: rfc822; bob@x.example\nStatus: 5.0.0\n--b--\n",
		REPORT_FAILED, "bob@x.example 5.0.0", "" },
	{ REPORT("delivery-status") STATUS
		"Final-Recipient: rfc822; bob@x.example\nStatus: 4.0.0\n--b--\n",
		REPORT_DELAYED, "bob@x.example 4.0.0", "" },
	{ REPORT("delivery-status") STATUS "Final-Recipient: rfc822; bob@x.example\n--b--\n",
		REPORT_NONE, "", "" },
	/* statuses and recipients that are none */
	{ REPORT("delivery-status") STATUS
		"Final-Recipient: nobody\nAction: FAILED (really)\nStatus: \x1b[2J\n--b--\n",
		REPORT_FAILED, "?", "" },
	/* all that the returned message had and named */
	{ REPORT("delivery-status") RECIPIENT(
		  "failed") "--b\nContent-Type: text/rfc822-headers\n\nReferences: <a@x>\n\t<b@x>\n"
			    "In-Reply-To: <b@x>\nMessage-ID: <new@relay>\n--b--\n",
		REPORT_FAILED, "bob@x.example 5.1.1", "<new@relay> <b@x> <a@x> <b@x>" },
	/* what came back may be encoded, and a leaf then */
	{ FAILED_AND("message/global", "BASE64") IN_BASE64, REPORT_FAILED, "?",
		"<ours@example.com>" },
	{ FAILED_AND("message/rfc822", "BASE64") IN_BASE64, REPORT_FAILED, "?",
		"<ours@example.com>" },
	{ FAILED_AND("message/global",
		  "quoted-printable") "Message-ID: <ou=72s@example.=\ncom>\n\nx\n--b--\n",
		REPORT_FAILED, "?", "<ours@example.com>" },
	{ REPORT("disposition-notification") "--b\nContent-Type: "
					     "message/disposition-notification\n\n"
					     "Final-Recipient: "
					     "rfc822;bob@x.example\nOriginal-Message-ID: "
					     "<ours@example.com>\nDisposition: manual-action; "
					     "displayed\n--b--\n",
		REPORT_READ, "bob@x.example", "<ours@example.com>" },
	/* nothing that a report could be */
	{ "From: carla@customer.example\nSubject: Printer\n\nIt could not be delivered to "
	  "bob@x.example.\n",
		REPORT_NONE, "", "" },
	{ "From: postmaster@x.example\nSubject: Maintenance\n\nTonight.\n", REPORT_NONE, "", "" },
	{ "Content-Type: multipart/report; report-type=delivery-status\n\nno parts\n", REPORT_NONE,
		"", "" },
	/* an attached message is what somebody shows us, whatever it is */
	{ "From: carla@customer.example\nContent-Type: message/rfc822\n\nFrom: "
	  "MAILER-DAEMON@x.example\nSubject: failure notice\n\nx\n",
		REPORT_NONE, "", "" },
};

static char *recipients_of(const struct report *report)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < report->n; i++) {
		const struct report_recipient *r = &report->recipients[i];

		g_string_append_printf(out, "%s%s", i ? ", " : "", r->address ? r->address : "?");
		if (r->status)
			g_string_append_printf(out, " %s", r->status);
		if (r->last)
			g_string_append_printf(out, " via %s", r->last);
	}
	return g_string_free(out, FALSE);
}

static void test_reports(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(reports); i++) {
		struct message *m = message_parse_bytes(reports[i].mail, strlen(reports[i].mail));
		const struct report *r = message_report(m);
		g_autofree char *recipients = recipients_of(r);
		g_autofree char *ids = g_strjoinv(" ", (char **)(void *)r->ids);

		g_test_message("%s", reports[i].mail);
		g_assert_cmpint(r->kind, ==, reports[i].kind);
		g_assert_cmpstr(recipients, ==, reports[i].recipients);
		if (r->kind != REPORT_NONE)
			g_assert_cmpstr(ids, ==, reports[i].ids);
		message_free(m);
	}
}

static void test_diagnostic(void)
{
	static const char mail[] = REPORT("delivery-status") RECIPIENT("failed") RETURNED;
	struct message *m = message_parse_bytes(mail, strlen(mail));

	g_assert_cmpstr(message_report(m)->recipients[0].diagnostic, ==, "smtp; 550 no such user");
	message_free(m);
}

/* LIMIT_REPLY_TEXT of a diagnostic. */
static void test_long_diagnostic(void)
{
	for (int past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill((gsize)(LIMIT_REPLY_TEXT + past), 'd');
		g_autofree char *mail = g_strconcat(
			REPORT("delivery-status") STATUS "Action: failed\nDiagnostic-Code: ", fill,
			"\n--b--\n", NULL);
		struct message *m = message_parse_bytes(mail, strlen(mail));

		g_assert_cmpuint(
			strlen(message_report(m)->recipients[0].diagnostic), ==, LIMIT_REPLY_TEXT);
		message_free(m);
	}
}

static size_t failed_recipients(unsigned n)
{
	g_autoptr(GString) mail = g_string_new(REPORT("delivery-status") STATUS);
	struct message *m;
	size_t told;

	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(
			mail, "\nFinal-Recipient: rfc822; r%u@x.example\nAction: failed\n", i);
	g_string_append(mail, "--b--\n");
	m = message_parse_bytes(mail->str, mail->len);
	told = message_report(m)->n;
	message_free(m);
	return told;
}

/* LIMIT_REPORT_RECIPIENTS of a report. */
static void test_many_recipients(void)
{
	g_assert_cmpuint(failed_recipients(LIMIT_REPORT_RECIPIENTS), ==, LIMIT_REPORT_RECIPIENTS);
	g_assert_cmpuint(
		failed_recipients(LIMIT_REPORT_RECIPIENTS + 1), ==, LIMIT_REPORT_RECIPIENTS);
}

/* In words, as in the fields of a part. */
static void test_long_reasons(void)
{
	static const char *const heads[] = {
		"From: MAILER-DAEMON\nSubject: Mail delivery failed: returning message to "
		"sender\nX-Failed-Recipients: bob@x.example\n\n  bob@x.example\n    ",
		"From: MAILER-DAEMON\nSubject: failure notice\n\nHi. This is the qmail-send "
		"program at x.example.\n\n<bob@x.example>:\n",
		"From: MAILER-DAEMON\nSubject: Undelivered Mail Returned to Sender\n\n"
		"user unknown: bob@x.example, ",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(heads); i++)
		for (size_t past = 0; past < 2; past++) {
			const char *line = strrchr(heads[i], '\n') + 1;
			size_t begun = strlen(line + strspn(line, " "));
			g_autofree char *fill = g_strnfill(LIMIT_REPLY_TEXT + past - begun, 'd'),
					*mail = g_strconcat(heads[i], fill, "\n", NULL);
			struct message *m = message_parse_bytes(mail, strlen(mail));
			const struct report *r = message_report(m);

			g_test_message("%s", heads[i]);
			g_assert_cmpuint(r->n, ==, 1);
			g_assert_cmpuint(strlen(r->recipients[0].diagnostic), ==, LIMIT_REPLY_TEXT);
			message_free(m);
		}
}

/* In a header, as in a part. */
static void test_many_recipients_of_a_header(void)
{
	for (unsigned past = 0; past < 3; past++) {
		g_autoptr(GString)
			mail = g_string_new("From: MAILER-DAEMON\nSubject: Mail delivery failed\n"
					    "X-Failed-Recipients: r@x.example");
		struct message *m;

		for (unsigned i = 1; i < LIMIT_REPORT_RECIPIENTS + past; i++)
			g_string_append_printf(mail, ", r%u@x.example", i);
		g_string_append(mail, "\n\nx\n");
		m = message_parse_bytes(mail->str, mail->len);
		g_assert_cmpuint(message_report(m)->n, ==, LIMIT_REPORT_RECIPIENTS);
		message_free(m);
	}
}

/* LIMIT_REFERENCES of what came back, its Message-ID first. */
static void test_many_ids(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autoptr(GString)
			mail = g_string_new(REPORT("delivery-status") RECIPIENT("failed"));
		const struct report *r;
		struct message *m;

		g_string_append(mail,
			"--b\nContent-Type: text/rfc822-headers\n\n"
			"Message-ID: <ours@x>\nReferences:");
		for (unsigned i = 1; i < LIMIT_REFERENCES + past; i++)
			g_string_append_printf(mail, " <r%u@x>", i);
		g_string_append(mail, "\n--b--\n");
		m = message_parse_bytes(mail->str, mail->len);
		r = message_report(m);
		g_assert_cmpuint(g_strv_length((char **)r->ids), ==, LIMIT_REFERENCES);
		g_assert_cmpstr(r->ids[0], ==, "<ours@x>");
		message_free(m);
	}
}

/* LIMIT_SUBJECT_BYTES of its Subject, as of any. */
static void test_long_subject(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill(LIMIT_SUBJECT_BYTES + past, 's'),
				*mail = g_strconcat(REPORT("delivery-status") RECIPIENT("failed"),
					"--b\nContent-Type: text/rfc822-headers\n\nSubject: ", fill,
					"\n--b--\n", NULL);
		struct message *m = message_parse_bytes(mail, strlen(mail));

		g_assert_cmpuint(strlen(message_report(m)->subject), ==, LIMIT_SUBJECT_BYTES);
		message_free(m);
	}
}

/* What a ticket is known by, of what came back. */
static void test_returned(void)
{
	static const char mail[] = REPORT("delivery-status") RECIPIENT(
		"failed") "--b\nContent-Type: text/rfc822-headers\n\n"
			  "From: Desk <Desk@example.com>\nReply-To: "
			  "support+1-abcdefgh@example.com\nSubject: [example.com #1]\n x\n--b--\n";
	struct message *m = message_parse_bytes(mail, strlen(mail));
	const struct report *r = message_report(m);

	g_assert_true(r->returned);
	g_assert_cmpstr(r->subject, ==, "[example.com #1] x");
	g_assert_cmpstr(r->addresses[0], ==, "support+1-abcdefgh@example.com");
	g_assert_cmpstr(r->addresses[1], ==, "desk@example.com");
	g_assert_null(r->addresses[2]);
	message_free(m);
}

/* --- mails of every make, in tests/mail --- */

#define BOUNCE AUTO_BOUNCE, AUTO_BOUNCE
#define DELAYED AUTO_DELAYED, AUTO_DELAYED
#define AWAY AUTO_VACATION, AUTO_VACATION, NULL, NULL

/* The kind for the null sender, and for one that a forwarder or an import put in its place. */
static const struct {
	const char *name;
	enum automatic null, real;
	const char *recipients; /* of reports; NULL: none is asked for */
	const char *diagnostic; /* of the first; NULL: whatever it is */
} mails[] = {
	{ "bounce-exim-text", BOUNCE, "bob@customer.example, eve@customer.example",
		"host mail.customer.example [192.0.2.7]" },
	{ "bounce-exim-delayed", DELAYED, "bob@customer.example",
		"Delay reason: connection timed out" },
	{ "bounce-sendmail-text", BOUNCE, "bob@customer.example",
		"<<< 550 <bob@customer.example>... User unknown" },
	{ "bounce-sendmail-three-recipients", BOUNCE,
		"bob@customer.example 5.1.1 via bob@inside.customer.example, eve@customer.example "
		"5.2.2, zoe@customer.example 5.7.1",
		"SMTP; 550 no such user" },
	{ "bounce-postfix-text", BOUNCE, "bob@customer.example", "user unknown" },
	{ "bounce-qmail", BOUNCE, "bob@customer.example", "Sorry, no mailbox here by that name." },
	{ "bounce-exchange-55", BOUNCE, "bob@customer.example",
		"The recipient name is not recognized" },
	{ "bounce-exchange-2003-german", BOUNCE, "bob@customer.example",
		"Das E-Mail-Konto ist in der Organisation nicht vorhanden." },
	{ "bounce-exchange-2007-html", BOUNCE, "bob@customer.example",
		"L'adresse de messagerie est introuvable." },
	{ "bounce-german-exchange", BOUNCE, "bob@customer.example 5.1.1", NULL },
	{ "bounce-office-365", BOUNCE, "bob@customer.example 5.1.10", NULL },
	{ "bounce-outlook-com-short", BOUNCE, "bob@customer.example 5.5.0", NULL },
	{ "bounce-gmail", BOUNCE, "bob@customer.example 5.1.1", NULL },
	{ "bounce-gmail-delayed", DELAYED, "bob@customer.example 4.4.1", NULL },
	{ "bounce-yahoo", BOUNCE, "bob@customer.example", NULL },
	{ "bounce-aol", BOUNCE, "bob@customer.example", "550 MAILBOX NOT FOUND" },
	{ "bounce-domino", BOUNCE, "bob@customer.example",
		"User bob (bob@customer.example) not listed in Domino Directory" },
	{ "bounce-groupwise", BOUNCE, "bob@customer.example", NULL },
	{ "bounce-mdaemon", BOUNCE, "bob@customer.example", NULL },
	{ "bounce-mercury", BOUNCE, "bob@customer.example", NULL },
	{ "bounce-imail", BOUNCE, "bob@customer.example",
		"User mailbox exceeds allowed size: bob@customer.example" },
	{ "bounce-communigate", BOUNCE, "bob@customer.example", NULL },
	{ "bounce-courier", BOUNCE, "bob@customer.example", "<<< 550 User unknown." },
	{ "bounce-opensmtpd", BOUNCE, "bob@customer.example", "550 5.1.1 no mailbox by that name" },
	{ "bounce-james", BOUNCE, "bob@customer.example", "550 no such user here" },
	{ "bounce-haraka", BOUNCE, "bob@customer.example", NULL },
	{ "bounce-amazon-ses", BOUNCE, "bob@customer.example 5.1.1", NULL },
	{ "bounce-barracuda", BOUNCE, "bob@customer.example", NULL },
	{ "bounce-of-a-scanning-gateway", BOUNCE, "bob@customer.example", NULL },
	{ "bounce-of-a-name", BOUNCE, "eve@customer.example", "no such user" },
	{ "bounce-x400-gateway", BOUNCE, "bob@customer.example 5.0.0", NULL },
	{ "bounce-in-multipart-mixed", BOUNCE, "bob@customer.example", NULL },
	{ "bounce-without-report-type", BOUNCE, "bob@customer.example 5.1.1", NULL },
	{ "bounce-empty-author", BOUNCE, "bob@customer.example", NULL },
	{ "bounce-internationalized", BOUNCE,
		"jörg@customer.example 5.6.7 via jörg.klein@inside.customer.example", NULL },
	{ "bounce-with-a-broken-frame", BOUNCE, "bob@customer.example 5.1.1", NULL },

	{ "suspected-mta-text-of-a-person", AUTO_BOUNCE, AUTO_SUSPECTED, "bob@customer.example",
		NULL },
	{ "suspected-report-parts-of-a-person", AUTO_BOUNCE, AUTO_SUSPECTED, "bob@customer.example",
		NULL },
	{ "suspected-exchange-redirect", AUTO_SUSPECTED, AUTO_SUSPECTED, NULL, NULL },
	{ "suspected-exchange-forward", AUTO_SUSPECTED, AUTO_SUSPECTED, NULL, NULL },
	{ "suspected-vacation-subject", AUTO_VACATION, AUTO_SUSPECTED, NULL, NULL },
	{ "suspected-null-sender-of-a-client", AUTO_SUSPECTED, AUTO_NONE, NULL, NULL },
	{ "suspected-return-path", AUTO_DELAYED, AUTO_SUSPECTED, NULL, NULL },

	{ "vacation-exchange-null", AWAY },
	{ "vacation-mail-autoreply", AWAY },
	{ "vacation-autoresponse", AWAY },
	{ "vacation-autogenerated", AWAY },
	{ "vacation-firstclass", AWAY },
	{ "vacation-delivered-to", AWAY },
	{ "vacation-post-office", AWAY },
	{ "vacation-precedence", AWAY },
	{ "vacation-mailer", AWAY },
	{ "vacation-french-bulk", AWAY },
	{ "reaction-gmail", AUTO_REACTION, AUTO_REACTION, NULL, NULL },

	{ "person-who-allows-reactions", AUTO_DELAYED, AUTO_NONE, NULL, NULL },
	{ "person-attaches-a-bounce", AUTO_DELAYED, AUTO_NONE, NULL, NULL },
	{ "person-forwards-a-bounce", AUTO_DELAYED, AUTO_NONE, NULL, NULL },
	{ "person-about-a-parcel", AUTO_DELAYED, AUTO_NONE, NULL, NULL },
};

static void check_mail(
	size_t i, const char *data, size_t len, const char *sender, enum automatic kind)
{
	struct message *m = message_parse_bytes(data, len);
	const struct report *r = message_report(m);
	g_autofree char *recipients = recipients_of(r);
	struct automatic_why why;

	g_test_message("%s, sender <%s>", mails[i].name, sender);
	g_assert_cmpstr(
		automatic_names[automatic_kind(m, sender, "", &why)], ==, automatic_names[kind]);
	g_assert_true((kind == AUTO_NONE) == !why.reason && !why.reason == !why.source);
	if (mails[i].recipients)
		g_assert_cmpstr(recipients, ==, mails[i].recipients);
	if (mails[i].diagnostic)
		g_assert_cmpstr(r->recipients[0].diagnostic, ==, mails[i].diagnostic);
	g_assert_true(automatic_may_answer(m, kind, sender, NULL) == (kind == AUTO_NONE));
	message_free(m);
}

static void test_mails(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(mails); i++) {
		g_autofree char *file = g_strdup_printf(
					"%s/tests/mail/%s.eml", source_tree, mails[i].name),
				*data = NULL;
		gsize len;

		g_assert_true(g_file_get_contents(file, &data, &len, NULL));
		check_mail(i, data, len, "", mails[i].null);
		check_mail(i, data, len, "srs0=ab=cd=x.example=carla@forwarder.example",
			mails[i].real);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/report/what its parts tell", test_reports);
	g_test_add_func("/report/the diagnostic", test_diagnostic);
	g_test_add_func("/report/a long diagnostic", test_long_diagnostic);
	g_test_add_func("/report/many recipients", test_many_recipients);
	g_test_add_func("/report/long reasons in words", test_long_reasons);
	g_test_add_func("/report/many recipients of a header", test_many_recipients_of_a_header);
	g_test_add_func("/report/many ids of what came back", test_many_ids);
	g_test_add_func("/report/a long Subject of what came back", test_long_subject);
	g_test_add_func("/report/what came back", test_returned);
	g_test_add_func(
		"/report/mails of every make, with the null sender and without", test_mails);
	return g_test_run();
}
