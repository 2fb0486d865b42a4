/* A file: its tables, its statements, and whether it can be used. */
#include "archive/fulltext-half.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tongue.h"

#define FULLTEXT_FORMAT "4"

enum { BUSY_MS = 2000, CACHE_KIB = 2048, MERGES = 10 /* at once */ };

/* `words` keeps no texts (content=''); ids of tickets are never given again, or rows of a removed
 * one would be another's. parts are words, those with one head in a row. The hash is to hold all of
 * a commit: what does not fit is written as one more piece to be merged. While all tickets are put
 * in, nothing is merged: in the end everything is, once. */
#define HALF_BUILDING \
	"INSERT INTO words(words, rank) VALUES('automerge', 0), ('crisismerge', 1900);"
#define HALF_FOLLOWING "INSERT INTO words(words, rank) VALUES('automerge', 8), ('crisismerge', 16);"
/* Pages: what went into them is free afterwards, and takes the next ones. */
#define HALF_MERGE "INSERT INTO words(words, rank) VALUES('merge', -64)"
static const char half_schema[] =
	"CREATE TABLE about(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE tickets(id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL UNIQUE,"
	" last INTEGER NOT NULL DEFAULT 0, own TEXT);"
	"CREATE VIRTUAL TABLE words USING fts5(text, note, subject, author, recipients, people,"
	" files, marks, content='', tokenize='ascii', columnsize=0);"
	"CREATE TABLE parts(head BLOB PRIMARY KEY, words BLOB NOT NULL) WITHOUT ROWID;"
	"INSERT INTO words(words, rank) VALUES('hashsize', 33554432);" HALF_BUILDING
	"INSERT INTO about VALUES('format', '" FULLTEXT_FORMAT
	"'), ('place', '0 0 0'), ('dead', 0),"
	" ('owed', 0), ('made', 1);";

static const char *const half_texts[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_ABOUT] = "SELECT value FROM about WHERE key = ?1",
	[SQL_SET_ABOUT] = "INSERT OR REPLACE INTO about VALUES(?1, ?2)",
	[SQL_ADD_DEAD] = "UPDATE about SET value = value + ?1 WHERE key = 'dead'",
	[SQL_OWE] = "UPDATE about SET value = ?1 WHERE key = 'owed' AND value = 0",
	[SQL_TICKET_BY_NUMBER] = "SELECT id, last FROM tickets WHERE number = ?1",
	[SQL_TICKET_BY_ID] = "SELECT number, own FROM tickets WHERE id = ?1",
	[SQL_ADD_TICKET] = "INSERT INTO tickets(number) VALUES(?1)",
	[SQL_SET_LAST] = "UPDATE tickets SET last = ?2 WHERE id = ?1",
	[SQL_SET_OWN] = "UPDATE tickets SET own = ?2 WHERE id = ?1",
	[SQL_REMOVE_TICKET] = "DELETE FROM tickets WHERE id = ?1",
	[SQL_PUT_WORDS] =
		"INSERT INTO words(rowid, text, note, subject, author, recipients, people,"
		" files, marks) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_REMOVE_WORDS] = "INSERT INTO words(words, rowid, text, note, subject, author,"
			     " recipients, people, files, marks)"
			     " VALUES('delete', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_PARTS] = "SELECT words FROM parts WHERE head = ?1",
	[SQL_ALL_PARTS] = "SELECT words FROM parts",
	[SQL_SET_PARTS] = "INSERT OR REPLACE INTO parts VALUES(?1, ?2)",
};

/* --- errors and statements --- */

static enum status half_status_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ST_BUSY;
	case SQLITE_FULL:
		return ST_FULL;
	case SQLITE_CANTOPEN:
		return ST_NOT_FOUND;
	default: /* of SQLite's */
		return ST_IO;
	}
}

enum status half_failed(struct half *h, const char *what, struct error *err)
{
	int code = sqlite.errcode(h->db) & 0xff;

	h->damaged |= code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
	return error_set(err, half_status_of(code), _("cannot %s search index '%s': %s"), what,
		h->path, sqlite.errmsg(h->db));
}

/* Else a row that ought to be there was not. */
static bool half_has_failed(const struct half *h)
{
	int code = sqlite.errcode(h->db);

	return code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE;
}

enum status half_is_damaged(struct half *h, struct error *err)
{
	h->damaged = true;
	return error_set(err, ST_IO, _("search index '%s' is damaged"), h->path);
}

