/* Agents' mail, and mail that claims to be: what stays inside stays inside, whatever the recipient
 * list says and however often it comes. */
#include "../desk.h"

#include <string.h>

#include "base/text.h"

static const char question[] =
	"From: Carla Customer <carla@example.net>\nTo: support@example.com\nSubject: Printer on fire\n"
	"Date: Mon, 21 Sep 2026 10:00:00 +0000\nMessage-ID: <q1@example.net>\n\nIt burns.\n";

/* An agent's mail that answers `parents`; more: further headers and the text. */
static char *from_anna(const char *id, const char *parents, const char *more)
{
	return g_strdup_printf(
		"From: Anna Adler <anna@example.com>\nSubject: Re: Printer on fire\nMessage-ID: <%s>\nReferences: %s\n%s",
		id, parents, more);
}

static void ask(struct desk *d, const char *to)
{
	desk_mail(d, "carla@example.net", to, NULL, question);
	g_assert_cmpuint(d->last.ticket, ==, 1);
}

static void anna_sends(
	struct desk *d, const char *to, const char *id, const char *parents, const char *more)
{
	g_autofree char *mail = from_anna(id, parents, more);

	desk_mail(d, "anna@example.com", to, "anna", mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

static uint64_t messages(struct desk *d)
{
	struct ticket t;
	uint64_t n;

	desk_ticket(d, 1, &t);
	n = t.messages_count;
	record_release(&ticket_type, &t);
	return n;
}

/* --- notes --- */

/* A note <n1>, an answer of the desk's <a1> and a note below that <n2> are there. */
static const struct leak_row {
	const char *sentence, *to, *id, *parents, *more;
	enum verdict verdict;
} leak_rows[] = {
	{ "an answer to the customer's mail leaves", "carla@example.net", "x1@example.com",
		"<q1@example.net>", "\nhello\n", VERDICT_ACCEPT },
	{ "an answer below an answer leaves", "carla@example.net", "x1@example.com",
		"<q1@example.net> <a1@example.com>", "\nhello\n", VERDICT_ACCEPT },
	{ "an answer to a note does not", "carla@example.net", "x1@example.com",
		"<q1@example.net> <n1@example.com>", "\nhello\n", VERDICT_REJECT },
	{ "an answer somewhere below a note does not", "carla@example.net", "x1@example.com",
		"<q1@example.net> <n1@example.com> <other@example.org>", "\nhello\n",
		VERDICT_REJECT },
	{ "nor one that names the note only in In-Reply-To", "carla@example.net", "x1@example.com",
		"<q1@example.net>", "In-Reply-To: <n2@example.com>\n\nhello\n", VERDICT_REJECT },
	{ "nor to a third party", "partner@example.org", "x1@example.com", "<n1@example.com>",
		"\nhello\n", VERDICT_REJECT },
	{ "nor with the account in Cc", "carla@example.net,support@example.com", "x1@example.com",
		"<n1@example.com>", "\nhello\n", VERDICT_REJECT },
	{ "what is marked as a note does not leave", "carla@example.net,support+note@example.com",
		"x1@example.com", "<q1@example.net>", "\nhello\n", VERDICT_REJECT },
	{ "nor when it is of no ticket", "carla@example.net,support+note@example.com",
		"x1@example.com", "<none@example.org>", "\nhello\n", VERDICT_REJECT },
	{ "a note that is sent on to the customer does not leave", "carla@example.net",
		"n1@example.com", "<q1@example.net>", "\nshe is difficult\n", VERDICT_REJECT },
	{ "a note that comes again stays a note", "support@example.com", "n1@example.com",
		"<q1@example.net>", "\nshe is difficult\n", VERDICT_ACCEPT },
	{ "a vacation note does not leave", "carla@example.net", "x1@example.com",
		"<q1@example.net>", "Auto-Submitted: auto-replied\n\naway\n", VERDICT_DISCARD },
	{ "a vacation note that comes again does not leave", "carla@example.net", "v1@example.com",
		"<q1@example.net>", "Auto-Submitted: auto-replied\n\naway\n", VERDICT_DISCARD },
	{ "a read receipt does not leave", "carla@example.net", "x1@example.com",
		"<q1@example.net>",
		"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n"
		"\n--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;anna@example.com\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n",
		VERDICT_DISCARD },
	{ "commands go to nobody outside", "tickets@example.com,carla@example.net",
		"x1@example.com", "<q1@example.net>", "\nclose 1\n", VERDICT_REJECT },
};

/* Refused or let go by what To and Cc say, before anything else is known of the message. */
static const struct copy_row {
	const char *sentence, *to, *header;
	enum whose whose;
	const char *reply; /* begins with */
} copy_rows[] = {
	{ "a Bcc below a note", "support@example.com,carla@example.net",
		"To: support@example.com\n", WHOSE_REFUSED,
		"5.7.1 carla@example.net is in neither To nor Cc" },
	{ "the customer's copy of it", "carla@example.net", "To: support@example.com\n",
		WHOSE_REFUSED, "5.7.1 carla@example.net is in neither To nor Cc" },
	{ "the customer's copy of what is marked as a note", "carla@example.net",
		"To: carla@example.net\nCc: support+note@example.com\n", WHOSE_REFUSED,
		"5.7.1 An internal note cannot also go to carla@example.net;" },
	{ "the desk's copy of it", "support+note@example.com",
		"To: carla@example.net\nCc: support+note@example.com\n", WHOSE_REFUSED,
		"5.7.1 An internal note cannot also go to carla@example.net;" },
	{ "commands with a Bcc", "carla@example.net", "To: tickets@example.com\n", WHOSE_REFUSED,
		"5.7.1 Commands cannot also go to carla@example.net" },
	{ "an answer with a Bcc", "dora@example.net",
		"To: carla@example.net\nCc: support@example.com\n", WHOSE_REPLY, NULL },
	{ "a note with a journal", "support@example.com,journal@archive.example",
		"To: support@example.com\n", WHOSE_NOTE, NULL },
};

static void test_copy(gconstpointer data)
{
	const struct copy_row *row = data;
	g_autofree char *more = g_strconcat(row->header, "\nshe is difficult\n", NULL);
	struct desk d;
	bool refused = row->whose == WHOSE_REFUSED;
	enum verdict verdict = refused ? VERDICT_REJECT : VERDICT_ACCEPT;

	desk_open(&d, "policy: { internal_recipients = ( \"journal@*\" ); };");
	ask(&d, "support@example.com");
	for (unsigned times = 1; times <= 2; times++) {
		anna_sends(&d, row->to, "x1@example.com", "<q1@example.net>", more);
		g_assert_cmpstr(whose_names[d.last.whose], ==, whose_names[row->whose]);
		g_assert_cmpint(d.last.edits.verdict, ==, verdict);
		if (refused)
			g_assert_true(g_str_has_prefix(d.last.edits.reply, row->reply));
		g_assert_cmpuint(desk_events(&d, 1, "refused"), ==, refused ? times : 0);
	}
	g_assert_cmpuint(messages(&d), ==, refused ? 1 : 2);
	desk_close(&d);
}

/* Without a recipient of ours the headers must tell that the mail is to be looked at. */
static void test_copy_of_no_ticket(void)
{
	static const char mail[] = "From: anna@example.com\nTo: support@example.com\nSubject: x\n"
				   "Message-ID: <x1@example.com>\n\nabout Carla\n";
	const char *const to[] = { "carla@example.net", NULL };
	const struct envelope e = {
		.sender = "", .recipients = to, .authen = "anna", .received = 1
	};
	struct message *message = message_parse_bytes(mail, strlen(mail));
	struct arrival arrival;
	struct desk d;
	bool ours = false;

	desk_open(&d, NULL);
	arrival = (struct arrival){ .settings = d.settings, .envelope = &e, .message = message };
	g_assert_cmpint(intake_headers(d.store, NULL, &arrival, &ours, &d.err), ==, ST_OK);
	g_assert_true(ours);
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna", mail);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	/* The desk's copy opens a ticket; after it the other copy is refused as before. */
	desk_mail(&d, "anna@example.com", "support@example.com", "anna", mail);
	g_assert_cmpuint(d.last.ticket, ==, 1);
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna", mail);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	message_free(message);
	desk_close(&d);
}

/* The headers of an agent's mail to the outside: what is looked at, and what is let go. */
static void test_looked_at_by_headers(void)
{
	static const struct {
		const char *authen, *sender, *to, *headers;
		bool ours;
	} rows[] = {
		{ "anna", "anna@example.com", "dora@example.net", "Subject: lunch\n", false },
		{ "anna", "anna@example.com", "carla@example.net",
			"In-Reply-To: <q1@example.net>\n", true },
		{ "anna", "anna@example.com", "carla@example.net", "Subject: [example.com #1] x\n",
			true },
		/* only its body tells what a receipt is about */
		{ "anna", "", "carla@example.net",
			"Content-Type: multipart/report; report-type=disposition-notification\n",
			true },
		{ "nobody", "", "carla@example.net",
			"Content-Type: multipart/report; report-type=disposition-notification\n",
			false },
		{ "anna", "anna@example.com", "tickets@example.com", "Subject: x\n", true },
		{ "nobody", "x@example.net", "tickets@example.com", "Subject: x\n", false },
		{ "nobody", "carla@example.net", "dora@example.net",
			"In-Reply-To: <q1@example.net>\n", false },
		/* a note that would leave by Bcc */
		{ "anna", "anna@example.com", "dora@example.net", "To: support+note@example.com\n",
			true },
	};
	struct desk d;

	desk_open(&d, "control_address = \"tickets@example.com\";\n");
	ask(&d, "support@example.com");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *mail = g_strconcat(
			"From: Anna <anna@example.com>\n", rows[i].headers, "\n", NULL);
		const char *const to[] = { rows[i].to, NULL };
		const struct envelope e = { .sender = rows[i].sender,
			.recipients = to,
			.authen = rows[i].authen,
			.received = d.now };
		struct arrival arrival = { .settings = d.settings, .envelope = &e };
		bool ours = !rows[i].ours;

		g_test_message("%s to %s: %s", rows[i].authen, rows[i].to, rows[i].headers);
		arrival.message = message_parse_bytes(mail, strlen(mail));
		g_assert_cmpint(intake_headers(d.store, NULL, &arrival, &ours, &d.err), ==, ST_OK);
		g_assert_true(ours == rows[i].ours);
		message_free(arrival.message);
	}
	desk_close(&d);
}

/* By mail and at the shell, and however often. */
static void test_first_response_stays(void)
{
	struct ticket t;
	struct desk d;
	int64_t first;

	desk_open(&d, NULL);
	ask(&d, "support@example.com");
	anna_sends(&d, "carla@example.net", "a1@example.com", "<q1@example.net>",
		"To: carla@example.net\n\npour water\n");
	desk_ticket(&d, 1, &t);
	first = t.first_response;
	g_assert_cmpint(first, ==, t.last_out);
	record_release(&ticket_type, &t);
	d.now += TEXT_SECOND;
	anna_sends(&d, "carla@example.net", "a2@example.com", "<q1@example.net>",
		"To: carla@example.net\n\nor sand\n");
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.first_response, ==, first);
	g_assert_cmpint(t.last_out, >, first);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

/* One Message-ID, From and Date: first an answer, then a note about it that has a Bcc. */
static void test_answer_made_a_note(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, "support@example.com");
	anna_sends(&d, "carla@example.net", "a1@example.com", "<q1@example.net>",
		"To: carla@example.net\n\npour water\n");
	g_assert_cmpstr(d.last.event, ==, "reply");
	anna_sends(&d, "support@example.com,carla@example.net", "a1@example.com",
		"<q1@example.net>", "To: support@example.com\n\npour water\nshe is difficult\n");
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	desk_close(&d);
}

