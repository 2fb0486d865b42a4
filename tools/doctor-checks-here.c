/* What may be wrong on our own side: the configuration, the store, the daemon and its unit. */
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "base/tongue.h"
#include "doctor.h"
#include "search-index.h"
#include "store/store-lock.h"
#include "tables/needs.h"
#include "terminal.h"

#define INDEX_LATE (10 * G_TIME_SPAN_MINUTE)

/* --- the configuration --- */

void look_settings(struct doctor *d)
{
	if (!d->settings)
		doctor_found(d, NULL, "%s", d->cli->err.text);
}

void look_accounts(struct doctor *d)
{
	for (guint i = 0; i < d->settings->accounts->len; i++)
		if (((const struct account *)d->settings->accounts->pdata[i])->enabled)
			return;
	doctor_found(d, NULL, _("%s has no account that is enabled: no mail becomes a ticket"),
		d->cli->config);
}

/* Owned. */
static char *here_need_command(const struct doctor *d, const struct setting_need *need)
{
	const struct settings *s = d->settings;
	const char *path = strchr(need->value, '/');
	g_autofree char *name = doctor_quote(need->value), *conf = doctor_quote(d->cli->config);
	g_autofree char *place = path ? g_path_get_dirname(path) : g_strdup("");

	switch (need->kind) {
	case NEEDS_USER:
		return g_strdup_printf("useradd --system --no-create-home --home-dir %s "
				       "--shell /usr/sbin/nologin --user-group %s",
			settings_state(s), name);
	case NEEDS_GROUP:
		return g_strdup_printf("groupadd --system --force %s", name);
	case NEEDS_DIRECTORY:
		return g_strdup_printf(
			"install -d -o %s -g %s -m 2770 %s", s->user, s->group, name);
	case NEEDS_SOCKET_PLACE:
		return g_strdup_printf(
			"install -d -o %s -g %s -m 0750 %s", s->user, s->group, place);
	case NEEDS_QUEUE:
		return g_strdup_printf("ticket queue add --config %s %s", conf, name);
	case NEEDS_AGENT:
		return g_strdup_printf("ticket agent add --config %s %s", conf, name);
	case NEEDS_QUERY:
	case NEEDS_ACCOUNT:
	case NEEDS_NOTHING_ELSE:
		break;
	}
	return g_strdup_printf("${EDITOR:-vi} %s", conf);
}

void look_needs(struct doctor *d)
{
	g_autoptr(GPtrArray) unmet = NULL;
	struct error err;

	if (needs_unmet(d->settings, d->cli->store, !d->store_seen, &unmet, &err) != ST_OK)
		doctor_unknown(d, "%s", err.text);
	for (guint i = 0; unmet && i < unmet->len; i++) {
		g_autofree char *text = setting_need_text(unmet->pdata[i]);
		g_autofree char *command = here_need_command(d, unmet->pdata[i]);

		doctor_found(d, (const char *[]){ command, NULL }, "%s", text);
	}
}

/* --- what is the daemon's --- */

static bool here_identity(const struct doctor *d, uid_t *uid_out, gid_t *gid_out)
{
	const struct passwd *user = getpwnam(d->settings->user);
	const struct group *group = getgrnam(d->settings->group);

	if (!user || !group)
		return false;
	*uid_out = user->pw_uid;
	*gid_out = group->gr_gid;
	return true;
}

/* The first file of the store's directory that the daemon's group may not write. Owned; NULL: none.
 */
static char *here_foreign_file(const char *directory, gid_t gid)
{
	static const char *const names[] = { "", "data.mdb", "lock.mdb", "daemon.lock" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(directory, names[i], NULL);
		struct stat there;

		if (stat(path, &there) != 0)
			continue;
		if (there.st_gid != gid || !(there.st_mode & S_IWGRP) || there.st_mode & S_IRWXO)
			return g_steal_pointer(&path);
	}
	return NULL;
}

void look_store_owner(struct doctor *d)
{
	const char *directory = settings_state(d->settings);
	g_autofree char *path = NULL, *owner = NULL;
	uid_t uid;
	gid_t gid;

	if (!here_identity(d, &uid, &gid))
		return;
	path = here_foreign_file(directory, gid);
	if (!path)
		return;
	owner = g_strdup_printf("%s:%s", d->settings->user, d->settings->group);
	doctor_found(d, (const char *[]){ owner, directory, NULL },
		_("%s is not for the group %s alone to read and write"), path, d->settings->group);
}

