/* A hot, compacted copy of the store. */
#include "store-engine.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "directory-sync.h"
#include "failpoint.h"

static int write_copy(struct store *store, const char *temporary)
{
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), rc;

	if (fd < 0)
		return errno;
	pthread_rwlock_rdlock(&store->map_lock);
	rc = store->env ? mdb_env_copyfd2(store->env, fd, MDB_CP_COMPACT) : MDB_PANIC;
	/* A store that leaks pages, as a crash of the machine may leave it, copies only whole. */
	if (rc == MDB_INCOMPATIBLE && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0)
		rc = mdb_env_copyfd2(store->env, fd, 0);
	pthread_rwlock_unlock(&store->map_lock);
	if (rc == 0 && fsync(fd) != 0)
		rc = errno;
	if (close(fd) != 0 && rc == 0)
		rc = errno;
	return rc;
}

enum status store_copy(struct store *store, const char *path, struct error *err)
{
	g_autofree char *temporary = g_strdup_printf("%s.%d.tmp", path, (int)getpid()), *dir = g_path_get_dirname(path);
	int rc;

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return error_set(err, ST_EXISTS, "'%s' is there already", path);
	rc = write_copy(store, temporary);
	failpoint("store-copied");
	/* link() refuses to replace what came into being meanwhile. */
	if (rc == 0 && link(temporary, path) != 0)
		rc = errno;
	unlink(temporary);
	if (rc)
		return error_set(err, rc == EEXIST ? ST_EXISTS : engine_status(rc), "cannot copy the store to '%s': %s", path, mdb_strerror(rc));
	directory_sync(dir);
	return ST_OK;
}
