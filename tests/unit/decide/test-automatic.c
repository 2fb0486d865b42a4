/* Automatic mail: a mail for each signal, one that only looks like it, and what may be answered. */
#include "decide/automatic.h"

#include <string.h>

#define PERSON "From: Carla <carla@customer.example>\nTo: support@example.com\nSubject: Printer\n"

/* Headers (and parts) besides a person's, the envelope's sender, the kind and the reason. "" is the
 * null sender. */
static const struct {
	const char *headers, *sender;
	enum automatic kind;
	const char *reason;
} signals[] = {
	{ "", "carla@customer.example", AUTO_NONE, NULL },

	{ "X-Spam-Flag: YES\n", "c@x.example", AUTO_SPAM, "spam header" },
	{ "X-Spam-Flag: NO\nX-Spam-Flag: yes \n", "c@x.example", AUTO_SPAM, "spam header" },
	{ "X-Spam-Flag: NO\n", "c@x.example", AUTO_NONE, NULL },

	{ "Content-Type: multipart/report; report-type=delivery-status; "
	  "boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nX: y\n\nAction: "
	  "failed\n--b--\n",
		"", AUTO_BOUNCE, "delivery report: failed" },
	{ "X-Failed-Recipients: a@x.example\n", "c@x.example", AUTO_BOUNCE,
		"delivery report: failed" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
	  "message/delivery-status\n\nX: y\n\nAction: failed\n--b--\n",
		"c@x.example", AUTO_SUSPECTED, "words of a mail server" },
	{ "Content-Type: multipart/report; report-type=delivery-status; "
	  "boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nX: y\n\nAction: "
	  "delayed\n--b--\n",
		"", AUTO_DELAYED, "delivery report" },
	{ "Content-Type: multipart/report; report-type=disposition-notification; "
	  "boundary=b\n\n--b\nContent-Type: message/disposition-notification\n\n"
	  "Original-Message-ID: <a@b>\n--b--\n",
		"c@x.example", AUTO_RECEIPT, "disposition notification" },
	{ "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n",
		"c@x.example", AUTO_LIST, "feedback report" },
	{ "Content-Type: multipart/report; report-type=other; boundary=b\n", "c@x.example",
		AUTO_DELAYED, "multipart/report" },
	{ "Content-Type: multipart/mixed; report-type=other; boundary=b\n", "c@x.example",
		AUTO_NONE, NULL },

	{ "Auto-Submitted: auto-replied\n", "c@x.example", AUTO_VACATION,
		"Auto-Submitted: auto-replied" },
	{ "Auto-Submitted: Auto-Replied; owner-email=\"c@x.example\" (vacation)\n", "c@x.example",
		AUTO_VACATION, "Auto-Submitted: auto-replied" },
	{ "Auto-Submitted: no\n", "c@x.example", AUTO_NONE, NULL },
	{ "Auto-Submitted: NO (sent by hand)\n", "c@x.example", AUTO_NONE, NULL },
	{ "Auto-Submitted: no\nAuto-Submitted: auto-replied\n", "c@x.example", AUTO_VACATION,
		"Auto-Submitted: auto-replied" },
	{ "Auto-Submitted: no\nAuto-Submitted: auto-notified\n", "c@x.example", AUTO_GENERATED,
		"Auto-Submitted" },
	{ "X-Autoreply: no\nX-Autoreply: yes\n", "c@x.example", AUTO_VACATION,
		"header of an autoresponder" },
	{ "Precedence: first-class\nPrecedence: bulk\n", "c@x.example", AUTO_LIST,
		"Precedence: bulk" },
	{ "Auto-Submitted: (a (nested) \\) remark)\t(and another) no\n", "c@x.example", AUTO_NONE,
		NULL },
	{ "Auto-Submitted: (away)auto-replied\n", "c@x.example", AUTO_VACATION,
		"Auto-Submitted: auto-replied" },
	{ "Auto-Submitted: (never closed auto-replied\n", "c@x.example", AUTO_GENERATED,
		"Auto-Submitted" },
	{ "Auto-Submitted:\n", "c@x.example", AUTO_NONE, NULL },
	{ "Auto-Submitted: auto-generated\n", "c@x.example", AUTO_GENERATED, "Auto-Submitted" },
	{ "Auto-Submitted: auto-notified; owner-email=a@b\n", "c@x.example", AUTO_GENERATED,
		"Auto-Submitted" },
	{ "Auto-Submitted: nobody\n", "c@x.example", AUTO_GENERATED, "Auto-Submitted" },
	{ "Auto-Submitted: auto-repliedx\n", "c@x.example", AUTO_GENERATED, "Auto-Submitted" },

	{ "X-Autoreply: yes\n", "c@x.example", AUTO_VACATION, "header of an autoresponder" },
	{ "X-Autorespond: Re\n", "c@x.example", AUTO_VACATION, "header of an autoresponder" },
	{ "X-Autoreply-From: c@x.example\n", "c@x.example", AUTO_VACATION,
		"header of an autoresponder" },
	{ "X-Auto: yes\n", "c@x.example", AUTO_NONE, NULL },
	{ "Precedence: auto_reply\n", "c@x.example", AUTO_VACATION, "Precedence: auto_reply" },
	{ "Precedence: auto_replying\n", "c@x.example", AUTO_NONE, NULL },
	{ "X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: c@x.example\n",
		"c@x.example", AUTO_VACATION, "X-Auto-Response-Suppress" },
	{ "X-Auto-Response-Suppress: DR, OOF\nX-MS-Exchange-Generated-Message-Source: Mailbox "
	  "Rules Agent\n",
		"c@x.example", AUTO_VACATION, "X-Auto-Response-Suppress" },
	{ "X-Auto-Response-Suppress: All\n", "c@x.example", AUTO_NONE, NULL },
	{ "X-MS-Exchange-Inbox-Rules-Loop: c@x.example\n", "c@x.example", AUTO_SUSPECTED,
		"sent by an Exchange rule" },
	{ "X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: support@example.com\n",
		"c@x.example", AUTO_SUSPECTED, "redirected by an Exchange rule" },
	{ "X-MS-Exchange-Organization-AutoForwarded: true\n", "c@x.example", AUTO_SUSPECTED,
		"redirected by an Exchange rule" },
	{ "X-MS-Exchange-Organization-AutoForwarded: false\n", "c@x.example", AUTO_NONE, NULL },
	{ "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\nIn-Reply-To: <a@b>\n", "",
		AUTO_VACATION, "X-Auto-Response-Suppress" },
	{ "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n", "", AUTO_GENERATED,
		"Auto-Submitted" },

	{ "X-Auto-Reply: yes\n", "c@x.example", AUTO_VACATION, "header of an autoresponder" },
	{ "X-Autoresponder: 1\n", "c@x.example", AUTO_VACATION, "header of an autoresponder" },
	{ "X-AutoResponse: yes\n", "c@x.example", AUTO_VACATION, "header of an autoresponder" },
	{ "X-Mail_Autoreply: yes\n", "c@x.example", AUTO_VACATION, "header of an autoresponder" },
	{ "X-Autoreply: no\n", "c@x.example", AUTO_NONE, NULL },
	{ "X-Auto-Submitted: auto-replied\n", "c@x.example", AUTO_VACATION,
		"X-Auto-Submitted: auto-replied" },
	{ "X-Autogenerated: Reply\n", "c@x.example", AUTO_VACATION, "X-Autogenerated: Reply" },
	{ "X-Autogenerated: Mirror\n", "c@x.example", AUTO_GENERATED, "X-Autogenerated" },
	{ "X-FC-MachineGenerated: true\n", "c@x.example", AUTO_VACATION, "X-FC-MachineGenerated" },
	{ "X-POST-MessageClass: 9; Autoresponder\n", "c@x.example", AUTO_VACATION,
		"X-POST-MessageClass" },
	{ "Delivered-To: c@x.example\nDelivered-To: Autoresponder\n", "c@x.example", AUTO_VACATION,
		"Delivered-To: Autoresponder" },
	{ "Delivered-To: c@x.example\n", "c@x.example", AUTO_NONE, NULL },
	{ "Precedence: auto-reply\n", "c@x.example", AUTO_VACATION, "Precedence: auto-reply" },
	{ "Precedence: autoreply\n", "c@x.example", AUTO_VACATION, "Precedence: autoreply" },
	{ "Precedence: auto_replied\n", "c@x.example", AUTO_VACATION, "Precedence: auto_replied" },
	{ "Precedence: auto-replied\n", "c@x.example", AUTO_VACATION, "Precedence: auto-replied" },
	{ "X-Precedence: auto_reply\n", "c@x.example", AUTO_VACATION, "X-Precedence: auto_reply" },
	{ "X-Precedence: auto-reply\n", "c@x.example", AUTO_VACATION, "X-Precedence: auto-reply" },
	{ "X-Precedence: bulk\n", "c@x.example", AUTO_LIST, "X-Precedence: bulk" },
	{ "X-Mailer: vacation 1.2\n", "c@x.example", AUTO_VACATION, "X-Mailer: vacation" },
	{ "X-Mailer: Vacation/1.2\n", "c@x.example", AUTO_VACATION, "X-Mailer: vacation" },
	{ "X-Mailer: VacationHomes CRM\n", "c@x.example", AUTO_NONE, NULL },
	{ "X-Mailer: My AutoResponder\n", "c@x.example", AUTO_VACATION, "X-Mailer: autoresponder" },
	{ "X-Mailer: Auto-Responder\n", "c@x.example", AUTO_VACATION, "X-Mailer: autoresponder" },
	{ "X-Mailer: AutoReply 2\n", "c@x.example", AUTO_VACATION, "X-Mailer: autoreply" },
	{ "User-Agent: Vacation/1.2.7\n", "c@x.example", AUTO_VACATION, "User-Agent: vacation" },
	{ "X-Auto-Generated: yes\n", "c@x.example", AUTO_GENERATED, "X-Auto-Generated" },
	{ "X-Cron-Env: <SHELL=/bin/sh>\n", "root@x.example", AUTO_GENERATED, "X-Cron-Env" },
	{ "x-ms-reactions: allow\n", "c@x.example", AUTO_NONE, NULL },
	{ "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: "
	  "text/vnd.google.email-reaction+json\n\n{}\n--b--\n",
		"c@x.example", AUTO_REACTION, "reaction" },

	{ "List-Id: <l.x.example>\n", "l-bounces@x.example", AUTO_LIST, "List-Id" },
	{ "List-Post: <mailto:l@x.example>\n", "c@x.example", AUTO_LIST, "List-Post" },
	{ "List-Unsubscribe: <https://x.example/u>\n", "c@x.example", AUTO_LIST,
		"List-Unsubscribe" },
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
	{ "", "MAILER-DAEMON", AUTO_DELAYED, "mailer-daemon" },
	{ "", "mailer-daemons@x.example", AUTO_NONE, NULL },
	/* but that people write with clients, and forwarders lose senders */
	{ "User-Agent: Mozilla Thunderbird\nIn-Reply-To: <a@b>\n", "", AUTO_SUSPECTED,
		"a person's client, and the null sender" },
	{ "X-Mailer: Apple Mail (2.3774)\n", "", AUTO_SUSPECTED,
		"a person's client, and the null sender" },
	{ "X-Mailer: PHPMailer 6\n", "", AUTO_DELAYED, "null sender" },
	{ "Return-Path: <>\n", "c@x.example", AUTO_SUSPECTED, "Return-Path: <>" },
	{ "Return-Path: <c@x.example>\n", "c@x.example", AUTO_NONE, NULL },
};