/* What is missing, is being built or lags a little is no fault: the daemon goes on with it. */
void look_search_index(struct doctor *d)
{
	struct index_state state;
	struct error err = { "" };
	int64_t now = g_get_real_time();
	g_autofree char *since = NULL;

	if (!d->cli->store)
		return;
	search_index_look(d->cli, &state, &err);
	if (state.is == INDEX_UNUSABLE)
		doctor_found(d, NULL, _("%s; searches read all messages"), err.text);
	if (!state.progress.since || now - state.progress.since < INDEX_LATE)
		return;
	since = terminal_time(state.progress.since);
	doctor_found(d, NULL,
		_("the search index has not followed the log since %s; %" PRIu64
		  " events are missing in it"),
		since, state.progress.behind);
}

static void database_look_health(struct doctor *d, const struct store_health *health)
{
	if (!health->primary)
		doctor_found(d, NULL, _("the database's server is a standby: it takes no writes"));
	else if (d->settings->store.require_sync && !health->quorum)
		doctor_found(d, NULL,
			_("store.require_sync is true, and the database's server waits for no other (synchronous_standby_names is empty): mail is refused for now"));
	else if (health->quorum && health->standbys == 0)
		doctor_found(d, NULL,
			_("none of the servers is there that the database's server waits for: mail is refused for now"));
}

void look_database(struct doctor *d)
{
	struct store_health health;
	struct error err = { "" };

	if (!*d->settings->store.url)
		return;
	if (!d->store_seen)
		doctor_found(d, NULL, "%s", d->store_error.text);
	else if (d->cli->store && store_health(d->cli->store, &health, &err) == ST_OK)
		database_look_health(d, &health);
	else if (d->cli->store)
		doctor_found(d, NULL, "%s", err.text);
}

static void password_look(struct doctor *d, const char *file, const char *without)
{
	struct stat there;
	uid_t uid;
	gid_t gid;

	if (!*file || stat(file, &there) != 0 || !here_identity(d, &uid, &gid))
		return;
	if ((there.st_uid == uid && there.st_mode & S_IRUSR) ||
		(there.st_gid == gid && there.st_mode & S_IRGRP))
		return;
	doctor_found(d, (const char *[]){ d->settings->group, file, NULL },
		_("user %s cannot read %s: %s"), d->settings->user, file, without);
}

void look_password(struct doctor *d)
{
	password_look(d, d->settings->mail_out.password_file, _("mail that goes out is not sent"));
	password_look(d, d->settings->store.password_file, _("the store cannot be opened"));
}

/* --- the daemon --- */

static bool here_daemon_runs(const struct doctor *d)
{
	return store_is_locked(settings_state(d->settings)) == ST_BUSY;
}

void look_daemon(struct doctor *d)
{
	enum status st = store_is_locked(settings_state(d->settings));

	if (st == ST_REFUSED)
		doctor_unknown(d,
			_("only root and the members of the group %s see whether it runs"),
			d->settings->group);
	else if (st != ST_BUSY)
		doctor_found(d, NULL, _("milticketd does not run on the store in %s"),
			settings_state(d->settings));
}

void look_socket(struct doctor *d)
{
	const struct visitor ourselves = { .user = NULL };

	if (!here_daemon_runs(d))
		return;
	switch (milter_ask(&d->own, &ourselves)) {
	case ANSWER_OURS:
		return;
	case ANSWER_OTHERS:
	case ANSWER_NONSENSE:
		doctor_found(d, NULL, _("another program than milticketd answers on %s"),
			d->settings->socket);
		return;
	case ANSWER_MISSING:
	case ANSWER_REFUSED:
		doctor_found(d, NULL,
			_("milticketd runs, and does not listen on %s: it was started with "
			  "another socket"),
			d->settings->socket);
		return;
	case ANSWER_DENIED:
	case ANSWER_FAILED:
		doctor_unknown(d, _("cannot connect to %s from here"), d->settings->socket);
	}
}

/* --- its unit --- */

