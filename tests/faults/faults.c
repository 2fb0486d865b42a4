/* Loaded before the C library (LD_PRELOAD), makes its calls fail while the file that
 * MILTICKET_FAULTS names says so. Its lines: CALL ERROR    CALL is write, sync, thread or map (of
 * files, 1 MiB and more), ERROR a number; write means files only, no sockets hang 1        syncs
 * wait until the line is gone clock SECONDS the clock is so much ahead, or back */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The number behind that word; 0 without it. System calls only: what is called here may be one of
 * ours. */
static long wanted(const char *word)
{
	const char *path = getenv("MILTICKET_FAULTS");
	char text[256], *line;
	long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1, n;
	size_t len = strlen(word);

	if (fd < 0)
		return 0;
	n = syscall(SYS_read, fd, text, sizeof text - 1);
	syscall(SYS_close, fd);
	text[n > 0 ? n : 0] = '\0';
	for (line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, word, len) == 0 && line[len] == ' ')
			return strtol(line + len, NULL, 10);
	return 0;
}

static bool fails(const char *word)
{
	int saved = errno;
	long error = wanted(word);

	errno = error ? (int)error : saved;
	return error != 0;
}

static bool write_fails(int fd)
{
	struct stat status;

	/* The log is a file too; it is opened for appending. */
	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		!(fcntl(fd, F_GETFL) & O_APPEND) && fails("write");
}

#define NEXT(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

ssize_t write(int fd, const void *data, size_t len)
{
	return write_fails(fd) ? -1
			       : NEXT(ssize_t, "write", int, const void *, size_t)(fd, data, len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return write_fails(fd)
		? -1
		: NEXT(ssize_t, "pwrite", int, const void *, size_t, off_t)(fd, data, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	return write_fails(fd)
		? -1
		: NEXT(ssize_t, "writev", int, const struct iovec *, int)(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	return write_fails(fd) ? -1
			       : NEXT(ssize_t, "pwritev", int, const struct iovec *, int, off_t)(
					 fd, parts, count, at);
}

static void hang(void)
{
	while (wanted("hang"))
		usleep(10000);
}

int fsync(int fd)
{
	hang();
	return fails("sync") ? -1 : NEXT(int, "fsync", int)(fd);
}

int fdatasync(int fd)
{
	hang();
	return fails("sync") ? -1 : NEXT(int, "fdatasync", int)(fd);
}

int msync(void *data, size_t len, int flags)
{
	hang();
	return fails("sync") ? -1 : NEXT(int, "msync", void *, size_t, int)(data, len, flags);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	long error = wanted("thread");

	return error ? (int)error
		     : NEXT(int, "pthread_create", pthread_t *, const pthread_attr_t *,
			       void *(*)(void *), void *)(thread, attr, fn, arg);
}

void *mmap(void *where, size_t len, int protection, int flags, int fd, off_t at)
{
	if (fd >= 0 && len >= 1 << 20 && fails("map"))
		return MAP_FAILED;
	return NEXT(void *, "mmap", void *, size_t, int, int, int, off_t)(
		where, len, protection, flags, fd, at);
}

int clock_gettime(clockid_t clock, struct timespec *time_out)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, time_out);

	if (rc == 0 && clock == CLOCK_REALTIME)
		time_out->tv_sec += wanted("clock");
	return rc;
}

int gettimeofday(struct timeval *restrict time_out, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	time_out->tv_sec = now.tv_sec;
	time_out->tv_usec = now.tv_nsec / 1000;
	return 0;
}
