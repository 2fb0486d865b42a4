/* Maildirs: names, rights, links, and what is refused. */
#include "archive/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "../store-fixture.h"

struct tree {
	char *dir;
	int fd;
	struct error err;
};

static void tree_open(struct tree *t)
{
	t->dir = g_dir_make_tmp("milticket-maildir-XXXXXX", NULL);
	t->fd = open(t->dir, O_RDONLY | O_DIRECTORY);
	g_assert_cmpint(t->fd, >=, 0);
	g_assert_cmpint(fchmod(t->fd, 02770), ==, 0);
}

static void tree_close(struct tree *t)
{
	close(t->fd);
	remove_tree(t->dir);
	g_free(t->dir);
}

static void test_quoting(void)
{
	static const char *const pairs[][2] = {
		{ "anna", "anna" },
		{ "anna@example.com", "anna@example.com" },
		{ "a+b", "a%2Bb" },
		{ "a/b", "a%2Fb" },
		{ ".hidden", "%2Ehidden" },
		{ "100%", "100%25" },
		{ "j\xc3\xb6rg", "j%C3%B6rg" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *quoted = maildir_quote(pairs[i][0]);
		g_autofree char *again = maildir_unquote(quoted);

		g_assert_cmpstr(quoted, ==, pairs[i][1]);
		g_assert_cmpstr(again, ==, pairs[i][0]);
	}
	g_assert_null(maildir_unquote("a+b"));
	g_assert_null(maildir_unquote("%41nna"));
	g_assert_null(maildir_unquote("+messages"));
}

static void test_flags(void)
{
	static const struct {
		const char *file;
		unsigned flags;
		const char *written; /* of base "x" */
	} names[] = {
		{ "x:2,", 0, "x:2," },
		{ "x:2,S", MAILDIR_SEEN, "x:2,S" },
		{ "x:2,FRS", MAILDIR_FLAGGED | MAILDIR_REPLIED | MAILDIR_SEEN, "x:2,FRS" },
		{ "x:2,SRF", MAILDIR_FLAGGED | MAILDIR_REPLIED | MAILDIR_SEEN, "x:2,FRS" },
		{ "x:2,DPTab", MAILDIR_DRAFT | MAILDIR_PASSED | MAILDIR_TRASHED, "x:2,DPT" },
		{ "x", 0, "x:2," },
		{ "x:1,S", 0, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *file = maildir_file("x", maildir_flags(names[i].file));

		g_assert_cmpuint(maildir_flags(names[i].file), ==, names[i].flags);
		if (names[i].written)
			g_assert_cmpstr(file, ==, names[i].written);
	}
	g_assert_cmpuint(maildir_base_length("12.M3,S=9:2,S"), ==, strlen("12.M3,S=9"));
	g_assert_cmpuint(maildir_base_length("12.M3"), ==, strlen("12.M3"));
}

static void test_a_folder_is_made_for_group_and_nobody_else(void)
{
	static const char *const parts[] = { ".Mine", ".Mine/cur", ".Mine/new", ".Mine/tmp", NULL };
	struct tree t;
	struct maildir m = { -1, -1 };
	mode_t mask = umask(0077);
	int fd = -1;

	tree_open(&t);
	g_assert_cmpint(maildir_open(t.fd, ".Mine", false, &m, &t.err), ==, ST_NOT_FOUND);
	g_assert_cmpint(maildir_open(t.fd, ".Mine", true, &m, &t.err), ==, ST_OK);
	for (size_t i = 0; parts[i]; i++)
		g_assert_cmpint(mode_of(t.dir, parts[i]), ==, 02770);
	maildir_close(&m);
	g_assert_cmpint(maildir_open(t.fd, ".Mine", false, &m, &t.err), ==, ST_OK);
	maildir_close(&m);
	g_assert_cmpint(
		maildir_make_directory(t.fd, "anna", MAILDIR_TREE_MODE, &fd, &t.err), ==, ST_OK);
	g_assert_cmpint(mode_of(t.dir, "anna"), ==, 02750);
	close(fd);
	umask(mask);
	tree_close(&t);
}

/* Who serves the trees could put another directory into a place of ours. */
static void test_what_is_not_ours_is_refused(void)
{
	struct tree t;
	struct maildir m = { -1, -1 };
	g_autofree char *link = NULL, *world = NULL, *file = NULL, *theirs = NULL;

	tree_open(&t);
	link = g_build_filename(t.dir, ".Link", NULL);
	world = g_build_filename(t.dir, ".World", NULL);
	file = g_build_filename(t.dir, ".File", NULL);
	theirs = g_build_filename(t.dir, ".Theirs", NULL);
	g_assert_cmpint(symlink(t.dir, link), ==, 0);
	g_assert_cmpint(mkdir(world, 0777), ==, 0);
	g_assert_cmpint(chmod(world, 0777), ==, 0);
	g_assert_true(g_file_set_contents(file, "", 0, NULL));
	g_assert_cmpint(maildir_open(t.fd, ".Link", true, &m, &t.err), ==, ST_REFUSED);
	g_assert_nonnull(strstr(t.err.text, "'.Link'"));
	g_assert_cmpint(maildir_open(t.fd, ".File", true, &m, &t.err), ==, ST_REFUSED);
	g_assert_cmpint(maildir_open(t.fd, ".World", true, &m, &t.err), ==, ST_REFUSED);
	g_assert_nonnull(strstr(t.err.text, "world"));
	if (geteuid() == 0) {
		g_assert_cmpint(mkdir(theirs, 02770), ==, 0);
		g_assert_cmpint(chown(theirs, 65534, 65534), ==, 0);
		g_assert_cmpint(maildir_open(t.fd, ".Theirs", true, &m, &t.err), ==, ST_REFUSED);
		g_assert_nonnull(strstr(t.err.text, "somebody else"));
	}
	tree_close(&t);
}

static enum status note_entry(const struct maildir_entry *entry, void *arg, struct error *err)
{
	(void)err;
	g_string_append_printf(arg, "%s%s ", entry->is_new ? "new/" : "cur/", entry->file);
	return ST_OK;
}

static void test_links(void)
{
	static const struct maildir_place unread = { .is_new = true },
					  odd = { .flags = MAILDIR_PASSED },
					  seen = { .flags = MAILDIR_SEEN };
	struct tree t;
	struct maildir m = { -1, -1 };
	struct maildir_place found;
	g_autofree char *master = NULL;
	g_autoptr(GString) names = g_string_new(NULL);
	struct stat one;

	tree_open(&t);
	master = g_build_filename(t.dir, "master", NULL);
	g_assert_true(g_file_set_contents(master, "text", 4, NULL));
	g_assert_cmpint(maildir_open(t.fd, ".Mine", true, &m, &t.err), ==, ST_OK);
	g_assert_cmpint(maildir_find(&m, "a", &found), ==, ST_NOT_FOUND);
	g_assert_cmpint(maildir_link(t.fd, "master", &m, "a", &unread), ==, ST_OK);
	g_assert_cmpint(maildir_link(t.fd, "master", &m, "a", &unread), ==, ST_EXISTS);
	g_assert_cmpint(maildir_link(t.fd, "gone", &m, "b", &unread), ==, ST_NOT_FOUND);
	g_assert_cmpint(maildir_link(t.fd, "master", &m, "b", &seen), ==, ST_OK);
	g_assert_cmpint(maildir_link(t.fd, "master", &m, "c", &odd), ==, ST_OK);
	g_assert_cmpint(fstatat(t.fd, "master", &one, 0), ==, 0);
	g_assert_cmpuint(one.st_nlink, ==, 4);
	g_assert_cmpint(maildir_find(&m, "a", &found), ==, ST_OK);
	g_assert_true(found.is_new);
	g_assert_cmpint(maildir_find(&m, "b", &found), ==, ST_OK);
	g_assert_cmpuint(found.flags, ==, MAILDIR_SEEN);
	/* Found by a walk alone. */
	g_assert_cmpint(maildir_find(&m, "c", &found), ==, ST_NOT_FOUND);
	g_assert_cmpint(maildir_remove(&m, "a", &unread), ==, ST_OK);
	g_assert_cmpint(maildir_remove(&m, "a", &unread), ==, ST_NOT_FOUND);
	g_assert_cmpint(maildir_remove(&m, "c", &odd), ==, ST_OK);
	g_assert_cmpint(maildir_each(&m, note_entry, names, &t.err), ==, ST_OK);
	g_assert_cmpstr(names->str, ==, "cur/b:2,S ");
	maildir_close(&m);
	tree_close(&t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/maildir/quoting", test_quoting);
	g_test_add_func("/maildir/flags", test_flags);
	g_test_add_func(
		"/maildir/a folder's rights", test_a_folder_is_made_for_group_and_nobody_else);
	g_test_add_func("/maildir/what is not ours", test_what_is_not_ours_is_refused);
	g_test_add_func("/maildir/links", test_links);
	return g_test_run();
}
