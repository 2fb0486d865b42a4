/* Mailboxes as programs write them: where each mail begins, in which order they are, and what comes
 * out of them. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "keep/box.h"
#include "../store-fixture.h"

struct fixture {
	char *dir;
	struct box *box;
	struct error err;
};

static enum status open_mbox(struct fixture *f, const char *text, gssize len)
{
	g_autofree char *path = NULL;

	*f = (struct fixture){ .dir = g_dir_make_tmp("box-XXXXXX", NULL) };
	path = g_build_filename(f->dir, "mbox", NULL);
	g_assert_true(g_file_set_contents(path, text, len, NULL));
	return box_open(path, &f->box, &f->err);
}

static void close_box(struct fixture *f)
{
	box_close(f->box);
	remove_tree(f->dir);
	g_free(f->dir);
}

#define FROM "From carla@customer.example Tue Nov 14 22:13:20 2023\n"

static void test_separators(void)
{
	static const struct {
		const char *name, *text;
		size_t mails;
	} cases[] = {
		{ "none in an empty file", "", 0 },
		{ "one", FROM "A: 1\n\nText.\n", 1 },
		{ "two", FROM "A: 1\n\nText.\n\n" FROM "A: 2\n\nText.\n", 2 },
		{ "without the empty line between them",
			FROM "A: 1\n\nText.\n" FROM "A: 2\n\nText.\n", 2 },
		{ "with CRLF",
			"From a@b.example Tue Nov 14 22:13:20 2023\r\nA: 1\r\n\r\nText.\r\n\r\nFrom a@b.example Tue Nov 14 22:13:20 2023\r\nA: 2\r\n\r\n",
			2 },
		{ "with a zone and a host",
			FROM
			"A: 1\n\nx\n\nFrom a@b.example Tue Nov 14 22:13:20 CET 2023 remote from c\nA: 2\n\nx\n",
			2 },
		{ "without seconds",
			FROM "A: 1\n\nx\n\nFrom a@b.example Tue Nov 14 22:13 2023\nA: 2\n\nx\n",
			2 },
		{ "with a sender alone", FROM "A: 1\n\nx\n\nFrom a@b.example\nA: 2\n\nx\n", 2 },
		{ "a sender alone before text", FROM "A: 1\n\nx\n\nFrom here\nit goes on.\n", 1 },
		{ "a sender alone within a paragraph", FROM "A: 1\n\nx\nFrom here\nA: 2\n", 1 },
		{ "a sentence", FROM "A: 1\n\nx\n\nFrom now on at 10:30 we ship.\n", 1 },
		{ "a sentence before a colon", FROM "A: 1\n\nx\n\nFrom now on\nNote: x\n", 1 },
		{ "quoted", FROM "A: 1\n\nx\n\n>" FROM "A: 2\n", 1 },
		{ "cut short in the From line",
			FROM "A: 1\n\nx\n\nFrom a@b.example Tue Nov 14 22:13:20 2023", 2 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fixture f;

		g_test_message("%s", cases[i].name);
		g_assert_cmpint(open_mbox(&f, cases[i].text, -1), ==, ST_OK);
		g_assert_cmpuint(box_count(f.box), ==, cases[i].mails);
		close_box(&f);
	}
}

static void test_from_lines(void)
{
	static const struct {
		const char *line, *sender;
		int64_t came;
	} cases[] = {
		{ "From Carla@Customer.example Tue Nov 14 22:13:20 2023", "carla@customer.example",
			1700000000 },
		{ "From <carla@customer.example>  Tue Nov 14 22:13:20 CET 2023",
			"carla@customer.example", 1700000000 },
		{ "From MAILER-DAEMON Tue Nov 14 22:13:20 2023", NULL, 1700000000 },
		{ "From <> Tue Nov 14 22:13:20 2023", "", 1700000000 },
		{ "From carla Tue Nov 14 22:13:20 2023", NULL, 1700000000 },
		{ "From a@b.example Tue Nov 32 22:13:20 2023", "a@b.example", 0 },
		{ "From a@b.example Tue Nov 14 25:13:20 2023", "a@b.example", 0 },
		{ "From ", NULL, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strconcat(cases[i].line, "\nA: 1\n\nx\n", NULL);
		struct mail mail = { 0 };
		struct fixture f;

		g_test_message("%s", cases[i].line);
		g_assert_cmpint(open_mbox(&f, text, -1), ==, ST_OK);
		g_assert_cmpint(box_read(f.box, 0, &mail, &f.err), ==, ST_OK);
		g_assert_cmpstr(mail.sender, ==, cases[i].sender);
		g_assert_cmpint(mail.came, ==, cases[i].came * G_USEC_PER_SEC);
		mail_release(&mail);
		close_box(&f);
	}
}

/* The bytes as the archive would have them. */
static char *spooled(const char *text, gssize len, enum status *st_out)
{
	struct mail mail = { 0 };
	struct fixture f;
	struct spool *spool;
	g_autofree char *keep = NULL;
	char *out = NULL;

	g_assert_cmpint(open_mbox(&f, text, len), ==, ST_OK);
	g_assert_cmpint(box_read(f.box, 0, &mail, &f.err), ==, ST_OK);
	spool = spool_new(f.dir);
	*st_out = mail_spool(&mail, spool, &f.err);
	if (*st_out == ST_OK) {
		g_assert_cmpint(spool_keep(spool, f.dir, "out.eml", false, &f.err), ==, ST_OK);
		keep = g_build_filename(f.dir, "out.eml", NULL);
		g_assert_true(g_file_get_contents(keep, &out, NULL, NULL));
	}
	spool_free(spool);
	mail_release(&mail);
	close_box(&f);
	return out;
}

