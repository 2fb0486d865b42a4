/* What an IMAP server that died has left in a folder's tmp: another name of a message's file, from
 * between the two steps by which it copies one. Nobody sees it there, but whoever reads the disk
 * does, when the message is to be nowhere any more. */
#include "keep/mailboxes-parts.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"

/* A server that lives takes less, for as many messages as a client may move at once. */
enum { SWEEP_SECONDS = 10 };

/* "SECONDS.REST", as all servers name them. */
static bool sweep_is_old(const struct trees *m, const char *file)
{
	int64_t made = g_ascii_strtoll(file, NULL, 10);

	return made > 0 && ABS(m->now / TEXT_SECOND - made) > SWEEP_SECONDS;
}

static void sweep_file(struct trees *m, int fd, const char *file)
{
	struct maildir_entry entry = { .fd = fd, .file = file };
	struct copy_id id;
	struct stat stat;

	if (!sweep_is_old(m, file) || fstatat(fd, file, &stat, AT_SYMLINK_NOFOLLOW) != 0 ||
		!S_ISREG(stat.st_mode))
		return;
	entry.inode = stat.st_ino;
	if (copy_identify(m, &entry, &id))
		unlinkat(fd, file, 0);
}

void sweep_folder(struct trees *m, const struct tree *tree, const char *folder)
{
	g_autoptr(GPtrArray) names = NULL;
	int folder_fd = -1, fd = -1;

	if (maildir_open_directory(tree->fd, folder, &folder_fd, NULL) != ST_OK)
		return;
	if (maildir_open_directory(folder_fd, "tmp", &fd, NULL) == ST_OK &&
		maildir_names(fd, &names, NULL) == ST_OK)
		for (guint i = 0; i < names->len; i++)
			sweep_file(m, fd, names->pdata[i]);
	if (fd >= 0)
		close(fd);
	close(folder_fd);
}

static void sweep_tree(struct trees *m, const struct tree *tree)
{
	g_autoptr(GPtrArray) names = NULL;

	if (tree->fd < 0 || maildir_names(tree->fd, &names, NULL) != ST_OK)
		return;
	for (guint i = 0; i < names->len; i++)
		if (((const char *)names->pdata[i])[0] == '.')
			sweep_folder(m, tree, names->pdata[i]);
}

void sweep_trees(struct trees *m)
{
	for (guint i = 0; i < m->trees->len; i++)
		sweep_tree(m, m->trees->pdata[i]);
}
