/* Whose message it is: PRODUCT section 3 as tables. */
#include "act/intake.h"

#include <string.h>

#include "base/text.h"
#include "../settings-fixture.h"

static const struct token_key key = { .secret = "a secret" };
/* Dates of the rows keep a day's distance from the account's, so that no time zone matters. */
static const char accounts[] =
	"accounts = ( { address = \"support@example.com\"; queue = \"support\"; },\n"
	"  { address = \"support+vip@example.com\"; queue = \"vip\"; },\n"
	"  { address = \"desk@example.com\"; queue = \"desk\"; reply_to = \"desk\"; },\n"
	"  { address = \"info@b\xc3\xbc"
	"cher.example\"; queue = \"books\"; },\n"
	"  { address = \"j\xc3\xb6rg@example.com\"; queue = \"joerg\"; },\n"
	"  { address = \"old@example.com\"; enabled = false;\n"
	"    sender = \"helpdesk@example.com\"; },\n"
	"  { address = \"new@example.com\"; since = \"2026-01-01\"; } );\n";

static const char more_settings[] =
	"agents_auth: { authserv_ids = ( \"mx.example.com\" ); };\n"
	"policy: { internal_recipients = ( \"journal@archive.example\",\n"
	"  \"*@b\xc3\xbcro.example\" ); };\n";

static bool is_agent(const char *canonical, void *arg)
{
	(void)arg;
	return strcmp(canonical, "anna@example.com") == 0 ||
		strcmp(canonical, "ben@example.com") == 0;
}

static struct fixture fixture;
static struct settings *settings;

/* --- to whom --- */

static const struct recipient_row {
	const char *recipient, *date, *sorted;
} recipient_rows[] = {
	{ "support@example.com", NULL, "account support@example.com" },
	{ "SUPPORT@Example.COM", NULL, "account support@example.com" },
	{ "\"support\"@example.com", NULL, "account support@example.com" },
	{ "support+billing@example.com", NULL, "account support@example.com" },
	{ "support+vip@example.com", NULL, "account support+vip@example.com" },
	{ "support+vip+x@example.com", NULL, "account support+vip@example.com" },
	{ "support-billing@example.com", NULL, "outside" },
	{ "supporter@example.com", NULL, "outside" },
	{ "support@example.com.", NULL, "account support@example.com" },
	{ "support@sub.example.com", NULL, "outside" },
	{ "info@b\xc3\xbc"
	  "cher.example",
		NULL, "account info@xn--bcher-kva.example" },
	{ "info@B\xc3\x9c"
	  "CHER.example",
		NULL, "account info@xn--bcher-kva.example" },
	{ "info@xn--bcher-kva.example", NULL, "account info@xn--bcher-kva.example" },
	{ "info@XN--BCHER-KVA.EXAMPLE", NULL, "account info@xn--bcher-kva.example" },
	{ "J\xc3\xb6RG@example.com", NULL, "account j\xc3\xb6rg@example.com" },
	{ "J\xc3\x96RG@example.com", NULL, "account j\xc3\xb6rg@example.com" },
	{ "sup\xc2\xadport@example.com", NULL, "outside" },
	{ "old@example.com", NULL, "internal" },
	{ "new@example.com", "2025-12-29", "internal" },
	{ "helpdesk@example.com", NULL, "internal" },
	{ "Journal@archive.example", NULL, "internal" },
	{ "journal@archive.example.org", NULL, "outside" },
	{ "kim@b\xc3\xbc"
	  "ro.example",
		NULL, "internal" },
	{ "new@example.com", "2026-01-03", "account new@example.com" },
	{ "new@example.com", NULL, "account new@example.com" },
	{ "new@example.com", "1982-01-03", "internal" },
	{ "new@example.com", "1981-12-29", "account new@example.com" },
	{ "anna@example.com", NULL, "agent" },
	{ "Ben@EXAMPLE.com", NULL, "agent" },
	{ "tickets@example.com", NULL, "control" },
	{ "control+x@example.com", NULL, "control" },
	{ "not an address", NULL, "outside" },
	{ "", NULL, "outside" },
};

