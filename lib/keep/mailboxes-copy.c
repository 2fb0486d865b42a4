/* Each message once: +messages/NN/BASE;FLAGS;AUTHOR, NN being the last digits of the ticket's
 * number. */
#include "keep/mailboxes-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/limits.h"
#include "base/mailbox.h"
#include "base/text.h"
#include "base/tongue.h"

enum { SHELVES = 100 };

/* --- names --- */

static char *copy_base_from(const struct copy_name *name, const char *more)
{
	return g_strdup_printf("%" PRIu64 ".M%06" PRIu64 "T%" PRIu64 "N%" PRIu64
			       "%s.milticket,S=%" PRIu64 ",W=%" PRIu64,
		name->generation / TEXT_SECOND, name->generation % TEXT_SECOND, name->ticket,
		name->seq, more, name->size, name->size + name->lines);
}

static struct copy_name copy_name_of(const struct placed *p, const struct copy *copy)
{
	return (struct copy_name){ p->row.ticket, copy->seq, p->row.generation, copy->size,
		copy->lines };
}

char *copy_base(const struct placed *placed, const struct copy *copy)
{
	const struct copy_name name = copy_name_of(placed, copy);

	return copy_base_from(&name, "");
}

char *copy_fresh_base(const struct placed *placed, const struct copy *copy)
{
	const struct copy_name name = copy_name_of(placed, copy);
	g_autofree char *more = g_strdup_printf("R%" PRIx64, (uint64_t)g_get_real_time());

	return copy_base_from(&name, more);
}

/* The number after that text; what follows it is at *p_inout. */
static bool copy_read_number(const char **p_inout, const char *text, uint64_t *out)
{
	char *end;

	if (!g_str_has_prefix(*p_inout, text) || !g_ascii_isdigit((*p_inout)[strlen(text)]))
		return false;
	*out = g_ascii_strtoull(*p_inout + strlen(text), &end, 10);
	*p_inout = end;
	return true;
}

bool copy_read_base(const char *file, struct copy_name *n)
{
	const char *p = file;
	uint64_t seconds, micros, wide;

	if (!copy_read_number(&p, "", &seconds) || !copy_read_number(&p, ".M", &micros) ||
		!copy_read_number(&p, "T", &n->ticket) || !copy_read_number(&p, "N", &n->seq))
		return false;
	if (*p == 'R')
		p += 1 + strspn(p + 1, "0123456789abcdef");
	if (!copy_read_number(&p, ".milticket,S=", &n->size) ||
		!copy_read_number(&p, ",W=", &wide) || wide < n->size)
		return false;
	n->generation = seconds * TEXT_SECOND + micros;
	n->lines = wide - n->size;
	return *p == '\0' || *p == ':' || *p == ';';
}

static char *copies_file(const struct placed *p, const struct copy *copy)
{
	static const char *const flags[] = { "", "u", "r", "ur" };
	g_autofree char *base = copy_base(p, copy),
			*author = maildir_quote(text_or_none(copy->author));

	return g_strdup_printf("%s;%s;%s", base, flags[copy->unread + 2 * copy->replied], author);
}

static char *copy_shelf(uint64_t ticket)
{
	return g_strdup_printf("%02u", (unsigned)(ticket % SHELVES));
}

/* "SHELF/FILE". */
static char *copy_path(const struct placed *p, const struct copy *copy)
{
	g_autofree char *shelf = copy_shelf(p->row.ticket), *file = copies_file(p, copy);

	return g_strconcat(shelf, "/", file, NULL);
}

/* --- placed --- */

static void copy_clear(gpointer data)
{
	g_free(((struct copy *)data)->author);
}

struct placed *placed_new(const struct placement *row)
{
	struct placed *p = g_new0(struct placed, 1);

	record_copy(&placement_type, &p->row, row);
	p->row.ticket = row->ticket;
	p->copies = g_array_new(FALSE, TRUE, sizeof(struct copy));
	g_array_set_clear_func(p->copies, copy_clear);
	return p;
}

void placed_free(gpointer data)
{
	struct placed *p = data;

	if (!p)
		return;
	record_release(&placement_type, &p->row);
	g_array_unref(p->copies);
	g_free(p);
}

struct copy *placed_copy(const struct placed *p, uint64_t seq)
{
	for (guint i = 0; p && i < p->copies->len; i++) {
		struct copy *copy = &g_array_index(p->copies, struct copy, i);

		if (copy->seq == seq)
			return copy;
	}
	return NULL;
}

/* --- inodes --- */

struct inode_of {
	struct copy_id id;
};

