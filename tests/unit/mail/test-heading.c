/* A header as it lies in a file, read and changed. */
#include "mail/heading.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool drops_subject(const char *name, const void *arg)
{
	(void)arg;
	return g_ascii_strcasecmp(name, "Subject") == 0;
}

static const struct {
	const char *mail, *subject, *written; /* without Subject, after "X: 1" */
} cases[] = {
	{ "From: a@b\nSubject: one\n\nbody\n", " one", "X: 1\nFrom: a@b\n\nbody\n" },
	{ "Subject: one\n two\n\tthree\nTo: x\n\nb", " one\n two\n\tthree", "X: 1\nTo: x\n\nb" },
	{ "SUBJECT:x\n\n", "x", "X: 1\n\n" },
	{ "To: x\n\nSubject: in the body\n", NULL, "X: 1\nTo: x\n\nSubject: in the body\n" },
	{ "no header\n\nbody\n", NULL, "X: 1\n\nno header\n\nbody\n" },
	{ "To: x", NULL, "X: 1\nTo: x\n\n" },
	{ "Subject: x", " x", "X: 1\n\n" },
	{ "", NULL, "X: 1\n\n" },
	{ "\nbody", NULL, "X: 1\n\nbody" },
	{ ": no name\n\nbody", NULL, "X: 1\n\n: no name\n\nbody" },
};

static void test_each(void)
{
	const struct heading heading = { drops_subject, NULL, "X: 1\n" };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		/* Exactly as long as it is: nothing past the end is read. */
		size_t len = strlen(cases[i].mail);
		g_autofree char *mail = g_memdup2(cases[i].mail, len ? len : 1);
		g_autofree char *subject = heading_value(mail, len, "Subject", 0);
		g_autoptr(GString) out = g_string_new(NULL);

		heading_write(mail, len, &heading, out);
		g_assert_cmpstr(subject, ==, cases[i].subject);
		g_assert_cmpstr(out->str, ==, cases[i].written);
	}
}

/* As much as is needed of it, and no more than it may be. */
static void test_read(void)
{
	enum { BODY = 100 * 1000, MAX = 300 * 1000 };
	static const size_t fields[] = { 1, 1000, 5000, 20000 };
	g_autofree char *body = g_strnfill(BODY, 'b');

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		g_autoptr(GString) mail = g_string_new(NULL), begin = NULL;
		int fd = memfd_create("mail", MFD_CLOEXEC);
		size_t header;

		for (size_t n = 0; n < fields[i]; n++)
			g_string_append_printf(mail, "X-Field: %05zu\n folded\n", n);
		header = mail->len;
		g_string_append_printf(mail, "\n%s", body);
		g_assert_cmpint(pwrite(fd, mail->str, mail->len, 0), ==, (ssize_t)mail->len);
		begin = heading_read(fd, MAX);
		g_assert_cmpuint(begin->len, >=, MIN(header, MAX));
		g_assert_cmpuint(begin->len, <=, MIN(2 * header + 16 * 1024, MAX));
		g_assert_cmpmem(begin->str, begin->len, mail->str, begin->len);
		g_assert_cmpint(lseek(fd, 0, SEEK_CUR), ==, (off_t)begin->len);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/heading/each", test_each);
	g_test_add_func("/heading/read from a file", test_read);
	return g_test_run();
}
