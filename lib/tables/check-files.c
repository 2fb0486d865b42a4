/* Messages against the archive. What is in the archive counts. */
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/text.h"
#include "base/tongue.h"
#include "mail/message.h"
#include "tables/check-parts.h"
#include "tables/doomed.h"
#include "tables/tickets.h"

/* A younger file may be of a message that is being recorded. */
static const int64_t FRESH = (int64_t)3600 * TEXT_SECOND;

/* The size of its file; -1 without one. */
static int64_t file_size(const struct check_options *options, const struct entry *e)
{
	struct stat status = { .st_size = -1 };
	int fd;

	if (archive_open(options->archive, e->archive, &fd, NULL) != ST_OK)
		return -1;
	if (fstat(fd, &status) != 0)
		status.st_size = -1;
	close(fd);
	return status.st_size;
}

/* What the archived mail has and the record does not, as in stores made before attachments were
 * recorded. A list as in struct entry's `attached`, NULL when there is nothing to add. Owned. */
static char **unrecorded_attachments(const struct check_options *options, const struct entry *e)
{
	struct message *message;
	char **list;
	int fd;

	if (e->attached || !e->archive ||
		archive_open(options->archive, e->archive, &fd, NULL) != ST_OK)
		return NULL;
	message = message_parse_fd(fd, 0);
	list = message_attachment_texts(message);
	message_free(message);
	close(fd);
	return list;
}

static bool may_be_gone(const struct check_options *options, const struct entry *e)
{
	return options->keep_days &&
		e->received < options->now - options->keep_days * 24 * 3600 * TEXT_SECOND;
}

static void check_attachments(struct check *c, const struct entry *e)
{
	g_auto(GStrv) list = unrecorded_attachments(c->options, e);

	if (list)
		check_find(c,
			_("ticket %" PRIu64 ": message %" PRIu64
			  " has attachments that are not recorded (%u)"),
			e->ticket, e->seq, g_strv_length(list));
}

static void check_file(struct check *c, const struct entry *e)
{
	int64_t size = file_size(c->options, e);

	if (size == (int64_t)e->size)
		check_attachments(c, e);
	else if (size >= 0)
		check_find(c,
			_("ticket %" PRIu64 ": message %" PRIu64 " has %" PRId64
			  " bytes in the archive, %" PRIu64 " were recorded: %s"),
			e->ticket, e->seq, size, e->size, e->archive);
	else if (!may_be_gone(c->options, e))
		check_find(c,
			_("ticket %" PRIu64 ": message %" PRIu64 " is not in the archive: %s"),
			e->ticket, e->seq, e->archive);
}

/* A message that is damaged has been told of; which file it had is not known. */
enum status check_file_look(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	const struct entry *e = row->record;

	(void)kind;
	(void)err;
	if (c->options->archive && e && e->archive) {
		g_hash_table_add(c->files, g_strdup(e->archive));
		check_file(c, e);
	}
	return ST_OK;
}

/* The ticket counts the attachments of its messages. */
static enum status save_with_attachments(struct check *c, struct entry *e, struct error *err)
{
	enum status st = tickets_entry_save(c->txn, e, err);

	return st == ST_OK && e->attached ? tickets_recount(c->txn, e->ticket, err) : st;
}

enum status check_file_repair(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	struct entry e = { 0 };
	enum status st = ST_OK;
	int64_t size;

	if (table_decode(kind->type, row->key, row->value, &e, NULL) == ST_OK) {
		size = file_size(c->options, &e);
		if (!e.attached)
			e.attached = unrecorded_attachments(c->options, &e);
		if (size < 0)
			g_clear_pointer(&e.archive, g_free);
		else
			e.size = (uint64_t)size;
		st = save_with_attachments(c, &e, err);
	}
	record_release(&entry_type, &e);
	return st;
}

/* --- files that no message names --- */

enum status check_files_begin(struct check *c, struct error *err)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	enum status st = doomed_list(c->txn, G_MAXUINT, names, err);

	for (guint i = 0; i < names->len; i++)
		g_hash_table_add(c->files, g_ptr_array_index(names, i));
	return st;
}

static bool see_file(const char *name, int64_t modified, void *arg)
{
	struct check *c = arg;

	if (g_hash_table_contains(c->files, name) || modified > c->options->now - FRESH ||
		g_str_has_prefix(name, ARCHIVE_UNCLAIMED "/"))
		return true;
	check_find(c, _("archive: no message names %s"), name);
	g_ptr_array_add(c->unclaimed, g_strdup(name));
	return true;
}

enum status check_files_unnamed(struct check *c, struct error *err)
{
	return c->options->archive ? archive_walk(c->options->archive, see_file, c, err) : ST_OK;
}

enum status check_files_set_aside(struct check *c, struct error *err)
{
	enum status st = ST_OK;

	for (guint i = 0; i < c->unclaimed->len && st == ST_OK; i++)
		st = archive_set_aside(
			c->options->archive, g_ptr_array_index(c->unclaimed, i), err);
	return st;
}
