/* Whole files of text. Opens nothing but regular files, so that no pipe or device can hold a daemon
 * up. */
#include "base/textfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tongue.h"

static unsigned textfile_line_of(const char *text, const char *place)
{
	unsigned line = 1;

	for (; text < place; text++)
		line += *text == '\n';
	return line;
}

enum status textfile_read(const char *path, size_t max, char **text_out, struct error *err)
{
	static const char mark[] = "\xEF\xBB\xBF";
	g_autofree char *text = NULL;
	struct stat info;
	const char *bad;
	gsize len;

	if (stat(path, &info) || access(path, R_OK))
		return error_set(err, errno == EACCES ? ST_REFUSED : ST_IO,
			_("cannot read '%s': %s"), path, g_strerror(errno));
	if (!S_ISREG(info.st_mode))
		return error_set(err, ST_IO, _("cannot read '%s': not a regular file"), path);
	if ((guint64)info.st_size > max)
		return error_set(err, ST_BAD_INPUT,
			_("%s: expected at most %zu bytes, found %" PRId64), path, max,
			(gint64)info.st_size);
	if (!g_file_get_contents(path, &text, &len, NULL))
		return error_set(err, ST_IO, _("cannot read '%s': %s"), path, g_strerror(errno));
	if (!g_utf8_validate(text, (gssize)len, &bad))
		return error_set(err, ST_BAD_INPUT, _("%s:%u: expected text in UTF-8"), path,
			textfile_line_of(text, bad));
	*text_out = g_strdup(text + (g_str_has_prefix(text, mark) ? strlen(mark) : 0));
	return ST_OK;
}