static char *sorted(const struct recipients *r)
{
	if (r->hits->len)
		return g_strdup_printf("account %s",
			((const struct account_hit *)g_ptr_array_index(r->hits, 0))
				->account->address);
	if (r->control)
		return g_strdup("control");
	if (r->internal->len)
		return g_strdup("internal");
	if (r->agents->len)
		return g_strdup("agent");
	return g_strdup(r->outside->len ? "outside" : "nothing");
}

static void test_recipient(gconstpointer data)
{
	const struct recipient_row *row = data;
	const struct envelope envelope = { .sender = "c@example.net",
		.recipients = (const char *[]){ row->recipient, NULL } };
	struct recipients r;
	g_autofree char *is = NULL;
	int64_t date = 0;

	if (row->date)
		g_assert_cmpint(text_parse_date(row->date, &date), ==, ST_OK);
	recipients_init(&r, &envelope, settings, &key, is_agent, NULL);
	recipients_leave_older(&r, date);
	is = sorted(&r);
	g_assert_cmpstr(is, ==, row->sorted);
	recipients_release(&r);
}

static void test_accounts_in_order(void)
{
	const char *to[] = { "desk@example.com", "support+a@example.com", "x@example.org",
		"SUPPORT@example.com", NULL };
	const struct envelope envelope = { .sender = "c@example.net", .recipients = to };
	struct recipients r;

	recipients_init(&r, &envelope, settings, &key, is_agent, NULL);
	g_assert_cmpuint(r.hits->len, ==, 3);
	g_assert_cmpuint(r.accounts->len, ==, 2);
	g_assert_cmpstr(recipients_account(&r)->address, ==, "support@example.com");
	g_assert_cmpstr(((const struct account *)g_ptr_array_index(r.accounts, 1))->address, ==,
		"desk@example.com");
	g_assert_cmpstr(((const struct account_hit *)g_ptr_array_index(r.hits, 0))->recipient, ==,
		"desk@example.com");
	recipients_release(&r);
}

/* --- whose --- */

static const struct whose_row {
	const char *sentence;
	bool agent, belongs;
	const char *to;
	enum whose whose;
} whose_rows[] = {
	{ "a stranger to nobody of ours", false, false, "x@example.org", WHOSE_OTHER },
	{ "a stranger to nobody of ours, of a ticket", false, true, "x@example.org", WHOSE_OTHER },
	{ "a stranger to an agent", false, true, "anna@example.com", WHOSE_OTHER },
	{ "a stranger to an account", false, false, "support@example.com", WHOSE_INBOUND },
	{ "a stranger to an account and others", false, true, "support@example.com,x@example.org",
		WHOSE_INBOUND },
	{ "a stranger to the control address", false, false, "tickets@example.com", WHOSE_OTHER },
	{ "an agent to the outside, no ticket's", true, false, "x@example.org", WHOSE_OTHER },
	{ "an agent to the outside, of a ticket", true, true, "x@example.org", WHOSE_REPLY },
	{ "an agent to the outside and the account, of a ticket", true, true,
		"x@example.org,support@example.com", WHOSE_REPLY },
	{ "an agent to the outside and the account, no ticket's", true, false,
		"x@example.org,support@example.com", WHOSE_OPENED },
	{ "an agent to the outside and another agent, no ticket's", true, false,
		"x@example.org,ben@example.com", WHOSE_OTHER },
	{ "an agent to a token address of a desk", true, true, "token", WHOSE_DESK_REPLY },
	{ "an agent to a token address of a desk and the outside", true, true,
		"token,x@example.org", WHOSE_DESK_REPLY },
	{ "an agent to the account, of a ticket", true, true, "support@example.com", WHOSE_NOTE },
	{ "an agent to another agent, of a ticket", true, true, "ben@example.com", WHOSE_NOTE },
	{ "an agent to another agent, no ticket's", true, false, "ben@example.com", WHOSE_OTHER },
	{ "an agent to the account, no ticket's", true, false, "support@example.com",
		WHOSE_INBOUND },
	{ "an agent to the control address", true, false, "tickets@example.com", WHOSE_COMMANDS },
	{ "an agent to the control address and the account", true, true,
		"control@example.com,support@example.com", WHOSE_COMMANDS },
};

