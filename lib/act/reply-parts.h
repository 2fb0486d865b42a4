/* What the files that compose our mail have in common. Not for others. */
#ifndef MILTICKET_REPLY_PARTS_H
#define MILTICKET_REPLY_PARTS_H

#include "act/reply.h"

/* A new Message-ID in the account's domain. Owned. */
char *reply_new_id(const struct account *account);

/* "[tag] subject", encoded. Owned. */
char *reply_tagged(const struct reply_context *c, const struct ticket *ticket, const char *subject);

/* A list of one. Owned. */
char **reply_one_address(const char *address);

/* The account that speaks for this ticket (NULL: for none): its own, else the first there is. NULL
 * without any. */
const struct account *reply_account(const struct settings *settings, const struct ticket *ticket);

/* A From header's value. Owned. */
char *reply_from(const struct account *account);

/* Puts the mail into the outbox and, if it is a ticket's, indexes its Message-ID as one that we
 * sent. */
enum status reply_queue(const struct reply_context *c, struct outgoing *outgoing,
	const GString *mail, struct error *err);
/* The same for one whose Message-ID was made just now. */
enum status reply_queue_new(const struct reply_context *c, struct outgoing *outgoing,
	const GString *mail, struct error *err);

/* The languages of an answer: the mail's own where the account wants that, then the account's.
 * Owned. */
char *reply_languages(const struct account *account, const struct ticket *ticket);

/* The ticket's last mail of direction in, to thread a mail of ours to. entry_out must be zeroed;
 * ST_NOT_FOUND when there is none. */
enum status reply_last_inbound(
	const struct reply_context *c, uint64_t ticket, struct entry *entry_out, struct error *err);

/* References of an answer: the newest LIMIT_REFERENCES_KEPT of those of the mail it answers, that
 * mail's id last. Either may be NULL. Owned. */
char **reply_references(const char *const *references, const char *id);

#endif
