/* Archived mail in the store: in pieces, so that no mail is ever whole in memory. */
#include "archive/archive-rows.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/tongue.h"
#include "settings/settings.h"

static struct store *rows_store;

void archive_attach(struct store *store)
{
	rows_store = store;
}

bool archive_in_rows(const char *dir)
{
	return g_strcmp0(dir, SETTINGS_IN_STORE) == 0;
}

static enum status rows_attached(struct error *err)
{
	return rows_store ? ST_OK : error_set(err, ST_BUSY, _("the archive's store is not open"));
}

enum status archive_rows_keep(const char *name, store_pieces_fn *next, void *arg, struct error *err)
{
	enum status st = rows_attached(err);

	return st == ST_OK ? store_file_put(rows_store, name, next, arg, err) : st;
}

/* --- reading --- */

static int rows_open_unnamed(void)
{
	int fd = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);

	return fd < 0 ? memfd_create("mail", MFD_CLOEXEC) : fd;
}

static enum status rows_write_piece(struct bytes piece, void *arg, struct error *err)
{
	int fd = *(int *)arg;

	while (piece.len) {
		ssize_t n = write(fd, piece.data, piece.len);

		if (n < 0 && errno != EINTR)
			return error_set(err, ST_IO,
				_("cannot write a copy of an archived mail: %s"),
				g_strerror(errno));
		piece.data = (const guint8 *)piece.data + MAX(n, 0);
		piece.len -= (size_t)MAX(n, 0);
	}
	return ST_OK;
}

static enum status rows_open(const char *dir, const char *name, int *fd_out, struct error *err)
{
	int fd = rows_open_unnamed();
	enum status st = rows_attached(err);

	(void)dir;
	if (st == ST_OK && fd < 0)
		st = error_set(err, ST_IO, _("cannot make a copy of an archived mail: %s"),
			g_strerror(errno));
	if (st == ST_OK)
		st = store_file_get(rows_store, name, rows_write_piece, &fd, err);
	if (st == ST_OK && lseek(fd, 0, SEEK_SET) == 0)
		*fd_out = fd;
	else if (fd >= 0)
		close(fd);
	return st;
}

/* --- the rest --- */

static enum status rows_remove(const char *dir, const char *name, struct error *err)
{
	enum status st = rows_attached(err);

	(void)dir;
	return st == ST_OK ? store_file_remove(rows_store, name, err) : st;
}

/* What is kept is committed. */
static enum status rows_sync(const char *dir, struct error *err)
{
	(void)dir;
	(void)err;
	return ST_OK;
}

static enum status rows_set_aside(const char *dir, const char *name, struct error *err)
{
	const char *slash = strrchr(name, '/');
	g_autofree char *to = g_strconcat(
		ARCHIVE_UNCLAIMED "/new/", slash ? slash + 1 : name, NULL);
	enum status st = rows_attached(err);

	(void)dir;
	return st == ST_OK ? store_file_rename(rows_store, name, to, err) : st;
}

static enum status rows_walk(const char *dir, archive_visit *fn, void *arg, struct error *err)
{
	enum status st = rows_attached(err);

	(void)dir;
	return st == ST_OK ? store_file_each(rows_store, fn, arg, err) : st;
}

static enum status rows_remove_before(
	const char *dir, const char *day, uint64_t max, uint64_t *count_out, struct error *err)
{
	enum status st = rows_attached(err);

	(void)dir;
	*count_out = 0;
	return st == ST_OK ? store_files_remove_before(rows_store, day, max, count_out, err) : st;
}

const struct archive_place archive_rows = {
	.open = rows_open,
	.remove = rows_remove,
	.sync = rows_sync,
	.set_aside = rows_set_aside,
	.walk = rows_walk,
	.remove_before = rows_remove_before,
};