static char *with_token(const char *text)
{
	g_autofree char *token = token_address(&key, 5, "desk@example.com", "+");
	g_autoptr(GString) out = g_string_new(text);

	g_string_replace(out, "token", token, 0);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void test_whose(gconstpointer data)
{
	const struct whose_row *row = data;
	g_autofree char *list = with_token(row->to);
	g_auto(GStrv) to = g_strsplit(list, ",", -1);
	const struct envelope envelope = { .sender = "c@example.net",
		.recipients = (const char *const *)to };
	struct recipients r;

	recipients_init(&r, &envelope, settings, &key, is_agent, NULL);
	g_assert_cmpstr(whose_names[classify_whose(row->agent, &r, row->belongs)], ==,
		whose_names[row->whose]);
	recipients_release(&r);
}

/* --- whose, by To and Cc --- */

/* An agent sends their own words, or somebody else's. */
enum author { STRANGER, OWN, PASSED_ON };
enum { NO_TICKET, OF_TICKET };

/* Addresses by their short names, below. */
static const struct named_row {
	const char *sentence;
	enum author author;
	int belongs;
	const char *envelope, *to, *cc;
	enum whose whose;
} named_rows[] = {
	/* Bcc. */
	{ "a Bcc below a mail to the desk", OWN, OF_TICKET, "support,x", "support", "",
		WHOSE_REFUSED },
	{ "a Bcc of no ticket's mail to the desk", OWN, NO_TICKET, "support,x", "support", "",
		WHOSE_REFUSED },
	{ "a Bcc of a mail to the desk and a colleague", OWN, OF_TICKET, "support,ben,x", "support",
		"ben", WHOSE_REFUSED },
	{ "a Bcc, with nobody else in this transaction", OWN, OF_TICKET, "x", "support", "",
		WHOSE_REFUSED },
	{ "a Bcc, with nobody else in this transaction, of no ticket", OWN, NO_TICKET, "x", "",
		"support", WHOSE_REFUSED },
	{ "a Bcc below an address that we only send from", OWN, OF_TICKET, "x", "helpdesk", "",
		WHOSE_REFUSED },
	{ "a Bcc below a token address that leads to no desk", OWN, OF_TICKET, "x", "plain-token",
		"", WHOSE_REFUSED },
	{ "a Bcc of a ticket's mail to a colleague", OWN, OF_TICKET, "x", "ben", "",
		WHOSE_REFUSED },
	{ "a Bcc of a colleague's private mail", OWN, NO_TICKET, "ben,x", "ben", "", WHOSE_OTHER },
	{ "a Bcc of a mail to a journal and a colleague", OWN, OF_TICKET, "x", "ben,journal", "",
		WHOSE_REFUSED },
	{ "a Bcc beside a customer who is named", OWN, OF_TICKET, "x,carla", "carla", "support",
		WHOSE_REPLY },
	{ "a Bcc beside a customer who is named, in a transaction of its own", OWN, OF_TICKET, "x",
		"carla", "support", WHOSE_REPLY },
	{ "a Bcc beside the customer behind the desk", OWN, OF_TICKET, "token,x", "token", "",
		WHOSE_DESK_REPLY },
	{ "a Bcc beside who is behind the desk, in a transaction of its own", OWN, OF_TICKET, "x",
		"token", "", WHOSE_REPLY },
	{ "an answer to undisclosed recipients", OWN, OF_TICKET, "x", "", "", WHOSE_REPLY },
	/* Whichever copy comes first. */
	{ "an answer with the desk in Cc", OWN, OF_TICKET, "carla", "carla", "support",
		WHOSE_REPLY },
	{ "the desk's copy of an answer", OWN, OF_TICKET, "support", "carla", "support",
		WHOSE_REPLY },
	{ "a colleague's copy of an answer", OWN, OF_TICKET, "ben", "carla", "ben", WHOSE_REPLY },
	{ "a journal's copy of an answer", OWN, OF_TICKET, "journal", "carla", "", WHOSE_REPLY },
	{ "a colleague's copy of a private mail", OWN, NO_TICKET, "ben", "carla,ben", "",
		WHOSE_OTHER },
	{ "the desk's copy of a mail that opens a ticket", OWN, NO_TICKET, "support", "carla",
		"support", WHOSE_OPENED },
	{ "an answer to a list", OWN, OF_TICKET, "list,support", "list", "support", WHOSE_REPLY },
	/* What is said to be a note. */
	{ "a note", OWN, OF_TICKET, "note", "note", "", WHOSE_NOTE },
	{ "a note that an alias brings to the plain address", OWN, OF_TICKET, "support", "note", "",
		WHOSE_NOTE },
	{ "a note to the desk's plain address", OWN, OF_TICKET, "desk", "desk", "", WHOSE_NOTE },
	{ "a note to a token address that leads to no desk", OWN, OF_TICKET, "plain-token",
		"plain-token", "", WHOSE_NOTE },
	{ "a note of no ticket", OWN, NO_TICKET, "note", "note", "", WHOSE_INBOUND },
	{ "a note to a customer, too", OWN, OF_TICKET, "note,x", "note,x", "", WHOSE_REFUSED },
	{ "the desk's copy of a note to a customer, too", OWN, OF_TICKET, "note", "x", "note",
		WHOSE_REFUSED },
	{ "the plain desk's copy of a note to a customer, too", OWN, OF_TICKET, "support", "x",
		"note", WHOSE_REFUSED },
	{ "the customer's copy of a note", OWN, OF_TICKET, "x", "x", "note", WHOSE_REFUSED },
	{ "the customer's copy of a note, of no ticket", OWN, NO_TICKET, "x", "x", "note",
		WHOSE_REFUSED },
	{ "a note that goes to the customer by Bcc", OWN, OF_TICKET, "x", "note", "",
		WHOSE_REFUSED },
	{ "a note by Bcc of an answer", OWN, OF_TICKET, "x,note", "x", "", WHOSE_REFUSED },
	{ "a note that goes through the desk, too", OWN, OF_TICKET, "token,note", "token,note", "",
		WHOSE_REFUSED },
	{ "the note's copy of what goes through the desk", OWN, OF_TICKET, "desk-note",
		"token,desk-note", "", WHOSE_REFUSED },
	{ "a note to a colleague and a journal", OWN, OF_TICKET, "note,ben,journal", "note", "ben",
		WHOSE_NOTE },
	/* Commands. */
	{ "the customer's copy of commands", OWN, NO_TICKET, "x", "tickets,x", "", WHOSE_REFUSED },
	{ "a Bcc of commands", OWN, NO_TICKET, "x", "tickets", "", WHOSE_REFUSED },
	/* policy.internal_recipients. */
	{ "a mail to the desk and a journal", OWN, OF_TICKET, "support,journal", "support", "",
		WHOSE_NOTE },
	{ "a mail to the desk and a journal, of no ticket", OWN, NO_TICKET, "support,journal",
		"support", "", WHOSE_INBOUND },
	{ "a mail to the desk that names a journal", OWN, OF_TICKET, "support", "support",
		"journal", WHOSE_NOTE },
	{ "a journal's copy of a note", OWN, OF_TICKET, "journal", "support", "", WHOSE_NOTE },
	{ "a journal's copy of a private mail", OWN, NO_TICKET, "journal", "x", "", WHOSE_OTHER },
	{ "an answer that goes to a journal, too", OWN, OF_TICKET, "x,journal", "x", "",
		WHOSE_REPLY },
	{ "a mail to an account that is switched off", OWN, OF_TICKET, "old", "old", "",
		WHOSE_NOTE },
	/* What others wrote, and the agent passes on. */
	{ "a mail of others for the desk, sent on to it", PASSED_ON, OF_TICKET, "support", "x",
		"support", WHOSE_NOTE },
	{ "a mail of others for the desk, sent on outside", PASSED_ON, OF_TICKET, "x", "support",
		"", WHOSE_REFUSED },
	{ "a mail of others, sent on as a note", PASSED_ON, OF_TICKET, "note", "x", "",
		WHOSE_NOTE },
	{ "a colleague's note, sent on outside", PASSED_ON, OF_TICKET, "x", "note", "",
		WHOSE_REFUSED },
	/* None of this is for others. */
	{ "a stranger's Bcc", STRANGER, OF_TICKET, "support,x", "note", "", WHOSE_INBOUND },
};

static const struct {
	const char *name, *address;
} addresses[] = {
	{ "support", "support@example.com" },
	{ "note", "support+note@example.com" },
	{ "desk", "desk@example.com" },
	{ "desk-note", "desk+note@example.com" },
	{ "helpdesk", "helpdesk@example.com" },
	{ "old", "old@example.com" },
	{ "tickets", "tickets@example.com" },
	{ "ben", "ben@example.com" },
	{ "journal", "journal@archive.example" },
	{ "carla", "carla@example.net" },
	{ "x", "x@example.org" },
	{ "list", "list@example.org" },
};

static char *address_of(const char *name)
{
	if (strcmp(name, "token") == 0)
		return token_address(&key, 5, "desk@example.com", "+");
	if (strcmp(name, "plain-token") == 0)
		return token_address(&key, 5, "support@example.com", "+");
	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++)
		if (strcmp(addresses[i].name, name) == 0)
			return g_strdup(addresses[i].address);
	g_error("who is %s?", name);
}

