/* The mailboxes' life, and a step of it. */
#include "keep/mailboxes-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/tongue.h"
#include "tables/following.h"
#include "tables/leases.h"
#include "tables/tickets.h"

enum { AGENTS_EVERY = 1, OLD_EVERY = 3600, SCAN_EVERY = 3600, DAY_SECONDS = 24 * 3600 };
enum { TRY_EVERY = 60 /* what was let alone */ };

/* --- life --- */

static struct trees *mailboxes_new(struct store *store, struct settings *settings)
{
	struct trees *m = g_new0(struct trees, 1);

	m->store = store;
	m->settings = settings_ref(settings);
	placements_box(settings->mailboxes.path, m->box);
	m->fd = m->messages_fd = m->claims_fd = -1;
	m->tickets = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, placed_free);
	m->inodes = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
	m->trees = g_ptr_array_new_with_free_func(tree_free);
	m->moves = moves_new();
	m->drops = drops_new();
	m->doubts = g_array_new(FALSE, FALSE, sizeof(struct doubt));
	return m;
}

static void mailboxes_close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void mailboxes_close(struct trees *m)
{
	if (!m)
		return;
	lease_end(m);
	mailboxes_close_fd(m->fd);
	mailboxes_close_fd(m->messages_fd);
	mailboxes_close_fd(m->claims_fd);
	watch_free(m->watch);
	g_hash_table_unref(m->tickets);
	g_hash_table_unref(m->inodes);
	g_ptr_array_unref(m->trees);
	g_ptr_array_unref(m->moves);
	g_ptr_array_unref(m->drops);
	g_array_unref(m->doubts);
	settings_unref(m->settings);
	g_free(m->shut_last);
	g_free(m);
}

/* --- the directory --- */

/* All below it gets its group, and we must be in that to give it. */
static enum status mailboxes_give_group(struct trees *m, struct error *err)
{
	const char *name = m->settings->mailboxes.group;
	const struct group *group = getgrnam(name);
	struct stat stat;

	if (!group)
		return error_set(
			err, ST_NOT_FOUND, _("mailboxes.group: there is no group '%s'"), name);
	if (fstat(m->fd, &stat) != 0 ||
		(stat.st_gid != group->gr_gid && fchown(m->fd, (uid_t)-1, group->gr_gid) != 0))
		return error_set(err, ST_REFUSED,
			_("cannot give '%s' to group '%s': %s; the daemon's user must be in it"),
			m->settings->mailboxes.path, name, g_strerror(errno));
	if (fchmod(m->fd, MAILDIR_TREE_MODE) != 0)
		return error_set(err, ST_REFUSED, _("cannot set the rights of '%s': %s"),
			m->settings->mailboxes.path, g_strerror(errno));
	/* For others than members the kernel leaves the group's bit out, and says nothing. */
	if (fstat(m->fd, &stat) != 0 || !(stat.st_mode & S_ISGID))
		return error_set(err, ST_REFUSED,
			_("cannot share '%s' with group '%s': the daemon's user must be in it"),
			m->settings->mailboxes.path, name);
	return ST_OK;
}

static enum status mailboxes_open_directory(struct trees *m, struct error *err)
{
	const char *path = m->settings->mailboxes.path;
	enum status st = maildir_open_directory(AT_FDCWD, path, &m->fd, err);

	if (st == ST_OK)
		st = mailboxes_give_group(m, err);
	if (st == ST_OK)
		st = maildir_make_directory(m->fd, "+messages", OWN_MODE, &m->messages_fd, err);
	if (st == ST_OK)
		st = maildir_make_directory(m->fd, "+claims", OWN_MODE, &m->claims_fd, err);
	return st;
}

/* --- the start --- */

#define MAILBOXES_DAY ((int64_t)DAY_SECONDS * TEXT_SECOND)

/* A clock that is ahead for a while takes a day of what is closed, not all of it. */
static void mailboxes_set_now(struct trees *m, int64_t now)
{
	m->now = now;
	m->shown_since = MIN(now, m->believed) - m->settings->mailboxes.closed_days * MAILBOXES_DAY;
}

static void mailboxes_believe(struct trees *m, int64_t now)
{
	m->believed = MIN(now, m->believed) + MAILBOXES_DAY;
	mailboxes_set_now(m, now);
}

/* Rows whose messages have no files yet: a process died between the two. */
static enum status mailboxes_complete(struct trees *m, struct error *err)
{
	g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	GHashTableIter iter;
	gpointer value;
	enum status st = ST_OK;

	g_hash_table_iter_init(&iter, m->tickets);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct placed *p = value;

		if (p->copies->len != p->row.seqs.n)
			g_array_append_val(numbers, p->row.ticket);
	}
	for (guint i = 0; st == ST_OK && i < numbers->len; i++)
		st = rows_to_files(m, g_array_index(numbers, uint64_t, i), err);
	return st;
}

