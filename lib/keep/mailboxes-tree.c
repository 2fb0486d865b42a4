/* An agent's folders: what belongs where, what is there, and from the one to the other. */
#include "keep/mailboxes-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "base/tongue.h"

/* A client may flag a file between our look at it and what we do; and it may have copied a message
 * to so many places at once. What is over is met by the next walk. */
enum { TRIES = 8, PLACES = 64 };

/* --- life --- */

static void odd_free(gpointer data)
{
	struct odd *odd = data;

	g_free(odd->folder);
	g_free(odd->file);
	g_free(odd);
}

static void tree_free_folder(gpointer data)
{
	maildir_close(data);
	g_free(data);
}

struct tree *tree_new(const char *login)
{
	struct tree *tree = g_new0(struct tree, 1);

	tree->login = g_strdup(login);
	tree->fd = -1;
	tree->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, tree_free_folder);
	tree->odd = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	tree->moved = g_array_new(FALSE, FALSE, sizeof(int64_t));
	tree->told = g_array_new(FALSE, FALSE, sizeof(int64_t));
	return tree;
}

void tree_free(gpointer data)
{
	struct tree *tree = data;

	g_hash_table_unref(tree->folders);
	g_hash_table_unref(tree->odd);
	g_array_unref(tree->moved);
	g_array_unref(tree->told);
	if (tree->fd >= 0)
		close(tree->fd);
	g_free(tree->login);
	g_strfreev(tree->addresses);
	g_strfreev(tree->queues);
	g_strfreev(tree->queues_before);
	g_free(tree->shut);
	g_free(tree->shut_before);
	g_free(tree);
}

/* --- folders --- */

enum status tree_folder(struct tree *tree, const char *name, bool make, struct maildir **folder_out,
	struct error *err)
{
	struct maildir *folder = g_hash_table_lookup(tree->folders, name), opened = { -1, -1 };
	enum status st = folder ? ST_OK : maildir_open(tree->fd, name, make, &opened, err);

	if (st == ST_OK && !folder) {
		folder = g_memdup2(&opened, sizeof opened);
		g_hash_table_insert(tree->folders, g_strdup(name), folder);
	}
	if (st == ST_OK)
		*folder_out = folder;
	return st;
}

void tree_close_folders(struct tree *tree)
{
	g_hash_table_remove_all(tree->folders);
}

struct folder tree_home(const struct trees *m, const struct tree *tree, const struct placement *row)
{
	const struct viewer viewer = { tree->login, tree->queues };

	if (tree->gone)
		return (struct folder){ FOLDER_NONE, NULL };
	return placement_folder(row, &viewer, m->shown_since);
}

/* Also of what is shown no longer. */
static struct folder tree_home_of(
	const struct tree *tree, char *const *queues, const struct placement *row)
{
	const struct viewer viewer = { tree->login, queues };

	return placement_folder(row, &viewer, 0);
}

/* Where we put it, while it is there. */
static struct folder tree_home_before(const struct tree *tree, const struct placement *row)
{
	return tree_home_of(tree, tree->moving ? tree->queues_before : tree->queues, row);
}

static enum status tree_make_folder(
	struct trees *m, struct tree *tree, struct folder folder, struct error *err)
{
	g_autofree char *name = folder_name(folder);
	struct maildir *opened;
	enum status st = tree_folder(tree, name, true, &opened, err);

	if (st == ST_OK && m->watch)
		watch_folder(m->watch, tree, name, opened);
	return st;
}

static enum status tree_make_folders(struct trees *m, struct tree *tree, struct error *err)
{
	static const enum folder_kind always[] = { FOLDER_MINE, FOLDER_WAITING, FOLDER_CLOSED,
		FOLDER_SPAM, FOLDER_NOT_TAKEN };
	static const enum folder_kind of_queue[] = { FOLDER_QUEUE, FOLDER_COLLEAGUES };
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < G_N_ELEMENTS(always); i++)
		st = tree_make_folder(m, tree, (struct folder){ always[i], NULL }, err);
	for (char **q = tree->queues; st == ST_OK && q && *q; q++)
		for (size_t i = 0; st == ST_OK && i < G_N_ELEMENTS(of_queue); i++)
			st = tree_make_folder(m, tree, (struct folder){ of_queue[i], *q }, err);
	return st;
}

