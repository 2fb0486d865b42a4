/* A message of a ticket as the agents' mailboxes have it: the mail as it came, with the tag and
 * today's X-Ticket headers, and in front its seal. */
#ifndef MILTICKET_COPY_MAIL_H
#define MILTICKET_COPY_MAIL_H

#include "act/copy-seal.h"
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
struct copy_size {
	uint64_t size, lines; /* bytes, and line feeds: an IMAP server counts a line's end as two */
};
/* Writes the whole of it, LF line ends, to a file that is empty; a large mail is never in memory.
 * False: errno says why. */
bool copy_mail(const struct copy_source *source, int fd, struct copy_size *size_out);

/* The row that a ticket is to have; box, seqs and generation are those of `was`. *row_out is to be
 * released. */
void copy_describe(const struct settings *settings, const struct ticket *ticket,
	const struct placement *was, struct placement *row_out);

#endif
