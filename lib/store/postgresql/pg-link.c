/* One connection. libpq is never asked for anything that waits by itself. */
#include "store/postgresql/pg-link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/tongue.h"

#define DEF_PORT "5432"

enum { STATE_LENGTH = 5, KEEPALIVE_S = 5, MS_PER_S = 1000, LINK_PARAMETERS = 12 };

/* --- what went wrong --- */

static void link_reason(struct pg_link *link, const char *text)
{
	struct error shown;

	error_set(&shown, ST_IO, "%s", text);
	g_strlcpy(link->reason, shown.text, sizeof link->reason);
}

/* The first line of it. */
static void link_reason_of(struct pg_link *link, const char *text)
{
	g_autofree char *line = g_strndup(text, strcspn(text, "\n"));

	link_reason(link, g_strstrip(line));
}

static enum status link_break(struct pg_link *link, const char *why)
{
	link->broken = true;
	link->state[0] = '\0';
	if (why)
		link_reason(link, why);
	else
		link_reason_of(link, pq.errorMessage(link->conn));
	return ST_BUSY;
}

/* By class of SQLSTATE; the first that fits. */
static const struct state_meaning {
	const char *state;
	enum status status;
} state_meanings[] = {
	{ "53100", ST_FULL }, /* the disk */
	{ "53200", ST_BUSY },
	{ "53", ST_BUSY },    /* too many connections */
	{ "54", ST_FULL },    /* a limit of the program */
	{ "57014", ST_BUSY }, /* a time limit */
	{ "57", ST_BUSY },    /* it goes down, or comes up */
	{ "58030", ST_IO },
	{ "08", ST_BUSY },
	{ "40", ST_BUSY }, /* others were in the way */
	{ "55", ST_BUSY },
	{ "25006", ST_BUSY }, /* read-only: it is another's turn to be the primary */
	{ "25", ST_BUSY },
	{ "28", ST_REFUSED }, /* who we are */
	{ "3D000", ST_REFUSED },
	{ "42501", ST_REFUSED },
	{ "42", ST_IO },
	{ "22", ST_BAD_INPUT },
	{ "23", ST_BAD_INPUT },
};

static enum status pg_state_status(const char *state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(state_meanings); i++)
		if (g_str_has_prefix(state, state_meanings[i].state))
			return state_meanings[i].status;
	return state[0] ? ST_IO : ST_BUSY;
}

static enum status link_failed(struct pg_link *link, const char *state, const char *text)
{
	g_strlcpy(link->state, state ? state : "", sizeof link->state);
	link_reason(link, text);
	/* 57P01: it goes down, and says so. */
	link->broken |= g_str_has_prefix(link->state, "57P");
	return pg_state_status(link->state);
}

enum status pg_link_settle(struct pg_link *link, const PGresult *result)
{
	const char *text;

	switch (pq.resultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_SINGLE_TUPLE:
	case PGRES_PIPELINE_SYNC:
	case PGRES_EMPTY_QUERY:
		return ST_OK;
	case PGRES_PIPELINE_ABORTED:
		return ST_IO;
	case PGRES_COPY_OUT:
	case PGRES_COPY_IN:
	case PGRES_COPY_BOTH:
	case PGRES_BAD_RESPONSE:
	case PGRES_NONFATAL_ERROR:
	case PGRES_FATAL_ERROR:
		break;
	}
	if (pq.status(link->conn) != CONNECTION_OK)
		link->broken = true;
	text = pq.resultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (text)
		return link_failed(link, pq.resultErrorField(result, PG_DIAG_SQLSTATE), text);
	link_break(link, NULL);
	return ST_BUSY;
}

enum status pg_link_error(
	const struct pg_link *link, const char *what, enum status st, struct error *err)
{
	return error_set(
		err, st, _("cannot %s store '%s': %s"), what, link->server->shown, link->reason);
}

/* --- waiting --- */

static int link_left(const struct pg_link *link)
{
	int64_t left = link->deadline - g_get_monotonic_time();

	/* Rounded up: who looks at the clock after it must not find that there is time. */
	left = (left + G_TIME_SPAN_MILLISECOND - 1) / G_TIME_SPAN_MILLISECOND;
	return (int)CLAMP(left, 0, INT32_MAX);
}

/* The one place that waits. False at the deadline. */
static bool link_wait(struct pg_link *link, short events)
{
	struct pollfd fd = { pq.socket(link->conn), events, 0 };
	int64_t before = g_get_monotonic_time();
	int rc;

	do
		rc = poll(&fd, 1, link_left(link));
	while (rc < 0 && errno == EINTR);
	link->waited += g_get_monotonic_time() - before;
	return rc > 0;
}

