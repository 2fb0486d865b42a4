/* What was found in the folders, done: moves as commands, mails that were dropped in as tickets. */
#include "keep/mailboxes-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "act/mailbox-hold.h"
#include "act/mailbox-move.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "keep/mailbox-take.h"
#include "tables/agents.h"

#define NOT_TAKEN ".Not taken"

enum { MINUTE_SECONDS = 60 };

/* --- moves --- */

static struct mailbox_move act_move_of(const struct trees *m, const struct moved *moved)
{
	const struct placed *p = g_hash_table_lookup(m->tickets, GSIZE_TO_POINTER(moved->ticket));
	struct mailbox_move move = { .settings = m->settings,
		.key = m->key,
		.box = m->box,
		.login = moved->tree->login,
		.ticket = moved->ticket,
		.generation = moved->generation,
		.to = folder_read(moved->folder),
		.now = m->now };

	move.flag = p && folder_same(move.to, tree_home(m, moved->tree, &p->row));
	return move;
}

static void act_count(struct trees *m, enum move_fate fate)
{
	m->counts.moves += fate == MOVE_DONE;
	m->counts.refused += fate == MOVE_REFUSED;
	m->counts.lost += fate == MOVE_LOST;
}

/* Now that the ticket has another generation, the file is an old one, and goes. */
static enum status act_meet_again(struct trees *m, const struct moved *moved, struct error *err)
{
	struct maildir *folder;
	struct maildir_entry file = { .file = moved->file, .is_new = moved->is_new };
	struct stat stat;

	if (tree_folder(moved->tree, moved->folder, false, &folder, err) != ST_OK)
		return ST_OK;
	file.fd = moved->is_new ? folder->new_fd : folder->cur_fd;
	if (fstatat(file.fd, moved->file, &stat, AT_SYMLINK_NOFOLLOW) != 0)
		return ST_OK;
	file.inode = stat.st_ino;
	return tree_meet(m, moved->tree, moved->folder, &file, err);
}

/* A whole thread that was moved is one command: after the first, the others are of an older
 * generation than the ticket. */
static enum status act_on_move(struct trees *m, const struct moved *moved, struct error *err)
{
	const struct placed *p = g_hash_table_lookup(m->tickets, GSIZE_TO_POINTER(moved->ticket));
	const struct mailbox_move move = act_move_of(m, moved);
	enum move_fate fate = MOVE_LOST;
	enum status st = ST_OK;

	if (p && p->row.generation == moved->generation) {
		st = mailbox_move(m->store, &move, &fate, err);
		if (st == ST_OK)
			act_count(m, fate);
		if (st == ST_OK && fate == MOVE_DONE)
			g_array_append_val(moved->tree->moved, m->now);
		if (st == ST_OK)
			st = rows_to_files(m, moved->ticket, err);
	}
	return st;
}

/* --- too many at once --- */

static void act_forget_minute(const struct trees *m, GArray *times)
{
	while (times->len &&
		g_array_index(times, int64_t, 0) < m->now - (int64_t)MINUTE_SECONDS * TEXT_SECOND)
		g_array_remove_index(times, 0);
}

/* Tickets that this agent has moved, each once. */
static GPtrArray *act_tickets_of(const GPtrArray *moves, const struct tree *tree)
{
	GPtrArray *first = g_ptr_array_new();
	g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);

	for (guint i = 0; i < moves->len; i++) {
		struct moved *moved = moves->pdata[i];

		if (moved->tree == tree && g_hash_table_add(seen, GSIZE_TO_POINTER(moved->ticket)))
			g_ptr_array_add(first, moved);
	}
	return first;
}

static enum status act_hold(
	struct trees *m, struct tree *tree, const GPtrArray *first, struct error *err)
{
	g_autoptr(GArray) moves = g_array_new(FALSE, FALSE, sizeof(struct mailbox_move));
	struct mailbox_move move;
	enum status st;