static void test_leak(gconstpointer data)
{
	const struct leak_row *row = data;
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, "support@example.com");
	anna_sends(&d, "support@example.com", "n1@example.com", "<q1@example.net>",
		"\nshe is difficult\n");
	g_assert_cmpstr(d.last.event, ==, "note");
	anna_sends(&d, "carla@example.net", "a1@example.com", "<q1@example.net>", "\npour water\n");
	anna_sends(
		&d, "ben@example.com", "n2@example.com", "<a1@example.com>", "\nwas that right?\n");
	g_assert_cmpstr(d.last.event, ==, "note");
	anna_sends(&d, "carla@example.net", "v1@example.com", "<q1@example.net>",
		"Auto-Submitted: auto-replied\n\naway\n");
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_DISCARD);
	anna_sends(&d, row->to, row->id, row->parents, row->more);
	g_assert_cmpint(d.last.edits.verdict, ==, row->verdict);
	if (row->verdict == VERDICT_REJECT)
		g_assert_true(g_str_has_prefix(d.last.edits.reply, "5.7.1 "));
	desk_close(&d);
}

static void test_customers_mail_sent_on(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, "support@example.com");
	desk_mail(&d, "anna@example.com", "partner@example.org", "anna", question);
	g_assert_true(d.last.left_alone);
	g_assert_cmpuint(messages(&d), ==, 1);
	desk_close(&d);
}

/* --- answers --- */

static void test_copy_of_an_answer(void)
{
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, "support@example.com");
	anna_sends(&d, "carla@example.net,support@example.com", "a1@example.com",
		"<q1@example.net>", "\npour water\n");
	g_assert_cmpstr(desk_header(&d, "From"), ==, "Anna Adler <support@example.com>");
	g_assert_cmpuint(messages(&d), ==, 2);
	/* Once more, to the account alone: the same mail, not a note. */
	anna_sends(
		&d, "support@example.com", "a1@example.com", "<q1@example.net>", "\npour water\n");
	g_assert_true(d.last.duplicate);
	g_assert_cmpstr(desk_header(&d, "From"), ==, "Anna Adler <support@example.com>");
	g_assert_cmpstr(desk_header(&d, "X-Ticket-Event"), ==, "reply");
	g_assert_cmpuint(messages(&d), ==, 2);
	desk_close(&d);
}

static void test_subject_commands_run_once(void)
{
	static const char mail[] =
		"From: anna@example.com\nSubject: !tag +hot !close Printer !important\nMessage-ID: <a1@example.com>\nIn-Reply-To: <q1@example.net>\n\nx\n";
	struct desk d;

	desk_open(&d, NULL);
	ask(&d, "support@example.com");
	for (int i = 0; i < 2; i++) {
		desk_mail(&d, "anna@example.com", "carla@example.net", "anna", mail);
		g_assert_cmpstr(
			desk_header(&d, "Subject"), ==, "[example.com #1] Printer !important");
		g_assert_cmpuint(desk_events(&d, 1, "tag"), ==, 1);
		g_assert_cmpuint(desk_outbox(&d, "transcript", NULL), ==, 1);
	}
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: !close it\nMessage-ID: <q2@example.net>\nIn-Reply-To: <a1@example.com>\n\nx\n");
	g_assert_cmpstr(desk_header(&d, "Subject"), ==, "[example.com #1] !close it");
	g_assert_cmpstr(d.last.event, ==, "reopened");
	desk_close(&d);
}

/* --- whose words they are --- */

static char *state_of_ticket(struct desk *d, uint64_t number)
{
	struct ticket t;
	char *state;

	desk_ticket(d, number, &t);
	state = g_strdup_printf("%s%s%s", ticket_status_names[t.status],
		t.tags && t.tags[0] ? " +" : "", t.tags && t.tags[0] ? t.tags[0] : "");
	record_release(&ticket_type, &t);
	return state;
}

static void assert_state(struct desk *d, const char *state)
{
	g_autofree char *is = state_of_ticket(d, 1);

	g_assert_cmpstr(is, ==, state);
}

/* The words with a "!" that are recorded of a message, and what follows them. */
static void assert_recorded(struct desk *d, uint64_t seq, const char *words)
{
	struct entry e;

	desk_entry(d, 1, seq, &e);
	g_assert_cmpstr(strchr(e.subject, '!'), ==, words);
	record_release(&entry_type, &e);
}

#define TEXT_60 "loremipsumdolorsitametconsetetursadipscingelitrseddiamnonum "
#define TEXT_300 TEXT_60 TEXT_60 TEXT_60 TEXT_60 TEXT_60

/* What carla writes, and the head of what anna answers; the Subject that leaves, what became of the
 * ticket, and a part of the transcript. */
