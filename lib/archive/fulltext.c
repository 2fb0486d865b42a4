/* The file: its tables, its statements, and whether it can be used. */
#include "archive/fulltext.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/fulltext-parts.h"
#include "base/tongue.h"

#define FULLTEXT_FORMAT "2"
#define FULLTEXT_FILE "search.sqlite"

enum { BUSY_MS = 2000, CACHE_KIB = 2048 };

/* `words` keeps no texts (content=''); ids of tickets are never given again, or rows of a removed
 * one would be another's. parts are words, those with one head in a row. The hash is to hold all of
 * a commit: what does not fit is written as one more piece to be merged. */
static const char fulltext_schema[] =
	"CREATE TABLE about(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE tickets(id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL UNIQUE,"
	" last INTEGER NOT NULL DEFAULT 0, own TEXT);"
	"CREATE VIRTUAL TABLE words USING fts5(text, note, subject, author, recipients, people,"
	" files, marks, content='', tokenize='ascii', columnsize=0);"
	"CREATE TABLE parts(head BLOB PRIMARY KEY, words BLOB NOT NULL) WITHOUT ROWID;"
	"INSERT INTO words(words, rank) VALUES('hashsize', 33554432), ('automerge', 8);"
	"INSERT INTO about VALUES('format', '" FULLTEXT_FORMAT
	"'), ('place', '0 0 0'), ('dead', 0),"
	" ('owed', 0), ('made', 1);";

static const char *const fulltext_texts[SQL_COUNT] = {
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

static enum status fulltext_status_of(int code)
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

enum status fulltext_failed(struct fulltext *f, const char *what, struct error *err)
{
	int code = sqlite.errcode(f->db) & 0xff;

	f->damaged |= code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
	return error_set(err, fulltext_status_of(code), _("cannot %s search index '%s': %s"), what,
		f->path, sqlite.errmsg(f->db));
}

/* Else a row that ought to be there was not. */
static bool fulltext_has_failed(const struct fulltext *f)
{
	int code = sqlite.errcode(f->db);

	return code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE;
}

enum status fulltext_is_damaged(struct fulltext *f, struct error *err)
{
	f->damaged = true;
	return error_set(err, ST_IO, _("search index '%s' is damaged"), f->path);
}

sqlite3_stmt *fulltext_statement(struct fulltext *f, enum fulltext_sql sql, struct error *err)
{
	sqlite3_stmt **s = &f->statements[sql];

	if (!*s &&
		sqlite.prepare_v3(f->db, fulltext_texts[sql], -1, SQLITE_PREPARE_PERSISTENT, s,
			NULL) != SQLITE_OK) {
		fulltext_failed(f, _("read"), err);
		return NULL;
	}
	sqlite.reset(*s);
	sqlite.clear_bindings(*s);
	return *s;
}

enum status fulltext_step(struct fulltext *f, sqlite3_stmt *statement, struct error *err)
{
	int code = statement ? sqlite.step(statement) : SQLITE_ERROR;

	if (code == SQLITE_DONE || code == SQLITE_ROW) {
		sqlite.reset(statement);
		return ST_OK;
	}
	return fulltext_failed(f, _("write"), err);
}

/* --- what the file says of itself --- */

/* Owned; NULL: nothing, or no such table. */
static char *fulltext_about(struct fulltext *f, const char *key)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_ABOUT, NULL);
	char *value = NULL;

	if (!s)
		return NULL;
	sqlite.bind_text(s, 1, key, -1, SQLITE_STATIC);
	if (sqlite.step(s) == SQLITE_ROW)
		value = g_strdup((const char *)sqlite.column_text(s, 0));
	sqlite.reset(s);
	return value;
}

enum status fulltext_set_about(
	struct fulltext *f, const char *key, const char *value, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_SET_ABOUT, err);

	if (!s)
		return ST_IO;
	sqlite.bind_text(s, 1, key, -1, SQLITE_STATIC);
	sqlite.bind_text(s, 2, value, -1, SQLITE_STATIC);
	return fulltext_step(f, s, err);
}

