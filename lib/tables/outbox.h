/* Mail of ours that waits to be sent, with retries; and how many automatic answers each address got
 * per day. */
#ifndef MILTICKET_OUTBOX_H
#define MILTICKET_OUTBOX_H

#include "model/ticket.h"
#include "tables/record-table.h"

/* Retry times: 1 min, doubling, at most 4 h apart; given up after 5 days. */
int64_t outbox_next_try(uint64_t deferrals, int64_t now);
bool outbox_expired(const struct outgoing *outgoing, int64_t now);

/* Stores entry and mail, gives outgoing->id; due at outgoing->next_try (0: at once). mail may be
 * empty for a suppressed one. */
enum status outbox_put(struct txn *txn, struct outgoing *outgoing, const char *mail, size_t len,
	struct error *err);
/* Stores them under the id they have (import of an export). */
enum status outbox_insert(struct txn *txn, const struct outgoing *outgoing, const char *mail,
	size_t len, struct error *err);
enum status outbox_load(
	struct txn *txn, uint64_t id, struct outgoing *outgoing_out, struct error *err);
enum status outbox_mail(struct txn *txn, uint64_t id, GString *mail_out, struct error *err);
/* Stores a changed entry and moves it in the due index (only waiting ones are due). */
enum status outbox_save(struct txn *txn, const struct outgoing *outgoing, struct error *err);
enum status outbox_remove(struct txn *txn, uint64_t id, struct error *err);

/* Has the mail tried now, as if it were new, and the sender pause for no relay. ST_REFUSED:
 * suppressed, so there is no mail. */
enum status outbox_retry(struct txn *txn, uint64_t id, int64_t now, struct error *err);
/* Everything that waits is due now, and the sender pauses for no relay. */
enum status outbox_flush(struct txn *txn, struct error *err);
/* Changes with each of these two. */
enum status outbox_urged(struct txn *txn, uint64_t *count_out, struct error *err);

/* The oldest that is due, or else one whose time is further ahead than any that is given: that is
 * of a clock that went wrong. ST_NOT_FOUND if none, and then *next_out (may be NULL) is when the
 * next will be, 0 for never. */
enum status outbox_due(struct txn *txn, int64_t now, struct outgoing *outgoing_out,
	int64_t *next_out, struct error *err);

typedef enum status outgoing_visit(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err);
enum status outbox_each(
	struct txn *txn, outgoing_visit *fn, void *arg, struct error *err); /* by id */

/* The row of the day's count of one mailbox, by whatever detail it is written to. */
void outbox_count_key(struct key *key, const char *address, int64_t now);
/* Counts an automatic answer to the address's mailbox (without its +detail) on the day of `now`
 * (UTC); *allowed_out false, and nothing counted, when max were sent. max 0: none allowed. */
enum status outbox_count_answer(struct txn *txn, const char *address, int64_t now, uint64_t max,
	bool *allowed_out, struct error *err);
/* Is this the first time on the day of `now` (UTC) that something is told of the address ("": of
 * anybody else) in that ticket? Remembers that it was. */
enum status outbox_tell_once(struct txn *txn, uint64_t ticket, const char *address, int64_t now,
	bool *first_out, struct error *err);
/* Forgets all counts of an address, and what was told of it. */
enum status outbox_forget_address(struct txn *txn, const char *address, struct error *err);
/* Removes what was suppressed more than 5 days ago. */
enum status outbox_forget_suppressed(struct txn *txn, int64_t now, struct error *err);
/* Forgets counts of days before yesterday. */
enum status outbox_forget_counts(struct txn *txn, int64_t now, struct error *err);

#endif