enum status tree_shut(struct trees *m, struct tree *tree, enum status st, const struct error *err)
{
	if (st != ST_REFUSED && st != ST_IO)
		return st;
	g_free(tree->shut);
	tree->shut = g_strdup(err->text);
	tree->unseen = false;
	if (tree->fd >= 0)
		close(tree->fd);
	tree->fd = -1;
	tree_close_folders(tree);
	g_free(m->shut_last);
	m->shut_last = g_strdup_printf("%s: %s", tree->login, err->text);
	/* What is so for days is said once. */
	m->counts.shut += g_strcmp0(tree->shut, tree->shut_before) != 0;
	return ST_OK;
}

/* Much may have happened meanwhile. */
enum status tree_try_again(struct trees *m, struct tree *tree, struct error *err)
{
	enum status st;

	if (!tree->shut)
		return ST_OK;
	g_free(tree->shut_before);
	tree->shut_before = g_steal_pointer(&tree->shut);
	st = tree_open(m, tree, err);
	tree->unseen = !tree->shut;
	return st;
}

/* A server makes the folders that are in every tree by itself, when one is missing and it may; they
 * would be its own, and refused. */
static enum status tree_set_mode(const struct tree *tree, mode_t mode, struct error *err)
{
	struct stat stat;

	if (fstat(tree->fd, &stat) == 0 &&
		((stat.st_mode & ALLPERMS) == mode || fchmod(tree->fd, mode) == 0))
		return ST_OK;
	return error_set(
		err, ST_IO, _("cannot set the rights of '%s': %s"), tree->login, g_strerror(errno));
}

static enum status tree_open_root(struct trees *m, struct tree *tree, struct error *err)
{
	const mode_t mode = tree->gone ? MAILDIR_TREE_MODE : MAILDIR_DIRECTORY_MODE;
	g_autofree char *name = maildir_quote(tree->login);
	enum status st = ST_OK;

	if (tree->fd < 0)
		st = maildir_make_directory(m->fd, name, MAILDIR_TREE_MODE, &tree->fd, err);
	if (st == ST_OK && !tree->gone)
		st = tree_make_folders(m, tree, err);
	return st == ST_OK ? tree_set_mode(tree, mode, err) : st;
}

enum status tree_open(struct trees *m, struct tree *tree, struct error *err)
{
	return tree->shut ? ST_OK : tree_shut(m, tree, tree_open_root(m, tree, err), err);
}

/* --- where a message is --- */

static char *odd_key(uint64_t ticket, uint64_t seq)
{
	return g_strdup_printf("%" PRIu64 "/%" PRIu64, ticket, seq);
}

/* NULL: there are none. */
static GPtrArray *tree_odds(const struct tree *tree, uint64_t ticket, uint64_t seq)
{
	g_autofree char *key = NULL;

	if (!g_hash_table_size(tree->odd))
		return NULL;
	key = odd_key(ticket, seq);
	return g_hash_table_lookup(tree->odd, key);
}

static bool odd_is_at(const struct odd *odd, const char *folder, const char *file)
{
	size_t length = maildir_base_length(file);

	return strcmp(odd->folder, folder) == 0 && maildir_base_length(odd->file) == length &&
		strncmp(odd->file, file, length) == 0;
}

/* A message may be in several places at once: what a client copied, and what we put back. All of
 * them have to go when it has another state. */
static void tree_note_odd(struct tree *tree, const struct copy_id *id, const char *folder,
	const char *file, bool is_new)
{
	GPtrArray *odds = tree_odds(tree, id->ticket, id->seq);
	struct odd *odd = g_new(struct odd, 1);

	*odd = (struct odd){ g_strdup(folder), g_strdup(file), is_new };
	if (!odds) {
		odds = g_ptr_array_new_with_free_func(odd_free);
		g_hash_table_replace(tree->odd, odd_key(id->ticket, id->seq), odds);
	}
	for (guint i = odds->len; i-- > 0;)
		if (odd_is_at(odds->pdata[i], folder, file))
			g_ptr_array_remove_index(odds, i);
	g_ptr_array_add(odds, odd);
}

static void tree_forget_odd(struct tree *tree, uint64_t ticket, uint64_t seq)
{
	g_autofree char *key = odd_key(ticket, seq);

	g_hash_table_remove(tree->odd, key);
}

