/* What a mail says, found in a file of any size. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mail/message.h"
#include "mail/redact-person.h"

#define CARLA "carla@customer.example"

enum { MIB = 1024 * 1024, LINE = 75, NEAR = 40, STEP = 9 };

static bool bare_look(const char *text, void *arg)
{
	struct person person;
	bool *found = arg;

	person_init(&person, CARLA);
	*found = person_in(&person, text);
	person_release(&person);
	return !*found;
}

static bool bare_finds(const char *data, size_t len)
{
	int fd = memfd_create("mail", MFD_CLOEXEC);
	bool found = false;

	g_assert_cmpint(write(fd, data, len), ==, (ssize_t)len);
	g_assert_true(message_each_bare_in(fd, bare_look, &found));
	close(fd);
	return found;
}

/* Lines of a length that is no multiple of four: none but the first begins with a group. */
static GString *bare_base64(const GString *bytes)
{
	g_autofree char *digits = g_base64_encode((const guchar *)bytes->str, bytes->len);
	GString *out = g_string_new("Content-Transfer-Encoding: base64\n\n");

	for (const char *p = digits; *p; p += strnlen(p, LINE))
		g_string_append_printf(out, "%.*s\n", LINE, p);
	return out;
}

static void bare_check(GString *mail, const char *what, size_t at)
{
	if (!bare_finds(mail->str, mail->len))
		g_error("%s at %zu is not found", what, at);
	g_string_free(mail, TRUE);
}

static GString *bare_mail(size_t at, const char *text)
{
	g_autofree char *before = g_strnfill(at, '.');
	GString *mail = g_string_new(before);

	g_string_append(mail, text);
	g_string_append(mail, " and more\n");
	return mail;
}

/* Wherever the end of what is looked at first may be, in the file or in what it encodes. */
static void test_where_a_window_ends(void)
{
	static const size_t ends[] = { MIB, MIB / 4 * 3 };

	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		for (size_t at = ends[i] - NEAR; at < ends[i] + NEAR; at += STEP) {
			g_autoptr(GString) plain = bare_mail(at, CARLA);

			bare_check(bare_mail(at, CARLA), "an address", at);
			bare_check(bare_mail(at, "c=61rla=40cus=\ntomer.example"), "one in QP", at);
			bare_check(bare_mail(at, "=?utf-8?b?Y2FybGFAY3VzdG9tZXIuZXhhbXBsZQ==?="),
				"a word", at);
			bare_check(bare_base64(plain), "one in base64", at);
		}
}

/* Of a stretch that began before the window it is not known where its groups begin. */
static void test_far_within_base64(void)
{
	for (size_t at = 3 * MIB; at < 3 * MIB + 4; at++) {
		g_autoptr(GString) plain = bare_mail(at, CARLA), once = bare_base64(plain);

		bare_check(bare_base64(once), "base64 in base64", at);
		bare_check(bare_base64(plain), "base64", at);
	}
}

static void test_what_is_not_there(void)
{
	g_autoptr(GString) mail = bare_mail(3 * MIB, "mcarla@customer.example");
	g_autoptr(GString) coded = bare_base64(mail);
	bool found = false;

	g_assert_false(bare_finds("", 0));
	g_assert_false(bare_finds(mail->str, mail->len));
	g_assert_false(bare_finds(coded->str, coded->len));
	g_assert_false(message_each_bare_in(-1, bare_look, &found));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bare/where a window ends", test_where_a_window_ends);
	g_test_add_func("/bare/far within base64", test_far_within_base64);
	g_test_add_func("/bare/what is not there", test_what_is_not_there);
	return g_test_run();
}
