/* Maildir++ trees. */
#include "archive/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/tongue.h"

/* --- names --- */

static bool maildir_is_plain(char c)
{
	return g_ascii_isalnum(c) || (c && strchr("@._-", c));
}

char *maildir_quote(const char *name)
{
	GString *out = g_string_new(NULL);

	for (const char *p = name; *p; p++)
		if (maildir_is_plain(*p) && !(p == name && *p == '.'))
			g_string_append_c(out, *p);
		else
			g_string_append_printf(out, "%%%02X", (guchar)*p);
	return g_string_free(out, FALSE);
}

char *maildir_unquote(const char *name)
{
	g_autofree char *plain = g_uri_unescape_string(name, NULL);
	g_autofree char *again = plain ? maildir_quote(plain) : NULL;

	return g_strcmp0(again, name) == 0 ? g_steal_pointer(&plain) : NULL;
}

/* By their bits, which is the order in which a name has them. */
static const char flag_letters[] = "DFPRST";

size_t maildir_base_length(const char *file)
{
	const char *info = strstr(file, ":2,");

	return info ? (size_t)(info - file) : strlen(file);
}

unsigned maildir_flags(const char *file)
{
	const char *p = file + maildir_base_length(file);
	unsigned flags = 0;

	for (p += *p ? strlen(":2,") : 0; *p; p++) {
		const char *letter = strchr(flag_letters, *p);

		if (letter)
			flags |= 1u << (letter - flag_letters);
	}
	return flags;
}

char *maildir_file(const char *base, unsigned flags)
{
	char letters[sizeof flag_letters];
	size_t n = 0;

	for (size_t i = 0; flag_letters[i]; i++)
		if (flags & 1u << i)
			letters[n++] = flag_letters[i];
	letters[n] = '\0';
	return g_strconcat(base, ":2,", letters, NULL);
}

/* --- directories --- */

static enum status maildir_failed(struct error *err, const char *what, const char *name)
{
	return error_set(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO, _("cannot %s '%s': %s"), what,
		name, g_strerror(errno));
}

static enum status maildir_check(int fd, const char *name, struct error *err)
{
	struct stat stat;

	if (fstat(fd, &stat) != 0)
		return maildir_failed(err, _("look at"), name);
	if (stat.st_uid != geteuid())
		return error_set(err, ST_REFUSED, _("directory '%s' is somebody else's"), name);
	if (stat.st_mode & S_IRWXO)
		return error_set(
			err, ST_REFUSED, _("directory '%s' is open to all the world"), name);
	return ST_OK;
}

enum status maildir_open_directory(int dir_fd, const char *name, int *fd_out, struct error *err)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	enum status st;

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return error_set(err, ST_REFUSED, _("'%s' is no directory"), name);
	if (fd < 0)
		return maildir_failed(err, _("open"), name);
	st = maildir_check(fd, name, err);
	if (st == ST_OK)
		*fd_out = fd;
	else
		close(fd);
	return st;
}

enum status maildir_make_directory(
	int dir_fd, const char *name, mode_t mode, int *fd_out, struct error *err)
{
	enum status st;

	if (mkdirat(dir_fd, name, mode & 0777) != 0 && errno != EEXIST)
		return maildir_failed(err, _("make directory"), name);
	st = maildir_open_directory(dir_fd, name, fd_out, err);
	/* mkdir(2) heeds the umask, and may not set the group's bit. */
	if (st == ST_OK && fchmod(*fd_out, mode) != 0) {
		st = maildir_failed(err, _("set the rights of"), name);
		close(*fd_out);
	}
	return st;
}

static enum status maildir_sub(int fd, const char *name, bool make, int *fd_out, struct error *err)
{
	return make ? maildir_make_directory(fd, name, MAILDIR_DIRECTORY_MODE, fd_out, err)
		    : maildir_open_directory(fd, name, fd_out, err);
}

/* What says to a server that it is a folder. */
static enum status maildir_mark(int fd, const char *name, struct error *err)
{
	int mark = openat(fd, "maildirfolder", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		MAILDIR_FILE_MODE);

	if (mark < 0)
		return maildir_failed(err, _("write"), name);
	close(mark);
	return ST_OK;
}

static enum status maildir_share(int fd, const char *name, struct error *err)
{
	struct stat stat;

	if (fstat(fd, &stat) == 0 &&
		((stat.st_mode & ALLPERMS) == MAILDIR_DIRECTORY_MODE ||
			fchmod(fd, MAILDIR_DIRECTORY_MODE) == 0))
		return ST_OK;
	return maildir_failed(err, _("set the rights of"), name);
}

/* cur is made last: with it, the folder is whole. A server would make what it lacks before that, if
 * it could, and be the owner. */
static enum status maildir_open_subs(
	int fd, const char *folder, bool make, struct maildir *maildir, struct error *err)
{
	int tmp = -1;
	enum status st = ST_OK;

	if (make) {
		st = maildir_mark(fd, folder, err);
		if (st == ST_OK)
			st = maildir_sub(fd, "tmp", true, &tmp, err);
	}
	if (tmp >= 0)
		close(tmp);
	if (st == ST_OK)
		st = maildir_sub(fd, "new", make, &maildir->new_fd, err);
	if (st == ST_OK)
		st = maildir_sub(fd, "cur", make, &maildir->cur_fd, err);
	return st == ST_OK && make ? maildir_share(fd, folder, err) : st;
}

