/* The automatic answer: whom it goes to, who gets none, and what it looks like when values are hostile. */
#include "reply.h"

#include <string.h>

#include "address.h"
#include "desk.h"
#include "text.h"

static char *mail_from(const char *from, const char *extra, int n)
{
	return g_strdup_printf("From: %s\n%sSubject: hello\nMessage-ID: <h%d@example.org>\n\nDoes it work?\n", from, extra, n);
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
	g_autofree char *head = g_strndup(mail, (gsize)(strstr(mail, "\n\n") - mail)), *begin = g_strconcat(name, ": ", NULL);
	g_auto(GStrv) lines = g_strsplit(head, "\n", -1);
	char *found = NULL;

	for (char **line = lines; *line; line++)
		if (g_str_has_prefix(*line, begin)) {
			g_assert_null(found);
			found = g_strdup(*line + strlen(begin));
		}
	return found;
}

static void test_destination(void)
{
	struct desk d;
	g_autofree char *mail = NULL, *to = NULL;

	desk_open(&d, NULL);
	ask(&d, "Carla@Example.NET", "Carla Kern <victim@example.org>", "Reply-To: list@example.org\n", 1);
	g_assert_cmpuint(desk_outbox(&d, "opened", &mail), ==, 1);
	to = header(mail, "To");
	g_assert_cmpstr(to, ==, "carla@example.net");
	desk_close(&d);
}

static void test_unanswered(void)
{
	static const struct {
		const char *sender, *from;
	} cases[] = {
		{ "carla@example.net", "No Reply <no-reply@example.net>" },
		{ "donotreply@example.net", "Carla <carla@example.net>" },
		{ "bounces+7@example.net", "Carla <carla@example.net>" },
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
		ask(&d, "carla@example.net", "carla@example.net", "In-Reply-To: <h1@example.org>\n", i);
		desk_ticket(&d, 1, &t);
		t.last_out = d.now;
		desk_save(&d, &t);
		record_release(&ticket_type, &t);
	}
	g_assert_cmpuint(desk_outbox(&d, "opened", NULL), ==, 1);
	g_assert_cmpuint(desk_outbox(&d, "followup", NULL), ==, 1);
	desk_close(&d);
}

/* A second system that answers every mail of ours, with no mark of a robot, a new id and a new envelope sender each time. */
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

struct closing {
	struct desk *desk;
	uint64_t number;
};

static enum status close_it(struct txn *txn, void *arg, struct error *err)
{
	const struct closing *c = arg;
	struct token_key key = { { 0 } };
	const struct reply_context context = { txn, c->desk->settings, &key, { "milticket", c->desk->now } };
	g_autofree char *detail = NULL;
	struct ticket t = { 0 };
	bool queued;
	enum status st = tickets_load(txn, c->number, &t, err);

	if (st == ST_OK)
		st = reply_automatic(&context, &t, settings_account(c->desk->settings, t.account, &detail), ANSWER_CLOSED, NULL, AUTO_NONE, "", &queued, err);
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
	static const char *const names[] = {
		"=?utf-8?q?Carla=0D=0ABcc:_x@y.example?=", "=?utf-8?b?Q2FybGENCkJjYzogeEB5LmV4YW1wbGU=?=", "\"Carla\\\r Bcc: x@y.example\"",
		"=?utf-8?q?=3D=3Futf-8=3Fq=3FBcc=3D0A=3F=3D?=", "J\xc3\xbcrgen", "J\xfcrgen",
	};
	struct desk d;

	desk_open(&d, "mail_out: { max_per_address_per_day = 100; };");
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *from = g_strdup_printf("%s <carla@example.net>", names[i]), *mail = NULL, *bcc = NULL, *type = NULL;

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
	g_autofree char *name = g_strnfill(5000, 'n'), *from = g_strdup_printf("%s <carla@example.net>", name), *mail = NULL;
	g_auto(GStrv) lines = NULL;

	desk_open(&d, NULL);
	ask(&d, "carla@example.net", from, "", 1);
	g_assert_cmpuint(desk_outbox(&d, "opened", &mail), ==, 1);
	lines = g_strsplit(mail, "\n", -1);
	for (char **line = lines; *line; line++)
		g_assert_cmpuint(strlen(*line), <=, 998);
	desk_close(&d);
}

/* --- from the shell --- */

static enum status reply_to_all(struct txn *txn, void *arg, struct error *err)
{
	struct desk *d = arg;
	struct token_key key = { { 0 } };
	const struct reply_context context = { txn, d->settings, &key, { "unix:root", d->now } };
	const struct reply_text text = { NULL, "It does.\n", true, NULL };
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
	g_autofree char *mail = NULL, *in_reply_to = NULL, *cc = NULL;
	g_autoptr(GString) extra = g_string_new("Cc: dora@example.net, support@example.com\nReferences:");

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
	desk_entry(&d, 1, 2, &e);
	g_assert_cmpuint(g_strv_length(e.references), <=, 21);
	g_assert_cmpstr(e.references[g_strv_length(e.references) - 1], ==, "<h1@example.org>");
	record_release(&entry_type, &e);
	desk_close(&d);
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
	g_test_add_func("/reply/an answer goes to the envelope sender alone", test_destination);
	g_test_add_func("/reply/neither sender nor author may be a robot, ours or an agent", test_unanswered);
	g_test_add_func("/reply/each kind of event is answered once", test_once);
	g_test_add_func("/reply/a second system that answers everything is silenced", test_second_system);
	g_test_add_func("/reply/closing is told once, in the thread, with the question", test_closing_is_threaded);
	g_test_add_func("/reply/robots, lists and spam hear of no closing", test_robots_hear_of_no_closing);
	g_test_add_func("/reply/no name can add a header or a part", test_hostile_values);
	g_test_add_func("/reply/a very long name makes no long line", test_long_name);
	g_test_add_func("/reply/a reply from the shell is threaded, capped and reaches all", test_shell_reply);
	g_test_add_func("/reply/our own mail passes untouched, twice", test_own_mail_passes);
	return g_test_run();
}