GHashTable *doctor_unit(void)
{
	static const char *const words[] = { "systemctl", "show", "milticket", "-p",
		"LoadState,ProtectSystem,ReadWritePaths,StateDirectory,RuntimeDirectory,"
		"SupplementaryGroups,RestrictSUIDSGID,PrivateUsers",
		NULL };
	GHashTable *unit = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!doctor_run(words, &text, NULL))
		return unit;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) pair = g_strsplit(*line, "=", 2);

		if (pair[0] && pair[1])
			g_hash_table_insert(unit, g_strdup(pair[0]), g_strdup(pair[1]));
	}
	return unit;
}

/* Is the path one of these, or below one? The words of a list may have marks in front. */
static bool here_is_within(const char *path, GHashTable *unit, const char *name, const char *below)
{
	const char *list = g_hash_table_lookup(unit, name);
	g_auto(GStrv) words = g_strsplit(list ? list : "", " ", -1);

	for (char **word = words; *word; word++) {
		g_autofree char *whole = g_strconcat(below, *word + strspn(*word, "-+"), NULL);
		size_t len = strlen(whole);

		if (**word && strncmp(path, whole, len) == 0 && strchr("/", path[len]))
			return true;
	}
	return false;
}

bool doctor_unit_writes(GHashTable *unit, const char *path)
{
	return here_is_within(path, unit, "ReadWritePaths", "") ||
		here_is_within(path, unit, "StateDirectory", "/var/lib/") ||
		here_is_within(path, unit, "RuntimeDirectory", "/run/");
}

static void here_look_path(struct doctor *d, GHashTable *unit, const char *path)
{
	if (!doctor_unit_writes(unit, path))
		doctor_found(d, (const char *[]){ path, NULL },
			_("the unit milticket.service lets nothing be written in %s"), path);
}

void look_unit(struct doctor *d)
{
	g_autoptr(GHashTable) unit = doctor_unit();
	g_autofree char *place = d->own.inet ? NULL : g_path_get_dirname(d->own.path);
	const char *archive = settings_archive_directory(d->settings);

	if (g_strcmp0(g_hash_table_lookup(unit, "LoadState"), "loaded") != 0 ||
		g_strcmp0(g_hash_table_lookup(unit, "ProtectSystem"), "strict") != 0)
		return;
	here_look_path(d, unit, settings_state(d->settings));
	if (archive)
		here_look_path(d, unit, archive);
	if (place)
		here_look_path(d, unit, place);
}

/* --- mail that goes out --- */

/* "smtp://host:port/name" */
static void here_relay(const char *url, char **host_out, char **port_out)
{
	const char *host = strstr(url, "://") + strlen("://");
	size_t len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");

	*host_out = g_strndup(host, len);
	if (host[len] == ':')
		*port_out = g_strndup(host + len + 1, strcspn(host + len + 1, "/"));
	else
		*port_out = g_strdup(g_str_has_prefix(url, "smtps") ? "465" : "25");
}

/* What starts the mail server; where it runs, the address is another's. Owned. */
static char *here_relay_command(const struct doctor *d)
{
	g_autofree char *conf = doctor_quote(d->cli->config);
	g_autofree char *postfix = d->postfix ? doctor_start_postfix(d) : NULL;

	if (d->postfix ? postfix_runs(d->postfix) : !d->sendmail)
		return g_strdup_printf("${EDITOR:-vi} %s", conf);
	return postfix ? g_steal_pointer(&postfix) : g_strdup("systemctl start sendmail");
}

void look_relay(struct doctor *d)
{
	const char *url = d->settings->mail_out.url;
	g_autofree char *host = NULL, *port = NULL, *command = NULL;

	here_relay(url, &host, &port);
	switch (tcp_ask(host, port)) {
	case ANSWER_REFUSED:
		command = here_relay_command(d);
		doctor_found(d, (const char *[]){ command, NULL },
			_("nobody takes the mail that milticket sends, at %s"), url);
		return;
	case ANSWER_FAILED:
		doctor_unknown(d, _("%s was not asked: that needs the DNS"), url);
		return;
	default:
		return;
	}
}

void look_mail_server(struct doctor *d)
{
	if (!d->postfix && !d->sendmail)
		doctor_found(d, NULL, _("neither a Postfix nor a Sendmail is set up here"));
}