static const struct words_row {
	const char *sentence, *asked, *answered, *leaves, *state, *told;
} words_rows[] = {
	{ "what a stranger wrote goes out as text", "Subject: help !merge 1 !tag +owned !close\n",
		"Subject: Re: [example.com #1] help !merge 1 !tag +owned !close\n",
		"[example.com #1] Re: help !merge 1 !tag +owned !close", "waiting",
		"> !merge !tag !close\nnot run, and left in the Subject as text: a mail of this ticket" },
	{ "however it is encoded", "Subject: =?utf-8?Q?help_=21tag_=2Bowned_=21close?=\n",
		"Subject: Re: [example.com #1] help !tag +owned !close\n",
		"[example.com #1] Re: help !tag +owned !close", "waiting",
		"> !tag !close\nnot run" },
	{ "however it is folded", "Subject: help\n  \t \n \t!close\n",
		"Subject: Re: [example.com #1] help !close\n", "[example.com #1] Re: help !close",
		"waiting", "> !close\nnot run" },
	{ "in an encoded-word with blanks in it", "Subject: =?utf-8?Q?help !close?=\n",
		"Subject: Re: [example.com #1] help !close\n", "[example.com #1] Re: help !close",
		"waiting", "> !close\nnot run" },
	{ "in a Subject that is read in two ways", "Subject: =?iso-2022-jp?Q?=1B$B!close x?=\n",
		"Subject: Re: [example.com #1] help !close\n", "[example.com #1] Re: help !close",
		"waiting", "can be read in more than one way" },
	{ "in a second Subject", "Subject: help\nSubject: help !close\n",
		"Subject: Re: [example.com #1] help !close\n", "[example.com #1] Re: help !close",
		"waiting", "> !close\nnot run" },
	{ "in the Subject of a part",
		"Subject: help\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b; protected-headers=\"v1\"\n\n"
		"--b\nContent-Type: text/plain; protected-headers=\"v1\"\nSubject: help\n =?utf-8?Q?=21close?=\n\nx\n--b--\n",
		"Subject: Re: [example.com #1] help !close\n", "[example.com #1] Re: help !close",
		"waiting", "> !close\nnot run" },
	{ "what the agent adds is run", "Subject: help !tag +owned !close\n",
		"Subject: Re: [example.com #1] help !tag +owned !close !close\n",
		"[example.com #1] Re: help !tag +owned !close", "closed",
		"> close\n#1 closed\n\n> !tag !close\nnot run" },
	{ "with its arguments", "Subject: help !tag +owned\n",
		"Subject: Re: [example.com #1] help !tag +owned !tag +mine\n",
		"[example.com #1] Re: help !tag +owned", "waiting +mine", "> !tag\nnot run" },
	{ "not where the stranger's Subject was edited, too", "Subject: help !tag +owned\n",
		"Subject: Re: [example.com #1] !tag +mine printer !tag +owned\n",
		"[example.com #1] Re: !tag +mine printer !tag +owned", "waiting",
		"> !tag !tag\nnot run" },
	{ "nor where its end is not known", "Subject: " TEXT_300 TEXT_300 " !tag +owned\n",
		"Subject: Re: [example.com #1] !tag +owned\n", "[example.com #1] Re: !tag +owned",
		"waiting", "too long to be compared" },
	{ "nor as some read HTML", "Subject: help &#33;tag +owned\n",
		"Subject: Re: [example.com #1] help !tag +owned\n",
		"[example.com #1] Re: help !tag +owned", "waiting",
		"can be read in more than one way" },
	{ "and takes no stranger's words along", "Subject: +owned is my tag\n",
		"Subject: !tag +owned is my tag\n", "[example.com #1] +owned is my tag", "waiting",
		"> tag\ntag: expected" },
	{ "nor lends its own", "Subject: help !tag\n", "Subject: Re: help !tag +mine\n",
		"[example.com #1] Re: help !tag +mine", "waiting", "> !tag\nnot run" },
	{ "a misspelt word does not go out", "Subject: help\n", "Subject: Re: help !clsoe\n",
		"[example.com #1] Re: help", "waiting",
		"> clsoe\nunknown command 'clsoe'; did you mean 'close'?" },
	{ "nor one with wrong arguments", "Subject: help\n", "Subject: Re: help !wait foo\n",
		"[example.com #1] Re: help", "waiting",
		"> wait foo\nwait: 'foo' is not DURATION|DATE" },
	{ "an exclamation does", "Subject: help\n", "Subject: Re: help !wichtig\n",
		"[example.com #1] Re: help !wichtig", "waiting", NULL },
	{ "a mail that did not come by here may have them", "Subject: help\n",
		"Subject: Re: [example.com #1] help !close\nIn-Reply-To: <direct@example.org>\nReferences: <q1@example.net> <direct@example.org>\n",
		"[example.com #1] Re: help !close", "waiting",
		"the mail that you answer did not come by here" },
	{ "so may the last that is referred to", "Subject: help\n",
		"Subject: Re: [example.com #1] help !close\nIn-Reply-To:\nReferences: <q1@example.net> <direct@example.org>\n",
		"[example.com #1] Re: help !close", "waiting",
		"the mail that you answer did not come by here" },
	{ "a mail that is passed on has its author's", "Subject: help\n",
		"Subject: Re: [example.com #1] help !close\nResent-From: anna@example.com\n",
		"[example.com #1] Re: help !close", "waiting", "you passed this mail on" },
	{ "nor where the end of a word was cut off", "Subject: help !closest\n",
		"Subject: Re: [example.com #1] help !close\n", "[example.com #1] Re: help !close",
		"waiting", "> !close\nnot run" },
	{ "nor of two that hang together", "Subject: help !close-up\n",
		"Subject: Re: [example.com #1] help !close\n", "[example.com #1] Re: help !close",
		"waiting", "> !close\nnot run" },
	{ "what the agent adds to a longer word is run", "Subject: help !closest\n",
		"Subject: Re: [example.com #1] help !closest !close\n",
		"[example.com #1] Re: help !closest", "closed", "> close\n#1 closed" },
	{ "nor where a byte was left out that fits no charset",
		"Subject: =?utf-8?Q?help_!clo=FFse?=\n",
		"Subject: Re: [example.com #1] help !close\n", "[example.com #1] Re: help !close",
		"waiting", "not run" },
	{ "or a letter that the client does not know",
		"Subject: =?utf-8?Q?help_!clo=E4=B8=ADse?=\n",
		"Subject: Re: [example.com #1] help !close\n", "[example.com #1] Re: help !close",
		"waiting", "not run" },
	{ "in UTF-7 without a label", "Subject: help+ACAAIQ-close\n",
		"Subject: Re: [example.com #1] help !close\n", "[example.com #1] Re: help !close",
		"waiting", "can be read in more than one way" },
	{ "but a plus is none", "Subject: help C++ +owned +49301234567\n",
		"Subject: Re: help C++ +owned +49301234567 !close\n",
		"[example.com #1] Re: help C++ +owned +49301234567", "closed", "#1 closed" },
	{ "in bytes of an encoded-word that are others in its charset",
		"Subject: =?ibm037?Q?help_!close?=\n",
		"Subject: Re: [example.com #1] help !close\n", "[example.com #1] Re: help !close",
		"waiting", "not run" },
	{ "behind a shift that a client does not know", "Subject: =?iso-2022-jp?Q?=1B$B_!close?=\n",
		"Subject: Re: [example.com #1] $B !close\n", "[example.com #1] Re: $B !close",
		"waiting", "not run" },
	{ "or shows", "Subject: =?hz-gb-2312?Q?help_~{!_!closeQ~}?=\n",
		"Subject: Re: [example.com #1] help ~{! !close\n",
		"[example.com #1] Re: help ~{! !close", "waiting", "not run" },
	{ "words of a Subject that was shortened are no arguments",
		"Subject: carla@example.net is my address and more\n",
		"Subject: !watch carla@example.net is my\n",
		"[example.com #1] carla@example.net is my", "waiting", "> watch\n" },
	{ "of two mails that are answered one did not come by here", "Subject: help\n",
		"Subject: Re: [example.com #1] help !close\nIn-Reply-To: <direct@example.org> <q1@example.net>\n",
		"[example.com #1] Re: help !close", "waiting", "did not come by here" },
	{ "a header in the text has them behind a French colon", "Subject: help\n",
		"Subject: Re: [example.com #1] help !close\nContent-Type: text/plain; charset=utf-8\n\nDe\xc2\xa0: x\nObjet\xc2\xa0: help !close\n\n",
		"[example.com #1] Re: help !close", "waiting", "not run" },
	{ "and in letters with marks", "Subject: help\n",
		"Subject: Re: [example.com #1] help !close\nContent-Type: text/plain; charset=utf-8\n\n\xe0\xa4\xb5\xe0\xa4\xbf\xe0\xa4\xb7\xe0\xa4\xaf: help !close\n\n",
		"[example.com #1] Re: help !close", "waiting", "not run" },
};

