/* Is the store whole? Records against their indexes both ways, messages against the archive, the
 * outbox and the agents against their tables. */
#ifndef MILTICKET_CHECK_H
#define MILTICKET_CHECK_H

#include "mail/subject.h"
#include "store/store.h"
#include "tables/history.h"
#include "tables/tickets-rebuild.h"

struct check_options {
	const char *archive; /* directory; NULL: there is none */
	int64_t keep_days;   /* files older than that may be gone; 0: none may */
	int64_t now;         /* µs */
	/* For repairs. */
	const struct tag_format *tags;
	struct actor actor;
	/* Sets in a ticket made anew what hangs on the settings, deadlines: tables know of neither.
	 * NULL: nothing is set. */
	ticket_setter *set;
	const struct settings *settings; /* for it */
};

/* One line per finding, char *; an empty list is health. Takes one snapshot: mail may flow. */
enum status check_store(struct store *store, const struct check_options *options,
	GPtrArray *findings, uint64_t *tickets_out, struct error *err);

/* Mends what check_store() finds: index rows are written anew or removed; the record of a ticket
 * that is lost or damaged is made anew of its messages and events (tickets-rebuild.h); a message
 * whose file is gone is no longer said to have one; attachments of a message that were not recorded
 * are, as its archived mail has them; a file that no message names goes to the Maildir "unclaimed"
 * in the archive, to be looked at or imported. What cannot be mended (a damaged message) is found
 * again by the next check. */
enum status check_repair(
	struct store *store, const struct check_options *options, struct error *err);

/* The rows alone, in a transaction that the caller has. */
enum status check_in(struct txn *txn, const struct check_options *options, bool repair,
	GPtrArray *findings, struct error *err);

#endif