enum status maildir_open(
	int tree_fd, const char *folder, bool make, struct maildir *maildir_out, struct error *err)
{
	struct maildir maildir = { -1, -1 };
	int fd = -1;
	enum status st = maildir_open_directory(tree_fd, folder, &fd, err);

	if (st == ST_OK) {
		st = maildir_open_subs(fd, folder, false, &maildir, err);
		if (st == ST_OK && make)
			st = maildir_share(fd, folder, err);
		close(fd);
	}
	if (st == ST_NOT_FOUND && make) {
		maildir_close(&maildir);
		st = maildir_make_directory(tree_fd, folder, MAILDIR_TREE_MODE, &fd, err);
		if (st == ST_OK) {
			st = maildir_open_subs(fd, folder, true, &maildir, err);
			close(fd);
		}
	}
	if (st == ST_OK)
		*maildir_out = maildir;
	else
		maildir_close(&maildir);
	return st;
}

void maildir_close(struct maildir *maildir)
{
	if (maildir->new_fd >= 0)
		close(maildir->new_fd);
	if (maildir->cur_fd >= 0)
		close(maildir->cur_fd);
	*maildir = (struct maildir){ -1, -1 };
}

/* --- files --- */

static char *maildir_place_file(const char *base, const struct maildir_place *place)
{
	return place->is_new ? g_strdup(base) : maildir_file(base, place->flags);
}

static int maildir_place_fd(const struct maildir *maildir, const struct maildir_place *place)
{
	return place->is_new ? maildir->new_fd : maildir->cur_fd;
}

/* Those that clients set, the frequent ones first; a name with others is found by a walk. */
static const unsigned usual_flags[] = { MAILDIR_SEEN, 0, MAILDIR_REPLIED | MAILDIR_SEEN,
	MAILDIR_FLAGGED, MAILDIR_FLAGGED | MAILDIR_SEEN, MAILDIR_REPLIED,
	MAILDIR_FLAGGED | MAILDIR_REPLIED | MAILDIR_SEEN, MAILDIR_FLAGGED | MAILDIR_REPLIED };

enum status maildir_find(
	const struct maildir *maildir, const char *base, struct maildir_place *place_out)
{
	struct stat stat;

	*place_out = (struct maildir_place){ .is_new = true };
	if (fstatat(maildir->new_fd, base, &stat, AT_SYMLINK_NOFOLLOW) == 0)
		return ST_OK;
	for (size_t i = 0; i < G_N_ELEMENTS(usual_flags); i++) {
		g_autofree char *file = maildir_file(base, usual_flags[i]);

		*place_out = (struct maildir_place){ .flags = usual_flags[i] };
		if (fstatat(maildir->cur_fd, file, &stat, AT_SYMLINK_NOFOLLOW) == 0)
			return ST_OK;
	}
	return ST_NOT_FOUND;
}

static enum status maildir_status(int rc)
{
	if (rc == 0)
		return ST_OK;
	if (errno == ENOENT)
		return ST_NOT_FOUND;
	if (errno == EEXIST)
		return ST_EXISTS;
	return errno == ENOSPC || errno == EDQUOT ? ST_FULL : ST_IO;
}

enum status maildir_link(int from_fd, const char *file, const struct maildir *maildir,
	const char *base, const struct maildir_place *place)
{
	g_autofree char *name = maildir_place_file(base, place);

	return maildir_status(linkat(from_fd, file, maildir_place_fd(maildir, place), name, 0));
}

enum status maildir_remove(
	const struct maildir *maildir, const char *base, const struct maildir_place *place)
{
	g_autofree char *name = maildir_place_file(base, place);

	return maildir_status(unlinkat(maildir_place_fd(maildir, place), name, 0));
}

/* --- walking --- */

struct maildir_walk {
	maildir_visit *fn;
	void *arg;
	struct error *err;
};

static enum status maildir_walk(int fd, bool is_new, const struct maildir_walk *walk)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *found;
	enum status st = ST_OK;

	if (!dir && own >= 0)
		close(own);
	if (!dir)
		return maildir_failed(walk->err, _("read"), is_new ? "new" : "cur");
	while (st == ST_OK && (found = readdir(dir))) {
		const struct maildir_entry entry = {
			.fd = fd, .file = found->d_name, .is_new = is_new, .inode = found->d_ino
		};

		if (found->d_name[0] != '.')
			st = walk->fn(&entry, walk->arg, walk->err);
	}
	closedir(dir);
	return st;
}

/* A file that a client marks as seen meanwhile goes from new to cur: it is met twice rather than
 * never. */
enum status maildir_each(
	const struct maildir *maildir, maildir_visit *fn, void *arg, struct error *err)
{
	const struct maildir_walk walk = { fn, arg, err };
	enum status st = maildir_walk(maildir->new_fd, true, &walk);

	return st == ST_OK ? maildir_walk(maildir->cur_fd, false, &walk) : st;
}

enum status maildir_names(int fd, GPtrArray **names_out, struct error *err)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *found;

	if (!dir && own >= 0)
		close(own);
	if (!dir)
		return maildir_failed(err, _("read"), ".");
	*names_out = g_ptr_array_new_with_free_func(g_free);
	while ((found = readdir(dir)))
		if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
			g_ptr_array_add(*names_out, g_strdup(found->d_name));
	closedir(dir);
	return ST_OK;
}