	for (guint i = 0; i < first->len; i++) {
		move = act_move_of(m, first->pdata[i]);
		g_array_append_val(moves, move);
	}
	st = mailbox_hold(
		m->store, (const struct mailbox_move *)(const void *)moves->data, moves->len, err);
	m->counts.held += st == ST_OK ? moves->len : 0;
	for (guint i = 0; st == ST_OK && i < first->len; i++)
		st = rows_to_files(m, ((struct moved *)first->pdata[i])->ticket, err);
	(void)tree;
	return st;
}

static enum status act_on_moves_of(
	struct trees *m, struct tree *tree, const GPtrArray *moves, struct error *err)
{
	g_autoptr(GPtrArray) first = act_tickets_of(moves, tree);
	enum status st = ST_OK;

	act_forget_minute(m, tree->moved);
	if (tree->moved->len + first->len > LIMIT_MAILBOX_MOVES)
		return act_hold(m, tree, first, err);
	for (guint i = 0; st == ST_OK && i < first->len; i++)
		st = act_on_move(m, first->pdata[i], err);
	return st;
}

static enum status act_on_moves(struct trees *m, const GPtrArray *moves, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < m->trees->len; i++)
		st = act_on_moves_of(m, m->trees->pdata[i], moves, err);
	for (guint i = 0; st == ST_OK && i < moves->len; i++)
		st = act_meet_again(m, moves->pdata[i], err);
	return st;
}

/* --- dropped in --- */

/* "TIME.N.BOX;FLAGS;FOLDER": who takes it in after a crash needs no more. Owned. */
static char *act_claim_name(const struct trees *m, const struct dropped *dropped)
{
	static unsigned count;

	return g_strdup_printf("%" PRId64 ".%u.%s;%s;%s", m->now, count++, m->box,
		maildir_flags(dropped->file) & MAILDIR_DRAFT ? "D" : "", dropped->folder);
}

static enum status act_open_claims(
	struct trees *m, const struct tree *tree, int *fd_out, struct error *err)
{
	g_autofree char *quoted = maildir_quote(tree->login);

	return maildir_make_directory(m->claims_fd, quoted, OWN_MODE, fd_out, err);
}

/* Whoever drops a thousand there has heard of it. */
static enum status act_tell_kept(struct trees *m, const struct tree *tree, const char *folder,
	const char *why, struct error *err)
{
	const struct mailbox_kept kept = { .settings = m->settings,
		.key = m->key,
		.login = tree->login,
		.folder = folder + 1,
		.why = why,
		.now = m->now };

	m->counts.kept++;
	act_forget_minute(m, tree->told);
	if (tree->told->len >= LIMIT_MAILBOX_NOTICES)
		return ST_OK;
	g_array_append_val(tree->told, m->now);
	return mailbox_tell_kept(m->store, &kept, err);
}

/* Moves a file into the folder of what is no ticket. ST_NOT_FOUND: it is gone. */
static enum status act_keep(
	struct trees *m, struct tree *tree, int fd, const char *file, struct error *err)
{
	static unsigned count;
	struct maildir *kept;
	g_autofree char *name = g_strdup_printf("%" PRId64 ".M%06" PRId64 "K%u.milticket:2,",
		m->now / TEXT_SECOND, m->now % TEXT_SECOND, count++);
	enum status st = tree_folder(tree, NOT_TAKEN, true, &kept, err);

	if (st != ST_OK || renameat(fd, file, kept->cur_fd, name) == 0)
		return st;
	return error_set(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO,
		_("cannot keep a mail of %s's mailbox: %s"), tree->login, g_strerror(errno));
}

static enum status act_claim(
	struct trees *m, const struct dropped *dropped, int from, struct error *err)
{
	g_autofree char *name = act_claim_name(m, dropped);
	int to = -1, rc;
	enum status st = act_open_claims(m, dropped->tree, &to, err);

