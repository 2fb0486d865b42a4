/* What clients did: the files that are heard of are looked at. */
#include "keep/mailboxes-parts.h"

#include <fcntl.h>
#include <string.h>

static bool hear_is_of(const GPtrArray *odds, const char *file)
{
	for (guint i = 0; i < odds->len; i++)
		if (strcmp(((const struct odd *)odds->pdata[i])->file, file) == 0)
			return true;
	return false;
}

/* Of which ticket was it? A name that a client gave is one that we noted. */
static void hear_vanished(struct trees *m, struct tree *tree, const char *file)
{
	struct copy_name name;
	GHashTableIter iter;
	gpointer key, value;

	if (copy_read_base(file, &name)) {
		const struct placed *p = g_hash_table_lookup(
			m->tickets, GSIZE_TO_POINTER(name.ticket));

		/* We have removed the others ourselves, or would. */
		if (p && p->row.generation == name.generation)
			doubt_add(m, tree, name.ticket);
		return;
	}
	g_hash_table_iter_init(&iter, tree->odd);
	while (g_hash_table_iter_next(&iter, &key, &value))
		if (hear_is_of(value, file))
			doubt_add(m, tree, g_ascii_strtoull(key, NULL, 10));
}

static enum status hear_appeared(
	struct trees *m, const struct watched *w, const char *file, struct error *err)
{
	struct maildir *folder;
	struct maildir_entry entry = { .file = file, .is_new = w->is_new };
	struct stat stat;

	if (tree_folder(w->tree, w->folder, false, &folder, err) != ST_OK)
		return ST_OK;
	entry.fd = w->is_new ? folder->new_fd : folder->cur_fd;
	if (fstatat(entry.fd, file, &stat, AT_SYMLINK_NOFOLLOW) != 0)
		return ST_OK;
	entry.inode = stat.st_ino;
	return tree_meet(m, w->tree, w->folder, &entry, err);
}

struct hearing {
	struct trees *m;
	bool all;
};

static enum status hear_event(
	const struct watched *w, const char *file, enum heard heard, void *arg, struct error *err)
{
	struct hearing *h = arg;

	switch (heard) {
	case HEARD_APPEARS:
		return hear_appeared(h->m, w, file, err);
	case HEARD_VANISHES:
		hear_vanished(h->m, w->tree, file);
		return ST_OK;
	case HEARD_MISSED:
		h->all = true;
		return ST_OK;
	}
	return ST_OK;
}

enum status hear_clients(struct trees *m, bool *all_out, struct error *err)
{
	struct hearing hearing = { m, false };
	enum status st = m->watch ? watch_read(m->watch, hear_event, &hearing, err) : ST_OK;

	*all_out = hearing.all;
	for (guint i = 0; i < m->trees->len; i++)
		tree_close_folders(m->trees->pdata[i]);
	return st;
}
