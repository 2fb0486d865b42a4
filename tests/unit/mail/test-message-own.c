/* What a sender wrote, and what comes along with it. */
#include <string.h>

#include "base/limits.h"
#include "mail/message.h"

static struct message *parse(const char *mail)
{
	return message_parse_bytes(mail, strlen(mail));
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"
#define CHOICE "Content-Type: multipart/alternative; boundary=c\n\n"

/* --- text --- */

/* clang-format off */
static const struct { const char *sentence, *mail, *text; } texts[] = {
	{ "a text is one", "Subject: x\n\nclose\n", "close\n" },
	{ "a transfer encoding is undone", "Content-Type: text/plain; charset=utf-8\n"
		"Content-Transfer-Encoding: base64\n\nY2xvc2UK\n", "close\n" },
	{ "HTML is read", "Content-Type: text/html\n\n<p>close</p><p>x &amp; y</p>\n", "close\n\nx & y" },
	{ "up to a quotation", "Content-Type: text/html\n\n"
		"<p>take</p><BLOCKQUOTE type=cite>close</BLOCKQUOTE>\n", "take" },
	{ "the first of several", MIXED "--b\n\ntake\n--b\n\nclose\n--b--\n", "take" },
	{ "the first, be it HTML", MIXED "--b\nContent-Type: text/html\n\n<p>look</p>\n--b\n\nclose\n--b--\n", "look" },
	{ "not one that is attached", MIXED "--b\nContent-Disposition: attachment\n\nclose\n--b\n\ntake\n"
		"--b--\n", "take" },
	{ "nor one with a name", MIXED "--b\nContent-Type: text/plain; name=x.txt\n\nclose\n--b--\n", NULL },
	{ "nor a picture", MIXED "--b\nContent-Type: image/png\n\nclose\n--b\n\ntake\n--b--\n", "take" },
	{ "nor a mail", MIXED "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nclose\n--b--\n", NULL },
	{ "of alternatives the plainest", CHOICE "--c\n\ntake\n--c\nContent-Type: text/html\n\nclose\n"
		"--c--\n", "take" },
	{ "unless it is empty", CHOICE "--c\n\n \n--c\nContent-Type: text/html\n\ntake\n--c--\n", "take" },
	{ "two that are empty say nothing", CHOICE "--c\n\n \n--c\nContent-Type: text/html\n\n<br>\n--c--\n", "" },
	{ "in what is signed", "Content-Type: multipart/signed; boundary=s\n\n--s\n" CHOICE "--c\n\ntake\n--c--\n--s\n"
		"Content-Type: application/pgp-signature\n\nx\n--s--\n", "take" },
};
/* clang-format on */

static void test_text(gconstpointer data)
{
	size_t i = GPOINTER_TO_SIZE(data);
	struct message *m = parse(texts[i].mail);
	g_autofree char *text = message_own_text(m);

	g_assert_cmpstr(text, ==, texts[i].text);
	message_free(m);
}

/* --- enclosed mails --- */

static void note_subject(const struct message *enclosed, void *arg)
{
	g_string_append_printf(arg, "%s;", message_subject(enclosed));
}

static void assert_enclosed(const char *mail, const char *subjects)
{
	struct message *m = parse(mail);
	g_autoptr(GString) found = g_string_new(NULL);

	message_each_enclosed(m, note_subject, found);
	g_assert_cmpstr(found->str, ==, subjects);
	message_free(m);
}

/* A mail in a mail in a mail …; the outermost is not enclosed. */
static char *nested(unsigned depth)
{
	GString *mail = g_string_new(NULL);

	for (unsigned i = 0; i < depth; i++)
		g_string_append_printf(mail, "Subject: %u\nContent-Type: message/rfc822\n\n", i);
	g_string_append_printf(mail, "Subject: %u\n\nx\n", depth);
	return g_string_free(mail, FALSE);
}

static void test_enclosed_depth(void)
{
	g_autofree char *one = nested(1), *deep = nested(LIMIT_ENCLOSED_DEPTH + 1);

	assert_enclosed("Subject: x\n\nSubject: y\n", "");
	assert_enclosed(one, "1;");
	g_assert_cmpint(LIMIT_ENCLOSED_DEPTH, ==, 3);
	assert_enclosed(deep, "1;2;3;");
}

static void test_enclosed_count(void)
{
	g_autoptr(GString) mail = g_string_new(MIXED), wanted = g_string_new(NULL);

	for (unsigned i = 0; i < LIMIT_ENCLOSED + 1; i++) {
		g_string_append_printf(mail,
			"--b\nContent-Type: message/rfc822\n\nSubject: =?utf-8?Q?s=20%u?=\n\nx\n",
			i);
		if (i < LIMIT_ENCLOSED)
			g_string_append_printf(wanted, "s %u;", i);
	}
	g_string_append(mail, "--b--\n");
	assert_enclosed(mail->str, wanted->str);
}

/* --- Subjects --- */

static void assert_subjects(const char *mail, const char *joined)
{
	struct message *m = parse(mail);
	g_auto(GStrv) list = message_other_subjects(m);
	g_autofree char *is = list ? g_strjoinv("|", list) : NULL;

	g_assert_cmpstr(is, ==, joined);
	message_free(m);
}

static void test_subjects(void)
{
	assert_subjects("Subject: a\n\nSubject: b\n", NULL);
	assert_subjects("Subject: a\nSubject: =?utf-8?Q?b?=\nSubject: a\nSubject: b\n\nx\n", "b");
	assert_subjects(
		"Subject: a\n" MIXED
		"--b\nContent-Type: text/plain; protected-headers=v1\nSubject: =?utf-8?Q?b\n =21?= c\n\nx\n--b--\n",
		"b ! c");
	assert_subjects(
		"Subject: a\n" MIXED
		"--b\nContent-Type: text/plain\nSubject: a\n\nx\n--b\nContent-Type: message/rfc822\n\nSubject: b\n\nx\n--b--\n",
		NULL);
}

static void test_many_subjects(void)
{
	g_autoptr(GString) mail = g_string_new("Subject: 0\n"), wanted = g_string_new(NULL);

	for (unsigned i = 1; i <= LIMIT_SUBJECTS + 1; i++) {
		g_string_append_printf(mail, "Subject: %u\n", i);
		if (i > 1)
			g_string_append_printf(wanted, "%s%u", i > 2 ? "|" : "", i);
	}
	g_string_append(mail, "\nx\n");
	assert_subjects(mail->str, wanted->str);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *path = g_strdup_printf("/message-own/text/%s", texts[i].sentence);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_text);
	}
	g_test_add_func("/message-own/mails in mails", test_enclosed_depth);
	g_test_add_func("/message-own/many mails", test_enclosed_count);
	g_test_add_func("/message-own/further Subjects", test_subjects);
	g_test_add_func("/message-own/many Subjects", test_many_subjects);
	return g_test_run();
}
