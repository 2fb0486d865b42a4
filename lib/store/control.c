/* Requests to the daemon: each file is replaced as a whole. */
#include "store/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/textfile.h"
#include "base/tongue.h"
#include "store/store-lock.h"

#define REQUEST_FILE "reload.request"
#define ANSWER_FILE "reload.answer"

enum { CONTROL_BYTES = 4096 };

/* "<serial>" or "<serial> text"; 0 when there is none. */
static uint64_t control_read(const char *state, const char *name, char **text_out)
{
	g_autofree char *path = g_build_filename(state, name, NULL), *text = NULL;
	char *rest;
	uint64_t serial;

	if (textfile_read(path, CONTROL_BYTES, &text, NULL) != ST_OK)
		return 0;
	serial = g_ascii_strtoull(text, &rest, 10);
	if (text_out)
		*text_out = g_strdup(g_strchug(rest));
	return serial;
}

/* For the group, whoever it is, as the daemon has another user than its admins. */
static bool control_put(const char *state, int fd, const char *text)
{
	size_t len = strlen(text);

	store_give_to_owner_of(state, fd);
	return fchmod(fd, 0660) == 0 && write(fd, text, len) == (ssize_t)len;
}

static enum status control_write(
	const char *state, const char *name, const char *text, struct error *err)
{
	g_autofree char *path = g_build_filename(state, name, NULL),
			*whole = g_strconcat(path, ".XXXXXX", NULL);
	int fd = g_mkstemp(whole);
	bool put = fd >= 0 && control_put(state, fd, text) && rename(whole, path) == 0;
	int failure = errno;

	if (fd >= 0)
		close(fd);
	if (put)
		return ST_OK;
	if (fd >= 0)
		unlink(whole);
	return error_set(err, failure == EACCES ? ST_REFUSED : ST_IO, _("cannot write '%s': %s"),
		path, g_strerror(failure));
}

/* Where one of the files was lost, the other still counts. */
enum status control_request_reload(const char *state, uint64_t *serial_out, struct error *err)
{
	uint64_t asked = control_read(state, REQUEST_FILE, NULL),
		 answered = control_read(state, ANSWER_FILE, NULL);
	g_autofree char *text = NULL;

	*serial_out = MAX(asked, answered) + 1;
	text = g_strdup_printf("%" G_GUINT64_FORMAT, *serial_out);
	return control_write(state, REQUEST_FILE, text, err);
}

enum status control_pending(const char *state, uint64_t *serial_out)
{
	*serial_out = control_read(state, REQUEST_FILE, NULL);
	return *serial_out > control_read(state, ANSWER_FILE, NULL) ? ST_OK : ST_NOT_FOUND;
}

enum status control_answer(const char *state, uint64_t serial, const char *text, struct error *err)
{
	g_autofree char *whole = g_strdup_printf("%" G_GUINT64_FORMAT " %s", serial, text);

	return control_write(state, ANSWER_FILE, whole, err);
}

enum status control_answered(const char *state, uint64_t serial, char **text_out)
{
	g_autofree char *text = NULL;

	if (control_read(state, ANSWER_FILE, &text) < serial)
		return ST_NOT_FOUND;
	*text_out = g_steal_pointer(&text);
	return ST_OK;
}
