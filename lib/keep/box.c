/* Mailboxes. Finding the mails is in box-mbox.c and box-maildir.c, their order in box-order.c. */
#include "keep/box-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/field.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"

enum { MAIL_MAX = 1024 * 1024 * 1024, HEADER_USUAL = 16 * 1024 };

static void place_clear(void *data)
{
	g_free(((struct place *)data)->file);
}

static enum status box_scan(struct box *box, mode_t mode, struct error *err)
{
	if (S_ISDIR(mode))
		return maildir_scan(box, err);
	if (!S_ISREG(mode))
		return error_set(
			err, ST_BAD_INPUT, _("'%s' is neither a file nor a directory"), box->path);
	box->mbox = open(box->path, O_RDONLY | O_CLOEXEC);
	return box->mbox >= 0
		? mbox_scan(box, err)
		: error_set(err, ST_IO, _("cannot read '%s': %s"), box->path, g_strerror(errno));
}

enum status box_open(const char *path, struct box **box_out, struct error *err)
{
	struct box *box;
	struct stat status;
	enum status st;

	if (stat(path, &status) != 0)
		return error_set(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO,
			_("cannot open '%s': %s"), path, g_strerror(errno));
	box = g_new0(struct box, 1);
	box->path = g_strdup(path);
	box->mbox = -1;
	box->places = g_array_new(FALSE, FALSE, sizeof(struct place));
	g_array_set_clear_func(box->places, place_clear);
	st = box_scan(box, status.st_mode, err);
	if (st == ST_OK)
		*box_out = box;
	else
		box_close(box);
	return st;
}

void box_close(struct box *box)
{
	if (!box)
		return;
	if (box->mbox >= 0)
		close(box->mbox);
	g_array_unref(box->places);
	g_free(box->path);
	g_free(box);
}

size_t box_count(const struct box *box)
{
	return box->places->len;
}

/* --- one mail --- */

/* Fills at most max bytes from offset on; a file that ends before gives fewer. -1, or how many. */
static ssize_t box_read_at(int fd, char *data, size_t max, uint64_t offset)
{
	size_t len = 0;
	ssize_t n;

	while (len < max && (n = pread(fd, data + len, max - len, (off_t)(offset + len))) != 0) {
		if (n < 0 && errno != EINTR)
			return -1;
		len += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)len;
}

static enum status read_open_file(int fd, size_t max, struct mail *mail, struct error *err)
{
	struct stat status;
	ssize_t len;

	if (fstat(fd, &status) != 0)
		return error_set(err, ST_BAD_INPUT, _("cannot read it: %s"), g_strerror(errno));
	if (status.st_size > MAIL_MAX)
		return error_set(err, ST_BAD_INPUT, _("it is too large"));
	mail->came = (int64_t)status.st_mtime * TEXT_SECOND;
	max = MIN(max, (size_t)status.st_size);
	mail->data = g_malloc(max + 1);
	len = box_read_at(fd, mail->data, max, 0);
	if (len < 0)
		return error_set(err, ST_BAD_INPUT, _("cannot read it: %s"), g_strerror(errno));
	mail->data[len] = '\0';
	mail->len = (size_t)len;
	return ST_OK;
}

static enum status box_read_file(const char *path, size_t max, struct mail *mail, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum status st;

	mail->place = g_strdup(path);
	if (fd < 0)
		return error_set(err, ST_BAD_INPUT, _("cannot open it: %s"), g_strerror(errno));
	st = read_open_file(fd, max, mail, err);
	close(fd);
	return st;
}

/* Its From line is read again with it: were it not there any more, others would have moved what is
 * in the file. */
static enum status read_stretch(const struct box *box, const struct place *place, size_t max,
	struct mail *mail, struct error *err)
{
	size_t line = (size_t)(place->at - place->from),
	       len = (size_t)MIN(place->end - place->at, (uint64_t)max);
	ssize_t n;

	mail->place = g_strdup_printf(
		"%s: mail %u at byte %" G_GUINT64_FORMAT, box->path, place->nth, place->from);
	mail->quoted = true;
	if (place->end - place->from > MAIL_MAX)
		return error_set(err, ST_BAD_INPUT, _("it is too large"));
	mail->data = g_malloc(line + len + 1);
	n = box_read_at(box->mbox, mail->data, line + len, place->from);
	if (n < 0)
		return error_set(
			err, ST_IO, _("cannot read '%s': %s"), box->path, g_strerror(errno));
	if ((size_t)n < line + len || strncmp(mail->data, "From ", 5) != 0)
		return error_set(err, ST_IO, _("'%s' was changed while it was read"), box->path);
	mbox_from_line(mail->data, line, &mail->sender, &mail->came);
	memmove(mail->data, mail->data + line, len);
	mail->data[len] = '\0';
	mail->len = len;
	return ST_OK;
}

