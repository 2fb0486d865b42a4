/* The line in front of each message of the agents' mailboxes, by which we know it again:
 * "X-Ticket-Copy: TICKET SEQ GENERATION MAC". The MAC is over these numbers and all other bytes, so
 * that a line which somebody was sent proves nothing in another mail. */
#ifndef MILTICKET_COPY_SEAL_H
#define MILTICKET_COPY_SEAL_H

#include "base/hash.h"
#include "mail/token.h"

struct copy_id {
	uint64_t ticket, seq, generation;
};

/* Bytes as they pass: what the MAC is over, in which CRLF is as good as LF, and their size. */
struct copy_sum {
	struct hash hash;
	uint64_t size, lines; /* lines: line feeds without a CR before them */
	bool cr;              /* the last byte was one */
};
void copy_sum_init(struct copy_sum *sum);
void copy_sum_add(struct copy_sum *sum, const char *data, size_t len);

/* The line for what passed: as long as for any other sum. Owned. */
char *copy_seal(const struct token_key *key, const struct copy_id *id, const struct copy_sum *sum);

/* Is the file one of ours, every byte of it? Nobody else's is read whole, and none that has grown
 * past `size` meanwhile. fd is read from where it is. */
bool copy_read(const struct token_key *key, int fd, uint64_t size, struct copy_id *id_out);

#endif