enum status pg_link_lost(struct pg_link *link)
{
	return link_break(link, NULL);
}

static enum status link_too_late(struct pg_link *link)
{
	return link_break(link, _("no answer in time"));
}

/* What the server has to say is read while we write, or both would wait for ever. */
enum status pg_link_flush(struct pg_link *link)
{
	int rc;

	link->trips++;
	while ((rc = pq.flush(link->conn)) > 0) {
		if (!link_wait(link, POLLIN | POLLOUT))
			return link_too_late(link);
		if (!pq.consumeInput(link->conn))
			return link_break(link, NULL);
	}
	return rc < 0 ? link_break(link, NULL) : ST_OK;
}

enum status pg_link_result(struct pg_link *link, PGresult **result_out)
{
	while (pq.isBusy(link->conn)) {
		if (!link_wait(link, POLLIN))
			return link_too_late(link);
		if (!pq.consumeInput(link->conn))
			return link_break(link, NULL);
	}
	*result_out = pq.getResult(link->conn);
	return ST_OK;
}

static enum status link_last_result(struct pg_link *link, PGresult **result_out)
{
	PGresult *result = NULL;
	enum status st = pg_link_flush(link), failed = ST_OK;

	*result_out = NULL;
	while (st == ST_OK) {
		st = pg_link_result(link, &result);
		if (st != ST_OK || !result)
			break;
		if (failed == ST_OK)
			failed = pg_link_settle(link, result);
		pq.clear(*result_out);
		*result_out = result;
	}
	return st == ST_OK ? failed : st;
}

static enum status link_finish(struct pg_link *link, int sent, PGresult **result_out)
{
	PGresult *result = NULL;
	enum status st = sent ? link_last_result(link, &result) : link_break(link, NULL);

	if (st == ST_OK && result_out)
		*result_out = result;
	else
		pq.clear(result);
	return st;
}

enum status pg_link_run(struct pg_link *link, const char *sql, PGresult **result_out)
{
	return link_finish(link, pq.sendQuery(link->conn, sql), result_out);
}

enum status pg_link_ask(struct pg_link *link, const char *sql, const char *const *values, int n,
	PGresult **result_out)
{
	return link_finish(link,
		pq.sendQueryParams(link->conn, sql, n, NULL, values, NULL, NULL, 0), result_out);
}

enum status pg_link_fetch(struct pg_link *link, const char *sql, const struct pg_values *values,
	PGresult **result_out)
{
	int sent = pq.sendQueryParams(link->conn, sql, values->n, NULL, values->values,
		values->lengths, values->formats, 1);

	return link_finish(link, sent, result_out);
}

/* --- connecting --- */

/* The code stands in the long form of what the server says, "FATAL:  28P01: password …": libpq has
 * no other way to it before there is a connection. */
static enum status link_turned_away(struct pg_link *link)
{
	const char *text = pq.errorMessage(link->conn), *colon = strstr(text, ":  "),
		   *code = colon ? colon + strlen(":  ") : "";

	link_break(link, NULL);
	if (strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == STATE_LENGTH &&
		code[STATE_LENGTH] == ':') {
		g_strlcpy(link->state, code, STATE_LENGTH + 1);
		link_reason_of(link, code + STATE_LENGTH + 1);
	}
	/* It is libpq itself that lacks one. */
	if (!link->state[0] && pq.connectionNeedsPassword(link->conn))
		return ST_REFUSED;
	return pg_state_status(link->state);
}

static enum status link_shake_hands(struct pg_link *link)
{
	PostgresPollingStatusType next = PGRES_POLLING_WRITING;

	while (next != PGRES_POLLING_OK) {
		if (next == PGRES_POLLING_FAILED)
			return link_turned_away(link);
		if (!link_wait(link, next == PGRES_POLLING_READING ? POLLIN : POLLOUT))
			return link_too_late(link);
		next = pq.connectPoll(link->conn);
	}
	/* Else it waits by itself, and for ever, where what it is given does not fit between us. */
	return pq.setnonblocking(link->conn, 1) == 0 ? ST_OK : link_break(link, NULL);
}

/* Only the wait for other servers is of interest; the rest is for the server's own log. Its words
 * may be in any language. */
