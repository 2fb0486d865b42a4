/* Drafts. */
#include "draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tongue.h"

#define SCISSORS "# ------ write above this line; nothing from here on is used ------\n"

/* Editors take orders from the first and the last lines of a file (vim from five, Kate and jEdit
 * from ten) and from its last page (Emacs, back to a form feed): there only words of ours may
 * stand. */
static const char head[] = "%s\n\n" SCISSORS "#\n"
			   "# %s.\n"
			   "#\n"
			   "# Save it and leave the editor when it is done.\n"
			   "# Without a text nothing is done.\n"
			   "#\n"
			   "# What was written last:\n"
			   "#\n";
static const char tail[] = "\n\f\n"
			   "#\n#\n#\n#\n#\n#\n#\n#\n"
			   "# Here ends what was written last.\n"
			   "#\n";

static char *draft_quote(const char *text)
{
	GString *out = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++)
		g_string_append_printf(out, ">%s%s\n", **line ? " " : "", *line);
	return g_string_free(out, FALSE);
}

static char *draft_compose(const struct draft *draft)
{
	g_autofree char *quoted = draft_quote(draft->quoted);
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, head, draft->text, draft->what);
	g_string_append_printf(out, "# Subject: %s\n# From: %s\n\n%s%s", draft->subject,
		draft->from, quoted, tail);
	return g_string_free(out, FALSE);
}

static bool write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR)
			return false;
		text += MAX(n, 0);
		left -= (size_t)MAX(n, 0);
	}
	return true;
}

static enum status draft_cannot(const char *what, const char *path, struct error *err)
{
	return error_set(err, ST_IO, _("cannot %s '%s': %s"), what, path, g_strerror(errno));
}

static enum status draft_make_file(const struct draft *draft, char **path_out, struct error *err)
{
	g_autofree char *dir = g_build_filename(g_get_tmp_dir(), "ticket-XXXXXX", NULL),
			*text = draft_compose(draft);
	int fd, failed;

	if (!g_mkdtemp_full(dir, 0700))
		return draft_cannot(_("make directory"), dir, err);
	*path_out = g_build_filename(dir, "text", NULL);
	fd = open(*path_out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	failed = fd < 0 || !write_all(fd, text);
	if (fd >= 0)
		failed |= close(fd) != 0;
	return failed ? draft_cannot(_("write"), *path_out, err) : ST_OK;
}

static bool run_editor(const char *editor, const char *path)
{
	g_autofree char *quoted = g_shell_quote(path),
			*command = g_strdup_printf("%s %s", editor, quoted);
	char *argv[] = { (char *)"sh", (char *)"-c", command, NULL };
	mode_t mask = umask(077);
	int code = -1;
	bool ran = g_spawn_sync(NULL, argv, NULL,
		G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL, NULL, &code,
		NULL);

	umask(mask);
	return ran && code == 0;
}

enum status draft_edit(
	const struct draft *draft, char **path_out, char **text_out, struct error *err)
{
	const char *visual = g_getenv("VISUAL"), *editor = visual ? visual : g_getenv("EDITOR");
	enum status st = draft_make_file(draft, path_out, err);
	char *line;

	if (st != ST_OK)
		return st;
	if (!editor)
		editor = "vi";
	if (!run_editor(editor, *path_out))
		return error_set(err, ST_BAD_INPUT,
			_("the editor '%s' failed; what it wrote is kept in %s"), editor,
			*path_out);
	if (!g_file_get_contents(*path_out, text_out, NULL, NULL))
		return error_set(err, ST_IO, _("cannot read '%s'"), *path_out);
	line = strstr(*text_out, SCISSORS);
	if (line)
		*line = '\0';
	return ST_OK;
}

void draft_remove(const char *path)
{
	g_autofree char *place = path ? g_path_get_dirname(path) : NULL;
	GDir *dir = place ? g_dir_open(place, 0, NULL) : NULL;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *each = g_build_filename(place, name, NULL);

		unlink(each);
	}
	g_clear_pointer(&dir, g_dir_close);
	if (place)
		rmdir(place);
}