enum status fulltext_place(struct fulltext *f, struct fulltext_place *place_out, struct error *err)
{
	g_autofree char *made = fulltext_about(f, "made"), *value = fulltext_about(f, "place");
	g_auto(GStrv) words = value ? g_strsplit(value, " ", 3) : NULL;

	if (!words || g_strv_length(words) != 3)
		return fulltext_is_damaged(f, err);
	f->made = made ? g_ascii_strtoll(made, NULL, 10) : 0;
	place_out->serial = g_ascii_strtoull(words[0], NULL, 10);
	place_out->built = strcmp(words[1], "1") == 0;
	place_out->number = g_ascii_strtoull(words[2], NULL, 10);
	return ST_OK;
}

enum status fulltext_check_made(struct fulltext *f, struct error *err)
{
	g_autofree char *made = fulltext_about(f, "made");

	if (made && (!f->made || g_ascii_strtoll(made, NULL, 10) == f->made))
		return ST_OK;
	return error_set(err, ST_BUSY, _("search index '%s' is being made anew"), f->path);
}

/* --- opening --- */

/* And could it be asked? */
static bool fulltext_is_ours(struct fulltext *f, const char *store)
{
	g_autofree char *format = fulltext_about(f, "format"), *of = fulltext_about(f, "store");

	return g_strcmp0(format, FULLTEXT_FORMAT) == 0 && g_strcmp0(of, store) == 0 &&
		fulltext_statement(f, SQL_PUT_WORDS, NULL);
}

/* Nobody may remove the files while somebody opens them, or the one would write into the files of
 * the other: how is LOCK_SH or LOCK_EX of the directory. Gives what is to be closed; -1. */
static int fulltext_lock(const char *directory, int how)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		flock(fd, how);
	return fd;
}

static void fulltext_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}

static enum status fulltext_run(struct fulltext *f, const char *sql, struct error *err)
{
	return sqlite.exec(f->db, sql, NULL, NULL, NULL) == SQLITE_OK
		? ST_OK
		: fulltext_failed(f, _("write"), err);
}

/* An empty file of the group's, before SQLite looks at it: the files beside it get the same mode.
 */
static void fulltext_make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0660);

	if (fd < 0)
		return; /* SQLite says why, if it cannot open it either */
	fchmod(fd, 0660);
	close(fd);
}

/* A commit that power loss takes back takes its place in the log back, too: NORMAL is enough. */
static enum status fulltext_connect(struct fulltext *f, struct error *err)
{
	int flags = f->writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
				: SQLITE_OPEN_READWRITE;
	g_autofree char *cache = g_strdup_printf("PRAGMA cache_size = -%d", CACHE_KIB);