static void link_noticed(void *arg, const PGresult *notice)
{
	struct pg_link *link = arg;
	const char *function = pq.resultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);

	if (g_strcmp0(function, "SyncRepWaitForLSN") == 0)
		link->unknown = true;
}

struct link_parameters {
	const char *names[LINK_PARAMETERS], *values[LINK_PARAMETERS];
	size_t n;
};

static void link_add(struct link_parameters *all, const char *name, const char *value)
{
	all->names[all->n] = name;
	all->values[all->n++] = value;
}

static const char *link_one_of(char **list, unsigned which, const char *otherwise)
{
	const char *one;

	if (!list)
		return otherwise;
	one = list[1] ? list[which] : list[0];
	return *one ? one : otherwise;
}

/* What comes later counts more: the url may set a limit of its own, and names all hosts. */
static PGconn *link_start(const struct pg_server *server, unsigned which)
{
	g_autofree char *silence = g_strdup_printf("%" PRId64, server->deadline_s * MS_PER_S),
			*keepalive = g_strdup_printf("%d", KEEPALIVE_S);
	struct link_parameters all = { .n = 0 };

	link_add(&all, "fallback_application_name", "milticket");
	link_add(&all, "tcp_user_timeout", silence);
	link_add(&all, "keepalives_idle", keepalive);
	link_add(&all, "keepalives_interval", keepalive);
	link_add(&all, "dbname", server->url);
	link_add(&all, "client_encoding", "UTF8");
	if (server->n_hosts > 1) {
		link_add(&all, "host", link_one_of(server->hosts, which, NULL));
		link_add(&all, "hostaddr", link_one_of(server->addresses, which, NULL));
		link_add(&all, "port", link_one_of(server->ports, which, DEF_PORT));
	}
	if (server->password)
		link_add(&all, "password", server->password);
	return pq.connectStartParams(all.names, all.values, 1);
}

static struct pg_link *link_new(const struct pg_server *server, unsigned which)
{
	struct pg_link *link = g_new0(struct pg_link, 1);

	link->server = server;
	link->conn = link_start(server, which);
	if (link->conn) {
		pq.setErrorVerbosity(link->conn, PQERRORS_VERBOSE);
		pq.setNoticeReceiver(link->conn, link_noticed, link);
	}
	return link;
}

void pg_link_close(struct pg_link *link)
{
	if (!link)
		return;
	pq.finish(link->conn);
	g_clear_pointer(&link->prepared, g_hash_table_unref);
	g_free(link);
}

static enum status link_connect(struct pg_link *link)
{
	if (!link->conn)
		return link_break(link, _("out of memory"));
	if (pq.status(link->conn) == CONNECTION_BAD)
		return link_turned_away(link);
	return link_shake_hands(link);
}

/* --- is it one for us? --- */

static enum status link_is_wrong(struct pg_link *link, enum status st, const char *why)
{
	link->broken = true;
	link->state[0] = '\0';
	link_reason(link, why);
	return st;
}

enum { ASK_PID, ASK_STANDBY, ASK_QUORUM, ASK_COMMIT, ASK_FSYNC, ASK_ENCODING };

static const char check_sql[] =
	"select pg_backend_pid(), pg_is_in_recovery(),"
	" current_setting('synchronous_standby_names') <> '',"
	" current_setting('synchronous_commit') in ('on', 'remote_apply'),"
	" current_setting('fsync') = 'on', current_setting('server_encoding')";

static bool link_said(const PGresult *result, int column)
{
	return pq.getvalue(result, 0, column)[0] == 't';
}

/* Another server may be the primary soon, or this one be set otherwise. */
static enum status link_is_unsafe(struct pg_link *link, const char *why)
{
	link->unsafe = true;
	return link_is_wrong(link, ST_REFUSED, why);
}

static enum status link_judge(struct pg_link *link, const PGresult *said)
{
	const struct pg_server *server = link->server;

	/* A pooler gives numbers of its own: with another server connection for each transaction
	 * there is no session that statements, limits and LISTEN could stay in. */
	if (strtol(pq.getvalue(said, 0, ASK_PID), NULL, 10) != pq.backendPID(link->conn))
		return link_is_wrong(link, ST_REFUSED,
			_("a connection pooler such as pgbouncer stands between: name the server itself"));
	if (strcmp(pq.getvalue(said, 0, ASK_ENCODING), "UTF8") != 0)
		return link_is_wrong(
			link, ST_REFUSED, _("the database's encoding is not UTF8: make it anew"));
	if (server->read_only)
		return ST_OK;
	if (link_said(said, ASK_STANDBY))
		return link_is_wrong(
			link, ST_BUSY, _("the server is a standby: it takes no writes"));
	if (server->require_sync && !link_said(said, ASK_QUORUM))
		return link_is_unsafe(link,
			_("store.require_sync is true, and the server waits for no other (synchronous_standby_names is empty)"));
	if (server->require_sync && !link_said(said, ASK_COMMIT))
		return link_is_unsafe(link,
			_("store.require_sync is true, and the server has synchronous_commit off, local or remote_write"));
	if (server->durable && !link_said(said, ASK_FSYNC))
		return link_is_unsafe(
			link, _("store.durable is true, and the server has fsync off"));
	return ST_OK;
}

