/* Attachments: which parts of a mail they are, how they are recorded, what files they become, and
 * the cap on them. */
#include "mail/attachment.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "mail/message.h"

#define MIXED "Content-Type: multipart/mixed; boundary=m\n\n"
#define TEXT "--m\nContent-Type: text/plain\n\nSee the file.\n"
#define PDF(disposition) \
	"--m\nContent-Type: Application/PDF\nContent-Disposition: " disposition "\n" \
	"Content-Transfer-Encoding: base64\n\naGVsbG8=\n"
#define END "--m--\n"

/* clang-format off */
static const struct {
	const char *what, *mail, *wanted;	/* the texts that are recorded, with | between */
} cases[] = {
	{ "a text alone", "Subject: x\n\nhello\n", "" },
	{ "a file beside a text", MIXED TEXT PDF("attachment; filename=\"offer 1.pdf\"") END, "5 a application/pdf "
		"offer 1.pdf" },
	{ "a file without a name", MIXED TEXT PDF("attachment") END, "5 a application/pdf" },
	{ "a file without a disposition", MIXED TEXT "--m\nContent-Type: image/png; name=a.png\n\n"
		"xyz\n" END, "3 a image/png a.png" },
	{ "a name by RFC 2231, in pieces", MIXED TEXT PDF("attachment;\n"
		" filename*0*=utf-8''Rechnung%20M; filename*1*=%C3%A4rz.pdf") END,
		"5 a application/pdf Rechnung März.pdf" },
	{ "a name by RFC 2047 in quotes", MIXED TEXT PDF("attachment; filename=\"=?iso-8859-1?q?M=E4rz=2Epdf?=\"") END,
		"5 a application/pdf März.pdf" },
	{ "a name with line breaks", MIXED TEXT PDF("attachment; filename*=utf-8''a%0D%0Ab.pdf") END, "5 a "
		"application/pdf a b.pdf" },
	{ "a text that is attached", MIXED TEXT "--m\nContent-Type: text/plain\n"
		"Content-Disposition: attachment; filename=log.txt\n\nl1\n" END,
		"2 a text/plain log.txt" },
	{ "a text that has a file's name", MIXED TEXT "--m\nContent-Type: text/plain; name=notes.txt\n"
		"Content-Disposition: inline\n\nl1\n" END,
		"2 i text/plain notes.txt" },
	{ "two texts", MIXED TEXT "--m\nContent-Type: text/plain\n\nand more\n" END, "" },
	{ "a file as the whole mail", "Content-Type: application/pdf; name=scan.pdf\n"
		"Content-Transfer-Encoding: base64\n\naGVsbG8=\n",
		"5 a application/pdf scan.pdf" },
	{ "a text as the whole mail, attached", "Content-Type: text/plain\n"
		"Content-Disposition: attachment; filename=a.txt\n\nabc\n",
		"4 a text/plain a.txt" },
	{ "pictures of an HTML part", "Content-Type: multipart/related; boundary=m\n\n--m\nContent-Type: text/html\n\n"
		"<img src=\"cid:1\">\n"
		"--m\nContent-Type: image/gif\nContent-ID: <1>\n\nGIF\n" END, "3 i image/gif" },
	{ "alternatives", "Content-Type: multipart/alternative; boundary=m\n\n" TEXT "--m\nContent-Type: text/html\n\n"
		"<p>See\n" END, "" },
	{ "a mail that is attached", MIXED TEXT "--m\nContent-Type: message/rfc822\n\nSubject: Printer\n\nhi\n" END,
		"20 a message/rfc822 Printer.eml" },
	{ "a signed mail", "Content-Type: multipart/signed; boundary=m; protocol=\"application/pkcs7-signature\"\n"
		"\n" TEXT
		"--m\nContent-Type: application/pkcs7-signature; name=smime.p7s\n\nxx\n" END, "" },
	{ "a delivery report", "Content-Type: multipart/report; boundary=m; report-type=delivery-status\n\n" TEXT
		"--m\nContent-Type: message/delivery-status\n\nAction: failed\n\n--m\nContent-Type: message/rfc822\n\n"
		"Subject: x\n\ny\n" END, "" },
	{ "several", MIXED TEXT PDF("attachment; filename=a.pdf") PDF("inline; filename=b.pdf") END,
		"5 a application/pdf a.pdf|5 i application/pdf b.pdf" },
};
/* clang-format on */

static struct message *parse(const char *mail)
{
	return message_parse_bytes(mail, strlen(mail));
}

static char *recorded(const char *mail)
{
	struct message *m = parse(mail);
	g_auto(GStrv) list = message_attachment_texts(m);
	char *joined = list ? g_strjoinv("|", list) : g_strdup("");

	message_free(m);
	return joined;
}

