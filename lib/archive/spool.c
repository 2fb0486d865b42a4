/* A message while it arrives. */
#include "archive/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive-rows.h"
#include "base/directory-sync.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/tongue.h"

struct spool {
	char *dir;
	GByteArray *bytes; /* all of it while it is small, else what is not flushed yet */
	/* of bytes, to the file: after a full disk the rest follows, and nothing twice */
	size_t written;
	int fd; /* -1 while it is in memory; a file without a name */
	uint64_t size;
	struct hash body;
	char digest[HASH_HEX];
	bool cr; /* the body so far ends with a CR that may begin a CRLF */
	spool_decides_fn *decides;
	const void *decides_arg;
	struct room {
		size_t bytes;
		unsigned count;
	} headers, reserve; /* taken by all, and past the room of all by those that decide */
	bool unread, flooded;
	/* line ends at the end of the body so far, not hashed yet: trailing empty lines do not
	 * count */
	uint64_t newlines;
};

struct spool *spool_new(const char *dir)
{
	struct spool *spool = g_new0(struct spool, 1);

	spool->dir = g_strdup(dir);
	spool->bytes = g_byte_array_new();
	spool->fd = -1;
	hash_init(&spool->body);
	return spool;
}

void spool_free(struct spool *spool)
{
	if (!spool)
		return;
	if (spool->fd >= 0)
		close(spool->fd);
	g_byte_array_unref(spool->bytes);
	g_free(spool->dir);
	g_free(spool);
}

/* --- writing --- */

static enum status spool_failed(struct error *err, const char *what, const char *name)
{
	enum status st = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ST_FULL : ST_IO;

	return error_set(err, st, _("cannot %s '%s': %s"), what, name, g_strerror(errno));
}

static int open_unnamed(const char *dir)
{
	g_autofree char *name = NULL;
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0640);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	/* Not every file system has unnamed files. */
	name = g_strdup_printf("%s/.spool-XXXXXX", dir);
	fd = g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0640);
	if (fd >= 0)
		unlink(name);
	return fd;
}

/* Writes what is not written yet; a parsed message may borrow the bytes, so they stay. */
static enum status write_out(struct spool *spool, struct error *err)
{
	if (spool->fd < 0) {
		if (g_mkdir_with_parents(spool->dir, 0750) != 0)
			return spool_failed(err, _("make directory"), spool->dir);
		spool->fd = open_unnamed(spool->dir);
	}
	if (spool->fd < 0)
		return spool_failed(err, _("make a file in"), spool->dir);
	while (spool->written < spool->bytes->len) {
		ssize_t n = write(spool->fd, spool->bytes->data + spool->written,
			spool->bytes->len - spool->written);

		if (n < 0 && errno != EINTR)
			return spool_failed(err, _("write to"), spool->dir);
		spool->written += n > 0 ? (size_t)n : 0;
	}
	return ST_OK;
}

static enum status spool_flush(struct spool *spool, struct error *err)
{
	enum status st = write_out(spool, err);

	if (st == ST_OK) {
		g_byte_array_set_size(spool->bytes, 0);
		spool->written = 0;
	}
	return st;
}

static enum status spool_add(struct spool *spool, const void *data, size_t len, struct error *err)
{
	g_byte_array_append(spool->bytes, data, (guint)len);
	spool->size += len;
	return spool->bytes->len > LIMIT_SPOOL_MEMORY ? spool_flush(spool, err) : ST_OK;
}

/* --- header fields --- */

void spool_decides(struct spool *spool, spool_decides_fn *decides, const void *arg)
{
	spool->decides = decides;
	spool->decides_arg = arg;
}

bool spool_unread(const struct spool *spool)
{
	return spool->unread;
}

bool spool_flooded(const struct spool *spool)
{
	return spool->flooded;
}

static bool room_takes(struct room *room, size_t bytes, size_t most_bytes, unsigned most)
{
	room->bytes += bytes;
	room->count++;
	return room->bytes <= most_bytes && room->count <= most;
}

/* Not in the middle of a fold: an empty line would end the headers. */
static char *start_of(const char *value)
{
	return g_strchomp(g_strndup(value, LIMIT_DECIDING_BYTES));
}