/* A file that is there, or is to be. */
struct spot {
	char *folder, *base, *file;
	struct maildir_place place;
};

static void spot_release(struct spot *spot)
{
	g_free(spot->folder);
	g_free(spot->base);
	g_free(spot->file);
}

static void spot_name(struct spot *spot)
{
	g_free(spot->file);
	spot->file = spot->place.is_new ? g_strdup(spot->base)
					: maildir_file(spot->base, spot->place.flags);
}

static int spot_fd(const struct spot *spot, const struct maildir *folder)
{
	return spot->place.is_new ? folder->new_fd : folder->cur_fd;
}

/* Of that base, by the flags that are usual. */
static bool tree_find_usual(struct tree *tree, struct spot *spot)
{
	struct maildir *folder;

	if (tree_folder(tree, spot->folder, false, &folder, NULL) != ST_OK ||
		maildir_find(folder, spot->base, &spot->place) != ST_OK)
		return false;
	spot_name(spot);
	return true;
}

static bool tree_find_odd(struct tree *tree, const struct odd *odd, struct spot *spot)
{
	struct maildir *folder;
	struct stat stat;

	if (tree_folder(tree, odd->folder, false, &folder, NULL) != ST_OK)
		return false;
	spot_release(spot);
	*spot = (struct spot){ .folder = g_strdup(odd->folder),
		.base = g_strndup(odd->file, maildir_base_length(odd->file)),
		.file = g_strdup(odd->file),
		.place = { odd->is_new, maildir_flags(odd->file) } };
	return fstatat(spot_fd(spot, folder), spot->file, &stat, AT_SYMLINK_NOFOLLOW) == 0 ||
		tree_find_usual(tree, spot);
}

/* Where it was met last; what is there no more is forgotten. */
static bool tree_find_met(
	struct tree *tree, const struct placed *p, const struct copy *copy, struct spot *spot_out)
{
	GPtrArray *odds = tree_odds(tree, p->row.ticket, copy->seq);

	for (guint i = odds ? odds->len : 0; i-- > 0;) {
		if (tree_find_odd(tree, odds->pdata[i], spot_out))
			return true;
		g_ptr_array_remove_index(odds, i);
	}
	return false;
}

static bool tree_find_in(struct tree *tree, struct folder folder, const struct placed *p,
	const struct copy *copy, struct spot *spot_out)
{
	spot_release(spot_out);
	*spot_out = (struct spot){ .folder = folder_name(folder), .base = copy_base(p, copy) };
	return spot_out->folder && tree_find_usual(tree, spot_out);
}

/* Where the message is, as far as we know: where it was met last, else in its home. */
static bool tree_find(
	struct tree *tree, const struct placed *p, const struct copy *copy, struct spot *spot_out)
{
	if (tree_find_met(tree, p, copy, spot_out))
		return true;
	if (tree_find_in(tree, tree_home_of(tree, tree->queues, &p->row), p, copy, spot_out))
		return true;
	return tree->moving &&
		tree_find_in(tree, tree_home_before(tree, &p->row), p, copy, spot_out);
}

/* --- making and removing --- */

enum { KEPT_FLAGS = MAILDIR_FLAGGED | MAILDIR_REPLIED | MAILDIR_SEEN };

/* Flagged is what the priority says; seen and answered stay. */
static struct maildir_place tree_place_of(const struct tree *tree, const struct placed *p,
	const struct copy *copy, const struct maildir_place *was)
{
	struct maildir_place place = { .is_new = true };
	bool unread = copy->unread && g_strcmp0(copy->author, tree->login) != 0;

	if (was)
		place.flags = was->flags & (KEPT_FLAGS & ~MAILDIR_FLAGGED);
	else if (!unread)
		place.flags = MAILDIR_SEEN;
	if (copy->replied)
		place.flags |= MAILDIR_REPLIED;
	if (p->row.flagged)
		place.flags |= MAILDIR_FLAGGED;
	place.is_new = (was ? was->is_new : unread) && place.flags == 0;
	return place;
}

static enum status tree_failed(
	const struct tree *tree, enum status st, const char *what, struct error *err)
{
	return error_set(err, st, _("cannot %s a message of %s's mailbox: %s"), what, tree->login,
		g_strerror(errno));
}

