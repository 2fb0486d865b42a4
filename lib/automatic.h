/* What kind of automatic mail is it, and may it be answered (RFC 3834)? Pure decisions over one table of signals. */
#ifndef MILTICKET_AUTOMATIC_H
#define MILTICKET_AUTOMATIC_H

#include "message.h"

/* PRODUCT section 6's kinds, one row for each signal in automatic.c. */
enum automatic {
	AUTO_NONE,		/* a person */
	AUTO_BOUNCE,		/* failed delivery */
	AUTO_DELAYED,		/* delay, relayed, expanded, delivered */
	AUTO_RECEIPT,		/* read receipt */
	AUTO_VACATION,
	AUTO_LIST,		/* list or bulk */
	AUTO_GENERATED,
	AUTO_SPAM,
	AUTO_OWN		/* our own mail coming back */
};
extern const char *const automatic_names[];

/* The strongest signal of the message; *reason_out (may be NULL) names it, "Auto-Submitted: auto-replied", static. sender is the envelope's. */
enum automatic automatic_kind(const struct message *message, const char *sender, const char *spam_header, const char **reason_out);

/* May a first message like this be answered at all (RFC 3834 section 2)? *reason_out as above when not. */
bool automatic_may_answer(const struct message *message, enum automatic kind, const char *sender, const char **reason_out);

#endif