static void test_bytes(void)
{
	static const struct {
		const char *name, *in, *out;
	} cases[] = {
		{ "as they are", "A: 1\nB:2\n  3\n\nText.\n\nMore.\n",
			"A: 1\nB:2\n  3\n\nText.\n\nMore.\n" },
		{ "the mbox's empty line is not the mail's", "A: 1\n\nText.\n\n" FROM "A: 2\n",
			"A: 1\n\nText.\n" },
		{ "unquoted once", "A: 1\n\n>From a\n>>From b\n> From c\n>Fromage\n",
			"A: 1\n\nFrom a\n>From b\n> From c\n>Fromage\n" },
		{ "no header is unquoted", "A: >From x\n\nb\n", "A: >From x\n\nb\n" },
		{ "CRLF is LF", "A: 1\r\nB: 2\r\n 3\r\n\r\nText.\r\n",
			"A: 1\nB: 2\n 3\n\nText.\n" },
		{ "a line that is no field ends the header", "A: 1\nno field\nB: 2\n",
			"A: 1\n\nno field\nB: 2\n" },
		{ "no body", "A: 1\n", "A: 1\n\n" },
		{ "no line end at the end", "A: 1\n\nText", "A: 1\n\nText" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strconcat(FROM, cases[i].in, NULL), *out = NULL;
		enum status st;

		g_test_message("%s", cases[i].name);
		out = spooled(text, -1, &st);
		g_assert_cmpint(st, ==, ST_OK);
		g_assert_cmpstr(out, ==, cases[i].out);
	}
}

static void test_broken(void)
{
	static const char *const cases[] = { FROM, FROM "\n", FROM "no field\n",
		FROM " folded: 1\n\nx\n", FROM ": no name\n" };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		enum status st;
		g_autofree char *out = spooled(cases[i], -1, &st);

		g_test_message("%s", cases[i]);
		g_assert_null(out);
		g_assert_cmpint(st, ==, ST_BAD_INPUT);
	}
}

static void test_nul(void)
{
	static const char text[] = FROM "A: 1\0002\n\nb\000c\n";
	enum status st;
	g_autofree char *out = spooled(text, sizeof text - 1, &st);

	g_assert_cmpint(st, ==, ST_OK);
	g_assert_true(g_str_has_prefix(out, "A: 12\n\nb"));
}

