/* Reading files to send, and keeping what was sent. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/spool.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/names.h"

static void file_free(void *data)
{
	struct reply_file *file = data;

	g_free(file->name);
	g_free(file->type);
	g_byte_array_unref(file->data);
	g_free(file);
}

static enum status files_cannot_read(const char *path, const char *why, struct error *err)
{
	return error_set(err, ST_IO, _("cannot read '%s': %s"), path, why);
}

/* Of a directory read() says so itself; a FIFO would be waited for. */
static enum status files_read_all(const char *path, size_t max, GByteArray *data, struct error *err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	guint8 chunk[16 * 1024];
	ssize_t n = -1;

	if (fd < 0 || fstat(fd, &status) != 0 ||
		(!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))) {
		const char *why = fd < 0 ? g_strerror(errno) : _("it is no file");

		if (fd >= 0)
			close(fd);
		return files_cannot_read(path, why, err);
	}
	while (data->len <= max && (n = read(fd, chunk, sizeof chunk)) > 0)
		g_byte_array_append(data, chunk, (guint)n);
	if (n < 0)
		files_cannot_read(path, g_strerror(errno), err);
	close(fd);
	return n < 0 ? ST_IO : ST_OK;
}

static char *type_of(const char *name, const GByteArray *data)
{
	g_autofree char *guessed = g_content_type_guess(
		name, data->data, MIN(data->len, 4096), NULL);
	g_autofree char *type = guessed ? g_content_type_get_mime_type(guessed) : NULL;

	return type ? g_steal_pointer(&type) : g_strdup("application/octet-stream");
}

static enum status read_one(const char *path, size_t max, GPtrArray *files, struct error *err)
{
	struct reply_file *file = g_new0(struct reply_file, 1);
	g_autofree char *base = g_path_get_basename(path), *valid = g_utf8_make_valid(base, -1);
	enum status st;

	file->name = text_line(valid, LIMIT_NAME_BYTES);
	file->data = g_byte_array_new();
	g_ptr_array_add(files, file);
	st = files_read_all(path, max, file->data, err);
	if (st == ST_OK && file->data->len > max)
		st = error_set(err, ST_BAD_INPUT,
			_("'%s' makes it more than %d MiB, which is all that an answer takes along"),
			path, LIMIT_FORWARD_BYTES / 1024 / 1024);
	file->type = type_of(file->name, file->data);
	return st;
}

enum status files_read(const GPtrArray *paths, GPtrArray **files_out, struct error *err)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(file_free);
	size_t left = LIMIT_FORWARD_BYTES;
	enum status st = ST_OK;

	for (unsigned i = 0; i < paths->len && st == ST_OK; i++) {
		st = read_one(g_ptr_array_index(paths, i), left, files, err);
		left -= st == ST_OK ? ((struct reply_file *)g_ptr_array_index(files, i))->data->len
				    : 0;
	}
	if (st == ST_OK)
		*files_out = g_steal_pointer(&files);
	else
		g_ptr_array_unref(files);
	return st;
}

enum status files_keep_mail(const struct settings *settings, const GString *mail, int64_t now,
	char **name_out, struct error *err)
{
	const char *dir = settings_archive(settings);
	struct spool *spool = spool_new(settings_spool(settings));
	g_autofree char *name = NULL;
	char hex[HASH_HEX];
	struct hash digest;
	enum status st;

	hash_init(&digest);
	hash_add(&digest, mail->str, mail->len);
	hash_get_hex(&digest, hex);
	name = archive_name(now, hex);
	st = spool_body(spool, mail->str, mail->len, err);
	if (st == ST_OK)
		st = spool_keep(spool, dir, name, settings->store.durable, err);
	spool_free(spool);
	if (st == ST_OK)
		*name_out = g_steal_pointer(&name);
	return st;
}
