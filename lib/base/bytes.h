/* A stretch of memory that somebody else owns. */
#ifndef MILTICKET_BYTES_H
#define MILTICKET_BYTES_H

#include <stddef.h>

/* Borrowed: as long as what it points into. */
struct bytes {
	const void *data;
	size_t len;
};

#endif
