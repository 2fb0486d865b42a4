/* Places of milters, and asking there. Everything happens in a child that may have other rights. */
#include "doctor-milter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PATIENCE_S = 5,
	REPLY_MAX = 4096,
	/* Of the milter protocol, version 6: everything is offered, so that the answer is the
	   milter's own. */
	VERSION = 6,
	ALL_ACTIONS = 0x1ff,
	ALL_STEPS = 0x1fffff,
	NEGOTIATION_BYTES = 3 * 4,
};

/* --- places --- */

static char *path_after(const char *text)
{
	static const char *const prefixes[] = { "unix:", "local:" };

	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (g_str_has_prefix(text, prefixes[i]))
			return g_strdup(text + strlen(prefixes[i]));
	return *text == '/' ? g_strdup(text) : NULL;
}

void endpoint_of_libmilter(const char *text, struct endpoint *endpoint_out)
{
	const char *colon = strchr(text, ':'), *at = strchr(text, '@');

	*endpoint_out = (struct endpoint){ .path = path_after(text) };
	if (endpoint_out->path || !colon)
		return;
	endpoint_out->inet = true;
	endpoint_out->port = g_strndup(colon + 1, at ? (gsize)(at - colon - 1) : strlen(colon + 1));
	endpoint_out->host = g_strdup(at ? at + 1 : "");
}

static void endpoint_of_postfix(const char *text, struct endpoint *endpoint_out)
{
	const char *host = g_str_has_prefix(text, "inet:") ? text + strlen("inet:") : text;
	const char *colon = strrchr(host, ':');

	*endpoint_out = (struct endpoint){ .path = path_after(text) };
	if (endpoint_out->path)
		return;
	endpoint_out->inet = true;
	endpoint_out->host = g_strndup(host, colon ? (gsize)(colon - host) : 0);
	endpoint_out->port = g_strdup(colon ? colon + 1 : host);
}

void endpoint_release(struct endpoint *endpoint)
{
	g_clear_pointer(&endpoint->path, g_free);
	g_clear_pointer(&endpoint->host, g_free);
	g_clear_pointer(&endpoint->port, g_free);
}

static bool endpoint_is_loopback(const char *host)
{
	static const char *const names[] = { "", "localhost", "127.0.0.1", "[127.0.0.1]", "::1",
		"[::1]" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strcasecmp(host, names[i]) == 0)
			return true;
	return false;
}

static bool endpoint_same_file(const char *a, const char *b)
{
	g_autofree char *one = g_canonicalize_filename(a, "/"),
			*two = g_canonicalize_filename(b, "/");
	struct stat first, second;

	if (strcmp(one, two) == 0)
		return true;
	if (stat(one, &first) != 0 || stat(two, &second) != 0)
		return false;
	return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

bool endpoint_same(const struct endpoint *a, const struct endpoint *b)
{
	if (a->inet != b->inet)
		return false;
	if (!a->inet)
		return a->path && b->path && endpoint_same_file(a->path, b->path);
	if (strcmp(a->port, b->port) != 0)
		return false;
	return g_ascii_strcasecmp(a->host, b->host) == 0 ||
		(endpoint_is_loopback(a->host) && endpoint_is_loopback(b->host));
}

/* --- Postfix's lists --- */

static void milter_free(void *data)
{
	struct milter *milter = data;

	g_free(milter->text);
	g_free(milter->whole);
	g_hash_table_unref(milter->attributes);
	endpoint_release(&milter->endpoint);
	g_free(milter);
}

static struct milter *milter_new(const char *whole)
{
	struct milter *milter = g_new0(struct milter, 1);
	g_autofree char *inner = g_strdup(whole);
	g_auto(GStrv) parts = NULL;

	g_strdelimit(inner, "{}", ' ');
	parts = g_strsplit(inner, ",", -1);
	milter->whole = g_strdup(whole);
	milter->text = g_strdup(g_strstrip(parts[0]));
	milter->attributes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (char **part = parts + 1; *part; part++) {
		g_auto(GStrv) pair = g_strsplit(*part, "=", 2);

		if (pair[0] && pair[1])
			g_hash_table_insert(milter->attributes, g_strdup(g_strstrip(pair[0])),
				g_strdup(g_strstrip(pair[1])));
	}
	endpoint_of_postfix(milter->text, &milter->endpoint);
	return milter;
}

GPtrArray *milters_parse(const char *text)
{
	GPtrArray *milters = g_ptr_array_new_with_free_func(milter_free);

	while (*(text += strspn(text, ", \t\r\n"))) {
		size_t len = *text == '{' ? strcspn(text, "}") + 1 : strcspn(text, ", \t\r\n");
		g_autofree char *whole = g_strndup(text, len);

		g_ptr_array_add(milters, milter_new(whole));
		text += MIN(len, strlen(text));
	}
	return milters;
}

/* --- asking --- */

static enum answer_of answer_by_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return ANSWER_MISSING;
	case EACCES:
	case EPERM:
		return ANSWER_DENIED;
	case ECONNREFUSED:
		return ANSWER_REFUSED;
	default:
		return ANSWER_FAILED;
	}
}

