/* What may be wrong with the agents' mailboxes: their directory, our unit, and the IMAP server. */
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/maildir.h"
#include "base/text.h"
#include "base/tongue.h"
#include "doctor.h"

/* One is an idle IMAP process's, of whom there may be several an agent. */
enum { INOTIFY_INSTANCES = 512 };

static bool mailboxes_are_on(const struct doctor *d)
{
	return *d->settings->mailboxes.path != '\0';
}

void look_mailboxes_group(struct doctor *d)
{
	const char *name = d->settings->mailboxes.group;

	if (mailboxes_are_on(d) && !getgrnam(name))
		doctor_found(d, (const char *[]){ name, NULL },
			_("mailboxes.group: there is no group '%s'"), name);
}

static bool mailboxes_stat_is_right(const struct doctor *d, const struct stat *there)
{
	const struct passwd *user = getpwnam(d->settings->user);
	const struct group *group = getgrnam(d->settings->mailboxes.group);

	return S_ISDIR(there->st_mode) && user && there->st_uid == user->pw_uid && group &&
		there->st_gid == group->gr_gid && (there->st_mode & ALLPERMS) == MAILDIR_TREE_MODE;
}

void look_mailboxes_path(struct doctor *d)
{
	const char *path = d->settings->mailboxes.path, *group = d->settings->mailboxes.group;
	struct stat there = { 0 };
	bool is_there;

	if (!mailboxes_are_on(d))
		return;
	is_there = lstat(path, &there) == 0;
	if (is_there && mailboxes_stat_is_right(d, &there))
		return;
	doctor_found(d, (const char *[]){ d->settings->user, group, path, NULL },
		_("%s is no directory that is %s's, of the group %s, with mode %o"), path,
		d->settings->user, group, (unsigned)MAILDIR_TREE_MODE);
}

/* What conf/examples/systemd/mailboxes.conf gives it. */
void look_mailboxes_unit(struct doctor *d)
{
	static const char *const in_the_way[] = { "RestrictSUIDSGID", "PrivateUsers", NULL };
	const char *path = d->settings->mailboxes.path, *group = d->settings->mailboxes.group;
	g_autoptr(GHashTable) unit = doctor_unit();
	const char *groups = g_hash_table_lookup(unit, "SupplementaryGroups");
	g_auto(GStrv) words = g_strsplit(groups ? groups : "", " ", -1);
	bool right = g_strv_contains((const char *const *)words, group) &&
		doctor_unit_writes(unit, path);

	if (!mailboxes_are_on(d) ||
		g_strcmp0(g_hash_table_lookup(unit, "LoadState"), "loaded") != 0)
		return;
	for (size_t i = 0; in_the_way[i]; i++)
		right = right && g_strcmp0(g_hash_table_lookup(unit, in_the_way[i]), "yes") != 0;
	if (!right)
		doctor_found(d, (const char *[]){ group, path, NULL },
			_("the unit milticket.service does not let it share %s with the group %s"),
			path, group);
}

void look_mailboxes_inotify(struct doctor *d)
{
	g_autofree char *text = NULL;
	uint64_t most;

	if (!mailboxes_are_on(d) ||
		!g_file_get_contents(
			"/proc/sys/fs/inotify/max_user_instances", &text, NULL, NULL) ||
		text_parse_number(g_strchomp(text), &most) != ST_OK || most >= INOTIFY_INSTANCES)
		return;
	doctor_found(d, NULL,
		_("fs.inotify.max_user_instances is %" PRIu64
		  ": as many mail clients of agents hear of changes at once"),
		most);
}

void look_mailboxes_dovecot(struct doctor *d)
{
	static const char *const words[] = { "doveconf", "-h", "mail_access_groups", NULL };
	const char *group = d->settings->mailboxes.group;
	g_autofree char *text = NULL, *wanted = NULL;
	g_auto(GStrv) groups = NULL;

	/* There is none here, or it is not for us to read. */
	if (!mailboxes_are_on(d) || !doctor_run(words, &text, NULL))
		return;
	groups = g_strsplit_set(g_strstrip(text), " ,", -1);
	if (g_strv_contains((const char *const *)groups, group))
		return;
	wanted = *text ? g_strdup_printf("%s %s", text, group) : g_strdup(group);
	doctor_found(d, (const char *[]){ wanted, NULL },
		_("Dovecot's mail_access_groups has no %s: it can show the agents no ticket"),
		group);
}