static char **addresses_of(const char *names)
{
	char **list = g_strsplit(names, ",", -1);

	for (char **p = list; *p; p++) {
		char *name = *p;

		*p = address_of(name);
		g_free(name);
	}
	return list;
}

static struct message *addressed(const struct named_row *row)
{
	g_auto(GStrv) to = addresses_of(row->to), cc = addresses_of(row->cc);
	g_autofree char *to_list = g_strjoinv(", ", to), *cc_list = g_strjoinv(", ", cc);
	g_autofree char *headers = g_strdup_printf(
		"To: %s\nCc: %s\n\n", *to_list ? to_list : "undisclosed-recipients:;", cc_list);

	return message_parse_bytes(g_intern_string(headers), strlen(headers));
}

static void test_named(gconstpointer data)
{
	const struct named_row *row = data;
	g_auto(GStrv) to = addresses_of(row->envelope);
	const struct envelope envelope = { .sender = "", .recipients = (const char *const *)to };
	struct message *message = addressed(row);
	struct recipients r;
	enum whose is;

	recipients_init(&r, &envelope, settings, &key, is_agent, NULL);
	recipients_name(&r, message);
	r.passed_on = row->author == PASSED_ON;
	is = classify_whose(row->author != STRANGER, &r, row->belongs);
	g_assert_cmpstr(whose_names[is], ==, whose_names[row->whose]);
	recipients_release(&r);
	message_free(message);
}

