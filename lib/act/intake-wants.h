/* The transaction of a message that comes in, with what it is going to read told before. */
#ifndef MILTICKET_INTAKE_WANTS_H
#define MILTICKET_INTAKE_WANTS_H

#include "decide/arrival.h"
#include "store/store.h"

/* As store_write(), for these n. They have been read (arrival_read()). */
enum status intake_write(struct store *store, const struct arrival *arrivals, size_t n,
	store_fn *fn, void *arg, struct error *err);

#endif
