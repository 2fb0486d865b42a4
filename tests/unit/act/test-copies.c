/* The same message again, as it was or changed on its way: what is only a repetition, what a
 * copy, what a message of its own. */
#include "../desk.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

static const int64_t day = INT64_C(24) * 3600 * TEXT_SECOND;

static const char head[] = "From: Carla@example.net\nSubject: Fire\nMessage-ID: <q@example.net>\n"
			   "Date: Mon, 21 Sep 2026 10:00:00 +0000\n\n";

static const char *come(struct desk *d, const char *text)
{
	g_autofree char *mail = g_strconcat(head, text, NULL);

	desk_mail(d, "carla@example.net", "support@example.com", NULL, mail);
	g_assert_cmpint(d->status, ==, ST_OK);
	return d->last.duplicate ? "again" : d->last.event;
}

static void test_five_days(void)
{
	for (int past = 0; past < 2; past++) {
		struct desk d;
		int64_t first;

		desk_open(&d, NULL);
		first = d.now;
		come(&d, "It burns.\n");
		d.now = first + 5 * day + past;
		g_assert_cmpstr(come(&d, "It burns.\n-- \nfooter\n"), ==, past ? "opened" : "copy");
		/* What is the same is so for ever. */
		d.now = first + 500 * day;
		g_assert_cmpstr(come(&d, "It burns.\n"), ==, "again");
		desk_close(&d);
	}
}

static char *long_text(const char *first)
{
	GString *text = g_string_new(first);

	for (unsigned i = 0; text->len < 2 * LIMIT_TEXT_BYTES; i++)
		g_string_append_printf(text, "line %u of many\n", i);
	return g_string_free(text, FALSE);
}

/* Only its beginning is kept, and a banner moves where that ends. */
static void test_long_texts(void)
{
	g_autofree char *text = long_text(""), *banner = long_text("CAUTION\n");
	g_autofree char *other = long_text("Other\n");
	struct desk d;

	text[LIMIT_TEXT_BYTES / 2] = '!';
	banner[LIMIT_TEXT_BYTES / 2 + strlen("CAUTION\n")] = '!';
	desk_open(&d, NULL);
	come(&d, text);
	g_assert_cmpstr(come(&d, banner), ==, "copy");
	g_assert_cmpstr(come(&d, other), ==, "opened");
	desk_close(&d);
}

