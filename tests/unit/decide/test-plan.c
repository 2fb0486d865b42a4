/* What a recorded message will look like: PRODUCT section 5, as a mail, a ticket, and the edits in
 * their order. */
#include "decide/plan.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "../settings-fixture.h"

static const struct token_key key = { .secret = "a secret" };
static const char tag[] = "tag: { name = \"example.com\"; };\n";
static const char accounts[] =
	"accounts = ( { address = \"support@example.com\"; sender = \"Example Support <support@example.com>\"; },\n"
	"  { address = \"desk@example.com\"; reply_to = \"desk\"; },\n"
	"  { address = \"agents@example.com\"; deliver = \"agents\"; },\n"
	"  { address = \"both@example.com\"; deliver = \"both\"; },\n"
	"  { address = \"none@example.com\"; deliver = \"none\"; } );\n";

/* What every ticketed mail gets, of the ticket below. */
#define CLAIMS \
	"+X-Ticket: 1042\n+X-Ticket-Status: open\n+X-Ticket-Priority: high\n+X-Ticket-Queue: support\n" \
	"+X-Ticket-Project: helpdesk\n+X-Ticket-Agent: anna\n+X-Ticket-Match: message-id\n+X-Ticket-Event: followup\n"
/* What agents see in Reply-To. */
#define BEHIND "\"Carla (carla@example.net)\" <TOKEN>"
#define WAYS_PAST \
	"Reply-To: me@x\nReply-To: me@y\nMail-Followup-To: a@x\nMail-Reply-To: b@x\n" \
	"Mail-Followup-To: c@x\nMail-Copies-To: d@x\n"
#define ID "Message-ID: <q@x>\n"
#define TAGGED "Subject: [example.com #1042] x\n" ID
#define LEAVE "policy: { mixed_recipients = \"leave\"; };"
#define TO_WORKERS "+rcpt anna@example.com\n+rcpt ben@example.com\n"
#define QUIET "+X-Auto-Response-Suppress: OOF, AutoReply\n"
#define TO_TICKET \
	"sender TOKEN\n" /* an agent's vacation note, or a bounce of the agent's mailbox, is not \
	                    for the customer */

