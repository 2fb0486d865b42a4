/* A message of a ticket as the agents' mailboxes have it: the mail as it came, with the tag and
 * today's X-Ticket headers, and in front a line by which we know it again wherever a client puts
 * it: "X-Ticket-Copy: TICKET SEQ GENERATION MAC". The MAC is over these numbers and all other
 * bytes, so that a line which somebody was sent proves nothing in another mail. */
#ifndef MILTICKET_COPY_MAIL_H
#define MILTICKET_COPY_MAIL_H

#include "mail/token.h"
#include "model/ticket.h"
#include "settings/settings.h"

struct copy_source {
	const struct settings *settings;
	const struct token_key *key;
	const struct ticket *ticket;
	const struct entry *entry;
	const char *text; /* the entry's excerpt; NULL */
	uint64_t generation;
};
/* The whole file, LF line ends. Owned. */
GString *copy_mail(const struct copy_source *source);

/* The row that a ticket is to have; box, seqs and generation are those of `was`. *row_out is to be
 * released. */
void copy_describe(const struct settings *settings, const struct ticket *ticket,
	const struct placement *was, struct placement *row_out);

struct copy_id {
	uint64_t ticket, seq, generation;
};
/* Is it one of ours, every byte of it (CRLF is as good as LF)? */
bool copy_read(const struct token_key *key, const char *mail, size_t len, struct copy_id *id_out);
/* Could it be, by its first bytes? */
bool copy_begins(const char *mail, size_t len);

#endif
