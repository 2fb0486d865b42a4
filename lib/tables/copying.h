/* A store as another of whatever engine, row by row. */
#ifndef MILTICKET_COPYING_H
#define MILTICKET_COPYING_H

#include "store/store.h"

/* Puts all rows of one moment into a store that is new, which has the secret, too, when it is
 * opened again. Some at a time: who fails leaves a part. */
enum status store_copy_rows(struct store *from, struct store *to, struct error *err);

#endif
