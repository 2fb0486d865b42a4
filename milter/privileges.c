/* Dropping privileges. */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/maildir.h"
#include "base/tongue.h"

enum status privileges_check(const struct settings *settings, struct error *err)
{
	const struct passwd *user;
	const struct group *group;

	if (geteuid() != 0)
		return ST_OK;
	user = getpwnam(settings->user);
	group = getgrnam(settings->group);
	if (!user)
		return error_set(err, ST_BAD_INPUT, _("%s: user: there is no user '%s'"),
			settings->path, settings->user);
	if (!group)
		return error_set(err, ST_BAD_INPUT, _("%s: group: there is no group '%s'"),
			settings->path, settings->group);
	if (user->pw_uid == 0)
		return error_set(err, ST_BAD_INPUT,
			_("%s: user: the daemon does not run as root; expected an ordinary user"),
			settings->path);
	return ST_OK;
}

static enum status privileges_give_directory(
	const char *path, mode_t mode, uid_t uid, gid_t gid, struct error *err)
{
	struct stat stat;

	if (!path || !*path)
		return ST_OK;
	if (g_mkdir_with_parents(path, (gint)mode) != 0)
		return error_set(
			err, ST_IO, _("cannot make directory '%s': %s"), path, g_strerror(errno));
	if (lstat(path, &stat) != 0 || !S_ISDIR(stat.st_mode) || stat.st_uid != 0)
		return ST_OK;
	if (lchown(path, uid, gid) != 0 || chmod(path, mode) != 0)
		return error_set(err, ST_IO,
			_("cannot give directory '%s' to the daemon's user: %s"), path,
			g_strerror(errno));
	return ST_OK;
}

struct identity {
	uid_t uid;
	gid_t gid;
};

static enum status privileges_look_up(
	const struct settings *settings, struct identity *identity_out, struct error *err)
{
	const struct passwd *user = getpwnam(settings->user);
	const struct group *group = getgrnam(settings->group);

	if (!user || !group)
		return error_set(err, ST_BAD_INPUT, _("user '%s' or group '%s' is gone"),
			settings->user, settings->group);
	*identity_out = (struct identity){ user->pw_uid, group->gr_gid };
	return ST_OK;
}

/* The mailboxes' directory, which an IMAP server shares. What is wrong with it keeps no mail from
 * coming: it is said later, when they are opened. */
static void privileges_give_mailboxes(const struct settings *settings, const struct identity *us)
{
	const struct group *group = getgrnam(settings->mailboxes.group);

	privileges_give_directory(settings->mailboxes.path, MAILDIR_TREE_MODE, us->uid,
		group ? group->gr_gid : us->gid, NULL);
}

/* The user's groups, and that of the mailboxes, whether the user is in it or not. */
static bool privileges_set_groups(const struct settings *settings, const struct identity *us)
{
	const struct group *group = *settings->mailboxes.path ? getgrnam(settings->mailboxes.group)
							      : NULL;
	gid_t groups[NGROUPS_MAX];
	int n;

	if (initgroups(settings->user, us->gid) != 0)
		return false;
	n = group ? getgroups(NGROUPS_MAX - 1, groups) : -1;
	if (n < 0)
		return true;
	groups[n++] = group->gr_gid;
	return setgroups((size_t)n, groups) == 0;
}

static enum status cannot_become(const struct settings *settings, struct error *err)
{
	return error_set(err, ST_REFUSED, _("cannot become user '%s': %s"), settings->user,
		g_strerror(errno));
}

enum status privileges_lower(const struct settings *settings, struct error *err)
{
	const char *archive = settings_archive_directory(settings);
	struct identity us;
	enum status st;

	if (geteuid() != 0)
		return ST_OK;
	st = privileges_look_up(settings, &us, err);
	if (st == ST_OK)
		st = privileges_give_directory(settings->store.path, 02770, us.uid, us.gid, err);
	if (st == ST_OK && archive)
		st = privileges_give_directory(archive, 02770, us.uid, us.gid, err);
	if (st != ST_OK)
		return st;
	privileges_give_mailboxes(settings, &us);
	if (!privileges_set_groups(settings, &us) || setegid(us.gid) != 0 || seteuid(us.uid) != 0)
		return cannot_become(settings, err);
	return ST_OK;
}

enum status privileges_raise(struct error *err)
{
	if (getuid() == 0 && (seteuid(0) != 0 || setegid(0) != 0))
		return error_set(
			err, ST_REFUSED, _("cannot become root again: %s"), g_strerror(errno));
	return ST_OK;
}

enum status privileges_drop(const struct settings *settings, struct error *err)
{
	struct identity us;
	enum status st;

	if (geteuid() != 0)
		return ST_OK;
	st = privileges_look_up(settings, &us, err);
	if (st != ST_OK)
		return st;
	if (!privileges_set_groups(settings, &us) || setresgid(us.gid, us.gid, us.gid) != 0 ||
		setresuid(us.uid, us.uid, us.uid) != 0)
		return cannot_become(settings, err);
	if (setuid(0) == 0 || geteuid() == 0)
		return error_set(err, ST_REFUSED, _("cannot give up root's rights"));
	return ST_OK;
}
