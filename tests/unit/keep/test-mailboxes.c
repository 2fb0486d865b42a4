/* The mailboxes without a server: what a look at all of them finds. */
#include "keep/mailboxes.h"

#include <fcntl.h>
#include <grp.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "../desk.h"
#include "archive/maildir.h"
#include "base/text.h"

enum { HOUR = 3600 };

struct boxes {
	struct desk desk;
	struct trees *trees;
	char *dir;
	int64_t now;
};

/* Until nothing is left to be done; gives how many steps that took. */
static unsigned boxes_step(struct boxes *b, int64_t seconds)
{
	unsigned steps = 0;
	bool more = true;

	b->now += seconds * TEXT_SECOND;
	for (; more; steps++)
		g_assert_cmpint(mailboxes_step(b->trees, b->now, &more, &b->desk.err), ==, ST_OK);
	return steps;
}

static void boxes_open(struct boxes *b)
{
	g_autofree char *extra = NULL;
	const struct group *group = getgrgid(getegid());

	*b = (struct boxes){ .now = g_get_real_time() };
	desk_open(&b->desk, NULL);
	b->dir = g_build_filename(b->desk.dir, "boxes", NULL);
	extra = g_strdup_printf(
		"mailboxes: { path = \"%s\"; group = \"%s\"; };", b->dir, group->gr_name);
	g_assert_cmpint(g_mkdir(b->dir, 0750), ==, 0);
	desk_configure(&b->desk, extra);
	desk_mail(&b->desk, "carla@example.net", "support@example.com", NULL,
		"From: carla@example.net\nSubject: Printer\nMessage-ID: <m@x>\n\nIt burns.\n");
	g_assert_cmpint(
		mailboxes_open(b->desk.store, b->desk.settings, false, &b->trees, &b->desk.err), ==,
		ST_OK);
	boxes_step(b, 1);
}

static void boxes_close(struct boxes *b)
{
	mailboxes_close(b->trees);
	g_free(b->dir);
	desk_close(&b->desk);
}

/* The path of the only file in a folder; NULL: it is empty. Owned. */
static char *boxes_file(const struct boxes *b, const char *login, const char *folder)
{
	static const char *const subs[] = { "new", "cur" };
	char *path = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(subs); i++) {
		g_autofree char *dir = g_build_filename(b->dir, login, folder, subs[i], NULL);
		GDir *open = g_dir_open(dir, 0, NULL);
		const char *name;

		g_assert_nonnull(open);
		while ((name = g_dir_read_name(open))) {
			g_assert_null(path);
			path = g_build_filename(dir, name, NULL);
		}
		g_dir_close(open);
	}
	return path;
}

static bool boxes_has(const struct boxes *b, const char *login, const char *folder)
{
	g_autofree char *path = boxes_file(b, login, folder);

	return path != NULL;
}

/* As a client does whom nobody hears. */
static void test_a_move_that_was_not_heard_of(void)
{
	struct boxes b;
	g_autofree char *was = NULL, *name = NULL, *is = NULL;
	struct ticket t = { 0 };

	boxes_open(&b);
	was = boxes_file(&b, "anna", ".Queues.support");
	g_assert_nonnull(was);
	name = g_path_get_basename(was);
	is = g_build_filename(b.dir, "anna", ".Mine", "cur", name, NULL);
	g_assert_cmpint(g_rename(was, is), ==, 0);
	boxes_step(&b, 1);
	desk_ticket(&b.desk, 1, &t);
	g_assert_null(t.agent);
	record_release(&ticket_type, &t);
	/* Of the two agents' trees one a step, and a last one that finds nothing to do. */
	g_assert_cmpuint(boxes_step(&b, HOUR), >=, 3);
	desk_ticket(&b.desk, 1, &t);
	g_assert_cmpstr(t.agent, ==, "anna");
	record_release(&ticket_type, &t);
	g_assert_true(boxes_has(&b, "anna", ".Mine"));
	g_assert_false(boxes_has(&b, "anna", ".Queues.support"));
	boxes_close(&b);
}

/* Also one of which there is a second name, and one that has no file. */
static void test_what_is_gone_comes_back(void)
{
	struct boxes b;
	g_autofree char *was = NULL, *twice = NULL, *is = NULL;

	boxes_open(&b);
	was = boxes_file(&b, "anna", ".Queues.support");
	g_assert_cmpint(g_unlink(was), ==, 0);
	boxes_step(&b, HOUR);
	is = boxes_file(&b, "anna", ".Queues.support");
	g_assert_nonnull(is);
	twice = g_build_filename(b.dir, "anna", ".Queues.support", "cur", "1.other.host:2,S", NULL);
	g_assert_cmpint(link(is, twice), ==, 0);
	boxes_step(&b, HOUR);
	g_assert_true(boxes_has(&b, "anna", ".Queues.support"));
	g_assert_cmpint(boxes_step(&b, 1), ==, 1);
	boxes_close(&b);
}

static char *boxes_keep(const struct boxes *b, const char *name, const char *text)
{
	char *path = g_build_filename(b->dir, "anna", ".Not taken", "cur", name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

/* Whatever lies there: what is not written of a file is not read, and none is read into memory. */
static void test_kept_mails_of_any_size_are_looked_at(void)
{
	const off_t huge = (off_t)1 << 40;
	struct boxes b;
	g_autofree char *of_her = NULL, *of_others = NULL;
	int fd;

	boxes_open(&b);
	of_her = boxes_keep(&b, "1.a:2,", "From: d@elsewhere.example\n\n");
	of_others = boxes_keep(&b, "1.b:2,", "From: d@elsewhere.example\n\n");
	g_assert_cmpint(truncate(of_others, huge), ==, 0);
	fd = g_open(of_her, O_WRONLY, 0);
	g_assert_cmpint(pwrite(fd, "Carla@Example.net", 17, huge), ==, 17);
	close(fd);
	g_assert_cmpint(mailboxes_ask_redact(
				b.desk.store, b.desk.settings, "carla@example.net", &b.desk.err),
		==, ST_OK);
	boxes_step(&b, 1);
	g_assert_cmpint(g_access(of_her, F_OK), !=, 0);
	g_assert_cmpint(g_access(of_others, F_OK), ==, 0);
	g_unlink(of_others);
	boxes_close(&b);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
		"/mailboxes/a move that was not heard of", test_a_move_that_was_not_heard_of);
	g_test_add_func("/mailboxes/what is gone comes back", test_what_is_gone_comes_back);
	g_test_add_func("/mailboxes/kept mails of any size are looked at",
		test_kept_mails_of_any_size_are_looked_at);
	return g_test_run();
}
