/* A mailbox (RFC 5322 section 3.4): whose it is, and where mail to it goes. The one type, the one
 * reader and the one writer of "Name <A@b>". */
#ifndef MILTICKET_MAILBOX_H
#define MILTICKET_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

/* Without an address it is nobody's. */
struct mailbox {
	char *name;       /* decoded, one line, no quotes around it; NULL: none */
	char *address;    /* canonical (address.h), to compare */
	char *as_written; /* with the local part's own case, to write to (RFC 5321 section 2.4) */
	bool guessed;     /* not RFC 5322: read as a person would; a verifier may not have */
};

void mailbox_release(struct mailbox *box); /* frees what it owns, and zeroes it */
/* *to must be zeroed or released. */
void mailbox_copy(struct mailbox *to, const struct mailbox *from);

/* Reads "Name <A@b>" or "A@b" as mailbox_write() has it; not a header's value. Fills *out, to be
 * released. False: there is no usable address, and *out is untouched; NULL has none. */
bool mailbox_read(const char *text, struct mailbox *out);
/* The canonical address in such a text, for who needs no more. Owned; NULL: there is none. */
char *mailbox_read_address(const char *text);

/* "Name <A@b>", or "A@b" without a name (NULL). Not encoded: for records and people. Owned. */
char *mailbox_write(const char *name, const char *address);
/* The same of a mailbox, with the address as written. */
char *mailbox_shown(const struct mailbox *box);

/* Several of one header, in its order; borrowed from who has read them. */
struct mailboxes {
	const struct mailbox *v;
	size_t n;
	bool cut; /* there may be more: LIMIT_ADDRESSES, or the header's length, was reached */
};
bool mailboxes_have(struct mailboxes list, const char *canonical);

#endif
