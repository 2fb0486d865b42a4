/* ticket attachment: what came with a ticket's mails, listed from the record and saved out of the
 * archive. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "json.h"
#include "mail/attachment.h"
#include "mail/message.h"
#include "table.h"
#include "view.h"

enum { SAME_NAME_MAX = 1000 };

static const struct cli_option options[] = {
	{ .name = "save",
		.argument = "DIR",
		.help = N_(
			"save them into this directory, made when missing; no file is overwritten") },
	{ .name = "open", .help = N_("open them with xdg-open") },
	{ .name = NULL },
};

static const struct table_column columns[] = {
	{ .title = "ID" },
	{ .title = "SIZE", .right = true },
	{ .title = "TYPE", .stretches = true },
	{ .title = "INLINE", .usual = "no" },
	{ .title = "FROM", .stretches = true },
	{ .title = "NAME", .stretches = true },
};

struct attachments {
	struct cli *cli;
	uint64_t number;
	const char *dir; /* where to save; NULL: not at all */
	bool open;
	struct table *table; /* NULL: JSON, or the names of files that were saved */
	unsigned shown;
	struct ticket ticket;
	struct ticket_view view;
	int in;                  /* the archived mail; -1: not opened yet */
	struct message *message; /* and what is in it; NULL: not parsed yet */
};

/* One of them. */
struct found {
	const struct entry *entry;
	unsigned index; /* in its message, from 0 */
	struct attachment what;
	char *id;    /* "2.1": message, attachment */
	char *saved; /* path; NULL */
};

/* --- which --- */

/* Without names all; a name may be a glob, an id is "2.1", and "2" is all of message 2. */
static bool attachment_is_wanted(const struct attachments *a, const struct found *f)
{
	g_autofree char *seq = g_strdup_printf("%" G_GUINT64_FORMAT, f->entry->seq);

	if (a->cli->n_args == 1)
		return true;
	for (unsigned i = 1; i < a->cli->n_args; i++) {
		const char *word = a->cli->args[i];

		if (strcmp(word, f->id) == 0 || strcmp(word, seq) == 0)
			return true;
		if (f->what.name &&
			(strcmp(word, f->what.name) == 0 || fnmatch(word, f->what.name, 0) == 0))
			return true;
	}
	return false;
}

/* --- saving --- */

/* A name that is taken gets a number before its ending: "offer.2.pdf". Nothing that is there is
 * touched or followed. */