sqlite3_stmt *half_statement(struct half *h, enum fulltext_sql sql, struct error *err)
{
	sqlite3_stmt **s = &h->statements[sql];

	if (!*s &&
		sqlite.prepare_v3(h->db, half_texts[sql], -1, SQLITE_PREPARE_PERSISTENT, s, NULL) !=
			SQLITE_OK) {
		half_failed(h, _("read"), err);
		return NULL;
	}
	sqlite.reset(*s);
	sqlite.clear_bindings(*s);
	return *s;
}

enum status half_step(struct half *h, sqlite3_stmt *statement, struct error *err)
{
	int code = statement ? sqlite.step(statement) : SQLITE_ERROR;

	if (code == SQLITE_DONE || code == SQLITE_ROW) {
		sqlite.reset(statement);
		return ST_OK;
	}
	return half_failed(h, _("write"), err);
}

/* --- what the file says of itself --- */

/* Owned; NULL: nothing, or no such table. */
static char *half_about(struct half *h, const char *key)
{
	sqlite3_stmt *s = half_statement(h, SQL_ABOUT, NULL);
	char *value = NULL;

	if (!s)
		return NULL;
	sqlite.bind_text(s, 1, key, -1, SQLITE_STATIC);
	if (sqlite.step(s) == SQLITE_ROW)
		value = g_strdup((const char *)sqlite.column_text(s, 0));
	sqlite.reset(s);
	return value;
}

static enum status half_set_about(
	struct half *h, const char *key, const char *value, struct error *err)
{
	sqlite3_stmt *s = half_statement(h, SQL_SET_ABOUT, err);

	if (!s)
		return ST_IO;
	sqlite.bind_text(s, 1, key, -1, SQLITE_STATIC);
	sqlite.bind_text(s, 2, value, -1, SQLITE_STATIC);
	return half_step(h, s, err);
}

enum status half_place(struct half *h, struct fulltext_place *place_out, struct error *err)
{
	g_autofree char *made = half_about(h, "made"), *value = half_about(h, "place");
	g_auto(GStrv) words = value ? g_strsplit(value, " ", 3) : NULL;

	if (!words || g_strv_length(words) != 3)
		return half_is_damaged(h, err);
	h->made = made ? g_ascii_strtoll(made, NULL, 10) : 0;
	place_out->serial = g_ascii_strtoull(words[0], NULL, 10);
	place_out->built = strcmp(words[1], "1") == 0;
	place_out->number = g_ascii_strtoull(words[2], NULL, 10);
	return ST_OK;
}

enum status half_set_place(struct half *h, const struct fulltext_place *place, struct error *err)
{
	g_autofree char *value = g_strdup_printf(
		"%" PRIu64 " %d %" PRIu64, place->serial, place->built, place->number);

	return half_set_about(h, "place", value, err);
}

enum status half_check_made(struct half *h, struct error *err)
{
	g_autofree char *made = half_about(h, "made");

	if (made && (!h->made || g_ascii_strtoll(made, NULL, 10) == h->made))
		return ST_OK;
	return error_set(err, ST_BUSY, _("search index '%s' is being made anew"), h->path);
}

/* --- opening --- */

/* And could it be asked? */
static bool half_is_ours(struct half *h, const char *store)
{
	g_autofree char *format = half_about(h, "format"), *of = half_about(h, "store");

	return g_strcmp0(format, FULLTEXT_FORMAT) == 0 && g_strcmp0(of, store) == 0 &&
		half_statement(h, SQL_PUT_WORDS, NULL);
}

/* Nobody may remove the files while somebody opens them, or the one would write into the files of
 * the other: how is LOCK_SH or LOCK_EX of the directory. Gives what is to be closed; -1. */
static int half_lock(const char *directory, int how)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		flock(fd, how);
	return fd;
}

static void half_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}

enum status half_run(struct half *h, const char *sql, struct error *err)
{
	return sqlite.exec(h->db, sql, NULL, NULL, NULL) == SQLITE_OK
		? ST_OK
		: half_failed(h, _("write"), err);
}

/* An empty file of the group's, before SQLite looks at it: the files beside it get the same mode.
 */
static void half_make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0660);

	if (fd < 0)
		return; /* SQLite says why, if it cannot open it either */
	fchmod(fd, 0660);
	close(fd);
}

/* A commit that power loss takes back takes its place in the log back, too: NORMAL is enough. */
static enum status half_connect(struct half *h, struct error *err)
{
	int flags = h->writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
				: SQLITE_OPEN_READWRITE;
	g_autofree char *cache = g_strdup_printf("PRAGMA cache_size = -%d", CACHE_KIB);