/* Three quarters of a part are compared, to a word's end. */
static void test_three_quarters(void)
{
	static const struct {
		size_t at; /* where the second differs */
		const char *event;
	} rows[] = {
		{ LIMIT_TEXT_BYTES * 70 / 100, "opened" },
		{ LIMIT_TEXT_BYTES * 80 / 100, "copy" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = long_text(""), *banner = long_text("CAUTION\n");
		struct desk d;

		banner[rows[i].at + strlen("CAUTION\n")] = '!';
		desk_open(&d, NULL);
		come(&d, text);
		g_assert_cmpstr(come(&d, banner), ==, rows[i].event);
		desk_close(&d);
	}
}

/* Of one that is just as long as that, the last word counts as well. */
static void test_no_more_than_three_quarters(void)
{
	g_autofree char *text = long_text(""), *banner = NULL;
	const size_t whole = LIMIT_TEXT_BYTES / 4 * 3;
	struct desk d;

	text[whole - 2] = ' ';
	text[whole - 1] = 'a';
	text[whole] = '\0';
	banner = g_strconcat("CAUTION\n", text, NULL);
	banner[strlen(banner) - 1] = 'b';
	desk_open(&d, NULL);
	come(&d, text);
	g_assert_cmpstr(come(&d, banner), ==, "opened");
	desk_close(&d);
}

/* --- what a relay adds, and what nobody may change --- */

#define CARLA "From: carla@example.net\n"
#define SUBJECT "Subject: Fire\n"
#define ID "Message-ID: <q@example.net>\n"
#define DATE "Date: Mon, 21 Sep 2026 10:00:00 +0000\n"
#define LATER "Date: Mon, 21 Sep 2026 10:00:01 +0000\n"
#define BURNS "\nIt burns.\n"
#define FOOTER "\nIt burns.\n-- \nfooter\n"
#define FILES "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
#define FILE_A "--b\nContent-Type: text/csv; name=a.csv\n\n1,2\n"
#define FILE_B "--b\nContent-Type: text/csv; name=a.csv\n\n1,3\n"

static const struct change {
	const char *sentence, *first, *second, *event;
} changes[] = {
	{ "a From that was added", SUBJECT ID DATE BURNS, CARLA SUBJECT ID DATE BURNS, "again" },
	{ "a Date that was added", CARLA SUBJECT ID BURNS, CARLA SUBJECT ID DATE BURNS, "again" },
	{ "a From that was added beside a footer", SUBJECT ID DATE BURNS,
		CARLA SUBJECT ID DATE FOOTER, "copy" },
	{ "a Date that was added beside a footer", CARLA SUBJECT ID BURNS,
		CARLA SUBJECT ID DATE FOOTER, "copy" },
	{ "a From that was taken away", CARLA SUBJECT ID DATE BURNS, SUBJECT ID DATE FOOTER,
		"opened" },
	{ "another From", CARLA SUBJECT ID DATE BURNS,
		"From: eve@example.net\n" SUBJECT ID DATE FOOTER, "opened" },
	{ "our From", CARLA SUBJECT ID DATE BURNS,
		"From: support@example.com\n" SUBJECT ID DATE FOOTER, "auto" },
	{ "another Date", CARLA SUBJECT ID DATE BURNS, CARLA SUBJECT ID LATER FOOTER, "opened" },
	{ "a Date that was taken away", CARLA SUBJECT ID DATE BURNS, CARLA SUBJECT ID FOOTER,
		"opened" },
	{ "another Subject", CARLA SUBJECT ID DATE BURNS, CARLA "Subject: Flood\n" ID DATE FOOTER,
		"opened" },
	{ "a word before the Subject", CARLA SUBJECT ID DATE BURNS,
		CARLA "Subject: [EXTERNAL] Fire\n" ID DATE FOOTER, "copy" },
	{ "the same words elsewhere", CARLA SUBJECT ID DATE "\nno fire\n",
		CARLA SUBJECT ID DATE "\nno fires\n", "opened" },
	{ "a text that was none", CARLA SUBJECT ID DATE "\n", CARLA SUBJECT ID DATE BURNS,
		"opened" },
	{ "no text that was one", CARLA SUBJECT ID DATE BURNS, CARLA SUBJECT ID DATE "\n \n",
		"opened" },
	{ "no text in another way", CARLA SUBJECT ID DATE "\n", CARLA SUBJECT ID DATE "\n \n\n",
		"copy" },
	{ "no Subject, twice", CARLA ID DATE BURNS, CARLA ID DATE FOOTER, "copy" },
	{ "the same file", CARLA SUBJECT ID DATE FILES "x\n" FILE_A "--b--\n",
		CARLA SUBJECT ID DATE FILES "x y\n" FILE_A "--b--\n", "copy" },
	{ "another file", CARLA SUBJECT ID DATE FILES "x\n" FILE_A "--b--\n",
		CARLA SUBJECT ID DATE FILES "x y\n" FILE_B "--b--\n", "opened" },
	{ "a file more", CARLA SUBJECT ID DATE FILES "x\n" FILE_A "--b--\n",
		CARLA SUBJECT ID DATE FILES "x y\n" FILE_A FILE_B "--b--\n", "opened" },
	{ "another id", CARLA SUBJECT ID DATE BURNS,
		CARLA SUBJECT "Message-ID: <r@example.net>\n" DATE FOOTER, "opened" },
};

static void test_change(gconstpointer data)
{
	const struct change *change = data;
	struct desk d;

	desk_open(&d, NULL);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, change->first);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, change->second);
	g_assert_cmpint(d.status, ==, ST_OK);
	g_assert_cmpstr(d.last.duplicate ? "again" : d.last.event, ==, change->event);
	desk_close(&d);
}

/* An agent's answer left with our address in From. */
static void test_answer_comes_back(void)
{
	static const char answer[] =
		"From: %s\nTo: carla@example.net\nSubject: Re: Fire\n"
		"Message-ID: <a@example.com>\nDate: Mon, 21 Sep 2026 11:00:00 +0000\n"
		"In-Reply-To: <q@example.net>\n\nWe come.\n%s";
	static const struct {
		const char *from, *event;
	} rows[] = {
		{ "support@example.com", "copy" },
		{ "eve@example.net", "followup" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *out = g_strdup_printf(answer, "anna@example.com", "");
		g_autofree char *back = g_strdup_printf(answer, rows[i].from, "-- \nfooter\n");
		struct desk d;

		desk_open(&d, NULL);
		come(&d, "It burns.\n");
		desk_mail(&d, "anna@example.com", "carla@example.net", "anna", out);
		g_assert_cmpstr(d.last.event, ==, "reply");
		desk_mail(&d, "x@example.net", "support@example.com", NULL, back);
		g_assert_cmpstr(d.last.event, ==, rows[i].event);
		desk_close(&d);
	}
}

/* Stores of before the Subject belonged to an identity. */
static enum status make_old(struct txn *txn, void *arg, struct error *err)
{
	struct message *message = message_parse_bytes(head, strlen(head));
	struct entry e = { 0 };
	enum status st = tickets_entry(txn, 1, 1, &e, err);

	g_free(e.digest);
	e.digest = message_digest(message, arg);
	if (st == ST_OK)
		st = tickets_entry_save(txn, &e, err);
	record_release(&entry_type, &e);
	message_free(message);
	return st;
}

static void test_old_identity(void)
{
	g_autofree char *body = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "It burns.", -1);
	struct identity identity = { .body_digest = body };
	struct desk d;

	desk_open(&d, NULL);
	come(&d, "It burns.\n");
	g_assert_cmpint(store_write(d.store, make_old, &identity, &d.err), ==, ST_OK);
	g_assert_cmpstr(come(&d, "It burns.\n"), ==, "again");
	desk_close(&d);
}

