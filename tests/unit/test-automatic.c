/* Automatic mail: a mail for each signal, one that only looks like it, and what may be answered. */
#include "automatic.h"

#include <string.h>

#include "limits.h"

#define PERSON "From: Carla <carla@customer.example>\nTo: support@example.com\nSubject: Printer\n"

/* Headers (and parts) besides a person's, the envelope's sender, the kind and the reason. "" is the null sender. */
static const struct {
	const char *headers, *sender;
	enum automatic kind;
	const char *reason;
} signals[] = {
	{ "", "carla@customer.example", AUTO_NONE, NULL },

	{ "X-Spam-Flag: YES\n", "c@x.example", AUTO_SPAM, "spam header" },
	{ "X-Spam-Flag: NO\nX-Spam-Flag: yes \n", "c@x.example", AUTO_SPAM, "spam header" },
	{ "X-Spam-Flag: NO\n", "c@x.example", AUTO_NONE, NULL },

	{ "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nX: y\n\nAction: failed\n--b--\n",
		"", AUTO_BOUNCE, "delivery report: failed" },
	{ "X-Failed-Recipients: a@x.example\n", "c@x.example", AUTO_BOUNCE, "delivery report: failed" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nX: y\n\nAction: failed\n--b--\n", "c@x.example", AUTO_NONE, NULL },
	{ "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nX: y\n\nAction: delayed\n--b--\n",
		"", AUTO_DELAYED, "delivery report" },
	{ "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\nContent-Type: message/disposition-notification\n\n"
		"Original-Message-ID: <a@b>\n--b--\n", "c@x.example", AUTO_RECEIPT, "disposition notification" },
	{ "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n", "c@x.example", AUTO_LIST, "feedback report" },
	{ "Content-Type: multipart/report; report-type=other; boundary=b\n", "c@x.example", AUTO_DELAYED, "multipart/report" },
	{ "Content-Type: multipart/mixed; report-type=other; boundary=b\n", "c@x.example", AUTO_NONE, NULL },

	{ "Auto-Submitted: auto-replied\n", "c@x.example", AUTO_VACATION, "Auto-Submitted: auto-replied" },
	{ "Auto-Submitted: Auto-Replied; owner-email=\"c@x.example\" (vacation)\n", "c@x.example", AUTO_VACATION, "Auto-Submitted: auto-replied" },
	{ "Auto-Submitted: no\n", "c@x.example", AUTO_NONE, NULL },
	{ "Auto-Submitted: NO (sent by hand)\n", "c@x.example", AUTO_NONE, NULL },
	{ "Auto-Submitted: (a (nested) \\) remark)\t(and another) no\n", "c@x.example", AUTO_NONE, NULL },
	{ "Auto-Submitted: (away)auto-replied\n", "c@x.example", AUTO_VACATION, "Auto-Submitted: auto-replied" },
	{ "Auto-Submitted: (never closed auto-replied\n", "c@x.example", AUTO_GENERATED, "Auto-Submitted" },
	{ "Auto-Submitted:\n", "c@x.example", AUTO_NONE, NULL },
	{ "Auto-Submitted: auto-generated\n", "c@x.example", AUTO_GENERATED, "Auto-Submitted" },
	{ "Auto-Submitted: auto-notified; owner-email=a@b\n", "c@x.example", AUTO_GENERATED, "Auto-Submitted" },
	{ "Auto-Submitted: nobody\n", "c@x.example", AUTO_GENERATED, "Auto-Submitted" },
	{ "Auto-Submitted: auto-repliedx\n", "c@x.example", AUTO_GENERATED, "Auto-Submitted" },

	{ "X-Autoreply: yes\n", "c@x.example", AUTO_VACATION, "X-Autoreply" },
	{ "X-Autorespond: Re\n", "c@x.example", AUTO_VACATION, "X-Autorespond" },
	{ "X-Autoreply-From: c@x.example\n", "c@x.example", AUTO_VACATION, "X-Autoreply-From" },
	{ "X-Auto: yes\n", "c@x.example", AUTO_NONE, NULL },
	{ "Precedence: auto_reply\n", "c@x.example", AUTO_VACATION, "Precedence: auto_reply" },
	{ "Precedence: auto_replying\n", "c@x.example", AUTO_NONE, NULL },
	{ "X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: c@x.example\n", "c@x.example", AUTO_VACATION, "X-Auto-Response-Suppress" },
	{ "X-Auto-Response-Suppress: DR, OOF\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\n", "c@x.example", AUTO_VACATION, "X-Auto-Response-Suppress" },
	{ "X-Auto-Response-Suppress: All\n", "c@x.example", AUTO_NONE, NULL },
	{ "X-MS-Exchange-Inbox-Rules-Loop: c@x.example\n", "c@x.example", AUTO_NONE, NULL },

	{ "List-Id: <l.x.example>\n", "l-bounces@x.example", AUTO_LIST, "List-Id" },
	{ "List-Post: <mailto:l@x.example>\n", "c@x.example", AUTO_LIST, "List-Post" },
	{ "List-Unsubscribe: <https://x.example/u>\n", "c@x.example", AUTO_LIST, "List-Unsubscribe" },
	{ "List-Help: <mailto:h@x.example>\n", "c@x.example", AUTO_LIST, "List-Help" },
	{ "List-Subscribe: <mailto:h@x.example>\n", "c@x.example", AUTO_LIST, "List-Subscribe" },
	{ "List-Owner: <mailto:h@x.example>\n", "c@x.example", AUTO_LIST, "List-Owner" },
	{ "List-Archive: <https://x.example>\n", "c@x.example", AUTO_LIST, "List-Archive" },
	{ "Listing: 1\n", "c@x.example", AUTO_NONE, NULL },
	{ "Feedback-ID: 1:2:3\n", "c@x.example", AUTO_LIST, "Feedback-ID" },
	{ "Precedence: bulk\n", "c@x.example", AUTO_LIST, "Precedence: bulk" },
	{ "Precedence: JUNK\n", "c@x.example", AUTO_LIST, "Precedence: junk" },
	{ "Precedence: list\n", "c@x.example", AUTO_LIST, "Precedence: list" },
	{ "Precedence: first-class\n", "c@x.example", AUTO_NONE, NULL },

	/* the null sender says less than any of them */
	{ "In-Reply-To: <a@b>\n", "", AUTO_VACATION, "null sender" },
	{ "References: <a@b>\n", "", AUTO_VACATION, "null sender" },
	{ "", "", AUTO_DELAYED, "null sender" },
	{ "", "MAILER-DAEMON@x.example", AUTO_DELAYED, "mailer-daemon" },
	{ "", "mailer-daemons@x.example", AUTO_NONE, NULL },
};

static void test_signals(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
		g_autofree char *mail = g_strconcat(PERSON, signals[i].headers, "\nhello\n", NULL);
		struct message *m = message_parse_bytes(mail, strlen(mail));
		const char *reason;

		g_test_message("%s", signals[i].headers);
		g_assert_cmpint(automatic_kind(m, signals[i].sender, "X-Spam-Flag: YES", &reason), ==, signals[i].kind);
		g_assert_cmpstr(reason, ==, signals[i].reason);
		message_free(m);
	}
}

