/* PRODUCT section 4 as a table: a message, a store, and the ticket it belongs to. */
#include "../desk.h"

#include <string.h>

#include "base/text.h"
#include "decide/match.h"

static const int64_t day = INT64_C(24) * 3600 * TEXT_SECOND;

/* Tickets of the store: 1 open; 2 closed for 31 days; 3 purged; 4 merged into 5 and that into 6; 7
 * knows a root only by reference; 8 closed yesterday. Each was opened by personN@example.net with
 * <qN@example.net>. */
enum { TICKETS = 8, PURGED = 3 };

static enum status spoil(struct txn *txn, void *arg, struct error *err)
{
	enum status st = tickets_remove(txn, PURGED, err);

	(void)arg;
	if (st == ST_OK)
		st = tickets_index_id(txn, "<sent@example.com>", 1, 0, ID_SENT, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<sent-for-2@example.com>", 2, 0, ID_SENT, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<sent-for-3@example.com>", PURGED, 0, ID_SENT, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<of-3@example.net>", PURGED, 0, ID_REFERENCED, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<of-6@example.net>", 6, 0, ID_REFERENCED, err);
	/* A message that is lost, under the id of one that we sent. */
	if (st == ST_OK)
		st = tickets_index_id(txn, "<lost@example.com>", 1, 0, ID_SENT, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<lost@example.com>", 7, 99, ID_SEEN, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<twin@example.com>", 1, 2, ID_SEEN, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<twin@example.com>", 7, 1, ID_SEEN, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<twice@example.com>", 1, 1, ID_SEEN, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<twice@example.com>", 7, 0, ID_SENT, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<late@example.net>", 1, 1, ID_SEEN, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<late@example.net>", 7, 0, ID_REFERENCED, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<shared@example.net>", 1, 0, ID_REFERENCED, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<shared@example.net>", 7, 0, ID_REFERENCED, err);
	if (st == ST_OK)
		st = tickets_index_id(txn, "<device@example.net>", 1, 1, ID_SEEN, err);
	return st == ST_OK ? tickets_index_id(txn, "<device@example.net>", 6, 1, ID_SEEN, err) : st;
}

static void change(struct desk *d, uint64_t number, uint64_t merged_into, int64_t closed)
{
	struct ticket t;

	desk_ticket(d, number, &t);
	t.merged_into = merged_into;
	t.status = closed ? TICKET_CLOSED : t.status;
	t.closed = closed;
	desk_save(d, &t);
	record_release(&ticket_type, &t);
}

static void import_seventh(struct desk *d)
{
	struct ticket t;

	desk_ticket(d, 7, &t);
	t.former = 77;
	desk_save(d, &t);
	record_release(&ticket_type, &t);
}

/* anna has noted something on ticket 1, and answered in 7, where a robot has answered as well. */
static void write_answers(struct desk *d)
{
	static const char note[] = "From: anna@example.com\nTo: support@example.com\n"
				   "Message-ID: <note@example.com>\n"
				   "In-Reply-To: <q1@example.net>\n\nx\n";
	static const char answer[] = "From: anna@example.com\nTo: person7@example.net\n"
				     "Message-ID: <answer@example.com>\n"
				     "In-Reply-To: <q7@example.net>\n\nx\n";
	static const char robot[] = "From: robot@example.net\nAuto-Submitted: auto-replied\n"
				    "Message-ID: <robot@example.net>\n"
				    "In-Reply-To: <q7@example.net>\n\nx\n";

	desk_mail(d, "anna@example.com", "support@example.com", "anna", note);
	g_assert_cmpuint(d->last.ticket, ==, 1);
	desk_mail(d, "anna@example.com", "person7@example.net", "anna", answer);
	g_assert_cmpuint(d->last.ticket, ==, 7);
	desk_mail(d, "robot@example.net", "support@example.com", NULL, robot);
	g_assert_cmpuint(d->last.ticket, ==, 7);
}

static void fill(struct desk *d, const char *extra)
{
	desk_open(d, extra);
	for (unsigned i = 1; i <= TICKETS; i++) {
		g_autofree char *sender = g_strdup_printf("person%u@example.net", i);
		g_autofree char *mail = g_strdup_printf(
			"From: %s\nCc: friend%u@example.net%s\nReply-To: office%u@example.net\nSubject: matter %u\n"
			"Message-ID: <q%u@example.net>\n%s\nx\n",
			sender, i, i == 1 || i == 6 ? ", both@example.net" : "", i, i, i,
			i == 7 ? "References: <root@example.net>\n" : "");

		desk_mail(d, sender, "support@example.com", NULL, mail);
		g_assert_cmpuint(d->last.ticket, ==, i);
	}
	write_answers(d);
	change(d, 2, 0, d->now - 31 * day);
	change(d, 4, 5, 0);
	change(d, 5, 6, 0);
	change(d, 8, 0, d->now - day);
	import_seventh(d);
	g_assert_cmpint(store_write(d->store, spoil, NULL, &d->err), ==, ST_OK);
}

struct row {
	const char *sentence;
	/* in From, and the envelope's sender; NULL: no From, and null sender; "forged X": a
	 * verifier says so */
	const char *from;
	const char *to;   /* "token N": the account's token address of ticket N */
	const char *rest; /* further headers, and after a blank line the body */
	uint64_t number;  /* 0: a new ticket */
	enum match_how how;
	const char *links;
	const char *extra; /* of milticket.conf */
};

/* One that is asked more of. */
struct told_row {
	struct row row;
	const char *sender; /* in the envelope; NULL: as in From */
	bool agent;         /* the MTA vouches for anna */
	const char *facts;  /* of "own known late note nobody"; NULL: not asked */
	const char *why;    /* the reasons, a line each; NULL: not asked */
	int64_t later;      /* µs */
	const char *beside; /* a recipient before that one; NULL */
	uint64_t former;    /* number of the system that it was imported from */
};

#define STRANGER "eve@example.org", "support@example.com"
#define FIRST "person1@example.net", "support@example.com"
static const struct row rows[] = {
	{ "mail that names nothing is new", STRANGER, "Subject: hello\n", 0, MATCH_NEW, "", NULL },
	{ "a token leads to its ticket", "eve@example.org", "token 1", "Subject: hello\n", 1,
		MATCH_TOKEN, "", NULL },
	{ "a token outranks an id", "eve@example.org", "token 1", "In-Reply-To: <q7@example.net>\n",
		1, MATCH_TOKEN, "", NULL },
	{ "a token outranks a tag, whose ticket is linked", "person7@example.net", "token 1",
		"Subject: [example.com #7] x\n", 1, MATCH_TOKEN, "7", NULL },
	{ "a token in capitals is the same", "eve@example.org", "TOKEN 1", "Subject: hello\n", 1,
		MATCH_TOKEN, "", NULL },
	{ "a token with a wrong mac is the plain address", "eve@example.org",
		"support+1-aaaaaaaa@example.com", "Subject: hello\n", 0, MATCH_NEW, "", NULL },
	{ "a token for another account's address is the plain address", "eve@example.org",
		"sales+TOKEN@example.com", "Subject: hello\n", 0, MATCH_NEW, "", NULL },
	{ "a token of a purged number gives a new ticket with a link", "eve@example.org", "token 3",
		"Subject: hello\n", 0, MATCH_NEW, "3", NULL },
	{ "a token of a merged ticket leads to the survivor", "eve@example.org", "token 4",
		"Subject: hello\n", 6, MATCH_TOKEN, "", NULL },
	{ "In-Reply-To finds a message seen", STRANGER, "In-Reply-To: <q1@example.net>\n", 1,
		MATCH_MESSAGE_ID, "", NULL },
	{ "In-Reply-To finds a message sent", STRANGER, "In-Reply-To: <sent@example.com>\n", 1,
		MATCH_MESSAGE_ID, "", NULL },
	{ "References to an id that was only referenced lead its author to the ticket",
		"person7@example.net", "support@example.com", "References: <root@example.net>\n", 7,
		MATCH_MESSAGE_ID, "", NULL },
	{ "and whoever takes part and answers its author", "friend7@example.net",
		"support@example.com", "Cc: person7@example.net\nReferences: <root@example.net>\n",
		7, MATCH_MESSAGE_ID, "", NULL },
	{ "be it in To", "friend7@example.net", "support@example.com",
		"To: x@example.org, person7@example.net\nReferences: <root@example.net>\n", 7,
		MATCH_MESSAGE_ID, "", NULL },
	{ "or in Reply-To", "friend7@example.net", "support@example.com",
		"Reply-To: person7@example.net\nIn-Reply-To: <root@example.net>\n", 7,
		MATCH_MESSAGE_ID, "", NULL },
	{ "who takes part and names none of its authors gets a ticket with a link",
		"friend7@example.net", "support@example.com",
		"Cc: friend7@example.net, support@example.com\nReferences: <root@example.net>\n", 0,
		MATCH_NEW, "7", NULL },
	{ "a stranger who answers the same root gets a ticket with a link", STRANGER,
		"References: <root@example.net>\n", 0, MATCH_NEW, "7", NULL },
	{ "also when they name its author", STRANGER,
		"Cc: person7@example.net\nReply-To: person7@example.net\nReferences: <root@example.net>\n",
		0, MATCH_NEW, "7", NULL },
	{ "also beside its author in From", "person7@example.net, eve@example.org",
		"support@example.com", "References: <root@example.net>\n", 0, MATCH_NEW, "7",
		NULL },
	{ "also in a second From", "person7@example.net\nFrom: eve@example.org",
		"support@example.com", "References: <root@example.net>\n", 0, MATCH_NEW, "7",
		NULL },
	{ "also beside a second From that names nobody", "person7@example.net\nFrom: Eve",
		"support@example.com", "References: <root@example.net>\n", 0, MATCH_NEW, "7",
		NULL },
	{ "also in its author's name, where that is forged", "forged person7@example.net",
		"support@example.com", "References: <root@example.net>\n", 0, MATCH_NEW, "7",
		NULL },
	{ "many guessed ids find nothing", STRANGER,
		"References: <root@example.net> <shared@example.net>\n", 0, MATCH_NEW, "7 1",
		NULL },
	{ "of one that is guessed and one that was sent, the latter counts", STRANGER,
		"In-Reply-To: <root@example.net>\nReferences: <q1@example.net>\n", 1,
		MATCH_MESSAGE_ID, "7", NULL },
	{ "an id that was sent finds its ticket in a forged mail, too",
		"forged person1@example.net", "support@example.com",
		"In-Reply-To: <q1@example.net>\n", 1, MATCH_MESSAGE_ID, "", NULL },
	{ "References are read from the newest to the oldest", STRANGER,
		"References: <q1@example.net> <q7@example.net>\n", 7, MATCH_MESSAGE_ID, "", NULL },
	{ "an unknown newest reference leads to an older one", STRANGER,
		"References: <q1@example.net> <none@x>\n", 1, MATCH_MESSAGE_ID, "", NULL },
	{ "In-Reply-To outranks References", STRANGER,
		"References: <q7@example.net>\nIn-Reply-To: <q1@example.net>\n", 1,
		MATCH_MESSAGE_ID, "", NULL },
	{ "comments and free text in In-Reply-To are skipped", STRANGER,
		"In-Reply-To: Your message of (<q7@example.net>) \"Monday\" <q1@example.net>\n", 1,
		MATCH_MESSAGE_ID, "", NULL },
	{ "a lost bracket hides no id", STRANGER, "In-Reply-To: <q7@example.net\n", 7,
		MATCH_MESSAGE_ID, "", NULL },
	{ "several ids in In-Reply-To: the first that is known", STRANGER,
		"In-Reply-To: <none@x> <q7@example.net> <q1@example.net>\n", 7, MATCH_MESSAGE_ID,
		"", NULL },
	{ "an id of a merged ticket leads to the survivor", STRANGER,
		"In-Reply-To: <q4@example.net>\n", 6, MATCH_MESSAGE_ID, "", NULL },
	{ "an id of mail sent for a purged ticket gives a new one with a link", STRANGER,
		"In-Reply-To: <sent-for-3@example.com>\n", 0, MATCH_NEW, "3", NULL },
	{ "an id that two tickets know means the one that the sender takes part in", FIRST,
		"In-Reply-To: <shared@example.net>\n", 1, MATCH_MESSAGE_ID, "7", NULL },
	{ "a stranger to both gets neither", STRANGER, "In-Reply-To: <shared@example.net>\n", 0,
		MATCH_NEW, "7 1", NULL },
	{ "nor by a tag", STRANGER,
		"In-Reply-To: <shared@example.net>\nSubject: Re: [example.com #1] x\n", 0,
		MATCH_NEW, "1 7", NULL },
	{ "an id that a stranger took for a message of theirs is the first's to whom it belongs",
		FIRST, "In-Reply-To: <device@example.net>\n", 1, MATCH_MESSAGE_ID, "", NULL },
	{ "the tag decides between two tickets of one sender", "both@example.net",
		"support@example.com",
		"In-Reply-To: <device@example.net>\nSubject: Re: [example.com #1] x\n", 1,
		MATCH_MESSAGE_ID, "", NULL },
	{ "without a tag it is the newest", "both@example.net", "support@example.com",
		"In-Reply-To: <device@example.net>\n", 6, MATCH_MESSAGE_ID, "", NULL },
	{ "and for a stranger, be there a tag or not", STRANGER,
		"In-Reply-To: <device@example.net>\nSubject: Re: [example.com #1] x\n", 6,
		MATCH_MESSAGE_ID, "1", NULL },
	{ "an original that comes after its replies joins them", "friend7@example.net",
		"support@example.com", "Message-ID: <root@example.net>\nTo: person7@example.net\n",
		7, MATCH_MESSAGE_ID, "", NULL },
	{ "a stranger's does not", STRANGER,
		"Message-ID: <root@example.net>\nTo: person7@example.net\n", 0, MATCH_NEW, "7",
		NULL },
	{ "an id that was seen before, with other content, is a message of its own", FIRST,
		"Message-ID: <q1@example.net>\n", 0, MATCH_NEW, "", NULL },
	{ "the tag of another ticket is linked when an id wins", FIRST,
		"In-Reply-To: <q7@example.net>\nSubject: [example.com #1] x\n", 7, MATCH_MESSAGE_ID,
		"1", NULL },
	{ "a tag that names the ticket by its merged number is no link", STRANGER,
		"In-Reply-To: <q6@example.net>\nSubject: [example.com #4] x\n", 6, MATCH_MESSAGE_ID,
		"", NULL },
	{ "a person's mail that quotes a report's form is no report", STRANGER,
		"Subject: see this\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <q1@example.net>\n",
		0, MATCH_NEW, "", NULL },
	{ "the requester's tag matches", FIRST, "Subject: AW: [example.com #1] x\n", 1,
		MATCH_SUBJECT, "", NULL },
	{ "the tag of whoever was in Cc matches", "friend1@example.net", "support@example.com",
		"Subject: [EXAMPLE.COM #1]\n", 1, MATCH_SUBJECT, "", NULL },
	{ "the requester's tag is linked beside a second author",
		"person1@example.net, eve@example.org", "support@example.com",
		"Subject: [example.com #1] x\n", 0, MATCH_NEW, "1", NULL },
	{ "and where a verifier may have read another author", "Mail of person1@example.net",
		"support@example.com", "Subject: [example.com #1] x\n", 0, MATCH_NEW, "1", NULL },
	{ "and in a forged mail", "forged person1@example.net", "support@example.com",
		"Subject: [example.com #1] x\n", 0, MATCH_NEW, "1", NULL },
	{ "even where anyone's matches", "forged person1@example.net", "support@example.com",
		"Subject: [example.com #1] x\n", 0, MATCH_NEW, "1",
		"policy: { subject_tag = \"anyone\"; };" },
	{ "a tag of whoever wants the answers matches", "office1@example.net",
		"support@example.com", "Subject: [example.com #1] x\n", 1, MATCH_SUBJECT, "",
		NULL },
	{ "an address of ours takes part in nothing", "support@example.com", "support@example.com",
		"Subject: [example.com #1] x\n", 0, MATCH_NEW, "1", NULL },
	{ "a stranger's tag is linked", STRANGER, "Subject: [example.com #1] x\n", 0, MATCH_NEW,
		"1", NULL },
	{ "each of them", STRANGER, "Subject: [example.com #1] [example.com #7] x\n", 0, MATCH_NEW,
		"1 7", NULL },
	{ "a stranger's tag matches where anyone's does", STRANGER, "Subject: [example.com #1] x\n",
		1, MATCH_SUBJECT, "", "policy: { subject_tag = \"anyone\"; };" },
	{ "a requester's tag is linked where nobody's matches", FIRST,
		"Subject: [example.com #1] x\n", 0, MATCH_NEW, "1",
		"policy: { subject_tag = \"never\"; };" },
	{ "of two tags the one that may match does, the other is linked", FIRST,
		"Subject: [example.com #7] [example.com #1] x\n", 1, MATCH_SUBJECT, "7", NULL },
	{ "the tag of a purged number is linked", "person3@example.net", "support@example.com",
		"Subject: [example.com #3] x\n", 0, MATCH_NEW, "3", NULL },
	{ "the tag of a number never given is nothing", FIRST, "Subject: [example.com #99] x\n", 0,
		MATCH_NEW, "", NULL },
	{ "a leading zero is no tag of ours", FIRST, "Subject: [example.com #01] x\n", 0, MATCH_NEW,
		"", NULL },
	{ "one digit more is another number", FIRST, "Subject: [example.com #11] x\n", 0, MATCH_NEW,
		"", NULL },
	{ "full-width digits are no tag of ours", FIRST, "Subject: [example.com #\xef\xbc\x91] x\n",
		0, MATCH_NEW, "", NULL },
	{ "thirty digits are no tag of ours", FIRST,
		"Subject: [example.com #111111111111111111111111111111] x\n", 0, MATCH_NEW, "",
		NULL },
	{ "tags of other systems are ignored", FIRST, "Subject: [other.example #1] [Ticket#1] x\n",
		0, MATCH_NEW, "", NULL },
	{ "a tag in an encoded word matches", FIRST,
		"Subject: =?utf-8?q?=5Bexample=2Ecom_=231=5D?= x\n", 1, MATCH_SUBJECT, "", NULL },
	{ "a folded tag matches", FIRST, "Subject: x [example.com\n #1] y\n", 1, MATCH_SUBJECT, "",
		NULL },
	{ "the tag of a merged ticket leads to the survivor for its participants",
		"person6@example.net", "support@example.com", "Subject: [example.com #4] x\n", 6,
		MATCH_SUBJECT, "", NULL },
	{ "a ticket closed for too long gives a new one with a link", "person2@example.net",
		"support@example.com", "In-Reply-To: <q2@example.net>\n", 0, MATCH_NEW, "2", NULL },
	{ "the same by its tag", "person2@example.net", "support@example.com",
		"Subject: [example.com #2]\n", 0, MATCH_NEW, "2", NULL },
	{ "the same by its token", "person2@example.net", "token 2", "Subject: x\n", 0, MATCH_NEW,
		"2", NULL },
	{ "a ticket closed yesterday is found", "person8@example.net", "support@example.com",
		"In-Reply-To: <q8@example.net>\n", 8, MATCH_MESSAGE_ID, "", NULL },
	{ "and one closed for just as long as may be", "person8@example.net", "support@example.com",
		"In-Reply-To: <q8@example.net>\n", 8, MATCH_MESSAGE_ID, "",
		"policy: { reopen_days = 1; };" },
	{ "with reopen_days 0 a ticket is never closed for too long", "person2@example.net",
		"support@example.com", "In-Reply-To: <q2@example.net>\n", 2, MATCH_MESSAGE_ID, "",
		"policy: { reopen_days = 0; };" },
	{ "with reopen_days 40 it is not yet", "person2@example.net", "support@example.com",
		"In-Reply-To: <q2@example.net>\n", 2, MATCH_MESSAGE_ID, "",
		"policy: { reopen_days = 40; };" },
	{ "a note that answers for somebody away does, too", "person2@example.net",
		"support@example.com",
		"Auto-Submitted: auto-replied\nIn-Reply-To: <q2@example.net>\n", 2,
		MATCH_MESSAGE_ID, "", NULL },
	{ "a thread of Exchange that has only its index is new", STRANGER,
		"Thread-Index: AdxYz1\nThread-Topic: matter 1\n", 0, MATCH_NEW, "", NULL },
};

/* A report: whom it is about, and what came back beside its Message-ID ("": nothing). */
#define REPORT \
	"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n" \
	"--b\n\ntext\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n" \
	"Action: failed\nFinal-Recipient: rfc822; "
#define DSN(of, id) \
	REPORT of "\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: " id "\n\n--b--\n"

/* What else is told of a message, and why it is whose it is. */
#define NO_TOKEN "no recipient is a ticket's token\n"
static const struct told_row told_rows[] = {
	{ { "mail of its own id is nobody's so far", STRANGER, "Message-ID: <new@example.org>\n", 0,
		  MATCH_NEW, "", NULL },
		.facts = "", .why = NO_TOKEN },
	{ { "what we sent is our own when it comes back", STRANGER,
		  "Message-ID: <sent@example.com>\n", 1, MATCH_MESSAGE_ID, "", NULL },
		.facts = "own known ",
		.why = NO_TOKEN "<sent@example.com>: #1 has that message\n" },
	{ { "whoever else has its id", STRANGER, "Message-ID: <twice@example.com>\n", 7,
		  MATCH_MESSAGE_ID, "", NULL },
		.facts = "own known " },
	{ { "whatever came first", STRANGER, "Message-ID: <lost@example.com>\n", 7,
		  MATCH_MESSAGE_ID, "", NULL },
		.facts = "own known " },
	{ { "what one ticket has seen and another named is a message of its own", FIRST,
		  "Message-ID: <late@example.net>\n", 0, MATCH_NEW, "", NULL },
		.facts = "known " },
	{ { "and what left through us", "support@example.com", "support@example.com",
		  "Message-ID: <answer@example.com>\n", 7, MATCH_MESSAGE_ID, "", NULL },
		.facts = "own known " },
	{ { "what a customer wrote is not", STRANGER, "Message-ID: <q1@example.net>\n", 0,
		  MATCH_NEW, "", NULL },
		.facts = "known " },
	{ { "nor what others only referred to", "support@example.com", "support@example.com",
		  "Message-ID: <root@example.net>\n", 0, MATCH_NEW, "7", NULL },
		.facts = "known ",
		.why = NO_TOKEN
		"<root@example.net>: #7 only refers to it; the sender takes no part in it: not its mail, but linked\n" },
	{ { "mail of ours comes back however long the ticket is closed", STRANGER,
		  "Message-ID: <sent-for-2@example.com>\n", 2, MATCH_MESSAGE_ID, "", NULL },
		.facts = "own known " },
	{ { "an agent answers a note", "anna@example.com", "support@example.com",
		  "In-Reply-To: <note@example.com>\n", 1, MATCH_MESSAGE_ID, "", NULL },
		.agent = true, .facts = "note " },
	{ { "be it further up, and past one that is gone", "anna@example.com",
		  "support@example.com",
		  "In-Reply-To: <q7@example.net>\nReferences: <note@example.com> <sent-for-3@example.com>\n",
		  7, MATCH_MESSAGE_ID, "", NULL },
		.agent = true, .facts = "note " },
	{ { "and before one that is none", "anna@example.com", "support@example.com",
		  "In-Reply-To: <note@example.com> <q1@example.net> <sent-for-3@example.com>\n", 1,
		  MATCH_MESSAGE_ID, "", NULL },
		.agent = true, .facts = "note " },
	{ { "whichever ticket has it", "anna@example.com", "support@example.com",
		  "In-Reply-To: <twin@example.com>\n", 7, MATCH_MESSAGE_ID, "", NULL },
		.agent = true, .facts = "note " },
	{ { "what a customer wrote is no note", "anna@example.com", "support@example.com",
		  "In-Reply-To: <q1@example.net>\n", 1, MATCH_MESSAGE_ID, "", NULL },
		.agent = true, .facts = "" },
	{ { "nor is what only a note refers to", "anna@example.com", "support@example.com",
		  "Cc: person7@example.net\nIn-Reply-To: <root@example.net>\n", 7, MATCH_MESSAGE_ID,
		  "", NULL },
		.agent = true, .facts = "" },
	{ { "a customer answers no note", FIRST, "In-Reply-To: <note@example.com>\n", 1,
		  MATCH_MESSAGE_ID, "", NULL },
		.facts = "" },
	{ { "an agent is somebody, whatever From says", "forged anna@example.com",
		  "support@example.com", "Subject: [example.com #1] x\n", 1, MATCH_SUBJECT, "",
		  "policy: { subject_tag = \"anyone\"; };" },
		.agent = true, .facts = "" },
	{ { "and without From, as whoever sent it", NULL, "support@example.com",
		  "References: <root@example.net>\n", 7, MATCH_MESSAGE_ID, "", NULL },
		.sender = "person7@example.net", .agent = true, .facts = "" },
	{ { "whose names are all looked at", "x@example.com, person7@example.net",
		  "support@example.com", "References: <root@example.net>\n", 7, MATCH_MESSAGE_ID,
		  "", NULL },
		.agent = true },
	{ { "or with From of the desk", "support@example.com", "support@example.com",
		  "Cc: person7@example.net\nReferences: <root@example.net>\n", 7, MATCH_MESSAGE_ID,
		  "", NULL },
		.agent = true, .facts = "" },
	{ { "a former system's number tells whose it is", STRANGER,
		  "References: <root@example.net>\n", 7, MATCH_MESSAGE_ID, "", NULL },
		.former = 77, .facts = "" },
	{ { "also where nobody sent it", "support@example.com", "support@example.com",
		  "References: <shared@example.net>\n", 7, MATCH_MESSAGE_ID, "1", NULL },
		.former = 77, .facts = "" },
	{ { "and by a tag", STRANGER, "Subject: [example.com #7]\n", 7, MATCH_SUBJECT, "", NULL },
		.former = 77 },
	{ { "but not by another's", STRANGER, "Subject: [example.com #1]\n", 0, MATCH_NEW, "1",
		  NULL },
		.former = 77 },
	{ { "a microsecond more than may be is too long", "person8@example.net",
		  "support@example.com", "In-Reply-To: <q8@example.net>\n", 0, MATCH_NEW, "8",
		  "policy: { reopen_days = 1; };" },
		.later = 1, .facts = "late " },
	{ { "a token is why", "eve@example.org", "token 1", "Subject: hello\n", 1, MATCH_TOKEN, "",
		  NULL },
		.why = "recipient TOKEN-OF-1 is a token of #1\n" },
	{ { "a token beside other recipients is found", "eve@example.org", "token 1",
		  "Subject: hello\n", 1, MATCH_TOKEN, "", NULL },
		.beside = "sales@example.com", .facts = "" },
	{ { "a ticket that only refers to one id may have another", STRANGER,
		  "In-Reply-To: <of-6@example.net> <device@example.net>\n", 6, MATCH_MESSAGE_ID, "",
		  NULL },
		.facts = "" },
	{ { "what is lost hides nothing that we sent", NULL, "support@example.com",
		  DSN("x@example.net", "<lost@example.com>"), 1, MATCH_REPORT, "", NULL },
		.facts = "" },
	{ { "any of the recipients may take part", NULL, "support@example.com",
		  REPORT
		  "x@example.net\n\nAction: failed\nFinal-Recipient: rfc822; "
		  "person1@example.net\n\n--b\nContent-Type: text/rfc822-headers\n\n"
		  "Message-ID: <new@relay>\nSubject: [example.com #7] [example.com #1] x\n\n--b--\n",
		  1, MATCH_REPORT, "", NULL },
		.facts = "" },
	{ { "an agent's tag matches on any ticket", "anna@example.com", "support@example.com",
		  "Subject: [example.com #6] x\n", 6, MATCH_SUBJECT, "", NULL },
		.agent = true, .why = NO_TOKEN "the Subject names #6: the sender may do that\n" },
	{ { "an agent's ticket is never closed for too long", "anna@example.com",
		  "support@example.com", "In-Reply-To: <q2@example.net>\n", 2, MATCH_MESSAGE_ID, "",
		  NULL },
		.agent = true, .facts = "" },
	{ { "From is the sender, not the envelope", FIRST, "Subject: [example.com #1] x\n", 1,
		  MATCH_SUBJECT, "", NULL },
		.sender = "bounces@list.example.org", .facts = "" },
	{ { "one that is guessed is nobody", "Mail of person1@example.net", "support@example.com",
		  "Subject: hello\n", 0, MATCH_NEW, "", NULL },
		.facts = "nobody " },
	{ { "but the envelope's", "Mail of person1@example.net", "support@example.com",
		  "Subject: [example.com #1] x\n", 1, MATCH_SUBJECT, "", NULL },
		.sender = "person1@example.net", .facts = "" },
	{ { "who names an agent that answered names a writer", "friend7@example.net",
		  "support@example.com", "Cc: anna@example.com\nReferences: <root@example.net>\n",
		  7, MATCH_MESSAGE_ID, "", NULL },
		.facts = "",
		.why = NO_TOKEN
		"<root@example.net>: #7 only refers to it; the sender takes part in it and names who wrote\n" },
	{ { "or one that left a note", "friend1@example.net", "support@example.com",
		  "Cc: anna@example.com\nReferences: <shared@example.net>\n", 1, MATCH_MESSAGE_ID,
		  "7", NULL },
		.facts = "" },
	{ { "a robot is no writer", "friend7@example.net", "support@example.com",
		  "Cc: robot@example.net\nReferences: <root@example.net>\n", 0, MATCH_NEW, "7",
		  NULL },
		.facts = "",
		.why = NO_TOKEN
		"<root@example.net>: #7 only refers to it; the sender takes part in it: not its mail, but linked\n" },
	{ { "the ticket itself is not linked", STRANGER,
		  "In-Reply-To: <root@example.net>\nReferences: <q7@example.net>\n", 7,
		  MATCH_MESSAGE_ID, "", NULL },
		.facts = "" },
	{ { "nor is one that is gone", "forged eve@example.org", "support@example.com",
		  "References: <of-3@example.net>\n", 0, MATCH_NEW, "", NULL },
		.facts = "nobody " },
	{ { "which is said to whoever is somebody", STRANGER, "References: <of-3@example.net>\n", 0,
		  MATCH_NEW, "", NULL },
		.facts = "",
		.why = NO_TOKEN
		"<of-3@example.net>: #3 only refers to it; that ticket is gone: not its mail, but linked\n" },
	{ { "of an agent's report the first id counts", "anna@example.com", "support@example.com",
		  DSN("x@example.net", "<q7@example.net>\nReferences: <q1@example.net>"), 7,
		  MATCH_REPORT, "", NULL },
		.agent = true, .facts = "" },
	{ { "an unknown id is said to be so", STRANGER, "In-Reply-To: <none@x> <q1@example.net>\n",
		  1, MATCH_MESSAGE_ID, "", NULL },
		.why = NO_TOKEN "<none@x>: no ticket knows it\n"
				"<q1@example.net>: #1 has that message\n" },
	{ { "a merged ticket's survivor is named", STRANGER, "In-Reply-To: <q4@example.net>\n", 6,
		  MATCH_MESSAGE_ID, "", NULL },
		.why = NO_TOKEN "<q4@example.net>: #4 has that message\n"
				"#4 was merged into #6\n" },
	{ { "a ticket that is closed for too long is named", "person2@example.net",
		  "support@example.com", "In-Reply-To: <q2@example.net>\n", 0, MATCH_NEW, "2",
		  NULL },
		.facts = "late ",
		.why = NO_TOKEN "<q2@example.net>: #2 has that message\n"
				"#2 was closed more than 30 days ago: a new ticket, linked\n" },
	{ { "a ticket that was purged is named", STRANGER,
		  "In-Reply-To: <sent-for-3@example.com>\n", 0, MATCH_NEW, "3", NULL },
		.facts = "",
		.why = NO_TOKEN "<sent-for-3@example.com>: #3 has that message\n"
				"#3 was purged: a new ticket, linked\n" },
	{ { "a tag is not obeyed, and one is nobody's", STRANGER,
		  "Subject: [example.com #1] [example.com #99] x\n", 0, MATCH_NEW, "1", NULL },
		.why = NO_TOKEN "the Subject names #1: not obeyed, the sender takes no part in it\n"
				"the Subject names #99: no such ticket\n" },
	{ { "two who know an id are weighed", FIRST, "In-Reply-To: <device@example.net>\n", 1,
		  MATCH_MESSAGE_ID, "", NULL },
		.why = NO_TOKEN
		"<device@example.net>: #6 has that message; the sender takes no part in it\n"
		"<device@example.net>: #1 has that message; the sender takes part in it and names who wrote\n" },
};

#define DSN_ALONE(of) REPORT of "\n\n--b--\n"
#define DAEMON NULL, "support@example.com"
#define STRANGE "x@example.net"
#define THEIRS "person1@example.net"

static const struct row reports[] = {
	{ "a report finds a message that we sent", DAEMON, DSN(STRANGE, "<sent@example.com>"), 1,
		MATCH_REPORT, "", NULL },
	{ "a report on an unknown message is new", DAEMON, DSN(STRANGE, "<none@example.net>"), 0,
		MATCH_NEW, "", NULL },
	{ "nor does it find what a customer wrote", DAEMON, DSN(STRANGE, "<q1@example.net>"), 0,
		MATCH_NEW, "", NULL },
	{ "nor does its own In-Reply-To", DAEMON,
		"In-Reply-To: <q1@example.net>\nReferences: <q7@example.net>\n" DSN(
			STRANGE, "<none@x>"),
		0, MATCH_NEW, "", NULL },
	{ "but what an agent wrote", DAEMON, DSN(STRANGE, "<answer@example.com>"), 7, MATCH_REPORT,
		"", NULL },
	{ "which finds what we sent", DAEMON,
		"In-Reply-To: <sent@example.com>\n" DSN(STRANGE, "<none@x>"), 1, MATCH_MESSAGE_ID,
		"", NULL },
	{ "a relay rewrote the id: References find it", DAEMON,
		DSN(STRANGE, "<new@relay>\nReferences: <q1@example.net> <sent@example.com>"), 1,
		MATCH_REPORT, "", NULL },
	{ "or In-Reply-To", DAEMON, DSN(STRANGE, "<new@relay>\nIn-Reply-To: <sent@example.com>"), 1,
		MATCH_REPORT, "", NULL },
	{ "or the token in Reply-To", DAEMON, DSN(STRANGE, "<new@relay>\nReply-To: TOKEN-OF-1"), 1,
		MATCH_REPORT, "", NULL },
	{ "but no token with another mac", DAEMON,
		DSN(STRANGE, "<new@relay>\nReply-To: support+1-aaaaaaaa@example.com"), 0, MATCH_NEW,
		"", NULL },
	{ "or the tag, of a participant", DAEMON,
		DSN(THEIRS, "<new@relay>\nSubject: Re: [example.com #1] x"), 1, MATCH_REPORT, "",
		NULL },
	{ "a tag of somebody else is not enough", DAEMON,
		DSN(STRANGE, "<new@relay>\nSubject: Re: [example.com #1] x"), 0, MATCH_NEW, "",
		NULL },
	{ "nor any where no tag matches", DAEMON,
		DSN(THEIRS, "<new@relay>\nSubject: Re: [example.com #1] x"), 0, MATCH_NEW, "",
		"policy: { subject_tag = \"never\"; };" },
	{ "without anything returned, the report's own tag", DAEMON,
		"Subject: Undeliverable: [example.com #1] x\n" DSN_ALONE("friend1@example.net"), 1,
		MATCH_REPORT, "", NULL },
	{ "of a participant only", DAEMON,
		"Subject: Undeliverable: [example.com #1] x\n" DSN_ALONE("friend7@example.net"), 0,
		MATCH_NEW, "1", NULL },
	{ "what came back has the say", DAEMON,
		"Subject: Undeliverable: [example.com #7] x\n" DSN(
			THEIRS, "<new@relay>\nSubject: [example.com #1] x"),
		1, MATCH_REPORT, "7", NULL },
	{ "a stranger's words of a mail server use no tag", STRANGER,
		"Subject: failure notice\n\n"
		"<person1@example.net>:\nno such user\n\nSubject: [example.com #1] x\n",
		0, MATCH_NEW, "", NULL },
	{ "mail that changes no status finds the ticket however long it is closed", DAEMON,
		DSN(STRANGE, "<sent-for-2@example.com>"), 2, MATCH_REPORT, "", NULL },
};

struct looking {
	struct match_query query;
	struct match match;
};

static enum status look(struct txn *txn, void *arg, struct error *err)
{
	struct looking *l = arg;