	if (f->writable)
		fulltext_make_file(f->path);
	if (sqlite.open_v2(f->path, &f->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return fulltext_failed(f, _("open"), err);
	sqlite.extended_result_codes(f->db, 0);
	sqlite.busy_timeout(f->db, BUSY_MS);
	if (fulltext_run(f, cache, err) != ST_OK)
		return ST_IO;
	return f->writable
		? fulltext_run(f, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", err)
		: ST_OK;
}

static void fulltext_disconnect(struct fulltext *f)
{
	for (unsigned i = 0; i < SQL_COUNT; i++)
		g_clear_pointer(&f->statements[i], sqlite.finalize);
	g_clear_pointer(&f->db, sqlite.close);
}

/* What another format had, or another store. */
static const char fulltext_drop[] =
	"DROP TABLE IF EXISTS words; DROP TABLE IF EXISTS parts; DROP TABLE IF EXISTS terms;"
	"DROP TABLE IF EXISTS documents; DROP TABLE IF EXISTS tickets;"
	"DROP TABLE IF EXISTS about;";

/* Two processes may find at the same time that there is none: who comes second sees the first's. */
static enum status fulltext_make(struct fulltext *f, const char *store, struct error *err)
{
	enum status st = fulltext_run(f, "BEGIN IMMEDIATE", err);
	bool ours = st == ST_OK && fulltext_is_ours(f, store);

	if (st != ST_OK)
		return st;
	if (!ours)
		st = fulltext_run(f, fulltext_drop, err);
	if (st == ST_OK && !ours)
		st = fulltext_run(f, fulltext_schema, err);
	if (st == ST_OK && !ours)
		st = fulltext_set_about(f, "store", store, err);
	if (st == ST_OK)
		st = fulltext_run(f, "COMMIT", err);
	if (st == ST_OK)
		return ST_OK;
	sqlite.exec(f->db, "ROLLBACK", NULL, NULL, NULL);
	return st;
}

static enum status fulltext_remove_files(const char *directory, struct error *err)
{
	static const char *const endings[] = { "", "-wal", "-shm", "-journal" };

	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *name = g_strconcat(FULLTEXT_FILE, endings[i], NULL),
				*path = g_build_filename(directory, name, NULL);

		if (g_unlink(path) != 0 && errno != ENOENT)
			return error_set(err, ST_IO, _("cannot remove search index '%s': %s"), path,
				g_strerror(errno));
	}
	return ST_OK;
}

/* Another process may have done so already. */
static enum status fulltext_replace(
	struct fulltext *f, const struct fulltext_options *options, struct error *err)
{
	int lock = fulltext_lock(options->directory, LOCK_EX);
	struct error none = { "" };
	enum status st;

	fulltext_disconnect(f);
	st = fulltext_connect(f, &none);
	if (st != ST_OK || !fulltext_is_ours(f, options->store)) {
		fulltext_disconnect(f);
		st = fulltext_remove_files(options->directory, err);
		if (st == ST_OK)
			st = fulltext_connect(f, err);
		if (st == ST_OK)
			st = fulltext_make(f, options->store, err);
	}
	f->damaged &= st != ST_OK;
	fulltext_unlock(lock);
	return st;
}

static enum status fulltext_connect_locked(
	struct fulltext *f, const struct fulltext_options *options, struct error *err)
{
	int lock = fulltext_lock(options->directory, LOCK_SH);
	enum status st = fulltext_connect(f, err);

	fulltext_unlock(lock);
	return st;
}

/* One that cannot be read is made anew by who may write; one that is busy or has no room is not. */
static enum status fulltext_ready(
	struct fulltext *f, const struct fulltext_options *options, struct error *err)
{
	struct error why = { "" };
	enum status st = fulltext_connect_locked(f, options, &why);

	if (st == ST_OK && fulltext_is_ours(f, options->store))
		return ST_OK;
	if (!options->writable && st == ST_OK)
		return error_set(err, ST_NOT_FOUND,
			_("search index '%s' is of another format or store"), f->path);
	if (options->writable && st == ST_OK)
		st = fulltext_make(f, options->store, &why);
	if (options->writable && st != ST_OK && st != ST_BUSY && st != ST_FULL)
		return fulltext_replace(f, options, err);
	return st == ST_OK ? ST_OK : error_set(err, st, "%s", why.text);
}

void fulltext_forget(struct fulltext *f)
{
	g_clear_pointer(&f->known.slots, g_free);
	f->known.n = f->known.size = 0;
	g_ptr_array_set_size(f->fresh, 0);
	f->number = 0;
	f->last_changed = false;
}

enum status fulltext_empty(struct fulltext *f, struct error *err)
{
	static const char sql[] = "BEGIN IMMEDIATE; DELETE FROM tickets; DELETE FROM parts;"
				  "INSERT INTO words(words) VALUES('delete-all');"
				  "UPDATE about SET value = '0 0 0' WHERE key = 'place';"
				  "UPDATE about SET value = 0 WHERE key IN ('dead', 'owed');"
				  "UPDATE about SET value = value + 1 WHERE key = 'made'; COMMIT";
	enum status st = fulltext_run(f, sql, err);

	fulltext_forget(f);
	if (st == ST_OK)
		return fulltext_run(f, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", err);
	sqlite.exec(f->db, "ROLLBACK", NULL, NULL, NULL);
	return st;
}

/* -1: it failed. */
static int64_t fulltext_number(struct fulltext *f, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int64_t number = -1;

	if (sqlite.prepare_v2(f->db, sql, -1, &s, NULL) == SQLITE_OK &&
		sqlite.step(s) == SQLITE_ROW)
		number = sqlite.column_int64(s, 0);
	sqlite.finalize(s);
	return number;
}

/* Each has a line feed after it, and one is before the first. */
static const char fulltext_words[] =
	"SELECT coalesce(sum(length(words) - length(replace(words, char(10), '')) - 1), 0)"
	" FROM (SELECT CAST(words AS TEXT) AS words FROM parts)";

enum status fulltext_look(struct fulltext *f, struct fulltext_status *status_out, struct error *err)
{
	int64_t tickets = fulltext_number(f, "SELECT count(*) FROM tickets"),
		words = fulltext_number(f, fulltext_words),
		dead = fulltext_number(f, "SELECT value FROM about WHERE key = 'dead'"),
		owed = fulltext_number(f, "SELECT value FROM about WHERE key = 'owed'"),
		pages = fulltext_number(f, "PRAGMA page_count"),
		size = fulltext_number(f, "PRAGMA page_size");
	enum status st = fulltext_place(f, &status_out->place, err);

	if (st != ST_OK)
		return st;
	if (tickets < 0 || words < 0 || dead < 0 || owed < 0 || pages < 0 || size < 0)
		return fulltext_has_failed(f) ? fulltext_failed(f, _("read"), err)
					      : fulltext_is_damaged(f, err);
	status_out->tickets = (uint64_t)tickets;
	status_out->words = (uint64_t)words;
	status_out->dead = (uint64_t)dead;
	status_out->owed_since = owed;
	status_out->bytes = (uint64_t)(pages * size);
	return ST_OK;
}

enum status fulltext_open(
	const struct fulltext_options *options, struct fulltext **fulltext_out, struct error *err)
{
	struct fulltext *f;
	struct stat file;
	enum status st = fulltext_library_load(err);

	if (st != ST_OK)
		return st;
	f = g_new0(struct fulltext, 1);
	f->directory = g_strdup(options->directory);
	f->path = g_build_filename(options->directory, FULLTEXT_FILE, NULL);
	f->writable = options->writable;
	f->fresh = g_ptr_array_new_with_free_func(g_free);
	st = fulltext_ready(f, options, err);
	if (st == ST_OK && stat(f->path, &file) == 0) {
		f->device = file.st_dev;
		f->inode = file.st_ino;
	}
	if (st == ST_OK)
		*fulltext_out = f;
	else
		fulltext_close(f);
	return st;
}

bool fulltext_exists(const char *directory)
{
	g_autofree char *path = g_build_filename(directory, FULLTEXT_FILE, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* False when another file has come into its place, or it is gone. */
static bool fulltext_is_in_place(const struct fulltext *f)
{
	struct stat st;

	return stat(f->path, &st) == 0 && st.st_dev == f->device && st.st_ino == f->inode;
}

static void fulltext_remove_damaged(const struct fulltext *f)
{
	int lock = fulltext_lock(f->directory, LOCK_EX);

	if (fulltext_is_in_place(f))
		fulltext_remove_files(f->directory, NULL);
	fulltext_unlock(lock);
}

void fulltext_close(struct fulltext *f)
{
	if (!f)
		return;
	fulltext_disconnect(f);
	if (f->damaged && f->writable)
		fulltext_remove_damaged(f);
	fulltext_forget(f);
	g_ptr_array_unref(f->fresh);
	g_free(f->directory);
	g_free(f->path);
	g_free(f);
}

enum status fulltext_destroy(const char *directory, struct error *err)
{
	int lock = fulltext_lock(directory, LOCK_EX);
	enum status st = fulltext_remove_files(directory, err);

	fulltext_unlock(lock);
	return st;
}
