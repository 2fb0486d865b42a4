/* Output of a whole transaction that is kept until it is over: who reads it as slowly as they like
 * must not hold up the store, whose file grows while somebody reads an old state of it. */
#ifndef MILTICKET_HELD_H
#define MILTICKET_HELD_H

#include "cli.h"

/* store_read(), with what fn prints on standard output kept in a file without a name, in $TMPDIR or
 * /var/tmp, and printed after it; also when it fails. */
enum status held_read(struct cli *cli, store_fn *fn, void *arg, struct error *err);

#endif
