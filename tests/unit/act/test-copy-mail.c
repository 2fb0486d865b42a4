/* A message for the mailboxes: what it says, and by what it is known again. */
#include "act/copy-mail.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../desk.h"

/* What copy_mail() writes of the first message. */
static void write_copy(struct desk *d, uint64_t generation, int fd, struct copy_size *size)
{
	struct token_key key;
	struct ticket t = { 0 };
	struct entry e = { 0 };
	struct copy_source source = {
		.settings = d->settings, .key = &key, .text = "Text.", .generation = generation
	};

	store_secret(d->store, key.secret, NULL);
	desk_ticket(d, 1, &t);
	desk_entry(d, 1, 1, &e);
	source.ticket = &t;
	source.entry = &e;
	g_assert_true(copy_mail(&source, fd, size));
	record_release(&ticket_type, &t);
	record_release(&entry_type, &e);
}

static GString *copy_of(struct desk *d, uint64_t generation)
{
	GString *mail = g_string_new(NULL);
	int fd = memfd_create("copy", MFD_CLOEXEC);
	struct copy_size size;

	write_copy(d, generation, fd, &size);
	g_string_set_size(mail, size.size);
	g_assert_cmpint(lseek(fd, 0, SEEK_END), ==, (off_t)size.size);
	g_assert_cmpint(pread(fd, mail->str, mail->len, 0), ==, (ssize_t)mail->len);
	close(fd);
	return mail;
}

static bool is_ours(struct desk *d, const char *mail, size_t len, struct copy_id *id)
{
	struct token_key key;
	int fd = memfd_create("copy", MFD_CLOEXEC);
	bool ours;

	store_secret(d->store, key.secret, NULL);
	g_assert_cmpint(pwrite(fd, mail, len, 0), ==, (ssize_t)len);
	ours = copy_read(&key, fd, len, id);
	lseek(fd, 0, SEEK_SET);
	/* One that has grown since it was looked at. */
	g_assert_false(len > 0 && copy_read(&key, fd, len - 1, id));
	lseek(fd, 0, SEEK_SET);
	g_assert_cmpint(copy_read(&key, fd, len, id), ==, ours);
	close(fd);
	return ours;
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

/* --- large ones --- */

enum { LARGE = 50 * 1000 * 1000, MORE = 2 * 1024 * 1024, LINE = 61 };

/* The mail of the ticket's first message is that large now. */
static void make_large(struct desk *d, size_t bytes)
{
	struct entry e = { 0 };
	g_autofree char *path = NULL;
	FILE *file;

	desk_entry(d, 1, 1, &e);
	path = g_build_filename(settings_archive(d->settings), e.archive, NULL);
	file = fopen(path, "w");
	g_assert_nonnull(file);
	fputs("From: carla@example.net\nSubject: Printer\nX-Ticket: 99\n\n", file);
	for (size_t n = 0; n < bytes; n += LINE)
		fprintf(file, "%0*zu\n", LINE - 1, n);
	g_assert_cmpint(fclose(file), ==, 0);
	record_release(&entry_type, &e);
}

/* The most that the process had in memory since the last call, in bytes (proc(5)). */
static size_t most_memory(void)
{
	g_autofree char *status = NULL;
	const char *line;
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	g_assert_true(g_file_get_contents("/proc/self/status", &status, NULL, NULL));
	g_assert_cmpint(write(fd, "5", 1), ==, 1);
	close(fd);
	line = strstr(status, "VmHWM:");
	g_assert_nonnull(line);
	return (size_t)g_ascii_strtoull(line + strlen("VmHWM:"), NULL, 10) * 1024;
}

static void test_a_large_mail_is_not_held_in_memory(void)
{
	struct desk d;
	struct copy_id id = { 0 };
	struct copy_size size;
	struct token_key key;
	size_t before;
	int fd = memfd_create("copy", MFD_CLOEXEC);

	a_ticket(&d, "support@example.com");
	make_large(&d, 1000);
	write_copy(&d, 7, fd, &size);
	most_memory();
	before = most_memory();
	make_large(&d, LARGE);
	lseek(fd, 0, SEEK_SET);
	g_assert_cmpint(ftruncate(fd, 0), ==, 0);
	write_copy(&d, 7, fd, &size);
	g_assert_cmpuint(size.size, >, LARGE);
	store_secret(d.store, key.secret, NULL);
	lseek(fd, 0, SEEK_SET);
	g_assert_true(copy_read(&key, fd, size.size, &id));
	g_assert_cmpuint(most_memory(), <=, before + MORE);
	close(fd);
	desk_close(&d);
}

/* With line ends at the ends of what is read at once, too. */
static void test_a_large_mail_is_known_again(void)
{
	struct desk d;
	struct copy_id id = { 0 };
	g_autoptr(GString) mail = NULL;
	g_auto(GStrv) lines = NULL;
	g_autofree char *crlf = NULL;
	size_t size;

	a_ticket(&d, "support@example.com");
	make_large(&d, 700 * 1000);
	mail = copy_of(&d, 7);
	g_assert_true(is_ours(&d, mail->str, mail->len, &id));
	g_assert_null(strstr(mail->str, "X-Ticket: 99"));
	lines = g_strsplit(mail->str, "\n", -1);
	crlf = g_strjoinv("\r\n", lines);
	size = strlen(crlf);
	g_assert_true(is_ours(&d, crlf, size, &id));
	for (size_t i = size - 1000; i < size; i += 7) {
		crlf[i] ^= 1;
		g_assert_false(is_ours(&d, crlf, size, &id));
		crlf[i] ^= 1;
	}
	desk_close(&d);
}

/* As an IMAP server counts. */
static void test_lines_are_counted(void)
{
	static const struct {
		const char *parts[3];
		uint64_t lines;
	} cases[] = {
		{ { "a\nb\n" }, 2 },
		{ { "a\r\nb\n" }, 1 },
		{ { "a\r", "\nb\n" }, 1 },
		{ { "a\r", "\r\n", "\n" }, 1 },
		{ { "\r\r\n\n\r" }, 1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct copy_sum sum;

		copy_sum_init(&sum);
		for (size_t k = 0; k < 3 && cases[i].parts[k]; k++)
			copy_sum_add(&sum, cases[i].parts[k], strlen(cases[i].parts[k]));
		g_assert_cmpuint(sum.lines, ==, cases[i].lines);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/copy mail/what it says", test_what_it_says);
	g_test_add_func(
		"/copy mail/an answer goes through the desk", test_an_answer_goes_through_the_desk);
	g_test_add_func("/copy mail/it is known again", test_it_is_known_again);
	g_test_add_func("/copy mail/a large mail is not held in memory",
		test_a_large_mail_is_not_held_in_memory);
	g_test_add_func("/copy mail/a large mail is known again", test_a_large_mail_is_known_again);
	g_test_add_func("/copy mail/lines are counted", test_lines_are_counted);
	return g_test_run();
}