/* What does not fit takes its room all the same, so that of fields of one name the first are kept,
 * and their places are those that the MTA counts. *cut_out: what fits of a value that does not. */
static bool spool_fits(struct spool *spool, const char *name, const char *value, char **cut_out)
{
	const size_t most_bytes = LIMIT_HEADER_BYTES - LIMIT_HEADER_RESERVE_BYTES;
	const unsigned most = LIMIT_HEADER_COUNT - LIMIT_HEADER_RESERVE_COUNT;
	size_t around = strlen(name) + 2, len = strlen(value);

	if (room_takes(&spool->headers, around + len, most_bytes, most))
		return true;
	if (!spool->decides || !spool->decides(name, spool->decides_arg)) {
		spool->unread = true;
		return false;
	}
	if (len > LIMIT_DECIDING_BYTES) {
		spool->unread = true;
		*cut_out = start_of(value);
	}
	spool->flooded |= !room_takes(&spool->reserve, around + MIN(len, LIMIT_DECIDING_BYTES),
		LIMIT_HEADER_RESERVE_BYTES, LIMIT_HEADER_RESERVE_COUNT);
	return !spool->flooded;
}

static enum status add_field(
	struct spool *spool, const char *name, const char *value, struct error *err)
{
	enum status st = spool_add(spool, name, strlen(name), err);

	if (st == ST_OK)
		st = spool_add(spool, ":", 1, err);
	for (const char *p = value; *p && st == ST_OK;) {
		size_t len = strcspn(p, "\r");

		st = spool_add(spool, p, len, err);
		p += len;
		/* Lines end in LF alone, as in the archive. */
		if (*p == '\r' && p[1] != '\n' && st == ST_OK)
			st = spool_add(spool, "\r", 1, err);
		p += *p == '\r';
	}
	return st == ST_OK ? spool_add(spool, "\n", 1, err) : st;
}

enum status spool_header(
	struct spool *spool, const char *name, const char *value, struct error *err)
{
	g_autofree char *cut = NULL;

	if (!spool_fits(spool, name, value, &cut))
		return ST_OK;
	return add_field(spool, name, cut ? cut : value, err);
}

enum status spool_end_headers(struct spool *spool, struct error *err)
{
	return spool_add(spool, "\n", 1, err);
}

/* --- the body and its hash: CRLF is LF --- */

static void hash_line_ends(struct spool *spool)
{
	for (; spool->newlines > 0; spool->newlines--)
		hash_add(&spool->body, "\n", 1);
}

static void spool_hash(struct spool *spool, const char *data, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		size_t run = newline ? (size_t)(newline - data) : len;

		if (run > 0) {
			hash_line_ends(spool);
			hash_add(&spool->body, data, run);
		}
		spool->newlines += newline != NULL;
		data += run + (newline != NULL);
		len -= run + (newline != NULL);
	}
}

static enum status add_body(struct spool *spool, const char *data, size_t len, struct error *err)
{
	spool_hash(spool, data, len);
	return spool_add(spool, data, len, err);
}

/* The CR before the next LF, or one at the end that may turn out to be such; NULL. */
static const char *find_line_end(const char *p, const char *end)
{
	for (const char *newline = p;
		newline < end && (newline = memchr(newline, '\n', (size_t)(end - newline)));
		newline++)
		if (newline > p && newline[-1] == '\r')
			return newline - 1;
	return p < end && end[-1] == '\r' ? end - 1 : NULL;
}

enum status spool_body(struct spool *spool, const void *data, size_t len, struct error *err)
{
	const char *p = data, *end = p + len;
	enum status st = ST_OK;

	if (spool->cr && len > 0 && *p != '\n')
		st = add_body(spool, "\r", 1, err);
	spool->cr = spool->cr && len == 0;
	while (p < end && st == ST_OK) {
		const char *cr = find_line_end(p, end), *stop = cr ? cr : end;

		st = add_body(spool, p, (size_t)(stop - p), err);
		p = stop + (cr != NULL);
		spool->cr = cr && p == end;
	}
	return st;
}