	if (h->writable)
		half_make_file(h->path);
	if (sqlite.open_v2(h->path, &h->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return half_failed(h, _("open"), err);
	sqlite.extended_result_codes(h->db, 0);
	sqlite.busy_timeout(h->db, BUSY_MS);
	if (half_run(h, cache, err) != ST_OK)
		return ST_IO;
	return h->writable
		? half_run(h, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", err)
		: ST_OK;
}

static void half_disconnect(struct half *h)
{
	for (unsigned i = 0; i < SQL_COUNT; i++)
		g_clear_pointer(&h->statements[i], sqlite.finalize);
	g_clear_pointer(&h->db, sqlite.close);
}

/* What another format had, or another store. */
static const char half_drop[] =
	"DROP TABLE IF EXISTS words; DROP TABLE IF EXISTS parts; DROP TABLE IF EXISTS terms;"
	"DROP TABLE IF EXISTS documents; DROP TABLE IF EXISTS tickets;"
	"DROP TABLE IF EXISTS about;";

/* Two processes may find at the same time that there is none: who comes second sees the first's. */
static enum status half_make(struct half *h, const char *store, struct error *err)
{
	enum status st = half_run(h, "BEGIN IMMEDIATE", err);
	bool ours = st == ST_OK && half_is_ours(h, store);

	if (st != ST_OK)
		return st;
	if (!ours)
		st = half_run(h, half_drop, err);
	if (st == ST_OK && !ours)
		st = half_run(h, half_schema, err);
	if (st == ST_OK && !ours)
		st = half_set_about(h, "store", store, err);
	if (st == ST_OK)
		st = half_run(h, "COMMIT", err);
	if (st == ST_OK)
		return ST_OK;
	sqlite.exec(h->db, "ROLLBACK", NULL, NULL, NULL);
	return st;
}

static enum status half_remove_files(const char *directory, const char *name, struct error *err)
{
	static const char *const endings[] = { "", "-wal", "-shm", "-journal" };

	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *file = g_strconcat(name, endings[i], NULL),
				*path = g_build_filename(directory, file, NULL);

		if (g_unlink(path) != 0 && errno != ENOENT)
			return error_set(err, ST_IO, _("cannot remove search index '%s': %s"), path,
				g_strerror(errno));
	}
	return ST_OK;
}

/* Another process may have done so already. */
static enum status half_replace(
	struct half *h, const struct fulltext_options *options, struct error *err)
{
	int lock = half_lock(options->directory, LOCK_EX);
	struct error none = { "" };
	enum status st;

	half_disconnect(h);
	st = half_connect(h, &none);
	if (st != ST_OK || !half_is_ours(h, options->store)) {
		half_disconnect(h);
		st = half_remove_files(options->directory, h->name, err);
		if (st == ST_OK)
			st = half_connect(h, err);
		if (st == ST_OK)
			st = half_make(h, options->store, err);
	}
	h->damaged &= st != ST_OK;
	half_unlock(lock);
	return st;
}

static enum status half_connect_locked(
	struct half *h, const struct fulltext_options *options, struct error *err)
{
	int lock = half_lock(options->directory, LOCK_SH);
	enum status st = half_connect(h, err);

	half_unlock(lock);
	return st;
}

/* One that cannot be read is made anew by who may write; one that is busy or has no room is not. */
static enum status half_ready(
	struct half *h, const struct fulltext_options *options, struct error *err)
{
	struct error why = { "" };
	enum status st = half_connect_locked(h, options, &why);

	if (st == ST_OK && half_is_ours(h, options->store))
		return ST_OK;
	if (!options->writable && st == ST_OK)
		return error_set(err, ST_NOT_FOUND,
			_("search index '%s' is of another format or store"), h->path);
	if (options->writable && st == ST_OK)
		st = half_make(h, options->store, &why);
	if (options->writable && st != ST_OK && st != ST_BUSY && st != ST_FULL)
		return half_replace(h, options, err);
	return st == ST_OK ? ST_OK : error_set(err, st, "%s", why.text);
}

void half_forget(struct half *h)
{
	g_clear_pointer(&h->known.slots, g_free);
	h->known = (struct known){ .size = 0 };
	g_ptr_array_set_size(h->fresh, 0);
	h->number = 0;
	h->last_changed = false;
}

enum status half_empty(struct half *h, struct error *err)
{
	static const char sql[] = "BEGIN IMMEDIATE; DELETE FROM tickets; DELETE FROM parts;"
				  "INSERT INTO words(words) VALUES('delete-all');" HALF_BUILDING
				  "UPDATE about SET value = '0 0 0' WHERE key = 'place';"
				  "UPDATE about SET value = 0 WHERE key IN ('dead', 'owed');"
				  "UPDATE about SET value = value + 1 WHERE key = 'made'; COMMIT";
	enum status st = half_run(h, sql, err);

	half_forget(h);
	if (st == ST_OK)
		return half_run(h, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", err);
	sqlite.exec(h->db, "ROLLBACK", NULL, NULL, NULL);
	return st;
}

/* FTS5 counts a change for the command itself, and more where there was something to merge. */
enum status half_merge(struct half *h, bool *merged_out, struct error *err)
{
	enum status st = ST_OK;

	*merged_out = false;
	for (int i = 0; i < MERGES && st == ST_OK && !*merged_out; i++) {
		int before = sqlite.total_changes(h->db);

		st = half_run(h, HALF_MERGE, err);
		*merged_out = st == ST_OK && sqlite.total_changes(h->db) - before < 2;
	}
	return *merged_out ? half_run(h, HALF_FOLLOWING, err) : st;
}

/* -1: it failed. */
static int64_t half_number(struct half *h, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int64_t number = -1;

	if (sqlite.prepare_v2(h->db, sql, -1, &s, NULL) == SQLITE_OK &&
		sqlite.step(s) == SQLITE_ROW)
		number = sqlite.column_int64(s, 0);
	sqlite.finalize(s);
	return number;
}

/* "\nword\nword\n" */
static void half_add_words(const char *words, size_t len, GHashTable *out)
{
	const char *p = words, *end = words + len, *stop;

	for (; p < end && (stop = memchr(p, '\n', (size_t)(end - p))); p = stop + 1)
		if (stop > p)
			g_hash_table_add(out, g_strndup(p, (gsize)(stop - p)));
}

static enum status half_words(struct half *h, GHashTable *out, struct error *err)
{
	sqlite3_stmt *s = half_statement(h, SQL_ALL_PARTS, err);
	int code;

	if (!s)
		return ST_IO;
	while ((code = sqlite.step(s)) == SQLITE_ROW)
		half_add_words(sqlite.column_blob(s, 0), (size_t)sqlite.column_bytes(s, 0), out);
	sqlite.reset(s);
	return code == SQLITE_DONE ? ST_OK : half_failed(h, _("read"), err);
}

enum status half_look(
	struct half *h, struct fulltext_status *status_out, GHashTable *words, struct error *err)
{
	int64_t tickets = half_number(h, "SELECT count(*) FROM tickets"),
		dead = half_number(h, "SELECT value FROM about WHERE key = 'dead'"),
		owed = half_number(h, "SELECT value FROM about WHERE key = 'owed'"),
		pages = half_number(h, "PRAGMA page_count"),
		size = half_number(h, "PRAGMA page_size");
	enum status st = half_place(h, &status_out->place, err);

	if (st != ST_OK)
		return st;
	if (tickets < 0 || dead < 0 || owed < 0 || pages < 0 || size < 0)
		return half_has_failed(h) ? half_failed(h, _("read"), err)
					  : half_is_damaged(h, err);
	status_out->tickets = (uint64_t)tickets;
	status_out->dead = (uint64_t)dead;
	status_out->owed_since = owed;
	status_out->bytes = (uint64_t)(pages * size);
	return half_words(h, words, err);
}

/* Else each of its mallocs, of which there are many, waits for those of the other thread. */
static void half_set_up(void)
{
	sqlite.config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static void half_configure(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, half_set_up);
}

enum status half_open(
	struct half *h, const struct fulltext_options *options, const char *name, struct error *err)
{
	struct stat file;
	enum status st;

	half_configure();
	h->name = name;
	h->directory = g_strdup(options->directory);
	h->path = g_build_filename(options->directory, name, NULL);
	h->writable = options->writable;
	h->fresh = g_ptr_array_new_with_free_func(g_free);
	st = half_ready(h, options, err);
	if (st == ST_OK && stat(h->path, &file) == 0) {
		h->device = file.st_dev;
		h->inode = file.st_ino;
	}
	return st;
}

/* False when another file has come into its place, or it is gone. */
static bool half_is_in_place(const struct half *h)
{
	struct stat st;

	return stat(h->path, &st) == 0 && st.st_dev == h->device && st.st_ino == h->inode;
}

static void half_remove_damaged(const struct half *h)
{
	int lock = half_lock(h->directory, LOCK_EX);

	if (half_is_in_place(h))
		half_remove_files(h->directory, h->name, NULL);
	half_unlock(lock);
}

void half_close(struct half *h)
{
	if (!h->fresh)
		return;
	half_disconnect(h);
	if (h->damaged && h->writable)
		half_remove_damaged(h);
	half_forget(h);
	g_ptr_array_unref(h->fresh);
	g_free(h->directory);
	g_free(h->path);
}

enum status half_destroy(const char *directory, const char *name, struct error *err)
{
	int lock = half_lock(directory, LOCK_EX);
	enum status st = half_remove_files(directory, name, err);

	half_unlock(lock);
	return st;
}