	return match_find(txn, &l->query, &l->match, err);
}

static bool nobody(const char *canonical, void *arg)
{
	(void)canonical;
	(void)arg;
	return false;
}

static char *recipient_of(const struct desk *d, const struct row *row, const struct token_key *key)
{
	if (g_str_has_prefix(row->to, "token "))
		return token_address(key, (uint64_t)(row->to[6] - '0'), "support@example.com", "+");
	if (g_str_has_prefix(row->to, "TOKEN ")) {
		g_autofree char *address = token_address(
			key, (uint64_t)(row->to[6] - '0'), "support@example.com", "+");

		return g_ascii_strup(address, -1);
	}
	if (strstr(row->to, "TOKEN")) {
		g_autofree char *address = token_address(key, 1, "support@example.com", "+");

		return g_strdup_printf("sales%s", strchr(address, '+'));
	}
	g_assert_nonnull(d);
	return g_strdup(row->to);
}

/* The mail, with a token where it says so. */
static char *text_of(const char *from, const char *rest, const struct token_key *key)
{
	g_autofree char *token = token_address(key, 1, "support@example.com", "+");
	g_auto(GStrv) around = g_strsplit(rest, "TOKEN-OF-1", 2);
	g_autofree char *whole = g_strjoinv(token, around);

	if (!from)
		return g_steal_pointer(&whole);
	return g_strdup_printf("From: %s\n%s", from, whole);
}

static char *links_of(const struct match *match)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < match->links.n; i++)
		g_string_append_printf(
			out, "%s%" G_GUINT64_FORMAT, i ? " " : "", match->links.v[i]);
	return g_string_free(out, FALSE);
}