const char *spool_body_digest(struct spool *spool)
{
	if (spool->cr)
		add_body(spool, "\r", 1, NULL);
	spool->cr = false;
	hash_get_hex(&spool->body, spool->digest);
	return spool->digest;
}

/* --- reading --- */

uint64_t spool_size(const struct spool *spool)
{
	return spool->size;
}

struct message *spool_parse(struct spool *spool)
{
	if (spool->fd < 0)
		return message_parse_bytes(spool->bytes->data, spool->bytes->len);
	spool_flush(spool, NULL);
	return message_parse_fd(spool->fd, 0);
}

/* --- keeping --- */

static enum status sync_directory(const char *path, struct error *err)
{
	errno = directory_sync(path);
	return errno == 0 ? ST_OK : spool_failed(err, _("sync directory"), path);
}

/* What root makes in the archive must be the daemon's, as the directory that it is in. */
static void spool_give_to_owner_of(const char *dir, int fd)
{
	struct stat status;

	if (geteuid() == 0 && stat(dir, &status) == 0 &&
		fchown(fd, status.st_uid, status.st_gid) != 0)
		errno = 0;
}

static void spool_give_directory(const char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);
	int fd = geteuid() == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	spool_give_to_owner_of(parent, fd);
	close(fd);
}

static enum status make_archive(const char *dir, struct error *err)
{
	if (g_file_test(dir, G_FILE_TEST_IS_DIR))
		return ST_OK;
	if (g_mkdir_with_parents(dir, 0770) != 0)
		return spool_failed(err, _("make directory"), dir);
	spool_give_directory(dir);
	return ST_OK;
}

/* No symbolic link, which may lead anywhere; errno says so. */
static bool is_directory(const char *path)
{
	struct stat status;

	if (lstat(path, &status) != 0)
		return false;
	errno = ENOTDIR;
	return S_ISDIR(status.st_mode);
}

/* Makes what is missing between dir and name, and syncs the parent of each directory that was made.
 * The group, who are the admins, may remove what is in them. */
static enum status make_directories(
	const char *dir, const char *name, bool durable, struct error *err)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	enum status st = make_archive(dir, err);

	if (st != ST_OK)
		return st;
	for (char *slash = path + strlen(dir) + 1; st == ST_OK && (slash = strchr(slash, '/'));
		slash++) {
		*slash = '\0';
		if (mkdir(path, 0770) == 0) {
			g_autofree char *parent = g_path_get_dirname(path);

			spool_give_directory(path);
			st = durable ? sync_directory(parent, err) : ST_OK;
		} else if (errno != EEXIST || !is_directory(path)) {
			st = spool_failed(err, _("make directory"), path);
		}
		*slash = '/';
	}
	return st;
}

/* Gives the unnamed file its name; one that is there already is the same message's. */
static int name_file(int fd, const char *path)
{
	g_autofree char *proc = g_strdup_printf("/proc/self/fd/%d", fd);

	return linkat(AT_FDCWD, proc, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 || errno == EEXIST
		? 0
		: -1;
}

/* Where files cannot get a name later, the copy is made under another name first. */
static enum status copy_file(struct spool *spool, const char *path, bool durable, struct error *err)
{
	g_autofree char *temporary = g_strdup_printf("%s.XXXXXX", path);
	g_autofree char *chunk = g_malloc(LIMIT_SPOOL_MEMORY);
	int out = g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0640);
	enum status st = out < 0 ? spool_failed(err, _("make"), temporary) : ST_OK;
	off_t at = 0;
	ssize_t n;

	if (st == ST_OK)
		spool_give_to_owner_of(spool->dir, out);
	while (st == ST_OK && (n = pread(spool->fd, chunk, LIMIT_SPOOL_MEMORY, at)) > 0) {
		if (write(out, chunk, (size_t)n) != n)
			st = spool_failed(err, _("write"), temporary);
		at += n;
	}
	if (st == ST_OK && durable && fdatasync(out) != 0)
		st = spool_failed(err, _("sync"), temporary);
	if (out >= 0 && close(out) != 0 && st == ST_OK)
		st = spool_failed(err, _("close"), temporary);
	if (st == ST_OK && rename(temporary, path) != 0)
		st = spool_failed(err, _("name"), path);
	if (st != ST_OK && out >= 0)
		unlink(temporary);
	return st;
}

