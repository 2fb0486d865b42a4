/* Fields of a header, by their lines. */
#include "mail/heading.h"

#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 16 * 1024 };

/* Past the field that begins at p: its line, and those that go on with it. */
static const char *heading_field_end(const char *p, const char *end)
{
	do {
		const char *line_end = memchr(p, '\n', (size_t)(end - p));

		p = line_end ? line_end + 1 : end;
	} while (p < end && (*p == ' ' || *p == '\t'));
	return p;
}

/* The length of the field's name; 0: the line is no field. */
static size_t heading_name_length(const char *p, const char *end)
{
	const char *q = p;

	while (q<end && * q> ' ' && *q < 0x7f && *q != ':')
		q++;
	return q < end && *q == ':' ? (size_t)(q - p) : 0;
}

/* The bytes of the mail's header, with the line that ends it; all of it where there is none. */
static size_t heading_length(const char *mail, size_t len)
{
	const char *p = mail, *end = mail + len;

	while (p < end && *p != '\n' && heading_name_length(p, end))
		p = heading_field_end(p, end);
	return (size_t)(p - mail) + (p < end && *p == '\n');
}

char *heading_value(const char *mail, size_t len, const char *name, unsigned nth)
{
	const char *p = mail, *end = mail + heading_length(mail, len);

	while (p < end && *p != '\n') {
		const char *next = heading_field_end(p, end);
		size_t n = heading_name_length(p, end);

		if (strlen(name) == n && g_ascii_strncasecmp(p, name, n) == 0 && nth-- == 0) {
			const char *stop = next[-1] == '\n' ? next - 1 : next;

			return g_strndup(p + n + 1, (gsize)(stop - p) - n - 1);
		}
		p = next;
	}
	return NULL;
}

/* Does it not go on in what is not there yet? */
static bool heading_is_whole(const char *mail, size_t len)
{
	const char *p = mail, *end = mail + len;

	while (p < end && heading_name_length(p, end))
		p = heading_field_end(p, end);
	return p < end && memchr(p, '\n', (size_t)(end - p));
}

/* Twice as much each time, as all of it is looked at again. */
GString *heading_read(int fd, size_t max)
{
	GString *mail = g_string_new(NULL);
	ssize_t n = 1;

	for (size_t want = MIN(READ_BYTES, max); n > 0 && mail->len < max;
		want = MIN(2 * want, max)) {
		while (n > 0 && mail->len < want) {
			size_t len = mail->len;

			g_string_set_size(mail, want);
			n = read(fd, mail->str + len, want - len);
			g_string_truncate(mail, len + (size_t)MAX(n, 0));
		}
		if (heading_is_whole(mail->str, mail->len))
			break;
	}
	return mail;
}

static bool heading_drops(const struct heading *heading, const char *p, size_t name_length)
{
	g_autofree char *name = g_strndup(p, name_length);

	return heading->drops && heading->drops(name, heading->arg);
}

void heading_write(const char *mail, size_t len, const struct heading *heading, GString *out)
{
	size_t length = heading_length(mail, len);
	const char *p = mail, *end = mail + length;

	g_string_append(out, heading->first ? heading->first : "");
	while (p < end && *p != '\n') {
		const char *next = heading_field_end(p, end);

		if (!heading_drops(heading, p, heading_name_length(p, end))) {
			g_string_append_len(out, p, next - p);
			if (next[-1] != '\n')
				g_string_append_c(out, '\n');
		}
		p = next;
	}
	g_string_append_c(out, '\n');
	g_string_append_len(out, mail + length, (gssize)(len - length));
}