static char *facts_of(const struct looking *l)
{
	const struct {
		bool is;
		const char *name;
	} facts[] = {
		{ l->match.own, "own " },
		{ l->match.known_id, "known " },
		{ l->match.late, "late " },
		{ l->match.answers_note, "note " },
		{ match_sender_is_nobody(&l->query), "nobody " },
	};
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(facts); i++)
		g_string_append(out, facts[i].is ? facts[i].name : "");
	return g_string_free(out, FALSE);
}

static char *why_of(const GPtrArray *why)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < why->len; i++)
		g_string_append_printf(out, "%s\n", (const char *)why->pdata[i]);
	return g_string_free(out, FALSE);
}

static void check_row(
	const struct told_row *told, const struct looking *l, const struct token_key *key)
{
	const struct row *row = &told->row;
	g_autofree char *links = links_of(&l->match), *facts = facts_of(l);
	g_autofree char *why = why_of(l->query.why),
			*wanted = told->why ? text_of(NULL, told->why, key) : NULL;

	g_assert_cmpuint(l->match.ticket.number, ==, row->number);
	g_assert_cmpstr(match_names[l->match.how], ==, match_names[row->how]);
	g_assert_cmpstr(links, ==, row->links);
	g_assert_cmpstr(told->facts ? facts : NULL, ==, told->facts);
	g_assert_cmpstr(told->why ? why : NULL, ==, wanted);
}

