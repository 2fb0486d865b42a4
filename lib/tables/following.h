/* What the log says of tickets after a place in it: for what is derived from the store, and brought
 * up to date after the commit. */
#ifndef MILTICKET_FOLLOWING_H
#define MILTICKET_FOLLOWING_H

#include "model/ticket.h"
#include "store/store.h"

/* How much of a ticket its events may have changed; each includes the ones before. */
enum change_of {
	CHANGED_MESSAGES = 1, /* some are new */
	CHANGED_TICKET,       /* what is searched of its own row */
	CHANGED_ALL           /* nothing stays as it was */
};

struct following {
	unsigned most;       /* events that are read at once */
	uint64_t last;       /* serial of the last that was read */
	bool taken_out;      /* purge or redact are among them: nothing of what was may be left */
	GHashTable *tickets; /* number (GSIZE_TO_POINTER) → enum change_of (GUINT_TO_POINTER) */
};
void following_init(struct following *following, unsigned most);
void following_release(struct following *following);
/* Reads on after that serial; what was read before is forgotten. */
enum status following_read(
	struct txn *txn, struct following *following, uint64_t after, struct error *err);

/* The log's last serial. */
enum status following_end(struct txn *txn, uint64_t *serial_out, struct error *err);

#endif