/* --- what the store has --- */

struct spoilt {
	uint64_t size; /* of the message as it was recorded */
	bool sent;     /* its id is that of one of ours */
};

static enum status spoil(struct txn *txn, void *arg, struct error *err)
{
	const struct spoilt *spoilt = arg;
	struct entry e = { 0 };
	enum status st = tickets_entry(txn, 1, 1, &e, err);

	e.size = spoilt->size;
	if (st == ST_OK)
		st = tickets_entry_save(txn, &e, err);
	if (st == ST_OK && spoilt->sent)
		st = tickets_index_id(txn, "<q@example.net>", 1, 1, ID_SENT, err);
	record_release(&entry_type, &e);
	return st;
}

static void test_spoilt(void)
{
	static struct {
		struct spoilt spoilt;
		const char *event;
	} rows[] = {
		{ { .size = LIMIT_PARSE_BYTES }, "copy" },
		/* What was not looked at may be a file. */
		{ { .size = LIMIT_PARSE_BYTES + 1 }, "opened" },
		{ { .size = 100, .sent = true }, "auto" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct desk d;

		desk_open(&d, NULL);
		come(&d, "It burns.\n");
		g_assert_cmpint(store_write(d.store, spoil, &rows[i].spoilt, &d.err), ==, ST_OK);
		g_assert_cmpstr(come(&d, "It burns.\n-- \nfooter\n"), ==, rows[i].event);
		desk_close(&d);
	}
}

/* A device may have sent another under its id since. */
static void test_one_before(void)
{
	struct desk d;

	desk_open(&d, NULL);
	come(&d, "It burns.\n");
	g_assert_cmpstr(come(&d, "Quite another.\n"), ==, "opened");
	g_assert_cmpstr(come(&d, "It burns.\n-- \nfooter\n"), ==, "copy");
	g_assert_cmpuint(d.last.ticket, ==, 1);
	desk_close(&d);
}

/* --- identities --- */

static const struct pair {
	const char *sentence, *a, *b;
	bool same;
} pairs[] = {
	{ "tag and prefixes belong to no identity", "Subject: Fire\n\nx\n",
		"Subject: [example.com #1] Re: Fire\n\nx\n", true },
	{ "the Subject does", "Subject: Door 1\n\n", "Subject: Door 2\n\n", false },
	{ "also beside a text", "Subject: Door 1\n\nopen\n", "Subject: Door 2\n\nopen\n", false },
	{ "what relays add does not", "Subject: Fire\n\nx\n",
		"Received: by y\nX-Spam: no\nSubject: Fire\n\nx\n", true },
	{ "every byte of the body does", "Subject: Fire\n\nx\n", "Subject: Fire\n\nx \n", false },
};

static void test_pair(gconstpointer data)
{
	static const char first[] = "From: carla@example.net\nMessage-ID: <q@example.net>\n";
	const struct pair *pair = data;
	g_autofree char *a = g_strconcat(first, pair->a, NULL);
	g_autofree char *b = g_strconcat(first, pair->b, NULL);
	struct desk d;

	desk_open(&d, NULL);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, a);
	desk_mail(&d, "carla@example.net", "support@example.com", NULL, b);
	g_assert_true(d.last.duplicate == pair->same);
	desk_close(&d);
}

static char *attachments_of(const char *type, const char *name, const char *text)
{
	g_autofree char *mail = g_strdup_printf(
		"MIME-Version: 1.0\n"
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: %s\n"
		"Content-Disposition: attachment; filename=%s\n\n%s\n--b--\n",
		type, name, text);
	struct message *m = message_parse_bytes(mail, strlen(mail));
	char *digest = g_strdup(message_attachments_digest(m));

	message_free(m);
	return digest;
}

