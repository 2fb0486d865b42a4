/* ticket.conf, by libconfig; what the program writes into it is a part of its own. */
#include "settings/settings-user.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/textfile.h"
#include "base/tongue.h"
#include "model/query-parts.h"
#include "settings/settings-scan.h"
#include "settings/settings-syntax.h"

#define MARK_BEGIN "# Saved queries: 'ticket query' writes these lines.\n"
#define MARK_END "# End of saved queries.\n"

enum { USER_FILE_BYTES = 1024 * 1024, USER_QUERIES = 1000 };

char *user_settings_path(void)
{
	return g_build_filename(g_get_user_config_dir(), "milticket", "ticket.conf", NULL);
}

static void user_query_free(struct user_query *query)
{
	g_free(query->name);
	g_free(query->text);
	g_free(query);
}

void user_settings_free(struct user_settings *s)
{
	if (!s)
		return;
	g_strfreev(s->columns);
	g_free(s->sort);
	g_ptr_array_unref(s->queries);
	g_free(s);
}

/* --- reading --- */

struct user_reading {
	const char *path;
	struct user_settings *settings;
	struct error *err;
};

static enum status user_fail(
	const struct user_reading *r, const config_setting_t *node, const char *what)
{
	return error_set(r->err, ST_BAD_INPUT, "%s:%u: %s: %s", r->path,
		config_setting_source_line(node), config_setting_name(node), what);
}

static enum status user_read_text(
	const struct user_reading *r, const config_setting_t *node, const char **text_out)
{
	*text_out = config_setting_get_string(node);
	return *text_out ? ST_OK : user_fail(r, node, _("expected a string"));
}

static enum status user_read_columns(struct user_reading *r, const config_setting_t *node)
{
	const char *text;
	enum status st = user_read_text(r, node, &text);

	if (st == ST_OK)
		r->settings->columns = g_strsplit(text, ",", -1);
	return st;
}

static enum status user_read_sort(struct user_reading *r, const config_setting_t *node)
{
	const char *text;
	enum status st = user_read_text(r, node, &text);

	if (st == ST_OK)
		r->settings->sort = g_strdup(text);
	return st;
}

static enum status user_read_reverse(struct user_reading *r, const config_setting_t *node)
{
	if (config_setting_type(node) != CONFIG_TYPE_BOOL)
		return user_fail(r, node, _("expected true or false"));
	r->settings->reverse = config_setting_get_bool(node);
	return ST_OK;
}

struct user_key {
	const char *name;
	enum status (*read)(struct user_reading *r, const config_setting_t *node);
};

static enum status user_fail_key(
	const struct user_reading *r, const config_setting_t *node, const struct user_key *keys)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *hint = NULL, *what = NULL;

	for (; keys->name; keys++)
		g_ptr_array_add(names, (char *)keys->name);
	g_ptr_array_add(names, NULL);
	hint = query_hint(config_setting_name(node), (const char *const *)names->pdata);
	what = g_strdup_printf(_("unknown key; %s"), hint);
	return user_fail(r, node, what);
}

static enum status user_read_keys(
	struct user_reading *r, const config_setting_t *group, const struct user_key *keys)
{
	enum status st = ST_OK;

	if (!config_setting_is_group(group))
		return user_fail(r, group, _("expected a group { }"));
	for (int i = 0; i < config_setting_length(group) && st == ST_OK; i++) {
		const config_setting_t *node = config_setting_get_elem(group, (unsigned)i);
		const struct user_key *key = keys;

		while (key->name && strcmp(key->name, config_setting_name(node)) != 0)
			key++;
		st = key->name ? key->read(r, node) : user_fail_key(r, node, keys);
	}
	return st;
}

static enum status user_read_list(struct user_reading *r, const config_setting_t *node)
{
	static const struct user_key keys[] = { { "columns", user_read_columns },
		{ "sort", user_read_sort }, { "reverse", user_read_reverse }, { NULL, NULL } };