static enum status tree_link(struct trees *m, struct tree *tree, const struct placed *p,
	const struct copy *copy, const struct spot *spot, struct error *err)
{
	struct maildir *folder;
	enum status st = tree_folder(tree, spot->folder, true, &folder, err);

	if (st == ST_OK) {
		st = copy_link(m, p, copy, folder, spot->base, &spot->place);
		/* A client has removed the folder while we had it open. */
		if (st == ST_NOT_FOUND) {
			g_hash_table_remove(tree->folders, spot->folder);
			st = tree_folder(tree, spot->folder, true, &folder, err);
			if (st == ST_OK)
				st = copy_link(m, p, copy, folder, spot->base, &spot->place);
		}
		if (st != ST_OK && st != ST_EXISTS)
			return tree_failed(tree, st, _("place"), err);
	}
	return st == ST_EXISTS ? ST_OK : st;
}

/* A mark more. A client may be giving the file another one at the same time. */
static void tree_add_flags(struct tree *tree, struct spot *spot, unsigned flags)
{
	struct maildir *folder;

	if (tree_folder(tree, spot->folder, false, &folder, NULL) != ST_OK)
		return;
	for (unsigned i = 0; i < TRIES && flags & KEPT_FLAGS & ~spot->place.flags; i++) {
		const struct maildir_place place = { .flags = spot->place.flags |
				(flags & KEPT_FLAGS) };
		g_autofree char *file = maildir_file(spot->base, place.flags);

		if (renameat(spot_fd(spot, folder), spot->file, folder->cur_fd, file) == 0) {
			spot->place = place;
			spot_name(spot);
		} else if (errno != ENOENT || !tree_find_usual(tree, spot)) {
			return;
		}
	}
}

/* The old file goes. Its name has its marks in it: one that a client has marked since our look is
 * not unlinked before the mark is at home (NULL: there is none), too. */
static enum status tree_remove_spot(
	struct tree *tree, struct spot *spot, struct spot *home, struct error *err)
{
	struct maildir *folder;
	enum status st = tree_folder(tree, spot->folder, false, &folder, err);