/* What is in memory, and then what is in the file. */
struct pieces {
	struct spool *spool;
	guint8 *chunk; /* LIMIT_SPOOL_MEMORY */
	off_t at;
};

static enum status pieces_next(void *arg, struct bytes *piece_out, struct error *err)
{
	struct pieces *pieces = arg;
	const struct spool *spool = pieces->spool;
	ssize_t n;

	if (spool->fd < 0) {
		*piece_out = (struct bytes){ spool->bytes->data + pieces->at,
			spool->bytes->len - (size_t)pieces->at };
		pieces->at = spool->bytes->len;
		return ST_OK;
	}
	n = pread(spool->fd, pieces->chunk, LIMIT_SPOOL_MEMORY, pieces->at);
	if (n < 0)
		return spool_failed(err, _("read"), spool->dir);
	*piece_out = (struct bytes){ pieces->chunk, (size_t)n };
	pieces->at += n;
	return ST_OK;
}

static enum status keep_in_rows(struct spool *spool, const char *name, struct error *err)
{
	g_autofree guint8 *chunk = spool->fd < 0 ? NULL : g_malloc(LIMIT_SPOOL_MEMORY);
	struct pieces pieces = { .spool = spool, .chunk = chunk };
	enum status st = spool->fd < 0 ? ST_OK : write_out(spool, err);

	return st == ST_OK ? archive_rows_keep(name, pieces_next, &pieces, err) : st;
}

static enum status keep_in_directory(
	struct spool *spool, const char *dir, const char *name, bool durable, struct error *err)
{
	g_autofree char *path = g_build_filename(dir, name, NULL),
			*parent = g_path_get_dirname(path);
	enum status st = g_file_test(parent, G_FILE_TEST_IS_DIR)
		? ST_OK
		: make_directories(dir, name, durable, err);
	struct stat stat;

	if (st != ST_OK)
		return st;
	if (lstat(path, &stat) == 0 && S_ISREG(stat.st_mode))
		return durable ? sync_directory(parent, err) : ST_OK;
	/* A small message is in memory only; a large one has been parsed from its file, and nothing
	 * is left in memory unless the disk was full. */
	st = write_out(spool, err);
	if (st == ST_OK)
		spool_give_to_owner_of(dir, spool->fd);
	if (st == ST_OK && durable && fdatasync(spool->fd) != 0)
		st = spool_failed(err, _("sync"), path);
	if (st == ST_OK && name_file(spool->fd, path) != 0)
		st = copy_file(spool, path, durable, err);
	return st == ST_OK && durable ? sync_directory(parent, err) : st;
}

enum status spool_keep(
	struct spool *spool, const char *dir, const char *name, bool durable, struct error *err)
{
	return archive_in_rows(dir) ? keep_in_rows(spool, name, err)
				    : keep_in_directory(spool, dir, name, durable, err);
}

static enum status copy_into_directory(
	struct spool *file, const char *name, const char *path, struct error *err)
{
	g_autofree char *parent = g_path_get_dirname(path);
	enum status st = make_directories(file->dir, name, true, err);
	struct stat stat;

	if (st == ST_OK && !(lstat(path, &stat) == 0 && S_ISREG(stat.st_mode)))
		st = copy_file(file, path, true, err);
	return st == ST_OK ? sync_directory(parent, err) : st;
}

enum status spool_copy(int fd, const char *dir, const char *name, struct error *err)
{
	g_autofree guint8 *chunk = g_malloc(LIMIT_SPOOL_MEMORY);
	g_autofree char *path = g_build_filename(dir, name, NULL), *own = g_strdup(dir);
	struct spool file = { .dir = own, .fd = fd };
	struct pieces pieces = { .spool = &file, .chunk = chunk };

	return archive_in_rows(dir) ? archive_rows_keep(name, pieces_next, &pieces, err)
				    : copy_into_directory(&file, name, path, err);
}
