/* A stretch of memory that somebody else owns. */
#ifndef MILTICKET_BYTES_H
#define MILTICKET_BYTES_H

#include <stdbool.h>
#include <stddef.h>

/* Borrowed: as long as what it points into. */
struct bytes {
	const void *data;
	size_t len;
};

/* Below, at or above 0, as memcmp(); a beginning of the other comes first. */
int bytes_compare(struct bytes a, struct bytes b);
bool bytes_same(struct bytes a, struct bytes b);

#endif