	for (unsigned i = 0; st == ST_OK && i < TRIES; i++) {
		unsigned before = spot->place.flags;

		if (unlinkat(spot_fd(spot, folder), spot->file, 0) == 0)
			break;
		if (errno != ENOENT)
			return tree_failed(tree, ST_IO, _("remove"), err);
		/* What is under no name that we know is met by a walk. */
		if (!tree_find_usual(tree, spot))
			break;
		if (home)
			tree_add_flags(tree, home, spot->place.flags & ~before & ~MAILDIR_FLAGGED);
		failpoint("mailbox-marks-carried");
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static struct spot tree_spot(const struct trees *m, const struct tree *tree, const struct placed *p,
	const struct copy *copy, const struct maildir_place *was)
{
	struct spot spot = { folder_name(tree_home(m, tree, &p->row)), copy_base(p, copy), NULL,
		tree_place_of(tree, p, copy, was) };

	spot_name(&spot);
	return spot;
}

/* A ticket's way from one state to the next, in one tree. */
struct placing {
	struct trees *m;
	struct tree *tree;
	const struct placed *was, *now;
	struct error *err;
};

/* Makes the message's file at home; what it was before, if it was there, goes after it. */
static enum status tree_move(struct placing *x, const struct copy *copy, struct spot *was)
{
	struct spot spot = tree_spot(x->m, x->tree, x->now, copy, was ? &was->place : NULL);
	enum status st = ST_OK;

	if (spot.folder)
		st = tree_link(x->m, x->tree, x->now, copy, &spot, x->err);
	failpoint("mailbox-linked");
	if (st == ST_OK && was)
		st = tree_remove_spot(x->tree, was, spot.folder ? &spot : NULL, x->err);
	spot_release(&spot);
	return st;
}

/* The file stays the same. */
static enum status tree_keep(struct placing *x, const struct copy *copy)
{
	struct spot spot = { 0 };
	enum status st = ST_OK;

	if (tree_home(x->m, x->tree, &x->now->row).kind == FOLDER_NONE)
		return ST_OK;
	if (!tree_find(x->tree, x->now, copy, &spot))
		st = tree_move(x, copy, NULL);
	else if (copy->replied)
		tree_add_flags(x->tree, &spot, MAILDIR_REPLIED);
	spot_release(&spot);
	return st;
}

/* A message that the ticket has no more. */
static enum status tree_take_away(struct placing *x, const struct copy *copy)
{
	struct spot spot = { 0 };
	enum status st = ST_OK;

	for (unsigned i = 0; st == ST_OK && i < PLACES; i++) {
		if (!tree_find(x->tree, x->was, copy, &spot))
			break;
		st = tree_remove_spot(x->tree, &spot, NULL, x->err);
	}
	tree_forget_odd(x->tree, x->was->row.ticket, copy->seq);
	spot_release(&spot);
	return st;
}

/* What a client has copied rather than moved is in more places: the others go, too. */
static enum status tree_move_others(
	struct placing *x, const struct copy *copy, const struct copy *old)
{
	struct folder folder = tree_home(x->m, x->tree, &x->now->row);
	struct spot spot = { 0 }, home = { 0 };
	enum status st = ST_OK;

	for (unsigned i = 0; st == ST_OK && i < PLACES; i++) {
		bool there;

		if (!tree_find(x->tree, x->was, old, &spot))
			break;
		there = tree_find_in(x->tree, folder, x->now, copy, &home);

		if (there)
			tree_add_flags(x->tree, &home, spot.place.flags & ~MAILDIR_FLAGGED);
		st = tree_remove_spot(x->tree, &spot, there ? &home : NULL, x->err);
	}
	spot_release(&spot);
	spot_release(&home);
	return st;
}

static enum status tree_place_copy(struct placing *x, const struct copy *copy)
{
	const struct copy *old = placed_copy(x->was, copy->seq);
	struct spot spot = { 0 };
	bool there;
	enum status st;

	if (old && x->was->row.generation == x->now->row.generation)
		return tree_keep(x, copy);
	there = old && tree_find(x->tree, x->was, old, &spot);
	st = tree_move(x, copy, there ? &spot : NULL);
	if (st == ST_OK && there)
		st = tree_move_others(x, copy, old);
	tree_forget_odd(x->tree, x->now->row.ticket, copy->seq);
	spot_release(&spot);
	return st;
}

enum status tree_place(struct trees *m, struct tree *tree, const struct placed *was,
	const struct placed *now, struct error *err)
{
	struct placing x = { m, tree, was, now, err };
	bool seen = !tree->shut &&
		((was && tree_home_before(tree, &was->row).kind != FOLDER_NONE) ||
			(now && tree_home(m, tree, &now->row).kind != FOLDER_NONE));
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && seen && now && i < now->copies->len; i++)
		st = tree_place_copy(&x, &g_array_index(now->copies, struct copy, i));
	for (guint i = 0; st == ST_OK && seen && was && i < was->copies->len; i++) {
		const struct copy *copy = &g_array_index(was->copies, struct copy, i);

		if (!placed_copy(now, copy->seq))
			st = tree_take_away(&x, copy);
	}
	return tree_shut(m, tree, st, err);
}

/* Who throws a message away has seen it. Its former name is not given again. */
static enum status tree_restore(
	struct trees *m, struct tree *tree, const struct placed *p, const struct copy *copy)
{
	static const struct maildir_place seen = { .flags = MAILDIR_SEEN };
	const struct copy_id id = { p->row.ticket, copy->seq, p->row.generation };
	struct spot spot = tree_spot(m, tree, p, copy, &seen);
	struct error err;
	enum status st;

	g_free(spot.base);
	spot.base = copy_fresh_base(p, copy);
	spot_name(&spot);
	st = tree_link(m, tree, p, copy, &spot, &err);
	if (st == ST_OK)
		tree_note_odd(tree, &id, spot.folder, spot.file, spot.place.is_new);
	spot_release(&spot);
	return st;
}

enum status tree_check(
	struct trees *m, struct tree *tree, const struct placed *p, struct error *err)
{
	enum status st = ST_OK;

