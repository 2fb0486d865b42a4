/* A person is taken out of what is recorded: their address and name, wherever they are. Tickets,
 * messages and their threads stay. */
#ifndef MILTICKET_REDACT_H
#define MILTICKET_REDACT_H

#include "store/store.h"
#include "tables/history.h"

struct redact_options {
	const char *archive; /* directory; NULL: there is none */
	const char *address; /* canonical */
	bool dry_run;        /* only count what would be */
	struct actor actor;
};

struct redact_counts {
	uint64_t tickets, messages; /* that were changed */
	/* archive files that were removed: their messages are rebuilt from the record from then
	 * on */
	uint64_t mails;
};

/* In every ticket, message, text, event and outgoing mail the address is replaced,
 * case-insensitively, and in tickets where it occurs so are the display names that it is seen with.
 * Message-IDs that hold the address are replaced by others, everywhere alike, and late answers to
 * the old ones still find their ticket. Archive files of messages that the person wrote, got or is
 * named in are removed, and any other that holds the address, however it is encoded; what is
 * compressed or encrypted is not looked into. Outgoing mail to them alone is dropped. Afterwards
 * the store is rewritten, so that nothing is left in its free pages. A ticket that was changed
 * has an event "redacted". Running it again does the rest of one that failed; else it changes
 * nothing. ST_REFUSED: it is an agent's address. Backups, exports and logs made before still have
 * it. */
enum status redact(struct store *store, const struct redact_options *options,
	struct redact_counts *counts_out, struct error *err);

#endif