/* --- order --- */

/* "2<1" answers 1; "@5" was sent on that day. The order as the mails' names, one character each. */
static char *order_of(const char *const *mails)
{
	g_autoptr(GString) text = g_string_new(NULL);
	GString *out = g_string_new(NULL);
	struct fixture f;

	for (; *mails; mails++) {
		const char *day = strchr(*mails, '@'), *parent = strchr(*mails, '<');

		g_string_append_printf(text, FROM "Message-ID: <%c@box>\n", **mails);
		if (day)
			g_string_append_printf(
				text, "Date: Wed, 0%c Nov 2023 10:00:00 +0000\n", day[1]);
		if (parent)
			g_string_append_printf(text, "In-Reply-To: <%c@box>\n", parent[1]);
		g_string_append(text, "\nx\n\n");
	}
	g_assert_cmpint(open_mbox(&f, text->str, -1), ==, ST_OK);
	box_sort(f.box);
	for (size_t i = 0; i < box_count(f.box); i++) {
		struct mail mail = { 0 };

		g_assert_cmpint(box_read(f.box, i, &mail, &f.err), ==, ST_OK);
		g_string_append_c(out, mail.data[strlen("Message-ID: <")]);
		mail_release(&mail);
	}
	close_box(&f);
	return g_string_free(out, FALSE);
}

