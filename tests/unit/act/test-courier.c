/* What the courier makes of a relay's answers, with a relay that answers as a test says. Encryption
 * and login need a whole relay: tests/mta/test_relay.py. */
#include "act/courier.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "../settings-fixture.h"

#define TEXT "Subject: x\n\nHello.\n"

/* It answers as a good relay, but the nth command that begins with `at` ("" is the greeting, "."
 * the end of the text) gets `answer`; NULL: it goes. */
struct relay {
	int listening;
	unsigned port;
	const char *at, *answer, *offers;
	int nth;
	GThread *thread;
	GString *text; /* of the last mail, as it came */
	GString *commands;
};

static const char *usual_answer(const struct relay *relay, const char *line)
{
	if (g_str_has_prefix(line, "EHLO"))
		return relay->offers;
	if (g_str_has_prefix(line, "DATA"))
		return "354 go on";
	return g_str_has_prefix(line, "QUIT") ? "221 bye" : *line ? "250 ok" : "220 relay";
}

/* False when the connection is to end. */
static bool answer(struct relay *relay, FILE *out, const char *line)
{
	bool scripted = relay->at && (*relay->at ? g_str_has_prefix(line, relay->at) : !*line) &&
		relay->nth-- == 0;
	const char *words = scripted ? relay->answer : usual_answer(relay, line);

	if (!words)
		return false;
	fprintf(out, "%s\r\n", words);
	return fflush(out) == 0 && !g_str_has_prefix(line, "QUIT");
}

static void take_text(struct relay *relay, FILE *in)
{
	char line[4096];

	g_string_truncate(relay->text, 0);
	while (fgets(line, sizeof line, in) && strcmp(line, ".\r\n") != 0)
		g_string_append(relay->text, line);
}

static void converse(struct relay *relay, int fd)
{
	FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
	char line[4096];
	bool going = answer(relay, out, "");

	while (going && fgets(line, sizeof line, in)) {
		g_string_append(relay->commands, line);
		going = answer(relay, out, line);
		if (going && g_str_has_prefix(line, "DATA") &&
			strcmp(usual_answer(relay, line), "354 go on") == 0 &&
			!(relay->at && strcmp(relay->at, "DATA") == 0)) {
			take_text(relay, in);
			going = answer(relay, out, ".");
		}
	}
	fclose(in);
	fclose(out);
}

static gpointer serve(gpointer arg)
{
	struct relay *relay = arg;
	int fd;

	while ((fd = accept(relay->listening, NULL, NULL)) >= 0)
		converse(relay, fd);
	return NULL;
}

static void relay_open(struct relay *relay)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;

	relay->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(relay->listening, (struct sockaddr *)&address, len), ==, 0);
	g_assert_cmpint(listen(relay->listening, 5), ==, 0);
	g_assert_cmpint(getsockname(relay->listening, (struct sockaddr *)&address, &len), ==, 0);
	relay->port = ntohs(address.sin_port);
	relay->text = g_string_new(NULL);
	relay->commands = g_string_new(NULL);
	if (!relay->offers)
		relay->offers = "250-relay\r\n250-8BITMIME\r\n250 SMTPUTF8";
	relay->thread = g_thread_new("relay", serve, relay);
}

/* The courier is gone already, so its connection has ended. */
static void relay_end(struct relay *relay)
{
	shutdown(relay->listening, SHUT_RDWR);
	g_thread_join(relay->thread);
	close(relay->listening);
}

static void relay_release(struct relay *relay)
{
	g_string_free(relay->text, TRUE);
	g_string_free(relay->commands, TRUE);
}

static struct courier *courier_to(const struct relay *relay)
{
	g_autofree char *config = g_strdup_printf(
		"mail_out: { url = \"smtp://127.0.0.1:%u\"; timeout_s = 20; };\n", relay->port);
	struct courier *courier = NULL;
	struct error err = { "" };
	struct settings *settings;
	struct fixture fixture;

	fixture_init(&fixture);
	settings = fixture_load(&fixture, config);
	g_assert_cmpint(courier_new(settings, &courier, &err), ==, ST_OK);
	settings_unref(settings);
	fixture_release(&fixture);
	return courier;
}

struct sending {
	struct delivery_result results[3];
	bool relay_down;
};

