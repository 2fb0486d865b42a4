/* The listening socket. */
#include "socket.h"

#include <errno.h>
#include <grp.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/tongue.h"

enum { SEGMENT_BYTES = 8192 };

/* The path of a unix socket's name; NULL for others. */
static const char *unix_path(const char *name)
{
	if (g_str_has_prefix(name, "unix:"))
		return name + strlen("unix:");
	if (g_str_has_prefix(name, "local:"))
		return name + strlen("local:");
	return *name == '/' ? name : NULL;
}

static bool socket_answers(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected;

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	connected = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
	if (fd >= 0)
		close(fd);
	return connected;
}

/* Removes what a killed daemon has left, and nothing else. */
static enum status remove_stale(const char *path, struct error *err)
{
	struct stat stat;

	if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		return error_set(err, ST_BAD_INPUT, _("socket path '%s' is too long"), path);
	if (lstat(path, &stat) != 0)
		return errno == ENOENT ? ST_OK
				       : error_set(err, ST_IO, _("cannot look at socket '%s': %s"),
						 path, g_strerror(errno));
	if (!S_ISSOCK(stat.st_mode))
		return error_set(err, ST_REFUSED, _("'%s' is there already and no socket"), path);
	if (socket_answers(path))
		return error_set(err, ST_BUSY, _("another daemon answers on socket '%s'"), path);
	if (unlink(path) != 0)
		return error_set(err, ST_IO, _("cannot remove the stale socket '%s': %s"), path,
			g_strerror(errno));
	return ST_OK;
}

/* A setgid directory may have given it another group. */
static enum status set_mode(const struct settings *settings, const char *path,
	const struct group *group, struct error *err)
{
	if (group && lchown(path, (uid_t)-1, group->gr_gid) != 0)
		return error_set(err, ST_IO, _("cannot give socket '%s' to group '%s': %s"), path,
			settings->group, g_strerror(errno));
	if (chmod(path, settings->socket_mode) != 0)
		return error_set(err, ST_IO, _("cannot set the mode of socket '%s': %s"), path,
			g_strerror(errno));
	return ST_OK;
}

/* The socket is made with its mode and group: an MTA that connects before it has them would be
 * refused. */
static int bind_unix(const struct settings *settings, const struct group *group)
{
	mode_t mask = umask(0777 & ~settings->socket_mode);
	gid_t own = getegid();
	int rc = group && setegid(group->gr_gid) != 0 ? MI_FAILURE : smfi_opensocket(0);

	if (group && setegid(own) != 0)
		rc = MI_FAILURE;
	umask(mask);
	return rc;
}

static enum status cannot_listen(const struct settings *settings, struct error *err)
{
	return error_set(err, ST_IO, _("cannot listen on socket '%s': %s"), settings->socket,
		g_strerror(errno));
}

static enum status open_unix(const struct settings *settings, const char *path, struct error *err)
{
	const struct group *group = geteuid() == 0 ? getgrnam(settings->group) : NULL;

	if (bind_unix(settings, group) != MI_SUCCESS)
		return cannot_listen(settings, err);
	failpoint("socket-bound");
	return set_mode(settings, path, group, err);
}

/* libmilter keeps its descriptor to itself; -1 when it has none. */
static int listening_socket(void)
{
	long max = sysconf(_SC_OPEN_MAX);

	for (int fd = 0; fd < MIN(max, 256); fd++) {
		int listening = 0;
		socklen_t len = sizeof listening;

		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening)
			return fd;
	}
	return -1;
}

/* Accepted sockets inherit both. Without the first, a message waits 40 ms for delayed ACKs. Postfix
 * takes two segments for each of a stream's buffers, and fills them with a pattern for each
 * message: on the loopback interface they would be of 128 kB, at a quarter of the throughput. A
 * network has smaller segments anyway. */
static void set_tcp_options(void)
{
	int fd = listening_socket(), on = 1, segment = SEGMENT_BYTES;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
}

void socket_wake(void)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof address;
	int fd;

	if (getsockname(listening_socket(), (struct sockaddr *)&address, &len) != 0)
		return;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Any connection, or a full queue of them, wakes it as well. */
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, len) == 0)
		shutdown(fd, SHUT_RDWR);
	if (fd >= 0)
		close(fd);
}

enum status socket_open(const struct settings *settings, struct error *err)
{
	const char *path = unix_path(settings->socket);
	enum status st = path ? remove_stale(path, err) : ST_OK;

	if (st != ST_OK)
		return st;
	if (smfi_setconn(settings->socket) != MI_SUCCESS)
		return error_set(err, ST_BAD_INPUT, _("libmilter does not take socket '%s'"),
			settings->socket);
	if (path)
		return open_unix(settings, path, err);
	if (smfi_opensocket(0) != MI_SUCCESS)
		return cannot_listen(settings, err);
	set_tcp_options();
	return ST_OK;
}

void socket_remove(const struct settings *settings)
{
	const char *path = unix_path(settings->socket);

	if (path)
		unlink(path);
}
