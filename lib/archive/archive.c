/* Messages as received: a file each in a directory, or a row each in the store. */
#include "archive/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive-rows.h"
#include "base/text.h"
#include "base/tongue.h"

enum { DEPTH_MAX = 8 };

bool archive_name_valid(const char *name)
{
	return g_regex_match_simple("^([0-9]{4}/[0-9]{2}/[0-9]{2}|undated)/[0-9a-f]{1,40}\\.eml$",
		name, G_REGEX_DOLLAR_ENDONLY, 0);
}

static enum status archive_failed(
	struct error *err, const char *what, const char *dir, const char *name)
{
	return error_set(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO, _("cannot %s '%s/%s': %s"),
		what, dir, name, g_strerror(errno));
}

bool archive_name_is_safe(const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, "/", -1);

	for (char **p = parts; *p; p++)
		if (!**p || strcmp(*p, ".") == 0 || strcmp(*p, "..") == 0)
			return false;
	return parts[0] != NULL;
}

/* The directory of a name below dir, no symbolic link on the way. */
static int open_parent(const char *dir, const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, "/", -1);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (char **p = parts; fd >= 0 && p[1]; p++) {
		int next = openat(fd, *p, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
		    saved = errno;

		close(fd);
		errno = saved;
		fd = next;
	}
	return fd;
}

static const char *base_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

static enum status directory_open(const char *dir, const char *name, int *fd_out, struct error *err)
{
	int parent, fd, saved;

	parent = open_parent(dir, name);
	if (parent < 0)
		return archive_failed(err, _("open"), dir, name);
	fd = openat(parent, base_of(name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	saved = errno;
	close(parent);
	errno = saved;
	if (fd < 0)
		return archive_failed(err, _("open"), dir, name);
	*fd_out = fd;
	return ST_OK;
}

static enum status directory_remove(const char *dir, const char *name, struct error *err)
{
	int parent, rc, saved;

	parent = open_parent(dir, name);
	if (parent < 0)
		return archive_failed(err, _("remove"), dir, name);
	rc = unlinkat(parent, base_of(name), 0);
	saved = errno;
	close(parent);
	errno = saved;
	return rc == 0 ? ST_OK : archive_failed(err, _("remove"), dir, name);
}

static enum status directory_sync_all(const char *dir, struct error *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	/* Nothing was ever written to a directory that is not there. */
	if (fd < 0)
		return errno == ENOENT ? ST_OK : archive_failed(err, _("open"), dir, "");
	rc = syncfs(fd);
	close(fd);
	return rc == 0 ? ST_OK : archive_failed(err, _("sync"), dir, "");
}

static enum status make_unclaimed(const char *dir, struct error *err)
{
	static const char *const parts[] = { "tmp", "cur", "new" };

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *path = g_build_filename(dir, ARCHIVE_UNCLAIMED, parts[i], NULL);

		if (g_mkdir_with_parents(path, 0750) != 0)
			return archive_failed(err, _("make directory"), dir, ARCHIVE_UNCLAIMED);
	}
	return ST_OK;
}

static enum status directory_set_aside(const char *dir, const char *name, struct error *err)
{
	g_autofree char *from = g_build_filename(dir, name, NULL),
			*to = g_build_filename(dir, ARCHIVE_UNCLAIMED, "new", base_of(name), NULL);
	enum status st = make_unclaimed(dir, err);

	if (st == ST_OK && rename(from, to) != 0)
		st = archive_failed(err, _("move"), dir, name);
	return st;
}

/* --- walking --- */

struct walk {
	const char *dir;
	archive_visit *fn;
	void *arg;
	struct error *err;
	bool stopped;
};

static enum status walk_directory(struct walk *w, const char *below, unsigned depth);

static enum status walk_name(struct walk *w, const char *below, const char *name, unsigned depth)
{
	g_autofree char *relative = *below ? g_strconcat(below, "/", name, NULL) : g_strdup(name);
	g_autofree char *path = g_build_filename(w->dir, relative, NULL);
	struct stat stat;

	if (lstat(path, &stat) != 0)
		return errno == ENOENT ? ST_OK
				       : archive_failed(w->err, _("look at"), w->dir, relative);
	if (S_ISDIR(stat.st_mode) && depth < DEPTH_MAX)
		return walk_directory(w, relative, depth + 1);
	if (S_ISREG(stat.st_mode) && g_str_has_suffix(name, ".eml"))
		w->stopped = !w->fn(relative, (int64_t)stat.st_mtime * TEXT_SECOND, w->arg);
	return ST_OK;
}

static enum status walk_directory(struct walk *w, const char *below, unsigned depth)
{
	g_autofree char *path = g_build_filename(w->dir, below, NULL);
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;
	enum status st = ST_OK;

	if (!dir)
		return g_file_test(path, G_FILE_TEST_EXISTS)
			? error_set(w->err, ST_IO, _("cannot read directory '%s'"), path)
			: ST_OK;
	while (st == ST_OK && !w->stopped && (name = g_dir_read_name(dir)))
		st = walk_name(w, below, name, depth);
	g_dir_close(dir);
	return st;
}

static enum status directory_walk(const char *dir, archive_visit *fn, void *arg, struct error *err)
{
	struct walk w = { dir, fn, arg, err, false };