static void test_told(gconstpointer data)
{
	const struct told_row *told = data;
	const struct row *row = &told->row;
	struct desk d;
	struct token_key key;
	bool forged = row->from && g_str_has_prefix(row->from, "forged ");
	const char *from = forged ? row->from + strlen("forged ") : row->from;
	const struct agent anna = { .login = "anna" };
	g_autofree char *to = NULL, *text = NULL;
	g_autoptr(GPtrArray) why = g_ptr_array_new_with_free_func(g_free);
	struct recipients recipients;
	struct envelope envelope = { .received = 0 };
	struct arrival arrival = { .envelope = &envelope };
	struct looking l = { 0 };

	fill(&d, row->extra);
	store_secret(d.store, key.secret, NULL);
	to = recipient_of(&d, row, &key);
	text = text_of(from, row->rest, &key);
	envelope.sender = from ? from : "";
	envelope.sender = told->sender ? told->sender : envelope.sender;
	envelope.recipients = told->beside ? (const char *[]){ told->beside, to, NULL }
					   : (const char *[]){ to, NULL };
	envelope.received = d.now + told->later;
	arrival.settings = d.settings;
	arrival.key = key;
	arrival.message = message_parse_bytes(text, strlen(text));
	arrival_read_headers(&arrival);
	arrival.auth.dmarc_fail = forged;
	arrival.number = told->former;
	recipients_init(&recipients, &envelope, d.settings, &key, nobody, NULL);
	l.query = (struct match_query){ .arrival = &arrival,
		.recipients = &recipients,
		.agent = told->agent ? &anna : NULL,
		.why = why };
	g_assert_cmpint(store_read(d.store, look, &l, &d.err), ==, ST_OK);
	check_row(told, &l, &key);
	match_release(&l.match);
	arrival_release(&arrival);
	recipients_release(&recipients);
	message_free(arrival.message);
	desk_close(&d);
}

static void test_row(gconstpointer data)
{
	const struct told_row told = { .row = *(const struct row *)data };

	test_told(&told);
}

static void add_rows(const struct row *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_autofree char *path = g_strdup_printf("/match/%s", table[i].sentence);

		g_test_add_data_func(path, &table[i], test_row);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add_rows(rows, G_N_ELEMENTS(rows));
	add_rows(reports, G_N_ELEMENTS(reports));
	for (size_t i = 0; i < G_N_ELEMENTS(told_rows); i++) {
		g_autofree char *path = g_strdup_printf("/match/%s", told_rows[i].row.sentence);

		g_test_add_data_func(path, &told_rows[i], test_told);
	}
	return g_test_run();
}
