/* Maildir++ trees that another program serves and changes at the same time: names, folders, and
 * files that are hard links of one. Knows nothing of tickets.
 *
 * The server's user is in the group of the trees and of everything in them, and may rename what it
 * likes: so every directory is opened from its parent, no symbolic link is followed, and what is
 * not ours to own is refused. */
#ifndef MILTICKET_MAILDIR_H
#define MILTICKET_MAILDIR_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/status.h"

enum {
	/* Of what trees are in, and of a tree that is not whole: only we make trees, and the
	 * folders that each has. A server that makes one when a client asks for it is the owner of
	 * what we would have to refuse. */
	MAILDIR_TREE_MODE = 02750,
	MAILDIR_DIRECTORY_MODE = 02770,
	MAILDIR_FILE_MODE = 0660
};

/* Bytes other than A-Z a-z 0-9 @ . _ - as %XX, and a first "." too. Owned. */
char *maildir_quote(const char *name);
/* The way back; NULL: it is none. Owned. */
char *maildir_unquote(const char *name);

/* The flags that IMAP knows. Letters a to z are keywords, which each folder numbers by itself. */
enum maildir_flag {
	MAILDIR_DRAFT = 1 << 0,
	MAILDIR_FLAGGED = 1 << 1,
	MAILDIR_PASSED = 1 << 2,
	MAILDIR_REPLIED = 1 << 3,
	MAILDIR_SEEN = 1 << 4,
	MAILDIR_TRASHED = 1 << 5,
};
/* The bytes of a file's name before its flags. */
size_t maildir_base_length(const char *file);
unsigned maildir_flags(const char *file);
/* "BASE:2,FS", to be freed. */
char *maildir_file(const char *base, unsigned flags);

/* A directory below dir_fd, opened. ST_REFUSED: it is a symbolic link, no directory, somebody
 * else's, or open to the world. ST_NOT_FOUND. */
enum status maildir_open_directory(int dir_fd, const char *name, int *fd_out, struct error *err);
/* The same, with that mode; made when it is missing. Its group is its parent's, which has the bit
 * for that. */
enum status maildir_make_directory(
	int dir_fd, const char *name, mode_t mode, int *fd_out, struct error *err);

/* A folder that is open. */
struct maildir {
	int new_fd, cur_fd; /* -1: closed */
};
/* The folder ".Name" of a tree; make: it and its new, cur and tmp when they are missing. */
enum status maildir_open(
	int tree_fd, const char *folder, bool make, struct maildir *maildir_out, struct error *err);
void maildir_close(struct maildir *maildir);

/* Where a file is in its folder. */
struct maildir_place {
	bool is_new;    /* in new/, and without flags */
	unsigned flags; /* of its name, those of enum maildir_flag */
};
/* Is there a file of that base, with flags of R, F and S alone? ST_NOT_FOUND. */
enum status maildir_find(
	const struct maildir *maildir, const char *base, struct maildir_place *place_out);
/* Makes the file a further name of `file` in from_fd. ST_EXISTS: there is one. */
enum status maildir_link(int from_fd, const char *file, const struct maildir *maildir,
	const char *base, const struct maildir_place *place);
/* ST_NOT_FOUND: it is not there (any more). */
enum status maildir_remove(
	const struct maildir *maildir, const char *base, const struct maildir_place *place);

/* Each file of a folder, new before cur, in no order; names that begin with a "." are left out. fn
 * returns ST_OK to go on; inode is what the directory has of it. */
struct maildir_entry {
	int fd; /* of its directory */
	const char *file;
	bool is_new;
	ino_t inode;
};
typedef enum status maildir_visit(const struct maildir_entry *entry, void *arg, struct error *err);
enum status maildir_each(
	const struct maildir *maildir, maildir_visit *fn, void *arg, struct error *err);
/* The names in a directory, "." and ".." left out. Owned. */
enum status maildir_names(int fd, GPtrArray **names_out, struct error *err);

#endif
