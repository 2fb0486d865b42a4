/* How a server is reached: the url, and the password that is not in it. */
#include "store/postgresql/pg-link.h"

#include <string.h>
#include <sys/stat.h>

#include "base/textfile.h"
#include "base/tongue.h"

enum { PASSWORD_MAX = 1024 };

static const char *server_option(const PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword; options++)
		if (strcmp(options->keyword, keyword) == 0)
			return options->val;
	return NULL;
}

static char **server_list(const PQconninfoOption *options, const char *keyword)
{
	const char *value = server_option(options, keyword);

	return value && *value ? g_strsplit(value, ",", -1) : NULL;
}

static void server_read_hosts(struct pg_server *server, const PQconninfoOption *options)
{
	char **any;

	server->hosts = server_list(options, "host");
	server->addresses = server_list(options, "hostaddr");
	server->ports = server_list(options, "port");
	any = server->addresses ? server->addresses : server->hosts;
	server->n_hosts = any ? g_strv_length(any) : 1;
}

/* libpq says so itself when it is asked to connect, but not as soon. */
static bool server_lists_match(const struct pg_server *server)
{
	char **lists[] = { server->hosts, server->addresses, server->ports };

	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		if (lists[i] && g_strv_length(lists[i]) != server->n_hosts &&
			(lists[i] != server->ports || g_strv_length(lists[i]) != 1))
			return false;
	return true;
}

/* "a,b/milticket": what tells one from another, and is no secret. */
static char *server_shown(const PQconninfoOption *options)
{
	const char *host = server_option(options, "host"), *name = server_option(options, "dbname");

	if (!host)
		host = server_option(options, "hostaddr");
	return g_strconcat(host ? host : "", "/", name, NULL);
}

static enum status server_read_url(struct pg_server *server, struct error *err)
{
	char *why = NULL;
	PQconninfoOption *options = pq.conninfoParse(server->url, &why);
	enum status st = ST_OK;

	/* libpq's words would have the url in them. */
	if (!options)
		st = error_set(err, ST_REFUSED, _("store.url is none that libpq can read"));
	else if (server_option(options, "password") || server_option(options, "sslpassword"))
		st = error_set(err, ST_REFUSED,
			_("store.url has a password in it: it belongs into store.password_file"));
	else
		server_read_hosts(server, options);
	if (st == ST_OK && !server_lists_match(server))
		st = error_set(err, ST_REFUSED,
			_("store.url does not have as many ports or addresses as hosts"));
	if (st == ST_OK)
		server->shown = server_shown(options);
	pq.conninfoFree(options);
	pq.freemem(why);
	return st;
}

static enum status server_read_password(
	struct pg_server *server, const char *file, struct error *err)
{
	struct stat there;
	enum status st;

	if (stat(file, &there) == 0 && there.st_mode & S_IRWXO)
		return error_set(err, ST_REFUSED,
			_("others can read the password in '%s': chmod o= '%s'"), file, file);
	st = textfile_read(file, PASSWORD_MAX, &server->password, err);
	if (st == ST_OK)
		server->password[strcspn(server->password, "\r\n")] = '\0';
	return st == ST_OK ? ST_OK : ST_REFUSED;
}

enum status pg_server_init(
	struct pg_server *server, const char *url, const char *password_file, struct error *err)
{
	enum status st = pg_library_load(err);

	if (st != ST_OK)
		return st;
	server->url = g_strdup(url);
	st = server_read_url(server, err);
	if (st == ST_OK && password_file && *password_file)
		st = server_read_password(server, password_file, err);
	return st;
}

void pg_server_release(struct pg_server *server)
{
	if (server->password)
		explicit_bzero(server->password, strlen(server->password));
	g_clear_pointer(&server->password, g_free);
	g_clear_pointer(&server->hosts, g_strfreev);
	g_clear_pointer(&server->addresses, g_strfreev);
	g_clear_pointer(&server->ports, g_strfreev);
	g_clear_pointer(&server->shown, g_free);
	g_clear_pointer(&server->url, g_free);
}

int64_t pg_server_latest(const struct pg_server *server, int64_t deadline)
{
	return g_atomic_int_get(&server->hurries) ? MIN(deadline, server->end_by) : deadline;
}

int64_t pg_server_deadline(const struct pg_server *server)
{
	int64_t deadline = g_get_monotonic_time() + server->deadline_s * G_TIME_SPAN_SECOND;

	return pg_server_latest(server, deadline);
}

void pg_server_hurry(struct pg_server *server)
{
	server->end_by = pg_server_deadline(server);
	g_atomic_int_set(&server->hurries, true);
}
