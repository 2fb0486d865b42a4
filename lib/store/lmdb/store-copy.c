/* A hot, compacted copy of the store. */
#include "store/lmdb/store-engine.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/directory-sync.h"
#include "base/failpoint.h"
#include "base/tongue.h"

/* A file without a name goes away with a process that is killed. Its name, *named_out, is NULL;
 * where the file system has no such files, it is one beside the copy's. */
static int open_copy(const char *path, char **named_out)
{
	g_autofree char *dir = g_path_get_dirname(path);
	int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	*named_out = NULL;
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	*named_out = g_strdup_printf("%s.%d.tmp", path, (int)getpid());
	return open(*named_out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int write_copy(struct lmdb *store, int fd)
{
	int rc;

	pthread_rwlock_rdlock(&store->map_lock);
	rc = store->env ? mdb_env_copyfd2(store->env, fd, MDB_CP_COMPACT) : MDB_PANIC;
	/* A store that leaks pages, as a crash of the machine may leave it, copies only whole. */
	if (rc == MDB_INCOMPATIBLE && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0)
		rc = mdb_env_copyfd2(store->env, fd, 0);
	pthread_rwlock_unlock(&store->map_lock);
	failpoint("store-copied");
	return rc == 0 && fsync(fd) != 0 ? errno : rc;
}

/* linkat() refuses to replace what came into being meanwhile. */
static int name_copy(int fd, const char *named, const char *path)
{
	g_autofree char *proc = g_strdup_printf("/proc/self/fd/%d", fd);

	if (linkat(AT_FDCWD, named ? named : proc, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0)
		return errno;
	return 0;
}

static int make_copy(struct lmdb *store, const char *path)
{
	g_autofree char *named = NULL;
	int fd = open_copy(path, &named), rc;

	if (fd < 0)
		return errno;
	rc = write_copy(store, fd);
	if (rc == 0)
		rc = name_copy(fd, named, path);
	if (close(fd) != 0 && rc == 0)
		rc = errno;
	if (named)
		unlink(named);
	return rc;
}

enum status lmdb_copy(struct store *store, const char *path, struct error *err)
{
	g_autofree char *dir = g_path_get_dirname(path);
	int rc;

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return error_set(err, ST_EXISTS, _("'%s' is there already"), path);
	rc = make_copy(lmdb_of(store), path);
	if (rc)
		return error_set(err, rc == EEXIST ? ST_EXISTS : engine_status(rc),
			_("cannot copy the store to '%s': %s"), path, mdb_strerror(rc));
	directory_sync(dir);
	return ST_OK;
}