	return user_read_keys(r, node, keys);
}

static struct user_query *user_find_query(const struct user_settings *s, const char *name)
{
	for (guint i = 0; i < s->queries->len; i++) {
		struct user_query *query = g_ptr_array_index(s->queries, i);

		if (strcmp(query->name, name) == 0)
			return query;
	}
	return NULL;
}

static enum status user_read_query(struct user_reading *r, const config_setting_t *node)
{
	struct user_query *query;
	const char *name, *text;

	if (!config_setting_is_group(node) || config_setting_length(node) != 2 ||
		!config_setting_lookup_string(node, "name", &name) ||
		!config_setting_lookup_string(node, "query", &text))
		return user_fail(r, config_setting_parent(node),
			_("expected { name = \"…\"; query = \"…\"; }"));
	if (!query_name_valid(name))
		return user_fail(r, config_setting_parent(node),
			_("a name is 1 to 64 of a-z 0-9 . _ -, starting with a letter or digit"));
	if (user_find_query(r->settings, name) || r->settings->queries->len == USER_QUERIES)
		return user_fail(r, config_setting_parent(node),
			_("a name is there twice, or there are too many"));
	query = g_new0(struct user_query, 1);
	query->name = g_strdup(name);
	query->text = g_strdup(text);
	g_ptr_array_add(r->settings->queries, query);
	return ST_OK;
}

static enum status user_read_queries(struct user_reading *r, const config_setting_t *node)
{
	enum status st = ST_OK;

	if (!config_setting_is_list(node))
		return user_fail(r, node, _("expected a list ( )"));
	for (int i = 0; i < config_setting_length(node) && st == ST_OK; i++)
		st = user_read_query(r, config_setting_get_elem(node, (unsigned)i));
	return st;
}

static enum status user_read_file(struct user_reading *r)
{
	static const struct user_key keys[] = { { "list", user_read_list },
		{ "queries", user_read_queries }, { NULL, NULL } };
	g_autofree char *directory = g_path_get_dirname(r->path);
	config_t config;
	enum status st = settings_scan(r->path, directory, r->err);

	if (st != ST_OK)
		return st;
	config_init(&config);
	config_set_include_dir(&config, directory);
	if (config_read_file(&config, r->path))
		st = user_read_keys(r, config_root_setting(&config), keys);
	else if (syntax_explain(r->path, false, r->err) == ST_OK)
		st = error_set(r->err, ST_BAD_INPUT, "%s:%d: %s", r->path,
			config_error_line(&config), config_error_text(&config));
	else
		st = ST_BAD_INPUT;
	config_destroy(&config);
	return st;
}

enum status user_settings_load(
	const char *path, struct user_settings **settings_out, struct error *err)
{
	struct user_reading r = { path, g_new0(struct user_settings, 1), err };
	enum status st = ST_OK;

	r.settings->queries = g_ptr_array_new_with_free_func((GDestroyNotify)user_query_free);
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		st = user_read_file(&r);
	if (st == ST_OK)
		*settings_out = r.settings;
	else
		user_settings_free(r.settings);
	return st;
}

/* --- writing --- */

static void user_put_string(GString *out, const char *key, const char *text)
{
	g_string_append_printf(out, "%s = \"", key);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	g_string_append(out, "\"; ");
}

static void user_put_queries(GString *out, const struct user_settings *s)
{
	if (s->queries->len == 0)
		return;
	g_string_append(out, MARK_BEGIN "queries = (\n");
	for (guint i = 0; i < s->queries->len; i++) {
		const struct user_query *query = g_ptr_array_index(s->queries, i);

		g_string_append(out, i ? ",\n  { " : "  { ");
		user_put_string(out, "name", query->name);
		user_put_string(out, "query", query->text);
		g_string_append_c(out, '}');
	}
	g_string_append(out, "\n);\n" MARK_END);
}

