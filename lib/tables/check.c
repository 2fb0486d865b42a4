/* The check: one pass over the tickets with their messages and files, one over the archive, one
 * over rows that need another. */
#include "tables/check.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/text.h"
#include "base/tongue.h"
#include "mail/message.h"
#include "tables/check-rows.h"
#include "tables/doomed.h"
#include "tables/tickets-index.h"
#include "tables/tickets-rebuild.h"

static const int64_t FRESH = (int64_t)3600 *
	TEXT_SECOND; /* a younger file may be of a message that is being recorded */

/* What was found, and which tickets and files it is about. */
struct check {
	const struct check_options *options;
	GPtrArray *findings;
	struct numbers broken;  /* tickets to be indexed anew */
	struct numbers damaged; /* tickets whose records cannot be read */
	struct numbers
		unfiled;   /* tickets with messages whose files are gone, or say something else */
	GHashTable *files; /* names that messages have: char * */
	GPtrArray *unclaimed; /* char * */
	uint64_t tickets;
	bool rows; /* something is wrong in the tables themselves */
};

static void G_GNUC_PRINTF(2, 3) check_find(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_ptr_array_add(c->findings, g_strdup_vprintf(fmt, ap));
	va_end(ap);
}

/* --- messages against files --- */

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

/* What stands in the archived mail and not in the record, as in stores of before attachments were
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

static enum status check_attachments(struct check *c, const struct entry *e)
{
	g_auto(GStrv) list = unrecorded_attachments(c->options, e);

	if (!list)
		return ST_OK;
	check_find(c,
		_("ticket %" PRIu64 ": message %" PRIu64
		  " has attachments that are not recorded (%u)"),
		e->ticket, e->seq, g_strv_length(list));
	numbers_add(&c->unfiled, e->ticket);
	numbers_add(&c->broken, e->ticket);
	return ST_OK;
}

static enum status check_file(struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct check *c = arg;
	int64_t size;

	(void)txn;
	(void)err;
	if (!e->archive || !c->options->archive)
		return ST_OK;
	g_hash_table_add(c->files, g_strdup(e->archive));
	size = file_size(c->options, e);
	if (size == (int64_t)e->size)
		return check_attachments(c, e);
	if (size < 0 && may_be_gone(c->options, e))
		return ST_OK;
	if (size < 0)
		check_find(c,
			_("ticket %" PRIu64 ": message %" PRIu64 " is not in the archive: %s"),
			e->ticket, e->seq, e->archive);
	else
		check_find(c,
			_("ticket %" PRIu64 ": message %" PRIu64 " has %" PRId64
			  " bytes in the archive, %" PRIu64 " were recorded: %s"),
			e->ticket, e->seq, size, e->size, e->archive);
	numbers_add(&c->unfiled, e->ticket);
	return ST_OK;
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

/* --- tickets --- */

static enum status check_ticket(struct txn *txn, uint64_t number, struct check *c)
{
	struct error why = { "" };
	unsigned before = c->findings->len;
	enum status st = tickets_check(txn, number, c->findings, &why);

	c->tickets++;
	if (st == ST_IO)
		numbers_add(&c->damaged, number);
	if (st == ST_OK && c->findings->len > before)
		numbers_add(&c->broken, number);
	if (st == ST_OK)
		st = tickets_each_entry(txn, number, check_file, c, &why);
	if (st != ST_OK)
		check_find(c, _("ticket %" PRIu64 ": %s"), number, why.text);
	return ST_OK;
}

static enum status check_tickets(struct txn *txn, struct check *c)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, TABLE_TICKETS, all, all, false); st == ST_OK;
		st = scan_next(&scan)) {
		size_t offset = 0;

		st = check_ticket(txn, key_read_number(scan.key, &offset), c);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static void check_reset(struct check *c)
{
	g_clear_pointer(&c->broken.v, g_free);
	g_clear_pointer(&c->damaged.v, g_free);
	g_clear_pointer(&c->unfiled.v, g_free);
	c->broken.n = c->damaged.n = c->unfiled.n = 0;
	c->tickets = 0;
	g_ptr_array_set_size(c->findings, 0);
	g_hash_table_remove_all(c->files);
}

/* Files that a purge or a redaction still has to remove are known, too. */
static enum status know_doomed(struct txn *txn, struct check *c, struct error *err)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	enum status st = doomed_list(txn, G_MAXUINT, names, err);

	for (guint i = 0; i < names->len; i++)
		g_hash_table_add(c->files, g_ptr_array_index(names, i));
	return st;
}