	if (tree->shut || tree_home(m, tree, &p->row).kind == FOLDER_NONE)
		return ST_OK;
	for (guint i = 0; st == ST_OK && i < p->copies->len; i++) {
		const struct copy *copy = &g_array_index(p->copies, struct copy, i);
		struct spot spot = { 0 };

		if (!tree_find(tree, p, copy, &spot))
			st = tree_restore(m, tree, p, copy);
		spot_release(&spot);
	}
	if (st != ST_OK)
		st = tree_failed(tree, st, _("restore"), err);
	return tree_shut(m, tree, st, err);
}

/* --- what is found --- */

static const struct placed *tree_ticket(const struct trees *m, uint64_t number)
{
	return g_hash_table_lookup(m->tickets, GSIZE_TO_POINTER(number));
}

static struct finding tree_finding(const struct trees *m, const struct tree *tree,
	const char *folder, const struct copy_id *id, bool ours)
{
	const struct placed *p = ours ? tree_ticket(m, id->ticket) : NULL;
	struct finding f = { .ours = ours, .in = folder_read(folder) };

	if (p && placed_copy(p, id->seq)) {
		f.now = p->row.generation;
		f.generation = id->generation;
		f.wanted = tree_home(m, tree, &p->row);
		f.before = tree_home_before(tree, &p->row);
	}
	return f;
}

static void tree_note_moved(struct trees *m, struct tree *tree, const char *folder,
	const struct maildir_entry *file, const struct copy_id *id)
{
	struct moved *moved = g_new0(struct moved, 1);

	*moved = (struct moved){ tree, id->ticket, id->generation, g_strdup(folder),
		g_strdup(file->file), file->is_new };
	g_ptr_array_add(m->moves, moved);
}

/* A file of our own that is not what we wrote, as a power cut may leave it, is made anew. */
static bool tree_drop_broken(const struct maildir_entry *file, const struct stat *stat)
{
	struct copy_name name;

	return stat->st_uid == geteuid() && copy_read_base(file->file, &name) &&
		unlinkat(file->fd, file->file, 0) == 0;
}

static void tree_note_dropped(struct trees *m, struct tree *tree, const char *folder,
	const struct maildir_entry *file, bool lost)
{
	struct dropped *dropped;
	struct stat stat;

	/* A link, a pipe or a directory is no mail, and nobody's to be read. */
	if (tree->gone || fstatat(file->fd, file->file, &stat, AT_SYMLINK_NOFOLLOW) != 0 ||
		!S_ISREG(stat.st_mode) || tree_drop_broken(file, &stat))
		return;
	dropped = g_new0(struct dropped, 1);
	*dropped = (struct dropped){ tree, g_strdup(folder), g_strdup(file->file), file->is_new,
		lost };
	g_ptr_array_add(m->drops, dropped);
}

/* Has it the name that we gave it? */
static bool tree_is_ours(
	const struct placed *p, const struct copy *copy, const struct maildir_entry *file)
{
	size_t length = maildir_base_length(file->file);
	g_autofree char *base = copy_base(p, copy);

	return strlen(base) == length && strncmp(base, file->file, length) == 0;
}

/* Would we find it by that without having met it? */
static bool tree_is_usual(const struct maildir_entry *file)
{
	g_autofree char *base = g_strndup(file->file, maildir_base_length(file->file));
	g_autofree char *usual = maildir_file(base, maildir_flags(file->file) & KEPT_FLAGS);

	return strcmp(file->file, file->is_new ? base : usual) == 0;
}

/* Is another file of it known in the folder that is its home? */
static bool tree_find_second(struct tree *tree, const struct placed *p, const struct copy *copy,
	const char *folder, const struct maildir_entry *file, struct spot *spot_out)
{
	const GPtrArray *odds = tree_odds(tree, p->row.ticket, copy->seq);

	if (!tree_is_ours(p, copy, file) &&
		tree_find_in(tree, folder_read(folder), p, copy, spot_out))
		return true;
	for (guint i = 0; odds && i < odds->len; i++) {
		const struct odd *odd = odds->pdata[i];

		if (strcmp(odd->folder, folder) == 0 && !odd_is_at(odd, folder, file->file) &&
			tree_find_odd(tree, odd, spot_out))
			return true;
	}
	return false;
}

/* A second one in the folder is too many. Flagged by the agent, it is as good as moved. */
static enum status tree_meet_home(struct trees *m, struct tree *tree, const char *folder,
	const struct maildir_entry *file, const struct copy_id *id)
{
	const struct placed *p = tree_ticket(m, id->ticket);
	struct copy *copy = placed_copy(p, id->seq);
	struct spot spot = { 0 };
	unsigned flags = maildir_flags(file->file);

	if (tree_find_second(tree, p, copy, folder, file, &spot)) {
		tree_add_flags(tree, &spot, flags & MAILDIR_SEEN);
		failpoint("mailbox-second-carried");
		unlinkat(file->fd, file->file, 0);
	} else {
		if (!tree_is_ours(p, copy, file) || !tree_is_usual(file))
			tree_note_odd(tree, id, folder, file->file, file->is_new);
		if (!!(flags & MAILDIR_FLAGGED) != p->row.flagged)
			tree_note_moved(m, tree, folder, file, id);
		if (!copy->replied || flags & MAILDIR_REPLIED)
			copy->met = m->scans;
	}
	spot_release(&spot);
	return ST_OK;
}

/* Its marks are the agent's, wherever the file lies: they go to the one at home. */
static enum status tree_carry_over(struct trees *m, struct tree *tree, const struct placed *p,
	const struct copy *copy, const struct maildir_place *was)
{
	struct spot spot = { 0 };
	struct error err;
	enum status st = ST_OK;

	if (tree_find_in(tree, tree_home(m, tree, &p->row), p, copy, &spot)) {
		tree_add_flags(tree, &spot, was->flags & (MAILDIR_SEEN | MAILDIR_REPLIED));
	} else {
		spot_release(&spot);
		spot = tree_spot(m, tree, p, copy, was);
		st = tree_link(m, tree, p, copy, &spot, &err);
	}
	spot_release(&spot);
	return st;
}

static enum status tree_meet_stale(struct trees *m, struct tree *tree,
	const struct maildir_entry *file, const struct copy_id *id, struct error *err)
{
	const struct placed *p = tree_ticket(m, id->ticket);
	const struct copy *copy = placed_copy(p, id->seq);
	const struct maildir_place was = { file->is_new, maildir_flags(file->file) };
	enum status st = ST_OK;

	if (copy && tree_home(m, tree, &p->row).kind != FOLDER_NONE)
		st = tree_carry_over(m, tree, p, copy, &was);
	if (st != ST_OK)
		return tree_failed(tree, st, _("place"), err);
	if (unlinkat(file->fd, file->file, 0) != 0 && errno != ENOENT)
		return tree_failed(tree, ST_IO, _("remove"), err);
	return ST_OK;
}

static enum status tree_meet_file(struct trees *m, struct tree *tree, const char *folder,
	const struct maildir_entry *file, struct error *err)
{
	struct copy_id id = { 0 };
	bool ours = copy_identify(m, file, &id);
	const struct finding finding = tree_finding(m, tree, folder, &id, ours);

	switch (placement_found(&finding)) {
	case FOUND_HOME:
		return ours ? tree_meet_home(m, tree, folder, file, &id) : ST_OK;
	case FOUND_STALE:
		return tree_meet_stale(m, tree, file, &id, err);
	case FOUND_MOVED:
		tree_note_moved(m, tree, folder, file, &id);
		tree_note_odd(tree, &id, folder, file->file, file->is_new);
		doubt_add(m, tree, id.ticket);
		return ST_OK;
	case FOUND_FOREIGN:
	case FOUND_LOST:
		tree_note_dropped(m, tree, folder, file, placement_found(&finding) == FOUND_LOST);
		return ST_OK;
	}
	return ST_OK;
}

enum status tree_meet(struct trees *m, struct tree *tree, const char *folder,
	const struct maildir_entry *file, struct error *err)
{
	return tree_shut(m, tree, tree_meet_file(m, tree, folder, file, err), err);
}

/* --- all of it --- */

struct tree_walk {
	struct trees *m;
	struct tree *tree;
	const char *folder;
};

static enum status tree_visit(const struct maildir_entry *file, void *arg, struct error *err)
{
	const struct tree_walk *walk = arg;