/* The file without what we wrote. Owned; NULL: it has queries of somebody else. */
static char *user_rest(const char *text, const struct user_settings *s)
{
	const char *begin = strstr(text, MARK_BEGIN), *end = begin ? strstr(begin, MARK_END) : NULL;

	if (!end)
		return s->queries->len ? NULL : g_strdup(text);
	return g_strdup_printf("%.*s%s", (int)(begin - text), text, end + strlen(MARK_END));
}

/* What GLib says around it names a file that nobody knows. */
static enum status user_fail_writing(const char *path, const char *said, struct error *err)
{
	const char *reason = g_strrstr(said, ": ");

	return error_set(err, ST_IO, _("cannot write '%s': %s"), path, reason ? reason + 2 : said);
}

static enum status user_write(const char *path, const GString *text, struct error *err)
{
	/* Where dot files are links, the file that is meant is the other one. */
	char *real = realpath(path, NULL);
	GError *error = NULL;
	enum status st = ST_OK;

	if (!g_file_set_contents_full(real ? real : path, text->str, (gssize)text->len,
		    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &error))
		st = user_fail_writing(path, error->message, err);
	g_clear_error(&error);
	free(real);
	return st;
}

static enum status user_change(
	struct user_settings *s, const char *name, const char *text, struct error *err)
{
	struct user_query *query = user_find_query(s, name);

	if (!query && !text)
		return error_set(err, ST_NOT_FOUND, _("there is no saved query '%s'"), name);
	if (!text) {
		g_ptr_array_remove(s->queries, query);
		return ST_OK;
	}
	if (!query) {
		query = g_new0(struct user_query, 1);
		query->name = g_strdup(name);
		g_ptr_array_add(s->queries, query);
	}
	g_free(query->text);
	query->text = g_strdup(text);
	return ST_OK;
}

/* *rest_out: what is not ours, owned. */
static enum status user_read_rest(
	const char *path, const struct user_settings *s, char **rest_out, struct error *err)
{
	g_autofree char *text = NULL;
	enum status st = ST_OK;

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		st = textfile_read(path, USER_FILE_BYTES, &text, err);
	if (st != ST_OK)
		return st;
	*rest_out = user_rest(text ? text : "", s);
	return *rest_out
		? ST_OK
		: error_set(err, ST_REFUSED,
			  _("the queries in '%s' were written by hand: change them there"), path);
}

static enum status user_change_file(
	const char *path, const char *name, const char *text, struct error *err)
{
	struct user_settings *s = NULL;
	g_autofree char *rest = NULL;
	g_autoptr(GString) out = NULL;
	enum status st = user_settings_load(path, &s, err);

	if (st == ST_OK)
		st = user_read_rest(path, s, &rest, err);
	if (st == ST_OK)
		st = user_change(s, name, text, err);
	if (st == ST_OK) {
		out = g_string_new(rest);
		if (out->len && out->str[out->len - 1] != '\n')
			g_string_append_c(out, '\n');
		user_put_queries(out, s);
		st = user_write(path, out, err);
	}
	user_settings_free(s);
	return st;
}

/* One who changes the file at a time: it is read and written. The file itself is another one
 * afterwards, so the directory is what is locked, where it can be. */
static enum status user_lock(const char *path, bool make, int *fd_out, struct error *err)
{
	g_autofree char *directory = g_path_get_dirname(path);

	if (make && g_mkdir_with_parents(directory, 0700) != 0)
		return error_set(err, ST_IO, _("cannot make directory '%s': %s"), directory,
			g_strerror(errno));
	*fd_out = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd_out >= 0)
		flock(*fd_out, LOCK_EX);
	return ST_OK;
}

enum status user_query_save(const char *path, const char *name, const char *text, struct error *err)
{
	int fd = -1;
	enum status st = user_lock(path, text != NULL, &fd, err);

	if (st == ST_OK)
		st = user_change_file(path, name, text, err);
	if (fd >= 0)
		close(fd);
	return st;
}
