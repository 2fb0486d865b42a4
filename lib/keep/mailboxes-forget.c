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
	bool found; /* in the mail at hand */
};

static bool forget_look_at(const char *text, void *arg)
{
	struct forgetting *f = arg;

	f->found = person_in(&f->person, text);
	return !f->found;
}

static char *forget_read(int dir, const char *file, size_t *len_out)
{
	int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;
	char *data = NULL;
	ssize_t n = 0;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)) {
		data = g_malloc((gsize)stat.st_size + 1);
		n = pread(fd, data, (size_t)stat.st_size, 0);
	}
	close(fd);
	*len_out = (size_t)MAX(n, 0);
	return data;
}

static void forget_file(struct forgetting *f, int dir, const char *file)
{
	size_t len = 0;
	g_autofree char *data = forget_read(dir, file, &len);

	f->found = false;
	if (data)
		message_each_bare(data, len, forget_look_at, f);
	if (f->found)
		unlinkat(dir, file, 0);
}

static enum status forget_visit(const struct maildir_entry *entry, void *arg, struct error *err)
{
	(void)err;
	forget_file(arg, entry->fd, entry->file);
	return ST_OK;
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
			forget_file(f, fd, claims->pdata[i]);
		close(fd);
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status forget_one(struct forgetting *f, const char *address, struct error *err)
{
	enum status st = ST_OK;

	person_init(&f->person, address);
	for (guint i = 0; st == ST_OK && i < f->m->trees->len; i++)
		st = forget_in_tree(f, f->m->trees->pdata[i], err);
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
	struct forgetting f = { .m = m };
	enum status st = store_read(m->store, forget_read_wanted, &f, err);
	g_auto(GStrv) lines = st == ST_OK ? g_strsplit(f.addresses, "\n", -1) : NULL;

	for (char **line = lines; st == ST_OK && line && *line; line++)
		if (**line)
			st = forget_one(&f, *line, err);
	if (st == ST_OK && *f.addresses)
		st = store_write(m->store, forget_note_done, &f, err);
	g_free(f.addresses);
	return st;
}
