/* The daemon's lock on its store. */
#include "store/store-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tongue.h"

void store_give_to_owner_of(const char *dir, int fd)
{
	struct stat status;

	if (geteuid() == 0 && stat(dir, &status) == 0 &&
		fchown(fd, status.st_uid, status.st_gid) == 0)
		fchmod(fd, 0660);
}

enum status store_lock(const char *dir, int *fd_out, struct error *err)
{
	g_autofree char *path = g_build_filename(dir, "daemon.lock", NULL);
	int fd;

	if (g_mkdir_with_parents(dir, 0770) != 0)
		return error_set(
			err, ST_IO, _("cannot make directory '%s': %s"), dir, g_strerror(errno));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (fd < 0)
		return error_set(err, errno == EACCES ? ST_REFUSED : ST_IO,
			_("cannot open '%s': %s"), path, g_strerror(errno));
	store_give_to_owner_of(dir, fd);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return error_set(err, ST_BUSY, _("milticketd runs on store '%s'"), dir);
	}
	*fd_out = fd;
	return ST_OK;
}

enum status store_is_locked(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "daemon.lock", NULL);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool busy;

	if (fd < 0)
		return errno == EACCES ? ST_REFUSED : ST_OK;
	busy = flock(fd, LOCK_EX | LOCK_NB) != 0;
	close(fd);
	return busy ? ST_BUSY : ST_OK;
}

void store_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}
