/* Numbers in the order of their keys, any number of them in a few MiB of memory: what is more goes
 * through a file without a name. Numbers of one key stay in the order in which they came. */
#ifndef MILTICKET_SORTER_H
#define MILTICKET_SORTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct sorter;

enum {
	SORTER_BYTES = 8 << 20,  /* of keys in memory */
	SORTER_KEY_BYTES = 8192, /* what a key has more than that does not count */
};

struct sorter_options {
	uint64_t most; /* no more than these first are wanted; 0: all */
	bool reverse;  /* the largest keys first */
	size_t bytes;  /* of keys in memory; 0: SORTER_BYTES */
};

/* Owned. */
struct sorter *sorter_new(const struct sorter_options *options);
void sorter_free(struct sorter *sorter);

/* Keys are compared as bytes_compare() does. ST_FULL, ST_IO: there is no place for the file. */
enum status sorter_add(
	struct sorter *sorter, const void *key, size_t len, uint64_t number, struct error *err);

/* Appends the next ones, at most `most`, to numbers (uint64_t); none: there are no more. Nothing is
 * added after the first call. */
enum status sorter_next(struct sorter *sorter, unsigned most, GArray *numbers, struct error *err);

#endif
