/* SMTP by libcurl. Its return code says little of what the relay meant, so the dialogue is followed
 * through the debug callback: which command a reply belongs to decides whether a 5xx is about the
 * mail, one recipient, or us. */
#include "act/courier.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <sys/socket.h>

#include "base/library.h"
#include "base/text.h"
#include "base/tongue.h"
#include "build-config.h"

/* The relay had the whole text and owes its word on it: STAGE_END. */
enum stage { STAGE_CONNECT, STAGE_MAIL, STAGE_RCPT, STAGE_DATA, STAGE_TEXT, STAGE_END };

/* RFC 5321 section 4.5.3.2.6: breaking off after the end of the text doubles mail that a slow relay
 * has taken. Who sets a timeout below what is usual wants to know sooner. */
enum { RFC_END = 600, USUAL_TIMEOUT = 30 };

struct courier {
	struct settings *settings;
	char *password; /* NULL: none is needed */
	CURL *curl;     /* made when the first mail is sent */
	struct curl_slist *recipients;
	char error[CURL_ERROR_SIZE];
	int64_t timeout_s;
	bool has_login;
	/* The mail that is being sent. */
	const char *mail;
	size_t len, at;
	bool after_lf_pending; /* an LF whose CR was given already */
	const gint *stop;
	/* The dialogue. */
	enum stage stage;
	gint64 asked;        /* when we said something last, monotonic */
	bool silent;         /* the relay did not answer that in time */
	bool leaving;        /* QUIT was sent */
	bool logged_in;      /* on this connection */
	bool smtputf8;       /* the relay of this connection takes it (RFC 6531) */
	bool wants_smtputf8; /* an address of this mail needs it */
	size_t rcpt;         /* recipients asked about so far */
	size_t count;
	struct delivery_result *results;
	int code; /* of the last reply */
	char reply[LIMIT_REPLY_TEXT + 1];
};

/* libcurl, loaded for the first mail that is sent, for it brings a dozen libraries of
 * cryptography. Its check of what curl.easy_setopt() gets is lost with that: a long, a pointer. */
/* clang-format off */
#define CURL_FUNCTIONS(F) \
	F(curl_, easy_cleanup) F(curl_, easy_getinfo) F(curl_, easy_init) F(curl_, easy_perform) \
	F(curl_, easy_setopt) F(curl_, easy_strerror) F(curl_, global_init) \
	F(curl_, slist_append) F(curl_, slist_free_all)
/* clang-format on */

static struct curl {
	CURL_FUNCTIONS(LIBRARY_POINTER)
} curl;

static struct library curl_library = LIBRARY(CURL_LIBRARY, CURL_FUNCTIONS, curl);

static enum status curl_load(struct error *err)
{
	return library_load(&curl_library, err);
}

/* --- following the dialogue --- */

static bool courier_begins(const char *data, size_t len, const char *word)
{
	return len >= strlen(word) && g_ascii_strncasecmp(data, word, strlen(word)) == 0;
}

static bool begins_anew(const char *data, size_t len)
{
	return courier_begins(data, len, "EHLO") || courier_begins(data, len, "HELO");
}

static void note_command(struct courier *c, const char *data, size_t len)
{
	/* A command that is never answered must not be judged by the answer to the one before. */
	if (!courier_begins(data, len, "QUIT"))
		c->code = 0;
	if (courier_begins(data, len, "MAIL FROM")) {
		c->stage = STAGE_MAIL;
	} else if (courier_begins(data, len, "RCPT TO")) {
		c->stage = STAGE_RCPT;
		c->rcpt++;
	} else if (courier_begins(data, len, "DATA")) {
		c->stage = STAGE_DATA;
	} else if (begins_anew(data, len)) {
		c->smtputf8 = c->logged_in = false;
	}
	/* libcurl takes leave after a refusal; the answer to that is not the relay's word on the
	 * mail. */
	c->leaving = courier_begins(data, len, "QUIT");
}

static void keep_line(char *out, const char *data, size_t len)
{
	g_autofree char *raw = g_strndup(data, len), *line = text_line(raw, LIMIT_REPLY_TEXT);

	g_strlcpy(out, line, LIMIT_REPLY_TEXT + 1);
}

static enum delivery courier_judge(int code)
{
	if (code >= 500)
		return DELIVERY_FAILED;
	return code >= 400 ? DELIVERY_LATER : DELIVERY_SENT;
}

/* Answers that speak of our login or encryption (RFC 4954 section 6, RFC 3207 section 4), never of
 * a mail. Without the login that we have but were not offered to use, we are a stranger whom the
 * relay refuses. */