/* --- who is vouched for --- */

#define FROM_ANNA "From: Anna <anna@example.com>\n"
#define PASS "Authentication-Results: mx.example.com; dmarc=pass header.from=example.com\n"

static const struct vouched_row {
	const char *sentence, *authen, *headers;
	enum vouched how;
	const char *who;
} vouched_rows[] = {
	{ "nobody without a login", NULL, FROM_ANNA, VOUCHED_BY_NOBODY, NULL },
	{ "the login", "anna", "From: ben@example.com\n", VOUCHED_BY_LOGIN, "anna" },
	{ "no empty login", "", FROM_ANNA, VOUCHED_BY_NOBODY, NULL },
	{ "the author by DMARC", NULL, PASS FROM_ANNA, VOUCHED_BY_DMARC, "anna@example.com" },
	{ "the login before the author by DMARC", "ben", PASS FROM_ANNA, VOUCHED_BY_LOGIN, "ben" },
	{ "nobody of two authors", NULL, PASS "From: anna@example.com, ben@example.com\n",
		VOUCHED_BY_NOBODY, NULL },
	{ "nobody without header.from", NULL,
		"Authentication-Results: mx.example.com; dmarc=pass\n" FROM_ANNA, VOUCHED_BY_NOBODY,
		NULL },
};