static int attachment_make_file(const char *dir, const char *name, char **path_out)
{
	const char *dot = strrchr(name, '.');
	int stem = dot && dot > name ? (int)(dot - name) : (int)strlen(name);

	for (unsigned i = 1; i <= SAME_NAME_MAX; i++) {
		g_autofree char *numbered = i == 1
			? g_strdup(name)
			: g_strdup_printf("%.*s.%u%s", stem, name, i, name + stem);
		g_autofree char *path = g_build_filename(dir, numbered, NULL);
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd >= 0)
			*path_out = g_steal_pointer(&path);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

static enum status write_file(struct attachments *a, struct found *f, struct error *err)
{
	g_autofree char *name = attachment_file_name(&f->what, f->index + 1);
	enum status st;
	int out = attachment_make_file(a->dir, name, &f->saved);

	if (out < 0)
		return error_set(err, ST_IO, _("cannot make a file '%s' in '%s': %s"), name, a->dir,
			g_strerror(errno));
	if (!a->message)
		a->message = message_parse_fd(a->in, 0);
	st = message_attachment_write(a->message, f->index, out, err);
	if (close(out) != 0 && st == ST_OK)
		st = error_set(err, ST_IO, _("cannot write '%s': %s"), f->saved, g_strerror(errno));
	if (st != ST_OK)
		unlink(f->saved);
	return st;
}

static enum status attachment_save(struct attachments *a, struct found *f, struct error *err)
{
	const char *archive = settings_archive(a->cli->settings);
	enum status st = ST_OK;

	if (!archive || !f->entry->archive)
		return error_set(err, ST_NOT_FOUND,
			_("message %" PRIu64 " of ticket #%" PRIu64
			  " is not in the archive, and its attachments are nowhere else"),
			f->entry->seq, a->number);
	if (a->in < 0)
		st = archive_open(archive, f->entry->archive, &a->in, err);
	return st == ST_OK ? write_file(a, f, err) : st;
}

static enum status open_it(const struct found *f, struct error *err)
{
	char *argv[] = { (char *)"xdg-open", f->saved, NULL };
	const GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL;
	g_autoptr(GError) error = NULL;
	int code = 0;

	if (!g_spawn_sync(NULL, argv, NULL, flags, NULL, NULL, NULL, NULL, &code, &error))
		return error_set(err, ST_BAD_INPUT,
			_("cannot run xdg-open (package xdg-utils): %s; it is saved as '%s'"),
			error->message, f->saved);
	return code == 0 ? ST_OK
			 : error_set(err, ST_BAD_INPUT, _("xdg-open cannot open '%s'"), f->saved);
}

/* --- showing --- */

static void attachment_show_json(const struct attachments *a, const struct found *f)
{
	json_t *object = json_attachment(&f->what);

	json_object_set_new(object, "ticket", json_integer((json_int_t)a->number));
	json_object_set_new(object, "seq", json_integer((json_int_t)f->entry->seq));
	json_object_set_new(object, "index", json_integer(f->index + 1));
	json_object_set_new(object, "inline", json_boolean(f->what.is_inline));
	json_object_set_new(object, "saved", json_text(f->saved));
	json_print(object);
}

static void show_row(const struct attachments *a, const struct found *f)
{
	g_autofree char *person = g_format_size(f->what.size),
			*exact = g_strdup_printf("%" G_GUINT64_FORMAT, f->what.size);
	const char *size = terminal_is() ? person : exact;
	const char *cells[] = {
		f->id,
		size,
		f->what.type,
		f->what.is_inline ? "yes" : "no",
		f->entry->from,
		f->what.name,
	};

	table_add(a->table, cells, 0, COLOUR_NONE);
}

static void attachment_show(struct attachments *a, const struct found *f)
{
	a->shown++;
	if (a->table)
		show_row(a, f);
	else if (a->cli->json)
		attachment_show_json(a, f);
	else
		puts(f->saved);
}

static enum status attachment_visit(struct attachments *a, struct found *f, struct error *err)
{
	enum status st = ST_OK;

	if (!attachment_is_wanted(a, f))
		return ST_OK;
	if (a->dir)
		st = attachment_save(a, f, err);
	if (st == ST_OK && a->open)
		st = open_it(f, err);
	if (st == ST_OK)
		attachment_show(a, f);
	return st;
}

static enum status visit_entry(struct attachments *a, const struct entry *e, struct error *err)
{
	enum status st = ST_OK;

	for (unsigned i = 0; e->attached && e->attached[i] && st == ST_OK; i++) {
		struct found f = { .entry = e,
			.index = i,
			.id = g_strdup_printf("%" G_GUINT64_FORMAT ".%u", e->seq, i + 1) };

		if (attachment_read(e->attached[i], &f.what))
			st = attachment_visit(a, &f, err);
		attachment_release(&f.what);
		g_free(f.id);
		g_free(f.saved);
	}
	g_clear_pointer(&a->message, message_free);
	if (a->in >= 0)
		close(a->in);
	a->in = -1;
	return st;
}

static enum status attachment_load(struct txn *txn, void *arg, struct error *err)
{
	struct attachments *a = arg;

	return view_load(txn, a->number, &a->ticket, &a->view, err);
}

static enum status visit_ticket(struct attachments *a, struct error *err)
{
	enum status st = store_read(a->cli->store, attachment_load, a, err);

	if (st != ST_OK)
		return st;
	for (unsigned i = 0; i < a->view.entries->len && st == ST_OK; i++)
		st = visit_entry(a, g_ptr_array_index(a->view.entries, i), err);
	if (st == ST_OK && a->shown == 0)
		st = error_set(err, ST_NOT_FOUND,
			a->cli->n_args > 1 ? _("ticket #%" PRIu64 " has no attachment of that name")
					   : _("ticket #%" PRIu64 " has no attachments"),
			a->number);
	view_release(&a->ticket, &a->view);
	return st;
}

/* Opened files outlive this program, as who reads them does; nobody else may. */
static bool make_directory(struct attachments *a, char **temporary_out)
{
	if (a->open && !a->dir)
		a->dir = *temporary_out = g_dir_make_tmp("ticket-XXXXXX", NULL);
	else if (a->dir && g_mkdir_with_parents(a->dir, 0700) != 0)
		return false;
	return a->dir || !a->open;
}

static int attachment_run(struct cli *cli)
{
	struct attachments a = {
		.cli = cli, .dir = cli_value(cli, "save"), .open = cli_has(cli, "open"), .in = -1
	};
	g_autofree char *temporary = NULL;
	enum status st;

	if (text_parse_number(cli->args[0], &a.number) != ST_OK)
		return cli_usage(
			cli, _("'%s' is no ticket number; expected 1042 or #1042"), cli->args[0]);
	if (!make_directory(&a, &temporary))
		return cli_fail(EXIT_CANNOT_CREATE, _("cannot make the directory '%s': %s"),
			a.dir ? a.dir : "", g_strerror(errno));
	if (!cli->json && !a.dir)
		a.table = table_new(columns, G_N_ELEMENTS(columns));
	st = visit_ticket(&a, &cli->err);
	if (a.table)
		table_print(a.table);
	return cli_status(cli, st);
}

const struct cli_command cmd_attachment = {
	.name = "attachment",
	.arguments = "NUMBER [NAME|ID]…",
	.summary = N_("list, save and open a ticket's attachments"),
	.options = options,
	.need = NEED_STORE_READ,
	.least = 1,
	.run = attachment_run,
};