/* With the null sender, what the Subject says is believed. */
static void test_out_of_office_subjects(void)
{
	static const struct { const char *subject; enum automatic kind; } subjects[] = {
		{ "Out of Office: Printer", AUTO_VACATION }, { "Automatic reply: Printer", AUTO_VACATION }, { "Abwesenheitsnotiz", AUTO_VACATION },
		{ "Automatische Antwort: Printer", AUTO_VACATION }, { "Printer out of office", AUTO_DELAYED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
		g_autofree char *mail = g_strdup_printf("From: c@x.example\nSubject: %s\n\nx", subjects[i].subject);
		struct message *m = message_parse_bytes(mail, strlen(mail));

		g_assert_cmpint(automatic_kind(m, "", "", NULL), ==, subjects[i].kind);
		g_assert_cmpint(automatic_kind(m, "c@x.example", "", NULL), ==, AUTO_NONE);
		message_free(m);
	}
}

/* --- reports --- */

#define REPORT(type) "Content-Type: multipart/report; report-type=" type "; boundary=b\n\n--b\n\nI could not.\n"
#define RECIPIENT(action) "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n" \
	"Final-Recipient: rfc822; Bob@X.example\nAction: " action "\nStatus: 5.1.1 (no such user)\nDiagnostic-Code: smtp; 550\n\tno such user\n"
#define RETURNED "--b\nContent-Type: message/rfc822\n\nMessage-ID: <ours@example.com>\nSubject: x\n\nhello\n--b--\n"
#define RETURNED_HEADERS "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <ours@example.com>\nSubject: x\n--b--\n"

static const struct {
	const char *mail;
	enum report_kind kind;
	const char *recipient, *status, *message_id;
} reports[] = {
	{ REPORT("delivery-status") RECIPIENT("failed") RETURNED, REPORT_FAILED, "bob@x.example", "5.1.1", "<ours@example.com>" },
	{ REPORT("delivery-status") RECIPIENT("failed") RETURNED_HEADERS, REPORT_FAILED, "bob@x.example", "5.1.1", "<ours@example.com>" },
	{ REPORT("delivery-status") RECIPIENT("failed") "--b--\n", REPORT_FAILED, "bob@x.example", "5.1.1", NULL },
	{ REPORT("delivery-status") RECIPIENT("delayed") RETURNED, REPORT_DELAYED, "bob@x.example", "5.1.1", "<ours@example.com>" },
	{ REPORT("delivery-status") RECIPIENT("relayed") RETURNED, REPORT_RELAYED, "bob@x.example", "5.1.1", "<ours@example.com>" },
	{ REPORT("delivery-status") RECIPIENT("delivered") RETURNED, REPORT_DELIVERED, "bob@x.example", "5.1.1", "<ours@example.com>" },
	{ REPORT("delivery-status") RECIPIENT("expanded") RETURNED, REPORT_EXPANDED, "bob@x.example", "5.1.1", "<ours@example.com>" },
	/* of several recipients, the worst news */
	{ REPORT("delivery-status") RECIPIENT("delivered") "\nFinal-Recipient: rfc822;eve@x.example\nAction: failed\nStatus: 4.4.7\n\nFinal-Recipient: rfc822;zoe@x.example\n"
		"Action: relayed\n" RETURNED, REPORT_FAILED, "eve@x.example", "4.4.7", "<ours@example.com>" },
	/* statuses and recipients that are none */
	{ REPORT("delivery-status") "--b\nContent-Type: message/delivery-status\n\nX: y\n\nFinal-Recipient: nobody\nAction: FAILED (really)\nStatus: \x1b[2J\n--b--\n",
		REPORT_FAILED, NULL, NULL, NULL },
	{ REPORT("disposition-notification") "--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;bob@x.example\n"
		"Original-Message-ID: <ours@example.com>\nDisposition: manual-action; displayed\n--b--\n", REPORT_READ, "bob@x.example", NULL, "<ours@example.com>" },
	{ REPORT("delivery-status") "--b\nContent-Type: message/delivery-status\n\nX: y\n\nAction: failed\n--b\nContent-Type: message/global\nContent-Transfer-Encoding: BASE64\n\n"
		"RnJvbTogZGVza0BleGFtcGxlLmNvbQ0KU3ViamVjdDogeA0KTWVzc2FnZS1J\nRDoNCiA8b3Vyc0BleGFtcGxlLmNvbT4NCg0KYm9keQ0K\n--b--\n", REPORT_FAILED, NULL, NULL, "<ours@example.com>" },
	{ REPORT("delivery-status") "--b\nContent-Type: message/delivery-status\n\nX: y\n\nAction: failed\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: BASE64\n\n"
		"RnJvbTogZGVza0BleGFtcGxlLmNvbQ0KU3ViamVjdDogeA0KTWVzc2FnZS1J\nRDoNCiA8b3Vyc0BleGFtcGxlLmNvbT4NCg0KYm9keQ0K\n--b--\n", REPORT_FAILED, NULL, NULL, "<ours@example.com>" },
	{ REPORT("delivery-status") "--b\nContent-Type: message/delivery-status\n\nX: y\n\nAction: failed\n--b\nContent-Type: message/global\nContent-Transfer-Encoding: quoted-printable\n\n"
		"Message-ID: <ou=72s@example.=\ncom>\n\nx\n--b--\n", REPORT_FAILED, NULL, NULL, "<ours@example.com>" },
	/* Exchange, in German: the words do not matter where there is a report part */
	{ "Subject: Unzustellbar: Drucker\n" REPORT("delivery-status") RECIPIENT("failed") RETURNED, REPORT_FAILED, "bob@x.example", "5.1.1", "<ours@example.com>" },
	/* older forms, by words that only MTAs write */
	{ "From: MAILER-DAEMON@mx.example.com\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.example.com.\n\n<bob@x.example>:\nno such user\n\n"
		"--- Below this line is a copy of the message.\n\nReturn-Path: <a@example.com>\nMessage-ID: <ours@example.com>\n", REPORT_FAILED, "bob@x.example", NULL, "<ours@example.com>" },
	{ "From: Mail Delivery System <MAILER-DAEMON@mx.example.com>\nSubject: Undelivered Mail Returned to Sender\n\nThis is the mail system at host mx.\n\n"
		"<bob@x.example>: unknown user\n", REPORT_FAILED, "bob@x.example", NULL, NULL },
	{ "From: MAILER-DAEMON@mx.example.com\nSubject: Returned mail: see transcript for details\n\n   ----- The following addresses had permanent fatal errors -----\n"
		"<bob@x.example>... User unknown\n", REPORT_FAILED, "bob@x.example", NULL, NULL },
	{ "X-Failed-Recipients: bob@x.example, eve@x.example\nSubject: Mail delivery failed\n\nx", REPORT_FAILED, "bob@x.example", NULL, NULL },
	{ "From: postmaster@x.example\nSubject: Unzustellbar: Drucker\n\nIhre Nachricht wurde nicht zugestellt.\n\nbob@x.example\n", REPORT_FAILED, "bob@x.example", NULL, NULL },
	{ "From: MAILER-DAEMON@x.example\nSubject: Delayed Mail (still being retried)\n\n<bob@x.example>: connection refused\n", REPORT_DELAYED, "bob@x.example", NULL, NULL },
	/* not a report */
	{ "From: carla@customer.example\nSubject: Undelivered parcel, mail delivery failed\n\nbob@x.example\n", REPORT_NONE, NULL, NULL, NULL },
	{ "From: postmaster@x.example\nSubject: Maintenance\n\nTonight.\n", REPORT_NONE, NULL, NULL, NULL },
	{ "From: carla@customer.example\nContent-Type: message/rfc822\n\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n\nx\n", REPORT_NONE, NULL, NULL, NULL },
	{ "Content-Type: multipart/report; report-type=delivery-status\n\nno parts\n", REPORT_NONE, NULL, NULL, NULL },
};

static void test_reports(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(reports); i++) {
		struct message *m = message_parse_bytes(reports[i].mail, strlen(reports[i].mail));
		const struct report *r = message_report(m);

		g_assert_cmpint(r->kind, ==, reports[i].kind);
		g_assert_cmpstr(r->recipient, ==, reports[i].recipient);
		g_assert_cmpstr(r->status, ==, reports[i].status);
		g_assert_cmpstr(r->message_id, ==, reports[i].message_id);
		message_free(m);
	}
}