static bool refuses_us(const struct courier *c)
{
	return (c->code >= 530 && c->code <= 538) ||
		(c->code >= 400 && c->has_login && !c->logged_in);
}

static void note_recipient(struct courier *c)
{
	struct delivery_result *r = &c->results[c->rcpt - 1];

	r->delivery = refuses_us(c) ? DELIVERY_LATER : courier_judge(c->code);
	g_strlcpy(r->reply, c->reply, sizeof r->reply);
}

static void note_reply(struct courier *c, const char *data, size_t len)
{
	if (c->stage == STAGE_CONNECT && len > 4 && courier_begins(data + 4, len - 4, "SMTPUTF8"))
		c->smtputf8 = true;
	/* Only the last line of a reply has a blank after its code (RFC 5321 section 4.2.1). */
	if (c->leaving || len < 4 || !g_ascii_isdigit(data[0]) || data[3] == '-')
		return;
	c->code = (int)g_ascii_strtoll(data, NULL, 10);
	keep_line(c->reply, data, len);
	if (c->stage == STAGE_CONNECT)
		c->logged_in |= c->code == 235;
	else if (c->stage == STAGE_RCPT && c->rcpt >= 1 && c->rcpt <= c->count)
		note_recipient(c);
	else if (c->stage == STAGE_DATA && c->code == 354)
		c->stage = STAGE_TEXT;
}

static int on_debug(CURL *handle, curl_infotype type, char *data, size_t len, void *arg)
{
	struct courier *c = arg;

	(void)handle;
	if (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT)
		c->asked = g_get_monotonic_time();
	if (type == CURLINFO_HEADER_OUT)
		note_command(arg, data, len);
	else if (type == CURLINFO_HEADER_IN)
		note_reply(arg, data, len);
	return 0;
}

/* --- the mail's bytes: LF becomes CRLF; libcurl doubles leading dots --- */

static size_t on_read(char *out, size_t size, size_t count, void *arg)
{
	struct courier *c = arg;
	size_t room = size * count, n = 0;

	if (c->wants_smtputf8 && !c->smtputf8)
		return CURL_READFUNC_ABORT;
	while (n < room && c->at < c->len) {
		char ch = c->mail[c->at];
		bool bare = ch == '\n' && !c->after_lf_pending &&
			(c->at == 0 || c->mail[c->at - 1] != '\r');

		out[n++] = bare ? '\r' : ch;
		c->after_lf_pending = bare;
		c->at += !bare;
	}
	if (n == 0) {
		c->stage = STAGE_END;
		c->asked = g_get_monotonic_time();
	}
	return n;
}

int64_t courier_patience(int64_t timeout_s, bool at_end)
{
	return at_end && timeout_s >= USUAL_TIMEOUT ? MAX(timeout_s, RFC_END) : timeout_s;
}

static bool is_stopped(const struct courier *c)
{
	return c->stop && g_atomic_int_get(c->stop) != 0;
}

/* Called at least every second. */
static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t d, curl_off_t e)
{
	struct courier *c = arg;

	(void)a;
	(void)b;
	(void)d;
	(void)e;
	c->silent = g_get_monotonic_time() - c->asked >
		courier_patience(c->timeout_s, c->stage == STAGE_END) * G_TIME_SPAN_SECOND;
	return c->silent || is_stopped(c);
}

/* --- life --- */

static enum status courier_read_password(struct courier *c, struct error *err)
{
	const char *file = c->settings->mail_out.password_file;
	g_autoptr(GError) error = NULL;

	if (!c->has_login)
		return ST_OK;
	if (!g_file_get_contents(file, &c->password, NULL, &error))
		return error_set(
			err, ST_IO, _("cannot read the relay's password: %s"), error->message);
	c->password[strcspn(c->password, "\r\n")] = '\0';
	return ST_OK;
}

static void set_login(struct courier *c)
{
	if (!c->has_login)
		return;
	curl.easy_setopt(c->curl, CURLOPT_USERNAME, c->settings->mail_out.username);
	curl.easy_setopt(c->curl, CURLOPT_PASSWORD, c->password);
}

/* on_progress() tells the stages apart, which libcurl's own limits do not; theirs are only not to
 * be in its way. */
static void set_timeouts(struct courier *c)
{
	int64_t timeout = c->timeout_s;

	curl.easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT, (long)timeout);
	curl.easy_setopt(c->curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
		(long)courier_patience(timeout, true) + 2);
	curl.easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
}

