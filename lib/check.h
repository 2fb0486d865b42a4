/* Is the store whole? Records against their indexes both ways, messages against the archive, the outbox and the agents against their tables. */
#ifndef MILTICKET_CHECK_H
#define MILTICKET_CHECK_H

#include "store.h"

struct check_options {
	const char *archive;	/* directory; NULL or "": there is none */
	int64_t keep_days;	/* files older than that may be gone; 0: none may */
	int64_t now;		/* µs */
};

/* One line per finding, char *; an empty list is health. Takes one snapshot: mail may flow. */
enum status check_store(struct store *store, const struct check_options *options, GPtrArray *findings, uint64_t *tickets_out, struct error *err);

/* Mends what check_store() finds: index rows are written anew or removed; a message whose file is gone is no longer said to have one;
 * a file that no message names goes to the Maildir "unclaimed" in the archive, to be looked at or imported. What cannot be mended (a
 * damaged record) is found again by the next check. */
enum status check_repair(struct store *store, const struct check_options *options, struct error *err);

#endif