static const struct row {
	const char *sentence, *conf;
	enum whose whose;
	const char *to;
	const char *account; /* the ticket's */
	bool workers;
	const char *mail;
	const char *edits; /* =change[index] -delete[index] +add; in the order that they are done */
} rows[] = {
	{ "a tag goes in front", "", WHOSE_INBOUND, "support@example.com", "support@example.com",
		true, "Subject: Re: x\n" ID, "=Subject[1]: [example.com #1042] Re: x\n" CLAIMS },
	{ "a tag that stands where it should is left", "", WHOSE_INBOUND, "support@example.com",
		"support@example.com", true, TAGGED, CLAIMS },
	{ "another tag of ours is replaced", "", WHOSE_INBOUND, "support@example.com",
		"support@example.com", true, "Subject: Re: [example.com #7] x\n" ID,
		"=Subject[1]: [example.com #1042] Re: x\n" CLAIMS },
	{ "without a Subject there is one with the tag", "", WHOSE_INBOUND, "support@example.com",
		"support@example.com", true, ID, "+Subject: [example.com #1042]\n" CLAIMS },
	{ "an empty Subject becomes the tag", "", WHOSE_INBOUND, "support@example.com",
		"support@example.com", true, "Subject:\n" ID,
		"=Subject[1]: [example.com #1042]\n" CLAIMS },
	{ "a second Subject loses tags of ours", "", WHOSE_INBOUND, "support@example.com",
		"support@example.com", true, TAGGED "Subject: [example.com #7] y\nSubject: z\n",
		"=Subject[2]: y\n" CLAIMS },
	{ "a missing Message-ID is added", "", WHOSE_INBOUND, "support@example.com",
		"support@example.com", true, "Subject: [example.com #1042] x\n",
		"+Message-ID: <given@example.com>\n" CLAIMS },
	{ "an empty Message-ID is filled", "", WHOSE_INBOUND, "support@example.com",
		"support@example.com", true, "Subject: [example.com #1042] x\nMessage-ID:\n",
		"=Message-ID[1]: <given@example.com>\n" CLAIMS },
	{ "incoming claims go, the last of all first", "", WHOSE_INBOUND, "support@example.com",
		"support@example.com", true,
		"X-Ticket: 1\nx-ticket: 2\nX-Ticket-Queue: q\n"
		"X-TICKET-Other: o\nX-Tickets: 3\nXX-Ticket: stays\n" TAGGED,
		"-X-Tickets[1]\n-X-TICKET-Other[1]\n"
		"-X-Ticket-Queue[1]\n-x-ticket[2]\n-X-Ticket[1]\n" CLAIMS },
	{ "Reply-To stays without a desk", "", WHOSE_INBOUND, "support@example.com",
		"support@example.com", true, "Reply-To: me@example.net\n" TAGGED, CLAIMS },
	{ "Reply-To is the token address of a desk", "", WHOSE_INBOUND, "desk@example.com",
		"desk@example.com", true, "Reply-To: me@example.net\n" TAGGED,
		CLAIMS "=Reply-To[1]: " BEHIND "\n" },
	{ "Reply-To is added for a desk", "", WHOSE_INBOUND, "desk@example.com", "desk@example.com",
		true, TAGGED, CLAIMS "+Reply-To: " BEHIND "\n" },
	{ "where else a client would answer to goes for a desk", "", WHOSE_INBOUND,
		"desk@example.com", "desk@example.com", true, WAYS_PAST TAGGED,
		CLAIMS "-Reply-To[2]\n=Reply-To[1]: " BEHIND "\n-Mail-Followup-To[2]\n"
		       "-Mail-Followup-To[1]\n-Mail-Reply-To[1]\n-Mail-Copies-To[1]\n" },
	{ "and stays without one", "", WHOSE_INBOUND, "support@example.com", "support@example.com",
		true, WAYS_PAST TAGGED, CLAIMS },
	{ "mail for others, too, is tagged", "", WHOSE_INBOUND, "support@example.com,x@example.org",
		"support@example.com", true, "X-Ticket: 1\nSubject: x\n" ID,
		"-X-Ticket[1]\n=Subject[1]: [example.com #1042] x\n" CLAIMS },
	{ "mail for others, too, loses no more than claims where the policy says so", LEAVE,
		WHOSE_INBOUND, "support@example.com,x@example.org", "support@example.com", true,
		"X-Ticket: 1\nSubject: x\n", "-X-Ticket[1]\n" },
	{ "mail for agents, too, is left as well", LEAVE, WHOSE_INBOUND,
		"support@example.com,anna@example.com", "support@example.com", true, "Subject: x\n",
		"" },
	{ "mail for two accounts is nobody else's", LEAVE, WHOSE_INBOUND,
		"support@example.com,desk@example.com", "support@example.com", true, TAGGED,
		CLAIMS },
	{ "an agent's reply is tagged where mixed mail is left", LEAVE, WHOSE_REPLY,
		"carla@example.net", "support@example.com", true,
		"From: Anna <anna@example.com>\nSubject: x\n" ID,
		"=Subject[1]: [example.com #1042] x\n" CLAIMS
		"=From[1]: Anna <support@example.com>\nsender support@example.com\n" },
	{ "an address where the agent's name should be does not go out", "", WHOSE_REPLY,
		"carla@example.net", "support@example.com", true,
		"From: \"anna@private.example\" <anna@home.example>\n" TAGGED,
		CLAIMS "=From[1]: Example Support <support@example.com>\n"
		       "sender support@example.com\n" },
	{ "deliver = agents gives it to them in place of the mailbox", "", WHOSE_INBOUND,
		"agents@example.com", "agents@example.com", true, TAGGED,
		CLAIMS "-rcpt agents@example.com\n" TO_WORKERS QUIET TO_TICKET },
	{ "deliver = agents keeps the mailbox when there is no agent", "", WHOSE_INBOUND,
		"agents@example.com", "agents@example.com", false, TAGGED, CLAIMS },
	{ "deliver = both gives it to both", "", WHOSE_INBOUND, "both@example.com",
		"both@example.com", true, TAGGED, CLAIMS TO_WORKERS QUIET TO_TICKET },
	{ "an agent who gets it anyway gets it once", "", WHOSE_INBOUND,
		"both@example.com,ben@example.com", "both@example.com", true, TAGGED,
		CLAIMS "+rcpt anna@example.com\n" QUIET TO_TICKET },
	{ "others outside keep the sender to answer to", "", WHOSE_INBOUND,
		"both@example.com,x@example.org", "both@example.com", true, TAGGED,
		CLAIMS TO_WORKERS QUIET },
	{ "a note to a desk is answered by a note", "", WHOSE_NOTE, "desk@example.com",
		"desk@example.com", true, TAGGED, CLAIMS "+Reply-To: desk+note@example.com\n" },
	{ "what tells where an agent writes from does not leave", "", WHOSE_REPLY,
		"carla@example.net", "support@example.com", true,
		"Received: from laptop (auth anna@home.example)\n"
		"Received: from hop\nFrom: Anna <Anna@home.example>\nSender: a\nReply-To: anna@home.example\nX-Mailer: mutt\nX-Who: <ANNA@HOME.example>\n"
		"DKIM-Signature: v=1\nX-Originating-IP: 10.1.1.1\n"
		"Autocrypt: addr=x\nIn-Reply-To: <q@x>\n" TAGGED,
		CLAIMS
		"=From[1]: Anna <support@example.com>\n-Autocrypt[1]\n-X-Originating-IP[1]\n-DKIM-Signature[1]\n-X-Who[1]\n-Sender[1]\n-Received[1]\n-Reply-To[1]\nsender support@example.com\n" },
	{ "nor an address in U-labels", "", WHOSE_REPLY, "carla@example.net", "support@example.com",
		true,
		"From: Anna <anna@xn--bcher-kva.example>\n"
		"X-Who: <ANNA@b\303\274cher.example>\nX-Other: anna@b\303\274cher\n"
		"X-Coded: Anna@xn--bcher-kva.example\n" TAGGED,
		CLAIMS
		"=From[1]: Anna <support@example.com>\n-X-Coded[1]\n-X-Who[1]\nsender support@example.com\n" },
	{ "an address in place of the name does not leave", "", WHOSE_REPLY, "carla@example.net",
		"support@example.com", true,
		"From: \"anna@home.example\" <anna@home.example>\n" TAGGED,
		CLAIMS
		"=From[1]: Example Support <support@example.com>\nsender support@example.com\n" },
	{ "through the desk the token address becomes the requester", "", WHOSE_DESK_REPLY,
		"TOKEN,anna@example.com", "desk@example.com", true,
		"From: Anna <anna@home.example>\n"
		"To: Desk <TOKEN>, Anna <anna@example.com>\nCc: anna@example.com\n" TAGGED,
		CLAIMS
		"+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n=To[1]: Carla <carla@example.net>\n-Cc[1]\nsender desk@example.com\n-rcpt TOKEN\n+rcpt carla@example.net\n" },
	{ "through the desk nobody is named twice", "", WHOSE_DESK_REPLY, "TOKEN,carla@example.net",
		"desk@example.com", true,
		"From: Anna <anna@home.example>\nTo: TOKEN, carla@example.net\n" TAGGED,
		CLAIMS
		"+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n=To[1]: carla@example.net\nsender desk@example.com\n-rcpt TOKEN\n" },
	{ "through the desk nobody is named in To and in Cc", "", WHOSE_DESK_REPLY,
		"TOKEN,carla@example.net", "desk@example.com", true,
		"From: Anna <anna@home.example>\n"
		"To: carla@example.net\nCc: TOKEN, x@example.org\n" TAGGED,
		CLAIMS
		"+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n=Cc[1]: x@example.org\nsender desk@example.com\n-rcpt TOKEN\n" },
	{ "through the desk the customer sees their own name", "", WHOSE_DESK_REPLY, "TOKEN",
		"desk@example.com", true, "From: Anna <anna@example.com>\nTo: " BEHIND "\n" TAGGED,
		CLAIMS "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n"
		       "=To[1]: Carla <carla@example.net>\nsender desk@example.com\n-rcpt TOKEN\n"
		       "+rcpt carla@example.net\n" },
	{ "so does who gets it in a transaction of its own", "", WHOSE_REPLY, "x@example.org",
		"desk@example.com", true, "From: Anna <anna@example.com>\nTo: " BEHIND "\n" TAGGED,
		CLAIMS "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n"
		       "=To[1]: Carla <carla@example.net>\nsender desk@example.com\n" },
	{ "deliver = none discards", "", WHOSE_INBOUND, "none@example.com", "none@example.com",
		true, TAGGED, CLAIMS "-rcpt none@example.com\ndiscard\n" },
	{ "deliver = none is no reason to keep it from others", "", WHOSE_INBOUND,
		"none@example.com,x@example.org", "none@example.com", true, TAGGED,
		CLAIMS "-rcpt none@example.com\n" },
	{ "deliver = none beside a mailbox drops the one only", "", WHOSE_INBOUND,
		"none@example.com,support@example.com", "support@example.com", true, TAGGED,
		CLAIMS "-rcpt none@example.com\n" },
	{ "a recipient is taken out as it was given", "", WHOSE_INBOUND,
		"NONE+x@Example.COM,support@example.com", "support@example.com", true, TAGGED,
		CLAIMS "-rcpt NONE+x@Example.COM\n" },
};

