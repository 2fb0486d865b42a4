/* Retention: old tickets leave the store with all that belongs to them, old files leave the
 * archive. Numbers stay given. */
#ifndef MILTICKET_PURGE_H
#define MILTICKET_PURGE_H

#include "store/store.h"
#include "tables/history.h"

struct purge_options {
	const char *archive; /* directory; NULL: there is none */
	int64_t before;      /* µs: tickets that were closed before it */
	struct actor actor;
	bool dry_run; /* only counts */
};

struct purge_counts {
	uint64_t tickets, mails; /* mails: archive files that went with them */
};

/* Closed tickets with their messages, texts, events, outgoing mail and archive files. A merged
 * ticket goes with the one that it leads to, and never before. Links to a purged number stay; one
 * event "purged" stays with it, and says by whom and when. In batches: a failure leaves whole
 * tickets, and what was purged is counted; files that a run which was killed has left go too. */
enum status purge_closed(struct store *store, const struct purge_options *options,
	struct purge_counts *counts_out, struct error *err);

/* Removes archive files of messages that came more than keep_days ago (0: none); their messages are
 * rebuilt from the record from then on. At most max in one call. */
enum status purge_archive(const char *dir, int64_t keep_days, int64_t now, uint64_t max,
	uint64_t *count_out, struct error *err);

#endif
