/* An ordered key-value store with transactions; the only door to its engines (engine.h), each in a
 * folder of its own. Hides map growth, stale readers, group commit. Knows nothing of mail.
 *
 * Keys sort as bytes and are at most STORE_KEY_MAX long; values are of any size. Nothing that a get
 * or a scan returns may be used after `fn` returned, nor after the next put or delete in it. */
#ifndef MILTICKET_STORE_H
#define MILTICKET_STORE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/status.h"

enum { STORE_KEY_MAX = 510, KEY_HASH_BYTES = 12 };

enum store_table {
#define TABLE(id, ...) TABLE_##id,
#include "store/tables.def"
	TABLE_COUNT
};

struct store;
struct txn;
struct wants;

/* Work inside a transaction. May be run more than once, on any thread: reset outputs first, and
 * have no effect but through txn and arg. Any status but ST_OK undoes its writes, and only its
 * writes. A failed call is sticky: after an error of the engine the transaction can only be undone,
 * and fails even if fn gives ST_OK, so that nobody takes a get that failed for "no". */
typedef enum status store_fn(struct txn *txn, void *arg, struct error *err);

/* How much of the data file is looked at when it is opened. Damage is ST_IO, and the text names the
 * page: what reads it may crash. */
enum store_look {
	/* is the file as long as it should be, and does each tree begin in a page of its own? */
	LOOK_AT_ROOTS,
	/* and is the list of pages sound that the next writer may write over? */
	LOOK_AT_FREE_PAGES,
	/* is every page in its place, well formed and in use once? Some seconds for each GB */
	LOOK_AT_ALL_PAGES,
};

struct store_options {
	const char *url; /* whose scheme chooses the engine; NULL or "": LMDB at `path` */
	/* directory; made if missing, mode 02770; files in it have 0660. With a url, what is this
	 * host's own lies there. */
	const char *path;
	const char *password_file; /* of the url; NULL or "": there is none */
	int64_t deadline_s;        /* with a url: what cannot be done until then is ST_BUSY */
	bool require_sync;         /* with a url: committed means on a quorum of servers */
	size_t map_size;           /* bytes to begin with; grows by itself */
	/* a commit is on disk before store_write returns; without, power loss may cost the store */
	bool durable;
	bool read_only;       /* ST_NOT_FOUND if the store is not there yet */
	enum store_look look; /* before anything is read */
	/* Brings the rows of an older store up to date, in the transaction that changes its format;
	 * NULL: an older store is refused. */
	store_fn *migrate;
	/* An older store is opened as it is, by who reads nothing but numbers in it. */
	bool as_it_is;
	bool locked;  /* the caller holds the daemon's lock (store-lock.h) */
	bool patient; /* with a url: see store_open() */
	uid_t uid;    /* owner of what root makes; -1 leaves it */
	gid_t gid;
};

/* As the settings say; the rest is the caller's. Borrowed from them. */
struct settings;
struct store_options store_options_of(const struct settings *settings);

/* Opens, making it when missing. After fork, once per process. Clears stale readers. A store of a
 * newer format is ST_REFUSED; one of the format before is brought to this one, unless a daemon that
 * may know only that one runs (ST_BUSY). With `patient`, a server that is away, or that nothing is
 * safe on for now, is ST_BUSY with a store all the same: err says why, and it opens when it can. */
enum status store_open(
	const struct store_options *options, struct store **store_out, struct error *err);
void store_close(struct store *store);

/* Neither this nor store_write may be called inside fn. */
enum status store_read(struct store *store, store_fn *fn, void *arg, struct error *err);

/* Concurrent calls are gathered: one of them runs all in turn, each undoable by itself, and commits
 * once. ST_OK means committed, and durable if so opened. */
enum status store_write(struct store *store, store_fn *fn, void *arg, struct error *err);

/* Does the engine ask for what fn is going to read before it runs? */
bool store_reads_ahead(const struct store *store);
/* The same as store_write(), with what fn will read, as far as that is known; NULL: it is not. A
 * read that was not told costs time, and no more. */
enum status store_write_wanting(
	struct store *store, const struct wants *wants, store_fn *fn, void *arg, struct error *err);

/* Is what others commit told, so that store_wait() knows of it? */
bool store_tells(const struct store *store);
/* Waits until something was committed, by whatever process or host, or that many milliseconds; no
 * longer than until stop_fd (-1: none) can be read. False: as far as is known, nothing was. True
 * may be too much: always where nobody tells, where that is interrupted, and now and then where it
 * is not, so that who looks whenever it is true finds all. By one thread at a time. */