static const char *sign(enum edit_kind kind)
{
	static const char *const signs[] = { [EDIT_CHANGE_HEADER] = "=",
		[EDIT_DELETE_HEADER] = "-",
		[EDIT_ADD_HEADER] = "+",
		[EDIT_ADD_RECIPIENT] = "+rcpt ",
		[EDIT_DELETE_RECIPIENT] = "-rcpt ",
		[EDIT_CHANGE_SENDER] = "sender " };

	return signs[kind];
}

static char *shown(const struct edits *edits)
{
	GString *out = g_string_new(NULL);
	const struct edit *e;

	for (unsigned i = 0; (e = edits_at(edits, i)); i++) {
		g_string_append_printf(out, "%s%s", sign(e->kind), e->name ? e->name : "");
		if (e->index)
			g_string_append_printf(out, "[%u]", e->index);
		if (e->value)
			g_string_append_printf(out, "%s%s", e->name ? ": " : "", e->value);
		g_string_append_c(out, '\n');
	}
	g_string_append(out, edits->verdict == VERDICT_DISCARD ? "discard\n" : "");
	return g_string_free(out, FALSE);
}

static bool is_agent(const char *canonical, void *arg)
{
	(void)arg;
	return strcmp(canonical, "anna@example.com") == 0 ||
		strcmp(canonical, "ben@example.com") == 0;
}