	if (st != ST_OK)
		return st;
	rc = renameat(from, dropped->file, to, name);
	close(to);
	failpoint("mailbox-claimed");
	if (rc == 0 || errno == ENOENT)
		return ST_OK;
	return error_set(err, ST_IO, _("cannot take a mail out of %s's mailbox: %s"),
		dropped->tree->login, g_strerror(errno));
}

/* Out of the folder. ST_NOT_FOUND: it is gone from there. */
static enum status act_take_away(struct trees *m, const struct dropped *dropped, struct error *err)
{
	struct maildir *folder;
	int fd;
	enum status st = tree_folder(dropped->tree, dropped->folder, false, &folder, err);

	if (st != ST_OK)
		return st;
	fd = dropped->is_new ? folder->new_fd : folder->cur_fd;
	return dropped->lost ? act_keep(m, dropped->tree, fd, dropped->file, err)
			     : act_claim(m, dropped, fd, err);
}

static enum status act_on_drop(struct trees *m, const struct dropped *dropped, struct error *err)
{
	struct tree *tree = dropped->tree;
	enum status st = tree->shut ? ST_OK : act_take_away(m, dropped, err);

	st = tree_shut(m, tree, st, err);
	if (st == ST_OK && !tree->shut && dropped->lost)
		st = act_tell_kept(m, dropped->tree, dropped->folder,
			N_("no ticket is opened by a mail in that folder"), err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- claims --- */

struct act_file {
	struct trees *m;
	struct tree *tree;
	int fd;
	const char *file;
};

/* -1: it is none that can be taken in. */
static int act_open(const struct act_file *f)
{
	int fd = openat(f->fd, f->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;

	if (fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
		stat.st_size <= LIMIT_MAILBOX_MAIL)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static enum status act_take(const struct act_file *f, const char *folder, bool draft,
	struct mailbox_taken *taken_out, struct error *err)
{
	const struct agent agent = {
		.login = f->tree->login, .addresses = f->tree->addresses, .queues = f->tree->queues
	};
	const struct mailbox_mail mail = { .settings = f->m->settings,
		.name = f->file,
		.queue = folder_read(folder).queue,
		.agent = &agent,
		.draft = draft,
		.fd = act_open(f),
		.now = f->m->now };
	enum status st;

	*taken_out = (struct mailbox_taken){ 0, N_("it cannot be read, or is too large") };
	if (mail.fd < 0)
		return ST_OK;
	st = mailbox_take(f->m->store, &mail, taken_out, err);
	close(mail.fd);
	return st;
}

static enum status act_on_claim(const struct act_file *f, struct error *err)
{
	g_auto(GStrv) parts = g_strsplit(f->file, ";", 3);
	const char *folder = g_strv_length(parts) == 3 ? parts[2] : ".Mine";
	bool draft = g_strv_length(parts) == 3 && *parts[1];
	struct mailbox_taken taken;
	enum status st = act_take(f, folder, draft, &taken, err);

	failpoint("mailbox-claim-opened");
	if (st != ST_OK)
		return st;
	if (!taken.why) {
		f->m->counts.opened += taken.ticket != 0;
		unlinkat(f->fd, f->file, 0);
		failpoint("mailbox-claim-removed");
		return mailbox_taken_forget(f->m->store, f->file, err);
	}
	st = tree_shut(f->m, f->tree, act_keep(f->m, f->tree, f->fd, f->file, err), err);
	return st == ST_OK && !f->tree->shut ? act_tell_kept(f->m, f->tree, folder, taken.why, err)
					     : st;
}

static enum status act_on_claims_of(struct trees *m, struct tree *tree, struct error *err)
{
	struct act_file file = { .m = m, .tree = tree, .fd = -1 };
	g_autofree char *quoted = maildir_quote(tree->login);
	g_autoptr(GPtrArray) names = NULL;
	enum status st = maildir_open_directory(m->claims_fd, quoted, &file.fd, err);

	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	st = maildir_names(file.fd, &names, err);
	for (guint i = 0; st == ST_OK && i < names->len && !tree->shut; i++) {
		file.file = names->pdata[i];
		st = lease_keep(m, err);
		if (st == ST_OK)
			st = act_on_claim(&file, err);
	}
	close(file.fd);
	return st;
}

enum status act_on_claims(struct trees *m, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < m->trees->len; i++) {
		struct tree *tree = m->trees->pdata[i];

		if (!tree->gone && !tree->shut)
			st = act_on_claims_of(m, tree, err);
	}
	return st;
}

/* --- notes of claims --- */

static bool act_is_ours(const struct trees *m, const char *name)
{
	const char *end = strchr(name, ';');
	size_t len = strlen(m->box);

	return end && (size_t)(end - name) > len && end[-(ptrdiff_t)len - 1] == '.' &&
		strncmp(end - len, m->box, len) == 0;
}

/* Also of those who are no agents any more. */
static bool act_is_there(const struct trees *m, const GPtrArray *logins, const char *name)
{
	bool there = false;

	for (guint i = 0; i < logins->len && !there; i++) {
		g_autofree char *path = g_build_filename(logins->pdata[i], name, NULL);

		there = faccessat(m->claims_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
	return there;
}

enum status act_forget_notes(struct trees *m, struct error *err)
{
	g_autoptr(GPtrArray) names = NULL, logins = NULL;
	enum status st = mailbox_taken_list(m->store, &names, err);

	if (st == ST_OK)
		st = maildir_names(m->claims_fd, &logins, err);
	for (guint i = 0; st == ST_OK && i < names->len; i++)
		if (act_is_ours(m, names->pdata[i]) && !act_is_there(m, logins, names->pdata[i]))
			st = mailbox_taken_forget(m->store, names->pdata[i], err);
	return st;
}

/* --- all of it --- */

static enum status act_on_doubts(struct trees *m, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < m->doubts->len; i++) {
		const struct doubt doubt = g_array_index(m->doubts, struct doubt, i);
		const struct placed *p = g_hash_table_lookup(
			m->tickets, GSIZE_TO_POINTER(doubt.ticket));

		if (p)
			st = tree_check(m, doubt.tree, p, err);
	}
	g_array_set_size(m->doubts, 0);
	return st;
}

/* What was in the folder of a queue that is no more is out of it now. */
static void act_tidy_after(struct trees *m, const GPtrArray *moves, const GPtrArray *drops)
{
	for (guint i = 0; i < m->trees->len; i++) {
		struct tree *tree = m->trees->pdata[i];
		bool touched = false;

		for (guint j = 0; j < moves->len && !touched; j++)
			touched = ((struct moved *)moves->pdata[j])->tree == tree;
		for (guint j = 0; j < drops->len && !touched; j++)
			touched = ((struct dropped *)drops->pdata[j])->tree == tree;
		if (touched)
			tree_tidy(m, tree);
	}
}

enum status act_on_findings(struct trees *m, struct error *err)
{
	g_autoptr(GPtrArray) moves = g_steal_pointer(&m->moves), drops = g_steal_pointer(&m->drops);
	enum status st;

	/* What is met meanwhile is for the next time. */
	m->moves = moves_new();
	m->drops = drops_new();
	st = act_on_moves(m, moves, err);

	for (guint i = 0; st == ST_OK && i < drops->len; i++) {
		st = lease_keep(m, err);
		if (st == ST_OK)
			st = act_on_drop(m, drops->pdata[i], err);
	}
	if (st == ST_OK && drops->len)
		st = act_on_claims(m, err);
	if (st == ST_OK)
		act_tidy_after(m, moves, drops);
	if (st == ST_OK)
		st = act_on_doubts(m, err);
	for (guint i = 0; i < m->trees->len; i++)
		tree_close_folders(m->trees->pdata[i]);
	return st;
}