static void set_callbacks(struct courier *c)
{
	curl.easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->error);
	curl.easy_setopt(c->curl, CURLOPT_VERBOSE, 1L);
	curl.easy_setopt(c->curl, CURLOPT_DEBUGFUNCTION, on_debug);
	curl.easy_setopt(c->curl, CURLOPT_DEBUGDATA, c);
	curl.easy_setopt(c->curl, CURLOPT_UPLOAD, 1L);
	curl.easy_setopt(c->curl, CURLOPT_READFUNCTION, on_read);
	curl.easy_setopt(c->curl, CURLOPT_READDATA, c);
	curl.easy_setopt(c->curl, CURLOPT_NOPROGRESS, 0L);
	curl.easy_setopt(c->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl.easy_setopt(c->curl, CURLOPT_XFERINFODATA, c);
	/* One recipient's refusal is not the others'. */
	curl.easy_setopt(c->curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
}

/* By its name in the URL; the name server is not asked. */
static bool is_loopback(const char *url)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
	const char *host = uri ? g_uri_get_host(uri) : NULL;
	struct in_addr v4;

	if (!host)
		return false;
	return g_ascii_strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
		(inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

/* A password is for the relay alone: not for whoever listens on the way, nor for whoever stands in
 * for it. Only "never" says that this is no matter, and on this host nobody can do either. */
static enum starttls courier_encryption(const struct settings *s)
{
	bool guarded = *s->mail_out.username && !is_loopback(s->mail_out.url);

	return s->mail_out.starttls == STARTTLS_TRY && guarded
		? STARTTLS_REQUIRE
		: (enum starttls)s->mail_out.starttls;
}

static void set_encryption(struct courier *c, const struct settings *s)
{
	static const long ssl[] = { [STARTTLS_NEVER] = CURLUSESSL_NONE,
		[STARTTLS_TRY] = CURLUSESSL_TRY,
		[STARTTLS_REQUIRE] = CURLUSESSL_ALL };
	enum starttls starttls = courier_encryption(s);

	curl.easy_setopt(c->curl, CURLOPT_USE_SSL, ssl[starttls]);
	/* Encryption that is only tried protects from nobody who can change what passes: a
	 * certificate would not make it safer. */
	if (starttls == STARTTLS_TRY && g_str_has_prefix(s->mail_out.url, "smtp://")) {
		curl.easy_setopt(c->curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl.easy_setopt(c->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static enum status courier_set_up(struct courier *c, struct error *err)
{
	const struct settings *s = c->settings;
	enum status st = c->curl ? ST_OK : curl_load(err);

	if (c->curl || st != ST_OK)
		return st;
	if (curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		c->curl = curl.easy_init();
	if (!c->curl)
		return error_set(err, ST_IO, _("cannot initialise libcurl"));
	set_callbacks(c);
	set_timeouts(c);
	set_encryption(c, s);
	set_login(c);
	curl.easy_setopt(c->curl, CURLOPT_URL, s->mail_out.url);
	curl.easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	return ST_OK;
}

enum status courier_new(struct settings *settings, struct courier **courier_out, struct error *err)
{
	struct courier *c = g_new0(struct courier, 1);
	enum status st;

	c->settings = settings_ref(settings);
	c->timeout_s = settings->mail_out.timeout_s;
	c->has_login = *settings->mail_out.username;
	st = courier_read_password(c, err);
	if (st == ST_OK)
		*courier_out = c;
	else
		courier_free(c);
	return st;
}

/* libcurl says QUIT and would wait two minutes for the answer, which nobody needs. */
static void expect_no_farewell(struct courier *c)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (curl.easy_getinfo(c->curl, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
		fd != CURL_SOCKET_BAD)
		shutdown(fd, SHUT_RD);
}

void courier_free(struct courier *c)
{
	if (!c)
		return;
	if (c->curl) {
		expect_no_farewell(c);
		curl.easy_cleanup(c->curl);
		curl.slist_free_all(c->recipients);
	}
	if (c->password)
		explicit_bzero(c->password, strlen(c->password));
	g_free(c->password);
	settings_unref(c->settings);
	g_free(c);
}

/* --- sending --- */

static void courier_begin(struct courier *c, const char *sender, const char *const *to,
	const char *mail, size_t len, const gint *stop, struct delivery_result *results)
{
	g_autofree char *from = g_strdup_printf("<%s>", sender);

	c->mail = mail;
	c->len = len;
	c->at = c->count = c->rcpt = 0;
	c->after_lf_pending = c->leaving = c->silent = false;
	c->asked = g_get_monotonic_time();
	c->stop = stop;
	c->stage = STAGE_CONNECT;
	c->code = 0;
	c->reply[0] = c->error[0] = '\0';
	c->results = results;
	c->wants_smtputf8 = !g_str_is_ascii(sender);
	curl.slist_free_all(c->recipients);
	c->recipients = NULL;
	for (; to[c->count]; c->count++) {
		c->recipients = curl.slist_append(c->recipients, to[c->count]);
		c->wants_smtputf8 |= !g_str_is_ascii(to[c->count]);
		results[c->count].delivery = DELIVERY_LATER;
		results[c->count].reply[0] = '\0';
	}
	curl.easy_setopt(c->curl, CURLOPT_MAIL_FROM, from);
	curl.easy_setopt(c->curl, CURLOPT_MAIL_RCPT, c->recipients);
}

static void courier_settle(struct delivery_result *r, enum delivery delivery, const char *text)
{
	r->delivery = delivery;
	g_strlcpy(r->reply, text, sizeof r->reply);
}

/* The words for a failure: the relay's if it refused, else ours or libcurl's. */
static char *courier_reason(const struct courier *c, CURLcode rc)
{
	if (c->code >= 400)
		return g_strdup(c->reply);
	if (c->silent || rc == CURLE_OPERATION_TIMEDOUT)
		return g_strdup_printf("the relay did not answer within %" G_GINT64_FORMAT " s",
			courier_patience(c->timeout_s, c->stage == STAGE_END));
	return g_strdup(c->error[0] ? c->error : curl.easy_strerror(rc));
}

static bool speaks_of_us(const struct courier *c)
{
	return c->stage == STAGE_CONNECT || refuses_us(c) ||
		(c->stage == STAGE_MAIL && c->code == 421);
}

/* What of the whole applies to each: recipients that were refused by themselves keep their own
 * reply. */
static void judge_all(struct courier *c, CURLcode rc)
{
	bool refused = c->code >= 500 && !speaks_of_us(c) && c->stage != STAGE_RCPT;
	enum delivery failure = refused ? DELIVERY_FAILED : DELIVERY_LATER;
	enum delivery delivery = rc == CURLE_OK ? courier_judge(c->code) : failure;
	g_autofree char *text = rc == CURLE_OK ? g_strdup(c->reply) : courier_reason(c, rc);

	for (size_t i = 0; i < c->count; i++) {
		struct delivery_result *r = &c->results[i];
		bool own_reply = r->reply[0] && r->delivery != DELIVERY_SENT;

		if (!own_reply)
			courier_settle(r, delivery, text);
	}
}

/* The mail was held back after DATA: those who need what the relay does not know fail for good,
 * the others are served without them. */
static void judge_held_back(struct courier *c, const char *sender, const char *const *to)
{
	bool all = !g_str_is_ascii(sender);

	for (size_t i = 0; i < c->count; i++) {
		if (all || !g_str_is_ascii(to[i]))
			courier_settle(&c->results[i], DELIVERY_FAILED,
				"the relay does not offer SMTPUTF8, which this address needs");
		else if (c->results[i].delivery != DELIVERY_FAILED)
			courier_settle(&c->results[i], DELIVERY_LATER,
				"held back with a recipient that needs SMTPUTF8");
	}
}

/* A relay ends a connection that was idle for too long; what we hear then is no word on this mail,
 * nor is its silence. */
static bool was_stale(const struct courier *c, CURLcode rc)
{
	long connects = 1;

	curl.easy_getinfo(c->curl, CURLINFO_NUM_CONNECTS, &connects);
	return connects == 0 && rc != CURLE_OK && c->stage <= STAGE_MAIL &&
		(c->code < 400 || c->code == 421) && !is_stopped(c);
}

static void courier_hold_all(
	const char *const *to, const char *why, struct delivery_result *results)
{
	for (size_t i = 0; to[i]; i++)
		courier_settle(&results[i], DELIVERY_LATER, why);
}

void courier_send(struct courier *c, const char *sender, const char *const *to, const char *mail,
	size_t len, const gint *stop, struct delivery_result *results, bool *relay_down_out)
{
	struct error err = { "" };
	CURLcode rc;

	*relay_down_out = courier_set_up(c, &err) != ST_OK;
	if (*relay_down_out) {
		courier_hold_all(to, err.text, results);
		return;
	}
	courier_begin(c, sender, to, mail, len, stop, results);
	rc = curl.easy_perform(c->curl);
	if (was_stale(c, rc)) {
		courier_begin(c, sender, to, mail, len, stop, results);
		rc = curl.easy_perform(c->curl);
	}
	judge_all(c, rc);
	if (c->stage >= STAGE_TEXT && c->wants_smtputf8 && !c->smtputf8)
		judge_held_back(c, sender, to);
	/* Once it took the sender, a relay that breaks off may do so because of this mail, which
	 * must not keep the others waiting. */
	*relay_down_out = rc != CURLE_OK &&
		(speaks_of_us(c) || (c->stage == STAGE_MAIL && c->code < 400));
}
