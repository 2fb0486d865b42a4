/* A scanner for as much of libconfig's syntax as is needed to tell numbers and @include from
 * comments, strings and names. */
#include "settings/settings-scan.h"

#include <stdbool.h>
#include <string.h>

#include "base/textfile.h"
#include "base/tongue.h"

enum {
	INCLUDE_DEPTH_MAX = 10, /* libconfig's own; it reports what is deeper */
	FILE_BYTES_MAX = 16 * 1024 * 1024
};

struct scan {
	const char *path, *dir;
	const char *p;
	unsigned line, depth;
	const char *name; /* the last one seen, so the key a value belongs to */
	size_t name_len;
	struct error *err;
};

static enum status scan_file(const char *path, const char *dir, unsigned depth, struct error *err);

static void skip_to(struct scan *scan, const char *end)
{
	for (; scan->p < end; scan->p++)
		scan->line += *scan->p == '\n';
}

static const char *end_or(const char *found, const struct scan *scan)
{
	return found ? found : scan->p + strlen(scan->p);
}

static enum status skip_line_comment(struct scan *scan)
{
	skip_to(scan, end_or(strchr(scan->p, '\n'), scan));
	return ST_OK;
}

static enum status skip_block_comment(struct scan *scan)
{
	const char *close = strstr(scan->p + 2, "*/");

	skip_to(scan, close ? close + 2 : end_or(NULL, scan));
	return ST_OK;
}

static enum status skip_string(struct scan *scan)
{
	const char *q = scan->p + 1;

	while (*q && *q != '"')
		q += q[0] == '\\' && q[1] ? 2 : 1;
	skip_to(scan, *q ? q + 1 : q);
	return ST_OK;
}

static enum status scan_skip_name(struct scan *scan)
{
	scan->name = scan->p;
	while (g_ascii_isalnum(*scan->p) || (*scan->p && strchr("_-*", *scan->p)))
		scan->p++;
	scan->name_len = (size_t)(scan->p - scan->name);
	return ST_OK;
}

static enum status check_number(struct scan *scan)
{
	const char *start = scan->p;
	size_t digits = strspn(start, "0123456789");
	guint64 value = g_ascii_strtoull(start, NULL, 10);
	bool plain = !start[digits] || !strchr(".eExXL", start[digits]);

	while (g_ascii_isalnum(*scan->p) || *scan->p == '.')
		scan->p++;
	if (!plain || value <= G_MAXINT32)
		return ST_OK;
	return error_set(scan->err, ST_BAD_INPUT,
		_("%s:%u: %.*s: expected an L after a number above %d, as in %.*sL"), scan->path,
		scan->line, (int)scan->name_len, scan->name, G_MAXINT32, (int)MIN(digits, 40),
		start);
}

static enum status follow_include(struct scan *scan)
{
	const char *open = scan->p + strlen("@include") +
		strspn(scan->p + strlen("@include"), " \t");
	const char *close = *open == '"' ? strpbrk(open + 1, "\"\n") : NULL;
	g_autofree char *name = NULL, *path = NULL;
	enum status st;
	struct error why;

	if (!close || *close != '"' || scan->depth >= INCLUDE_DEPTH_MAX) {
		scan->p++;
		return ST_OK;
	}
	name = g_strndup(open + 1, (gsize)(close - open - 1));
	path = g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(scan->dir, name, NULL);
	scan->p = close + 1;
	st = scan_file(path, scan->dir, scan->depth + 1, &why);
	if (st == ST_IO)
		return error_set(scan->err, st, _("%s:%u: @include: expected a readable file: %s"),
			scan->path, scan->line, why.text);
	return st == ST_OK ? ST_OK : error_set(scan->err, st, "%s", why.text);
}

static enum status scan_token(struct scan *scan)
{
	if (*scan->p == '#' || g_str_has_prefix(scan->p, "//"))
		return skip_line_comment(scan);
	if (g_str_has_prefix(scan->p, "/*"))
		return skip_block_comment(scan);
	if (*scan->p == '"')
		return skip_string(scan);
	if (g_str_has_prefix(scan->p, "@include"))
		return follow_include(scan);
	if (g_ascii_isalpha(*scan->p))
		return scan_skip_name(scan);
	if (g_ascii_isdigit(*scan->p))
		return check_number(scan);
	skip_to(scan, scan->p + 1);
	return ST_OK;
}

static enum status scan_file(const char *path, const char *dir, unsigned depth, struct error *err)
{
	struct scan scan = {
		.path = path, .dir = dir, .line = 1, .depth = depth, .name = "", .err = err
	};
	g_autofree char *text = NULL;
	enum status st = textfile_read(path, FILE_BYTES_MAX, &text, err);

	scan.p = text;
	while (st == ST_OK && *scan.p)
		st = scan_token(&scan);
	return st;
}

enum status settings_scan(const char *path, const char *dir, struct error *err)
{
	return scan_file(path, dir, 0, err);
}