	return walk_directory(&w, "", 0);
}

/* --- whole days --- */

struct sweep {
	const char *dir, *day;
	uint64_t left, count;
};

static int archive_by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *archive_names_in(const char *dir, const char *below)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *path = g_build_filename(dir, below, NULL);
	GDir *open = g_dir_open(path, 0, NULL);
	const char *name;

	while (open && (name = g_dir_read_name(open)))
		g_ptr_array_add(names, g_strdup(name));
	if (open)
		g_dir_close(open);
	g_ptr_array_sort(names, archive_by_name);
	return names;
}

static bool all_digits(const char *name)
{
	return *name && name[strspn(name, "0123456789")] == '\0';
}

static void sweep_files(struct sweep *s, const char *below)
{
	g_autoptr(GPtrArray) names = archive_names_in(s->dir, below);

	for (guint i = 0; i < names->len && s->left > 0; i++) {
		g_autofree char *name = g_build_filename(below, g_ptr_array_index(names, i), NULL);

		if (!g_str_has_suffix(name, ".eml") ||
			directory_remove(s->dir, name, NULL) != ST_OK)
			continue;
		s->count++;
		s->left--;
	}
}

/* depth: 0 years, 1 months, 2 days. A year or month that begins as the day does may hold days
 * before it. */
static void sweep_days(struct sweep *s, const char *below, unsigned depth)
{
	g_autoptr(GPtrArray) names = archive_names_in(s->dir, below);

	for (guint i = 0; i < names->len && s->left > 0; i++) {
		const char *name = g_ptr_array_index(names, i);
		g_autofree char *relative = *below ? g_build_filename(below, name, NULL)
						   : g_strdup(name);
		g_autofree char *path = g_build_filename(s->dir, relative, NULL);
		int order = strncmp(relative, s->day, strlen(relative));

		if (!all_digits(name) || order > 0 || (depth == 2 && order == 0))
			continue;
		if (depth == 2)
			sweep_files(s, relative);
		else
			sweep_days(s, relative, depth + 1);
		rmdir(path);
	}
}

static enum status directory_remove_before(
	const char *dir, const char *day, uint64_t max, uint64_t *count_out, struct error *err)
{
	struct sweep s = { dir, day, max, 0 };

	sweep_days(&s, "", 0);
	*count_out = s.count;
	return access(dir, W_OK) == 0 || errno == ENOENT
		? ST_OK
		: archive_failed(err, _("remove mails of"), dir, "");
}

static const struct archive_place archive_directory = {
	.open = directory_open,
	.remove = directory_remove,
	.sync = directory_sync_all,
	.set_aside = directory_set_aside,
	.walk = directory_walk,
	.remove_before = directory_remove_before,
};

/* --- in either place --- */

static const struct archive_place *place_of(const char *dir)
{
	return archive_in_rows(dir) ? &archive_rows : &archive_directory;
}

static enum status archive_check_name(const char *name, struct error *err)
{
	return archive_name_is_safe(name)
		? ST_OK
		: error_set(err, ST_REFUSED, _("'%s' is no name of an archived mail"), name);
}

enum status archive_open(const char *dir, const char *name, int *fd_out, struct error *err)
{
	enum status st = archive_check_name(name, err);

	return st == ST_OK ? place_of(dir)->open(dir, name, fd_out, err) : st;
}

enum status archive_read(const char *dir, const char *name, size_t max, char **data_out,
	size_t *len_out, struct error *err)
{
	GByteArray *data;
	guint8 chunk[16 * 1024];
	int fd;
	ssize_t n = 0;
	enum status st = archive_open(dir, name, &fd, err);

	if (st != ST_OK)
		return st;
	data = g_byte_array_new();
	while (data->len < max && (n = read(fd, chunk, MIN(sizeof chunk, max - data->len))) > 0)
		g_byte_array_append(data, chunk, (guint)n);
	if (n < 0)
		st = archive_failed(err, _("read"), dir, name);
	close(fd);
	if (st != ST_OK) {
		g_byte_array_unref(data);
		return st;
	}
	*len_out = data->len;
	g_byte_array_append(data, (const guint8 *)"", 1);
	*data_out = (char *)g_byte_array_free(data, FALSE);
	return ST_OK;
}

enum status archive_remove(const char *dir, const char *name, struct error *err)
{
	enum status st = archive_check_name(name, err);

	return st == ST_OK ? place_of(dir)->remove(dir, name, err) : st;
}

enum status archive_sync(const char *dir, struct error *err)
{
	return place_of(dir)->sync(dir, err);
}

enum status archive_set_aside(const char *dir, const char *name, struct error *err)
{
	enum status st = archive_check_name(name, err);

	return st == ST_OK ? place_of(dir)->set_aside(dir, name, err) : st;
}

enum status archive_walk(const char *dir, archive_visit *fn, void *arg, struct error *err)
{
	return place_of(dir)->walk(dir, fn, arg, err);
}

enum status archive_remove_before(
	const char *dir, const char *day, uint64_t max, uint64_t *count_out, struct error *err)
{
	return place_of(dir)->remove_before(dir, day, max, count_out, err);
}