static enum status mailboxes_scan(struct trees *m, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < m->trees->len; i++) {
		st = lease_keep(m, err);
		if (st == ST_OK)
			st = tree_scan(m, m->trees->pdata[i], err);
	}
	m->scanned = m->tried = m->now;
	return st;
}

static enum status mailboxes_begin(struct trees *m, struct error *err)
{
	enum status st = lease_keep(m, err);

	if (st == ST_OK)
		st = mailboxes_open_directory(m, err);
	if (st == ST_OK)
		st = rows_load(m, err);
	if (st == ST_OK)
		st = copies_scan(m, err);
	for (guint i = 0; st == ST_OK && i < m->trees->len; i++)
		st = tree_open(m, m->trees->pdata[i], err);
	if (st == ST_OK)
		st = mailboxes_complete(m, err);
	if (st == ST_OK)
		st = mailboxes_scan(m, err);
	if (st == ST_OK)
		st = rows_agents(m, err);
	if (st == ST_OK)
		st = act_on_claims(m, err);
	if (st == ST_OK)
		st = act_forget_notes(m, err);
	return st == ST_OK ? act_on_findings(m, err) : st;
}

enum status mailboxes_open(struct store *store, struct settings *settings, bool watch,
	struct trees **mailboxes_out, struct error *err)
{
	struct trees *m = mailboxes_new(store, settings);
	enum status st = store_secret(store, m->key.secret, err);

	m->believed = G_MAXINT64;
	mailboxes_believe(m, g_get_real_time());
	if (watch)
		m->watch = watch_new();
	if (st == ST_OK)
		st = mailboxes_begin(m, err);
	if (st == ST_OK)
		*mailboxes_out = m;
	else
		mailboxes_close(m);
	return st;
}

int mailboxes_fd(const struct trees *m)
{
	return watch_fd(m->watch);
}

bool mailboxes_log_grows(const struct trees *m)
{
	return m->grows;
}

struct mailboxes_counts mailboxes_counts(const struct trees *m)
{
	return m->counts;
}

const char *mailboxes_shut(const struct trees *m)
{
	for (guint i = 0; i < m->trees->len; i++)
		if (((struct tree *)m->trees->pdata[i])->shut)
			return m->shut_last;
	return NULL;
}

/* --- a step --- */

static bool mailboxes_is_time(int64_t *last, int64_t now, int64_t seconds)
{
	/* A clock that was set back must not rest until it is where it was. */
	if (now >= *last && now - *last < seconds * TEXT_SECOND)
		return false;
	*last = now;
	return true;
}

static enum status mailboxes_to_files(struct trees *m, const GArray *numbers, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < numbers->len; i++)
		st = rows_to_files(m, g_array_index(numbers, uint64_t, i), err);
	return st;
}

static enum status mailboxes_follow(struct trees *m, bool *more_out, struct error *err)
{
	g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	uint64_t done = m->done;
	enum status st = rows_follow(m, numbers, more_out, err);
	uint64_t rows = m->done;

	m->done = done;
	if (st == ST_OK)
		st = mailboxes_to_files(m, numbers, err);
	if (st == ST_OK)
		m->done = rows;
	return st;
}

static enum status mailboxes_forget_old(struct trees *m, struct error *err)
{
	g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	enum status st = rows_forget_old(m, numbers, err);

	return st == ST_OK ? mailboxes_to_files(m, numbers, err) : st;
}

static enum status mailboxes_try_again(struct trees *m, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < m->trees->len; i++)
		st = tree_try_again(m, m->trees->pdata[i], err);
	return st;
}

static void mailboxes_distrust(struct trees *m)
{
	for (guint i = 0; i < m->trees->len; i++)
		((struct tree *)m->trees->pdata[i])->unseen = true;
}

/* One tree a step: changes do not wait for a look at all. */
static enum status mailboxes_scan_next(struct trees *m, bool *more_out, struct error *err)
{
	struct tree *tree = NULL;
	enum status st = ST_OK;

	for (guint i = 0; i < m->trees->len && !tree; i++)
		if (((struct tree *)m->trees->pdata[i])->unseen)
			tree = m->trees->pdata[i];
	*more_out = tree != NULL;
	if (tree)
		st = tree_open(m, tree, err);
	if (tree && st == ST_OK)
		st = tree_scan(m, tree, err);
	return st;
}

/* What clients did is done before the log is followed: a file that lies elsewhere is a command only
 * while its ticket is as they saw it. */
static enum status mailboxes_hear(struct trees *m, bool *more_out, struct error *err)
{
	bool all = false;
	enum status st = hear_clients(m, &all, err);

	if (all || mailboxes_is_time(&m->scanned, m->now, SCAN_EVERY))
		mailboxes_distrust(m);
	if (st == ST_OK)
		st = mailboxes_scan_next(m, more_out, err);
	return st == ST_OK ? act_on_findings(m, err) : st;
}

enum status mailboxes_step(struct trees *m, int64_t now, bool *more_out, struct error *err)
{
	bool unseen = false, behind = false;
	enum status st = lease_keep(m, err);

