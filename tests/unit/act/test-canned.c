/* Answers with a template: which one, what is in it, and what a stranger's name can do to it. */
#include "../desk.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

static void asks(struct desk *d, const char *to, const char *headers)
{
	g_autofree char *mail = g_strdup_printf(
		"%sSubject: Printer\nMessage-ID: <q1@example.net>\n"
		"Date: Mon, 21 Sep 2026 10:00:00 +0000\n\nIt burns.\n",
		headers);

	desk_mail(d, "carla@example.net", to, NULL, mail);
	g_assert_cmpuint(d->last.ticket, ==, 1);
}

/* By mail to the control address, or as a note. */
static void anna_says(struct desk *d, const char *to, const char *what)
{
	static unsigned n;
	g_autofree char *mail = g_strdup_printf(
		"From: anna@example.com\nTo: %s\nSubject: x\nMessage-ID: <c%u@example.com>\n%s\n%s\n",
		to, n++, *to == 's' ? "In-Reply-To: <q1@example.net>\n" : "", what);

	desk_mail(d, "anna@example.com", to, "anna", mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

/* The one answer; owned. */
static char *answer_of(struct desk *d)
{
	char *mail = NULL;

	g_assert_cmpuint(desk_outbox(d, "reply", &mail), ==, 1);
	return mail;
}

static void has(const char *mail, const char *text)
{
	if (!strstr(mail, text))
		g_error("no '%s' in: %s", text, mail);
}

static const struct canned_row {
	const char *sentence, *to, *headers, *said, *found, *not_found;
} canned_rows[] = {
	{ "the requester is called by name and quoted", "support@example.com",
		"From: Carla Kern <carla@example.net>\n", "reply 1 canned",
		"\nHello Carla Kern,\n\nturn it off.\n\n> It burns.\n", "ausschalten" },
	{ "in the language of the mail", "support@example.com",
		"From: Carla Kern <carla@example.net>\nContent-Language: de\n",
		"reply 1 canned.eml", "\nHallo Carla Kern,\n\nbitte ausschalten.\n",
		"turn it off" },
	{ "with the words after it", "support@example.com",
		"From: Carla Kern <carla@example.net>\nContent-Language: de\n",
		"reply 1 canned Bis morgen!", "bitte ausschalten.\n\nBis morgen!\n", NULL },
	{ "the project's own comes first", "support@example.com", "From: carla@example.net\n",
		"reply 1 help", "Ask the helpdesk.", "yourself" },
	{ "without one, that of all", "desk@example.com", "From: carla@example.net\n",
		"reply 1 help", "Help yourself.", "helpdesk" },
	{ "another's words are not quoted", "support@example.com",
		"From: dora@example.org\nReply-To: carla@example.net\n",
		"requester emil@example.net 1\nreply 1 canned", "turn it off.", "burns" },
};

static void test_canned(gconstpointer data)
{
	const struct canned_row *row = data;
	g_autofree char *mail = NULL;
	struct ticket t;
	struct desk d;

	desk_open(&d, NULL);
	asks(&d, row->to, row->headers);
	anna_says(&d, "tickets@example.com", row->said);
	mail = answer_of(&d);
	has(mail, row->found);
	g_assert_true(!row->not_found || !strstr(mail, row->not_found));
	has(mail, "\nIn-Reply-To: <q1@example.net>\n");
	has(mail, "[example.com #1]");
	g_assert_null(strstr(mail, "\nAuto-Submitted:"));
	desk_ticket(&d, 1, &t);
	g_assert_cmpint(t.status, ==, TICKET_WAITING);
	g_assert_cmpstr(t.agent, ==, "anna");
	record_release(&ticket_type, &t);
	desk_close(&d);
}

/* "=?…?=": Carla, a line feed, and a header. */
static void test_no_name_adds_a_header(void)
{
	g_autofree char *mail = NULL;
	struct desk d;

	desk_open(&d, NULL);
	asks(&d, "support@example.com",
		"From: =?utf-8?q?Carla=0D=0ABcc=3A_evil=40example=2Eorg?= <carla@example.net>\n");
	anna_says(&d, "tickets@example.com", "reply 1 canned {signature}");
	mail = answer_of(&d);
	g_assert_null(strstr(mail, "\nBcc:"));
	has(mail, "\nX-For: Carla Bcc: evil@example.org\n");
	desk_close(&d);
}

static enum status sign(struct txn *txn, void *text, struct error *err)
{
	struct queue queue = { 0 };
	enum status st = queues_load(txn, "desk", &queue, err);

	if (st == ST_OK) {
		queue.signature = g_strdup(text);
		st = queues_save(txn, &queue, err);
	}
	record_release(&queue_type, &queue);
	return st;
}

/* Whether the template has it or not, once, and below what is added. */
static void test_words_stand_above_the_signature(void)
{
	static const char *const said[] = { "reply 1 help See you.", "reply 1 canned See you." };

	for (size_t i = 0; i < G_N_ELEMENTS(said); i++) {
		g_autofree char *mail = NULL;
		struct desk d;

		desk_open(&d, NULL);
		g_assert_cmpint(
			store_write(d.store, sign, (void *)"The desk\nRoom 7", &d.err), ==, ST_OK);
		asks(&d, "desk@example.com", "From: carla@example.net\n");
		anna_says(&d, "tickets@example.com", said[i]);
		mail = answer_of(&d);
		has(mail, "\n\nSee you.\n\n-- \nThe desk\nRoom 7\n");
		g_assert_true(strstr(mail, "Room 7") == g_strrstr(mail, "Room 7"));
		desk_close(&d);
	}
}

/* In lines of fifty bytes. Owned. */
static char *signature_of(size_t len)
{
	char *text = g_strnfill(len, 's');

	for (size_t i = 49; i + 50 < len; i += 50)
		text[i] = '\n';
	return text;
}

/* LIMIT_SIGNATURE_BYTES of it, whatever the store has. */
static void test_long_signature(void)
{
	static const char *const said[] = { "reply 1 help", "reply 1 canned" };

	for (size_t i = 0; i < 2 * G_N_ELEMENTS(said); i++) {
		g_autofree char *text = signature_of(LIMIT_SIGNATURE_BYTES + i % 2), *mail = NULL;
		const char *signature;
		struct desk d;

		desk_open(&d, NULL);
		g_assert_cmpint(store_write(d.store, sign, text, &d.err), ==, ST_OK);
		asks(&d, "desk@example.com", "From: carla@example.net\n");
		anna_says(&d, "tickets@example.com", said[i / 2]);
		mail = answer_of(&d);
		signature = strstr(mail, "\n-- \ns");
		g_assert_nonnull(signature);
		g_strchomp(mail);
		g_assert_cmpuint(strlen(signature + strlen("\n-- \n")), ==, LIMIT_SIGNATURE_BYTES);
		desk_close(&d);
	}
}

static void test_in_a_note_only_after_a_mark(void)
{
	g_autofree char *said = NULL;
	struct desk d;

	desk_open(&d, NULL);
	asks(&d, "support@example.com", "From: carla@example.net\n");
	anna_says(&d, "support@example.com", "reply canned\n");
	g_assert_cmpuint(desk_outbox(&d, "reply", NULL), ==, 0);
	g_assert_cmpuint(desk_outbox(&d, "transcript", NULL), ==, 0);
	anna_says(&d, "support@example.com", "!reply nothing\n");
	g_assert_cmpuint(desk_outbox(&d, "reply", NULL), ==, 0);
	g_assert_cmpuint(desk_outbox(&d, "transcript", &said), ==, 1);
	has(said, "there is no template 'nothing'");
	anna_says(&d, "support@example.com", "!reply canned\n");
	g_assert_cmpuint(desk_outbox(&d, "reply", NULL), ==, 1);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(canned_rows); i++) {
		g_autofree char *path = g_strdup_printf("/canned/%s", canned_rows[i].sentence);

		g_test_add_data_func(path, &canned_rows[i], test_canned);
	}
	g_test_add_func("/canned/no name adds a header", test_no_name_adds_a_header);
	g_test_add_func(
		"/canned/words stand above the signature", test_words_stand_above_the_signature);
	g_test_add_func("/canned/a signature is cut at its limit", test_long_signature);
	g_test_add_func("/canned/in a note only after a mark", test_in_a_note_only_after_a_mark);
	return g_test_run();
}
