/* A mailbox taken in: each mail through the same intake() as the milter's, in the mailbox's order,
 * in batches that are each recorded whole or not at all. What is there already is recognised, so
 * that an import that was stopped goes on when it is run again. */
#ifndef MILTICKET_IMPORT_H
#define MILTICKET_IMPORT_H

#include "keep/box.h"
#include "settings/settings.h"
#include "store/store.h"

struct import_counts {
	uint64_t total, done;      /* mails; done is the sum of those below */
	uint64_t opened, threaded; /* recorded: as a new ticket, or in one that is there */
	uint64_t duplicates;       /* there already */
	/* not for a ticket: older than the account's `since`, a rule's or a policy's */
	uint64_t left_alone;
	uint64_t older; /* than options' since */
	uint64_t broken;
};

struct import_options {
	const struct settings *settings;
	const struct account *account;
	int64_t since, now; /* µs; since 0: all */
	/* tickets get the numbers that the Subjects' tags say, where they are free */
	bool keep_numbers;
	/* After each batch; false stops. May be NULL. */
	bool (*progress)(const struct import_counts *counts, void *arg);
	/* A mail that cannot be taken in, and why. May be NULL. */
	void (*broken)(const char *place, const char *why, void *arg);
	void *arg;
};

/* Sorts the mailbox. ST_BUSY: progress stopped it. Anything else but ST_OK: the store or the
 * archive cannot be written; what was counted is recorded. */
enum status import_mails(struct store *store, struct box *box, const struct import_options *options,
	struct import_counts *counts_out, struct error *err);

#endif
