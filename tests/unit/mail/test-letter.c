/* Mail of ours on paper: no value breaks a header, no text breaks a part. */
#include "mail/letter.h"

#include <stdbool.h>
#include <string.h>

#include "mail/message.h"

static struct letter plain(void)
{
	return (struct letter){ .from = "Support <support@example.com>",
		.to = "carla@example.net",
		.subject = "[example.com #1] hi",
		.message_id = "<1@example.com>",
		.text = "Hello.\n" };
}

static bool has_line(const GString *mail, const char *line)
{
	g_auto(GStrv) lines = g_strsplit(mail->str, "\n", -1);

	return g_strv_contains((const char *const *)lines, line);
}

/* How many header lines begin a field of that name. */
static unsigned fields(const GString *mail, const char *name)
{
	g_autofree char *head = g_strndup(
				mail->str, (gsize)(strstr(mail->str, "\n\n") - mail->str)),
			*begin = g_strconcat(name, ":", NULL);
	g_auto(GStrv) lines = g_strsplit(head, "\n", -1);
	unsigned n = 0;

	for (char **line = lines; *line; line++)
		n += g_str_has_prefix(*line, begin);
	return n;
}

static void test_headers(void)
{
	char *references[] = { (char *)"<a@x.example>", (char *)"<b@x.example>", NULL };
	struct letter letter = plain();
	GString *mail;

	letter.in_reply_to = "<b@x.example>";
	letter.references = references;
	letter.auto_submitted = "auto-replied";
	letter.language = "de";
	mail = letter_write(&letter);
	g_assert_true(has_line(mail, "From: Support <support@example.com>"));
	g_assert_true(has_line(mail, "Message-ID: <1@example.com>"));
	g_assert_true(has_line(mail, "In-Reply-To: <b@x.example>"));
	g_assert_true(has_line(mail, "References: <a@x.example>"));
	g_assert_true(has_line(mail, " <b@x.example>"));
	g_assert_true(has_line(mail, "Auto-Submitted: auto-replied"));
	g_assert_true(has_line(mail, "X-Auto-Response-Suppress: All"));
	g_assert_true(has_line(mail, "Content-Language: de"));
	g_assert_true(has_line(mail, "MIME-Version: 1.0"));
	g_assert_true(g_str_has_suffix(mail->str, "\n\nHello.\n"));
	g_assert_null(strchr(mail->str, '\r'));
	g_string_free(mail, TRUE);
}

static void test_left_out(void)
{
	static const char *const optional[] = { "Cc", "Reply-To", "In-Reply-To", "References",
		"Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language" };
	struct letter letter = plain();
	GString *mail = letter_write(&letter);

	for (size_t i = 0; i < G_N_ELEMENTS(optional); i++)
		g_assert_cmpuint(fields(mail, optional[i]), ==, 0);
	g_string_free(mail, TRUE);
}

/* Each of these in each header that has a value of its own; none may begin a line. */
static void test_broken_values(void)
{
	static const char *const evil[] = { "x\nBcc: e@evil.example", "x\r\nBcc: e@evil.example",
		"x\rBcc: e@evil.example", "x\n\nBcc: e@evil.example",
		"x\r\n\r\nBcc: e@evil.example" };

	for (size_t i = 0; i < G_N_ELEMENTS(evil); i++) {
		g_autofree char *line = g_strconcat("X-Extra: ", evil[i], NULL);
		char *references[] = { (char *)evil[i], NULL }, *extra[] = { line, NULL };
		struct letter letter = {
			.from = evil[i],
			.to = evil[i],
			.cc = evil[i],
			.subject = evil[i],
			.message_id = evil[i],
			.in_reply_to = evil[i],
			.references = references,
			.reply_to = evil[i],
			.auto_submitted = evil[i],
			.language = evil[i],
			.extra = extra,
			.text = "Hello.\n",
		};
		GString *mail = letter_write(&letter);

		g_assert_cmpuint(fields(mail, "Bcc"), ==, 0);
		g_assert_null(strchr(mail->str, '\r'));
		g_assert_true(g_str_has_suffix(mail->str, "\n\nHello.\n"));
		g_assert_true(strstr(mail->str, "\n\n") + strlen("\n\nHello.\n") ==
			mail->str + mail->len);
		g_string_free(mail, TRUE);
	}
}

static void test_texts(void)
{
	g_autofree char *line = g_strnfill(5000, 'x'), *long_line = g_strconcat(line, "\n", NULL);
	const char *const texts[] = { "", "Hello.", "Grüße\n", "From here\n.\n",
		"日本語のテキスト\n", "trailing blank \n", long_line };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct letter letter = plain();
		struct message *message;
		g_autofree char *back = NULL, *sent = g_strchomp(g_strdup(texts[i]));
		GString *mail;

		letter.text = texts[i];
		mail = letter_write(&letter);
		g_assert_cmpint(mail->str[mail->len - 1], ==, '\n');
		for (const char *p = mail->str, *end; (end = strchr(p, '\n')); p = end + 1)
			g_assert_cmpint(end - p, <=, 998);
		for (gsize k = 0; k < mail->len; k++)
			g_assert_cmpint((unsigned char)mail->str[k], <, 128);
		message = message_parse_bytes(mail->str, mail->len);
		back = g_strchomp(g_strdup(message_text(message)));
		g_assert_cmpstr(back, ==, sent);
		message_free(message);
		g_string_free(mail, TRUE);
	}
}

static void test_attachments(void)
{
	static const char first[] = "Subject: one\n\n--=_\nno end of line",
			  second[] = "Subject: two\n\nGr\xc3\xbc\xc3\x9f"
				     "e\n";
	struct letter letter = plain();
	GString *mail = letter_write_open(&letter);
	g_autofree char *mark = NULL, *end = NULL;
	const char *at;

	letter_attach(mail, letter.message_id, first, strlen(first));
	letter_attach(mail, letter.message_id, second, strlen(second));
	letter_close(mail, letter.message_id);
	at = strstr(mail->str, "boundary=\"") + strlen("boundary=\"");
	mark = g_strdup_printf("--%.*s", (int)strcspn(at, "\""), at);
	end = g_strconcat(mark, "--", NULL);
	g_assert_true(has_line(mail, mark));
	g_assert_true(has_line(mail, end));
	g_assert_nonnull(strstr(mail->str, "message/rfc822"));
	g_assert_true(has_line(mail, "no end of line"));
	g_assert_true(has_line(mail, "Subject: two"));
	g_string_free(mail, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
		"/letter/every header is there, and a robot's mail says what it is", test_headers);
	g_test_add_func("/letter/what is not known is left out", test_left_out);
	g_test_add_func("/letter/no value begins a line", test_broken_values);
	g_test_add_func("/letter/any text arrives in short lines of ASCII", test_texts);
	g_test_add_func("/letter/attached mail stands in parts of its own", test_attachments);
	return g_test_run();
}