static void test_words(gconstpointer data)
{
	const struct words_row *row = data;
	const char *more = strstr(row->answered, "In-Reply-To") ? ""
								: "In-Reply-To: <q1@example.net>\n";
	g_autofree char *asked = g_strdup_printf(
		"From: carla@example.net\nMessage-ID: <q1@example.net>\n%s\nx\n", row->asked);
	g_autofree char *answered = g_strdup_printf(
		"From: anna@example.com\nMessage-ID: <a1@example.com>\n%s%s\nx\n", more,
		row->answered);
	g_autofree char *transcript = NULL;
	struct desk d;

	desk_open(&d, NULL);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, asked);
	/* Once more, when the ticket has another title and another mail: the same words go. */
	for (int i = 0; i < 2; i++) {
		desk_mail(&d, "anna@example.com", "carla@example.net", "anna", answered);
		g_assert_cmpstr(desk_header(&d, "Subject"), ==, row->leaves);
		if (i == 0) {
			g_assert_cmpuint(
				desk_outbox(&d, "transcript", &transcript), ==, row->told != NULL);
			assert_state(&d, row->state);
			assert_recorded(&d, 2, strchr(row->leaves, '!'));
		}
		desk_mail(&d, "anna@example.com", "support@example.com", "anna",
			"From: anna@example.com\nMessage-ID: <n1@example.com>\nSubject: !title !close\nIn-Reply-To: <q1@example.net>\n\nx\n");
		desk_mail(&d, "carla@example.net", "support@example.com", NULL,
			"From: carla@example.net\nMessage-ID: <q2@example.net>\nSubject: y !close !wait !clsoe\nIn-Reply-To: <q1@example.net>\n\nx\n");
	}
	if (row->told && !strstr(transcript, row->told))
		g_error("%s\nis not in\n%s", row->told, transcript);
	desk_close(&d);
}