static void test_attachments(void)
{
	g_autofree char *a = attachments_of("text/csv", "a.csv", "1,2");
	g_autofree char *same = attachments_of("text/csv", "\"a.csv\"", "1,2");
	g_autofree char *bytes = attachments_of("text/csv", "a.csv", "1,3");
	g_autofree char *name = attachments_of("text/csv", "b.csv", "1,2");
	g_autofree char *type = attachments_of("text/xml", "a.csv", "1,2"), *coded = NULL;
	struct message *none = message_parse_bytes("Subject: x\n\nhello\n", 18);

	coded = attachments_of("text/csv\nContent-Transfer-Encoding: base64", "a.csv", "MSwy");
	g_assert_cmpstr(a, ==, same);
	g_assert_cmpstr(a, ==, coded);
	g_assert_cmpstr(a, !=, bytes);
	g_assert_cmpstr(a, !=, name);
	g_assert_cmpstr(a, !=, type);
	g_assert_null(message_attachments_digest(none));
	message_free(none);
}

/* Our X-Ticket with our tag is a copy whatever a filter has made of the text; each alone may be
 * anybody's. And a copy is nobody's sign of life. */
static void test_claimed(void)
{
	static const struct {
		const char *subject, *claim, *event;
	} rows[] = {
		{ "[example.com #1] Fire", "X-Ticket: 1\n", "copy" },
		{ "Fire", "X-Ticket: 1\n", "opened" },
		{ "[example.com #1] Fire", "", "followup" },
		{ "[example.com #2] Fire", "X-Ticket: 1\n", "opened" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *mail = g_strdup_printf(
			"%sFrom: Carla@example.net\nSubject: %s\nMessage-ID: <q@example.net>\n"
			"Date: Mon, 21 Sep 2026 10:00:00 +0000\n\nremoved by a filter\n",
			rows[i].claim, rows[i].subject);
		struct desk d;
		struct ticket before, after;

		desk_open(&d, NULL);
		come(&d, "It burns.\n");
		desk_ticket(&d, 1, &before);
		desk_mail(&d, "carla@example.net", "support@example.com", NULL, mail);
		g_assert_cmpstr(d.last.event, ==, rows[i].event);
		desk_ticket(&d, 1, &after);
		if (i == 0)
			g_assert_cmpint(after.last_in, ==, before.last_in);
		record_release(&ticket_type, &before);
		record_release(&ticket_type, &after);
		desk_close(&d);
	}
}

static char *with_attachments(const char *banner, unsigned n)
{
	GString *mail = g_string_new(
		"From: carla@example.net\nMessage-ID: <a1@example.net>\n"
		"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n");

	g_string_append_printf(mail, "%shello\n", banner);
	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(
			mail, "--b\nContent-Type: text/csv; name=\"%u.csv\"\n\n%u\n", i, i);
	g_string_append(mail, "--b--\n");
	return g_string_free(mail, FALSE);
}

/* Past the last that is looked at there may be another. */
static void test_many_attachments(void)
{
	for (unsigned n = LIMIT_ATTACHMENTS - 1; n <= LIMIT_ATTACHMENTS; n++) {
		g_autofree char *first = with_attachments("", n);
		g_autofree char *second = with_attachments("[EXTERNAL]\n", n);
		struct desk d;

		desk_open(&d, NULL);
		desk_mail(&d, "carla@example.net", "support@example.com", NULL, first);
		desk_mail(&d, "carla@example.net", "support@example.com", NULL, second);
		g_assert_cmpstr(d.last.event, ==, n < LIMIT_ATTACHMENTS ? "copy" : "opened");
		desk_close(&d);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
		"/copies/a copy comes within five days, a repetition at any time", test_five_days);
	g_test_add_func("/copies/of long texts the beginnings are compared", test_long_texts);
	g_test_add_func("/copies/three quarters of them", test_three_quarters);
	g_test_add_func("/copies/and no more", test_no_more_than_three_quarters);
	g_test_add_func("/copies/an answer that comes back", test_answer_comes_back);
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_autofree char *path = g_strdup_printf("/copies/change/%s", changes[i].sentence);

		g_test_add_data_func(path, &changes[i], test_change);
	}
	g_test_add_func("/copies/of what the store has", test_spoilt);
	g_test_add_func("/copies/one before the last", test_one_before);
	g_test_add_func("/copies/what an older version recorded is known again", test_old_identity);
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *path = g_strdup_printf("/copies/%s", pairs[i].sentence);

		g_test_add_data_func(path, &pairs[i], test_pair);
	}
	g_test_add_func("/copies/attachments are known by name, type and bytes", test_attachments);
	g_test_add_func("/copies/what we claimed ourselves", test_claimed);
	g_test_add_func("/copies/too many attachments to look at", test_many_attachments);
	return g_test_run();
}