static void test_which(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *found = recorded(cases[i].mail);

		g_test_message("%s", cases[i].what);
		g_assert_cmpstr(found, ==, cases[i].wanted);
	}
}

static void test_bytes(void)
{
	struct message *m = parse(
		MIXED TEXT PDF("attachment; filename=a.pdf") PDF("attachment") END);
	int fd = memfd_create("attachment", 0);
	char back[16] = "";
	struct error err;

	g_assert_cmpint(message_attachment_write(m, 1, fd, &err), ==, ST_OK);
	g_assert_cmpint(pread(fd, back, sizeof back, 0), ==, 5);
	g_assert_cmpstr(back, ==, "hello");
	g_assert_cmpint(message_attachment_write(m, 2, fd, &err), ==, ST_NOT_FOUND);
	g_assert_cmpstr(err.text, ==, "the message has no attachment 3");
	close(fd);
	message_free(m);
}

static void test_no_more_than(void)
{
	for (unsigned past = 0; past <= 1; past++) {
		g_autoptr(GString) mail = g_string_new(MIXED TEXT);
		struct message *m;
		size_t n;

		for (unsigned i = 0; i < LIMIT_ATTACHMENTS + past; i++)
			g_string_append(mail, PDF("attachment; filename=a.pdf"));
		m = parse(g_string_append(mail, END)->str);
		message_attachments(m, &n);
		g_assert_cmpuint(n, ==, LIMIT_ATTACHMENTS);
		message_free(m);
	}
}

static void test_no_record(void)
{
	static const char *const texts[] = { "", "5", "5 a", "5 a ", "5 x a/b", "a a a/b",
		"-5 a a/b", "5a a a/b", "5 aa a/b n" };
	struct attachment a = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_test_message("'%s'", texts[i]);
		g_assert_false(attachment_read(texts[i], &a));
		g_assert_null(a.type);
	}
}

static void test_there_and_back(void)
{
	static const char *const texts[] = { "0 a a/b",
		"18446744073709551615 i text/x-c  two  blanks .c", "7 a a/b -" };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct attachment a = { 0 };
		g_autofree char *back = NULL;

		g_assert_true(attachment_read(texts[i], &a));
		back = attachment_text(&a);
		g_assert_cmpstr(back, ==, texts[i]);
		attachment_release(&a);
	}
}

static void test_file_names(void)
{
	static const struct {
		const char *name, *wanted;
	} names[] = {
		{ "offer.pdf", "offer.pdf" },
		{ "../../etc/passwd", "passwd" },
		{ "C:\\Users\\x\\offer.pdf", "offer.pdf" },
		{ "..", "attachment-3" },
		{ ".bashrc", "bashrc" },
		{ "-rf", "rf" },
		{ " a", "a" },
		{ "a/", "attachment-3" },
		{ "a:b|c.txt", "a_b|c.txt" },
		{ "\xe2\x80\xae"
		  "fdp.exe",
			"_fdp.exe" },
		{ "M\xc3\xa4rz.pdf", "M\xc3\xa4rz.pdf" },
		{ NULL, "attachment-3" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const struct attachment a = { .name = (char *)names[i].name };
		g_autofree char *file = attachment_file_name(&a, 3);

		g_assert_cmpstr(file, ==, names[i].wanted);
	}
}

static void test_long_file_name(void)
{
	g_autofree char *name = g_strnfill(5000, 'n'), *file = NULL;
	const struct attachment a = { .name = name };

	file = attachment_file_name(&a, 1);
	g_assert_cmpuint(strlen(file), ==, LIMIT_NAME_BYTES);
}

/* The name, as a record has it. */
static void test_long_name(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *name = g_strnfill(LIMIT_NAME_BYTES + past, 'n'),
				*mail = g_strconcat(MIXED TEXT
					"--m\nContent-Type: image/png; name=\"",
					name, "\"\n\nx\n" END, NULL);
		struct message *m = parse(mail);
		size_t n;
		const struct attachment *list = message_attachments(m, &n);

		g_assert_cmpuint(n, ==, 1);
		g_assert_cmpuint(strlen(list[0].name), ==, LIMIT_NAME_BYTES);
		message_free(m);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/attachment/what is one, and what it is called", test_which);
	g_test_add_func("/attachment/its bytes are decoded", test_bytes);
	g_test_add_func(
		"/attachment/no more than LIMIT_ATTACHMENTS are recorded", test_no_more_than);
	g_test_add_func("/attachment/what is no record is none", test_no_record);
	g_test_add_func("/attachment/a name is cut at its limit", test_long_name);
	g_test_add_func("/attachment/a record is read as it was written", test_there_and_back);
	g_test_add_func("/attachment/a stranger's name does not choose a path", test_file_names);
	g_test_add_func("/attachment/a file's name has an end", test_long_file_name);
	return g_test_run();
}
