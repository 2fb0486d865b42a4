/* A message for the mailboxes: what it says, and by what it is known again. */
#include "act/copy-mail.h"

#include <string.h>

#include "../desk.h"

static GString *copy_of(struct desk *d, uint64_t generation)
{
	struct token_key key;
	struct ticket t = { 0 };
	struct entry e = { 0 };
	struct copy_source source = {
		.settings = d->settings, .key = &key, .text = "Text.", .generation = generation
	};
	GString *mail;

	store_secret(d->store, key.secret);
	desk_ticket(d, 1, &t);
	desk_entry(d, 1, 1, &e);
	source.ticket = &t;
	source.entry = &e;
	mail = copy_mail(&source);
	record_release(&ticket_type, &t);
	record_release(&entry_type, &e);
	return mail;
}

static bool is_ours(struct desk *d, const char *mail, size_t len, struct copy_id *id)
{
	struct token_key key;

	store_secret(d->store, key.secret);
	return copy_read(&key, mail, len, id);
}

static void a_ticket(struct desk *d, const char *recipient)
{
	desk_open(d, NULL);
	desk_mail(d, "carla@example.net", recipient, NULL,
		"From: Carla Kern <carla@example.net>\nSubject: Printer\nX-Ticket: 99\n"
		"X-Ticket-Copy: 1 1 7 forged\nMessage-ID: <m1@example.net>\n\nIt burns.\n");
	g_assert_cmpint(d->status, ==, ST_OK);
}

static void test_what_it_says(void)
{
	struct desk d;
	g_autoptr(GString) mail = NULL;

	a_ticket(&d, "support@example.com");
	mail = copy_of(&d, 7);
	g_assert_true(g_str_has_prefix(mail->str, "X-Ticket-Copy: 1 1 7 "));
	g_assert_nonnull(strstr(mail->str, "\nX-Ticket: 1\n"));
	g_assert_nonnull(strstr(mail->str, "\nX-Ticket-Status: new\n"));
	g_assert_nonnull(strstr(mail->str, "\nX-Ticket-Event: opened\n"));
	g_assert_nonnull(strstr(mail->str, "#1] Printer\n"));
	g_assert_nonnull(strstr(mail->str, "\nMessage-ID: <m1@example.net>\n"));
	g_assert_nonnull(strstr(mail->str, "\n\nIt burns.\n"));
	g_assert_null(strstr(mail->str, "X-Ticket: 99"));
	g_assert_null(strstr(mail->str, "forged"));
	g_assert_null(strstr(mail->str, "Reply-To"));
	desk_close(&d);
}

static void test_an_answer_goes_through_the_desk(void)
{
	struct desk d;
	g_autoptr(GString) mail = NULL;

	a_ticket(&d, "desk@example.com");
	mail = copy_of(&d, 7);
	g_assert_nonnull(strstr(mail->str, "Reply-To: "));
	g_assert_nonnull(strstr(mail->str, "desk+1-"));
	desk_close(&d);
}

/* Any byte that differs, or a line end that is lost, makes it somebody else's. */
static void test_it_is_known_again(void)
{
	struct desk d;
	struct copy_id id = { 0 };
	g_autoptr(GString) mail = NULL;
	g_auto(GStrv) lines = NULL;
	g_autofree char *crlf = NULL;

	a_ticket(&d, "support@example.com");
	mail = copy_of(&d, 7);
	g_assert_true(is_ours(&d, mail->str, mail->len, &id));
	g_assert_cmpuint(id.ticket, ==, 1);
	g_assert_cmpuint(id.seq, ==, 1);
	g_assert_cmpuint(id.generation, ==, 7);
	lines = g_strsplit(mail->str, "\n", -1);
	crlf = g_strjoinv("\r\n", lines);
	g_assert_true(is_ours(&d, crlf, strlen(crlf), &id));
	for (size_t i = 0; i < mail->len; i++) {
		char was = mail->str[i];

		mail->str[i] ^= 1;
		g_assert_false(is_ours(&d, mail->str, mail->len, &id));
		mail->str[i] = was;
	}
	for (size_t len = 0; len < mail->len; len++)
		g_assert_false(is_ours(&d, mail->str, len, &id));
	g_string_append_c(mail, '\n');
	g_assert_false(is_ours(&d, mail->str, mail->len, &id));
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	message_library_init();
	g_test_add_func("/copy mail/what it says", test_what_it_says);
	g_test_add_func(
		"/copy mail/an answer goes through the desk", test_an_answer_goes_through_the_desk);
	g_test_add_func("/copy mail/it is known again", test_it_is_known_again);
	return g_test_run();
}