bool store_wait(struct store *store, unsigned ms, int stop_fd);

/* Could its server not be reached when somebody last tried? */
bool store_is_away(const struct store *store);

/* Who is about to end: from now on nothing waits for a server any longer than until one deadline
 * has passed, all that is tried until then together; then it is ST_BUSY at once. */
void store_hurry(struct store *store);

/* May daemons of other hosts work on it at the same time? */
bool store_shared(const struct store *store);

/* The name of its engine: "lmdb". */
const char *store_engine(const struct store *store);

enum { STORE_SECRET_BYTES = 32 };

/* --- upkeep; ST_REFUSED where the database's own tools do that --- */

/* Looks at the open store's file as store_open() does, while others write. ST_IO: it is damaged. */
enum status store_check_pages(struct store *store, enum store_look how, struct error *err);

/* The store's own random secret, made with it; whoever can read the store can read it. Fails only
 * where the store has been away since it was opened (`patient`), as a transaction then does; not in
 * one. */
enum status store_secret(
	struct store *store, guint8 secret_out[STORE_SECRET_BYTES], struct error *err);

/* Frees the slots of dead readers; gives their number. For the timer thread. */
unsigned store_clear_readers(struct store *store);

/* Hot, compacted copy into the new file `path`, mode 0600, which as data.mdb in a directory of its
 * own is a store. ST_EXISTS rather than overwriting. Durable on return. */
enum status store_copy(struct store *store, const char *path, struct error *err);

/* Writes every row into a new file that takes the old one's place: what was deleted is nowhere in
 * it. Other processes go over to it by themselves; writers wait until it is done. Needs the room of
 * a second store. */
enum status store_rewrite(struct store *store, struct error *err);

/* Puts a file that store_copy() wrote in the store's place, after it was copied and looked through.
 * The caller holds the daemon's lock (store-lock.h). ST_EXISTS: there is a store, and no force;
 * with it, the old data is kept in the directory *kept_out (owned; NULL when there was none).
 * ST_BAD_INPUT: it is no whole store. */
enum status store_restore(const struct store_options *options, const char *backup, bool force,
	char **kept_out, struct error *err);

struct store_stat {
	uint64_t map_size, used; /* bytes */
	uint64_t commits;        /* since the store was made */
	unsigned readers;
};
enum status store_stat(struct store *store, struct store_stat *stat_out, struct error *err);

struct store_health {
	bool primary;     /* it takes writes */
	bool quorum;      /* a commit waits for other servers */
	int64_t standbys; /* that are connected, and waited for; -1: we may not know */
	uint64_t bytes;   /* of the database */
};
/* Of an engine with servers; ST_NOT_FOUND: it has none. */
enum status store_health(struct store *store, struct store_health *health_out, struct error *err);

/* --- files beside the rows: archived mail. ST_REFUSED where the engine has none. Each call is a
 * transaction of its own; none may be made inside fn. --- */

/* Pieces one after the other; an empty one ends them. May be asked for all of them once only. */
typedef enum status store_pieces_fn(void *arg, struct bytes *piece_out, struct error *err);
/* Keeps a file whole and durably, or not at all. One of that name that is there stays. */
enum status store_file_put(
	struct store *store, const char *name, store_pieces_fn *next, void *arg, struct error *err);
typedef enum status store_piece_fn(struct bytes piece, void *arg, struct error *err);
/* Each piece in order. ST_NOT_FOUND. */
enum status store_file_get(
	struct store *store, const char *name, store_piece_fn *fn, void *arg, struct error *err);
enum status store_file_remove(struct store *store, const char *name, struct error *err);
enum status store_file_rename(
	struct store *store, const char *from, const char *to, struct error *err);
/* By name; modified: microseconds UTC. fn returns false to stop. */
typedef bool store_file_visit(const char *name, int64_t modified, void *arg);
enum status store_file_each(
	struct store *store, store_file_visit *fn, void *arg, struct error *err);
/* Of those whose names begin with a digit and sort before that one, at most max, the first. */
enum status store_files_remove_before(struct store *store, const char *name, uint64_t max,
	uint64_t *count_out, struct error *err);

/* --- inside fn --- */

/* A call that fails (ST_NOT_FOUND is an answer, and no failure) makes the transaction fail: those
 * after it fail as it did, and what fn made is undone, whatever fn returns. So no failure is taken
 * for "no". */

