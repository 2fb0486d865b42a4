/* What our own verifier says of a message's sender: Authentication-Results (RFC 8601). Pure. */
#ifndef MILTICKET_AUTH_RESULTS_H
#define MILTICKET_AUTH_RESULTS_H

#include "mail/message.h"

/* Only believed fields speak here. Each is false where they say nothing of it, or where what they
 * say cannot be read beyond doubt; both of a pair may be. */
struct auth_results {
	bool dmarc_pass;  /* for From's domain, whose one author message_sole_author() has */
	bool dmarc_fail;  /* From is forged */
	bool spf_fail;    /* the envelope sender's domain disowns the host that sent it */
	bool dkim_pass;   /* a signature holds, of From's domain or one above or below */
	bool dkim_author; /* and the field names that domain */
};

/* Believed are the fields whose authserv-id is one of these (NULL-terminated; NULL: none) and which
 * stand at the very top, with nothing between them but what verifiers write along: below another
 * field they may have come with the mail. Without ids nothing is believed. */
void auth_results_read(
	const struct message *message, char *const *authserv_ids, struct auth_results *out);

#endif