static void send_to(struct relay *relay, const char *const *to, const char *mail, const gint *stop,
	struct sending *s)
{
	struct courier *courier;

	relay_open(relay);
	courier = courier_to(relay);
	courier_send(courier, "desk@example.com", to, mail, strlen(mail), stop, s->results,
		&s->relay_down);
	courier_free(courier);
	relay_end(relay);
}

static const char *const carla[] = { "carla@example.net", NULL };

static void test_text(void)
{
	static const struct {
		const char *mail, *wire;
	} cases[] = {
		{ "A: 1\n\none\n.\n..two\n.three\n",
			"A: 1\r\n\r\none\r\n..\r\n...two\r\n..three\r\n" },
		{ "A: 1\r\n\r\nthere already\r\n", "A: 1\r\n\r\nthere already\r\n" },
		{ "A: 1\n\nno end", "A: 1\r\n\r\nno end\r\n" },
		{ "A: 1\n\n.", "A: 1\r\n\r\n..\r\n" },
		{ "A: 1\n\n\n\n", "A: 1\r\n\r\n\r\n\r\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct relay relay = { 0 };
		struct sending s;

		send_to(&relay, carla, cases[i].mail, NULL, &s);
		g_assert_cmpint(s.results[0].delivery, ==, DELIVERY_SENT);
		g_assert_cmpstr(relay.text->str, ==, cases[i].wire);
		relay_release(&relay);
	}
}

/* Dots at the beginning of lines wherever libcurl cuts the text. */
static void test_long_text(void)
{
	g_autoptr(GString) mail = g_string_new("A: 1\n\n"), wire = g_string_new("A: 1\r\n\r\n");
	struct relay relay = { 0 };
	struct sending s;

	for (int i = 0; i < 60000; i++) {
		g_string_append(mail, i % 3 ? ".\n" : ".dot\n");
		g_string_append(wire, i % 3 ? "..\r\n" : "..dot\r\n");
	}
	send_to(&relay, carla, mail->str, NULL, &s);
	g_assert_cmpint(s.results[0].delivery, ==, DELIVERY_SENT);
	g_assert_true(g_string_equal(relay.text, wire));
	relay_release(&relay);
}

static void test_answers(void)
{
	static const struct {
		const char *at, *answer;
		enum delivery delivery;
		bool relay_down;
	} cases[] = {
		{ "", "421 no", DELIVERY_LATER, true },
		{ "", "554 no", DELIVERY_LATER, true },
		{ "", NULL, DELIVERY_LATER, true },
		{ "EHLO", NULL, DELIVERY_LATER, true },
		{ "EHLO", "502 what?", DELIVERY_SENT, false },
		{ "MAIL", "451 no", DELIVERY_LATER, false },
		{ "MAIL", "550 no", DELIVERY_FAILED, false },
		{ "MAIL", "421 no", DELIVERY_LATER, true },
		{ "MAIL", "530 no", DELIVERY_LATER, true },
		{ "MAIL", "538 no", DELIVERY_LATER, true },
		{ "MAIL", NULL, DELIVERY_LATER, true },
		{ "RCPT", "450 no", DELIVERY_LATER, false },
		{ "RCPT", "550 no", DELIVERY_FAILED, false },
		{ "RCPT", "530 no", DELIVERY_LATER, true },
		{ "RCPT", "251 elsewhere", DELIVERY_SENT, false },
		{ "RCPT", NULL, DELIVERY_LATER, false },
		{ "DATA", "451 no", DELIVERY_LATER, false },
		{ "DATA", "554 no", DELIVERY_FAILED, false },
		{ "DATA", NULL, DELIVERY_LATER, false },
		{ ".", "452 no", DELIVERY_LATER, false },
		{ ".", "554 no", DELIVERY_FAILED, false },
		{ ".", NULL, DELIVERY_LATER, false },
		{ ".", "250-two\r\n250 lines", DELIVERY_SENT, false },
		{ "QUIT", "500 what?", DELIVERY_SENT, false },
		{ "QUIT", NULL, DELIVERY_SENT, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct relay relay = { .at = cases[i].at, .answer = cases[i].answer };
		struct sending s;

		g_test_message("%s: %s", cases[i].at, cases[i].answer ? cases[i].answer : "gone");
		send_to(&relay, carla, TEXT, NULL, &s);
		g_assert_cmpint(s.results[0].delivery, ==, cases[i].delivery);
		g_assert_cmpint(s.relay_down, ==, cases[i].relay_down);
		g_assert_cmpuint(strlen(s.results[0].reply), >, 0);
		if (cases[i].answer && s.results[0].delivery != DELIVERY_SENT)
			g_assert_cmpstr(s.results[0].reply, ==, cases[i].answer);
		relay_release(&relay);
	}
}

/* LIMIT_REPLY_TEXT of what it says. */
static void test_long_answer(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill(LIMIT_REPLY_TEXT - strlen("550 ") + past, 'n'),
				*said = g_strconcat("550 ", fill, NULL);
		struct relay relay = { .at = "MAIL", .answer = said };
		struct sending s;

		send_to(&relay, carla, TEXT, NULL, &s);
		g_assert_cmpuint(strlen(s.results[0].reply), ==, LIMIT_REPLY_TEXT);
		relay_release(&relay);
	}
}

static void test_recipients(void)
{
	static const char *const three[] = { "a@example.net", "b@example.net", "c@example.net",
		NULL };
	static const struct {
		const char *answer, *end;
		enum delivery others, second;
	} cases[] = {
		{ "550 unknown", "250 ok", DELIVERY_SENT, DELIVERY_FAILED },
		{ "450 later", "250 ok", DELIVERY_SENT, DELIVERY_LATER },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct relay relay = { .at = "RCPT", .answer = cases[i].answer, .nth = 1 };
		struct sending s;

		send_to(&relay, three, TEXT, NULL, &s);
		g_assert_cmpint(s.results[0].delivery, ==, cases[i].others);
		g_assert_cmpint(s.results[1].delivery, ==, cases[i].second);
		g_assert_cmpint(s.results[2].delivery, ==, cases[i].others);
		g_assert_cmpstr(s.results[1].reply, ==, cases[i].answer);
		g_assert_false(s.relay_down);
		relay_release(&relay);
	}
}

static void test_smtputf8(void)
{
	static const char *const two[] = { "jürgen@example.net", "carla@example.net", NULL };
	static const struct {
		const char *offers;
		enum delivery first, second;
	} cases[] = {
		{ NULL, DELIVERY_SENT, DELIVERY_SENT },
		{ "250 relay", DELIVERY_FAILED, DELIVERY_LATER },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct relay relay = { .offers = cases[i].offers };
		struct sending s;

		send_to(&relay, two, TEXT, NULL, &s);
		g_assert_cmpint(s.results[0].delivery, ==, cases[i].first);
		g_assert_cmpint(s.results[1].delivery, ==, cases[i].second);
		g_assert_cmpint(strstr(relay.commands->str, " SMTPUTF8") != NULL, ==,
			cases[i].offers == NULL);
		g_assert_false(s.relay_down);
		relay_release(&relay);
	}
}

static void test_stop(void)
{
	struct relay relay = { 0 };
	const gint stop = 1;
	struct sending s;

	send_to(&relay, carla, TEXT, &stop, &s);
	g_assert_cmpint(s.results[0].delivery, ==, DELIVERY_LATER);
	relay_release(&relay);
}

static void test_patience(void)
{
	static const struct {
		int64_t timeout, while_talking, at_end;
	} cases[] = { { 1, 1, 1 }, { 29, 29, 29 }, { 30, 30, 600 }, { 300, 300, 600 },
		{ 3600, 3600, 3600 } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_cmpint(
			courier_patience(cases[i].timeout, false), ==, cases[i].while_talking);
		g_assert_cmpint(courier_patience(cases[i].timeout, true), ==, cases[i].at_end);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/courier/lines end in CRLF and leading dots are doubled", test_text);
	g_test_add_func(
		"/courier/leading dots are doubled wherever the text is cut", test_long_text);
	g_test_add_func("/courier/each answer at each step is what it means", test_answers);
	g_test_add_func("/courier/a long answer is cut", test_long_answer);
	g_test_add_func("/courier/a refused recipient is not the others' trouble", test_recipients);
	g_test_add_func("/courier/SMTPUTF8 is used, and without it who needs it fails alone",
		test_smtputf8);
	g_test_add_func("/courier/a stop breaks off", test_stop);
	g_test_add_func(
		"/courier/the end of the text has ten minutes unless somebody is in a hurry",
		test_patience);
	return g_test_run();
}
