/* Rows of a store of the format before, made what this program reads and writes. */
#ifndef MILTICKET_MIGRATE_H
#define MILTICKET_MIGRATE_H

#include "store/store.h"

/* A store_fn for store_options.migrate: the lists of tickets anew, and no counts of queues. A
 * ticket whose record is damaged is left to the check. */
enum status tables_migrate(struct txn *txn, void *arg, struct error *err);

#endif
