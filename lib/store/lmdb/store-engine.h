/* What the files of the engine share. Only they include <lmdb.h>. */
#ifndef MILTICKET_STORE_ENGINE_H
#define MILTICKET_STORE_ENGINE_H

#include <lmdb.h>
#include <pthread.h>

#include "store/engine.h"

/* Beside LMDB's own codes: the files are not those at the path any more. */
enum { ENGINE_REPLACED = -30600 };

/* Trees of the engine; see store-table.c. */
enum { ENGINE_TREES = 3 };
/* Of the store: 1 had a tree for each table; 2 had lists that each kept the order of activity,
 * and counts of queues; every event had a row of its own, as some have still. */
enum { ENGINE_FORMAT = 3 };
extern const char *const engine_tree_names[ENGINE_TREES];

/* The lock file has room for so many readers, whoever makes it. */
enum { STORE_READERS_MAX = 1024 };

struct file_id {
	dev_t device;
	ino_t inode;
};

/* The engine itself, for who chooses one. */
extern const struct engine lmdb_engine;

struct lmdb {
	struct store store;
	MDB_env *env;
	MDB_dbi trees[ENGINE_TREES];
	char *path;
	unsigned flags; /* of mdb_env_open */
	struct file_id data,
		locks; /* what env has open; others may have put new files in their place */
	/* Transactions hold it for reading; resizing or reopening the map needs that there is
	 * none. */
	pthread_rwlock_t map_lock;
	int gate; /* the directory, to be locked by who wants to write next; -1: none */
};

struct lmdb_txn {
	struct txn txn;
	struct lmdb *store;
	MDB_txn *mdb;
	int rc;    /* the last failure, an MDB code or an errno */
	bool full; /* the map is full: grow it and run again */
};

static inline struct lmdb *lmdb_of(struct store *store)
{
	return (struct lmdb *)store;
}

static inline struct lmdb_txn *lmdb_txn_of(struct txn *txn)
{
	return (struct lmdb_txn *)txn;
}

/* Functions of the engine's table; see engine.h. */
enum status lmdb_open(const struct engine *engine, const struct store_options *options,
	struct store **store_out, struct error *err);
void lmdb_close(struct store *store);
enum status lmdb_read(struct store *store, store_fn *fn, void *arg, struct error *err);
enum group_end lmdb_write(struct store *store, const struct group *group);
enum status lmdb_get(
	struct txn *txn, enum store_table table, struct bytes key, struct bytes *value_out);
enum status lmdb_put(struct txn *txn, enum store_table table, struct bytes key, struct bytes value);
enum status lmdb_delete(struct txn *txn, enum store_table table, struct bytes key);
enum status lmdb_scan_first(struct scan *scan, struct bytes prefix, struct bytes from);
enum status lmdb_scan_next(struct scan *scan);
void lmdb_scan_release(struct scan *scan);
const char *lmdb_reason(struct txn *txn);
enum status lmdb_say(struct txn *txn, const char *what, enum status st, struct error *err);
enum status lmdb_stat(struct store *store, struct store_stat *stat_out, struct error *err);
enum status lmdb_check_pages(struct store *store, enum store_look how, struct error *err);
unsigned lmdb_clear_readers(struct store *store);
enum status lmdb_copy(struct store *store, const char *path, struct error *err);
enum status lmdb_rewrite(struct store *store, struct error *err);
enum status lmdb_restore(const struct engine *engine, const struct store_options *options,
	const char *backup, bool force, char **kept_out, struct error *err);

/* 0 and *value_out borrowed, or what the engine says. For those who have no struct txn yet. */
int engine_get(
	MDB_txn *txn, MDB_dbi tree, enum store_table table, struct bytes key, MDB_val *value_out);
const char *engine_tree_name(enum store_table table);
MDB_dbi engine_tree(const struct lmdb *store, enum store_table table);
/* A key of a table as its tree has it. False when it is none: empty, too long, or no number at its
 * head where there must be one. */
bool engine_tree_key(enum store_table table, struct bytes key, struct tree_key *out);
/* What the keys in the tree begin with; an empty prefix is of all of the table, and may be one of
 * other tables, too. */
bool engine_tree_prefix(enum store_table table, struct bytes prefix, struct tree_key *out);
/* Is the row there in a tree the table's? */
bool engine_is_of(enum store_table table, const MDB_val *key);
/* Back from the tree; borrowed. */
struct bytes engine_key(enum store_table table, const struct tree_key *key);

/* The store's format; ST_NOT_FOUND in a new one. */
enum status engine_format(struct txn *txn, uint64_t *format_out);
enum status engine_put_format(struct txn *txn);
/* Brings a store of the format before to this one. The caller has it open for writing. */
enum status engine_migrate(
	struct lmdb *store, const struct store_options *options, struct error *err);

enum status engine_status(int rc);
enum status engine_error(struct error *err, const struct lmdb *store, const char *what, int rc);
/* Is another file at the path now than the one that env has open? Asked with a transaction begun:
 * whoever replaces the files holds the writers' lock of the old ones. */
bool engine_replaced(const struct lmdb *store);
/* Opens the trees, or makes them. The same codes. */
int engine_open_trees(struct lmdb *store);
/* Opens the files that are at the path, with a map of that size. 0, or the engine's or system's
 * code. */
int engine_open_current(struct lmdb *store, size_t map_size);
/* Waits for the gate with flock's LOCK_EX, or leaves it with LOCK_UN. */
void engine_gate(int gate, int operation);
/* Makes the directory of a store, if there is none, with owner and mode. 0 or an errno. */
int engine_make_directory(const struct store_options *options);
/* Makes the files of a store with owner and mode, and its directory. 0 or an errno. */
int engine_make_files(const struct store_options *options);
enum status engine_damaged(const struct lmdb *store, const char *how, struct error *err);
/* Asked before LMDB reads anything of it. */
enum status engine_check_pages(const struct lmdb *store, enum store_look how, struct error *err);
/* Makes the map larger, takes over another process's size or files, or opens the environment anew,
 * as rc asks; true if trying again makes sense. The caller holds no transaction and no lock. */
bool engine_recover(struct lmdb *store, int rc);

#endif
