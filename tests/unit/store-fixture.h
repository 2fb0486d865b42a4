/* A store in a directory of its own, for the tests of what lies on it. */
#ifndef MILTICKET_TEST_STORE_FIXTURE_H
#define MILTICKET_TEST_STORE_FIXTURE_H

#include <sys/resource.h>

#include "store/store.h"

struct place {
	char *dir, *path;
	char *database, *url; /* NULL: LMDB at path */
	struct store *store;
	struct error err;
};

/* map_size 0: 16 MiB. Not durable, or a test would wait for the disk. Where
 * tests/harness/postgresql.py runs the test, the store is a database of its own there. */
void place_open(struct place *place, size_t map_size);
void place_close(struct place *place);
/* For a test of what only LMDB has: there is no other engine. To be called first. */
void fixture_lmdb_alone(void);
/* A database for a test, empty; NULL: there is no server for it. To be given back when the store is
 * closed. Owned. */
char *fixture_database(void);
char *fixture_url(const char *database);
void fixture_give_back(char *database); /* NULL; taken */
/* The store of that place once more, after store_close. */
enum status place_reopen(struct place *place, bool read_only);
struct store_options place_options(const struct place *place, size_t map_size);

/* Runs fn, and fails the test when it does not come to `wanted`. */
void place_write(struct place *place, store_fn *fn, void *arg, enum status wanted);
void place_read(struct place *place, store_fn *fn, void *arg, enum status wanted);

/* How many rows a table has. */
uint64_t rows_of(struct store *store, enum store_table table);
/* Deletes every row of a table. */
void empty_table(struct txn *txn, enum store_table table);

struct store_test {
	const char *name;
	store_fn *fn;
};

/* Each runs in a transaction of a store of its own. They are static. */
void add_store_tests(const struct store_test *tests, size_t n);

/* No file of this process may grow past so many bytes; 0 lifts it. */
void limit_file_size(rlim_t size);

/* The permissions of a file in a directory; "" is the directory itself. */
mode_t mode_of(const char *dir, const char *name);

/* Refuses, and the test fails, when the path does not lie in the directory of temporary files. */
void remove_tree(const char *path);

#endif