static void anna_replies(struct desk *d, const char *id, const char *parent, const char *subject)
{
	g_autofree char *mail = g_strdup_printf(
		"From: anna@example.com\nMessage-ID: <%s>\nIn-Reply-To: <%s>\nSubject: %s\n\nx\n",
		id, parent, subject);

	desk_mail(d, "anna@example.com", "carla@example.net", "anna", mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

static void carla_writes(
	struct desk *d, const char *id, const char *parent, const char *subject, const char *text)
{
	g_autofree char *mail = g_strdup_printf(
		"From: carla@example.net\nMessage-ID: <%s>\nIn-Reply-To: <%s>\nSubject: %s\n\n%s\n",
		id, parent, subject, text);

	desk_mail(d, "carla@example.net", "support@example.com", NULL, mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

/* Agents' Subjects are recorded without their commands, and an answer to a transcript is no
 * stranger's. */
static void test_own_words_are_no_bar(void)
{
	g_autofree char *transcript = NULL, *id = NULL;
	struct desk d;

	desk_open(&d, NULL);
	carla_writes(&d, "q1@example.net", "none@example.net", "help", "x");
	for (int i = 0; i < 2; i++) {
		g_autofree char *mine = g_strdup_printf("a%d@example.com", i),
				*hers = g_strdup_printf("b%d@example.net", i);

		anna_replies(&d, mine, "q1@example.net", "Re: help !close");
		assert_state(&d, "closed");
		carla_writes(&d, hers, mine, "Re: [example.com #1] help", "not yet");
		assert_state(&d, "open");
	}
	desk_outbox(&d, "transcript", &transcript);
	g_assert_nonnull(strstr(transcript, "\nSubject: Re: Re: help\n"));
	id = g_strdup(strstr(transcript, "\nMessage-ID: <") + strlen("\nMessage-ID: <"));
	id[strcspn(id, ">")] = '\0';
	anna_replies(&d, "a9@example.com", id, "Re: Re: help !close");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	assert_state(&d, "closed");
	desk_close(&d);
}

/* A title that was changed, a mail that was not answered, a ticket that was merged. */
static void test_words_of_all_mails(void)
{
	struct desk d;

	desk_open(&d, NULL);
	carla_writes(&d, "q1@example.net", "none@example.net", "help !close", "x");
	anna_sends(&d, "support@example.com", "n1@example.com", "<q1@example.net>",
		"\ntitle Printer\n");
	anna_replies(&d, "a1@example.com", "q1@example.net", "Re: [example.com #1] help !close");
	assert_state(&d, "waiting");
	carla_writes(&d, "q2@example.net", "q1@example.net", "Printer !spam", "x");
	anna_replies(&d, "a2@example.com", "q1@example.net", "Re: Printer !spam");
	assert_state(&d, "waiting");
	carla_writes(&d, "m1@example.net", "other@example.net", "Other !reopen", "x");
	g_assert_cmpuint(d.last.ticket, ==, 2);
	desk_mail(&d, "anna@example.com", "tickets@example.com", "anna",
		"From: anna@example.com\nMessage-ID: <c1@example.com>\nSubject: x\n\nmerge 2 1\n");
	anna_replies(&d, "a3@example.com", "q1@example.net", "Other !reopen");
	g_assert_cmpstr(desk_header(&d, "Subject"), ==, "[example.com #1] Other !reopen");
	assert_state(&d, "waiting");
	desk_close(&d);
}

/* A title that was given at the desk is in the mails that come from there: those of the ticket, and
 * of another. */
static void test_words_of_a_title(void)
{
	g_autofree char *transcript = NULL, *id = NULL, *both = NULL;
	struct desk d;

	desk_open(&d, NULL);
	carla_writes(&d, "q1@example.net", "none@example.net", "help", "x");
	anna_sends(&d, "support@example.com", "n1@example.com", "<q1@example.net>",
		"\ntitle Printer !close\n");
	desk_outbox(&d, "transcript", &transcript);
	id = g_strdup(strstr(transcript, "\nMessage-ID: <") + strlen("\nMessage-ID: <"));
	id[strcspn(id, ">")] = '\0';
	anna_replies(&d, "a1@example.com", "q1@example.net", "Re: [example.com #1] Printer !close");
	assert_state(&d, "waiting");
	carla_writes(&d, "q2@example.net", "other@example.net", "Scanner", "x");
	both = g_strdup_printf(
		"From: anna@example.com\nMessage-ID: <a2@example.com>\n"
		"In-Reply-To: <q2@example.net> <%s>\nSubject: Re: Printer !close\n\nx\n",
		id);
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna", both);
	g_assert_cmpuint(d.last.ticket, ==, 2);
	g_assert_cmpstr(desk_header(&d, "Subject"), ==, "[example.com #2] Re: Printer !close");
	desk_close(&d);
}

/* What another ticket's mail says is not the agent's either, when they answer it here. */
static void test_words_of_another_ticket(void)
{
	struct desk d;

	desk_open(&d, NULL);
	carla_writes(&d, "q1@example.net", "none@example.net", "help", "x");
	carla_writes(&d, "q2@example.net", "other@example.net", "help !close", "x");
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna",
		"From: anna@example.com\nMessage-ID: <a1@example.com>\nIn-Reply-To: <q1@example.net> <q2@example.net>\nSubject: Re: help !close\n\nx\n");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	assert_state(&d, "waiting");
	desk_close(&d);
}

/* Forwarded to the desk as a note, from where only the tag leads to the ticket. */
static const char *const forwards[] = {
	"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nlook\n--b\nContent-Type: message/rfc822\n\n"
	"From: eve@example.org\nSubject: =?utf-8?Q?Printer_=21close?=\n\nclose\n--b--\n",
	"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nlook\n--b\nContent-Type: message/rfc822\n\n"
	"From: x@example.org\nSubject: Fwd\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: message/rfc822\n\nSubject: Printer !close\n\nx\n--c--\n--b--\n",
	"\nlook\n\n-------- Forwarded Message --------\nSubject: Printer\n !close\nFrom: eve@example.org\n\nx\n",
	"\nlook\n\n> Von: eve@example.org\n> Betreff: Printer !close\n",
};

static void test_forwarded_words(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forwards); i++) {
		g_autofree char *mail = g_strdup_printf(
			"From: anna@example.com\nMessage-ID: <n1@example.com>\nSubject: Fwd: [example.com #1] Printer !close\n%s",
			forwards[i]);
		struct desk d;

		desk_open(&d, NULL);
		ask(&d, "support@example.com");
		desk_mail(&d, "anna@example.com", "support@example.com", "anna", mail);
		g_assert_cmpstr(d.last.event, ==, "note");
		assert_state(&d, "new");
		g_assert_cmpuint(desk_outbox(&d, "transcript", NULL), ==, 1);
		desk_close(&d);
	}
}

/* A ticket that an agent opens has the title without their commands; one that answers what nobody
 * knows runs none. */
static void test_words_of_an_opening(void)
{
	struct ticket t;
	struct desk d;

	desk_open(&d, NULL);
	desk_mail(&d, "anna@example.com", "carla@example.net,support@example.com", "anna",
		"From: anna@example.com\nTo: carla@example.net\nCc: support@example.com\nMessage-ID: <o1@example.com>\nSubject: Your printer !tag +new !tga\n\nx\n");
	g_assert_cmpstr(desk_header(&d, "Subject"), ==, "[example.com #1] Your printer");
	desk_ticket(&d, 1, &t);
	g_assert_cmpstr(t.subject, ==, "Your printer");
	record_release(&ticket_type, &t);
	assert_recorded(&d, 1, NULL);
	assert_state(&d, "waiting +new");
	for (int i = 0; i < 2; i++) {
		g_autofree char *mail = g_strdup_printf(
			"From: anna@example.com\nTo: carla@example.net\nMessage-ID: <o%d@example.com>\nSubject: Re: x !tag +owned\n%s\nx\n",
			i + 2, i ? "In-Reply-To: <direct@example.org>\n" : "");

		desk_mail(&d, "anna@example.com", "carla@example.net,support@example.com", "anna",
			mail);
		g_assert_cmpuint(d.last.ticket, ==, (uint64_t)i + 2);
		g_assert_cmpuint(desk_events(&d, d.last.ticket, "tag"), ==, 0);
		g_assert_nonnull(strstr(desk_header(&d, "Subject"), "!tag +owned"));
	}
	desk_close(&d);
}

/* Carla's mail says `asked`; anna's, which is a note or a control message, begins with the same or
 * passes it on. */
static const struct lines_row {
	const char *sentence, *asked, *to, *mail, *state, *told;
} lines_rows[] = {
	{ "a note's own line is run", "It burns.", "support@example.com", "\nclose\n", "closed",
		"> close\n#1 closed" },
	{ "a line of the customer's that stands on top is not", "close", "support@example.com",
		"\nclose\n", "new", "> close\nnot run: a mail that came in has the same line" },
	{ "nor one below a command", "close\n", "support@example.com", "\ntake\nclose\n", "open",
		"> close\nnot run" },
	{ "a line of another's that is not quoted is", "Please close it.", "support@example.com",
		"\nclose\n", "closed", NULL },
	{ "HTML alone is read as its text", "x", "support@example.com",
		"Content-Type: text/html\n\n<html><body><div>close</div><div><br></div><p>I call her.</p></body></html>\n",
		"closed", "> close\n#1 closed" },
	{ "up to a quotation", "x", "support@example.com",
		"Content-Type: text/html\n\n<blockquote type=\"cite\"><div>close</div></blockquote>\n",
		"new", NULL },
	{ "or up to a rule", "x", "support@example.com",
		"Content-Type: text/html\n\n<div>take</div><hr><div>close</div>\n", "open", NULL },
	{ "or to what the client quotes without one", "x", "support@example.com",
		"Content-Type: text/html\n\n<div>take</div><div class=\"gmail_quote\"><div>close</div></div>\n",
		"open", NULL },
	{ "or adds by itself", "x", "support@example.com",
		"Content-Type: text/html\n\n<div>take</div><pre class=\"moz-signature\">close</pre>\n",
		"open", NULL },
	{ "a file that stands in the mail is no text of the agent's", "x", "support@example.com",
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>See below.</p>\n--b\nContent-Type: text/plain\n\nclose\n--b--\n",
		"new", NULL },
	{ "nor is one with a name", "x", "support@example.com",
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; name=\"close.txt\"\n\nclose\n--b--\n",
		"new", NULL },
	{ "of alternatives the plain one is read", "x", "support@example.com",
		"MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nclose\n--b\nContent-Type: text/html\n\n<p>spam</p>\n--b--\n",
		"closed", NULL },
	{ "an empty one says nothing", "x", "support@example.com",
		"MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: text/html\n\n<p>close</p>\n--b--\n",
		"closed", NULL },
	{ "a line of a mail that is attached is not run", "x", "support@example.com",
		"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nclose\n--b\nContent-Type: message/rfc822\n\nFrom: eve@example.org\n\nclose\n--b--\n",
		"new", "> close\nnot run" },
	{ "a note that is passed on runs nothing", "x", "support@example.com",
		"Resent-From: anna@example.com\n\nclose\n", "new",
		"> close\nnot run: you passed this mail on" },
	{ "however it begins", "x", "support@example.com",
		"Resent-From: anna@example.com\nContent-Type: text/plain; charset=utf-8\n\n\xc2\xa0\"close\"\n",
		"new", "not run: you passed this mail on" },
	{ "nor does a control message", "x", "tickets@example.com",
		"Resent-From: anna@example.com\n\nclose 1\n", "new",
		"> close 1\nnot run: you passed this mail on" },
	{ "a control message has no customer's lines", "close 1", "tickets@example.com",
		"\nclose 1\n", "new", "> close 1\nnot run: a mail that came in" },
	{ "a control message may be HTML", "x", "tickets@example.com",
		"Content-Type: text/html\n\n<p>close 1</p>\n", "closed", "> close 1\n#1 closed" },
	{ "a line of the customer's is one whatever cannot be seen in it",
		"cl\xc2\xad"
		"ose\n",
		"support@example.com", "\nclose\n", "new",
		"> close\nnot run: a mail that came in has the same line" },
};

static void test_lines(gconstpointer data)
{
	const struct lines_row *row = data;
	g_autofree char *mail = g_strdup_printf(
		"From: anna@example.com\nMessage-ID: <n1@example.com>\nSubject: Re: [example.com #1] help\nIn-Reply-To: <q1@example.net>\n%s",
		row->mail);
	g_autofree char *transcript = NULL;
	struct desk d;

	desk_open(&d, NULL);
	carla_writes(&d, "q1@example.net", "none@example.net", "help", row->asked);
	desk_mail(&d, "anna@example.com", row->to, "anna", mail);
	g_assert_cmpint(d.status, ==, ST_OK);
	assert_state(&d, row->state);
	desk_outbox(&d, "transcript", &transcript);
	if (row->told && (!transcript || !strstr(transcript, row->told)))
		g_error("%s\nis not in\n%s", row->told, transcript ? transcript : "(nothing)");
	desk_close(&d);
}

/* Passed on without a word about it: From is still the stranger's. */
static void test_passed_on_silently(void)
{
	struct desk d;

	desk_open(&d, NULL);
	carla_writes(&d, "q1@example.net", "none@example.net", "help", "x");
	desk_mail(&d, "anna@example.com", "support@example.com", "anna",
		"From: eve@example.org\nMessage-ID: <e1@example.org>\nSubject: [example.com #1] help !close\n\nclose\n");
	assert_state(&d, "new");
	desk_mail(&d, "anna@example.com", "tickets@example.com", "anna",
		"From: eve@example.org\nMessage-ID: <e2@example.org>\nSubject: x\n\nclose 1\n");
	assert_state(&d, "new");
	/* With its sender, too: it has come by a server. */
	desk_mail(&d, "eve@example.org", "tickets@example.com", "anna",
		"Received: from example.org by mx.example.com; Mon, 21 Sep 2026 10:00:00 +0000\n"
		"From: eve@example.org\nMessage-ID: <e3@example.org>\nSubject: x\n\nclose 1\n");
	assert_state(&d, "new");
	/* From an address of theirs that nobody has put down. */
	desk_mail(&d, "anna@home.example", "support@example.com", "anna",
		"From: anna@home.example\nMessage-ID: <n1@home.example>\nSubject: [example.com #1] help\n\nclose\n");
	assert_state(&d, "closed");
	desk_close(&d);
}

static enum status know_in_many(struct txn *txn, void *arg, struct error *err)
{
	enum status st = ST_OK;

	(void)arg;
	for (uint64_t number = 2; number <= 8 && st == ST_OK; number++)
		st = tickets_index_id(txn, "<none@example.net>", number, 0, ID_SENT, err);
	return st;
}

/* An id that so many tickets know is not looked up in all of them: then nobody knows whose the
 * words of an answer to it are. */
static void test_an_id_of_many(void)
{
	static const char answer[] =
		"From: Anna <anna@example.com>\nTo: carla@example.net\nSubject: Re: help !close\n"
		"Message-ID: <m%u@example.com>\nIn-Reply-To: <none@example.net>\n\nx\n";

	for (unsigned i = 0; i < 2; i++) {
		g_autofree char *mail = g_strdup_printf(answer, i);
		struct desk d;

		desk_open(&d, NULL);
		carla_writes(&d, "none@example.net", "q0@example.net", "help", "x");
		if (i)
			g_assert_cmpint(
				store_write(d.store, know_in_many, NULL, &d.err), ==, ST_OK);
		desk_mail(&d, "anna@example.com", "carla@example.net", "anna", mail);
		g_assert_cmpint(d.status, ==, ST_OK);
		assert_state(&d, i ? "waiting" : "closed");
		desk_close(&d);
	}
}

static void test_private_message_id(void)
{
	static const char mail[] =
		"From: Anna <anna@home.example>\nSubject: Re: x\nMessage-ID: <a1@home.example>\nIn-Reply-To: <q1@example.net>\n\nx\n";
	static const char *const back[] = { "<a1@home.example>", NULL };
	struct desk d;
	struct entry e;
	g_autofree char *id = NULL;

	desk_open(&d, NULL);
	ask(&d, "support@example.com");
	desk_mail(&d, "anna@home.example", "carla@example.net", "anna", mail);
	id = g_strdup(desk_header(&d, "Message-ID"));
	g_assert_true(g_str_has_suffix(id, "@example.com>"));
	desk_entry(&d, 1, 2, &e);
	g_assert_cmpstr(e.message_id, ==, id);
	record_release(&entry_type, &e);
	desk_mail(&d, "anna@home.example", "carla@example.net", "anna", mail);
	g_assert_true(d.last.duplicate);
	g_assert_cmpstr(desk_header(&d, "Message-ID"), ==, id);
	for (size_t i = 0; i < G_N_ELEMENTS(back); i++) {
		g_autofree char *answer = g_strdup_printf(
			"From: carla@example.net\nSubject: y\nMessage-ID: <b%zu@example.net>\nIn-Reply-To: %s\n\nx\n",
			i, back[i] ? back[i] : id);

		desk_mail(&d, "carla@example.net", "support@example.com", NULL, answer);
		g_assert_cmpuint(d.last.ticket, ==, 1);
	}
	desk_close(&d);
}

static void test_name_of_another(void)
{
	static const struct {
		const char *from, *shown;
	} rows[] = {
		{ "\"Anna (Support)\" <anna@example.com>",
			"\"Anna (Support)\" <support@example.com>" },
		{ "Ben Berg <ben@example.com>", "Anna Adler <support@example.com>" },
		{ "Anna at the desk <support@example.com>",
			"Anna at the desk <support@example.com>" },
		{ "anna@example.com", "Anna Adler <support@example.com>" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *mail = g_strdup_printf(
			"From: %s\nSubject: Re: x\nMessage-ID: <a1@example.com>\nIn-Reply-To: <q1@example.net>\n\nx\n",
			rows[i].from);
		struct desk d;

		desk_open(&d, NULL);
		ask(&d, "support@example.com");
		desk_mail(&d, "ben@example.com", "carla@example.net", "anna", mail);
		g_assert_cmpstr(desk_header(&d, "From"), ==, rows[i].shown);
		g_assert_cmpstr(d.last.agent, ==, "anna");
		desk_close(&d);
	}
}

/* --- through the desk --- */

static char *token_of(struct desk *d)
{
	return desk_address(desk_header(d, "Reply-To"));
}

static void test_two_tickets_through_the_desk(void)
{
	struct desk d;
	g_autofree char *first = NULL, *second = NULL, *both = NULL;

	desk_open(&d, NULL);
	ask(&d, "desk@example.com");
	first = token_of(&d);
	desk_mail(&d, "dora@example.net", "desk@example.com", NULL,
		"From: dora@example.net\nSubject: y\nMessage-ID: <d1@example.net>\n\nx\n");
	second = token_of(&d);
	both = g_strdup_printf("%s,%s", first, second);
	anna_sends(&d, both, "a1@example.com", "<q1@example.net>", "\nhello\n");
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	anna_sends(&d, second, "a2@example.com", "<d1@example.net>", "\nhello\n");
	g_assert_true(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "dora@example.net"));
	desk_close(&d);
}

static void test_nobody_behind_the_desk(void)
{
	struct desk d;
	g_autofree char *token = NULL;

	desk_open(&d, "policy: { auto_replies = \"ticket\"; };");
	desk_mail(&d, "", "desk@example.com", NULL,
		"Subject: who am I?\nMessage-ID: <q1@example.net>\n\nx\n");
	token = token_of(&d);
	anna_sends(&d, token, "a1@example.com", "<q1@example.net>", "\nhello\n");
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	desk_close(&d);
}

/* Carla and Dora write to one ticket of the desk; *token_out is how agents answer Dora. */
static void two_ask(struct desk *d, char **token_out)
{
	g_autofree char *token = NULL;

	ask(d, "desk@example.com");
	g_assert_true(g_str_has_prefix(
		desk_header(d, "Reply-To"), "\"Carla Customer (carla@example.net)\" <desk+1-"));
	token = token_of(d);
	desk_mail(d, "dora@example.org", token, NULL,
		"From: Dora <dora@example.org>\nSubject: mine, too\n"
		"Reply-To: D.Office@example.org\nMessage-ID: <d1@example.org>\n\nx\n");
	g_assert_cmpuint(d->last.ticket, ==, 1);
	g_assert_true(g_str_has_prefix(
		desk_header(d, "Reply-To"), "\"Dora (D.Office@example.org)\" <desk+1-"));
	*token_out = g_strdup(desk_header(d, "Reply-To"));
}

/* What is answered, and who gets it. */
static const struct answer_row {
	const char *sentence, *header, *to;
} answer_rows[] = {
	{ "the first author's mail", "In-Reply-To: <q1@example.net>\n",
		"Carla Customer <carla@example.net>" },
	{ "the second's", "In-Reply-To: <d1@example.org>\n", "Dora <D.Office@example.org>" },
	{ "the second's, by References", "References: <q1@example.net> <d1@example.org>\n",
		"Dora <D.Office@example.org>" },
	{ "the first's in a thread of both",
		"In-Reply-To: <q1@example.net>\nReferences: <d1@example.org> <q1@example.net>\n",
		"Carla Customer <carla@example.net>" },
	{ "an answer of ours to the second", "In-Reply-To: <a0@example.com>\n",
		"Dora <D.Office@example.org>" },
	{ "nothing", "", "Carla Customer <carla@example.net>" },
	{ "nothing that is known", "In-Reply-To: <none@example.org>\n",
		"Carla Customer <carla@example.net>" },
	{ "another ticket's mail", "In-Reply-To: <e1@example.org>\n",
		"Carla Customer <carla@example.net>" },
};

static void anna_answers(struct desk *d, const char *reply_to, const char *id, const char *header)
{
	g_autofree char *token = desk_address(reply_to);
	g_autofree char *mail = g_strdup_printf(
		"From: Anna <anna@example.com>\nTo: %s\nSubject: Re: x\n"
		"Message-ID: <%s>\n%s\nhello\n",
		reply_to, id, header);

	desk_mail(d, "anna@example.com", token, "anna", mail);
	g_assert_cmpint(d->status, ==, ST_OK);
	g_assert_cmpint(d->last.edits.verdict, ==, VERDICT_ACCEPT);
}

static void test_answer_at_the_desk(gconstpointer data)
{
	const struct answer_row *row = data;
	g_autofree char *reply_to = NULL, *to = desk_address(row->to);
	const char *other = strstr(to, "carla") ? "D.Office@example.org" : "carla@example.net";
	struct desk d;
	struct entry e;

	desk_open(&d, NULL);
	two_ask(&d, &reply_to);
	desk_mail(&d, "eve@example.org", "desk@example.com", NULL,
		"From: eve@example.org\nSubject: z\n"
		"Message-ID: <e1@example.org>\n\nx\n");
	anna_answers(&d, reply_to, "a0@example.com", "In-Reply-To: <d1@example.org>\n");
	for (unsigned times = 0; times < 2; times++) {
		anna_answers(&d, reply_to, "a1@example.com", row->header);
		g_assert_cmpuint(d.last.ticket, ==, 1);
		g_assert_true(desk_has_edit(&d, EDIT_ADD_RECIPIENT, to));
		g_assert_false(desk_has_edit(&d, EDIT_ADD_RECIPIENT, other));
		g_assert_cmpstr(desk_header(&d, "To"), ==, row->to);
		/* The customer's own view of the desk. */
		g_assert_true(g_str_has_prefix(desk_header(&d, "Reply-To"), "desk+1-"));
	}
	desk_entry(&d, 1, 4, &e);
	g_assert_cmpstr(e.to[0], ==, row->to);
	record_release(&entry_type, &e);
	desk_close(&d);
}

static void test_notice_at_the_desk(void)
{
	struct desk d;
	g_autofree char *mail = NULL, *reply_to = NULL;
	const char *header;

	desk_open(
		&d, "rules = ( { match: { recipient = \"*\"; }; set: { assign = \"anna\"; }; } );");
	ask(&d, "desk@example.com");
	g_assert_cmpuint(desk_outbox(&d, "notice", &mail), ==, 1);
	header = strstr(mail, "\nReply-To: ") + strlen("\nReply-To: ");
	g_assert_true(g_str_has_prefix(header, "\"Carla Customer (carla@example.net)\" <desk+1-"));
	reply_to = g_strndup(header, strcspn(header, "\n"));
	anna_answers(&d, reply_to, "a1@example.com", "");
	g_assert_true(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "carla@example.net"));
	desk_close(&d);
}