static void test_vouched(gconstpointer data)
{
	const struct vouched_row *row = data;
	const struct envelope envelope = { .sender = "anna@example.com",
		.recipients = (const char *[]){ NULL },
		.authen = row->authen };
	struct message *message = message_parse_bytes(row->headers, strlen(row->headers));
	struct auth_results auth;
	const char *who;

	auth_results_read(message, settings->agents_auth.authserv_ids, &auth);
	g_assert_cmpint(
		classify_authenticated(&envelope, message, &auth, settings, &who), ==, row->how);
	g_assert_cmpstr(who, ==, row->who);
	message_free(message);
}

static void test_sasl_switched_off(void)
{
	const struct envelope envelope = { .sender = "anna@example.com",
		.recipients = (const char *[]){ NULL },
		.authen = "anna" };
	struct settings *without = fixture_load(&fixture,
		"agents_auth: { sasl = false; };\naccounts = ( { address = \"a@example.com\"; } );");
	const struct auth_results auth = { .dmarc_pass = false };
	const char *who;

	g_assert_cmpint(classify_authenticated(&envelope, NULL, &auth, without, &who), ==,
		VOUCHED_BY_NOBODY);
	g_assert_null(who);
	settings_unref(without);
}

/* --- at DATA --- */

static void test_interest(void)
{
	static const struct {
		const char *sender, *authen, *to;
		enum interest interest;
	} rows[] = {
		{ "c@example.net", NULL, "support@example.com", INTEREST_FULL },
		{ "c@example.net", NULL, "x@example.org,support@example.com", INTEREST_FULL },
		{ "c@example.net", NULL, "old@example.com", INTEREST_NONE },
		{ "c@example.net", NULL, "x@example.org", INTEREST_NONE },
		{ "", NULL, "x@example.org", INTEREST_NONE },
		{ "c@example.net", NULL, "tickets@example.com", INTEREST_MAYBE },
		{ "anna@B\303\234CHER.example", NULL, "x@example.org", INTEREST_MAYBE },
		{ "anna@EXAMPLE.com.", NULL, "x@example.org", INTEREST_MAYBE },
		{ "x", "anna", "x@example.org", INTEREST_MAYBE },
		{ "anna@example.com", NULL, "x@example.org", INTEREST_MAYBE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_auto(GStrv) to = g_strsplit(rows[i].to, ",", -1);
		const struct envelope envelope = { .sender = rows[i].sender,
			.recipients = (const char *const *)to,
			.authen = rows[i].authen };

		g_assert_cmpint(intake_interest(settings, &envelope), ==, rows[i].interest);
	}
}

static void add_case(const char *group, const char *sentence, gconstpointer row, GTestDataFunc fn)
{
	g_autofree char *path = g_strdup_printf("/classify/%s %s", group, sentence);

	g_test_add_data_func(path, row, fn);
}

int main(int argc, char **argv)
{
	g_autofree char *conf = g_strconcat(more_settings, accounts, NULL);
	int code;

	g_test_init(&argc, &argv, NULL);
	fixture_init(&fixture);
	settings = fixture_load(&fixture, conf);
	for (size_t i = 0; i < G_N_ELEMENTS(recipient_rows); i++) {
		g_autofree char *name = g_strdup_printf("%s of %s is %s",
			recipient_rows[i].recipient,
			recipient_rows[i].date ? recipient_rows[i].date : "now",
			recipient_rows[i].sorted);

		add_case("recipient", name, &recipient_rows[i], test_recipient);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(whose_rows); i++)
		add_case("whose:", whose_rows[i].sentence, &whose_rows[i], test_whose);
	for (size_t i = 0; i < G_N_ELEMENTS(named_rows); i++)
		add_case("named:", named_rows[i].sentence, &named_rows[i], test_named);
	for (size_t i = 0; i < G_N_ELEMENTS(vouched_rows); i++)
		add_case("vouched for:", vouched_rows[i].sentence, &vouched_rows[i], test_vouched);
	g_test_add_func("/classify/accounts come in the order of the configuration, each once",
		test_accounts_in_order);
	g_test_add_func("/classify/without sasl no login is believed", test_sasl_switched_off);
	g_test_add_func(
		"/classify/the envelope tells whether there is anything for us", test_interest);
	code = g_test_run();
	settings_unref(settings);
	fixture_release(&fixture);
	return code;
}