static void test_order(void)
{
	static const struct {
		const char *name, *mails[6], *order;
	} cases[] = {
		{ "as they stand, without dates", { "1", "2", "3" }, "123" },
		{ "by date", { "3@3", "1@1", "2@2" }, "123" },
		{ "an answer behind what it answers", { "2<1", "1" }, "12" },
		{ "whatever the clocks say", { "2<1@1", "1@5", "3@3" }, "123" },
		{ "two branches behind their root", { "3<1@2", "2<1@1", "1@9" }, "123" },
		{ "what it answers may not be there", { "2<9@2", "1@1" }, "12" },
		{ "a circle ends", { "1<2@1", "2<1@2" }, "21" },
		{ "a mail that answers itself", { "1<1@1", "2@2" }, "12" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *order = order_of(cases[i].mails);

		g_test_message("%s", cases[i].name);
		g_assert_cmpstr(order, ==, cases[i].order);
	}
}

/* As deep as the box, and each answers the one behind it in the file. */
static void test_long_thread(void)
{
	enum { MAILS = 50000 };
	g_autoptr(GString) text = g_string_new(NULL);
	struct mail mail = { 0 };
	struct fixture f;

	for (int i = MAILS; i > 0; i--)
		g_string_append_printf(text,
			FROM "Message-ID: <%d@box>\nIn-Reply-To: <%d@box>\n\nx\n\n", i, i - 1);
	g_assert_cmpint(open_mbox(&f, text->str, -1), ==, ST_OK);
	box_sort(f.box);
	g_assert_cmpint(box_read(f.box, 0, &mail, &f.err), ==, ST_OK);
	g_assert_true(g_str_has_prefix(mail.data, "Message-ID: <1@box>"));
	mail_release(&mail);
	close_box(&f);
}

/* --- the file --- */

/* Mails of all lengths, so that every part of a From line comes to lie on the border of what is
 * read at once. */
static void test_borders(void)
{
	enum { MAILS = 4000, STEP = 997 };
	g_autoptr(GString) text = g_string_new(NULL);
	struct fixture f;

	for (int i = 0; i < MAILS; i++) {
		g_string_append_printf(
			text, i % 2 ? FROM "A: %d\n\n" : "From a@b.example\nA: %d\n\n", i);
		for (int n = 0; n < i % STEP; n++)
			g_string_append(text, n % 70 ? "x" : "\n");
		g_string_append(text, "\n\n");
	}
	g_assert_cmpint(open_mbox(&f, text->str, -1), ==, ST_OK);
	g_assert_cmpuint(box_count(f.box), ==, MAILS);
	for (int i = 0; i < MAILS; i++) {
		g_autofree char *begin = g_strdup_printf("A: %d\n\n", i);
		struct mail mail = { 0 };

		g_assert_cmpint(box_read(f.box, (size_t)i, &mail, &f.err), ==, ST_OK);
		g_assert_true(g_str_has_prefix(mail.data, begin));
		g_assert_cmpuint(mail.len, ==, strlen(begin) + (size_t)(i % STEP) + 1);
		mail_release(&mail);
	}
	close_box(&f);
}

/* Whatever stands in it. */
static void test_long_line(void)
{
	enum { BYTES = 3 * 1024 * 1024 };
	g_autoptr(GString) text = g_string_new(FROM "A: 1\n\n");
	struct mail mail = { 0 };
	struct fixture f;

	while (text->len < BYTES)
		g_string_append(text, "\rFrom a@b.example Tue Nov 14 22:13:20 2023");
	g_string_append(text, "\n\n" FROM "A: 2\n\nx\n");
	g_assert_cmpint(open_mbox(&f, text->str, -1), ==, ST_OK);
	g_assert_cmpuint(box_count(f.box), ==, 2);
	g_assert_cmpint(box_read(f.box, 0, &mail, &f.err), ==, ST_OK);
	g_assert_cmpuint(mail.len, ==, text->len - 2 * strlen(FROM) - strlen("\nA: 2\n\nx\n"));
	mail_release(&mail);
	close_box(&f);
}

/* By others, while it is open. */
static void test_changed(void)
{
	static const struct {
		const char *name, *text;
		enum status st;
	} cases[] = {
		{ "cut short", FROM "A: 1\n\nx\n\n" FROM "A: 2", ST_IO },
		{ "emptied", "", ST_IO },
		{ "a mail was taken out of it",
			FROM "A: 2\n\nText of two.\n\n" FROM
			     "A: 3\n\nText of three, which is longer than all of them.\n",
			ST_IO },
		{ "a mail was added",
			FROM "A: 1\n\nx\n\n" FROM "A: 2\n\nText of two.\n\n" FROM "A: 3\n\nx\n",
			ST_OK },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = NULL;
		struct mail mail = { 0 };
		struct fixture f;
		FILE *file;

		g_test_message("%s", cases[i].name);
		g_assert_cmpint(
			open_mbox(&f, FROM "A: 1\n\nx\n\n" FROM "A: 2\n\nText of two.\n", -1), ==,
			ST_OK);
		path = g_build_filename(f.dir, "mbox", NULL);
		file = g_fopen(path, "w");
		g_assert_true(file && fputs(cases[i].text, file) >= 0 && fclose(file) == 0);
		g_assert_cmpint(box_read(f.box, 1, &mail, &f.err), ==, cases[i].st);
		g_assert_nonnull(mail.place);
		if (cases[i].st == ST_OK)
			g_assert_cmpstr(mail.data, ==, "A: 2\n\nText of two.\n");
		else
			g_assert_nonnull(strstr(f.err.text, "was changed while it was read"));
		mail_release(&mail);
		close_box(&f);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/box/a mail begins at a From line, and at no sentence", test_separators);
	g_test_add_func("/box/a From line tells sender and time", test_from_lines);
	g_test_add_func("/box/a mail comes out as it was before it was put in", test_bytes);
	g_test_add_func("/box/what has no header is no mail", test_broken);
	g_test_add_func("/box/a NUL ends nothing", test_nul);
	g_test_add_func("/box/the order is by date, answers behind what they answer", test_order);
	g_test_add_func("/box/a thread may be as long as the box", test_long_thread);
	g_test_add_func("/box/no mail is missed where a piece of the file ends", test_borders);
	g_test_add_func("/box/a line may be longer than what is read at once", test_long_line);
	g_test_add_func("/box/a file that others change is noticed", test_changed);
	return g_test_run();
}