static char *with_number(const struct row *row, const char *word, uint64_t number, const char *text)
{
	g_autofree char *token = token_address(&key, number, row->account, "+");
	g_auto(GStrv) parts = g_strsplit(text, word, -1);

	return g_strjoinv(token, parts);
}

/* TOKEN is the ticket's address at its account; TOKEN7 and TOKEN8 are those of others. */
static char *with_token(const struct row *row, const char *text)
{
	g_autofree char *seven = with_number(row, "TOKEN7", 7, text),
			*eight = with_number(row, "TOKEN8", 8, seven);

	return with_number(row, "TOKEN", 1042, eight);
}

/* What else a plan may have; all of it NULL: as in rows. */
struct besides {
	const char *workers, *watchers, *sender, *new_id, *subject;
	const struct agent *agent;
	bool nobody; /* there is no addressee */
	const char *accounts;
	bool bare; /* neither a project nor an agent, and an event of a newer program */
};

static char *edits_of(const struct row *row, const struct besides *besides)
{
	struct fixture fixture;
	g_autofree char *conf = g_strconcat(
		row->conf, "\n", tag, besides->accounts ? besides->accounts : accounts, NULL);
	g_autofree char *mail = with_token(row, row->mail),
			*recipients_text = with_token(row, row->to);
	g_auto(GStrv) to = g_strsplit(recipients_text, ",", -1);
	g_auto(GStrv) watchers = g_strsplit(text_or_none(besides->watchers), ",", -1);
	g_auto(GStrv) workers = g_strsplit(
		besides->workers ? besides->workers : "anna@example.com,ben@example.com", ",", -1);
	const struct envelope envelope = { .sender = besides->sender ? besides->sender
								     : "c@example.net",
		.recipients = (const char *const *)to };
	struct ticket ticket = { .number = 1042,
		.queue = (char *)"support",
		.project = (char *)"helpdesk",
		.status = TICKET_OPEN,
		.priority = PRIORITY_HIGH,
		.agent = (char *)"anna",
		.requester_name = (char *)"Carla",
		.requester_address = (char *)"carla@example.net" };
	char name[] = "Carla", address[] = "carla@example.net";
	const struct mailbox carla = { .name = name, .address = address, .as_written = address };
	struct recipients recipients;
	struct settings *settings;
	struct arrival arrival = { .envelope = &envelope,
		.key = key,
		.message = message_parse_bytes(mail, strlen(mail)) };
	struct edits edits;
	char *is;

	ticket.agent = besides->bare ? NULL : ticket.agent;
	ticket.project = besides->bare ? (char *)"" : ticket.project;
	fixture_init(&fixture);
	settings = fixture_load(&fixture, conf);
	recipients_init(&recipients, &envelope, settings, &key, is_agent, NULL);
	edits_init(&edits);
	arrival.settings = settings;
	arrival_read_headers(&arrival);
	arrival.given_id = g_strdup("<given@example.com>");
	plan_edits(&(struct plan){ .arrival = &arrival,
			   .recipients = &recipients,
			   .ticket = &ticket,
			   .account = settings_account(settings, row->account, NULL),
			   .workers = row->workers ? workers : NULL,
			   .whose = row->whose,
			   .addressee = besides->nobody ? NULL : &carla,
			   .agent = besides->agent,
			   .new_id = besides->new_id,
			   .subject = besides->subject,
			   .watchers = watchers,
			   .match = MATCH_MESSAGE_ID,
			   .event = besides->bare ? "" : "followup" },
		&edits);
	is = shown(&edits);
	edits_release(&edits);
	recipients_release(&recipients);
	arrival_release(&arrival);
	message_free(arrival.message);
	settings_unref(settings);
	fixture_release(&fixture);
	return is;
}