	mailboxes_set_now(m, now);
	if (st == ST_OK && mailboxes_is_time(&m->tried, now, TRY_EVERY))
		st = mailboxes_try_again(m, err);
	if (st == ST_OK && mailboxes_is_time(&m->agents_looked, now, AGENTS_EVERY)) {
		st = rows_agents(m, err);
		if (st == ST_OK)
			st = forget_people(m, err);
		if (st == ST_OK)
			st = rows_note_done(m, err);
	}
	if (st == ST_OK)
		st = mailboxes_hear(m, &unseen, err);
	if (st == ST_OK)
		st = mailboxes_follow(m, &behind, err);
	*more_out = unseen || behind;
	if (st == ST_OK && mailboxes_is_time(&m->old_looked, now, OLD_EVERY)) {
		st = mailboxes_forget_old(m, err);
		mailboxes_believe(m, now);
	}
	for (guint i = 0; i < m->trees->len; i++)
		tree_close_folders(m->trees->pdata[i]);
	return st;
}

/* --- from outside --- */

struct looking {
	char box[BOX_BYTES];
	struct mailboxes_status status;
	struct placements_place place;
};

static enum status look_at_row(struct txn *txn, const void *record, void *arg, struct error *err)
{
	struct looking *look = arg;
	const struct placement *row = record;

	(void)txn;
	(void)err;
	look->status.tickets++;
	look->status.files += row->seqs.n;
	return ST_OK;
}

static enum status look_at_tree(struct txn *txn, const void *record, void *arg, struct error *err)
{
	(void)txn;
	(void)record;
	(void)err;
	((struct looking *)arg)->status.agents++;
	return ST_OK;
}

static enum status look_at_lease(struct txn *txn, struct looking *look, struct error *err)
{
	g_autofree char *name = lease_name(look->box);
	struct lease lease = { 0 };
	enum status st = lease_load(txn, name, &lease, err);

	if (st == ST_OK && lease.until > g_get_real_time())
		g_strlcpy(look->status.keeper, lease.holder, sizeof look->status.keeper);
	lease_release(&lease);
	return st;
}

static enum status mailboxes_look_txn(struct txn *txn, void *arg, struct error *err)
{
	struct looking *look = arg;
	struct mailboxes_status *s = &look->status;
	uint64_t end = 0;
	g_autofree char *redacted = NULL;
	enum status st = placements_place(txn, look->box, &look->place, err);

	*s = (struct mailboxes_status){ 0 };
	if (st == ST_OK)
		st = following_end(txn, &end, err);
	if (st == ST_OK)
		st = tickets_last(txn, &s->last_number, err);
	if (st == ST_OK)
		st = placements_each(txn, look->box, 0, look_at_row, look, err);
	if (st == ST_OK)
		st = trees_each(txn, look->box, look_at_tree, look, err);
	if (st == ST_OK)
		st = placements_redact_wanted(txn, look->box, &redacted, err);
	if (st == ST_OK)
		st = look_at_lease(txn, look, err);
	s->redacting = redacted && *redacted;
	s->serial = look->place.done;
	s->begun = look->place.built || look->place.number > 0 || s->agents > 0;
	s->building = !look->place.built || look->place.asked != look->place.begun;
	s->number = look->place.asked == look->place.begun ? look->place.number : 0;
	s->behind = end - MIN(end, look->place.done);
	return st;
}

enum status mailboxes_look(struct store *store, const struct settings *settings,
	struct mailboxes_status *status_out, struct error *err)
{
	struct looking look = { .box = "" };
	enum status st;

	placements_box(settings->mailboxes.path, look.box);
	st = store_read(store, mailboxes_look_txn, &look, err);
	*status_out = look.status;
	return st;
}

static enum status mailboxes_ask_txn(struct txn *txn, void *arg, struct error *err)
{
	const struct looking *look = arg;
	struct placements_place place;
	enum status st = placements_place(txn, look->box, &place, err);

	place.asked++;
	return st == ST_OK ? placements_place_save(txn, look->box, &place, err) : st;
}

enum status mailboxes_ask_rebuild(
	struct store *store, const struct settings *settings, struct error *err)
{
	struct looking look = { .box = "" };

	placements_box(settings->mailboxes.path, look.box);
	return store_write(store, mailboxes_ask_txn, &look, err);
}

struct asking {
	char box[BOX_BYTES];
	const char *address;
};

static enum status mailboxes_redact_txn(struct txn *txn, void *arg, struct error *err)
{
	const struct asking *a = arg;

	return placements_redact_ask(txn, a->box, a->address, err);
}

enum status mailboxes_ask_redact(struct store *store, const struct settings *settings,
	const char *address, struct error *err)
{
	struct asking asking = { .address = address };

	placements_box(settings->mailboxes.path, asking.box);
	return store_write(store, mailboxes_redact_txn, &asking, err);
}
