/* What kind of automatic mail is it, and may it be answered (RFC 3834)? Pure decisions over one
 * table of signals. */
#ifndef MILTICKET_AUTOMATIC_H
#define MILTICKET_AUTOMATIC_H

#include "mail/message.h"

/* PRODUCT section 6's kinds, one row for each signal in automatic.c. */
enum automatic {
	AUTO_NONE,    /* a person */
	AUTO_BOUNCE,  /* failed delivery */
	AUTO_DELAYED, /* delay, relayed, expanded, delivered */
	AUTO_RECEIPT, /* read receipt */
	AUTO_VACATION,
	AUTO_LIST, /* list or bulk */
	AUTO_GENERATED,
	AUTO_SPAM,
	AUTO_OWN,      /* our own mail coming back */
	AUTO_REACTION, /* an emoji in place of an answer */
	AUTO_SUSPECTED /* perhaps a person's: not answered, and never without a ticket */
};
extern const char *const automatic_names[];

/* Why: a row of the table. Static; NULL for AUTO_NONE. */
struct automatic_why {
	const char *reason; /* "Auto-Submitted: auto-replied" */
	const char *source; /* "RFC 3834 section 5" */
};

/* The strongest signal of the message. sender is the envelope's. why_out may be NULL. */
enum automatic automatic_kind(const struct message *message, const char *sender,
	const char *spam_header, struct automatic_why *why_out);

/* Does mail of this kind say something new? It wakes and reopens its ticket, or opens a new one
 * where the old was closed too long ago. */
bool automatic_moves(enum automatic kind);

/* Does mail of this kind report on another message, which it returns or names? */
bool automatic_reports(enum automatic kind);

/* Does either of the two decisions read a header of that name? */
bool automatic_reads(const char *name);

/* May a first message like this be answered at all (RFC 3834 section 2)? *reason_out (may be NULL),
 * static, when not. */
bool automatic_may_answer(const struct message *message, enum automatic kind, const char *sender,
	const char **reason_out);

#endif