static int with_patience(int fd)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	return fd;
}

/* -1, with errno. */
static int connect_or_close(int fd, const struct sockaddr *address, socklen_t len)
{
	int error;

	if (fd >= 0 && connect(fd, address, len) == 0)
		return fd;
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static int connect_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = with_patience(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	return connect_or_close(fd, (const struct sockaddr *)&address, sizeof address);
}

/* Without the DNS: an address, or this host. */
static int connect_tcp(const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	g_autofree char *bare = g_strdup(
		endpoint_is_loopback(host) && !strchr(host, ':') ? "127.0.0.1" : host);
	struct addrinfo *found = NULL;
	int fd, error;

	g_strdelimit(bare, "[]", ' ');
	if (getaddrinfo(g_strstrip(bare), port, &hints, &found) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	fd = with_patience(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
	fd = connect_or_close(fd, found->ai_addr, found->ai_addrlen);
	error = errno;
	freeaddrinfo(found);
	errno = error;
	return fd;
}

static bool read_fully(int fd, void *buffer, size_t len)
{
	char *at = buffer;
	ssize_t n;

	for (; len; at += n, len -= (size_t)n)
		if ((n = recv(fd, at, len, 0)) <= 0)
			return false;
	return true;
}

/* What milticketd asks for at negotiation, and nobody else. */
static bool is_ours(const char *reply, size_t len)
{
	static const char wanted[] = "i {auth_authen}";

	return len > NEGOTIATION_BYTES &&
		memmem(reply + NEGOTIATION_BYTES, len - NEGOTIATION_BYTES, wanted, sizeof wanted);
}

/* SMFIC_OPTNEG: a length, 'O', then version, actions and steps; lists of macros may follow in the
 * answer. */
static enum answer_of milter_negotiate(int fd)
{
	const uint32_t offer[] = { htonl(VERSION), htonl(ALL_ACTIONS), htonl(ALL_STEPS) };
	char packet[4 + 1 + sizeof offer], reply[REPLY_MAX];
	uint32_t len = htonl(1 + sizeof offer);

	memcpy(packet, &len, sizeof len);
	packet[4] = 'O';
	memcpy(packet + 5, offer, sizeof offer);
	if (send(fd, packet, sizeof packet, MSG_NOSIGNAL) != (ssize_t)sizeof packet ||
		!read_fully(fd, &len, sizeof len))
		return ANSWER_NONSENSE;
	len = ntohl(len);
	if (len < 1 + NEGOTIATION_BYTES || len > sizeof reply || !read_fully(fd, reply, len) ||
		reply[0] != 'O')
		return ANSWER_NONSENSE;
	return is_ours(reply + 1, len - 1) ? ANSWER_OURS : ANSWER_OTHERS;
}

static bool visitor_become(const struct visitor *visitor)
{
	const struct passwd *user = visitor->user ? getpwnam(visitor->user) : NULL;

	if (visitor->user &&
		(!user || setgid(user->pw_gid) != 0 ||
			initgroups(visitor->user, user->pw_gid) != 0))
		return false;
	if (visitor->root && chroot(visitor->root) != 0)
		return false;
	if (visitor->directory && chdir(visitor->directory) != 0)
		return false;
	return !user || setuid(user->pw_uid) == 0;
}

static enum answer_of ask_as(const struct endpoint *endpoint, const struct visitor *visitor)
{
	enum answer_of answer;
	int fd;

	if (!visitor_become(visitor))
		return ANSWER_FAILED;
	fd = endpoint->inet ? connect_tcp(endpoint->host, endpoint->port)
			    : connect_unix(endpoint->path);
	if (fd < 0)
		return answer_by_errno(errno);
	answer = milter_negotiate(fd);
	close(fd);
	return answer;
}

enum answer_of milter_ask(const struct endpoint *endpoint, const struct visitor *visitor)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(ask_as(endpoint, visitor));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return ANSWER_FAILED;
	return WEXITSTATUS(status);
}

enum answer_of tcp_ask(const char *host, const char *port)
{
	int fd = connect_tcp(host, port);

	if (fd < 0)
		return answer_by_errno(errno);
	close(fd);
	return ANSWER_OURS;
}