static void test_strange_reply_to(void)
{
	static const struct {
		const char *to, *reply_to;
		unsigned events;
	} rows[] = {
		{ "desk@example.com", "carla@elsewhere.example", 1 },
		{ "desk@example.com", "c@Example.NET", 0 },
		{ "desk@example.com", "carla@elsewhere.example, desk@example.com", 1 },
		{ "desk@example.com", "desk@example.com", 0 },
		{ "desk@example.com", "", 0 },
		{ "support@example.com", "carla@elsewhere.example", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *mail = g_strdup_printf(
			"From: Carla <carla@example.net>\nSubject: x\n"
			"Reply-To: %s\nMessage-ID: <q1@x>\n\nx\n",
			rows[i].reply_to);
		struct desk d;

		desk_open(&d, NULL);
		desk_mail(&d, "carla@example.net", rows[i].to, NULL, mail);
		g_assert_cmpuint(desk_events(&d, 1, "unverified"), ==, rows[i].events);
		desk_close(&d);
	}
}

/* An agent may ask another desk; what they answer to its answer is the customer's part. */
static void test_agent_as_customer(void)
{
	static const char asks[] =
		"From: Ben Berg <ben@example.com>\nTo: desk@example.com\nSubject: x\n"
		"Message-ID: <b1@example.com>\n\nx\n";
	struct desk d;
	g_autofree char *reply_to = NULL, *token = NULL, *mail = NULL;

	desk_open(&d, NULL);
	desk_mail(&d, "ben@example.com", "desk@example.com", "ben", asks);
	reply_to = g_strdup(desk_header(&d, "Reply-To"));
	anna_answers(&d, reply_to, "a1@example.com", "In-Reply-To: <b1@example.com>\n");
	g_assert_true(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "ben@example.com"));
	token = token_of(&d);
	mail = g_strdup_printf(
		"From: ben@example.com\nTo: %s\nSubject: y\nMessage-ID: <b2@example.com>\n"
		"In-Reply-To: <a1@example.com>\n\nthanks\n",
		token);
	for (unsigned times = 0; times < 2; times++) {
		desk_mail(&d, "ben@example.com", token, "ben", mail);
		g_assert_cmpint(d.last.whose, ==, WHOSE_INBOUND);
		g_assert_false(d.last.left_alone);
		g_assert_true(
			g_str_has_prefix(desk_header(&d, "Reply-To"), "\"ben@example.com\" <"));
		g_assert_cmpuint(messages(&d), ==, 3);
	}
	desk_close(&d);
}