static void copies_note_inode(struct trees *m, const struct placed *p, const struct copy *copy)
{
	struct inode_of *of = g_new(struct inode_of, 1);

	of->id = (struct copy_id){ p->row.ticket, copy->seq, p->row.generation };
	g_hash_table_insert(m->inodes, GSIZE_TO_POINTER(copy->inode), of);
}

/* --- what there is --- */

/* A file that a power cut has left short is made anew. */
static bool copy_is_whole(int fd, const char *file, const struct copy_name *name, ino_t *inode_out)
{
	struct stat stat;

	if (fstatat(fd, file, &stat, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(stat.st_mode))
		return false;
	*inode_out = stat.st_ino;
	return (uint64_t)stat.st_size == name->size;
}

static void copies_adopt(struct trees *m, int fd, const char *file)
{
	struct copy_name name;
	struct copy copy = { 0 };
	struct placed *p = copy_read_base(file, &name)
		? g_hash_table_lookup(m->tickets, GSIZE_TO_POINTER(name.ticket))
		: NULL;
	const char *flags = strchr(file, ';'), *author = flags ? strchr(flags + 1, ';') : NULL;

	if (!p || !author || name.generation != p->row.generation ||
		!numbers_has(&p->row.seqs, name.seq) || placed_copy(p, name.seq) ||
		!copy_is_whole(fd, file, &name, &copy.inode)) {
		unlinkat(fd, file, 0);
		return;
	}
	copy.seq = name.seq;
	copy.size = name.size;
	copy.lines = name.lines;
	copy.unread = memchr(flags, 'u', (size_t)(author - flags)) != NULL;
	copy.replied = memchr(flags, 'r', (size_t)(author - flags)) != NULL;
	copy.author = author[1] ? maildir_unquote(author + 1) : NULL;
	g_array_append_val(p->copies, copy);
	copies_note_inode(m, p, &copy);
}

static enum status copies_scan_shelf(struct trees *m, unsigned number, struct error *err)
{
	g_autofree char *shelf = copy_shelf(number);
	g_autoptr(GPtrArray) names = NULL;
	int fd = -1;
	enum status st = maildir_make_directory(m->messages_fd, shelf, OWN_MODE, &fd, err);

	if (st == ST_OK)
		st = maildir_names(fd, &names, err);
	for (guint i = 0; st == ST_OK && i < names->len; i++)
		copies_adopt(m, fd, names->pdata[i]);
	if (fd >= 0)
		close(fd);
	return st;
}

enum status copies_scan(struct trees *m, struct error *err)
{
	enum status st = ST_OK;

	for (unsigned i = 0; st == ST_OK && i < SHELVES; i++) {
		st = lease_keep(m, err);
		if (st == ST_OK)
			st = copies_scan_shelf(m, i, err);
	}
	return st;
}

/* --- making them --- */

static enum status copy_failed(struct error *err, const char *what)
{
	enum status st = errno == ENOSPC || errno == EDQUOT ? ST_FULL : ST_IO;

	return error_set(
		err, st, _("cannot %s a message of the mailboxes: %s"), what, g_strerror(errno));
}

#define MAKING "making"

/* Under a name that is adopted by nobody until it is whole. */
static enum status copies_write(
	struct trees *m, const struct copy_source *source, struct copy *copy, struct error *err)
{
	struct copy_size size = { 0 };
	struct stat stat;
	int fd;
	bool written;

	unlinkat(m->messages_fd, MAKING, 0);
	fd = openat(m->messages_fd, MAKING, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		MAILDIR_FILE_MODE);
	if (fd < 0)
		return copy_failed(err, _("make"));
	written = copy_mail(source, fd, &size) && fchmod(fd, MAILDIR_FILE_MODE) == 0 &&
		fstat(fd, &stat) == 0;
	if (close(fd) != 0 || !written)
		return copy_failed(err, _("write"));
	failpoint("mailbox-copy-written");
	copy->size = size.size;
	copy->lines = size.lines;
	copy->inode = stat.st_ino;
	return ST_OK;
}

/* The agent who wrote it; their own words are not news to them. Owned. */
static char *copy_author(const struct trees *m, const struct entry *e)
{
	g_autofree char *from = mailbox_read_address(e->from);

	if (e->direction != DIRECTION_OUT && e->direction != DIRECTION_NOTE)
		return NULL;
	for (guint i = 0; i < m->trees->len; i++) {
		const struct tree *tree = m->trees->pdata[i];

		if (g_strcmp0(tree->login, e->from) == 0 ||
			(from && text_list_has(tree->addresses, from)))
			return g_strdup(tree->login);
	}
	return NULL;
}

/* Who sees a ticket for the first time has to read what is not answered, and no more. */
static bool copy_is_unread(const struct ticket *t, const struct entry *e)
{
	if (!ticket_status_active(t->status) || e->direction == DIRECTION_AUTO)
		return false;
	return e->received >= t->last_out;
}

static bool copy_is_answered(const struct entry *e, const GPtrArray *entries)
{
	for (guint i = 0; e->message_id && i < entries->len; i++) {
		const struct entry *other = &((struct copy_entry *)entries->pdata[i])->entry;

		if (other->direction == DIRECTION_OUT && other->seq > e->seq &&
			g_strcmp0(other->in_reply_to, e->message_id) == 0)
			return true;
	}
	return false;
}

static enum status copy_make(struct trees *m, struct placed *p, struct copy *copy,
	const struct copy_source *source, struct error *err)
{
	g_autofree char *path = NULL;
	enum status st = copies_write(m, source, copy, err);

	if (st != ST_OK)
		return st;
	path = copy_path(p, copy);
	if (renameat(m->messages_fd, MAKING, m->messages_fd, path) != 0)
		return copy_failed(err, _("name"));
	failpoint("mailbox-copy-named");
	return ST_OK;
}

enum status copies_make(struct trees *m, struct placed *p, const struct ticket *ticket,
	const GPtrArray *entries, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < entries->len; i++) {
		const struct copy_entry *e = entries->pdata[i];
		const struct copy_source source = { m->settings, &m->key, ticket, &e->entry,
			e->text, p->row.generation };
		struct copy copy = { .seq = e->entry.seq };

		if (placed_copy(p, e->entry.seq))
			continue;
		copy.unread = copy_is_unread(ticket, &e->entry);
		copy.replied = copy_is_answered(&e->entry, entries);
		copy.author = copy_author(m, &e->entry);
		st = copy_make(m, p, &copy, &source, err);
		if (st == ST_OK) {
			g_array_append_val(p->copies, copy);
			copies_note_inode(m, p, &copy);
		} else {
			g_free(copy.author);
		}
	}
	return st;
}