static void check(const struct row *row, const struct besides *besides)
{
	g_autofree char *is = edits_of(row, besides), *should = with_token(row, row->edits);

	g_assert_cmpstr(is, ==, should);
}

static void test_row(gconstpointer data)
{
	check(data, &(struct besides){ .nobody = false });
}

static void test_workers_and_watchers(void)
{
	static const struct row row = { "", "", WHOSE_INBOUND, "agents@example.com",
		"agents@example.com", true, TAGGED,
		CLAIMS "-rcpt agents@example.com\n" TO_WORKERS
		       "+rcpt wanda@example.org\n" QUIET TO_TICKET };
	check(&row, &(struct besides){ .watchers = "ben@example.com,wanda@example.org" });
}

/* --- what the agent, the watchers and the settings make of it --- */

static char *annas[] = { "anna@example.com", "a.adler@other.example", NULL };
static const struct agent anna = {
	.login = "anna@login.example", .name = "Anna Adler", .addresses = annas
};
static const struct agent nameless = { .login = "x", .addresses = annas };

static const char few[] =
	"accounts = ( { address = \"agents@example.com\"; deliver = \"agents\"; },\n"
	"  { address = \"both@example.com\"; deliver = \"both\"; } );\n";

#define SUPPORT "support@example.com"
#define REPLY WHOSE_REPLY, "carla@example.net", SUPPORT, true
#define SPEAKS(from) "=From[1]: " from " <support@example.com>\n"
#define TO_SUPPORT "sender support@example.com\n"
#define BOTH "both@example.com", "both@example.com", true