/* ST_NOT_FOUND, or *value_out borrowed. */
enum status txn_get(
	struct txn *txn, enum store_table table, struct bytes key, struct bytes *value_out);
enum status txn_put(struct txn *txn, enum store_table table, struct bytes key, struct bytes value);
/* ST_NOT_FOUND if there was none. */
enum status txn_delete(struct txn *txn, enum store_table table, struct bytes key);

/* 1, 2, 3 … by name, never given twice; a first use starts at `first`, and a larger `first` later
 * jumps forward. "event": the caller puts a row of TABLE_LOG with that number. */
enum status txn_next_number(
	struct txn *txn, const char *name, uint64_t first, uint64_t *number_out);
/* The next one by that name is larger than this. */
enum status txn_skip_numbers(struct txn *txn, const char *name, uint64_t number);
/* The last one given by that name, or skipped; 0. */
enum status txn_last_number(struct txn *txn, const char *name, uint64_t *last_out);

/* A key with the engine's mark in it. */
struct tree_key {
	size_t len;
	guint8 data[STORE_KEY_MAX + 1];
};

/* Keys that start with `prefix`, in order or reversed, beginning at `from` inclusive (empty: at the
 * end of the range). struct scan scan; for (st = scan_first(&scan, txn, TABLE_X, prefix, from,
 * false); st == ST_OK; st = scan_next(&scan)) … scan.key, scan.value scan_release(&scan); Ends with
 * ST_NOT_FOUND. Writes in the same txn are allowed between steps; key and value are then stale
 * until the next step. */
struct scan {
	struct bytes key, value;
	struct txn *txn;
	enum store_table table;
	void *cursor;
	bool reverse;
	struct tree_key prefix, at; /* in the engine's tree */
};
enum status scan_first(struct scan *scan, struct txn *txn, enum store_table table,
	struct bytes prefix, struct bytes from, bool reverse);
enum status scan_next(struct scan *scan);
void scan_release(struct scan *scan);

/* Does the engine ask for index rows (TABLE_INDEX)? If not, it answers txn_query(). */
bool txn_derives(const struct txn *txn);

/* A field of a ticket, by the letter that its row has in .index, and the value it must have: that
 * of a text, or one of a list. */
struct query_value {
	char index;
	const char *value; /* NULL: none at all */
};

enum { QUERY_VALUES = 8 };

/* Which tickets, in the order of their activity. It may give a little too much, never too little:
 * who asks looks at the records. */
struct query {
	struct query_value values[QUERY_VALUES]; /* all of them; .index 0 ends them */
	unsigned statuses;                       /* a bit for each that is wanted; 0: any */
	bool merged;                             /* those that are merged, too */
	bool undelivered;                        /* only those */
	int64_t from, until; /* activity: from inclusive, until exclusive; 0: any */
	bool reverse;        /* the newest first */
	uint64_t limit;      /* at most that many; 0: any */
};
/* Tickets' rows, as scan_first() gives them; scan_next() and scan_release() as there. Only where
 * txn_derives() is false. */
enum status txn_query(struct scan *scan, struct txn *txn, const struct query *query);

/* Tickets of a queue, watched ones too, that are active and not merged. */
struct queue_count {
	const char *queue; /* the caller's */
	uint64_t open, new;
};
/* The same: only where txn_derives() is false. */
enum status txn_count(struct txn *txn, struct queue_count *counts, size_t n);

/* Why the last get, put, delete or scan in this txn failed, for error texts. */
const char *txn_reason(struct txn *txn);

/* --- keys --- */

/* Builds keys whose byte order is their order: big-endian numbers, text ended by NUL. */
struct key {
	guint8 data[STORE_KEY_MAX];
	size_t len;
};
void key_init(struct key *key);
void key_u8(struct key *key, uint8_t v);
void key_u32(struct key *key, uint32_t v);
void key_u64(struct key *key, uint64_t v);
void key_number(
	struct key *key, uint64_t v); /* in as few bytes as it needs, with their count in front */
void key_text(struct key *key, const char *s); /* with its NUL; over 200 bytes: its hash */
void key_hash(struct key *key, const void *data, size_t len); /* KEY_HASH_BYTES of SHA-256 */
struct bytes key_bytes(const struct key *key);
uint32_t key_read_u32(struct bytes key, size_t offset);
uint64_t key_read_u64(struct bytes key, size_t offset);
/* Moves *offset past it. */
uint64_t key_read_number(struct bytes key, size_t *offset);

#endif
