/* People who are to be nowhere: mails of them that are no tickets, and are kept, go. */
#include "keep/mailboxes-parts.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "mail/message.h"
#include "mail/redact-person.h"

struct forgetting {
	struct trees *m;
	char *addresses;
	struct person person;
	bool found;     /* in the mail at hand */
	enum status st; /* may we go on? */
	bool left;      /* a tree that is let alone */
	struct error *err;
};

static bool forget_look_at(const char *text, void *arg)
{
	struct forgetting *f = arg;

	f->found = person_in(&f->person, text);
	if (!f->found)
		f->st = lease_keep(f->m, f->err);
	return !f->found && f->st == ST_OK;
}

/* An IMAP server may have put anything there: it is never in memory as a whole. */
static void forget_read(struct forgetting *f, int dir, const char *file)
{
	int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;

	if (fd < 0)
		return;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode))
		message_each_bare_in(fd, forget_look_at, f);
	close(fd);
}

static enum status forget_file(struct forgetting *f, int dir, const char *file)
{
	f->found = false;
	f->st = ST_OK;
	forget_read(f, dir, file);
	if (f->found)
		unlinkat(dir, file, 0);
	return f->st;
}

static enum status forget_visit(const struct maildir_entry *entry, void *arg, struct error *err)
{
	(void)err;
	return forget_file(arg, entry->fd, entry->file);
}

static enum status forget_in_tree(struct forgetting *f, struct tree *tree, struct error *err)
{
	const struct folder kept = { FOLDER_NOT_TAKEN, NULL };
	g_autofree char *name = folder_name(kept), *quoted = maildir_quote(tree->login);
	g_autoptr(GPtrArray) claims = NULL;
	struct maildir *folder;
	int fd = -1;
	enum status st = tree_folder(tree, name, false, &folder, err);

	if (st == ST_OK)
		st = maildir_each(folder, forget_visit, f, err);
	if (st == ST_OK && maildir_open_directory(f->m->claims_fd, quoted, &fd, NULL) == ST_OK) {
		st = maildir_names(fd, &claims, err);
		for (guint i = 0; st == ST_OK && i < claims->len; i++)
			st = forget_file(f, fd, claims->pdata[i]);
		close(fd);
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status forget_one(struct forgetting *f, const char *address, struct error *err)
{
	enum status st = ST_OK;

	person_init(&f->person, address);
	for (guint i = 0; st == ST_OK && i < f->m->trees->len; i++) {
		struct tree *tree = f->m->trees->pdata[i];

		if (!tree->shut)
			st = tree_shut(f->m, tree, forget_in_tree(f, tree, err), err);
		f->left = f->left || tree->shut;
	}
	person_release(&f->person);
	return st;
}

static enum status forget_read_wanted(struct txn *txn, void *arg, struct error *err)
{
	struct forgetting *f = arg;

	g_clear_pointer(&f->addresses, g_free);
	return placements_redact_wanted(txn, f->m->box, &f->addresses, err);
}

static enum status forget_note_done(struct txn *txn, void *arg, struct error *err)
{
	const struct forgetting *f = arg;

	return placements_redact_done(txn, f->m->box, err);
}

enum status forget_people(struct trees *m, struct error *err)
{
	struct forgetting f = { .m = m, .err = err };
	enum status st = store_read(m->store, forget_read_wanted, &f, err);
	g_auto(GStrv) lines = st == ST_OK ? g_strsplit(f.addresses, "\n", -1) : NULL;

	for (char **line = lines; st == ST_OK && line && *line; line++)
		if (**line)
			st = forget_one(&f, *line, err);
	if (st == ST_OK && *f.addresses && !f.left)
		st = store_write(m->store, forget_note_done, &f, err);
	g_free(f.addresses);
	return st;
}