static const struct {
	struct row row;
	struct besides besides;
} more[] = {
	{ { "no address of an agent leaves, nor who sent it", "", REPLY,
		  "From: Anna <anna@example.com>, B <b@home.example>\nSender: s@home.example\n"
		  "X-A: a.adler@other.example\nX-B: anna@login.example\nX-C: b@home.example\n"
		  "X-D: s@home.example\nX-E: <E@home.example>\nX-F: support@example.com\n"
		  "X-G: g@home.example\n" TAGGED,
		  CLAIMS SPEAKS("Anna") "-X-E[1]\n-X-D[1]\n-X-C[1]\n"
					"-X-B[1]\n-X-A[1]\n-Sender[1]\n" TO_SUPPORT },
		{ .agent = &anna, .sender = "e@home.example" } },
	{ { "an incoming claim goes once", "", REPLY,
		  "From: Anna <anna@example.com>\nX-Ticket: anna@example.com\n"
		  "X-Ticket-Agent: anna@example.com\n" TAGGED,
		  "-X-Ticket-Agent[1]\n-X-Ticket[1]\n" CLAIMS SPEAKS("Anna") TO_SUPPORT },
		{ .agent = &anna } },
	{ { "an agent does not speak in another's name", "", REPLY,
		  "From: Ben <ben@else.example>\n" TAGGED, CLAIMS SPEAKS("Anna Adler") TO_SUPPORT },
		{ .agent = &anna } },
	{ { "but in that of the desk", "", REPLY,
		  "From: The desk <support@example.com>\nX-F: support@example.com\n" TAGGED,
		  CLAIMS SPEAKS("The desk") TO_SUPPORT },
		{ .agent = &anna } },
	{ { "who has a name and does not write it is named", "", REPLY,
		  "From: anna@example.com\n" TAGGED, CLAIMS SPEAKS("Anna Adler") TO_SUPPORT },
		{ .agent = &anna } },
	{ { "who has none is the account", "", REPLY, "From: anna@example.com\n" TAGGED,
		  CLAIMS SPEAKS("Example Support") TO_SUPPORT },
		{ .agent = &nameless } },
	{ { "or what the mail says", "", REPLY, "From: Ben <ben@else.example>\n" TAGGED,
		  CLAIMS SPEAKS("Ben") TO_SUPPORT },
		{ .agent = &nameless } },
	{ { "a desk hides an agent's other address", "", WHOSE_REPLY, "carla@example.net",
		  "desk@example.com", true,
		  "From: Anna <anna@example.com>\nTo: carla@example.net\n"
		  "Cc: A <a.adler@other.example>, x@example.org, y@example.org\n" TAGGED,
		  CLAIMS "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n"
			 "=Cc[1]: x@example.org,\n y@example.org\nsender desk@example.com\n" },
		{ .agent = &anna } },
	{ { "what is not a desk hides none in To", "", REPLY,
		  "From: Anna <anna@example.com>\nTo: A <a.adler@other.example>\n" TAGGED,
		  CLAIMS SPEAKS("Anna") TO_SUPPORT },
		{ .agent = &anna } },
	{ { "the token stands for the customer in To alone", "", WHOSE_DESK_REPLY, "TOKEN",
		  "desk@example.com", true,
		  "From: Anna <anna@example.com>\nTo: TOKEN\nCc: TOKEN, x@example.org\n" TAGGED,
		  CLAIMS
		  "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n=To[1]: Carla <carla@example.net>\n=Cc[1]: x@example.org\nsender desk@example.com\n-rcpt TOKEN\n+rcpt carla@example.net\n" },
		{ .agent = &anna } },
	{ { "wherever it is there", "", WHOSE_DESK_REPLY, "TOKEN", "desk@example.com", true,
		  "From: Anna <anna@example.com>\nTo: x@example.org, TOKEN\nCc: TOKEN\n" TAGGED,
		  CLAIMS
		  "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n=To[1]: x@example.org,\n Carla <carla@example.net>\n-Cc[1]\nsender desk@example.com\n-rcpt TOKEN\n+rcpt carla@example.net\n" },
		{ .agent = &anna } },
	{ { "the token of a ticket that was merged is one", "", WHOSE_DESK_REPLY, "TOKEN7",
		  "desk@example.com", true, "From: Anna <anna@example.com>\nTo: TOKEN7\n" TAGGED,
		  CLAIMS
		  "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n=To[1]: Carla <carla@example.net>\nsender desk@example.com\n-rcpt TOKEN7\n+rcpt carla@example.net\n" },
		{ .agent = &anna } },
	{ { "each of them", "", WHOSE_DESK_REPLY, "TOKEN8,TOKEN7", "desk@example.com", true,
		  "From: Anna <anna@example.com>\nTo: TOKEN7, TOKEN8\n" TAGGED,
		  CLAIMS
		  "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n=To[1]: Carla <carla@example.net>\nsender desk@example.com\n-rcpt TOKEN8\n-rcpt TOKEN7\n+rcpt carla@example.net\n" },
		{ .agent = &anna } },
	{ { "and once, whoever stands between", "", WHOSE_DESK_REPLY, "TOKEN,TOKEN7",
		  "desk@example.com", true,
		  "From: Anna <anna@example.com>\nTo: TOKEN, x@example.org, TOKEN7\n" TAGGED,
		  CLAIMS
		  "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n=To[1]: Carla <carla@example.net>,\n x@example.org\nsender desk@example.com\n-rcpt TOKEN\n-rcpt TOKEN7\n+rcpt carla@example.net\n" },
		{ .agent = &anna } },
	{ { "but not one that the envelope has not", "", WHOSE_DESK_REPLY, "TOKEN",
		  "desk@example.com", true,
		  "From: Anna <anna@example.com>\nTo: TOKEN, TOKEN7\n" TAGGED,
		  CLAIMS
		  "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n=To[1]: Carla <carla@example.net>,\n TOKEN7\nsender desk@example.com\n-rcpt TOKEN\n+rcpt carla@example.net\n" },
		{ .agent = &anna } },
	{ { "a token that stands for nobody goes", "", WHOSE_DESK_REPLY, "TOKEN",
		  "desk@example.com", true,
		  "From: Anna <anna@example.com>\nTo: TOKEN, x@example.org\n" TAGGED,
		  CLAIMS "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n"
			 "=To[1]: x@example.org\nsender desk@example.com\n-rcpt TOKEN\n" },
		{ .agent = &anna, .nobody = true } },
	{ { "without an addressee a desk's address has no label", "", WHOSE_INBOUND,
		  "desk@example.com", "desk@example.com", true, TAGGED,
		  CLAIMS "+Reply-To: TOKEN\n" },
		{ .nobody = true } },
	{ { "an id that must not be seen is replaced", "", REPLY,
		  "From: Anna <anna@example.com>\n" TAGGED,
		  "=Message-ID[1]: <new@example.com>\n" CLAIMS SPEAKS("Anna") TO_SUPPORT },
		{ .agent = &anna, .new_id = "<new@example.com>" } },
	{ { "one that is missing as well", "", REPLY,
		  "From: Anna <anna@example.com>\nSubject: [example.com #1042] x\n",
		  "+Message-ID: <new@example.com>\n" CLAIMS SPEAKS("Anna") TO_SUPPORT },
		{ .agent = &anna, .new_id = "<new@example.com>" } },
	{ { "the Subject without its commands is tagged", "", REPLY,
		  "From: Anna <anna@example.com>\nSubject: [example.com #1042] x !close\n" ID,
		  "=Subject[1]: [example.com #1042] x\n" CLAIMS SPEAKS("Anna") TO_SUPPORT },
		{ .agent = &anna, .subject = "x" } },
	{ { "without token addresses robots answer who wrote", "recipient_delimiter = \"\";",
		  WHOSE_INBOUND, BOTH, TAGGED, CLAIMS TO_WORKERS QUIET },
		{ .accounts = few } },
	{ { "a note of the only worker is archived", "", WHOSE_NOTE, "agents@example.com",
		  "agents@example.com", true, TAGGED,
		  CLAIMS "-rcpt agents@example.com\ndiscard\n" },
		{ .agent = &anna, .workers = "a.adler@other.example" } },
	{ { "or kept where there is no archive", "archive: { path = \"\"; };", WHOSE_NOTE,
		  "agents@example.com", "agents@example.com", true, TAGGED, CLAIMS },
		{ .agent = &anna, .workers = "a.adler@other.example", .accounts = few } },
	{ { "nor where somebody gets it", "archive: { path = \"\"; };", WHOSE_NOTE,
		  "agents@example.com", "agents@example.com", true, TAGGED,
		  CLAIMS "-rcpt agents@example.com\n+rcpt w@example.org\n" QUIET },
		{ .agent = &anna,
			.workers = "a.adler@other.example",
			.watchers = "w@example.org",
			.accounts = few } },
	{ { "a mailbox beside agents changes nothing for them", "", WHOSE_INBOUND,
		  "both@example.com,support@example.com", "both@example.com", true, TAGGED,
		  CLAIMS TO_WORKERS QUIET TO_TICKET },
		{ .agent = NULL } },
	{ { "a token's mailbox is its account's", "", WHOSE_INBOUND, "TOKEN", "agents@example.com",
		  true, TAGGED, CLAIMS "-rcpt TOKEN\n" TO_WORKERS QUIET TO_TICKET },
		{ .agent = NULL } },
	{ { "an account beside the desk is as configured", "", WHOSE_DESK_REPLY,
		  "none@example.com,TOKEN", "desk@example.com", true,
		  "From: Anna <anna@example.com>\n" TAGGED,
		  CLAIMS "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n"
			 "sender desk@example.com\n-rcpt TOKEN\n+rcpt carla@example.net\n"
			 "-rcpt none@example.com\n" },
		{ .agent = &anna } },
	{ { "an agent gets what is kept nowhere else", "", WHOSE_INBOUND,
		  "none@example.com,anna@example.com", "none@example.com", true, TAGGED,
		  CLAIMS "-rcpt none@example.com\n" },
		{ .agent = NULL } },
	{ { "so does one within", "policy: { internal_recipients = ( \"i@*\" ); };", WHOSE_INBOUND,
		  "none@example.com,i@example.org", "none@example.com", true, TAGGED,
		  CLAIMS "-rcpt none@example.com\n" },
		{ .agent = NULL } },
	{ { "what a ticket has not is not claimed", "", WHOSE_INBOUND, SUPPORT, SUPPORT, true,
		  TAGGED,
		  "+X-Ticket: 1042\n+X-Ticket-Status: open\n+X-Ticket-Priority: high\n"
		  "+X-Ticket-Queue: support\n+X-Ticket-Match: message-id\n" },
		{ .bare = true } },
	{ { "both of two who get it anyway get it once", "", WHOSE_INBOUND,
		  "both@example.com,anna@example.com,ben@example.com", "both@example.com", true,
		  TAGGED, CLAIMS },
		{ .agent = NULL } },
	{ { "a notice of no sender stays so", "", WHOSE_INBOUND, BOTH, TAGGED,
		  CLAIMS TO_WORKERS QUIET },
		{ .sender = "" } },
	{ { "a note keeps its sender", "", WHOSE_NOTE, BOTH, TAGGED,
		  CLAIMS "+rcpt ben@example.com\n" QUIET },
		{ .agent = &anna } },
	{ { "of a ticket whose account is gone all is kept", "", WHOSE_INBOUND, "both@example.com",
		  "gone@example.com", true, TAGGED, CLAIMS TO_WORKERS QUIET },
		{ .agent = NULL } },
	{ { "nor does such a reply change its sender", "", WHOSE_REPLY, "carla@example.net",
		  "gone@example.com", true, "From: Anna <anna@example.com>\n" TAGGED, CLAIMS },
		{ .agent = &anna } },
	{ { "watchers get it who would not", "policy: { internal_recipients = ( \"i@*\" ); };",
		  WHOSE_INBOUND, "support@example.com,x@example.org,i@example.org", SUPPORT, true,
		  "From: f@example.org\n" TAGGED,
		  CLAIMS "+rcpt w@example.org\n+rcpt v@example.org\n" QUIET },
		{ .watchers = "x@example.org,w@example.org,i@example.org,f@example.org,"
			      "anna@example.com,v@example.org" } },
	{ { "and all but who is answered", "", WHOSE_DESK_REPLY, "TOKEN", "desk@example.com", true,
		  "From: Anna <anna@example.com>\n" TAGGED,
		  CLAIMS "+Reply-To: TOKEN\n=From[1]: Anna <desk@example.com>\n"
			 "sender desk@example.com\n-rcpt TOKEN\n+rcpt carla@example.net\n"
			 "+rcpt w@example.org\n" },
		{ .agent = &anna, .watchers = "carla@example.net,w@example.org" } },
	{ { "who is not answered gets a copy", "", WHOSE_NOTE, SUPPORT, SUPPORT, true, TAGGED,
		  CLAIMS "+rcpt carla@example.net\n" QUIET },
		{ .agent = &anna, .watchers = "carla@example.net" } },
	{ { "one of two authors, too", "", WHOSE_INBOUND, SUPPORT, SUPPORT, true,
		  "From: f@example.org, g@example.org\n" TAGGED,
		  CLAIMS "+rcpt f@example.org\n" QUIET TO_TICKET },
		{ .watchers = "f@example.org" } },
};

