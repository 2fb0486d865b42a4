/* The milter protocol itself: packets in any order and of any content, for the callbacks behind
 * libmilter. */
#include "fuzz.h"

#include <libmilter/mfapi.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "desk.h"
#include "filter.h"
#include "log.h"

enum { PATIENCE_MS = 20 * 1000 };

/* Words end with a NUL, that of C included, and may have one inside. */
#define WORDS(s) \
	{ \
		s, sizeof(s) \
	}
#define BYTES(s) \
	{ \
		s, sizeof(s) - 1 \
	}

/* clang-format off */
/* A byte of the input is a packet: its low half says which, its high half picks the words. */
static const struct { char command; struct { const char *data; size_t len; } words[4]; } packets[16] = {
	{ 'M', { WORDS("<carla@customer.example>"), WORDS("<>"), WORDS("<anna@example.com>"), WORDS("") } },
	{ 'R', { WORDS("<support@example.com>"), WORDS("<bob@other.example>"), WORDS("<desk+1-abcdefgh@example.com>"),
		WORDS("support@example.com") } },
	{ 'T', { BYTES("") } },
	{ 'L', { WORDS("Subject\0 !close [example.com #1] Printer"), WORDS("From\0 Carla <carla@customer.example>"),
		WORDS("In-Reply-To\0 <1@customer.example>"), WORDS("X-Ticket\0") } },
	{ 'N', { BYTES("") } },
	{ 'B', { BYTES("text\r\n"), BYTES("close\r\n"), BYTES(""), BYTES("\r\n--\r\n") } },
	{ 'E', { BYTES(""), BYTES("text"), BYTES(""), BYTES("") } },
	{ 'A', { BYTES("") } },
	{ 'U', { WORDS("XYZZY"), WORDS("DATA"), WORDS(""), BYTES("RSET") } },
	{ 'D', { WORDS("Mi\0" "4F2xq\0{auth_authen}\0anna"), WORDS("Ei\0" "4F2xq"), BYTES("M"), WORDS("X") } },
	{ 'K', { BYTES("") } },
	{ 'Q', { BYTES("") } },
	{ 'C', { WORDS("client.example\0U"), WORDS("client.example\0" "4\0\0" "127.0.0.1"), BYTES(""), BYTES("x") } },
	{ 'H', { WORDS("client.example"), WORDS(""), BYTES("x"), BYTES("") } },
	{ 'O', { BYTES("") } },
	{ 0, { BYTES("") } },	/* the next byte is the command, the one after it how many more are its words */
};
/* clang-format on */
static const struct {
	guint8 version[4], actions[4], steps[4];
} offers[4] = {
	{ { 0, 0, 0, 6 }, { 0, 0, 1, 0xff }, { 0, 0x1f, 0xff, 0xff } },
	{ { 0, 0, 0, 2 }, { 0, 0, 0, 0x3f }, { 0, 0, 0, 0x7f } },
	{ { 0, 0, 0, 6 }, { 0, 0, 1, 0xff },
		{ 0, 0x10, 0x03, 0x7f } }, /* every step is to be answered */
	{ { 0, 0, 0, 6 }, { 0, 0, 0, 0 }, { 0, 0x1f, 0xff, 0xff } },
};

static struct desk desk;
static struct daemon server;
static char *place;

static void *serve(void *arg)
{
	smfi_main();
	return arg;
}

/* Once; it serves until the process ends. */
static void start(void)
{
	pthread_t thread;
	g_autofree char *name = NULL;

	desk_open(&desk, NULL);
	log_open(false);
	place = g_build_filename(desk.dir, "socket", NULL);
	name = g_strdup_printf("unix:%s", place);
	daemon_init(&server, "", settings_ref(desk.settings));
	server.store = desk.store;
	FUZZ_ASSERT(filter_register(&server));
	FUZZ_ASSERT(smfi_setconn(name) == MI_SUCCESS && smfi_opensocket(0) == MI_SUCCESS);
	FUZZ_ASSERT(pthread_create(&thread, NULL, serve, NULL) == 0);
}

static void add_packet(GByteArray *out, char command, const void *words, size_t len)
{
	guint32 size = GUINT32_TO_BE((guint32)len + 1);

	g_byte_array_append(out, (const guint8 *)&size, sizeof size);
	g_byte_array_append(out, (const guint8 *)&command, 1);
	if (len)
		g_byte_array_append(out, words, (guint)len);
}

static void add_known(GByteArray *out, unsigned which, unsigned variant)
{
	const char command = packets[which].command;

	if (command == 'O')
		add_packet(out, command, &offers[variant], sizeof offers[variant]);
	else
		add_packet(out, command, packets[which].words[variant].data,
			packets[which].words[variant].len);
}

static GByteArray *conversation(const uint8_t *data, size_t size)
{
	GByteArray *out = g_byte_array_new();

	for (size_t i = 0; i < size; i++) {
		unsigned which = data[i] & 15, variant = data[i] >> 4 & 3;

		if (packets[which].command) {
			add_known(out, which, variant);
		} else if (size - i > 2) {
			size_t len = MIN(data[i + 2], size - i - 3);

			add_packet(out, (char)data[i + 1], data + i + 3, len);
			i += 2 + len;
		}
	}
	return out;
}

static int connected(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, place, sizeof address.sun_path);
	FUZZ_ASSERT(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
	return fd;
}

/* Until libmilter hangs up; when it does, its callbacks are through. */
static void talk(int fd, const GByteArray *sent)
{
	struct pollfd from = { fd, POLLIN, 0 };
	char answers[4096];
	ssize_t n;

	/* It may have hung up already, at a packet that it does not know. */
	n = send(fd, sent->data, sent->len, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	do {
		FUZZ_ASSERT(poll(&from, 1, PATIENCE_MS) == 1);
		n = recv(fd, answers, sizeof answers, 0);
	} while (n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GByteArray *sent = conversation(data, size);
	int fd;

	if (!place)
		start();
	fd = connected();
	talk(fd, sent);
	close(fd);
	g_byte_array_unref(sent);
	pthread_mutex_lock(&server.lock);
	FUZZ_ASSERT(server.at_hand == 0);
	pthread_mutex_unlock(&server.lock);
	return 0;
}