static void test_diagnostic(void)
{
	static const char mail[] = REPORT("delivery-status") RECIPIENT("failed") RETURNED;
	struct message *m = message_parse_bytes(mail, strlen(mail));

	g_assert_cmpstr(message_report(m)->diagnostic, ==, "smtp; 550 no such user");
	message_free(m);
}

/* LIMIT_REPLY_TEXT of a diagnostic. */
static void test_long_diagnostic(void)
{
	for (int past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill((gsize)(LIMIT_REPLY_TEXT + past), 'd');
		g_autofree char *mail = g_strconcat(REPORT("delivery-status") "--b\nContent-Type: message/delivery-status\n\nX: y\n\nAction: failed\nDiagnostic-Code: ", fill,
			"\n--b--\n", NULL);
		struct message *m = message_parse_bytes(mail, strlen(mail));

		g_assert_cmpuint(strlen(message_report(m)->diagnostic), ==, LIMIT_REPLY_TEXT);
		message_free(m);
	}
}

/* --- may it be answered --- */

static const struct { const char *headers, *sender, *reason; } answers[] = {
	{ PERSON, "carla@customer.example", NULL },
	{ PERSON "Auto-Submitted: no\n", "carla@customer.example", NULL },
	{ PERSON, "", "delayed" },
	{ PERSON "Precedence: list\n", "carla@customer.example", "list" },
	{ PERSON "Auto-Submitted: auto-generated\n", "carla@customer.example", "generated" },
	{ PERSON "X-Spam-Flag: YES\n", "carla@customer.example", "spam" },
	{ PERSON "X-Loop: support@example.com\n", "carla@customer.example", "X-Loop" },
	{ PERSON "X-Auto-Response-Suppress: all\n", "carla@customer.example", "X-Auto-Response-Suppress" },
	{ PERSON "X-Auto-Response-Suppress: DR, AutoReply\n", "carla@customer.example", "X-Auto-Response-Suppress" },
	{ PERSON "X-Auto-Response-Suppress: DR, RN\n", "carla@customer.example", NULL },
	{ PERSON "Content-Type: text/calendar; method=REQUEST\n", "carla@customer.example", "calendar" },
	{ PERSON "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/calendar; method=REPLY\n\nx\n--b--\n", "carla@customer.example", "calendar" },
	{ PERSON, "no-reply@customer.example", "robot's address" },
	{ PERSON, "bounce+123@customer.example", "robot's address" },
	{ PERSON, "not an address", "no sender" },
	{ "From: noreply@customer.example\n", "carla@customer.example", "robot's address" },
	{ "From: postmaster@customer.example\n", "carla@customer.example", "robot's address" },
	{ "From: a@x.example, b@x.example\n", "carla@customer.example", "no single author" },
	{ "Subject: x\n", "carla@customer.example", "no single author" },
};

static void test_answers(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		g_autofree char *mail = g_strconcat(answers[i].headers, "\nhello\n", NULL);
		struct message *m = message_parse_bytes(mail, strlen(mail));
		enum automatic kind = automatic_kind(m, answers[i].sender, "X-Spam-Flag: YES", NULL);
		const char *reason;

		g_assert_cmpint(automatic_may_answer(m, kind, answers[i].sender, &reason), ==, answers[i].reason == NULL);
		g_assert_cmpstr(reason, ==, answers[i].reason);
		message_free(m);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_library_init();
	g_test_add_func("/automatic/each signal, and what only looks like it", test_signals);
	g_test_add_func("/automatic/subjects of vacation notes", test_out_of_office_subjects);
	g_test_add_func("/automatic/reports of every make", test_reports);
	g_test_add_func("/automatic/the diagnostic of a report", test_diagnostic);
	g_test_add_func("/automatic/a long diagnostic", test_long_diagnostic);
	g_test_add_func("/automatic/what may be answered", test_answers);
	return g_test_run();
}