static void test_more(gconstpointer data)
{
	const size_t i = GPOINTER_TO_SIZE(data);

	check(&more[i].row, &more[i].besides);
}

/* What explain asks of headers. */
static void test_names(void)
{
	static const struct {
		const char *name;
		bool edited, answers;
	} names[] = {
		{ "Subject", true, false },
		{ "message-id", true, false },
		{ "REPLY-TO", true, true },
		{ "X-Auto-Response-Suppress", true, false },
		{ "Mail-Followup-To", true, true },
		{ "mail-reply-to", true, true },
		{ "Mail-Copies-To", true, true },
		{ "X-Ticket", true, false },
		{ "X-Ticket-Queue", true, false },
		{ "From", false, false },
		{ "To", false, false },
		{ "X-Reply-To", false, false },
		{ "Reply", false, false },
		{ "Zebra", false, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_test_message("%s", names[i].name);
		g_assert_cmpint(plan_edits_header(names[i].name), ==, names[i].edited);
		g_assert_cmpint(plan_is_way_to_answer(names[i].name), ==, names[i].answers);
	}
}

/* So many Subjects are looked at, and so long ones. */
static void test_further_subjects(void)
{
	g_autofree char *longest = g_strnfill(LIMIT_SUBJECT_BYTES - 1, 'x'), *is = NULL;
	g_autoptr(GString) mail = g_string_new(TAGGED), edits = g_string_new(NULL);
	struct row row = rows[0];
	char *long_one;

	g_string_append_printf(mail, "Subject: %s\nSubject: %sx\n", longest, longest);
	for (unsigned k = 4; k <= LIMIT_TAGS + 2; k++)
		g_string_append_printf(mail, "Subject: [example.com #7] %u\n", k);
	for (unsigned k = LIMIT_TAGS + 2; k > LIMIT_TAGS; k--)
		g_string_append_printf(edits, "-Subject[%u]\n", k);
	for (unsigned k = LIMIT_TAGS; k >= 4; k--)
		g_string_append_printf(edits, "=Subject[%u]: %u\n", k, k);
	g_string_append(edits, "-Subject[3]\n");
	row.mail = mail->str;
	is = edits_of(&row, &(struct besides){ .nobody = false });
	/* It is cut to what a Subject may have. */
	long_one = strstr(is, "=Subject[2]: xxx");
	g_assert_nonnull(long_one);
	g_assert_true(g_str_has_suffix(long_one, "xxx\n" CLAIMS));
	*long_one = '\0';
	g_assert_cmpstr(is, ==, edits->str);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/plan/%s", rows[i].sentence);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func(
		"/plan/workers and watchers are spared the robots once", test_workers_and_watchers);
	for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
		g_autofree char *path = g_strdup_printf("/plan/%s", more[i].row.sentence);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_more);
	}
	g_test_add_func("/plan/names of headers", test_names);
	g_test_add_func("/plan/further Subjects", test_further_subjects);
	return g_test_run();
}