static void test_signals(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
		g_autofree char *mail = g_strconcat(PERSON, signals[i].headers, "\nhello\n", NULL);
		struct message *m = message_parse_bytes(mail, strlen(mail));
		struct automatic_why why;

		g_test_message("%s", signals[i].headers);
		g_assert_cmpint(automatic_kind(m, signals[i].sender, "X-Spam-Flag: YES", &why), ==,
			signals[i].kind);
		g_assert_cmpstr(why.reason, ==, signals[i].reason);
		g_assert_true(!why.reason == !why.source);
		message_free(m);
	}
}

/* With the null sender, what the Subject says is believed; alone it is not enough, nor nothing. */
static void test_out_of_office_subjects(void)
{
	static const struct {
		const char *subject;
		enum automatic kind, alone;
	} subjects[] = {
		{ "Out of Office: Printer", AUTO_VACATION, AUTO_SUSPECTED },
		{ "Automatic reply: Printer", AUTO_VACATION, AUTO_SUSPECTED },
		{ "Abwesenheitsnotiz", AUTO_VACATION, AUTO_SUSPECTED },
		{ "Abwesend: [example.com #7] Printer", AUTO_VACATION, AUTO_SUSPECTED },
		{ "Automatische Antwort: Printer", AUTO_VACATION, AUTO_SUSPECTED },
		{ "RÉPONSE AUTOMATIQUE : x", AUTO_VACATION, AUTO_SUSPECTED },
		{ "Risposta automatica: x", AUTO_VACATION, AUTO_SUSPECTED },
		{ "Respuesta automática: x", AUTO_VACATION, AUTO_SUSPECTED },
		{ "Automatisch antwoord: x", AUTO_VACATION, AUTO_SUSPECTED },
		{ "Autosvar: x", AUTO_VACATION, AUTO_SUSPECTED },
		{ "自動返信: x", AUTO_VACATION, AUTO_SUSPECTED },
		{ "Printer out of office", AUTO_DELAYED, AUTO_NONE },
		{ "Re: Automatic reply: Printer", AUTO_DELAYED, AUTO_NONE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
		g_autofree char *mail = g_strdup_printf(
			"From: c@x.example\nSubject: %s\n\nx", subjects[i].subject);
		struct message *m = message_parse_bytes(mail, strlen(mail));

		g_assert_cmpint(automatic_kind(m, "", "", NULL), ==, subjects[i].kind);
		g_assert_cmpint(automatic_kind(m, "c@x.example", "", NULL), ==, subjects[i].alone);
		message_free(m);
	}
}

/* --- may it be answered --- */

static const struct {
	const char *headers, *sender, *reason;
} answers[] = {
	{ PERSON, "carla@customer.example", NULL },
	{ PERSON "Auto-Submitted: no\n", "carla@customer.example", NULL },
	{ PERSON, "", "delayed" },
	{ PERSON "Precedence: list\n", "carla@customer.example", "list" },
	{ PERSON "Auto-Submitted: auto-generated\n", "carla@customer.example", "generated" },
	{ PERSON "X-Spam-Flag: YES\n", "carla@customer.example", "spam" },
	{ PERSON "X-Loop: support@example.com\n", "carla@customer.example", "X-Loop" },
	{ PERSON "X-Auto-Response-Suppress: all\n", "carla@customer.example",
		"X-Auto-Response-Suppress" },
	{ PERSON "X-Auto-Response-Suppress: None\nX-Auto-Response-Suppress: all\n",
		"carla@customer.example", "X-Auto-Response-Suppress" },
	{ PERSON "X-Auto-Response-Suppress: DR, AutoReply\n", "carla@customer.example",
		"X-Auto-Response-Suppress" },
	{ PERSON "X-Auto-Response-Suppress: OOF\n", "carla@customer.example",
		"X-Auto-Response-Suppress" },
	{ PERSON "X-Auto-Response-Suppress: DR, NDR, RN, NRN\n", "carla@customer.example", NULL },
	{ PERSON "Content-Type: text/calendar; method=REQUEST\n", "carla@customer.example",
		"calendar" },
	{ PERSON "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nx\n--b\nContent-Type: "
		 "text/calendar; method=REPLY\n\nx\n--b--\n",
		"carla@customer.example", "calendar" },
	{ PERSON, "no-reply@customer.example", "robot's address" },
	/* where bounces go tells nothing of who wrote: VERP, BATV, SRS */
	{ PERSON, "bounce+123@customer.example", NULL },
	{ PERSON, "prvs=1234567abc=carla@customer.example", NULL },
	{ PERSON, "SRS0=HHHH=TT=customer.example=carla@forwarder.example", NULL },
	{ PERSON, "SRS0=HHHH=TT=customer.example=noreply@forwarder.example", "robot's address" },
	{ PERSON, "owner-users@lists.example", "robot's address" },
	{ "From: bounces+7@customer.example\n", "carla@customer.example", "robot's address" },
	{ "From: Mail Delivery System <admin@customer.example>\n", "admin@customer.example",
		"delayed" },
	{ "From: System Administrator <admin@customer.example>\n", "admin@customer.example",
		"robot's name" },
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
		enum automatic kind = automatic_kind(
			m, answers[i].sender, "X-Spam-Flag: YES", NULL);
		const char *reason;

		g_assert_cmpint(automatic_may_answer(m, kind, answers[i].sender, &reason), ==,
			answers[i].reason == NULL);
		g_assert_cmpstr(reason, ==, answers[i].reason);
		message_free(m);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/automatic/each signal, and what only looks like it", test_signals);
	g_test_add_func("/automatic/subjects of vacation notes", test_out_of_office_subjects);
	g_test_add_func("/automatic/what may be answered", test_answers);
	return g_test_run();
}