/* --- whose queue --- */

/* Ben is of sales; ticket 1 is in support or, where `to` says so, of the desk. */
static void ben_sends(
	struct desk *d, const char *to, const char *subject, const char *id, const char *more)
{
	g_autofree char *mail = g_strdup_printf(
		"From: Ben Berg <ben@example.com>\nSubject: %s\n"
		"Message-ID: <%s>\nIn-Reply-To: <q1@example.net>\n%s",
		subject, id, more);

	desk_mail(d, "ben@example.com", to, "ben", mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

static void assert_not_bens(struct desk *d, const char *queue)
{
	g_autofree char *reason = g_strdup_printf(
		"5.7.1 Ticket #1 is in queue '%s', which is not", queue);

	g_assert_cmpint(d->last.edits.verdict, ==, VERDICT_REJECT);
	g_assert_true(g_str_has_prefix(d->last.edits.reply, reason));
	g_assert_cmpuint(messages(d), ==, 1);
}

static void test_foreign_answer(void)
{
	struct desk d;
	g_autofree char *token = NULL;

	for (unsigned desk = 0; desk < 2; desk++) {
		desk_open(&d, NULL);
		ask(&d, desk ? "desk@example.com" : "support@example.com");
		token = desk ? token_of(&d) : g_strdup("carla@example.net");
		for (unsigned times = 1; times <= 2; times++) {
			ben_sends(&d, token, "Re: x !close", "b1@example.com", "\nhello\n");
			assert_not_bens(&d, desk ? "desk" : "support");
			g_assert_cmpuint(desk_events(&d, 1, "refused"), ==, times);
			g_assert_cmpuint(desk_events(&d, 1, "status"), ==, 0);
		}
		g_clear_pointer(&token, g_free);
		desk_close(&d);
	}
}

/* A ticket that is his, or that his queue watches, he answers. */
static void test_shared_ticket(void)
{
	for (unsigned watched = 0; watched < 2; watched++) {
		struct desk d;
		struct ticket t;

		desk_open(&d, NULL);
		ask(&d, "support@example.com");
		desk_ticket(&d, 1, &t);
		if (watched)
			text_list_add(&t.watchers, "sales");
		else
			t.agent = g_strdup("ben");
		desk_save(&d, &t);
		record_release(&ticket_type, &t);
		ben_sends(&d, "carla@example.net", "Re: x", "b1@example.com", "\nhello\n");
		g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_ACCEPT);
		g_assert_cmpstr(d.last.event, ==, "reply");
		desk_close(&d);
	}
}

/* What he has to say is kept, for those who may read it; but it moves nothing. */
static void test_foreign_note(void)
{
	static const char *const to[] = { "support@example.com", "sales@example.com" };
	struct desk d;
	struct ticket t;
	g_autofree char *mail = NULL;

	desk_open(&d, NULL);
	ask(&d, "support@example.com");
	for (unsigned i = 0; i < G_N_ELEMENTS(to); i++) {
		g_autofree char *id = g_strdup_printf("b%u@example.com", i);

		for (unsigned times = 0; times < 2; times++)
			ben_sends(&d, to[i], "Re: x !tag +mine", id, "\nclose\n\nI know her\n");
		g_assert_cmpstr(d.last.event, ==, "note");
		g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_ACCEPT);
	}
	g_assert_cmpuint(desk_outbox(&d, "transcript", &mail), ==, G_N_ELEMENTS(to));
	g_assert_nonnull(strstr(mail, "which is not yours"));
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_NEW);
	g_assert_null(t.tags);
	g_assert_null(t.watchers);
	record_release(&ticket_type, &t);
	/* And it stays a note. */
	ben_sends(&d, "carla@example.net", "Re: x !tag +mine", "b0@example.com",
		"\nclose\n\nI know her\n");
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	desk_close(&d);
}

/* A retry after the ticket has gone elsewhere gets what the first one got. Who passes a colleague's
 * answer on does not speak as the desk by it. */
static void test_repeated_answer(void)
{
	struct desk d;
	struct ticket t;
	g_autofree char *mail = from_anna("a1@example.com", "<q1@example.net>", "\npour water\n");

	desk_open(&d, NULL);
	ask(&d, "support@example.com");
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna", mail);
	desk_ticket(&d, 1, &t);
	g_free(t.queue);
	g_free(t.agent);
	t.queue = g_strdup("ops");
	t.agent = NULL;
	desk_save(&d, &t);
	record_release(&ticket_type, &t);
	desk_mail(&d, "anna@example.com", "carla@example.net", "anna", mail);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_ACCEPT);
	g_assert_cmpstr(desk_header(&d, "From"), ==, "Anna Adler <support@example.com>");
	desk_mail(&d, "anna@example.com", "partner@example.org", "ben", mail);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_REJECT);
	desk_close(&d);
}

static enum status let_anna_go(struct txn *txn, void *arg, struct error *err)
{
	struct agent anna = { 0 };
	enum status st = agents_load(txn, "anna", &anna, err);

	(void)arg;
	anna.inactive = true;
	if (st == ST_OK)
		st = agents_save(txn, &anna, err);
	record_release(&agent_type, &anna);
	return st;
}

static void test_inactive_agent(void)
{
	struct desk d;
	g_autofree char *token = NULL;

	desk_open(&d, NULL);
	ask(&d, "desk@example.com");
	token = token_of(&d);
	g_assert_cmpint(store_write(d.store, let_anna_go, NULL, &d.err), ==, ST_OK);
	anna_sends(&d, token, "a1@example.com", "<q1@example.net>", "\nclose\n");
	g_assert_cmpint(d.last.whose, ==, WHOSE_INBOUND);
	g_assert_false(desk_has_edit(&d, EDIT_ADD_RECIPIENT, "carla@example.net"));
	g_assert_cmpuint(desk_outbox(&d, "transcript", NULL) + desk_events(&d, 1, "status"), ==, 0);
	anna_sends(&d, "carla@example.net", "a2@example.com", "<q1@example.net>", "\nhello\n");
	g_assert_true(d.last.left_alone);
	desk_close(&d);
}

