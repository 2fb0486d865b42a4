/* Made with a name, which is taken away at once. */
#include "base/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/tongue.h"

enum status nameless_failed(struct error *err)
{
	bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;

	return error_set(err, full ? ST_FULL : ST_IO, _("cannot keep what is to be printed: %s"),
		g_strerror(errno));
}

enum status nameless_open(int *fd_out, struct error *err)
{
	const char *dir = g_getenv("TMPDIR");
	g_autofree char *path = g_build_filename(
		dir && *dir ? dir : "/var/tmp", "ticket-XXXXXX", NULL);

	*fd_out = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
	if (*fd_out < 0)
		return nameless_failed(err);
	unlink(path);
	return ST_OK;
}

enum status nameless_write(int fd, const void *data, size_t len, struct error *err)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR)
			return nameless_failed(err);
		p += MAX(n, 0);
		len -= (size_t)MAX(n, 0);
	}
	return ST_OK;
}