	return tree_meet_file(walk->m, walk->tree, walk->folder, file, err);
}

/* One that we have not made and do not need is nobody's business. */
static bool tree_ignores(const char *name, enum status st)
{
	return st == ST_NOT_FOUND || (st == ST_REFUSED && folder_read(name).kind == FOLDER_OTHER);
}

static enum status tree_scan_folder(
	struct trees *m, struct tree *tree, const char *name, struct error *err)
{
	struct tree_walk walk = { m, tree, name };
	struct maildir *folder;
	enum status st = tree_folder(tree, name, false, &folder, err);

	if (st == ST_OK)
		st = maildir_each(folder, tree_visit, &walk, err);
	if (st == ST_OK)
		sweep_folder(m, tree, name);
	return tree_ignores(name, st) ? ST_OK : st;
}

/* What is nowhere: linked anew. What the agent has moved is somewhere. */
static enum status tree_fill(struct trees *m, struct tree *tree, struct error *err)
{
	struct placing x = { m, tree, NULL, NULL, err };
	GHashTableIter iter;
	gpointer value;
	enum status st = ST_OK;

	g_hash_table_iter_init(&iter, m->tickets);
	while (st == ST_OK && g_hash_table_iter_next(&iter, NULL, &value)) {
		x.now = value;
		for (guint i = 0; st == ST_OK && i < x.now->copies->len; i++) {
			const struct copy *copy = &g_array_index(x.now->copies, struct copy, i);

			if (copy->met != m->scans)
				st = tree_keep(&x, copy);
		}
	}
	return st;
}

static enum status tree_scan_all(struct trees *m, struct tree *tree, struct error *err)
{
	g_autoptr(GPtrArray) names = NULL;
	enum status st = maildir_names(tree->fd, &names, err);

