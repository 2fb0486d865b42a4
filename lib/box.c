/* Mailboxes. Finding the mails is in box-mbox.c and box-maildir.c, their order in box-order.c. */
#include "box-parts.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

static void place_clear(void *data)
{
	g_free(((struct place *)data)->file);
}

static enum status cannot_read(struct error *err, const char *path, const GError *error)
{
	return error_set(err, ST_IO, "cannot read '%s': %s", path, error->message);
}

static enum status scan(struct box *box, mode_t mode, struct error *err)
{
	g_autoptr(GError) error = NULL;

	if (S_ISDIR(mode))
		return maildir_scan(box, err);
	if (!S_ISREG(mode))
		return error_set(err, ST_BAD_INPUT, "'%s' is neither a file nor a directory", box->path);
	box->mbox = g_mapped_file_new(box->path, FALSE, &error);
	return box->mbox ? mbox_scan(box, err) : cannot_read(err, box->path, error);
}

enum status box_open(const char *path, struct box **box_out, struct error *err)
{
	struct box *box;
	struct stat status;
	enum status st;

	if (stat(path, &status) != 0)
		return error_set(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO, "cannot open '%s': %s", path, g_strerror(errno));
	box = g_new0(struct box, 1);
	box->path = g_strdup(path);
	box->places = g_array_new(FALSE, FALSE, sizeof(struct place));
	g_array_set_clear_func(box->places, place_clear);
	st = scan(box, status.st_mode, err);
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
	g_clear_pointer(&box->mbox, g_mapped_file_unref);
	g_array_unref(box->places);
	g_free(box->path);
	g_free(box);
}

size_t box_count(const struct box *box)
{
	return box->places->len;
}

/* --- one mail --- */

static enum status read_file(const char *path, struct mail *mail, struct error *err)
{
	g_autoptr(GError) error = NULL;
	struct stat status;

	mail->place = g_strdup(path);
	mail->file = g_mapped_file_new(path, FALSE, &error);
	if (!mail->file)
		return cannot_read(err, path, error);
	mail->data = g_mapped_file_get_contents(mail->file);
	mail->len = g_mapped_file_get_length(mail->file);
	mail->came = stat(path, &status) == 0 ? (int64_t)status.st_mtime * TEXT_SECOND : 0;
	return ST_OK;
}

enum status box_read(const struct box *box, size_t i, struct mail *mail_out, struct error *err)
{
	const struct place *place = &g_array_index(box->places, struct place, i);
	const char *data;

	if (place->file)
		return read_file(place->file, mail_out, err);
	data = g_mapped_file_get_contents(box->mbox);
	mail_out->place = g_strdup_printf("%s: mail %u at byte %" G_GSIZE_FORMAT, box->path, place->nth, place->from);
	mail_out->data = data + place->at;
	mail_out->len = place->end - place->at;
	mail_out->quoted = true;
	mbox_from_line(data + place->from, place->at - place->from, &mail_out->sender, &mail_out->came);
	return ST_OK;
}

void mail_release(struct mail *mail)
{
	g_clear_pointer(&mail->file, g_mapped_file_unref);
	g_free(mail->sender);
	g_free(mail->place);
	memset(mail, 0, sizeof *mail);
}

/* --- its fields --- */

size_t mail_field_name(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && *p > ' ' && *p < 127 && *p != ':')
		p++;
	return p < end && *p == ':' ? (size_t)(p - start) : 0;
}

const char *mail_field_end(const char *p, const char *end)
{
	return mail_field_name(p, end) == 0 ? p : text_folded_end(p, end);
}

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

static enum status spool_field(const char *p, const char *next, struct spool *spool, struct error *err)
{
	size_t len = mail_field_name(p, next);
	g_autofree char *name = g_strndup(p, len), *value = value_of(p + len + 1, (size_t)(next - p) - len - 1);

	return spool_header(spool, name, value, true, err);
}

/* A line that is no field ends the header, as it does for mail servers. */
static enum status spool_fields(const char **p, const char *end, struct spool *spool, struct error *err)
{
	const char *next;
	enum status st = ST_OK;

	for (; st == ST_OK && (next = mail_field_end(*p, end)) > *p; *p = next)
		st = spool_field(*p, next, spool, err);
	if (*p < end && **p == '\r')
		++*p;
	if (*p < end && **p == '\n')
		++*p;
	return st == ST_OK ? spool_end_headers(spool, err) : st;
}

/* One '>' less in front of each line that is From behind any number of them. */
static enum status spool_unquoted(const char *p, const char *end, struct spool *spool, struct error *err)
{
	const char *kept = p;
	enum status st = ST_OK;

	while (p < end && st == ST_OK) {
		const char *newline = memchr(p, '\n', (size_t)(end - p)), *from = p;

		while (from < end && *from == '>')
			from++;
		if (from > p && end - from >= 5 && memcmp(from, "From ", 5) == 0) {
			st = spool_body(spool, kept, (size_t)(p - kept), err);
			kept = p + 1;
		}
		p = newline ? newline + 1 : end;
	}
	return st == ST_OK ? spool_body(spool, kept, (size_t)(end - kept), err) : st;
}

enum status mail_spool(const struct mail *mail, struct spool *spool, struct error *err)
{
	const char *p = mail->data, *end = p + mail->len;
	enum status st;

	if (mail->len == 0)
		return error_set(err, ST_BAD_INPUT, "it is empty");
	if (mail_field_end(p, end) == p)
		return error_set(err, ST_BAD_INPUT, "it has no header");
	st = spool_fields(&p, end, spool, err);
	if (st != ST_OK)
		return st;
	return mail->quoted ? spool_unquoted(p, end, spool, err) : spool_body(spool, p, (size_t)(end - p), err);
}
