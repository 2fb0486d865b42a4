/* Sends mail as fast as the server takes it: a thread a session, one transaction after the other,
 * nothing pipelined. Costs the machine far less than the server does. Prints figures as name=value;
 * any reply but the expected one ends it with exit code 1. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "arguments.h"

enum { SESSIONS_MAX = 1000, LINE = 76, REFERENCES = 20, CHUNK = 64 * 1024 };

struct session {
	GThread *thread;
	int fd;
	char reply[1024];
	guint done;
};

static gint port, sessions = 8, messages = 400, size = 4096, hold;
static gboolean threaded, one_sender;
static char *recipient = "support@example.com", *run_name = "run", *body;
static gint next; /* atomic */

static const GOptionEntry options[] = { { "port", 0, 0, G_OPTION_ARG_INT, &port, "of 127.0.0.1",
						"N" },
	{ "sessions", 0, 0, G_OPTION_ARG_INT, &sessions, "at once (8)", "N" },
	{ "messages", 0, 0, G_OPTION_ARG_INT, &messages, "all sessions together (400)", "N" },
	{ "size", 0, 0, G_OPTION_ARG_INT, &size, "bytes of each body (4096)", "N" },
	{ "to", 0, 0, G_OPTION_ARG_STRING, &recipient, "recipient (support@example.com)",
		"ADDRESS" },
	{ "run", 0, 0, G_OPTION_ARG_STRING, &run_name,
		"part of each Message-ID; another one for each run", "WORD" },
	{ "threaded", 0, 0, G_OPTION_ARG_NONE, &threaded,
		"a session's mails all answer its first, with References", NULL },
	{ "one-sender", 0, 0, G_OPTION_ARG_NONE, &one_sender, "all mails are one customer's",
		NULL },
	{ "hold", 0, 0, G_OPTION_ARG_INT, &hold,
		"keep each session waiting for that many seconds before the end of its body",
		"SECONDS" },
	{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL } };

static void send_all(struct session *s, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(s->fd, data, MIN(len, (size_t)CHUNK), MSG_NOSIGNAL);

		if (n <= 0)
			die("the connection broke");
		data += n;
		len -= (size_t)n;
	}
}

/* Waits for a whole reply, of several lines perhaps. */
static void expect(struct session *s, char digit, const char *what)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = recv(s->fd, s->reply + len, sizeof s->reply - 1 - len, 0);
		char *last;

		if (n <= 0)
			die("the connection broke after %s", what);
		len += (size_t)n;
		s->reply[len] = '\0';
		if (s->reply[len - 1] != '\n')
			continue;
		s->reply[len - 1] = '\0';
		last = strrchr(s->reply, '\n');
		last = last ? last + 1 : s->reply;
		if (strlen(last) > 3 && last[3] == '-') {
			s->reply[len - 1] = '\n';
			continue;
		}
		if (*last != digit)
			die("%s: %s", what, last);
		return;
	}
}

static G_GNUC_PRINTF(3, 4) void command(struct session *s, char digit, const char *fmt, ...)
{
	g_autofree char *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	line = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	send_all(s, line, strlen(line));
	expect(s, digit, line);
}

static void connect_to_server(struct session *s)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || connect(s->fd, (const struct sockaddr *)&address, sizeof address) != 0)
		die("cannot connect to port %d", port);
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	expect(s, '2', "connect");
	command(s, '2', "EHLO client.example\r\n");
}

/* --- a message --- */

static void add_references(GString *head, int session, guint place)
{
	guint from = place > REFERENCES ? place - REFERENCES : 0;

	g_string_append_printf(head,
		"In-Reply-To: <%s.%d.%u@customer.example>\r\nReferences:", run_name, session,
		place - 1);
	for (guint i = from; i < place; i++)
		g_string_append_printf(
			head, "\r\n <%s.%d.%u@customer.example>", run_name, session, i);
	g_string_append(head, "\r\n");
}

static GString *make_head(int session, guint place, const char *sender)
{
	bool answers = threaded && place > 0;
	GString *head = g_string_new(NULL);

	g_string_append_printf(head,
		"Received: from client.example by relay.example; Tue, 22 Sep 2026 10:00:00 +0000\r\n"
		"From: Carla Kern <%s>\r\nTo: %s\r\nSubject: %sThe printer is on fire\r\nDate: Tue, 22 Sep 2026 10:00:00 +0000\r\n"
		"Message-ID: <%s.%d.%u@customer.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n",
		sender, recipient, answers ? "Re: " : "", run_name, session, place);
	if (answers)
		add_references(head, session, place);
	return g_string_append(head, "\r\n");
}

static void send_message(struct session *s, int session, int i)
{
	g_autofree char *sender = one_sender
		? g_strdup("carla@customer.example")
		: g_strdup_printf("c%d@customer.example", threaded ? session : i);
	GString *head = make_head(session, s->done, sender);

	command(s, '2', "MAIL FROM:<%s>\r\n", sender);
	command(s, '2', "RCPT TO:<%s>\r\n", recipient);
	command(s, '3', "DATA\r\n");
	/* Headers and a small body in one packet, as clients do. */
	g_string_append_len(head, body, MIN(size, CHUNK));
	send_all(s, head->str, head->len);
	if (size > CHUNK)
		send_all(s, body + CHUNK, (size_t)(size - CHUNK));
	g_string_free(head, TRUE);
	if (hold)
		g_usleep((gulong)hold * G_USEC_PER_SEC);
	command(s, '2', "\r\n.\r\n");
	s->done++;
}

static struct session all[SESSIONS_MAX];

static gpointer work(gpointer arg)
{
	struct session *s = arg;
	int i;

	connect_to_server(s);
	while ((i = g_atomic_int_add(&next, 1)) < messages)
		send_message(s, (int)(s - all), i);
	command(s, '2', "QUIT\r\n");
	close(s->fd);
	return NULL;
}

static void make_body(void)
{
	body = g_malloc((gsize)size + 1);
	memset(body, 'x', (size_t)size);
	for (int i = LINE; i + 1 < size; i += LINE + 2)
		memcpy(body + i, "\r\n", 2);
	body[size] = '\0';
}

static bool fits(int argc)
{
	return argc == 1 && port && sessions >= 1 && sessions <= SESSIONS_MAX && size >= 0;
}

int main(int argc, char **argv)
{
	double seconds;
	gint64 start;

	arguments_read(options, NULL, fits, &argc, &argv);
	make_body();
	start = g_get_monotonic_time();
	for (int i = 0; i < sessions; i++)
		all[i].thread = g_thread_new("session", work, &all[i]);
	for (int i = 0; i < sessions; i++)
		g_thread_join(all[i].thread);
	seconds = (double)(g_get_monotonic_time() - start) / 1e6;
	printf("sessions=%d messages=%d seconds=%.3f per_second=%.1f\n", sessions, messages,
		seconds, messages / seconds);
	return 0;
}