	m->scans++;
	g_hash_table_remove_all(tree->odd);
	for (guint i = 0; st == ST_OK && i < names->len; i++)
		if (((const char *)names->pdata[i])[0] == '.')
			st = tree_scan_folder(m, tree, names->pdata[i], err);
	failpoint("mailbox-tree-scanned");
	if (st == ST_OK)
		st = tree_fill(m, tree, err);
	tree->unseen = st != ST_OK;
	tree_close_folders(tree);
	return st;
}

enum status tree_scan(struct trees *m, struct tree *tree, struct error *err)
{
	return tree->shut ? ST_OK : tree_shut(m, tree, tree_scan_all(m, tree, err), err);
}

/* --- what is over --- */

static bool tree_wants(const struct tree *tree, const char *name)
{
	struct folder f = folder_read(name);

	if (f.kind == FOLDER_QUEUE || f.kind == FOLDER_COLLEAGUES)
		return !tree->gone && text_list_has(tree->queues, f.queue);
	return !tree->gone || f.kind == FOLDER_NOT_TAKEN;
}

/* rmdir(2) removes nothing that has something in it; and what is removed is not to be made again by
 * a server meanwhile. */
static void tree_remove_folder(const struct tree *tree, const char *name)
{
	static const char *const parts[] = { "cur", "new", "tmp" };
	struct maildir folder = { -1, -1 };
	int fd = -1;

	if (maildir_open_directory(tree->fd, name, &fd, NULL) != ST_OK)
		return;
	fchmod(fd, MAILDIR_TREE_MODE);
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		if (unlinkat(fd, parts[i], AT_REMOVEDIR) != 0 && errno != ENOENT)
			break;
	if (faccessat(fd, "cur", F_OK, 0) != 0 && faccessat(fd, "new", F_OK, 0) != 0)
		unlinkat(fd, "maildirfolder", 0);
	close(fd);
	if (unlinkat(tree->fd, name, AT_REMOVEDIR) == 0)
		return;
	/* There is mail in it, which must not be out of everybody's sight. */
	maildir_open(tree->fd, name, true, &folder, NULL);
	maildir_close(&folder);
}

void tree_tidy(struct trees *m, struct tree *tree)
{
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *own = maildir_quote(tree->login);

	if (tree->shut || maildir_names(tree->fd, &names, NULL) != ST_OK)
		return;
	for (guint i = 0; i < names->len; i++)
		if (((const char *)names->pdata[i])[0] == '.' && !tree_wants(tree, names->pdata[i]))
			tree_remove_folder(tree, names->pdata[i]);
	if (!tree->gone)
		return;
	tree_remove_folder(tree, ".Not taken");
	unlinkat(m->fd, own, AT_REMOVEDIR);
	if (m->watch)
		watch_forget(m->watch, tree);
}
