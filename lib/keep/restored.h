/* A store that was restored from a backup forgot the numbers given since. They are in mail that
 * people hold, and must not be given again. */
#ifndef MILTICKET_RESTORED_H
#define MILTICKET_RESTORED_H

#include "store/store.h"

struct restored {
	const char *kept;    /* the store that was there before, a directory; NULL: none */
	const char *archive; /* its directory; NULL: none */
	uint64_t above;      /* the last number that logs tell of; 0: they were not asked */
	int64_t now;
};

/* Skips what the store before gave; where that cannot be read, as many numbers as the archive has
 * mails that the restored store does not know, as each may have opened a ticket. *sure_out: one of
 * the two was there, or `above` was given. *last_out: the last number that is not given again. */
enum status restored_skip(struct store *store, const struct restored *restored, bool *sure_out,
	uint64_t *last_out, struct error *err);

#endif