static enum status check_look(struct txn *txn, void *arg, struct error *err)
{
	struct check *c = arg;
	unsigned before;
	enum status st;

	check_reset(c);
	st = know_doomed(txn, c, err);
	if (st == ST_OK)
		st = check_tickets(txn, c);
	before = c->findings->len;
	if (st == ST_OK)
		st = tickets_sweep(txn, false, c->findings, err);
	if (st == ST_OK)
		st = check_rows(txn, NULL, c->findings, err);
	c->rows = c->findings->len > before;
	return st;
}

static void check_init(struct check *c, const struct check_options *options, GPtrArray *findings)
{
	*c = (struct check){ .options = options,
		.findings = findings,
		.files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.unclaimed = g_ptr_array_new_with_free_func(g_free) };
}

static void check_release(struct check *c)
{
	g_free(c->broken.v);
	g_free(c->damaged.v);
	g_free(c->unfiled.v);
	g_hash_table_unref(c->files);
	g_ptr_array_unref(c->unclaimed);
}

static enum status check_run(struct store *store, struct check *c, struct error *err)
{
	enum status st = store_read(store, check_look, c, err);

	if (st == ST_OK && c->options->archive)
		st = archive_walk(c->options->archive, see_file, c, err);
	return st;
}

enum status check_store(struct store *store, const struct check_options *options,
	GPtrArray *findings, uint64_t *tickets_out, struct error *err)
{
	struct check c;
	enum status st;

	check_init(&c, options, findings);
	st = check_run(store, &c, err);
	*tickets_out = c.tickets;
	check_release(&c);
	return st;
}

/* --- mending --- */

/* What is in the archive counts. */
static enum status mend_file(struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	const struct check *c = arg;
	g_auto(GStrv) list = unrecorded_attachments(c->options, e);
	struct entry changed = *e;
	int64_t size = e->archive ? file_size(c->options, e) : (int64_t)e->size;

	if (!list && (size == (int64_t)e->size || (size < 0 && may_be_gone(c->options, e))))
		return ST_OK;
	if (list)
		changed.attached = list;
	if (size < 0)
		changed.archive = NULL;
	else
		changed.size = (uint64_t)size;
	return tickets_entry_save(txn, &changed, err);
}

static enum status check_mend(struct txn *txn, void *arg, struct error *err)
{
	struct check *c = arg;
	g_autoptr(GPtrArray) seen = g_ptr_array_new_with_free_func(g_free);
	enum status st = ST_OK;

	for (size_t i = 0; i < c->damaged.n && st == ST_OK; i++)
		st = tickets_rebuild(
			txn, c->damaged.v[i], c->options->tags, &c->options->actor, err);
	for (size_t i = 0; i < c->unfiled.n && st == ST_OK; i++)
		st = tickets_each_entry(txn, c->unfiled.v[i], mend_file, c, err);
	for (size_t i = 0; i < c->broken.n && st == ST_OK; i++)
		st = tickets_reindex(txn, c->broken.v[i], err);
	if (st == ST_OK && c->rows)
		st = tickets_sweep(txn, true, seen, err);
	if (st == ST_OK && c->rows)
		st = check_rows(txn, c->options, seen, err);
	return st;
}

enum status check_repair(
	struct store *store, const struct check_options *options, struct error *err)
{
	g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
	struct check c;
	enum status st;

	check_init(&c, options, findings);
	st = check_run(store, &c, err);
	if (st == ST_OK && (c.damaged.n || c.unfiled.n || c.broken.n || c.rows))
		st = store_write(store, check_mend, &c, err);
	for (unsigned i = 0; i < c.unclaimed->len && st == ST_OK; i++)
		st = archive_set_aside(options->archive, g_ptr_array_index(c.unclaimed, i), err);
	check_release(&c);
	return st;
}