static enum status link_ask_and_judge(struct pg_link *link, const char *sql)
{
	PGresult *said = NULL;
	enum status st = pg_link_run(link, sql, &said);

	if (st == ST_OK)
		st = link_judge(link, said);
	pq.clear(said);
	link->checked = g_get_monotonic_time();
	return st;
}

enum status pg_link_check(struct pg_link *link, struct error *err)
{
	enum status st = link_ask_and_judge(link, check_sql);

	return st == ST_OK ? st : pg_link_error(link, _("use"), st, err);
}

/* What a role or a database may have been given otherwise. Who waited for a lock sees what was
 * committed meanwhile; a policy that would hide rows is an error; what is asked for has an index,
 * however few rows a table had when its statistics were made, and is planned once. */
static const char session_sql[] =
	"set search_path = milticket, pg_catalog;"
	" set default_transaction_isolation = 'read committed';"
	" set row_security = off; set standard_conforming_strings = on;"
	" set plan_cache_mode = force_generic_plan; set enable_seqscan = off;"
	" set enable_hashjoin = off; set enable_mergejoin = off;"
	" select set_config('synchronous_commit', case when"
	" current_setting('synchronous_commit') = 'remote_apply'"
	" then 'remote_apply' else '%s' end, false);";

/* Limits are the server's own, so that it gives up when we have; and a transaction that we are no
 * more there for is undone. */
static const char limits_sql[] = " set statement_timeout = '%" PRId64
				 "s'; set lock_timeout = '%" PRId64
				 "s'; set idle_in_transaction_session_timeout = '%" PRId64
				 "s'; set default_transaction_read_only = %s;";

static char *link_session(const struct pg_server *server)
{
	const char *only_reads = server->read_only ? "on" : "off";
	const char *waits = server->durable ? "on" : "off";
	g_autofree char *session = g_strdup_printf(session_sql, waits),
			*limits = g_strdup_printf(limits_sql, server->deadline_s,
				server->deadline_s, 2 * server->deadline_s, only_reads);

	return g_strconcat(session, limits, " ", check_sql, NULL);
}

/* One of the hosts, by a deadline of its own. */
static enum status link_try(struct pg_link *link)
{
	g_autofree char *session = link_session(link->server);
	enum status st = link_connect(link);

	return st == ST_OK ? link_ask_and_judge(link, session) : st;
}

/* A slice of the time that is left for each that is left. */
static int64_t link_slice(int64_t deadline, unsigned left)
{
	int64_t now = g_get_monotonic_time();

	return now + MAX(deadline - now, 0) / left;
}

/* What one refuses is of more interest than that another is not there. */
static void link_note_failure(struct pg_server *server, struct pg_link *link, enum status st,
	struct error *err, enum status *failed)
{
	if (*failed != ST_REFUSED) {
		pg_link_error(link, _("open"), st, err);
		g_atomic_int_set(&server->unsafe, link->unsafe);
		*failed = st;
	}
	pg_link_close(link);
}

enum status pg_link_open(
	struct pg_server *server, int64_t deadline, struct pg_link **link_out, struct error *err)
{
	unsigned first = (unsigned)g_atomic_int_get(&server->last);
	enum status failed = ST_BUSY;

	for (unsigned i = 0; i < server->n_hosts; i++) {
		unsigned which = (first + i) % server->n_hosts;
		struct pg_link *link = link_new(server, which);
		enum status st;

		link->deadline = link_slice(deadline, server->n_hosts - i);
		st = link_try(link);
		if (st == ST_OK) {
			g_atomic_int_set(&server->last, (int)which);
			g_atomic_int_set(&server->unsafe, false);
			*link_out = link;
			if (err)
				err->text[0] = '\0';
			return ST_OK;
		}
		link_note_failure(server, link, st, err, &failed);
	}
	return failed;
}