static enum status read_some(
	const struct box *box, size_t i, size_t max, struct mail *mail_out, struct error *err)
{
	const struct place *place = &g_array_index(box->places, struct place, i);

	return place->file ? box_read_file(place->file, max, mail_out, err)
			   : read_stretch(box, place, max, mail_out, err);
}

enum status box_read(const struct box *box, size_t i, struct mail *mail_out, struct error *err)
{
	return read_some(box, i, MAIL_MAX, mail_out, err);
}

static bool has_whole_header(const struct mail *mail, size_t max)
{
	return mail->len < max || memmem(mail->data, mail->len, "\n\n", 2) ||
		memmem(mail->data, mail->len, "\n\r\n", 3);
}

enum status box_read_header(
	const struct box *box, size_t i, struct mail *mail_out, struct error *err)
{
	enum status st = read_some(box, i, HEADER_USUAL, mail_out, err);

	if (st != ST_OK || has_whole_header(mail_out, HEADER_USUAL))
		return st;
	mail_release(mail_out);
	return read_some(box, i, LIMIT_HEADER_BYTES, mail_out, err);
}

void mail_release(struct mail *mail)
{
	g_free(mail->data);
	g_free(mail->sender);
	g_free(mail->place);
	memset(mail, 0, sizeof *mail);
}

/* --- its fields --- */

/* The bytes without NULs, which no header may hold, and without the last line end. */
static char *value_of(const char *p, size_t len)
{
	GString *out = g_string_sized_new(len);

	for (size_t i = 0; i < len; i++)
		if (p[i])
			g_string_append_c(out, p[i]);
	if (out->len && out->str[out->len - 1] == '\n')
		g_string_truncate(out, out->len - 1);
	if (out->len && out->str[out->len - 1] == '\r')
		g_string_truncate(out, out->len - 1);
	return g_string_free(out, FALSE);
}

static enum status spool_field(
	const char *p, const char *next, struct spool *spool, struct error *err)
{
	size_t len = field_name_strict(p, next);
	g_autofree char *name = g_strndup(p, len),
			*value = value_of(p + len + 1, (size_t)(next - p) - len - 1);

	return spool_header(spool, name, value, err);
}

/* A line that is no field ends the header, as it does for mail servers. */
static enum status spool_fields(
	const char **p, const char *end, struct spool *spool, struct error *err)
{
	const char *next;
	enum status st = ST_OK;

	for (; st == ST_OK && field_name_strict(*p, end) > 0; *p = next) {
		next = field_end(*p, end);
		st = spool_field(*p, next, spool, err);
	}
	if (*p < end && **p == '\r')
		++*p;
	if (*p < end && **p == '\n')
		++*p;
	return st == ST_OK ? spool_end_headers(spool, err) : st;
}

/* One '>' less in front of each line that is From after any number of them. */
static enum status spool_unquoted(
	const char *p, const char *end, struct spool *spool, struct error *err)
{
	const char *kept = p;
	enum status st = ST_OK;

	while (p < end && st == ST_OK) {
		const char *next = text_line_end(p, end), *from = p;

		while (from < end && *from == '>')
			from++;
		if (from > p && end - from >= 5 && memcmp(from, "From ", 5) == 0) {
			st = spool_body(spool, kept, (size_t)(p - kept), err);
			kept = p + 1;
		}
		p = next;
	}
	return st == ST_OK ? spool_body(spool, kept, (size_t)(end - kept), err) : st;
}

enum status mail_spool(const struct mail *mail, struct spool *spool, struct error *err)
{
	const char *p = mail->data, *end = p + mail->len;
	enum status st;

	if (mail->len == 0)
		return error_set(err, ST_BAD_INPUT, _("it is empty"));
	if (field_name_strict(p, end) == 0)
		return error_set(err, ST_BAD_INPUT, _("it has no header"));
	st = spool_fields(&p, end, spool, err);
	if (st != ST_OK)
		return st;
	return mail->quoted ? spool_unquoted(p, end, spool, err)
			    : spool_body(spool, p, (size_t)(end - p), err);
}