bool copies_remove(struct trees *m, const struct placed *p)
{
	struct stat stat;
	bool more = false;

	for (guint i = 0; i < p->copies->len; i++) {
		const struct copy *copy = &g_array_index(p->copies, struct copy, i);
		g_autofree char *path = copy_path(p, copy);

		more = more ||
			(fstatat(m->messages_fd, path, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
				stat.st_nlink > 1);
		unlinkat(m->messages_fd, path, 0);
		g_hash_table_remove(m->inodes, GSIZE_TO_POINTER(copy->inode));
	}
	return more;
}

void copy_set_replied(struct trees *m, const struct placed *p, struct copy *copy)
{
	g_autofree char *before = copy_path(p, copy), *after = NULL;

	copy->replied = true;
	after = copy_path(p, copy);
	/* One that is not there is made when it is missed. */
	if (renameat(m->messages_fd, before, m->messages_fd, after) != 0)
		copy->replied = true;
}

enum status copy_link(struct trees *m, const struct placed *p, const struct copy *copy,
	const struct maildir *folder, const char *base, const struct maildir_place *place)
{
	g_autofree char *path = copy_path(p, copy);

	return maildir_link(m->messages_fd, path, folder, base, place);
}

/* --- whose is a file? --- */

/* One that is ours is written from its beginning to its end, and by us, or it was copied by a
 * server. Nobody waits for another's that is without end, or grows while it is looked at. */
static bool copy_may_be_ours(int fd, uint64_t *size_out)
{
	struct stat stat;
	off_t hole;

	if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) ||
		(stat.st_uid != geteuid() && stat.st_size > LIMIT_MAILBOX_MAIL))
		return false;
	*size_out = (uint64_t)stat.st_size;
	hole = lseek(fd, 0, SEEK_HOLE);
	return (hole < 0 || hole >= stat.st_size) && lseek(fd, 0, SEEK_SET) == 0;
}

bool copy_identify(struct trees *m, const struct maildir_entry *file, struct copy_id *id_out)
{
	const struct inode_of *of = g_hash_table_lookup(m->inodes, GSIZE_TO_POINTER(file->inode));
	uint64_t size;
	bool ours;
	int fd;

	if (of) {
		*id_out = of->id;
		return true;
	}
	fd = openat(file->fd, file->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	ours = copy_may_be_ours(fd, &size) && copy_read(&m->key, fd, size, id_out);
	close(fd);
	return ours;
}