/* --- who is told --- */

static const char queue_of_anna[] =
	"rules = ( { match: { subject = \"*fire*\"; }; set: { assign = \"anna\"; }; } );";

static void test_assigned_on_opening(void)
{
	struct desk d;
	g_autofree char *mail = NULL, *answer = NULL;
	const char *id;

	desk_open(&d, queue_of_anna);
	ask(&d, "support@example.com");
	g_assert_cmpuint(desk_outbox(&d, "notice", &mail), ==, 1);
	g_assert_nonnull(strstr(mail, "\nTo: anna@example.com\n"));
	g_assert_nonnull(strstr(mail, "\nReply-To: Carla Customer <carla@example.net>\n"));
	g_assert_nonnull(strstr(mail, "\nIn-Reply-To: <q1@example.net>\n"));
	/* Her answer to the notice is the customer's. */
	id = strstr(mail, "\nMessage-ID: ") + strlen("\nMessage-ID: ");
	answer = g_strndup(id, strcspn(id, "\n"));
	anna_sends(&d, "carla@example.net", "a1@example.com", answer, "\nhello\n");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	g_assert_cmpint(d.last.whose, ==, WHOSE_REPLY);
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_ACCEPT);
	desk_close(&d);
}

static void test_note_on_ones_own_ticket(void)
{
	struct desk d;

	desk_open(
		&d, "rules = ( { match: { recipient = \"*\"; }; set: { assign = \"anna\"; }; } );");
	ask(&d, "support@example.com");
	anna_sends(
		&d, "support@example.com", "n1@example.com", "<q1@example.net>", "\nI call her\n");
	g_assert_cmpint(d.last.edits.verdict, ==, VERDICT_ACCEPT);
	g_assert_cmpuint(messages(&d), ==, 2);
	desk_close(&d);
}

/* --- forgeries --- */

static void test_claim(void)
{
	struct desk d;
	struct ticket t;

	desk_open(&d, NULL);
	ask(&d, "support@example.com");
	desk_mail(&d, "anna@example.com", "support@example.com", NULL,
		"Authentication-Results: evil.example; dmarc=pass header.from=example.com\n"
		"Authentication-Results: mx.example.com; dmarc=pass header.from=example.com\n"
		"X-Ticket: 1\nX-Ticket-Agent: anna\n"
		"From: Anna Adler <anna@example.com>\nSubject: !close Re: x\nMessage-ID: <f1@example.net>\nIn-Reply-To: <q1@example.net>\n\nclose\ntake\n");
	g_assert_cmpint(d.last.whose, ==, WHOSE_INBOUND);
	g_assert_cmpstr(d.last.event, ==, "followup");
	g_assert_cmpstr(d.last.claimed, ==, "anna");
	g_assert_null(d.last.agent);
	g_assert_cmpuint(desk_events(&d, 1, "unverified"), ==, 1);
	g_assert_cmpuint(desk_outbox(&d, "transcript", NULL), ==, 0);
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_NEW);
	g_assert_null(t.agent);
	record_release(&ticket_type, &t);
	/* Customers' own mail says nothing of the kind. */
	desk_mail(&d, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: y\nMessage-ID: <q2@example.net>\n\nx\n");
	g_assert_null(d.last.claimed);
	g_assert_cmpuint(desk_events(&d, 2, "unverified"), ==, 0);
	desk_close(&d);
}

static void test_forged_agent_to_the_outside(void)
{
	const char *const to[] = { "carla@example.net", NULL };
	const struct envelope e = { .sender = "anna@example.com", .recipients = to, .received = 1 };
	g_autofree char *mail = from_anna("f1@example.com", "<q1@example.net>", "\nhello\n");
	struct message *message;
	struct arrival arrival;
	struct desk d;
	bool ours = true;

	desk_open(&d, NULL);
	ask(&d, "support@example.com");
	message = message_parse_bytes(mail, strlen(mail));
	arrival = (struct arrival){ .settings = d.settings, .envelope = &e, .message = message };
	g_assert_cmpint(intake_headers(d.store, NULL, &arrival, &ours, &d.err), ==, ST_OK);
	g_assert_false(ours);
	message_free(message);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(leak_rows); i++) {
		g_autofree char *path = g_strdup_printf("/agents/%s", leak_rows[i].sentence);

		g_test_add_data_func(path, &leak_rows[i], test_leak);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(copy_rows); i++) {
		g_autofree char *path = g_strconcat(
			"/agents/copies: ", copy_rows[i].sentence, NULL);

		g_test_add_data_func(path, &copy_rows[i], test_copy);
	}
	g_test_add_func("/agent/an id that many tickets know", test_an_id_of_many);
	g_test_add_func("/agent/the first answer is the first response, later ones are not",
		test_first_response_stays);
	g_test_add_func("/agent/what is looked at by its headers", test_looked_at_by_headers);
	g_test_add_func("/agents/copies: a note in place of an answer", test_answer_made_a_note);
	g_test_add_func("/agents/copies: a question with a Bcc", test_copy_of_no_ticket);
	g_test_add_func("/agents/a customer's mail that is sent on is no answer",
		test_customers_mail_sent_on);
	g_test_add_func("/agents/a copy of an answer that comes by itself is that answer",
		test_copy_of_an_answer);
	g_test_add_func("/agents/commands in a Subject are run once, and only an agent's",
		test_subject_commands_run_once);
	for (size_t i = 0; i < G_N_ELEMENTS(words_rows); i++) {
		g_autofree char *path = g_strdup_printf("/agents/words/%s", words_rows[i].sentence);

		g_test_add_data_func(path, &words_rows[i], test_words);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(lines_rows); i++) {
		g_autofree char *path = g_strdup_printf("/agents/lines/%s", lines_rows[i].sentence);

		g_test_add_data_func(path, &lines_rows[i], test_lines);
	}
	g_test_add_func(
		"/agents/words/an agent's own earlier words are no bar", test_own_words_are_no_bar);
	g_test_add_func(
		"/agents/words/no mail of the ticket has the agent's words, whatever became of it",
		test_words_of_all_mails);
	g_test_add_func("/agents/words/nor has a title", test_words_of_a_title);
	g_test_add_func("/agents/words/nor has another ticket's mail that is answered",
		test_words_of_another_ticket);
	g_test_add_func("/agents/words/nor has a mail that is forwarded", test_forwarded_words);
	g_test_add_func("/agents/words/an agent's ticket has a title without commands",
		test_words_of_an_opening);
	g_test_add_func("/agents/lines/a mail that is passed on silently runs nothing",
		test_passed_on_silently);
	g_test_add_func("/agents/a Message-ID of a private domain is replaced, and both are known",
		test_private_message_id);
	g_test_add_func("/agents/nobody speaks in another's name", test_name_of_another);
	g_test_add_func("/agents/one answer goes to one ticket", test_two_tickets_through_the_desk);
	for (size_t i = 0; i < G_N_ELEMENTS(answer_rows); i++) {
		g_autofree char *path = g_strconcat(
			"/agents/answers at the desk: ", answer_rows[i].sentence, NULL);

		g_test_add_data_func(path, &answer_rows[i], test_answer_at_the_desk);
	}
	g_test_add_func("/agents/a notice says whom its answer reaches", test_notice_at_the_desk);
	g_test_add_func("/agents/a Reply-To at another domain is told", test_strange_reply_to);
	g_test_add_func("/agents/an agent may be a customer", test_agent_as_customer);
	g_test_add_func("/agents/an agent of another queue does not answer", test_foreign_answer);
	g_test_add_func("/agents/an agent answers what is theirs or watched", test_shared_ticket);
	g_test_add_func("/agents/an agent of another queue writes a note", test_foreign_note);
	g_test_add_func("/agents/an answer is repeated as it went", test_repeated_answer);
	g_test_add_func("/agents/an inactive agent is a customer", test_inactive_agent);
	g_test_add_func("/agents/an answer to nobody is refused", test_nobody_behind_the_desk);
	g_test_add_func("/agents/who is assigned on opening is told, and answers from there",
		test_assigned_on_opening);
	g_test_add_func("/agents/a note on one's own ticket is kept", test_note_on_ones_own_ticket);
	g_test_add_func(
		"/agents/who claims to be an agent is a customer, and it is told", test_claim);
	g_test_add_func("/agents/who claims to be an agent is not heard at the outside either",
		test_forged_agent_to_the_outside);
	return g_test_run();
}
